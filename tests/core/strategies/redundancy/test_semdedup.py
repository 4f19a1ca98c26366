"""SemDeDup: the rule row by row, exact copies at 0, order, pins, and the draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.foundation.errors import NeedError
from core.foundation.progress import SILENT
from core.model.derived import Features
from core.model.inputs import Inputs
from core.strategies.redundancy import semdedup
from core.strategies.running.select import select

Array = NDArray[np.float32]


def unit(x: NDArray[np.floating]) -> Array:
    out: Array = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    return out


def rows_of(x: Array, metric: str = "cosine", pins: tuple[int, ...] = ()) -> Inputs:
    keys = np.zeros((len(x), 16), np.uint8)
    keys[:, 14:] = np.arange(len(x), dtype=">u2").view(np.uint8).reshape(-1, 2)
    made = Features(x, metric, "made", "made")  # type: ignore[arg-type]
    return Inputs(keys=keys, features=made, pins=np.array(pins, np.int64))


def angles(*degrees: float) -> Array:
    turn = np.deg2rad(np.array(degrees))
    return np.stack([np.cos(turn), np.sin(turn)], axis=1).astype(np.float32)


def plain(x: Array, epsilon: float, fixed: int, earlier: bool) -> list[int]:
    """One row after the other, every pair by difference."""
    x64 = x.astype(np.float64)
    owner: list[int] = []
    for at in range(len(x)):
        mine = at
        if at >= fixed:
            for other in range(at):
                gap = x64[at] - x64[other]
                if (earlier or owner[other] == other) and 0.5 * float(gap @ gap) <= epsilon:
                    mine = owner[other]
                    break
        owner.append(mine)
    return owner


@given(
    seed=st.integers(0, 10_000),
    m=st.integers(1, 60),
    d=st.integers(2, 5),
    epsilon=st.sampled_from([0.0, 0.01, 0.1, 0.3]),
    earlier=st.booleans(),
    kind=st.sampled_from(["normal", "copies", "integers", "constant"]),
)
@settings(max_examples=120)
def test_equals_the_plain_rule(seed: int, m: int, d: int, epsilon: float, earlier: bool, kind: str) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(m, d))
    if kind == "copies":
        x = x[rng.integers(0, max(1, m // 3), m)]
    if kind == "integers":
        x = rng.integers(1, 4, (m, d)).astype(np.float64)
    if kind == "constant":
        x[:] = 3.0
    rows = unit(x)
    fixed = int(rng.integers(0, min(4, m) + 1))
    want = plain(rows, epsilon, fixed, earlier)
    before = semdedup._BLOCK, semdedup._CHUNK
    try:
        for semdedup._BLOCK, semdedup._CHUNK in ((512, 2_048), (7, 5)):
            assert semdedup.owners(rows, epsilon, fixed, earlier, SILENT).tolist() == want
    finally:
        semdedup._BLOCK, semdedup._CHUNK = before


def test_zero_leaves_out_exact_copies_only() -> None:
    """Rows that differ in the last bit of one number stay, copies go."""
    rng = np.random.default_rng(0)
    x = unit(rng.normal(size=(300, 16)))
    close = x[:100].copy()
    close[:, 3] = np.nextafter(close[:, 3], np.float32(2))
    rows = np.concatenate([x, x[:50], close])
    found = select("semdedup", rows_of(rows), len(rows), params={"epsilon": 0.0})
    assert len(found) == len(np.unique(rows, axis=0)) == 400
    assert found.represents is not None
    assert sorted(found.represents.tolist()) == [1.0] * 350 + [2.0] * 50
    assert found.notes[0] == "50 rows that nearly coincide with others: left out; 400 stay."
    assert found.notes[1] == "That is fewer than the 450 rows that were asked for."


def test_kept_rows_are_apart_and_the_rest_is_near() -> None:
    rng = np.random.default_rng(1)
    x = unit(rng.normal(size=(25, 6))[rng.integers(0, 25, 500)] + 0.15 * rng.normal(size=(500, 6)))
    found = select("semdedup", rows_of(x), 500, params={"epsilon": 0.05})
    kept = np.sort(found.rows)
    close = x[kept].astype(np.float64) @ x.T.astype(np.float64)
    assert 25 <= len(kept) < 400
    assert (np.sum(close[:, kept] >= 0.95, axis=1) == 1).all()
    assert (close.max(axis=0) >= 0.95 - 1e-7).all()
    assert found.represents is not None
    assert found.represents.sum() == 500


def test_who_stays() -> None:
    """Three near rows: the farthest from the centre, the nearest to it, or the best score."""
    x = angles(0, 6, 9, 90, 92, 97)
    inputs = replace(rows_of(x), scores=np.array([0.1, np.nan, 0.7, 0.2, 0.3, np.nan]))

    def kept(keep: str) -> set[int]:
        params = {"epsilon": 0.02, "clusters": 2, "keep": keep}
        return set(select("semdedup", inputs, 6, params=params).rows.tolist())

    assert kept("farthest") == {0, 5}
    assert kept("nearest") == {1, 4}
    assert kept("scores") == {2, 4}


def test_scores_are_needed_only_where_they_decide() -> None:
    with pytest.raises(NeedError, match="a score column"):
        select("semdedup", rows_of(angles(0, 1)), 1, params={"keep": "scores"})
    assert len(select("semdedup", rows_of(angles(0, 1)), 1)) == 1


def test_chains_under_both_rules() -> None:
    """Copies of a row that was left out stay beside kept rows, and go under the paper's rule."""
    inputs = rows_of(angles(*range(0, 60, 10)))
    params = {"epsilon": 0.02, "keep": "farthest"}  # rows 10 degrees apart are copies, 20 are not
    kept = select("semdedup", inputs, 6, params=params)
    paper = select("semdedup", inputs, 6, params={**params, "against": "earlier"})
    assert set(paper.rows.tolist()) == {0, 5}
    assert len(kept) == 3
    assert {0, 5} < set(kept.rows.tolist())
    assert kept.represents is not None
    assert paper.represents is not None
    assert kept.represents.sum() == paper.represents.sum() == 6


