"""Claims, and the intervals that stand beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.wilson import wilson_interval
from ...foundation.wording import some
from ...model.selection import Selection
from ...strategies.variance import VarianceEstimator, VarianceMethod
from .estimands import Estimand, What
from .fits import Estimator
from .skewness import Skewness
from .variance import Sampling

_LISTED = 3
_ROUNDING = 1e-5  # raking stops there


@dataclass(frozen=True)
class Estimate:
    """One estimate beside the truth.

    Args:
        column: What it is about.
        value: The value of a category; "" for numbers.
        what: Mean, total, share of rows, or count of rows.
        estimator: The rule.
        truth: The same number over all eligible rows (with a value).
        estimate, error, low, high: Point, standard error and interval; NaN where none.
        confidence: Of the interval.
        rows: Chosen rows with a value.
        missing: Eligible rows without one.
        reason: Why there is no estimate; "" where there is one.
        no_interval: Why there is an estimate but no interval.
        method: How the interval was made, in words.
        doubt: Why the interval can be too short; "" where nothing is known against it. Among the notes too.
        notes: What a reader must know.
    """

    column: str
    value: str
    what: What
    estimator: Estimator
    truth: float
    estimate: float = float("nan")
    error: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    confidence: float = 0.95
    rows: int = 0
    missing: int = 0
    reason: str = ""
    no_interval: str = ""
    method: str = ""
    doubt: str = ""
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool | None:
        """Whether the truth lies in the interval; None where there is none."""
        if np.isnan(self.low):
            return None
        slack = 1e-9 * max(abs(self.truth), abs(self.estimate))
        return bool(self.low - slack <= self.truth <= self.high + slack)

    @property
    def relative(self) -> float:
        """Error of the estimate as a share of the truth; NaN where the truth is 0."""
        return (self.estimate - self.truth) / abs(self.truth) if self.truth else float("nan")


def interval(
    claim: Estimate,
    one: Estimand,
    rows: Rows,
    selection: Selection,
    design_variance: VarianceEstimator,
    sampling: Sampling,
    at: int,
    extra: int,
    tail: Skewness,
) -> Estimate:
    """The claim with its standard error and interval, or why it has none."""
    from scipy.special import stdtrit

    if not sampling.units:
        same = "every row is in by certainty, so nothing is left to chance"
        return replace(claim, error=0.0, low=claim.estimate, high=claim.estimate, method=same)
    if tail.fixed and abs(claim.estimate - claim.truth) <= _ROUNDING * max(abs(claim.truth), _whole(claim)):
        same = "every subset that this design can draw gives this number, so it is exactly known"
        low, high = sorted((claim.estimate, claim.truth))
        return replace(claim, error=0.0, low=low, high=high, method=same)
    if sampling.alone:
        alone = some(sampling.alone, _LISTED)
        return replace(
            claim, no_interval=f"too few rows were drawn by chance to see how much they vary: {alone}"
        )
    before = float(sampling.freedom[at])
    freedom = before - extra
    if freedom < 1:
        few = "there are more auxiliary columns than the chosen rows can bear"
        heavy = "a few heavy rows carry most of the variance, too few beside so many auxiliary columns"
        return replace(claim, no_interval=few if len(rows) <= extra + 1 else heavy)
    variance = float(sampling.variance[at]) * before / freedom
    error = float(np.sqrt(max(variance, 0.0)))
    if error <= 1e-9 * abs(claim.estimate) and _constant(one, rows, selection):
        return replace(
            claim, no_interval="the chosen rows do not differ in it, so how much luck could do is not seen"
        )
    reach = float(stdtrit(freedom, (1 + claim.confidence) / 2))
    low, high = claim.estimate - reach * error, claim.estimate + reach * error
    whole = {"share": 1, "count": selection.population}.get(claim.what, 0)  # a count is a share of all rows
    if 0 < claim.estimate < whole and error > 0:
        low, high = (whole * end for end in _wilson(claim.estimate / whole, variance / whole**2, reach))
    fitted = sampling.fitted is not None and bool(sampling.fitted[at])
    return replace(
        claim, error=error, low=low, high=high, method=_method(design_variance, claim, freedom, fitted)
    )


def _whole(claim: Estimate) -> float:
    """What rounding is small against where the truth is near 0."""
    return {"share": 1.0, "count": float(claim.rows)}.get(claim.what, 0.0)


def _constant(one: Estimand, rows: Rows, selection: Selection) -> bool:
    """Whether the value is the same in all rows of each part that were drawn by chance."""
    y = np.where(one.here[rows], one.y[rows], np.nan)
    free = np.arange(len(rows)) >= selection.pinned
    drawn = selection.drawn
    strata = drawn.strata if drawn is not None and drawn.strata is not None else np.zeros(len(rows), np.int64)
    for part in np.unique(strata[free]):
        here = y[free & (strata == part)]
        here = here[~np.isnan(here)]
        if len(here) and np.ptp(here) > 1e-12 * np.abs(here).max():
            return False
    return True


def _wilson(share: float, variance: float, reach: float) -> tuple[float, float]:
    """Wilson's interval at the sample size that the design is worth."""
    return wilson_interval(share, share * (1 - share) / variance, reach)


_METHODS = {
    VarianceMethod.SRS: "variance of simple random sampling, finite population correction included",
    VarianceMethod.STRATIFIED: "variance added up over groups, finite population correction included",
    VarianceMethod.UNEQUAL: "Hájek–Deville variance for unequal chances",
    VarianceMethod.BALANCED: "variance of what is left of a regression on the balanced columns "
    "(Deville and Tillé)",
    VarianceMethod.REPLACEMENT: "Hansen–Hurwitz variance over draws",
    VarianceMethod.UPPER: "variance as if drawn independently, which is too large if anything",
    VarianceMethod.CLUSTERS: "variance between whole entities (ultimate clusters)",
}


def _method(design_variance: VarianceEstimator, claim: Estimate, freedom: float, fitted: bool) -> str:
    form = "Wilson's form" if claim.what in ("share", "count") else "t"
    after = {
        Estimator.RATIO: ", of residuals from the ratio",
        Estimator.GREG: ", of residuals from the regression",
        Estimator.RAKING: ", of residuals from the margins",
    }.get(claim.estimator, "")
    if design_variance.kind is VarianceMethod.CLUSTERS and claim.estimator is Estimator.HT:
        after = (
            ", of residuals from the mean, and the rows that the weights miss, which is too large if anything"
            if fitted
            else ", with the chance of one entity more or less"
        )
    text = f"{_METHODS[design_variance.kind]}{after}; {form} with {freedom:,.0f} degrees of freedom"
    return (
        f"{text}; {design_variance.why}"
        if design_variance.why and design_variance.kind is not VarianceMethod.UPPER
        else text
    )
