"""Rows to resemble on the Data page: a file, or rows selected on Explore."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.foundation.errors import AliquotError
from core.foundation.wording import count
from pages.ui.shared import cache, jobs, opening, state, target_rows, visitor
from pages.ui.shared.app_state import AppState
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.widget_keys import key

from . import roles


def panel(now: AppState, types: Sequence[str]) -> None:
    """Rows to resemble: what they are, where they come from.

    Args:
        now: The choices of this tab.
        types: Endings of the files that may be uploaded.
    """
    st.caption(
        "Examples of what the subset should look like. Strategies that aim at a target (DSIR) draw rows like "
        "these; they are never part of the subset themselves. They need the same columns as the data set."
    )
    target = now.target
    if target is not None:
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.markdown(
            f":material/target: **{plain(target.name)}** · {count(target.rows, 'row')} · "
            f"fingerprint `{target.fingerprint[:8]}`"
        )
        right.button("Remove", key=key("data", "target_clear"), on_click=target_rows.clear, width="stretch")
        try:
            found = cache.target(now.recipe)
        except AliquotError as error:
            jobs.error_box(error)
            found = None
        if found is not None and target.source == "selection":
            st.download_button(
                "Download it (Parquet), for the command line",
                data=target_rows.file_of(found),
                file_name=target_rows.FILE,
                on_click="ignore",
                key=key("data", "target_download"),
            )
    left, right = st.columns(2, gap="large")
    left.file_uploader(
        "A file of rows to resemble",
        type=list(types),
        key=key("data", "target"),
        on_change=take_target,
        help="The same kinds of file as a data set, with the same columns.",
    )
    root = visitor.folder()
    with right:
        if root is not None:
            name = key("data", "target_file")
            opening.folder_picker(root, "Or a file of the folder", name, take_target_from_folder)
        picked = now.picked
        st.button(
            f"Use the {count(picked.count, 'row')} selected on Explore"
            if picked
            else "Use rows selected on Explore",
            key=key("data", "target_rows"),
            on_click=take_selected,
            disabled=picked is None,
            help="Select rows on the map or on a card first." if picked is None else plain(picked.how),
        )


def take_target() -> None:
    """Read the uploaded rows to resemble."""
    given = state.widget(key("data", "target"))
    if given is not None:
        with st.spinner(f"Reading {given.name}…"):
            opening.target(given.name, given.getvalue())


def take_target_from_folder() -> None:
    """Read rows to resemble from the server's folder."""
    chosen = state.widget(key("data", "target_file"))
    if chosen:
        opening.target_from_folder(chosen)


def take_selected() -> None:
    """Make the rows selected on Explore the ones to resemble."""
    picked, data = state.app().picked, roles.current()
    if picked is not None and data is not None:
        try:
            target_rows.from_rows(data, picked.rows, picked.how)
        except AliquotError as error:
            opening.fail(error)
