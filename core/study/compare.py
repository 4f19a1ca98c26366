"""A comparison for a study: its inputs, filter, bans, pins, column roles and entities."""

from __future__ import annotations

from collections.abc import Sequence

from ..analysis.comparison.comparison import Comparison
from ..analysis.comparison.run import OnResult, compare
from ..foundation.progress import SILENT, Progress
from ..metrics.column_distributions import columns_of
from ..model.budget import Budget
from ..model.recipe import Choice
from .artifacts import Artifacts
from .held_out import probe_of


def compare_study(
    study: Artifacts,
    choices: Sequence[Choice],
    budget: str,
    *,
    seeds: int,
    band: int,
    probe: bool = True,
    progress: Progress = SILENT,
    on_result: OnResult | None = None,
    known: Sequence[Comparison] = (),
    stages: Sequence[float] = (),
) -> Comparison:
    """`compare` for a study: its inputs, filter, bans, pins, column roles and entities.

    Args:
        study: Data set and recipe.
        choices: Strategies with their parameters.
        budget: "500", "5%" of the eligible rows, or "50000 tokens".
        seeds, band, progress, on_result, known, stages: As in `compare`.
        probe: Whether held-out accuracy is measured where there is a label column.
    """
    asked = study.asked(budget)
    begin = 0.02 if study.has("features") and study.has("groups") else 0.3
    inputs = study.priced(study.inputs(progress.part(0, begin)), asked)
    eligible = study.eligible()
    how = None
    if probe and inputs.labels is not None and inputs.features is not None:
        how = probe_of(study, eligible)
    return compare(
        inputs,
        choices,
        asked,
        seeds=seeds,
        band=band,
        seed=study.recipe.seed,
        eligible=eligible,
        columns=columns_of(study.data),
        probe=how,
        described=study.described(inputs),
        progress=progress.part(begin, 1),
        on_result=on_result,
        known=known,
        asked=str(Budget.parse(budget)),
        stages=stages,
    )
