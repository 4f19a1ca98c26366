"""Groups of the subsets: what each holds of them, beside the data set and chance, and who keeps one."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from core.analysis.explain.group import GroupView, Holding, explain_group
from core.analysis.explain.setting import Setting
from core.foundation.number_format import number, share
from core.foundation.wording import count
from core.report.charts import composition as composition_chart
from core.report.charts import strips_of_result
from core.report.charts.composition import Part, Shares, largest
from pages.ui.compare.run import run_context
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import state
from pages.ui.shared.drawing import chart, theme
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.page_frame import to_page
from pages.ui.shared.pickers import choose
from pages.ui.shared.widget_keys import key

from . import row_finder

_GROUP = key("cmp", "group")


# ---- all groups --------------------------------------------------------------------------------------


def composition(view: RunView) -> None:
    """Groups of each subset beside the data set and beside chance."""
    found = view.comparison
    if found.composition is None:
        _no_groups()
        return
    study = run_context.run_study(view)
    if study is None:
        return
    setting = run_context.setting_of(view, study)
    group_names, shares, _ = found.composition
    low, high = composition_chart.chance_shares(setting.sizes, found.budget, setting.pins_per_group())
    parts = [
        Part(name, float(own), float(least), float(most))
        for name, own, least, most in zip(group_names, shares, low, high, strict=True)
    ]
    held = held_by(view, setting)
    holds = [
        Shares.of(one, [counts / max(counts.sum(), 1) for counts in seeds])
        for one, seeds in zip(view.slots, held, strict=False)
        if seeds
    ]
    form = choose(
        st.segmented_control,
        "Show groups as",
        ["share of rows", "times its share"],
        required=True,
        key="cmp_shares",
        persist_state="session",
        help="“Times its share” makes rare groups comparable with large ones: 1 is as in the data set.",
    )
    figure = composition_chart.composition(
        parts, holds, theme=theme(), form="share" if form == "share of rows" else "ratio"
    )
    order = largest(parts)

    def clicked(trace: int, point: int) -> None:
        if 0 <= point < len(order):
            show_group(parts[order[point]].name)

    chart(
        figure,
        key="cmp_composition",
        alt=composition_chart.composition_alt(parts, holds),
        table="“As a table” below",
        on_click=clicked,
    )
    cut = len(parts) - composition_chart.MOST_GROUPS
    left_out = (
        f" {cut} middle-sized groups of {len(parts)} are not drawn; the table has all." if cut > 0 else ""
    )
    several = max((len(seeds) for seeds in held), default=1)
    dots = (
        f"Dots: the subsets, mean over {several} seeds with a line from lowest to highest; a mean strays "
        "less than the single random subsets of the strip."
        if several > 1
        else "Dots: the subsets."
    )
    st.caption(
        "Tick: the data set. Strip: what 95 in 100 random subsets "
        f"{strips_of_result.of_budget(found)}hold, each group taken alone. "
        f"{dots} Click a dot to see who keeps that group.{left_out}"
    )
    with st.expander("As a table", key="cmp_composition_table"):
        st.dataframe(
            composition_table(view, parts, held),
            hide_index=True,
            key="cmp_composition_frame",
            column_config={"data set": st.column_config.NumberColumn(format="percent")},
            alt="Rows held of each group, and the data set's share.",
        )


def _no_groups() -> None:
    st.info("There are no groups. Make some on the Explore page.", icon=":material/bubble_chart:")
    to_page("explore.py", "Make groups", ":material/arrow_back:")


def held_by(view: RunView, setting: Setting) -> list[list[np.ndarray]]:
    """Rows of each group that each subset holds, seed by seed; an empty list where a strategy did not run."""
    assert setting.groups is not None
    codes, many = setting.groups.codes, len(setting.groups.names)
    return [
        [np.bincount(codes[chosen.rows], minlength=many) for chosen in result.selections]
        for result in view.comparison.results
    ]


def composition_table(view: RunView, parts: list[Part], held: list[list[np.ndarray]]) -> dict[str, list[Any]]:
    """Groups × subsets: rows held; of several seeds the mean with the smallest and largest."""
    budget = view.comparison.budget
    made: dict[str, list[Any]] = {
        "group": [part.name for part in parts],
        "data set": [part.share for part in parts],
        f"random subsets {strips_of_result.of_budget(view.comparison)}, rows".replace(" ,", ","): [
            f"{part.low * budget:.0f} to {part.high * budget:.0f}" for part in parts
        ],
    }
    for one, seeds in zip(view.slots, held, strict=False):
        if not seeds:
            continue
        stacked = np.stack(seeds)
        made[f"{one.letter} {one.label}, rows"] = (
            stacked[0].tolist()
            if len(stacked) == 1
            else [spread(stacked[:, at].tolist()) for at in range(stacked.shape[1])]
        )
    return made


def spread(values: list[int] | tuple[int, ...]) -> str:
    """Mean with the smallest and largest; one number where all agree.

    Example:
        >>> spread([3, 5, 4]), spread([4, 4])
        ('4 (3 to 5)', '4')
    """
    low, high = min(values), max(values)
    if low == high:
        return f"{low:,}"
    return f"{number(float(np.mean(values)))} ({low:,} to {high:,})"


# ---- one group ---------------------------------------------------------------------------------------


def show_group(name: str) -> None:
    """Look at a group; for callbacks."""
    row_finder.go_to("A group")
    state.set_widget(row_finder.turning_key(_GROUP), name)


def a_group(view: RunView) -> None:
    """Who keeps a group: rows held by every subset, beside chance, and which ones."""
    if view.comparison.composition is None:
        _no_groups()
        return
    study = run_context.run_study(view)
    if study is None:
        return
    setting = run_context.setting_of(view, study)
    assert setting.groups is not None
    names = list(setting.groups.names)
    sizes = dict(zip(names, setting.sizes.tolist(), strict=True))
    choice = row_finder.turning_key(_GROUP)
    if state.widget(choice) not in names:  # groups may have been made again since
        row = row_finder.chosen_row(len(study.data))
        code = int(setting.sizes.argmin()) if row is None else int(setting.groups.codes[row])
        state.set_widget(choice, names[code])
    name = choose(
        st.selectbox,
        "Group",
        sorted(names, key=lambda one: (-sizes[one], one)),
        format_func=lambda one: f"{one} · {sizes.get(one, 0):,}",
        key=choice,
        persist_state="session",
    )
    group = explain_group(view.comparison, setting, str(name))
    pins = f", {count(group.pinned, 'row')} of it pinned" if group.pinned else ""
    st.markdown(
        f"**{plain(group.name, 60)}** is {count(group.size, 'row')} of {group.population:,}, "
        f"{share(group.share)}{pins}."
    )
    st.table(group_table(view, group), hide_index=True, alt=f"What each subset holds of {group.name}.")
    st.caption(
        "Random subsets: what 95 in 100 uniform subsets of that size hold, pins included, this group taken "
        "alone. First: place of the group's first row that was not pinned."
    )
    _held_rows(view, group, study.data)


def group_table(view: RunView, group: GroupView) -> list[dict[str, str]]:
    """One line per strategy, as text."""
    return [
        {"Subset": f"{one.letter} · {plain(one.label, 40)}", **_group_line(held)}
        for one, held in zip(view.slots, group.by, strict=False)
    ]


def _group_line(holding: Holding) -> dict[str, str]:
    if not holding.counts:
        reason = f"did not run: {plain(holding.reason, 120)}"
        return {
            "Rows": reason,
            "Share of its rows": "–",
            "Random subsets": "–",
            "Beside them": "–",
            "First": "–",
        }
    low, high = min(holding.low), max(holding.high)
    places = ["none" if first is None else row_finder.ordinal(first) for first in holding.firsts]
    return {
        "Rows": spread(holding.counts),
        "Share of its rows": share(holding.share),
        "Random subsets": f"{count(high, 'row')} in 95 of 100"
        if low == high
        else f"{low:,} to {count(high, 'row')}",
        "Beside them": chance_words(holding),
        "First": places[0] if len(set(places)) == 1 else ", ".join(places),
    }


def chance_words(holding: Holding) -> str:
    """Counts of one group beside what random subsets hold, in words."""
    seeds = len(holding.counts)
    if not holding.below and not holding.above:
        return "within"
    sides = [f"{many} {word}" for many, word in ((holding.below, "fewer"), (holding.above, "more")) if many]
    if seeds == 1:
        return "fewer" if holding.below else "more"
    return f"{' and '.join(sides)}, of {seeds} seeds"


def _held_rows(view: RunView, group: GroupView, data: Any) -> None:
    """The rows of the group that any subset holds (first seeds), those held most often first."""
    parts = [held.rows for held in group.by if held.rows is not None and len(held.rows)]
    if not parts:
        st.caption("No subset holds a row of it.")
        return
    each, times = np.unique(np.concatenate(parts), return_counts=True)
    each = each[np.lexsort((each, -times))]
    listed = each[: row_finder.LISTED]
    extra = {"chosen by": row_finder.chosen_by(view, listed)}
    row_finder.rows_table(
        data, listed, key("cmp", "rows", "group"), f"Rows of {group.name} that a subset holds", extra
    )
    st.caption(
        f"Showing {len(listed):,} of {count(len(each), 'row')} of this group that any subset holds "
        "(first seeds), "
        f"of {group.size:,} in it. Select a line to see what is known about that row."
    )
