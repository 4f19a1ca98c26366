"""Rows that pairs of subsets share."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.report.charts import overlap as overlap_chart
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared.drawing import chart, theme


def overlap(view: RunView) -> None:
    """Shared rows of pairs of subsets."""
    found, slots = view.comparison, view.slots
    here = [at for at, result in enumerate(found.results) if result.selections]
    if len(here) < 2:
        st.info("Overlap needs two subsets.", icon=":material/join_inner:")
        return
    part = np.ix_(here, here)
    chosen = [slots[at] for at in here]
    chart(
        overlap_chart.overlap(found.overlap[part], found.overlap_chance[part], chosen, theme=theme()),
        key="cmp_overlap",
        alt=overlap_chart.overlap_alt(found.overlap[part], found.overlap_chance[part], chosen),
    )
    st.caption(
        "Rows in both as a share of rows in either (Jaccard), first seeds; below it what two random subsets "
        "of these sizes share."
    )
