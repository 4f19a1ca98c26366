"""A comparison to hand on: one HTML file with live charts that needs no network, and its tables as CSV."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from ...analysis.comparison.unmeasured import in_words, main_metrics
from ...foundation.wording import count
from ..charts.strips_of_result import own_size_words
from ..charts.theme import DARK, LIGHT, Shown, Theme, letter
from .html_report import (
    asked,
    chance_words,
    escape,
    grid,
    metrics_grid,
    narrow_words,
    page,
    pairs,
    provenance,
    said,
    section,
)
from .svg_drawings import badge

if TYPE_CHECKING:
    import pandas as pd

    from ...analysis.comparison.result import Comparison
    from ...model.derived import Layout
    from ...study.artifacts import Artifacts

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; "
    # Drawing on the graphics card compiles its programs in the page; nothing may be fetched.
    "script-src 'unsafe-inline' 'unsafe-eval'"
)
_DRAW = """
const dark = matchMedia('(prefers-color-scheme: dark)');
function draw() {
  for (const one of CHARTS) {
    const look = dark.matches ? one.dark : one.light;
    Plotly.react(one.id, look.data, look.layout, {
      responsive: true, displaylogo: false, doubleClick: 'reset',
      modeBarButtonsToRemove: ['select2d', 'lasso2d', 'autoScale2d'],
      toImageButtonOptions: {format: 'png', scale: 2, filename: one.id},
    });
  }
}
dark.addEventListener('change', draw);
draw();
"""
_TEXT = 150_000  # bytes of everything in the file but the drawing library and the points of the maps
_POINT = 2 * 8 * 4 / 3  # bytes of a point: both themes, two single-precision numbers, base64


class _Charts:
    """Charts of a page: each leaves a place in the text, and all are drawn at the end."""

    def __init__(self) -> None:
        self._made: list[str] = []

    def add(self, name: str, light: Any, dark: Any, alt: str) -> str:
        """The place of a chart."""
        looks = [figure.to_json(engine="orjson") for figure in (light, dark)]
        self._made.append(f'{{"id":"{name}","light":{looks[0]},"dark":{looks[1]}}}')
        height = int(light.layout.height or 400)
        return f'<div id="{name}" role="img" aria-label="{escape(alt)}" style="height:{height}px"></div>'

    def script(self) -> str:
        """The drawing library, the charts and what draws them."""
        from plotly.offline import get_plotlyjs

        # Inside a script only "<" could end it early; in JSON it may be written otherwise.
        body = ",".join(self._made).replace("<", "\\u003c").replace("\u2028", "").replace("\u2029", "")
        return f"<script>{get_plotlyjs()}</script><script>const CHARTS=[{body}];{_DRAW}</script>"


def interactive_size(rows: int, subsets: int) -> int:
    """About how many bytes `interactive_report` writes, without writing it."""
    import plotly

    from ..charts.map_panels import grey_shown

    library = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    points = grey_shown(rows, subsets) * max(subsets, 1)
    return int(library.stat().st_size + _TEXT + points * _POINT)


def interactive_report(study: Artifacts, found: Comparison, layout: Layout | None = None) -> str:
    """A comparison as one HTML page with live charts: sentences, maps, strips, groups, overlap, recipe.

    It asks no network and holds no text of single rows. Text that people gave is escaped; the page's own
    policy lets nothing be fetched. Light and dark follow the reader's system.

    Args:
        study: Data set and recipe that were compared.
        found: The comparison, whole or partial.
        layout: The map; None leaves the maps out.
    """
    from ..charts import figures
    from .notebook_display import strips_figure

    names = [result.name for result in found.results]
    shown = [Shown(at, name) for at, name in enumerate(names)]
    charts = _Charts()

    def both(name: str, make: Any, alt: str) -> str:
        return charts.add(name, make(LIGHT), make(DARK), alt)

    told = "".join(
        f"<li>{badge(at)} <b>{escape(name)}</b>: {escape(found.sentence(at))}</li>"
        for at, name in enumerate(names)
    )
    maps = ""
    if layout is not None:
        subsets = [
            (one, result.selections[0].rows if result.selections else None)
            for one, result in zip(shown, found.results, strict=True)
        ]
        n = len(study.data)
        grey = figures.grey_shown(n, len(subsets))
        maps = both(
            "maps",
            lambda theme: figures.maps(layout.xy, subsets, theme=theme, waiting="did not run"),
            figures.maps_alt(n, subsets),
        )
        maps += (
            f"<p class=muted>Grey: {grey:,} of {count(n, 'row')} shown; every chosen row is drawn (first "
            "seed). "
            f"Map: {escape(layout.method.upper())}, for looking only.</p>"
        )
    strips = ""
    if any(result.means for result in found.results) and found.headlines:
        strips = both(
            "strips",
            lambda theme: strips_figure(found, None, theme.name),
            f"Metrics of {len(names)} subsets beside the random band; the table below says the same.",
        )
    size = chance_words(found)
    kind = (
        f"Beside {size}: values only, no verdicts."
        if found.preview
        else f"Strip: where 95 in 100 of {size} lie.{narrow_words(found)}{own_size_words(found)} Right is "
        "better. Filled: beyond what luck reaches, all metrics and strategies considered; hollow: "
        f"{found.band.nothing}."
    )
    option = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
    recipe = orjson.dumps(study.recipe.to_json(), option=option).decode()
    part = " So far: it was stopped before everything was compared." if found.partial else ""
    return page(
        f"{len(names)} strategies at {found.asked}",
        [
            "<noscript><p>The charts need JavaScript; sentences and tables do not.</p></noscript>",
            f"<p class=muted>{escape(study.data.name)}.{part}</p>",
            section("In one sentence each", f"<ul>{told}</ul>"),
            section("On the map", maps),
            section(
                "Beside chance",
                f"<p class=muted>{kind}</p>",
                strips,
                said(in_words(found, main_metrics())),
                f"<details><summary>All metrics in numbers</summary>{metrics_grid(found)}"
                f"{said(in_words(found))}</details>",
            ),
            section("Groups", *_groups(study, found, shown, both)),
            section("Overlap", *_overlap(found, shown, both)),
            section("What was asked", pairs(asked(study, found.population)), _runs(found)),
            section("Where it comes from", _here(study)),
            section(
                "How to repeat it",
                "<p>Save the recipe as recipe.json, then:</p>"
                "<pre>aliquot run recipe.json --data DATA --out DIR</pre>",
                f"<details><summary>Recipe</summary><pre>{escape(recipe)}</pre></details>",
            ),
            charts.script(),
        ],
        policy=POLICY,
    )


def _here(study: Artifacts) -> str:
    from ...foundation.environment import environment

    return provenance(study, environment())


def _runs(found: Comparison) -> str:
    from ...foundation.durations import show_took
    from ...model.registry import written_all

    rows = [
        (
            letter(at),
            result.name,
            written_all(result.choice.params),
            len(result.selections),
            show_took(result.seconds, result.estimated) if result.selections else f"not run: {result.reason}",
        )
        for at, result in enumerate(found.results)
    ]
    return grid(["", "Strategy", "Parameters", "Runs", "Time"], rows)


def _groups(study: Artifacts, found: Comparison, shown: Sequence[Shown], both: Any) -> Iterable[str]:
    from ..charts import figures

    table = found.composition_table()
    if found.composition is None or table is None:
        return
    names, shares, counts = found.composition
    sizes = np.rint(shares * found.population).astype(np.int64)
    pins = study.rows_of(study.recipe.pins, "pinned")
    groups = study.groups() if len(pins) else None
    pinned = np.zeros(len(sizes), np.int64)
    if groups is not None:
        pinned = np.bincount(groups.codes[pins], minlength=len(sizes)).astype(np.int64)
    low, high = figures.chance_shares(sizes, found.budget, pinned)
    parts = [
        figures.Part(name, float(own), float(least), float(most))
        for name, own, least, most in zip(names, shares, low, high, strict=True)
    ]
    holds = [
        figures.Shares(one, counts[:, at] / len(result.selections[0]))
        for at, (one, result) in enumerate(zip(shown, found.results, strict=True))
        if result.selections
    ]
    if holds:
        yield both(
            "groups",
            lambda theme: figures.composition(parts, holds, theme=theme),
            figures.composition_alt(parts, holds),
        )
        yield (
            "<p class=muted>Tick: the data set. Strip: what 95 in 100 random subsets "
            f"{figures.of_budget(found)}hold, each group taken alone. Dots: the subsets, first seed.</p>"
        )
    rows = [
        [row.iloc[0], f"{100 * float(row.iloc[1]):.1f} %", *[f"{int(value):,}" for value in row.iloc[2:]]]
        for _, row in table.iterrows()
    ]
    heads = ["Group", "Data set", *[f"{one.letter} {one.label}" for one in shown]]
    yield f"<details><summary>Rows of each group</summary>{grid(heads, rows)}</details>"


def _overlap(found: Comparison, shown: Sequence[Shown], both: Any) -> Iterable[str]:
    from ..charts import figures

    here = [at for at, result in enumerate(found.results) if result.selections]
    if len(here) < 2:
        return
    part = np.ix_(here, here)
    chosen = [shown[at] for at in here]

    def make(theme: Theme) -> Any:
        return figures.overlap(found.overlap[part], found.overlap_chance[part], chosen, theme=theme)

    yield both("overlap", make, figures.overlap_alt(found.overlap[part], chosen))
    yield (
        "<p class=muted>Rows in both as a share of rows in either (Jaccard), first seeds; below it what two "
        "random subsets of these sizes share.</p>"
    )


# ---- tables ----------------------------------------------------------------------------------------


def comparison_tables(study: Artifacts, found: Comparison) -> dict[str, bytes]:
    """The numbers of a comparison as CSV files by name: metrics, groups, overlap, and every chosen row.

    ``rows.csv`` has one line per strategy, seed and chosen row: rank (1 is first), id (or the row's key where
    there is no id column), design weight and times drawn, empty where there is none. Cells that a spreadsheet
    would run as a formula are neutralised as in every export.
    """
    import pandas as pd

    from ...data.row_ids import ids_of

    ids = ids_of(study.data)
    rows: list[pd.DataFrame] = []
    for at, result in enumerate(found.results):
        for chosen in result.selections:
            count = len(chosen)
            rows.append(
                pd.DataFrame(
                    {
                        "subset": letter(at),
                        "strategy": result.choice.id,
                        "label": result.name,
                        "seed": chosen.seed,
                        "rank": np.arange(1, count + 1),
                        "id": [str(ids[row]) for row in chosen.rows],
                        "weight": np.full(count, np.nan) if chosen.weight is None else chosen.weight,
                        "drawn": np.ones(count, np.int64)
                        if chosen.multiplicity is None
                        else chosen.multiplicity,
                    }
                )
            )
    made = {"metrics.csv": found.metrics_table(), "rows.csv": pd.concat(rows) if rows else pd.DataFrame()}
    groups = found.composition_table()
    if groups is not None:
        made["groups.csv"] = groups
    if len(found.results) > 1:
        made["overlap.csv"] = found.overlap_table().rename_axis("strategy").reset_index()
    return {name: _csv(frame) for name, frame in sorted(made.items())}


def _csv(frame: pd.DataFrame) -> bytes:
    import pyarrow as pa
    import pyarrow.csv as writer

    from ...data.export import neutralise

    if not len(frame.columns):
        return b""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    fields = [
        pa.field(one.name, pa.string() if pa.types.is_large_string(one.type) else one.type)
        for one in table.schema
    ]
    safe, _ = neutralise(table.cast(pa.schema(fields)).replace_schema_metadata(None))
    sink = io.BytesIO()
    writer.write_csv(safe, sink)
    return sink.getvalue()
