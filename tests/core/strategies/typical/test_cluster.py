"""Cluster centres: one row of each clear cluster, the nearest to its centre; copies, pins and restarts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from core.foundation.progress import SILENT
from core.strategies.parts.clusters import filled, represented
from core.strategies.running.select import select
from core.strategies.typical.cluster import _next_to
from tests.core.strategies.spread.test_k_center import rows_of

SIZES = [40, 25, 15, 8]


def blobs(seed: int = 0, sizes: list[int] = SIZES) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Clear clusters in random order, and the cluster of each row."""
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centres = 100.0 * np.stack([np.cos(np.arange(len(sizes))), np.sin(np.arange(len(sizes)))], axis=1)
    return (centres[codes] + rng.normal(size=(len(codes), 2))).astype(np.float32), codes


def test_the_row_nearest_to_each_mean() -> None:
    x, codes = blobs()
    found = select("cluster", rows_of(x), 4)
    for at, row in enumerate(found.rows):
        members = np.flatnonzero(codes == at)  # largest first, as in SIZES
        gap = ((x[members] - x[members].mean(axis=0, dtype=np.float64)) ** 2).sum(axis=1)
        assert row == members[gap.argmin()]
    assert found.represents is not None
    assert found.represents.tolist() == SIZES


def test_a_row_wanted_twice_is_taken_once() -> None:
    x = np.array([[0.0], [5.0], [12.0]], np.float32)
    centres = np.array([[4.0], [6.0], [0.0]], np.float32)
    pins = np.empty(0, np.int64)
    mine = np.array([0, 1])
    assert _next_to(x, np.array([0, 0, 1]), centres, mine, pins, SILENT).tolist() == [1, 2]
    assert _next_to(x, np.array([0, 1, 0]), centres, mine, pins, SILENT).tolist() == [1, -1]
    assert _next_to(x, np.array([0, 0, 1]), centres, mine, np.array([1]), SILENT).tolist() == [0, 2]


def test_pins_are_centres() -> None:
    x, codes = blobs()
    pin = int(np.flatnonzero(codes == 0)[3])
    found = select("cluster", replace(rows_of(x), pins=np.array([pin])), 4)
    assert found.rows[0] == pin
    assert sorted(codes[found.rows].tolist()) == [0, 1, 2, 3]
    assert found.represents is not None
    assert sorted(found.represents.tolist()) == sorted(SIZES)


def test_more_rows_than_distinct_ones() -> None:
    x = np.repeat(np.arange(5, dtype=np.float32)[:, None], 6, axis=0)
    found = select("cluster", rows_of(x), 12)
    assert len(np.unique(x[found.rows[:5]])) == 5
    assert found.represents is not None
    assert found.represents.sum() == 30
    assert "7 clusters were empty" in found.notes[0]


def test_restarts_find_clusters_that_one_start_misses() -> None:
    sizes = [12] * 12
    hit = {1: 0, 20: 0}
    for seed in range(8):
        x, codes = blobs(seed, sizes)
        for restarts in hit:
            rows = select("cluster", rows_of(x), 12, seed=seed, params={"restarts": restarts}).rows
            hit[restarts] += len(np.unique(codes[rows]))
    assert hit[1] < hit[20] == 8 * 12


def test_metric_is_a_choice() -> None:
    x = np.array([[1.0, 0.0], [9.0, 0.0], [0.0, 1.0], [0.0, 1.1]], np.float32)
    cosine = select("cluster", rows_of(x), 2, params={"metric": "cosine"}).rows
    assert len(set((cosine // 2).tolist())) == 2
    assert 1 in select("cluster", rows_of(x), 2, params={"metric": "euclidean"}).rows


def test_shared_parts_by_hand() -> None:
    x = np.array([[0.0], [1.0], [9.0], [9.0]], np.float32)
    assert represented(x, np.array([2, 3])).tolist() == [3.0, 1.0]
    owner = np.array([1, -1, 1, 1])
    assert represented(x, np.array([2, 0]), owner=owner).tolist() == [1.0, 3.0]
    assert filled(np.array([4, 0, 4]), 4, 6).tolist() == [4, 0, 1, 2]
    with pytest.raises(IndexError):
        filled(np.array([7]), 2, 6)
