"""The sampling variance of weighted sums, by the design that the rows were drawn by.

What is added up for a mean, share or total is made in `core.analysis.estimates.estimate_selection`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...model.selection import DesignFacts
from ...strategies.variance import VarianceMethod

Numbers = NDArray[np.float64]

_FEW = 4  # entities in each group, for groups to be told apart beside a fit on their sizes
_SURE = 1 - 1e-9  # chances from here on are certainty
_UNEVEN = frozenset(
    {VarianceMethod.UNEQUAL, VarianceMethod.REPLACEMENT, VarianceMethod.UPPER, VarianceMethod.CLUSTERS}
)
_WITH_REPLACEMENT = frozenset({VarianceMethod.REPLACEMENT, VarianceMethod.UPPER})


@dataclass(frozen=True)
class Sampling:
    """The variance of several weighted sums over one subset.

    Args:
        variance: One number per sum, shape (j,); NaN where it cannot be estimated.
        freedom: Degrees of freedom of each, shape (j,): units less what was fitted, and fewer where the
            variance comes mostly from few of several parts or, with unequal chances, from few heavy rows;
            infinite where nothing was left to chance.
        alone: Names of the parts whose variance is unknown, since too few units were drawn in them.
        units: Units that were left to chance, draws counted as often as they came.
        fitted: Sums of whole entities whose variance is that of residuals and of the rows missed, shape (j,).
    """

    variance: Numbers
    freedom: Numbers
    alone: tuple[str, ...]
    units: int
    fitted: NDArray[np.bool_] | None = None


def sampling_variance(
    values: Numbers,
    weight: Numbers,
    kind: VarianceMethod,
    *,
    inclusion: Numbers | None = None,
    multiplicity: Rows | None = None,
    pinned: int = 0,
    design: DesignFacts | None = None,
) -> Sampling:
    """Estimated variance of Σ weight · values over repeated draws of the subset.

    One formula serves all designs: within each part (stratum) the expanded values ě = value·weight are fitted
    by a weighted regression on a constant and on what the draw was balanced on, and

        V = Σ_parts m/(m − p) · Σ c·(ě − fit)²,   c = 1 − π without replacement, 1 per draw with it,

    over the m units that were left to chance, p the rank of the fit. With equal chances this is the textbook
    variance of simple random and stratified sampling, finite population correction included; with unequal
    ones the Hájek–Deville estimate; with something balanced on, Deville and Tillé's, to which the square of
    slope · imbalance is added for what the draw could not balance; for draws with
    replacement, Hansen and Hurwitz's. Rows with π = 1 add nothing. Whole entities count as one unit each.

    Args:
        values: Values or residuals whose weighted sum is the estimate (linearised where it is a ratio),
            shape (k,) or (k, j).
        weight: Design weights, shape (k,): 1/π, or Hansen–Hurwitz weights of all draws of a row together.
        kind: What the design is.
        inclusion: π, shape (k,); needed without replacement.
        multiplicity: Draws of each row, for designs with replacement; once each if not given.
        pinned: How many of the first rows were certain, for designs with replacement.
        design: Parts, units and what was balanced.

    Raises:
        ValueError: `kind` is NONE, or π is missing.

    Complexity:
        O(k·(j + p²)) time.

    Source: Hansen and Hurwitz, 1943; Hájek, 1964; Deville, 1999; Deville and Tillé, 2005. Degrees of freedom
    over several parts: Satterthwaite, 1946, with fourth moments estimated without bias.

    Example:
        >>> y, pi = np.array([1.0, 2.0, 6.0]), np.full(3, 0.3)
        >>> found = sampling_variance(y, 1 / pi, VarianceMethod.SRS, inclusion=pi)
        >>> round(float(found.variance[0]), 6), float(found.freedom[0])  # N²(1 − f)s²/n with N = 10, s² = 7
        (163.333333, 2.0)
    """
    if kind is VarianceMethod.NONE:
        raise ValueError("this design has no variance that can be estimated")
    design = design or DesignFacts()
    table = np.asarray(values, np.float64).reshape(len(weight), -1)
    expanded = table * weight[:, None]
    if kind in _WITH_REPLACEMENT:
        times = np.ones(len(weight)) if multiplicity is None else multiplicity.astype(np.float64)
        each = np.where(np.arange(len(weight)) < pinned, 0.0, times)
        count = each
        expanded = expanded / times[:, None]
        single = weight / times
    else:
        if inclusion is None:
            raise ValueError("inclusion probabilities are needed without replacement")
        chance = np.where(inclusion >= _SURE, 1.0, inclusion)
        each = 1.0 - chance
        count = (each > 0).astype(np.float64)
        single = weight
    strata = np.zeros(len(weight), np.int64) if design.strata is None else design.strata
    balance = np.empty((len(weight), 0)) if design.balance is None else design.balance * single[:, None]
    if design.units is not None:
        _, first, code = np.unique(design.units, return_index=True, return_inverse=True)
        summed = np.zeros((len(first), table.shape[1]))
        np.add.at(summed, code, expanded)
        expanded, each, count = summed, each[first], count[first]
        strata, balance = strata[first], balance[first]
        if kind is VarianceMethod.CLUSTERS and len(np.unique(strata)) > 1:
            fewest = np.bincount(strata[count > 0]) if (count > 0).any() else np.zeros(1)
            if fewest[fewest > 0].min(initial=_FEW) < _FEW:  # then all together: too wide, if anything
                strata = np.zeros_like(strata)
    total = np.zeros(table.shape[1])
    nominal, fourth, alone = 0.0, np.zeros(table.shape[1]), []
    for part in np.unique(strata[count > 0]):
        here = (strata == part) & (count > 0)
        m = float(count[here].sum())
        rest, rank, slope = _residuals(expanded[here], balance[here], each[here])
        if m <= rank:
            alone.append(design.names[part] if part < len(design.names) else "the whole subset")
            continue
        pieces = each[here, None] * rest**2
        own = m / (m - rank) * pieces.sum(axis=0)
        able = np.full(len(own), m - rank)
        if kind in _UNEVEN:
            able = np.minimum(able, _freedom(pieces, count[here]))
        if design.missed is not None:  # by how much the landing missed the balance
            own += (design.missed[part] @ slope) ** 2
        total += own
        # V²/(ν + 2) estimates σ⁴/ν without bias, so that parts of two rows each keep their freedom.
        fourth += own**2 / (able + 2)
        nominal += m - rank
    units = int(count.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = np.where(fourth > 0, np.clip(total**2 / fourth - 2.0, min(1.0, nominal), nominal), nominal)
    if design.expected is not None and units:  # one unit more or less, by chance
        left = design.expected % 1.0
        left = 0.0 if min(left, 1 - left) < 1e-6 else left
        total += left * (1 - left) * expanded[count > 0].mean(axis=0) ** 2
    if alone:
        total[:] = np.nan
    return Sampling(total, freedom if units else np.full(table.shape[1], np.inf), tuple(alone), units)


def _freedom(pieces: Numbers, count: Numbers) -> Numbers:
    """Degrees of freedom of a sum of squares, 2m/(κ − 1) with the kurtosis κ of what is squared.

    A few rows of small chance, hence large weight, can carry most of a variance; then it is worth few.
    """
    squares = (pieces**2 / count[:, None]).sum(axis=0)
    whole = pieces.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        kurtosis = count.sum() * squares / whole**2
        found: Numbers = np.where(kurtosis > 1, 2 * count.sum() / (kurtosis - 1), np.inf)
    return np.where(np.isnan(found), np.inf, found)


def _residuals(values: Numbers, balance: Numbers, each: Numbers) -> tuple[Numbers, int, Numbers]:
    """What a weighted regression on a constant and `balance` leaves, its rank, and slopes, (p, j)."""
    if not balance.shape[1]:
        return values - (each @ values) / each.sum(), 1, np.zeros((0, values.shape[1]))
    size = np.abs(balance).max(axis=0)
    size = np.where(size > 0, size, 1.0)
    table = np.concatenate([np.ones((len(values), 1)), balance / size], axis=1)
    root = np.sqrt(each)[:, None]
    fit, _, rank, _ = np.linalg.lstsq(table * root, values * root, rcond=1e-10)
    return values - table @ fit, int(rank), fit[1:] / size[:, None]
