"""The budget as widgets: rows, a share, or a sum of a cost column."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np
import streamlit as st

from core.budget import Budget, amount_words
from core.errors import AliquotError
from core.population import costs_of, may_cost
from core.study import Study
from core.types import Dataset, Kind

from . import cache, plan, source, state
from .words import count

ROWS, SHARE, COST = "rows", "%", "cost:"


def unit_of(budget: Budget) -> str:
    """The unit as its widget holds it."""
    return f"{COST}{budget.column}" if budget.column else SHARE if budget.percent else ROWS


def units(data: Dataset, here: str) -> dict[str, str]:
    """Every unit with its words: rows, share, and the columns that can be added up."""
    made = {ROWS: "rows", SHARE: "% of rows"}
    names = [name for name in data.columns(Kind.NUMBER, Kind.SCORE) if may_cost(data, name)]
    if here not in made:
        names = list(dict.fromkeys([*names, here.removeprefix(COST)]))
    return made | {f"{COST}{name}": _named(name, made.values()) for name in names}


def _named(column: str, taken: Iterable[str]) -> str:
    """A column among the units: by its name alone, which is all that the picker has room for."""
    return f"sum of {column}" if column in taken else column


def total(study: Study, column: str) -> tuple[float, int]:
    """What the eligible rows that have a cost cost together, and how many have none."""
    now = state.app()
    recipe = now.recipe.to_json()
    parts = [cache.upstream(now), column, *(recipe.get(name) for name in ("where", "only", "bans"))]

    def ask() -> tuple[float, int]:
        try:
            costs, rows = costs_of(study.data, column), plan.rows_in(now, study)
        except AliquotError:
            return math.nan, 0
        here = costs if rows is None else costs[rows]
        return float(here[np.isfinite(here)].sum()), int(np.isnan(here).sum())

    made: tuple[float, int] = cache.remember(cache.name_of("total", parts), ask)
    return made


def rounded(value: float) -> Fraction:
    """A sum as people would write it: two digits.

    Example:
        >>> str(rounded(49_870.0)), str(rounded(0.012345))
        ('50000', '3/250')
    """
    if not value > 0 or not math.isfinite(value):
        return Fraction(1)
    digits = 1 - math.floor(math.log10(value))
    return max(Fraction(round(value, digits)).limit_denominator(10 ** max(digits, 0)), Fraction(1, 10**9))


def write() -> None:
    """Callback: the budget's widgets into the recipe."""
    unit = state.widget("cmp_unit")
    if unit == SHARE:
        value = state.widget("cmp_percent")
        made = None if value is None else f"{value:g}%"
    elif unit == ROWS:
        value = state.widget("cmp_rows")
        made = None if value is None else str(int(value))
    else:
        value = state.widget("cmp_cost")
        amount = None if value is None else Fraction(repr(float(value)))
        made = None if not amount else str(Budget(amount, column=unit.removeprefix(COST)))
    if made is not None:
        state.change_recipe(budget=made)


def switch(study: Study) -> None:
    """Callback: about the same budget in another unit."""
    now, unit = state.app(), state.widget("cmp_unit")
    try:
        n = plan.population(now, study)
        rows = min(n, plan.budget_of(now, study))
    except AliquotError:  # a budget that cannot be met is no measure for another one
        n = len(study.data)
        rows = Budget.parse(plan.first_budget(n)).count(n)
    if unit == SHARE:
        state.set_widget("cmp_percent", max(0.01, round(100 * rows / n, 2)) if n else 1.0)
    elif unit == ROWS:
        state.set_widget("cmp_rows", max(1, rows))
    else:
        whole, _ = total(study, unit.removeprefix(COST))
        wanted = rounded(whole * rows / max(n, 1))
        state.set_widget("cmp_cost", min(float(wanted), whole) if whole > 0 else float(wanted))
    write()


def mend(study: Study) -> None:
    """Where rows lack a cost: a button that leaves them out."""
    column = Budget.parse(state.app().recipe.budget).column
    if not column or not may_cost(study.data, column):
        return
    _, without = total(study, column)
    if without:
        st.button(
            f"Leave out the {count(without, 'row')} without a cost",
            key="cmp_cost_only",
            icon=":material/filter_alt:",
            on_click=source.leave_out_missing,
            args=(study.data, column),
            help="Adds a condition to the filter under “From”; take it out there.",
        )


def control(study: Study, n: int) -> None:
    """Amount and unit, one after the other."""
    budget = Budget.parse(state.app().recipe.budget)
    here = unit_of(budget)
    if state.widget("cmp_unit") != here:
        state.set_widget("cmp_unit", here)
    known = units(study.data, here)
    _amount(study, budget, n)
    st.selectbox(
        "Unit of the budget",
        list(known),
        format_func=lambda one: known[one],
        key="cmp_unit",
        on_change=switch,
        args=(study,),
        label_visibility="collapsed",
        width=124,
        help="Rows, a share of them, or a sum of a column: what may be spent on tokens, minutes or money.",
    )


def _amount(study: Study, budget: Budget, n: int) -> None:
    common: dict[str, Any] = {"on_change": write, "persist_state": "session", "width": 104}
    if budget.percent:
        state.setdefault("cmp_percent", float(budget.amount))
        st.number_input(
            "Budget", min_value=0.01, max_value=100.0, step=1.0, format="%g", key="cmp_percent", **common
        )
    elif not budget.column:
        # No upper limit: a browser keeps a larger number to itself, and the page would go on with another.
        state.setdefault("cmp_rows", int(budget.amount))
        st.number_input("Budget", min_value=1, step=10, key="cmp_rows", **common)
    else:
        whole, without = total(study, budget.column)
        state.setdefault("cmp_cost", float(budget.amount))
        st.number_input(
            "Budget",
            min_value=0.0,
            step=float(rounded(whole / 100)) if math.isfinite(whole) and whole > 0 else 1.0,
            format="%g" if float(budget.amount) < 1e5 else "%.0f",
            key="cmp_cost",
            help=None
            if math.isnan(whole)
            else f"All {count(n - without, 'row')}{' that have one' if without else ''} together: "
            f"{amount_words(whole)}.",
            **common,
        )
