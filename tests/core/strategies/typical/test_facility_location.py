"""Facility location: apricot's order and value, the bound by brute force, and the graph form's greedy."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from core.foundation.progress import SILENT
from core.model.inputs import Inputs
from core.strategies.parts import similarity
from core.strategies.parts.kernels import gaussian_width
from core.strategies.running.select import select
from tests.core.strategies.spread.test_k_center import rows_of


def vectors(n: int, d: int = 6, seed: int = 0, unit: bool = True) -> NDArray[np.float32]:
    """Rows around a few centres."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(8, d))[rng.integers(0, 8, n)] + 0.5 * rng.normal(size=(n, d))
    if unit:
        x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x.astype(np.float32)


def similarities(inputs: Inputs) -> NDArray[np.float64]:
    """The table that the strategy uses, in float64."""
    assert inputs.features is not None
    cosine = inputs.features.metric == "cosine"
    return similarity._dense(inputs.features.matrix, cosine, SILENT)[0].astype(np.float64)


def value(table: NDArray[np.float64], rows: NDArray[np.int64]) -> float:
    """Σ_i max_{j in S} s_ij."""
    return float(table[:, rows].max(axis=1).sum())


def greedy(table: NDArray[np.float64], count: int) -> list[int]:
    """The plain rule; ties to the lowest row."""
    best, picked = np.zeros(len(table)), []
    for _ in range(count):
        gain = np.maximum(table - best[:, None], 0).sum(axis=0)
        gain[picked] = -1
        picked.append(int(gain.argmax()))
        best = np.maximum(best, table[:, picked[-1]])
    return picked


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("seed", "unit", "optimizer"), [(0, True, "lazy"), (1, False, "naive")])
def test_order_and_value_of_apricot(seed: int, unit: bool, optimizer: str) -> None:
    from apricot import FacilityLocationSelection

    inputs = rows_of(vectors(250, seed=seed, unit=unit), "cosine" if unit else "euclidean")
    table = similarities(inputs)
    theirs = FacilityLocationSelection(40, metric="precomputed", optimizer=optimizer).fit(table)
    ours = select("facility-location", inputs, 40)
    assert ours.rows.tolist() == theirs.ranking.tolist()
    assert value(table, ours.rows) >= value(table, theirs.ranking) * (1 - 1e-9)
    assert ours.gains is not None
    assert np.allclose(ours.gains, theirs.gains)


@pytest.mark.parametrize("unit", [True, False])
def test_order_of_the_plain_rule(unit: bool) -> None:
    for seed in range(6):
        inputs = rows_of(vectors(200, seed=seed, unit=unit), "cosine" if unit else "euclidean")
        table = similarities(inputs)
        ours = select("facility-location", inputs, 60)
        assert ours.rows.tolist() == greedy(table, 60)
        assert ours.gains is not None
        assert ours.gains.sum() == pytest.approx(value(table, ours.rows))


def test_similarities_of_euclidean_features() -> None:
    x = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]], np.float32)
    squared = np.array([25.0, 1.0, 18.0])
    table = similarity._dense(x, False, SILENT)[0]
    assert table[0, 1] == pytest.approx(np.exp(-25 / (2 * np.median(squared))), rel=1e-5)
    assert (np.diag(table) == 1).all()


def test_at_least_63_percent_of_the_best() -> None:
    worst = 1.0
    for seed in range(20):
        inputs = rows_of(vectors(10, 2, seed, unit=False))
        table = similarities(inputs)
        best = max(value(table, np.array(rows)) for rows in combinations(range(10), 3))
        worst = min(worst, value(table, select("facility-location", inputs, 3).rows) / best)
    assert 1 - 1 / np.e <= worst <= 1


def test_copies_and_constant_rows() -> None:
    constant = select("facility-location", rows_of(np.ones((30, 3), np.float32)), 30)
    assert constant.rows.tolist() == list(range(30))
    x = np.repeat(vectors(10), 4, axis=0)
    picked = select("facility-location", rows_of(x, "cosine"), 10)
    assert len(np.unique(x[picked.rows], axis=0)) == 10
    assert picked.represents is not None
    assert picked.represents.tolist() == [4] * 10


@pytest.mark.parametrize(
    ("unit", "metric"), [(True, "auto"), (False, "auto"), (False, "cosine"), (True, "euclidean")]
)
def test_graph_form_is_greedy_on_its_similarities(
    monkeypatch: pytest.MonkeyPatch, unit: bool, metric: str
) -> None:
    monkeypatch.setattr(similarity, "DENSE", 100)
    x = vectors(300, seed=4, unit=unit)
    inputs = rows_of(x, "cosine" if unit else "euclidean")
    unit_x = x / np.linalg.norm(x, axis=1, keepdims=True)
    cosine = metric == "cosine" or (metric == "auto" and unit)
    if cosine:
        gap = 1 - unit_x.astype(np.float64) @ unit_x.T.astype(np.float64)
    else:
        gap = ((x[:, None].astype(np.float64) - x[None, :]) ** 2).sum(axis=2)
    full = np.maximum(1 - gap, 0) if cosine else np.exp(-gap / gaussian_width(x))
    np.fill_diagonal(gap, np.inf)
    near = np.argsort(gap, axis=1, kind="stable")[:, :10]
    mask = np.eye(300, dtype=bool)
    np.put_along_axis(mask, near, True, axis=1)
    table = np.where(mask | mask.T, full, 0.0)
    np.fill_diagonal(table, 1.0)
    found = select("facility-location", inputs, 40, params={"neighbours": 10, "metric": metric})
    assert value(table, found.rows) == pytest.approx(value(table, np.array(greedy(table, 40))), rel=1e-6)
    assert found.rows.tolist() == greedy(table, 40)
    assert found.represents is not None
    assert found.represents.sum() == 300
    assert "10 nearest" in found.notes[0]


def test_represents_everybody_once() -> None:
    for budget in (1, 7, 60):
        found = select("facility-location", rows_of(vectors(60), "cosine"), budget)
        assert found.represents is not None
        assert found.represents.sum() == 60
        assert (found.represents >= 1).all()


def test_pins_serve_first() -> None:
    inputs = rows_of(vectors(60), "cosine")
    pins = np.array([5, 9])
    found = select("facility-location", replace(inputs, pins=pins), 6)
    assert found.rows[:2].tolist() == [5, 9]
    table = similarities(inputs)
    best = table[:, pins].max(axis=1)
    gain = np.maximum(table - best[:, None], 0).sum(axis=0)
    gain[pins] = -1
    assert found.rows[2] == gain.argmax()


def test_metric_is_a_choice_inside_strata_too() -> None:
    x = vectors(80, unit=False)
    x[::2] *= 20
    plain = select("facility-location", rows_of(x), 5).rows.tolist()
    cosine = select("facility-location", rows_of(x), 5, params={"metric": "cosine"}).rows.tolist()
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    assert cosine == select("facility-location", rows_of(unit.astype(np.float32), "cosine"), 5).rows.tolist()
    assert plain != cosine
