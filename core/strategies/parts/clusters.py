"""What strategies over clusters share: whom a chosen row stands for, and filling up to the budget."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import nearest
from ...foundation.progress import SILENT, Progress


def represented(
    x: NDArray[np.float32], rows: Rows, progress: Progress = SILENT, owner: Rows | None = None
) -> NDArray[np.float64]:
    """How many rows each chosen row stands for; each chosen row stands for itself at least.

    Args:
        x: Features, shape (n, d), float32.
        rows: Chosen rows.
        progress: Called once a block; may cancel.
        owner: For each row the position in `rows` of the one that stands for it, −1 for the nearest chosen
            row; without it, the nearest chosen row for all.

    Returns:
        Counts that sum to n, float64.

    Example:
        >>> x = np.array([[0.0], [1.0], [9.0]], np.float32)
        >>> represented(x, np.array([1, 2])).tolist()
        [2.0, 1.0]
    """
    owner = np.full(len(x), -1, np.int64) if owner is None else owner.copy()
    owner[rows] = np.arange(len(rows))
    lost = np.flatnonzero(owner < 0)
    if len(lost):
        part = x if len(lost) == len(x) else x[lost]
        owner[lost] = nearest(part, x[rows], progress)[1]
    return np.bincount(owner, minlength=len(rows)).astype(np.float64)


def filled(rows: Rows, count: int, n: int) -> Rows:
    """The distinct ones of `rows` in order, filled up to `count` with the lowest rows that are not in.

    Example:
        >>> filled(np.array([4, 0, 4]), 4, 6).tolist()
        [4, 0, 1, 2]
    """
    first = np.sort(np.unique(rows, return_index=True)[1])
    rows = rows[first][:count]
    free = np.ones(n, bool)
    free[rows] = False
    return np.concatenate([rows, np.flatnonzero(free)[: count - len(rows)]]).astype(np.int64)
