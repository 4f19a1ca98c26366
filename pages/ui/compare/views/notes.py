"""What each strategy says about its result, and how things were measured."""

from __future__ import annotations

import streamlit as st

from core.analysis.comparison.comparison import Comparison
from core.analysis.comparison.measurements import StrategyResult
from core.analysis.comparison.unmeasured import LACKING, in_words
from core.foundation.durations import show_took
from core.foundation.number_format import number
from core.foundation.wording import apart, count
from core.metrics.predictions import STRATA
from pages.ui.compare.run.row_labels import distance_words
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared.markdown_escapes import plain


def notes(view: RunView) -> None:
    """What each strategy says about its result, its time, and how things were measured."""
    found, slots = view.comparison, view.slots
    for one, result in zip(slots, found.results, strict=False):
        if not result.selections:
            st.markdown(f"**{one.letter} · {plain(one.label)}** did not run: {plain(result.reason, 400)}")
            continue
        first = result.selections[0]
        weights = "with design weights" if first.weight is not None else "without design weights"
        said = [*first.notes, *([result.probe_reason] if result.probe_reason else [])]
        said = [*random_size_words(result), *said]
        st.markdown(
            f"**{one.letter} · {plain(one.label)}** {first.size}, {weights}, "
            f"{count(len(result.selections), 'run')} in {show_took(result.seconds, result.estimated)}"
            + "".join(f"  \n{plain(note, 400)}" for note in said)
        )
    st.markdown("#### How it was measured")
    for line in conventions(found):
        st.markdown(f"- {plain(line, 600)}")


def random_size_words(result: StrategyResult) -> list[str]:
    """What random subsets beside a strategy hold, where that is not the budget; one sentence each."""
    lines = []
    if result.band is not None and result.band.held:
        lines.append(f"It is judged beside random subsets of its own size, {result.band.size_words}.")
    if result.learned and result.selections[0].cost is None:
        low, high = (int(pick(result.learned)) for pick in (min, max))
        rows = count(low, "row") if low == high else f"{low:,} to {count(high, 'row')}"
        lines.append(f"Its probes learned from {rows}, and stand beside those of random subsets as large.")
    return lines


def conventions(comparison: Comparison) -> list[str]:
    """The conventions of a comparison, one sentence each."""
    told = {name: value for name, value in comparison.evaluation.items() if name not in (LACKING, STRATA)}
    lines = []
    if "rows" in told and "of" in told:
        rows, of = told.pop("rows"), told.pop("of")
        told.pop("stream", None), told.pop("seed", None)
        part = (
            "all rows"
            if rows == of
            else f"{rows:,} of {count(of, 'row')}, drawn once, the same for every subset"
        )
        lines.append(f"{str(told.pop('serves', 'metrics')).capitalize()} measure how far it is to {part}.")
    metric = told.pop("metric", None)
    if metric is not None:
        lines.append(f"Distances are {distance_words(str(metric))}.")
    if "epsilon" in told:
        nearest = told.pop("epsilon_neighbour", 10)
        far = number(float(str(told.pop("epsilon"))))
        lines.append(
            f"ε is {far}, the median distance of a row to its {nearest}th nearest other row, copies left out."
        )
    if "bandwidth" in told:
        wide = number(float(str(told.pop("bandwidth"))))
        lines.append(f"The Gaussian kernel of MMD² is {wide} wide, the median distance of rows that differ.")
    columns = told.pop("columns", None)
    if isinstance(columns, dict) and columns:
        kinds = zip(apart(columns), columns.values(), strict=True)
        lines.append(
            f"Column shifts are taken over: {', '.join(f'{name} as {kind}' for name, kind in kinds)}."
        )
    for name, value in told.items():
        shown = number(value) if isinstance(value, float) else str(value)
        lines.append(f"{name.replace('_', ' ').capitalize()}: {shown}.")
    return [*lines, *in_words(comparison)]
