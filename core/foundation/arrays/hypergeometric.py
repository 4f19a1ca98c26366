"""How many rows of a part a uniform random subset holds: quantiles and p-values, exact but for rounding.

Our own lines, because `scipy.stats` takes a second to import, and a first view of a comparison needs nothing
else of it.
"""

from __future__ import annotations

from math import exp, lgamma, sqrt

import numpy as np
from numpy.typing import NDArray


def hypergeometric_quantiles(
    share: float, population: int, marked: NDArray[np.int64], drawn: int
) -> NDArray[np.int64]:
    """The smallest count that at least `share` of all subsets do not exceed.

    Args:
        share: Above 0 and below 1.
        population: Rows to draw from.
        marked: How many of them are in each part, shape (g,).
        drawn: Rows of a subset, drawn without replacement.

    Returns:
        Counts, shape (g,). O(population + g · drawn) time.

    Example:
        >>> hypergeometric_quantiles(0.975, 1_000, np.array([100, 0, 1_000]), 100).tolist()
        [16, 0, 100]
    """
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, population + 1)))])  # of factorials

    def choose(n: int, k: NDArray[np.int64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = logs[n] - logs[k] - logs[n - k]
        return found

    out = np.empty(len(marked), np.int64)
    for at, size in enumerate(marked.tolist()):
        held = np.arange(max(0, drawn + size - population), min(size, drawn) + 1)
        rest = population - size
        chance = np.exp(
            choose(size, held) + choose(rest, drawn - held) - choose(population, np.array([drawn]))
        )
        until = np.cumsum(chance / chance.sum())
        until[-1] = 1.0
        out[at] = held[np.searchsorted(until, share)]
    return out


def hypergeometric_p(
    population: int, marked: NDArray[np.int64], drawn: int, held: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Two-sided p-values of the rows that a uniform random subset holds of each part.

    Twice the chance of a count as far or farther out on its side of the mean, and never more than 1: each
    side has half of the level, so a p of at most α comes up with a chance of at most α.

    Args:
        population: Rows to draw from.
        marked: How many of them are in each part, shape (g,).
        drawn: Rows of the subset, drawn without replacement; between none and all of them.
        held: Rows of each part that it holds, shape (g,).

    Returns:
        Shape (g,). Each different pair of counts is worked out once, in O(√drawn) time.

    Example:
        >>> hypergeometric_p(10, np.array([5, 5]), 5, np.array([5, 3])).round(4).tolist()
        [0.0079, 1.0]
    """
    pairs, where = np.unique(np.column_stack([marked, held]), axis=0, return_inverse=True)
    found = np.array([_doubled_tail(population, size, drawn, count) for size, count in pairs.tolist()])
    return found[where.ravel()] if len(found) else np.empty(0)


def _doubled_tail(population: int, marked: int, drawn: int, held: int) -> float:
    if held * population < drawn * marked:  # the rows outside the part lie as far out on the other side
        marked, held = population - marked, drawn - held
    rest = population - marked
    logs = (
        _choose(marked, held) + _choose(rest, drawn - held) - _choose(population, drawn)
    )  # of the chance of this count
    share = marked / population
    width = sqrt(drawn * share * (1 - share) * (population - drawn) / max(1, population - 1))
    # Twelve standard deviations on, terms are below rounding.
    at = np.arange(held, min(marked, drawn, held + int(12 * width) + 64), dtype=np.float64)
    steps = (marked - at) * (drawn - at) / ((at + 1) * (rest - drawn + at + 1))
    return float(min(1.0, 2 * exp(min(0.0, logs)) * (1 + np.cumprod(steps).sum())))


def _choose(n: int, k: int) -> float:
    """Logarithm of the number of ways."""
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
