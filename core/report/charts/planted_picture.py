"""A small made-up population in two dimensions, and what one strategy picks from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .theme import Theme, blank, hue

if TYPE_CHECKING:
    import plotly.graph_objects as go


def picture(
    xy: NDArray[np.float32], rows: NDArray[np.int64], *, theme: Theme, slot: int = 3, height: int = 240
) -> go.Figure:
    """A population in two dimensions that are its features, with the picks on top.

    Args:
        xy: Shape (n, 2), float32; a few hundred points.
        rows: Picks in selection order.
        theme: Colours.
        slot: Hue of the picks.
        height: Pixels.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=xy[:, 0],
            y=xy[:, 1],
            mode="markers",
            marker={"size": 3, "color": theme.grey},
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=xy[rows, 0],
            y=xy[rows, 1],
            mode="markers",
            marker={"size": 9, "color": hue(slot, theme), "line": {"color": theme.paper, "width": 1}},
            hovertext=[f"pick {place + 1} of {len(rows)}" for place in range(len(rows))],
            hoverinfo="text",
        )
    )
    axis = {"visible": False, "fixedrange": True}
    figure.update_layout(
        **blank(theme, height, hovermode="closest", dragmode=False),
        xaxis=axis,
        yaxis={**axis, "scaleanchor": "x"},
    )
    return figure


def picture_alt(label: str, n: int, picked: int, rare: int, rare_size: int) -> str:
    """What `picture` shows, in words."""
    return (
        f"{label} picks {picked} of {n} points of a made-up population; {rare} of the {rare_size} points of "
        "its small far group are among them."
    )
