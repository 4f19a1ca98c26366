"""When an interval can be too short, in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..selection import Selection
from ..strategies import STRATEGIES, Variance
from ..types import Rows
from ._intervals import Claim
from ._tails import SKEWED, Chances, Tail
from ._variance import Sampling
from ._wanted import Wanted

Numbers = NDArray[np.float64]

FEW = 30
"""Rows, or entities, of equal weight below which an interval is said to be unsure."""

_LARGEST = 100  # the largest 1 in so many rows are told of,
_MUCH = 3  # where they hold so many times what equal ones would
ONE = {"rows": "row", "entities": "entity"}


class Doubts:
    """What makes intervals of one subset too short.

    Args:
        selection: The subset.
        rows: Its positions among the eligible rows.
        kind: What its variance is estimated by.
        weight: Weights of the estimator, (k,).
        expanded: Residuals times design weights, (k, j).
    """

    def __init__(
        self, selection: Selection, rows: Rows, kind: Variance, weight: Numbers, expanded: Numbers
    ) -> None:
        self._label = STRATEGIES[selection.strategy].label
        self._selection, self._rows, self._kind = selection, rows, kind
        self._weight, self._expanded = weight, expanded

    def of(self, claim: Claim, one: Wanted, at: int, sampling: Sampling, tail: Tail, design: Chances) -> str:
        """Why the interval of a claim can be too short; "" where nothing is known against it."""
        if claim.holds is None or not sampling.units or claim.error == 0:
            return ""
        found = [self._entities(at, tail) if self._kind is Variance.CLUSTERS else self._few()]
        found.append(self._skewed(claim, one, tail, design))
        told = " ".join(
            text if not at else text[0].upper() + text[1:] for at, text in enumerate(filter(None, found))
        )
        return (
            f"{self._label}, {claim.column}{f' = {claim.value}' if claim.value else ''}: {told}"
            if told
            else ""
        )

    def _few(self) -> str:
        """Few rows that carry the weight (Kish, 1965): simulations then miss 95 % by up to ten points."""
        weight = self._weight
        worth = float(weight.sum() ** 2 / (weight @ weight)) if weight.any() else 0.0
        if worth >= min(FEW, 0.8 * len(weight)):  # few rows of about equal weight speak for themselves
            return ""
        return (
            f"{len(weight):,} rows are worth only {worth:.0f} of equal weight; with so few, the interval can "
            "be too short."
        )

    def _entities(self, at: int, tail: Tail) -> str:
        """Few entities that carry the estimate, in this subset or in a typical one."""
        drawn, selection = self._selection.drawn, self._selection
        assert drawn is not None
        assert drawn.units is not None
        assert selection.inclusion is not None
        loose = selection.inclusion < 1
        units, code = np.unique(drawn.units[loose], return_inverse=True)
        totals = np.abs(np.bincount(code, self._expanded[loose, at]))
        here = float(totals.sum() ** 2 / (totals @ totals)) if totals.any() else 0.0
        worth = min(here, tail.worth)
        if worth >= FEW:
            return ""
        text = (
            f"{len(units):,} entities were left to chance, and they are worth only {worth:.0f} that count "
            "equally; with so few, the interval can be too short."
        )
        if selection.params.get("draw") != "pps" and worth < 0.5 * len(units):
            text += ' Entities of uneven size count more equally under draw="pps".'
        return text

    def _skewed(self, claim: Claim, one: Wanted, tail: Tail, design: Chances) -> str:
        """A heavy tail of what rows contribute under the design: n < 25·G₁²."""
        skewness = tail.skewness
        if claim.what in ("share", "count"):
            if design.even:
                return ""
            skewness -= self._wilson(one, tail)
        if abs(skewness) <= SKEWED:
            return ""
        what = "entities" if design.units is not None else "draws" if design.again else "rows"
        needed = tail.units * (skewness / SKEWED) ** 2
        values = _by_unit(one.y, design.units)
        most = len(values)
        many = f"about {needed:,.0f}" if needed < most else f"more than all {most:,}"
        text = (
            f"a few {what} of large weighted value decide it; a 95 % interval would need {many} of them, "
            f"and {tail.units:,.0f} are left to chance, so it can be too short."
        )
        return text + ("" if one.value else _largest(values, what if design.units is not None else "rows"))

    def _wilson(self, one: Wanted, tail: Tail) -> float:
        """The skewness that Wilson's form allows for."""
        share = float(one.y.mean())
        part = share * (1 - share)
        scale = 1.0 if one.what == "share" else len(one.y)
        return (1 - 2 * share) * tail.deviation / scale / part if part > 0 else 0.0


def _by_unit(values: Numbers, units: Rows | None) -> Numbers:
    """What each thing that can be drawn has: a row, or an entity with all of its rows."""
    if units is None:
        return values
    return np.bincount(np.unique(units, return_inverse=True)[1], values).astype(np.float64)


def _largest(values: Numbers, what: str) -> str:
    """How much of a total few rows or entities hold; "" where that is not much."""
    total = float(values.sum())
    if total <= 0 or float(values.min()) < 0:
        return ""
    count = max(1, len(values) // _LARGEST)
    held = float(np.partition(values, len(values) - count)[-count:].sum()) / total
    if held < _MUCH * count / len(values):
        return ""
    which = f"largest {count:,} {what} hold" if count > 1 else f"largest {ONE[what]} holds"
    return f" The {which} {100 * held:.0f} % of the total."
