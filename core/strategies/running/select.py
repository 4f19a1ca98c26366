"""Running a strategy: checks before, the call, checks after.

Everything a strategy may not get wrong is settled here once: parameters, needs, the eligible population,
budget and pins, the estimate, and the shape of what comes back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import blake2b
from time import perf_counter
from typing import Any

import numpy as np

from ...foundation.arrays.neighbour_graph import graph_memory, graph_work
from ...foundation.errors import BudgetError, FeatureError, NeedError, ParameterError, ResourceError
from ...foundation.machine import MEMORY_SHARE, free_memory, machine, show_bytes
from ...foundation.permanent_random import Draws
from ...foundation.progress import SILENT, Progress
from ...foundation.wording import clause, count
from ...model.budget import Budget, Spent
from ...model.inputs import Inputs, Rows
from ...model.registry import Need, Size
from ...model.selection import Picks, Selection
from .. import STRATEGIES, Strategy
from ..parts.found_parameters import noting, summed
from .cost_budget import RUNS, Purse, buy

_HINTS = {
    Need.FEATURES: ("features", "choose what to embed or measure (--features)"),
    Need.GROUPS: ("groups", "make groups or name a column (--groups)"),
    Need.LABELS: ("a label column", "give one the role label (--label)"),
    Need.SCORES: ("a score column", "give one the role score (--score)"),
    Need.TARGET: ("a target", "give rows that the subset should resemble (--target)"),
    Need.TEXT: ("text", "choose a text column (--features text:COLUMN)"),
    Need.ORDER: ("an order", "give a column the role time (--role NAME=time)"),
    Need.ENTITIES: ("an entity column", "give one the role entity (--role NAME=entity)"),
    Need.COLUMNS: ("the table's columns", "give a table, not vectors alone"),
}

_LARGEST, _SMALLEST = 1e15, 1e-15  # of the largest number in the features


def _lacking(needs: Set[Need], inputs: Inputs) -> list[Need]:
    here = {
        Need.FEATURES: inputs.features is not None,
        Need.GROUPS: inputs.groups is not None,
        Need.LABELS: inputs.labels is not None,
        Need.SCORES: inputs.scores is not None,
        Need.TARGET: inputs.target is not None,
        Need.TEXT: inputs.texts is not None,
        Need.ORDER: inputs.order is not None,
        Need.ENTITIES: inputs.entities is not None,
        Need.COLUMNS: inputs.frame is not None,
    }
    return [need for need in sorted(needs) if not here[need]]


def _in_words(lacking: Sequence[Need]) -> str:
    return "it needs " + " and ".join(_HINTS[need][0] for need in lacking) if lacking else ""


def unmet(strategy: Strategy, inputs: Inputs, params: Mapping[str, Any] | None = None) -> str:
    """Why a strategy cannot run on these inputs, in words; "" where it can."""
    return _in_words(_lacking(needs_of(strategy, params or {}, _columns(inputs)), inputs))


def _column(strategy: Strategy, need: Need) -> str:
    """Where a column can be named in place of what is missing."""
    if need in strategy.needs:
        return ""
    found = (one.name for one in strategy.params if one.par.column and need in one.par.special)
    name = next(found, "")
    return f", or name a column (--param {name}=COLUMN)" if name else ""


def _columns(inputs: Inputs) -> set[str]:
    return set() if inputs.frame is None else set(map(str, inputs.frame.columns))


def needs_of(
    strategy: str | Strategy, params: Mapping[str, Any], columns: Set[str] = frozenset()
) -> set[Need]:
    """Everything a run needs: the strategy's own, that of strategies inside it, and what parameters name.

    Args:
        strategy: Its id or declaration.
        params: Its parameters; the rest take their defaults.
        columns: Columns of the table: a word such as "groups" can also mean a column of that name, so it is
            not needed there.

    Raises:
        ParameterError: An unknown strategy or parameter.
    """
    if isinstance(strategy, str):
        strategy = STRATEGIES[strategy]
    needs = set(strategy.needs)
    checked = strategy.check(params)
    for parameter in strategy.params:
        value = checked[parameter.name]
        if parameter.kind == "strategy" and value is not None:
            inner = value if isinstance(value, Mapping) else {"id": value, "params": {}}
            needs |= needs_of(inner["id"], inner["params"], columns)
        else:
            words = set(value if isinstance(value, list) else [value]) & set(parameter.par.special)
            needs |= {Need(word) for word in words - columns if word in set(Need)}
    return needs


@dataclass(frozen=True)
class Estimate:
    """What a run is expected to take.

    Args:
        own: Seconds of the strategy itself.
        bytes: Peak above its inputs.
        graph: Seconds of the shared neighbour graph, 0 where it is there or is not needed.
    """

    own: float
    bytes: float
    graph: float = 0.0

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.own + self.graph


def estimate(
    strategy: Strategy,
    n: int,
    d: int,
    budget: int,
    params: Mapping[str, Any] | None = None,
    sizes: Sequence[int] = (),
    graph_ready: bool = False,
) -> Estimate:
    """Time and memory of a run before it starts, from the declared cost and this machine's rates.

    Args:
        strategy: The declaration.
        n, d, budget: Eligible rows, dimensions, rows wanted.
        params: Its parameters: a strategy named inside is added, once for each group.
        sizes: Rows in each group, where known; else a strategy inside counts as if it met all rows at once.
        graph_ready: The neighbour graph is there already.
    """
    d = max(d, 1)
    work = machine().seconds(strategy.cost.work(n, d, budget))
    memory, graph = float(strategy.cost.memory(n, d, budget)), 0.0
    if strategy.cost.graph is not None and n > strategy.cost.graph and not graph_ready:
        graph, memory = machine().seconds(graph_work(n, d)), max(memory, graph_memory(n, d))
    checked = strategy.check(params or {})
    for parameter in strategy.params:
        value = checked[parameter.name]
        if parameter.kind == "strategy" and value is not None:
            inner, most = STRATEGIES[value["id"]], 0.0
            for size in sizes or (n,):
                part = max(1, round(budget * size / max(n, 1)))
                guess = estimate(inner, int(size), d, part, value["params"])
                work, most = work + guess.seconds, max(most, guess.bytes)
            memory += most
    return Estimate(work, memory, graph)


def largest_n(strategy: Strategy, d: int, budget: int, limit: float) -> int:
    """The largest n whose declared memory stays within `limit` bytes."""
    low, high = 1, 1 << 31
    while low < high:
        middle = (low + high + 1) // 2
        if strategy.cost.memory(middle, max(d, 1), min(budget, middle)) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def check_budget(budget: int, n: int, pinned: int) -> None:
    """Raise `BudgetError` unless pinned ≤ budget ≤ n and budget ≥ 1."""
    if isinstance(budget, bool) or int(budget) != budget or budget < 1:
        raise BudgetError(f"A budget of {budget} rows cannot be drawn", "it must be at least 1", "raise it")
    if budget > n:
        raise BudgetError(
            f"A budget of {count(budget, 'row')} cannot be drawn",
            f"only {clause(n, 'row', 'is', 'are')} eligible",
            f"ask for at most {count(n, 'row')}",
        )
    if budget < pinned:
        raise BudgetError(
            f"A budget of {count(budget, 'row')} is too small",
            f"{clause(pinned, 'row', 'is', 'are')} pinned, which counts towards it",
            "raise the budget or unpin some rows",
        )


def run_body(
    strategy: Strategy,
    inputs: Inputs,
    budget: int,
    draws: Draws,
    params: Mapping[str, Any],
    progress: Progress = SILENT,
) -> Picks:
    """Run a strategy on a population and check what it returns; what *within* parameters call as well.

    Args:
        strategy: The declaration.
        inputs: The eligible population, in canonical order.
        budget: Rows wanted, pins included.
        draws: Randomness of this run.
        params: Checked here.
        progress: Called inside the loop.

    Raises:
        ParameterError, NeedError, BudgetError: As named.
        AssertionError: The strategy broke its declaration: a defect of ours.
    """
    checked = strategy.check(params)
    reason = unmet(strategy, inputs, checked)
    if reason:
        first = _lacking(needs_of(strategy, checked, _columns(inputs)), inputs)[0]
        raise NeedError(f"{strategy.label} cannot run", reason, _HINTS[first][1] + _column(strategy, first))
    check_budget(budget, inputs.n, len(inputs.pins))
    picks = strategy.body(inputs, budget, draws, progress, **checked)
    progress.check()
    _check(strategy, inputs, budget, picks)
    return picks


def _check(strategy: Strategy, inputs: Inputs, budget: int, picks: Picks) -> None:
    rows = picks.rows
    name = strategy.id
    assert rows.dtype == np.int64, f"{name}: rows must be int64 positions"
    assert rows.ndim == 1, f"{name}: rows must be one-dimensional"
    assert ((rows >= 0) & (rows < inputs.n)).all(), f"{name}: row out of range"
    chosen = np.zeros(inputs.n, bool)
    chosen[rows] = True
    assert int(chosen.sum()) == len(rows), f"{name}: a row was chosen twice"
    assert chosen[inputs.pins].all(), f"{name}: a pinned row is missing"
    drawn = len(rows) if picks.multiplicity is None else int(picks.multiplicity.sum())
    if strategy.promises.size is Size.EXACT:
        assert drawn == budget, f"{name}: {drawn} rows for a budget of {budget}"
    elif strategy.promises.size is Size.AT_MOST:
        assert drawn <= budget, f"{name}: {drawn} rows for a budget of at most {budget}"
    for part in (picks.inclusion, picks.weight, picks.multiplicity, picks.represents, picks.gains):
        assert part is None or len(part) == len(rows), f"{name}: an array does not match the rows"


def _check_finite(strategy_id: str, inputs: Inputs, params: Mapping[str, Any]) -> None:
    """Refuse features that hold NaN or infinity, or none but numbers too large or small to be squared."""
    if inputs.features is None or not {Need.FEATURES, Need.TARGET} & needs_of(strategy_id, params):
        return
    x = inputs.features.matrix
    top = max(float(x.max()), -float(x.min())) if x.size else 0.0  # NaN and infinity survive both
    if np.isfinite(top):
        if top > _LARGEST or 0 < top < _SMALLEST:
            raise FeatureError(
                f"The largest number in the features is {top:.2g}",
                f"squares of numbers {'above' if top > 1 else 'below'} "
                f"{_LARGEST if top > 1 else _SMALLEST:.0e} are lost in single precision",
                "give the features in another unit",
            )
        return
    bad = int((~np.isfinite(x)).any(axis=1).sum())
    raise FeatureError(
        f"{clause(bad, 'row', 'has', 'have')} features that are not finite",
        "they hold NaN or infinity",
        "correct or ban them",
    )


def _sizes(inputs: Inputs, params: Mapping[str, Any]) -> Sequence[int]:
    if inputs.groups is None or params.get("by", "groups") != "groups":
        return ()
    sizes: list[int] = inputs.groups.sizes.tolist()
    return [size for size in sizes if size]


def about_rows(budget: int | Budget, population: Inputs) -> int:
    """A budget as rows of a population; of a cost budget about how many it buys.

    Raises:
        NeedError, BudgetError: A cost budget that cannot be spent, or a share of no rows.
    """
    if not isinstance(budget, Budget):
        return budget
    return Purse.of(population, budget).rows(population) if budget.column else budget.count(population.n)


def expected_runs(strategy: Strategy, params: Mapping[str, Any] | None = None) -> int:
    """How often a strategy is expected to run under a cost budget."""
    return 2 if strategy.nested(params or {}) else RUNS


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
            it pays for (see `core.strategies.running.cost_budget`).
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
    _check_finite(strategy_id, population, params or {})
    ready = population.graph_ready is not None and population.graph_ready()
    sizes = _sizes(population, params or {})
    guess = estimate(strategy, population.n, population.d, budget, params, sizes, ready)
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

    def run(rows: int, part: Progress) -> Picks:
        with noting() as seen:
            made = run_body(strategy, population, rows, draws, params or {}, part)
        rules.clear()  # of several runs under a cost budget the last one that is paid for differs in no rule
        rules.update(seen)
        return made

    spent: Spent | None = None
    start = perf_counter()
    if isinstance(asked, Budget) and asked.column:
        bought = buy(run, population, asked, nested=strategy.nested(params or {}), progress=progress)
        picks, budget, spent = bought.picks, bought.asked, bought.spent
    else:
        picks = run(budget, progress)
    seconds = perf_counter() - start
    notes = picks.notes
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
        inputs=described or blake2b(population.keys.tobytes(), digest_size=16).hexdigest(),
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
    )
