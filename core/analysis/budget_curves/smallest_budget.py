"""The smallest budget that meets thresholds: per strategy, with its worst seed, and what luck gives there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from ...foundation.errors import ParameterError
from ...foundation.progress import SILENT, Progress
from ...metrics.declaration import METRICS
from ..random_band.measure import TIE, measure_band
from .result import Curves

SECTIONS = 64
"""Prefixes measured in one pass while the smallest budget is narrowed down."""
LUCK = 0.95
"""Share of random subsets from which on a goal is met by luck alone."""


@dataclass(frozen=True)
class Goal:
    """A threshold on one metric.

    Args:
        metric: Its id.
        low: Values must be at least this; None for no such limit.
        high: Values must be at most this; None for no such limit.

    Example:
        >>> bool(Goal("coverage-radius", high=2.0).met(np.array(1.5)))
        True
    """

    metric: str
    low: float | None = None
    high: float | None = None

    def met(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which values meet it; NaN never does."""
        good = np.isfinite(values)
        if self.low is not None:
            good &= values >= self.low - TIE * abs(self.low)
        if self.high is not None:
            good &= values <= self.high + TIE * abs(self.high)
        return good


def goal(metric: str, limit: float | None = None, high: float | None = None) -> Goal:
    """A threshold on the side that the metric's direction gives.

    Args:
        metric: Its id.
        limit: At least this where higher is better, at most this where lower is. Without a direction: at
            least this.
        high: At most this, for a metric without a direction.

    Raises:
        ParameterError: No limit, one that is not a number, one on the wrong side, or a lower one above the
            upper one.

    Example:
        >>> goal("covered", 0.9).low, goal("energy", 0.1).high
        (0.9, 0.1)
    """
    direction = METRICS[metric].direction
    label = METRICS[metric].label
    for value in (limit, high):
        if value is not None and not np.isfinite(value):
            raise ParameterError(f"{label} cannot have the limit {value}", "it is not a number", "change it")
    if limit is None and high is None:
        raise ParameterError(f"{label} has no limit", "none was given", "give one, or leave the metric out")
    if direction != "none" and (high is not None or limit is None):
        raise ParameterError(
            f"{label} takes one limit", f"{direction} is better", "give it as the limit, without a second"
        )
    if limit is not None and high is not None and limit > high:
        raise ParameterError(
            f"{label} cannot be at least {limit:g} and at most {high:g}", "no value is", "swap them"
        )
    return Goal(metric, high=limit) if direction == "lower" else Goal(metric, limit, high)


@dataclass(frozen=True)
class SmallestBudget:
    """The smallest budget of one strategy.

    Args:
        strategy: Its place among the curves.
        budget: Rows from which on the mean over seeds meets every goal, here and at every larger budget
            that was measured; None where that is nowhere.
        above: The largest smaller budget that does not meet them, or was refused; None where the smallest
            budget meets them already.
        worst: The same as `budget` for the worst seed, on the grid; None where it is nowhere.
        step: Rows between the sizes that were looked at below `budget`: 1 where each was, so that the answer
            is exact; 0 where the strategy is not nested, and the answer lies between `above` and `budget`.
        held: Rows the subsets hold there, mean over seeds: fewer than the budget where a strategy may.
        chance: Share of random subsets as large (of means of as many as there are seeds) that meet all goals.
        values: Metric → mean over seeds there.
    """

    strategy: int
    budget: int | None = None
    above: int | None = None
    worst: int | None = None
    step: int = 0
    held: float = 0.0
    chance: float = float("nan")
    values: Mapping[str, float] | None = None


@dataclass(frozen=True)
class SmallestBudgets:
    """What thresholds cost.

    Args:
        goals: The thresholds.
        answers: One per strategy of the curves.
        luck: Smallest budget of the grid from which on at least 95 % of random subsets meet every goal; None
            where that is nowhere.
        largest: The largest budget measured.
        size: Random subsets behind the shares.
    """

    goals: tuple[Goal, ...]
    answers: tuple[SmallestBudget, ...]
    luck: int | None
    largest: int
    size: int

    @property
    def most_lucky(self) -> str:
        """How many of the random subsets make luck enough, counted: too few for a percentage.

        Example:
            >>> SmallestBudgets((), (), None, 100, 39).most_lucky
            '38 of 39 random subsets'
        """
        return f"{ceil(LUCK * self.size)} of {self.size} random subsets"


def last_start(good: Sequence[bool]) -> int | None:
    """Where the unbroken run of True at the end begins; None where the last one is False.

    Example:
        >>> last_start([True, False, True, True]), last_start([True, False])
        (2, None)
    """
    start = None
    for at in range(len(good) - 1, -1, -1):
        if not good[at]:
            break
        start = at
    return start


