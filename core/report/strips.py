"""Metric strips: each metric beside the random band, drawn to scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..band import beside
from .theme import Shown, Theme, blank, lettered, note, number, safe, wrapped

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ..comparison import Comparison, Reach

NOTHING = "rgba(0,0,0,0)"
_NEAR = 0.024  # dots closer than this, of the width, would cover each other


@dataclass(frozen=True)
class Dot:
    """One subset on a strip.

    Args:
        shown: Whose dot it is.
        value: Its value.
        beyond: Marked beyond the band; None where marks are not given (a preview).
        detail: A further line on hover.
    """

    shown: Shown
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

    Right is always better: a metric where lower is better runs from right to left. Each strip has its own
    scale, centred on the band, so that the width of the band shows how much chance alone moves the metric.

    Args:
        items: The metrics, in the order shown.
        theme: Colours.
        row_height: Pixels of one strip.
        labels: Share of the width that names take; more where the figure is narrow.

    Returns:
        A figure with hollow dots for subsets within reach of chance and filled ones for marked subsets.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    heights, top = _heights(items)
    layout = blank(theme, round((top + 0.55) * row_height), hovermode="closest", dragmode=False)
    shapes: list[dict[str, Any]] = []
    than = " than chance" if labels < 0.4 else ""
    notes: list[dict[str, Any]] = [
        note(f"◂ worse{than}", labels, top + 0.2, theme.muted, "left", 12),
        note("random subsets", (1 + labels) / 2, top + 0.2, theme.muted, "center", 12),
        note(f"better{than} ▸", 1.0, top + 0.2, theme.muted, "right", 12),
    ]
    hover_x, hover_y, hover_text = [], [], []
    for at, strip in enumerate(items):
        y = heights[at]
        if strip.heading and (at == 0 or items[at - 1].heading != strip.heading):
            notes.append(note(safe(strip.heading), 0, y + 0.62, theme.muted, "left", 13))
        place = _placing(strip, labels)
        band = sorted((place(strip.low), place(strip.high)))
        wide = max(band[1] - band[0], 0.004)
        centre = (band[0] + band[1]) / 2
        shapes += [
            _bar(labels, 1.0, y, 0.012, theme.edge, 0.5),
            _bar(centre - wide / 2, centre + wide / 2, y, 0.24, theme.band, 1.0, theme.edge),
        ]
        if strip.means is not None:
            inner = sorted((place(strip.means[0]), place(strip.means[1])))
            shapes.append(_bar(inner[0], inner[1], y, 0.24, theme.edge, 0.55))
        chance = _span((strip.low, strip.high), strip.unit)
        notes += [
            note(f"<b>{safe(strip.label, 34)}</b> {strip.arrow}", 0, y + 0.13, theme.text, "left", 14),
            note(f"{strip.better} · chance {chance}", 0, y - 0.2, theme.muted, "left", 12),
        ]
        hover_x.append(0.13)
        hover_y.append(y)
        hover_text.append(wrapped(f"{strip.meaning} ({strip.better})"))
        for dot, lane in _lanes(strip, place):
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


def _heights(items: Sequence[Strip]) -> tuple[list[float], float]:
    """Where each strip's line lies, counted from the bottom in rows, and the top of the first one."""
    down, lines = 0.0, []
    for at, strip in enumerate(items):
        if strip.heading and (at == 0 or items[at - 1].heading != strip.heading):
            down += 0.42
        lines.append(down + 0.5)
        down += 1.0
    return [down - line for line in lines], down


def strips_alt(items: Sequence[Strip]) -> str:
    """What `strips` shows, in words; the table form says it in full."""
    beyond = [
        f"{dot.shown.letter} on {strip.label}" for strip in items for dot in strip.dots if dot.beyond is True
    ]
    marked = "; beyond the random band: " + ", ".join(beyond) if beyond else "; none beyond the random band"
    preview = any(dot.beyond is None for strip in items for dot in strip.dots)
    return f"{len(items)} metrics beside the random band{'; preview without marks' if preview else marked}."


def _placing(strip: Strip, labels: float) -> Callable[[float], float]:
    """Values to places between the labels and 1.0; the band's centre in the middle, better to the right."""
    values = [dot.value for dot in strip.dots if np.isfinite(dot.value)]
    centre = (strip.low + strip.high) / 2
    reach = max([abs(value - centre) for value in values] + [(strip.high - strip.low) / 2 * 1.6, 1e-12])
    sign = -1.0 if strip.direction == "lower" else 1.0

    def place(value: float) -> float:
        return (1 + labels) / 2 + sign * (value - centre) / reach * (1 - labels) * 0.464

    return place


