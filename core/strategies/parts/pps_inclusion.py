"""Inclusion probabilities in proportion to a size column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...foundation.errors import BudgetError, ColumnError
from ...foundation.wording import clause
from ...foundation.wording import count as counted
from ...model.inputs import Inputs
from .column_parameters import numbers
from .weighted_draws import capped_shares


def size_shares(inputs: Inputs, name: str, budget: int) -> tuple[NDArray[np.float64], tuple[str, ...], int]:
    """π of each row: 1 for pins, else in proportion to a size, none above 1, together the budget.

    Args:
        inputs: The population.
        name: "scores", or a number column.
        budget: Rows wanted, pins included.

    Returns:
        π, shape (n,), 0 for rows of size 0; notes; how many rows have no chance.

    Raises:
        ColumnError: A row that is not pinned has no size, or a negative or infinite one.
        BudgetError: Fewer rows can be drawn than are wanted; ends in "at most N rows".
    """
    free = inputs.free
    size = numbers(inputs, name)[free]
    missing, below = int(np.isnan(size).sum()), int((size < 0).sum())
    endless = int(np.isposinf(size).sum())
    if missing or below or endless:
        kinds = (
            (missing, "has|have", "no value"),
            (below, "is|are", "negative"),
            (endless, "is|are", "infinite"),
        )
        raise ColumnError(
            f"{name} cannot be a size",
            " and ".join(f"{clause(n, 'row', *verb.split('|'))} {what}" for n, verb, what in kinds if n),
            "correct the column, filter those rows out, or choose another column",
        )
    able = size > 0
    count, most = budget - len(inputs.pins), int(able.sum())
    if count > 0 and not most:
        raise ColumnError(f"{name} cannot be a size", "it is 0 in every row", "choose another column")
    if count > most:
        raise BudgetError(
            f"A budget of {counted(budget, 'row')} cannot be drawn",
            f"{clause(len(size) - most, 'row', 'has', 'have')} {name} 0 and so no chance",
            f"ask for at most {counted(most + len(inputs.pins), 'row')}",
        )
    share = np.ones(inputs.n)
    share[free] = 0.0
    share[free[able]] = capped_shares(np.log(size[able]), count)
    notes: tuple[str, ...] = ()
    if most < len(size):
        notes += (
            f"{clause(len(size) - most, 'row', 'has', 'have')} {name} 0 and so π = 0: whole-population "
            "totals are refused.",
        )
    sure = int((share[free] >= 1).sum())
    if sure and count < most:
        notes += (f"{clause(sure, 'row', 'is', 'are')} so large as to be in with certainty.",)
    return share, notes, int((share == 0).sum())
