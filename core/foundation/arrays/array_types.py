"""Types of arrays that every layer speaks of: rows as positions, metrics, neighbour graphs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Metric = Literal["cosine", "euclidean"]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Graph:
    """k nearest neighbours of every row, the row itself left out, nearest first.

    Args:
        indices: Shape (n, k), int32.
        distances: Shape (n, k), float32; cosine distance (1 - cos) or Euclidean.
        exact: False only where an approximate search was declared.
    """

    indices: NDArray[np.int32]
    distances: NDArray[np.float32]
    metric: Metric
    exact: bool = True
    key: str = ""
