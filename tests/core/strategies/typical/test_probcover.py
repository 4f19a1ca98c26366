"""ProbCover: plain greedy, scikit-activeml's degrees, the radius by brute force, rounds and the graph."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from core.foundation.progress import SILENT
from core.model.derived import Groups
from core.strategies.parts.gaps import Gaps
from core.strategies.running.select import select
from core.strategies.typical import probcover as module
from core.strategies.typical.probcover import pure_radius
from tests.core.strategies.spread.test_k_center import rows_of
from tests.core.strategies.typical.test_cluster import blobs
from tests.core.strategies.typical.test_facility_location import vectors
from tests.core.strategies.typical.test_k_medoids import distances

Mask = NDArray[np.bool_]


def greedy(balls: Mask, count: int) -> tuple[list[int], list[int]]:
    """The plain rule; ties to the lowest row; a new round once all is covered."""
    n = len(balls)
    picked: list[int] = []
    gains: list[int] = []
    bare = np.ones(n, bool)
    for _ in range(count):
        if not bare.any():
            bare = np.ones(n, bool)
            bare[picked] = False
        degree = (balls & bare).sum(axis=1)
        degree[picked] = -1
        picked.append(int(degree.argmax()))
        gains.append(int(degree.max()))
        bare &= ~balls[picked[-1]]
    return picked, gains


@pytest.mark.parametrize("radius", [0.0, 0.3, 0.8, 1.5, 100.0])
def test_plain_greedy_with_rounds(radius: float) -> None:
    for seed in range(4):
        x = vectors(90, 3, seed, unit=False)
        x[:9] = x[9]
        found = select("probcover", rows_of(x), 50, params={"radius": radius})
        rows, gains = greedy(distances(x) <= radius, 50)
        assert found.rows.tolist() == rows
        assert found.gains is not None
        assert found.gains.tolist() == gains
        assert any("rounds were begun" in note for note in found.notes) == (radius >= 0.8)


@pytest.mark.filterwarnings("ignore:The maximum purity")  # one radius given, so none was tried
def test_degrees_of_scikit_activeml() -> None:
    """Each of our picks has the largest utility that theirs gives after the picks before it."""
    from skactiveml.pool import ProbCover

    x = vectors(70, 3, 1, unit=False)
    found = select("probcover", rows_of(x), 9, params={"radius": 0.7})
    assert found.gains is not None
    labels = np.full(70, np.nan)
    for row, gain in zip(found.rows, found.gains, strict=True):
        theirs = ProbCover(n_classes=2, deltas=[0.7], random_state=0)
        _, utilities = theirs.query(x.astype(np.float64), labels, batch_size=1, return_utilities=True)
        assert utilities[0, row] == np.nanmax(utilities) == gain
        labels[row] = 0


def test_covered_share_never_falls_and_is_within_the_bound() -> None:
    worst = 1.0
    for seed in range(15):
        x = vectors(12, 2, seed, unit=False)
        balls = distances(x) <= 0.6
        best = max(balls[list(rows)].any(axis=0).sum() for rows in combinations(range(12), 3))
        found = select("probcover", rows_of(x), 6, params={"radius": 0.6})
        share = [int(balls[found.rows[:size]].any(axis=0).sum()) for size in range(1, 7)]
        assert share == sorted(share)
        worst = min(worst, share[2] / best)
    assert 1 - 1 / np.e <= worst <= 1


@pytest.mark.parametrize("n", [60, 200])
def test_radius_is_the_largest_that_is_pure(n: int) -> None:
    for seed in range(4):
        x = vectors(n, 3, seed, unit=False)
        labels = (x[:, 0] > 0.3).astype(np.int64) + (x[:, 1] > 0)
        gap = distances(x).astype(np.float32)
        other = labels[:, None] != labels

        def purity(radius: float, gap: NDArray[np.float32] = gap, other: Mask = other) -> float:
            return 1 - float(((gap <= radius) & other).any(axis=1).mean())

        radius = pure_radius(Gaps.of(x), labels, SILENT)
        assert purity(radius * (1 - 1e-5)) >= 0.95
        assert purity(radius * (1 + 1e-5)) < 0.95


def test_radius_from_a_part_of_the_rows_looks_at_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    x = vectors(300, 3, 2, unit=False)
    labels = (x[:, 0] > 0.3).astype(np.int64)
    monkeypatch.setattr(module, "_SAMPLE", 100)
    gap = np.where(labels[:100, None] == labels, np.inf, distances(x)[:100]).min(axis=1)
    assert pure_radius(Gaps.of(x), labels, SILENT) == pytest.approx(np.sort(gap)[5], rel=1e-5)


def test_pseudo_labels_are_groups_or_clusters() -> None:
    x, codes = blobs()
    plain = rows_of(x)
    grouped = replace(plain, groups=Groups(codes, ("a", "b", "c", "d")))
    with_groups = select("probcover", grouped, 4)
    assert "4 groups" in with_groups.notes[0]
    assert codes[with_groups.rows].tolist() == [0, 1, 2, 3]
    without = [select("probcover", plain, 12, seed=seed) for seed in (0, 1)]
    assert "20 clusters" in without[0].notes[0]
    assert without[0].rows.tolist() == without[1].rows.tolist()
    one = select("probcover", replace(plain, groups=Groups(codes * 0, ("a",))), 4)
    assert "20 clusters" in one.notes[0]
    constant = select("probcover", rows_of(np.ones((20, 2), np.float32)), 4)
    assert "without limit" in constant.notes[0]
    assert constant.rows.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("unit", [True, False])
def test_graph_form_is_greedy_on_its_pairs(monkeypatch: pytest.MonkeyPatch, unit: bool) -> None:
    monkeypatch.setattr(module, "DENSE", 50)
    monkeypatch.setattr(module, "_NEIGHBOURS", 10)
    x = vectors(150, 4, 3, unit=unit)
    gap = distances(x)
    radius = 0.6 if unit else 1.0
    np.fill_diagonal(gap, np.inf)
    near = np.zeros((150, 150), bool)
    order = np.argsort(gap, axis=1, kind="stable")[:, :10]
    np.put_along_axis(near, order, True, axis=1)
    balls = (near | near.T) & (gap <= radius) | np.eye(150, dtype=bool)
    found = select("probcover", rows_of(x, "cosine" if unit else "euclidean"), 60, params={"radius": radius})
    assert found.rows.tolist() == greedy(balls, 60)[0]
    cut = int((np.take_along_axis(gap, order, axis=1)[:, -1] <= radius).sum())
    assert cut > 5
    assert f"{cut} balls were cut at the 10 nearest" in found.notes[0]


def test_pins_cover_first() -> None:
    x = np.array([[0.0], [0.5], [1.0], [10.0], [10.5]], np.float32)
    found = select("probcover", replace(rows_of(x), pins=np.array([1])), 2, params={"radius": 0.6})
    assert found.rows.tolist() == [1, 3]
    assert found.gains is not None
    assert found.gains.tolist() == [3, 2]
    assert found.represents is not None
    assert found.represents.tolist() == [3, 2]
