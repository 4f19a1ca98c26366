"""Reliability diagrams: how often a model is right against how sure it claims to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...foundation.number_format import number
from ...foundation.wording import count
from .theme import PAPER, Slot, Theme, blank, hue, note, rule

if TYPE_CHECKING:
    import plotly.graph_objects as go

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """Confidence and accuracy of one subset's probe.

    Args:
        subset: Whose it is.
        rows: Held-out rows in each bin.
        sure: Mean confidence in each bin, NaN where empty.
        right: Share predicted correctly in each bin, NaN where empty.
        error: Expected calibration error.
    """

    subset: Slot
    rows: NDArray[np.int64]
    sure: Floats
    right: Floats
    error: float


def calibrations(
    items: Sequence[Calibration], *, theme: Theme, columns: int = 4, height: int = 250
) -> go.Figure:
    """Reliability diagrams: accuracy against confidence; the diagonal is a model that knows what it knows.

    Args:
        items: The subsets.
        theme: Colours.
        columns: Panels beside each other.
        height: Pixels of one panel.

    Returns:
        One panel per subset; the area of a dot is the number of held-out rows in its bin.
    """
    import plotly.graph_objects as go

    across = min(columns, max(len(items), 1))
    down = max(1, -(-len(items) // across))
    layout = blank(theme, down * height, hovermode="closest", dragmode=False)
    figure, notes, shapes = go.Figure(), [], []
    width = (1 - 0.05 * (across - 1)) / across
    for at, item in enumerate(items):
        axis = "" if at == 0 else str(at + 1)
        left = (at % across) * (width + 0.05)
        top = 1 - ((at // across) * height + 26) / (down * height)
        tick = {
            "range": [-0.12, 1.12],  # a dot of all rows, at an end, is drawn whole
            "tickvals": [0, 0.5, 1],
            "tickfont": {"size": 12, "color": theme.muted},
            "gridcolor": theme.band,
            "zeroline": False,
            "fixedrange": True,
        }
        title = {"font": {"size": 12, "color": theme.muted}, "standoff": 3}
        layout[f"xaxis{axis}"] = tick | {
            "domain": [left + 0.035, left + width],
            "anchor": f"y{axis}",
            "title": {"text": "confidence", **title},
        }
        layout[f"yaxis{axis}"] = tick | {
            "domain": [top - (height - 26 - 44) / (down * height), top],
            "anchor": f"x{axis}",
            "title": {"text": "share right", **title} if at % across == 0 else None,
        }
        shapes.append(rule((0, 1), (0, 1), theme.edge, 1.4, dash="dash", refs=(f"x{axis}", f"y{axis}")))
        here = item.rows > 0
        share = item.rows[here] / max(1, int(item.rows.sum()))
        figure.add_trace(
            go.Scatter(
                x=item.sure[here],
                y=item.right[here],
                mode="lines+markers",
                line={"color": hue(item.subset.slot, theme), "width": 1.6},
                marker={"color": hue(item.subset.slot, theme), "size": 5 + 22 * np.sqrt(share)},
                hovertext=_bins_said(item),
                hoverinfo="text",
                name=item.subset.title,
                cliponaxis=False,
                xaxis=f"x{axis}",
                yaxis=f"y{axis}",
            )
        )
        words = f"<b>{item.subset.letter}</b> error {number(item.error)}"
        notes.append(
            note(
                words,
                left + 0.035,
                top + 4 / (down * height),
                theme.text,
                "left",
                13,
                refs=PAPER,
                stands="bottom",
            )
        )
    figure.update_layout(**layout, annotations=notes, shapes=shapes)
    return figure


def _bins_said(item: Calibration) -> list[str]:
    return [
        f"<b>{item.subset.title}</b><br>{count(int(rows), 'held-out row')}<br>"
        f"confidence {number(float(sure))}, right {number(float(right))}"
        for rows, sure, right in zip(item.rows, item.sure, item.right, strict=True)
        if rows
    ]


def calibrations_alt(items: Sequence[Calibration]) -> str:
    """What `calibrations` shows, in words."""
    said = ", ".join(f"{item.subset.letter} {number(item.error)}" for item in items) or "no subset"
    return (
        "Share of held-out rows predicted correctly against confidence. "
        f"Calibration error, lower is better: {said}."
    )
