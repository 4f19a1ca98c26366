"""Determinantal point processes: which eigenvectors, and rows by a projection."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import BLOCK, squared_lengths
from ...foundation.progress import Progress

Double = NDArray[np.float64]

_SLACK = 1e-5  # more than float32 sums of squares met here are off, relative to the row's length
_MOST = 128  # picks between two passes over all rows
_AHEAD = 64  # proposals drawn at once


def symmetric(logs: Double, k: int) -> Double:
    """Logarithms of the elementary symmetric polynomials of the first j numbers.

    Args:
        logs: Logarithms of positive numbers, shape (r,).
        k: Largest degree.

    Returns:
        Shape (r + 1, k + 1): entry (j, l) is ln e_l(λ_1 … λ_j), −inf where l > j. O(r·k) time and memory.

    Example:
        >>> np.exp(symmetric(np.log([1.0, 2.0, 3.0]), 2)).round(6)[3].tolist()
        [1.0, 6.0, 11.0]
    """
    table = np.full((len(logs) + 1, k + 1), -np.inf)
    table[:, 0] = 0.0
    for j, value in enumerate(logs, 1):
        np.logaddexp(table[j - 1, 1:], table[j - 1, :-1] + value, out=table[j, 1:])
    return table


def _take(table: Double, logs: Double, j: int) -> Double:
    """Chance that the j-th number is taken when l are wanted of the first j, for l = 0 … k."""
    out = np.zeros(table.shape[1])
    top = min(j, table.shape[1] - 1) + 1
    out[1:top] = np.exp(logs[j - 1] + table[j - 1, : top - 1] - table[j, 1:top])
    return out


def eigenvectors(logs: Double, k: int, rng: np.random.Generator) -> tuple[Rows, Double]:
    """Which k eigenvectors a k-DPP projects on, drawn; and each one's chance of being among them.

    Args:
        logs: Logarithms of the eigenvalues, shape (r,), r ≥ k.
        k: How many.
        rng: Randomness.

    Returns:
        Ascending positions (k,), and λ_j·e_{k−1}(λ without j) / e_k(λ) for every j, shape (r,), which sums
        to k. Sums of products of chances only, so nothing cancels.

    Source: Kulesza and Taskar, k-DPPs: fixed-size determinantal point processes, 2011.
    """
    table = symmetric(logs, k)
    chance, left = np.zeros(len(logs)), np.zeros(k + 1)
    left[k] = 1.0
    want, chosen, u = k, [], rng.random(len(logs))
    for j in range(len(logs), 0, -1):
        take = _take(table, logs, j)
        if want and u[j - 1] < take[want]:
            chosen.append(j - 1)
            want -= 1
        taken = left * take
        chance[j - 1] = taken.sum()
        left -= taken
        left[:-1] += taken[1:]
    return np.array(chosen[::-1], np.int64), np.minimum(chance, 1.0)


def project(q: NDArray[np.float32], rng: np.random.Generator, progress: Progress) -> Rows:
    """Exactly k rows from the DPP with kernel Q·Qᵀ: P(S) = det(Q_S)².

    Rows are drawn one after the other in proportion to what is left of their length after the chosen ones
    are projected out. What is left never grows, so it is brought up to date only now and then; in between,
    rows are proposed by the old value and accepted in proportion to the true one, taken in double
    precision. The law is that of the chain, at one pass over Q every hundred picks in place of one per pick.

    Args:
        q: Orthonormal columns, shape (n, k).
        rng: Randomness.
        progress: Called once per pick; may cancel.

    Returns:
        Positions in the order of the draw, int64 (k,). O(n·k² + k³) operations in matrix products, O(n + k²)
        memory.

    Source: Hough, Krishnapur, Peres and Virág, Determinantal processes and independence, 2006; proposals and
    rejections as in Barthelmé, Tremblay and Amblard, A faster sampler for discrete determinantal point
    processes, 2023.

    Example:
        >>> q = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]], np.float32)
        >>> sorted(project(q, np.random.default_rng(0), Progress()).tolist())
        [0, 2]
    """
    k = q.shape[1]
    length = squared_lengths(q)
    left = length.copy()
    along = np.empty((k, k))  # orthonormal rows that span the chosen ones
    rows: list[int] = []
    seen = 0
    while len(rows) < k:
        _lower(left, q, along[seen : len(rows)], progress)
        seen = len(rows)
        bound = np.maximum(left, 0.0) + _SLACK * length
        bound[rows] = 0.0
        ends = np.cumsum(bound)
        # At most half of what is left now goes before the next pass, so half of all proposals or more stay.
        until = seen + min(_MOST, (k - seen + 1) // 2)
        while len(rows) < until:
            at = np.searchsorted(ends, rng.random(_AHEAD) * ends[-1], side="right")
            level = rng.random(_AHEAD)
            for row, share in zip(np.minimum(at, len(q) - 1).tolist(), level.tolist(), strict=True):
                progress(len(rows), k, "rows of a projection")
                t, need = len(rows), share * bound[row]
                rest = q[row].astype(np.float64)
                lost = along[seen:t] @ rest
                if need >= bound[row] - lost @ lost:
                    continue
                for _ in range(2):  # twice is enough for double precision
                    rest -= (along[:t] @ rest) @ along[:t]
                size = float(rest @ rest)
                if need >= size:
                    continue
                along[t] = rest / np.sqrt(size)
                rows.append(row)
                if len(rows) == until:
                    break
    return np.array(rows, np.int64)


def _lower(left: Double, q: NDArray[np.float32], new: Double, progress: Progress) -> None:
    """Take off each row's length along new directions."""
    if not len(new):
        return
    turned = np.ascontiguousarray(new.T.astype(np.float32))
    step = max(64, BLOCK // len(new))
    for at in range(0, len(q), step):
        progress.check()
        part = q[at : at + step] @ turned
        left[at : at + step] -= np.einsum("ij,ij->i", part, part)


def project_work(n: int, k: int) -> dict[str, float]:
    """Work of drawing k rows by a projection on k directions."""
    return {"gemm": 3.0 * n * k * k, "stream": 6.0 * k**3, "scan": 0.1 * n * k, "steps": 1500.0 * k}


def project_memory(n: int, k: int) -> float:
    """Peak bytes of drawing, above Q."""
    return 40.0 * n + 16.0 * k * k + 8.0 * BLOCK + 2**20
