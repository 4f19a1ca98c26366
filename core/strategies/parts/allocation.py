"""One way to split a budget over groups, used everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.errors import BudgetError
from ...foundation.permanent_random import Draws
from ...foundation.wording import count, some

_TINY = 1e-9
_FAINT = 1e-150  # of the largest share; smaller ones fill up as late, and products stay finite
_ROUNDING = 16 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class BudgetSplit:
    """A budget split over groups, and what chance had to do with it.

    Args:
        quota: Rows of each group, int64 (g,).
        sure: What each group gets however ties fall, int64 (g,).
        expected: Mean quota over the ways in which ties can fall, float64 (g,).
    """

    quota: Rows
    sure: Rows
    expected: NDArray[np.float64]

    def passed_over(self, taken: Rows) -> NDArray[np.bool_]:
        """Groups that get rows beyond those `taken` or none, as ties fall."""
        over: NDArray[np.bool_] = (self.sure == taken) & (self.expected > taken)
        return over


UNTOLD = (
    "ties decide which groups get a row: chances are known, but many rows can never come together, so no "
    "unbiased variance exists"
)


def told_ties(
    names: Sequence[str], over: NDArray[np.bool_], without: NDArray[np.bool_], known: bool = True
) -> str:
    """That ties left groups without a row, for notes.

    Args:
        names: Of the groups.
        over: Groups that ties could leave without a row.
        without: Groups that they did.
        known: Whether rows have known chances.
    """
    lost = np.flatnonzero(over & without)
    listed = some([names[at] for at in lost.tolist()], 5)
    told = (
        f"{count(int(over.sum()), 'group')} had equal claims to the last rows; chance left {len(lost):,} "
        "with none: "
        f"{listed}."
    )
    return told + " π counts that: totals can be estimated, but without an interval." * known


def group_luck(draws: Draws, codes: Rows, count: int) -> NDArray[np.float64]:
    """One permanent random number per group, that of its smallest row key: the group's content, not its code.

    Args:
        draws: Of the rows that `codes` belong to, in canonical order.
        codes: Group of each row.
        count: Groups; one without rows gets 1.

    Returns:
        float64 (count,). O(n) time.
    """
    first = np.full(count, -1, np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]  # rows come in ascending key, so the first one stays
    luck = np.ones(count)
    luck[first >= 0] = draws.of(first[first >= 0], "ties").uniforms()
    return luck


def allocate(
    sizes: ArrayLike,
    budget: int,
    shares: ArrayLike | None = None,
    minimum: ArrayLike = 0,
    caps: ArrayLike | None = None,
    taken: ArrayLike = 0,
    luck: ArrayLike | None = None,
) -> Rows:
    """Whole numbers of rows per group, as close to their shares as whole numbers can be; see `split`.

    Example:
        >>> allocate([100, 200, 700], 60, shares=[100 * 10, 200 * 2, 700 * 1]).tolist()
        [29, 11, 20]
        >>> allocate([3, 50, 50], 60, shares=[1, 1, 1], luck=[0.5, 0.9, 0.1]).tolist()
        [3, 28, 29]
    """
    return split(sizes, budget, shares, minimum, caps, taken, luck).quota


def split(
    sizes: ArrayLike,
    budget: int,
    shares: ArrayLike | None = None,
    minimum: ArrayLike = 0,
    caps: ArrayLike | None = None,
    taken: ArrayLike = 0,
    luck: ArrayLike | None = None,
) -> BudgetSplit:
    """Split a budget over groups by largest remainders.

    Shares are filled up between minimum and cap (what a full group cannot take is spread over the others in
    proportion), then rounded by largest remainders. Remainders that differ by no more than rounding are tied,
    and the smaller number in `luck` goes first, so that a tie is not always settled for the same group.

    Args:
        sizes: Rows in each group, shape (g,).
        budget: Rows to split.
        shares: What each group should get, in any unit; proportional to size if not given.
        minimum: Rows that each group gets at least (one number, or one per group).
        caps: Rows that each group can give at most; its size if not given.
        taken: Rows of each group that are in already (pins); they count towards its quota.
        luck: Random numbers that settle ties, shape (g,), see `group_luck`. Without them the lower position
            wins: for counts that nothing is drawn by.

    Returns:
        Quotas, summing to min(budget, sum of caps), and what of them was left to chance.

    Raises:
        BudgetError: The minimums exceed a group's size or, together, the budget.

    Complexity:
        O(g²) time at worst.

    Example:
        >>> tied = split([10, 10, 10], 1, luck=[0.7, 0.2, 0.4])
        >>> tied.quota.tolist(), tied.sure.tolist(), tied.expected.round(3).tolist()
        ([0, 1, 0], [0, 0, 0], [0.333, 0.333, 0.333])
    """
    size = np.asarray(sizes, np.int64)
    cap = size.copy() if caps is None else np.minimum(np.asarray(caps, np.int64), size)
    low = np.broadcast_to(np.maximum(np.asarray(minimum, np.int64), np.asarray(taken, np.int64)), size.shape)
    if (low > cap).any():
        worst = int(np.argmax(low - cap))
        raise BudgetError(
            f"A group cannot give its minimum of {count(low[worst], 'row')}",
            f"it has only {cap[worst]:,}",
            "lower the minimum or leave the group out",
        )
    total = min(int(budget), int(cap.sum()))
    if int(low.sum()) > total:
        raise BudgetError(
            f"A budget of {count(budget, 'row')} cannot be split",
            f"the minimums alone take {int(low.sum()):,}",
            "raise the budget or lower the minimum",
        )
    wish = size.astype(np.float64) if shares is None else np.asarray(shares, np.float64)
    ideal = _fill(wish, total, low.astype(np.float64), cap.astype(np.float64))
    alike = max(_TINY, _ROUNDING * float(ideal.max(initial=0.0)))
    sure = np.clip(np.floor(ideal + alike).astype(np.int64), low, cap)
    left = total - int(sure.sum())
    quota, expected = sure.copy(), sure.astype(np.float64)
    if left > 0:  # at most one for each group that is not full, since ideals add up to the total
        open_ = np.flatnonzero(sure < cap)
        rest = (ideal - sure)[open_]
        order = np.argsort(-rest, kind="stable")
        level = np.empty(len(open_), np.int64)
        level[order] = np.concatenate([[0], np.cumsum(-np.diff(rest[order]) > alike)])
        chance = np.zeros(len(size)) if luck is None else np.asarray(luck, np.float64)
        order = np.lexsort((chance[open_], level))
        quota[open_[order[:left]]] += 1
        last = level[order[left - 1]]
        within, tied = open_[level < last], open_[level == last]
        shared = left - len(within)
        expected[within] += 1
        expected[tied] += shared / len(tied)
        sure[within] += 1
        sure[tied] += shared == len(tied)
    return BudgetSplit(quota, sure, expected)


def _fill(
    wish: NDArray[np.float64], total: int, low: NDArray[np.float64], cap: NDArray[np.float64]
) -> NDArray[np.float64]:
    """min(cap, max(low, t·wish)) with t such that the sum is `total`; groups of no share fill last."""
    most = float(wish.max(initial=0.0))
    wish = np.where(wish > 0, np.maximum(wish / most, _FAINT), 0.0) if most > 0 else np.ones_like(wish)
    top = np.where(wish > 0, cap, low)
    if top.sum() <= total:  # all shares are satisfied: the rest goes to groups of no share, by room
        room = cap - top
        return top + (room * ((total - top.sum()) / room.sum()) if room.sum() > 0 else 0.0)
    if low.sum() >= total:
        return low
    on = wish > 0
    points = np.unique(np.concatenate([low[on] / wish[on], cap[on] / wish[on]]))
    sums = np.array([np.clip(t * wish, low, cap)[wish > 0].sum() + low[wish <= 0].sum() for t in points])
    at = int(np.searchsorted(sums, total))  # at least 1: the first sum is that of the minimums
    part = (total - sums[at - 1]) / (sums[at] - sums[at - 1])
    t = points[at - 1] + part * (points[at] - points[at - 1])
    return np.where(wish > 0, np.clip(t * wish, low, cap), low)
