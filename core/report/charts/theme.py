"""Colours of every figure in the light and the dark theme, letters of subsets, safe text, and blank figures.

Subsets carry one hue per slot, A to H, the same on every page; the data set is grey, the random band a soft
strip. Hues follow Okabe and Ito (2008), darkened on white until each has a contrast of at least 3 : 1.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...foundation.wording import apart

ThemeName = Literal["light", "dark"]
SLOTS = "ABCDEFGH"
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "2px,5px", "10px,3px,2px,3px,2px,3px")
SHAPES = ("circle", "square", "diamond", "triangle-up", "cross", "x", "triangle-down", "star")
FONT = '"Source Sans Pro", "Source Sans", "Segoe UI", sans-serif'


@dataclass(frozen=True)
class Theme:
    """Colours of one theme, as hexadecimal RGB.

    Args:
        name: "light" or "dark".
        paper: What the figure stands on.
        text, muted: Writing, and writing that steps back.
        grey: The data set.
        band: The random band as an area.
        edge: Outline of the band, axes, thin rules.
        hues: One colour per slot, A first.
        low, high: Ends of the sequential scale of heat matrices.
    """

    name: ThemeName
    paper: str
    text: str
    muted: str
    grey: str
    band: str
    edge: str
    hues: tuple[str, ...]
    low: str
    high: str


LIGHT = Theme(
    name="light",
    paper="#FFFFFF",
    text="#2F2D2B",
    muted="#615E5A",
    grey="#908D88",
    band="#E0DEDA",
    edge="#B9B6B0",
    hues=("#C47F00", "#2B93D1", "#008F68", "#D55E00", "#0072B2", "#B5568A", "#857400", "#1A1A1A"),
    low="#F4F3F1",
    high="#1F5A94",
)
DARK = Theme(
    name="dark",
    paper="#171614",
    text="#EDEBE8",
    muted="#ADAAA5",
    grey="#85827D",
    band="#3C3935",
    edge="#625E58",
    hues=("#E69F00", "#56B4E9", "#1FBF92", "#E8702A", "#4C8FD6", "#CC79A7", "#F0E442", "#FFFFFF"),
    low="#22201E",
    high="#7FB8EE",
)


def theme_of(name: str) -> Theme:
    """The colours of a theme; anything but "dark" is light."""
    return DARK if name == "dark" else LIGHT


def hue(slot: int, theme: Theme) -> str:
    """The colour of a slot; the ninth starts again at A."""
    return theme.hues[slot % len(theme.hues)]


def stroke(slot: int, theme: Theme, width: float) -> dict[str, Any]:
    """The line of a slot as Plotly takes it: hue and dash, so that lines are not told apart by colour alone.

    Example:
        >>> stroke(1, LIGHT, 2.0)
        {'color': '#2B93D1', 'width': 2.0, 'dash': 'dash'}
    """
    return {"color": hue(slot, theme), "width": width, "dash": DASHES[slot % len(DASHES)]}


def shape(slot: int) -> str:
    """The mark of a slot on its line, as Plotly names it.

    Example:
        >>> shape(0), shape(9)
        ('circle', 'square')
    """
    return SHAPES[slot % len(SHAPES)]


def letter(slot: int) -> str:
    """The name of a slot.

    Example:
        >>> letter(0), letter(7), letter(8)
        ('A', 'H', 'A2')
    """
    again = slot // len(SLOTS)
    return SLOTS[slot % len(SLOTS)] + (str(again + 1) if again else "")


def luminance(colour: str) -> float:
    """Relative luminance of a hexadecimal colour, 0 (black) to 1 (white); WCAG 2.2."""

    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21; WCAG 2.2.

    Example:
        >>> round(contrast("#000000", "#FFFFFF"))
        21
    """
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on a colour."""
    return max(("#000000", "#FFFFFF"), key=lambda ink: contrast(ink, colour))


def mix(low: str, high: str, share: float) -> str:
    """The colour `share` of the way from one to another.

    Example:
        >>> mix("#000000", "#FFFFFF", 0.5)
        '#808080'
    """
    pairs = [(int(low[at : at + 2], 16), int(high[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(one * (1 - share) + other * share):02X}" for one, other in pairs)


def safe(text: object, width: int = 60) -> str:
    """Text of unknown origin made fit for a figure: one line, cut to `width`, nothing read as markup.

    Example:
        >>> safe("<b>x</b> & $y$")
        '&lt;b&gt;x&lt;/b&gt; &amp; &#36;y&#36;'
    """
    line = " ".join(str(text).split())
    if len(line) > width:
        line = line[: width - 1].rstrip() + "…"
    return html.escape(line, quote=False).replace("$", "&#36;")


def blank(theme: Theme, height: int, **layout: Any) -> dict[str, Any]:
    """Layout that all figures share: no paper colour, our font, no margins, nothing to configure."""
    return {
        "height": height,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 14, "color": theme.text},
        "hoverlabel": {
            "bgcolor": theme.paper,
            "bordercolor": theme.edge,
            "font": {"family": FONT, "size": 13, "color": theme.text},
            "align": "left",
        },
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": theme.muted, "activecolor": theme.text},
        "showlegend": False,
        **layout,
    }


def note(
    text: str,
    x: float,
    y: float,
    colour: str,
    anchor: str,
    size: int,
    *,
    refs: tuple[str, str] = ("x", "y"),
    stands: str = "middle",
) -> dict[str, Any]:
    """Writing at a place: an annotation without arrow.

    Args:
        text: The words, escaped already.
        x: Place across, in units of its reference.
        y: Place upwards, in units of its reference.
        colour: Colour of the letters.
        anchor: What of the words is at `x`: left, center or right.
        size: Height of the letters in pixels.
        refs: What places are measured in: an axis, or ``"paper"`` for shares of the drawing area.
        stands: What of the words is at `y`: top, middle or bottom.
    """
    return {
        "text": text,
        "x": x,
        "y": y,
        "xref": refs[0],
        "yref": refs[1],
        "xanchor": anchor,
        "yanchor": stands,
        "showarrow": False,
        "font": {"size": size, "color": colour},
    }


Ends = tuple[float, float]
"""Two places along one axis."""


def box(
    x: Ends,
    y: Ends,
    fill: str = "",
    *,
    line: Mapping[str, Any] | None = None,
    opacity: float | None = None,
    refs: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """A rectangle behind the marks.

    Args:
        x, y: Its sides, in units of their references.
        fill: Its colour; "" for an outline alone.
        line: Colour and width of the outline; None for none.
        opacity: Of the whole; None for all of it.
        refs: As in `note`; None for the first axes.
    """
    return {
        **_between("rect", x, y, refs),
        **({"fillcolor": fill} if fill else {}),
        **({} if opacity is None else {"opacity": opacity}),
        "line": {"width": 0} if line is None else dict(line),
    }


def rule(
    x: Ends, y: Ends, colour: str, width: float, *, dash: str = "", refs: tuple[str, str] | None = None
) -> dict[str, Any]:
    """A straight line behind the marks, from one end to the other.

    Args:
        x, y: Where it begins and ends, in units of their references.
        colour: Its colour.
        width: In pixels.
        dash: Plotly's name of a broken line; "" for a whole one.
        refs: As in `note`; None for the first axes.
    """
    line = {"color": colour, "width": width, **({"dash": dash} if dash else {})}
    return {**_between("line", x, y, refs), "line": line}


def _between(kind: str, x: Ends, y: Ends, refs: tuple[str, str] | None) -> dict[str, Any]:
    made = {"type": kind, "x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1], "layer": "below"}
    return made if refs is None else {**made, "xref": refs[0], "yref": refs[1]}


BESIDE_CAMERA = {"xshift": -32}
"""What keeps writing at the upper right corner clear of the chart's camera, merged into a `note`."""

