"""What Compare shows of a run below the strips: one line per view, under the heading it belongs to."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from . import copying, dense, differing, explaining, groups, results, state
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
    },
    "Explain": {
        "A row": explaining.a_row,
        "A group": groups.a_group,
    },
    "Keep": {
        "Command": copying.command_line,
    },
    "Notes": {
        "Notes": results.notes,
    },
}


def show(seen: Seen) -> None:
    """Let the reader choose a heading and, where it has several views, one of them; draw that one alone."""
    # Clicks on charts choose a view as well, so first values stand in the state and not at the widget.
    choice = turned("cmp_view")
    state.setdefault(choice, next(iter(VIEWS)))
    heading = st.segmented_control(
        "More about these subsets",
        list(VIEWS),
        required=True,
        key=choice,
        persist_state="session",
    )
    parts = VIEWS[heading]
    name = next(iter(parts))
    if len(parts) > 1:
        part = key("cmp", "part", heading)
        part = turned(part) if heading == "Explain" else part
        state.setdefault(part, name)
        name = st.pills(
            heading,
            list(parts),
            required=True,
            key=part,
            label_visibility="collapsed",
            persist_state="session",
        )
    parts[name](seen)
