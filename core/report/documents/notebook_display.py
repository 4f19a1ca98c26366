"""How results show themselves in a notebook: small tables, and the figures of the app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis.comparison.answer import answer
from ...analysis.comparison.unmeasured import in_words, main_metrics
from ...foundation.durations import show_took
from ...foundation.number_format import number
from ...foundation.wording import count
from ...metrics.declaration import METRICS
from ...model.dataset import Dataset
from ...model.parameters import written_all
from ...model.selection import Selection
from ..charts import strips, strips_of_result
from ..charts.strips_of_result import own_size_words, own_words, reach_words
from ..charts.theme import Slot, letter, theme_of
from .rendering import render

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ...analysis.comparison.comparison import Comparison
    from ...study.artifacts import Artifacts

_COLUMNS = 40
_ROWS = 5
_CELL = 80


def _cut(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"


def dataset_html(data: Dataset) -> str:
    """Rows, fingerprint, columns with their roles, and the first few rows in canonical order."""
    head = data.frame.iloc[:_ROWS, :_COLUMNS]
    return render(
        "notebook_dataset.html",
        title=f"{data.name}: {count(len(data), 'row')}, fingerprint {data.fingerprint.short}",
        roles=[
            (_cut(name), role.kind.value, role.reason) for name, role in list(data.roles.items())[:_COLUMNS]
        ],
        columns=len(data.roles),
        names=[str(name) for name in head.columns],
        rows=[[_cut(value) for value in row] for row in head.itertuples(index=False)],
        notes=data.notes,
    )


def selection_html(selection: Selection) -> str:
    """What was asked, what came out, and what a reader must know."""
    weight = selection.weight
    told = "none"
    if weight is not None and len(weight):
        told = f"{number(float(weight.min()))} to {number(float(weight.max()))}"
    return render(
        "notebook_facts.html",
        title=f"{selection.share} by {selection.strategy}",
        facts=[
            ("Parameters", written_all(selection.params)),
            ("Seed", selection.seed),
            ("Design weights", told),
            ("Pinned", selection.pinned or ""),
            ("Time", show_took(selection.seconds, selection.estimated)),
        ],
        notes=selection.notes,
    )


def comparison_html(comparison: Comparison) -> str:
    """Strategies × headline metrics: values with their standing, bold beyond the band; a sentence each."""
    rows = []
    for name in comparison.headlines:
        metric = METRICS[name]
        cells = []
        for at, (result, verdicts) in enumerate(zip(comparison.results, comparison.verdicts, strict=True)):
            if name not in result.means:
                cells.append(("", False))
                continue
            verdict = verdicts.get(name)
            cell = number(result.means[name], metric.unit) + own_words(comparison, name, at, metric.unit)
            if verdict is not None and not np.isnan(verdict.standing):
                cell += f" ({verdict.standing:.2f})"
            cells.append((cell, verdict is not None and verdict.marked))
        rows.append(
            (f"{metric.label} {metric.arrow}", cells, reach_words(comparison.reach(name), metric.unit))
        )
    names = [f"{letter(at)} {result.name}" for at, result in enumerate(comparison.results)]
    return render(
        "notebook_comparison.html",
        title=f"{count(len(comparison.results), 'strategy')} at {comparison.asked}",
        lines=[
            answer(comparison, names).text,
            *(f"{name}: {comparison.sentence(at)}" for at, name in enumerate(names)),
        ],
        names=names,
        rows=rows,
        chance=f"a preview of {comparison.band.size}" if comparison.preview else str(comparison.band.size),
        own_size=own_size_words(comparison, "the range beside its values"),
        words=in_words(comparison, main_metrics()),
    )


def study_html(study: Artifacts) -> str:
    """The choices of a study."""
    recipe = study.recipe
    return render(
        "notebook_facts.html",
        title=f"Study of {study.data.name}: {count(len(study.data), 'row')}",
        facts=[
            ("Features", recipe.features),
            ("Embedder", recipe.embedder),
            ("Groups", recipe.groups),
            ("Condition", recipe.where),
            ("Saved selection", "" if recipe.only is None else recipe.only.name),
            ("Near", "" if recipe.near is None else recipe.near.words),
            ("Pinned", len(recipe.pins) or ""),
            ("Banned", len(recipe.bans) or ""),
            ("Seed", recipe.seed),
        ],
        notes=(),
    )


def strips_figure(
    comparison: Comparison, metrics: Sequence[str] | None = None, theme: str = "light"
) -> go.Figure:
    """Metrics beside the random band, headline ones if none are named.

    Args:
        comparison: A comparison.
        metrics: Ids of metrics.
        theme: "light" or "dark".
    """
    shown = _shown(comparison)
    made = [
        strips_of_result.strip_of(comparison, shown, name)
        for name in (comparison.headlines if metrics is None else metrics)
    ]
    items = [strip for strip in made if strip is not None]
    return strips.strips(items, theme=theme_of(theme))


def maps_figure(
    study: Artifacts, comparison: Comparison, layout: str = "pca", theme: str = "light"
) -> go.Figure:
    """The subsets of a comparison side by side on one map.

    Args:
        study: The study that was compared.
        comparison: The comparison; first seeds are shown.
        layout: "pca" or "umap".
        theme: "light" or "dark".
    """
    from ..charts import map_panels

    method: Any = layout
    xy = study.layout(method).xy
    shown = _shown(comparison)
    subsets = [
        (shown[at], result.selections[0].rows if result.selections else None)
        for at, result in enumerate(comparison.results)
    ]
    return map_panels.maps(xy, subsets, theme=theme_of(theme))


def _shown(comparison: Comparison) -> list[Any]:

    return [Slot(at, result.name) for at, result in enumerate(comparison.results)]
