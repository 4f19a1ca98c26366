"""Metrics against the budget, as a result: values, rows and gaps of every strategy, beside the band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.knee import Knee, knee
from ...foundation.errors import ParameterError
from ...foundation.progress import SILENT, Progress
from ...metrics.declaration import METRICS
from ...metrics.measure import measure_many
from ...metrics.pool import Pool
from ...model.recipe import Choice
from ...strategies.declaration import label_of
from ..random_band.measure import Band

if TYPE_CHECKING:
    import pandas as pd

Table = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Curve:
    """One strategy at every budget.

    Args:
        choice: What was asked.
        nested: It ran once per seed, and smaller budgets are its first rows.
        runs: Seeds; 1 for a deterministic strategy.
        picks: Budget that was run → for each seed the rows, as positions in the eligible population. A nested
            strategy has its largest budget alone.
        held: Rows actually held, int64 (budgets, seeds); 0 where it was refused.
        values: Metric → float64 (budgets, seeds), NaN where it was refused or has no value.
        reasons: For each budget why there is nothing; "" where there is.
        seconds: Wall time of the runs and their measuring.
    """

    choice: Choice
    nested: bool
    runs: int
    picks: Mapping[int, tuple[Rows, ...]]
    held: NDArray[np.int64]
    values: Table
    reasons: tuple[str, ...]
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """What people call the strategy."""
        return label_of(self.choice)

    @property
    def reason(self) -> str:
        """Why it has no value at any budget; "" where it has one."""
        return self.reasons[-1] if all(self.reasons) else ""

    def inner(self, budget: int, seed: int = 0) -> Rows | None:
        """Rows at a budget as positions in the population; None where none are known."""
        if not self.nested:
            found = self.picks.get(budget)
            return None if found is None else found[seed]
        longest = max(self.picks, default=0)
        return self.picks[longest][seed][:budget] if budget <= longest else None

    def nearest(self, budget: int) -> int | None:
        """The budget with known rows that is nearest, in the logarithm of rows; the smaller of two."""
        if self.nested:
            longest = max(self.picks, default=0)
            return min(budget, longest) if longest else None
        return min(self.picks, key=lambda known: (abs(np.log(known / budget)), known), default=None)


@dataclass(frozen=True)
class Curves:
    """Strategies and chance at a grid of budgets. Make it with `curves`.

    Args:
        budgets: Rows, ascending; pins included.
        asked: The budget asked for, which is one of them.
        curves: One per choice that has been tried, in the order asked.
        band: The random band at each budget.
        metrics: Ids that were measured, headline ones first.
        seed: The recipe's seed.
        pool: The population, for measuring further prefixes.
        eligible: Positions of the population's rows in the data set; None where it is all of it.
        seconds: Wall time so far.
        partial: Something asked for is not in it (still under way, or cancelled).
    """

    budgets: tuple[int, ...]
    asked: int
    curves: tuple[Curve, ...]
    band: tuple[Band, ...]
    metrics: tuple[str, ...]
    seed: int
    pool: Pool = field(repr=False, compare=False)
    eligible: Rows | None = field(repr=False, compare=False, default=None)
    seconds: float = 0.0
    partial: bool = False

    @property
    def preview(self) -> bool:
        """The band is too small for words and marks: its strip is coarse."""
        return self.band[0].preview

    @property
    def population(self) -> int:
        """Eligible rows."""
        return self.pool.n

    @property
    def headlines(self) -> tuple[str, ...]:
        """Metrics to show first."""
        return tuple(name for name in self.metrics if METRICS[name].headline)

    def means(self, at: int, metric: str) -> NDArray[np.float64]:
        """Mean over seeds of a strategy's metric at each budget, (budgets,); NaN where a seed has none."""
        found = self.curves[at].values.get(metric)
        return np.full(len(self.budgets), np.nan) if found is None else found.mean(axis=1)

    def limits(self, metric: str, seeds: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The 2.5 and 97.5 percentiles of the band at each budget, each (budgets,)."""
        pairs = [one.limits(metric, seeds if seeds in one.values else 1) for one in self.band]
        return np.array([low for low, _ in pairs]), np.array([high for _, high in pairs])

    def rows(self, at: int, budget: int, seed: int = 0) -> Rows | None:
        """A strategy's rows at a budget, as positions in the data set; None where none are known."""
        found = self.curves[at].inner(budget, seed)
        return found if found is None or self.eligible is None else self.eligible[found]

    def measure(
        self, at: int, budgets: Sequence[int], metrics: Sequence[str], progress: Progress = SILENT
    ) -> Table:
        """Metrics of a nested strategy's first rows, for any budgets within reach.

        Returns:
            Metric → float64 (budgets, seeds). Measured now, in one batch; nothing is run.

        Raises:
            ParameterError: A budget whose rows are not known.
        """
        curve = self.curves[at]
        subsets = []
        for budget in budgets:
            for seed in range(curve.runs):
                rows = curve.inner(budget, seed)
                if rows is None:
                    raise ParameterError(
                        f"{curve.name} has no rows at a budget of {budget:,}",
                        "it was not run there",
                        "take one of the budgets that were measured",
                    )
                subsets.append(rows)
        found = measure_many(self.pool, subsets, metrics=metrics, progress=progress)
        return {name: values.reshape(len(budgets), curve.runs) for name, values in found.items()}

    def knee(self, at: int, metric: str) -> Knee | None:
        """The pronounced bend of a strategy's curve, if there is one; see `arrays.knee`."""
        low, high = self.limits(metric, self.curves[at].runs)
        return knee(self.budgets, self.means(at, metric).tolist(), noise=_width(low, high))

    def chance_knee(self, metric: str) -> Knee | None:
        """The same of the mean of the random subsets: a bend there belongs to the metric, not a strategy."""
        if metric not in self.band[0].of():
            return None
        means = [float(one.of()[metric].mean()) for one in self.band]
        return knee(self.budgets, means, noise=_width(*self.limits(metric)) / self.band[0].size ** 0.5)

    def table(self) -> pd.DataFrame:
        """One row per strategy, budget and metric: rows held, mean and spread over seeds, band, knee."""
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for at, curve in enumerate(self.curves):
            for name in self.metrics:
                low, high = self.limits(name, curve.runs)
                bend, means = self.knee(at, name), self.means(at, name)
                for step, budget in enumerate(self.budgets):
                    values = curve.values[name][step] if name in curve.values else np.full(1, np.nan)
                    rows.append(
                        {
                            "strategy": curve.name,
                            "id": curve.choice.id,
                            "budget": budget,
                            "rows": float(curve.held[step].mean()),
                            "metric": name,
                            "label": METRICS[name].label,
                            "direction": METRICS[name].direction,
                            "unit": METRICS[name].unit,
                            "mean": means[step],
                            "lowest": values.min(),
                            "highest": values.max(),
                            "seeds": curve.runs,
                            "band_low": low[step],
                            "band_high": high[step],
                            "band_size": self.band[step].size,
                            "asked": budget == self.asked,
                            "knee": bend is not None and bend.at == step,
                            "nested": curve.nested,
                            "reason": curve.reasons[step],
                        }
                    )
        return pd.DataFrame(rows)


def _width(low: NDArray[np.float64], high: NDArray[np.float64]) -> float:
    wide = (high - low)[np.isfinite(high - low)]
    return float(np.median(wide)) if len(wide) else 0.0
