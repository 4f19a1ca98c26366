"""Metrics of a comparison as strips beside the random band, with its sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.analysis.comparison.comparison import Comparison
from core.analysis.comparison.unmeasured import in_words
from core.report.charts import strips as strips_chart
from core.report.charts import strips_of_result
from core.report.charts.theme import Slot
from pages.ui.shared.markdown_escapes import plain

from .drawing import chart, theme


def sentence(comparison: Comparison, at: int) -> str:
    """One plain sentence on a subset, safe for Markdown; a number and its % stay on one line.

    The arrow says that the further metrics stand elsewhere: in the view “All metrics”.
    """
    said = plain(comparison.sentence(at), 500).replace(" %", "\u00a0%")
    return re.sub(r"(\d further metrics?)", r"\1 →", said, count=1)


def strips(
    comparison: Comparison,
    slots: Sequence[Slot],
    metrics: Sequence[str],
    where: str,
    *,
    labels: float = 0.3,
    table: str = "",
) -> None:
    """Metrics under the question they answer, and a line on those that could not be measured."""
    made = {name: strips_of_result.strip_of(comparison, slots, name) for name in metrics}
    here = [strip for strip in made.values() if strip is not None]
    if here:
        figure = strips_chart.strips(here, theme=theme(), labels=labels)
        chart(figure, key=f"cmp_strips_{where}", alt=strips_chart.strips_alt(here), table=table)
    side_notes(comparison, metrics)


def side_notes(comparison: Comparison, metrics: Sequence[str]) -> None:
    """Which of these metrics look at some of the groups only, and which were not measured, and why."""
    lines = in_words(comparison, metrics)
    if lines:
        st.caption("  \n".join(plain(line, 400) for line in lines))


def legend(comparison: Comparison) -> str:
    """How to read the strips, as one line."""
    if comparison.preview:
        return (
            f"Preview beside {comparison.band.size} random subsets: values only, no verdicts. "
            "Strip: where 95 in 100 random subsets lie. Right is better."
            + strips_of_result.own_size_words(comparison)
        )
    one = f"{comparison.band.size} {comparison.beside}"
    several = (
        f" Stronger: where means of {comparison.seeds[-1]} random subsets lie, which stray less than single "
        f"ones; a strategy that ran with {comparison.seeds[-1]} seeds stands beside these."
        if len(comparison.seeds) > 1
        else ""
    )
    return (
        f"Strip: where 95 in 100 of {one} lie.{several}{strips_of_result.own_size_words(comparison)} "
        "Right is better; each metric has a scale of its own. Filled: beyond what luck reaches, all metrics "
        f"and strategies considered. Hollow: {comparison.band.nothing}; outside its strip too, since one "
        "random dot in twenty lands there, and many are looked at."
    )


def one_subset(comparison: Comparison, at: int, seed: int) -> Comparison:
    """The same comparison with one subset left in it.

    Of a strategy with several seeds it is the subset of this one, with its own values and no verdicts:
    those are about the mean, and a subset picked from several would need others.
    """
    result, verdicts = comparison.results[at], comparison.verdicts[at]
    if len(result.selections) > 1:
        mine = [place for place, chosen in enumerate(result.selections) if chosen.seed == seed]
        result = replace(
            result,
            selections=tuple(result.selections[place] for place in mine),
            metrics=tuple(result.metrics[place] for place in mine),
            band=None if result.band is None else result.band.alone(mine[0]),
        )
        verdicts = {}
    return replace(comparison, results=(result,), verdicts=(verdicts,), best={})
