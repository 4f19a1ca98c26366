"""What can be learned from subsets: a forest plot of intervals, and learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.number_format import number
from ...foundation.wording import count
from .curves import ARROWS, BETTER, Panel, curves
from .theme import PAPER, Slot, Theme, blank, box, hue, lettered, note, safe

if TYPE_CHECKING:
    import plotly.graph_objects as go

Floats = NDArray[np.float64]
_ROW, _HEAD, _FOOT, _GAP = 34, 46, 30, 0.06  # pixels of a line, above and below a panel; gap between panels


@dataclass(frozen=True)
class ProbeStrip:
    """One subset on one metric.

    Args:
        subset: Whose it is.
        value: Mean over seeds.
        low, high: Interval over seeds; NaN with one seed.
        test: Interval of the first seed's value over held-out rows; NaN where there is none.
        beyond: Marked beyond the band; None where marks are not given.
        detail: A further line on hover.
    """

    subset: Slot
    value: float
    low: float = float("nan")
    high: float = float("nan")
    test: tuple[float, float] = (float("nan"), float("nan"))
    beyond: bool | None = None
    detail: str = ""


@dataclass(frozen=True)
class Forest:
    """One metric of all subsets.

    Args:
        label: Its name.
        direction: "higher" or "lower" is better.
        low, high: 2.5 and 97.5 percentiles of single random subsets.
        reaches: The subsets, in the order shown.
        means: The same percentiles of means over seeds; None where no subset is one.
    """

    label: str
    direction: str
    low: float
    high: float
    reaches: tuple[ProbeStrip, ...]
    means: tuple[float, float] | None = None


def forest(items: Sequence[Forest], *, theme: Theme, columns: int = 2) -> go.Figure:
    """Metrics beside each other, one line per subset: value, interval over seeds, and over held-out rows.

    Args:
        items: Metrics, in the order shown; each has its own scale.
        theme: Colours.
        columns: Panels beside each other.

    Returns:
        A thick bar for the interval over seeds, a thin one for the interval over held-out rows, and the
        random band as a strip behind them. Marked subsets are filled.
    """
    import plotly.graph_objects as go

    across = min(columns, max(len(items), 1))
    down = -(-len(items) // across)
    lines = max((len(item.reaches) for item in items), default=0)
    each = _HEAD + _ROW * max(lines, 1) + _FOOT
    layout = blank(theme, max(down, 1) * each, hovermode="closest", dragmode=False)
    figure, notes, shapes = go.Figure(), [], []
    width = (1 - _GAP * (across - 1)) / across
    for at, item in enumerate(items):
        axis = "" if at == 0 else str(at + 1)
        left = (at % across) * (width + _GAP)
        top = 1 - ((at // across) * each + _HEAD) / (down * each)
        span = _span(item)
        layout[f"xaxis{axis}"] = {
            "range": span,
            "domain": [left, left + width],
            "anchor": f"y{axis}",
            "tickfont": {"size": 12, "color": theme.muted},
            "nticks": 6,
            "gridcolor": theme.band,
            "zeroline": False,
            "fixedrange": True,
        }
        layout[f"yaxis{axis}"] = {
            "range": [len(item.reaches) - 0.5, -0.5],
            "domain": [top - _ROW * lines / (down * each), top],
            "anchor": f"x{axis}",
            "visible": False,
            "fixedrange": True,
        }
        shapes += _strips(item, axis, theme)
        for line, reach in enumerate(item.reaches):
            _reach(figure, item, reach, line, axis, theme)
        higher = 6 / (down * each)
        notes.append(
            note(
                f"<b>{safe(item.label, 40)}</b> {ARROWS[item.direction]}",
                left,
                top + higher * 3.2,
                theme.text,
                "left",
                14,
                refs=PAPER,
                stands="bottom",
            )
        )
        luck = f"{number(item.low)} to {number(item.high)}" if np.isfinite(item.low) else "not measured"
        chance = f"{BETTER[item.direction]} · chance {luck}"
        notes.append(
            note(chance, left, top + higher * 0.4, theme.muted, "left", 12, refs=PAPER, stands="bottom")
        )
    figure.update_layout(**layout, annotations=notes, shapes=shapes)
    return figure


def forest_alt(items: Sequence[Forest]) -> str:
    """What `forest` shows, in words; the table says it in full."""
    said = []
    for item in items:
        parts = [_words_of(item, one) for one in item.reaches if np.isfinite(one.value)]
        chance = f", chance {number(item.low)} to {number(item.high)}" if np.isfinite(item.low) else ""
        said.append(f"{item.label}, {BETTER[item.direction]}{chance}: {'; '.join(parts) or 'no values'}")
    many = count(len(items), "downstream metric")
    return f"{many} with intervals beside random subsets. {'. '.join(said)}."


def _words_of(item: Forest, one: ProbeStrip) -> str:
    """A subset's value, and its side of chance where it is marked as beyond it."""
    said = f"{one.subset.letter} {number(one.value)}"
    if one.beyond is None:
        return f"{said}, no verdict"
    if not one.beyond:
        return f"{said}, within reach of chance"
    if not np.isfinite([item.low, item.high]).all():
        return f"{said}, beyond chance"
    above = one.value > (item.low + item.high) / 2
    if item.direction == "none":
        return f"{said}, {'higher' if above else 'lower'} than chance"
    return f"{said}, {'better' if above == (item.direction == 'higher') else 'worse'} than chance"


