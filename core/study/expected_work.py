"""What features, maps and analyses of a study should take: declared, and corrected by earlier runs here."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..analysis import expected_work as expected
from ..analysis.expected_work import Work, fit_seconds, measuring_rate, strategies_work
from ..analysis.held_out.split import CLASSES
from ..analysis.paired_tests.run import BOOTSTRAP
from ..foundation.arrays.any_size_graph import graph_work
from ..foundation.learned_pace import ExpectedTime
from ..foundation.machine import machine
from ..groups.declaration import CLUSTERERS
from ..groups.make import CHILD_ABOVE
from ..groups.spec import COLUMN
from ..model.recipe import Choice

if TYPE_CHECKING:
    from ..analysis.comparison.comparison import Comparison
    from .artifacts import Artifacts

DIMENSIONS = 384
"""Supposed where features are not made yet."""
_BAND, _PROBE, _STRATEGIES, _GRAPH = "random band", "probe", "strategies", "graph"
_LETTERS = 90.0  # of the texts per second that an embedder declares
_MOST_LETTERS, _LOOK = 1_200, 400  # of a text that a model reads; rows looked at
_LOADING = 9.0  # seconds before the first text: torch and the model
_CHILD = 1.0  # seconds of starting a child process
_COMPILING = 7.0  # seconds that UMAP's own compilation takes in each child
_CELL, _ROW_OF_UMAP, _CELL_OF_PCA = 1.5e-6, 1.2e-3, 4e-8  # seconds
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


def stage_time(study: Artifacts, stage: str) -> ExpectedTime:
    """What a stage on the way to the map should take.

    Args:
        study: Data set and recipe; nothing is made of it.
        stage: "features", "groups", "layout-pca" or "layout-umap".

    Time: O(1); texts are measured on a few hundred rows.
    """
    kind, seconds = _declared(study, stage)
    return study.pace.expect(kind, seconds)


def learn_from_stage(study: Artifacts, stage: str, declared: float, seconds: float) -> None:
    """Remember what a stage took that did not come from the store.

    Args:
        study, stage: As in `stage_time`.
        declared: What `stage_declared` said before it began.
        seconds: What it took.
    """
    study.pace.learn(_declared(study, stage)[0], declared, seconds)


def stage_declared(study: Artifacts, stage: str) -> float:
    """Seconds of a stage as declared, before what earlier runs taught; for `learn_from_stage`."""
    return _declared(study, stage)[1]


def _declared(study: Artifacts, stage: str) -> tuple[str, float]:
    """Kind of work under which a stage is learned, and its declared seconds."""
    n = len(study.data)
    if stage == "features":
        spec = study.spec
        if spec.uses_text:
            embedder, _ = spec.chosen()
            letters = _letters(study, str(spec.column)) + 20  # a text of one word takes time too
            rows = n * letters / _LETTERS / embedder.rate
            loading = _LOADING if "torch" in embedder.packages and "torch" not in sys.modules else 0.0
            return f"features {spec.embedder}", loading + 0.3 + rows
        cells = n * len(study.data.roles)
        return f"features {spec.source}", 0.1 + _CELL * cells
    d = dimensions(study)
    if stage == "groups":
        groups = study.group_spec
        if groups is None or groups.method == COLUMN:
            return f"groups {COLUMN}", 0.05 + 1e-6 * n
        seconds = CLUSTERERS[groups.method].expected(n, d)
        return f"groups {groups.method}", seconds + (_CHILD if seconds > CHILD_ABOVE else 0.1)
    if stage == "layout-umap":
        graph = 0.0 if study.graph_ready() else machine().seconds(graph_work(n, d))
        return stage, _CHILD + _COMPILING + _ROW_OF_UMAP * n + graph
    return stage, 0.05 + _CELL_OF_PCA * n * d


def _letters(study: Artifacts, column: str) -> float:
    """Average length of the texts of a column as far as a model reads them, of rows spread over it."""
    texts = study.data.frame[column]
    some = texts.iloc[np.linspace(0, len(texts) - 1, min(len(texts), _LOOK)).astype(np.int64)]
    return float(np.mean([min(len(text), _MOST_LETTERS) if isinstance(text, str) else 0 for text in some]))


def comparison_stages(study: Artifacts, work: Work) -> tuple[ExpectedTime, ExpectedTime, ExpectedTime]:
    """What the strategies, the random bands and the probes of a comparison should take."""
    strategies = study.pace.expect(_STRATEGIES, work.own) + study.pace.expect(_GRAPH, work.graph)
    bands = study.pace.expect(_BAND, work.bands * work.band * measuring_rate())
    return strategies, bands, study.pace.expect(_PROBE, work.probe)


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
    measuring = max(comparison.seconds - picking - probe, 0.01)
    study.pace.learn(_BAND, bands * work.band * measuring_rate(), measuring)
    study.pace.learn(_PROBE, work.probe, probe)
    if work.graph:  # made by the first strategy that asked for it, and timed with it
        study.pace.learn(_GRAPH, work.strategies, picking)
    else:
        study.pace.learn(_STRATEGIES, work.own, picking)


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
    """Declared seconds of metrics against the budget; arguments as in `budget_curves_work`."""
    return expected.budget_curves_work(
        choices, n, d, budgets, seeds=seeds, band=band, graph_ready=graph_ready
    ).seconds


def learning_seconds(
    study: Artifacts, choices: Sequence[Choice], n: int, d: int, budget: int, *, seeds: int
) -> float:
    """Declared seconds of learning curves; arguments as in `learning_work`."""
    return expected.learning_work(choices, n, d, budget, max(1, classes(study)), seeds=seeds).seconds


def paired_seconds(
    study: Artifacts, choices: Sequence[Choice], test: str, budget: int, n: int, samples: int = BOOTSTRAP
) -> float:
    """Declared seconds of a paired test: parts × (groups + selections + fits), and near-duplicates once.

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
    if groups is not None and groups.method != COLUMN:
        seconds += repeats * (_GROUPS_START + CLUSTERERS[groups.method].expected(part, d))
    fits = fit_seconds([chosen] * len(choices), d, many, n)
    return seconds + repeats * (strategies_work(choices, part, d, [chosen]).strategies + fits)
