"""The estimators: what each does to the design weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.errors import ColumnError, ParameterError
from ...foundation.wording import clause, count, some
from ...model.columns import as_numbers, why_no_number
from ...model.inputs import Inputs
from ...strategies.parts.column_parameters import is_number
from .auxiliary import auxiliary, margin
from .calibration import TOLERANCE, centred, fitted_residuals, greg_factors, margin_residuals, rake

Numbers = NDArray[np.float64]
_LISTED = 3


class Estimator(StrEnum):
    """A rule from chosen rows and their weights to a number about all rows."""

    HT = "horvitz-thompson"
    HAJEK = "hajek"
    RATIO = "ratio"
    GREG = "greg"
    RAKING = "raking"

    @property
    def label(self) -> str:
        """Its name."""
        return _ABOUT[self][0]

    @property
    def sentence(self) -> str:
        """What it does, in one line."""
        return _ABOUT[self][1]


_ABOUT = {
    Estimator.HT: ("Horvitz–Thompson", "Each chosen row stands for 1/π rows; right on average, exactly."),
    Estimator.HAJEK: ("Hájek", "Weights are scaled to add up to the number of rows; steady, a safe default."),
    Estimator.RATIO: (
        "Ratio",
        "Uses one number known for all rows, such as size, that the wanted one grows in proportion to.",
    ),
    Estimator.GREG: (
        "Regression (GREG)",
        "Shifts the weights so that known totals of any columns are met exactly.",
    ),
    Estimator.RAKING: (
        "Raking",
        "Multiplies the weights until the known counts of some categories are met; weights stay positive.",
    ),
}


@dataclass(frozen=True)
class EstimatorFit:
    """Weights of an estimator: factors on the design weights, and what residuals are taken from.

    Args:
        factors: On the weights of the chosen rows, (k,).
        table, ratio: What residuals of the chosen rows are taken from.
        whole: Residuals of values of all rows, (n, j) to (n, j).
        extra: Rank of the fit beyond a constant.
        reason: Why it cannot be made.
        notes: What a reader must know.
    """

    factors: Numbers
    table: Numbers | None = None
    ratio: Numbers | None = None
    whole: Callable[[Numbers], Numbers] = np.asarray
    extra: int = 0
    reason: str = ""
    notes: tuple[str, ...] = ()


def fit(
    rule: Estimator,
    population: Inputs,
    rows: Rows,
    weight: Numbers,
    names: Sequence[str],
    bounds: tuple[float, float] | None,
) -> EstimatorFit:
    """Factors on the design weights, what residuals are taken from, or why it cannot be done."""
    one = np.ones(len(rows))
    if rule is Estimator.HT:
        return EstimatorFit(one)
    if rule is Estimator.HAJEK:
        return EstimatorFit(np.full(len(rows), population.n / weight.sum()), one[:, None], whole=centred)
    if not names:
        raise ParameterError(
            f"{rule.label} needs auxiliary columns", "none is named", "name columns known for all rows"
        )
    if rule is Estimator.RATIO:
        return _ratio(population, rows, weight, names)
    if rule is Estimator.GREG:
        made = auxiliary(population, names)
        lost = [f"{m.name} = {value}" for m in made.margins for value in m.lost(rows)]
        if lost:
            return EstimatorFit(one, reason=_uncovered(lost))
        table = made.table[rows]
        factors = greg_factors(weight, table, made.totals)
        size = np.abs(made.table).sum(axis=0)
        if (np.abs((weight * factors) @ table - made.totals) > TOLERANCE * size).any():
            return EstimatorFit(one, reason="the chosen rows cannot reproduce the known totals")
        notes = made.notes
        below = int((factors < 0).sum())
        if below:
            notes += (f"{count(below, 'weight')} became negative; raking keeps all positive.",)
        even = np.ones(population.n)
        return EstimatorFit(
            factors,
            table,
            whole=lambda values: fitted_residuals(values, even, made.table),
            extra=_rank(table) - 1,
            notes=notes,
        )
    found = [margin(population, name) for name in names]
    lost = [f"{m.name} = {value}" for m, _ in found for value in m.lost(rows)]
    if lost:
        return EstimatorFit(one, reason=_uncovered(lost))
    raked = rake(weight, [m.codes[rows] for m, _ in found], [m.counts for m, _ in found], bounds=bounds)
    if not raked.converged:
        return EstimatorFit(
            one,
            reason=f"raking did not converge: after {count(raked.rounds, 'round')} a margin is still off by "
            f"{100 * raked.gap:.2g} % of the rows",
        )
    table = np.concatenate(
        [(m.codes[rows][:, None] == np.flatnonzero(m.counts)).astype(np.float64) for m, _ in found], axis=1
    )
    notes = tuple(note for _, more in found for note in more)
    return EstimatorFit(
        raked.factors,
        table,
        whole=lambda values: margin_residuals(values, [m.codes for m, _ in found]),
        extra=_rank(table) - 1,
        notes=notes,
    )


def _ratio(population: Inputs, rows: Rows, weight: Numbers, names: Sequence[str]) -> EstimatorFit:
    one = np.ones(len(rows))
    if len(names) != 1:
        raise ParameterError("A ratio uses one number column", f"{len(names)} are named", "name one")
    if not is_number(population, names[0]):
        why = why_no_number(population.column(names[0]))
        raise ColumnError(f"A ratio cannot use {names[0]}", why, "choose a number column")
    x = as_numbers(population.column(names[0]), names[0])
    lost, below = int(np.isnan(x).sum()), int((x < 0).sum())
    if lost or below or not np.isfinite(x.sum()):
        what = (
            f"{clause(lost, 'row', 'has', 'have')} no {names[0]}"
            if lost
            else f"{clause(below, 'row', 'has', 'have')} a negative {names[0]}"
        )
        return EstimatorFit(one, reason=f"a ratio needs a number of 0 or more in every row, and {what}")
    estimated = float(weight @ x[rows])
    if estimated <= 0:
        return EstimatorFit(one, reason=f"{names[0]} is 0 in every chosen row")
    total = float(x.sum())
    return EstimatorFit(
        np.full(len(rows), total / estimated),
        ratio=x[rows],
        whole=lambda values: values - np.outer(x, values.sum(axis=0)) / total,
    )


def _uncovered(lost: Sequence[str]) -> str:
    named = some(lost, _LISTED)
    return f"no chosen row has {named}, which all rows have; leave that column out or choose a coarser one"


def _rank(table: Numbers) -> int:
    size = np.abs(table).max(axis=0)
    return int(np.linalg.matrix_rank(table[:, size > 0] / size[size > 0]))
