"""How much of the neighbourhood a map keeps: an honest number beside every picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..neighbours import nearest_among
from ..progress import SILENT, Progress
from ..types import Metric

TRUE = 15
ON_MAP = 50
SAMPLE = 2_000


def kept_share(
    x: NDArray[np.float32], xy: NDArray[np.float32], metric: Metric, progress: Progress = SILENT
) -> float:
    """Share of the true 15 nearest neighbours that are among the 50 nearest on the map.

    Args:
        x: Features, shape (n, d).
        xy: Coordinates, shape (n, 2).
        metric: Of the features.
        progress: Told inside the loop.

    Returns:
        Between 0 and 1, over at most `SAMPLE` rows (the first in canonical order, a random draw); NaN with
        fewer than 52 rows, where every row is near.
    """
    from scipy.spatial import cKDTree

    n = len(x)
    if n < ON_MAP + 2:
        return float("nan")
    count = min(SAMPLE, n)
    rows = np.arange(count)
    true, _ = nearest_among(
        np.ascontiguousarray(x[:count]), np.asarray(x), TRUE + 1, metric, progress=progress
    )
    shown = np.asarray(cKDTree(xy).query(xy[:count], k=ON_MAP + 1)[1])
    hits = 0
    for row in rows:
        mine = true[row][true[row] != row][:TRUE]
        there = shown[row][shown[row] != row][:ON_MAP]
        hits += len(np.intersect1d(mine, there))
    return hits / (TRUE * count)
