"""Subsets beside each other: how many rows they share, and how many chance would have them share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.number_format import share
from .theme import Slot, Theme, blank, box, contrast, mix, note

if TYPE_CHECKING:
    import plotly.graph_objects as go


def overlap(
    jaccard: NDArray[np.float64],
    expected: NDArray[np.float64],
    shown: Sequence[Slot],
    *,
    theme: Theme,
    cell: int = 74,
) -> go.Figure:
    """Shared rows of every pair of subsets as a heat matrix, with what chance would give.

    Args:
        jaccard: Shared rows over rows in either, shape (m, m), 0…1.
        expected: The same for two independent uniform subsets of these sizes, shape (m, m).
        shown: The subsets, in the order of the matrix.
        theme: Colours.
        cell: Pixels per cell.
    """
    import plotly.graph_objects as go

    count = len(shown)
    figure = go.Figure()
    shapes, notes = [], []
    hover_x, hover_y, hover_text = [], [], []
    for row in range(count):
        for column in range(row):
            value, chance = float(jaccard[row, column]), float(expected[row, column])
            fill = mix(theme.low, theme.high, value)
            ink = max((theme.text, theme.paper), key=lambda one: contrast(one, fill))
            y = count - 1 - row
            shapes.append(box((column + 0.02, column + 0.98), (y + 0.02, y + 0.98), fill))
            notes.append(note(f"<b>{share(value)}</b>", column + 0.5, y + 0.58, ink, "center", 15))
            notes.append(note(f"chance {share(chance)}", column + 0.5, y + 0.28, ink, "center", 11))
            hover_x.append(column + 0.5)
            hover_y.append(y + 0.5)
            hover_text.append(
                f"{shown[row].title} and {shown[column].title}<br>{share(value)} of the rows in either are "
                f"in both<br>two random subsets: {share(chance)}"
            )
    figure.add_trace(
        go.Scatter(
            x=hover_x,
            y=hover_y,
            mode="markers",
            marker={"size": cell * 0.8, "opacity": 0, "symbol": "square"},
            hovertext=hover_text,
            hoverinfo="text",
        )
    )
    layout = blank(
        theme,
        (count - 1) * cell + 34,
        dragmode=False,
        hovermode="closest",
        shapes=shapes,
        annotations=notes,
        width=(count - 1) * (cell + 46) + 190,
    )
    common: dict[str, Any] = {"showgrid": False, "zeroline": False, "fixedrange": True, "ticks": ""}
    layout["xaxis"] = {
        **common,
        "range": [0, max(count - 1, 1)],
        "tickvals": [index + 0.5 for index in range(count - 1)],
        "ticktext": [item.letter for item in shown[:-1]],
    }
    layout["yaxis"] = {
        **common,
        "range": [0, max(count - 1, 1)],
        "tickvals": [count - 1 - index + 0.5 for index in range(1, count)],
        "ticktext": [item.title for item in shown[1:]],
        "automargin": True,
    }
    layout["margin"] = {"l": 0, "r": 0, "t": 4, "b": 28}
    figure.update_layout(**layout)
    return figure


def overlap_alt(jaccard: NDArray[np.float64], expected: NDArray[np.float64], shown: Sequence[Slot]) -> str:
    """What `overlap` shows, in words."""
    pairs = [(float(jaccard[row, column]), row, column) for row in range(len(shown)) for column in range(row)]
    if not pairs:
        return "One subset: nothing to overlap with."
    said = []
    for value, row, column in sorted(pairs, reverse=True):
        chance = share(float(expected[row, column]))
        said.append(f"{shown[column].letter} and {shown[row].letter} {share(value)}, chance {chance}")
    return f"Rows in both as a share of rows in either, most first: {'; '.join(said)}."
