"""Small static drawings for reports and pictures: where everything stands; templates write it as SVG."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.number_format import number
from ..charts.theme import letter

WIDTH, HEIGHT = 360, 260  # of a map, in pixels
DOTS = 3_000
_MARGIN = 8
_LEFT, _LONG = 30.0, 520.0  # the axis of a strip


def png(alpha: NDArray[np.uint8], colour: tuple[int, int, int] = (128, 134, 144)) -> bytes:
    """A PNG of one colour whose opacity is given per pixel, shape (height, width), uint8."""
    height, width = alpha.shape
    pixels = np.empty((height, width, 4), np.uint8)
    pixels[..., :3] = colour
    pixels[..., 3] = alpha
    raw = np.zeros((height, 1 + 4 * width), np.uint8)  # each line begins with its filter: none
    raw[:, 1:] = pixels.reshape(height, -1)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    packed = zlib.compress(raw.tobytes(), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def placed(xy: NDArray[np.float32]) -> NDArray[np.float64]:
    """Coordinates moved into the drawing, shape (n, 2); up is up."""
    flat = np.asarray(xy, np.float64)
    low, high = flat.min(axis=0), flat.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    inner = np.array([WIDTH - 2 * _MARGIN, HEIGHT - 2 * _MARGIN])
    found: NDArray[np.float64] = (flat - low) / span * inner + _MARGIN
    found[:, 1] = HEIGHT - found[:, 1]
    return found


def backdrop(xy: NDArray[np.float32]) -> str:
    """All rows as a grey picture, PNG in base64, for below every map; every row is in it.

    Points of up to 20,000 rows are opaque enough for 3 : 1 on both grounds; beyond, they lie upon each other
    and the picture is a density, whose thin parts are fainter.
    """
    at = np.floor(placed(xy) * 2).astype(np.int64)
    counts = np.zeros((2 * HEIGHT, 2 * WIDTH), np.int64)
    wide = 4 if len(xy) < 2_000 else 3 if len(xy) < 20_000 else 2
    for dx in range(wide):
        for dy in range(wide):
            if wide < 4 or (dx % 3, dy % 3) != (0, 0):  # larger points lose their corners
                np.add.at(counts, (at[:, 1] + dy - wide // 2, at[:, 0] + dx - wide // 2), 1)
    least = 235 if len(xy) < 20_000 else 110
    alpha = np.where(counts > 0, np.minimum(255, least + 40 * np.log2(np.maximum(counts, 1))), 0)
    return base64.b64encode(png(alpha.astype(np.uint8))).decode()


@dataclass(frozen=True)
class MapDrawing:
    """A subset on the map of all rows.

    Args:
        slot, title: The subset.
        rows, chosen: Rows of the data set and of the subset.
        dots: Where its rows stand, at most `DOTS` of them, shape (dots, 2).
        radius: Of a dot.
        lettered: Whether its letter stands beside its title; not where it was compared with no other.
    """

    slot: int
    title: str
    rows: int
    chosen: int
    dots: list[list[float]]
    radius: float
    lettered: bool = True


def map_of(
    xy: NDArray[np.float32], rows: Rows, slot: int, title: str, *, lettered: bool = True
) -> MapDrawing:
    """A subset on the map of all rows."""
    shown = np.sort(rows)[np.linspace(0, len(rows) - 1, min(DOTS, len(rows))).astype(np.int64)]
    radius = 2.2 if len(shown) > 600 else 3.0
    return MapDrawing(slot, title, len(xy), len(rows), placed(xy)[shown].tolist(), radius, lettered)


def lanes(places: Iterable[float], apart: float) -> list[int]:
    """The lane of each mark, so that none covers another.

    Args:
        places: Ascending.
        apart: Marks of one lane stand further from each other than this.

    Example:
        >>> lanes([0.0, 5.0, 12.0], 10)
        [0, 1, 0]
    """
    ends: list[float] = []
    found = []
    for place in places:
        lane = next((at for at, end in enumerate(ends) if place - end > apart), len(ends))
        ends[lane:] = [place, *ends[lane + 1 :]]
        found.append(lane)
    return found


@dataclass(frozen=True)
class Row:
    """One metric beside its random band.

    Args:
        label: Its name with the arrow of its direction.
        sentence: What it means.
        unit: Unit of the values.
        low, high: The band, 2.5 to 97.5 percentiles; NaN where there is none.
        values: Slot → value.
        strong: Slots beyond the band, drawn filled; the rest hollow.
        lower: Lower is better, so the axis runs from right to left: right is always better.
        means: The band of means of several random subsets, where it stands beside the other.
        reach: Both bands in words, as whose they are.
        own: Slot → what random subsets of its own size reach, where that is another size.
        higher: Higher is better.
    """

    label: str
    sentence: str
    unit: str
    low: float
    high: float
    values: Mapping[int, float]
    strong: frozenset[int] = frozenset()
    lower: bool = False
    means: tuple[float, float] | None = None
    reach: str = ""
    own: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    higher: bool = False

    @property
    def better(self) -> bool | None:
        """Whether higher values are better; None where neither way is."""
        return True if self.higher else False if self.lower else None


@dataclass(frozen=True)
class StripDrawing:
    """One metric as a strip: the band as an area, each subset as a letter on the same axis.

    Args:
        words: The same in words.
        height: Of the drawing.
        bands: Class, x and width of the areas.
        own: Slot, x and width of what random subsets of a subset's own size reach.
        marks: Slot, x, y and whether it is drawn filled.
        ends: x, anchor and words of the two numbers below the axis.
    """

    words: str
    height: int
    bands: list[tuple[str, float, float]]
    own: list[tuple[int, float, float]]
    marks: list[tuple[int, float, int, bool]]
    ends: list[tuple[float, str, str]]


def strip(row: Row) -> StripDrawing | None:
    """A metric as a strip; None where no subset has a value."""
    known = [value for value in row.values.values() if np.isfinite(value)]
    if not known:
        return None
    edges = [value for value in (row.low, row.high) if np.isfinite(value)]
    there = len(edges) == 2
    edges += [end for ends in row.own.values() for end in ends] + list(row.means or ())
    low, high = min(known + edges), max(known + edges)
    pad = 0.06 * (high - low) or max(abs(high) * 0.05, 1e-9)
    low, high = low - pad, high + pad

    def x(value: float) -> float:
        share = (value - low) / (high - low)
        return _LEFT + (1 - share if row.lower else share) * _LONG

    def area(ends: tuple[float, float]) -> tuple[float, float]:
        start, end = sorted(map(x, ends))
        return start, max(2.0, end - start)

    bands = [("b", *area((row.low, row.high)))] if there else []
    bands += [("n", *area(row.means))] if row.means else []
    places = sorted((x(value), slot) for slot, value in row.values.items() if np.isfinite(value))
    lined = lanes((place for place, _ in places), 17)
    words = ", ".join(_mark_words(row, slot, value) for slot, value in sorted(row.values.items()))
    return StripDrawing(
        f"{row.label}: {words}" + (f"; {row.reach}" if row.reach and there else ""),
        34 + 17 * (max(lined) + 1) + 19,
        bands,
        [(slot, *area(ends)) for slot, ends in sorted(row.own.items())],
        [
            (slot, place, 34 + 17 * lane, slot in row.strong)
            for (place, slot), lane in zip(places, lined, strict=True)
        ],
        [
            (x(value), "start" if x(value) < _LEFT + _LONG / 2 else "end", number(value, row.unit))
            for value in (low + pad, high - pad)
        ],
    )


def _mark_words(row: Row, slot: int, value: float) -> str:
    """A subset's value, and its side of chance where it lies beyond it."""
    said = f"{letter(slot)} {number(value, row.unit)}"
    if slot not in row.strong:
        return said
    above = value > sum(row.own.get(slot, (row.low, row.high))) / 2
    if row.better is None:
        return f"{said} ({'higher' if above else 'lower'} than chance)"
    return f"{said} ({'better' if above == row.better else 'worse'} than chance)"


