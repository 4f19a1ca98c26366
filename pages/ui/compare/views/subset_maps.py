"""The maps of the subsets: small multiples on the same axes, of chosen rows or of groups over and under."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.analysis.comparison.comparison import Comparison
from core.foundation.arrays.array_types import Rows
from core.foundation.wording import count
from core.model.derived import Groups, Layout
from core.report.charts import map_panels, share_maps
from core.report.charts.composition import chance_shares
from core.report.charts.share_maps import Held
from core.report.charts.theme import Slot
from core.study.study import Study
from pages.ui.compare.run import run_context
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import highlight
from pages.ui.shared.drawing import ACROSS, chart, theme
from pages.ui.shared.pickers import choose
from pages.ui.shared.widget_keys import key

from . import row_finder

PICKED, SHARES = "chosen rows", "groups over and under"


def of_run(view: RunView, waiting: str) -> None:
    """The maps of a run, and what they show: chosen rows with a highlight, or groups beside their share."""
    assert view.layout is not None
    groups = view.maps.groups()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=key("cmp", "looks")):
        shown = PICKED
        if groups is not None and view.comparison.composition is not None:
            shown = choose(
                st.segmented_control,
                "Maps show",
                [PICKED, SHARES],
                required=True,
                key=key("cmp", "maps", "show"),
                label_visibility="collapsed",
                persist_state="session",
                help="Chosen rows over the data set; or which groups each subset holds more and less of than "
                "random subsets do.",
            )
        lit = _lit(view.maps, groups) if shown == PICKED else None
    if shown == SHARES:
        study = run_context.run_study(view)
        if study is not None:
            _over_and_under(view, study, waiting)
            return
    maps(view.comparison, view.slots, view.maps, view.layout, waiting, lit)


def _lit(study: Study, groups: Groups | None) -> Rows | None:
    """Rows with the value that the reader highlights; None for no highlight."""
    data = study.data
    columns = [name for name in data.columns(*highlight.CATEGORIES) if name in data.frame.columns]
    listed = [highlight.NOTHING, *([highlight.GROUPS] if groups is not None else []), *columns]
    by = choose(
        st.selectbox,
        "Highlight a value of",
        listed,
        key=key("cmp", "lit", "by"),
        label_visibility="collapsed",
        persist_state="session",
        width=170,
        help="Circles the rows with one value on every map, so that a rare one is seen.",
    )
    found = None if by == highlight.NOTHING else highlight.categories(data, groups, by)
    if found is None or not found.rarest:
        return None
    code = highlight.picker(found, key("cmp", "lit", by), f"Highlight one of {by}", 240)
    return None if code is None else np.flatnonzero(found.codes == code)


def _over_and_under(view: RunView, study: Study, waiting: str) -> None:
    """Maps of groups over and under their share of the data set."""
    comparison, layout = view.comparison, view.layout
    assert comparison.composition is not None
    assert layout is not None
    setting = run_context.setting_of(view, study)
    assert setting.groups is not None
    names, shares, _ = comparison.composition
    pins = setting.pins_per_group()
    held = []
    for at, one in enumerate(view.slots):
        chosen = comparison.results[at].selections if at < len(comparison.results) else ()
        if not chosen:
            held.append(Held(one, None, np.zeros(len(names)), np.zeros(len(names))))
            continue
        rows = chosen[0].rows
        low, high = chance_shares(setting.sizes, len(rows), pins, outside=0.05 / len(names))
        counts = np.bincount(setting.groups.codes[rows], minlength=len(names))
        held.append(Held(one, counts, low * len(rows), high * len(rows)))
    figure = share_maps.share_maps(
        layout.xy,
        setting.groups.codes,
        names,
        shares,
        held,
        theme=theme(),
        waiting=waiting,
        columns=ACROSS,
    )
    chart(figure, key="cmp_share_maps", alt=share_maps.share_alt(names, shares, held), zoom=True)
    st.caption(
        "Grey: within what random subsets of that size hold, all groups considered (5 in 100 of them stray "
        "further anywhere). Blue: fewer rows of the group, orange: more; ×2 is twice its share of the data "
        "set. ✕: no row at all. Point at a group for its name and numbers."
        + (" Of the first seed." if _several(comparison) else "")
    )


def maps(
    comparison: Comparison | None,
    slots: Sequence[Slot],
    study: Study,
    layout: Layout,
    waiting: str,
    lit: Rows | None = None,
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
        lit=lit,
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
    if lit is not None:
        circled = map_panels.grey_shown(len(lit), len(slots))
        many = f"{circled:,} of {len(lit):,}" if circled < len(lit) else f"all {len(lit):,}"
        told = f"Circles: {many} highlighted; an empty one was not chosen. {told}"
    st.caption(
        f"{told}. Map: {layout.method.upper()}, for looking only; no strategy or metric reads it.{kept} "
        + (
            "Maps, and groups named below, are of the first seed. "
            if comparison is not None and _several(comparison)
            else ""
        )
        + ("Click a chosen row to see what is known about it." if some else "")
    )


def _several(comparison: Comparison) -> bool:
    return max((len(result.selections) for result in comparison.results), default=1) > 1
