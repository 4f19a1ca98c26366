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


GRAPH_TEXT = (
    "the shared neighbour graph, once for all strategies: O(n²·d), above 200,000 rows about O(n^1.5·d)"
)
