"""Small pictures of a few kilobytes: a map as dots by group, nothing else; a page of text."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ..charts.colouring import hues_of
from ..charts.theme import LIGHT

WIDE, HIGH = 160, 100
_DOTS = 700
_EDGE = 6.0
_OTHER = "#8A8781"
_LINES = (62, 0, 118, 104, 112, 46, 0, 96, 30)  # of a page: how long each is, 0 between paragraphs
_SVG = "http://www.w3.org/2000/svg"


def map_thumbnail(xy: NDArray[np.float32], codes: Rows) -> bytes:
    """SVG of a layout, at most 700 dots, legible on a light and on a dark ground.

    Args:
        xy: Coordinates of all rows, float (n, 2).
        codes: Group of each row, int (n,); the first ten have a colour, the rest and −1 are grey.

    Example:
        >>> made = map_thumbnail(np.array([[0, 0], [1, 1]], np.float32), np.array([0, -1]))
        >>> made[:4], made.count(b"<circle")
        (b'<svg', 2)
    """
    shown = np.linspace(0, len(xy) - 1, min(_DOTS, len(xy))).round().astype(np.int64)
    low, high = np.percentile(xy, 0.5, axis=0), np.percentile(xy, 99.5, axis=0)
    room = np.array([WIDE, HIGH]) - 2 * _EDGE
    scale = float((room / np.maximum(high - low, 1e-9)).min())
    middle = (low + high) / 2
    at = (xy[shown] - middle) * scale * [1, -1] + np.array([WIDE, HIGH]) / 2
    inside = ((at > 0) & (at < [WIDE, HIGH])).all(axis=1)
    hues = [*hues_of(LIGHT), _OTHER]
    named = np.where((codes >= 0) & (codes < len(hues) - 1), codes, len(hues) - 1)[shown]
    picture = _empty()
    for (x, y), code in zip(at[inside].tolist(), named[inside].tolist(), strict=True):
        SubElement(picture, "circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r="1.5", fill=hues[code])
    return tostring(picture)


def page_thumbnail() -> bytes:
    """SVG of a page of text, for a sample whose rows, and so its map, are others on every machine.

    Example:
        >>> page_thumbnail().count(b"<rect")
        7
    """
    picture = _empty()
    for at, long in enumerate(_LINES):
        if long:
            place = {"x": "20", "y": str(12 + 9 * at), "width": str(long), "height": "3", "rx": "1.5"}
            SubElement(picture, "rect", place, fill=_OTHER)
    return tostring(picture)


def _empty() -> Element:
    return Element("svg", xmlns=_SVG, viewBox=f"0 0 {WIDE} {HIGH}", width=str(WIDE), height=str(HIGH))
