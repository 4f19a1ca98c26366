"""Which rows take part: a filter, a saved selection, a sentence, bans; and which of them belong together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..data.row_ids import row_name
from ..foundation.arrays.array_types import Rows
from ..foundation.arrays.components import linked
from ..foundation.artifact_store import Store
from ..foundation.errors import BudgetError, RecipeError
from ..foundation.wording import count, some, verb
from ..model.columns import entity_codes, fixed
from ..model.dataset import Dataset, Kind

if TYPE_CHECKING:
    from ..model.recipe import Mark, Recipe
    from ..model.row_conditions import Near

NearText = Callable[["Near"], Rows]


def rows_of(data: Dataset, marks: Sequence[Mark], what: str) -> Rows:
    """Canonical positions of marked rows; `RecipeError` where the data no longer holds them."""
    if not marks:
        return np.empty(0, np.int64)
    known = {key.tobytes().hex(): row for row, key in enumerate(data.keys)}
    lost = [mark.key for mark in marks if mark.key not in known]
    if lost:
        raise RecipeError(
            f"{len(lost):,} {what} rows are not in this data set",
            f"for example the key {lost[0]}",
            "use the data the recipe was made for, or take them out",
        )
    return np.array(sorted(known[mark.key] for mark in marks), np.int64)


def bounded(recipe: Recipe) -> bool:
    """Whether a recipe leaves out any row: by a filter, a saved selection, a sentence or a ban."""
    return bool(recipe.where or recipe.bans) or recipe.only is not None or recipe.near is not None


def eligible(data: Dataset, recipe: Recipe, store: Store, near_text: NearText) -> Rows | None:
    """Ascending positions left by filter, saved selection, sentence and bans together; None where all are.

    Each is of all rows: the nearest to a sentence are not the nearest of those that a filter leaves.

    Args:
        data, recipe: Data set and choices.
        store: Where rows of a filter are kept.
        near_text: Rows nearest to a sentence, in features of all rows.

    Raises:
        AliquotError: The filter, the selection, the sentence or a banned row does not fit the data.
    """
    if not bounded(recipe):
        return None
    mask = np.ones(len(data), bool)
    if recipe.where:
        from ..data.filters.filter_rows import matching

        mask[:] = False
        mask[matching(data, recipe.where, store=store)] = True
    if recipe.only is not None:
        inside = np.zeros(len(mask), bool)
        inside[recipe.only.within(data)] = True
        mask &= inside
    if recipe.near is not None:
        around = np.zeros(len(mask), bool)
        around[near_text(recipe.near)] = True
        mask &= around
    mask[rows_of(data, recipe.bans, "banned")] = False
    return fixed(np.flatnonzero(mask))


def check_left(data: Dataset, recipe: Recipe, store: Store, rows: Rows | None) -> None:
    """Refuse what leaves no row to choose from, or leaves out a pinned one; says which choice does.

    Args:
        data, recipe, store: Data set and choices, and where rows of a filter are kept.
        rows: What `eligible` says.

    Raises:
        BudgetError: No row is left, or a pinned row is not among those left.
    """
    if rows is None:
        return
    if not len(rows):
        raise _nobody(data, recipe, store)
    lost = np.setdiff1d(rows_of(data, recipe.pins, "pinned"), rows)
    if len(lost):
        raise _left_out(data, recipe, store, lost)


def _met(data: Dataset, recipe: Recipe, store: Store) -> Rows | None:
    from ..data.filters.filter_rows import matching

    return matching(data, recipe.where, store=store) if recipe.where else None


def _nobody(data: Dataset, recipe: Recipe, store: Store) -> BudgetError:
    """Why no row is eligible, by the first choice that leaves none."""
    from ..data.filters.filter_rows import no_row

    what, only = "No rows are eligible", recipe.only
    met = _met(data, recipe, store)
    if met is not None and not len(met):
        told = no_row(data, recipe.where)
        return BudgetError(what, "; ".join(filter(None, (_lower(told.what), told.why))), told.do)
    inside = None if only is None else only.within(data)
    if only is not None and inside is not None and not len(inside):
        return BudgetError(what, f"the saved selection {only.name!r} is empty", "choose another, or all rows")
    if only is not None and inside is not None and met is not None and not len(np.intersect1d(met, inside)):
        why = f"no row of the saved selection {only.name!r} meets the filter"
        return BudgetError(what, why, "write a wider filter, or choose from all rows")
    others = met is not None or only is not None
    if recipe.near is not None and (others or not recipe.bans):
        why = f"{recipe.near.words} are banned, or left out by the filter or the saved selection"
        return BudgetError(what, why, "take more rows near the sentence, or choose from all rows")
    beside = " that are left by the filter or the saved selection" if others else ""
    beside = f" of {recipe.near.words}" if recipe.near is not None else beside
    return BudgetError(what, f"all rows{beside} are banned", "lift a ban")


def _left_out(data: Dataset, recipe: Recipe, store: Store, lost: Rows) -> BudgetError:
    """Which pinned rows cannot be chosen, and what leaves each of them out."""
    only = recipe.only
    met = _met(data, recipe, store)
    reasons = {"banned": rows_of(data, recipe.bans, "banned")}
    if met is not None:
        reasons["left out by the filter"] = np.setdiff1d(np.arange(len(data)), met)
    if only is not None:
        reasons[f"not in the saved selection {only.name!r}"] = np.setdiff1d(
            np.arange(len(data)), only.within(data)
        )
    if recipe.near is not None:  # which is all that is left
        reasons[f"not among {recipe.near.words}"] = np.setdiff1d(lost, np.concatenate([*reasons.values()]))
    told = []
    for reason, rows in reasons.items():
        here = np.intersect1d(lost, rows)
        if len(here):
            in_file = here[np.argsort(data.order[here])]
            names = some([row_name(data, int(row)) for row in in_file], 3)
            told.append(f"{names} {verb(len(here), 'is', 'are')} {reason}")
    it = "it" if len(lost) == 1 else "them"
    undo = (
        "lift the ban"
        if told == [one for one in told if one.endswith(" banned")]
        else f"choose from rows that hold {it}"
    )
    return BudgetError(
        f"{count(len(lost), 'pinned row')} cannot be chosen", "; ".join(told), f"unpin {it}, or {undo}"
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def entity_columns(data: Dataset) -> tuple[str, ...]:
    """Columns in the role of entities, by name: what `entity_units` is made of."""
    return tuple(sorted(data.columns(Kind.ENTITY)))


def entity_units(data: Dataset) -> Rows:
    """Which rows of the data set are of one entity and stay together, int64 (n,).

    With several entity columns rows stay together that share an entity in any of them, or are linked by a
    chain of such rows: no person and no place is then on both sides of a split. A row without an entity
    stands alone.
    """
    pairs = []
    for name in entity_columns(data):
        codes = entity_codes(data.column(name))
        _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
        pairs.append(np.column_stack([first[inverse], np.arange(len(codes))]))
    return fixed(linked(len(data), np.concatenate(pairs)))
