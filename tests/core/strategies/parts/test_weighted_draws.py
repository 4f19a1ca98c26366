"""Weighted draws: shares that never exceed 1, exact first-order probabilities, the law of the draw."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.strategies.parts.weighted_draws import capped_shares, interleave, pins_first, successive, systematic

WEIGHTS = st.lists(st.floats(-30, 30) | st.floats(-300, 300), min_size=1, max_size=30)


@given(WEIGHTS, st.integers(0, 40))
def test_capped_shares(log_weight: list[float], count: int) -> None:
    weight = np.array(log_weight)
    count = min(count, len(weight))
    share = capped_shares(weight, count)
    assert share.sum() == pytest.approx(count)
    assert ((share >= 0) & (share <= 1)).all()
    order = np.argsort(weight, kind="stable")
    assert (np.diff(share[order]) >= -1e-12).all()  # a larger weight never has a smaller share
    loose = share < 1
    if loose.sum() > 1 and count:  # proportional below the cap, however large the certain rows are
        assert (share > 0).all()
        assert np.ptp(np.log(share[loose]) - weight[loose]) < 1e-9


def test_one_huge_weight_leaves_the_others_in_proportion() -> None:
    sizes = np.array([2.0**63 - 1] + [1.0] * 50 + [100.0] * 50)
    share = capped_shares(np.log(sizes), 11)
    assert share[0] == 1
    assert share[1:] == pytest.approx(10 * sizes[1:] / 5_050, rel=1e-12)


def test_shares_of_weights_of_any_scale() -> None:
    assert capped_shares(np.array([900.0, 900.0, 0.0, 0.0]), 2)[:2].tolist() == [1.0, 1.0]
    for shift in (900.0, -900.0):
        share = capped_shares(np.log([1.0, 1.0, 2.0, 4.0]) + shift, 1)
        assert share == pytest.approx([0.125, 0.125, 0.25, 0.5])
    steps = capped_shares(np.array([0.0, -9_000.0, -18_000.0, -18_000.0]), 3)
    assert steps.tolist() == [1.0, 1.0, 0.5, 0.5]
    share = capped_shares(np.array([900.0, 0.0, 0.0]), 1)  # beyond any number: positive all the same
    assert 0 < share[1] == share[2] < 1e-200
    nothing = capped_shares(np.array([0.0, -np.inf, -np.inf]), 2)
    assert nothing.tolist() == [1.0, 0.5, 0.5]
    assert capped_shares(np.full(4, -np.inf), 2).tolist() == [0.5] * 4


def test_totals_with_size_and_why_the_cap_matters() -> None:
    w = np.array([1.0, 1, 1, 2, 2, 3, 4, 30, 40])
    y = w + 0.5
    share = capped_shares(np.log(w), 4)
    uncapped = 4 * w / w.sum()
    assert uncapped.max() > 1
    rng = np.random.default_rng(0)
    right, wrong = [], []
    for _ in range(2_000):
        rows = systematic(share, rng.random(9), rng.random(), 4)
        assert len(set(rows.tolist())) == 4
        right.append((y[rows] / share[rows]).sum())
        wrong.append((y[rows] / uncapped[rows]).sum())
    error = np.std(right, ddof=1) / np.sqrt(2_000)
    assert abs(np.mean(right) - y.sum()) < 4 * error
    error = np.std(wrong, ddof=1) / np.sqrt(2_000)
    assert abs(np.mean(wrong) - y.sum()) > 4 * error


def test_systematic_frequencies() -> None:
    share = capped_shares(np.log(np.arange(1.0, 6.0)), 2)
    assert np.allclose(share, 2 / 15 * np.arange(1, 6))
    rng = np.random.default_rng(1)
    came = np.zeros(5)
    for _ in range(3_000):
        came[systematic(share, rng.random(5), rng.random(), 2)] += 1
    assert (np.abs(came / 3_000 - share) < 4.5 * np.sqrt(share * (1 - share) / 3_000)).all()


def test_successive_first_draw_is_in_proportion() -> None:
    rng = np.random.default_rng(2)
    log_weight = np.log(np.arange(1.0, 5.0))
    first = [successive(rng.random(4), log_weight, 2)[0] for _ in range(4_000)]
    law = np.arange(1.0, 5.0) / 10
    error = np.sqrt(law * (1 - law) / 4_000)
    assert (np.abs(np.bincount(first, minlength=4) / 4_000 - law) < 4.5 * error).all()


def test_successive_stands_any_scale() -> None:
    u = np.array([0.1, 0.9, 0.5])
    plain = successive(u, np.array([0.0, 1.0, 2.0]), 3)
    assert np.array_equal(plain, successive(u, np.array([0.0, 1.0, 2.0]) + 5_000, 3))
    assert successive(u, np.array([0.0, -np.inf, 0.0]), 2).tolist() == [2, 0]


@pytest.mark.parametrize("share", [[0.2, 0.5, 0.8, 0.5], [0.25, 0.25, 1.0, 0.5], [0.5, 0.5, 0.0]])
def test_in_any_order_each_row_has_its_share_of_the_starts(share: list[float]) -> None:
    count = round(sum(share))
    for order in range(6):
        u = np.random.default_rng(order).random(len(share))
        drawn = [systematic(np.array(share), u, (at + 0.5) / 1_000, count) for at in range(1_000)]
        assert all(len(rows) == count for rows in drawn)
        came = np.bincount(np.concatenate(drawn), minlength=len(share))
        assert came.tolist() == pytest.approx([1_000 * one for one in share])


@pytest.mark.parametrize("share", [[1.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
def test_rows_that_are_all_sure_to_come_are_the_draw(share: list[float]) -> None:
    rows = systematic(np.array(share), np.array([0.9, 0.5, 0.1]), 0.5, int(sum(share)))
    assert rows.tolist() == np.flatnonzero(share).tolist()
    assert rows.dtype == np.int64


def test_interleave_is_fair_in_every_prefix() -> None:
    sizes = [6, 3, 1]
    owner = np.repeat([0, 1, 2], sizes)[interleave(sizes)]
    for at in range(1, 11):
        seen = np.bincount(owner[:at], minlength=3)
        assert (np.abs(seen - at * np.array(sizes) / 10) <= 1).all()


def test_interleave_of_nothing_is_nothing() -> None:
    assert interleave([]).tolist() == []
    assert interleave([0, 2]).tolist() == [0, 1]


def test_pins_first_keeps_the_rest_in_order() -> None:
    rows = np.array([5, 2, 9, 1])
    assert rows[pins_first(rows, np.array([1, 9]))].tolist() == [9, 1, 5, 2]


@pytest.mark.parametrize("count", [-1, 0, 1, 4, 5, 6])
def test_shares_of_no_row_and_of_all_rows(count: int) -> None:
    shares = capped_shares(np.log([8.0, 4.0, 2.0, 1.0, 1.0]), count)
    assert shares.sum() == pytest.approx(min(max(count, 0), 5))
    assert ((shares >= 0) & (shares <= 1)).all()
    assert capped_shares(np.array([-np.inf, 0.0, -np.inf]), 2)[1] == 1.0
    assert (capped_shares(np.zeros(49), 49) == 1).all(), "not 49 times a 49th"
