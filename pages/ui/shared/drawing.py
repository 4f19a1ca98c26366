"""Charts on a page: the theme that is on, and how a figure is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.report.charts.theme import Theme, theme_of

from . import state

if TYPE_CHECKING:
    import plotly.graph_objects as go

ACROSS = 4
"""Charts in one line, and what belongs to each above and below them."""
_STILL = {"displaylogo": False, "modeBarButtons": [["toImage"]], "scrollZoom": False, "doubleClick": "reset"}
_ZOOM = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "doubleClick": "reset",
}
_UPRIGHT = {"modebar": {"orientation": "v"}}  # in a row they would cover what stands above the last map


def theme() -> Theme:
    """Colours of the theme that the reader has on; light where Streamlit does not know yet."""
    return theme_of(st.context.theme.type or "light")


def chart(
    figure: go.Figure,
    *,
    key: str,
    alt: str,
    table: str = "",
    zoom: bool = False,
    on_click: Callable[[int, int], None] | None = None,
) -> None:
    """A figure with its description for screen readers.

    Args:
        figure: Made for `theme`.
        key: Key of the element.
        alt: What it shows, in words.
        table: Where the same stands as a table, for those who cannot see the figure; "" where it does not.
        zoom: Whether it can be zoomed into.
        on_click: Told the number of the trace and of the point in it when a point is clicked. What it finds
            out must go into the state: the chart forgets its selection whenever it is drawn again.
    """
    more: dict[str, Any] = {}
    if on_click is not None:
        more = {"on_select": lambda: _clicked(key, on_click), "selection_mode": "points"}
    if zoom:
        figure.update_layout(_UPRIGHT)
    st.plotly_chart(
        figure,
        key=key,
        alt=f"{alt} As a table: {table}." if table else alt,
        theme=None,
        width="stretch",
        config={**(_ZOOM if zoom else _STILL), "toImageButtonOptions": picture(key)},
        **more,
    )


def _clicked(key: str, then: Callable[[int, int], None]) -> None:
    """The callback of a chart: the point last clicked; a selection that was taken back is nothing."""
    points = ((state.widget(key) or {}).get("selection") or {}).get("points") or []
    if points:
        then(int(points[-1]["curve_number"]), int(points[-1]["point_index"]))


def picture(key: str) -> dict[str, object]:
    """What the camera of a chart saves: a PNG of twice the size on the screen, named after the chart."""
    return {"format": "png", "scale": 2, "filename": f"aliquot-{key.partition('_')[2] or key}"}


def reserved(height: int, words: str) -> None:
    """The place of a chart that is still being made.

    It stands still: Streamlit's skeleton pulses for as long as it is shown, which without a graphics card
    takes a processor core from the work that it waits for.

    Args:
        height: Of the chart, in pixels.
        words: What will stand here.
    """
    with st.container(border=True, height=height, horizontal_alignment="center", vertical_alignment="center"):
        st.caption(f":material/schedule: {words}", width="content")
