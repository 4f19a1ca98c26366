"""Paired tests for a study: its inputs, filter, bans, pins and entities."""

from __future__ import annotations

from collections.abc import Sequence

from ..analysis.held_out.split import Probe
from ..analysis.paired_tests.result import PairedResult
from ..analysis.paired_tests.run import BOOTSTRAP, run_paired_test
from ..foundation.errors import NeedError
from ..foundation.progress import SILENT, Progress
from ..metrics.pool import Pool, prepare
from ..model.budget import Budget
from ..model.recipe import Choice
from ..strategies.running.select import eligible_part
from .artifacts import Artifacts
from .held_out import probe_of


def missing(study: Artifacts) -> str:
    """Why strategies of this study cannot be tested by their predictions, in words; "" where they can."""
    return "" if study.label_column() is not None else "the data set needs a label column"


def prepared_population(
    study: Artifacts, budget: int | Budget, progress: Progress = SILENT
) -> tuple[Pool, Probe]:
    """The eligible rows of a study, prepared, and how their inputs are made again on a part of them.

    Args:
        study: Data set and recipe.
        budget: Whose costs the rows carry, where it is one of costs.
        progress: May cancel.

    Raises:
        NeedError: There is no label column.
    """
    lacking = missing(study)
    if lacking:
        raise NeedError("Strategies cannot be tested", lacking, "give one the role label")
    inputs = study.priced(study.inputs(progress), budget)
    eligible = study.eligible()
    return prepare(eligible_part(inputs, eligible), {}), probe_of(study, eligible)


def paired_test_study(
    study: Artifacts,
    choices: Sequence[Choice],
    test: str = "5x2cv",
    budget: str | int | None = None,
    *,
    baseline: int | None = 0,
    samples: int = BOOTSTRAP,
    progress: Progress = SILENT,
) -> PairedResult:
    """`run_paired_test` for a study.

    Args:
        study: Data set and recipe.
        choices: Strategies with their parameters.
        test, baseline, samples, progress: As in `run_paired_test`.
        budget: "500", "5%" of the eligible rows, or "50000 tokens"; the recipe's if not given.
    """
    wanted = study.asked(budget)
    pool, probe = prepared_population(study, wanted, progress.part(0, 0.1))
    return run_paired_test(
        pool,
        choices,
        wanted,
        test,
        baseline=baseline,
        probe=probe,
        seed=study.recipe.seed,
        samples=samples,
        progress=progress.part(0.1, 1),
    )
