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
HOVERED = 1_000  # picks of a subset that tell their place on hover; more would weigh the page down
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
    pickable: bool = False,
    ring: int | None = None,
    lit: NDArray[np.int64] | None = None,
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
        pickable: Whether the rows of the subsets can be hovered and clicked; `pick_at` reads a click.
        ring: A row to ring on every map, whether the subset holds it or not.
        lit: Rows to circle on every map: a circle around nothing is one that the subset does not hold.

    Returns:
        A figure of O(limit + picks) points; zooming one map zooms all. Trace 2i is the data set on map i and
        the one after it the subset, those without rows left out; circles and rings come last.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    base = np.ascontiguousarray(xy[: grey_shown(len(xy), len(subsets))], np.float32)
    heads = [(shown, _head(rows, waiting, lit)) for shown, rows in subsets]
    layout = panels(heads, xy, theme=theme, columns=columns, panel_height=panel_height)
    layout |= {"hovermode": "closest" if pickable else False, "hoverdistance": 8}
    for at, (shown, rows) in enumerate(subsets):
        axis = axis_number(at)
        figure.add_trace(points(base, "data set", grey_marks(len(base), theme), axis))
        if rows is not None:
            mark = {
                "color": hue(shown.slot, theme),
                "size": dot_size(len(rows)),
                "line": {"width": 0.6, "color": theme.paper},
            }
            trace = points(np.ascontiguousarray(xy[rows], np.float32), shown.title, mark, axis)
            figure.add_trace(_hovered(trace, shown, len(rows)) if pickable else trace)
    if lit is not None and len(lit):
        size = float(np.clip(12 - 2 * np.log10(len(lit)), 6.0, 11.0))
        mark = {"symbol": "circle-open", "size": size, "color": theme.text, "line": {"width": 1.3}}
        circled = np.ascontiguousarray(xy[lit[: grey_shown(len(lit), len(subsets))]], np.float32)
        for at in range(len(subsets)):
            figure.add_trace(points(circled, "highlighted", mark, axis_number(at)))
    if ring is not None:
        around = {"symbol": "circle-open", "size": 17, "color": theme.text, "line": {"width": 2.5}}
        spot = np.ascontiguousarray(xy[ring : ring + 1], np.float32)
        for at in range(len(subsets)):
            figure.add_trace(points(spot, "chosen row", around, axis_number(at)))
    figure.update_layout(**layout)
    return figure


def _head(rows: NDArray[np.int64] | None, waiting: str, lit: NDArray[np.int64] | None) -> str:
    """What stands below the name of a map."""
    if rows is None:
        return waiting
    if lit is None:
        return count(len(rows), "row")
    return f"holds {int(np.isin(lit, rows).sum()):,} of {len(lit):,}"


def axis_number(at: int) -> str:
    """What Plotly calls the axes of a map: the first have no number.

    Example:
        >>> axis_number(0), axis_number(1)
        ('', '2')
    """
    return "" if at == 0 else str(at + 1)


def panels(
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
        axis, top = axis_number(at), place[3] + _TITLE / height
        layout[f"xaxis{axis}"] = _axis("x", axis, place[0], place[1], low[0], high[0])
        layout[f"yaxis{axis}"] = _axis("y", axis, place[2], place[3], low[1], high[1])
        # Names are cut to what a map of four in a row holds in a window of 1,024 pixels.
        name = f"<b>{shown.letter} · {safe(shown.label, 84 // across)}</b>"
        notes.append(note(name, place[0], top, theme.text, "left", 14, refs=PAPER, stands="top"))
        below = top - _LINE / height
        notes.append(note(said, place[0], below, theme.muted, "left", 12, refs=PAPER, stands="top"))
        shapes.append(box(place[:2], place[2:], line={"color": theme.edge, "width": 1}, refs=PAPER))
    return layout | {"annotations": notes, "shapes": shapes}


def pick_at(subsets: Sequence[Subset], trace: int, point: int) -> int | None:
    """The row behind a point of `maps`; None where it belongs to no subset.

    Args:
        subsets: As drawn.
        trace: Number of the trace that the point is of.
        point: Number of the point in it.

    Example:
        >>> drawn = [(Slot(0, "a"), None), (Slot(1, "b"), np.array([7, 3]))]
        >>> pick_at(drawn, 2, 1), pick_at(drawn, 1, 1)
        (3, None)
    """
    at = 0
    for _, rows in subsets:
        at += 1  # the data set
        if rows is None:
            continue
        if at == trace:
            return int(rows[point]) if 0 <= point < len(rows) else None
        at += 1
    return None


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


def points(xy: NDArray[np.float32], name: str, marker: dict[str, Any], axis: str) -> Any:
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


def _hovered(trace: Any, slot: Slot, rows: int) -> Any:
    """A trace of picks that can be pointed at; a click must not fade the others."""
    trace.hoverinfo = None
    trace.hovertemplate = (
        f"{slot.letter}, one of {count(rows, 'row')}<br>click: what is known about it<extra></extra>"
    )
    if rows <= HOVERED:
        trace.hovertemplate = None
        trace.hoverinfo = "text"
        trace.hovertext = [
            f"{slot.letter}, chosen {place:,} of {rows:,}<br>click: what is known about it"
            for place in range(1, rows + 1)
        ]
    trace.selected = trace.unselected = {"marker": {"opacity": 1}}
    return trace


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
