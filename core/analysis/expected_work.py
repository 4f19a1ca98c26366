"""Seconds and memory that an analysis is expected to take on this machine, for engine and pages alike.

Strategies declare their cost, the machine's rates are measured; both are only added up here. Seconds of
measuring stay apart as an amount of work, since pages correct them by what earlier runs took.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..foundation.errors import ExtensionError
from ..foundation.machine import machine
from ..foundation.threads import processors
from ..metrics.pool import EVALUATION_ROWS
from ..model.promises import Size
from ..model.recipe import Choice
from ..strategies.declaration import STRATEGIES
from ..strategies.running.time_and_memory import expected_runs, time_and_memory
from .held_out.learning_curve import BAND, FRACTIONS
from .held_out.split import HELD_OUT, NEAR_ROWS

ALWAYS = 2.0
"""Seconds of a band on almost no rows. Without them a run on few rows would teach a pace far too slow."""


@dataclass(frozen=True)
class Work:
    """What an analysis should take.

    Args:
        own: Seconds of the strategies.
        graph: Seconds of the neighbour graph that they share, 0 where it is there or is not needed.
        bytes: At the peak of a strategy.
        band: Amount of measuring, see `measuring`; of a comparison that of one whole random band.
        bands: How many such bands are still to be drawn; part of one where a beginning of it is there.
        probe: Seconds of held-out probes: selections from the training rows, fits, and their band.
    """

    own: float
    graph: float
    bytes: float
    band: float = 0.0
    bands: float = 1.0
    probe: float = 0.0

    @property
    def strategies(self) -> float:
        """Seconds of all selections."""
        return self.own + self.graph

    @property
    def seconds(self) -> float:
        """All of it by this machine's rates."""
        return self.strategies + self.bands * self.band * measuring_rate() + self.probe


def measuring_rate() -> float:
    """Seconds per unit of `measuring` on this machine, before any pace was learned."""
    return 4.0 / machine().gemm


def measuring(n: int, d: int, rows: float) -> float:
    """Amount of work of measuring subsets that hold so many rows in all.

    Distances from the evaluated rows outweigh everything else.

    Args:
        n, d: Eligible rows and dimensions.
        rows: Rows of all subsets together.
    """
    return float(rows) * min(n, EVALUATION_ROWS) * max(d, 16)


def _band(n: int, d: int, rows: float) -> float:
    return measuring(n, d, rows) + ALWAYS / measuring_rate()


def strategies_work(
    choices: Sequence[Choice],
    n: int,
    d: int,
    budgets: Sequence[int],
    *,
    seeds: int = 1,
    graph_ready: bool = False,
    by_cost: bool = False,
) -> Work:
    """Selections alone, at every budget; a nested strategy runs at the largest one.

    Args:
        choices: Strategies; those that cannot run are best left out. One of another package whose declared
            cost fails takes nothing.
        n, d: Eligible rows and dimensions.
        budgets: Rows.
        seeds: M; a deterministic strategy runs once.
        graph_ready: The neighbour graph is there already.
        by_cost: The budget is a cost: each run then is a search of several.

    Example:
        >>> few, many = (strategies_work([Choice("k-center")], 5_000, 64, [b]).own for b in (50, 500))
        >>> few < many
        True
    """
    own = graph = peak = 0.0
    for choice in choices:
        strategy = STRATEGIES[choice.id]
        try:
            runs = strategy.runs(seeds) * (expected_runs(strategy, choice.params) if by_cost else 1)
            guesses = [
                time_and_memory(strategy, n, d, budget, choice.params, graph_ready=graph_ready)
                for budget in ([max(budgets)] if strategy.nested(choice.params) else budgets)
            ]
        except ExtensionError:  # it is refused for the same fault before it runs
            continue
        for guess in guesses:
            own += runs * guess.own
            graph, peak = max(graph, guess.graph), max(peak, guess.bytes)  # made once, for all of them
    return Work(own, graph, peak)


