"""Tables in which every strategy is chance, or one is shifted: for the suite and the benchmarks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.analysis.random_band.draw import band_subsets
from core.analysis.random_band.judge import STEP, Verdict, judge
from core.analysis.random_band.measure import Band, measure_band
from core.metrics.declaration import METRICS, WEIGHTED
from core.metrics.measure import measure_many
from core.metrics.pool import Pool, prepare
from core.model.derived import Features, Groups
from core.model.inputs import Inputs

STRATEGIES = 8
OTHER = 1_000_000  # far from the seeds of the bands


@dataclass(frozen=True)
class Table:
    """One table: the band, and the values of strategies that are uniform random subsets themselves."""

    band: Band
    rows: tuple[Mapping[str, float], ...]
    seeds: int

    def verdicts(self) -> list[dict[str, Verdict]]:
        return [judge(row, self.band, seeds=self.seeds, strategies=len(self.rows)) for row in self.rows]

    @property
    def marked(self) -> bool:
        return any(verdict.marked for row in self.verdicts() for verdict in row.values())

    def planted(self, metric: str, shift: float) -> bool:
        """Whether the first strategy is marked on a metric that lies so many standard deviations off.

        In counts, as many fourths of a step, where that is more: less than a step cannot be.
        """
        values = self.band.of(self.seeds)[metric]
        grain = METRICS[metric].grain
        step = 0.0 if grain is None else grain(self.band.budget) / self.seeds / STEP
        moved = {**self.rows[0], metric: float(values.mean() + shift * max(values.std(ddof=1), step))}
        return judge(moved, self.band, seeds=self.seeds, strategies=len(self.rows))[metric].marked


def population(n: int, seed: int) -> Inputs:
    """Rows with features, columns of several kinds, groups of unequal size and texts."""
    rng = np.random.default_rng(seed)
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 12:] = np.arange(n, dtype=">u4").view(np.uint8).reshape(n, 4)
    codes = np.sort(rng.choice(4, n, p=[0.5, 0.3, 0.15, 0.05]))
    x = rng.normal(size=(n, 6)).astype(np.float32)
    x[:, 0] += 2 * codes
    frame = pd.DataFrame(
        {
            "skewed": rng.lognormal(size=n),
            "number": rng.normal(size=n) + codes,
            "kind": rng.choice(["a", "b", "c"], n, p=[0.7, 0.25, 0.05]),
        }
    )
    return Inputs(
        keys=keys,
        features=Features(x, "euclidean", "k", "l"),
        frame=frame,
        texts=["word " * int(count) for count in rng.geometric(0.1, n)],
        groups=Groups(codes, ("a", "b", "c", "d")),
    )


def measured(pool: Pool, budget: int, seed: int, seeds: int) -> tuple[Mapping[str, float], ...]:
    """Values of eight strategies, each the mean over uniform subsets that the band does not hold."""
    subsets = band_subsets(pool.inputs, budget, 0, STRATEGIES * seeds, seed=seed)
    plain = measure_many(pool, subsets)
    weighted = measure_many(pool, subsets, weights=[np.ones(budget)] * len(subsets))
    found = {name: values for name, values in plain.items() if name != "effective-size"}
    found |= {name + WEIGHTED: values for name, values in weighted.items()}
    means = {name: values.reshape(STRATEGIES, seeds).mean(axis=1) for name, values in found.items()}
    return tuple({name: float(v[at]) for name, v in means.items()} for at in range(STRATEGIES))


def tables(count: int, *, n: int = 150, budget: int = 25, seeds: int = 1, first: int = 0) -> Iterator[Table]:
    """All-random tables, each on a population of its own."""
    for seed in range(first, first + count):
        pool = prepare(population(n, seed))
        band = measure_band(pool, budget, seed=seed, seeds=seeds)
        yield Table(band, measured(pool, budget, seed + OTHER, seeds), seeds)
