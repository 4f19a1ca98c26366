"""Metric strips: each metric beside the random band, drawn to scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...analysis.random_band.judge import beside
from ...foundation.number_format import number
from ...foundation.wording import count
from .theme import BESIDE_CAMERA, Ends, Slot, Theme, blank, box, hue, lettered, note, safe, wrapped

if TYPE_CHECKING:
    import plotly.graph_objects as go

NOTHING = "rgba(0,0,0,0)"
_NEAR = 0.032  # dots closer than this, of the width, would cover each other: 22 pixels of 700
_LANE = 20  # pixels from dot to dot where they stand above one another
_NEITHER = "Neither way is better"
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Dot:
    """One subset on a strip.

    Args:
        subset: Whose dot it is.
        value: Its value.
        beyond: Marked beyond the band; None where marks are not given (a preview).
        detail: A further line on hover.
    """

    subset: Slot
    value: float
    beyond: bool | None = None
    detail: str = ""


@dataclass(frozen=True)
class Strip:
    """One metric beside the random band.

    Args:
        label: Its name.
        meaning: One line, shown on hover.
        direction: Which values are better, or None where neither is.
        low, high: 2.5 and 97.5 percentiles of the random subsets.
        dots: The subsets.
        unit: Unit of the values.
        means: The same percentiles of means of several random subsets, beside which means over seeds stand;
            None where all dots stand beside one range.
        heading: What it answers; written once above strips in a row that share it.
        seeds: How many random subsets each value behind low and high is the mean of.
        means_of: The same for means.
        own: Subsets of another size than the others, with what random subsets of that size reach.
        always, means_always: All random subsets, or means, have the one value of a range without width.
    """

    label: str
    meaning: str
    direction: Literal["higher", "lower"] | None
    low: float
    high: float
    dots: tuple[Dot, ...]
    unit: str = ""
    means: tuple[float, float] | None = None
    heading: str = ""
    seeds: int = 1
    means_of: int = 1
    own: tuple[tuple[Slot, float, float], ...] = ()
    always: bool = False
    means_always: bool = False

    @property
    def arrow(self) -> str:
        """Which way is better."""
        return {"higher": "↑", "lower": "↓", None: "↔"}[self.direction]

    @property
    def better(self) -> str:
        """The same in words."""
        return {"higher": "higher is better", "lower": "lower is better", None: "neither way is better"}[
            self.direction
        ]


def strips(items: Sequence[Strip], *, theme: Theme, row_height: int = 58, labels: float = 0.3) -> go.Figure:
    """Metrics as strips: the random band drawn to scale in the middle, one lettered dot per subset.

    Right is better: a metric where lower is better runs from right to left. Each strip has its own
    scale, centred on the band, so that the width of the band shows how much chance alone moves the metric.
    Metrics without a better side stand last, under a head of their own: left is lower, right is higher.

    Args:
        items: The metrics, in the order shown.
        theme: Colours.
        row_height: Pixels of one strip.
        labels: Share of the width that names take; more where the figure is narrow.

    Returns:
        A figure with hollow dots for subsets within reach of chance and filled ones for marked subsets. A
        thin line in a subset's colour is what random subsets of its own size reach.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    items = _in_order(items)
    placing = [_placing(strip, labels) for strip in items]
    lanes = [_lanes(strip, place, _LANE / row_height) for strip, place in zip(items, placing, strict=True)]
    deep = [_depth(found, row_height) for found in lanes]
    heights, top = _heights(items, deep)
    layout = blank(theme, round((top + 0.55) * row_height), hovermode="closest", dragmode=False)
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    hover_x, hover_y, hover_text = [], [], []
    for at, strip in enumerate(items):
        y, place = heights[at], placing[at]
        above = y + deep[at] / 2 + 0.12
        if _begins(items, at):
            notes.append(note(safe(_heading(strip)), 0, above, theme.muted, "left", 13))
        if at == 0 or (strip.direction is None) != (items[at - 1].direction is None):
            notes += _ends(strip, labels, top + 0.2 if at == 0 else above, theme)
        band = sorted((place(strip.low), place(strip.high)))
        wide = max(band[1] - band[0], 0.004)
        centre = (band[0] + band[1]) / 2
        shapes += [
            _bar((labels, 1.0), y, 0.012, theme.edge, 0.5),
            _bar((centre - wide / 2, centre + wide / 2), y, 0.24, theme.band, 1.0, theme.edge),
        ]
        if strip.means is not None:
            inner = sorted((place(strip.means[0]), place(strip.means[1])))
            inner[1] = max(inner[1], inner[0] + 0.004)
            shapes.append(_bar((inner[0], inner[1]), y, 0.24, theme.edge, 0.55))
        for place_below, (shown, low, high) in enumerate(strip.own):
            ends = sorted((place(low), place(high)))
            line = y - 0.3 - 0.07 * place_below
            shapes.append(
                _bar((ends[0], max(ends[1], ends[0] + 0.004)), line, 0.025, hue(shown.slot, theme), 1.0)
            )
        chance = span((strip.low, strip.high), strip.unit, always=strip.always)
        notes += [
            note(f"<b>{safe(strip.label, 34)}</b> {strip.arrow}", 0, y + 0.13, theme.text, "left", 14),
            note(f"{strip.better} · chance {chance}", 0, y - 0.2, theme.muted, "left", 12),
        ]
        hover_x.append(0.13)
        hover_y.append(y)
        hover_text.append(wrapped(f"{strip.meaning} ({strip.better})"))
        for dot, lane in lanes[at]:
            _add_dot(figure, strip, dot, place(dot.value), y + lane, theme)
    figure.add_trace(
        go.Scatter(
            x=hover_x,
            y=hover_y,
            mode="markers",
            marker={"size": 40, "opacity": 0},
            hovertext=hover_text,
            hoverinfo="text",
        )
    )
    layout["xaxis"] = {"visible": False, "range": [-0.004, 1.02], "fixedrange": True}
    layout["yaxis"] = {"visible": False, "range": [-0.1, top + 0.45], "fixedrange": True}
    figure.update_layout(**layout, shapes=shapes, annotations=notes)
    return figure


