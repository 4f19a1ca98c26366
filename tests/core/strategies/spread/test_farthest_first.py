"""Farthest-first with levels: the traversal's bounds, its start, and a hierarchy that hangs together."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.foundation.errors import BudgetError
from core.foundation.progress import SILENT
from core.strategies.running.select import select
from core.strategies.spread.farthest_first import levels
from tests.core.strategies.spread.test_k_center import plain, rows_of


@given(seed=st.integers(0, 1_000), n=st.integers(3, 40), d=st.integers(1, 4), whole=st.booleans())
@settings(max_examples=40)
def test_distances_never_grow_and_rows_are_the_plain_ones(seed: int, n: int, d: int, whole: bool) -> None:
    rng = np.random.default_rng(seed)
    x = (rng.integers(0, 3, (n, d)) if whole else rng.normal(size=(n, d))).astype(np.float32)
    found = select("farthest-first", rows_of(x), n, seed=seed)
    assert found.rows.tolist() == plain(x, int(found.rows[0]), n)
    assert found.gains is not None
    assert (np.diff(found.gains[1:]) <= 1e-6).all()


def test_radius_is_at_most_twice_the_best() -> None:
    rng = np.random.default_rng(0)
    for seed in range(20):
        n, k = int(rng.integers(5, 12)), int(rng.integers(2, 5))
        x = rng.normal(size=(n, 2)).astype(np.float32)
        gap = np.linalg.norm(x[:, None] - x[None, :], axis=2)
        best = min(gap[:, list(rows)].min(axis=1).max() for rows in combinations(range(n), k))
        ours = gap[:, select("farthest-first", rows_of(x), k, seed=seed).rows].min(axis=1).max()
        assert ours <= 2 * best + 1e-6


def test_the_start_is_drawn_or_next_to_the_mean() -> None:
    x = np.random.default_rng(1).normal(size=(30, 2)).astype(np.float32)
    starts = {int(select("farthest-first", rows_of(x), 1, seed=seed).rows[0]) for seed in range(400)}
    assert starts == set(range(30))
    same = {
        tuple(select("farthest-first", rows_of(x), 9, seed=seed, params={"start": "mean"}).rows)
        for seed in range(5)
    }
    assert same == {tuple(select("k-center", rows_of(x), 9).rows)}


@pytest.mark.parametrize("branching", [2, 3, 4])
def test_levels_are_prefixes_and_parents_the_nearest_seeds(branching: int) -> None:
    x = np.random.default_rng(2).normal(size=(300, 3)).astype(np.float32)
    x[100:110] = x[0]
    found = select("farthest-first", rows_of(x), 50, params={"branching": branching})
    gap = np.linalg.norm(x[:, None].astype(float) - x[found.rows][None], axis=2)
    made = list(levels(x, found.rows, branching, SILENT))
    sizes = [level.size for level in made]
    assert sizes == [*[branching**at for at in range(9) if branching**at < 50], 50]
    for level in made:
        near = gap[:, : level.size].min(axis=1)
        assert np.allclose(gap[np.arange(300), level.owner], near, atol=1e-5)
        assert level.radius == pytest.approx(near.max(), abs=1e-5)
        assert level.owner[found.rows[: level.size]].tolist() == list(range(level.size))
    assert (np.diff([level.radius for level in made]) <= 1e-6).all()
    assert found.represents is not None
    assert np.array_equal(found.represents, np.bincount(made[-1].owner, minlength=50))
    assert found.quota is not None
    assert list(found.quota.values()) == np.diff([0, *sizes]).tolist()
    assert f"{made[1].size} ({made[1].radius:.3g})" in found.notes[-1]


def test_levels_end_with_the_budget_itself() -> None:
    x = np.random.default_rng(3).normal(size=(20, 2)).astype(np.float32)
    whole = [level.size for level in levels(x, np.arange(16), 4, SILENT)]
    assert whole == [1, 4, 16]
    assert [level.radius for level in levels(x, np.arange(20), 4, SILENT)][-1] == 0
    assert select("farthest-first", rows_of(x), 5, params={"branching": None}).represents is None


def test_only_the_first_rows_may_be_taken() -> None:
    x = np.random.default_rng(4).normal(size=(60, 2)).astype(np.float32)
    inputs = rows_of(x)
    found = select("farthest-first", inputs, 12, params={"first": 20})
    assert found.rows.max() < 20
    assert found.rows.tolist() == plain(x[:20], int(found.rows[0]), 12)
    with pytest.raises(BudgetError, match="at most 20 rows"):
        select("farthest-first", inputs, 21, params={"first": 20})
    pinned = replace(inputs, pins=np.array([50]))
    assert set(select("farthest-first", pinned, 21, params={"first": 20}).rows) == {50, *range(20)}


def test_isolated_rows_come_last() -> None:
    x = np.random.default_rng(5).normal(size=(100, 2)).astype(np.float32)
    x[17] = 50.0
    assert 17 in select("farthest-first", rows_of(x), 3).rows
    trimmed = select("farthest-first", rows_of(x), 100, params={"trim": 0.02})
    assert 17 in trimmed.rows[98:]
    assert "2 are among the isolated" in trimmed.notes[0]
    few = select("farthest-first", rows_of(x), 98, params={"trim": 0.02})
    assert np.array_equal(few.rows, trimmed.rows[:98])
