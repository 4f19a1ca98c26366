"""What a subset holds beside what it estimates: the same metric without and with design weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...foundation.number_format import number
from ...foundation.wording import count
from .theme import BESIDE_CAMERA, Slot, Theme, blank, box, hue, note, safe

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True)
class HeldAndEstimated:
    """One metric of one subset.

    Args:
        subset: Whose.
        held: Without weights.
        estimated: With design weights.
    """

    subset: Slot
    held: float
    estimated: float


@dataclass(frozen=True)
class WeightedPanel:
    """One metric, 0 at best, of the subsets that have weights.

    Args:
        label: Its name.
        low, high: 2.5 and 97.5 percentiles of random subsets.
        pairs: The subsets.
    """

    label: str
    low: float
    high: float
    pairs: tuple[HeldAndEstimated, ...]


def pairs(items: Sequence[WeightedPanel], *, theme: Theme, lane: int = 26) -> go.Figure:
    """Metrics with two marks per subset: hollow for what is held, filled for what the weights make of it.

    Every metric has its own scale that ends at 0 on the right, so right is better, as on the strips.

    Args:
        items: Metrics where lower is better and 0 is the least.
        theme: Colours.
        lane: Pixels per subset.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    lanes = sum(len(item.pairs) + 1.2 for item in items)
    y = lanes
    for item in items:
        most = max([item.high, *[max(p.held, p.estimated) for p in item.pairs]], default=0.0) * 1.06 or 1.0
        top, bottom = y - 0.9, y - 0.9 - len(item.pairs)
        notes.append(note(f"<b>{safe(item.label, 34)}</b> ↓", 0.0, y - 0.45, theme.text, "left", 14))
        chance = f"chance {number(item.low)} to {number(item.high)}"
        told = note(chance, 1.0, y - 0.45, theme.muted, "right", 12)
        notes.append(told | BESIDE_CAMERA if item is items[0] else told)
        place = [0.06 + 0.94 * (1 - value / most) for value in (item.high, item.low)]
        shapes.append(box((place[0], place[1]), (bottom, top), theme.band))
        shapes.append(box((0.999, 1.0), (bottom, top), theme.edge))
        for at, pair in enumerate(item.pairs):
            _add(figure, pair, item.label, top - at - 0.5, most, theme)
        y -= len(item.pairs) + 1.2
    layout = blank(theme, round(lanes * lane) + 8, dragmode=False, hovermode="closest")
    common = {"visible": False, "fixedrange": True}
    layout["xaxis"] = {**common, "range": [-0.01, 1.02]}
    layout["yaxis"] = {**common, "range": [0, lanes]}
    figure.update_layout(**layout, shapes=shapes, annotations=notes)
    return figure


def _add(figure: go.Figure, pair: HeldAndEstimated, label: str, y: float, most: float, theme: Theme) -> None:
    import plotly.graph_objects as go

    colour = hue(pair.subset.slot, theme)
    held, estimated = (0.06 + 0.94 * (1 - value / most) for value in (pair.held, pair.estimated))
    words = (
        f"<b>{pair.subset.title}</b><br>{safe(label)}<br>held: {number(pair.held)}"
        f"<br>estimated with weights: {number(pair.estimated)}"
    )
    figure.add_trace(
        go.Scatter(x=[held, estimated], y=[y, y], mode="lines", line={"color": colour}, hoverinfo="skip")
    )
    figure.add_trace(
        go.Scatter(
            x=[0.02, held, estimated],
            y=[y, y, y],
            mode="markers+text",
            text=[f"<b>{pair.subset.letter}</b>", "", ""],
            textfont={"size": 13, "color": theme.text},
            marker={
                "size": [0, 13, 13],
                "symbol": ["circle", "circle", "diamond"],
                "color": [theme.paper, theme.paper, colour],
                "line": {"color": colour, "width": 2.5},
                "opacity": [0, 1, 1],
            },
            hovertext=words,
            hoverinfo="text",
            name=pair.subset.title,
            cliponaxis=False,
        )
    )


def pairs_alt(items: Sequence[WeightedPanel]) -> str:
    """What `pairs` shows, in words; the table says it in full."""
    said = []
    for item in items:
        dots = "; ".join(
            f"{pair.subset.letter} {number(pair.held)} held, {_estimate_words(pair)}" for pair in item.pairs
        )
        said.append(f"{item.label}, lower is better: {dots}")
    return f"{count(len(items), 'metric')} as held and as estimated by weights. {'. '.join(said)}."


def _estimate_words(pair: HeldAndEstimated) -> str:
    if not np.isfinite(pair.estimated):
        return "no estimate"
    if pair.estimated == pair.held:
        return "the same with weights"
    side = "nearer to" if pair.estimated < pair.held else "further from"
    return f"{number(pair.estimated)} with weights, {side} the data set"
