"""The groups as cards: name, size, what sets them apart, typical rows."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.foundation.arrays.array_types import Rows
from core.foundation.wording import count
from core.groups.naming import by_differences, by_words
from core.model.dataset import Dataset
from core.model.derived import Features, Groups
from core.model.row_conditions import InGroups
from core.study.study import Study
from pages.ui.shared import cache, pictures, state, tables
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.widget_keys import key

from . import filters

MOST = 24
SILHOUETTE = (
    "Silhouette: how much nearer rows lie to their own group than to the next one. 1: clearly apart; 0: not; "
    "below 0.25 groups run into one another, so read them as rough (Kaufman and Rousseeuw, 1990)."
)
LINES, PICTURES = 2, 4
"""Typical rows on a card: as text, as pictures."""


def cards(study: Study, groups: Groups | None, height: int) -> None:
    """One card per group: name, size, what sets it apart, typical rows, select."""
    data, n = study.data, len(study.data)
    if groups is None:
        st.caption("The recipe asks for no groups.")
        return
    st.markdown(f"## {plain(groups.label) or count(len(groups.names), 'group')}")
    apart = set_apart(study, groups)
    with st.container(height=height, border=False):
        for code, size in list(enumerate(groups.sizes.tolist()))[:MOST]:
            name = groups.names[code]
            with st.container(border=True, gap="small"):
                st.markdown(f"### {plain(name, 60)}\n{count(size, 'row')} · {size / n:.1%}")
                st.button(
                    f"Select **group {plain(name, 60)}**",
                    key=key("exp", "select", code),
                    on_click=select_group,
                    args=(code,),
                    help=f"Select the {count(size, 'row')} of {name}",
                )
                if apart.get(name) and apart[name] != name:
                    st.caption(f"Set apart by: {plain(apart[name], 120)}")
                lines = typical_lines(data, groups, code, PICTURES)
                if not pictures.strip(data, _typical(groups, code, PICTURES), lines):
                    for line in lines[:LINES]:
                        st.caption(f"“{plain(line, 110)}”")
        if len(groups.names) > MOST:
            st.caption(
                f"Showing {MOST} of {count(len(groups.names), 'group')}; all are under “Filter”, “groups”."
            )
    for note in groups.notes[:3]:
        st.caption(plain(note, 300))
    if any("silhouette" in note for note in groups.notes[:3]):
        st.caption(SILHOUETTE)


def select_group(code: int) -> None:
    """Select the rows of a group: the way of the keyboard."""
    groups = cache.map_study(state.app()).groups()
    if groups is not None:
        filters.point(InGroups((groups.names[code],)))


def set_apart(study: Study, groups: Groups) -> dict[str, str]:
    """What sets each group apart, in a few words."""
    features = study.features()
    mark = cache.name_of("apart", [groups.key, features.key])
    return cache.share(mark, lambda: apart_words(features, groups, study.texts()))


def _typical(groups: Groups, code: int, most: int) -> Rows:
    return np.asarray(groups.typical[code][:most] if code < len(groups.typical) else (), np.int64)


def typical_lines(data: Dataset, groups: Groups, code: int, most: int) -> list[str]:
    """The most typical rows of a group, a line each."""
    rows = _typical(groups, code, most)
    return [line or f"row {row}" for row, line in zip(rows.tolist(), tables.line_of(data, rows), strict=True)]


def apart_words(features: Features, groups: Groups, texts: list[str] | None) -> dict[str, str]:
    """What sets each group apart from the rest: words for text, largest differences for tables."""
    if texts is not None:
        told = by_words(texts, groups.codes, len(groups.names))
    elif features.names:
        told = by_differences(features, groups.codes, len(groups.names))
    else:
        return {}
    return dict(zip(groups.names, told, strict=True))
