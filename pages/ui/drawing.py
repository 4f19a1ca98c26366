"""Charts on a page: the theme that is on, and how a figure is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.report.theme import Theme, theme_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

_CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": "reset"}
_ZOOM = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "toImage"],
    "doubleClick": "reset",
}


def theme() -> Theme:
    """Colours of the theme that the reader has on; light where Streamlit does not know yet."""
    return theme_of(st.context.theme.type or "light")


def chart(figure: go.Figure, *, key: str, alt: str, zoom: bool = False) -> None:
    """A figure with its description for screen readers.

    Args:
        figure: Made for `theme`.
        key: Key of the element.
        alt: What it shows, in words.
        zoom: Whether it can be zoomed into.
    """
    st.plotly_chart(
        figure,
        key=key,
        alt=alt,
        theme=None,
        width="stretch",
        config=_ZOOM if zoom else _CONFIG,
    )
