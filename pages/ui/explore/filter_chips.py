"""The filters as chips: what each says, how many rows meet it, and what can be done with it."""

from __future__ import annotations

import streamlit as st

from core.foundation.wording import count
from core.study.matching_rows import MatchingRows
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.widget_keys import key

from . import filters


def chips(found: MatchingRows | None, n: int) -> None:
    """One chip a filter, how many rows meet all, undo and clear.

    Args:
        found: The rows; None where a filter cannot be used.
        n: Rows of the data set.
    """
    asked = filters.conditions()
    if not asked and not filters.can_undo():
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=key("exp", "chips")):
        for at, condition in enumerate(asked):
            held = "" if found is None else f" · {found.parts[at].count:,}"
            with st.container(horizontal=True, gap=None, width="content", vertical_alignment="center"):
                with st.popover(f"{plain(condition.words, 60)}{held}", help="Turn it round"):
                    st.markdown(f"{plain(condition.words, 300)}")
                    if found is not None:
                        st.caption(f"{found.parts[at].count:,} of {count(n, 'row')} meet it by itself.")
                    st.button(
                        "Rows that do meet it" if condition.exclude else "Rows that do not meet it",
                        key=key("exp", "turn", at),
                        on_click=filters.turn,
                        args=(at,),
                        icon=":material/swap_horiz:",
                    )
                st.button(
                    ":material/close:",
                    key=key("exp", "drop", at),
                    on_click=filters.drop,
                    args=(at,),
                    type="tertiary",
                    help=f"Take off: {condition.words[:80]}",
                )
        if found is not None and asked:
            st.markdown(f"**{len(found.rows):,} of {n:,}**", width="content")
        if filters.can_undo():
            st.button(
                "Undo", key=key("exp", "undo"), on_click=filters.undo, icon=":material/undo:", type="tertiary"
            )
        if asked:
            st.button(
                "Clear all",
                key=key("exp", "clear"),
                on_click=filters.clear,
                icon=":material/filter_alt_off:",
                type="tertiary",
            )
