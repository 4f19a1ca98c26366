"""Paired tests for a study: its inputs, filter, bans, pins and entities; and how long they take."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from ..analysis.held_out.split import Probe
from ..analysis.paired_tests.result import Judged
from ..analysis.paired_tests.run import BOOTSTRAP, rerun
from ..foundation.arrays.neighbour_graph import graph_work
from ..foundation.errors import NeedError
from ..foundation.machine import machine
from ..foundation.progress import SILENT, Progress
from ..metrics.pool import Pool, prepare
from ..model.budget import Budget
from ..model.recipe import Choice
from ..strategies.declaration import STRATEGIES
from ..strategies.running.estimate import estimate
from ..strategies.running.select import about_rows, eligible_part
from .artifacts import Artifacts
from .held_out import probe_of

_EXACT_PAIRS = 5_000  # rows up to which near-duplicates are looked for among all pairs
_FIT_STEPS = 80  # iterations of a logistic regression, as a rule
_FIT_CALLS = 4e5  # interpreted steps around a fit
_GROUPS_START = 0.4  # seconds of making groups anew, however few the rows


def missing(study: Artifacts) -> str:
    """Why strategies of this study cannot be tested by their predictions, in words; "" where they can."""
    return "" if study.label_column() is not None else "the data set needs a label column"


def prepared_population(
    study: Artifacts, budget: int | Budget, progress: Progress = SILENT
) -> tuple[Pool, Probe]:
    """The eligible rows of a study, prepared, and how their inputs are made anew on a part of them.

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


def try_strategies(
    study: Artifacts,
    choices: Sequence[Choice],
    test: str = "5x2cv",
    budget: str | int | None = None,
    *,
    baseline: int | None = 0,
    samples: int = BOOTSTRAP,
    progress: Progress = SILENT,
) -> Judged:
    """`rerun` for a study.

    Args:
        study: Data set and recipe.
        choices: Strategies with their parameters.
        test, baseline, samples, progress: As in `rerun`.
        budget: "500", "5%" of the eligible rows, or "50000 tokens"; the recipe's if not given.
    """
    start = perf_counter()
    wanted = study.asked(budget)
    pool, probe = prepared_population(study, wanted, progress.part(0, 0.1))
    made = rerun(
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
    amount = _work(study, choices, test, about_rows(wanted, pool.inputs), pool.n, samples)
    study.pace.learn(f"paired {test}", amount, perf_counter() - start)
    return made


def expected_seconds(
    study: Artifacts, choices: Sequence[Choice], test: str, budget: int, n: int, samples: int = BOOTSTRAP
) -> float:
    """Seconds that `try_strategies` should take, corrected by what earlier tests took here.

    Args:
        study: Its features are at hand, else 384 dimensions are supposed.
        choices, test, samples: As in `try_strategies`.
        budget: Rows.
        n: Eligible rows.
    """
    return study.pace.expect(f"paired {test}", _work(study, choices, test, budget, n, samples), default=1.0)


def _work(study: Artifacts, choices: Sequence[Choice], test: str, budget: int, n: int, samples: int) -> float:
    """Seconds by declared costs: parts × (groups + selections + fits), and near-duplicates once."""
    repeats, share = {"5x2cv": (10, 0.5), "632+": (samples + 1, 0.632)}.get(test, (1, 0.8))
    d = study.features().matrix.shape[1] if study.has("features") else 384
    part, chosen = max(1, round(share * n)), max(1, round(share * budget))
    classes = 2
    labels = study.labels()
    if labels is not None:
        classes = max(2, len(labels[1]))
    seconds = machine().seconds({"gemm": 2.0 * n * n * d if n <= _EXACT_PAIRS else 0.0})
    if n > _EXACT_PAIRS and not study.graph_ready():
        seconds += machine().seconds(graph_work(n, d))
    groups = study.group_spec
    if groups is not None and groups.method != "column":
        seconds += repeats * (_GROUPS_START + study.pace.expect(f"groups {groups.method}", part, 4e-4))
    fit = machine().seconds(
        {"gemm": 6.0 * chosen * d * classes * _FIT_STEPS + 2.0 * n * d * classes, "steps": _FIT_CALLS}
    )
    for choice in choices:
        guess = estimate(STRATEGIES[choice.id], part, d, chosen, choice.params)
        seconds += repeats * (guess.seconds + fit)
    return seconds