def smallest_budget(
    curves: Curves, goals: Sequence[Goal], *, refine: bool = True, progress: Progress = SILENT
) -> SmallestBudgets:
    """The smallest budget of each strategy that meets every threshold, here and at all larger ones measured.

    On the grid by the mean over seeds, then for nested strategies narrowed down between two budgets of the
    grid by measuring prefixes (nothing is run): every size where there are at most 64 between them, else 64
    evenly spaced ones and so on inside the last gap.

    Args:
        curves: The curves.
        goals: Thresholds, all of which must be met.
        refine: Narrow down; otherwise answers are budgets of the grid.
        progress: May cancel.

    Returns:
        One answer per strategy, and what luck needs.

    Raises:
        ParameterError: No goals, or a metric that the curves do not have.
        Cancelled: A cancel was asked for.
    """
    if not goals:
        raise ParameterError("There is no threshold", "none was given", "give at least one")
    for one in goals:
        if one.metric not in curves.metrics:
            raise ParameterError(
                f"{METRICS[one.metric].label} was not measured", "it is in none of the curves", "take another"
            )
    answers = []
    for at in range(len(curves.curves)):
        share = progress.part(at / len(curves.curves), (at + 1) / len(curves.curves))
        answers.append(_answer(curves, at, tuple(goals), refine, share))
    lucky = [_chance(curves, step, goals, 1) >= LUCK for step in range(len(curves.budgets))]
    start = last_start(lucky)
    luck = None if start is None else curves.budgets[start]
    return SmallestBudgets(tuple(goals), tuple(answers), luck, curves.budgets[-1], curves.band[0].size)


def _met(goals: Sequence[Goal], means: Mapping[str, NDArray[np.float64]]) -> NDArray[np.bool_]:
    good: NDArray[np.bool_] = np.logical_and.reduce([one.met(means[one.metric]) for one in goals])
    return good


def _chance(curves: Curves, step: int, goals: Sequence[Goal], seeds: int) -> float:
    return float(_met(goals, curves.band[step].of(seeds)).mean())


def _chance_beside(curves: Curves, at: int, step: int, goals: Sequence[Goal], seeds: int) -> float:
    """The share of random subsets as large as those of a strategy that meet every goal."""
    held = curves.curves[at].held[step].tolist()
    if all(rows == curves.budgets[step] for rows in held):
        return _chance(curves, step, goals, seeds)
    return _chance_of(curves, held, goals, seeds)


def _chance_of(
    curves: Curves, held: Sequence[int], goals: Sequence[Goal], seeds: int, progress: Progress = SILENT
) -> float:
    """The share of random subsets that meet every goal, all of one size or one size for each seed."""
    band = measure_band(
        curves.pool,
        max(held),
        size=curves.band[0].size,
        seeds=seeds,
        seed=curves.seed,
        metrics=[one.metric for one in goals],
        progress=progress,
        held=tuple(held) if len(held) == seeds else (held[0],) * seeds,
    )
    return float(_met(goals, band.of(seeds)).mean())


def _answer(
    curves: Curves, at: int, goals: tuple[Goal, ...], refine: bool, progress: Progress
) -> SmallestBudget:
    curve, names = curves.curves[at], [one.metric for one in goals]
    if not curve.values:
        return SmallestBudget(at)
    means = {name: curves.means(at, name) for name in names}
    good = _met(goals, means)
    every = np.logical_and.reduce(
        [_met(goals, {name: curve.values[name][:, seed] for name in names}) for seed in range(curve.runs)]
    )
    start, worst = last_start(good.tolist()), last_start(every.tolist())
    if start is None:
        return SmallestBudget(at, worst=None if worst is None else curves.budgets[worst])
    seeds = curve.runs if curve.runs in curves.band[0].values else 1
    answer = SmallestBudget(
        at,
        budget=curves.budgets[start],
        above=curves.budgets[start - 1] if start else None,
        worst=None if worst is None else curves.budgets[worst],
        held=float(curve.held[start].mean()),
        chance=_chance_beside(curves, at, start, goals, seeds),
        values={name: float(means[name][start]) for name in names},
    )
    # A gap (a refused budget) says nothing about the sizes inside it, so it is not narrowed down.
    if not (refine and curve.nested and start) or curve.reasons[start - 1]:
        return answer
    return _narrow(curves, answer, goals, seeds, progress)


def _narrow(
    curves: Curves, answer: SmallestBudget, goals: tuple[Goal, ...], seeds: int, progress: Progress
) -> SmallestBudget:
    """Move `budget` down to the first size after the last prefix looked at that misses a goal."""
    assert answer.budget is not None
    assert answer.above is not None
    low, high, step = answer.above, answer.budget, 0
    names = [one.metric for one in goals]
    values = dict(answer.values or {})
    while high - low > 1:
        inside = np.unique(np.linspace(low, high, min(SECTIONS + 2, high - low + 1)).round().astype(int))
        sizes = inside[1:-1].tolist()
        step = step or int(np.diff(inside).max())
        measured = curves.measure(answer.strategy, sizes, names, progress)
        means = {name: value.mean(axis=1) for name, value in measured.items()}
        start = last_start(_met(goals, means).tolist())
        if start is None:
            low = sizes[-1]
            continue
        low, high = sizes[start - 1] if start else low, sizes[start]
        values = {name: float(means[name][start]) for name in names}
    curve = curves.curves[answer.strategy]
    if high == answer.budget:
        return replace(answer, above=low, step=max(step, 1))
    picked = [curves.rows(answer.strategy, high, seed) for seed in range(curve.runs)]
    held = [len(rows) for rows in picked if rows is not None]
    return replace(
        answer,
        budget=high,
        above=low,
        step=max(step, 1),
        held=float(np.mean(held)),
        chance=_chance_of(curves, held, goals, seeds, progress),
        values=values,
    )
