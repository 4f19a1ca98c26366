"""How much of the neighbourhood a map keeps, beside what chance would keep."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Metric
from ...foundation.arrays.neighbour_graph import nearest_among
from ...foundation.progress import SILENT, Progress

ON_MAP = 50
"""Nearest rows on the map among which true neighbours are looked for, at most."""
SAMPLE = 2_000
_PART = 10  # the window is at most a tenth of the other rows, so that chance keeps a tenth at most
_TRUE = 0.3  # true neighbours looked for, as a share of the window: 15 of 50
_LEAST = 3
_SAME = 1e-6  # relative difference of distances that is rounding


def window(n: int) -> tuple[int, int]:
    """How many true neighbours are looked for among how many rows on the map; 0, 0 where there are too few.

    Example:
        >>> window(10_000), window(178), window(20)
        ((15, 50), (5, 17), (0, 0))
    """
    shown = min(ON_MAP, (n - 1) // _PART)
    return (max(1, round(_TRUE * shown)), shown) if shown >= _LEAST else (0, 0)


def kept_share(
    x: NDArray[np.float32], xy: NDArray[np.float32], metric: Metric, progress: Progress = SILENT
) -> tuple[float, float]:
    """Share of the true nearest neighbours that are among the nearest on the map, and what chance keeps.

    The 15 nearest among 50; with fewer than 501 rows both numbers shrink, since half of all rows would be
    among the 50 nearest of 100.

    Args:
        x: Features, shape (n, d).
        xy: Coordinates, shape (n, 2).
        metric: Of the features.
        progress: Told inside the loop.

    Returns:
        Both between 0 and 1, over at most `SAMPLE` rows (the first in canonical order, a random draw); NaN
        with fewer than 31 rows. Rows as near as the last one on the map count as near, so chance keeps more
        where rows lie on top of each other: all of them where all do.
    """
    from scipy.spatial import cKDTree

    n = len(x)
    true, shown = window(n)
    if not shown:
        return float("nan"), float("nan")
    count = min(SAMPLE, n)
    near, _ = nearest_among(
        np.ascontiguousarray(x[:count]), np.asarray(x), true + 1, metric, progress=progress
    )
    tree, places = cKDTree(xy), np.asarray(xy, np.float64)
    reach = np.asarray(tree.query(xy[:count], k=shown + 1)[0])[:, -1] * (1 + _SAME)
    inside = np.asarray(tree.query_ball_point(xy[:count], reach, return_length=True)) - 1
    hits = 0
    for row in range(count):
        mine = near[row][near[row] != row][:true]
        hits += int((np.linalg.norm(places[mine] - places[row], axis=1) <= reach[row]).sum())
    return hits / (true * count), float(inside.mean()) / (n - 1)
