"""Differences between strategies as a forest plot: dot, range, and the values of single folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from ...foundation.wording import count
from .theme import Slot, Theme, blank, hue, lettered, note, rule, safe

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROW = 46
"""Height of one difference, pixels."""
_NAMES = 0.30  # of the width
_VALUES = 0.20


@dataclass(frozen=True)
class PairDifference:
    """Two subsets against each other.

    Args:
        first, second: The subsets; the difference is second − first.
        value: In points of accuracy.
        low, high: The range drawn through it.
        significant: A difference is shown at 5 %, all pairs considered.
        words: What stands at the right: "+3.1 · Holm p = .012".
        folds: Values of single folds, drawn as ticks.
        detail: A further line on hover.
    """

    first: Slot
    second: Slot
    value: float
    low: float
    high: float
    significant: bool
    words: str
    folds: tuple[float, ...] = ()
    detail: str = ""

    @property
    def title(self) -> str:
        """Both letters: "B − A"."""
        return f"{self.second.letter} − {self.first.letter}"


def forest(items: Sequence[PairDifference], *, theme: Theme, ranges: str) -> go.Figure:
    """Differences in accuracy on one scale around zero, one row per pair.

    Args:
        items: The pairs, in the order shown.
        theme: Colours.
        ranges: What the lines stand for, as in `core.analysis.paired_tests.result.PairedTest.range`.

    Returns:
        A figure with a filled dot where a difference is shown and a hollow one where none is.
    """
    import plotly.graph_objects as go

    values = [v for item in items for v in (item.value, item.low, item.high, *item.folds)]
    reach = 1.08 * max([1.0, *(abs(value) for value in values if isfinite(value))])
    figure = go.Figure()
    top = len(items)
    shapes: list[dict[str, Any]] = [rule((0, 0), (-0.5, top - 0.5), theme.muted, 1.5)]
    notes: list[dict[str, Any]] = []
    for at, item in enumerate(items):
        y = top - 1 - at
        colour = hue(item.second.slot, theme)
        shapes.append(rule((item.low, item.high), (y, y), colour, 2.5))
        shapes += [rule((value, value), (y - 0.16, y + 0.16), theme.muted, 1) for value in item.folds]
        pair = f"<b>{item.title}</b>  {safe(item.second.label, 24)}"
        notes.append(note(pair, 0.0, y, theme.text, "left", 13, refs=("paper", "y")))
        notes.append(
            note(
                item.words,
                1.0,
                y,
                theme.text if item.significant else theme.muted,
                "right",
                13,
                refs=("paper", "y"),
            )
        )
        told = [
            f"<b>{item.second.title}</b> less {item.first.title}",
            item.words,
            f"{item.low:+.1f} to {item.high:+.1f} points: {safe(ranges, 90)}",
            *([safe(item.detail, 90)] if item.detail else []),
        ]
        figure.add_scatter(
            **lettered(item.second, item.value, y, told, item.significant, theme, name=item.title)
        )
    figure.update_layout(
        **blank(
            theme,
            52 + ROW * top,
            hovermode="closest",
            dragmode=False,
            margin={"l": 0, "r": 0, "t": 4, "b": 48},
        ),
        shapes=shapes,
        annotations=notes,
        xaxis={
            "domain": [_NAMES, 1 - _VALUES],
            "range": [-reach, reach],
            "fixedrange": True,
            "zeroline": False,
            "gridcolor": theme.band,
            "ticks": "",
            "tickformat": "~g",
            "nticks": 7,
            "tickfont": {"color": theme.muted, "size": 12},
            "title": {
                "text": "difference in accuracy, points of 100",
                "font": {"color": theme.muted, "size": 12},
            },
        },
        yaxis={"visible": False, "range": [-0.6, top - 0.4], "fixedrange": True},
    )
    return figure


def forest_alt(items: Sequence[PairDifference]) -> str:
    """What `forest` shows, in words."""
    told = "; ".join(f"{item.title} {item.value:+.1f} points" for item in items)
    beyond = [item.title for item in items if item.significant]
    return (
        f"Differences in accuracy of {count(len(items), 'pair')}: {told}. "
        + (f"Shown at 5 % after Holm: {', '.join(beyond)}." if beyond else "None is shown at 5 % after Holm.")
    ).replace("-", "−")
