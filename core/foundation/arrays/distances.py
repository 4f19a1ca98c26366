"""Distances in blocks: never a matrix of all pairs.

Products run in float32; where the order of candidates decides, distances are taken again in float64 by
difference, so that near-equal rows are told apart as a float64 method would.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..progress import SILENT, Progress

BLOCK = 1 << 22  # elements of a block of products: 16 MB in float32
_SMALL_BLOCK = 1 << 18  # elements that stay in the processor's cache while they are worked on


Matrix = NDArray[np.float32]


def squared_lengths(
    x: NDArray[np.floating], centre: NDArray[np.floating] | float = 0.0
) -> NDArray[np.float64]:
    """Squared Euclidean distance of each row from `centre`, float64 (n,)."""
    out = np.empty(len(x), np.float64)
    step = max(1, _SMALL_BLOCK // max(1, x.shape[1]))
    for start in range(0, len(x), step):
        part = x[start : start + step].astype(np.float64) - centre
        out[start : start + step] = np.einsum("ij,ij->i", part, part)
    return out


def exact_squared(x: Matrix, row: NDArray[np.float32]) -> NDArray[np.float64]:
    """Squared distances of rows to one point in float64 by difference: exactly 0 for equal rows, (n,)."""
    gap = x.astype(np.float64) - row.astype(np.float64)
    out: NDArray[np.float64] = np.einsum("ij,ij->i", gap, gap)
    return out


def nearest(
    x: Matrix, base: Matrix, progress: Progress = SILENT
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Distance of each row to the nearest row of `base`, and which one it is.

    Args:
        x: Shape (n, d), float32.
        base: Shape (m, d), float32, m ≥ 1.
        progress: Called once a block; may cancel.

    Returns:
        Euclidean distance, float32 (n,), and position in `base`, int64 (n,); ties go to the lower position.
        O(n·m·d) operations, O(n + block) memory. Distances of the winners are taken by difference.

    Example:
        >>> x = np.array([[0.0], [1.0], [5.0]], np.float32)
        >>> nearest(x, np.array([[1.0], [4.0]], np.float32))[0].tolist()
        [1.0, 0.0, 1.0]
    """
    n = len(x)
    centre = base.mean(axis=0, dtype=np.float64).astype(np.float32)
    shifted = base - centre
    half = (0.5 * squared_lengths(shifted)).astype(np.float32)
    turned = np.ascontiguousarray(shifted.T)
    where = np.empty(n, np.int64)
    distance = np.empty(n, np.float32)
    step = max(64, BLOCK // len(base))
    for start in range(0, n, step):
        progress(start, n, "distances")
        part = x[start : start + step]
        close = half - (part - centre) @ turned
        won = close.argmin(axis=1)
        where[start : start + step] = won
        gap = part - base[won]
        distance[start : start + step] = np.sqrt(np.einsum("ij,ij->i", gap, gap))
    return distance, where


def typical(values: NDArray[np.floating[Any]], zero: NDArray[np.floating[Any]] | float = 0.0) -> float:
    """Median of the (squared) distances that are not 0: a scale that copies do not shrink to nothing.

    Where most rows coincide the plain median is 0, and so is every threshold that is a multiple of it.

    Args:
        values: Distances, squared or not.
        zero: Values up to this are rounding, one for all or one for each.

    Returns:
        0.0 where no value is above it.

    Example:
        >>> typical(np.array([0.0, 0.0, 0.0, 2.0, 4.0])), typical(np.zeros(3))
        (3.0, 0.0)
    """
    apart = values[values > zero]
    return float(np.median(apart)) if len(apart) else 0.0
