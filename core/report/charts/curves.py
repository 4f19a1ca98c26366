"""Metrics against the budget: one panel per metric, one line per subset, the random band as a soft strip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.number_format import number
from ...foundation.wording import count
from .strips import span
from .theme import (
    BESIDE_CAMERA,
    PAPER,
    Slot,
    Theme,
    blank,
    hue,
    ink_on,
    note,
    rule,
    safe,
    shape,
    stroke,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

_TITLE, _FOOT, _GAP = 30, 46, 0.07  # pixels above and below a panel; gap between panels, of the width
_APART = 0.075  # letters closer than this, of a panel's height, are moved apart
_TICKS = 0.13  # budgets closer than this, of a panel's width, are not both named
BETTER = {"higher": "higher is better", "lower": "lower is better", "none": "neither way is better"}
ARROWS = {"higher": "↑", "lower": "↓", "none": "↔"}


@dataclass(frozen=True)
class Line:
    """One subset in a panel.

    Args:
        subset: Whose line it is.
        values: Mean over seeds at each budget, float64 (budgets,); NaN where it has none.
        low, high: Lowest and highest seed; the same as `values` for one run.
        rows: Rows held at each budget.
        knee: Which budget is a pronounced bend, if one is.
    """

    subset: Slot
    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    rows: NDArray[np.float64]
    knee: int | None = None


@dataclass(frozen=True)
class Panel:
    """One metric.

    Args:
        label: Its name.
        direction: "higher", "lower" or "none" is better.
        low, high: 2.5 and 97.5 percentiles of single random subsets at each budget.
        lines: The subsets.
        unit: Unit of the values.
        means: The same percentiles of means of several random subsets, where lines are means over seeds.
        limits: Thresholds to draw.
    """

    label: str
    direction: str
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    lines: tuple[Line, ...]
    unit: str = ""
    means: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    limits: tuple[float, ...] = ()


def curves(
    panels: Sequence[Panel],
    budgets: Sequence[int],
    asked: int,
    *,
    theme: Theme,
    columns: int = 2,
    panel_height: int = 210,
) -> go.Figure:
    """Small multiples of metrics against the budget, on a logarithmic axis of rows.

    Args:
        panels: Metrics, in the order shown.
        budgets: Rows at each step, ascending.
        asked: The budget asked for: a thin vertical line.
        theme: Colours.
        columns: Panels beside each other.
        panel_height: Pixels of one panel.

    Returns:
        Lines in the hue, dash and mark of their subset with its letter at the end, knees as open diamonds,
        thresholds dashed across the panel. Every panel has its own scale of values.
    """
    import plotly.graph_objects as go

    across = min(columns, max(len(panels), 1))
    down = -(-len(panels) // across)
    each = panel_height + _TITLE + _FOOT
    layout = blank(theme, down * each, hovermode="closest", dragmode=False)
    figure, notes, shapes = go.Figure(), [], []
    width = (1 - _GAP * (across - 1)) / across
    rows = np.asarray(budgets, np.float64)
    span = max(float(np.log10(rows[-1] / rows[0])), 0.2)
    # Subsets may hold more or fewer rows than were asked.
    held = np.concatenate([rows, *[_places(line, rows) for panel in panels for line in panel.lines]])
    x_range = [float(np.log10(held.min())) - 0.03 * span, float(np.log10(held.max())) + 0.09 * span]
    for at, panel in enumerate(panels):
        axis = "" if at == 0 else str(at + 1)
        left = (at % across) * (width + _GAP)
        top = 1 - (at // across) * each / (down * each) - _TITLE / (down * each)
        y_range = _range(panel)
        named = _ticks(rows, asked, span)
        tick = {"size": 12, "color": theme.muted}
        layout[f"xaxis{axis}"] = {
            "type": "log",
            "range": x_range,
            "domain": [left + 0.035, left + width],
            "anchor": f"y{axis}",
            "tickvals": named,
            "ticktext": [f"{value:,}" for value in named],
            "tickfont": tick,
            "tickangle": 0,
            "title": {"text": "rows", "font": tick, "standoff": 4},
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        }
        layout[f"yaxis{axis}"] = {
            "range": y_range,
            "domain": [max(0.0, top - panel_height / (down * each)), top],
            "anchor": f"x{axis}",
            "gridcolor": theme.band,
            "tickfont": tick,
            "nticks": 5,
            "exponentformat": "power",
            "zeroline": False,
            "fixedrange": True,
        }
        _band(figure, panel, rows, axis, theme)
        shapes += _rules(panel, asked, axis, theme)
        for line in panel.lines:
            _line(figure, panel, line, rows, axis, theme)
        _letters(figure, panel, rows, y_range, span, axis, theme)
        said = f"<b>{safe(panel.label, 34)}</b> {ARROWS[panel.direction]}"
        notes.append(
            note(said, left, top + 6 / (down * each), theme.text, "left", 14, refs=PAPER, stands="bottom")
        )
        better = BETTER[panel.direction] + (f", {panel.unit}" if panel.unit else "")
        high = top + 6 / (down * each)
        told = note(better, left + width, high, theme.muted, "right", 12, refs=PAPER, stands="bottom")
        corner = at == min(across, len(panels)) - 1
        notes.append(told | BESIDE_CAMERA if corner else told)
    figure.update_layout(**layout, annotations=notes, shapes=shapes)
    return figure


def curves_alt(panels: Sequence[Panel], budgets: Sequence[int], asked: int) -> str:
    """What `curves` shows, in words: where each line starts and ends, and on which side of chance."""
    said = []
    for panel in panels:
        parts = []
        for line in panel.lines:
            known = np.flatnonzero(np.isfinite(line.values))
            if len(known):
                first, last = line.values[known[0]], line.values[known[-1]]
                bend = "" if line.knee is None else f", bending at {count(budgets[line.knee], 'row')}"
                side = _side_at_end(panel, line, int(known[-1]))
                parts.append(
                    f"{line.subset.letter} {number(float(first))} to {number(float(last))}{side}{bend}"
                )
            else:
                parts.append(f"{line.subset.letter} has no values")
        said.append(f"{panel.label}, {BETTER[panel.direction]}: {'; '.join(parts) or 'no values'}")
    return (
        f"{count(len(panels), 'metric')} against {budgets[0]:,} to {count(budgets[-1], 'row')}, "
        f"{asked:,} asked for, beside random subsets. {'. '.join(said)}."
    )


def _side_at_end(panel: Panel, line: Line, at: int) -> str:
    """Where a line ends beside single random subsets; "" where it ends within, or none were drawn."""
    low, high, value = float(panel.low[at]), float(panel.high[at]), float(line.values[at])
    if not np.isfinite([low, high]).all() or low <= value <= high:
        return ""
    above = value > high
    if panel.direction == "none":
        return f", {'above' if above else 'below'} 95 in 100 random subsets"
    better = above == (panel.direction == "higher")
    return f", on the {'better' if better else 'worse'} side of 95 in 100 random subsets"


def _range(panel: Panel) -> list[float]:
    parts = [panel.low, panel.high, *(panel.means or ()), np.asarray(panel.limits, np.float64)]
    parts += [line.values for line in panel.lines]
    values = np.concatenate(parts)
    values = values[np.isfinite(values)]
    if not len(values):
        return [0.0, 1.0]
    low, high = float(values.min()), float(values.max())
    if low == high == 0:
        return [-0.05, 1.0]
    pad = 0.07 * (high - low) or 0.07 * abs(high)
    # Below zero there is nothing to see where no value lies there.
    return [low - pad if low < 0 or low - pad > 0 else -0.25 * pad, high + pad]


def _ticks(rows: NDArray[np.float64], asked: int, span: float) -> list[int]:
    """Budgets to name: the asked one, the ends, and others where there is room."""
    named: list[int] = []
    for value in (asked, int(rows[0]), int(rows[-1]), *map(int, rows)):
        if all(abs(np.log10(value / other)) >= _TICKS * span for other in named):
            named.append(value)
    return sorted(named)


def _band(figure: go.Figure, panel: Panel, rows: NDArray[np.float64], axis: str, theme: Theme) -> None:
    import plotly.graph_objects as go

    areas = [(panel.low, panel.high, theme.band, 0.9)]
    if panel.means is not None:
        areas.append((*panel.means, theme.edge, 0.55))
    for low, high, colour, opacity in areas:
        known = np.isfinite(low) & np.isfinite(high)
        if not known.any():
            continue
        x = rows[known]
        figure.add_trace(
            go.Scatter(
                x=np.concatenate([x, x[::-1]]),
                y=np.concatenate([low[known], high[known][::-1]]),
                mode="lines",
                fill="toself",
                fillcolor=colour,
                opacity=opacity,
                line={"width": 0.5, "color": theme.edge},
                hoverinfo="skip",
                name="random subsets",
                xaxis=f"x{axis}",
                yaxis=f"y{axis}",
            )
        )


def _line(
    figure: go.Figure, panel: Panel, line: Line, rows: NDArray[np.float64], axis: str, theme: Theme
) -> None:
    import plotly.graph_objects as go

    colour = hue(line.subset.slot, theme)
    told, x = [], _places(line, rows)
    for at, value in enumerate(line.values):
        other = round(line.rows[at]) != rows[at]
        held = f" ({number(float(line.rows[at]))} rows held)" if other else ""
        low, high = (np.interp(np.log(x[at]), np.log(rows), ends) for ends in (panel.low, panel.high))
        spread = (
            f"<br>seeds: {number(float(line.low[at]))} to {number(float(line.high[at]))}"
            if np.isfinite(line.low[at]) and line.low[at] != line.high[at]
            else ""
        )
        bend = "<br>knee: near here the curve bends" if at == line.knee else ""
        told.append(
            f"<b>{line.subset.title}</b><br>{safe(panel.label)}: {number(float(value), panel.unit)} at "
            f"{count(int(rows[at]), 'row')}{held}{spread}<br>random "
            f"subsets{' as large, about' if other else ''}: "
            f"{span((low, high), '')}{bend}"
        )
    where = {"xaxis": f"x{axis}", "yaxis": f"y{axis}"}
    figure.add_trace(
        go.Scatter(
            x=x,
            y=line.values,
            mode="lines+markers",
            line=stroke(line.subset.slot, theme, 2.2),
            marker={"size": 6.5, "color": colour, "symbol": shape(line.subset.slot)},
            hovertext=told,
            hoverinfo="text",
            name=line.subset.title,
            **where,
        )
    )
    if line.knee is not None:
        figure.add_trace(
            go.Scatter(
                x=[x[line.knee]],
                y=[line.values[line.knee]],
                mode="markers",
                marker={
                    "symbol": "diamond",
                    "size": 13,
                    "color": theme.paper,
                    "line": {"color": colour, "width": 2.2},
                },
                hovertext=[told[line.knee]],
                hoverinfo="text",
                name=f"{line.subset.letter} knee",
                **where,
            )
        )


def _places(line: Line, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the values of a line stand: at the rows that were held, beside random subsets as large."""
    held = np.asarray(line.rows, np.float64)
    return np.where(np.isfinite(held) & (held > 0), held, rows)


