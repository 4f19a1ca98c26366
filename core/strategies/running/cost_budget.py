"""Cost budgets: how long a subset may be so that its rows together cost no more than was asked.

The rule is one for strategies and random subsets: the longest beginning of the order whose cost does not
exceed the budget. A row that alone costs more than what the pins leave can be in no subset and is passed over
by all of them alike. Sums that differ by less than one part in 10⁹ count as the same, since floating point
adds in one order or another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.errors import BudgetError, NeedError
from ...foundation.permanent_random import smallest
from ...foundation.progress import SILENT, Progress
from ...foundation.wording import clause, count
from ...model.budget import Budget, SubsetCost, amount_words
from ...model.inputs import Inputs
from ...model.selection import Picks

_SAME = 1e-9
_ROOM = 1.25  # how much longer than expected the first run of a nested strategy is
RUNS = 5
"""Runs that the search for the longest affordable one is expected to take, where a strategy is not nested."""


@dataclass(frozen=True)
class Purse:
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
    def of(cls, inputs: Inputs, budget: Budget) -> Purse:
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
            >>> Purse.of(four, Budget.parse("8 t")).drawn(four, np.array([0.1, 0.9, 0.2, 0.0])).tolist()
            [0, 2]
        """
        free = inputs.free
        free = free[self.within[free]]
        count = min(len(free), max(16, round(_ROOM * self.rows(inputs))))
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


@dataclass(frozen=True)
class AffordableRun:
    """The run that a cost budget allows.

    Args:
        picks: Its rows without those passed over.
        asked: Rows that were asked of the strategy.
        spent: What they cost.
        runs: How often the strategy ran.
    """

    picks: Picks
    asked: int
    spent: SubsetCost
    runs: int


def buy(
    run: Callable[[int, Progress], Picks],
    inputs: Inputs,
    budget: Budget,
    *,
    nested: bool,
    progress: Progress = SILENT,
) -> AffordableRun:
    """The longest run of a strategy whose rows cost no more than the budget.

    A nested strategy runs once, long enough (doubled until the budget is spent), and its order is cut. The
    others run at several budgets, since the first rows of a longer run are not the shorter run: a search by
    bisection, begun where the mean cost says, ends at a number of rows b whose run fits while that of b + 1
    rows does not. Their cost need not grow with the rows, so a still longer run might fit too; the note says
    where the search ended.

    Args:
        run: The strategy at a number of rows.
        inputs: The eligible population with its costs; pins are paid first.
        budget: What may be spent.
        nested: The first rows of a longer run are the shorter run.
        progress: Told how far the work is; may cancel it.

    Raises:
        BudgetError: As `Purse.of`, or the strategy refuses every number of rows that would fit.
    """
    purse = Purse.of(inputs, budget)
    search = _Search(run, inputs, purse, progress)
    return search.nested() if nested else search.bisected()


