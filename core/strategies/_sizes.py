"""Inclusion probabilities in proportion to a size column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import BudgetError, ColumnError
from ..types import Inputs
from ..words import clause
from ._columns import numbers
from ._weighted import capped_shares


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
        counted = (
            (missing, "has|have", "no value"),
            (below, "is|are", "negative"),
            (endless, "is|are", "infinite"),
        )
        raise ColumnError(
            f"{name} cannot be a size",
            " and ".join(f"{clause(n, 'row', *verb.split('|'))} {what}" for n, verb, what in counted if n),
            "correct the column, filter those rows out, or choose another column",
        )
    able = size > 0
    count, most = budget - len(inputs.pins), int(able.sum())
    if count > 0 and not most:
        raise ColumnError(f"{name} cannot be a size", "it is 0 in every row", "choose another column")
    if count > most:
        raise BudgetError(
            f"A budget of {budget:,} rows cannot be drawn",
            f"{len(size) - most:,} rows have {name} 0, so they have no chance",
            f"ask for at most {most + len(inputs.pins):,} rows",
        )
    share = np.ones(inputs.n)
    share[free] = 0.0
    share[free[able]] = capped_shares(np.log(size[able]), count)
    notes: tuple[str, ...] = ()
    if most < len(size):
        notes += (
            f"{len(size) - most:,} rows have {name} 0: their π is 0, so whole-population totals are refused.",
        )
    sure = int((share[free] >= 1).sum())
    if sure and count < most:
        notes += (f"{clause(sure, 'row', 'is', 'are')} so large as to be in with certainty.",)
    return share, notes, int((share == 0).sum())
