"""The groups as cards: name, size, what sets them apart, typical rows."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.foundation.wording import count
from core.model.dataset import Dataset
from core.model.derived import Features, Groups
from core.study.study import Study
from pages.ui.shared import cache, state, tables
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.widget_keys import key

from . import selection

MOST = 24


def cards(study: Study, groups: Groups | None, height: int) -> None:
    """One card per group: name, size, what sets it apart, typical rows, select."""
    data, n = study.data, len(study.data)
    if groups is None:
        st.caption("The recipe asks for no groups.")
        return
    st.markdown(f"## {plain(groups.label) or count(len(groups.names), 'group')}")
    apart = set_apart(study, groups)
    used = 60 if state.app().picked is None else 290
    with st.container(height=height - used, border=False):
        for code, size in list(enumerate(groups.sizes.tolist()))[:MOST]:
            name = groups.names[code]
            with st.container(border=True, gap="small"):
                left, right = st.columns([2, 1.2], vertical_alignment="center")
                left.markdown(f"### {plain(name, 60)}\n{count(size, 'row')} · {size / n:.1%}")
                right.button(
                    f"Select **group {plain(name, 60)}**",
                    key=key("exp", "select", code),
                    on_click=select_group,
                    args=(code,),
                    help=f"Select the {count(size, 'row')} of {name}",
                    width="stretch",
                )
                if apart.get(name) and apart[name] != name:
                    st.caption(f"Set apart by: {plain(apart[name], 120)}")
                for line in typical_lines(data, groups, code):
                    st.caption(f"“{plain(line, 110)}”")
        if len(groups.names) > MOST:
            st.caption(f"Showing {MOST} of {count(len(groups.names), 'group')}; all are in “Groups shown”.")
    for note in groups.notes[:3]:
        st.caption(plain(note, 300))


def select_group(code: int) -> None:
    """Select the rows of a group: the way of the keyboard."""
    study = cache.map_study(state.app())
    groups = study.groups()
    if groups is not None:
        selection.pick(np.flatnonzero(groups.codes == code), len(study.data), f"group “{groups.names[code]}”")


def set_apart(study: Study, groups: Groups) -> dict[str, str]:
    """What sets each group apart, in a few words."""
    features = study.features()
    mark = cache.name_of("apart", [groups.key, features.key])
    return cache.share(mark, lambda: apart_words(features, groups, study.texts()))


def typical_lines(data: Dataset, groups: Groups, code: int) -> list[str]:
    """The two most typical rows of a group."""
    if code >= len(groups.typical):
        return []
    return [line for line in tables.line_of(data, np.asarray(groups.typical[code][:2])) if line]


def apart_words(features: Features, groups: Groups, texts: list[str] | None) -> dict[str, str]:
    """What sets each group apart from the rest: words for text, largest differences for tables."""
    from core.groups.naming import by_differences, by_words

    if texts is not None:
        told = by_words(texts, groups.codes, len(groups.names))
    elif features.names:
        told = by_differences(features, groups.codes, len(groups.names))
    else:
        return {}
    return dict(zip(groups.names, told, strict=True))
