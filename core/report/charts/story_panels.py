"""The picture of a teaching story: picks in order over a small population."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...stories.scene import Scene, ScenePanel
from .story_parts import SHAPES, TITLE, diameters, numbers, titles
from .story_strips import strips
from .story_trace import unit
from .theme import PAPER, Theme, blank, box, hue, ink_on, letter, mix, safe

if TYPE_CHECKING:
    import plotly.graph_objects as go

_GAP = 0.02  # between pictures beside each other, of the width
_OLDER = 9.5  # pixels; smaller than the newest, so that they cover less of what they were picked from
_GROUP_HUES = (1, 5, 6, 2)  # slots whose hues, muted, tell groups apart


def story(scene: Scene, step: int, *, theme: Theme, height: int = 330) -> go.Figure:
    """The population with the first `step` picks of every subset, unlike subsets side by side, or in strips.

    All pictures share their axes, and one unit is as long across as it is up, so circles are round.

    Args:
        scene: What the story shows.
        step: Picks to show, 1 to ``scene.steps``.
        theme: Colours.
        height: Pixels.
    """
    import plotly.graph_objects as go

    if scene.strips:
        return strips(scene, step, theme=theme, height=height)
    count = len(scene.panels)
    width = (1 - (count - 1) * _GAP) / count
    low, high = _frame(scene)
    figure = go.Figure()
    layout: dict[str, Any] = blank(theme, height, hovermode="closest", dragmode=False)
    layout["margin"] = {"l": 0, "r": 0, "t": TITLE, "b": 0}
    notes: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    for at, panel in enumerate(scene.panels):
        axis = "" if at == 0 else str(at + 1)
        left = at * (width + _GAP)
        common = {"visible": False, "fixedrange": True}
        layout[f"xaxis{axis}"] = {
            **common,
            "domain": [left, left + width],
            "anchor": f"y{axis}",
            "range": [low[0], high[0]],
            "constrain": "range",
        }
        layout[f"yaxis{axis}"] = {
            **common,
            "anchor": f"x{axis}",
            "range": [low[1], high[1]],
            "scaleanchor": f"x{axis}",
            "constrain": "range",
        }
        for trace in [*_population(scene, theme), *_names(scene, theme)]:
            figure.add_trace(trace.update(xaxis=f"x{axis}", yaxis=f"y{axis}"))
        for trace in _picks(scene, panel, step, theme):
            figure.add_trace(trace.update(xaxis=f"x{axis}", yaxis=f"y{axis}"))
        notes += titles(panel, step, left, theme)
        shapes += _circles(scene, panel, step, axis, theme)
        lines, said = _guides(panel, step, axis, theme)
        shapes += lines
        notes += said
        shapes.append(box((left, left + width), (0, 1), line={"color": theme.edge, "width": 1}, refs=PAPER))
    figure.update_layout(**layout, annotations=notes, shapes=shapes)
    return figure


def story_alt(scene: Scene, step: int) -> str:
    """What `story` shows, in words; another sentence at every step."""
    what = unit(scene)[0] if step == 1 else scene.trace.step
    said = "; ".join(
        f"{letter(panel.slot)} {panel.label}: {panel.captions[step - 1]}" for panel in scene.panels
    )
    return f"{len(scene.xy)} points after {step} of {scene.steps} {what}. {said}."


# ---- parts of the picture ----------------------------------------------------------------------------


def _frame(scene: Scene) -> tuple[Any, Any]:
    every = scene.xy if scene.extra is None else np.concatenate([scene.xy, scene.extra.xy])
    low, high = every.min(axis=0).astype(np.float64), every.max(axis=0).astype(np.float64)
    pad = 0.05 * float((high - low).max())
    return low - pad, high + pad


def _tint(code: int, names: int, theme: Theme) -> str:
    """Grey where there is one group, else a hue half way to grey."""
    if names < 2:
        return theme.grey
    return mix(hue(_GROUP_HUES[code % len(_GROUP_HUES)], theme), theme.grey, 0.55)


def _population(scene: Scene, theme: Theme) -> list[Any]:
    import plotly.graph_objects as go

    made = []
    for code in range(len(scene.names)):
        own = scene.codes == code
        made.append(
            go.Scatter(
                x=scene.xy[own, 0],
                y=scene.xy[own, 1],
                mode="markers",
                marker={
                    "size": 4,
                    "color": _tint(code, len(scene.names), theme),
                    "symbol": SHAPES[code % len(SHAPES)],
                },
                hoverinfo="skip",
            )
        )
    if scene.extra is not None:
        codes = np.zeros(len(scene.extra.xy), np.int64) if scene.extra.codes is None else scene.extra.codes
        for code in np.unique(codes):
            own = codes == code
            shape = "x-thin" if scene.extra.codes is None else f"{SHAPES[code % len(SHAPES)]}-open"
            made.append(
                go.Scatter(
                    x=scene.extra.xy[own, 0],
                    y=scene.extra.xy[own, 1],
                    mode="markers",
                    marker={
                        "size": 8,
                        "symbol": shape,
                        "color": theme.text,
                        "opacity": 0.6,
                        "line": {"width": 1.4, "color": theme.text},
                    },
                    hovertext=safe(scene.extra.label),
                    hoverinfo="text",
                )
            )
    return made


def _picks(scene: Scene, panel: ScenePanel, step: int, theme: Theme) -> list[Any]:
    """Picks in the hue of the slot; the newest larger, with their numbers, the last of them ringed."""
    import plotly.graph_objects as go

    rows = panel.picks(step)
    colour = hue(panel.slot, theme)
    ordered = panel.visible is None
    size = diameters(len(rows), _OLDER) if ordered else np.full(len(rows), 13.0)
    if panel.weight is not None:
        weight = panel.weight[: len(rows)]
        size = np.clip(12.0 * np.sqrt(weight / np.median(panel.weight)), 6.0, 30.0)
    ring = np.full(len(rows), 1.0)
    if ordered:
        ring[-1] = 2.5
    text = numbers(size) if ordered else [""] * len(rows)
    outline = [theme.paper] * (len(rows) - 1) + [theme.text] if ordered else theme.paper
    said = "pick" if ordered else "row"
    return [
        go.Scatter(
            x=scene.xy[rows, 0],
            y=scene.xy[rows, 1],
            mode="markers+text",
            text=text,
            textfont={"size": 9.5, "color": ink_on(colour)},
            marker={
                "size": size,
                "color": colour,
                "opacity": 1 if panel.weight is None else 0.85,
                "line": {"color": outline, "width": ring},
                "symbol": [SHAPES[code % len(SHAPES)] for code in scene.codes[rows]]
                if scene.extra is not None and scene.extra.codes is not None
                else "circle",
            },
            hovertext=[
                f"{said} {at + 1}, {safe(scene.names[scene.codes[row]])}" for at, row in enumerate(rows)
            ],
            hoverinfo="text",
        )
    ]


def _names(scene: Scene, theme: Theme) -> list[Any]:
    """Names at the upper edges of the groups, under the picks."""
    import plotly.graph_objects as go

    if len(scene.names) < 2 or (scene.extra is not None and scene.extra.codes is not None):
        return []
    low, high = _frame(scene)
    made = []
    for code, name in enumerate(scene.names):
        own = scene.xy[scene.codes == code]
        # Above its upper edge, where picks cover it least; a few points far up have it beside them.
        x, y = float(np.median(own[:, 0])), float(np.percentile(own[:, 1], 97))
        where = "top center"
        if y > low[1] + 0.9 * (high[1] - low[1]):
            top = own[int(own[:, 1].argmax())]
            x, y = float(top[0]), float(top[1])
            where = "middle left" if x > (low[0] + high[0]) / 2 else "middle right"
        elif x > low[0] + 0.88 * (high[0] - low[0]):
            where = "middle left"
        halo = ", ".join([f"0 0 3px {theme.paper}"] * 6)
        made.append(
            go.Scatter(
                x=[x],
                y=[y],
                mode="text",
                text=[f"<b>{safe(name)}</b>" + "\u00a0" * (3 if where == "middle left" else 0)],
                textposition=where,
                textfont={"size": 13, "color": theme.text, "shadow": halo},
                hoverinfo="skip",
            )
        )
    return made


def _circles(scene: Scene, panel: ScenePanel, step: int, axis: str, theme: Theme) -> list[dict[str, Any]]:
    if panel.radius is None:
        return []
    radius, colour = float(panel.radius[step - 1]), hue(panel.slot, theme)
    return [
        {
            "type": "circle",
            "xref": f"x{axis}",
            "yref": f"y{axis}",
            "x0": float(x) - radius,
            "x1": float(x) + radius,
            "y0": float(y) - radius,
            "y1": float(y) + radius,
            "line": {"color": _faint(colour, 0.45), "width": 1},
            "fillcolor": _faint(colour, min(0.12, 0.3 / step)),
            "layer": "below",
        }
        for x, y in scene.xy[panel.picks(step)]
    ]


def _faint(colour: str, alpha: float) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {alpha:.3f})"


def _guides(
    panel: ScenePanel, step: int, axis: str, theme: Theme
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    shapes, notes = [], []
    for guide in sorted(
        panel.guides, key=lambda one: one.truth
    ):  # its dashes lie on an estimate that hits it
        value = float(guide.values[step - 1])
        if not np.isfinite(value):
            continue
        colour = theme.muted if guide.truth else hue(panel.slot, theme)
        ink = theme.muted if guide.truth else theme.text
        along, across = ("x", "y") if guide.axis == "x" else ("y", "x")
        shapes.append(
            {
                "type": "line",
                f"{along}ref": f"{along}{axis}",
                f"{across}ref": f"{across}{axis} domain",
                f"{along}0": value,
                f"{along}1": value,
                f"{across}0": 0,
                f"{across}1": 1,
                "line": {
                    "color": colour,
                    "width": 1.6 if guide.truth else 2.4,
                    "dash": "dash" if guide.truth else "solid",
                },
            }
        )
        if guide.label and guide.axis == "x":
            notes.append(
                {
                    "text": safe(guide.label),
                    "xref": f"x{axis}",
                    "yref": f"y{axis} domain",
                    "x": value,
                    "y": 0.0 if guide.truth else 1.0,
                    "xanchor": "right" if guide.before else "left",
                    "yanchor": "bottom" if guide.truth else "top",
                    "xshift": -3 if guide.before else 3,
                    "showarrow": False,
                    "font": {"size": 12, "color": ink},
                    "bgcolor": theme.paper,
                    "opacity": 0.85,
                }
            )
    return shapes, notes
