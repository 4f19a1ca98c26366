"""What an earlier comparison found already, so that the next one does nothing twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from ...foundation.artifact_store import digest
from ...metrics.declaration import METRICS
from ...metrics.pool import Pool
from ...metrics.predictions import STRATA
from ...model.budget import Budget
from ...model.open_registry import packages_in
from ...model.recipe import Choice
from ...strategies.declaration import STRATEGIES
from ...strategies.running.select import about_rows
from ..random_band.measure import Band, Values
from .comparison import Comparison
from .measurements import StrategyResult
from .unmeasured import LACKING

DOWNSTREAM = "downstream"
T = TypeVar("T")


@dataclass(frozen=True)
class EarlierResults:
    """Results and random subsets that hold for the comparison that is about to run.

    Args:
        results: By what was asked (`name_of`) and number of runs, without downstream values.
        probed: The same with them, where they were made.
        bands: Random bands.
        evaluation: Conventions that the earlier runs recorded.
    """

    results: Mapping[tuple[str, int], StrategyResult] = field(default_factory=dict)
    probed: Mapping[tuple[str, int], StrategyResult] = field(default_factory=dict)
    bands: tuple[Band, ...] = ()
    evaluation: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        earlier: Sequence[Comparison],
        pool: Pool,
        *,
        budget: int | Budget,
        seed: int,
        described: str,
    ) -> EarlierResults:
        """What of some earlier comparisons holds for this population, budget and seed.

        A comparison fits where it was made of the same inputs (of a cost budget also the column of costs),
        with the same seed and budget. A result of it is taken where the strategy and its package have the
        same version; what failed is tried again. Downstream values and those of random subsets are taken from
        the first comparison that fits.

        Args:
            earlier: Comparisons, finished or partial, the most telling first.
            pool: The prepared population.
            budget, seed: As in `core.analysis.comparison.run.compare`.
            described: Digest of the inputs (`inputs_digest`). Where the caller of `compare` gave none, it is
                of rows, costs and pins alone, and who gives earlier results answers for the rest.
        """
        cost = budget if isinstance(budget, Budget) else None
        rows = about_rows(budget, pool.inputs)
        fits = [
            found
            for found in earlier
            if (found.inputs, found.budget, found.cost, found.seed) == (described, rows, cost, seed)
            and all(found.evaluation.get(name) == value for name, value in pool.describe().items())
        ]
        results: dict[tuple[str, int], StrategyResult] = {}
        probed: dict[tuple[str, int], StrategyResult] = {}
        for found in fits:
            for result in found.results:
                name = name_of(result.choice)
                if not _holds(result, pool, budget, seed):
                    continue
                plain = replace(
                    result,
                    metrics=tuple(_split(one)[0] for one in result.metrics),
                    probe_reason="",
                    scored={},
                    learned=(),
                    band=_own(result.band),
                )
                key = (name, len(result.selections))
                results.setdefault(key, plain)
                if all(_split(one)[1] for one in result.metrics):
                    probed.setdefault(key, result)
        again = (DOWNSTREAM, STRATA, LACKING)
        told = {k: v for found in fits for k, v in found.evaluation.items() if k not in again}
        return cls(results, probed, tuple(found.band for found in fits), told)

    def result(self, choice: Choice, runs: int) -> StrategyResult | None:
        """The result of a choice at this number of runs, under the choice's own label."""
        found = self.results.get((name_of(choice), runs))
        return None if found is None else replace(found, choice=choice)

    def first(self, choices: Sequence[Choice], runs: Sequence[int]) -> list[StrategyResult]:
        """Results of the choices that stand before the first unknown one."""
        out: list[StrategyResult] = []
        for choice, wanted in zip(choices, runs, strict=True):
            found = self.result(choice, wanted)
            if found is None:
                break
            out.append(found)
        return out

    def downstream(self, result: StrategyResult) -> StrategyResult | None:
        """A result with the downstream values of earlier runs, None where they are not there."""
        found = self.probed.get((name_of(result.choice), len(result.selections)))
        if found is None:
            return None
        added = [_split(one)[1] for one in found.metrics]
        metrics = tuple({**own, **more} for own, more in zip(result.metrics, added, strict=True))
        return replace(result, metrics=metrics, scored=found.scored, learned=found.learned)

    def own_downstream(self, result: StrategyResult, size: int) -> Mapping[int, Values] | None:
        """Downstream values of the random subsets of a result's own size, None where they are not there."""
        seeds = len(result.selections)
        found = self.probed.get((name_of(result.choice), seeds))
        if found is None or found.band is None or found.learned != result.learned:
            return None
        return _downstream(found.band, size, seeds)

    def band(self, sizes: Sequence[int], seeds: int) -> Band | None:
        """As `largest_band`, without downstream values."""
        found = largest_band(self.bands, sizes, seeds)
        if found is None:
            return None
        return replace(found, values={m: _split(values)[0] for m, values in found.values.items()})

    def downstream_band(self, size: int, seeds: int) -> Mapping[int, Values] | None:
        """Downstream values of a band of this size with these means, None where they are not there."""
        found = (_downstream(band, size, seeds) for band in self.bands)
        return next((made for made in found if made is not None), None)


def largest_band(bands: Sequence[Band], sizes: Sequence[int], seeds: int) -> Band | None:
    """The largest band of one of these sizes with the means of M = `seeds`; None where there is none.

    Others are drawn again: a random subset is measured together with others, and beside other ones its last
    digit could differ.
    """
    found = [band for band in bands if band.size in sizes and set(band.values) == {1, seeds}]
    return max(found, key=lambda band: band.size, default=None)


def name_of(choice: Choice) -> str:
    """Names a choice by what it does and by whose strategies it is; its label is for people.

    Example:
        >>> name_of(Choice("random")) == name_of(Choice("random", label="Chance"))
        True
    """
    packages = packages_in(choice.id, choice.params)
    return digest([choice.id, STRATEGIES[choice.id].check(choice.params), *([packages] if packages else [])])


def _own(band: Band | None) -> Band | None:
    """The random subsets of a result's own size without downstream values; None where they are the usual."""
    if band is None or not band.held:
        return None
    return replace(band, values={m: _split(values)[0] for m, values in band.values.items()})


def _downstream(band: Band, size: int, seeds: int) -> Mapping[int, Values] | None:
    made = {m: _split(values)[1] for m, values in band.values.items()}
    return made if band.size == size and set(made) == {1, seeds} and all(made.values()) else None


def _holds(result: StrategyResult, pool: Pool, budget: int | Budget, seed: int) -> bool:
    strategy = STRATEGIES[result.choice.id]
    packages = packages_in(result.choice.id, result.choice.params)
    return bool(result.selections) and all(
        chosen.version == strategy.version
        and chosen.packages == packages
        and chosen.seed == seed + run
        and (chosen.budget if chosen.cost is None else chosen.cost.budget) == budget
        and chosen.population == pool.n
        for run, chosen in enumerate(result.selections)
    )


def _split(values: Mapping[str, T]) -> tuple[dict[str, T], dict[str, T]]:
    """Values of the subset, and downstream ones."""
    later = {name for name in values if (base := name.partition(".")[0]) in METRICS and _later(base)}
    return (
        {name: value for name, value in values.items() if name not in later},
        {name: value for name, value in values.items() if name in later},
    )


def _later(metric: str) -> bool:
    return METRICS[metric].stage == "downstream"