PAPER = ("paper", "paper")
"""Places as shares of the drawing area, for `note`, `box` and `rule`."""


@dataclass(frozen=True)
class Slot:
    """A subset as figures show it.

    Args:
        slot: 0 for A, 1 for B, and so on; decides letter and hue.
        label: Its name.
    """

    slot: int
    label: str

    @property
    def letter(self) -> str:
        """A to H."""
        return letter(self.slot)

    @property
    def title(self) -> str:
        """Letter and name, escaped."""
        return f"{self.letter} · {safe(self.label, 30)}"


def with_letters(shown: Sequence[Slot]) -> list[str]:
    """Letter and name of each, as they stand in a list of a sentence; see `core.foundation.wording.apart`.

    Example:
        >>> with_letters([Slot(0, "Random"), Slot(1, "k-center")])
        ['A Random', 'B k-center']
    """
    return [f"{one.letter} {label}" for one, label in zip(shown, apart(s.label for s in shown), strict=True)]


def wrapped(text: str, width: int = 60) -> str:
    """Escaped text broken into lines for a hover label."""
    return "<br>".join(safe(line, width + 1) for line in textwrap.wrap(text, width))


def lettered(
    slot: Slot, x: float, y: float, told: Sequence[str], filled: bool, theme: Theme, **more: Any
) -> dict[str, Any]:
    """A subset's dot with its letter, as what `add_scatter` takes: filled, or hollow with a rim.

    Args:
        slot: Whose it is.
        x, y: Where it stands, in data units.
        told: Lines on hover, escaped already.
        filled: Whether it says more than luck; each figure says what of.
        theme: Colours.
        more: What else the trace is told, over what is set here.
    """
    colour = hue(slot.slot, theme)
    return {
        "x": [x],
        "y": [y],
        "mode": "markers+text",
        "text": [f"<b>{slot.letter}</b>"],
        "textfont": {"size": 11, "color": ink_on(colour) if filled else theme.text},
        "marker": {
            "size": 19,
            "color": colour if filled else theme.paper,
            "line": {"color": colour, "width": 2.5},
        },
        "hovertext": ["<br>".join(told)],
        "hoverinfo": "text",
        "name": slot.title,
        "cliponaxis": False,
        **more,
    }
