"""Cost budgets on a population: which rows can be in a subset at all, and how far an order may go.

The rule is one for strategies and random subsets: the longest beginning of the order whose cost does not
exceed the budget. A row that alone costs more than what the pins leave can be in no subset and is passed over
by all of them alike. Sums that differ by less than one part in 10⁹ count as the same, since floating point
adds in one order or another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.errors import BudgetError, NeedError
from ..foundation.permanent_random import smallest
from ..foundation.wording import clause
from .budget import Budget, amount_words
from .inputs import Inputs

_SAME = 1e-9
_MORE = 1.25  # how many more random rows than expected are put in order at first


@dataclass(frozen=True)
class CostBudget:
    """A cost budget on a population, checked.

    Args:
        budget: What was asked.
        costs: Cost of every row, float64 (n,), none missing or negative.
        limit: The budget and the room for rounding.
        pinned: What the pins cost.
        within: Which rows may be in a subset at all: pins, and rows that cost no more than what they leave.
    """

    budget: Budget
    costs: NDArray[np.float64]
    limit: float
    pinned: float
    within: NDArray[np.bool_]

    @classmethod
    def of(cls, inputs: Inputs, budget: Budget) -> CostBudget:
        """Check a cost budget against the eligible rows.

        Args:
            inputs: The eligible population with its costs.
            budget: A sum of the column that the costs are of.

        Raises:
            NeedError: There are no costs, or they are of another column.
            BudgetError: Costs are missing, negative or all zero; the budget is smaller than the cheapest row
                or than what the pins cost, or larger than all rows together.
        """
        if inputs.costs is None or inputs.cost_column != budget.column:
            raise NeedError(
                f"A budget of {budget.words} needs the costs of the rows",
                f"no costs named {budget.column!r} were given",
                "give the budget through the study, or set `costs` and `cost_column` of the inputs",
            )
        costs = inputs.costs
        for bad, what in ((~np.isfinite(costs), "have no cost"), (costs < 0, "have a negative cost")):
            if bad.any():
                raise bad_costs(budget.column, what, int(bad.sum()))
        amount, total = float(budget.amount), float(costs.sum())
        limit = amount * (1 + _SAME)
        if not total:
            raise BudgetError(
                f"A budget of {budget.words} cannot be spent",
                f"every cost in the column {budget.column!r} is 0",
                "choose another column, or give rows (500) or a share (5%)",
            )
        if amount > total * (1 + _SAME):
            raise BudgetError(
                f"A budget of {budget.words} cannot be spent",
                f"all eligible rows, {inputs.n:,}, together cost {amount_words(total)}",
                f"ask for at most {amount_words(total)}",
            )
        pinned = float(costs[inputs.pins].sum())
        if pinned > limit:
            raise BudgetError(
                f"A budget of {budget.words} is too small",
                f"the {clause(len(inputs.pins), 'pinned row', 'costs', 'cost')} {amount_words(pinned)}",
                "raise the budget or unpin some rows",
            )
        within = costs <= limit - pinned
        within[inputs.pins] = True
        if not within.any():
            raise BudgetError(
                f"A budget of {budget.words} is too small",
                f"the cheapest row costs {amount_words(float(costs.min()))}",
                "raise the budget",
            )
        return cls(budget, costs, limit, pinned, within)

    def rows(self, inputs: Inputs) -> int:
        """About how many rows the budget buys: the pins, and the rest at the mean cost of affordable rows."""
        free = inputs.free
        free = free[self.within[free]]
        if not len(free):
            return max(1, len(inputs.pins))
        mean = float(self.costs[free].mean())
        many = len(free) if mean == 0 else (float(self.budget.amount) - self.pinned) / mean
        return max(1, len(inputs.pins) + min(len(free), round(many)))

    def sums(self, rows: Rows) -> NDArray[np.float64]:
        """What each beginning of an order costs, rows that are passed over at nothing, (len(rows),)."""
        return np.cumsum(np.where(self.within[rows], self.costs[rows], 0.0))

    def fitting(self, rows: Rows) -> int:
        """Length of the longest beginning of an order that fits; rows to pass over count in it."""
        return int(np.searchsorted(self.sums(rows), self.limit, side="right"))

    def drawn(self, inputs: Inputs, u: NDArray[np.float64]) -> Rows:
        """Pins, then rows in ascending order of `u` (n,) until the budget is spent.

        Example:
            >>> keys = np.arange(64, dtype=np.uint8).reshape(4, 16)
            >>> four = Inputs(keys=keys, costs=np.array([5.0, 2.0, 2.0, 9.0]), cost_column="t")
            >>> CostBudget.of(four, Budget.parse("8 t")).drawn(four, np.array([0.1, 0.9, 0.2, 0.0])).tolist()
            [0, 2]
        """
        free = inputs.free
        free = free[self.within[free]]
        count = min(len(free), max(16, round(_MORE * self.rows(inputs))))
        while True:
            order = np.concatenate([inputs.pins, free[smallest(u[free], count)]]).astype(np.int64)
            cut = self.fitting(order)
            if cut < len(order) or count >= len(free):
                return order[:cut]
            count = min(len(free), 2 * count)


def bad_costs(column: str, what: str, count: int, named: str = "") -> BudgetError:
    """The error for rows that have no usable cost."""
    who = f"{count:,} eligible rows {what}" if count > 1 else f"1 eligible row {what.replace('have', 'has')}"
    return BudgetError(
        f"The column {column!r} cannot be a cost",
        who + (f", for example {named}" if named else ""),
        "correct these rows, ban them or filter them out",
    )


def share_for(budget: int | Budget, whole: Inputs, part: Inputs) -> int | Budget:
    """The same fraction of a part of the rows: of their number, or of what they cost.

    Args:
        budget: Rows or cost asked of the whole.
        whole, part: Populations; the part's pins are counted in.

    Example:
        >>> keys = np.arange(160, dtype=np.uint8).reshape(10, 16)
        >>> share_for(5, Inputs(keys=keys), Inputs(keys=keys[:6]))
        3
    """
    if isinstance(budget, int):
        wanted = max(1, int(np.floor(budget / whole.n * part.n + 0.5)))
        return min(max(wanted, len(part.pins)), part.n)
    assert whole.costs is not None
    assert part.costs is not None
    total, here = float(whole.costs.sum()), float(part.costs.sum())
    amount = float(budget.amount) * here / total if total else float(budget.amount)
    amount = min(max(amount, float(part.costs[part.pins].sum())), here)
    return replace(budget, amount=Fraction(amount))
