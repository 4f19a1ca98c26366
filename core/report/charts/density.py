"""Where the rows of each subset lie between sparse and dense, beside what chance gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.number_format import number, share
from .composition import chance_shares
from .theme import Slot, Theme, blank, box, hue, rule, safe

if TYPE_CHECKING:
    import plotly.graph_objects as go

_PLACES = ("", "2nd ", "3rd ", "4th ", "5th ")
_GAP = 0.025
_TITLE, _FOOT = 28, 34  # pixels above and below a panel
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tenths:
    """Shares of one subset's rows in each tenth of density, sparsest first; arrays of shape (10,).

    Args:
        subset: Whose shares they are.
        shares: Mean over seeds, 0…1.
        least, most: Smallest and largest over seeds.
        expected: Shares of the eligible rows: 0.1, unless rows tie.
        low, high: What 95 in 100 random subsets stay within, each tenth alone.
        lowest, highest: What 95 in 100 random subsets stay within at all ten tenths (Bonferroni).
        seeds: How many.
    """

    subset: Slot
    shares: Floats
    least: Floats
    most: Floats
    expected: Floats
    low: Floats
    high: Floats
    lowest: Floats
    highest: Floats
    seeds: int

    @classmethod
    def of(
        cls, slot: Slot, counts: NDArray[np.int64], sizes: NDArray[np.int64], pinned: NDArray[np.int64]
    ) -> Tenths:
        """From counts.

        Args:
            slot: Whose counts they are.
            counts: Rows in each tenth, one line per seed, shape (seeds, 10).
            sizes: Eligible rows in each tenth, shape (10,).
            pinned: Pinned rows in each tenth, shape (10,).

        Example:
            >>> even, none = np.full(10, 100), np.zeros(10, np.int64)
            >>> made = Tenths.of(Slot(0, "x"), np.array([[31, *[0] * 8, 69]]), even, none)
            >>> float(made.shares[0]), float(made.low[0]), float(made.high[0])
            (0.31, 0.05, 0.16)
        """
        shares = counts / counts.sum(axis=1, keepdims=True)
        rows = int(counts[0].sum())
        low, high = chance_shares(sizes, rows, pinned)
        lowest, highest = chance_shares(sizes, rows, pinned, outside=0.05 / int((sizes > 0).sum()))
        return cls(
            slot,
            shares.mean(axis=0),
            shares.min(axis=0),
            shares.max(axis=0),
            sizes / sizes.sum(),
            low,
            high,
            lowest,
            highest,
            len(counts),
        )


def tenth_name(at: int) -> str:
    """What a tenth is called.

    Example:
        >>> tenth_name(0), tenth_name(8)
        ('sparsest tenth', '2nd densest tenth')
    """
    return f"{_PLACES[at]}sparsest tenth" if at < 5 else f"{_PLACES[9 - at]}densest tenth"


def density_sentence(item: Tenths) -> str:
    """The tenth that departs most from chance, all ten considered; where none does, that.

    Example:
        >>> even, none = np.full(10, 100), np.zeros(10, np.int64)
        >>> density_sentence(Tenths.of(Slot(2, "x"), np.array([[31, 5, *[8] * 8]]), even, none))
        'C takes 31 % of its rows from the sparsest tenth; chance gives 5 to 16 %'
    """
    beyond = np.maximum(item.shares - item.highest, item.lowest - item.shares)
    at = int(beyond.argmax())
    if beyond[at] <= 1e-12:
        return f"{item.subset.letter} stays within what chance gives in all ten tenths"
    return (
        f"{item.subset.letter} takes {share(float(item.shares[at]))} of its rows from the {tenth_name(at)}; "
        f"chance gives {number(100 * float(item.low[at]))} to {share(float(item.high[at]))}"
    )


def density_figure(
    items: Sequence[Tenths], *, theme: Theme, columns: int = 4, panel_height: int = 150
) -> go.Figure:
    """One small panel per subset on one scale: share of its rows in each tenth, sparse to dense.

    Args:
        items: The subsets.
        theme: Colours.
        columns: Panels beside each other.
        panel_height: Of one panel, in pixels.

    Returns:
        A figure: strips are what chance gives, ticks the data set, dots the subset (mean over seeds, with a
        line from the smallest to the largest).
    """
    import plotly.graph_objects as go

    across = min(columns, max(len(items), 1))
    down = max(-(-len(items) // across), 1)
    cell = panel_height + _TITLE + _FOOT
    height = down * cell
    width = (1 - (across - 1) * _GAP) / across
    top = 100 * max(float(max(item.most.max(), item.high.max())) for item in items) if items else 100.0
    figure = go.Figure()
    layout: dict[str, Any] = blank(theme, height, dragmode=False, hovermode="closest")
    layout["margin"] = {"l": 44, "r": 4, "t": 0, "b": 0}
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for at, item in enumerate(items):
        axis = "" if at == 0 else str(at + 1)
        left = (at % across) * (width + _GAP)
        upper = 1 - ((at // across) * cell + _TITLE) / height
        lower = upper - panel_height / height
        small = {"size": 12, "color": theme.muted}
        layout[f"xaxis{axis}"] = {
            "domain": [left, left + width],
            "anchor": f"y{axis}",
            "range": [-0.6, 9.6],
            "tickvals": [0.4, 8.6],
            "ticktext": ["sparse", "dense"],
            "tickfont": small,
            "ticks": "",
            "showgrid": False,
            "zeroline": False,
            "showline": True,
            "linecolor": theme.edge,
            "fixedrange": True,
        }
        layout[f"yaxis{axis}"] = {
            "domain": [lower, upper],
            "anchor": f"x{axis}",
            "range": [0, top * 1.08],
            "ticksuffix": " %",
            "nticks": 4,
            "showticklabels": at % across == 0,
            "tickfont": small,
            "gridcolor": theme.band,
            "zeroline": False,
            "fixedrange": True,
        }
        shapes += _strips(item, axis, theme)
        colour = hue(item.subset.slot, theme)
        figure.add_trace(
            go.Scatter(
                x=list(range(10)),
                y=100 * item.shares,
                mode="lines+markers",
                line={"color": colour, "width": 1.5},
                marker={"size": 9, "color": colour, "line": {"color": theme.paper, "width": 1}},
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": 100 * (item.most - item.shares),
                    "arrayminus": 100 * (item.shares - item.least),
                    "color": colour,
                    "thickness": 2,
                    "width": 0,
                },
                hovertext=[_told(item, tenth) for tenth in range(10)],
                hoverinfo="text",
                name=item.subset.title,
                xaxis=f"x{axis}",
                yaxis=f"y{axis}",
                cliponaxis=False,
            )
        )
        notes.append(
            {
                "text": f"<b>{item.subset.letter} · {safe(item.subset.label, 90 // across)}</b>",
                "xref": "paper",
                "yref": "paper",
                "x": left,
                "y": upper + _TITLE / height,
                "xanchor": "left",
                "yanchor": "top",
                "showarrow": False,
            }
        )
    figure.update_layout(**layout, shapes=shapes, annotations=notes)
    return figure


def density_alt(items: Sequence[Tenths]) -> str:
    """What `density_figure` shows, in words."""
    said = "; ".join(density_sentence(item) for item in items)
    return f"Share of each subset's rows per tenth of density, sparse to dense, beside chance. {said}."


def _strips(item: Tenths, axis: str, theme: Theme) -> list[dict[str, Any]]:
    """What chance gives in each tenth, and the data set as a tick."""
    made: list[dict[str, Any]] = []
    refs = (f"x{axis}", f"y{axis}")
    for at in range(10):
        low, high, own = (100 * float(of[at]) for of in (item.low, item.high, item.expected))
        wide = (at - 0.42, at + 0.42)
        made.append(box(wide, (low, max(high, low + 1e-9)), theme.band, refs=refs))
        made.append(rule(wide, (own, own), theme.muted, 1.5, refs=refs))
    return made


def _told(item: Tenths, at: int) -> str:
    spread = ""
    if item.seeds > 1:
        spread = f", over {item.seeds} seeds {share(float(item.least[at]))} to {share(float(item.most[at]))}"
    return (
        f"<b>{tenth_name(at)}</b><br>{item.subset.title}: {share(float(item.shares[at]))}{spread}"
        f"<br>data set: {share(float(item.expected[at]))}"
        f"<br>random subsets: {share(float(item.low[at]))} to {share(float(item.high[at]))}"
    )
