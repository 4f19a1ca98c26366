"""Kernels as factors of low rank: K ≈ B·Bᵀ with B of shape (n, m), never the n×n matrix."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.distances import BLOCK, squared_lengths, typical
from ...foundation.errors import ResourceError
from ...foundation.machine import MEMORY_SHARE, free_memory, show_bytes
from ...foundation.progress import Progress
from ...foundation.threads import single_blas
from ...foundation.wording import count as counted
from .found_parameters import note

Kernel = Literal["gaussian", "linear"]
_SAMPLE = 1_000
_ZERO = 1e-13  # squared distances below this share of the squared lengths are rounding
_FLAT = 1e-10  # eigenvalues below this share of the largest are rounding


def gaussian_width(x: NDArray[np.float32]) -> float:
    """2σ² of a Gaussian kernel: twice the median squared distance of those first rows that do not coincide.

    Rows stand in the order of their keys, which are hashes, so the first ones are a random sample that no
    seed changes. Where all of these coincide it is the mean squared distance of all rows; where all rows do,
    any width says the same.

    Example:
        >>> x = np.array([[0.0]] * 90 + [[100.0]] * 10, np.float32)
        >>> gaussian_width(x)
        20000.0
    """
    part = x[:_SAMPLE].astype(np.float64)
    part -= part.mean(axis=0)
    length = np.einsum("ij,ij->i", part, part)
    squared = length[:, None] + length[None, :] - 2 * part @ part.T
    upper = np.triu_indices(len(part), 1)
    middle = typical(squared[upper], _ZERO * (length[:, None] + length[None, :])[upper])
    if not middle:
        middle = 2.0 * float(squared_lengths(x, x.mean(axis=0, dtype=np.float64)).mean())
    width = 2.0 * middle if middle > 0 else 1.0
    note("bandwidth 2σ²", width)
    return width


def factor(x: NDArray[np.float32], kernel: Kernel, rank: int, progress: Progress) -> NDArray[np.float32]:
    """B with B·Bᵀ ≈ K: the features themselves for a linear kernel, Nyström's form for a Gaussian one.

    The landmarks of Nyström's method are the first `rank` rows in canonical order, which is random and the
    same for every seed; with as many landmarks as rows the kernel is exact. The Gaussian's width is the
    median squared distance (`gaussian_width`), so its diagonal is 1.

    Args:
        x: Features, shape (n, d).
        kernel: Which kernel.
        rank: Landmarks at most (Gaussian only).
        progress: Called once a block; may cancel.

    Returns:
        float32 (n, m), m ≤ min(n, rank), or m = d for a linear kernel. O(n·m·(d + m) + m³) time,
        O(n·m) memory.

    Raises:
        ResourceError: So many landmarks do not fit into memory; names how many do. (The declared cost, which
            is settled before, knows the landmarks that a strategy takes by itself.)

    Source: Williams and Seeger, Using the Nyström method to speed up kernel machines, 2001.

    Example:
        >>> b = factor(np.array([[0.0], [1.0], [5.0]], np.float32), "gaussian", 3, Progress())
        >>> [round(float(value), 3) for value in (b @ b.T)[0]]
        [1.0, 0.969, 0.458]
    """
    x = np.ascontiguousarray(x, np.float32)
    if kernel == "linear":
        return x
    n, count = len(x), min(len(x), rank)
    room = free_memory() * MEMORY_SHARE
    if factor_memory(n, count) > room:
        most = max(m for m in range(count + 1) if factor_memory(n, m) <= room or not m)
        raise ResourceError(
            f"A kernel of {counted(n, 'row')} by {counted(count, 'landmark')} would need about "
            f"{show_bytes(factor_memory(n, count))}",
            f"{show_bytes(room)} may be used on this machine",
            f"use at most {counted(most, 'landmark')}" if most else "use fewer rows",
        )
    centre = x.mean(axis=0, dtype=np.float64)
    marks = x[:count].astype(np.float64) - centre
    square, width = np.einsum("ij,ij->i", marks, marks), gaussian_width(x)

    def similar(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        gap = rows @ marks.T
        gap *= -2.0
        gap += square
        gap += np.einsum("ij,ij->i", rows, rows)[:, None]
        np.maximum(gap, 0.0, out=gap)
        gap *= -1.0 / width
        return np.asarray(np.exp(gap, out=gap))

    with single_blas():
        values, vectors = np.linalg.eigh(similar(marks))
        keep = values > _FLAT * values[-1]
        turn = vectors[:, keep] / np.sqrt(values[keep])
        out = np.empty((n, int(keep.sum())), np.float32)
        step = max(64, BLOCK // max(1, count))
        for at in range(0, n, step):
            progress(at, n, "kernel")
            out[at : at + step] = similar(x[at : at + step].astype(np.float64) - centre) @ turn
    return out


def factor_work(n: int, d: int, m: int) -> dict[str, float]:
    """Work of a Gaussian factor with m landmarks (double precision counts twice)."""
    m = min(n, m)
    return {"gemm": 4.0 * n * m * (d + m) + 40.0 * m**3, "scan": 12.0 * n * m}


def factor_memory(n: int, m: int) -> float:
    """Peak bytes of a Gaussian factor."""
    m = min(n, m)
    return 4.0 * n * m + 40.0 * m * m + 24.0 * BLOCK + 2**20
