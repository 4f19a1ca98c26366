"""Strategies side by side at one budget, beside the random band."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.any_size_graph import LADDER
from ...foundation.arrays.array_types import Graph, Rows
from ...foundation.errors import Cancelled, ParameterError
from ...foundation.progress import SILENT, Progress
from ...foundation.wording import clause, count
from ...metrics.column_distributions import ColumnKind
from ...metrics.declaration import WEIGHTED
from ...metrics.measure import measure_many
from ...metrics.pool import Pool, prepare
from ...metrics.predictions import STRATA
from ...metrics.stable import STABILITY, stability
from ...model.budget import Budget
from ...model.inputs import Inputs
from ...model.recipe import Choice
from ...model.selection import Selection
from ...strategies.declaration import STRATEGIES
from ...strategies.running.body import check_budget
from ...strategies.running.needs import unmet
from ...strategies.running.run_seeds import run_seeds
from ...strategies.running.select import about_rows, eligible_part, inputs_digest
from ..expected_work import comparison_work, measuring_rate, strategies_work
from ..held_out.scores import probe_band, probe_values
from ..held_out.split import CLASSES, Probe, Split, split_rows
from ..random_band.measure import FULL, Band, Values, measure_band
from ..random_band.own_size import own_sizes
from .comparison import Comparison
from .earlier_results import EarlierResults
from .measurements import StrategyResult

PREVIEW = 39
_LEAST = 0.02  # seconds of strategies however quick, so that their share is seen to pass
OnResult = Callable[[Comparison], None]


def compare(
    inputs: Inputs,
    choices: Sequence[Choice],
    budget: int | Budget,
    *,
    seeds: int = 1,
    band: int = FULL,
    seed: int = 0,
    eligible: Rows | None = None,
    columns: Mapping[str, ColumnKind] | None = None,
    probe: Probe | None = None,
    described: str = "",
    progress: Progress = SILENT,
    on_result: OnResult | None = None,
    known: Sequence[Comparison] = (),
    asked: str = "",
    stages: Sequence[float] = (),
) -> Comparison:
    """Run strategies and measure them beside uniform random subsets of the same size.

    Args:
        inputs: All rows of the data set, in canonical order.
        choices: Strategies with their parameters; an unmet need is reported with its reason, the rest run.
        budget: Rows, pins included; or a `Budget`, also a sum of the costs in `inputs`.
        seeds: M. Run number s uses the recipe's seed + s; a deterministic strategy runs once and counts as
            M = 1.
        band: R, uniform random subsets from the same eligible rows under the same pins; below 199 the result
            is a preview without words and marks.
        seed: The recipe's seed.
        eligible: Ascending positions that may be chosen; None for all rows.
        columns: Columns whose shift is measured, and how; None to read them off the values.
        probe: How to measure what can be learned from the subsets; None to leave that out.
        described: Digest of the inputs, recorded in the selections.
        progress: Told how far the work is. A cancel after the first result keeps what is done and returns it
            with `partial` set; before that, `Cancelled` is raised.
        on_result: Called with the comparison so far after the preview of the band and after each strategy.
        known: Earlier comparisons, for example one that was cancelled. Subsets and values that hold for
            this one are taken from them and not made again; the result is the same to the last digit.
        asked: The budget as it was written, where that is not `budget` itself; recorded in the selections.
        stages: Seconds that the strategies, the random bands and the probes should take, where earlier runs
            tell them; declared costs where not. Progress follows them.

    Returns:
        The comparison, rows as positions in `inputs`.

    Raises:
        ParameterError: No choices, an unknown strategy or parameter, or seeds or band below 1.
        BudgetError: The budget cannot be met.
        Cancelled: See `progress`.

    Example:
        >>> keys = np.arange(320, dtype=np.uint8).reshape(20, 16)
        >>> result = compare(Inputs(keys=keys), [Choice("random")], 5, band=9)
        >>> len(result.results[0].selections[0]), result.band.preview
        (5, True)
    """
    check_asked(choices, seeds, band)
    population = population_of(inputs, eligible)
    if isinstance(budget, Budget) and not budget.column:
        asked, budget = asked or str(budget), budget.count(population.n)
    check_budget(about_rows(budget, population), population.n, len(population.pins))
    pool = prepare(population, columns, progress)
    described = inputs_digest(population, described)
    held = EarlierResults.of(known, pool, budget=budget, seed=seed, described=described)
    run = _ComparisonRun(pool, tuple(choices), budget, seeds, seed, eligible, probe, described, held, asked)
    run.stages = tuple(stages)
    return run.all(band, progress, on_result)


def check_asked(choices: Sequence[Choice], seeds: int, band: int) -> None:
    """Refuse what no comparison can be made of.

    Raises:
        ParameterError: No choices, an unknown strategy or parameter, seeds or band below 1, or more
            strategies than a full band can tell from luck.
    """
    if not choices:
        raise ParameterError("There is nothing to compare", "no strategy was named", "name at least one")
    for name, value in (("seeds", seeds), ("band", band)):
        if isinstance(value, bool) or int(value) != value or value < 1:
            raise ParameterError(
                f"{name} cannot be {value!r}", "it is a whole number of at least 1", "raise it"
            )
    if band >= FULL and 20 * len(choices) > band + 1:
        raise ParameterError(
            f"{len(choices)} strategies cannot be distinguished from luck by {count(band, 'random subset')}",
            f"among so many a mark needs p ≤ 0.05 / {len(choices)}, and "
            f"{clause(band, 'subset', 'shows', 'show')} none below "
            f"1 / {band + 1:,}",
            f"name at most {(band + 1) // 20}, or ask for a band of {20 * len(choices) - 1:,}",
        )
    for choice in choices:
        STRATEGIES[choice.id].check(choice.params)


def population_of(inputs: Inputs, eligible: Rows | None) -> Inputs:
    """The eligible part of the inputs, with a neighbour graph that is made once."""
    inputs = eligible_part(inputs, eligible)
    if inputs.graph is not None or inputs.features is None:
        return inputs
    return _remembering(inputs)


def _remembering(inputs: Inputs) -> Inputs:
    """Inputs whose neighbour graph is made once; a smaller k is a part of a larger one."""
    kept: list[Graph] = []

    def provide(k: int, progress: Progress) -> Graph:
        if not kept or kept[0].indices.shape[1] < k:
            most = next((step for step in LADDER if step >= k), k)  # metrics ask for few, strategies for more
            kept[:] = [inputs.neighbours(max(k, min(most, inputs.n - 1)), progress)]
        graph = kept[0]
        if graph.indices.shape[1] == k:
            return graph
        return replace(graph, indices=graph.indices[:, :k], distances=graph.distances[:, :k])

    return replace(inputs, graph=provide, graph_ready=lambda: bool(kept))


@dataclass
class _ComparisonRun:
    """One comparison under way."""

    pool: Pool
    choices: tuple[Choice, ...]
    budget: int | Budget
    seeds: int
    seed: int
    eligible: Rows | None
    probe: Probe | None
    described: str
    known: EarlierResults = field(default_factory=EarlierResults)
    asked: str = ""
    stages: tuple[float, ...] = ()
    results: list[StrategyResult] = field(default_factory=list)
    band: Band | None = None
    started: float = field(default_factory=perf_counter)

    def all(self, size: int, progress: Progress, on_result: OnResult | None) -> Comparison:
        seeds = max(self._runs(choice) for choice in self.choices)
        parts, ends = self._parts(size), self._ends()
        try:
            drawn = self.known.band((size, min(PREVIEW, size)), seeds)
            first = min(PREVIEW, size) if drawn is None else drawn.size
            known = self.known.first(self.choices, [self._runs(choice) for choice in self.choices])
            self.band = measure_band(
                self.pool,
                self.budget,
                size=first,
                seeds=seeds,
                seed=self.seed,
                progress=progress.part(0, parts[0]),
                known=drawn,
            )
            self.results = [self._beside(result, first) for result in known]
            self._tell(on_result)
            for at, choice in enumerate(self.choices):
                if at < len(self.results):
                    continue
                low, high = (parts[0] + (parts[1] - parts[0]) * end for end in ends[at : at + 2])
                part = progress.part(low, high)
                self.results.append(self._result(choice, first, part))
                self._tell(on_result)
            if size > first:
                self._fill_up(size, seeds, progress.part(parts[1], parts[2]))
                self._tell(on_result)
            if self.probe is not None:
                self._downstream(self.probe, size, seeds, progress.part(parts[2], 1), on_result)
        except Cancelled:
            if self.band is None:
                raise
            return self._so_far(partial=True)
        progress(1, 1, "done")
        return self._so_far(partial=False)

    def _parts(self, size: int) -> tuple[float, float, float]:
        """Where the preview, the strategies and the band end, as shares of the whole expected time."""
        inputs, labels = self.pool.inputs, self.pool.inputs.labels
        probed = () if self.probe is None or labels is None else np.unique(labels)
        work = comparison_work(
            self.choices,
            inputs.n,
            inputs.d,
            about_rows(self.budget, inputs),
            seeds=self.seeds,
            band=size,
            classes=min(CLASSES, len(probed)),
            graph_ready=inputs.graph_ready is not None and inputs.graph_ready(),
            by_cost=isinstance(self.budget, Budget),
        )
        own = (work.strategies, work.bands * work.band * measuring_rate(), work.probe)
        running, bands, probing = self.stages or own
        first = min(PREVIEW, size) / size
        stages = np.cumsum([first * bands, running + _LEAST, (1 - first) * bands, probing])
        preview, strategies, band = (stages[:3] / stages[3]).tolist()
        return preview, strategies, band

    def _ends(self) -> list[float]:
        """Where each strategy begins, and the last one ends, as shares of the time of all of them."""
        inputs = self.pool.inputs
        rows = about_rows(self.budget, inputs)
        ready = inputs.graph_ready is not None and inputs.graph_ready()
        seconds = [0.0]
        for choice in self.choices:
            work = strategies_work([choice], inputs.n, inputs.d, [rows], seeds=self.seeds, graph_ready=ready)
            ready = ready or work.graph > 0  # the first that needs it makes it for all
            seconds.append(work.strategies + _LEAST)
        found: list[float] = (np.cumsum(seconds) / sum(seconds)).tolist()
        return found

    def _fill_up(self, size: int, seeds: int, progress: Progress) -> None:
        """All bands to their full size; taken over together, so that no verdict stands beside a preview."""
        many = 1 + sum(result.band is not None for result in self.results)
        full, done = [], 0
        for result in self.results:
            full.append(self._beside(result, size, progress.part(done / many, (done + 1) / many)))
            done += result.band is not None
        self.band = measure_band(
            self.pool,
            self.budget,
            size=size,
            seeds=seeds,
            seed=self.seed,
            progress=progress.part(done / many, 1),
            known=self.band,
        )
        self.results = full

    def _beside(self, result: StrategyResult, size: int, progress: Progress = SILENT) -> StrategyResult:
        """A result with random subsets of the sizes that its own have, where these are not the budget's.

        Drawn in the same steps as the band of the comparison, a preview and then the rest, so that one that
        was resumed ends at the same digits.
        """
        sizes = own_sizes(result.selections, self.budget, self.pool.inputs) if result.selections else ()
        if not sizes:
            return result
        steps = sorted({min(PREVIEW, size), size})
        band = result.band if result.band is not None and result.band.size in steps else None
        for step in steps:
            if band is None or band.size < step:
                band = measure_band(
                    self.pool,
                    self.budget,
                    size=step,
                    seeds=len(sizes),
                    seed=self.seed,
                    progress=progress,
                    known=band,
                    held=sizes,
                )
        return replace(result, band=band)

    def _runs(self, choice: Choice) -> int:
        return STRATEGIES[choice.id].runs(self.seeds)

    def _result(self, choice: Choice, size: int, progress: Progress) -> StrategyResult:
        """Run one strategy with all its seeds and measure it; a reason instead where it cannot run.

        `size` random subsets are measured beside it where it does not hold the budget.
        """
        reason = unmet(STRATEGIES[choice.id], self.pool.inputs, choice.params)
        if reason:
            return StrategyResult(choice, reason=reason)
        runs = self._runs(choice)
        earlier = self.known.result(choice, runs)
        if earlier is not None:
            return self._beside(earlier, size, progress)
        selections = run_seeds(
            choice,
            self.pool.inputs,
            self.budget,
            seeds=self.seeds,
            seed=self.seed,
            described=self.described,
            progress=progress.part(0, 0.8),
        )
        if isinstance(selections, str):
            return StrategyResult(choice, reason=selections)
        metrics = measure_selections(self.pool, selections, progress.part(0.8, 0.9))
        if runs > 1:  # one value for all seeds, beside the same number of random subsets
            shared = stability([chosen.rows for chosen in selections])
            metrics = tuple({**values, STABILITY: shared} for values in metrics)
        made = StrategyResult(choice, tuple(self._outward(chosen) for chosen in selections), metrics)
        return self._beside(made, size, progress.part(0.9, 1))

    def _outward(self, selection: Selection) -> Selection:
        """Rows as positions in the data set."""
        if self.eligible is None:
            return selection
        return replace(selection, rows=self.eligible[selection.rows])

    def _downstream(
        self, probe: Probe, size: int, seeds: int, progress: Progress, on_result: OnResult | None
    ) -> None:
        """Probe values of every strategy, then of the band."""
        assert self.band is not None
        split: Split = split_rows(self.pool, self.budget, probe, seed=self.seed)
        if split.reason:
            self.probe_note = split.reason
            return
        split = replace(split, train=_remembering(split.train))
        scored = {"logistic": len(split.test_rows), "neighbours": len(split.near)}
        self.probe_note = split.described
        self.strata = split.strata_words()
        for at, result in enumerate(self.results):
            if not result.selections:
                continue
            earlier = self.known.downstream(result)
            if earlier is not None:
                self.results[at] = earlier
                continue
            part = progress.part(0.5 * at / len(self.results), 0.5 * (at + 1) / len(self.results))
            seeds_here = len(result.selections)
            found = probe_values(split, result.choice, seeds=seeds_here, seed=self.seed, progress=part)
            if isinstance(found, str):
                self.results[at] = replace(result, probe_reason=found)
                continue
            metrics = tuple({**old, **new} for old, new in zip(result.metrics, found.values, strict=True))
            self.results[at] = replace(result, metrics=metrics, scored=scored, learned=found.held)
        around = self.known.downstream_band(size, seeds) or probe_band(
            split, size, seeds=seeds, seed=self.seed, progress=progress.part(0.5, 0.75)
        )
        usual, results = self.band, list(self.results)
        for at, result in enumerate(self.results):
            if not result.scored or not (result.learned or result.band):
                continue
            own: Mapping[int, Values] = around
            if result.learned:
                own = self.known.own_downstream(result, size) or probe_band(
                    split,
                    size,
                    seeds=len(result.selections),
                    seed=self.seed,
                    progress=progress.part(0.75, 1),
                    held=result.learned,
                )
            band = result.band or replace(usual, singles={})
            merged = {m: {**band.values[m], **own[m]} for m in {1, len(result.selections)}}
            results[at] = replace(result, band=replace(band, values=merged))
        self.band = replace(usual, values={m: {**values, **around[m]} for m, values in usual.values.items()})
        self.results = results
        self._tell(on_result)

    probe_note: str = ""
    strata: Mapping[str, str] = field(default_factory=dict)

    def _tell(self, on_result: OnResult | None) -> None:
        if on_result is not None:
            on_result(self._so_far(partial=True))

    def _so_far(self, *, partial: bool) -> Comparison:
        assert self.band is not None
        evaluation = {**self.pool.describe(), **self.known.evaluation}
        if self.probe_note:
            evaluation |= {"downstream": self.probe_note, STRATA: dict(self.strata)}
        return Comparison.of(
            [_asking(result, self.asked) for result in self.results],
            self.band,
            self.pool,
            asked=len(self.choices),
            budget=self.band.budget,
            cost=self.budget if isinstance(self.budget, Budget) else None,
            seed=self.seed,
            evaluation=evaluation,
            eligible=self.eligible,
            seconds=perf_counter() - self.started,
            partial=partial,
            described=self.described,
        )


def _asking(result: StrategyResult, asked: str) -> StrategyResult:
    """A result whose selections hold the budget as it was written, also one that was taken over."""
    return replace(result, selections=tuple(replace(one, asked=asked) for one in result.selections))


def measure_selections(
    pool: Pool, selections: Sequence[Selection], progress: Progress = SILENT
) -> tuple[dict[str, float], ...]:
    """Metrics of each selection, unweighted, and weighted where it has design weights.

    Args:
        pool: The population; `rows` of the selections are positions in it.
        selections: Runs of one strategy.
        progress: May cancel.

    Returns:
        For each: metric id → value ("what you hold"), and id + ".weighted" → value ("what it estimates").
        A weighted value is present only where every chosen row has a design weight; it is never made
        from equal weights instead.
    """
    plain = measure_many(pool, [chosen.rows for chosen in selections], progress=progress.part(0, 0.6))
    plain = {name: values for name, values in plain.items() if name != "effective-size"}
    out = [{name: float(values[at]) for name, values in plain.items()} for at in range(len(selections))]
    have: list[tuple[int, NDArray[np.float64]]] = [
        (at, chosen.weight)
        for at, chosen in enumerate(selections)
        if chosen.weight is not None and np.isfinite(chosen.weight).all() and (chosen.weight > 0).all()
    ]
    if have:
        weighted: Values = measure_many(
            pool,
            [selections[at].rows for at, _ in have],
            weights=[weight for _, weight in have],
            progress=progress.part(0.6, 1),
        )
        for place, (at, _) in enumerate(have):
            out[at] |= {name + WEIGHTED: float(values[place]) for name, values in weighted.items()}
    return tuple(out)
