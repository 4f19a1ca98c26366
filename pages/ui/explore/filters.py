"""The filters of Explore: conditions that selected rows meet, all of them; adding, turning round, undoing.

What is selected is what meets them: a lasso, a group, a range and a saved selection are all filters, so they
can be joined, taken off one by one, and said in words wherever the selection goes.
"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.foundation.artifact_store import digest
from core.foundation.errors import AliquotError, NeedError, ParameterError
from core.foundation.wording import count
from core.model.row_conditions import (
    MOST_CONDITIONS,
    HasValue,
    InGroups,
    InRange,
    InSelection,
    NearRow,
    NearText,
    OnMap,
    RowCondition,
    conditions_to_json,
)
from core.study.matching_rows import ConditionRows, MatchingRows, matching_rows, meeting
from core.study.study import Study
from pages.ui.shared import cache, map_stages, state
from pages.ui.shared.app_state import RowSet
from pages.ui.shared.widget_keys import key

_HISTORY = "explore_filters_before"
_MOST_UNDONE = 50
_MOST_LETTERS = 300


def conditions() -> tuple[RowCondition, ...]:
    """The filters, in the order in which they were added."""
    return state.app().view.conditions


def point(condition: RowCondition) -> None:
    """What was pointed at on the map or on a card is selected, in place of what was pointed at before."""
    _put(condition, (InGroups, OnMap, InSelection))


def add(condition: RowCondition) -> None:
    """Add a filter; on a column it takes the place of one of the same form."""
    _put(condition, (InRange, HasValue))


def _put(condition: RowCondition, single: tuple[type[RowCondition], ...]) -> None:
    def place(one: RowCondition) -> object:
        if not isinstance(one, single):
            return None
        return (one.kind, one.column) if isinstance(one, InRange | HasValue) else "pointed at"

    now, own = conditions(), place(condition)
    at = next((at for at, one in enumerate(now) if own is not None and place(one) == own), len(now))
    change((*now[:at], condition, *now[at + 1 :]))


def alone(condition: RowCondition) -> None:
    """Have this filter and no other."""
    change((condition,))


def drop(at: int) -> None:
    """Take one filter off."""
    now = conditions()
    change((*now[:at], *now[at + 1 :]))


def turn(at: int) -> None:
    """Turn one filter into its *not*, or back."""
    now = conditions()
    if at < len(now):
        change((*now[:at], replace(now[at], exclude=not now[at].exclude), *now[at + 1 :]))


def clear() -> None:
    """Take all filters off: nothing is selected."""
    change(())


def undo() -> None:
    """Go back to the filters before the last change."""
    before = _history()
    if before:
        _set(before.pop())


def can_undo() -> bool:
    """Whether there is something to go back to."""
    return bool(_history())


def _history() -> list[tuple[RowCondition, ...]]:
    """The filters before each change, of this data set and this piece of work alone."""
    opened = state.app().data
    name = f"{_HISTORY}_{state.edition()}_{opened.fingerprint if opened is not None else ''}"
    found: list[tuple[RowCondition, ...]] = state.transient(name, list)
    return found


def change(new: tuple[RowCondition, ...]) -> None:
    """Have other filters; `undo` takes it back."""
    if len(new) > MOST_CONDITIONS:
        what = f"{count(len(new), 'filter')} cannot be kept"
        many = ParameterError(what, f"{MOST_CONDITIONS} are the most", "take some off first")
        state.set_transient("explore_error", many)
        return
    before = _history()
    before.append(conditions())
    del before[:-_MOST_UNDONE]
    _set(new)


def _set(new: tuple[RowCondition, ...]) -> None:
    state.change_view(conditions=new, page=1)
    if not new:
        state.change(picked=None)
    state.drop_widgets(key("exp", "page"))
    state.set_transient("exp_turn", int(state.transient("exp_turn", lambda: 0)) + 1)


def selected(study: Study) -> MatchingRows | None:
    """The rows that meet the filters, and what each holds by itself; None where there is no filter.

    Writes them down as the selection of this tab, which other pages and the record read.

    Raises:
        AliquotError: A filter does not fit the data, its features, its groups or its maps.
    """
    now = state.app()
    asked = conditions()
    if not asked and now.picked is not None:  # a selection of an earlier version, or of another page
        only = now.picked.named(now.picked.how, study.data.fingerprint.digest)
        asked = (InSelection(only),)
        state.change_view(conditions=asked)
    if not asked:
        return None
    try:
        for condition in asked:
            _check_ready(study, condition)
        found = _matching(study, asked)
    except AliquotError:
        _pick(None)
        raise
    n = len(study.data)
    _pick(replace(RowSet.of(found.rows, n, words(asked)), made=asked) if len(found.rows) else None)
    return found


def _check_ready(study: Study, condition: RowCondition) -> None:
    """Raise `NeedError` where a filter rests on what is still being made: no page makes it itself."""
    stage = None
    if isinstance(condition, InGroups):
        stage = "groups"
    elif isinstance(condition, NearRow | NearText):
        stage = "features"
    elif isinstance(condition, OnMap) and condition.map != "first":
        stage = f"layout-{condition.map}"
    if stage is not None and not map_stages.ready(study, stage):
        raise NeedError(
            f"The filter “{condition.words}” cannot be used yet",
            "what it rests on is still being made",
            "wait for the map, or take the filter off",
        )


def _pick(rows: RowSet | None) -> None:
    if state.app().picked != rows:
        state.change(picked=rows)


def words(asked: tuple[RowCondition, ...]) -> str:
    """Filters in words, for people and the record."""
    said = "; ".join(one.words for one in asked)
    return said if len(said) <= _MOST_LETTERS else said[: _MOST_LETTERS - 1] + "…"


def _matching(study: Study, asked: tuple[RowCondition, ...]) -> MatchingRows:
    """As `matching_rows`; what each filter holds is found once, however they are combined."""
    base = cache.upstream(state.app())

    def name(kind: str, some: tuple[RowCondition, ...]) -> str:
        return cache.name_of(kind, [base, digest(conditions_to_json(some))])

    def one(condition: RowCondition) -> ConditionRows:
        def make() -> ConditionRows:
            with st.spinner(f"Looking for rows: {condition.words[:80]}…", show_time=True):
                return matching_rows(study, [condition]).parts[0]

        return cache.share(name("filter", (condition,)), make)

    parts = [one(condition) for condition in asked]
    return cache.share(name("filters", asked), lambda: meeting(parts, len(study.data)))
