"""One way to split a budget over groups, used everywhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import BudgetError

_TINY = 1e-9


def allocate(
    sizes: ArrayLike,
    budget: int,
    shares: ArrayLike | None = None,
    minimum: ArrayLike = 0,
    caps: ArrayLike | None = None,
    taken: ArrayLike = 0,
) -> NDArray[np.int64]:
    """Whole numbers of rows per group, as close to their shares as whole numbers can be.

    Shares are filled up between minimum and cap (what a full group cannot take is spread over the others in
    proportion), then rounded by largest remainders; ties go to the lower position.

    Args:
        sizes: Rows in each group, shape (g,).
        budget: Rows to split.
        shares: What each group should get, in any unit; proportional to size if not given.
        minimum: Rows that each group gets at least (one number, or one per group).
        caps: Rows that each group can give at most; its size if not given.
        taken: Rows of each group that are in already (pins); they count towards its quota.

    Returns:
        int64 (g,), summing to min(budget, sum of caps).

    Raises:
        BudgetError: The minimums exceed a group's size or, together, the budget.

    Complexity:
        O(g² log g) at worst; a few passes in practice.

    Example:
        >>> allocate([100, 200, 700], 60, shares=[100 * 10, 200 * 2, 700 * 1]).tolist()
        [29, 11, 20]
        >>> allocate([3, 50, 50], 60, shares=[1, 1, 1]).tolist()
        [3, 29, 28]
    """
    size = np.asarray(sizes, np.int64)
    cap = size.copy() if caps is None else np.minimum(np.asarray(caps, np.int64), size)
    low = np.broadcast_to(np.maximum(np.asarray(minimum, np.int64), np.asarray(taken, np.int64)), size.shape)
    low = low.copy()
    if (low > cap).any():
        worst = int(np.argmax(low - cap))
        raise BudgetError(
            f"A group cannot give its minimum of {low[worst]:,} rows",
            f"it has only {cap[worst]:,}",
            "lower the minimum or leave the group out",
        )
    total = min(int(budget), int(cap.sum()))
    if int(low.sum()) > total:
        raise BudgetError(
            f"A budget of {budget:,} rows cannot be split",
            f"the minimums alone take {int(low.sum()):,}",
            "raise the budget or lower the minimum",
        )
    wish = size.astype(np.float64) if shares is None else np.asarray(shares, np.float64)
    ideal = _fill(wish, total, low.astype(np.float64), cap.astype(np.float64))
    quota = np.clip(np.floor(ideal + _TINY).astype(np.int64), low, cap)
    left = total - int(quota.sum())
    while left > 0:
        rest = np.where(quota < cap, ideal - quota, -np.inf)
        order = np.argsort(-rest, kind="stable")
        order = order[quota[order] < cap[order]][:left]
        quota[order] += 1
        left -= len(order)
    while left < 0:  # minimums above the ideal of groups that rounding had not yet seen
        spare = np.where(quota > low, quota - ideal, -np.inf)
        order = np.argsort(-spare, kind="stable")
        order = order[quota[order] > low[order]][:-left]
        quota[order] -= 1
        left += len(order)
    return quota


def _fill(
    wish: NDArray[np.float64], total: int, low: NDArray[np.float64], cap: NDArray[np.float64]
) -> NDArray[np.float64]:
    """min(cap, max(low, t·wish)) with t such that the sum is `total`; groups of no share fill last."""
    if wish.sum() <= 0:
        wish = np.ones_like(wish)
    top = np.where(wish > 0, cap, low)
    if top.sum() <= total:  # all shares are satisfied: the rest goes to groups of no share, by room
        room = cap - top
        return top + (room * ((total - top.sum()) / room.sum()) if room.sum() > 0 else 0.0)
    if low.sum() >= total:
        return low
    on = wish > 0
    points = np.unique(np.concatenate([low[on] / wish[on], cap[on] / wish[on]]))
    sums = np.array([np.clip(t * wish, low, cap)[wish > 0].sum() + low[wish <= 0].sum() for t in points])
    at = int(np.searchsorted(sums, total))
    if at == 0:
        return np.where(wish > 0, np.clip(points[0] * wish * (total / sums[0]), low, cap), low)
    span = sums[at] - sums[at - 1]
    part = (total - sums[at - 1]) / span if span > 0 else 0.0
    t = points[at - 1] + part * (points[at] - points[at - 1])
    return np.where(wish > 0, np.clip(t * wish, low, cap), low)
