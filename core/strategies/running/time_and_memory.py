"""What a strategy will take: seconds, memory, and how often it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...foundation.arrays.any_size_graph import graph_memory, graph_work
from ...foundation.machine import machine
from ...model.inputs import Inputs
from ..declaration import STRATEGIES, Strategy
from .affordable_run import RUNS


@dataclass(frozen=True)
class TimeAndMemory:
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


def time_and_memory(
    strategy: Strategy,
    n: int,
    d: int,
    budget: int,
    params: Mapping[str, Any] | None = None,
    sizes: Sequence[int] = (),
    graph_ready: bool = False,
) -> TimeAndMemory:
    """Time and memory of a run before it starts, from the declared cost and this machine's rates.

    Args:
        strategy: The declaration.
        n, d, budget: Eligible rows, dimensions, rows wanted.
        params: Its parameters: a strategy named inside is added, once for each group.
        sizes: Rows in each group, where known; else a strategy inside counts as if it met all rows at once.
        graph_ready: The neighbour graph is there already.
    """
    d = max(d, 1)
    work = machine().seconds(strategy.work(n, d, budget))
    memory, graph = strategy.memory(n, d, budget), 0.0
    if strategy.cost.graph is not None and n > strategy.cost.graph and not graph_ready:
        graph, memory = machine().seconds(graph_work(n, d)), max(memory, graph_memory(n, d))
    checked = strategy.check(params or {})
    for parameter in strategy.params:
        value = checked[parameter.name]
        if parameter.kind == "strategy" and value is not None:
            inner, most = STRATEGIES[value["id"]], 0.0
            for size in sizes or (n,):
                part = max(1, round(budget * size / max(n, 1)))
                guess = time_and_memory(inner, int(size), d, part, value["params"])
                work, most = work + guess.seconds, max(most, guess.bytes)
            memory += most
    return TimeAndMemory(work, memory, graph)


def largest_n(strategy: Strategy, d: int, budget: int, limit: float) -> int:
    """The largest n whose declared memory stays within `limit` bytes."""
    low, high = 1, 1 << 31
    while low < high:
        middle = (low + high + 1) // 2
        if strategy.memory(middle, max(d, 1), min(budget, middle)) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def expected_runs(strategy: Strategy, params: Mapping[str, Any] | None = None) -> int:
    """How often a strategy is expected to run under a cost budget."""
    return 2 if strategy.nested(params or {}) else RUNS


def group_sizes(inputs: Inputs, params: Mapping[str, Any]) -> Sequence[int]:
    """Sizes of the groups that a strategy works in; none where it works in no groups of the inputs."""
    if inputs.groups is None or params.get("by", "groups") != "groups":
        return ()
    return [int(size) for size in inputs.groups.sizes if size]
