"""What many draws of a teaching story come to: every value, and in which draws its event comes true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...foundation.number_format import number
from ...stories.scene import Repeats, Scene
from .story_trace import heading, told, unit
from .theme import Theme, blank, box, hue, letter, note, rule

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROW = 0.34  # half the height of a row of dots
_WORDS = 172  # pixels to the right for what the rows come to


def repeats(scene: Scene, step: int, *, theme: Theme, height: int = 150) -> go.Figure:
    """One row of dots per subset, a dot per draw: full where the event came true, this draw's larger.

    Only the row that the event speaks of has hollow dots. Grey is what 95 % of random subsets reach.

    Args:
        scene: What the story shows; with `repeats`.
        step: Picks so far of this draw.
        theme: Colours.
        height: Pixels.
    """
    import plotly.graph_objects as go

    found, trace = _counted(scene), scene.trace
    rows = len(found.values)
    # The same place in every row, spread evenly over its height: the golden section (Weyl).
    lift = ((np.arange(found.values.shape[1]) * 0.6180339887) % 1 - 0.5) * 2 * _ROW
    figure = go.Figure()
    shapes: list[dict[str, Any]] = []
    if trace.low is not None and trace.high is not None:
        ends = float(trace.low[-1]), float(trace.high[-1])
        shapes.append(box(ends, (-0.5, rows - 0.5), theme.band))
    if np.isfinite(trace.truth):
        truth = rule((trace.truth,) * 2, (-0.5, rows - 0.5), theme.text, 1.5, dash="dash")
        shapes.append({**truth, "layer": "above"})
    notes = [heading(f"{trace.title} in {_draws(found)} · large: this one · grey: random", theme)]
    for at, (line, values) in enumerate(zip(trace.lines, found.values, strict=True)):
        level, colour = rows - 1.0 - at, hue(line.slot, theme)
        full = found.came if at == found.slot else np.ones(len(values), bool)
        figure.add_trace(
            go.Scatter(
                x=values,
                y=level + lift,
                mode="markers",
                marker={
                    "size": 5,
                    "color": [colour if one else theme.paper for one in full],
                    "line": {"color": colour, "width": 1},
                    "opacity": 1 if at == found.slot else 0.6,
                },
                hoverinfo="skip",
            )
        )
        now = float(line.values[step - 1])
        if np.isfinite(now):
            figure.add_trace(
                go.Scatter(
                    x=[now],
                    y=[level],
                    mode="markers",
                    marker={"size": 13, "color": colour, "line": {"color": theme.text, "width": 2}},
                    hovertext=[
                        f"{line.title}, this draw after {step} {unit(scene)[step > 1]}: {told(now, False)}"
                    ],
                    hoverinfo="text",
                    cliponaxis=False,
                )
            )
        words = f"half within {_off(scene, values)} of the truth"
        if at == found.slot:
            words = f"<b>● {_times(found)}</b><br>{words}"
        notes.append(
            {
                **note(words, 1, level, theme.text, "left", 12, refs=("paper", "y")),
                "xshift": 8,
                "align": "left",
            }
        )
    tick = {"size": 12, "color": theme.muted}
    every = np.concatenate(
        [found.values.ravel(), *(part[-1:] for part in (trace.low, trace.high) if part is not None)]
    )
    pad = 0.03 * float(every.max() - every.min())
    figure.update_layout(
        **blank(
            theme,
            height,
            hovermode="closest",
            dragmode=False,
            margin={"l": 24, "r": _WORDS, "t": 24, "b": 22},
        ),
        annotations=notes,
        shapes=shapes,
        xaxis={
            "range": [float(every.min()) - pad, float(every.max()) + pad],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "tickfont": tick,
            "nticks": 10,
        },
        yaxis={
            "range": [-0.5, rows - 0.5],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "tickvals": [rows - 1 - at for at in range(rows)],
            "ticktext": [f"<b>{line.name}</b>" for line in trace.lines],
            "tickfont": {"size": 13, "color": theme.text},
        },
    )
    return figure


def repeats_alt(scene: Scene, step: int) -> str:
    """What `repeats` shows, in words; another sentence at every step."""
    found, trace = _counted(scene), scene.trace
    now = "; ".join(f"{line.title} {told(float(line.values[step - 1]), False)}" for line in trace.lines)
    rows = "; ".join(
        f"{line.name} lies between {number(float(low))} and {number(float(high))}, half of them within "
        f"{_off(scene, values)} of the truth"
        for line, values, (low, high) in zip(
            trace.lines, found.values, np.percentile(found.values, [2.5, 97.5], axis=1).T, strict=True
        )
    )
    strip = ""
    if trace.low is not None and trace.high is not None:
        low, high = (number(float(part[-1])) for part in (trace.low, trace.high))
        strip = f" 95 % of random subsets lie between {low} and {high}."
    return (
        f"{trace.title} after {step} {unit(scene)[step > 1]} of this draw: {now}. In 95 % of "
        f"{_draws(found)}: {rows}. {letter(found.slot)} is {_times(found)}.{strip}"
    )


def _counted(scene: Scene) -> Repeats:
    assert scene.repeats is not None
    return scene.repeats()


def _draws(found: Repeats) -> str:
    return f"{found.values.shape[1]} draws"


def _times(found: Repeats) -> str:
    return f"{found.words} in {int(found.came.sum())} of {found.values.shape[1]}"


def _off(scene: Scene, values: np.ndarray) -> str:
    """The median distance from the truth."""
    return f"{float(np.median(np.abs(values - scene.trace.truth))):.2f}"
