"""Temporal-redundancy quota: windows, redundancy, quotas, and what is known before the draw."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from core.foundation.errors import NeedError
from core.model.derived import Features
from core.model.inputs import Inputs
from core.strategies.running.select import select


def rows_of(
    x: NDArray[Any], order: NDArray[Any] | None = None, metric: str = "euclidean", **columns: Any
) -> Inputs:
    keys = np.zeros((len(x), 16), np.uint8)
    keys[:, 14:] = np.arange(len(x), dtype=">u2").view(np.uint8).reshape(-1, 2)
    return Inputs(
        keys=keys,
        features=Features(x.astype(np.float32), metric, "made", "made"),  # type: ignore[arg-type]
        frame=pd.DataFrame(columns) if columns else None,
        order=np.arange(len(x), dtype=np.float64) if order is None else order,
    )


def block(n: int, seed: int) -> NDArray[np.float64]:
    out: NDArray[np.float64] = np.random.default_rng(seed).normal(size=(n, 3))
    return out


def test_a_constant_block_gets_the_minimum() -> None:
    # The third window is the first one backwards: the same gaps, so the same redundancy.
    x = np.concatenate([block(50, 1), np.full((50, 3), 0.3), block(50, 1)[::-1]])
    for minimum in (0, 1, 4):
        found = select("temporal", rows_of(x), 30, params={"windows": 3, "minimum": minimum})
        assert found.quota is not None
        assert found.quota["window 2"] == minimum
        assert sum(found.quota.values()) == 30
        assert abs(found.quota["window 1"] - found.quota["window 3"]) <= 1
        counts = np.bincount(found.rows // 50, minlength=3)
        assert counts.tolist() == list(found.quota.values())
        if minimum == 0:
            assert any("window 2" in note and "totals are refused" in note for note in found.notes)


def test_equal_redundancy_is_proportional() -> None:
    """Steps of equal length everywhere, sequences of 40, 80 and 120 rows."""
    x = np.zeros((240, 2))
    x[::2, 0] = 1.0
    which = np.repeat(["a", "b", "c"], [40, 80, 120])
    found = select("temporal", rows_of(x, s=which), 60, params={"sequence": "s"})
    assert found.quota == {"a": 10, "b": 20, "c": 30}
    assert found.inclusion is not None
    assert np.allclose(found.inclusion, 0.25)


def test_all_constant_is_proportional() -> None:
    which = np.repeat(["a", "b"], [20, 60])
    found = select("temporal", rows_of(np.ones((80, 2)), s=which), 20, params={"sequence": "s"})
    assert found.quota == {"a": 5, "b": 15}


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_quota_by_hand(metric: str) -> None:
    """Redundancy is the mean similarity of neighbours; shares are 1 − redundancy for equal windows."""
    x = block(400, 3)
    x[200:] = np.cumsum(0.2 * x[200:], axis=0) + 2.0
    if metric == "cosine":
        x /= np.linalg.norm(x, axis=1, keepdims=True)
    x = x.astype(np.float32).astype(np.float64)
    if metric == "cosine":
        alike = np.maximum((x[1:] * x[:-1]).sum(axis=1), 0)
    else:
        pairs = ((x[:, None] - x[None]) ** 2).sum(axis=2)[np.triu_indices(400, 1)]
        alike = np.exp(-((x[1:] - x[:-1]) ** 2).sum(axis=1) / (2 * np.median(pairs)))
    fresh = 1 - np.array([alike[at * 100 : at * 100 + 99].mean() for at in range(4)])
    want = 80 * fresh / fresh.sum()
    found = select("temporal", rows_of(x, metric=metric), 80, params={"windows": 4})
    assert found.quota is not None
    assert np.abs(np.array(list(found.quota.values())) - want).max() < 1
    assert want.max() > 2 * want.min()


def test_order_makes_the_windows_and_ties_go_by_key() -> None:
    x = block(60, 4)
    turned = np.arange(60)[::-1].astype(np.float64)
    one = select("temporal", rows_of(x, turned), 6, params={"windows": 6})
    assert sorted((59 - one.rows) // 10) == list(range(6))
    tied = select("temporal", rows_of(x, np.zeros(60)), 6, params={"windows": 6})
    assert sorted(tied.rows // 10) == list(range(6))


def test_a_column_can_order() -> None:
    x = block(40, 5)
    when = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(40)[::-1], unit="D")
    inputs = replace(rows_of(x, t=when), order=None)
    found = select("temporal", inputs, 4, params={"by": "t", "windows": 4})
    assert sorted((39 - found.rows) // 10) == [0, 1, 2, 3]
    with pytest.raises(NeedError, match="an order"):
        select("temporal", inputs, 4)


def test_rows_without_time_are_a_window_of_average_redundancy() -> None:
    x = np.concatenate([block(40, 6), np.repeat(block(40, 7), 10, axis=0)[:40], np.zeros((40, 3))])
    order = np.where(np.arange(120) < 80, np.arange(120.0), np.nan)
    found = select("temporal", rows_of(x, order), 30, params={"windows": 2})
    assert found.quota is not None
    first, second, lost = found.quota.values()
    assert list(found.quota) == ["window 1", "window 2", "without time"]
    assert first > 2 * second
    assert lost == 10  # the mean of the other two, although all its rows are equal
    assert "40 rows without a time" in found.notes[0]


def test_no_row_with_a_time_is_a_plain_random_draw() -> None:
    found = select("temporal", rows_of(block(30, 8), np.full(30, np.nan)), 6)
    assert found.quota == {"without time": 6}
    assert found.inclusion is not None
    assert np.allclose(found.inclusion, 0.2)


def test_small_budgets_take_fewer_windows() -> None:
    found = select("temporal", rows_of(block(100, 9)), 7)
    assert found.quota is not None
    assert len(found.quota) == 7
    assert all(count == 1 for count in found.quota.values())
    assert "7 windows in place of 20" in found.notes[0]


def test_sequences_beyond_the_budget_lower_the_minimum() -> None:
    which = np.repeat(np.array(list("abcdefghij")), 4)
    found = select("temporal", rows_of(block(40, 10), s=which), 6, params={"sequence": "s"})
    assert len(found) == 6
    assert any("the minimum is 0" in note for note in found.notes)
    assert any("No row was drawn from 4 windows" in note for note in found.notes)


def test_sequences_of_one_row_count_as_not_redundant() -> None:
    x = np.ones((21, 2))
    which = np.array(["long"] * 20 + ["single"])
    found = select("temporal", rows_of(x, s=which), 5, params={"sequence": "s", "minimum": 0})
    assert found.quota == {"long": 4, "single": 1}
    assert found.notes == ("1 window of one row counts as not redundant.",)


def test_pins_are_charged_to_their_window() -> None:
    pins = np.array([0, 1, 2], np.int64)
    inputs = replace(rows_of(block(80, 11)), pins=pins)
    found = select("temporal", inputs, 8, params={"windows": 2, "minimum": 0})
    assert found.quota is not None
    assert found.inclusion is not None
    assert sum(found.quota.values()) == 8
    assert found.rows[:3].tolist() == [0, 1, 2]
    early = found.rows < 40
    assert int(early.sum()) == found.quota["window 1"]
    drawn = found.quota["window 1"] - 3
    assert np.allclose(found.inclusion[3:][early[3:]], drawn / 37)


def test_quotas_do_not_depend_on_the_seed() -> None:
    inputs = rows_of(block(200, 12))
    made = [select("temporal", inputs, 40, seed=seed) for seed in range(5)]
    assert all(found.quota == made[0].quota for found in made)
    assert len({tuple(found.rows.tolist()) for found in made}) == 5


def test_entities_can_be_the_sequences() -> None:
    inputs = replace(rows_of(block(40, 13)), entities=np.repeat([7, 9], 20))
    found = select("temporal", inputs, 10, params={"sequence": "entities"})
    assert found.quota is not None
    assert list(found.quota) == ["entity 1", "entity 2"]


def test_sequences_of_large_numbers_are_not_mixed() -> None:
    """Keys above 2⁵³ that float64 cannot tell apart, and times to the microsecond in far years."""
    which = 2**53 + np.repeat(np.arange(4), 10)
    found = select("temporal", rows_of(np.ones((40, 2)), s=which), 8, params={"sequence": "s"})
    assert found.quota == {str(2**53 + at): 2 for at in range(4)}
    when = np.datetime64("9998-01-01", "us") + np.arange(40)[::-1].astype("timedelta64[us]")
    inputs = replace(rows_of(block(40, 5), t=when), order=None)
    found = select("temporal", inputs, 4, params={"by": "t", "windows": 4})
    assert sorted((39 - found.rows) // 10) == [0, 1, 2, 3]


def test_infinite_times_stand_at_the_ends() -> None:
    order = np.where(np.arange(40) < 10, -np.inf, np.where(np.arange(40) < 30, np.arange(40.0), np.inf))
    order[5] = np.nan
    found = select("temporal", rows_of(block(40, 9), order), 9, params={"windows": 3})
    assert list(found.quota or {}) == ["window 1", "window 2", "window 3", "without time"]
    assert any("1 row without a time" in note for note in found.notes)


def test_ties_between_windows_are_chance_and_said() -> None:
    inputs = rows_of(np.ones((60, 2)), s=np.repeat(list("abcdef"), 10))
    params = {"sequence": "s", "minimum": 0}
    empty = set()
    for seed in range(30):
        found = select("temporal", inputs, 4, seed=seed, params=params)
        assert found.inclusion is not None
        assert np.allclose(found.inclusion, 4 / 60)
        assert found.drawn is not None
        assert "ties" in found.drawn.untold
        assert found.unreached == 0
        empty |= {name for name, count in (found.quota or {}).items() if not count}
    assert empty == set("abcdef")
