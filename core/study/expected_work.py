"""What an analysis of a study should take: declared work, corrected by what earlier runs took here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..analysis import expected_work as expected
from ..analysis.expected_work import Work, fit_seconds, measuring_rate, strategies_work
from ..analysis.held_out.split import CLASSES
from ..analysis.paired_tests.run import BOOTSTRAP
from ..foundation.arrays.any_size_graph import graph_work
from ..foundation.machine import machine
from ..model.recipe import Choice

if TYPE_CHECKING:
    from ..analysis.comparison.comparison import Comparison
    from .artifacts import Artifacts

DIMENSIONS = 384
"""Supposed where features are not made yet."""
_BAND, _PROBE = "random band", "probe"
_EXACT_PAIRS = 5_000  # rows up to which near-duplicates are looked for among all pairs
_GROUPS_START = 0.4  # seconds of making groups again, however few the rows
_PARTS = {"5x2cv": (10, 0.5), "632+": (0, 0.632)}  # repetitions (of 632+ samples), share of the rows


def dimensions(study: Artifacts) -> int:
    """Of the features, where they are at hand."""
    return int(study.features().matrix.shape[1]) if study.has("features") else DIMENSIONS


def classes(study: Artifacts) -> int:
    """Label classes; 0 without a label column, and no more than can be probed."""
    name = study.label_column()
    return 0 if name is None else min(CLASSES, max(1, study.data.column(name).nunique()))


def comparison_seconds(study: Artifacts, work: Work) -> float:
    """Seconds of a comparison."""
    measuring = work.bands * study.pace.expect(_BAND, work.band, measuring_rate())
    return work.strategies + measuring + study.pace.expect(_PROBE, work.probe, 1.0)


def learn_from_comparison(study: Artifacts, work: Work, comparison: Comparison, probe: float) -> None:
    """Remember what a comparison took that was made without earlier results.

    Args:
        study: Data set and recipe.
        work: What it should have taken, of the strategies that could run.
        comparison: The comparison.
        probe: Seconds of its last stage, 0 where there was none.
    """
    bands = 1 + sum(one.band is not None for one in comparison.results)
    picking = sum(result.seconds for result in comparison.results)
    study.pace.learn(_BAND, bands * work.band, max(comparison.seconds - picking - probe, 0.01))
    study.pace.learn(_PROBE, work.probe, probe)


def curves_seconds(
    study: Artifacts,
    choices: Sequence[Choice],
    n: int,
    d: int,
    budgets: Sequence[int],
    *,
    seeds: int,
    band: int,
    graph_ready: bool = False,
) -> float:
    """Seconds of metrics against the budget; arguments as in `budget_curves_work`."""
    work = expected.budget_curves_work(
        choices, n, d, budgets, seeds=seeds, band=band, graph_ready=graph_ready
    )
    return work.strategies + study.pace.expect(_BAND, work.band, measuring_rate())


def learning_seconds(
    study: Artifacts, choices: Sequence[Choice], n: int, d: int, budget: int, *, seeds: int
) -> float:
    """Seconds of learning curves; arguments as in `learning_work`."""
    work = expected.learning_work(choices, n, d, budget, max(1, classes(study)), seeds=seeds)
    return work.seconds


def paired_seconds(
    study: Artifacts, choices: Sequence[Choice], test: str, budget: int, n: int, samples: int = BOOTSTRAP
) -> float:
    """Seconds of paired tests, corrected by what earlier ones took; arguments as in `paired_work`."""
    amount = paired_work(study, choices, test, budget, n, samples)
    return study.pace.expect(f"paired {test}", amount, default=1.0)


def paired_work(
    study: Artifacts, choices: Sequence[Choice], test: str, budget: int, n: int, samples: int
) -> float:
    """Seconds by declared costs: parts × (groups + selections + fits), and near-duplicates once.

    Args:
        study: Its features are at hand, else `DIMENSIONS` are supposed.
        choices, test, samples: As in `core.study.paired_tests.paired_test_study`.
        budget: Rows.
        n: Eligible rows.
    """
    repeats, share = _PARTS.get(test, (1, 0.8))
    repeats = repeats or samples + 1
    d, many = dimensions(study), max(2, classes(study))
    part, chosen = max(1, round(share * n)), max(1, round(share * budget))
    seconds = machine().seconds({"gemm": 2.0 * n * n * d if n <= _EXACT_PAIRS else 0.0})
    if n > _EXACT_PAIRS and not study.graph_ready():
        seconds += machine().seconds(graph_work(n, d))
    groups = study.group_spec
    if groups is not None and groups.method != "column":
        seconds += repeats * (_GROUPS_START + study.pace.expect(f"groups {groups.method}", part, 4e-4))
    fits = fit_seconds([chosen] * len(choices), d, many, n)
    return seconds + repeats * (strategies_work(choices, part, d, [chosen]).strategies + fits)
