"""The running chart of a teaching story: a value after each pick, beside what random subsets reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...foundation.number_format import number
from ...foundation.wording import listed
from ...stories.scene import Scene
from .theme import Theme, blank, hue, safe, stroke

if TYPE_CHECKING:
    import plotly.graph_objects as go

_WIDE = 2.5  # pixels of a line


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
    shape = "hv" if trace.step == "tries" else "linear"
    ends = _at_the_end(scene, step)
    for at, line in enumerate(trace.lines):
        colour = hue(line.slot, theme)
        shown = line.values[:step]
        figure.add_trace(
            go.Scatter(
                x=steps[:step],
                y=shown,
                mode="lines",
                line={**stroke(line.slot, theme, _WIDE), "shape": shape},
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
                    # Where several end at one point, those below stand out as rings.
                    marker={
                        "size": 9 + 6 * sum(at in ends[other] for other in range(at + 1, len(ends))),
                        "color": colour,
                        "line": {"color": theme.paper, "width": 1},
                    },
                    hoverinfo="skip",
                )
            )
    for first, last, members in together(scene, step):
        for place, at in enumerate(members):
            figure.add_trace(
                go.Scatter(
                    x=steps[first : last + 1],
                    y=trace.lines[at].values[first : last + 1],
                    mode="lines",
                    line={
                        "color": hue(trace.lines[at].slot, theme),
                        "width": _WIDE,
                        "shape": shape,
                        "dash": _turns(place, len(members)),
                    },
                    hoverinfo="skip",
                )
            )
    if np.isfinite(trace.truth):  # last, so that its dashes lie on a line that hits it
        figure.add_trace(
            go.Scatter(
                x=[1, scene.steps],
                y=[trace.truth, trace.truth],
                mode="lines",
                line={"color": theme.text, "width": 1.5, "dash": "dash"},
                hoverinfo="skip",
            )
        )
    tick = {"size": 12, "color": theme.muted}
    figure.update_layout(
        **blank(
            theme, height, hovermode="closest", dragmode=False, margin={"l": 44, "r": 76, "t": 24, "b": 34}
        ),
        annotations=[*_ends(scene, step, theme), heading(trace.title, theme)],
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


def together(scene: Scene, step: int) -> list[tuple[int, int, tuple[int, ...]]]:
    """Stretches on which lines coincide: first and last position, and which lines.

    Args:
        scene: What the story shows.
        step: Steps that are drawn.
    """
    found: list[tuple[int, int, tuple[int, ...]]] = []
    for at in range(step - 1):
        for members in _equal(scene, slice(at, at + 2)):
            if found and (found[-1][1], found[-1][2]) == (at, members):
                found[-1] = (found[-1][0], at + 1, members)
            else:
                found.append((at, at + 1, members))
    return found


def _equal(scene: Scene, steps: slice) -> list[tuple[int, ...]]:
    """Lines that lie on each other at all of these steps, by the eye: within a hundredth of the axis."""
    low, high = _span(scene)
    near = 0.01 * (high - low)
    values = [line.values[steps] for line in scene.trace.lines]
    left, found = list(range(len(values))), []
    while left:
        same = [at for at in left if np.all(np.abs(values[at] - values[left[0]]) <= near)]
        if len(same) > 1:
            found.append(tuple(same))
        left = [at for at in left[1:] if at not in same]
    return found


def _at_the_end(scene: Scene, step: int) -> list[tuple[int, ...]]:
    """For every line those that stand at the same point after this step, itself among them."""
    groups = _equal(scene, slice(step - 1, step))
    return [next((one for one in groups if at in one), (at,)) for at in range(len(scene.trace.lines))]


def _turns(place: int, of: int) -> str:
    """Dashes by which lines at the same place take turns.

    Example:
        >>> _turns(0, 2), _turns(1, 2)
        ('0px,0px,7px,7px', '0px,7px,7px,0px')
    """
    return f"0px,{7 * place}px,7px,{7 * (of - place - 1)}px"


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
    same = "".join(
        f" {listed([trace.lines[at].name for at in members])} coincide."
        for members in _equal(scene, slice(step - 1, step))
    )
    return f"{trace.title} after {step} {unit(scene)[step > 1]}: {said}.{same}{strip}"


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


def heading(title: str, theme: Theme) -> dict[str, Any]:
    """The title of a chart, above its upper left corner."""
    return {
        "text": safe(title, 80),
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
