"""Compiled inner loop of the neighbour search. Imported only where the work is worth the compile time."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compiled_code import keep_compiled

keep_compiled()
import numba  # noqa: E402  (it reads where to keep what it compiles when it is imported)


@numba.njit(nogil=True, cache=True, inline="always")
def _insert(scores: Any, found: Any, row: int, score: Any, name: Any) -> None:
    """Put a score into its place among the best of a row, and what it is called; the least falls out."""
    at = scores.shape[1] - 1
    while at > 0 and scores[row, at - 1] < score:
        scores[row, at] = scores[row, at - 1]
        found[row, at] = found[row, at - 1]
        at -= 1
    scores[row, at] = score
    found[row, at] = name


@numba.njit(nogil=True, cache=True)
def fold(product: Any, offset: Any, first_row: int, first_column: int, scores: Any, found: Any) -> None:
    """Merge one block of products into the best of every row.

    Args:
        product: Shape (r, c), float32: rows of this block times columns of that block.
        offset: Shape (c,): taken from every product.
        first_row: Position of row 0, to leave a row itself out; negative where it is not among the columns.
        first_column: Position of column 0.
        scores: Shape (r, k), descending, changed in place.
        found: Shape (r, k), positions of the scores, changed in place.
    """
    rows, columns = product.shape
    last = scores.shape[1] - 1
    for i in range(rows):
        limit = scores[i, last]
        itself = first_row + i - first_column if first_row >= 0 else -1
        for j in range(columns):
            score = product[i, j] - offset[j]
            if score > limit and j != itself:
                _insert(scores, found, i, score, first_column + j)
                limit = scores[i, last]


@numba.njit(nogil=True, cache=True)
def fold_columns(product: Any, offset: Any, first_row: int, scores: Any, found: Any) -> None:
    """The same for the columns: merge the rows of a block into the best of every column.

    Args:
        product: Shape (r, c), float32; no row is a column.
        offset: Shape (r,): taken from every product.
        first_row: Position of row 0.
        scores: Shape (c, k), descending, changed in place.
        found: Shape (c, k), positions of the scores, changed in place.
    """
    rows, columns = product.shape
    last = scores.shape[1] - 1
    limits = scores[:, last].copy()
    for i in range(rows):
        for j in range(columns):
            score = product[i, j] - offset[i]
            if score > limits[j]:
                _insert(scores, found, j, score, first_row + i)
                limits[j] = scores[j, last]


@numba.njit(nogil=True, cache=True)
def _above(products: Any, offset: Any, limit: Any) -> Any:
    """How many products less their offsets are above a limit; a loop that uses the processor's vectors."""
    hits = np.int32(0)
    for j in range(products.shape[0]):
        hits += np.int32(products[j] - offset[j] > limit)
    return hits


@numba.njit(nogil=True, cache=True)
def fold_some(product: Any, offset: Any, names: Any, which: Any, own: Any, scores: Any, found: Any) -> None:
    """Merge products of some rows with one cell of an inverted file into the best of these rows.

    Args:
        product: Shape (r, c), float32.
        offset: Shape (c,): taken from every product.
        names: Shape (c,), int32: what the columns are called.
        which: Shape (r,): rows of `scores` and `found` that the rows of `product` belong to.
        own: Shape (m,), int32: name of each row of `scores`, to leave a row itself out.
        scores: Shape (m, k), descending, changed in place.
        found: Shape (m, k), int32, names of the scores, changed in place.
    """
    last = scores.shape[1] - 1
    for r in range(product.shape[0]):
        i, row = which[r], product[r]
        limit = scores[i, last]
        for start in range(0, product.shape[1], 64):
            if _above(row[start : start + 64], offset[start : start + 64], limit):
                for j in range(start, min(start + 64, product.shape[1])):
                    score = row[j] - offset[j]
                    if score > limit and names[j] != own[i]:
                        _insert(scores, found, i, score, names[j])
                        limit = scores[i, last]


@numba.njit(nogil=True, cache=True)
def within_reach(rows: Any, own: Any, other: Any, apart: float, squares: Any, scores: Any, kept: Any) -> int:
    """Rows whose search is not over before a cell: none of its rows lies nearer than the plane between.

    Args:
        rows: Shape (r,): rows that would look into the cell.
        own: Shape (m,): score of each row with the centre of its own cell.
        other: Shape (m,): the same with the centre of the other cell.
        apart: Distance between the two centres.
        squares: Shape (m,): squared length of each row.
        scores: Shape (m, k): the best so far, descending.
        kept: Shape (m,), filled with those of `rows` that go on.

    Returns:
        How many they are.
    """
    count, last = 0, scores.shape[1] - 1
    for row in rows:
        gap = (own[row] - other[row]) / apart if apart > 0 else 0.0
        if gap <= 0 or gap * gap <= squares[row] - 2.0 * scores[row, last]:
            kept[count] = row
            count += 1
    return count


