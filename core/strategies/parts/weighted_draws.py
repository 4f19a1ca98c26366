"""Weighted draws in the log domain, and the order in which parts of a subset are joined."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.permanent_random import smallest

_LEAST = -690.0  # ln 1e-300


def successive(u: NDArray[np.float64], log_weight: NDArray[np.float64], count: int) -> Rows:
    """Successive sampling without replacement in proportion to weights: the smallest −ln(u)/w.

    Args:
        u: Permanent random numbers, shape (n,).
        log_weight: Natural logarithms of the weights, any scale, −inf for never, shape (n,).
        count: Rows wanted.

    Returns:
        Positions in the order of the draw, int64 (count,). O(n) time.

    Source: Efraimidis and Spirakis, 2006 (A-Res), in logarithms so that no weight overflows.

    Example:
        >>> successive(np.array([0.5, 0.5, 0.5]), np.array([0.0, 900.0, -900.0]), 2).tolist()
        [1, 0]
    """
    with np.errstate(invalid="ignore"):
        return smallest(np.log(-np.log(u)) - log_weight, count)


def capped_shares(log_weight: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Inclusion probabilities in proportion to weights, none above 1, summing to `count`.

    Rows that would exceed 1 are taken with certainty and the rest is shared out again, in proportion to
    their own weights however large those of the certain rows are. Rows that come after all others by more
    than a factor of 1e300 count as if by that, so that every row has a positive chance and 1/π exists.

    Args:
        log_weight: Natural logarithms of the weights, any scale, −inf for weights of 0, shape (n,).
        count: Rows wanted.

    Returns:
        π, shape (n,). O(n log n) time.

    Example:
        >>> capped_shares(np.log([1.0, 1.0, 8.0]), 2).tolist()
        [0.5, 0.5, 1.0]
        >>> capped_shares(np.array([0.0, 0.0, 900.0]), 2).tolist()
        [0.5, 0.5, 1.0]
    """
    n = len(log_weight)
    share = np.zeros(n)
    if count >= n:
        return np.ones(n)
    order = np.argsort(-log_weight, kind="stable")
    log = log_weight[order]
    certain = 0
    while certain < count:  # weights are measured by the largest that is left, until that one is not certain
        log_rest = log[certain:] - log[certain] if np.isfinite(log[certain]) else np.zeros(n - certain)
        weight = np.exp(np.maximum(log_rest, _LEAST))
        tail = np.cumsum(weight[::-1])[::-1]
        left = count - certain
        over = (left - np.arange(left)) * weight[:left] > tail[:left] * (1 + 1e-15)
        if not over[0]:
            share[order[certain:]] = np.minimum(1.0, left * (weight / tail[0]))
            break
        more = int(np.argmin(over))  # the last of them is never over: what is left includes it
        share[order[certain : certain + more]] = 1.0
        certain += more
    return share


def systematic(share: NDArray[np.float64], u: NDArray[np.float64], start: float, count: int) -> Rows:
    """Systematic draw in random order: first-order inclusion probabilities are exactly `share`.

    Args:
        share: Inclusion probabilities summing to `count`, shape (n,).
        u: Permanent random numbers that make the order, shape (n,).
        start: One uniform number.
        count: Rows wanted.

    Returns:
        Positions, int64 (count,). O(n log n) time.

    Source: Hartley and Rao, 1962.
    """
    certain, rest = np.flatnonzero(share >= 1), np.flatnonzero(share < 1)
    count -= len(certain)
    if count <= 0:
        return certain.astype(np.int64)
    order = rest[np.argsort(u[rest], kind="stable")]
    ends = np.cumsum(share[order])
    ends *= count / ends[-1]
    ends[-1] = count
    at = np.searchsorted(ends, start + np.arange(count), side="right")
    return np.concatenate([certain, order[at]]).astype(np.int64)


def interleave(parts: Sequence[int]) -> Rows:
    """Positions that merge lists of these lengths so that every prefix holds a fair part of each.

    Example:
        >>> interleave([2, 1]).tolist()
        [0, 2, 1]
    """
    when = np.concatenate([(np.arange(size) + 0.5) / size for size in parts] or [np.empty(0)])
    return np.argsort(when, kind="stable").astype(np.int64)


def pins_first(rows: Rows, pins: Rows) -> Rows:
    """Positions in `rows` that bring the pinned ones to the front and keep the order otherwise."""
    return np.argsort(~np.isin(rows, pins), kind="stable").astype(np.int64)
