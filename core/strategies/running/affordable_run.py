"""The run of a strategy that a cost budget allows: how many rows to ask of it, so that they cost enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.errors import BudgetError
from ...foundation.progress import SILENT, Progress
from ...foundation.wording import count
from ...model.budget import Budget, SubsetCost, amount_words
from ...model.cost_budget import CostBudget
from ...model.inputs import Inputs
from ...model.selection import Picks

_ROOM = 1.25  # how much longer than expected the first run of a nested strategy is
RUNS = 5
"""Runs that the search for the longest affordable one is expected to take, where a strategy is not nested."""


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
        BudgetError: As `CostBudget.of`, or the strategy refuses every number of rows that would fit.
    """
    cost_budget = CostBudget.of(inputs, budget)
    search = _Search(run, inputs, cost_budget, progress)
    return search.nested() if nested else search.bisected()


class _Search:
    """Runs of one strategy at several numbers of rows."""

    def __init__(
        self,
        run: Callable[[int, Progress], Picks],
        inputs: Inputs,
        cost_budget: CostBudget,
        progress: Progress,
    ) -> None:
        self.run, self.inputs, self.cost_budget, self.progress = run, inputs, cost_budget, progress
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
        return float(self.cost_budget.sums(picks.rows)[-1]) if len(picks.rows) else 0.0

    def nested(self) -> AffordableRun:
        """One run that is long enough, cut where the budget is spent."""
        rows = min(self.inputs.n, max(self.low + 1, round(_ROOM * self.cost_budget.rows(self.inputs))))
        while self.high - self.low > 1:
            picks = self.at(rows)
            if picks is not None:
                self.low, self.kept = rows, picks
                if self.cost_budget.fitting(picks.rows) < len(picks.rows) or len(picks.rows) < rows:
                    break
            bounded = self.high <= self.inputs.n
            rows = (self.low + self.high) // 2 if bounded else min(self.inputs.n, 2 * rows)
        picks = self._found()
        cut = self.cost_budget.fitting(picks.rows)
        if cut < len(picks.rows):
            after = float(self.cost_budget.sums(picks.rows)[cut])
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
        rows, middle = min(self.inputs.n, max(self.low + 1, self.cost_budget.rows(self.inputs))), False
        while True:
            picks = self.at(rows)
            step = 0.0
            if picks is not None:
                cost = self.cost(picks)
                if cost <= self.cost_budget.limit:
                    self.low, self.kept = rows, picks
                else:
                    self.high, self.beyond = rows, cost
                free = cost - self.cost_budget.pinned
                each = free / max(1, len(picks.rows) - len(self.inputs.pins))
                step = (
                    (float(self.cost_budget.budget.amount) - cost) / each
                    if each > 0
                    else float(self.inputs.n)
                )
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
        out = ~self.cost_budget.within[picks.rows]
        passed = int(out.sum())
        if passed:
            picks = replace(_cut(picks, ~out), represents=None)
        spent = float(self.cost_budget.costs[picks.rows].sum())
        made = SubsetCost(self.cost_budget.budget, spent, passed)
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
