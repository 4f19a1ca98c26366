"""The row that is looked at on Compare, and ways to find another: by number, by words, in a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.foundation.arrays.array_types import Rows
from core.foundation.errors import AliquotError
from core.model.dataset import Dataset
from pages.ui.compare.run import row_labels as row_words
from pages.ui.compare.run.chosen_view import LOOK
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import cache, number_fields, pictures, state, tables
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.pickers import choose
from pages.ui.shared.widget_keys import key

_ROW = "explained row"
LISTED = 200


# ---- which row ---------------------------------------------------------------------------------------


def chosen_row(n: int) -> int | None:
    """The row that is looked at; None where none is."""
    row = state.app().slots.get(_ROW)
    inside = isinstance(row, int) and not isinstance(row, bool) and 0 <= row < n
    return row if inside else None


def keep_row(row: int | None) -> None:
    """Look at a row, or at none; the view stays."""
    slots = {name: value for name, value in state.app().slots.items() if name != _ROW}
    state.change(slots=slots if row is None else {**slots, _ROW: row})


def show_row(row: int) -> None:
    """Look at a row and go to the view that tells what is known about it; for callbacks."""
    keep_row(row)
    go_to("A row")


def turning_key(name: str) -> str:
    """The key of a widget that clicks elsewhere set as well.

    Every such click takes a new key. While work runs, the browser asks for news all the time and sends its
    widgets along; what it still holds under the old key would otherwise undo the click.
    """
    turn = int(state.transient("cmp_turn", lambda: 0))
    return name if not turn else f"{name}_{turn}"


def go_to(view: str) -> None:
    """Open a view under the first heading; for callbacks."""
    names = ("cmp_view", key("cmp", "part", LOOK))
    for name in names:
        state.drop_widgets(turning_key(name))
    state.set_transient("cmp_turn", int(state.transient("cmp_turn", lambda: 0)) + 1)
    for name, value in zip(names, (LOOK, view), strict=True):
        state.set_widget(turning_key(name), value)


# ---- tables of rows ----------------------------------------------------------------------------------


def take_line(name: str, rows: Sequence[int]) -> None:
    """The callback of a table of rows: look at the line that was selected."""
    lines = ((state.widget(name) or {}).get("selection") or {}).get("rows") or []
    if lines and int(lines[-1]) < len(rows):
        show_row(int(rows[int(lines[-1])]))


def rows_table(data: Dataset, rows: Rows, name: str, alt: str, extra: dict[str, Any] | None = None) -> None:
    """Rows as a table; selecting a line shows what is known about that row.

    Args:
        data: The data set.
        rows: Canonical positions, few enough to read.
        name: Key of the table.
        alt: What it lists, in words.
        extra: Columns of our own, which come first.
    """
    ours = {
        **pictures.column(data, rows),
        **(extra or {}),
        row_words.row_heading(data): row_words.row_names(data, rows),
    }
    ours["what it is"] = tables.line_of(data, rows)
    st.dataframe(
        pd.DataFrame(ours),
        key=name,
        hide_index=True,
        height=tables.height(max(len(rows), 1), 7),
        on_select=lambda: take_line(name, rows.tolist()),
        selection_mode="single-row",
        column_config={
            "what it is": st.column_config.TextColumn(width="large"),
            pictures.COLUMN: st.column_config.ImageColumn(width="small"),
        },
        alt=alt,
    )


def chosen_by(view: RunView, rows: Rows) -> list[str]:
    """Letters of the subsets (first seeds) that hold each row."""
    out = [""] * len(rows)
    for one, result in zip(view.slots, view.comparison.results, strict=False):
        if result.selections:
            for at in np.flatnonzero(np.isin(rows, result.selections[0].rows)).tolist():
                out[at] += one.letter
    return out


def ordinal(n: int) -> str:
    """A place as people say it.

    Example:
        >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 21, 1013, 1102)]
        ['1st', '2nd', '3rd', '4th', '11th', '12th', '21st', '1,013th', '1,102nd']
    """
    last = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n:,}{last}"


# ---- finding one without a mouse ---------------------------------------------------------------------


def find(view: RunView, data: Dataset) -> None:
    """Find a row without a mouse: by its place in the file, by words, or in the list of a subset."""
    st.markdown("#### Find a row")
    one, two, three = st.columns([1, 1.6, 1.6])
    last = int(data.order.max()) + 1
    with one:
        number_fields.field(
            st.text_input,
            "Row of the file",
            None,
            _row_number(data),
            key=key("cmp", "row", "number"),
            on_change=take_number,
            args=(data,),
            placeholder=f"1 to {last:,}",
        )
    words = two.text_input("Rows that contain", key=key("cmp", "row", "words"), persist_state="session")
    ran = [at for at, result in enumerate(view.comparison.results) if result.selections]
    picked = None
    if ran:
        letters = [view.slots[at].letter for at in ran]
        picked = choose(
            three.segmented_control,
            "In the order chosen by",
            letters,
            required=True,
            key=key("cmp", "row", "of"),
            disabled=bool(words and words.strip()),
        )
    extra: dict[str, Any]
    if words and words.strip():
        wanted = words.strip()
        mark = cache.name_of("search", [data.fingerprint.digest, wanted.casefold()])
        rows = np.flatnonzero(cache.share(mark, lambda: tables.contains(data, wanted)))
        listed, what = rows[:LISTED], f"rows that contain “{plain(wanted, 40)}”"
        extra = {"chosen by": chosen_by(view, listed)}
        name = key("cmp", "rows", "found")
    elif ran:
        at = ran[letters.index(picked)] if picked in letters else ran[0]
        rows = view.comparison.results[at].selections[0].rows
        listed, what = rows[:LISTED], f"rows of {view.slots[at].letter} in the order chosen"
        extra = {"place": np.arange(1, len(listed) + 1)}
        name = key("cmp", "rows", "of", at)
    else:
        return
    if not len(rows):
        st.caption("No row contains that.")
        return
    rows_table(data, listed, name, f"{len(listed)} {what}", extra)
    many = f"{len(listed):,} of {len(rows):,}" if len(listed) < len(rows) else f"{len(rows):,}"
    st.caption(f"Showing {many} {what}. Select a line to see what is known about that row.")


def _row_number(data: Dataset) -> Callable[[str], int | None]:
    """Reads a place in the file."""
    return number_fields.optional(number_fields.whole("A row of the file", 1, int(data.order.max()) + 1))


def take_number(data: Dataset) -> None:
    """The callback of "Row of the file"."""
    try:
        wanted = number_fields.value_in(key("cmp", "row", "number"), _row_number(data))
    except AliquotError:  # said under the field
        return
    if wanted is None:
        return
    state.set_widget(key("cmp", "row", "number"), "")  # the same place can be typed again later
    at = np.flatnonzero(data.order == wanted - 1)
    if len(at):
        show_row(int(at[0]))
    else:
        state.set_transient("message", f"Row {wanted:,} of the file is not part of the data set.")
