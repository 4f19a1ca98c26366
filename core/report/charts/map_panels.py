"""Small multiples: one map per subset, all in one figure on the same axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.wording import count
from .theme import PAPER, Slot, Theme, blank, box, hue, note, safe, with_letters

if TYPE_CHECKING:
    import plotly.graph_objects as go

MAP_LIMIT = 50_000  # grey points in one figure, all maps together
_GAP = 0.016  # between maps beside each other, of the width
_BELOW = 16  # between rows of maps, pixels
_TITLE = 40  # above each map, pixels: two lines, since one holds a name alone where maps are narrow
_LINE = 19  # from the first of these lines to the second

Subset = tuple[Slot, NDArray[np.int64] | None]


def grey_shown(n: int, panels: int) -> int:
    """How many grey points each of `panels` maps shows, of n; together at most `MAP_LIMIT`.

    Example:
        >>> grey_shown(5_000, 4), grey_shown(1_000_000, 4)
        (5000, 12500)
    """
    return min(n, MAP_LIMIT // max(panels, 1))


def maps(
    xy: NDArray[np.float32],
    subsets: Sequence[Subset],
    *,
    theme: Theme,
    waiting: str = "",
    columns: int = 4,
    panel_height: int = 250,
) -> go.Figure:
    """One map per subset in one figure with shared axes: the subset in its hue over the grey data set.

    The first rows in canonical order stand for the data set where it is larger than the limit: that order is
    by hash, so they are a random part of it. Every row of a subset is drawn.

    Args:
        xy: Coordinates of all rows in canonical order, shape (n, 2), float32.
        subsets: What to show and its rows (canonical positions); None keeps the place of one without rows.
        theme: Colours.
        waiting: What stands below the name of a subset without rows.
        columns: Maps beside each other.
        panel_height: Height of one map in pixels.

    Returns:
        A figure of O(limit + picks) points; zooming one map zooms all.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    base = np.ascontiguousarray(xy[: grey_shown(len(xy), len(subsets))], np.float32)
    heads = [(shown, waiting if rows is None else count(len(rows), "row")) for shown, rows in subsets]
    layout = _panels(heads, xy, theme=theme, columns=columns, panel_height=panel_height)
    layout |= {"hovermode": False}
    for at, (shown, rows) in enumerate(subsets):
        axis = _axis_number(at)
        figure.add_trace(_points(base, "data set", grey_marks(len(base), theme), axis))
        if rows is not None:
            mark = {
                "color": hue(shown.slot, theme),
                "size": dot_size(len(rows)),
                "line": {"width": 0.6, "color": theme.paper},
            }
            figure.add_trace(_points(np.ascontiguousarray(xy[rows], np.float32), shown.title, mark, axis))
    figure.update_layout(**layout)
    return figure


def _axis_number(at: int) -> str:
    """What Plotly calls the axes of a map: the first have no number."""
    return "" if at == 0 else str(at + 1)


def _panels(
    heads: Sequence[tuple[Slot, str]],
    xy: NDArray[np.float32],
    *,
    theme: Theme,
    columns: int = 4,
    panel_height: int = 250,
) -> dict[str, Any]:
    """The layout of maps beside each other: axes that move together, frames, names.

    Args:
        heads: What each map shows, and what stands below its name, escaped.
        xy: Coordinates of all rows, shape (n, 2).
        theme: Colours.
        columns: Maps beside each other.
        panel_height: Height of one map in pixels.
    """
    many = max(len(heads), 1)
    across = min(columns, many)
    down = -(-many // across)
    height = down * (panel_height + _TITLE)
    low, high = axes_frame(xy)
    layout: dict[str, Any] = blank(theme, height, dragmode="zoom")
    notes, shapes = [], []
    for at, (shown, said) in enumerate(heads):
        place = _box(at, across, down, panel_height)
        axis, top = _axis_number(at), place[3] + _TITLE / height
        layout[f"xaxis{axis}"] = _axis("x", axis, place[0], place[1], low[0], high[0])
        layout[f"yaxis{axis}"] = _axis("y", axis, place[2], place[3], low[1], high[1])
        # Names are cut to what a map of four in a row holds in a window of 1,024 pixels.
        name = f"<b>{shown.letter} · {safe(shown.label, 84 // across)}</b>"
        notes.append(note(name, place[0], top, theme.text, "left", 14, refs=PAPER, stands="top"))
        below = top - _LINE / height
        notes.append(note(said, place[0], below, theme.muted, "left", 12, refs=PAPER, stands="top"))
        shapes.append(box(place[:2], place[2:], line={"color": theme.edge, "width": 1}, refs=PAPER))
    return layout | {"annotations": notes, "shapes": shapes}


def maps_alt(n: int, subsets: Sequence[Subset]) -> str:
    """What `maps` shows, in words."""
    listed = ", ".join(
        f"{name} ({'no rows yet' if rows is None else count(len(rows), 'row')})"
        for name, (_, rows) in zip(with_letters([shown for shown, _ in subsets]), subsets, strict=True)
    )
    many = "Map" if len(subsets) == 1 else "Maps"
    return f"{many} of {count(len(subsets), 'subset')} over the data set of {count(n, 'row')}: {listed}."


Box = tuple[float, float, float, float]


def _box(at: int, across: int, down: int, panel: int) -> Box:
    """Left, right, bottom and top of a map as shares of the figure, its title left out."""
    height = down * (panel + _TITLE)
    width = (1 - (across - 1) * _GAP) / across
    left = (at % across) * (width + _GAP)
    row = at // across
    top = 1 - row * (panel + _TITLE) / height
    below = _BELOW if row < down - 1 else 0
    return left, left + width, max(0.0, top - (panel + _TITLE - below) / height), top - _TITLE / height


def _axis(letter: str, axis: str, start: float, end: float, low: float, high: float) -> dict[str, Any]:
    other = "y" if letter == "x" else "x"
    return {
        "visible": False,
        "domain": [start, end],
        "anchor": f"{other}{axis}",
        "range": [low, high],
        **({"matches": letter} if axis else {}),
    }


def _points(xy: NDArray[np.float32], name: str, marker: dict[str, Any], axis: str) -> Any:
    """A cloud on the map with these axes."""
    import plotly.graph_objects as go

    return go.Scattergl(
        x=xy[:, 0],
        y=xy[:, 1],
        name=name,
        mode="markers",
        marker=marker,
        hoverinfo="skip",
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
    )


def axes_frame(xy: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper ends of both axes, with a margin."""
    low = xy.min(axis=0).astype(np.float64) if len(xy) else np.zeros(2)
    high = xy.max(axis=0).astype(np.float64) if len(xy) else np.ones(2)
    pad = np.maximum((high - low) * 0.04, 1e-6)
    return low - pad, high + pad


def grey_marks(points: int, theme: Theme) -> dict[str, Any]:
    """The data set as marks: opaque, so that every point keeps 3 : 1, and smaller where there are many.

    Example:
        >>> from core.report.charts.theme import theme_of
        >>> [grey_marks(n, theme_of("light"))["size"] for n in (178, 5_000, 12_500)]
        [3.0, 2.0, 1.5]
    """
    return {"color": theme.grey, "size": 3.0 if points <= 1_000 else 2.0 if points <= 6_000 else 1.5}


def dot_size(picks: int) -> float:
    """Pixels of a pick: smaller where there are many."""
    return float(np.clip(6.6 - 1.7 * np.log10(max(picks, 1) / 20), 2.4, 6.5))
