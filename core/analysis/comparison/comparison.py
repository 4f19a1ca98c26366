"""The result of a comparison, with its sentences and its JSON form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.positions import positions_among
from ...foundation.display import Displayed
from ...metrics.pool import Pool
from ...model.budget import Budget
from ...model.selection import Selection
from ...strategies.declaration import STRATEGIES
from ..random_band.judge import Verdict, direction_of, judge
from ..random_band.measure import Band
from . import sentences
from .leader import ahead
from .measurements import Measurements, StrategyResult
from .overlap import composition_of, overlap_of
from .unmeasured import LACKING, lacking, partly, unmeasured


@dataclass(frozen=True)
class Comparison(Measurements, Displayed):
    """Strategies beside each other and beside chance. Make it with `core.analysis.comparison.run.compare`."""

    def figure(self, metrics: Sequence[str] | None = None, theme: str = "light") -> Any:
        """Metrics beside the random band as a Plotly figure, headline ones if none are named.

        Args:
            metrics: Ids of metrics.
            theme: "light" or "dark".
        """
        return self.displayed("figure", metrics, theme)

    @classmethod
    def of(
        cls,
        results: Sequence[StrategyResult],
        band: Band,
        pool: Pool,
        *,
        asked: int,
        budget: int,
        seed: int,
        evaluation: Mapping[str, object],
        eligible: Rows | None,
        seconds: float,
        partial: bool,
        cost: Budget | None = None,
        described: str,
    ) -> Comparison:
        """Derive standings, marks, overlap and composition from results and band.

        `asked` is the number of strategies in the table, which marks are corrected for.
        """
        done = tuple(results)
        verdicts = tuple(
            judge(result.means, result.band or band, seeds=len(result.selections), strategies=asked)
            if result.means
            else {}
            for result in done
        )
        inner = [
            positions_among(result.selections[0].rows, eligible) if result.selections else None
            for result in done
        ]
        overlap, chance = overlap_of(inner, pool.n, len(pool.inputs.pins))
        composition, worst = composition_of(pool, inner)
        return cls(
            done,
            verdicts,
            _best(done, verdicts, band),
            band,
            budget,
            seed,
            pool.n,
            overlap,
            chance,
            composition,
            worst,
            {**evaluation, LACKING: lacking(pool)},
            seconds,
            partial,
            cost,
            described,
        )

    def verdict_phrases(self, at: int) -> list[str]:
        """What is said of a strategy over all its seeds, small at the start; empty in a preview."""
        return sentences.verdict_phrases(self, at)

    def sentence(self, at: int) -> str:
        """One plain sentence on a strategy, composed from what was found; see `sentences`."""
        return sentences.sentence(self, at)

    def to_json(
        self, ids: Sequence[Any] | None = None, recipe: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The content of ``comparison.json``.

        Args:
            ids: Id of every row of the data set by position; None writes positions.
            recipe: The recipe that made this comparison.
        """
        strategies = []
        for at, (result, verdicts) in enumerate(zip(self.results, self.verdicts, strict=True)):
            strategy = STRATEGIES[result.choice.id]
            strategies.append(
                {
                    "id": strategy.id,
                    "version": strategy.version,
                    **({"package": strategy.package} if strategy.package else {}),
                    "label": result.name,
                    "params": strategy.check(result.choice.params),
                    "seeds": [
                        _seed_json(chosen, values, ids)
                        for chosen, values in zip(result.selections, result.metrics, strict=True)
                    ],
                    "standing": {name: _finite(verdict.standing) for name, verdict in verdicts.items()},
                    "marks": {
                        name: {
                            "p": _finite(verdict.p),
                            "better": verdict.better,
                            "ahead": self.best.get(name) == at,
                            "words": verdict.words,
                        }
                        for name, verdict in verdicts.items()
                        if verdict.marked
                    },
                    **({"band": result.band.to_json()} if result.band is not None else {}),
                    "seconds": result.seconds,
                    "estimated": result.estimated,
                    "sentence": self.sentence(at),
                    "reason": result.reason or result.probe_reason,
                }
            )
        gone = unmeasured(self)
        return {
            "band": self.band.to_json(),
            "strategies": strategies,
            "evaluation": dict(self.evaluation),
            "not_measured": gone,
            "measured_in_part": partly(self, gone),
            "recipe": dict(recipe or {}),
            "budget": self.budget,
            "cost": self.cost and {"asked": str(self.cost), "column": self.cost.column},
            "population": self.population,
            "overlap": [[_finite(value) for value in row] for row in self.overlap],
            "overlap_chance": [[_finite(value) for value in row] for row in self.overlap_chance],
            "partial": self.partial,
        }


def _seed_json(
    selection: Selection, values: Mapping[str, float], ids: Sequence[Any] | None
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "seed": selection.seed,
        "ids": [int(row) if ids is None else ids[row] for row in selection.rows],
        "metrics": {name: _finite(value) for name, value in values.items()},
    }
    if selection.cost is not None:
        made["cost"] = selection.cost.amount
    if selection.multiplicity is not None:  # designs with replacement
        made["multiplicity"] = selection.multiplicity.tolist()
    return made


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _best(
    results: Sequence[StrategyResult], verdicts: Sequence[Mapping[str, Verdict]], band: Band
) -> dict[str, int]:
    """Who is ahead on each metric, beside single band subsets, the wider yardstick, where M differs."""
    out = {}
    for name in band.of():
        means = {str(at): result.means[name] for at, result in enumerate(results) if name in result.means}
        marked = {at: verdicts[int(at)][name].better is True for at in means if name in verdicts[int(at)]}
        runs = {len(results[int(at)].selections) for at in means}
        seeds = runs.pop() if len(runs) == 1 else 1
        around = {at: (results[int(at)].band or band).of(seeds).get(name, np.empty(0)) for at in means}
        first = ahead(means, marked, direction_of(name), around)
        if first is not None:
            out[name] = int(first)
    return out
