"""A small histogram above a slider."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...foundation.number_format import number
from ...foundation.wording import count
from .theme import Theme, blank

if TYPE_CHECKING:
    import plotly.graph_objects as go

BINS = 30
HEIGHT = 90
_HALVES = (0.25, 0.75)


def small_histogram(
    values: NDArray[np.float64],
    theme: Theme,
    selected: NDArray[np.float64] | None = None,
    times: tuple[datetime, datetime] | None = None,
) -> go.Figure:
    """How many of some values lie where, in `BINS` bars of the same width, and how many of the selected rows.

    Args:
        values: Known, finite values, shape (n,), at least two different ones.
        theme: Colours.
        selected: Those of the selected rows; None where none is selected.
        times: Where the values stand for times: the first and the last of them.
    """
    import plotly.graph_objects as go

    counts, edges = np.histogram(values, BINS)
    wide = edges[1] - edges[0]
    ends = [_end(edges[at], edges, times) for at in (0, -1)]
    inside = None if selected is None else np.histogram(selected, edges)[0]
    spots = [
        f"{_end(edges[at], edges, times)} to {_end(edges[at] + wide, edges, times)}: "
        f"{count(int(many), 'row')}{'' if inside is None else f', {inside[at]:,} selected'}"
        for at, many in enumerate(counts)
    ]
    middle = edges[:-1] + wide / 2
    bar = {"x": middle, "width": wide * 0.92, "hovertext": spots, "hoverinfo": "text", "showlegend": False}
    figure = go.Figure(go.Bar(y=counts, marker={"color": theme.grey}, **bar))
    if inside is not None:
        figure.add_trace(go.Bar(y=inside, marker={"color": theme.hues[4]}, **bar))
    figure.update_layout(
        **blank(
            theme,
            HEIGHT,
            xaxis={
                "visible": True,
                "showgrid": False,
                "tickvals": [edges[0], edges[-1]],
                "ticktext": ends,
                "tickfont": {"size": 11, "color": theme.muted},
                "fixedrange": True,
            },
            yaxis={"visible": False, "fixedrange": True},
            margin={"l": 24, "r": 24, "t": 4, "b": 20},
            barmode="overlay",
        )
    )
    return figure


def histogram_alt(
    values: NDArray[np.float64], name: str, times: tuple[datetime, datetime] | None = None
) -> str:
    """The histogram in words: where values lie, and the middle half of them.

    Example:
        >>> histogram_alt(np.arange(101.0), "price")
        'Histogram of price: 0 to 100; the middle half from 25 to 75.'
    """
    edges = [float(values.min()), float(values.max())]
    low, high = (float(one) for one in np.quantile(values, _HALVES))
    first, last, start, end = (_end(one, edges, times) for one in (*edges, low, high))
    return f"Histogram of {name}: {first} to {last}; the middle half from {start} to {end}."


def _end(
    value: float, edges: Sequence[float] | NDArray[np.float64], times: tuple[datetime, datetime] | None
) -> str:
    if times is None:
        return number(float(value))
    low, high = float(edges[0]), float(edges[-1])
    share = (float(value) - low) / (high - low) if high > low else 0.0
    at = times[0] + (times[1] - times[0]) * share
    return f"{at:%Y-%m-%d}" if (times[1] - times[0]).days > 2 else f"{at:%Y-%m-%d %H:%M}"
