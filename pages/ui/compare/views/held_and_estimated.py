"""Without and with design weights: what a subset holds, and what it estimates."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.foundation.number_format import number
from core.metrics.declaration import METRICS, WEIGHTED
from core.report.charts import held_and_estimated, strips_of_result
from core.report.charts.held_and_estimated import HeldAndEstimated, WeightedPanel
from core.report.charts.theme import Slot, with_letters
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared.drawing import chart, theme
from pages.ui.shared.markdown_escapes import plain


def show(view: RunView) -> None:
    """Metrics of the subsets that have design weights, both ways; the others are named."""
    found = view.comparison
    pairs = list(zip(view.slots, found.results, strict=False))
    without = [one for one, result in pairs if result.selections and not _weighted(result.means)]
    items = []
    for metric in METRICS:
        name = metric.id + WEIGHTED
        here = tuple(
            HeldAndEstimated(one, _clean(result.means[metric.id]), _clean(result.means[name]))
            for one, result in pairs
            if metric.id in result.means and np.isfinite(result.means.get(name, np.nan))
        )
        low, high = found.band.limits(metric.id)
        if here and metric.direction == "lower" and np.isfinite(low):
            items.append(WeightedPanel(metric.label, low, high, here))
    if items:
        chart(
            held_and_estimated.pairs(items, theme=theme()),
            key="cmp_pairs",
            alt=held_and_estimated.pairs_alt(items),
            table="“As a table” below",
        )
        st.caption(
            "Hollow: what you hold, every chosen row counting once. Filled: what you estimate with the "
            f"design weights 1/π. Strip: where 95 in 100 random subsets {strips_of_result.of_budget(found)}"
            "lie without weights. Right is better. A subset may look unlike the data on purpose and still "
            "estimate it well."
        )
        with st.expander("As a table", key="cmp_pairs_table"):
            st.table(
                [
                    {
                        "Metric": item.label,
                        "Subset": f"{pair.subset.letter} {plain(pair.subset.label, 40)}",
                        "What you hold": number(pair.held),
                        "What it estimates": number(pair.estimated),
                        "95 % of random subsets": f"{number(item.low)} to {number(item.high)}",
                    }
                    for item in items
                    for pair in item.pairs
                ],
                hide_index=True,
                alt="The chart above in numbers.",
            )
    else:
        st.info(
            "None of these subsets has design weights, so they show what they hold and estimate nothing. "
            "Random, Stratified and PPS have them.",
            icon=":material/balance:",
        )
    if without and items:
        named = ", ".join(with_letters([Slot(one.slot, plain(one.label, 40)) for one in without]))
        st.caption(f"Without design weights, so no estimate: {named}.")


def _weighted(means: dict[str, float]) -> bool:
    return any(name.endswith(WEIGHTED) for name in means)


def _clean(value: float) -> float:
    """What is left of 0 after rounding is 0."""
    return 0.0 if abs(value) < 1e-12 else value
