"""What one subset has and another lacks: the rows, what sets them apart, and the farthest of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from core.analysis.explain.density import Density
from core.analysis.explain.differences import Difference, GroupShift, Side, differences
from core.foundation import number_format as number_words
from core.foundation.machine import machine
from core.foundation.number_format import number
from core.foundation.wording import count
from core.report.charts import pair_map
from core.report.charts.theme import Slot
from core.study.study import Study
from pages.ui.compare.run import run_context
from pages.ui.compare.run.row_labels import distance_words, on_one_scale
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import background_work, cache
from pages.ui.shared.drawing import chart, theme
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.pickers import choose
from pages.ui.shared.widget_keys import key

from .row_finder import chosen_row, rows_table

_SAME = "not distinguishable from dealing these rows out at random"


def what_one_lacks(view: RunView) -> None:
    """Two subsets against each other."""
    ran = [at for at, result in enumerate(view.comparison.results) if result.selections]
    if len(ran) < 2:
        st.info("This needs two subsets.", icon=":material/difference:")
        return
    a, b = _pair(view, ran)
    if a == b:
        st.info("Choose two different subsets.", icon=":material/difference:")
        return
    study = run_context.run_study(view)
    if study is None:
        return
    known = run_context.density_at_hand(study)
    made = _differences(view, study, a, b, known)
    if made is None:
        return
    one, other = view.slots[a], view.slots[b]
    several = len(view.comparison.results[a].selections) > 1 or len(view.comparison.results[b].selections) > 1
    st.markdown(
        f"**{one.letter}** has {count(len(made.first.rows), 'row')} that {other.letter} lacks, "
        f"**{other.letter}** has {count(len(made.second.rows), 'row')} that {one.letter} lacks; "
        f"{count(len(made.both), 'row')} in both{', first seeds' if several else ''}."
    )
    sides = ((one, made.first.rows), (other, made.second.rows))
    if view.layout is not None:
        figure = pair_map.pair_map(
            view.layout.xy,
            sides,
            made.both,
            theme=theme(),
            ring=chosen_row(len(study.data)),
        )
        chart(
            figure,
            key="cmp_pair",
            alt=pair_map.pair_alt(sides, made.both),
            table="“Groups as a table” below",
            zoom=True,
        )
    if known is None:
        known = run_context.density_of(
            study, key("cmp", "pairdense")
        )  # progress, or a button where it takes long
        full = None if known is None else _differences(view, study, a, b, known)
        made = made if full is None else full
    if known is None and run_context.density_under_way(study):
        st.caption(
            "What sets these rows apart comes with their density: all comparisons are corrected together."
        )
    else:
        _apart(made, one, other)
        if known is None:
            st.caption("Density is not among these comparisons: it takes the click above.")
    _farthest(view, study, made, one, other)


def _pair(view: RunView, ran: list[int]) -> tuple[int, int]:
    """Which two: the first and second that ran, until others are chosen."""
    names = {at: f"{view.slots[at].letter} · {view.slots[at].label}" for at in ran}
    columns = st.columns(2)
    chosen = []
    for place, (column, label) in enumerate(zip(columns, ("What", "has that this lacks"), strict=True)):
        name = key("cmp", "pair", place)
        chosen.append(
            choose(
                column.selectbox,
                label,
                ran,
                key=name,
                first=ran[place],
                format_func=lambda at: names.get(at, ""),
                persist_state="session",
            )
        )
    return chosen[0], chosen[1]


def _differences(view: RunView, study: Study, a: int, b: int, density: Density | None) -> Difference | None:
    """The differences, at once where they are quick."""
    setting = run_context.setting_of(view, study)
    name = cache.name_of("pair", [view.run.key, a, b, density is not None])

    def make(_: Any = None) -> Difference:
        return differences(view.comparison, setting, a, b, density=density)

    sizes = [len(view.comparison.results[at].selections[0]) for at in (a, b)]
    d = 0 if setting.features is None else setting.features.matrix.shape[1]
    seconds = machine().seconds({"gemm": 4.0 * sizes[0] * sizes[1] * max(d, 1)})
    if seconds < 0.5:
        made: Difference = cache.remember(name, make)
        return made
    found = background_work.offer(
        name,
        f"Setting {view.slots[a].letter} against {view.slots[b].letter}",
        "Find what sets them apart",
        "differences",
        seconds,
        make,
        where=key("cmp", "pair"),
        at_once=3.0,
    )
    return found if isinstance(found, Difference) else None


def _apart(difference: Difference, one: Slot, other: Slot) -> None:
    """What sets the differing rows apart, tests first, then all numbers."""
    lines = []
    for shift in difference.shifts:
        # Both are numbers of which more is one thing: denser, higher.
        word = {"density": "denser", "score": "higher"}[shift.name]
        unit = "%" if shift.name == "density" else ""
        middle = f"median {number(shift.first, unit)} against {number(shift.second, unit)}"
        lead = one.letter if shift.leads >= 0.5 else other.letter
        least = other.letter if shift.leads >= 0.5 else one.letter
        share = max(shift.leads, 1 - shift.leads)
        lines.append(
            f"{shift.name.capitalize()}: a row that only {lead} has is {word} than one that only {least} has "
            f"in {100 * share:.0f} % of pairs ({middle}, p = {_p(shift.p)})."
            if shift.apart
            else f"{shift.name.capitalize()}: {_SAME} ({middle}, p = {_p(shift.p)})."
        )
    far = [group for group in difference.groups if group.apart]
    for group in far[:6]:
        lines.append(
            f"{plain(group.name, 60)}: {_of(group.first, difference.first)} of what only {one.letter} has, "
            f"{_of(group.second, difference.second)} of what only {other.letter} has (p = {_p(group.p)})."
        )
    if difference.groups and not far:
        lines.append(f"Groups: {_SAME}.")
    if lines:
        st.markdown("\n".join(f"- {line}" for line in lines))
        st.caption(
            "The rows that only one of the two has, compared as if they had been dealt to the two sides at "
            "random: Fisher's exact test for groups, Mann–Whitney for density and score, corrected together "
            f"for {count(difference.tests, 'comparison')} (Holm). Another seed gives other rows."
        )
    if difference.groups:
        with st.expander("Groups as a table", key="cmp_pair_table"):
            st.dataframe(
                group_table(difference.groups, one, other),
                hide_index=True,
                key="cmp_pair_frame",
                alt=f"Groups of the rows that only {one.letter} and only {other.letter} has.",
            )


def group_table(groups: tuple[GroupShift, ...], one: Slot, other: Slot) -> dict[str, list[Any]]:
    """Groups of the differing rows, largest difference first."""
    return {
        "group": [group.name for group in groups],
        "rows that may be chosen": [group.size for group in groups],
        f"only {one.letter}": [group.first for group in groups],
        f"only {other.letter}": [group.second for group in groups],
        "both": [group.both for group in groups],
        "p, corrected": [_p(group.p) for group in groups],
    }


def _of(rows: int, side: Side) -> str:
    return f"{rows:,} of {count(len(side.rows), 'row')} ({number_words.share(rows / max(len(side.rows), 1))})"


def _p(value: float | None) -> str:
    """A p-value as text."""
    return "not tested" if value is None else "< 0.001" if value < 0.001 else f"{value:.2g}"


def _farthest(view: RunView, study: Study, difference: Difference, one: Slot, other: Slot) -> None:
    """What each lacks most: rows of the other that lie farthest from any row of its own."""
    if not difference.metric:
        return
    columns = st.columns(2)
    for column, side, have, lack in (
        (columns[0], difference.first, one, other),
        (columns[1], difference.second, other, one),
    ):
        with column:
            st.markdown(f"#### What {lack.letter} lacks most of {have.letter}")
            if not side.examples:
                st.caption(f"{lack.letter} has every row of {have.letter}.")
                continue
            listed = np.array([example.row for example in side.examples], np.int64)
            away = [number(on_one_scale(example.distance, difference.metric)) for example in side.examples]
            rows_table(
                study.data,
                listed,
                key("cmp", "rows", "pair", have.letter),
                f"Rows of {have.letter} farthest from any row of {lack.letter}",
                {"away": away},
            )
            half = None if side.middle is None else number(on_one_scale(side.middle, difference.metric))
            middle = "" if half is None else f" Half of them lie farther than {half}."
            st.caption(
                f"Distance to the nearest row of {lack.letter} ({distance_words(difference.metric)}); "
                f"the farthest {len(listed)} of {len(side.rows):,}.{middle}"
            )
