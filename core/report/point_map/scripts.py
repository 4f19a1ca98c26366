"""The script, the markup and the style of the map: plain JavaScript, nothing else is loaded.

The parts are separate files for readers and one module for the browser. A page shows it as a component
(`pages.ui.shared.point_map`).

What the script is given, one JSON-able object (all files are addresses that it fetches once):

- ``place``, ``revision``: which map, and of which layout; part and zoom are remembered under both.
- ``points``: files of places, uint16 (x, y) in row order, in one or more parts; ``codes``: files of one uint8
  a row, in the same parts.
- ``extent``: (x0, x1, y0, y1) of the layout that 0 and 65535 stand for; geometry goes back in its units.
- ``names``, ``colours``, ``ranks``: of each code; higher ranks are drawn over lower ones.
- ``shown``, ``picked``, ``lit``: files of bitmaps of rows, or null.
- ``cells``: one or more views: ``title``, ``note``, ``letter``, ``hue``, ``rows`` (a file of uint32),
  ``colours`` and ``says`` of each code.
- ``chosen``: whether cells show chosen rows over all others; ``select``: whether rows can be drawn around;
  ``listens``: whether a click on one says something.
- ``ring``, ``pins``, ``bans``: rows with a mark; ``circles``: how many rows of ``lit`` get one.
- ``labels``: names at places. ``legend``: what colours say.
- ``about``: address of what is told of one row, with ROW in place of its number.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PARTS = (
    "view.js",
    "raster.js",
    "webgl.js",
    "nearest.js",
    "labels.js",
    "map_content.js",
    "map_drawing.js",
    "map_pointer.js",
    "map.js",
)


@cache
def script() -> str:
    """The JavaScript module; its default export mounts or updates the map.

    Example:
        >>> "export default function" in script()
        True
    """
    return "\n".join(_text(name) for name in _PARTS)


@cache
def markup() -> str:
    """The HTML that the script fills."""
    return _text("map.html")


@cache
def style() -> str:
    """The CSS of the map."""
    return _text("map.css")


def _text(name: str) -> str:
    return (Path(__file__).parent / name).read_text("utf-8")
