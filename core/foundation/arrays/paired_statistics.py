"""Tests of paired predictions, on arrays: McNemar, Cochran's Q, the 5×2cv F test, Holm, and .632+.

Nothing here knows of strategies. `core.analysis.paired_tests.run` makes the arrays: it re-runs selections
where a test is about strategies, and takes fitted models where it is about those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError
from .array_types import Rows

EXACT_BELOW = 25
"""With fewer discordant rows than this McNemar's test is exact."""
LEVEL = 0.05
_WIDE = 1.959963984540054  # 97.5 % quantile of the normal distribution

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class McNemar:
    """McNemar's test of two fitted classifiers on the same rows.

    Args:
        first_only: c, rows that only the first predicts correctly.
        second_only: b, rows that only the second predicts correctly.
        rows: All rows.
        statistic: χ² with continuity correction; NaN where the test is exact.
        p: Two-sided.
        exact: The binomial form was taken, b + c < 25.
    """

    first_only: int
    second_only: int
    rows: int
    statistic: float
    p: float
    exact: bool

    @property
    def difference(self) -> float:
        """Accuracy of the second less that of the first."""
        return (self.second_only - self.first_only) / self.rows

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the difference: Wald's with one row added to each discordant count.

        D. G. Bonett, R. M. Price, *Adjusted Wald confidence interval for a difference of binomial
        proportions based on paired data*, 2012.
        """
        n = self.rows + 2
        second, first = (self.second_only + 1) / n, (self.first_only + 1) / n
        middle = second - first
        half = _WIDE * sqrt(max(0.0, (second + first - middle**2) / n))
        return max(-1.0, middle - half), min(1.0, middle + half)


def mcnemar(first: Flags, second: Flags) -> McNemar:
    """Whether two fixed classifiers differ on rows that neither was trained on.

    Q. McNemar, *Note on the sampling error of the difference between correlated proportions or
    percentages*, 1947; continuity correction after A. L. Edwards, 1948. The correction never takes the
    difference past zero, so b = c gives p = 1.

    Args:
        first, second: Whether each row is predicted correctly, (n,), the same rows in the same order.

    Returns:
        The test; exact binomial where b + c < 25. O(n).

    Raises:
        ParameterError: No rows, or unequal numbers of them.

    Example:
        >>> first = np.array([True] * 10 + [False] * 2 + [True] * 8)
        >>> second = np.array([True] * 10 + [True] * 2 + [False] * 8)
        >>> found = mcnemar(first, second)
        >>> found.second_only, found.first_only, found.exact, round(found.p, 4)
        (2, 8, True, 0.1094)
    """
    from scipy.special import bdtr, chdtrc

    first, second = np.asarray(first, bool), np.asarray(second, bool)
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        raise ParameterError(
            "McNemar's test cannot be made",
            f"the two classifiers have {first.shape} and {second.shape} predictions",
            "predict the same rows with both",
        )
    b, c = int((second & ~first).sum()), int((first & ~second).sum())
    if b + c < EXACT_BELOW:
        p = min(1.0, 2 * float(bdtr(min(b, c), b + c, 0.5))) if b + c else 1.0
        return McNemar(c, b, len(first), nan, p, True)
    statistic = max(abs(b - c) - 1, 0) ** 2 / (b + c)
    return McNemar(c, b, len(first), statistic, float(chdtrc(1, statistic)), False)


@dataclass(frozen=True)
class Cochran:
    """Cochran's Q: whether several fixed classifiers have one accuracy.

    Args:
        statistic: Q.
        freedom: Classifiers less one.
        p: Upper tail of χ².
        telling: Rows that not all classifiers predict alike; the others carry nothing.
    """

    statistic: float
    freedom: int
    p: float
    telling: int


def cochran_q(right: Flags) -> Cochran:
    """Cochran's Q of several fixed classifiers on the same rows.

    W. G. Cochran, *The comparison of percentages in matched samples*, 1950. With two classifiers Q is
    McNemar's statistic without continuity correction.

    Args:
        right: Whether each row (n) is predicted correctly by each classifier (M ≥ 2), (n, M).

    Raises:
        ParameterError: Fewer than two classifiers, or no rows.

    Example:
        >>> found = cochran_q(np.array([[1, 0, 0]] * 6 + [[1, 1, 0]] * 3 + [[1, 1, 1]], bool))
        >>> round(found.statistic, 4), found.freedom, found.telling
        (14.0, 2, 9)
    """
    from scipy.special import chdtrc

    right = np.asarray(right, bool)
    if right.ndim != 2 or right.shape[1] < 2 or not len(right):
        raise ParameterError(
            "Cochran's Q cannot be computed", "it compares at least two classifiers", "compare two or more"
        )
    m = right.shape[1]
    columns, rows = right.sum(axis=0, dtype=np.int64), right.sum(axis=1, dtype=np.int64)
    telling = int(((rows > 0) & (rows < m)).sum())
    if not telling:
        return Cochran(0.0, m - 1, 1.0, 0)
    total = int(rows.sum())
    q = (m - 1) * (m * int((columns**2).sum()) - total**2) / (m * total - int((rows**2).sum()))
    return Cochran(float(q), m - 1, float(chdtrc(m - 1, q)), telling)


@dataclass(frozen=True)
class FiveByTwo:
    """The combined 5×2cv F test.

    Args:
        statistic: F; NaN where no difference varies, so that there is nothing to judge by.
        p: Upper tail of F(10, 5); NaN with it.
        difference: Mean of the ten differences.
    """

    statistic: float
    p: float
    difference: float


def five_by_two(differences: NDArray[np.float64]) -> FiveByTwo:
    """The combined 5×2cv F test of two learning procedures.

    E. Alpaydin, *Combined 5×2cv F test for comparing supervised classification learning algorithms*, 1999:
    F = ΣΣp² / (2Σs²), s² = (p₁ − p̄)² + (p₂ − p̄)², on 10 and 5 degrees of freedom.

    Args:
        differences: Difference in accuracy of each repetition (5) and fold (2), (5, 2).

    Returns:
        The test. Ten differences of zero give p = 1. Other differences that never vary within a repetition
        give NaN: the test would call them certain, which few rows do not warrant.

    Example:
        >>> ten = [[0.03, 0.01], [0.02, 0.04], [0.03, 0.03], [0.01, 0.03], [0.02, 0.02]]
        >>> found = five_by_two(np.array(ten))
        >>> round(found.statistic, 3), round(found.difference, 3)
        (5.5, 0.024)
    """
    from scipy.special import fdtrc

    differences = np.asarray(differences, np.float64)
    if differences.shape != (5, 2):
        raise ParameterError(
            "The 5×2cv F test cannot be made",
            f"it takes five repetitions of two folds, not {differences.shape}",
            "give ten differences",
        )
    mean = float(differences.mean())
    if not differences.any():
        return FiveByTwo(0.0, 1.0, mean)
    spread = float(((differences - differences.mean(axis=1, keepdims=True)) ** 2).sum())
    squares = float((differences**2).sum())
    if spread <= 1e-12 * squares:
        return FiveByTwo(nan, nan, mean)
    statistic = squares / (2 * spread)
    return FiveByTwo(statistic, float(fdtrc(10, 5, statistic)), mean)


def holm(p: Sequence[float], weights: Sequence[float] | None = None) -> list[float]:
    """P-values adjusted for being several: S. Holm, *A simple sequentially rejective procedure*, 1979.

    Rejecting what is at most α keeps the chance of any false rejection at α, however the tests depend on
    each other. A test that could not be judged (NaN) counts among them as 1 and stays NaN.

    Args:
        p: The p-values.
        weights: The share of the level that each has, above 0, relative to the others (his section 4); equal
            if not given.

    Example:
        >>> [round(value, 3) for value in holm([0.01, 0.04, 0.03])]
        [0.03, 0.06, 0.06]
        >>> [round(value, 3) for value in holm([0.01, 0.04, 0.03], [1, 0.5, 0.5])]
        [0.02, 0.06, 0.06]
    """
    values = np.asarray(p, np.float64)
    if ((values < 0) | (values > 1)).any():
        raise ParameterError("These are no p-values", "they lie between 0 and 1", "check them")
    share = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    lost = np.isnan(values)
    order = np.argsort(np.where(lost, 1.0, values) / share, kind="stable")
    left = np.cumsum(share[order][::-1])[::-1]
    steps = np.where(lost, 1.0, values)[order] * left / share[order]
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    adjusted[lost] = nan
    return [float(value) for value in adjusted]


@dataclass(frozen=True)
class Plus:
    """A .632+ estimate of error.

    Args:
        error: The estimate.
        outside: Mean error on rows outside the bootstrap samples (leave-one-out bootstrap).
        apparent: Error on the rows that were learned from.
        blind: γ, the error if features said nothing of labels.
        overfit: R, 0 (none) to 1 (no better than blind).
        weight: Of the error outside, .632 to 1.
    """

    error: float
    outside: float
    apparent: float
    blind: float
    overfit: float
    weight: float


def plus632(outside: float, apparent: float, blind: float) -> Plus:
    """The .632+ estimate from its three errors.

    B. Efron, R. Tibshirani, *Improvements on cross-validation: the .632+ bootstrap method*, 1997. The error
    outside counts at most as γ, and the relative overfitting stays within 0…1.

    Example:
        >>> round(plus632(0.2, 0.2, 0.5).weight, 3), round(plus632(0.5, 0.0, 0.5).error, 3)
        (0.632, 0.5)
    """
    capped = min(outside, blind)
    overfit = 0.0
    if blind > apparent and capped > apparent:
        overfit = min(1.0, (capped - apparent) / (blind - apparent))
    weight = 0.632 / (1 - 0.368 * overfit)
    return Plus((1 - weight) * apparent + weight * capped, outside, apparent, blind, overfit, weight)


def no_information(truth: Rows, predicted: Rows) -> float:
    """γ: the error of these predictions if labels were shuffled, Σ p(1 − q) over classes.

    Args:
        truth: Label codes, all ≥ 0, (n,).
        predicted: Codes, (n,); a code that no row has (−1) counts as wrong.

    Example:
        >>> no_information(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))
        0.5
    """
    names, counts = np.unique(truth, return_counts=True)
    shares = counts / len(truth)
    said = np.array([(predicted == name).mean() for name in names])
    return float((shares * (1 - said)).sum())


def outside_error(wrong: Flags, out: Flags) -> tuple[float, NDArray[np.float64]]:
    """Mean error of each row over the bootstrap samples that lack it, and the mean of those.

    Args:
        wrong: Whether a sample's model is wrong on a row, (B, n); read only where `out` holds.
        out: Whether the sample lacks the row, (B, n).

    Returns:
        The mean over rows that some sample lacks, and the error of each row, NaN for the others.

    Raises:
        ParameterError: Every sample holds every row.

    Example:
        >>> wrong = np.array([[1, 0, 0], [1, 1, 0]], bool)
        >>> out = np.array([[1, 1, 0], [1, 0, 0]], bool)
        >>> mean, rows = outside_error(wrong, out)
        >>> mean, rows.tolist()
        (0.5, [1.0, 0.0, nan])
    """
    times = out.sum(axis=0)
    if not times.any():
        raise ParameterError(
            "There is no error outside the samples", "every bootstrap sample holds every row", "draw more"
        )
    errors = np.full(wrong.shape[1], nan)
    here = times > 0
    errors[here] = (wrong & out).sum(axis=0)[here] / times[here]
    return float(errors[here].mean()), errors


def normal_p(difference: float, error: float) -> float:
    """Two-sided p of a difference with its standard error, by the normal distribution.

    Example:
        >>> round(normal_p(0.0392, 0.02), 3), normal_p(0.0, 0.0)
        (0.05, 1.0)
    """
    from scipy.special import ndtr

    if difference == 0:
        return 1.0
    return float(2 * ndtr(-abs(difference) / error)) if 0 < error < inf else nan