def _in_order(items: Sequence[Strip]) -> list[Strip]:
    """Metrics without a better side come last, under a head of their own: their right is not better."""
    return sorted(items, key=lambda strip: strip.direction is None)


def _heading(strip: Strip) -> str:
    return strip.heading if strip.direction is not None else _NEITHER


def _begins(items: Sequence[Strip], at: int) -> bool:
    """Whether a strip is the first under its heading."""
    heading = _heading(items[at])
    return bool(heading) and (at == 0 or _heading(items[at - 1]) != heading)


def _ends(strip: Strip, labels: float, y: float, theme: Theme) -> list[dict[str, Any]]:
    """What left and right mean, above the strips that it holds for."""
    left, right = ("worse", "better") if strip.direction is not None else ("lower", "higher")
    than = " than chance" if labels < 0.4 else ""
    return [
        note(f"◂ {left}{than}", labels, y, theme.muted, "left", 12),
        note("random subsets", (1 + labels) / 2, y, theme.muted, "center", 12),
        note(f"{right}{than} ▸", 1.0, y, theme.muted, "right", 12) | BESIDE_CAMERA,
    ]


def _depth(lanes: Sequence[tuple[Dot, float]], row_height: int) -> float:
    """Rows that a strip takes: more than one where many dots stand above one another."""
    reach = max((abs(lane) for _, lane in lanes), default=0.0)
    return max(1.0, 2 * reach + (_LANE + 12) / row_height)


def _heights(items: Sequence[Strip], deep: Sequence[float]) -> tuple[list[float], float]:
    """Where each strip's line lies, counted from the bottom in rows, and the top of the first one."""
    down, lines = 0.0, []
    for at, rows in enumerate(deep):
        if _begins(items, at):
            down += 0.42
        lines.append(down + rows / 2)
        down += rows
    return [down - line for line in lines], down


def strips_alt(items: Sequence[Strip]) -> str:
    """What `strips` shows, in words: every value, and on which side of chance it lies.

    Example:
        >>> strips_alt([Strip("Error", "", "lower", 1.0, 2.0, (Dot(Slot(0, "x"), 3.0, True),))])
        '1 metric beside random subsets. Error, lower is better, chance 1 to 2: A 3, worse than chance.'
    """
    said = [f"{count(len(items), 'metric')} beside random subsets"]
    for strip in _in_order(items):
        chance = span((strip.low, strip.high), strip.unit, always=strip.always)
        if strip.means is not None:
            means = span(strip.means, strip.unit, always=strip.means_always)
            chance += f", of means of {strip.means_of} {means}"
        dots = "; ".join(_dot_words(strip, dot) for dot in strip.dots) or "no values"
        said.append(f"{strip.label}, {strip.better}, chance {chance}: {dots}")
    return ". ".join(said) + "."


