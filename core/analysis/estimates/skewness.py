"""Skewness of an estimator under its design, computed over the whole population from the known column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...model.selection import Selection
from ...strategies.variance import VarianceMethod

Numbers = NDArray[np.float64]

SKEWED = 0.2
"""Skewness of the estimate above which a note is due: |G₁|/√n > 1/5, Cochran's n < 25·G₁²."""

_SURE = 1 - 1e-6  # chances are kept in single precision
_NOTHING = 1e-9  # of the estimate: a deviation below it is rounding
_TOP = 100  # the share that 1 unit in so many has of the variation is reported


@dataclass(frozen=True)
class InclusionProbabilities:
    """The design as it is for all rows, drawn or not.

    Args:
        chance: π of each row, or the expected draws of it, shape (n,).
        strata: Part of each row.
        units: What is drawn where that is not the row, shape (n,).
        again: Whether a row can come more than once.
        known: Whether the chances are those of the design; else they are taken as equal.
        expected: Units expected, where their number is left to chance.
    """

    chance: Numbers
    strata: Rows
    units: Rows | None
    again: bool
    known: bool
    expected: float | None = None

    @property
    def even(self) -> bool:
        """Whether all rows that are left to chance have the same chance, and come one by one."""
        loose = self.chance[self._loose(self.chance)]
        return self.units is None and (not len(loose) or float(np.ptp(loose)) <= 1e-5 * float(loose.max()))

    def _loose(self, chance: Numbers) -> NDArray[np.bool_]:
        return (chance > 0) & (self.again | (chance < _SURE))


@dataclass(frozen=True)
class Skewness:
    """What a design and a column do to an estimate.

    Args:
        skewness: Of the estimate over its own standard error, as far as it follows from large contributions.
        units: How many rows or entities the draw leaves to chance, on average.
        worth: How many units of equal weight they are worth, (Σt)²/Σt², on average.
        deviation: Of the estimate, by the design without anything balanced.
        fixed: Whether every draw of the design gives the same number.
        top: 1 in 100 of the units that can come, 1 at least.
        held: The share of the variation (the variance by the design, without anything balanced) that so many
            units make up, those that add most to it.
    """

    skewness: float
    units: float
    worth: float
    deviation: float
    fixed: bool
    top: int = 1
    held: float = 0.0


def chances(selection: Selection, rows: Rows, kind: VarianceMethod) -> InclusionProbabilities:
    """The chances of all rows that a subset was drawn by; equal ones where its design does not tell them.

    Args:
        selection: The subset.
        rows: Its positions among the eligible rows, pins first.
        kind: What its variance is estimated by.
    """
    n, drawn = selection.population, selection.drawn
    again = kind is VarianceMethod.REPLACEMENT or (
        kind is VarianceMethod.UPPER and selection.multiplicity is not None
    )
    strata = np.zeros(n, np.int64)
    if drawn is not None and drawn.all_strata is not None:
        strata = drawn.all_strata.astype(np.int64)
    if drawn is not None and drawn.all_chances is not None:
        units = None if drawn.all_units is None else drawn.all_units.astype(np.int64)
        chance = drawn.all_chances.astype(np.float64)
        return InclusionProbabilities(chance, strata, units, again, True, drawn.expected)
    loose = max(1, n - selection.pinned)
    chance = np.full(n, max(0, selection.draws - selection.pinned) / loose)
    chance[rows[: selection.pinned]] = 0.0 if again else 1.0
    return InclusionProbabilities(chance, strata, None, again, kind is VarianceMethod.SRS)


def tail(values: Numbers, design: InclusionProbabilities, size: float) -> Skewness:
    """Skewness and effective units of Σ values/π over all draws of a design.

    With c = π(1 − π), ě = value/π and d = ě less its c-weighted mean in each part, the variance of the
    estimate is about V = Σ c·d², and the third cumulant of (estimate − truth)/standard error is, to first
    order, −2·Σ c·(1 − π/2)·d³ / V^1.5: twice the skewness of a mean of n values where chances are equal and
    small, of which Cochran's rule n > 25·G₁² is that it stays below 1/5. For draws with replacement
    c is the expected number of draws and the factor 1 − π/2 is 1.

    Args:
        values: What each row adds to the estimate once linearised (y for a total, (y − mean)/N for a mean,
            residuals for calibrated weights), over all rows, shape (n,).
        design: The chances.
        size: Of the estimate, to tell what is rounding.

    Returns:
        A `Skewness`. O(n) time and memory.

    Source: Cochran, Sampling Techniques, 1977, section 2.15; the correction for chances that are not small
    follows from the cumulants of conditional Poisson sampling (Hájek, 1964).

    Example:
        >>> y = np.array([0.0] * 99 + [1.0])
        >>> even = InclusionProbabilities(np.full(100, 0.1), np.zeros(100, np.int64), None, False, True)
        >>> found = tail(y, even, 1.0)
        >>> round(found.skewness, 2), round(found.units)
        (3.12, 10)
    """
    chance, strata = design.chance, design.strata
    if design.units is not None:
        _, first, code = np.unique(design.units, return_index=True, return_inverse=True)
        summed: Numbers = np.bincount(code, values).astype(np.float64)
        values, chance, strata = summed, chance[first], strata[first]
    loose = (chance > 0) & (design.again | (chance < _SURE))
    if not loose.any():
        return Skewness(0.0, 0.0, 0.0, 0.0, True)
    pi = chance[loose]
    part: Rows = np.unique(strata[loose], return_inverse=True)[1].astype(np.int64)
    with np.errstate(over="ignore"):
        expanded = values[loose] / pi
    scale = float(np.abs(expanded).max())  # so that no power of it is lost
    units = float(pi.sum())
    if not np.isfinite(scale):  # chances so small that such a row cannot be made up for
        return Skewness(np.inf, units, 1.0, np.inf, False, held=1.0)
    expanded = expanded / (scale or 1.0)
    c = pi if design.again else pi * (1 - pi)
    centre = np.bincount(part, c * expanded) / np.bincount(part, c)
    d = expanded - centre[part]
    pieces = c * d**2
    second = float(pieces.sum())
    third = float((c if design.again else c * (1 - pi / 2)) @ d**3)
    size_left = 0.0
    if design.expected is not None:
        left = design.expected % 1.0
        size_left = left * (1 - left) * float(pi @ expanded / units) ** 2 if min(left, 1 - left) > 1e-6 else 0
    deviation = scale * float(np.sqrt(second + size_left))
    if deviation <= _NOTHING * size:
        return Skewness(0.0, units, units, deviation, design.known)
    if second <= _NOTHING**2 * size_left:  # nothing varies but the number of units
        return Skewness(0.0, units, units, deviation, False)
    spread = np.abs(d)
    worth = float(pi @ spread) ** 2 / float(pi @ spread**2)
    top = max(1, len(pieces) // _TOP)
    held = float(np.partition(pieces, len(pieces) - top)[-top:].sum()) / second
    return Skewness(third / second**1.5, units, worth, deviation, False, top, held)
