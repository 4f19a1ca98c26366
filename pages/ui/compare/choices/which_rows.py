"""From which rows: all, a saved selection, a filter, or a saved selection under a filter."""

from __future__ import annotations

import re
from collections.abc import Mapping

import streamlit as st

from core.foundation.errors import AliquotError
from core.foundation.wording import clause, count, part
from core.model.dataset import Dataset, Kind
from core.study.costs import may_cost
from core.study.study import Study
from pages.ui.shared import cache, jobs, state
from pages.ui.shared.app_state import AppState, RowSet
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.pickers import choose_kept

from . import eligible

ALL, PICKED, KEPT, NAMED = "all", "picked", "kept", "named:"
_WRONG = "cmp_where_wrong"
_LISTED = 40


def sets(now: AppState) -> dict[str, RowSet]:
    """The selections that can be chosen from: what is selected on Explore now, and what was kept by name."""
    found = {PICKED: now.picked} if now.picked is not None else {}
    return found | {f"{NAMED}{name}": now.named[name] for name in sorted(now.named)}


def current(now: AppState) -> str:
    """Which of the choices the recipe stands on; `KEPT` where its selection is not among them any more."""
    only = now.recipe.only
    if only is None:
        return ALL
    here = [name for name, rows in sets(now).items() if (rows.n, rows.packed) == (only.n, only.rows)]
    named = [name for name in here if name == f"{NAMED}{only.name}"]
    return (named or here or [KEPT])[0]


def options(now: AppState, n: int) -> dict[str, str]:
    """Every choice with its words."""
    made = {ALL: f"All {count(n, 'row')}"}
    for name, rows in sets(now).items():
        what = "Selected on Explore" if name == PICKED else f"“{name.removeprefix(NAMED)}”"
        made[name] = f"{what} · {count(rows.count, 'row')}"
    only = now.recipe.only
    if only is not None and current(now) == KEPT:
        made[KEPT] = f"{only.name} · {count(only.count, 'row')}"
    return made


def title(now: AppState) -> str:
    """The choice in a few words, for the button that opens it."""
    parts = []
    if now.recipe.only is not None:
        parts.append(plain(now.recipe.only.name, 24))
    if now.recipe.where:
        parts.append("a filter")
    if now.recipe.near is not None:
        parts.append("rows near a sentence")
    return " and ".join(parts) or "all rows"


def write_rows(data: Dataset) -> None:
    """Callback: the saved selection into the recipe."""
    now, name = state.app(), state.widget("cmp_from")
    if name == ALL:
        state.change_recipe(only=None)
        return
    rows = sets(now).get(name)
    if rows is None:  # `KEPT` stays as it is
        return
    label = f"selected rows ({rows.how})" if name == PICKED else name.removeprefix(NAMED)
    only = rows.named(label[:80], data.fingerprint.digest)
    state.change_recipe(only=only)


def write_filter(data: Dataset) -> None:
    """Callback: the filter into the recipe, once it can be used; else what is wrong with it is shown."""
    from core.data.filters.filter_rows import matching, no_row

    text = (state.widget("cmp_where") or "").strip()
    state.set_transient(_WRONG, None)
    if text:
        try:
            if not len(matching(data, text, store=cache.store())):
                raise no_row(data, text)
        except AliquotError as error:
            state.set_transient(_WRONG, error)
            return
    state.change_recipe(where=text)


def leave_out_missing(data: Dataset, column: str) -> None:
    """Callback: rows where a column is missing do not take part, beside what the filter says already."""
    here = state.app().recipe.where.strip().rstrip(";").strip()
    there = f'"{column.replace(chr(34), chr(34) * 2)}" is not null'
    if "'" not in here:  # a comment would hide the bracket; inside quotes it is none
        here = re.sub(r"--.*$", "", here, flags=re.M).strip()
    state.set_widget("cmp_where", f"({here}) and {there}" if here else there)
    write_filter(data)


def columns(data: Dataset) -> str:
    """Names for a filter, quoted as SQL wants them; the most that are listed, and how many more."""
    from core.data.filters.filter_rows import listed

    return listed([str(name) for name in data.frame.columns], _LISTED)


def control(study: Study) -> None:
    """A button that says from which rows, and opens what changes it."""
    now, data = state.app(), study.data
    wrong: AliquotError | None = state.transient(_WRONG, lambda: None)
    with st.popover(
        f"From {title(now)}" + (" :material/error:" if wrong is not None else ""),
        width=142,
        help="Which rows may be chosen: all, a saved selection, or those that meet a condition.",
    ):
        known = options(now, len(data))
        _rows(data, known, current(now))
        _condition(data, wrong)
        _sentence(now)
        try:
            n = eligible.population(now, study)
        except AliquotError as error:
            jobs.error_box(error)
            return
        take = ("row", "takes part", "take part")
        told = part(n, len(data), *take) if n < len(data) else f"All {clause(n, *take)}"
        st.caption(f"{told}.")


def _rows(data: Dataset, known: Mapping[str, str], here: str) -> None:
    choose_kept(
        st.selectbox,
        "Rows",
        known,
        here,
        key="cmp_from",
        on_change=write_rows,
        args=(data,),
        help="Select rows on Explore and keep them under a name; they are listed here.",
    )


def _condition(data: Dataset, wrong: AliquotError | None) -> None:
    where = state.app().recipe.where
    if wrong is None and state.widget("cmp_where", "") != where:
        state.set_widget("cmp_where", where)
    st.text_input(
        "And only rows where",
        key="cmp_where",
        placeholder=_example(data),
        on_change=write_filter,
        args=(data,),
        help="A condition in SQL. Text stands in single quotes: language = 'de' and minutes < 30.",
    )
    if wrong is not None:
        jobs.error_box(wrong)
        held = f"the filter {plain(where)}" if where else "no filter"
        st.caption(f"Until it is corrected, {held} is in force.")
    st.caption(f"Columns: {plain(columns(data), 1_200)}")


def _sentence(now: AppState) -> None:
    """The sentence that rows are near to, which is typed on Explore; and the way to take it off."""
    near = now.recipe.near
    if near is None:
        return
    st.caption(f"And only {plain(near.words, 200)}.")
    st.button(
        "Take the sentence off", key="cmp_near_off", on_click=state.change_recipe, kwargs={"near": None}
    )


def _example(data: Dataset) -> str:
    """A condition that holds for about half of the rows, where there is a number column."""
    for name in data.columns(Kind.NUMBER, Kind.SCORE):
        column = data.frame[name]
        if name.isidentifier() and may_cost(data, name) and column.notna().any():
            return f"{name} > {float(column.median()):.4g}"
    return "column = 'value'"
