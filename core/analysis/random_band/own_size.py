"""The size at which a subset is judged: the one it has, where that is not the budget.

Strategies whose size is random or "at most" hold more or fewer rows than were asked. Beside random subsets of
the budget more rows would pass for merit, and fewer for a fault.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...model.budget import Budget
from ...model.cost_budget import CostBudget
from ...model.inputs import Inputs
from ...model.selection import Selection
from ...strategies.running.select import about_rows


def own_sizes(selections: Sequence[Selection], budget: int | Budget, inputs: Inputs) -> tuple[float, ...]:
    """What the random subsets beside these must hold, rows or cost; () where that is the budget.

    A subset is compared at the rows that it has. Under a cost budget it is compared at what it costs, where
    that falls short by more than any further row would have cost: less is what every subset leaves over.

    Args:
        selections: Subsets of one strategy, one per seed.
        budget: What was asked.
        inputs: The eligible population.

    Example:
        >>> import numpy as np
        >>> from core.strategies.running.select import select
        >>> inputs = Inputs(keys=np.arange(160, dtype=np.uint8).reshape(10, 16))
        >>> chosen = [select("random", inputs, 4)]
        >>> own_sizes(chosen, 4, inputs), own_sizes(chosen, 6, inputs)
        ((), (4,))
    """
    if isinstance(budget, Budget) and budget.column:
        cost_budget = CostBudget.of(inputs, budget)
        dearest = float(cost_budget.costs[cost_budget.within].max())
        spent = tuple(float(chosen.cost.amount) for chosen in selections if chosen.cost is not None)
        return () if all(float(budget.amount) - one <= dearest for one in spent) else spent
    rows = about_rows(budget, inputs)
    sizes = tuple(len(chosen) for chosen in selections)
    return () if all(size == rows for size in sizes) else sizes
