"""Compiled inner loop of the neighbour search. Imported only where the work is worth the compile time."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compiled_code import keep_compiled

keep_compiled()
import numba  # noqa: E402  (it reads where to keep what it compiles when it is imported)


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
                at = last
                while at > 0 and scores[i, at - 1] < score:
                    scores[i, at] = scores[i, at - 1]
                    found[i, at] = found[i, at - 1]
                    at -= 1
                scores[i, at] = score
                found[i, at] = first_column + j
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
                at = last
                while at > 0 and scores[j, at - 1] < score:
                    scores[j, at] = scores[j, at - 1]
                    found[j, at] = found[j, at - 1]
                    at -= 1
                scores[j, at] = score
                found[j, at] = first_row + i
                limits[j] = scores[j, last]


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
