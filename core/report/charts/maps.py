"""The map of a data set: every row a point, coloured by group or column, selectable at any size.

Up to `POINTS` rows are drawn as points of one WebGL trace (float32 coordinates, whole-number colours). Above,
all rows are drawn as a density and some of them as points on it. Selections are made by geometry alone
(`core.foundation.arrays.lasso`), so they act on all rows however few are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.number_format import number
from ...foundation.wording import count, some
from .colouring import Colouring
from .theme import Theme, blank, safe

if TYPE_CHECKING:
    import plotly.graph_objects as go

POINTS = 50_000
OVER_DENSITY = 20_000
LABELS = 14
_BINS = 320
_PATCHES = 12
# Cividis (Nuñez, Anderton & Renslow 2018), nine stops; its dark end is lifted for the dark theme.
_CIVIDIS = (
    "#00224E",
    "#1F3A6D",
    "#434E6C",
    "#5F636E",
    "#7D7C78",
    "#9B9476",
    "#BCAE6C",
    "#DFCB5D",
    "#FEE838",
)


def drawn(n: int) -> int:
    """How many of n rows become points.

    Example:
        >>> drawn(5_000), drawn(1_000_000)
        (5000, 20000)
    """
    return n if n <= POINTS else OVER_DENSITY


def rows_drawn(rows: Rows, n: int, colouring: Colouring) -> Rows:
    """Which of some rows of n become points: the first, and all that a highlight is about.

    Args:
        rows: In canonical order, which is a random one.
        n: Rows of the data set.
        colouring: Its highlighted rows are drawn, however rare, as long as they are few enough to draw.
    """
    some = rows[: drawn(n)]
    if len(some) == len(rows) or colouring.codes is None or not colouring.highlight:
        return some
    strong = rows[colouring.codes[rows] != colouring.behind]
    return np.union1d(some, strong[: drawn(n)])


def centres(
    xy: NDArray[np.float32], codes: Rows, names: Sequence[str], most: int = LABELS
) -> list[tuple[float, float, str]]:
    """Where the names of the largest groups are written: the middle of each group's densest patch.

    The median of a group that lies in several places would fall between them, on rows of another group. At
    most `most` groups, each in O(n).

    Example:
        >>> xy = np.array([[0, 0], [0, 0.1], [9, 9]], np.float32)
        >>> [(round(x), round(y), name) for x, y, name in centres(xy, np.array([0, 0, 0]), ["a"])]
        [(0, 0, 'a')]
    """
    low = xy.min(axis=0)
    cell = ((xy - low) / np.maximum(xy.max(axis=0) - low, 1e-9) * (_PATCHES - 1e-3)).astype(np.int64)
    patch = cell[:, 1] * _PATCHES + cell[:, 0]
    sizes = np.bincount(codes[codes >= 0], minlength=len(names))
    found = []
    for code in np.argsort(-sizes, kind="stable")[:most].tolist():
        if sizes[code]:
            rows = np.flatnonzero(codes == code)
            densest = np.bincount(patch[rows]).argmax()
            x, y = np.median(xy[rows[patch[rows] == densest]], axis=0)
            found.append((float(x), float(y), names[code]))
    return found


def explore_map(
    xy: NDArray[np.float32],
    colouring: Colouring,
    *,
    theme: Theme,
    names: Sequence[tuple[float, float, str]] = (),
    picked: Rows | None = None,
    shown: Rows | None = None,
    pins: Rows | None = None,
    bans: Rows | None = None,
    hover: Sequence[str] | None = None,
    pictures: Sequence[str] | None = None,
    legend: bool = True,
    height: int = 560,
    revision: str = "",
) -> go.Figure:
    """The map.

    Rows are drawn in canonical order, which is a random order, so no group hides another and the first rows
    are a fair sample of all.

    Args:
        xy: Coordinates, shape (n, 2).
        colouring: What colour says.
        theme: Light or dark.
        names: (x, y, name) written on the map.
        picked: Selected rows, drawn strong while the rest fades.
        shown: Rows that search and filters leave; None for all. The rest is drawn small and grey.
        pins, bans: Rows marked with a diamond or a cross.
        hover: One line per row, only for small data sets (it travels with the figure).
        pictures: A picture per row made of letters, lines parted by ``<br>``, above its line on hover.
        legend: Whether colours are explained below the map; not needed where names stand on it.
        height: Pixels.
        revision: Zoom is kept while this stays the same.
    """
    import plotly.graph_objects as go

    n = len(xy)
    figure = go.Figure()
    within = np.arange(n) if shown is None else shown
    # A point outside the view: without any point a density alone could not be selected on.
    if n > POINTS:
        figure.add_trace(_density(xy, within, theme))
        figure.add_trace(_handle(xy))
    some = rows_drawn(within, n, colouring)
    if shown is not None and n <= POINTS:
        faint = np.setdiff1d(np.arange(n), shown, assume_unique=True)
        figure.add_trace(_points(xy, faint, theme.grey, 2))
    size = _size(len(some))
    if not _some(picked):
        figure.add_trace(_coloured(xy, some, colouring, theme, size, hover, pictures))
    elif picked is not None:
        # The rest steps back into grey, so that what is selected stands out in any colouring.
        figure.add_trace(_points(xy, some, theme.grey, size * 0.55))
        figure.add_trace(_coloured(xy, picked[: drawn(n)], colouring, theme, size + 1.5, hover, pictures))
    if pins is not None and len(pins):
        figure.add_trace(_marked(xy, pins, "diamond", theme.text, theme.paper, "pinned"))
    if bans is not None and len(bans):
        figure.add_trace(_marked(xy, bans, "x-thin", theme.text, theme.text, "banned"))
    for name, colour in zip(colouring.names, colouring.colours, strict=True) if legend else ():
        figure.add_trace(
            go.Scatter(
                x=[None],
                y=[None],
                mode="markers",
                name=safe(name, 32),
                showlegend=True,
                marker={"color": colour, "size": 10},
                hoverinfo="skip",
            )
        )
    (x0, x1), (y0, y1) = _span(xy[:, 0]), _span(xy[:, 1])
    axis = {"visible": False, "showgrid": False, "zeroline": False}
    figure.update_layout(
        **blank(
            theme,
            height,
            showlegend=(legend and bool(colouring.names)) or _some(pins) or _some(bans),
            legend={
                "orientation": "h",
                "yanchor": "top",
                "y": -0.01,
                "x": 0,
                "itemclick": False,
                "itemdoubleclick": False,
                "font": {"size": 12, "color": theme.text},
                "itemsizing": "constant",
            },
            dragmode="lasso",
            uirevision=revision or "map",
            selectionrevision=f"{revision}{0 if picked is None else len(picked)}",
            xaxis={**axis, "range": [x0, x1]},
            yaxis={**axis, "range": [y0, y1]},
            annotations=_labels(names, (x0, x1), (y0, y1), theme),
            newselection={"line": {"color": theme.text, "width": 1.5, "dash": "solid"}},
        )
    )
    return figure


def explore_alt(n: int, method: str, colouring: Colouring, groups: Sequence[str]) -> str:
    """The map in one or two sentences, for a screen reader."""
    told = f"Map of {count(n, 'row')} ({method.upper()}), coloured by {colouring.title}"
    if n > POINTS:
        told += f"; {drawn(n):,} of them drawn over the density of all"
    return (
        f"{told}. Groups: {some(groups, 8)}. The cards and the table beside it say the same."
        if groups
        else f"{told}."
    )


def _some(rows: Rows | None) -> bool:
    return rows is not None and len(rows) > 0


def _span(values: NDArray[np.float32]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = (high - low or 1.0) * 0.04
    return low - room, high + room


def _size(points: int) -> float:
    return 9.0 if points <= 500 else 6.5 if points <= 3_000 else 5.0 if points <= 12_000 else 3.5


def _points(xy: NDArray[np.float32], rows: Rows, colour: str, size: float) -> Any:
    import plotly.graph_objects as go

    return go.Scattergl(
        x=xy[rows, 0],
        y=xy[rows, 1],
        mode="markers",
        hoverinfo="skip",
        showlegend=False,
        marker={"color": colour, "size": size},
    )


def _coloured(
    xy: NDArray[np.float32],
    rows: Rows,
    colouring: Colouring,
    theme: Theme,
    size: float,
    hover: Sequence[str] | None,
    pictures: Sequence[str] | None,
) -> Any:
    import plotly.graph_objects as go

    marker: dict[str, Any] = {"size": size, "opacity": 0.9 if len(rows) <= 12_000 else 0.7}
    if colouring.codes is not None and colouring.behind is not None:
        # What steps back into grey is drawn first, so that it hides nothing that has a colour.
        back = colouring.codes[rows] == colouring.behind
        rows = np.concatenate([rows[back], rows[~back]])
    if colouring.codes is not None:
        count = max(len(colouring.colours), 1)
        steps = [
            [edge / count, colour] for at, colour in enumerate(colouring.colours) for edge in (at, at + 1)
        ]
        marker |= {
            "color": colouring.codes[rows].astype(np.int8),
            "colorscale": steps or [[0, theme.grey], [1, theme.grey]],
            "cmin": -0.5,
            "cmax": count - 0.5,
        }
    elif colouring.values is not None:
        marker |= _sequential(colouring.values, rows, colouring.title, theme)
    else:
        marker |= {"color": theme.grey}
    told = None if hover is None else [safe(hover[row], 90) for row in rows.tolist()]
    if told is not None and pictures is not None:
        told = [f"{pictures[row]}<br>{line}" for row, line in zip(rows.tolist(), told, strict=True)]
    return go.Scattergl(
        x=xy[rows, 0],
        y=xy[rows, 1],
        mode="markers",
        marker=marker,
        showlegend=False,
        hovertemplate=None if told is None else "%{text}<extra></extra>",
        text=told,
        hoverinfo="skip" if told is None else None,
        hoverlabel={"font": {"family": "monospace"}} if pictures is not None else None,
        # Fading is ours: what is selected is known by geometry, not by these points.
        selected={"marker": {"opacity": marker["opacity"]}},
        unselected={"marker": {"opacity": marker["opacity"]}},
    )


def _sequential(values: NDArray[np.float32], rows: Rows, title: str, theme: Theme) -> dict[str, Any]:
    known = values[np.isfinite(values)]
    low, high = (float(q) for q in np.quantile(known, (0.02, 0.98))) if len(known) else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    stops = _CIVIDIS[2:] if theme.name == "dark" else _CIVIDIS[:-1]
    colour = np.where(np.isfinite(values[rows]), values[rows], np.float32(low)).astype(np.float32)
    return {
        "color": colour,
        "colorscale": [[at / (len(stops) - 1), stop] for at, stop in enumerate(stops)],
        "cmin": low,
        "cmax": high,
        "showscale": True,
        "colorbar": {
            "title": {"text": safe(title, 30), "side": "right"},
            "thickness": 10,
            "len": 0.6,
            "outlinewidth": 0,
            "tickvals": [low, (low + high) / 2, high],
            "ticktext": [number(v) for v in (low, (low + high) / 2, high)],
        },
    }


def _density(xy: NDArray[np.float32], rows: Rows, theme: Theme) -> Any:
    """How many rows lie where, as a small image: its size does not grow with n."""
    import plotly.graph_objects as go

    (x0, x1), (y0, y1) = _span(xy[:, 0]), _span(xy[:, 1])
    at = [
        np.clip(((xy[rows, axis] - low) / (high - low) * _BINS).astype(np.int64), 0, _BINS - 1)
        for axis, low, high in ((0, x0, x1), (1, y0, y1))
    ]
    counts = np.bincount(at[1] * _BINS + at[0], minlength=_BINS * _BINS).reshape(_BINS, _BINS)
    level = np.log1p(counts)
    level = np.round(level / max(level.max(), 1e-9) * 255).astype(np.uint8)
    strong = "255,255,255" if theme.name == "dark" else "40,48,64"
    return go.Heatmap(
        z=level,
        x0=x0 + (x1 - x0) / _BINS / 2,
        dx=(x1 - x0) / _BINS,
        y0=y0 + (y1 - y0) / _BINS / 2,
        dy=(y1 - y0) / _BINS,
        hoverinfo="skip",
        showscale=False,
        colorscale=[[0, f"rgba({strong},0)"], [0.15, f"rgba({strong},0.08)"], [1, f"rgba({strong},0.6)"]],
    )


def _handle(xy: NDArray[np.float32]) -> Any:
    import plotly.graph_objects as go

    far = xy.max(axis=0) + (xy.max(axis=0) - xy.min(axis=0)) * 10 + 1
    return go.Scatter(
        x=[float(far[0])],
        y=[float(far[1])],
        mode="markers",
        hoverinfo="skip",
        showlegend=False,
        marker={"opacity": 0},
    )


def _marked(xy: NDArray[np.float32], rows: Rows, symbol: str, colour: str, rim: str, name: str) -> Any:
    import plotly.graph_objects as go

    some = rows[:2_000]
    return go.Scattergl(
        x=xy[some, 0],
        y=xy[some, 1],
        mode="markers",
        hoverinfo="skip",
        name=name,
        showlegend=True,
        marker={"symbol": symbol, "size": 9, "color": colour, "line": {"color": rim, "width": 1.5}},
    )


def _labels(
    names: Sequence[tuple[float, float, str]],
    xs: tuple[float, float],
    ys: tuple[float, float],
    theme: Theme,
) -> list[dict[str, Any]]:
    """Names at their groups, moved apart vertically where they would cover each other."""
    step, wide = (ys[1] - ys[0]) * 0.045, (xs[1] - xs[0]) * 0.2
    placed: list[tuple[float, float]] = []
    notes = []
    for x, y, name in names:
        for _ in range(len(placed)):
            if any(abs(x - px) < wide and abs(y - py) < step for px, py in placed):
                y += step
        placed.append((x, y))
        at = (x - xs[0]) / (xs[1] - xs[0])
        notes.append(
            {
                "x": x,
                "y": y,
                "text": safe(name, 30),
                "showarrow": False,
                "font": {"size": 12, "color": theme.text},
                # Near an edge a name grows inwards, so that it is never cut.
                "xanchor": "left" if at < 0.22 else "right" if at > 0.78 else "center",
                "bgcolor": _veil(theme),
                "borderpad": 2,
            }
        )
    return notes


def _veil(theme: Theme) -> str:
    red, green, blue = (int(theme.paper[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.78)"
