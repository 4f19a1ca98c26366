"""What Compare shows of a run below the strips: one line per view, under the heading it belongs to."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from . import (
    copying,
    curves,
    dense,
    differing,
    estimates,
    explaining,
    groups,
    guarding,
    keeping,
    learned,
    results,
    state,
    testing,
    weighing,
)
from .choosing import choose, one_of
from .keys import key
from .rows import turned
from .seen import Seen

View = Callable[[Seen], None]

VIEWS: dict[str, dict[str, View]] = {
    "See": {
        "Groups": groups.composition,
        "What A has and B lacks": differing.what_one_lacks,
        "Overlap": results.overlap,
        "Density": dense.density,
        "Gain per row": results.gains,
    },
    "Measure": {
        "All metrics": results.all_metrics,
        "Table": results.table_view,
        "Held and estimated": weighing.show,
    },
    "Slide the budget": {
        "Budget curves": curves.view,
    },
    "Downstream": {
        "Probe": learned.view,
        "Is the difference real?": testing.view,
        "Reusable holdout": guarding.view,
    },
    "Estimate": {
        "Estimate": estimates.view,
    },
    "Explain": {
        "A row": explaining.a_row,
        "A group": groups.a_group,
    },
    "Keep": {
        "Link": keeping.link_view,
        "Files": keeping.files_view,
        "Command": copying.command_line,
    },
    "Notes": {
        "Notes": results.notes,
    },
}


def show(seen: Seen) -> None:
    """Let the reader choose a heading and, where it has several views, one of them; draw that one alone."""
    # Clicks on charts choose a view as well, so first values stand in the state and not at the widget.
    first, chosen = keeping.view_of(state.app())
    choice = turned("cmp_view")
    heading = choose(
        st.segmented_control,
        "More about these subsets",
        list(VIEWS),
        required=True,
        key=choice,
        first=first,
        on_change=_keep,
        persist_state="session",
    )
    parts = VIEWS[heading]
    name = next(iter(parts))
    if len(parts) > 1:
        name = choose(
            st.pills,
            heading,
            list(parts),
            required=True,
            key=_part(heading),
            first=chosen.get(heading),
            on_change=_keep,
            label_visibility="collapsed",
            persist_state="session",
        )
    parts[name](seen)


def _part(heading: str) -> str:
    """Key of the choice among the views of a heading."""
    name = key("cmp", "part", heading)
    return turned(name) if heading == "Explain" else name


def _keep() -> None:
    """Callback: the view is part of the project, and of links."""
    heading = one_of(VIEWS, state.widget(turned("cmp_view")), keeping.view_of(state.app())[0])
    parts = {one: state.widget(_part(one)) for one in VIEWS}
    keeping.keep_view(heading, {one: part for one, part in parts.items() if part in VIEWS[one]})
