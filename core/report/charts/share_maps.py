"""Maps of which groups a subset holds more and less of than chance would, one per subset on the same axes.

Each group's region is grey where random subsets of that size hold as much, and takes a colour where they do
not: blue below its share of the data set, orange above (told apart by every kind of colour vision), stronger
from half or twice the share on. Numbers and names stand beside the colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.number_format import number, share
from ...foundation.wording import count, some
from .map_panels import axes_frame, axis_number, grey_marks, grey_shown, panels, points
from .maps import centres
from .theme import Slot, Theme, note, safe, with_letters

if TYPE_CHECKING:
    import plotly.graph_objects as go

STRONG = 2.0
"""From this many times the share on, or this part of it, a colour is the stronger one."""
_NUMBERS = 7  # groups of one map whose number is written; all are told on hover
_NAMED = 3  # missing groups of one map that are named on it
_UNDER = {"light": ("#0B5FA5", "#4A90C2"), "dark": ("#8CCBF5", "#4C8FC4")}
_OVER = {"light": ("#A94700", "#CC7722"), "dark": ("#FFB454", "#C07F2E")}
_STEP, _WIDE = 0.085, 0.3  # room of a label, as shares of a map


@dataclass(frozen=True)
class Held:
    """What one subset holds of each group.

    Args:
        subset: Whose it is.
        counts: Rows of each group, int (g,); None where it has none yet.
        low, high: Counts that random subsets of this size stay within, (g,).
    """

    subset: Slot
    counts: NDArray[np.int64] | None
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def missing(self) -> list[int]:
        """Groups of which it holds no row."""
        return [] if self.counts is None else np.flatnonzero(self.counts == 0).tolist()

    def beyond(self) -> list[int]:
        """Groups that it holds more or less of than random subsets do, missing ones among them."""
        if self.counts is None:
            return []
        return np.flatnonzero((self.counts < self.low) | (self.counts > self.high)).tolist()


def ratios(held: Held, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the subset over share of the data set, (g,); NaN for groups without eligible rows."""
    assert held.counts is not None
    own = held.counts / max(int(held.counts.sum()), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(shares > 0, own / shares, np.nan)


def share_maps(
    xy: NDArray[np.float32],
    codes: Rows,
    names: Sequence[str],
    shares: NDArray[np.float64],
    subsets: Sequence[Held],
    *,
    theme: Theme,
    waiting: str = "",
    columns: int = 4,
    panel_height: int = 250,
) -> go.Figure:
    """The maps; see the module.

    Args:
        xy: Coordinates of all rows in canonical order, shape (n, 2).
        codes: Group of each row, shape (n,).
        names: Of the groups.
        shares: Of each group in the rows that may be chosen, (g,).
        subsets: What to show.
        theme: Colours.
        waiting: What stands below the name of a subset without rows.
        columns: Maps beside each other.
        panel_height: Height of one map in pixels.

    Returns:
        A figure of O(limit) points. A group that a subset holds no row of is crossed and named.
    """
    import plotly.graph_objects as go

    shown = grey_shown(len(xy), len(subsets))
    base, there = np.ascontiguousarray(xy[:shown], np.float32), codes[:shown]
    known = [(name, code) for code, name in enumerate(names) if shares[code] > 0]
    spots = {name: (x, y) for x, y, name in centres(xy, codes, names, len(names))}
    heads = [(held.subset, _head(held, waiting, shares)) for held in subsets]
    layout = panels(heads, xy, theme=theme, columns=columns, panel_height=panel_height)
    layout |= {"hovermode": "closest", "hoverdistance": 30}
    notes = layout["annotations"]
    scale = _scale(theme)
    figure = go.Figure()
    for at, held in enumerate(subsets):
        axis = axis_number(at)
        levels = _levels(held, shares)
        colours = {"color": levels[there].astype(np.int8), "colorscale": scale, "cmin": -0.5, "cmax": 4.5}
        figure.add_trace(points(base, "data set", grey_marks(len(base), theme) | colours, axis))
        if held.counts is None:
            continue
        placed = [(name, code, *spots[name]) for name, code in known if name in spots]
        figure.add_trace(_told(held, placed, shares, axis))
        gone = [item for item in placed if item[1] in set(held.missing)]
        if gone:
            figure.add_trace(_crosses(gone, theme, axis))
        notes += _labels(held, placed, shares, xy, theme, axis)
    figure.update_layout(**layout)
    return figure


def share_alt(names: Sequence[str], shares: NDArray[np.float64], subsets: Sequence[Held]) -> str:
    """What `share_maps` shows, in words."""
    said = []
    letters = with_letters([held.subset for held in subsets])
    for title, held in zip(letters, subsets, strict=True):
        if held.counts is None:
            said.append(f"{title}: no rows yet")
            continue
        times = ratios(held, shares)
        gone = [names[code] for code in held.missing if shares[code] > 0]
        beyond = [code for code in held.beyond() if held.counts[code] and shares[code] > 0]
        parts = [f"holds no row of {some(gone, 4)}"] if gone else []
        for word, side in (
            ("over", [code for code in beyond if times[code] > 1]),
            ("under", [code for code in beyond if times[code] < 1]),
        ):
            ranked = sorted(side, key=lambda code: -abs(np.log(times[code])))
            if ranked:
                told = [f"{names[code]} at {number(float(times[code]))} times its share" for code in ranked]
                parts.append(f"{word} on {some(told, 4, quoted=True)}")
        said.append(f"{title}: {'; '.join(parts) or 'every group within what random subsets hold'}")
    return f"Maps of groups beside their share of the data set. {'. '.join(said)}."


def _levels(held: Held, shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Colour of each group: 0 far under, 1 under, 2 within reach of chance, 3 over, 4 far over."""
    levels = np.full(len(shares), 2)
    if held.counts is None:
        return levels
    times = ratios(held, shares)
    for code in held.beyond():
        if times[code] < 1:
            levels[code] = 0 if times[code] <= 1 / STRONG else 1
        elif times[code] > 1:
            levels[code] = 4 if times[code] >= STRONG else 3
    return levels


def _scale(theme: Theme) -> list[list[Any]]:
    far, near = _UNDER[theme.name]
    most, more = _OVER[theme.name]
    colours = (far, near, theme.edge, more, most)
    return [[edge / 5, colour] for at, colour in enumerate(colours) for edge in (at, at + 1)]


def _head(held: Held, waiting: str, shares: NDArray[np.float64]) -> str:
    if held.counts is None:
        return waiting
    gone = [code for code in held.missing if shares[code] > 0]
    if gone:
        return f"<b>{len(gone):,} missing</b>"
    many = len([code for code in held.beyond() if shares[code] > 0])
    return f"{many:,} beyond luck" if many else "no group beyond luck"


Placed = tuple[str, int, float, float]


def _told(held: Held, placed: Sequence[Placed], shares: NDArray[np.float64], axis: str) -> Any:
    """What is said of each group when it is pointed at."""
    import plotly.graph_objects as go

    assert held.counts is not None
    total, times = int(held.counts.sum()), ratios(held, shares)
    lines = []
    for name, code, _, _ in placed:
        own = int(held.counts[code])
        low, high = int(held.low[code]), int(held.high[code])
        reach = count(high, "row") if low == high else f"{low:,} to {count(high, 'row')}"
        lines.append(
            f"<b>{safe(name, 50)}</b><br>{held.subset.title}: {own:,} of {count(total, 'row')}, "
            f"{number(float(times[code]))} × its share<br>its share of the data set: "
            f"{share(float(shares[code]))}<br>random subsets: {reach}"
        )
    return go.Scatter(
        x=[x for _, _, x, _ in placed],
        y=[y for _, _, _, y in placed],
        mode="markers",
        marker={"size": 26, "opacity": 0},
        hovertext=lines,
        hoverinfo="text",
        name=held.subset.title,
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
    )


def _crosses(gone: Sequence[Placed], theme: Theme, axis: str) -> Any:
    import plotly.graph_objects as go

    return go.Scatter(
        x=[x for _, _, x, _ in gone],
        y=[y for _, _, _, y in gone],
        mode="markers",
        marker={"symbol": "x", "size": 13, "color": theme.text, "line": {"color": theme.paper, "width": 1.5}},
        hoverinfo="skip",
        name="missing",
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
    )


def _labels(
    held: Held,
    placed: Sequence[Placed],
    shares: NDArray[np.float64],
    xy: NDArray[np.float32],
    theme: Theme,
    axis: str,
) -> list[dict[str, Any]]:
    """Numbers of the groups furthest from their share, and names of those that are missing; none overlap."""
    times, missing, beyond = ratios(held, shares), set(held.missing), set(held.beyond())
    (x0, y0), (x1, y1) = (end.tolist() for end in axes_frame(xy))
    gone = [item for item in placed if item[1] in missing]
    off = [item for item in placed if item[1] in beyond - missing]
    off.sort(key=lambda item: (-abs(np.log(times[item[1]])), item[0]))
    gone.sort(key=lambda item: (-shares[item[1]], item[0]))
    words = [(f"none: {safe(name, 20)}", x, y + (y1 - y0) * 0.07, 0.6) for name, _, x, y in gone[:_NAMED]]
    words += [(f"{_times(float(times[code]))}", x, y, _WIDE) for _, code, x, y in off[:_NUMBERS]]
    taken: list[tuple[float, float, float]] = []
    made = []
    for text, x, y, wide in words:
        step = (y1 - y0) * _STEP
        for _ in range(len(taken)):
            if any(
                abs(x - other) < (x1 - x0) * (wide + room) / 2 and abs(y - high) < step
                for other, high, room in taken
            ):
                y += step
        y = min(y, y1 - step / 2)
        taken.append((x, y, wide))
        at = (x - x0) / (x1 - x0)
        side = "left" if at < wide / 2 else "right" if at > 1 - wide / 2 else "center"
        made.append(
            note(f"<b>{text}</b>", x, y, theme.text, side, 12, refs=(f"x{axis}", f"y{axis}"))
            | {"bgcolor": theme.paper, "opacity": 0.92, "borderpad": 1}
        )
    return made


def _times(value: float) -> str:
    """How many times its share, as short as a map needs.

    Example:
        >>> _times(0.4), _times(2.26), _times(14.2)
        ('×0.4', '×2.3', '×14')
    """
    return f"×{value:.0f}" if value >= 10 else f"×{value:.1f}" if value >= 0.1 else f"×{value:.2f}"
