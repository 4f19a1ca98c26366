"""Greedy k-center: equal to the plain float64 rule on any data, and within its factor of the best."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.foundation.progress import SILENT
from core.model.derived import Features
from core.model.inputs import Inputs
from core.strategies.parts import farthest
from core.strategies.running.select import select


def rows_of(x: NDArray[np.float32], metric: str = "euclidean") -> Inputs:
    """Inputs around given features."""
    keys = np.zeros((len(x), 16), np.uint8)
    keys[:, 14:] = np.arange(len(x), dtype=">u2").view(np.uint8).reshape(-1, 2)
    return Inputs(keys=keys, features=Features(x, metric, "made", "made"))  # type: ignore[arg-type]


def plain(x: NDArray[np.float32], first: int, count: int) -> list[int]:
    """Farthest-first in float64 by difference; ties to the lowest row."""
    x64 = x.astype(np.float64)
    picked = [first]
    near = ((x64 - x64[first]) ** 2).sum(axis=1)
    near[first] = -1
    while len(picked) < count:
        picked.append(int(near.argmax()))
        near = np.minimum(near, ((x64 - x64[picked[-1]]) ** 2).sum(axis=1))
        near[picked] = -1
    return picked


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(2, 60),
    d=st.integers(1, 6),
    kind=st.sampled_from(["normal", "integers", "copies", "constant", "far", "line"]),
    share=st.floats(0.1, 1),
)
@settings(max_examples=150)
def test_equals_the_plain_rule(seed: int, n: int, d: int, kind: str, share: float) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)).astype(np.float32)
    if kind == "integers":
        x = rng.integers(-2, 3, (n, d)).astype(np.float32)
    if kind == "copies":
        x = x[rng.integers(0, max(1, n // 3), n)]
    if kind == "constant":
        x[:] = 3.0
    if kind == "far":
        x[0] += 1e4
    if kind == "line":
        x = np.repeat(np.arange(n, dtype=np.float32)[:, None], d, axis=1)
    count = max(1, int(share * n))
    found = select("k-center", rows_of(x), count)
    assert found.rows.tolist() == plain(x, int(found.rows[0]), count)


@pytest.mark.parametrize("pool", [4, 16])
def test_small_pools_change_nothing(monkeypatch: pytest.MonkeyPatch, pool: int) -> None:
    monkeypatch.setattr(farthest, "_POOL", pool)
    rng = np.random.default_rng(3)
    for x in (rng.normal(size=(400, 5)), rng.integers(0, 4, (400, 3))):
        x = x.astype(np.float32)
        found = select("k-center", rows_of(x), 60)
        assert found.rows.tolist() == plain(x, int(found.rows[0]), 60)


def test_starts_next_to_the_mean() -> None:
    x = np.array([[0.0], [1.0], [4.9], [10.0]], np.float32)
    assert select("k-center", rows_of(x), 1).rows.tolist() == [2]


def test_within_twice_the_best_radius() -> None:
    rng = np.random.default_rng(0)
    worst = 0.0
    for _ in range(25):
        n, k = int(rng.integers(5, 13)), int(rng.integers(2, 5))
        x = rng.normal(size=(n, 2)).astype(np.float32)
        gap = np.linalg.norm(x[:, None] - x[None, :], axis=2)
        best = min(gap[:, list(rows)].min(axis=1).max() for rows in combinations(range(n), k))
        ours = gap[:, select("k-center", rows_of(x), k).rows].min(axis=1).max()
        worst = max(worst, ours / best)
    assert 1 < worst <= 2 + 1e-6


def test_gains_are_the_distances_and_never_grow() -> None:
    x = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32)
    found = select("k-center", rows_of(x), 20)
    assert found.gains is not None
    for at in range(1, 20):
        gap = np.linalg.norm(x[found.rows[:at]] - x[found.rows[at]], axis=1).min()
        assert found.gains[at] == pytest.approx(gap, rel=1e-5)
    assert (np.diff(found.gains[1:]) <= 1e-6).all()


def test_pins_are_the_start() -> None:
    x = np.array([[0.0], [1.0], [10.0], [11.0]], np.float32)
    found = select("k-center", replace(rows_of(x), pins=np.array([3])), 2)
    assert found.rows.tolist() == [3, 0]


def test_trim_leaves_the_most_isolated_out() -> None:
    x = np.random.default_rng(2).normal(size=(100, 2)).astype(np.float32)
    x[17] = 50.0
    assert 17 in select("k-center", rows_of(x), 5).rows
    trimmed = select("k-center", rows_of(x), 5, params={"trim": 0.02})
    assert 17 not in trimmed.rows
    assert "2 of the most isolated rows" in trimmed.notes[0]
    everything = select("k-center", rows_of(x), 100, params={"trim": 0.5})
    assert len(everything) == 100
    assert "needed 50 of them" in everything.notes[1]
    for budget in (5, 50, 51, 80):  # what is taken beyond the trimmed rest comes last
        found = select("k-center", rows_of(x), budget, params={"trim": 0.5}).rows
        assert np.array_equal(found, everything.rows[:budget])


def test_metric_is_a_choice() -> None:
    x = np.array([[1.0, 0.0], [9.0, 0.0], [0.0, 1.0], [1.0, 0.1]], np.float32)
    rows = {
        name: select("k-center", rows_of(x), 2, params={"metric": name}).rows.tolist()
        for name in ("cosine", "euclidean")
    }
    assert 1 in rows["euclidean"]
    assert 2 in rows["cosine"]


def test_farthest_first_by_hand() -> None:
    x = np.array([[0.0], [1.0], [5.0], [3.0]], np.float32)
    allowed = np.array([True, True, False, True])
    rows, gains = farthest.farthest_first(x, np.array([0]), 3, allowed, SILENT)
    assert rows.tolist() == [0, 3, 1]
    assert gains.tolist() == [np.inf, 3.0, 1.0]
