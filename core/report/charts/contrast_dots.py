"""In what a selection differs from the rest: one dot a column or group, by the size of the difference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ...analysis.contrast.result import ColumnContrast, Contrast, ContrastVerdict, Quantity
from ...foundation.number_format import number, share
from .theme import Theme, blank, note, rule, safe

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST = 12
"""Differences that the figure shows, the largest first."""
_ROW, _HEAD = 32, 26  # pixels
_PICTURE = 0.68  # of the width; the rest is for the values
_LABEL = 30  # letters of a name on the figure
_SMALL, _LARGE = 0.2, 0.8  # J. Cohen (1988)


def contrast_dots(entries: Sequence[ColumnContrast], against: str, theme: Theme) -> go.Figure:
    """The figure: filled where a difference is more than luck, hollow where not, square where none may say.

    Args:
        entries: With a size, the largest first; at most `MOST` are drawn.
        against: What the selection is compared with, in words.
        theme: Colours.
    """
    import plotly.graph_objects as go

    drawn = [entry for entry in entries if entry.size is not None][:MOST]
    reach = max([_LARGE, *(abs(float(entry.size or 0)) for entry in drawn)]) * 1.1
    figure = go.Figure()
    for at, entry in enumerate(drawn):
        size, colour = float(entry.size or 0), theme.hues[4]
        sure = entry.verdict is ContrastVerdict.DIFFERS
        made = entry.verdict in (ContrastVerdict.ORIGIN, ContrastVerdict.UNKNOWN)
        ink = colour if sure else theme.grey
        line = {"x": [0, size], "y": [at, at], "mode": "lines", "hoverinfo": "skip", "showlegend": False}
        figure.add_trace(go.Scatter(**line, line={"color": ink, "width": 3 if sure else 1.5}))
        figure.add_trace(
            go.Scatter(
                x=[size],
                y=[at],
                mode="markers",
                showlegend=False,
                name=safe(name_of(entry), 60),
                marker={
                    "symbol": "square" if made else "circle",
                    "size": 11,
                    "color": ink if sure or made else theme.paper,
                    "line": {"color": ink, "width": 2},
                },
                hovertext=safe(f"{name_of(entry)}: {values_of(entry, against)}. {entry.reason}", 400),
                hoverinfo="text",
            )
        )
    names = [safe(name_of(entry), _LABEL) for entry in drawn]
    notes = [
        note(safe(values_of(entry, against), 60), 1, at, theme.muted, "right", 12, refs=("paper", "y"))
        for at, entry in enumerate(drawn)
    ]
    shapes: list[dict[str, Any]] = [
        rule((edge, edge), (-0.5, len(drawn) - 0.5), theme.edge, 1, dash="dot" if edge else "")
        for edge in (-_SMALL, 0, _SMALL)
    ]
    figure.update_layout(
        **blank(
            theme,
            _HEAD + _ROW * max(len(drawn), 1),
            xaxis={
                "range": [-reach, reach],
                "domain": [0, _PICTURE],
                "visible": True,
                "side": "top",
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
                "tickvals": [-_LARGE, 0, _LARGE],
                "ticktext": ["large, lower", "same", "large, higher"],
                "tickfont": {"size": 12, "color": theme.muted},
            },
            yaxis={
                "range": [len(drawn) - 0.5, -0.5],
                "tickvals": list(range(len(drawn))),
                "ticktext": names,
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
                "automargin": True,
            },
            shapes=shapes,
            annotations=notes,
            margin={"l": 0, "r": 0, "t": _HEAD, "b": 0},
            hovermode="closest",
        )
    )
    return figure


def name_of(entry: ColumnContrast) -> str:
    """What is compared, in words.

    Example:
        >>> entry = ColumnContrast("lang", Quantity.SHARE, "de", 0.5, 0.1, 0.9, 20, 80)
        >>> name_of(entry), values_of(entry, "the rest")
        ('lang: de', '50 %, the rest 10 %')
    """
    if entry.quantity is Quantity.GROUP:
        return f"group: {entry.value}"
    if entry.quantity is Quantity.SHARE:
        return f"{entry.column}: {entry.value}"
    beside = {Quantity.MISSING: ", missing", Quantity.LENGTH: ", length"}
    return entry.column + beside.get(entry.quantity, "")


def values_of(entry: ColumnContrast, against: str) -> str:
    """Both values, in words."""
    return f"{_value(entry, entry.selected)}, {against} {_value(entry, entry.rest)}"


def _value(entry: ColumnContrast, value: float | None) -> str:
    if value is None:
        return "not known"
    if entry.quantity in (Quantity.SHARE, Quantity.GROUP, Quantity.MISSING):
        return share(value)
    if entry.quantity is Quantity.TIME:
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d}"
    return number(value, "characters" if entry.quantity is Quantity.LENGTH else "")


def contrast_alt(contrast: Contrast, against: str) -> str:
    """The figure in words: what differs by more than luck, what made the selection, what was drawn."""
    sure = [entry for entry in contrast.entries if entry.verdict is ContrastVerdict.DIFFERS][:5]
    if contrast.counts.get(ContrastVerdict.PENDING.value):
        first = next((entry for entry in contrast.entries if entry.size is not None), None)
        largest = "" if first is None else f" The largest: {name_of(first)} {values_of(first, against)}."
        return f"Differences between the selection and {against}, not tested yet.{largest}"
    if not sure:
        return f"Differences between the selection and {against}: none that is more than luck."
    told = "; ".join(f"{name_of(entry)} {values_of(entry, against)}" for entry in sure)
    return f"Differences between the selection and {against} that are more than luck: {told}."
