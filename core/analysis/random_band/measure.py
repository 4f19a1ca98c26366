"""The random band: metric values of uniform random subsets, measured together.

Subsets drawn at the same budget from the same eligible rows under the same pins are the yardstick of every
strategy. What may be said of a value beside them is decided in `core.analysis.random_band.judge`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...foundation.progress import SILENT, Progress
from ...metrics.declaration import METRICS, WEIGHTED
from ...metrics.measure import measure_many
from ...metrics.pool import Pool
from ...metrics.stable import STABILITY, stability
from ...model.budget import Budget, amount_words
from ...strategies.running.select import about_rows
from .draw import band_subsets, band_weights, sized
from .means import means_of

FULL = 199
"""Random subsets in a full band; fewer is a preview, without words and marks."""
LOW, HIGH = 2.5, 97.5
TIE = 1e-6
"""Relative difference below which two values are one: products in single precision differ by about this."""
NOTHING = "not distinguishable from a random subset of this size"
NOTHING_COST = "not distinguishable from a random subset of this cost"

Values = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Band:
    """Metric values of uniform random subsets.

    Args:
        budget: Rows of each subset; under a cost budget about how many it buys.
        size: R, the number of values per metric.
        values: By M (subsets averaged into one value) and by metric: float64 (R,). A weighted form has the
            ending ``.weighted``.
        singles: Values of every single subset measured, R·M of them; a larger band starts from these.
        by_cost: The subsets are alike in what they cost, not in how many rows they hold.
        held: What each of M subsets holds, rows or cost, where that is not the budget: subsets of a strategy
            whose size is random or "at most" are judged at the size that they have. Replicate r is then M
            random subsets of these sizes, and a single one has the first of them.
    """

    budget: int
    size: int
    values: Mapping[int, Values]
    singles: Values = field(default_factory=dict)
    by_cost: bool = False
    held: tuple[float, ...] = ()

    @property
    def least(self) -> int:
        """Rows of the smallest subset, about."""
        return self.budget if self.by_cost else int(min(self.held, default=self.budget))

    @property
    def size_words(self) -> str:
        """What the subsets of `held` hold: "730 rows", "243 to 260 rows", "at a cost of 480".

        Example:
            >>> Band(250, 9, {}, held=(730, 730)).size_words, Band(250, 9, {}, held=(1, 3)).size_words
            ('730 rows', '1 to 3 rows')
        """
        low, high = (amount_words(pick(self.held)) for pick in (min, max))
        span = low if low == high else f"{low} to {high}"
        return f"at a cost of {span}" if self.by_cost else f"{span} row{'' if span == '1' else 's'}"

    @property
    def nothing(self) -> str:
        """What is said where chance reaches as far."""
        return NOTHING_COST if self.by_cost else NOTHING

    @property
    def alike(self) -> str:
        """In what the random subsets are like the others: "of the same size", "of the same cost"."""
        return f"of the same {'cost' if self.by_cost else 'size'}"

    @property
    def preview(self) -> bool:
        """Too few subsets for words and marks."""
        return self.size < FULL

    def alone(self, place: int) -> Band:
        """What one of the M subsets stands beside: single random subsets as large as that one.

        Metrics that were not measured subset by subset (downstream ones) stay those of the first.
        """
        if not self.held:
            return self
        step = len(self.held)
        own = {name: value[place : self.size * step : step] for name, value in self.singles.items()}
        return replace(self, values={1: {**self.values[1], **own}}, held=(self.held[place],))

    def of(self, seeds: int = 1) -> Values:
        """Values to place the mean of `seeds` subsets among."""
        return self.values[seeds]

    def limits(self, metric: str, seeds: int = 1) -> tuple[float, float]:
        """The 2.5 and 97.5 percentiles; NaN where the metric has no value."""
        values = self.values[seeds].get(metric)
        if values is None or not len(values) or np.isnan(values).any():
            return float("nan"), float("nan")
        low, high = np.percentile(values, [LOW, HIGH])
        return float(low), float(high)

    def always(self, metric: str, seeds: int = 1) -> bool:
        """Whether all of the values are one, and not only the 95 in 100 between the limits."""
        values = self.values[seeds].get(metric, np.empty(0))
        return bool(len(values) and np.ptp(values) <= TIE * np.abs(values).max() + 1e-12)

    def to_json(self) -> dict[str, object]:
        """The band of ``comparison.json``: R, budget, and per M and metric the percentiles and values."""
        return {
            "size": self.size,
            "budget": self.budget,
            **({"alike": self.alike} if self.by_cost else {}),
            **({"held": list(self.held)} if self.held else {}),
            "preview": self.preview,
            "percentiles": [LOW, HIGH],
            "by_seeds": {
                str(seeds): {
                    name: {
                        "low": _number(self.limits(name, seeds)[0]),
                        "high": _number(self.limits(name, seeds)[1]),
                        "values": [_number(value) for value in found],
                    }
                    for name, found in values.items()
                }
                for seeds, values in self.values.items()
            },
        }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def measure_band(
    pool: Pool,
    budget: int | Budget,
    *,
    size: int = FULL,
    seeds: int = 1,
    seed: int = 0,
    metrics: Sequence[str] | None = None,
    progress: Progress = SILENT,
    known: Band | None = None,
    held: Sequence[float] = (),
) -> Band:
    """Draw and measure the band.

    Args:
        pool: The prepared population: eligible rows and pins are its own.
        budget: Rows, pins included; or a cost budget. That has no weighted values: the size of a subset
            depends on the draw, so no design weights exist.
        size: R; 199 for a full band.
        seeds: M; where it is above 1, R means of M fresh subsets each are made besides the R single ones.
        seed: The recipe's seed.
        metrics: Ids; None for all that can be computed.
        progress: Called inside the loops; may cancel.
        known: A smaller band (a preview) of the same pool, budget, sizes and seed: its single values are
            reused.
        held: What each of M subsets holds, rows or cost, where that is not the budget
            (`core.analysis.random_band.own_size`). The work is that of any band with means of M, however many
            sizes there are.

    Returns:
        Replicates 0 … R-1 serve M = 1; the mean number r is over replicates r·M … r·M+M-1. With sizes of
        their own, M = 1 is served by the first of each M.
    """
    assert not held or len(held) == seeds
    total = size * seeds
    rows = about_rows(budget, pool.inputs)
    by_cost = isinstance(budget, Budget) and bool(budget.column)
    drawn = sized(held, budget) if held else budget
    kept = {} if known is None else dict(known.singles)
    done = len(next(iter(kept.values()))) if kept else 0
    before = known.values.get(seeds, {}).get(STABILITY, np.empty(0)) if known else np.empty(0)
    if done >= total and (seeds == 1 or len(before) >= size):
        return _gathered(rows, size, seeds, kept, before, by_cost, tuple(held))
    subsets = band_subsets(
        pool.inputs, drawn, done, max(total, done), seed=seed, progress=progress.part(0, 0.2)
    )
    found = measure_many(pool, subsets, metrics=metrics, progress=progress.part(0.2, 0.9))
    weighted: dict[str, NDArray[np.float64]] = {}
    pins = len(pool.inputs.pins)
    if by_cost:
        pass
    elif pins and not pool.inputs.pins_after_looking:
        weight = [band_weights(pool.inputs, len(one)) for one in subsets]
        weighted = measure_many(
            pool, subsets, weights=weight, metrics=metrics, progress=progress.part(0.9, 1)
        )
    elif not pins:
        # Equal weights: a weighted form is the unweighted one, except where only weights give it a value.
        weighted = {
            metric.id: found[metric.id] for metric in METRICS if metric.weighted and metric.id in found
        }
        if "effective-size" in weighted:
            weighted["effective-size"] = np.array([len(one) for one in subsets], np.float64)
    found = {name: value for name, value in found.items() if name != "effective-size"}
    merged = found | {name + WEIGHTED: value for name, value in weighted.items()}
    merged = {name: np.concatenate([kept.get(name, np.empty(0)), value]) for name, value in merged.items()}
    if seeds > 1 and (metrics is None or STABILITY in metrics):
        if done % seeds or len(before) != done // seeds:  # known from runs with another number of seeds
            subsets, before = band_subsets(pool.inputs, drawn, 0, total, seed=seed), np.empty(0)
        ahead = [stability(subsets[at : at + seeds]) for at in range(0, len(subsets), seeds)]
        before = np.concatenate([before, ahead])
    return _gathered(rows, size, seeds, merged, before, by_cost, tuple(held))


def _gathered(
    budget: int,
    size: int,
    seeds: int,
    singles: Values,
    shared: NDArray[np.float64],
    by_cost: bool,
    held: tuple[float, ...],
) -> Band:
    """A band from the values of single subsets, of which there are at least size · seeds.

    `shared` is what as many subsets as there are seeds share, (size,) or more; empty where not measured.
    """
    values = means_of(singles, size, seeds, turns=bool(held))
    if seeds > 1 and len(shared):
        values[seeds][STABILITY] = shared[:size]
    return Band(budget, size, values, dict(singles), by_cost, held)
