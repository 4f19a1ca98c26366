"""What a subset says about all rows, with its uncertainty, beside the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.positions import positions_among
from ...foundation.errors import ParameterError
from ...foundation.wording import clause, count
from ...metrics.column_distributions import ColumnKind
from ...model.inputs import Inputs
from ...model.selection import Selection
from ...strategies.declaration import STRATEGIES
from ...strategies.running.select import eligible_part
from ...strategies.variance import VarianceEstimator, VarianceMethod
from .calibration import centred, fitted_residuals
from .coverage_warnings import CoverageWarnings
from .entity_variance import entity_variance
from .estimands import Estimand, Measure, wanted
from .fits import Estimator, EstimatorFit, fit
from .intervals import Estimate, interval
from .skewness import InclusionProbabilities, Skewness, chances, tail
from .variance import Sampling, sampling_variance

Numbers = NDArray[np.float64]
_TOP = 4


def estimate_selection(
    inputs: Inputs,
    selection: Selection,
    columns: Sequence[str],
    *,
    eligible: Rows | None = None,
    measure: Measure = "mean",
    estimator: Estimator | str = Estimator.HAJEK,
    auxiliaries: Sequence[str] = (),
    kinds: Mapping[str, ColumnKind] | None = None,
    confidence: float = 0.95,
    top: int = _TOP,
    bounds: tuple[float, float] | None = None,
) -> tuple[Estimate, ...]:
    """Estimates of all eligible rows from a subset and its design weights, beside the truth.

    A row without a value is not in what is estimated: a mean is over rows with a value (a ratio of two
    estimated totals, the domain estimator), a total adds up rows with a value. A subset without inclusion
    probabilities, or one drawn where some rows had no chance, gets a reason and no number.

    Args:
        inputs: All rows of the data set, in canonical order.
        selection: A subset of them; rows are positions in `inputs`.
        columns: Numbers (their mean or total) and categories (share or count of each of the commonest values
            and of all others).
        eligible: Ascending positions that could be chosen; None for all rows.
        measure: "mean" (shares of categories) or "total" (counts).
        estimator: The rule.
        auxiliaries: Columns known for all rows, or "groups"; one number for the ratio, any for GREG and
            raking.
        kinds: Which columns are numbers and which categories; read off the values where not given.
        confidence: Of the intervals.
        top: Values of a category that are named.
        bounds: Smallest and largest factor by which raking may change a weight.

    Returns:
        One claim per number, or per value of a category.

    Raises:
        ParameterError: An unknown estimator or measure, or auxiliaries that it cannot use.
        ColumnError: A column is not there or cannot be estimated.

    Complexity:
        O(n) a column, and O(k·q²) for q auxiliaries over k chosen rows.

    Source: Särndal, Swensson and Wretman, Model Assisted Survey Sampling, 1992; shares: Wilson, 1927, with
    the effective sample size of Korn and Graubard, 1998.

    Example:
        >>> import pandas as pd
        >>> from core.strategies.running.select import select
        >>> keys = np.arange(640, dtype=np.uint8).reshape(40, 16)
        >>> inputs = Inputs(keys=keys, frame=pd.DataFrame({"y": np.arange(40.0)}))
        >>> (claim,) = estimate_selection(inputs, select("random", inputs, 20), ["y"])
        >>> claim.truth, claim.holds
        (19.5, True)
    """
    try:
        rule = Estimator(estimator)
    except ValueError:
        known = ", ".join(Estimator)
        raise ParameterError(
            f"There is no estimator {estimator!r}", f"there are {known}", "name one"
        ) from None
    if measure not in ("mean", "total"):
        raise ParameterError(f"{measure!r} cannot be estimated", "it is a mean or a total", "name one")
    if not 0 < confidence < 1:
        raise ParameterError(
            f"A confidence of {confidence:g} means nothing", "it lies between 0 and 1", "give 0.95, say"
        )
    population = eligible_part(inputs, eligible)
    rows = positions_among(selection.rows, eligible)
    inside = len(rows) == len(selection) and (rows < population.n).all()
    if selection.population != population.n or not inside:
        raise ParameterError(
            "This subset was drawn from other rows",
            f"from {count(selection.population, 'row')}; others, {population.n:,}, are eligible now",
            "run it again, or go back to the filter it was drawn under",
        )
    ask = [one for name in columns for one in wanted(population, name, measure, kinds, top)]
    reason = why_not(selection, population)
    if reason:
        return tuple(_blank(one, rule, confidence, rows, reason) for one in ask)
    assert selection.weight is not None
    weight = np.asarray(selection.weight, np.float64)
    _check_weights(selection, weight)
    made = fit(rule, population, rows, weight, tuple(dict.fromkeys(auxiliaries)), bounds)
    if made.reason:
        return tuple(_blank(one, rule, confidence, rows, made.reason) for one in ask)
    points = [_point(rule, one, rows, weight * made.factors, population.n) for one in ask]
    values = np.stack([linear for _, linear, _ in points], axis=1) if points else np.empty((len(rows), 0))
    if made.table is not None:
        values = fitted_residuals(values, weight, made.table)
    elif made.ratio is not None:
        values = values - np.outer(made.ratio, weight @ values) / (weight @ made.ratio)
    variance = _variance_estimator(selection)
    values = values * made.factors[:, None]
    sampling = _sampling(selection, variance, values, weight, rule)
    tails: list[Skewness] = []
    if sampling is not None and ask:
        design = chances(selection, rows, variance.kind)
        linear = np.stack([_linear(rule, one, population.n) for one in ask], axis=1)
        tails = _tails(made, linear, sampling, design, [one.truth for one in ask])
    doubts = CoverageWarnings(selection, rows, variance.kind, weight * made.factors, values * weight[:, None])
    claims = []
    for at, (one, (value, _, refused)) in enumerate(zip(ask, points, strict=True)):
        if refused:
            claims.append(_blank(one, rule, confidence, rows, refused))
            continue
        blank = _blank(one, rule, confidence, rows, "")
        claim = replace(blank, estimate=value, notes=(*blank.notes, *made.notes))
        if sampling is not None:
            claim = interval(claim, one, rows, selection, variance, sampling, at, made.extra, tails[at])
            doubt = doubts.of(claim, one, at, sampling, tails[at], design)
            claim = replace(claim, doubt=doubt, notes=(*claim.notes, *((doubt,) if doubt else ())))
        else:
            claim = replace(claim, no_interval=variance.why)
        claims.append(claim)
    return tuple(claims)


def why_not(selection: Selection, population: Inputs) -> str:
    """Why nothing can be said about all rows from this subset; "" where something can."""
    if selection.weight is None:
        if population.pins_after_looking and len(population.pins):
            return "rows were pinned after results were seen, which voids the weights"
        variance = _variance_estimator(selection)
        return (
            variance.why
            if variance.kind is VarianceMethod.NONE and variance.why
            else "it has no inclusion probabilities"
        )
    if selection.unreached:
        rows = "row" if selection.unreached == 1 else "rows"
        return (
            f"{selection.unreached:,} of {selection.population:,} {rows} had no chance to be drawn, so the "
            "subset says nothing about all rows"
        )
    return ""


def _variance_estimator(selection: Selection) -> VarianceEstimator:
    """The variance of the design, or why this very draw has none."""
    if selection.drawn is not None and selection.drawn.untold:
        return VarianceEstimator(VarianceMethod.NONE, selection.drawn.untold)
    return STRATEGIES[selection.strategy].variance_estimator(selection.params)


def _check_weights(selection: Selection, weight: Numbers) -> None:
    """A weight that is not 1/π, or equal-chance weights that do not add up, are a defect of ours."""
    if selection.inclusion is not None:
        assert np.allclose(weight * selection.inclusion, 1.0), "weights are 1/π"
    kind = _variance_estimator(selection).kind
    if kind in (VarianceMethod.SRS, VarianceMethod.STRATIFIED):
        assert np.isclose(weight.sum(), selection.population), "equal-chance weights add up to all rows"


def _blank(one: Estimand, rule: Estimator, confidence: float, rows: Rows, reason: str) -> Estimate:
    missing = int((~one.here).sum())
    notes: tuple[str, ...] = ()
    if missing:
        about = "means are over rows with one" if one.what in ("mean", "share") else "totals leave them out"
        notes = (f"{clause(missing, 'row', 'has', 'have')} no {one.column}; {about}.",)
    return Estimate(
        one.column,
        one.value,
        one.what,
        rule,
        one.truth,
        confidence=confidence,
        rows=int(one.here[rows].sum()),
        missing=missing,
        reason=reason,
        notes=notes,
    )


def _point(rule: Estimator, one: Estimand, rows: Rows, weight: Numbers, n: int) -> tuple[float, Numbers, str]:
    """The estimate, the values whose weighted sum varies as it does, and why there is none."""
    y, here = one.y[rows], one.here[rows]
    if one.what in ("total", "count"):
        return float(weight @ y), y, ""
    if rule in (Estimator.HT, Estimator.RATIO):
        if not one.here.all():
            return (
                float("nan"),
                np.zeros(len(rows)),
                f"{rule.label} takes a mean over all rows, and some have no {one.column}; take Hájek, "
                "regression or raking",
            )
        return float(weight @ y) / n, y / n, ""
    size = float(weight @ here)
    if not here.any() or size <= 0:
        return float("nan"), np.zeros(len(rows)), f"no chosen row has a {one.column}"
    value = float(weight @ y) / size
    return value, here * (y - value) / size, ""


def _linear(rule: Estimator, one: Estimand, n: int) -> Numbers:
    """What each row adds to an estimate that is as good as the truth, (n,)."""
    if one.what in ("total", "count"):
        return one.y
    if rule in (Estimator.HT, Estimator.RATIO):
        return one.y / n
    return one.here * (one.y - one.truth) / max(1, int(one.here.sum()))


def _tails(
    fit: EstimatorFit,
    linear: Numbers,
    sampling: Sampling,
    design: InclusionProbabilities,
    truths: Sequence[float],
) -> list[Skewness]:
    rest = fit.whole(linear)
    if sampling.fitted is not None:
        rest = np.where(sampling.fitted, centred(linear), rest)
    sizes = np.nan_to_num(np.abs(truths))
    return [tail(rest[:, at], design, float(size)) for at, size in enumerate(sizes)]


def _sampling(
    selection: Selection, variance: VarianceEstimator, values: Numbers, weight: Numbers, rule: Estimator
) -> Sampling | None:
    if variance.kind is VarianceMethod.NONE:
        return None
    if variance.kind is VarianceMethod.CLUSTERS:
        return entity_variance(values, weight, selection, plain=rule is Estimator.HT)
    return sampling_variance(
        values,
        weight,
        variance.kind,
        inclusion=selection.inclusion,
        multiplicity=selection.multiplicity,
        pinned=selection.pinned,
        design=selection.drawn,
    )
