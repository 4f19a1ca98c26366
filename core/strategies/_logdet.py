"""Rows that raise a log-determinant: greedily, and by exchanges. Never a matrix of all pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..distances import BLOCK, single_blas, squared_lengths
from ..progress import Progress
from ..types import Rows

Double = NDArray[np.float64]
Values = NDArray[np.float32] | NDArray[np.float64]

SMALL = 1 << 22  # elements up to which everything runs in double precision
_POOL = 2_048  # rows kept up to date at every pick
_HELD = 64  # picks between two passes over all rows, at most
_CLOSE = 256  # rows told apart in double precision at one pick, at most
_SLACK = {4: 4e-6, 8: 1e-12}  # bound on the error of a residual, relative to the row's squared length
_TIE = 1e-11


def working(b: NDArray[np.float32]) -> Values:
    """The matrix in the precision that it is worked on: double where it is small."""
    return b.astype(np.float64) if b.size <= SMALL else b


def greedy_logdet(
    b: Values, start: Rows, count: int, allowed: NDArray[np.bool_], base: float, progress: Progress
) -> tuple[Rows, Double]:
    """The greedy rule for det(base·I + B_S·B_Sᵀ): always the row with the largest residual

    c_i = base + b_iᵀ·P·b_i, where P = (I + B_SᵀB_S/base)⁻¹; base = 0 makes P the projection onto what the
    chosen rows do not span. Residuals never grow, so a pool of the rows with the largest ones is kept up to
    date, and all others only when one of them could have overtaken. Where rounding leaves several rows in
    question, their residuals are taken again in double precision; ties go to the lowest row.

    Args:
        b: Shape (n, m), float32 or float64.
        start: Rows that are in already; they come first.
        count: Rows wanted, `start` included.
        allowed: Rows that may be taken beside `start`, shape (n,).
        base: The ridge, 0 or more.
        progress: Called once per pick; may cancel.

    Returns:
        Rows in order, and the residual of each when it was taken. At most O(n·m + m²) time per pick,
        O(n + m²) memory beside b. Beyond 2,048 rows in question at once, only the lowest of them are told
        apart.

    Example:
        >>> b = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.5]])
        >>> greedy_logdet(b, np.empty(0, np.int64), 2, np.ones(3, bool), 0.1, Progress())[0].tolist()
        [1, 2]
    """
    slack_of = _SLACK[b.dtype.itemsize]
    own = squared_lengths(b)
    left, slack = own.copy(), slack_of * own
    free = allowed.copy()
    free[start] = False
    p = np.eye(b.shape[1])
    new = np.empty((_HELD, b.shape[1]))
    forced, rows, gains = start.tolist(), list[int](), list[float]()
    with single_blas():
        while len(rows) < count:
            pool, limit = _pool(left, slack, free)
            part, now, off = b[pool], left[pool], slack[pool]
            where = {row: at for at, row in enumerate(pool.tolist())}
            held = 0
            while len(rows) < count and held < _HELD:
                if forced:
                    row = forced.pop(0)
                else:
                    sure = float((now - off).max(initial=-np.inf))
                    if sure < limit and held:
                        break
                    close = np.flatnonzero(now + off >= sure)
                    row = int(pool[close[0]])
                    if len(close) > 1:
                        row = _largest(b, pool[close[:_CLOSE]], p, new[:held], own)
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


def _largest(b: Values, rows: Rows, p: Double, new: Double, own: Double) -> int:
    """The row with the largest residual in double precision; ties go to the lowest."""
    part = b[rows].astype(np.float64)
    value = np.einsum("ij,ij->i", part @ p, part) - ((part @ new.T) ** 2).sum(axis=1)
    return int(rows[np.flatnonzero(value >= value.max() - _TIE * own[rows])[0]])


def _lower(left: Double, b: Values, new: Double, progress: Progress, sign: Double | None = None) -> None:
    """Take off (or with signs, add) each row's squared length along new directions."""
    turned = np.ascontiguousarray(new.T.astype(b.dtype))
    step = max(64, BLOCK // max(1, len(new)))
    for at in range(0, len(b), step):
        progress.check()
        part = b[at : at + step] @ turned
        part *= part
        left[at : at + step] -= part.sum(axis=1, dtype=np.float64) if sign is None else part @ sign


@dataclass(frozen=True)
class Exchanged:
    """What exchanges led to: rows, how many exchanges there were, and whether none is left."""

    rows: Rows
    swaps: int
    done: bool


def exchange(
    b: Values, rows: Rows, fixed: NDArray[np.bool_], least: float, passes: int, progress: Progress
) -> Exchanged:
    """Exchanges of a chosen row for another that raise det(B_SᵀB_S), until none does by more than `least`.

    Row i out and j in multiplies the determinant by (1 + d_j)(1 − d_i) + d_ij², with d_ij = b_iᵀDb_j,
    d_i = d_ii and D = (B_SᵀB_S)⁻¹. That is at most 1 + d_j − d_i, so only rows with d_j > d_i need a look.
    Chosen rows are tried in blocks, the least useful first; each exchange is checked again in double
    precision before it is made.

    Args:
        b: Shape (n, m), float32 or float64.
        rows: The chosen rows; B_S must have rank m.
        fixed: Rows that stay in whatever happens (or stay out), shape (n,).
        least: Smallest share by which an exchange must raise the determinant.
        passes: Passes over the chosen rows, at most.
        progress: Called once a block; may cancel.

    Returns:
        Rows in their places, O(passes·n·m·|S|) operations in matrix products, O(n + m²) memory beside b.

    Source: Fedorov, Theory of optimal experiments, 1972; one chosen row at a time as in Cook and Nachtsheim,
    A comparison of algorithms for constructing exact D-optimal designs, 1980.

    Example:
        >>> b = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 3.0]])
        >>> exchange(b, np.array([0, 1]), np.zeros(3, bool), 1e-6, 9, Progress()).rows.tolist()
        [0, 2]
    """
    rows = rows.copy()
    outside = ~fixed
    outside[rows] = False
    swaps = 0
    with single_blas():
        for turn in range(passes):
            chosen = b[rows].astype(np.float64)
            inverse = np.linalg.inv(chosen.T @ chosen)
            size = _sizes(b, inverse, progress)
            places = np.flatnonzero(~fixed[rows])
            places = places[np.argsort(size[rows[places]], kind="stable")]
            found = 0
            for at in range(0, len(places), _HELD):
                progress(turn * len(places) + at, passes * len(places), "exchanges")
                block = places[at : at + _HELD]
                gain, best = _best(b, rows[block], size, outside, inverse, progress)
                found += int((gain > 1.0 + least).sum())
                new, sign = list[Double](), list[float]()
                for spot in np.argsort(-gain, kind="stable"):
                    if gain[spot] <= 1.0 + least:
                        break
                    place, j = int(block[spot]), int(best[spot])
                    if not outside[j]:
                        continue
                    out, come = b[rows[place]].astype(np.float64), b[j].astype(np.float64)
                    along = inverse @ come
                    more = 1.0 + float(come @ along)
                    cross, less = float(out @ along), 1.0 - float(out @ inverse @ out)
                    if more * less + cross * cross <= 1.0 + least:
                        continue
                    along /= np.sqrt(more)
                    inverse -= np.outer(along, along)
                    back = inverse @ out
                    back /= np.sqrt(1.0 - float(out @ back))
                    inverse += np.outer(back, back)
                    new += [along, back]
                    sign += [1.0, -1.0]
                    outside[j], outside[rows[place]] = False, True
                    rows[place] = j
                    swaps += 1
                if new:
                    _lower(size, b, np.array(new), progress, np.array(sign))
            if not found:
                return Exchanged(rows, swaps, True)
    return Exchanged(rows, swaps, False)


def _sizes(b: Values, inverse: Double, progress: Progress) -> Double:
    """b_iᵀDb_i of every row."""
    out = np.empty(len(b))
    turned = inverse.astype(b.dtype)
    step = max(64, BLOCK // b.shape[1])
    for at in range(0, len(b), step):
        progress.check()
        part = b[at : at + step]
        out[at : at + step] = np.einsum("ij,ij->i", part @ turned, part)
    return out


def _best(
    b: Values,
    block: Rows,
    size: Double,
    outside: NDArray[np.bool_],
    inverse: Double,
    progress: Progress,
) -> tuple[Double, Rows]:
    """For each chosen row of a block, the largest factor that an exchange brings, and by which row."""
    less = 1.0 - size[block]
    turned = np.ascontiguousarray((b[block].astype(np.float64) @ inverse).T.astype(b.dtype))
    maybe = np.flatnonzero(outside & (size > size[block].min()))
    gain, best = np.zeros(len(block)), np.full(len(block), -1, np.int64)
    spots = np.arange(len(block))
    step = max(64, BLOCK // 4 // max(len(block), b.shape[1]))
    for at in range(0, len(maybe), step):
        progress.check()
        part = maybe[at : at + step]
        value = b[part] @ turned
        value *= value
        value += np.outer(1.0 + size[part], less).astype(b.dtype)
        first = value.argmax(axis=0)
        top = value[first, spots].astype(np.float64)
        better = top > gain
        gain[better], best[better] = top[better], part[first[better]]
    return gain, best


def greedy_work(n: int, m: int, k: int) -> dict[str, float]:
    """Work of k greedy picks."""
    return {"stream": 1.0 * n * m * k + (4.0 * m * m + 2.0 * _POOL * m) * k, "steps": 3000.0 * k}


def greedy_memory(n: int, m: int) -> float:
    """Peak bytes of the greedy rule, above B."""
    return 64.0 * n + 48.0 * m * m + 24.0 * _POOL * m + 16.0 * BLOCK + 8.0 * min(n * m, SMALL) + 2**20


def exchange_work(n: int, m: int, k: int) -> dict[str, float]:
    """Work of some passes of exchanges."""
    return {"gemm": 8.0 * n * m * (m + k), "scan": 20.0 * n * k}
