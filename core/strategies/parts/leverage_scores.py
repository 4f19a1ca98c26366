"""Scores from linear algebra: leverage, Lewis weights, ℓ1 sensitivities; and chances made of scores.

Everything is found from d×d products of rows in blocks, so memory never grows with n·d in double precision.
Run these under `single_blas`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.progress import Progress
from .weighted_draws import capped_shares

Values = NDArray[np.float64]

_BLOCK = 1 << 20  # elements of a block in double precision: 8 MB, times a few
_FLAT = 1e-10  # eigenvalues below this share of the largest are rounding: 1e-5 in the features
_STILL = 1e-12  # the same for a column's deviation against its size
_ROUNDS, _SETTLED = 60, 1e-5  # of the fixed point for Lewis weights


@dataclass(frozen=True)
class Design:
    """A matrix whose rows are scored: columns of size about 1, made block by block.

    Args:
        x: Features, shape (n, d).
        centre: Subtracted from each row, (d,).
        unit: What each column is divided by, (d,); infinite for a column without content.
        intercept: Whether a column of ones follows.
    """

    x: NDArray[np.float32]
    centre: Values
    unit: Values
    intercept: bool

    def blocks(self) -> Iterator[tuple[slice, Values]]:
        """Parts of the rows, and the matrix there."""
        n, d = self.x.shape
        step = max(64, _BLOCK // max(1, d))
        for at in range(0, n, step):
            rows = slice(at, min(at + step, n))
            out = np.ones((rows.stop - at, d + self.intercept))
            np.subtract(self.x[rows], self.centre, out=out[:, :d])
            out[:, :d] /= self.unit
            yield rows, out


def design(x: NDArray[np.float32], centred: bool, intercept: bool, alike: bool, progress: Progress) -> Design:
    """Features made ready for scoring; scores do not depend on the units, so columns get size 1.

    Args:
        x: Shape (n, d).
        centred: Whether the mean is taken out.
        intercept: Whether a column of ones is added.
        alike: Divide all columns by one number, so that their sizes relative to each other stay.
        progress: Called once a block; may cancel.
    """
    n, d = x.shape
    centre = x.mean(axis=0, dtype=np.float64) if centred else np.zeros(d)
    square, top = np.zeros(d), np.zeros(d)
    for rows, block in Design(x, centre, np.ones(d), False).blocks():
        progress(rows.start, n, "sizes of columns")
        square += np.einsum("ij,ij->j", block, block)
        np.maximum(top, np.abs(block + centre).max(axis=0), out=top)
    size = np.sqrt(square / n)
    size[size <= _STILL * top] = 0.0
    if alike:
        size[:] = np.sqrt(np.mean(size**2)) if d else 0.0
    return Design(x, centre, np.where(size > 0, size, np.inf), intercept)


def gram(made: Design, weight: Values | None, progress: Progress) -> Values:
    """AᵀWA in double precision, O(n·d²) time."""
    q = made.x.shape[1] + made.intercept
    out = np.zeros((q, q))
    for rows, block in made.blocks():
        progress(rows.start, len(made.x), "products of columns")
        out += block.T @ (block if weight is None else block * weight[rows, None])
    return out


def lengths(made: Design, turn: Values, progress: Progress) -> Values:
    """Squared length of each row of A·`turn`, (n,)."""
    out = np.empty(len(made.x))
    for rows, block in made.blocks():
        progress(rows.start, len(made.x), "scores of rows")
        part = block @ turn
        out[rows] = np.einsum("ij,ij->i", part, part)
    return out


def whitening(square: Values, flat: float = _FLAT) -> Values:
    """T with T·Tᵀ the pseudo-inverse of a Gram matrix; as many columns as its numerical rank."""
    values, vectors = np.linalg.eigh(square)
    keep = values > flat * max(float(values[-1]), 0.0) if len(values) else np.zeros(0, bool)
    return np.asarray(vectors[:, keep] / np.sqrt(values[keep]))


def leverage_scores(made: Design, ridge: float, progress: Progress) -> tuple[Values, Values]:
    """Leverage a_iᵀ(AᵀA + γI)⁻¹a_i of each row, and the whitening T behind it (the columns of A·T).

    Args:
        made: The matrix; with a ridge its features must be `alike`, so that Σ of squares is n·d.
        ridge: γ as a share of the mean eigenvalue; the intercept is not penalised.
        progress: Called once a block; may cancel.

    Returns:
        (n,) and (d, rank). Without a ridge Σ of scores is the rank, with it Σ λ/(λ+γ), + 1 for an
        intercept. O(n·d² + d³) time.

    Example:
        >>> x = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 3.0]], np.float32)
        >>> made = design(x, False, False, False, Progress())
        >>> np.round(leverage_scores(made, 0.0, Progress())[0], 6).tolist()
        [0.5, 0.5, 1.0]
    """
    square = gram(made, None, progress.part(0, 0.5))
    d = made.x.shape[1]
    square[np.arange(d), np.arange(d)] += ridge * len(made.x)
    turn = whitening(square)
    return lengths(made, turn, progress.part(0.5, 1)), turn


def lewis_weights(made: Design, p: float, progress: Progress) -> tuple[Values, bool]:
    """Lewis weights: the w with w_i = leverage of row i in W^(1/2−1/p)·A; Σw is the rank.

    The fixed-point map of Cohen and Peng, which shrinks errors by |1 − p/2|; for p > 2 it is damped, because
    its errors alternate there and do not shrink at p = 4.

    Returns:
        (n,), and whether it settled. O(n·d²) time a round.

    Source: Cohen and Peng, ℓp row sampling by Lewis weights, 2015.
    """
    part = progress.part(0, 0.1)
    weight, first = leverage_scores(made, 0.0, part)
    power = 1.0 - 2.0 / p
    damp = 1.0 if p <= 2 else 2.0 / (1.0 + p / 2)
    some = weight > 0
    for step in range(_ROUNDS):
        part = progress.part(0.1 + 0.9 * step / _ROUNDS, 0.1 + 0.9 * (step + 1) / _ROUNDS)
        scaled = np.zeros_like(weight)
        scaled[some] = weight[some] ** power
        square = first.T @ gram(made, scaled, part.part(0, 0.5)) @ first
        now = lengths(made, first @ whitening(square, 1e-14), part.part(0.5, 1)) ** (p / 2)
        some &= now > 0
        change = np.log(now[some]) - np.log(weight[some])
        weight = np.where(some, now, 0.0)
        if damp != 1.0:
            weight[some] *= np.exp((damp - 1.0) * change)
        if np.abs(change).max(initial=0.0) < _SETTLED:
            return weight, True
    return weight, False


def l1_sensitivities(basis: Values, progress: Progress) -> Values:
    """max over x of |a_iᵀx| / ‖Ax‖₁, exact, by one linear program per row.

    The dual norm turns it into: the smallest s with a_i = Aᵀy and |y| ≤ s; with z = y/s, t = 1/s it is
    max t with Aᵀz = t·a_i and |z| ≤ 1, a program of rank rows and n + 1 bounded columns.

    Args:
        basis: Columns that span those of A, (n, rank); well scaled.
        progress: Called once a row; may cancel.
    """
    from scipy.optimize import linprog

    n, rank = basis.shape
    out = np.zeros(n)
    cost = np.zeros(n + 1)
    cost[n] = -1.0
    equal = np.empty((rank, n + 1))
    equal[:, :n] = basis.T
    bounds = [(-1.0, 1.0)] * n + [(0.0, np.inf)]
    zero = np.zeros(rank)
    for row in range(n):
        progress(row, n, "linear programs")
        if not basis[row].any():
            continue
        equal[:, n] = -basis[row]
        found = linprog(cost, A_eq=equal, b_eq=zero, bounds=bounds, options={"presolve": False})
        out[row] = min(1.0, -1.0 / float(found.fun or -np.inf))
    return out


def floored_shares(score: Values, least: float, count: int) -> Values:
    """Inclusion probabilities in proportion to scores, none above 1 or far below a uniform draw's.

    Rows that are certain leave before the rest is shared out and the floor is set again, so one huge score
    does not make all others alike.

    Args:
        score: Scores of 0 or more, shape (n,).
        least: No row's chance is below this share of count/n (but for rows of score 0, if it is 0).
        count: Rows wanted.

    Returns:
        π, shape (n,), summing to `count`. O(n log n) time.

    Example:
        >>> floored_shares(np.array([1.0, 3.0, 1e18]), 0.1, 2).round(9).tolist()
        [0.25, 0.75, 1.0]
    """
    share = np.zeros(len(score))
    rest, left = np.arange(len(score)), count
    while left > 0 and len(rest):
        level = min(1.0, least * count / len(score) * len(rest) / left)
        with np.errstate(divide="ignore"):
            share[rest] = capped_shares(np.log(floored(score[rest], level)), left)
        sure = share[rest] >= 1
        if not sure.any():
            break
        rest, left = rest[~sure], left - int(sure.sum())
        share[rest] = 0.0
    return share


def floored(score: Values, least: float) -> Values:
    """Chances max(c·score, `least`/n) that sum to 1: in proportion to scores, but never near nothing.

    Like a mixture of the scores' shares with a uniform part, no chance is below `least` times the uniform
    one or below (1 − `least`) times its share of the scores. Equal chances where all scores are zero.

    Example:
        >>> floored(np.array([0.0, 1.0, 3.0]), 0.3).round(3).tolist()
        [0.1, 0.225, 0.675]
    """
    n = len(score)
    top = float(score.max(initial=0.0))
    if top <= 0 or least >= 1:
        return np.full(n, 1.0 / max(n, 1))
    order = np.argsort(score, kind="stable")
    up = score[order] / top
    rest = np.cumsum(up[::-1])[::-1]  # Σ of the scores from here up
    level = least / n
    # With the m lowest at the floor, c = (1 − m·level) / rest_m; the first m whose next row is above it.
    c = (1.0 - np.arange(n) * level) / rest
    m = int(np.argmax(c * up >= level))
    out = np.full(n, level)
    out[order[m:]] = c[m] * up[m:]
    return np.asarray(out / out.sum())


def drawn_again(chance: Values, count: int, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """`count` draws with replacement: the distinct positions in order of first draw, and how often each."""
    ends = np.cumsum(chance)
    at = np.searchsorted(ends / ends[-1], rng.random(count), side="right")
    which, first, often = np.unique(at, return_index=True, return_counts=True)
    order = np.argsort(first, kind="stable")
    return which[order].astype(np.int64), often[order].astype(np.int64)