def comparison_work(
    choices: Sequence[Choice],
    n: int,
    d: int,
    budget: int,
    *,
    seeds: int,
    band: int,
    classes: int = 0,
    graph_ready: bool = False,
    by_cost: bool = False,
    run: Sequence[Choice] | None = None,
    left: float = 1.0,
) -> Work:
    """A comparison with its random bands and probes.

    Args:
        choices: All strategies of the table.
        n, d: Eligible rows and dimensions.
        budget: Rows, of a cost budget about how many it buys.
        seeds, band: M and R.
        classes: Label classes; 0 where nothing is probed.
        graph_ready, by_cost: As in `strategies_work`.
        run: Those that must run; None for all of them.
        left: Share of the random band that must be drawn.
    """
    run = choices if run is None else run
    several = max((STRATEGIES[choice.id].runs(seeds) for choice in choices), default=1)
    # Subsets of another size than the budget have random ones of their own beside them.
    own_bands = sum(STRATEGIES[choice.id].promises.size is not Size.EXACT for choice in run)
    probe = 0.0
    if classes:
        many = band if left > 0 else 0
        probe = learning_work(run, n, d, budget, classes, seeds=seeds, band=many, fractions=(1.0,)).seconds
    work = strategies_work(run, n, d, [budget], seeds=seeds, graph_ready=graph_ready, by_cost=by_cost)
    whole = _band(n, d, float(band * several) * budget)
    held = work.bytes + 8.0 * min(n, EVALUATION_ROWS) * budget + 4.0 * n * d
    return replace(work, bytes=held, band=whole, bands=left + own_bands, probe=probe)


def budget_curves_work(
    choices: Sequence[Choice],
    n: int,
    d: int,
    budgets: Sequence[int],
    *,
    seeds: int = 1,
    band: int,
    graph_ready: bool = False,
) -> Work:
    """Metrics against the budget; arguments as in `strategies_work`, and R."""
    work = strategies_work(choices, n, d, budgets, seeds=seeds, graph_ready=graph_ready)
    return replace(work, band=_band(n, d, float((band + len(choices)) * seeds) * sum(budgets)))


def learning_work(
    choices: Sequence[Choice],
    n: int,
    d: int,
    budget: int,
    classes: int,
    *,
    seeds: int,
    band: int = BAND,
    fractions: Sequence[float] = FRACTIONS,
) -> Work:
    """Learning curves with their band, before anything is split.

    Args:
        choices, n, d, seeds: As in `strategies_work`.
        budget: Rows asked of the eligible ones.
        classes: Label classes.
        band, fractions: As in `core.analysis.held_out.learning_curve`.
    """
    train, held = int((1 - HELD_OUT) * n), int(HELD_OUT * n)
    sizes = [max(2, min(train, round(part * (1 - HELD_OUT) * budget))) for part in fractions]
    work = strategies_work(choices, train, d, sizes, seeds=seeds)
    subsets = band * seeds + sum(STRATEGIES[choice.id].runs(seeds) for choice in choices)
    pairs = 6.0 * train * min(held, NEAR_ROWS) * max(d, 16) * (len(choices) + 1) / machine().gemm
    fits = fit_seconds(sizes * subsets, max(d, 1), classes, held, at_once=processors())
    return replace(work, bands=0.0, probe=pairs + fits)


def fit_seconds(rows: Sequence[int], d: int, classes: int, held: int, *, at_once: int = 1) -> float:
    """Wall time of logistic probes on so many rows each, predictions included.

    The number of steps of L-BFGS is not known before; 20 + 2√rows fits what was measured on 384 dimensions.

    Args:
        rows: Training rows of each fit.
        d, classes: Dimensions and label classes.
        held: Rows predicted by each.
        at_once: How many run side by side.
    """
    flops = sum((20 + 2 * row**0.5) * 4.0 * row * d * classes + 2.0 * held * d * classes for row in rows)
    fixed = 0.004 * len(rows) / at_once  # a small fit takes milliseconds however small it is
    return float(2.5 * flops / machine().gemm + fixed)
