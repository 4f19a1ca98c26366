"""Metrics of a comparison as a table, and all of them as strips."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.analysis.comparison.comparison import Comparison
from core.analysis.comparison.leader import AHEAD
from core.foundation.number_format import number
from core.metrics.declaration import METRICS, QUESTIONS, WEIGHTED, Metric
from core.report.charts import strips_of_result
from core.report.charts.theme import Slot
from pages.ui.compare.choices import question
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.strips import side_notes, strips

MARKS = {True: "▲", False: "▼", None: "◆"}


def metric_of(name: str) -> Metric:
    """The metric behind a name, its weighted form included."""
    return METRICS[name.removesuffix(WEIGHTED)]


def label_of(name: str) -> str:
    """A metric's label; the weighted form says so."""
    return metric_of(name).label + (" (weighted)" if name.endswith(WEIGHTED) else "")


def by_question(metrics: Sequence[str]) -> list[str]:
    """Metrics under the question that they answer, otherwise in their order."""
    asked = list(QUESTIONS)
    return sorted(metrics, key=lambda name: asked.index(metric_of(name).question))


def table(comparison: Comparison, slots: Sequence[Slot], metrics: Sequence[str]) -> None:
    """The same as text: what lies within reach of chance is grey."""
    rows = []
    of = comparison.seeds[0] if len(comparison.seeds) == 1 else 1
    for name in metrics:
        strip = strips_of_result.strip_of(comparison, slots, name)
        metric = metric_of(name)
        if strip is None:
            continue
        row = {
            "Question": QUESTIONS[metric.question],
            "Metric": f"{label_of(name)} {metric.arrow or '↔'}",
            f"95 % of {comparison.beside}": strips_of_result.reach_words(
                comparison.reach(name), metric.unit, of
            ),
        }
        for at, one in enumerate(slots):
            row[f"{one.letter} {plain(one.label, 30)}"] = _cell(comparison, at, name)
        rows.append(row)
    st.table(
        rows,
        hide_index=True,
        alt=f"Metrics of {len(slots)} subsets beside the random band; the strips above in numbers.",
    )
    if comparison.preview:
        st.caption("Preview: no cell is grey and none is marked until the full band is drawn.")
    else:
        st.caption(
            f"Grey: {comparison.band.nothing}. ▲ better and ▼ worse than luck "
            f"reaches, ◆ beyond it where neither way is better, ★ {AHEAD}. ↑ higher is better, "
            "↓ lower is better, ↔ neither."
        )
    side_notes(comparison, metrics)


def table_view(view: RunView) -> None:
    """The metrics that are shown first, as text."""
    table(view.comparison, view.slots, question.headlines(view.comparison))


def all_metrics(view: RunView) -> None:
    """Every metric under the question it answers, as strips and as text."""
    names = by_question(view.comparison.metrics)
    strips(view.comparison, view.slots, names, "all", table="“As a table” below")
    with st.expander("As a table", key="cmp_all_table"):
        table(view.comparison, view.slots, names)


def _cell(comparison: Comparison, at: int, name: str) -> str:
    if at >= len(comparison.results) or name not in comparison.results[at].means:
        return "–"
    value = number(comparison.results[at].means[name])
    own = strips_of_result.own_words(comparison, name, at)
    verdict = comparison.verdicts[at].get(name)
    if comparison.preview or verdict is None:
        return value + own
    if not verdict.marked:
        return f":gray[{value}{own}]"
    star = " ★" if comparison.best.get(name) == at else ""
    return f"**{value}** {MARKS[verdict.better]}{star}{own}"
