"""The maps of the subsets: small multiples on the same axes, whose picks can be clicked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.analysis.comparison.comparison import Comparison
from core.foundation.wording import count
from core.model.derived import Layout
from core.report.charts import map_panels
from core.report.charts.theme import Slot
from core.study.study import Study
from pages.ui.shared.drawing import ACROSS, chart, theme

from . import row_finder


def maps(
    comparison: Comparison | None, slots: Sequence[Slot], study: Study, layout: Layout, waiting: str
) -> None:
    """The subsets as small multiples; a subset that has no rows yet keeps its place."""
    rows = [
        (one, comparison.results[at].selections[0].rows)
        if comparison is not None and at < len(comparison.results) and comparison.results[at].selections
        else (one, None)
        for at, one in enumerate(slots)
    ]
    n = len(study.data)
    some = any(chosen is not None for _, chosen in rows)

    def clicked(trace: int, point: int) -> None:
        row = map_panels.pick_at(rows, trace, point)
        if row is not None:
            row_finder.show_row(row)

    figure = map_panels.maps(
        layout.xy,
        rows,
        theme=theme(),
        waiting=waiting,
        columns=ACROSS,
        pickable=some,
        ring=row_finder.chosen_row(n) if some else None,
    )
    chart(
        figure,
        key="cmp_maps",
        alt=map_panels.maps_alt(n, rows),
        zoom=True,
        on_click=clicked if some else None,
    )
    grey = map_panels.grey_shown(n, len(slots))
    kept = (
        ""
        if np.isnan(layout.kept)
        else (
            f" {layout.kept:.0%} of true neighbours are near each other on it, where chance gives "
            f"{layout.chance:.0%}."
        )
    )
    told = f"Grey: {grey:,} of {count(n, 'row')} shown" if grey < n else f"Grey: all {count(n, 'row')}"
    many = (
        comparison is not None
        and max((len(result.selections) for result in comparison.results), default=1) > 1
    )
    st.caption(
        f"{told}. Map: {layout.method.upper()}, for looking only; no strategy or metric reads it.{kept} "
        + ("Maps, and groups named below, are of the first seed. " if many else "")
        + ("Click a chosen row to see what is known about it." if some else "")
    )
