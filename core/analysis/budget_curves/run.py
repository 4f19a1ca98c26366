"""Metrics against the budget: every strategy at a grid of budgets, beside the random band at each of them.

A nested strategy runs once, at the largest budget, and is cut to its first rows; the others run at each
budget. One random permutation serves every budget in the same way, so the band costs one draw. Curves are
about the rows held: weighted forms are left out, since the weights of a cut ranking are not those of a draw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np

from ...foundation.arrays.array_types import Rows
from ...foundation.errors import Cancelled, ParameterError
from ...foundation.progress import SILENT, Progress
from ...metrics.column_distributions import ColumnKind
from ...metrics.declaration import METRICS, QUESTIONS
from ...metrics.measure import measure_many, missing
from ...metrics.pool import Pool, prepare
from ...model.inputs import Inputs
from ...model.recipe import Choice
from ...strategies.declaration import STRATEGIES
from ...strategies.running.body import check_budget
from ...strategies.running.needs import unmet
from ...strategies.running.run_seeds import run_seeds
from ..comparison.run import PREVIEW, check_asked, population_of
from ..random_band.measure import Band
from ..random_band.several_budgets import band_at
from .result import Curve, Curves

POINTS = 8
OnCurves = Callable[[Curves], None]


def budget_grid(n: int, asked: int, pins: int = 0, points: int = POINTS) -> tuple[int, ...]:
    """Budgets to measure around the one asked for, evenly spaced in the logarithm of rows.

    From 10 rows or 1 %, whichever is more (but at most a third of what is asked, and above the pins), to four
    times what is asked or all rows. Numbers above 100 are rounded to two digits; the asked one is kept.

    Args:
        n: Eligible rows.
        asked: The budget asked for.
        pins: Pinned rows, which every subset holds.
        points: How many budgets, about.

    Raises:
        BudgetError: The asked budget cannot be met.

    Example:
        >>> budget_grid(178, 35)
        (10, 15, 21, 35, 45, 66, 96, 140)
    """
    check_budget(asked, n, pins)
    low = min(asked, max(pins + 1, min(max(10, n // 100), max(1, asked // 3))))
    high = min(n, 4 * asked)
    even = np.geomspace(low, high, max(2, points))
    rounded = {low, high, *(min(high, max(low, _round(value))) for value in even[1:-1])}
    inner = sorted(rounded - {low, high, asked}, key=lambda rows: abs(np.log(rows / asked)))
    if inner and asked not in rounded:  # it takes the place of its nearest neighbour
        rounded.remove(inner[0])
    return tuple(sorted(rounded | {asked}))


def _round(value: float) -> int:
    step = 10 ** max(0, int(np.floor(np.log10(value))) - 1)
    return int(round(value / step) * step)


def measurable(pool: Pool, wanted: Sequence[str] | None = None) -> tuple[str, ...]:
    """Metrics of rows held that can be computed, headline ones first, then by question.

    Raises:
        ParameterError: A wanted metric is unknown, or is not one of these.
    """
    asked = list(QUESTIONS)
    able = [
        metric
        for metric in METRICS
        if metric.stage == "subset" and metric.id != "effective-size" and not missing(metric, pool)
    ]
    able.sort(key=lambda metric: (not metric.headline, asked.index(metric.question)))
    ids = tuple(metric.id for metric in able)
    for name in wanted or ():
        if name not in ids:
            why = missing(METRICS[name], pool) or "it is not a metric of the rows held alone"
            raise ParameterError(f"{name} cannot be drawn against the budget", why, "leave it out")
    return ids if wanted is None else tuple(name for name in ids if name in wanted)


def curves(
    inputs: Inputs,
    choices: Sequence[Choice],
    asked: int,
    budgets: Sequence[int] | None = None,
    *,
    seeds: int = 1,
    band: int = PREVIEW,
    seed: int = 0,
    metrics: Sequence[str] | None = None,
    eligible: Rows | None = None,
    columns: Mapping[str, ColumnKind] | None = None,
    described: str = "",
    progress: Progress = SILENT,
    on_result: OnCurves | None = None,
) -> Curves:
    """Every strategy and the random band at a grid of budgets.

    Args:
        inputs: All rows of the data set, in canonical order.
        choices: Strategies with their parameters.
        asked: The budget of the comparison; it is always among those measured.
        budgets: Rows, pins included; None for `budget_grid`.
        seeds: M, as in `core.analysis.comparison.run.compare`: run number s uses the recipe's seed + s.
        band: R; 39 is a preview with a coarse strip, 199 a full band.
        seed: The recipe's seed.
        metrics: Ids; None for all of rows held that can be computed.
        eligible: Ascending positions that may be chosen; None for all rows.
        columns: Columns whose shift is measured, and how; None to read them off the values.
        described: Digest of the inputs, recorded in the selections.
        progress: Told how far the work is. A cancel after the band keeps every finished strategy and returns
            them with `partial` set; before that, `Cancelled` is raised.
        on_result: Called with the curves so far after the band and after each strategy.

    Returns:
        The curves. A strategy that refuses a budget has a gap there, with its reason. At the asked budget
        rows and values are those of a comparison with the same seeds.

    Raises:
        ParameterError: No choices, an unknown strategy, parameter or metric, or seeds or band below 1.
        BudgetError: A budget that no strategy could meet.
        Cancelled: See `progress`.

    Example:
        >>> import pandas as pd
        >>> keys = np.arange(640, dtype=np.uint8).reshape(40, 16)
        >>> table = pd.DataFrame({"x": np.arange(40.0)})
        >>> found = curves(Inputs(keys=keys, frame=table), [Choice("random")], 8, [4, 16], band=9)
        >>> found.budgets, [len(found.rows(0, rows)) for rows in (4, 7, 16)]
        ((4, 8, 16), [4, 7, 16])
    """
    check_asked(choices, seeds, band)
    population = population_of(inputs, eligible)
    pins = len(population.pins)
    grid = budget_grid(population.n, asked, pins) if budgets is None else budgets
    for budget in (asked, *grid):
        check_budget(budget, population.n, pins)
    pool = prepare(population, columns, progress)
    names = measurable(pool, metrics)
    steps = tuple(sorted({int(asked), *map(int, grid)}))
    run = _CurvesRun(pool, tuple(choices), steps, int(asked), seeds, seed, names, eligible, described)
    return run.all(band, progress, on_result)


@dataclass
class _CurvesRun:
    """Curves under way."""

    pool: Pool
    choices: tuple[Choice, ...]
    budgets: tuple[int, ...]
    asked: int
    seeds: int
    seed: int
    metrics: tuple[str, ...]
    eligible: Rows | None
    described: str
    done: list[Curve] = field(default_factory=list)
    band: tuple[Band, ...] = ()
    started: float = field(default_factory=perf_counter)

    def all(self, size: int, progress: Progress, on_result: OnCurves | None) -> Curves:
        first = min(PREVIEW, size)
        seeds = max(STRATEGIES[choice.id].runs(self.seeds) for choice in self.choices)
        try:
            self._measure_band(first, seeds, progress.part(0, 0.3))
            self._tell(on_result)
            for at, choice in enumerate(self.choices):
                share = (0.6 if size > first else 0.7) / len(self.choices)
                self.done.append(self._curve(choice, progress.part(0.3 + share * at, 0.3 + share * (at + 1))))
                self._tell(on_result)
            if size > first:
                self._measure_band(size, seeds, progress.part(0.9, 1))
        except Cancelled:
            if not self.band:
                raise
            return self._so_far(partial=True)
        progress(1, 1, "done")
        return self._so_far(partial=False)

    def _measure_band(self, size: int, seeds: int, progress: Progress) -> None:
        self.band = band_at(
            self.pool,
            self.budgets,
            size=size,
            seeds=seeds,
            seed=self.seed,
            metrics=self.metrics,
            progress=progress,
            known=self.band,
        )

    def _tell(self, on_result: OnCurves | None) -> None:
        if on_result is not None:
            on_result(self._so_far(partial=True))

    def _so_far(self, *, partial: bool) -> Curves:
        return Curves(
            self.budgets,
            self.asked,
            tuple(self.done),
            self.band,
            self.metrics,
            self.seed,
            self.pool,
            self.eligible,
            perf_counter() - self.started,
            partial,
        )

    def _curve(self, choice: Choice, progress: Progress) -> Curve:
        """Run one strategy wherever it must be run, and measure it at every budget it reached."""
        start = perf_counter()
        strategy = STRATEGIES[choice.id]
        nested = strategy.nested(choice.params)
        runs = strategy.runs(self.seeds)
        reasons = dict.fromkeys(self.budgets, "")
        picks: dict[int, tuple[Rows, ...]] = {}
        reason = unmet(strategy, self.pool.inputs, choice.params)
        todo = [] if reason else list(reversed(self.budgets))
        if reason:
            reasons = dict.fromkeys(self.budgets, reason)
        for at, budget in enumerate(todo):
            part = progress.part(0.7 * at / len(todo), 0.7 * (at + 1) / len(todo))
            found = run_seeds(
                choice,
                self.pool.inputs,
                budget,
                seeds=self.seeds,
                seed=self.seed,
                described=self.described,
                progress=part,
            )
            if isinstance(found, str):
                reasons[budget] = found
                continue
            picks[budget] = tuple(chosen.rows for chosen in found)
            if nested:
                break
        curve = Curve(choice, nested, runs, picks, np.zeros((len(self.budgets), runs), np.int64), {}, ())
        subsets: list[Rows] = []
        where: list[tuple[int, int]] = []
        for step, budget in enumerate(self.budgets):
            for number in range(0 if reasons[budget] else runs):
                rows = curve.inner(budget, number)
                assert rows is not None  # it ran here, or at a larger budget
                curve.held[step, number] = len(rows)
                subsets.append(rows)
                where.append((step, number))
        values = {name: np.full((len(self.budgets), runs), np.nan) for name in self.metrics if subsets}
        if subsets:
            found_values = measure_many(
                self.pool, subsets, metrics=self.metrics, progress=progress.part(0.7, 1)
            )
            for name in self.metrics:
                for (step, number), value in zip(where, found_values[name], strict=True):
                    values[name][step, number] = value
        return replace(curve, values=values, reasons=tuple(reasons.values()), seconds=perf_counter() - start)
