"""What each further row added to its strategy's own objective."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...foundation.number_format import number
from ...foundation.wording import count
from .theme import Slot, Theme, blank, stroke

if TYPE_CHECKING:
    import plotly.graph_objects as go


def gains(
    items: Sequence[tuple[Slot, NDArray[np.float64]]], *, theme: Theme, panel_height: int = 170
) -> go.Figure:
    """What each further row added to its strategy's own objective, one panel per strategy.

    Objectives differ between strategies, so the panels share no scale and must not be compared in height.
    """
    import plotly.graph_objects as go

    many = max(len(items), 1)
    figure = go.Figure()
    layout = blank(theme, panel_height + 70, hovermode="closest", dragmode=False)
    layout["margin"] = {"l": 0, "r": 0, "t": 30, "b": 40}
    notes = []
    width = (1 - 0.05 * (many - 1)) / many
    for at, (shown, values) in enumerate(items):
        axis = "" if at == 0 else str(at + 1)
        left = at * (width + 0.05)
        steps = np.arange(1, len(values) + 1)
        keep = _thin(len(values))
        figure.add_trace(
            go.Scatter(
                x=steps[keep],
                y=values[keep],
                mode="lines",
                line=stroke(shown.slot, theme, 2.5),
                hovertext=[f"row {steps[i]:,}: gain {number(float(values[i]))}" for i in keep],
                hoverinfo="text",
                name=shown.title,
                xaxis=f"x{axis}",
                yaxis=f"y{axis}",
            )
        )
        common = {"gridcolor": theme.band, "zeroline": False, "fixedrange": True}
        tick = {"size": 12, "color": theme.muted}
        layout[f"xaxis{axis}"] = {
            **common,
            "domain": [left + 0.03, left + width],
            "anchor": f"y{axis}",
            "tickfont": tick,
            "title": {"text": "rows chosen", "font": tick},
        }
        layout[f"yaxis{axis}"] = {**common, "anchor": f"x{axis}", "rangemode": "tozero", "tickfont": tick}
        notes.append(
            {
                "text": f"<b>{shown.title}</b>",
                "xref": "paper",
                "yref": "paper",
                "x": left,
                "y": 1.0,
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
            }
        )
    figure.update_layout(**layout, annotations=notes)
    return figure


def gains_alt(items: Sequence[tuple[Slot, NDArray[np.float64]]]) -> str:
    """What `gains` shows, in words."""
    said = []
    for shown, values in items:
        known = values[np.isfinite(values)]
        if not len(known):
            said.append(f"{shown.letter} has no gains")
            continue
        missing = len(values) - len(known)
        left_out = f", not known for {count(missing, 'row')}" if missing else ""
        first, last = number(float(known[0])), number(float(known[-1]))
        said.append(f"{shown.letter} starts at {first} and ends at {last}{left_out}")
    told = "; ".join(said) or "no subset has gains"
    return f"Gain of each further row for its strategy's own objective, not comparable between them: {told}."


def _thin(count: int, most: int = 400) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))
