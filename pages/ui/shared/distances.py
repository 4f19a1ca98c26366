"""One line that says what distances rest on, what a reader must know about it, and the way to change it."""

from __future__ import annotations

import streamlit as st

from core.features.basis import distances
from core.study.study import Study

from . import state
from .markdown_escapes import plain
from .page_frame import go
from .widget_keys import key

ASKED = "features_asked"  # how often the settings on Explore were asked for since they were last applied


def line(study: Study, where: str) -> None:
    """What maps, metrics and strategies measure distances on; warnings stand open, notes one click away.

    Args:
        study: The study behind the maps.
        where: The page, for the keys of its widgets.
    """
    features = study.features() if study.has("features") else None
    told = distances(study.spec, study.data, features)
    notes = [] if features is None else [one for one in features.notes if one not in features.warnings]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"**Distances:** {plain(told, 400)}", width="content")
        with st.popover("What they rest on", key=key(where, "rests"), type="tertiary", width="content"):
            st.markdown("Which rows are alike, on the map and in every metric, is measured on this.")
            if study.spec.reason:
                st.markdown(f"Chosen for you: {plain(study.spec.reason, 400)}.")
            for note in notes:
                st.markdown(f"- {plain(note, 400)}")
            if features is None:
                st.markdown("It is being made; what is found on the way will stand here.")
            if st.button("Change it", key=key(where, "change_features"), icon=":material/tune:"):
                change(where)
    for warning in () if features is None else features.warnings:
        st.warning(plain(warning, 600), icon=":material/warning:")


def change(where: str) -> None:
    """Go to the settings of features and groups, on Explore, and open them."""
    state.set_transient(ASKED, state.transient(ASKED, lambda: 0) + 1)
    if where == "exp":
        st.rerun()
    go("explore.py")
