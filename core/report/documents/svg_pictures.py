"""Pictures of a comparison for papers and slides: SVG files made here, without a browser."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import numpy as np

from ...foundation.wording import count
from ..charts.strips_of_result import own_size_words
from ..charts.theme import FONT, LIGHT, Shown, Theme, letter, with_letters
from .html_report import metric_rows
from .svg_drawings import HEIGHT, WIDTH, backdrop, map_of, strip, style

if TYPE_CHECKING:
    from ...analysis.comparison.result import Comparison
    from ...model.derived import Layout

_HEAD = 26  # above a map or strip, for its name
_WIDE = 580
_LINE = 22  # height of a row of groups


def comparison_pictures(found: Comparison, layout: Layout | None, theme: Theme = LIGHT) -> dict[str, bytes]:
    """SVG pictures by file name: one map per subset, the headline metrics, the groups.

    Every colour is written out, so that any program shows them; the ground is transparent.

    Args:
        found: The comparison; first seeds are drawn.
        layout: The map; None leaves the maps out.
        theme: Colours: light for paper, dark for dark slides.
    """
    made: dict[str, str] = {}
    for at, result in enumerate(found.results):
        if layout is None or not result.selections:
            continue
        rows, name = result.selections[0].rows, result.name
        below = backdrop(layout.xy)
        picture = below[below.index("<defs>") : below.index("</svg>")] + _inner(
            map_of(layout.xy, rows, at, name)
        )
        title = f"{letter(at)} · {name}: {len(rows):,} of {count(len(layout.xy), 'row')}"
        made[f"map-{letter(at)}-{_slug(result.choice.id)}.svg"] = _svg(
            _text(0, 16, title, bold=True) + f'<g transform="translate(0 {_HEAD})">{picture}</g>',
            WIDTH,
            HEIGHT + _HEAD,
            title,
        )
    strips = _strips(found)
    if strips is not None:
        made["metrics.svg"] = strips
    groups = _groups(found)
    if groups is not None:
        made["groups.svg"] = groups
    return {name: _painted(body, theme).encode() for name, body in made.items()}


def _strips(found: Comparison) -> str | None:
    top, parts = 0, []
    for row in metric_rows(found):
        drawn = strip(row)
        if "<svg" not in drawn:
            continue
        box = re.search(r'viewBox="0 0 (\d+) (\d+)"', drawn)
        assert box is not None  # written by `strip`
        parts.append(_text(0, top + 16, row.label, bold=True))
        parts.append(f'<g transform="translate(0 {top + 12})">{_inner(drawn)}</g>')
        top += int(box.group(2)) + 20
    if not parts:
        return None
    names = _named(found)
    chance = f"Grey: 95 in 100 of {found.band.size} {found.beside}"
    faint = " (a preview)" if found.preview else "; faint: within reach of chance"
    narrow = f"; stronger: of means of {found.seeds[-1]}, for means of seeds" if len(found.seeds) > 1 else ""
    told = f"{names}. {chance}{narrow}; right is better{faint}.{own_size_words(found)}"
    parts.append(_lines(told, top + 14))
    return _svg(
        "".join(parts), _WIDE, top + 14 + 16 * (1 + len(told) // 84), "Metrics beside the random band"
    )


def _groups(found: Comparison) -> str | None:
    if found.composition is None:
        return None
    names, shares, counts = found.composition
    totals = counts.sum(axis=0)
    held = np.where(totals > 0, counts / np.maximum(totals, 1), np.nan)
    most = max(float(shares.max(initial=0)), float(np.nanmax(held)) if np.isfinite(held).any() else 0, 1e-9)
    order = np.argsort(-shares, kind="stable")
    left, width = 200, _WIDE - 220
    parts = []
    for line, at in enumerate(order):
        y = 8 + line * _LINE
        name = names[at] if len(names[at]) <= 30 else names[at][:29] + "…"
        parts.append(_text(0, y + 11, name))
        parts.append(
            f'<rect class="b" x="{left}" y="{y + 2}" height="11" rx="2" '
            f'width="{shares[at] / most * width:.1f}"/>'
        )
        lanes: list[float] = []  # marks that would cover each other stand a little below one another
        for value, slot in sorted((value, slot) for slot, value in enumerate(held[at]) if np.isfinite(value)):
            x = left + value / most * width
            lane = next((number for number, end in enumerate(lanes) if x - end > 9), len(lanes))
            lanes[lane:] = [x, *lanes[lane + 1 :]]
            parts.append(f'<circle class="f{slot % 8}" cx="{x:.1f}" cy="{y + 7.5 + 4 * lane:.1f}" r="4.5"/>')
    deep = 8 + len(order) * _LINE
    parts.append(_text(left, deep + 14, f"0 to {100 * most:.3g} % of rows", muted=True))
    told = "Grey: the data set. " + _named(found)
    parts.append(_lines(told, deep + 34))
    return _svg("".join(parts), _WIDE, deep + 34 + 16 * (1 + len(told) // 70), "Groups of the subsets")


def _named(found: Comparison) -> str:
    """The strategies with their letters, in a row."""
    return ", ".join(with_letters([Shown(at, result.name) for at, result in enumerate(found.results)]))


def _inner(drawn: str) -> str:
    """What stands inside the last drawing of a piece of HTML."""
    start = drawn.rindex("<svg")
    return drawn[drawn.index(">", start) + 1 : drawn.rindex("</svg>")]


def _text(x: float, y: float, words: str, *, bold: bool = False, muted: bool = False) -> str:
    weight = ' font-weight="700"' if bold else ""
    kind = ' class="m"' if muted else ""
    return f'<text{kind} x="{x}" y="{y}"{weight}>{html.escape(words, quote=False)}</text>'


def _lines(words: str, y: float) -> str:
    import textwrap

    return "".join(
        _text(0, y + 16 * at, line, muted=True) for at, line in enumerate(textwrap.wrap(words, 84))
    )


def _svg(body: str, width: float, height: float, title: str) -> str:
    """A document of its own; the drawing lies in an inner one, which the shared style addresses."""
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><title>{html.escape(title)}</title>'
        f"<style>{style()}</style><svg {size}>{body}</svg></svg>\n"
    )


def _painted(body: str, theme: Theme) -> str:
    """The drawing with its colours written out: many programs do not know variables in styles."""
    colours = {f"h{at}": hue for at, hue in enumerate(theme.hues)}
    named = ("paper", "text", "muted", "grey", "band", "edge")
    colours |= {name: getattr(theme, name) for name in named}
    rules = style()
    shapes = rules[rules.index("svg text") - len(":root ") :].replace(":root ", "")
    body = body.replace(f"<style>{rules}</style>", f"<style>{shapes}</style>")
    body = re.sub(r"var\(--(\w+)\)", lambda found: colours[found.group(1)], body)
    return body.replace(FONT.replace('"', "'"), "'Source Sans Pro', 'Segoe UI', Arial, sans-serif")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-") or "subset"
