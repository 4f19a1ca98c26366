"""Small static drawings for reports and notebooks: SVG and PNG made here, no script, no network.

Colours are CSS variables (`style`), so that one drawing serves the light and the dark theme.
"""

from __future__ import annotations

import base64
import html
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.number_words import number
from ...foundation.wording import count
from ..charts.theme import DARK, FONT, LIGHT, Theme, letter

WIDTH, HEIGHT = 360, 260
DOTS = 3_000
_MARGIN = 8


def style(scope: str = ":root") -> str:
    """CSS variables of both themes: the reader's system decides."""

    def block(theme: Theme) -> str:
        hues = "".join(f"--h{at}:{hue};" for at, hue in enumerate(theme.hues))
        return (
            f"--paper:{theme.paper};--text:{theme.text};--muted:{theme.muted};--grey:{theme.grey};"
            f"--band:{theme.band};--edge:{theme.edge};{hues}"
        )

    shapes = "".join(f"{scope} .f{at}{{fill:var(--h{at})}}" for at in range(len(LIGHT.hues)))
    return (
        f"{scope}{{{block(LIGHT)}color-scheme:light dark}}"
        f"@media (prefers-color-scheme:dark){{{scope}{{{block(DARK)}}}}}"
        f"{scope} svg text{{font-family:{FONT.replace(chr(34), chr(39))};fill:var(--text);font-size:12px}}"
        f"{scope} svg .m{{fill:var(--muted)}}{scope} svg .b{{fill:var(--band);stroke:var(--edge)}}"
        f"{scope} svg .e{{stroke:var(--edge);fill:none}}{scope} svg .n{{fill:var(--edge);fill-opacity:.55}}"
        f"{scope} svg .t{{fill:var(--paper);font-weight:700}}{shapes}"
    )


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


