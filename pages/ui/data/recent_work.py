"""Work of this browser from earlier times on the Data page: go on with it, or forget it."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from core.foundation.wording import count
from pages.ui.shared import autosave
from pages.ui.shared.app_state import AppState
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.page_frame import to_work
from pages.ui.shared.saved_projects import SavedProject
from pages.ui.shared.widget_keys import key

SHOWN = 3  # above the samples; the rest is folded


def panel() -> None:
    """Earlier work, newest first; nothing where there is none."""
    found = [one for one in autosave.recent() if one.state.data is not None]
    if not found:
        return
    st.markdown("#### Continue where you were")
    for project in found[:SHOWN]:
        _line(project)
    if found[SHOWN:]:
        with st.expander(f"{count(len(found) - SHOWN, 'older one')}", icon=":material/history:"):
            for project in found[SHOWN:]:
                _line(project)


def _line(project: SavedProject) -> None:
    data = project.state.data
    if data is None:
        return
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=key("data", "work", project.name)
    ):
        to_work(project, f"Continue with {plain(data.name, 40)}")
        st.markdown(f":gray[{', '.join(_steps(project.state))} · {when(project.made)}]", width="content")
        forget_button(project.name, key("data", "forget", project.name), data.name)


def forget_button(name: str, widget: str, of: str = "") -> None:
    """Ask before work is forgotten; it cannot be had again.

    Args:
        name: Of the project; "" for the one of this tab.
        widget: Key of the button.
        of: Name of its data set.
    """
    with st.popover(
        f"Forget {plain(of, 40)}" if of else "Forget this work", icon=":material/delete:", type="tertiary"
    ):
        st.markdown(
            "Forgets choices, selections, decisions and what was compared, and your file where you brought "
            "one. Signed bundles that you downloaded stay good. This cannot be undone."
        )
        st.button("Forget it", key=widget, on_click=autosave.forget, args=(name,), type="primary")


def _steps(state: AppState) -> list[str]:
    """How far it came."""
    assert state.data is not None
    told = [count(state.data.rows, "row")]
    if state.runs:
        told.append(f"{count(len(state.runs[-1].recipe.strategies), 'subset')} compared")
    if state.recipe.pins or state.recipe.bans:
        told.append(f"{len(state.recipe.pins):,} pinned, {len(state.recipe.bans):,} banned")
    if state.signoff is not None:
        told.append(f"signed by {plain(state.signoff.name)}")
    return told


def when(made: str, now: datetime | None = None) -> str:
    """How long ago something was, in words.

    Args:
        made: ISO-8601 with a zone.
        now: The present; read from the clock where None.

    Example:
        >>> noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
        >>> [when(f"2026-01-0{part}+00:00", noon) for part in ("2T11:59:30", "2T11:20:00", "2T09:00:00")]
        ['just now', '40 minutes ago', '3 hours ago']
        >>> when("2026-01-01T11:00:00+00:00", noon)
        'yesterday'
        >>> when("2025-12-20T12:00:00+00:00", noon)
        '13 days ago'
    """
    try:
        past = ((now or datetime.now(UTC)) - datetime.fromisoformat(made)).total_seconds()
    except (ValueError, TypeError):
        return "some time ago"
    minutes, hours, days = int(past // 60), int(past // 3600), int(past // 86_400)
    if minutes < 1:
        return "just now"
    if hours < 1:
        return f"{count(minutes, 'minute')} ago"
    if days < 1:
        return f"{count(hours, 'hour')} ago"
    return "yesterday" if days == 1 else f"{count(days, 'day')} ago"
