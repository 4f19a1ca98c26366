"""The samples as cards: a small picture of the map, a name, a sentence; a click anywhere on one opens it."""

from __future__ import annotations

import streamlit as st

from core.data.samples import SAMPLES, picture_of
from pages.ui.shared import opening, state
from pages.ui.shared.widget_keys import key


def cards() -> None:
    """One card per sample."""
    first = next(iter(SAMPLES)) if state.app().data is None else None
    for column, (name, sample) in zip(st.columns(len(SAMPLES)), SAMPLES.items(), strict=True):
        with column.container(border=True, height="stretch", key=key("data", "card", name)):
            st.button(
                sample.label,
                key=key("data", "sample", name),
                on_click=opening.sample,
                args=(name,),
                width="stretch",
                type="primary" if name == first else "secondary",
            )
            picture = picture_of(name)
            if picture is not None:
                st.image(str(picture), width="stretch", alt="")
            st.caption(f"{sample.sentence} {sample.rows[:1].upper()}{sample.rows[1:]}.")
