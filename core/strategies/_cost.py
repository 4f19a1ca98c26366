"""Parts of declared costs that several strategies share."""

from __future__ import annotations

from collections.abc import Mapping


def together(*parts: Mapping[str, float]) -> dict[str, float]:
    """Amounts of work added up by unit.

    Example:
        >>> together({"gemm": 1.0}, {"gemm": 2.0, "steps": 5.0})
        {'gemm': 3.0, 'steps': 5.0}
    """
    total: dict[str, float] = {}
    for part in parts:
        for unit, amount in part.items():
            total[unit] = total.get(unit, 0.0) + amount
    return total


def graph_work(n: int, d: int) -> dict[str, float]:
    """Work of the shared neighbour graph, counted even where it is there already."""
    from ..neighbours import APPROXIMATE_ABOVE

    if n > APPROXIMATE_ABOVE:
        return {"scan": 2e5 * n}
    return {"gemm": 1.2 * n * n * d, "scan": 1.0 * n * n + 2000.0 * n}


def graph_memory(n: int) -> float:
    """Peak bytes while the graph is made and read."""
    return 1200.0 * n + 2**27


GRAPH_TEXT = "O(n²·d) time for the shared neighbour graph, counted even where it is there already"
