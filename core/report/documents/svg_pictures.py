"""Pictures of a comparison for papers and slides: SVG files made here, without a browser."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from ...foundation.wording import count
from ...model.derived import Layout
from ..charts.strips_of_result import own_size_words
from ..charts.theme import LIGHT, Slot, Theme, letter, with_letters
from .html_report import held_shares, metric_rows
from .rendering import colours_of, render
from .svg_drawings import HEIGHT, WIDTH, backdrop, bars, lanes, map_of, strip

if TYPE_CHECKING:
    from ...analysis.comparison.comparison import Comparison

_HEAD = 26  # above a map, for its name
_WIDE = 580
_LEFT = 200  # of the bars of groups
_LINE = 22  # height of a row of groups


def comparison_pictures(
    comparison: Comparison, layout: Layout | None, theme: Theme = LIGHT
) -> dict[str, bytes]:
    """SVG pictures by file name: one map per subset, the headline metrics, the groups.

    Every colour is written out, so that any program shows them; the ground is transparent.

    Args:
        comparison: The comparison; first seeds are drawn.
        layout: The map; None leaves the maps out.
        theme: Colours: light for paper, dark for dark slides.
    """
    colours = colours_of(theme)
    made: dict[str, str] = {}
    image = "" if layout is None else backdrop(layout.xy)
    for at, result in enumerate(comparison.results):
        if layout is None or not result.selections:
            continue
        rows, name = result.selections[0].rows, result.name
        made[f"map-{letter(at)}-{_slug(result.choice.id)}.svg"] = render(
            "picture_map.svg",
            title=f"{letter(at)} · {name}: {len(rows):,} of {count(len(layout.xy), 'row')}",
            width=WIDTH,
            height=HEIGHT + _HEAD,
            colours=colours,
            head=_HEAD,
            image=image,
            map=map_of(layout.xy, rows, at, name),
        )
    for file, values in (("metrics.svg", _strips(comparison)), ("groups.svg", _groups(comparison))):
        if values is not None:
            made[file] = render(f"picture_{file}", width=_WIDE, colours=colours, **values)
    return {name: body.encode() for name, body in made.items()}


def _strips(comparison: Comparison) -> dict[str, object] | None:
    top, strips = 0, []
    for row in metric_rows(comparison):
        drawn = strip(row)
        if drawn is not None:
            strips.append((top, row.label, drawn))
            top += drawn.height + 20
    if not strips:
        return None
    chance = f"Grey: 95 in 100 of {comparison.band.size} {comparison.beside}"
    faint = " (a preview)" if comparison.preview else "; hollow: within reach of chance"
    narrow = (
        f"; stronger: of means of {comparison.seeds[-1]}, for means of seeds"
        if len(comparison.seeds) > 1
        else ""
    )
    told = f"{_named(comparison)}. {chance}{narrow}; right is better{faint}.{own_size_words(comparison)}"
    return {
        "title": "Metrics beside the random band",
        "height": top + 14 + 16 * (1 + len(told) // 84),
        "strips": strips,
        "bottom": top + 14,
        "lines": textwrap.wrap(told, 84),
    }


def _groups(comparison: Comparison) -> dict[str, object] | None:
    if comparison.composition is None:
        return None
    names, shares, counts = comparison.composition
    drawn, most = bars(names, shares, held_shares(counts), _LEFT, _WIDE - 220)
    rows = []
    for line, bar in enumerate(drawn):
        marks = sorted((x, slot) for slot, x in bar.marks)
        lined = lanes((x for x, _ in marks), 9)  # a little below one another
        name = bar.name if len(bar.name) <= 30 else bar.name[:29] + "…"
        placed = [(slot, x, lane) for (x, slot), lane in zip(marks, lined, strict=True)]
        rows.append((8 + line * _LINE, name, bar.width, placed))
    bottom = 8 + len(drawn) * _LINE
    told = "Grey: the data set. " + _named(comparison)
    return {
        "title": "Groups of the subsets",
        "height": bottom + 34 + 16 * (1 + len(told) // 70),
        "rows": rows,
        "left": _LEFT,
        "bottom": bottom,
        "most": f"{100 * most:.3g} %",
        "lines": textwrap.wrap(told, 84),
    }


def _named(comparison: Comparison) -> str:
    """The strategies with their letters, in a row."""
    return ", ".join(with_letters([Slot(at, result.name) for at, result in enumerate(comparison.results)]))


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-") or "subset"
