"""The view Link: an address that opens this comparison in another tab."""

from __future__ import annotations

import streamlit as st

from core.foundation.errors import AliquotError
from pages.ui.compare.choices import question
from pages.ui.compare.run.chosen_view import looked_at, view_of
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import jobs, link, state


def link_view(view: RunView) -> None:
    """An address that opens this comparison in another tab."""
    now = state.app()
    if now.data is None:
        return
    heading, parts = looked_at(now), view_of(now)[1]
    opens_at = tuple(part for part in (heading, parts.get(heading, "")) if part)
    try:
        made = link.whole(link.Link(now.data, view.run.recipe, opens_at, question.of_run(view.run)))
    except AliquotError as error:
        jobs.error_box(error)
        return
    st.markdown("**Link to this comparison.** Copy it with the button at its right.")
    st.code(made, language=None, wrap_lines=True)
    sample = now.data.source.startswith("sample:")
    target = view.run.recipe.target is not None
    aim = " The rows to resemble are data too: they must be there already." if target else ""
    opens = f" It opens at {', '.join(opens_at)}." if opens_at else ""
    needs = (
        "The sample opens with it."
        if sample
        else "The person who opens it needs this Aliquot, or the same file: it holds choices, never data."
    )
    st.caption(
        f"{needs} It holds every choice of this run, question, filters, pins and bans included.{aim} Results "
        f"that are kept here show at once; elsewhere one press of Run makes the same ones.{opens}"
    )
