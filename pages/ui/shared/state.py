"""The state of one browser tab, in Streamlit's session: the `AppState`, widgets, and what ends with the tab.

The only file that touches `st.session_state`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from .app_state import AppState, Event

_KEY = "app"
_BROUGHT = "_tab_brought"
_EDITION = "_tab_edition"
_LOG_MAX = 500


# ---- the one object in session state -----------------------------------------------------------


def begin() -> None:
    """Create the state of this tab; called by the frame on every run."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = AppState()


def app() -> AppState:
    """The state of this tab."""
    begin()
    found: AppState = st.session_state[_KEY]
    return found


def change(**changes: Any) -> AppState:
    """Replace fields of the state; returns the new state."""
    made = app().changed(**changes)
    st.session_state[_KEY] = made
    return made


def change_recipe(**changes: Any) -> AppState:
    """Replace choices of the recipe."""
    return change(recipe=app().recipe.with_(**changes))


def change_view(**changes: Any) -> AppState:
    """Replace choices of the view."""
    return change(view=replace(app().view, **changes))


def edition() -> int:
    """How often another state has taken the place of this tab's; what belongs to one of them compares it."""
    found: int = st.session_state.get(_EDITION, 0)
    return found


def replace_work(made: AppState) -> None:
    """Another data set is open: a new state takes the place of the old one."""
    st.session_state[_KEY] = made
    st.session_state[_EDITION] = edition() + 1


def replace_all(state: AppState) -> None:
    """Open a project: another state takes the place of this one, and no widget keeps an old value."""
    for name in list(st.session_state):
        if isinstance(name, str) and name not in (_KEY, _BROUGHT, _EDITION):
            try:
                del st.session_state[name]
            except KeyError:  # an entry that Streamlit itself has already dropped
                continue
    replace_work(state)


def note(text: str) -> None:
    """Add a line to the trail."""
    state = app()
    change(log=(*state.log[-_LOG_MAX + 1 :], Event(now(), text)))


def now() -> str:
    """The time as ISO-8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


# ---- widgets and what does not outlive the tab -------------------------------------------------


def widget(key: str, default: Any = None) -> Any:
    """The value of a widget of this page; for callbacks."""
    return st.session_state.get(key, default)


def set_widget(key: str, value: Any) -> None:
    """Set a widget before it is drawn, or in a callback."""
    st.session_state[key] = value


def setdefault(key: str, value: Any) -> None:
    """Give a widget its first value."""
    st.session_state.setdefault(key, value)


def drop_widgets(prefix: str) -> None:
    """Forget the values of widgets whose key begins so."""
    for name in [name for name in st.session_state if isinstance(name, str) and name.startswith(prefix)]:
        del st.session_state[name]


def transient(name: str, make: Callable[[], Any]) -> Any:
    """Something of this tab that no project file keeps: the keys of jobs it waits for, a message to show."""
    key = f"_tab_{name}"
    if key not in st.session_state:
        st.session_state[key] = make()
    return st.session_state[key]


def brought() -> dict[str, str]:
    """Places in the store, by fingerprint, of the data that this tab read; outlives changes of its state."""
    if _BROUGHT not in st.session_state:
        st.session_state[_BROUGHT] = {}
    found: dict[str, str] = st.session_state[_BROUGHT]
    return found


def set_transient(name: str, value: Any) -> None:
    """Replace what `transient` returns."""
    st.session_state[f"_tab_{name}"] = value
