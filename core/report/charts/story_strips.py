"""The picture of a teaching story whose points have one value each: a strip per group, a lane per subset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...stories.scene import Scene, ScenePanel
from .story_parts import TITLE, diameters, numbers, titles
from .theme import PAPER, Theme, blank, box, hue, ink_on, letter, note, rule, safe

if TYPE_CHECKING:
    import plotly.graph_objects as go

_LEFT, _RIGHT = 0.1, 0.93  # between them the strips; beside them names of groups and counts of picks
_OLDER = 8.0  # pixels


def strips(scene: Scene, step: int, *, theme: Theme, height: int) -> go.Figure:
    """All points of a group along one axis, and what each subset has picked of them in a lane of its own.

    Args:
        scene: What the story shows; x is the value, y the number of the strip from below, give or take 0.3.
        step: Picks to show, 1 to ``scene.steps``.
        theme: Colours.
        height: Pixels.
    """
    import plotly.graph_objects as go

    count = len(scene.names)
    span = (_LEFT, _RIGHT)
    values = scene.xy[:, 0].astype(np.float64)
    pad = 0.03 * float(values.max() - values.min())
    figure = go.Figure(_population(scene, theme))
    notes: list[dict[str, Any]] = []
    shapes = [box(span, (0, 1), line={"color": theme.edge, "width": 1}, refs=PAPER)]
    shapes += [rule(span, (at + 0.5,) * 2, theme.edge, 1, refs=("paper", "y")) for at in range(count - 1)]
    for code, name in enumerate(scene.names):
        notes.append(
            note(f"<b>{safe(name)}</b>", _LEFT - 0.01, _middle(scene, code), theme.text, "right", 13,
                 refs=("paper", "y"))
        )  # fmt: skip
    for at, panel in enumerate(scene.panels):
        figure.add_trace(_picks(scene, panel, at, step, theme))
        notes += titles(panel, step, _LEFT + at * (1 - _LEFT) / len(scene.panels), theme)
        picked = np.bincount(scene.codes[panel.picks(step)], minlength=count)
        notes += [
            note(f"<b>{letter(panel.slot)} {held}</b>", _RIGHT + 0.01, _lane(scene, code, at),
                 hue(panel.slot, theme), "left", 12, refs=("paper", "y"))
            for code, held in enumerate(picked)
        ]  # fmt: skip
    truth = {guide.values[step - 1] for panel in scene.panels for guide in panel.guides if guide.truth}
    shapes += [
        rule((value,) * 2, (0, 1), theme.text, 1.6, dash="dash", refs=("x", "paper")) for value in truth
    ]
    tick = {"size": 12, "color": theme.muted}
    figure.update_layout(
        **blank(
            theme, height, hovermode="closest", dragmode=False, margin={"l": 0, "r": 0, "t": TITLE, "b": 36}
        ),
        annotations=notes,
        shapes=shapes,
        xaxis={
            "domain": span,
            "range": [float(values.min()) - pad, float(values.max()) + pad],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "ticks": "outside",
            "ticklen": 3,
            "tickcolor": theme.edge,
            "tickfont": tick,
            "title": {"text": safe(scene.strips), "font": tick, "standoff": 2},
        },
        yaxis={"visible": False, "fixedrange": True, "range": [-0.5, count - 0.5]},
    )
    return figure


def _middle(scene: Scene, code: int) -> float:
    """The strip of a group; the first group's is the uppermost."""
    return float(len(scene.names) - 1 - code)


def _lane(scene: Scene, code: int, at: int) -> float:
    """Where a subset's picks of a group lie: lanes divide the strip evenly, the first subset's uppermost."""
    return _middle(scene, code) + 0.5 - (at + 0.5) / len(scene.panels)


def _population(scene: Scene, theme: Theme) -> Any:
    import plotly.graph_objects as go

    return go.Scatter(
        x=scene.xy[:, 0],
        y=scene.xy[:, 1],
        mode="markers",
        marker={"size": 5, "color": theme.grey, "opacity": 0.4},
        hoverinfo="skip",
    )


def _picks(scene: Scene, panel: ScenePanel, at: int, step: int, theme: Theme) -> Any:
    import plotly.graph_objects as go

    rows = panel.picks(step)
    colour = hue(panel.slot, theme)
    size = diameters(len(rows), _OLDER, 1)  # in a narrow strip three numbers would lie on each other
    ring = np.ones(len(rows))
    ring[-1] = 2.5
    return go.Scatter(
        x=scene.xy[rows, 0],
        # Not in line, or picks of nearly the same value would look like one.
        y=[
            _lane(scene, code, at) + 0.3 * (float(scene.xy[row, 1]) - _middle(scene, code))
            for row, code in zip(rows, scene.codes[rows].tolist(), strict=True)
        ],
        mode="markers+text",
        text=numbers(size, 1),
        textfont={"size": 9.5, "color": ink_on(colour)},
        marker={
            "size": size,
            "opacity": 1,
            "color": colour,
            "line": {"color": [theme.paper] * (len(rows) - 1) + [theme.text], "width": ring},
        },
        hovertext=[
            f"{letter(panel.slot)}, pick {place + 1}, {safe(scene.names[scene.codes[row]])}, "
            f"{safe(scene.strips)} {scene.xy[row, 0]:.1f}"
            for place, row in enumerate(rows)
        ],
        hoverinfo="text",
        cliponaxis=False,
    )