class _Search:
    """Runs of one strategy at several numbers of rows."""

    def __init__(
        self, run: Callable[[int, Progress], Picks], inputs: Inputs, purse: Purse, progress: Progress
    ) -> None:
        self.run, self.inputs, self.purse, self.progress = run, inputs, purse, progress
        self.low = max(1, len(inputs.pins)) - 1  # the largest number of rows known to fit
        self.high = inputs.n + 1  # the smallest known not to
        self.runs = 0
        self.refused: BudgetError | None = None
        self.beyond: float | None = None  # what the run at `high` costs
        self.kept: Picks | None = None

    def at(self, rows: int) -> Picks | None:
        """The run at a number of rows; None where the strategy refuses it."""
        start, self.runs = 1 - 0.5**self.runs, self.runs + 1
        try:
            return self.run(rows, self.progress.part(start, 1 - 0.5**self.runs))
        except BudgetError as error:
            self.refused, self.high, self.beyond = error, rows, None
            return None

    def cost(self, picks: Picks) -> float:
        return float(self.purse.sums(picks.rows)[-1]) if len(picks.rows) else 0.0

    def nested(self) -> AffordableRun:
        """One run that is long enough, cut where the budget is spent."""
        rows = min(self.inputs.n, max(self.low + 1, round(_ROOM * self.purse.rows(self.inputs))))
        while self.high - self.low > 1:
            picks = self.at(rows)
            if picks is not None:
                self.low, self.kept = rows, picks
                if self.purse.fitting(picks.rows) < len(picks.rows) or len(picks.rows) < rows:
                    break
            bounded = self.high <= self.inputs.n
            rows = (self.low + self.high) // 2 if bounded else min(self.inputs.n, 2 * rows)
        picks = self._found()
        cut = self.purse.fitting(picks.rows)
        if cut < len(picks.rows):
            after = float(self.purse.sums(picks.rows)[cut])
            ended = f"the next row would bring it to {amount_words(after)}"
            if picks.represents is not None or picks.quota is not None:  # these are of the whole run
                shorter = self.at(cut)
                assert shorter is not None
                assert np.array_equal(shorter.rows, picks.rows[:cut]), "a nested strategy is not nested"
                picks = shorter
            return self._bought(_cut(picks, np.arange(len(picks.rows)) < cut), cut, ended)
        return self._bought(picks, self.low, self._why_no_more())

    def bisected(self) -> AffordableRun:
        """The run at b rows that fits, where that at b + 1 does not."""
        rows, middle = min(self.inputs.n, max(self.low + 1, self.purse.rows(self.inputs))), False
        while True:
            picks = self.at(rows)
            step = 0.0
            if picks is not None:
                cost = self.cost(picks)
                if cost <= self.purse.limit:
                    self.low, self.kept = rows, picks
                else:
                    self.high, self.beyond = rows, cost
                free = cost - self.purse.pinned
                each = free / max(1, len(picks.rows) - len(self.inputs.pins))
                step = (float(self.purse.budget.amount) - cost) / each if each > 0 else float(self.inputs.n)
            if self.high - self.low <= 1:
                break
            # By mean cost and by halves in turn: the first is usually right at once, the second always ends.
            target = rows + (max(1.0, step) if rows == self.low else min(-1.0, step))
            if middle or picks is None:
                target = (self.low + self.high) // 2
            middle = not middle and self.runs > 1
            rows = int(min(max(target, self.low + 1), self.high - 1))
        picks = self._found()
        if self.beyond is None:
            return self._bought(picks, self.low, self._why_no_more())
        ended = (
            f"a run of {count(self.low, 'row')} fits, one of {count(self.low + 1, 'row')} costs "
            f"{amount_words(self.beyond)}; cost need not grow with the rows, so a longer run might fit too"
        )
        return self._bought(picks, self.low, ended)

    def _found(self) -> Picks:
        if self.kept is None:
            assert self.refused is not None
            raise self.refused
        return self.kept

    def _why_no_more(self) -> str:
        if self.refused is not None:
            return f"more rows are refused ({self.refused.why or self.refused.what})"
        return "it has no more rows to give"

    def _bought(self, picks: Picks, asked: int, ended: str) -> AffordableRun:
        out = ~self.purse.within[picks.rows]
        passed = int(out.sum())
        if passed:
            picks = replace(_cut(picks, ~out), represents=None)
        spent = float(self.purse.costs[picks.rows].sum())
        made = SubsetCost(self.purse.budget, spent, passed)
        notes = [f"{made.words[0].upper()}{made.words[1:]}: {ended}."]
        if passed:
            many = count(passed, "row")
            notes.append(
                f"{many} passed over: each costs more than the whole budget, less what the pins cost."
                if len(self.inputs.pins)
                else f"{many} passed over: each costs more than the whole budget."
            )
        notes.append("A cost budget leaves the number of rows to the draw, so there are no design weights.")
        picks = replace(picks, notes=(*picks.notes, *notes), inclusion=None, weight=None)
        return AffordableRun(picks, asked, made, self.runs)


def _cut(picks: Picks, kept: NDArray[np.bool_]) -> Picks:
    """Only some of the chosen rows, with all that belongs to them."""
    names = ("rows", "inclusion", "weight", "multiplicity", "represents", "gains")
    parts = {name: getattr(picks, name) for name in names}
    changed: dict[str, Any] = {name: None if v is None else v[kept] for name, v in parts.items()}
    return replace(picks, **changed)
