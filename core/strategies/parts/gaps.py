"""Distances between chosen rows and others, taken in double precision so that copies are 0 apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import squared_lengths
from ...foundation.progress import Progress

_CHUNK = 2_048
_ZERO = 1e-13  # squared distances below this share of the squared lengths are rounding


@dataclass(frozen=True)
class Gaps:
    """Euclidean distances among rows, by products of rows measured from their mean.

    Args:
        x: Shape (n, d), float32.
        centre: Their mean, float64.
        squared: Squared distance of each row from it, float64 (n,).
    """

    x: NDArray[np.float32]
    centre: NDArray[np.float64]
    squared: NDArray[np.float64]

    @classmethod
    def of(cls, x: NDArray[np.float32]) -> Gaps:
        """Distances among the rows of `x`."""
        centre = x.mean(axis=0, dtype=np.float64)
        return cls(x, centre, squared_lengths(x, centre))

    def __call__(self, rows: Rows, others: Rows | None = None) -> NDArray[np.float32]:
        """Distances of `rows` to `others` (or to all), float32 (rows, others); O(1) beside the result.

        Example:
            >>> gaps = Gaps.of(np.array([[0.0], [3.0], [3.0]], np.float32))
            >>> gaps(np.array([0, 1])).tolist()
            [[0.0, 3.0, 3.0], [3.0, 0.0, 0.0]]
        """
        left, size = self.x[rows] - self.centre, self.squared[rows]
        count = len(self.x) if others is None else len(others)
        out = np.empty((len(rows), count), np.float32)
        for at in range(0, count, _CHUNK):
            part = slice(at, at + _CHUNK) if others is None else others[at : at + _CHUNK]
            block = left @ (self.x[part] - self.centre).T
            block *= -2.0
            total = size[:, None] + self.squared[part]
            block += total
            total *= _ZERO
            block[block <= total] = 0.0
            np.sqrt(block, out=block)
            out[:, at : at + _CHUNK] = block
        return out

    def table(self, progress: Progress) -> NDArray[np.float32]:
        """All distances, float32 (n, n)."""
        n = len(self.x)
        out = np.empty((n, n), np.float32)
        for at in range(0, n, 256):
            progress(at, n, "distances")
            out[at : at + 256] = self(np.arange(at, min(at + 256, n)))
        return out
