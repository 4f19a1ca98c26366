"""What is selected: how many rows of which groups, what can be done with them, and the rows as a table."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import streamlit as st

from core.foundation.arrays.array_types import Rows
from core.foundation.wording import apart, count
from core.model.dataset import Dataset
from core.model.derived import Groups
from core.study.study import Study
from pages.ui.shared import cache, pictures, state, tables
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.widget_keys import key

from . import selection

PAGE = 100


def mark_selected(what: str) -> None:
    """Pin or ban what is selected, with the reason typed beside it."""
    study = cache.map_study(state.app())
    selection.mark(study.data, what, state.widget(selection.words_key("reason"), "") or "")


def unmark(everything: bool) -> None:
    """Remove pins and bans."""
    selection.unmark(cache.map_study(state.app()).data, everything=everything)


def keep_selected() -> None:
    """Keep the selection under the name typed."""
    selection.keep_under(state.widget(selection.words_key("name"), "") or "")


def hint() -> None:
    """How to select, as long as nothing is selected."""
    if state.app().picked is None:
        st.caption(
            ":material/touch_app: Click a point to look at its row, a name to select its group. "
            "**Shift** and drag draws around rows; the wheel zooms, a drag moves."
        )


def selection_card(study: Study, groups: Groups | None) -> None:
    """How much is selected, of which groups, and what can be done with it."""
    now, data = state.app(), study.data
    if now.picked is None:
        return
    rows = now.picked.rows
    with st.container(border=True, gap="small"):
        st.markdown(f"## {len(rows):,} of {count(len(data), 'row')} selected")
        st.caption(f"{plain(now.picked.how)}. {shares(groups, rows)}")
        st.button(
            "Choose from only these",
            key=key("exp", "only"),
            on_click=selection.only_these,
            args=(data,),
            icon=":material/filter_alt:",
            help="Subsets are chosen from these rows only, in place of what limits them now. Compare says so "
            "beside the budget, and changes it there.",
        )
        st.text_input(
            "Reason, written into the record",
            key=selection.words_key("reason"),
            placeholder="Reason, written into the record",
            label_visibility="collapsed",
        )
        bar = st.container(horizontal=True, gap="small")
        bar.button(
            "Pin",
            key=key("exp", "pin"),
            on_click=mark_selected,
            args=("pin",),
            help="Every subset holds these rows",
        )
        bar.button(
            "Ban",
            key=key("exp", "ban"),
            on_click=mark_selected,
            args=("ban",),
            help="No subset holds these rows",
        )
        with bar.popover("More", help="Keep, download, resemble, remove pins and bans"):
            st.text_input("Name", key=selection.words_key("name"), placeholder="odd invoices")
            st.button("Keep under this name", key=key("exp", "keep"), on_click=keep_selected)
            st.button(
                "Use as rows to resemble",
                key=key("exp", "target"),
                on_click=selection.take_as_target,
                args=(data, rows, now.picked.how),
            )
            st.button(
                "Remove pins and bans of these rows", key=key("exp", "unmark"), on_click=unmark, args=(False,)
            )
            for label, kind, make in (
                ("CSV", "csv", selection.csv_of(data, rows)),
                ("Parquet", "parquet", selection.parquet_of(data, rows)),
                ("ids, for --only", "txt", selection.ids_of(data, rows)),
            ):
                st.download_button(
                    f"Download these rows ({label})",
                    data=make,
                    file_name=f"selected_rows.{kind}",
                    on_click="ignore",
                    key=key("exp", "download", kind),
                )
        if now.looked:
            st.caption("Results were seen already: pins made now void all design weights.")


def marks(data: Dataset) -> None:
    """Pins, bans and sets kept under a name."""
    now = state.app()
    kept = sorted(now.named)
    if now.recipe.pins or now.recipe.bans:
        st.caption(marks_words())
    if kept or now.recipe.pins or now.recipe.bans:
        with st.container(horizontal=True):
            for name in kept[:12]:
                st.button(
                    f"{plain(name)} · {now.named[name].count:,}",
                    key=key("exp", "recall", name),
                    on_click=selection.recall,
                    args=(data, name),
                    help="Select these rows again",
                )
            if now.recipe.pins or now.recipe.bans:
                st.button(
                    "Remove all pins and bans", key=key("exp", "unmark_all"), on_click=unmark, args=(True,)
                )


def marks_words() -> str:
    """How many rows are pinned and banned."""
    recipe = state.app().recipe
    return f":material/push_pin: {len(recipe.pins):,} pinned · :material/block: {len(recipe.bans):,} banned."


def shares(groups: Groups | None, rows: Rows) -> str:
    """Which groups the selected rows are of, largest first."""
    if groups is None or not len(rows):
        return ""
    counts = np.bincount(groups.codes[rows], minlength=len(groups.names))
    top = np.argsort(-counts, kind="stable")[:3]
    held = [code for code in top if counts[code]]
    names = apart(plain(groups.names[code], 40) for code in held)
    told = [f"{name} {counts[code] / len(rows):.0%}" for name, code in zip(names, held, strict=True)]
    return "Of groups " + ", ".join(told) + "." if told else ""


def table(study: Study, groups: Groups | None) -> None:
    """The selected rows, else all: the map in words; a row that is chosen in it is looked at."""
    now, data = state.app(), study.data
    rows = now.picked.rows if now.picked is not None else np.arange(len(data))
    what = "Selected rows" if now.picked is not None else "All rows"
    pages = max(1, math.ceil(len(rows) / PAGE))
    st.markdown(f"## {what}")
    place = st.container()
    words, turn = st.columns([2, 1], vertical_alignment="center")
    page = 1
    if pages > 1:
        with turn:
            page = st.pagination(pages, key=key("exp", "page", len(rows)), max_visible_pages=5)
    first = (page - 1) * PAGE
    part = rows[first : first + PAGE]
    extra: dict[str, Any] = {**pictures.column(data, part)}
    if groups is not None:
        extra["group"] = [groups.names[code] for code in groups.codes[part]]
    pins, bans = selection.rows_of(data, now.recipe.pins), selection.rows_of(data, now.recipe.bans)
    if len(pins) or len(bans):
        held, out = set(pins.tolist()), set(bans.tolist())
        extra["mark"] = ["pinned" if r in held else "banned" if r in out else "" for r in part.tolist()]
    # The rows are part of the key: a choice in the table is of these rows and of no others.
    name = key("exp", "table", cache.name_of("rows", [part.tobytes().hex()])[-12:])
    place.dataframe(
        tables.rows_table(data, part, extra),
        key=name,
        hide_index=True,
        height=tables.height(len(part), 12),
        column_config={pictures.COLUMN: st.column_config.ImageColumn(width="small")},
        alt=f"Rows {first + 1:,} to {first + len(part):,} of {len(rows):,}: {what.lower()}",
        on_select=lambda: _look(name, data, part),
        selection_mode="single-row",
    )
    words.caption(
        f"Showing rows {first + 1:,} to {first + len(part):,} of {len(rows):,}. Tick a row to look at it."
    )


def _look(name: str, data: Dataset, part: Rows) -> None:
    chosen = (state.widget(name) or {}).get("selection", {}).get("rows", [])
    if chosen and 0 <= chosen[0] < len(part):
        selection.look_at(data, int(part[chosen[0]]))
