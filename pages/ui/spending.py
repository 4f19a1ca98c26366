"""The budget as widgets: rows, a share, or a sum of a cost column."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import streamlit as st

from core.budget import Budget, amount_words
from core.errors import AliquotError
from core.population import costs_of, may_cost
from core.study import Study
from core.types import Dataset, Kind

from . import cache, plan, state

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


def total(study: Study, column: str) -> float:
    """What all eligible rows cost together; NaN where they cannot be added up."""
    now = state.app()
    recipe = now.recipe.to_json()
    parts = [cache.upstream(now), column, *(recipe.get(name) for name in ("where", "only", "bans"))]

    def ask() -> float:
        try:
            costs, rows = costs_of(study.data, column), plan.rows_in(now, study)
        except AliquotError:
            return math.nan
        return float(costs.sum() if rows is None else costs[rows].sum())

    made: float = cache.remember(cache.name_of("total", parts), ask)
    return made


def rounded(value: float) -> Fraction:
    """A sum as people would write it: three digits.

    Example:
        >>> str(rounded(49_870.0)), str(rounded(0.012345))
        ('49900', '123/10000')
    """
    if not value > 0 or not math.isfinite(value):
        return Fraction(1)
    digits = 2 - math.floor(math.log10(value))
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
        whole = total(study, unit.removeprefix(COST))
        state.set_widget("cmp_cost", float(min(rounded(whole * rows / max(n, 1)), rounded(whole))))
    write()


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
        state.setdefault("cmp_rows", max(1, min(int(budget.amount), n)))
        st.number_input("Budget", min_value=1, max_value=max(1, n), step=10, key="cmp_rows", **common)
    else:
        whole = total(study, budget.column)
        state.setdefault("cmp_cost", float(budget.amount))
        st.number_input(
            "Budget",
            min_value=0.0,
            step=float(rounded(whole / 100)) if math.isfinite(whole) and whole > 0 else 1.0,
            format="%g" if float(budget.amount) < 1e5 else "%.0f",
            key="cmp_cost",
            help=None if math.isnan(whole) else f"All {n:,} rows together: {amount_words(whole)}.",
            **common,
        )
