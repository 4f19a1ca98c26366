"""k-medoids: no single swap helps, the formulas by brute force, and the blocks of the large form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.foundation.progress import SILENT
from core.strategies.parts.gaps import Gaps
from core.strategies.running.select import select
from core.strategies.typical import k_medoids as module
from core.strategies.typical.k_medoids import Medoids, swap_eagerly
from tests.core.strategies.spread.test_k_center import rows_of


def distances(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """All distances by difference, float64."""
    wide = x.astype(np.float64)
    return np.sqrt(((wide[:, None] - wide[None, :]) ** 2).sum(axis=2))


def cost(gap: NDArray[np.float64], rows: NDArray[np.int64]) -> float:
    """Summed distance to the nearest of `rows`."""
    return float(gap[:, rows].min(axis=1).sum())


def data(n: int, seed: int, kind: str = "normal") -> NDArray[np.float32]:
    """Rows of several awkward kinds."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    if kind == "copies":
        x = x[rng.integers(0, max(1, n // 3), n)]
    if kind == "far":
        x[0] += 1e4
    if kind == "offset":
        x += 1e3
    return x.astype(np.float32)


@given(
    seed=st.integers(0, 1000),
    n=st.integers(2, 40),
    share=st.floats(0.05, 1),
    kind=st.sampled_from(["normal", "copies", "far", "offset"]),
    pinned=st.integers(0, 3),
)
@settings(max_examples=60)
def test_no_single_swap_helps(seed: int, n: int, share: float, kind: str, pinned: int) -> None:
    x = data(n, seed, kind)
    count = max(1, int(share * n))
    pins = np.sort(np.random.default_rng(seed).permutation(n)[: min(pinned, count)])
    rows = select("k-medoids", replace(rows_of(x), pins=pins), count, seed=seed).rows
    gap = distances(x)
    now = cost(gap, rows)
    for at in range(len(pins), count):
        for other in np.setdiff1d(np.arange(n), rows):
            swapped = rows.copy()
            swapped[at] = other
            assert cost(gap, swapped) >= now * (1 - 1e-6) - 1e-6


def test_formula_of_a_swap_by_brute_force() -> None:
    x = data(30, 2)
    gap = distances(x)
    state = Medoids(Gaps.of(x), np.array([3, 7, 11, 20]), 1, 30)
    for row in (0, 5, 16, 29):
        change = []
        for at in (1, 2, 3):
            rows = state.rows.copy()
            rows[at] = row
            change.append(cost(gap, rows) - cost(gap, state.rows))
        found, where = state.best_swap(gap[row])
        if where >= 0:
            assert found == pytest.approx(min(change), abs=1e-5)
            assert where == int(np.argmin(change)) + 1
        else:
            assert min(change) >= 0


@pytest.mark.parametrize("kind", ["normal", "copies"])
def test_nearest_and_second_stay_right_under_swaps(kind: str) -> None:
    x = data(50, 3, kind)
    gap, gaps, rng = distances(x), Gaps.of(x), np.random.default_rng(0)
    state = Medoids(gaps, np.arange(6), 0, 50)
    for _ in range(40):
        row = int(rng.integers(50))
        if not state.inside[row]:
            state.swap(int(rng.integers(6)), row, gaps(np.array([row]))[0].astype(np.float64))
        two = np.sort(gap[:, state.rows], axis=1)[:, :2]
        assert np.allclose(state.d1, two[:, 0], atol=1e-6)
        assert np.allclose(state.d2, two[:, 1], atol=1e-6)
        assert np.allclose(gap[np.arange(50), state.rows[state.first]], two[:, 0], atol=1e-6)
        assert (state.first != state.second).all()
        assert np.flatnonzero(state.inside).tolist() == sorted(state.rows.tolist())


def test_one_medoid_is_the_most_central_row() -> None:
    for seed in range(5):
        x = data(60, seed)
        assert select("k-medoids", rows_of(x), 1).rows[0] == distances(x).sum(axis=0).argmin()


def test_below_random_subsets_and_close_to_the_best_of_many_starts() -> None:
    x = data(120, 5)
    gap, rng = distances(x), np.random.default_rng(0)
    costs = [cost(gap, select("k-medoids", rows_of(x), 8, seed=seed).rows) for seed in range(8)]
    assert max(costs) < min(cost(gap, rng.permutation(120)[:8]) for _ in range(200))
    assert max(costs) < 1.1 * min(costs)


def test_represents_are_the_clusters_and_the_largest_come_first() -> None:
    x = data(80, 6)
    pins = np.array([3, 40])
    found = select("k-medoids", replace(rows_of(x), pins=pins), 7)
    size = np.bincount(distances(x)[:, found.rows].argmin(axis=1), minlength=7)
    assert found.represents is not None
    assert found.represents.tolist() == size.tolist()
    assert found.rows[:2].tolist() == [3, 40]
    assert (np.diff(size[2:]) <= 0).all()


@pytest.mark.parametrize("kind", ["normal", "copies", "offset"])
def test_blocks_make_the_same_swaps(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    x = data(150, 7, kind)
    want = select("k-medoids", rows_of(x), 12, seed=1)
    monkeypatch.setattr(module, "DENSE", 20)
    monkeypatch.setattr(module, "_BLOCK", 150 * 32)
    found = select("k-medoids", rows_of(x), 12, seed=1, params={"passes": 20})
    assert found.rows.tolist() == want.rows.tolist()
    assert not found.notes


def test_passes_end_it_and_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DENSE", 20)
    x = data(300, 8)
    gap = distances(x)
    costs = []
    for passes in (1, 20):
        found = select("k-medoids", rows_of(x), 15, params={"passes": passes})
        assert bool(found.notes) == (passes == 1)
        costs.append(cost(gap, found.rows))
    assert costs[1] <= costs[0]


def test_neighbours_of_medoids_as_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DENSE", 20)
    monkeypatch.setattr(module, "FULL", 100)
    x = data(400, 9)
    gap, rng = distances(x), np.random.default_rng(0)
    start = Medoids(Gaps.of(x), rng.permutation(400)[:10].astype(np.int64), 0, 400)
    before = cost(gap, start.rows)
    assert swap_eagerly(start, 20, False, SILENT)
    assert cost(gap, start.rows) < 0.9 * before
    near = module._next_to(start, SILENT)
    want = np.unique(np.argsort(gap[start.rows], axis=1)[:, : module.NEAR + 1])
    assert near.tolist() == np.setdiff1d(want, start.rows).tolist()
    found = select("k-medoids", rows_of(x), 10, params={"passes": 20})
    full = select("k-medoids", rows_of(x), 10)
    assert cost(gap, found.rows) < 1.1 * cost(gap, full.rows)
    assert "10 rows nearest" in found.notes[-1]


def test_distances_of_copies_are_zero_far_from_the_origin() -> None:
    x = np.repeat(data(20, 1, "offset"), 2, axis=0)
    found = Gaps.of(x).table(SILENT)
    assert (found[np.arange(40), np.arange(40) ^ 1] == 0).all()
    assert np.allclose(found, distances(x), rtol=1e-6, atol=1e-9)