def test_pins_stay_and_their_copies_go() -> None:
    x = angles(0, 0, 0, 45, 90)
    found = select("semdedup", rows_of(x, pins=(1, 2)), 5)
    assert found.rows[:2].tolist() == [1, 2]
    assert set(found.rows.tolist()) == {1, 2, 3, 4}
    assert found.inclusion is None


def test_length_does_not_matter() -> None:
    x = angles(0, 0, 50) * np.array([[1.0], [4.0], [2.0]], np.float32)
    assert len(select("semdedup", rows_of(x, "euclidean"), 3)) == 2


def test_rows_without_direction_are_copies_of_each_other() -> None:
    x = np.array([[0, 0], [0, 0], [1, 0]], np.float32)
    found = select("semdedup", rows_of(x, "euclidean"), 3, params={"epsilon": 0.3})
    assert len(found) == 2


def test_clusters_bound_what_is_compared() -> None:
    """With a cluster for each row nothing is left out but copies that share one."""
    x = angles(*np.linspace(0, 80, 12))
    assert len(select("semdedup", rows_of(x), 12, params={"epsilon": 0.3, "clusters": 1})) < 6
    assert len(select("semdedup", rows_of(x), 12, params={"epsilon": 0.3, "clusters": 12})) == 12


def test_draw_below_is_uniform_over_kept_rows() -> None:
    x = angles(*([0.0] * 20), 40.0, 80.0, 120.0)
    came = {0: 0, 20: 0, 21: 0, 22: 0}
    for seed in range(400):
        came[int(select("semdedup", rows_of(x), 1, seed=seed).rows[0])] += 1
    assert max(abs(count - 100) for count in came.values()) < 4 * np.sqrt(400 * 0.25 * 0.75)


def test_texts_of_which_nothing_is_known_are_no_copies_of_each_other() -> None:
    """Their vectors have length zero under cosine, which says nothing about what they have in common."""
    x = np.array([[0, 0], [0, 0], [0, 0], [1, 0], [1, 0]], np.float32)
    found = select("semdedup", rows_of(x), 5)
    assert len(found) == 4
    assert any(
        "3 rows point nowhere in the features, cannot be compared, and stay." in n for n in found.notes
    )


def test_what_makes_distances_unsound_is_said_with_the_subset() -> None:
    given = rows_of(angles(0, 40, 80))
    assert given.features is not None
    doubted = replace(given, features=replace(given.features, warnings=("Doubtful.",)))
    assert "Doubtful." in select("semdedup", doubted, 2).notes
    assert "Doubtful." not in select("random", doubted, 2).notes
    assert "Doubtful." not in select("semdedup", given, 2).notes
