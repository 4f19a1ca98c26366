"""Weights calibrated to known totals (GREG, raking), and regression residuals on auxiliary columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows

Numbers = NDArray[np.float64]
TOLERANCE = 1e-6


def greg_factors(weight: Numbers, x: Numbers, totals: Numbers) -> Numbers:
    """Factors g such that Σ w·g·x are the known totals, as near to 1 as can be: min Σ w·(g − 1)².

    Σ w·g·y is the generalised regression estimator (GREG).

    Args:
        weight: Design weights, shape (k,).
        x: Auxiliaries of the chosen rows, shape (k, q); a constant column if Σ w·g should be N. Columns may
            depend on each other.
        totals: Their totals over the population, shape (q,).

    Returns:
        g, shape (k,); some may be negative. O(k·q²) time.

    Source: Cassel, Särndal and Wretman, 1976; Deville and Särndal, 1992.

    Example:
        >>> x = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        >>> greg_factors(np.ones(3), x, np.array([8.0, 5.0])).round(9).tolist()  # post-stratification
        [4.0, 4.0, 5.0]
    """
    size = np.abs(x).max(axis=0, initial=0.0)
    size = np.where(size > 0, size, 1.0)
    scaled = x / size
    gap = totals / size - weight @ scaled
    root = np.sqrt(weight)
    # The step of least Σ w(g − 1)² through the singular values, so that dependent columns do no harm.
    step = np.linalg.lstsq((scaled * root[:, None]).T, gap, rcond=1e-10)[0]
    factors: Numbers = 1.0 + step / root
    return factors


@dataclass(frozen=True)
class RakedWeights:
    """Factors that rake weights to margins.

    Args:
        factors: g, shape (k,).
        converged: Whether every margin is met within the tolerance.
        rounds: Passes over the margins.
        gap: Largest difference of a margin, as a share of the population.
    """

    factors: Numbers
    converged: bool
    rounds: int
    gap: float


def rake(
    weight: Numbers,
    margins: Sequence[Rows],
    counts: Sequence[Numbers],
    *,
    tolerance: float = TOLERANCE,
    rounds: int = 500,
    bounds: tuple[float, float] | None = None,
) -> RakedWeights:
    """Iterative proportional fitting of weights to the known counts of several categories.

    One margin is post-stratification. With bounds, factors are cut to them after each pass (trimming), which
    may make the margins unreachable; then it says so.

    Args:
        weight: Design weights, shape (k,).
        margins: For each category the code of each chosen row, shape (k,).
        counts: For each category the population's count of every code.
        tolerance: How near each count must come, as a share of the population.
        rounds: Passes at most.
        bounds: Smallest and largest factor allowed.

    Complexity:
        O(rounds · margins · k).

    Source: Deming and Stephan, 1940.

    Example:
        >>> found = rake(np.ones(4), [np.array([0, 0, 1, 1])], [np.array([6.0, 2.0])])
        >>> found.factors.tolist(), found.converged
        ([3.0, 3.0, 1.0, 1.0], True)
    """
    factors = np.ones(len(weight))
    whole = float(max(np.sum(counts[0]), 1e-300)) if len(counts) else 1.0
    gap, done = 0.0, 0
    while done < rounds:
        done += 1
        before = factors.copy()
        for codes, known in zip(margins, counts, strict=True):
            held = np.bincount(codes, weight * factors, len(known))
            with np.errstate(divide="ignore", invalid="ignore"):
                factors = factors * np.where(held > 0, known / held, 1.0)[codes]
        if bounds is not None:
            factors = np.clip(factors, *bounds)
        gap = max(
            (
                float(np.abs(np.bincount(codes, weight * factors, len(known)) - known).max()) / whole
                for codes, known in zip(margins, counts, strict=True)
            ),
            default=0.0,
        )
        if gap <= tolerance or np.array_equal(before, factors):
            break
    return RakedWeights(factors, gap <= tolerance, done, gap)


def fitted_residuals(values: Numbers, weight: Numbers, x: Numbers) -> Numbers:
    """What a weighted linear fit on auxiliaries leaves of values: what GREG's variance follows from.

    Args:
        values: Shape (k, j).
        weight: Shape (k,).
        x: Shape (k, q).
    """
    size = np.abs(x).max(axis=0, initial=0.0)
    scaled = x / np.where(size > 0, size, 1.0)
    root = np.sqrt(weight)[:, None]
    fit = np.linalg.lstsq(scaled * root, values * root, rcond=1e-10)[0]
    rest: Numbers = values - scaled @ fit
    return rest


def centred(values: Numbers) -> Numbers:
    """Values less their means, (n, j)."""
    return np.asarray(values - values.mean(axis=0))


def margin_residuals(values: Numbers, margins: Sequence[Rows]) -> Numbers:
    """What an unweighted fit on categories leaves of values, without a table of indicators.

    Args:
        values: Shape (n, j).
        margins: Codes of each category, shape (n,).

    Returns:
        Shape (n, j). O(n·(j + margins²)) time.

    Example:
        >>> codes = np.array([0, 0, 1])
        >>> margin_residuals(np.array([[1.0], [3.0], [7.0]]), [codes]).ravel().round(9).tolist()
        [-1.0, 1.0, 0.0]
    """
    widths = [int(codes.max()) + 1 for codes in margins]
    starts = np.cumsum([0, *widths])
    gram = np.zeros((starts[-1], starts[-1]))
    right = np.zeros((starts[-1], values.shape[1]))
    for i, one in enumerate(margins):
        here = slice(starts[i], starts[i + 1])
        for column in range(values.shape[1]):
            right[here, column] = np.bincount(one, values[:, column], widths[i])
        for j, other in enumerate(margins):
            pairs = np.bincount(one * widths[j] + other, minlength=widths[i] * widths[j])
            gram[here, starts[j] : starts[j + 1]] = pairs.reshape(widths[i], widths[j])
    slopes = np.linalg.lstsq(gram, right, rcond=1e-10)[0]
    rest: Numbers = values - sum(slopes[starts[i] + codes] for i, codes in enumerate(margins))
    return rest
