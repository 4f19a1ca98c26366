"""What the map draws as bytes: 4 a row for its place, 1 for its colour, 1 bit for being selected.

Rows are packed in canonical order, which is by hash: the first of them are a random part of all, so they can
be shown before the rest has come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ..charts.colouring import Colouring, ramp, value_steps
from ..charts.theme import Theme

STEPS = 64
"""Colours of a sequential scale."""
FIRST_PART = 80_000
"""Rows whose places and colours come first: 0.4 MB."""
_TOP = 65_535

Extent = tuple[float, float, float, float]


@dataclass(frozen=True)
class PointColours:
    """The colour of every row.

    Args:
        codes: One per row, uint8, shape (n,).
        names: Of each code, for the pointer; "" where a code is no category.
        colours: Of each code, hexadecimal RGB.
        ranks: Of each code: higher ones are drawn over lower ones, so the smallest is highest.
    """

    codes: NDArray[np.uint8]
    names: tuple[str, ...]
    colours: tuple[str, ...]
    ranks: tuple[int, ...]


def extent_of(xy: NDArray[np.float32]) -> Extent:
    """Lowest and highest x, lowest and highest y; never without width.

    Example:
        >>> extent_of(np.array([[0, 2], [4, 2]], np.float32))
        (0.0, 4.0, 1.5, 2.5)
    """
    found: list[float] = []
    for values in (xy[:, 0], xy[:, 1]):
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        found += [low - 0.5, high + 0.5] if low == high else [low, high]
    return found[0], found[1], found[2], found[3]


def pack_places(xy: NDArray[np.float32], extent: Extent) -> bytes:
    """Places as uint16, little endian, (x, y) per row; off by at most 1 / 131,070 of the extent.

    Example:
        >>> xy = np.array([[0, 2], [4, 2]], np.float32)
        >>> np.frombuffer(pack_places(xy, (0, 4, 1.5, 2.5)), "<u2").tolist()
        [0, 32768, 65535, 32768]
    """
    x0, x1, y0, y1 = extent
    low, wide = np.array([x0, y0], np.float32), np.array([x1 - x0, y1 - y0], np.float32)
    whole = np.floor((xy - low) / wide * np.float32(_TOP) + np.float32(0.5))
    packed: bytes = np.clip(whole, 0, _TOP).astype("<u2").tobytes()
    return packed


def parts_of(n: int, width: int) -> list[slice]:
    """Which bytes of n rows come as a part of their own, `width` bytes a row.

    Example:
        >>> parts_of(1_000, 4), parts_of(1_000_000, 1)
        ([slice(0, 4000, None)], [slice(0, 80000, None), slice(80000, 1000000, None)])
    """
    if n <= 2 * FIRST_PART:
        return [slice(0, n * width)]
    return [slice(0, FIRST_PART * width), slice(FIRST_PART * width, n * width)]


def pack_mask(rows: Rows, n: int) -> bytes:
    """Some of n rows as bits, the first row in the highest bit of the first byte.

    Example:
        >>> pack_mask(np.array([0, 9]), 10).hex()
        '8040'
    """
    mask = np.zeros(n, bool)
    mask[rows] = True
    return np.packbits(mask).tobytes()


def point_colours(colouring: Colouring, n: int, theme: Theme) -> PointColours:
    """What colour each row has: by category, in steps of a scale, or one grey for all.

    Args:
        colouring: What colour says.
        n: Rows.
        theme: Light or dark.

    Example:
        >>> from ..charts.colouring import by_category
        >>> from ..charts.theme import LIGHT
        >>> found = point_colours(by_category("kind", np.array([0, 1, 1]), ["a", "b"], LIGHT), 3, LIGHT)
        >>> found.codes.tolist(), found.names, found.ranks
        ([1, 0, 0], ('b', 'a'), (0, 1))
    """
    if colouring.values is not None:
        colours = (*ramp(theme, STEPS), theme.edge)
        names = ("",) * STEPS + ("missing",)
        return PointColours(value_steps(colouring.values, STEPS), names, colours, (*range(1, STEPS + 1), 0))
    if colouring.codes is None:
        return PointColours(np.zeros(n, np.uint8), ("",), (theme.grey,), (0,))
    codes = colouring.codes.astype(np.uint8)
    return PointColours(codes, colouring.names, colouring.colours, ranks_of(colouring))


def ranks_of(colouring: Colouring) -> tuple[int, ...]:
    """In which order categories are drawn: the largest first, what steps back before all others."""
    assert colouring.codes is not None
    many = len(colouring.names)
    sizes = np.bincount(colouring.codes, minlength=many)
    order = sorted(range(many), key=lambda code: (code != colouring.behind, -sizes[code], code))
    ranks = np.empty(many, np.int64)
    ranks[order] = np.arange(many)
    return tuple(ranks.tolist())
