"""Exchanges that raise the determinant of an information matrix, in blocks. Never a matrix of all pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import BLOCK
from ...foundation.permanent_random import smallest
from ...foundation.progress import Progress
from .log_determinant import Double, Values

_BLOCK = 64  # chosen rows looked at together
_OFFERS = 1_024  # rows that exchanges are tried with between two passes over all pairs
_ROUNDS = 10  # times that each chosen row is tried with them, at most


@dataclass(frozen=True)
class ExchangeResult:
    """What exchanges led to: rows, how many exchanges there were, and whether none is left."""

    rows: Rows
    swaps: int
    done: bool


def exchange(
    b: Values, rows: Rows, fixed: NDArray[np.bool_], least: float, passes: int, progress: Progress
) -> ExchangeResult:
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
        >>> sorted(exchange(b, np.array([0, 1]), np.zeros(3, bool), 1e-6, 9, Progress()).rows.tolist())
        [0, 2]
    """
    rows = rows.copy()
    outside = ~fixed
    outside[rows] = False
    places = np.flatnonzero(~fixed[rows])
    swaps = 0
    for turn in range(passes):
        part = progress.part(turn / passes, (turn + 1) / passes)
        chosen = b[rows].astype(np.float64)
        inverse = np.asarray(np.linalg.inv(chosen.T @ chosen), np.float64)
        size = _sizes(b, inverse, progress)
        order = places[np.argsort(size[rows[places]], kind="stable")]
        gain, best = np.empty(len(order)), np.empty(len(order), np.int64)
        for at in range(0, len(order), _BLOCK):
            part(at, 2 * len(order), "exchanges")
            block = slice(at, at + _BLOCK)
            gain[block], best[block] = _best(b, rows[order[block]], size, outside, inverse, progress)
        wanted = best[gain > 1.0 + least]
        if not len(wanted):
            return ExchangeResult(rows, swaps, True)
        pool = _offers(wanted, gain[gain > 1.0 + least], size, outside)
        swaps += _trade(b, rows, order, pool, inverse, least, part.part(0.5, 1))
        outside = ~fixed
        outside[rows] = False
    return ExchangeResult(rows, swaps, False)


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


def exchange_work(n: int, m: int, k: int) -> dict[str, float]:
    """Work of a few passes of exchanges: most of it where there are more rows than directions."""
    return {
        "gemm": 6.0 * n * m * min(m, k) + (90.0 * n * m * k if k > m else 0.0),
        "scan": 10.0 * n * k,
        "stream": 24.0 * k * m * (m + min(n, _OFFERS)),
        "steps": 10_000.0 * k,
    }
