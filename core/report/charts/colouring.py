"""The colours of points on a map: what they stand for, by category or by value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from .theme import Theme

HUES = 10
_LIGHT = (
    "#0072B2",
    "#C47F00",
    "#008F68",
    "#D55E00",
    "#B5568A",
    "#2B93D1",
    "#857400",
    "#6B4FA0",
    "#8C4B2F",
    "#C22F4E",
)
_DARK = (
    "#4C9FE0",
    "#E69F00",
    "#1FBF92",
    "#F0803C",
    "#CC79A7",
    "#7FCBF2",
    "#D9CF3A",
    "#A993E0",
    "#C98F6E",
    "#F2708A",
)


@dataclass(frozen=True)
class Colouring:
    """What the colour of a point says.

    Args:
        title: What it stands for: "groups", or a column.
        codes: For categories: index into `names`, int16, shape (n,).
        names: Categories as shown; the last may be "other" or "missing".
        colours: One per name.
        values: For numbers: float32, NaN where missing.
        behind: The code that steps back into grey and is drawn first; None where none does.
        highlight: All but one category steps back.
    """

    title: str
    codes: NDArray[np.int16] | None = None
    names: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    values: NDArray[np.float32] | None = None
    behind: int | None = None
    highlight: bool = False


def hues_of(theme: Theme) -> tuple[str, ...]:
    """Ten hues for categories, legible on the theme's paper."""
    return _DARK if theme.name == "dark" else _LIGHT


def by_category(
    title: str, codes: Rows, names: Sequence[str], theme: Theme, *, missing: bool = True
) -> Colouring:
    """Colours for categories: ten hues for the smallest, grey for the largest and for missing cells (−1).

    Of more than ten values it is the largest that share the grey: they are seen anyway, and a rare one would
    vanish among them.

    Args:
        title: What the categories are.
        codes: Shape (n,), −1 where missing.
        names: One per code.
        theme: Light or dark.
        missing: Whether missing cells have a name and colour of their own where there are any.

    Example:
        >>> from core.report.charts.theme import LIGHT
        >>> found = by_category("kind", np.array([0, 1, 1, -1]), ["a", "b"], LIGHT)
        >>> found.names, found.codes.tolist()
        (('b', 'a', 'missing'), [1, 0, 0, 2])
    """
    sizes = np.bincount(codes[codes >= 0], minlength=len(names))
    ranked = [int(code) for code in np.argsort(-sizes, kind="stable") if sizes[code]]
    top = ranked[-HUES:]
    shown = [names[code] for code in top]
    colours = list(hues_of(theme)[: len(top)])
    place = np.full(len(names) + 1, -1, np.int16)
    place[top] = np.arange(len(top))
    behind = None
    if len(ranked) > len(top):
        behind = len(shown)
        place[ranked[:-HUES]] = behind
        shown.append(_largest(len(ranked) - HUES))
        colours.append(theme.grey)
    if missing and bool((codes < 0).any()):
        place[-1] = len(shown)
        shown.append("missing")
        colours.append(theme.edge)
    return Colouring(title, place[codes], tuple(shown), tuple(colours), behind=behind)


def _largest(many: int) -> str:
    """What the values are called that share the grey.

    Example:
        >>> _largest(1), _largest(5)
        ('the largest one', 'the 5 largest')
    """
    return "the largest one" if many == 1 else f"the {many:,} largest"


def by_highlight(title: str, codes: Rows, name: str, code: int, theme: Theme) -> Colouring:
    """One category in colour, all others in grey behind it.

    Args:
        title: What the categories are.
        codes: Shape (n,), −1 where missing.
        name: Of the highlighted one.
        code: Its code.
        theme: Light or dark.

    Example:
        >>> from core.report.charts.theme import LIGHT
        >>> found = by_highlight("kind", np.array([0, 2, -1]), "rare", 2, LIGHT)
        >>> found.names, found.codes.tolist()
        (('rare', 'all others'), [1, 0, 1])
    """
    there = np.where(codes == code, 0, 1).astype(np.int16)
    colours = (hues_of(theme)[3], theme.grey)
    return Colouring(title, there, (name, "all others"), colours, behind=1, highlight=True)


# Cividis (Nuñez, Anderton & Renslow 2018), nine stops; each theme leaves out the end that its paper hides.
_CIVIDIS = (
    "#00224E",
    "#1F3A6D",
    "#434E6C",
    "#5F636E",
    "#7D7C78",
    "#9B9476",
    "#BCAE6C",
    "#DFCB5D",
    "#FEE838",
)


def value_range(values: NDArray[np.float32]) -> tuple[float, float]:
    """The 2nd and 98th percentile of the known values, which the ends of the scale stand for; never equal.

    Example:
        >>> value_range(np.array([5, 5, np.nan], np.float32))
        (4.5, 5.5)
    """
    known = values[np.isfinite(values)]
    low, high = (float(one) for one in np.quantile(known, (0.02, 0.98))) if len(known) else (0.0, 1.0)
    return (low - 0.5, high + 0.5) if low == high else (low, high)


def value_steps(values: NDArray[np.float32], steps: int) -> NDArray[np.uint8]:
    """Which of some steps of the scale each value takes, uint8; the step after the last where it is missing.

    Example:
        >>> value_steps(np.array([0, 1, 2, np.nan, 99], np.float32), 4).tolist()
        [0, 0, 0, 4, 3]
    """
    low, high = value_range(values)
    known = np.isfinite(values)
    place = (np.where(known, values, low) - low) / (high - low) * steps
    return np.where(known, np.clip(place, 0, steps - 1), steps).astype(np.uint8)


def ramp(theme: Theme, steps: int) -> tuple[str, ...]:
    """Colours of the scale from low to high.

    Example:
        >>> from core.report.charts.theme import LIGHT
        >>> ramp(LIGHT, 3)
        ('#00224E', '#6E7073', '#DFCB5D')
    """
    stops = _CIVIDIS[2:] if theme.name == "dark" else _CIVIDIS[:-1]
    channels = np.array([[int(stop[at : at + 2], 16) for at in (1, 3, 5)] for stop in stops], np.float64)
    places = np.linspace(0, len(stops) - 1, steps)
    mixed = [np.interp(places, np.arange(len(stops)), channel) for channel in channels.T]
    return tuple(
        f"#{int(r + 0.5):02X}{int(g + 0.5):02X}{int(b + 0.5):02X}" for r, g, b in zip(*mixed, strict=True)
    )


def by_value(title: str, values: NDArray[np.float64]) -> Colouring:
    """Colours for numbers: a perceptual scale between the 2nd and 98th percentile."""
    return Colouring(title, values=np.asarray(values, np.float32))
