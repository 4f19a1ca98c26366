"""Saving and opening the project file, in the sidebar."""

from __future__ import annotations

import re

import streamlit as st

from core.foundation.errors import AliquotError, RecipeError
from core.foundation.wording import count

from . import cache, jobs, kept_runs, state
from .app_state import AppState


def controls() -> None:
    """Save and open the project."""
    now = state.app()
    with st.expander("Project", icon=":material/folder:", key="frame_project"):
        st.caption("A project file keeps every choice and decision, never the data itself.")
        st.download_button(
            "Save project",
            data=now.to_bytes(),
            file_name=f"{file_stem(now)}.aliquot.json",
            mime="application/json",
            on_click="ignore",
            icon=":material/download:",
            width="stretch",
            disabled=now.data is None,
            key="frame_save",
        )
        st.file_uploader(
            "Open a project",
            type=["json"],
            key="frame_open",
            on_change=_open,
            max_upload_size=20,
        )
        error = state.transient("project_error", lambda: None)
        if error is not None:
            jobs.error_box(error)


def file_stem(now: AppState) -> str:
    """A safe file name from the name of the data set."""
    name = now.data.name if now.data else "aliquot"
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._")[:60] or "aliquot"


def _open() -> None:
    given = state.widget("frame_open")
    if given is None:
        return
    try:
        found = kept_runs.own_keys(AppState.from_bytes(given.getvalue()))
    except AliquotError as error:
        state.set_transient("project_error", error)
        return
    here = None if found.data is None else cache.find(found.data.fingerprint)
    if here is not None and found.data is not None and len(here) != found.data.rows:
        error = RecipeError(
            "This project file cannot be read",
            f"it says that {found.data.name!r} has {count(found.data.rows, 'row')}, and it has {len(here):,}",
            "save the project again",
        )
        state.set_transient("project_error", error)
        return
    state.replace_all(found)
    state.set_transient("project_error", None)
    if found.data is not None and here is None:
        state.set_transient(
            "project_error",
            AliquotError(
                f"The project is open, but its data set {found.data.name!r} is not here",
                "a project file holds no data",
                "open the same file again on the Data page; it is recognised by its fingerprint",
            ),
        )
    elif found.target is not None and cache.find(found.target.fingerprint) is None:
        state.set_transient(
            "project_error",
            AliquotError(
                f"The project is open, but its target {found.target.name!r} is not here",
                "a project file holds no data",
                "give the same file again under “Rows to resemble” on the Data page",
            ),
        )
    else:
        state.set_transient("message", f"Project opened: {found.data.name if found.data else 'no data yet'}.")