def _dot_words(strip: Strip, dot: Dot) -> str:
    """One subset on a strip: its value, and its side of chance where it has been judged."""
    own = next(((low, high) for shown, low, high in strip.own if shown == dot.subset), None)
    beside_own = f" beside {span(own, '')} of its own size" if own else ""
    said = f"{dot.subset.letter} {number(dot.value)}{beside_own}"
    if dot.beyond is None:
        return f"{said}, no verdict"
    if not dot.beyond:
        return f"{said}, within reach of chance"
    above = dot.value > sum(own or (strip.low, strip.high)) / 2
    if strip.direction is None:
        return f"{said}, {'higher' if above else 'lower'} than chance"
    return f"{said}, {'better' if above == (strip.direction == 'higher') else 'worse'} than chance"


def _placing(strip: Strip, labels: float) -> Callable[[float], float]:
    """Values to places between the labels and 1.0; the band's centre in the middle, better to the right."""
    values = [dot.value for dot in strip.dots if np.isfinite(dot.value)]
    centre = (strip.low + strip.high) / 2
    values += [end for _, low, high in strip.own for end in (low, high)]
    values += strip.means or ()  # of a count these can reach further than a band without width
    least = max(_ROUNDING * abs(centre), 1e-12)  # what rounding leaves is no distance to draw
    reach = max([abs(value - centre) for value in values] + [(strip.high - strip.low) / 2 * 1.6, least])
    sign = -1.0 if strip.direction == "lower" else 1.0

    def place(value: float) -> float:
        return (1 + labels) / 2 + sign * (value - centre) / reach * (1 - labels) * 0.464

    return place


def _lanes(strip: Strip, place: Callable[[float], float], step: float) -> list[tuple[Dot, float]]:
    """Dots with how far above the line each stands: those that would cover each other stand apart."""
    known = [dot for dot in strip.dots if np.isfinite(dot.value)]
    heaps: list[list[tuple[Dot, int]]] = []
    ends: list[float] = []  # of the present heap: how far right each lane is taken
    for dot in sorted(known, key=lambda dot: (round(place(dot.value), 9), dot.subset.slot)):
        x = place(dot.value)
        if not ends or x >= max(ends) + _NEAR:
            heaps.append([])
            ends = []
        lane = next((at for at, end in enumerate(ends) if x >= end + _NEAR), len(ends))
        ends[lane:] = [x, *ends[lane + 1 :]]
        heaps[-1].append((dot, lane))
    out = []
    for heap in heaps:
        most = max(lane for _, lane in heap)
        out += [(dot, (most / 2 - lane) * step) for dot, lane in heap]
    return out


def _add_dot(figure: go.Figure, strip: Strip, dot: Dot, x: float, y: float, theme: Theme) -> None:
    own = next(((low, high) for shown, low, high in strip.own if shown == dot.subset), None)
    said = {True: "beyond the random band", False: "within reach of chance", None: "no verdict"}
    lines = [
        f"<b>{dot.subset.title}</b>",
        f"{safe(strip.label)}: {number(dot.value, strip.unit)} ({strip.better})",
        f"{beside(strip.seeds)}: {span((strip.low, strip.high), strip.unit, always=strip.always)}",
        *(
            [f"{beside(strip.means_of)}: {span(strip.means, strip.unit, always=strip.means_always)}"]
            if strip.means
            else []
        ),
        *([f"random subsets of its own size: {span(own, strip.unit)}"] if own else []),
        said[dot.beyond],
        *([safe(dot.detail, 90)] if dot.detail else []),
    ]
    figure.add_scatter(**lettered(dot.subset, x, y, lines, dot.beyond is True, theme))


def span(ends: tuple[float, float], unit: str, *, always: bool = False) -> str:
    """What random subsets reach, with its unit; one number where its ends are the same as printed.

    Args:
        ends: The 2.5 and 97.5 percentiles; NaN where there are none.
        unit: Unit of the values.
        always: All random subsets have that one number, also the 5 in 100 that the ends leave out.

    Example:
        >>> span((0.5, 2.0), "rows"), span((0.0, 0.0), "rows"), span((0.0, 0.0), "rows", always=True)
        ('0.500 to 2 rows', '0 rows in 95 of 100', 'always 0 rows')
    """
    low, high = float(ends[0]), float(ends[1])
    if not np.isfinite([low, high]).all():
        return "not defined"
    if number(low) != number(high):
        return f"{number(low)} to {number(high, unit)}"
    return f"always {number(high, unit)}" if always else f"{number(high, unit)} in 95 of 100"


def _bar(ends: Ends, y: float, half: float, fill: str, opacity: float, line: str = NOTHING) -> dict[str, Any]:
    edge = {"color": line, "width": 1 if line != NOTHING else 0}
    return box(ends, (y - half, y + half), fill, line=edge, opacity=opacity)
