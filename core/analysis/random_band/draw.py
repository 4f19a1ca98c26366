"""Uniform random subsets of the band: which rows they hold, and their design weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.permanent_random import BAND, replicates, smallest
from ...foundation.progress import SILENT, Progress
from ...model.budget import Budget
from ...model.cost_budget import CostBudget
from ...model.inputs import Inputs
from ...strategies.running.body import check_budget
from ...strategies.running.select import about_rows

BandSize = int | Budget
"""How large a random subset is: rows, or what it may cost."""


def band_subsets(
    inputs: Inputs,
    budget: BandSize | Sequence[BandSize],
    start: int,
    stop: int,
    *,
    seed: int,
    progress: Progress = SILENT,
) -> list[Rows]:
    """Uniform random subsets number `start` … `stop`-1 of the band.

    Args:
        inputs: The eligible population; its pins are in every subset, and come first.
        budget: Rows, pins included; or a cost budget, then rows in random order until it is spent: the
            longest beginning that costs no more (see `core.model.cost_budget`), so sizes differ. Several of
            them hold in turn: subset number i has size i modulo their number.
        start, stop: Which replicates; each is the same whichever others are asked for.
        seed: The recipe's seed. Draws are from the reserved stream ``band``.
        progress: May cancel.

    Returns:
        Positions in the population, each (budget,), int64. O(n · stop) keyed draws. A smaller subset is the
        beginning of the larger one of the same number.

    Raises:
        BudgetError: The budget cannot be met.

    Example:
        >>> keys = np.arange(160, dtype=np.uint8).reshape(10, 16)
        >>> pinned = Inputs(keys=keys, pins=np.array([7]))
        >>> [len(rows) for rows in band_subsets(pinned, 4, 0, 2, seed=1)]
        [4, 4]
    """
    turns = [
        _drawing(inputs, one)
        for one in ([budget] if isinstance(budget, (int, np.integer, Budget)) else budget)
    ]
    made = []
    for number, u in enumerate(replicates(inputs.keys, seed, BAND, stop)):
        progress(number, stop, "random subsets")
        if number >= start:
            made.append(turns[number % len(turns)](u))
    return made


def _drawing(inputs: Inputs, budget: BandSize) -> Callable[[NDArray[np.float64]], Rows]:
    """Permanent random numbers (n,) → the random subset of this size."""
    rows = about_rows(budget, inputs)
    check_budget(rows, inputs.n, len(inputs.pins))
    if isinstance(budget, Budget) and budget.column:
        cost_budget = CostBudget.of(inputs, budget)
        return lambda u: cost_budget.drawn(inputs, u)
    free, wanted = inputs.free, rows - len(inputs.pins)
    return lambda u: np.concatenate([inputs.pins, free[smallest(u[free], wanted)]]).astype(np.int64)


def band_weights(inputs: Inputs, budget: int) -> NDArray[np.float64]:
    """Design weights of a band subset: 1 for pins, free rows ÷ drawn rows for the others, (budget,)."""
    pins = len(inputs.pins)
    drawn = budget - pins
    share = (inputs.n - pins) / drawn if drawn else 1.0
    return np.concatenate([np.ones(pins), np.full(drawn, share)])


def sized(held: Sequence[float], budget: BandSize) -> tuple[BandSize, ...]:
    """Numbers of rows, or costs where the budget is one, as sizes of random subsets.

    Example:
        >>> sized([730, 12], 250)
        (730, 12)
    """
    if isinstance(budget, Budget) and budget.column:
        return tuple(replace(budget, amount=Fraction(one)) for one in held)
    return tuple(int(one) for one in held)
