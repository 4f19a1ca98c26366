"""A comparison to hand on: one HTML file with live charts that needs no network, and its tables as CSV."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from ...foundation.wording import count
from ...model.derived import Layout
from ...strategies.presets import Preset
from ..charts.strips_of_result import of_budget
from ..charts.theme import DARK, LIGHT, Slot, Theme, letter
from .html_report import comparison_summary, runs
from .rendering import render

if TYPE_CHECKING:
    import pandas as pd

    from ...analysis.comparison.comparison import Comparison
    from ...study.artifacts import Artifacts

_TEXT = 150_000  # bytes of everything in the file but the drawing library and the points of the maps
_POINT = 2 * 8 * 4 / 3  # bytes of a point: both themes, two single-precision numbers, base64


@dataclass(frozen=True)
class _Chart:
    """A live chart: its place in the page, and what draws it there in both themes."""

    id: str
    alt: str
    height: int
    json: str


def _chart(name: str, make: Callable[[Theme], Any], alt: str) -> _Chart:
    light, dark = make(LIGHT), make(DARK)
    looks = [figure.to_json(engine="orjson") for figure in (light, dark)]
    text = f'{{"id":"{name}","light":{looks[0]},"dark":{looks[1]}}}'
    # Inside a script only "<" could end it early; in JSON it may be written otherwise.
    text = text.replace("<", "\\u003c").replace("\u2028", "").replace("\u2029", "")
    return _Chart(name, alt, int(light.layout.height or 400), text)


def interactive_size(rows: int, subsets: int) -> int:
    """About how many bytes `interactive_report` writes, without writing it."""
    import plotly

    from ..charts.map_panels import grey_shown

    library = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    points = grey_shown(rows, subsets) * max(subsets, 1)
    return int(library.stat().st_size + _TEXT + points * _POINT)


def interactive_report(
    study: Artifacts,
    comparison: Comparison,
    layout: Layout | None = None,
    *,
    question: Preset | None = None,
) -> str:
    """A comparison as one HTML page with live charts: answer, maps, strips, groups, overlap, recipe.

    It asks no network and holds no text of single rows. Text that people gave is escaped; the page's own
    policy lets nothing be fetched. Light and dark follow the reader's system.

    Args:
        study: Data set and recipe that were compared.
        comparison: The comparison, whole or partial.
        layout: The map; None leaves the maps out.
        question: What it was made to answer, if that is known.
    """
    from plotly.offline import get_plotlyjs

    from ..charts.map_panels import grey_shown

    shown = [Slot(at, result.name) for at, result in enumerate(comparison.results)]
    charts = {
        "maps": None if layout is None else _maps(study, comparison, layout, shown),
        "strips": _strips(comparison),
        "groups": _groups(study, comparison, shown),
        "overlap": _overlap(comparison, shown),
    }
    table = comparison.composition_table()
    option = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
    return render(
        "live_page.html",
        **comparison_summary(study, comparison, question=question),
        **charts,
        charts=",".join(chart.json for chart in charts.values() if chart is not None),
        library=get_plotlyjs(),
        data=study.data.name,
        partial=comparison.partial,
        preview=comparison.preview,
        rows=len(study.data),
        grey=grey_shown(len(study.data), len(shown)),
        method="" if layout is None else layout.method.upper(),
        nothing=comparison.band.nothing,
        of_budget=of_budget(comparison),
        labels=[f"{one.letter} {one.label}" for one in shown],
        composition=[] if table is None else _shares(table),
        runs=runs(comparison, lambda result: f"not run: {result.reason}"),
        recipe=orjson.dumps(study.recipe.to_json(), option=option).decode(),
    )


def _shares(table: pd.DataFrame) -> list[list[str]]:
    """Groups, their shares of the data set in per cent, their rows in each subset."""
    return [
        [name, f"{100 * float(share):.1f} %", *(f"{int(value):,}" for value in rows)]
        for name, share, *rows in table.itertuples(index=False)
    ]


def _maps(study: Artifacts, comparison: Comparison, layout: Layout, shown: Sequence[Slot]) -> _Chart:
    from ..charts import map_panels

    subsets = [
        (one, result.selections[0].rows if result.selections else None)
        for one, result in zip(shown, comparison.results, strict=True)
    ]
    return _chart(
        "maps",
        lambda theme: map_panels.maps(layout.xy, subsets, theme=theme, waiting="did not run"),
        map_panels.maps_alt(len(study.data), subsets),
    )


def _strips(comparison: Comparison) -> _Chart | None:
    from .notebook_display import strips_figure

    if not comparison.headlines or not any(result.means for result in comparison.results):
        return None
    return _chart(
        "strips",
        lambda theme: strips_figure(comparison, None, theme.name),
        f"Metrics of {count(len(comparison.results), 'subset')} beside the random band; the table below says "
        "the same.",
    )


def _groups(study: Artifacts, comparison: Comparison, shown: Sequence[Slot]) -> _Chart | None:
    from ..charts import composition

    if comparison.composition is None:
        return None
    names, shares, counts = comparison.composition
    sizes = np.rint(shares * comparison.population).astype(np.int64)
    pins = study.rows_of(study.recipe.pins, "pinned")
    groups = study.groups() if len(pins) else None
    pinned = np.zeros(len(sizes), np.int64)
    if groups is not None:
        pinned = np.bincount(groups.codes[pins], minlength=len(sizes)).astype(np.int64)
    low, high = composition.chance_shares(sizes, comparison.budget, pinned)
    parts = [
        composition.Part(name, float(own), float(least), float(most))
        for name, own, least, most in zip(names, shares, low, high, strict=True)
    ]
    holds = [
        composition.Shares(one, counts[:, at] / len(result.selections[0]))
        for at, (one, result) in enumerate(zip(shown, comparison.results, strict=True))
        if result.selections
    ]
    if not holds:
        return None
    return _chart(
        "groups",
        lambda theme: composition.composition(parts, holds, theme=theme),
        composition.composition_alt(parts, holds),
    )


def _overlap(comparison: Comparison, shown: Sequence[Slot]) -> _Chart | None:
    from ..charts import overlap

    here = [at for at, result in enumerate(comparison.results) if result.selections]
    if len(here) < 2:
        return None
    part = np.ix_(here, here)
    chosen = [shown[at] for at in here]
    shares, chance = comparison.overlap[part], comparison.overlap_chance[part]
    return _chart(
        "overlap",
        lambda theme: overlap.overlap(shares, chance, chosen, theme=theme),
        overlap.overlap_alt(shares, chance, chosen),
    )


# ---- tables ----------------------------------------------------------------------------------------


def comparison_tables(study: Artifacts, comparison: Comparison) -> dict[str, bytes]:
    """The numbers of a comparison as CSV files by name: metrics, groups, overlap, and every chosen row.

    ``rows.csv`` has one line per strategy, seed and chosen row: rank (1 is first), id (or the row's key where
    there is no id column), design weight and times drawn, empty where there is none. Cells that a spreadsheet
    would run as a formula are neutralised as in every export.
    """
    import pandas as pd

    from ...data.row_ids import ids_of

    ids = ids_of(study.data)
    rows: list[pd.DataFrame] = []
    for at, result in enumerate(comparison.results):
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
    made = {
        "metrics.csv": comparison.metrics_table(),
        "rows.csv": pd.concat(rows) if rows else pd.DataFrame(),
    }
    groups = comparison.composition_table()
    if groups is not None:
        made["groups.csv"] = groups
    if len(comparison.results) > 1:
        made["overlap.csv"] = comparison.overlap_table().rename_axis("strategy").reset_index()
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
