"""TypiClust: scikit-activeml's rows on clear clusters, typicality by brute force, rounds of the paper."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.strategies.running.select import select
from core.strategies.typical import typiclust as module
from tests.core.strategies.spread.test_k_center import rows_of
from tests.core.strategies.typical.test_cluster import SIZES, blobs
from tests.core.strategies.typical.test_k_medoids import distances


def ranked(x: NDArray[np.float32], members: NDArray[np.int64], neighbours: int) -> list[int]:
    """Members from the most typical to the least."""
    gap = np.sort(distances(x[members]), axis=1)[:, 1 : neighbours + 1].mean(axis=1)
    return [int(row) for row in members[np.argsort(gap, kind="stable")]]


def test_rows_of_scikit_activeml() -> None:
    from skactiveml.pool import TypiClust

    for seed in range(3):
        x, _ = blobs(seed)
        theirs = TypiClust(k=5, random_state=0).query(
            x.astype(np.float64), np.full(len(x), np.nan), batch_size=4
        )
        ours = select("typiclust", rows_of(x), 4, params={"neighbours": 5})
        assert ours.rows.tolist() == theirs.tolist()


@pytest.mark.parametrize("neighbours", [1, 7, 20])
def test_the_most_typical_row_of_each_cluster(neighbours: int) -> None:
    x, codes = blobs(1)
    found = select("typiclust", rows_of(x), 4, params={"neighbours": neighbours})
    want = [ranked(x, np.flatnonzero(codes == at), neighbours)[0] for at in range(4)]
    assert found.rows.tolist() == want
    assert found.represents is not None
    assert found.represents.tolist() == SIZES


def test_the_paper_takes_further_rows_in_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 4)
    x, codes = blobs(2)
    found = select("typiclust", rows_of(x), 10, params={"variant": "paper"})
    orders = [ranked(x, np.flatnonzero(codes == at), 20) for at in range(4)]
    assert found.rows.tolist() == [orders[at % 4][at // 4] for at in range(10)]


def test_the_paper_drops_small_clusters_until_nothing_else_is_left() -> None:
    x, codes = blobs(3, [30, 20, 3])
    aliquot = select("typiclust", rows_of(x), 3)
    assert codes[aliquot.rows].tolist() == [0, 1, 2]
    paper = select("typiclust", rows_of(x), 3, params={"variant": "paper"})
    assert codes[paper.rows].tolist() == [0, 1, 0]
    assert paper.notes == ("Clusters dropped because they hold fewer than 5 rows: 1.",)
    everything = select("typiclust", rows_of(x), 53, params={"variant": "paper"})  # all clusters are small
    assert len(everything) == 53
    assert not everything.notes


def test_dropped_clusters_fill_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 3)
    x, codes = blobs(3, [30, 20, 3])
    found = select("typiclust", rows_of(x), 52, params={"variant": "paper"})
    assert codes[found.rows[50:]].tolist() == [2, 2]
    assert found.notes[-1] == "The other clusters were used up; the dropped ones gave 2 rows."


def test_a_cluster_with_a_pinned_row_waits() -> None:
    x, codes = blobs(4)
    pin = int(np.flatnonzero(codes == 0)[0])
    found = select("typiclust", replace(rows_of(x), pins=np.array([pin])), 4)
    assert found.rows[0] == pin
    assert codes[found.rows].tolist() == [0, 1, 2, 3]
    two = np.flatnonzero(codes == 0)[:2].astype(np.int64)
    both = select("typiclust", replace(rows_of(x), pins=two), 4)
    assert codes[both.rows].tolist() == [0, 0, 1, 2]


def test_copies_count_as_most_typical() -> None:
    x = np.concatenate([blobs(5)[0], np.full((3, 2), 300.0, np.float32), [[300.0, 301.0]]]).astype(np.float32)
    found = select("typiclust", rows_of(x), 5, params={"neighbours": 1})
    assert 88 in found.rows
    assert 91 not in found.rows


def test_clusters_of_equal_size_take_turns_by_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three clusters of ten, four rows: whose second row it is, the seed decides and no cluster's number."""
    x, codes = blobs(4, [10, 10, 10])
    monkeypatch.setattr(module, "_MOST", 3)

    def second() -> list[int]:
        runs = [select("typiclust", rows_of(x), 4, seed=at, params={"variant": "paper"}) for at in range(24)]
        return [int(codes[run.rows[3]]) for run in runs]

    found = second()
    assert set(found) == {0, 1, 2}
    whole, turn = module.k_means, np.array([2, 0, 1])

    def renumbered(*given: Any) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        made, centres = whole(*given)
        return turn[made], centres[np.argsort(turn)]

    monkeypatch.setattr(module, "k_means", renumbered)
    assert second() == found
