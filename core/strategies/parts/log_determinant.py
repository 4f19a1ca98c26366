"""The greedy rule for log-determinants through a factor of the kernel. Never a matrix of all pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import BLOCK, squared_lengths
from ...foundation.progress import Progress

Double = NDArray[np.float64]
Values = NDArray[np.floating[Any]]

SMALL = 1 << 22  # elements up to which everything runs in double precision
_POOL = 2_048  # rows kept up to date at every pick
_HELD = 64  # picks between two passes over all rows, at most
_CLOSE = 256  # rows told apart in double precision at one pick, at most
_SLACK = {4: 4e-6, 8: 1e-12}  # bound on the error of a residual, relative to the row's squared length
_TIE = 1e-11  # residuals this close are equal, relative to the row's squared length
GRAIN = 4e-7  # what rounding B to float32 changes in a residual c, relative to √(c × squared length)


def working(b: NDArray[np.float32]) -> Values:
    """The matrix in the precision that it is worked on: double where it is small."""
    return b.astype(np.float64) if b.size <= SMALL else b


def greedy_logdet(
    b: Values,
    start: Rows,
    count: int,
    allowed: NDArray[np.bool_],
    base: float,
    progress: Progress,
    grain: float = 0.0,
) -> tuple[Rows, Double]:
    """The greedy rule for det(base·I + B_S·B_Sᵀ): always the row with the largest residual.

    A residual is c_i = base + b_iᵀPb_i with P = (I + B_SᵀB_S/base)⁻¹; base = 0 makes P the projection onto
    what the chosen rows do not span. Residuals never grow, so a pool of the rows with the largest ones is
    kept up to date, and all others only when one of them could have overtaken. Where rounding leaves several
    rows in question, their residuals are taken again in double precision; ties go to the lowest row.

    Args:
        b: Shape (n, m), float32 or float64.
        start: Rows that are in already; they come first.
        count: Rows wanted, `start` included.
        allowed: Rows that may be taken beside `start`, shape (n,).
        base: The ridge, 0 or more.
        progress: Called once per pick; may cancel.
        grain: `GRAIN` where B is a rounded result, so that rows that are equal but for rounding tie; 0 where
            B holds the data themselves.

    Returns:
        Rows in order, and the residual of each when it was taken. At most O(n·m + m²) time per pick,
        O(n + m²) memory beside b. Beyond 2,048 rows in question at once, only the lowest of them are told
        apart.

    Example:
        >>> b = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.5]])
        >>> greedy_logdet(b, np.empty(0, np.int64), 2, np.ones(3, bool), 0.1, Progress())[0].tolist()
        [1, 2]
    """
    own = squared_lengths(b)
    left, slack = own.copy(), max(grain, _SLACK[b.dtype.itemsize]) * own
    free = allowed.copy()
    free[start] = False
    p = np.eye(b.shape[1])
    new = np.empty((_HELD, b.shape[1]))
    forced, rows, gains = start.tolist(), list[int](), list[float]()
    while len(rows) < count:
        pool, limit = _pool(left, slack, free)
        part, now, off = b[pool], left[pool], slack[pool]
        where = {row: at for at, row in enumerate(pool.tolist())}
        held, before = 0, len(rows)
        while len(rows) < min(count, before + _HELD):
            if forced:
                row = forced.pop(0)
            else:
                sure = float((now - off).max(initial=-np.inf))
                if sure < limit and len(rows) > before:
                    break
                close = np.flatnonzero(now + off >= sure)
                row = int(pool[close[0]])
                if len(close) > 1:
                    row = _largest(b, pool[close[:_CLOSE]], p, new[:held], own, grain)
            progress(len(rows), count, "greedy picks")
            value, along = _residual(b[row].astype(np.float64), p, new[:held])
            rows.append(row)
            gains.append(base + value)
            free[row] = False
            if row in where:
                now[where[row]] = -np.inf
            if base + value > _TIE * own[row]:
                new[held] = along / np.sqrt(base + value)
                now -= (part @ new[held].astype(b.dtype)) ** 2
                held += 1
        p -= new[:held].T @ new[:held]
        if len(rows) < count:
            _lower(left, b, new[:held], progress)
    return np.array(rows, np.int64), np.array(gains)


def _pool(left: Double, slack: Double, free: NDArray[np.bool_]) -> tuple[Rows, float]:
    """The rows whose residuals could be largest, ascending, and what no row outside can exceed."""
    high = np.where(free, left + slack, -np.inf)
    spare = int(free.sum())
    if spare <= _POOL:
        return np.flatnonzero(free), -np.inf
    close = np.flatnonzero(high >= np.where(free, left - slack, -np.inf).max())
    if len(close) >= _POOL:  # too many in question: the lowest of them
        return close[:_POOL], np.inf
    order = np.argpartition(-high, _POOL - 1)
    return np.sort(order[:_POOL]), float(high[order[_POOL:]].max())


def _residual(row: Double, p: Double, new: Double) -> tuple[float, Double]:
    """rᵀ(P − NᵀN)r and (P − NᵀN)r."""
    along = p @ row
    along -= (new @ row) @ new
    return max(0.0, float(row @ along)), along


def _largest(b: Values, rows: Rows, p: Double, new: Double, own: Double, grain: float) -> int:
    """The row with the largest residual in double precision; ties go to the lowest."""
    part = b[rows].astype(np.float64)
    value = np.einsum("ij,ij->i", part @ p, part) - ((part @ new.T) ** 2).sum(axis=1)
    size, top = own[rows], max(0.0, float(value.max()))
    return int(rows[np.flatnonzero(value >= top - _TIE * size - grain * np.sqrt(top * size))[0]])


def _lower(left: Double, b: Values, new: Double, progress: Progress) -> None:
    """Take off each row's squared length along new directions."""
    turned = np.ascontiguousarray(new.T.astype(b.dtype))
    step = max(64, BLOCK // max(1, len(new)))
    for at in range(0, len(b), step):
        progress.check()
        part = b[at : at + step] @ turned
        part *= part
        left[at : at + step] -= part.sum(axis=1, dtype=np.float64)


def greedy_work(n: int, m: int, k: int) -> dict[str, float]:
    """Work of k greedy picks, where the pool spares most passes over all rows."""
    return {
        "gemm": 5.0 * n * m * k,
        "stream": (6.0 * m + min(n, _POOL)) * m * k,
        "scan": 1.0 * n * k,
        "steps": 2000.0 * k,
    }


def greedy_memory(n: int, m: int) -> float:
    """Peak bytes of the greedy rule, above B."""
    return 64.0 * n + 48.0 * m * m + 24.0 * _POOL * m + 16.0 * BLOCK + 8.0 * min(n * m, SMALL) + 2**20
