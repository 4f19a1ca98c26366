"""Allocation: sums, bounds, rounding and symmetry, over arbitrary sizes, shares, minimums and caps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.foundation.errors import BudgetError
from core.foundation.permanent_random import Draws
from core.strategies.parts.allocation import allocate, group_luck, split

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


def test_without_luck_ties_go_to_the_lower_position() -> None:
    assert allocate([10, 10, 10], 7).tolist() == [3, 2, 2]
    assert allocate([10, 10, 10, 10], 2, [1, 1, 1, 1]).tolist() == [1, 1, 0, 0]


def test_luck_settles_ties_and_nothing_else() -> None:
    # Ideals 4.5, 1.5, 3: the first two are tied.
    made = split([45, 15, 30], 9, luck=[0.9, 0.1, 0.0])
    assert made.quota.tolist() == [4, 2, 3]
    assert made.sure.tolist() == [4, 1, 3]
    assert made.expected.tolist() == [4.5, 1.5, 3.0]
    assert split([45, 15, 30], 9, luck=[0.1, 0.9, 0.0]).quota.tolist() == [5, 1, 3]
    # Remainders 0.7, 0.2, 0.1 are not tied, whatever the luck; nor are equal ones that all get a row.
    for sizes, want in (([57, 12, 31], [6, 1, 3]), ([18, 18, 64], [2, 2, 6])):
        made = split(sizes, 10, luck=[0.9, 0.1, 0.0])
        assert made.quota.tolist() == made.sure.tolist() == made.expected.tolist() == want
        assert not made.passed_over(np.zeros(3, int)).any()


def test_who_is_passed_over_by_ties() -> None:
    """Ideals 17, 0.8, 0.7, 0.8, 0.7: two of the small groups are sure of a row, the other two share one."""
    made = split([170, 8, 7, 8, 7], 20, luck=np.zeros(5))
    assert made.sure.tolist() == [17, 1, 0, 1, 0]
    assert made.expected.tolist() == [17, 1, 0.5, 1, 0.5]
    assert made.passed_over(np.zeros(5, int)).tolist() == [False, False, True, False, True]
    pinned = np.array([0, 0, 1, 0, 0])  # a pinned row beyond its claim is paid by all others
    made = split([170, 8, 7, 8, 7], 20, taken=pinned, luck=np.zeros(5))
    assert made.passed_over(pinned).tolist() == [False] * 5


def test_remainders_that_only_rounding_tells_apart_are_tied() -> None:
    """Three thirds, of which one differs by the last bit."""
    share = np.array([1 / 3, 0.1 + 0.2 + 1 / 30, 1 - 2 / 3])
    assert len(set(share.tolist())) == 2
    assert np.allclose(split([10, 10, 10], 10, share).expected, 10 / 3)


@given(SIZES, st.integers(1, 200), st.integers(0, 99))
@settings(max_examples=80)
def test_quotas_over_luck_are_as_expected(sizes: list[int], budget: int, seed: int) -> None:
    """The mean quota over all orders of luck is `expected`, and none is below `sure`."""
    chance = np.random.default_rng(seed)
    made = split(sizes, budget, np.ones(len(sizes)))
    assert made.expected.sum() == pytest.approx(min(budget, sum(sizes)))
    runs = [split(sizes, budget, np.ones(len(sizes)), luck=chance.random(len(sizes))) for _ in range(300)]
    quotas = np.array([one.quota for one in runs])
    assert (quotas >= made.sure).all()
    assert (quotas <= made.sure + 1).all()
    share = made.expected - made.sure
    error = np.sqrt(share * (1 - share) / 300)
    assert (np.abs(quotas.mean(axis=0) - made.expected) <= 5 * error + 1e-9).all()
    assert all(np.array_equal(one.expected, made.expected) for one in runs)


def test_the_luck_of_a_group_is_that_of_its_smallest_key() -> None:
    keys = np.arange(96, dtype=np.uint8).reshape(6, 16)
    draws = Draws(keys, 3, "stratified/3")
    luck = group_luck(draws, np.array([2, 0, 2, 0, 3, 3]), 5)
    own = draws.uniforms("ties")
    assert luck.tolist() == [own[1], 1.0, own[0], own[4], 1.0]
    turned = group_luck(draws, np.array([1, 4, 1, 4, 0, 0]), 5)  # other codes of the same groups
    assert turned.tolist() == [own[4], own[0], 1.0, 1.0, own[1]]


def test_zero_sizes_and_zero_shares() -> None:
    assert allocate([0, 10, 0, 10], 8).tolist() == [0, 4, 0, 4]
    assert allocate([10, 10], 8, [0, 1]).tolist() == [0, 8]
    assert allocate([10, 10], 14, [0, 1]).tolist() == [4, 10]  # no share is taken up last
    assert allocate([10, 30], 8, [0, 0]).tolist() == [4, 4]
    assert allocate([10, 40, 10], 30, [0, 0, 1]).tolist() == [4, 16, 10]  # by room, once the share is met
    assert allocate([0, 0], 5).tolist() == [0, 0]


def test_pins_count_towards_quotas() -> None:
    quota = allocate([50, 50], 10, taken=[7, 0])
    assert quota.tolist() == [7, 3]


@pytest.mark.parametrize("unit", [1e-300, 1.0, 1e300])
def test_shares_of_any_size(unit: float) -> None:
    assert allocate([30, 40, 50], 60, unit * np.array([1.0, 2.0, 3.0])).tolist() == [10, 20, 30]
    assert allocate([30, 40, 50], 75, [1e-300, 1e300, 0.0]).tolist() == [30, 40, 5]
    assert allocate([30, 40, 50], 45, [1e-300, 1e300, 0.0], minimum=[0, 0, 1]).tolist() == [4, 40, 1]


def test_impossible_minimums_are_refused() -> None:
    with pytest.raises(BudgetError, match="minimum of 4"):
        allocate([3, 50], 20, minimum=4)
    with pytest.raises(BudgetError, match="minimums alone"):
        allocate([50, 50], 5, minimum=3)
