"""Allocation: sums, bounds, rounding and symmetry, over arbitrary sizes, shares, minimums and caps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.errors import BudgetError
from core.strategies._allocate import allocate

SIZES = st.lists(st.integers(0, 60), min_size=1, max_size=8)


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, int, np.ndarray, np.ndarray, np.ndarray]:
    """Sizes, budget, shares, minimums and caps that can be met."""
    size = np.array(draw(SIZES))
    count = len(size)
    cap = np.array([draw(st.integers(0, int(most))) for most in size])
    low = np.array([draw(st.integers(0, min(3, int(most)))) for most in cap])
    share = np.array(
        draw(st.lists(st.sampled_from([0.0, 0.1, 1.0, 2.5, 7.0]), min_size=count, max_size=count))
    )
    budget = draw(st.integers(max(1, int(low.sum())), 500))
    return size, budget, share, low, cap


@given(problems())
@settings(max_examples=150)
def test_sum_and_bounds(problem: tuple[np.ndarray, int, np.ndarray, np.ndarray, np.ndarray]) -> None:
    size, budget, share, low, cap = problem
    assume(low.sum() <= cap.sum())
    quota = allocate(size, budget, share, low, cap)
    assert quota.dtype == np.int64
    assert quota.sum() == min(budget, cap.sum())
    assert (quota >= low).all()
    assert (quota <= cap).all()


@given(SIZES, st.integers(1, 400), st.data())
@settings(max_examples=120)
def test_within_one_row_of_the_share(sizes: list[int], budget: int, data: st.DataObject) -> None:
    share = np.array([data.draw(st.integers(0, 9)) for _ in sizes], float)
    total = min(budget, sum(sizes))
    assume(share.sum() > 0 and total > 0)
    ideal = total * share / share.sum()
    assume((ideal <= sizes).all())
    assert (np.abs(allocate(sizes, budget, share) - ideal) < 1).all()


@given(SIZES, st.integers(1, 300), st.randoms(use_true_random=False))
@settings(max_examples=80)
def test_groups_in_another_order(sizes: list[int], budget: int, chance: object) -> None:
    order = list(range(len(sizes)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    plain = allocate(sizes, budget)
    turned = allocate([sizes[at] for at in order], budget)
    back = np.empty_like(turned)
    back[order] = turned
    moved = np.flatnonzero(back != plain)
    assert np.abs(back - plain).max() <= 1
    assert back.sum() == plain.sum()
    # Only a tie between remainders may fall the other way.
    rest = np.array(sizes) * plain.sum() / max(1, sum(sizes)) % 1
    assert not len(moved) or np.ptp(rest[moved]) < 1e-9


def test_neyman_by_hand() -> None:
    share = np.array([100, 200, 700]) * np.array([10, 2, 1])
    assert np.allclose(60 * share / share.sum(), [28.571, 11.429, 20], atol=1e-3)
    assert allocate([100, 200, 700], 60, share).tolist() == [29, 11, 20]


def test_a_full_group_hands_on_in_proportion() -> None:
    assert allocate([5, 100, 300], 85, [10, 1, 3]).tolist() == [5, 20, 60]


def test_ties_go_to_the_lower_position() -> None:
    assert allocate([10, 10, 10], 7).tolist() == [3, 2, 2]
    assert allocate([10, 10, 10, 10], 2, [1, 1, 1, 1]).tolist() == [1, 1, 0, 0]


def test_thirty_points_in_three_groups() -> None:
    assert allocate([10, 10, 10], 7).sum() == 7


def test_zero_sizes_and_zero_shares() -> None:
    assert allocate([0, 10, 0, 10], 8).tolist() == [0, 4, 0, 4]
    assert allocate([10, 10], 8, [0, 1]).tolist() == [0, 8]
    assert allocate([10, 10], 14, [0, 1]).tolist() == [4, 10]  # no share is taken up last
    assert allocate([10, 10], 8, [0, 0]).tolist() == [4, 4]
    assert allocate([0, 0], 5).tolist() == [0, 0]


def test_pins_count_towards_quotas() -> None:
    quota = allocate([50, 50], 10, taken=[7, 0])
    assert quota.tolist() == [7, 3]


def test_impossible_minimums_are_refused() -> None:
    with pytest.raises(BudgetError, match="minimum of 4"):
        allocate([3, 50], 20, minimum=4)
    with pytest.raises(BudgetError, match="minimums alone"):
        allocate([50, 50], 5, minimum=3)