@dataclass(frozen=True)
class GroupBar:
    """A group: the data set as a bar, each subset as a mark.

    Args:
        name: Of the group.
        share: Of the data set, in words.
        width: Of the bar.
        marks: Slot and x of every subset that has rows.
        words: Their shares in words.
    """

    name: str
    share: str
    width: float
    marks: list[tuple[int, float]]
    words: str


def bars(
    names: Sequence[str],
    shares: NDArray[np.float64],
    held: NDArray[np.float64],
    left: float = 4,
    width: float = 300,
    slots: Sequence[int | None] | None = None,
) -> tuple[list[GroupBar], float]:
    """Group composition, largest groups first, and the share that is as long as the whole width.

    Args:
        names: Group names.
        shares: Share of each group in the data set, shape (groups,).
        held: Share of each group in each subset, shape (groups, subsets); NaN where one has no rows.
        left: Where bars begin.
        width: Of the longest bar or the farthest mark.
        slots: The slot of each subset, None for one without a letter; without them the first is A.
    """
    most = max(float(shares.max(initial=0)), float(np.max(held, initial=0, where=np.isfinite(held))), 1e-9)
    placed_in = range(held.shape[1]) if slots is None else slots
    made = []
    for at in np.argsort(-shares, kind="stable"):
        known = [
            (slot, float(value))
            for slot, value in zip(placed_in, held[at], strict=True)
            if np.isfinite(value)
        ]
        made.append(
            GroupBar(
                names[at],
                f"{100 * shares[at]:.1f} %",
                float(shares[at]) / most * width,
                [(slot or 0, left + value / most * width) for slot, value in known],
                ", ".join(
                    f"{'' if slot is None else letter(slot) + ' '}{100 * value:.1f} %"
                    for slot, value in known
                )
                or "no subset",
            )
        )
    return made, most
