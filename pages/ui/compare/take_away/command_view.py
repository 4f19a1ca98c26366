"""The view Command: the run as a line for a terminal, and its recipe."""

from __future__ import annotations

import streamlit as st

from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import state, target_rows

from . import command_line


def show(view: RunView) -> None:
    """The line that does the same without a screen."""
    now, run = state.app(), view.run
    assert now.data is not None
    st.code(
        command_line.compare_line(
            run.recipe, now.data.source, now.data.name, target_rows.word(now, run.recipe)
        ),
        language=None,  # the colours of the others are too faint to read
        wrap_lines=True,
    )
    if now.target is not None and now.target.source == "selection" and run.recipe.target is not None:
        st.caption(f"The target was selected on the map: the Data page offers it as {target_rows.FILE}.")
    if command_line.fits_a_line(run.recipe):
        st.caption("The same comparison on the command line, with the same subsets.")
    else:
        st.caption("Flags cannot say all of these choices, so the line runs the recipe file: save it first.")
    st.download_button(
        "recipe.json",
        data=command_line.recipe_bytes(run.recipe),
        file_name="recipe.json",
        mime="application/json",
        on_click="ignore",
        icon=":material/download:",
        key="cmp_recipe",
    )
