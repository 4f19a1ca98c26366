"""What subsets hold in common, and which groups they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...metrics.fair import ratios
from ...metrics.pool import Pool


@dataclass(frozen=True)
class GroupFact:
    """The group that a subset serves worst: its name, rows held, and share relative to the data set."""

    name: str
    held: int
    ratio: float


def overlap_of(
    subsets: Sequence[Rows | None], n: int, pins: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Jaccard of each pair, and E|A∩B| / (|A| + |B| − E|A∩B|) for uniform subsets under the same pins."""
    size = len(subsets)
    found, chance = np.full((size, size), np.nan), np.full((size, size), np.nan)
    for i, a in enumerate(subsets):
        for j, b in enumerate(subsets):
            if a is None or b is None:
                continue
            both = len(np.intersect1d(a, b))
            found[i, j] = both / (len(a) + len(b) - both)
            expected = pins + ((len(a) - pins) * (len(b) - pins) / (n - pins) if n > pins else 0.0)
            chance[i, j] = expected / (len(a) + len(b) - expected)
    return found, chance


def composition_of(
    pool: Pool, subsets: Sequence[Rows | None]
) -> tuple[
    tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.int64]] | None, tuple[GroupFact | None, ...]
]:
    """Groups: names, shares in the data, rows held (groups, subsets); the least represented of each."""
    groups = pool.inputs.groups
    if groups is None:
        return None, (None,) * len(subsets)
    counts = np.zeros((len(groups.names), len(subsets)), np.int64)
    worst: list[GroupFact | None] = []
    for at, rows in enumerate(subsets):
        fact = None
        if rows is not None:
            counts[:, at] = np.bincount(groups.codes[rows], minlength=len(groups.names))
            ratio = ratios(pool, rows)
            if not np.isnan(ratio).all():
                code = int(np.nanargmin(ratio))
                fact = GroupFact(groups.names[code], int(counts[code, at]), float(ratio[code]))
        worst.append(fact)
    return (groups.names, pool.group_shares, counts), tuple(worst)
