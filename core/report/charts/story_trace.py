"""The running chart of a teaching story: a value after each pick, beside what random subsets reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...foundation.number_format import number
from ...stories.scene import Scene
from .theme import Theme, blank, hue, safe, stroke

if TYPE_CHECKING:
    import plotly.graph_objects as go


def unit(scene: Scene) -> tuple[str, str]:
    """One step and several, in words."""
    return ("try" if scene.trace.step == "tries" else "pick"), scene.trace.step


def running(scene: Scene, step: int, *, theme: Theme, height: int = 150) -> go.Figure:
    """The running chart up to a step: one line per subset, random subsets as a grey strip."""
    import plotly.graph_objects as go

    trace, steps = scene.trace, np.arange(1, scene.steps + 1)
    figure = go.Figure()
    if trace.low is not None and trace.high is not None:
        figure.add_trace(
            go.Scatter(
                x=np.concatenate([steps, steps[::-1]]),
                y=np.concatenate([trace.high, trace.low[::-1]]),
                fill="toself",
                fillcolor=theme.band,
                line={"width": 0},
                mode="lines",
                hoverinfo="skip",
            )
        )
    if np.isfinite(trace.truth):
        figure.add_trace(
            go.Scatter(
                x=[1, scene.steps],
                y=[trace.truth, trace.truth],
                mode="lines",
                line={"color": theme.muted, "width": 1.5, "dash": "dash"},
                hoverinfo="skip",
            )
        )
    notes: list[dict[str, Any]] = []
    for line in trace.lines:
        colour = hue(line.slot, theme)
        shown = line.values[:step]
        figure.add_trace(
            go.Scatter(
                x=steps[:step],
                y=shown,
                mode="lines",
                line={
                    **stroke(line.slot, theme, 2.5),
                    "shape": "hv" if trace.step == "tries" else "linear",
                },
                hovertext=[
                    f"{safe(line.title)}, {unit(scene)[0]} {at}: {told(one, trace.percent)}"
                    for at, one in zip(steps[:step], shown, strict=True)
                ],
                hoverinfo="text",
            )
        )
        if np.isfinite(shown[-1]):
            figure.add_trace(
                go.Scatter(
                    x=[step],
                    y=[shown[-1]],
                    mode="markers",
                    marker={"size": 9, "color": colour, "line": {"color": theme.paper, "width": 1}},
                    hoverinfo="skip",
                )
            )
    notes += _ends(scene, step, theme)
    tick = {"size": 12, "color": theme.muted}
    figure.update_layout(
        **blank(
            theme, height, hovermode="closest", dragmode=False, margin={"l": 44, "r": 76, "t": 24, "b": 34}
        ),
        annotations=[*notes, _heading(trace.title, theme)],
        xaxis={
            "range": [0.5, scene.steps + 0.5],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "tickfont": tick,
            "title": {"text": trace.step, "font": tick, "standoff": 2},
            "nticks": 8,
        },
        yaxis={
            "range": _span(scene),
            "fixedrange": True,
            "gridcolor": theme.band,
            "zeroline": False,
            "tickfont": tick,
            "nticks": 5,
            "tickformat": ".0%" if trace.percent else "",
        },
    )
    return figure


def running_alt(scene: Scene, step: int) -> str:
    """What `running` shows, in words; another sentence at every step."""
    trace = scene.trace
    said = "; ".join(
        f"{line.title} {told(float(line.values[step - 1]), trace.percent)}" for line in trace.lines
    )
    strip = ""
    if trace.low is not None and trace.high is not None and np.isfinite(trace.low[step - 1]):
        low, high = (told(float(part[step - 1]), trace.percent) for part in (trace.low, trace.high))
        strip = f" 95 % of random subsets lie between {low} and {high}."
    return f"{trace.title} after {step} {unit(scene)[step > 1]}: {said}.{strip}"


def told(value: float, percent: bool) -> str:
    """A value of the chart in words."""
    if not np.isfinite(value):
        return "not known yet"
    return f"{100 * value:.0f} %" if percent else number(value)


def _span(scene: Scene) -> list[float]:
    """Range of the values; a strip that is wide at its first steps is cut rather than flatten the rest."""
    trace = scene.trace
    every = [line.values[np.isfinite(line.values)] for line in trace.lines]
    if trace.low is not None and trace.high is not None:
        later = max(1, scene.steps // 6)
        every += [trace.low[later:], trace.high[later:]]
    if np.isfinite(trace.truth):
        every.append(np.array([trace.truth]))
    values = np.concatenate(every)
    low, high = float(values.min()), float(values.max())
    pad = 0.06 * (high - low) or 0.1
    return [low - pad, high + pad]


def _ends(scene: Scene, step: int, theme: Theme) -> list[dict[str, Any]]:
    """Name and value of every line at the right edge, moved apart where they would touch."""
    trace = scene.trace
    low, high = _span(scene)
    least = 0.19 * (high - low)
    rows: list[tuple[float, str, str]] = []
    for line in trace.lines:
        value = float(line.values[step - 1])
        place = value if np.isfinite(value) else (low + high) / 2
        said = told(value, trace.percent) if np.isfinite(value) else "–"
        rows.append((place, f"{line.name} {said}", theme.text))
    rows.sort(key=lambda row: row[0])
    places = [row[0] for row in rows]
    for at in range(1, len(places)):
        places[at] = max(places[at], places[at - 1] + least)
    over = max(0.0, places[-1] - high)
    places = [place - over for place in places]
    return [
        {
            "text": f"<b>{text}</b>",
            "xref": "paper",
            "yref": "y",
            "x": 1.0,
            "y": place,
            "xanchor": "left",
            "xshift": 6,
            "showarrow": False,
            "font": {"size": 13, "color": colour},
        }
        for place, (_, text, colour) in zip(places, rows, strict=True)
    ]


def _heading(title: str, theme: Theme) -> dict[str, Any]:
    return {
        "text": safe(title),
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": 1,
        "xanchor": "left",
        "yanchor": "bottom",
        "yshift": 4,
        "showarrow": False,
        "font": {"size": 13, "color": theme.text},
    }
