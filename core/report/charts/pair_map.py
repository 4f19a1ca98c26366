"""Two subsets on one map: what only one has, and what both have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.wording import count
from .map_panels import MAP_LIMIT, axes_frame, dot_size, grey_marks
from .theme import PAPER, Slot, Theme, blank, box, hue, safe, with_letters

if TYPE_CHECKING:
    import plotly.graph_objects as go

_HEAD = 30  # pixels above the map
Rows = NDArray[np.int64]


def pair_map(
    xy: NDArray[np.float32],
    sides: tuple[tuple[Slot, Rows], tuple[Slot, Rows]],
    both: Rows,
    *,
    theme: Theme,
    ring: int | None = None,
    height: int = 400,
) -> go.Figure:
    """Rows that only one of two subsets has, in its hue and shape, over the grey data set.

    Args:
        xy: Coordinates of all rows in canonical order, shape (n, 2), float32.
        sides: Each subset with the rows that the other lacks.
        both: Rows in both.
        theme: Colours.
        ring: A row to ring.
        height: Pixels.
    """
    import plotly.graph_objects as go

    base = xy[:MAP_LIMIT]
    low, high = axes_frame(xy)
    size = dot_size(max(len(both), *(len(rows) for _, rows in sides)))
    grey = grey_marks(len(base), theme)
    figure = go.Figure(_points(base, "data set", grey))
    crosses = {
        "color": theme.text,
        "size": size,
        "symbol": "x-thin",
        "line": {"width": 1.4, "color": theme.text},
    }
    figure.add_trace(_points(xy[both], "in both", crosses))
    for (shown, rows), symbol in zip(sides, ("circle", "square"), strict=True):
        mark = {
            "color": hue(shown.slot, theme),
            "size": size,
            "symbol": symbol,
            "line": {"width": 0.6, "color": theme.paper},
        }
        figure.add_trace(_points(xy[rows], f"only {shown.title}", mark))
    if ring is not None:
        around = {"symbol": "circle-open", "size": 17, "color": theme.text, "line": {"width": 2.5}}
        figure.add_trace(_points(xy[ring : ring + 1], "chosen row", around))
    layout = blank(theme, height, dragmode="zoom", hovermode=False)
    top = 1 - _HEAD / height
    hidden: dict[str, Any] = {"visible": False}
    figure.update_layout(
        **layout,
        xaxis={**hidden, "range": [low[0], high[0]]},
        yaxis={**hidden, "range": [low[1], high[1]], "domain": [0, top]},
        annotations=[_legend(sides, both, theme)],
        shapes=[box((0, 1), (0, top), line={"color": theme.edge, "width": 1}, refs=PAPER)],
    )
    return figure


def pair_alt(sides: tuple[tuple[Slot, Rows], tuple[Slot, Rows]], both: Rows) -> str:
    """What `pair_map` shows, in words."""
    told = ", ".join(
        f"{count(len(rows), 'row')} only in {name}"
        for name, (_, rows) in zip(with_letters([shown for shown, _ in sides]), sides, strict=True)
    )
    return f"Map of 2 subsets over the data set: {told}, {count(len(both), 'row')} in both."


def _points(xy: NDArray[np.float32], name: str, marker: dict[str, Any]) -> Any:
    import plotly.graph_objects as go

    place = np.ascontiguousarray(xy, np.float32)
    return go.Scattergl(
        x=place[:, 0], y=place[:, 1], name=name, mode="markers", marker=marker, hoverinfo="skip"
    )


def _legend(sides: tuple[tuple[Slot, Rows], tuple[Slot, Rows]], both: Rows, theme: Theme) -> dict[str, Any]:
    """What each shape and colour stands for, above the map."""
    words = [
        f'<span style="color:{hue(shown.slot, theme)}">{sign}</span> only <b>{shown.letter}</b> · '
        f"{safe(shown.label, 26)}, {count(len(rows), 'row')}"
        for (shown, rows), sign in zip(sides, "●■", strict=True)
    ]
    return {
        "text": "   ".join([*words, f"✕ both, {count(len(both), 'row')}"]),
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": 1,
        "xanchor": "left",
        "yanchor": "top",
        "showarrow": False,
        "font": {"size": 13, "color": theme.text},
    }
