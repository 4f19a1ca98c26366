"""What a comparison measured: each strategy's subsets and values, and where they stand beside the band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...foundation.wording import count
from ...metrics.declaration import METRICS, QUESTIONS, WEIGHTED
from ...model.budget import Budget
from ...model.recipe import Choice
from ...model.selection import Selection
from ...strategies.declaration import label_of
from ..random_band.judge import Verdict, beside, repeats
from ..random_band.measure import Band
from .overlap import GroupFact

if TYPE_CHECKING:
    import pandas as pd


REPEATED = "the same as unweighted: all weights are equal"
"""Said of a weighted value that only repeats the unweighted one; it is not judged a second time."""


@dataclass(frozen=True)
class StrategyResult:
    """What one strategy reached.

    Args:
        choice: What was asked.
        selections: One per seed; rows are positions in the data set.
        metrics: One mapping per seed: metric → value, weighted forms ending in ``.weighted``.
        reason: Why it did not run; "" where it did.
        probe_reason: Why it has no downstream values; "" where it has or none were asked.
        scored: Held-out rows that downstream values are over, by probe; empty without them.
        band: The random subsets beside which it is judged, where its own hold something else than the budget
            (here, or where downstream values are learned); None where those of the comparison do.
        learned: What each seed's probe learned from, rows or cost, where that is not the budget's share of
            the rows not held out; else empty.
    """

    choice: Choice
    selections: tuple[Selection, ...] = ()
    metrics: tuple[Mapping[str, float], ...] = ()
    reason: str = ""
    probe_reason: str = ""
    scored: Mapping[str, int] = field(default_factory=dict)
    band: Band | None = None
    learned: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        """What people call the strategy."""
        return label_of(self.choice)

    @property
    def seconds(self) -> float:
        """Wall time of all runs."""
        return sum(chosen.seconds for chosen in self.selections)

    @property
    def estimated(self) -> float:
        """What was estimated for all runs before they began."""
        return sum(chosen.estimated for chosen in self.selections)

    @cached_property
    def means(self) -> dict[str, float]:
        """Mean over seeds of each metric that every seed has."""
        if not self.metrics:
            return {}
        names = [name for name in self.metrics[0] if all(name in values for values in self.metrics)]
        return {name: float(np.mean([values[name] for values in self.metrics])) for name in names}


@dataclass(frozen=True)
class Reach:
    """What chance reaches on a metric, where 95 in 100 lie; the words say whose (see `Comparison.reach`).

    Args:
        low, high: The range; NaN where the band has no values.
        seeds: What it is of: 1 for single random subsets, M for means of M.
        means: The range for means beside it, where strategies that ran once and ones that ran
            several times stand together.
        means_of: How many subsets each of those means is of.
        always, means_always: All random subsets, or means, have the one value of a range without width.
    """

    low: float
    high: float
    seeds: int = 1
    means: tuple[float, float] | None = None
    means_of: int = 1
    always: bool = False
    means_always: bool = False


@dataclass(frozen=True)
class Measurements:
    """Strategies beside each other and beside chance, in numbers. `Comparison` adds the words.

    Args:
        results: One per choice that has been tried, in the order asked.
        verdicts: For each result, metric → what the band says.
        best: Metric → index of the result that is ahead of the second by more than luck gives, if one is.
        band: The random band at the budget; `band_of` gives that beside which a strategy is judged.
        budget: Rows asked of each strategy; under a cost budget about how many it buys.
        seed: What was asked.
        population: Eligible rows.
        overlap: Jaccard of the first seeds' subsets, (results, results); NaN where one did not run.
        overlap_chance: The same for uniform subsets of those sizes under the same pins.
        composition: Group names, their share of the population, and rows held by each result (first seed).
        worst: For each result the group it serves worst, where groups expect 5 rows.
        evaluation: The evaluation sample and conventions.
        seconds: Wall time so far.
        partial: Something asked for is not in it (still under way, or cancelled).
        cost: The cost budget, where one was asked for.
        inputs: Digest of everything that strategies and metrics looked at.
    """

    results: tuple[StrategyResult, ...]
    verdicts: tuple[Mapping[str, Verdict], ...]
    best: Mapping[str, int]
    band: Band
    budget: int
    seed: int
    population: int
    overlap: NDArray[np.float64]
    overlap_chance: NDArray[np.float64]
    composition: tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.int64]] | None
    worst: tuple[GroupFact | None, ...]
    evaluation: Mapping[str, object]
    seconds: float
    partial: bool = False
    cost: Budget | None = None
    inputs: str = ""

    @property
    def asked(self) -> str:
        """The budget and the rows it was asked of, in words: "35 of 178 rows"."""
        rows = f"{self.budget:,} of {count(self.population, 'row')}"
        return rows if self.cost is None else f"{self.cost.words}, about {rows}"

    @property
    def preview(self) -> bool:
        """The band is too small for words and marks."""
        return self.band.preview

    def band_of(self, at: int) -> Band:
        """The random subsets beside which a strategy is judged: as large as its own."""
        return self.results[at].band or self.band

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """Metrics with a value, headline ones first, then by question; weighted forms after the plain one.

        A weighted form that repeats the plain one for every strategy is left out.
        """
        found = {name for result in self.results for name in result.means} | set(self.band.of())
        found -= {
            name
            for name in found
            if name.endswith(WEIGHTED)
            and name.removesuffix(WEIGHTED) in found
            and all(repeats(name, result.means) for result in self.results if name in result.means)
        }
        ranked = sorted(METRICS, key=lambda metric: list(QUESTIONS).index(metric.question))
        plain = [m for m in ranked if m.headline] + [m for m in ranked if not m.headline]
        return tuple(name for m in plain for name in (m.id, m.id + WEIGHTED) if name in found)

    @property
    def headlines(self) -> tuple[str, ...]:
        """At most eight metrics to show first."""
        return tuple(name for name in self.metrics if name in METRICS and METRICS[name].headline)

    @property
    def seeds(self) -> tuple[int, ...]:
        """How often strategies ran, each number once; those that use no random numbers run once."""
        return tuple(sorted({len(result.selections) for result in self.results if result.selections}))

    @property
    def beside(self) -> str:
        """What values stand beside, in words: single random subsets, or means where all ran several times."""
        return beside(self.seeds[0] if len(self.seeds) == 1 else 1)

    def reach(self, name: str) -> Reach:
        """What the values of a metric stand beside: means over seeds stand among means of random subsets.

        Subsets of another size than the budget have a range of their own (`own_reach`), unless they are the
        only ones here.
        """
        here = [result for result in self.results if name in result.means]
        usual = [result for result in here if result.band is None]
        band = self.band
        if here and not usual and all(result.band == here[0].band for result in here[1:]):
            band, usual = here[0].band or band, here
        runs = {len(result.selections) for result in usual or here}
        several = max(runs, default=1)
        seeds = several if runs == {several} else 1
        both = several > 1 and 1 in runs
        means = band.limits(name, several) if both else None
        return Reach(
            *band.limits(name, seeds),
            seeds,
            means,
            several if both else 1,
            band.always(name, seeds),
            both and band.always(name, several),
        )

    def own_reach(self, name: str, at: int) -> tuple[float, float] | None:
        """What random subsets of a strategy's own size reach, where that is another range than `reach`."""
        result = self.results[at]
        if result.band is None or name not in result.means:
            return None
        own = result.band.limits(name, len(result.selections))
        usual = self.reach(name)
        return None if np.isnan(own).any() or own == (usual.low, usual.high) else own

    def metrics_table(self) -> pd.DataFrame:
        """One row per strategy and metric: mean and spread over seeds, band, standing, mark and words."""
        import pandas as pd

        rows = []
        for at, (result, verdicts) in enumerate(zip(self.results, self.verdicts, strict=True)):
            for name in self.metrics:
                if name not in result.means:
                    continue
                metric = METRICS[name.removesuffix(WEIGHTED)]
                band = self.band_of(at)
                low, high = band.limits(name, len(result.selections))
                values = [seed[name] for seed in result.metrics]
                verdict = verdicts.get(name) or Verdict(np.nan, words=REPEATED)
                rows.append(
                    {
                        "strategy": result.name,
                        "id": result.choice.id,
                        "metric": name,
                        "label": metric.label,
                        "form": "what it estimates" if name.endswith(WEIGHTED) else "what you hold",
                        "question": metric.question,
                        "direction": metric.direction,
                        "unit": metric.unit,
                        "mean": result.means[name],
                        "sd": float(np.std(values, ddof=1)) if len(values) > 1 else np.nan,
                        "seeds": len(values),
                        "band_low": low,
                        "band_high": high,
                        "band_rows": band.budget if band.by_cost or not band.held else np.mean(band.held),
                        "standing": verdict.standing,
                        "p": verdict.p,
                        "marked": verdict.marked,
                        "ahead": self.best.get(name) == at,
                        "words": verdict.words,
                    }
                )
        return pd.DataFrame(rows)

    def composition_table(self) -> pd.DataFrame | None:
        """Groups × strategies: rows held (first seed) beside the data set's share; None without groups."""
        import pandas as pd

        if self.composition is None:
            return None
        names, shares, counts = self.composition
        table = pd.DataFrame({"group": names, "data set": shares})
        for at, label in enumerate(_distinct([result.name for result in self.results])):
            table[label] = counts[:, at]
        return table

    def overlap_table(self) -> pd.DataFrame:
        """Jaccard overlap between strategies (first seeds)."""
        import pandas as pd

        names = _distinct([result.name for result in self.results])
        return pd.DataFrame(self.overlap, index=names, columns=names)


def _distinct(names: Sequence[str]) -> list[str]:
    """Names made distinct by a number where they repeat."""
    out: list[str] = []
    for name in names:
        number, made = 2, name
        while made in out:
            made, number = f"{name} ({number})", number + 1
        out.append(made)
    return out
