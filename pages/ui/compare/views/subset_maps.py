"""The maps of the subsets: small multiples on the same axes, of chosen rows or of groups over and under."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.analysis.comparison.comparison import Comparison
from core.foundation.arrays.array_types import Rows
from core.foundation.wording import count
from core.model.derived import Groups, Layout
from core.report.charts import share_maps
from core.report.charts.composition import chance_shares
from core.report.charts.maps import centres
from core.report.charts.share_maps import Held
from core.report.charts.theme import Slot
from core.report.point_map.packing import PointColours
from core.study.study import Study
from pages.ui.compare.run import run_context
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import cache, highlight, subset_map
from pages.ui.shared.drawing import ACROSS, theme
from pages.ui.shared.pickers import choose
from pages.ui.shared.point_map import MOST_CIRCLES, Cell, Label, Marks, point_map
from pages.ui.shared.widget_keys import key

from . import row_finder

PICKED, SHARES = "chosen rows", "groups over and under"
_MOST_CODES = 250  # a byte counts no more


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
    groups = setting.groups
    assert groups is not None
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
        counts = np.bincount(groups.codes[rows], minlength=len(names))
        held.append(Held(one, counts, low * len(rows), high * len(rows)))
    merged = _share_maps(view.maps, layout, groups, shares, held, waiting)
    st.caption(
        "Grey: within what random subsets of that size hold, all groups considered (5 in 100 of them stray "
        "further anywhere). Blue: fewer rows of the group, orange: more; ×2 is twice its share of the data "
        "set. ✕: no row at all. "
        + (
            "Point at a group for its name and numbers."
            if len(names) <= _MOST_CODES
            else "“Groups” below has the numbers of all of them."
        )
        + (f" {count(merged, 'group')}, the smallest, as the most alike larger one." if merged else "")
        + (" Of the first seed." if _several(comparison) else "")
        + " Ctrl and the wheel zoom."
    )


def few_looks(
    levels: NDArray[np.int64], sizes: Rows, most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """What maps show of many groups with few codes: groups that look alike on every map share one.

    Args:
        levels: Colour of each group on each map, (maps, groups).
        sizes: Rows of each group.
        most: Codes that there are. Beyond them, what the fewest rows look like becomes what is most alike.

    Returns:
        Colours of each code on each map, the code of each group, and how many groups do not look their own.

    Example:
        >>> few_looks(np.array([[2, 0, 2, 1]]), np.array([5, 9, 1, 2]), 2)
        (array([[0, 2]]), array([1, 0, 1, 0]), 1)
    """
    looks, of_group = np.unique(levels, axis=1, return_inverse=True)
    rows = np.bincount(of_group, weights=sizes)
    kept = np.sort(np.argsort(-rows, kind="stable")[:most])
    alike = np.abs(looks[:, :, None] - looks[:, None, kept]).sum(axis=0).argmin(axis=1)
    code = alike[of_group]
    return looks[:, kept], code, int((kept[code] != of_group).sum())


def _share_maps(
    study: Study,
    layout: Layout,
    groups: Groups,
    shares: NDArray[np.float64],
    held: Sequence[Held],
    waiting: str,
) -> int:
    """The maps; how many groups do not have a colour of their own on them."""
    look, names = theme(), groups.names
    levels = np.stack([share_maps.levels(one, shares) for one in held])
    colours = share_maps.level_colours(look)
    looks, of_group, merged = levels, np.arange(len(names)), 0
    if len(names) > _MOST_CODES:
        looks, of_group, merged = few_looks(levels, groups.sizes, _MOST_CODES)
    spots = {
        name: (x, y)
        for x, y, name in cache.share(
            cache.name_of("all centres", [layout.key, groups.key]),
            lambda: centres(layout.xy, groups.codes, names, len(names)),
        )
    }
    cells, labels = [], []
    for at, one in enumerate(held):
        says = share_maps.group_facts(one, names, shares) if len(names) <= _MOST_CODES else None
        cells.append(
            Cell(
                title=f"{one.subset.letter} · {one.subset.label}",
                note=share_maps.heading(one, shares, waiting),
                letter=one.subset.letter,
                colours=[colours[level] for level in looks[at]],
                says=says,
            )
        )
        labels += [
            Label(*spots[names[code]], words, code, at)
            for code, words in share_maps.group_labels(one, names, shares)
            if names[code] in spots
        ]
    far = np.abs(looks - 2).max(axis=0)  # what is beyond chance on some map is drawn last
    ranks = np.empty(looks.shape[1], np.int64)
    ranks[np.argsort(far, kind="stable")] = np.arange(looks.shape[1])
    point_map(
        study.data,
        layout,
        PointColours(
            of_group[groups.codes].astype(np.uint8),
            ("",) * looks.shape[1],
            (look.grey,) * looks.shape[1],
            tuple(ranks.tolist()),
        ),
        look,
        name="shares",
        place="compare",
        alt=share_maps.share_alt(names, shares, held),
        height=250,
        cells=cells,
        columns=ACROSS,
        chosen=True,
        labels=labels,
    )
    return merged


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
    subset_map.subset_maps(
        study,
        layout,
        rows,
        name="compare",
        waiting=waiting,
        marks=Marks(ring=row_finder.chosen_row(n) if some else None, lit=lit),
        hint="click: what is known about it" if some else "",
        on_row=row_finder.show_row if some else None,
    )
    kept = (
        ""
        if np.isnan(layout.kept)
        else (
            f" {layout.kept:.0%} of true neighbours are near each other on it, where chance gives "
            f"{layout.chance:.0%}."
        )
    )
    told = f"Grey: all {count(n, 'row')}"
    if lit is not None:
        circled = min(len(lit), MOST_CIRCLES)
        many = f"{circled:,} of {len(lit):,}" if circled < len(lit) else f"all {len(lit):,}"
        told = f"Circles: {many} highlighted; an empty one was not chosen. {told}"
    st.caption(
        f"{told}. Map: {layout.method.upper()}, for looking only; no strategy or metric reads it.{kept} "
        + (
            "Maps, and groups named below, are of the first seed. "
            if comparison is not None and _several(comparison)
            else ""
        )
        + ("Click a row to see what is known about it. " if some else "")
        + "Ctrl and the wheel zoom."
    )


def _several(comparison: Comparison) -> bool:
    return max((len(result.selections) for result in comparison.results), default=1) > 1
