"""Metrics against the budget, for a study."""

from __future__ import annotations

from collections.abc import Sequence

from ..analysis.budget_curves.result import Curves
from ..analysis.budget_curves.run import OnCurves, curves
from ..analysis.comparison.run import PREVIEW
from ..foundation.progress import SILENT, Progress
from ..metrics.column_distributions import columns_of
from ..model.budget import Budget
from ..model.recipe import Choice
from .artifacts import Artifacts


def curves_study(
    study: Artifacts,
    choices: Sequence[Choice],
    budget: str,
    budgets: Sequence[str] | None = None,
    *,
    seeds: int = 1,
    band: int = PREVIEW,
    progress: Progress = SILENT,
    on_result: OnCurves | None = None,
) -> Curves:
    """`curves` for a study: its inputs, filter, bans, pins and column roles.

    Args:
        study: Data set and recipe.
        choices: Strategies with their parameters.
        budget: "500" or "5%" of the eligible rows; a sum of a cost column stands for about the rows it buys.
        budgets: Others, in rows or per cent; None for `core.analysis.budget_curves.run.budget_grid`.
        seeds, band, progress, on_result: As in `core.analysis.budget_curves.run.curves`.
    """
    inputs = study.inputs(progress.part(0, 0.3))
    eligible = study.eligible()
    n = inputs.n if eligible is None else len(eligible)
    return curves(
        inputs,
        choices,
        study.budget(budget),
        None if budgets is None else [Budget.parse(text).count(n) for text in budgets],
        seeds=seeds,
        band=band,
        seed=study.recipe.seed,
        eligible=eligible,
        columns=columns_of(study.data),
        described=study.described(inputs),
        progress=progress.part(0.3, 1),
        on_result=on_result,
    )
