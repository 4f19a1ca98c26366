"""The budget as widgets: rows, a share, or a sum of a cost column."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from core.foundation.errors import AliquotError, BudgetError
from core.foundation.typed_numbers import spelled
from core.foundation.wording import count
from core.model.budget import Budget, amount_words
from core.model.dataset import Dataset, Kind
from core.study.costs import costs_of, may_cost
from core.study.study import Study
from pages.ui.shared import cache, comparison_defaults, number_fields, state
from pages.ui.shared.pickers import choose_kept, one_of

from . import eligible, which_rows

ROWS, SHARE, COST = "rows", "%", "cost:"
_BARE = re.compile(r"[-+]?[0-9.,_]+")


def unit_of(budget: Budget) -> str:
    """The unit as its widget holds it."""
    return f"{COST}{budget.column}" if budget.column else SHARE if budget.percent else ROWS


def units(data: Dataset, here: str) -> dict[str, str]:
    """Every unit with its words: rows, share, and the columns that can be added up."""
    made = {ROWS: "rows", SHARE: "% of rows"}
    names = [name for name in data.columns(Kind.NUMBER, Kind.SCORE) if may_cost(data, name)]
    if here not in made:
        names = list(dict.fromkeys([*names, here.removeprefix(COST)]))
    return made | {f"{COST}{name}": f"sum of {name}" for name in names}


def read(text: str, unit: str) -> Budget:
    """A budget as on the command line; a number alone is of the unit that stands beside it.

    Raises:
        BudgetError: It cannot be read, or can be read in two ways.

    Example:
        >>> [str(read(*one)) for one in (("1,000", ROWS), ("2,5", SHARE), ("5 %", ROWS), ("3", "cost:a b"))]
        ['1000', '2.5%', '5%', '3 a b']
    """
    written = text.strip()
    if not written:
        raise BudgetError("The budget is empty", "", "write a number of rows (500) or a share (5%)")
    if _BARE.fullmatch(written):
        written += "" if unit == ROWS else "%" if unit == SHARE else _behind(unit.removeprefix(COST))
    return Budget.parse(written)


def _behind(column: str) -> str:
    """A column as it stands behind an amount."""
    return str(Budget(Fraction(1), column=column)).removeprefix("1")


def spell(budget: Budget) -> str:
    """The amount alone, as `read` reads it beside the budget's unit."""
    amount = str(replace(budget, percent=False, column=""))
    return spelled(amount) if budget.column else amount


def field_of(budget: Budget) -> str:
    """Key of the field that shows a budget."""
    return "cmp_cost" if budget.column else "cmp_percent" if budget.percent else "cmp_rows"


def take(budget: Budget) -> None:
    """Callback: a budget into the recipe, and into the widgets that show it."""
    state.change_recipe(budget=str(budget))
    state.set_widget("cmp_unit", unit_of(budget))
    state.set_widget(field_of(budget), spell(budget))


def total(study: Study, column: str) -> tuple[float, int]:
    """What the eligible rows that have a cost cost together, and how many have none."""
    now = state.app()
    recipe = now.recipe.to_json()
    parts = [cache.upstream(now), column, *(recipe.get(name) for name in eligible.BOUNDS)]

    def ask() -> tuple[float, int]:
        try:
            costs, rows = costs_of(study.data, column), eligible.rows_in(now, study)
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
    """Callback: what was typed into the recipe, its unit too; what cannot be read stays, with words."""
    shown = Budget.parse(state.app().recipe.budget)
    try:
        made = number_fields.value_in(field_of(shown), partial(read, unit=unit_of(shown)))
    except AliquotError:
        return
    take(made)


def switch(study: Study) -> None:
    """Callback: about the same budget in another unit; what could not be read is not carried over."""
    now = state.app()
    here = unit_of(Budget.parse(now.recipe.budget))
    unit = one_of(units(study.data, here), state.widget("cmp_unit"), here)
    try:
        n = eligible.population(now, study)
        rows = min(n, eligible.budget_of(now, study))
    except AliquotError:  # a budget that cannot be met is no measure for another one
        n = len(study.data)
        rows = Budget.parse(comparison_defaults.first_budget(n)).count(n)
    if unit == SHARE:
        share = max(Fraction(1, 100), round(Fraction(100 * rows, n), 2)) if n else Fraction(1)
        take(Budget(share, percent=True))
    elif unit == ROWS:
        take(Budget(Fraction(max(1, rows))))
    else:
        column = unit.removeprefix(COST)
        whole, _ = total(study, column)
        wanted = rounded(whole * rows / max(n, 1))
        take(Budget(min(wanted, Fraction(repr(whole))) if whole > 0 else wanted, column=column))


def leave_out_button(study: Study) -> None:
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
            on_click=which_rows.leave_out_missing,
            args=(study.data, column),
            help="Adds a condition to the filter under “From”; take it out there.",
        )


def control(study: Study, n: int) -> None:
    """Amount and unit, one after the other."""
    budget = Budget.parse(state.app().recipe.budget)
    here = unit_of(budget)
    _amount(study, budget, n)
    choose_kept(
        st.selectbox,
        "Unit of the budget",
        units(study.data, here),
        here,
        key="cmp_unit",
        on_change=switch,
        args=(study,),
        label_visibility="collapsed",
        width=158,
        help="Rows, a share of them, or a sum of a column: what may be spent on tokens, minutes or money.",
    )


def _amount(study: Study, budget: Budget, n: int) -> None:
    help_: str | None = None
    if budget.column:
        whole, without = total(study, budget.column)
        having = f"All {count(n - without, 'row')}{' that have one' if without else ''}"
        help_ = None if math.isnan(whole) else f"{having} together: {amount_words(whole)}."
    more: dict[str, Any] = {"help": help_} if help_ else {}
    number_fields.field(
        st.text_input,
        "Budget",
        budget,
        partial(read, unit=unit_of(budget)),
        key=field_of(budget),
        spell=spell,
        bound=True,
        beside=False,
        on_change=write,
        width=92,
        **more,
    )
