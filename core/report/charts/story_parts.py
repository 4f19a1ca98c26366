"""What both kinds of pictures of a teaching story share: titles, sizes and numbers of picks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...stories.scene import ScenePanel
from .theme import PAPER, Theme, letter, note, safe

TITLE = 44
"""Above each picture, pixels: its name and one line of what it holds."""
SHAPES = ("circle", "square", "diamond", "triangle-up")
"""Marks of groups, where labels are told by shape."""
_ROOM = 11.0  # pixels
NEWEST = 3
"""Picks that carry their number; the numbers of all would hide each other."""


def titles(panel: ScenePanel, step: int, left: float, theme: Theme) -> list[dict[str, Any]]:
    """The name of a subset and what it holds after a step, above its picture.

    Args:
        panel: The subset.
        step: Picks so far.
        left: Where its picture begins, as a share of the drawing area.
        theme: Colours.
    """
    name = f"<b>{letter(panel.slot)} · {safe(panel.label)}</b>"
    place: dict[str, Any] = {"refs": PAPER, "stands": "bottom"}
    return [
        {**note(name, left, 1, theme.text, "left", 14, **place), "yshift": 19},
        {
            **note(safe(panel.captions[step - 1]), left, 1, theme.text, "left", 12, **place),
            "yshift": 1,
        },
    ]


def numbers(sizes: NDArray[np.float64], newest: int = NEWEST) -> list[str]:
    """What stands on each pick, oldest first: a number on the newest, where its mark has room.

    Args:
        sizes: Diameters of the marks in pixels.
        newest: How many carry a number.

    Example:
        >>> numbers(np.array([10.0, 10, 15, 8, 17]))
        ['', '', '3', '', '5']
    """
    first = len(sizes) - newest
    return [str(at + 1) if at >= first and size >= _ROOM else "" for at, size in enumerate(sizes)]


def diameters(count: int, older: float, newest: int = NEWEST) -> NDArray[np.float64]:
    """Diameters of picks in pixels, oldest first: room for a number on the newest, the last larger still.

    Example:
        >>> diameters(5, 9.0, 2).tolist()
        [9.0, 9.0, 9.0, 14.5, 17.0]
    """
    found = np.full(count, older)
    found[-newest:] = 14.5
    found[-1:] = 17.0
    return found
