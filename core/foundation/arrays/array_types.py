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
        exact: All are the true neighbours.
        key: Address of the artifact, where it is one.
        recall: Share of the true neighbours that were found: 1 where `exact`, else measured on a sample.
    """

    indices: NDArray[np.int32]
    distances: NDArray[np.float32]
    metric: Metric
    exact: bool = True
    key: str = ""
    recall: float = 1.0

    @property
    def note(self) -> str:
        """What a reader must know of how neighbours were found, a sentence; nothing where all are true.

        Example:
            >>> none = np.empty((9, 0), np.int32), np.empty((9, 0), np.float32)
            >>> Graph(*none, "cosine", False, "", 0.98765).note
            'Neighbours were found by an approximate search: 98.7 % of the true ones, measured on a sample.'
        """
        if self.exact:
            return ""
        share = int(1000 * self.recall) / 10
        found = f"{share} % of the true ones, measured on a sample"
        return f"Neighbours were found by an approximate search: {found}."
