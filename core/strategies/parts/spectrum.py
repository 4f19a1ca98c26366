"""Leading directions of tall matrices by their small Gram matrix: double precision, in blocks, never n×n.

Strategies call these inside one `single_blas`, so that results do not depend on how many threads there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.distances import BLOCK
from ...foundation.progress import Progress

FLAT = 1e-10  # eigenvalues below this share of their sum are rounding
_GRAIN = 1e-13  # the same for what is left of float32 numbers after their mean is taken off

Matrix = NDArray[np.float32]
Double = NDArray[np.float64]


def _step(width: int) -> int:
    return max(64, BLOCK // 4 // max(1, width))


def gram(b: Matrix, progress: Progress, centre: Double | float = 0.0) -> Double:
    """(B − centre)ᵀ(B − centre) in double precision, shape (m, m).

    Example:
        >>> gram(np.array([[1.0, 2.0], [0.0, 1.0]], np.float32), Progress()).tolist()
        [[1.0, 2.0], [2.0, 5.0]]
    """
    out = np.zeros((b.shape[1], b.shape[1]))
    step = _step(b.shape[1])
    for at in range(0, len(b), step):
        progress(at, len(b), "Gram matrix")
        part = b[at : at + step] - centre if np.ndim(centre) else b[at : at + step].astype(np.float64)
        out += part.T @ part
    return out


def product(b: Matrix, turn: Double, progress: Progress, centre: Double | float = 0.0) -> Matrix:
    """(B − centre)·turn, computed in double precision and kept in float32, shape (n, columns of turn)."""
    out = np.empty((len(b), turn.shape[1]), np.float32)
    step = _step(max(b.shape[1], turn.shape[1]))
    for at in range(0, len(b), step):
        progress(at, len(b), "directions")
        part = b[at : at + step] - centre if np.ndim(centre) else b[at : at + step].astype(np.float64)
        out[at : at + step] = part @ turn
    return out


@dataclass(frozen=True)
class Basis:
    """Orthonormal columns that span the constant (if asked for) and the leading directions of features.

    Args:
        q: float32 (n, m).
        rank: Columns there could be at most, the constant included.
        constant: The constant is the first column.
    """

    q: Matrix
    rank: int
    constant: bool


def basis(x: Matrix, dimension: int | None, intercept: bool, most: int, progress: Progress) -> Basis:
    """The constant and leading directions of centred features, or leading directions of features as they are.

    The constant comes first whatever the unit of the features is. Features that are all zero have no
    direction; the constant then stands in for them.

    Args:
        x: Features, shape (n, d).
        dimension: Columns wanted, None for as many as there are.
        intercept: Whether the constant is one of them.
        most: No more columns than this, at least 1.
        progress: Called once a block; may cancel.

    Returns:
        m = min(dimension, rank, most) columns. O(n·d·(d + m) + d³) time, O(n·m + d²) memory.

    Example:
        >>> found = basis(np.array([[1.0], [2.0], [3.0]], np.float32), None, True, 9, Progress())
        >>> found.rank, np.round(found.q.T @ found.q, 6).tolist()
        (2, [[1.0, 0.0], [0.0, 1.0]])
    """
    n = len(x)
    centre: Double | float = x.mean(axis=0, dtype=np.float64) if intercept else 0.0
    table = gram(x, progress.part(0, 0.4), centre)
    total = float(np.trace(table))
    grain = _GRAIN * (total + n * float(np.square(centre).sum()))
    progress.check()
    values, vectors = np.linalg.eigh(table)
    real = int((values > max(FLAT * total, grain)).sum())
    constant = intercept or real == 0
    rank = min(n, real + constant)
    m = max(1, min(rank, most, rank if dimension is None else dimension))
    if not constant:
        return Basis(_leading(x, values, vectors, m, progress.part(0.4, 1), centre), rank, False)
    q = np.full((n, m), 1.0 / np.sqrt(n), np.float32)
    if m > 1:
        q[:, 1:] = _leading(x, values, vectors, m - 1, progress.part(0.4, 1), centre)
    return Basis(q, rank, True)


def _leading(
    x: Matrix, values: Double, vectors: Double, m: int, progress: Progress, centre: Double | float
) -> Matrix:
    """The m leading left singular vectors."""
    order = np.argsort(-values, kind="stable")[:m]
    return product(x, vectors[:, order] / np.sqrt(values[order]), progress, centre)


def basis_work(n: int, d: int, m: int) -> dict[str, float]:
    """Work of a basis (double precision counts twice)."""
    return {"gemm": 4.0 * n * d * (d + m) + 40.0 * d**3, "scan": 6.0 * n * d}


def basis_memory(n: int, d: int, m: int) -> float:
    """Peak bytes of a basis."""
    return 4.0 * n * m + 40.0 * n + 32.0 * d * d + 24.0 * max(BLOCK // 4, 64 * max(d, m)) + 2**20