def _span(item: Forest) -> list[float]:
    """Everything drawn, with a little room; shares of rows end at 0 and 1."""
    ends = [item.low, item.high, *(item.means or ())]
    for one in item.reaches:
        ends += [one.value, one.low, one.high, *one.test]
    known = [value for value in ends if np.isfinite(value)]
    if not known:
        return [0.0, 1.0]
    room = 0.07 * ((max(known) - min(known)) or 0.1)
    return [min(known) - room, max(known) + room]


def _strips(item: Forest, axis: str, theme: Theme) -> list[dict[str, Any]]:
    areas = [(item.low, item.high, theme.band, 0.9)]
    if item.means is not None:
        areas.append((*item.means, theme.edge, 0.55))
    return [
        box(
            (low, high),
            (0, 1),
            colour,
            line={"width": 0.5, "color": theme.edge},
            opacity=opacity,
            refs=(f"x{axis}", f"y{axis} domain"),
        )
        for low, high, colour, opacity in areas
        if np.isfinite(low) and np.isfinite(high)
    ]


def _reach(figure: go.Figure, item: Forest, reach: ProbeStrip, line: int, axis: str, theme: Theme) -> None:
    import plotly.graph_objects as go

    if not np.isfinite(reach.value):
        return
    colour = hue(reach.subset.slot, theme)
    where = {"xaxis": f"x{axis}", "yaxis": f"y{axis}"}
    told = [
        f"<b>{reach.subset.title}</b>",
        f"{safe(item.label)}: {number(reach.value)} ({BETTER[item.direction]})",
    ]
    for (low, high), wide, words in (
        (reach.test, 1.6, "first seed, other held-out rows"),
        ((reach.low, reach.high), 6.0, "mean, other seeds"),
    ):
        if not (np.isfinite(low) and np.isfinite(high)):
            continue
        told.append(f"{words}: {number(low)} to {number(high)} (95 %)")
        figure.add_trace(
            go.Scatter(
                x=[low, high],
                y=[line, line],
                mode="lines",
                line={"color": colour, "width": wide},
                hoverinfo="skip",
                name=f"{reach.subset.letter} {words}",
                **where,
            )
        )
    told.append(f"random subsets: {number(item.low)} to {number(item.high)}")
    if reach.detail:
        told.append(safe(reach.detail, 90))
    dot = lettered(reach.subset, reach.value, line, told, reach.beyond is True, theme, **where)
    figure.add_scatter(**dot)


# ---- learning curves ---------------------------------------------------------------------------------


def learned(
    panels: Sequence[Panel],
    intervals: Sequence[Sequence[tuple[Floats, Floats]]],
    sizes: Sequence[int],
    asked: int,
    *,
    theme: Theme,
    columns: int = 2,
) -> go.Figure:
    """Metrics against the number of rows to learn from, with intervals over seeds.

    Args:
        panels: As in `core.report.charts.curves.curves`.
        intervals: For each panel and line the low and high end at each size; NaN with one seed.
        sizes: Rows at each step, ascending.
        asked: Rows that the comparison learned from: a thin vertical line.
        theme: Colours.
        columns: Panels beside each other.
    """
    figure = curves(panels, sizes, asked, theme=theme, columns=columns)
    ends = [one for panel in intervals for one in panel]
    drawn = [trace for trace in figure.data if trace.mode == "lines+markers"]
    for trace, (low, high) in zip(drawn, ends, strict=True):
        middle = np.asarray(trace.y, np.float64)
        if np.isfinite(low).any():
            trace.error_y = {
                "type": "data",
                "symmetric": False,
                "array": np.where(np.isfinite(high), high - middle, 0.0),
                "arrayminus": np.where(np.isfinite(low), middle - low, 0.0),
                "color": trace.line.color,
                "thickness": 1.2,
                "width": 4,
            }
    for at, (panel, around) in enumerate(zip(panels, intervals, strict=True)):
        axis = figure.layout["yaxis" if at == 0 else f"yaxis{at + 1}"]
        known = np.concatenate([np.empty(0), *(part for both in around for part in both)])
        known = known[np.isfinite(known)]
        if len(known) and panel.lines:
            room = 0.04 * (float(known.max()) - float(known.min()))
            axis.range = [
                min(axis.range[0], float(known.min()) - room),
                max(axis.range[1], float(known.max()) + room),
            ]
    return figure
