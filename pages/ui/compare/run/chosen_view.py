"""Which view of a run is open: kept in the project, and named by links."""

from __future__ import annotations

from collections.abc import Mapping

from pages.ui.shared import state
from pages.ui.shared.app_state import AppState

VIEW = "view"


KEEP = "Keep"


def view_of(now: AppState) -> tuple[str, dict[str, str]]:
    """Heading and parts that were shown last; a project or link may hold anything, so text alone is taken."""
    kept = now.slots.get(VIEW)
    if not isinstance(kept, Mapping):
        return "", {}
    heading, parts = kept.get("heading"), kept.get("parts")
    named = parts if isinstance(parts, Mapping) else {}
    return (
        heading if isinstance(heading, str) else "",
        {one: part for one, part in named.items() if isinstance(one, str) and isinstance(part, str)},
    )


def keep_view(heading: str, parts: Mapping[str, str]) -> None:
    """Remember what is shown."""
    now = state.app()
    view = {"heading": heading, "parts": {**view_of(now)[1], **parts}}
    before = looked_at(now) if heading == KEEP else heading
    state.change(slots={**now.slots, VIEW: {**view, "before": before}})


def view_shown() -> tuple[str, ...]:
    """Heading and part that are shown, as a link names them."""
    heading, parts = view_of(state.app())
    return tuple(part for part in (heading, parts.get(heading, "")) if part)


def looked_at(now: AppState) -> str:
    """The heading that was open last before this one: a link leads there, not to the link."""
    kept = now.slots.get(VIEW)
    before = kept.get("before") if isinstance(kept, Mapping) else None
    return before if isinstance(before, str) else ""
