"""Distances of all rows to one point, exact, and the nearest of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..parallel import in_parallel
from ..progress import SILENT, Progress
from .array_types import Metric, Rows
from .neighbour_graph import distance_of

_BLOCK = 1 << 17  # numbers in one block: a megabyte in double precision, which stays in the cache

Floats = NDArray[np.float32]


def distances_to(
    x: Floats, point: Floats, metric: Metric, progress: Progress = SILENT
) -> NDArray[np.float64]:
    """Distances of rows to one point, by difference in double precision.

    Args:
        x: Shape (n, d), float32; may be mapped from a file. Rows of length one (or zero) for cosine.
        point: Shape (d,), float32; of length one, or zero, for cosine.
        metric: "cosine" (1 − cos; a zero row is 1 from everything) or "euclidean".
        progress: Told after every block; may cancel.

    Returns:
        float64 (n,), exactly 0 for rows equal to the point. O(n·d) operations; blocks are widened one at a
        time, so O(n) memory.

    Example:
        >>> x = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
        >>> distances_to(x, x[0], "cosine").round(3).tolist()
        [0.0, 1.0, 0.4]
    """
    n = len(x)
    square, length = np.empty(n, np.float64), np.empty(n, np.float64)
    wide = point.astype(np.float64)
    step = max(1, _BLOCK // max(1, x.shape[1]))

    def work(at: int) -> None:
        part = x[at : at + step].astype(np.float64)
        np.einsum("ij,ij->i", part, part, out=length[at : at + step])
        part -= wide
        np.einsum("ij,ij->i", part, part, out=square[at : at + step])

    for _ in in_parallel(work, range(0, n, step), progress, "distances"):
        pass
    made: NDArray[np.float64] = distance_of(point[None, :], square[None, :], length[None, :], metric)[0]
    return made


def nearest_rows(distances: NDArray[np.float64], count: int, first: int | None = None) -> Rows:
    """The rows with the smallest distances, nearest first, ties to the lower row.

    In canonical order, which is that of row keys, ties then go by key and never by the order of a file.

    Args:
        distances: Shape (n,), not negative.
        count: How many; all where there are no more.
        first: A row that goes before all others, also before its copies.

    Returns:
        Positions, int64 (min(count, n),). O(n) and a sort of what is found.

    Example:
        >>> nearest_rows(np.array([0.5, 0.0, 0.5, 0.0]), 3).tolist()
        [1, 3, 0]
        >>> nearest_rows(np.array([0.5, 0.0, 0.5, 0.0]), 2, first=3).tolist()
        [3, 1]
    """
    gaps = distances.copy()
    if first is not None:
        gaps[first] = -1.0
    near = np.arange(len(gaps))
    if 0 < count < len(gaps):
        near = np.flatnonzero(gaps <= np.partition(gaps, count - 1)[count - 1])
    return near[np.lexsort((near, gaps[near]))][:count].astype(np.int64)
