"""Choosing a subset with one strategy: what is settled before it runs, and the selection that it makes.

Everything a strategy may not get wrong is settled here once: parameters, needs, the eligible population,
budget and pins, the estimate, and the shape of what comes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from time import perf_counter
from typing import Any

import numpy as np

from ...foundation.arrays.array_types import Graph, Rows
from ...foundation.errors import BudgetError, ParameterError, ResourceError
from ...foundation.machine import MEMORY_SHARE, free_memory, show_bytes
from ...foundation.permanent_random import Draws
from ...foundation.progress import SILENT, Progress
from ...foundation.wording import count
from ...model.budget import Budget, SubsetCost
from ...model.cost_budget import CostBudget
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.open_registry import packages_in
from ...model.selection import Picks, Selection
from ..declaration import STRATEGIES
from ..parts.found_parameters import noting, summed
from .affordable_run import buy
from .body import check_finite, run_body
from .needs import needs_of
from .time_and_memory import expected_runs, group_sizes, largest_n, time_and_memory


def about_rows(budget: int | Budget, population: Inputs) -> int:
    """A budget as rows of a population; of a cost budget about how many it buys.

    Raises:
        NeedError, BudgetError: A cost budget that cannot be spent, or a share of no rows.
    """
    if not isinstance(budget, Budget):
        return budget
    return CostBudget.of(population, budget).rows(population) if budget.column else budget.count(population.n)


def inputs_digest(inputs: Inputs, described: str = "") -> str:
    """What is recorded of the inputs: the digest that the caller gives, who knows what they are made of.

    Without one they are told apart by their rows, costs and pins.
    """
    if described:
        return described
    found = blake2b(inputs.keys.tobytes(), digest_size=16)
    if inputs.costs is not None:
        found.update(inputs.cost_column.encode() + inputs.costs.tobytes())
    if len(inputs.pins):
        found.update(b"pins" + inputs.pins.tobytes())
    return found.hexdigest()


def eligible_part(inputs: Inputs, eligible: Rows | None) -> Inputs:
    """The population that is left by bans and filters; `BudgetError` where they hit pinned rows."""
    if eligible is None:
        return inputs
    banned = np.setdiff1d(inputs.pins, eligible)
    if len(banned):
        raise BudgetError(
            f"{count(len(banned), 'pinned row')} cannot be chosen",
            "a ban, the filter or the saved selection leaves them out",
            "unpin them, or choose from rows that hold them",
        )
    return inputs.take(eligible)


def select(
    strategy_id: str,
    inputs: Inputs,
    budget: int | Budget,
    *,
    seed: int = 0,
    params: Mapping[str, Any] | None = None,
    eligible: Rows | None = None,
    replicate: int = 0,
    described: str = "",
    progress: Progress = SILENT,
) -> Selection:
    """Choose a subset.

    Args:
        strategy_id: A registered strategy.
        inputs: All rows of the data set, in canonical order.
        budget: Rows wanted, pins included; or a `Budget`, of which a sum of costs buys the longest run that
            it pays for (see `core.strategies.running.affordable_run`).
        seed: The recipe's seed.
        params: Parameters of the strategy; the rest take their defaults.
        eligible: Ascending positions that may be chosen (bans and filters removed); None for all rows.
        replicate: An independent repetition under the same seed.
        described: Digest of the inputs, recorded in the result.
        progress: Told how far the work is; may cancel it.

    Returns:
        The subset, with rows as positions in `inputs`.

    Raises:
        ParameterError: An unknown strategy or parameter, or a value outside its range.
        NeedError: Something the strategy needs is not there.
        FeatureError: The features hold NaN or infinity.
        BudgetError: The budget cannot be met.
        ResourceError: The declared memory exceeds what is free; names the largest n that would fit.
        Cancelled: A cancel was asked for.

    Example:
        >>> keys = np.arange(160, dtype=np.uint8).reshape(10, 16)
        >>> len(select("random", Inputs(keys=keys), 4, seed=1))
        4
    """
    strategy = STRATEGIES[strategy_id]
    if isinstance(seed, bool) or int(seed) != seed or abs(int(seed)) >= 2**63:
        raise ParameterError(f"The seed cannot be {seed!r}", "it is a whole number below 2^63", "change it")
    population = eligible_part(inputs, eligible)
    asked = budget
    budget = about_rows(asked, population)
    check_finite(strategy_id, population, params or {})
    ready = population.graph_ready is not None and population.graph_ready()
    sizes = group_sizes(population, params or {})
    drawable = max(1, min(budget, population.n))  # any other budget is refused below, after what is missing
    guess = time_and_memory(strategy, population.n, population.d, drawable, params, sizes, ready)
    room = free_memory() * MEMORY_SHARE
    if guess.bytes > room:
        most = largest_n(strategy, population.d, budget, room)
        raise ResourceError(
            f"{strategy.label} would need about {show_bytes(guess.bytes)}",
            f"{show_bytes(room)} may be used on this machine",
            f"use at most {count(most, 'row')} (a filter, or a random part first), or another strategy",
        )
    stream = f"{strategy.id}/{strategy.version}" + (f"/{replicate}" if replicate else "")
    draws = Draws(population.keys, seed, stream)

    rules: dict[str, set[float]] = {}
    graphs: list[Graph] = []
    population = replace(population, on_graph=graphs.append)

    def run(rows: int, part: Progress) -> Picks:
        with noting() as seen:
            made = run_body(strategy, population, rows, draws, params or {}, part)
        rules.clear()  # of several runs under a cost budget the last one that is paid for differs in no rule
        rules.update(seen)
        return made

    spent: SubsetCost | None = None
    start = perf_counter()
    if isinstance(asked, Budget) and asked.column:
        bought = buy(run, population, asked, nested=strategy.nested(params or {}), progress=progress)
        picks, budget, spent = bought.picks, bought.asked, bought.spent
    else:
        picks = run(budget, progress)
    seconds = perf_counter() - start
    notes = picks.notes
    if graphs:
        found = min(graphs, key=lambda graph: graph.recall).note
        notes = notes + ((found,) if found and found not in notes else ())
    if population.features is not None and Need.FEATURES in needs_of(strategy, params or {}):
        notes = (*population.features.warnings, *notes)
    inclusion, weight = picks.inclusion, picks.weight
    if inclusion is not None and weight is None and (inclusion > 0).all():
        weight = 1.0 / inclusion
    if population.pins_after_looking and len(population.pins):
        if weight is not None:
            notes = (*notes, "Rows were pinned after results were seen, so there are no design weights.")
        inclusion = weight = None
    unreached = picks.unreached
    if weight is not None and len(population.pins) == budget < population.n and not unreached:
        unreached = population.n - budget
        notes = (
            *notes,
            "The pinned rows are the whole budget: the π of all others is 0, so whole-population totals are "
            "refused.",
        )
    return Selection(
        rows=picks.rows if eligible is None else eligible[picks.rows],
        strategy=strategy.id,
        version=strategy.version,
        params=strategy.check(params or {}),
        seed=int(seed),
        budget=int(budget),
        inputs=inputs_digest(population, described),
        population=population.n,
        inclusion=inclusion,
        weight=weight,
        multiplicity=picks.multiplicity,
        represents=picks.represents,
        gains=picks.gains,
        quota=picks.quota,
        pinned=len(population.pins),
        notes=notes,
        seconds=seconds,
        estimated=guess.seconds * (expected_runs(strategy, params) if spent else 1),
        cost=spent,
        drawn=picks.drawn,
        unreached=unreached,
        found=summed(rules),
        packages=packages_in(strategy.id, params or {}),
    )