def _lanes(strip: Strip, place: Callable[[float], float]) -> list[tuple[Dot, float]]:
    """Dots that would cover each other are stacked above and below the line, by letter."""
    near: list[list[Dot]] = []
    for dot in sorted((dot for dot in strip.dots if np.isfinite(dot.value)), key=lambda d: place(d.value)):
        if near and place(dot.value) - place(near[-1][-1].value) < _NEAR:
            near[-1].append(dot)
        else:
            near.append([dot])
    out = []
    for heap in near:
        step = min(0.34, 0.9 / max(len(heap) - 1, 1))
        for at, dot in enumerate(sorted(heap, key=lambda d: d.shown.slot)):
            out.append((dot, ((len(heap) - 1) / 2 - at) * step))
    return out


def _add_dot(figure: go.Figure, strip: Strip, dot: Dot, x: float, y: float, theme: Theme) -> None:
    said = {True: "beyond the random band", False: "within reach of chance", None: "preview: no verdict"}
    lines = [
        f"<b>{dot.shown.title}</b>",
        f"{safe(strip.label)}: {number(dot.value, strip.unit)} ({strip.better})",
        f"{beside(strip.seeds)}: {_span((strip.low, strip.high), strip.unit)}",
        *([f"{beside(strip.means_of)}: {_span(strip.means, strip.unit)}"] if strip.means else []),
        said[dot.beyond],
        *([safe(dot.detail, 90)] if dot.detail else []),
    ]
    figure.add_scatter(**lettered(dot.shown, x, y, lines, dot.beyond is True, theme))


def _span(ends: tuple[float, float], unit: str) -> str:
    return f"{number(ends[0])} to {number(ends[1], unit)}"


def reach_words(reach: Reach, unit: str = "", table: int = 1) -> str:
    """A range of chance for a table, and the one for means beside it.

    Args:
        reach: The range.
        unit: Unit of the values.
        table: What the head of the table says that ranges are of: 1 for single random subsets, M for means.

    Example:
        >>> from core.comparison import Reach
        >>> reach_words(Reach(0.0809, 0.153, 1, (0.11, 0.128), 20))
        '0.0809 to 0.153; means of 20: 0.110 to 0.128'
        >>> reach_words(Reach(1.0, 2.0, 3), "rows"), reach_words(Reach(1.0, 2.0, 3), "rows", 3)
        ('means of 3: 1 to 2 rows', '1 to 2 rows')
    """
    first = _span((reach.low, reach.high), unit)
    if reach.seeds != table:
        first = f"means of {reach.seeds}: {first}"
    return first if reach.means is None else f"{first}; means of {reach.means_of}: {_span(reach.means, unit)}"


def strip_of(found: Comparison, shown: Sequence[Shown], name: str) -> Strip | None:
    """A metric of a comparison as a strip, or None where the band could not be measured.

    Args:
        found: The comparison.
        shown: Its subsets as figures show them.
        name: Id of the metric, its weighted form included.
    """
    from ..metrics import METRICS, QUESTIONS, WEIGHTED

    metric = METRICS[name.removesuffix(WEIGHTED)]
    reach = found.reach(name)
    if np.isnan(reach.low) or np.isnan(reach.high):
        return None
    dots = []
    for one, result, verdicts in zip(shown, found.results, found.verdicts, strict=False):
        if name not in result.means:
            continue
        verdict = verdicts.get(name)
        marked = None if found.preview or verdict is None else verdict.marked
        words = "" if verdict is None else verdict.words
        told = _seeds([one[name] for one in result.metrics])
        dots.append(Dot(one, result.means[name], marked, f"{told}; {words}" if words else told))
    if not dots:
        return None
    return Strip(
        metric.label + (" (weighted)" if name.endswith(WEIGHTED) else ""),
        metric.sentence,
        metric.direction if metric.direction != "none" else None,
        reach.low,
        reach.high,
        tuple(dots),
        metric.unit,
        reach.means,
        QUESTIONS[metric.question],
        reach.seeds,
        reach.means_of,
    )


def _seeds(values: Sequence[float]) -> str:
    if len(values) == 1:
        return "one run"
    return f"mean of {len(values)} seeds, {number(min(values))} to {number(max(values))}"


def _bar(
    x0: float, x1: float, y: float, half: float, fill: str, opacity: float, line: str = NOTHING
) -> dict[str, Any]:
    return {
        "type": "rect",
        "x0": x0,
        "x1": x1,
        "y0": y - half,
        "y1": y + half,
        "fillcolor": fill,
        "opacity": opacity,
        "line": {"color": line, "width": 1 if line != NOTHING else 0},
        "layer": "below",
    }