@numba.njit(nogil=True, cache=True)
def spread(starts: Any, members: Any, near: Any, gap: Any, own: Any, indices: Any, distances: Any) -> None:
    """From neighbours of classes of identical rows to neighbours of rows: members of a class are tied.

    Args:
        starts: Shape (m + 1,): where each class begins in `members`.
        members: Shape (n,): rows by class, ascending in each.
        near: Shape (m, w): nearest other classes, nearest first.
        gap: Shape (m, w), float64: their distances.
        own: Shape (m,), float64: distance of a row to its copies.
        indices: Shape (n, k), int64, filled; nearest first, ties to the lower row.
        distances: Shape (n, k), float64, filled.
    """
    wanted = indices.shape[1]
    rows = np.empty((wanted + 1) * (near.shape[1] + 1), np.int64)
    gaps_of = np.empty(len(rows), np.float64)
    for at in range(near.shape[0]):
        count = 0
        for place in range(-1, near.shape[1]):
            other, far = (at, own[at]) if place < 0 else (near[at, place], gap[at, place])
            if place >= 0 and count > wanted and far > gaps_of[count - 1]:
                break
            most = wanted + 1 if place < 0 else wanted
            for member in range(starts[other], min(starts[other + 1], starts[other] + most)):
                row, here = members[member], count
                while here > 0 and (
                    gaps_of[here - 1] > far or (gaps_of[here - 1] == far and rows[here - 1] > row)
                ):
                    rows[here], gaps_of[here] = rows[here - 1], gaps_of[here - 1]
                    here -= 1
                rows[here], gaps_of[here] = row, far
                count += 1
        for member in range(starts[at], starts[at + 1]):
            row, filled = members[member], 0
            for here in range(count):
                if rows[here] != row and filled < wanted:
                    indices[row, filled], distances[row, filled] = rows[here], gaps_of[here]
                    filled += 1


@numba.njit(nogil=True, cache=True)
def gaps(x: Any, base: Any, candidates: Any, squares: Any, lengths: Any) -> None:
    """Squared distances by difference, and squared lengths, in double precision.

    Args:
        x: Shape (m, d), float32.
        base: Shape (n, d), float32.
        candidates: Shape (m, c), rows of `base`.
        squares: Shape (m, c), float64, filled with the squared distances.
        lengths: Shape (m, c), float64, filled with the squared lengths of the candidates.
    """
    for i in range(candidates.shape[0]):
        for c in range(candidates.shape[1]):
            row = candidates[i, c]
            # Four running sums: one alone would wait for every addition.
            g0 = g1 = g2 = g3 = 0.0
            s0 = s1 = s2 = s3 = 0.0
            whole = x.shape[1] // 4 * 4
            for at in range(0, whole, 4):
                b0, b1 = np.float64(base[row, at]), np.float64(base[row, at + 1])
                b2, b3 = np.float64(base[row, at + 2]), np.float64(base[row, at + 3])
                d0, d1 = x[i, at] - b0, x[i, at + 1] - b1
                d2, d3 = x[i, at + 2] - b2, x[i, at + 3] - b3
                g0 += d0 * d0
                g1 += d1 * d1
                g2 += d2 * d2
                g3 += d3 * d3
                s0 += b0 * b0
                s1 += b1 * b1
                s2 += b2 * b2
                s3 += b3 * b3
            for at in range(whole, x.shape[1]):
                b0 = np.float64(base[row, at])
                d0 = x[i, at] - b0
                g0 += d0 * d0
                s0 += b0 * b0
            squares[i, c] = (g0 + g1) + (g2 + g3)
            lengths[i, c] = (s0 + s1) + (s2 + s3)


def warm() -> None:
    """Compile (or read the compiled form from disk) before the clock runs."""
    fold(
        np.zeros((1, 1), np.float32),
        np.zeros(1, np.float32),
        0,
        0,
        np.full((1, 1), -np.inf, np.float32),
        np.zeros((1, 1), np.int64),
    )
    one = np.zeros((1, 1), np.float32)
    fold_columns(one, np.zeros(1, np.float32), 0, one.copy(), np.zeros((1, 1), np.int64))
    gaps(one, one, np.zeros((1, 1), np.int64), np.zeros((1, 1)), np.zeros((1, 1)))


def warm_cells() -> None:
    """The same for the search in an inverted file."""
    warm()
    one, names, zero = np.zeros((1, 1), np.float32), np.zeros(1, np.int32), np.zeros(1, np.int64)
    fold_some(one, one[0], names, zero, names, one.copy(), np.zeros((1, 1), np.int32))
    within_reach(zero, one[0], one[0], 1.0, one[0], one, zero.copy())