def backdrop(xy: NDArray[np.float32], name: str = "rows") -> str:
    """All rows as a grey picture, defined once and used by every map as ``#name``; every row is in it."""
    at = np.floor(placed(xy) * 2).astype(np.int64)
    counts = np.zeros((2 * HEIGHT, 2 * WIDTH), np.int64)
    wide = 5 if len(xy) < 2_000 else 3 if len(xy) < 20_000 else 2
    for dx in range(wide):
        for dy in range(wide):
            if wide < 5 or (dx % 4, dy % 4) != (0, 0):  # larger points lose their corners
                np.add.at(counts, (at[:, 1] + dy - wide // 2, at[:, 0] + dx - wide // 2), 1)
    alpha = np.where(counts > 0, np.minimum(255, 110 + 40 * np.log2(np.maximum(counts, 1))), 0)
    data = base64.b64encode(png(alpha.astype(np.uint8))).decode()
    return (
        f'<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>'
        f'<image id="{name}" width="{WIDTH}" height="{HEIGHT}" href="data:image/png;base64,{data}"/>'
        f"</defs></svg>"
    )


def map_of(xy: NDArray[np.float32], rows: Rows, slot: int, title: str, name: str = "rows") -> str:
    """A subset on the map of all rows. At most `DOTS` rows are drawn, and it says so."""
    shown = np.sort(rows)[np.linspace(0, len(rows) - 1, min(DOTS, len(rows))).astype(np.int64)]
    points = placed(xy)[shown]
    size = 2.2 if len(shown) > 600 else 3.0
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}"/>' for x, y in points)
    less = f" (showing {len(shown):,} of {len(rows):,})" if len(shown) < len(rows) else ""
    said = html.escape(
        f"Map of {count(len(xy), 'row')} in grey with the {count(len(rows), 'row')} of {title} on top"
    )
    return (
        f"<figure><figcaption>{badge(slot)} {html.escape(title)}{less}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{said}">'
        f'<use href="#{name}"/><g class="f{slot % 8}" stroke="var(--paper)" stroke-width=".6">{dots}</g>'
        "</svg></figure>"
    )


def badge(slot: int) -> str:
    """The letter of a subset in its hue."""
    return f'<b class="k h{slot % 8}">{letter(slot)}</b>'


@dataclass(frozen=True)
class Row:
    """One metric beside its random band.

    Args:
        label: Its name with the arrow of its direction.
        sentence: What it means.
        unit: Unit of the values.
        low, high: The band, 2.5 to 97.5 percentiles; NaN where there is none.
        values: Slot → value.
        strong: Slots beyond the band, drawn in full colour; the rest step back.
        lower: Lower is better, so the axis runs from right to left: right is always better.
        means: The band of means of several random subsets, where it stands beside the other.
        reach: Both bands in words, as whose they are.
        own: Slot → what random subsets of its own size reach, where that is another size.
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


def strip(row: Row) -> str:
    """One metric as a strip: the band as an area, each subset as a letter on the same axis."""
    known = [value for value in row.values.values() if np.isfinite(value)]
    edges = [value for value in (row.low, row.high) if np.isfinite(value)]
    there = len(edges) == 2
    bands = ([(row.low, row.high, "b")] if there else []) + ([(*row.means, "n")] if row.means else [])
    if not known:
        return f"<div class=strip><b>{html.escape(row.label)}</b><p>not defined here</p></div>"
    edges += [end for ends in row.own.values() for end in ends] + list(row.means or ())
    low, high = min(known + edges), max(known + edges)
    pad = 0.06 * (high - low) or max(abs(high) * 0.05, 1e-9)
    low, high = low - pad, high + pad
    width, left = 520.0, 30.0

    def x(value: float) -> float:
        share = (value - low) / (high - low)
        return left + (1 - share if row.lower else share) * width

    parts = [f'<line class="e" x1="{left}" x2="{left + width}" y1="34" y2="34"/>']
    for least, most, kind in bands:
        start, end = sorted((x(least), x(most)))
        wide = max(2.0, end - start)
        parts.append(f'<rect class="{kind}" x="{start:.1f}" y="22" width="{wide:.1f}" height="24" rx="3"/>')
    for line, (slot, ends) in enumerate(sorted(row.own.items())):
        start, end = sorted(map(x, ends))
        wide = max(2.0, end - start)
        parts.append(
            f'<rect class="f{slot % 8}" x="{start:.1f}" y="{17 - 4 * line}" width="{wide:.1f}" height="2.5"/>'
        )
    lanes: list[float] = []
    places = sorted((x(value), slot) for slot, value in row.values.items() if np.isfinite(value))
    for place, slot in places:
        lane = next((at for at, end in enumerate(lanes) if place - end > 17), len(lanes))
        lanes[lane:] = [place, *lanes[lane + 1 :]]
        y = 34 + 17 * lane
        faint = "" if slot in row.strong else ' opacity=".55"'
        parts.append(
            f'<g{faint}><circle class="f{slot % 8}" cx="{place:.1f}" cy="{y}" r="8"/>'
            f'<text class="t" x="{place:.1f}" y="{y + 4}" text-anchor="middle">{letter(slot)}</text></g>'
        )
    deep = 34 + 17 * len(lanes) + 13
    for value in (low + pad, high - pad):
        anchor = "start" if x(value) < left + width / 2 else "end"
        parts.append(
            f'<text class="m" x="{x(value):.1f}" y="{deep}" text-anchor="{anchor}">'
            f"{html.escape(number(value, row.unit))}</text>"
        )
    told = ", ".join(
        f"{letter(slot)} {number(value, row.unit)}" for slot, value in sorted(row.values.items())
    )
    span = f"; {row.reach}" if row.reach and there else ""
    return (
        f"<div class=strip><b>{html.escape(row.label)}</b> "
        f"<span class=muted>{html.escape(row.sentence)}</span>"
        f'<svg viewBox="0 0 {left * 2 + width:.0f} {deep + 6}" role="img" '
        f'aria-label="{html.escape(row.label + ": " + told + span)}">{"".join(parts)}</svg></div>'
    )


def bars(
    names: Sequence[str], shares: NDArray[np.float64], held: NDArray[np.float64], limit: int = 14
) -> str:
    """Group composition: the data set as a grey bar, each subset as a mark in its hue.

    Args:
        names: Group names.
        shares: Share of each group in the data set, shape (groups,).
        held: Share of each group in each subset, shape (groups, subsets).
        limit: Groups drawn, largest first; it says how many there are.
    """
    order = np.argsort(-shares, kind="stable")[:limit]
    top = max(float(shares.max(initial=0)), float(np.nanmax(held)) if held.size else 0.0, 1e-9)
    out = []
    for at in order:
        marks = "".join(
            f'<circle class="f{slot % 8}" cx="{value / top * 300 + 4:.1f}" cy="9" r="4.5"/>'
            for slot, value in enumerate(held[at])
            if np.isfinite(value)
        )
        told = ", ".join(f"{letter(slot)} {100 * value:.1f} %" for slot, value in enumerate(held[at]))
        out.append(
            f"<tr><th>{html.escape(names[at])}</th><td>{100 * shares[at]:.1f} %</td><td>"
            f'<svg viewBox="0 0 310 18" width="310" height="18" role="img" aria-label="{told}">'
            f'<rect class="b" x="4" y="4" width="{shares[at] / top * 300:.1f}" height="10" rx="2"/>'
            f"{marks}</svg></td>"
            f"<td class=muted>{told}</td></tr>"
        )
    less = (
        f"<p class=muted>Showing {len(order)} of {len(names)} groups, the largest.</p>"
        if len(order) < len(names)
        else ""
    )
    return (
        "<table><thead><tr><th>Group</th><th>Data set</th><th>Grey: the data set; marks: subsets</th>"
        "<th></th></tr>"
        f"</thead><tbody>{''.join(out)}</tbody></table>{less}"
    )