def _letters(
    figure: go.Figure,
    panel: Panel,
    rows: NDArray[np.float64],
    y_range: Sequence[float],
    span: float,
    axis: str,
    theme: Theme,
) -> None:
    """A letter behind the end of each line, moved apart where two would cover each other."""
    import plotly.graph_objects as go

    ends = []
    for line in panel.lines:
        known = np.flatnonzero(np.isfinite(line.values))
        if len(known):
            ends.append((float(line.values[known[-1]]), float(_places(line, rows)[known[-1]]), line))
    ends.sort(key=lambda end: (end[1], end[0]))
    height = y_range[1] - y_range[0]
    placed: list[float] = []
    for at, (value, x, _) in enumerate(ends):
        same = at > 0 and ends[at - 1][1] == x
        placed.append(max(value, placed[-1] + _APART * height) if same else value)
    over = max([y - (y_range[1] - 0.03 * height) for y in placed], default=0.0)
    for at, (_, x, line) in enumerate(ends):
        figure.add_trace(
            go.Scatter(
                x=[x * 10 ** (0.045 * span)],
                y=[placed[at] - max(over, 0.0)],
                mode="markers+text",
                text=[f"<b>{line.subset.letter}</b>"],
                textfont={"size": 11, "color": ink_on(hue(line.subset.slot, theme))},
                marker={"size": 16, "color": hue(line.subset.slot, theme)},
                cliponaxis=False,
                hoverinfo="skip",
                name=f"{line.subset.letter} letter",
                xaxis=f"x{axis}",
                yaxis=f"y{axis}",
            )
        )


def _rules(panel: Panel, asked: int, axis: str, theme: Theme) -> list[dict[str, Any]]:
    """The asked budget, and thresholds."""
    upright = rule((asked, asked), (0, 1), theme.muted, 1, refs=(f"x{axis}", f"y{axis} domain"))
    level = [
        {
            "type": "line",
            "xref": f"x{axis} domain",
            "yref": f"y{axis}",
            "x0": 0,
            "x1": 1,
            "y0": value,
            "y1": value,
            "line": {"color": theme.text, "width": 1.4, "dash": "dash"},
        }
        for value in panel.limits
    ]
    return [upright, *level]
