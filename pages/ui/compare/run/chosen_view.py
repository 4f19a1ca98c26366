"""Which view of a run is open: kept in the project, and named by links."""

from __future__ import annotations

from collections.abc import Mapping

from pages.ui.shared import state
from pages.ui.shared.app_state import AppState

VIEW = "view"
LOOK, MEASURE, TAKE_AWAY = "Look", "Measure", "Take away"
_FORMER = {
    "See": (LOOK, "Groups"),
    "Explain": (LOOK, "A row"),
    "Slide the budget": (MEASURE, "Budget curves"),
    "Downstream": (MEASURE, "Probe"),
    "Estimate": (MEASURE, "Estimate"),
    "Keep": (TAKE_AWAY, "Link"),
    "Notes": (TAKE_AWAY, "Notes"),
}
"""Headings that links and projects of before name: the heading of their views now, and the first of these."""


def view_of(now: AppState) -> tuple[str, dict[str, str]]:
    """Heading and parts that were shown last; a project or link may hold anything, so text alone is taken."""
    kept = now.slots.get(VIEW)
    if not isinstance(kept, Mapping):
        return "", {}
    heading, parts = kept.get("heading"), kept.get("parts")
    named = parts if isinstance(parts, Mapping) else {}
    texts = {one: part for one, part in named.items() if isinstance(one, str) and isinstance(part, str)}
    if not isinstance(heading, str):
        return "", texts
    if heading in _FORMER:
        now_under, first = _FORMER[heading]
        return now_under, {**texts, now_under: texts.get(heading, first)}
    return heading, texts


def keep_view(heading: str, parts: Mapping[str, str]) -> None:
    """Remember what is shown."""
    now = state.app()
    view = {"heading": heading, "parts": {**view_of(now)[1], **parts}}
    before = looked_at(now) if heading == TAKE_AWAY else heading
    state.change(slots={**now.slots, VIEW: {**view, "before": before}})


def view_shown() -> tuple[str, ...]:
    """Heading and part that are shown, as a link names them."""
    heading, parts = view_of(state.app())
    return tuple(part for part in (heading, parts.get(heading, "")) if part)


def looked_at(now: AppState) -> str:
    """The heading that was open last before this one: a link leads there, not to the link."""
    kept = now.slots.get(VIEW)
    before = kept.get("before") if isinstance(kept, Mapping) else None
    return _FORMER.get(before, (before,))[0] if isinstance(before, str) else ""
