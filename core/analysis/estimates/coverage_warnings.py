"""When an interval can be too short, in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.wording import clause
from ...model.selection import Selection
from ...strategies.declaration import STRATEGIES
from ...strategies.variance import VarianceMethod
from .estimands import Estimand
from .intervals import Estimate
from .skewness import SKEWED, InclusionProbabilities, Skewness
from .variance import Sampling

Numbers = NDArray[np.float64]

FEW = 30
"""Rows, or entities, of equal weight below which an interval is said to be unsure."""

_MUCH = 0.2  # of the variation in 1 unit of 100: from here on few decide, below the values are but skewed
_ALIKE = 0.8  # of the entities would be worth as much if sizes alone counted: not uneven


class CoverageWarnings:
    """What makes intervals of one subset too short.

    Args:
        selection: The subset.
        rows: Its positions among the eligible rows.
        kind: What its variance is estimated by.
        weight: Weights of the estimator, (k,).
        expanded: Residuals times design weights, (k, j).
    """

    def __init__(
        self, selection: Selection, rows: Rows, kind: VarianceMethod, weight: Numbers, expanded: Numbers
    ) -> None:
        self._label = STRATEGIES[selection.strategy].label
        self._selection, self._rows, self._kind = selection, rows, kind
        self._weight, self._expanded = weight, expanded

    def of(
        self,
        claim: Estimate,
        one: Estimand,
        at: int,
        sampling: Sampling,
        tail: Skewness,
        design: InclusionProbabilities,
    ) -> str:
        """Why the interval of a claim can be too short; "" where nothing is known against it."""
        if claim.holds is None or not sampling.units or claim.error == 0:
            return ""
        found = [self._entities(at, tail) if self._kind is VarianceMethod.CLUSTERS else self._few()]
        found.append(self._skewed(claim, one, tail, design))
        told = " ".join(text for text in found if text)
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
            f"{clause(len(weight), 'row', 'is', 'are')} worth only {worth:.0f} of equal weight; with so "
            "few, the interval can be too short."
        )

    def _entities(self, at: int, tail: Skewness) -> str:
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
            f"{clause(len(units), 'entity', 'was', 'were')} left to chance, worth only {worth:.0f} that "
            "count "
            "equally; with so few, the interval can be too short."
        )
        sizes = np.bincount(code).astype(np.float64)
        uneven = float(sizes.sum() ** 2 / (sizes @ sizes)) < _ALIKE * len(units) if len(units) else False
        if selection.params.get("draw") != "pps" and uneven and worth < 0.5 * len(units):
            text += ' Entities of uneven size count more equally under draw="pps".'
        return text

    def _skewed(self, claim: Estimate, one: Estimand, tail: Skewness, design: InclusionProbabilities) -> str:
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
        most = len(design.chance) if design.units is None else len(np.unique(design.units))
        many = f"about {needed:,.0f}" if needed < most or design.again else f"more than all {most:,}"
        few = tail.held >= _MUCH
        lead = f"a few {what} of large weighted value decide it" if few else "weighted values are skewed"
        text = (
            f"{lead}; a 95 % interval would need {many} {what}, and {tail.units:,.0f} are left to chance, "
            "so it can be too short."
        )
        one_by_one = "rows" if design.units is None else "entities"
        most_of_it = (
            f"The {tail.top:,} {one_by_one} that weigh most make"
            if tail.top > 1
            else "The one that weighs most makes"
        )
        return text + f" {most_of_it} up {100 * tail.held:.0f} % of the variation." * few

    def _wilson(self, one: Estimand, tail: Skewness) -> float:
        """The skewness that Wilson's form allows for."""
        share = float(one.y.mean())
        part = share * (1 - share)
        scale = 1.0 if one.what == "share" else len(one.y)
        return (1 - 2 * share) * tail.deviation / scale / part if part > 0 else 0.0
