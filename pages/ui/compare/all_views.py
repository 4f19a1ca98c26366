"""The views of a run on Compare, by heading, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui.shared import state
from pages.ui.shared.pickers import choose, one_of
from pages.ui.shared.widget_keys import key

from .budget_curves import curves
from .held_out import paired_tests, probes, reusable_holdout
from .run import chosen_view
from .run.chosen_view import LOOK, MEASURE, TAKE_AWAY
from .run.run_view import RunView
from .take_away import command_view, files_view, link_view
from .views import (
    density,
    differences,
    estimates,
    gains,
    groups,
    held_and_estimated,
    metrics_table,
    notes,
    overlap,
    row_facts,
)
from .views.row_finder import turning_key

Draw = Callable[[RunView], None]

VIEWS: dict[str, dict[str, Draw]] = {
    LOOK: {
        "Groups": groups.composition,
        "What A has and B lacks": differences.what_one_lacks,
        "Overlap": overlap.overlap,
        "Density": density.density,
        "Gain per row": gains.gains,
        "A row": row_facts.a_row,
        "A group": groups.a_group,
    },
    MEASURE: {
        "All metrics": metrics_table.all_metrics,
        "Table": metrics_table.table_view,
        "Held and estimated": held_and_estimated.show,
        "Estimate": estimates.show,
        "Budget curves": curves.show,
        "Probe": probes.show,
        "Is the difference real?": paired_tests.show,
        "Reusable holdout": reusable_holdout.show,
    },
    TAKE_AWAY: {
        "Link": link_view.link_view,
        "Files": files_view.files_view,
        "Command": command_view.show,
        "Notes": notes.notes,
    },
}


def show(view: RunView) -> None:
    """Let the reader choose a heading and, where it has several views, one of them; draw that one alone."""
    # Clicks on charts choose a view as well, so first values stand in the state and not at the widget.
    first, chosen = chosen_view.view_of(state.app())
    choice = turning_key("cmp_view")
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
    st.markdown(f"### {name}")
    parts[name](view)


def _part(heading: str) -> str:
    """Key of the choice among the views of a heading."""
    name = key("cmp", "part", heading)
    return turning_key(name) if heading == LOOK else name


def _keep() -> None:
    """Callback: the view is part of the project, and of links."""
    heading = one_of(VIEWS, state.widget(turning_key("cmp_view")), chosen_view.view_of(state.app())[0])
    parts = {one: state.widget(_part(one)) for one in VIEWS}
    chosen_view.keep_view(heading, {one: part for one, part in parts.items() if part in VIEWS[one]})
