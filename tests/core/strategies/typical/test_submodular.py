"""Graph cut and saturated coverage: the plain greedy rule, apricot's order, their bound and their limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.strategies.parts import similarity
from core.strategies.parts.kernels import gaussian_width
from core.strategies.running.select import select
from tests.core.strategies.spread.test_k_center import rows_of
from tests.core.strategies.typical.test_facility_location import similarities, vectors

Table = NDArray[np.float64]
Value = Callable[[Table, list[int]], float]


def cut(balance: float) -> Value:
    """balance · Σ_{i in V, j in S} s_ij − Σ_{i, j in S} s_ij."""
    return lambda table, rows: float(balance * table[:, rows].sum() - table[np.ix_(rows, rows)].sum())


def saturated(saturation: float) -> Value:
    """Σ_i min(Σ_{j in S} s_ij, saturation · Σ_{j in V} s_ij)."""
    return lambda table, rows: float(
        np.minimum(table[:, rows].sum(axis=1), saturation * table.sum(axis=1)).sum()
    )


def greedy(table: Table, value: Value, count: int) -> list[int]:
    """The plain rule by the values themselves; ties (but for rounding) to the lowest row."""
    picked: list[int] = []
    for _ in range(count):
        worth = np.array(
            [-np.inf if row in picked else value(table, [*picked, row]) for row in range(len(table))]
        )
        picked.append(int(np.flatnonzero(worth >= worth.max() - 1e-9)[0]))
    return picked


CASES: list[tuple[str, dict[str, Any], Value]] = [
    ("graph-cut", {}, cut(2)),
    ("graph-cut", {"balance": 0.2}, cut(0.2)),
    ("graph-cut", {"balance": 9.0}, cut(9)),
    ("saturated-coverage", {"saturation": 0.05}, saturated(0.05)),
    ("saturated-coverage", {"saturation": 0.4}, saturated(0.4)),
    ("saturated-coverage", {}, saturated(12 / 70)),
]


@pytest.mark.parametrize(("name", "params", "value"), CASES)
@pytest.mark.parametrize("unit", [True, False])
def test_plain_greedy(name: str, params: dict[str, Any], value: Value, unit: bool) -> None:
    for seed in range(3):
        inputs = rows_of(vectors(70, seed=seed, unit=unit), "cosine" if unit else "euclidean")
        table = similarities(inputs)
        found = select(name, inputs, 12, params=params)
        want = greedy(table, value, 12)
        assert found.gains is not None
        worth = [value(table, want[:size]) for size in range(1, 13)]
        assert np.allclose(np.cumsum(found.gains), worth, rtol=1e-6)
        full = np.flatnonzero(np.diff(worth) < 1e-6)  # once all is saturated any row is as good
        assert (
            found.rows.tolist()[: full[0] + 1 if len(full) else 12]
            == want[: full[0] + 1 if len(full) else 12]
        )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("unit", [True, False])
@pytest.mark.parametrize("name", ["graph-cut", "saturated-coverage"])
def test_order_and_gains_of_apricot(name: str, unit: bool) -> None:
    from apricot import GraphCutSelection, SaturatedCoverageSelection

    inputs = rows_of(vectors(250, unit=unit), "cosine" if unit else "euclidean")
    table = similarities(inputs)
    if name == "graph-cut":
        theirs = GraphCutSelection(40, metric="precomputed", alpha=3.0, optimizer="naive").fit(table)
        ours = select(name, inputs, 40, params={"balance": 3.0})
    else:
        theirs = SaturatedCoverageSelection(40, metric="precomputed", alpha=0.3, optimizer="naive").fit(table)
        ours = select(name, inputs, 40, params={"saturation": 0.3})
    assert ours.rows.tolist() == theirs.ranking.tolist()
    assert ours.gains is not None
    assert np.allclose(ours.gains, theirs.gains, rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "params", "value"),
    [("graph-cut", {}, cut(2)), ("saturated-coverage", {"saturation": 0.3}, saturated(0.3))],
)
def test_at_least_63_percent_of_the_best(name: str, params: dict[str, Any], value: Value) -> None:
    worst = 1.0
    for seed in range(20):
        inputs = rows_of(vectors(10, 2, seed, unit=False))
        table = similarities(inputs)
        best = max(value(table, list(rows)) for rows in combinations(range(10), 3))
        worst = min(worst, value(table, select(name, inputs, 3, params=params).rows.tolist()) / best)
    assert 1 - 1 / np.e <= worst <= 1 + 1e-9


def test_another_row_lowers_a_graph_cut_only_below_a_balance_of_two() -> None:
    inputs = rows_of(vectors(60, unit=False))
    two = select("graph-cut", inputs, 60)
    assert two.gains is not None
    assert (two.gains > 0).all()
    assert (np.diff(two.gains) <= 1e-6).all()
    assert not two.notes
    one = select("graph-cut", inputs, 60, params={"balance": 1.0})
    assert one.gains is not None
    assert int((one.gains < 0).sum()) > 5
    assert one.notes == (
        f"{int((one.gains < 0).sum())} of the rows lowered the value; they were taken to meet the budget.",
    )


def test_more_balance_seeks_the_dense_less_the_different() -> None:
    inputs = rows_of(vectors(200, unit=False))
    table = similarities(inputs)

    def inside(balance: float) -> float:
        rows = select("graph-cut", inputs, 20, params={"balance": balance}).rows
        return float(table[np.ix_(rows, rows)].mean())

    assert inside(0.0) < inside(0.1) < inside(0.3) < inside(2.0)
    dense = select("graph-cut", inputs, 20, params={"balance": 10.0}).rows
    assert set(dense.tolist()) == set(np.argsort(-table.sum(axis=1))[:20].tolist())


def test_fewer_copies_at_a_smaller_balance() -> None:
    x = np.repeat(vectors(10, unit=False), 4, axis=0)

    def distinct(balance: float) -> int:
        picked = select("graph-cut", rows_of(x), 10, params={"balance": balance}).rows
        return len(np.unique(x[picked], axis=0))

    assert distinct(10.0) <= distinct(2.0) < distinct(0.3)


def test_after_saturation_the_lowest_rows_follow() -> None:
    inputs = rows_of(vectors(60, unit=False))
    found = select("saturated-coverage", inputs, 40, params={"saturation": 0.02})
    assert found.gains is not None
    useful = int((found.gains > 0).sum())
    assert useful < 30
    assert found.gains[useful:].tolist() == [0.0] * (40 - useful)
    rest = np.setdiff1d(np.arange(60), found.rows[:useful])
    assert found.rows[useful:].tolist() == rest[: 40 - useful].tolist()
    assert f"saturated after {useful} rows;" in found.notes[0]
    constant = select("saturated-coverage", rows_of(np.ones((30, 3), np.float32)), 30)
    assert constant.rows.tolist() == list(range(30))


def test_a_fixed_saturation_is_nested_and_the_default_follows_the_budget() -> None:
    inputs = rows_of(vectors(80, unit=False))
    fixed = {"saturation": 0.25}
    long = select("saturated-coverage", inputs, 30, params=fixed).rows
    assert select("saturated-coverage", inputs, 11, params=fixed).rows.tolist() == long[:11].tolist()
    default = select("saturated-coverage", inputs, 20).rows
    assert default.tolist() == select("saturated-coverage", inputs, 20, params=fixed).rows.tolist()


def test_saturated_coverage_spreads_over_groups_in_proportion() -> None:
    """Groups without similarity between them get rows by their size; one limit for all would not do so."""
    rng = np.random.default_rng(0)
    sizes = [60, 30, 10]
    x = np.repeat(np.eye(3) * 50, sizes, axis=0) + 0.01 * rng.normal(size=(100, 3))
    unit = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    found = select("saturated-coverage", rows_of(unit, "cosine"), 10)
    assert np.bincount(np.repeat(range(3), sizes)[found.rows]).tolist() == [6, 3, 1]


@pytest.mark.parametrize(("name", "params", "value"), [CASES[0], CASES[4]])
@pytest.mark.parametrize("unit", [True, False])
def test_graph_form_is_greedy_on_its_similarities(
    monkeypatch: pytest.MonkeyPatch, name: str, params: dict[str, Any], value: Value, unit: bool
) -> None:
    monkeypatch.setattr(similarity, "DENSE", 50)
    x = vectors(90, seed=4, unit=unit)
    gap = ((x[:, None].astype(np.float64) - x[None, :]) ** 2).sum(axis=2)
    full = 1 - gap / 2 if unit else np.exp(-gap / gaussian_width(x))
    np.fill_diagonal(gap, np.inf)
    mask = np.eye(90, dtype=bool)
    np.put_along_axis(mask, np.argsort(gap, axis=1, kind="stable")[:, :10], True, axis=1)
    table = np.where(mask | mask.T, np.maximum(full, 0), 0.0)
    np.fill_diagonal(table, 1.0)
    inputs = rows_of(x, "cosine" if unit else "euclidean")
    found = select(name, inputs, 15, params={**params, "neighbours": 10})
    assert found.rows.tolist() == greedy(table, value, 15)
    assert "10 nearest" in found.notes[0]


@pytest.mark.parametrize("name", ["graph-cut", "saturated-coverage"])
def test_pins_count_first_and_everybody_is_represented_once(name: str) -> None:
    inputs = rows_of(vectors(60, unit=False))
    table = similarities(inputs)
    found = select(name, replace(inputs, pins=np.array([5, 9])), 6)
    value = cut(2) if name == "graph-cut" else saturated(0.1)
    assert found.rows[:2].tolist() == [5, 9]
    worth = [-np.inf if row in (5, 9) else value(table, [5, 9, row]) for row in range(60)]
    assert found.rows[2] == int(np.argmax(worth))
    assert found.represents is not None
    assert found.represents.sum() == 60
    assert (found.represents >= 1).all()
