"""Which rows may be chosen, how many of them the budget buys, and why that cannot be run."""

from __future__ import annotations

from core.foundation.arrays.array_types import Rows
from core.foundation.errors import AliquotError, NeedError
from core.model.budget import Budget
from core.strategies.running.body import check_budget
from core.study.eligibility import bounded, check_left
from core.study.study import Study
from pages.ui.shared import cache
from pages.ui.shared.app_state import AppState

BOUNDS = ("where", "only", "near", "bans")
"""Choices of a recipe that leave rows out."""


def rows_in(now: AppState, study: Study) -> Rows | None:
    """The rows that may be chosen, None where all may; the filter is asked once, not on every run.

    Raises:
        AliquotError: The filter, the saved selection or a banned row does not fit the data.
    """
    recipe = now.recipe
    if not bounded(recipe):
        return None
    if recipe.near is not None and not cache.map_study(now).has("features"):
        raise NeedError(
            "Which rows are near the sentence is not known yet",
            "what distances rest on is still being made",
            "wait for it, or take the sentence off",
        )
    written = recipe.to_json()
    parts = [written.get(name) for name in BOUNDS]
    made: Rows | None = cache.share(cache.name_of("rows", [cache.upstream(now), parts]), study.eligible)
    return made


def population(now: AppState, study: Study) -> int:
    """How many rows may be chosen; raises as `rows_in`."""
    rows = rows_in(now, study)
    return len(study.data) if rows is None else len(rows)


def budget_of(now: AppState, study: Study) -> int:
    """The budget in rows, of a cost budget about how many it buys; `AliquotError` where it is none."""
    budget = Budget.parse(now.recipe.budget)
    rows = rows_in(now, study)
    check_left(study.data, study.recipe, study.store, rows)
    if not budget.column:
        return budget.count(len(study.data) if rows is None else len(rows))
    recipe = now.recipe.to_json()
    parts = [cache.upstream(now), *(recipe.get(name) for name in ("budget", *BOUNDS, "pins"))]

    def ask() -> int:
        cost_budget, inputs = study.cost_budget(budget)
        return cost_budget.rows(inputs)

    made: int = cache.remember(cache.name_of("bought", parts), ask)
    return made


def problem(now: AppState, study: Study) -> AliquotError | None:
    """Why a run would fail before it starts; None where it would not."""
    try:
        pins = study.rows_of(now.recipe.pins, "pinned")
        rows = rows_in(now, study)
        check_left(study.data, study.recipe, study.store, rows)
        check_budget(budget_of(now, study), population(now, study), len(pins))
    except AliquotError as error:
        return error
    return None
