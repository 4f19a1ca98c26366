"""Rows that raise a log-determinant: greedily, and by exchanges. Never a matrix of all pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..distances import BLOCK, single_blas, squared_lengths
from ..draws import smallest
from ..progress import Progress
from ..types import Rows

Double = NDArray[np.float64]
Values = NDArray[np.float32] | NDArray[np.float64]

SMALL = 1 << 22  # elements up to which everything runs in double precision
_POOL = 2_048  # rows kept up to date at every pick
_HELD = 64  # picks between two passes over all rows, at most
_CLOSE = 256  # rows told apart in double precision at one pick, at most
_OFFERS = 1_024  # rows that exchanges are tried with between two passes over all pairs
_ROUNDS = 10  # times that each chosen row is tried with them, at most
_SLACK = {4: 4e-6, 8: 1e-12}  # bound on the error of a residual, relative to the row's squared length
_TIE = 1e-11


def working(b: NDArray[np.float32]) -> Values:
    """The matrix in the precision that it is worked on: double where it is small."""
    return b.astype(np.float64) if b.size <= SMALL else b


def greedy_logdet(
    b: Values, start: Rows, count: int, allowed: NDArray[np.bool_], base: float, progress: Progress
) -> tuple[Rows, Double]:
    """The greedy rule for det(base·I + B_S·B_Sᵀ): always the row with the largest residual.

    A residual is c_i = base + b_iᵀPb_i with P = (I + B_SᵀB_S/base)⁻¹; base = 0 makes P the projection onto
    what the chosen rows do not span. Residuals never grow, so a pool of the rows with the largest ones is kept up to
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


def _lower(left: Double, b: Values, new: Double, progress: Progress) -> None:
    """Take off each row's squared length along new directions."""
    turned = np.ascontiguousarray(new.T.astype(b.dtype))
    step = max(64, BLOCK // max(1, len(new)))
    for at in range(0, len(b), step):
        progress.check()
        part = b[at : at + step] @ turned
        part *= part
        left[at : at + step] -= part.sum(axis=1, dtype=np.float64)


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
    Each pass looks at all pairs once, in blocks, and then exchanges in double precision with the rows that
    were best for some chosen row, or lie farthest out, until nothing more is won among these.

    Args:
        b: Shape (n, m), float32 or float64.
        rows: The chosen rows; B_S must have rank m.
        fixed: Rows that stay in whatever happens (or stay out), shape (n,).
        least: Smallest share by which an exchange must raise the determinant.
        passes: Passes over all pairs, at most.
        progress: Called once a block; may cancel.

    Returns:
        Rows in their places. O(passes·n·m·|S|) operations in matrix products, O(n + m²) memory beside b.

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
    places = np.flatnonzero(~fixed[rows])
    swaps = 0
    with single_blas():
        for turn in range(passes):
            part = progress.part(turn / passes, (turn + 1) / passes)
            chosen = b[rows].astype(np.float64)
            inverse = np.linalg.inv(chosen.T @ chosen)
            size = _sizes(b, inverse, progress)
            order = places[np.argsort(size[rows[places]], kind="stable")]
            gain, best = np.empty(len(order)), np.empty(len(order), np.int64)
            for at in range(0, len(order), _HELD):
                part(at, 2 * len(order), "exchanges")
                block = slice(at, at + _HELD)
                gain[block], best[block] = _best(b, rows[order[block]], size, outside, inverse, progress)
            wanted = best[gain > 1.0 + least]
            if not len(wanted):
                return Exchanged(rows, swaps, True)
            pool = _offers(wanted, gain[gain > 1.0 + least], size, outside)
            swaps += _trade(b, rows, order, pool, inverse, least, part.part(0.5, 1))
            outside = ~fixed
            outside[rows] = False
    return Exchanged(rows, swaps, False)


def _offers(wanted: Rows, gain: Double, size: Double, outside: NDArray[np.bool_]) -> Rows:
    """Rows worth an exchange: the best ones for chosen rows, and others that lie farthest out, ascending."""
    first = wanted[np.argsort(-gain, kind="stable")]
    first = first[np.sort(np.unique(first, return_index=True)[1])][:_OFFERS]
    high = np.where(outside, size, -np.inf)
    high[first] = -np.inf
    more = min(_OFFERS - len(first), int(np.isfinite(high).sum()))
    return np.sort(np.concatenate([first, smallest(-high, more)]))


def _trade(
    b: Values, rows: Rows, order: Rows, pool: Rows, inverse: Double, least: float, progress: Progress
) -> int:
    """Exchange chosen rows (in place) with rows of a pool while that raises the determinant; how often."""
    pool, points = pool.copy(), b[pool].astype(np.float64)
    size = np.einsum("ij,ij->i", points @ inverse, points)
    swaps, since = 0, 0
    for step in range(_ROUNDS * len(order)):
        if since == len(order):
            break
        progress(step, _ROUNDS * len(order), "exchanges")
        place = order[step % len(order)]
        since += 1
        out = b[rows[place]].astype(np.float64)
        along = inverse @ out
        own = float(out @ along)
        if size.max() <= own:
            continue
        value = points @ along
        value *= value
        value += (1.0 - own) * (1.0 + size)
        at = int(value.argmax())
        if value[at] <= 1.0 + least:
            continue
        for row, sign in ((points[at].copy(), 1.0), (out, -1.0)):
            along = inverse @ row
            along /= np.sqrt(1.0 + sign * float(row @ along))
            inverse -= sign * np.outer(along, along)
            size -= sign * (points @ along) ** 2
        # The row that left may come back: it takes the place of the one that came.
        rows[place], pool[at], points[at] = pool[at], rows[place], out
        size[at] = float(out @ inverse @ out)
        swaps, since = swaps + 1, 0
    return swaps


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
    """Work of k greedy picks, where the pool spares most passes over all rows."""
    return {
        "gemm": 3.0 * n * m * k,
        "stream": (2.0 * m + min(n, _POOL)) * m * k,
        "scan": 1.0 * n * k,
        "steps": 2000.0 * k,
    }


def greedy_memory(n: int, m: int) -> float:
    """Peak bytes of the greedy rule, above B."""
    return 64.0 * n + 48.0 * m * m + 24.0 * _POOL * m + 16.0 * BLOCK + 8.0 * min(n * m, SMALL) + 2**20


def exchange_work(n: int, m: int, k: int) -> dict[str, float]:
    """Work of a few passes of exchanges."""
    return {
        "gemm": 12.0 * n * m * (m + k),
        "scan": 10.0 * n * k,
        "stream": 12.0 * k * m * (m + min(n, _OFFERS)),
        "steps": 10_000.0 * k,
    }
