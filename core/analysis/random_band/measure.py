"""The random band: what uniform random subsets reach, and what may be said beside it.

Subsets drawn at the same budget from the same eligible rows under the same pins are the yardstick of every
strategy. Standings, marks and words follow exact definitions, so that chance is not sold as merit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.machine import machine
from ...foundation.permanent_random import BAND, replicates, smallest
from ...foundation.progress import SILENT, Progress
from ...metrics.declaration import METRICS, WEIGHTED
from ...metrics.measure import measure_many
from ...metrics.pool import EVALUATION_ROWS, Pool
from ...metrics.stable import STABILITY, stability
from ...model.budget import Budget, amount_words
from ...model.inputs import Inputs
from ...strategies.running.body import check_budget
from ...strategies.running.cost_budget import Purse
from ...strategies.running.select import about_rows

FULL = 199
"""Random subsets in a full band; fewer is a preview, without words and marks."""
LOW, HIGH = 2.5, 97.5
_UNJUDGED = "effective-size" + WEIGHTED
_TIE = 1e-6
"""Relative difference below which two values are one: products in single precision differ by about this."""
STEP = 4.0
"""The most standard deviations that one step of a count may be."""
NOTHING = "not distinguishable from a random subset of this size"
NOTHING_COST = "not distinguishable from a random subset of this cost"

Values = Mapping[str, NDArray[np.float64]]
Size = int | Budget
"""How large a random subset is: rows, or what it may cost."""


def direction_of(name: str) -> str:
    """Direction of a metric or of its weighted form."""
    return METRICS[name.removesuffix(WEIGHTED)].direction


def band_subsets(
    inputs: Inputs,
    budget: Size | Sequence[Size],
    start: int,
    stop: int,
    *,
    seed: int,
    progress: Progress = SILENT,
) -> list[Rows]:
    """Uniform random subsets number `start` … `stop`-1 of the band.

    Args:
        inputs: The eligible population; its pins are in every subset, and come first.
        budget: Rows, pins included; or a cost budget, then rows in random order until it is spent: the
            longest beginning that costs no more (see `core.strategies.running.cost_budget`), so sizes differ.
            Several of them hold in
            turn: subset number i has size i modulo their number.
        start, stop: Which replicates; each is the same whichever others are asked for.
        seed: The recipe's seed. Draws are from the reserved stream ``band``.
        progress: May cancel.

    Returns:
        Positions in the population, each (budget,), int64. O(n · stop) keyed draws. A smaller subset is the
        beginning of the larger one of the same number.

    Raises:
        BudgetError: The budget cannot be met.

    Example:
        >>> keys = np.arange(160, dtype=np.uint8).reshape(10, 16)
        >>> pinned = Inputs(keys=keys, pins=np.array([7]))
        >>> [len(rows) for rows in band_subsets(pinned, 4, 0, 2, seed=1)]
        [4, 4]
    """
    turns = [
        _drawing(inputs, one)
        for one in ([budget] if isinstance(budget, (int, np.integer, Budget)) else budget)
    ]
    made = []
    for number, u in enumerate(replicates(inputs.keys, seed, BAND, stop)):
        progress(number, stop, "random subsets")
        if number >= start:
            made.append(turns[number % len(turns)](u))
    return made


def _drawing(inputs: Inputs, budget: Size) -> Callable[[NDArray[np.float64]], Rows]:
    """Permanent random numbers (n,) → the random subset of this size."""
    rows = about_rows(budget, inputs)
    check_budget(rows, inputs.n, len(inputs.pins))
    if isinstance(budget, Budget) and budget.column:
        purse = Purse.of(inputs, budget)
        return lambda u: purse.drawn(inputs, u)
    free, wanted = inputs.free, rows - len(inputs.pins)
    return lambda u: np.concatenate([inputs.pins, free[smallest(u[free], wanted)]]).astype(np.int64)


def band_weights(inputs: Inputs, budget: int) -> NDArray[np.float64]:
    """Design weights of a band subset: 1 for pins, free rows ÷ drawn rows for the others, (budget,)."""
    pins = len(inputs.pins)
    drawn = budget - pins
    share = (inputs.n - pins) / drawn if drawn else 1.0
    return np.concatenate([np.ones(pins), np.full(drawn, share)])


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
        return bool(len(values) and np.ptp(values) <= _TIE * np.abs(values).max() + 1e-12)

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


def sized(held: Sequence[float], budget: Size) -> tuple[Size, ...]:
    """Numbers of rows, or costs where the budget is one, as sizes of random subsets.

    Example:
        >>> sized([730, 12], 250)
        (730, 12)
    """
    if isinstance(budget, Budget) and budget.column:
        return tuple(replace(budget, amount=Fraction(one)) for one in held)
    return tuple(int(one) for one in held)


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
    step = seeds if held else 1  # where sizes take turns, those of the first
    values = {1: {name: value[: size * step : step] for name, value in singles.items()}}
    if seeds > 1:
        means = {
            name: value[: size * seeds].reshape(size, seeds).mean(axis=1) for name, value in singles.items()
        }
        if len(shared):
            means[STABILITY] = shared[:size]
        values[seeds] = means
    return Band(budget, size, values, dict(singles), by_cost, held)


def measuring(n: int, d: int, rows: float) -> tuple[float, float]:
    """Work of measuring subsets that hold so many rows in all, and seconds per unit on this machine.

    Distances from the evaluated rows outweigh everything else.

    Args:
        n, d: Eligible rows and dimensions.
        rows: Rows of all subsets together.
    """
    return float(rows) * min(n, EVALUATION_ROWS) * max(d, 16), 4.0 / machine().gemm


def standing(value: float, values: NDArray[np.float64], direction: str) -> float:
    """Where a value stands among those of the band: (worse + ½ equal) / R.

    Args:
        value: The strategy's (mean) value.
        values: The band's, (R,).
        direction: "higher" or "lower" is better; with "none" the share of the band that is *lower*.

    Returns:
        0 … 1, or NaN where either side has no value. 1 means that every random subset is worse.

    Example:
        >>> standing(2.0, np.array([1.0, 2.0, 3.0, 4.0]), "lower")
        0.625
    """
    if np.isnan(value) or not len(values) or np.isnan(values).any():
        return float("nan")
    close = np.abs(values - value) <= _TIE * abs(value) + 1e-12
    worse = (values > value if direction == "lower" else values < value) & ~close
    return float((worse.sum() + 0.5 * close.sum()) / len(values))


def printed(share: float, size: int) -> str:
    """A standing in per cent, on the grid of 1/(R+1) and never beyond what R subsets can show.

    Example:
        >>> printed(1.0, 199), printed(0.9623, 199), printed(0.5, 39)
        ('99.5 %', '96 %', '50 %')
    """
    steps = min(size, max(1, round(share * (size + 1))))
    return f"{100 * steps / (size + 1):.1f}".removesuffix(".0") + " %"


@dataclass(frozen=True)
class Verdict:
    """What the band says about one metric of one strategy.

    Args:
        standing: See `standing`.
        p: Chance of a deviation this large anywhere among the metrics of a random subset; NaN in a preview.
        marked: Beyond the band. Never in a preview.
        better: Marked on the good side; None where unmarked or without direction.
        words: What may be said, or "" in a preview.
    """

    standing: float
    p: float = float("nan")
    marked: bool = False
    better: bool | None = None
    words: str = ""


def judge(values: Mapping[str, float], band: Band, *, seeds: int, strategies: int) -> dict[str, Verdict]:
    """Standings and beyond-the-band marks of one strategy.

    z-scores are taken over the R+1 subsets, metrics constant among them left out. In a count that hardly
    ever changes (near-duplicates, groups hit) the first step away from the usual value would stand a dozen
    standard deviations off, in the one random subset that took it as well, and hide every other finding; one
    step of a count therefore never is more than four standard deviations. The largest |z| of each
    random subset is what chance reaches somewhere in the table, so
    p = (1 + #{T_r ≥ |z|}) / (R + 1) holds for all metrics at once (Westfall and Young 1993, max-T); it is
    marked where p × number of strategies ≤ 0.05. The effective sample size of the design weights is not
    judged: every random subset has that of its rows, which is no matter of luck. Nor is a weighted form that
    only repeats the unweighted one, as it does where all weights are equal: it has no verdict of its own.

    Args:
        values: Metric → mean over the strategy's seeds.
        band: The random band.
        seeds: M of this strategy (1 for a deterministic one).
        strategies: How many strategies stand in the table.
    """
    around = band.of(seeds)
    values = {name: value for name, value in values.items() if not repeats(name, values)}
    usable = [
        name
        for name, value in values.items()
        if name != _UNJUDGED and np.isfinite(value) and name in around and np.isfinite(around[name]).all()
    ]
    p = dict.fromkeys(usable, float("nan"))
    marked = dict.fromkeys(usable, False)
    if usable and not band.preview:
        table = np.column_stack([np.append(around[name], values[name]) for name in usable])
        spread = table.std(axis=0)
        varies = spread > _TIE * np.abs(table).max(axis=0) + 1e-12
        spread = np.maximum(spread, [_grain(name, band.least) / seeds / STEP for name in usable])
        z = np.zeros_like(table)
        z[:, varies] = np.abs(table - table.mean(axis=0))[:, varies] / spread[varies]
        largest = z[:-1].max(axis=1)
        for column, name in enumerate(usable):
            if varies[column]:
                reached = int((largest >= z[-1, column] * (1 - _TIE)).sum())
                p[name] = (1 + reached) / (band.size + 1)
                marked[name] = 20 * (1 + reached) * strategies <= band.size + 1
    out = {}
    for name, value in values.items():
        at = standing(value, around[name], direction_of(name)) if name in around else float("nan")
        better = None
        if marked.get(name, False) and direction_of(name) != "none":
            better = at > 0.5
        out[name] = Verdict(
            at,
            p.get(name, float("nan")),
            marked.get(name, False),
            better,
            _said(at, name, marked[name], band, seeds) if name in marked and not band.preview else "",
        )
    return out


def repeats(name: str, values: Mapping[str, float]) -> bool:
    """Whether a weighted form is the unweighted one again, as under equal weights.

    Example:
        >>> repeats("energy.weighted", {"energy": 0.5, "energy.weighted": 0.5}), repeats("energy", {})
        (True, False)
    """
    plain = values.get(name.removesuffix(WEIGHTED)) if name.endswith(WEIGHTED) else None
    return plain is not None and abs(values[name] - plain) <= _TIE * abs(plain) + 1e-9


def _grain(name: str, budget: int) -> float:
    """The least step of a count; 0 for other metrics."""
    grain = METRICS[name.removesuffix(WEIGHTED)].grain
    return 0.0 if grain is None else grain(budget)


def _said(at: float, name: str, marked: bool, band: Band, seeds: int) -> str:
    return words(at, direction_of(name), marked, band.size, seeds) if marked else band.nothing


def words(share: float, direction: str, marked: bool, size: int, seeds: int = 1) -> str:
    """What may be said of a standing; a mean of several seeds stands among means of as many subsets.

    Example:
        >>> words(0.96, "lower", True, 199)
        'better than 96 % of random subsets'
        >>> words(0.96, "lower", False, 199)
        'not distinguishable from a random subset of this size'
        >>> words(0.96, "lower", True, 199, seeds=3)
        'better than 96 % of means of 3 random subsets'
    """
    if not marked:
        return NOTHING
    if direction == "none":
        word, share = ("higher", share) if share > 0.5 else ("lower", 1 - share)
    else:
        word, share = ("better", share) if share > 0.5 else ("worse", 1 - share)
    return f"{word} than {printed(share, size)} of {beside(seeds)}"


def beside(seeds: int) -> str:
    """What a mean of several seeds stands among, in words.

    Example:
        >>> beside(1), beside(3)
        ('random subsets', 'means of 3 random subsets')
    """
    return "random subsets" if seeds == 1 else f"means of {seeds} random subsets"
