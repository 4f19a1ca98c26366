"""One recipe on one data set: its choices, the columns in each role, the eligible rows, and the budget.

Nothing is computed from features here. These objects never change; `with_` and its kin return another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from threading import RLock
from time import perf_counter
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.artifact_store import Store
from ..foundation.errors import ColumnError
from ..foundation.learned_pace import Pace
from ..model.budget import Budget
from ..model.columns import as_numbers, entity_codes, fixed, why_no_number
from ..model.cost_budget import CostBudget
from ..model.dataset import Dataset, Kind
from ..model.inputs import Inputs
from ..model.recipe import Mark, Recipe
from ..model.row_conditions import Near
from ..model.saved_rows import Only
from . import costs, eligibility

T = TypeVar("T")


class RecipeOnData:
    """One recipe on one data set.

    Args:
        data: The data set.
        recipe: Choices; roles and columns they name must exist.
        store: Where artifacts are kept; the user's store if not given.
        target: Rows to resemble, where a strategy needs them.

    Raises:
        ColumnError: The recipe names a column or a role that the data cannot have.
        ExtensionError: It was written with methods of another package that is not here in that version.

    Example:
        >>> from core.data.load import load
        >>> chosen = RecipeOnData(load("sample:wine")).filter("alcohol > 13")
        >>> chosen.label_column(), len(chosen.eligible()), chosen.budget("10%")
        ('cultivar', 92, 9)
    """

    def __init__(
        self,
        data: Dataset,
        recipe: Recipe | None = None,
        *,
        store: Store | None = None,
        target: Dataset | None = None,
    ) -> None:
        recipe = recipe or Recipe()
        if recipe.packages:
            from .method_packages import check_packages

            check_packages(recipe)
        if recipe.roles:
            from ..data.load import with_roles

            has = {name: role.kind for name, role in data.roles.items()}
            wrong = {name: kind for name, kind in recipe.roles.items() if has.get(name) != kind}
            data = with_roles(data, wrong) if wrong else data
        self.data = data
        self.store = store or Store.default()
        self.target_data = target
        self.recipe = recipe.with_(
            data={"name": data.name, "fingerprint": data.fingerprint.digest},
            target=None
            if target is None
            else {"name": target.name, "fingerprint": target.fingerprint.digest},
        )
        self.pace = Pace.of(self.store.root)
        self.seconds: dict[str, float] = {}
        self._lock = RLock()
        self._locks: dict[str, RLock] = {}
        self._made: dict[str, Any] = {}

    # ---- choices ----------------------------------------------------------------------------------

    def with_(self, **changes: Any) -> Self:
        """The same data under a changed recipe."""
        return type(self)(self.data, self.recipe.with_(**changes), store=self.store, target=self.target_data)

    def embed(self, features: str, embedder: str = "minilm", weight: float = 0.5) -> Self:
        """Choose what distances are measured on: ``text:COLUMN``, ``table``, ``vector:COLUMN``…"""
        return self.with_(features=features, embedder=embedder, weight=weight)

    def group(self, groups: str) -> Self:
        """Choose groups: a column, ``kmeans``, ``kmeans:K`` or ``hdbscan``; "" for none."""
        return self.with_(groups=groups)

    def filter(self, where: str) -> Self:
        """Let only rows take part that meet a SQL condition."""
        return self.with_(where=where)

    def within(self, rows: Iterable[int], name: str) -> Self:
        """Let only a saved selection take part: rows (canonical positions) under a name."""
        only = Only.of(rows, len(self.data), name, self.data.fingerprint.digest)
        return self.with_(only=only)

    def near(self, text: str, rows: int) -> Self:
        """Let only the rows take part whose text is nearest to a sentence, so many of all rows."""
        return self.with_(near=Near(text, rows))

    def toward(self, target: Dataset) -> Self:
        """Choose rows that subsets should resemble."""
        return type(self)(self.data, self.recipe, store=self.store, target=target)

    def pin(self, rows: Iterable[int], reason: str = "", *, after_looking: bool = False) -> Self:
        """Rows (canonical positions) that every subset must hold."""
        return self.with_(pins=self._marked(self.recipe.pins, rows, reason, after_looking))

    def ban(self, rows: Iterable[int], reason: str = "") -> Self:
        """Rows (canonical positions) that no subset may hold."""
        return self.with_(bans=self._marked(self.recipe.bans, rows, reason, False))

    def _marked(
        self, old: tuple[Mark, ...], rows: Iterable[int], reason: str, after: bool
    ) -> tuple[Mark, ...]:
        marks = {mark.key: mark for mark in old}
        for row in rows:
            key = self.data.keys[row].tobytes().hex()
            marks[key] = Mark(key, reason, after)
        return tuple(marks[key] for key in sorted(marks))

    def rows_of(self, marks: Sequence[Mark], what: str) -> Rows:
        """Canonical positions of marked rows; `RecipeError` where the data no longer holds them."""
        return eligibility.rows_of(self.data, marks, what)

    # ---- columns by role --------------------------------------------------------------------------

    def label_column(self) -> str | None:
        """The column of labels: the recipe's, or the only one in that role."""
        return self._one_column(self.recipe.label, Kind.LABEL)

    def score_column(self) -> str | None:
        """The column of scores: the recipe's, or the only one in that role."""
        return self._one_column(self.recipe.score, Kind.SCORE)

    def entity_column(self) -> str | None:
        """The column of entities: the only one in that role."""
        return self._one_column(None, Kind.ENTITY)

    def time_column(self) -> str | None:
        """The column of times: the only one in that role."""
        return self._one_column(None, Kind.TIME)

    def _one_column(self, named: str | None, kind: Kind) -> str | None:
        if named:
            self.data.column(named)
            return named
        found = self.data.columns(kind)
        return found[0] if len(found) == 1 else None

    def labels(self) -> tuple[Rows, tuple[str, ...]] | None:
        """Label codes (−1 where missing) and their names in sorted order."""
        name = self.label_column()
        if name is None:
            return None
        column = self.data.column(name)
        values = column.astype("string")
        names = sorted(values.dropna().unique().tolist())
        codes = values.map({label: code for code, label in enumerate(names)})
        return codes.fillna(-1).to_numpy(np.int64), tuple(names)

    def scores(self) -> NDArray[np.float64] | None:
        """The scores as float64, NaN where missing."""
        name = self.score_column()
        if name is None:
            return None
        column = self.data.column(name)
        try:
            return column.to_numpy(np.float64, na_value=np.nan)
        except (TypeError, ValueError):
            raise ColumnError(
                f"The column {name!r} cannot be a score", why_no_number(column), "choose a number column"
            ) from None

    def entities(self) -> Rows | None:
        """Code of each row's entity, by the only column in that role; a row without one is its own."""
        name = self.entity_column()
        if name is None:
            return None
        return self._once("entities", lambda: fixed(entity_codes(self.data.column(name))), timed=False)

    def times(self) -> NDArray[np.float64] | None:
        """The only time column as seconds since 1970, NaN where missing."""
        name = self.time_column()
        if name is None:
            return None
        return self._once("times", lambda: fixed(as_numbers(self.data.column(name), name)), timed=False)

    def entity_units(self) -> Rows | None:
        """Which rows are of one entity and stay together, int64 (n,); None without a column of entities.

        Everything that splits rows asks here, and `described` names the same columns.
        """
        if not eligibility.entity_columns(self.data):
            return None
        return self._once("entity units", lambda: eligibility.entity_units(self.data), timed=False)

    # ---- eligible rows and the budget -------------------------------------------------------------

    def eligible(self) -> Rows | None:
        """Ascending positions left by filter, saved selection, sentence and bans; None where all rows are."""
        return self._once(
            "eligible",
            lambda: eligibility.eligible(self.data, self.recipe, self.store, self.near_text),
            timed=False,
        )

    def near_text(self, near: Near) -> Rows:
        """The rows nearest to a sentence, which `core.study.artifacts.Artifacts` finds by its features."""
        raise NotImplementedError

    def check_left(self) -> None:
        """Refuse what leaves no row to choose from, or leaves out a pinned one; `BudgetError` says which."""
        eligibility.check_left(self.data, self.recipe, self.store, self.eligible())

    def asked(self, text: str | int | None = None) -> int | Budget:
        """The budget as a count of eligible rows, or the cost budget, checked; the recipe's if not given.

        Raises:
            ColumnError, BudgetError: What is wrong with the budget, or with the costs.
        """
        text = self.recipe.budget if text is None else text
        budget = Budget.parse(text if isinstance(text, int) else str(text))
        self.check_left()
        if not budget.column:
            rows = self.eligible()
            return budget.count(len(self.data) if rows is None else len(rows))
        self.cost_budget(budget)
        return budget

    def budget(self, text: str | int | None = None) -> int:
        """The budget as a count of eligible rows; of a cost budget about how many it buys."""
        budget = self.asked(text)
        if isinstance(budget, int):
            return budget
        cost_budget, inputs = self.cost_budget(budget)
        return cost_budget.rows(inputs)

    def cost_budget(self, budget: Budget) -> tuple[CostBudget, Inputs]:
        """A cost budget checked against the eligible rows, and these, with nothing but their costs and pins.

        Args:
            budget: A sum of a column.

        Raises:
            ColumnError, BudgetError: What is wrong with the costs or the budget.
        """
        self.check_left()
        rows = self.eligible()
        values = costs.check_costs(self.data, budget.column, rows)
        pins = self.rows_of(self.recipe.pins, "pinned")
        inputs = Inputs(keys=self.data.keys, costs=values, cost_column=budget.column, pins=pins)
        part = inputs if rows is None else inputs.take(rows)
        return CostBudget.of(part, budget), part

    def priced(self, inputs: Inputs, budget: int | Budget) -> Inputs:
        """Inputs with the costs that a budget is a sum of."""
        return costs.priced(self.data, inputs, budget)

    # ---- what is made once ------------------------------------------------------------------------

    def _once(self, name: str, make: Callable[[], T], *, timed: bool = True) -> T:
        """Make something once per study; other things need not wait for it.

        Args:
            name: Its name.
            make: What makes it.
            timed: Whether the time it takes is listed among the stages of the work, in `seconds`.
        """
        with self._lock:
            lock = self._locks.setdefault(name, RLock())
        with lock:
            if name not in self._made:
                start = perf_counter()
                self._made[name] = make()
                if timed:
                    self.seconds[name] = perf_counter() - start
            made: T = self._made[name]
            return made

    def has(self, name: str) -> bool:
        """Whether "features", "texts", "graph15", "groups", "layout-umap"… is at hand, without making it."""
        return name in self._made
