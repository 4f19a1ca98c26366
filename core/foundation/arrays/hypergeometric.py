"""How many rows of a part a uniform random subset holds: quantiles, exact but for rounding.

Our own lines, because `scipy.stats` takes a second to import, and a first view of a comparison needs nothing
else of it.
"""

from __future__ import annotations

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
