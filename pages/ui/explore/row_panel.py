"""One row that is looked at: all of its text and cells, its group, copies and neighbours, who chose it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.data.row_ids import row_name
from core.foundation.number_format import number
from core.foundation.wording import count, listed, some
from core.model.dataset import Dataset, Kind
from core.model.derived import Groups
from core.model.row_conditions import NearRow
from core.report.charts.theme import letter
from core.study.row_facts import RowFacts, row_facts
from core.study.study import Study
from pages.ui.shared import cache, kept_runs, pictures, state, tables
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.widget_keys import key

from . import filters, selection

NEAR = 50
HEIGHT = 560
_MOST_LETTERS = 5_000


def row_panel(study: Study, groups: Groups | None) -> bool:
    """What is known of the row that is looked at; whether there is one."""
    data = study.data
    row = selection.looked_at(data)
    if row is None:
        return False
    with st.container(border=True, gap="small", height=HEIGHT, key=key("exp", "row")):
        head, close = st.columns([5, 1], vertical_alignment="center")
        head.markdown(f"## {plain(_title(data, row), 80)}")
        close.button(
            ":material/close:",
            key=key("exp", "row_close"),
            on_click=selection.look_at,
            args=(data, None),
            type="tertiary",
            help="Close this row",
        )
        facts = _facts(study, row, groups)
        for line in sentences(data, facts):
            st.markdown(line)
        chosen = chosen_by(row)
        if chosen:
            st.markdown(chosen)
        _acts(data, row, near=study.has("features"))
        pictures.strip(data, np.array([row]), [row_name(data, row)])
        _cells(data, row)
        _neighbours(data, facts)
    return True


def _title(data: Dataset, row: int) -> str:
    name = row_name(data, row)
    return name[:1].upper() + name[1:]


def _facts(study: Study, row: int, groups: Groups | None) -> RowFacts:
    features = study.features() if study.has("features") else None
    made_of = [features is not None, groups is not None, row]
    name = cache.name_of("row facts", [cache.upstream(state.app()), *made_of])
    return cache.share(name, lambda: row_facts(study, row, features=features, groups=groups))


def sentences(data: Dataset, facts: RowFacts) -> list[str]:
    """What is known of a row, a sentence each, safe for Markdown."""
    said = []
    if facts.group is not None:
        where = ""
        if facts.typical_rank is not None and facts.farther is not None:
            where = (
                f", {facts.typical_rank:,} of {facts.group_size:,} by distance to its middle "
                f"({facts.farther:.0%} of the group lie farther out)"
            )
        said.append(f"Group **{plain(facts.group, 60)}**{where}.")
    if facts.score is not None and facts.higher_than is not None:
        said.append(f"Score {number(facts.score)}, higher than {facts.higher_than:.0%} of the others.")
    if len(facts.copies):
        names = some([row_name(data, int(other)) for other in facts.copies], 3)
        said.append(f"{count(len(facts.copies), 'exact copy', 'exact copies')}: {plain(names, 120)}.")
    if len(facts.near_copies):
        many = count(len(facts.near_copies), "near-duplicate")
        names = some([row_name(data, int(other)) for other in facts.near_copies], 3)
        said.append(f"{many}: {plain(names, 120)}.")
    if facts.metric and not len(facts.copies) and not len(facts.near_copies):
        said.append("No duplicate and no near-duplicate.")
    return said


def chosen_by(row: int) -> str:
    """Which subsets of the last comparison hold a row, safe for Markdown; "" without one."""
    runs = state.app().runs
    found = kept_runs.result(runs[-1].key) if runs else None
    if found is None:
        return ""
    run = runs[-1]
    names = kept_runs.names(run.recipe.strategies)
    here = []
    for at, one in enumerate(found.results):
        held = sum(bool(np.isin(row, chosen.rows)) for chosen in one.selections)
        if held:
            seeds = f" ({held} of {len(one.selections)} seeds)" if len(one.selections) > 1 else ""
            here.append(f"{letter(at)} {plain(names[at], 30)}{seeds}")
    return (
        f"In the last comparison, chosen by {listed(here)}." if here else "Not chosen in the last comparison."
    )


def _acts(data: Dataset, row: int, *, near: bool) -> None:
    held = {mark.key for mark in state.app().recipe.pins}, {mark.key for mark in state.app().recipe.bans}
    own = data.keys[row].tobytes().hex()
    pinned, banned = own in held[0], own in held[1]
    bar = st.container(horizontal=True, gap="small")
    bar.button(
        "Unpin" if pinned else "Pin",
        key=key("exp", "row_pin"),
        on_click=selection.mark_row,
        args=(data, row, None if pinned else "pin"),
        help="Every subset holds a pinned row",
    )
    bar.button(
        "Lift ban" if banned else "Ban",
        key=key("exp", "row_ban"),
        on_click=selection.mark_row,
        args=(data, row, None if banned else "ban"),
        help="No subset holds a banned row",
    )
    bar.button(
        "Add to selection",
        key=key("exp", "row_add"),
        on_click=selection.add_row,
        args=(data, row),
    )
    if near:
        bar.button(
            f"Select {NEAR} near",
            key=key("exp", "row_near"),
            on_click=filters.add,
            args=(NearRow(own, min(NEAR, len(data)), row_name(data, row)),),
            help="Select the rows nearest to this one, itself among them",
        )
    bar.button(
        "Use as target",
        key=key("exp", "row_target"),
        on_click=_take_as_target,
        args=(data, row),
        help="Strategies that resemble given rows look for rows like this one",
    )


def _take_as_target(data: Dataset, row: int) -> None:
    selection.take_as_target(data, np.array([row]), row_name(data, row))


def _cells(data: Dataset, row: int) -> None:
    """All texts whole, and all other cells as a table."""
    texts = [name for name in data.columns(Kind.TEXT) if name in data.frame.columns]
    for name in texts:
        value = data.frame[name].iloc[row]
        st.caption(plain(name, 60))
        whole = "missing" if pd.isna(value) else str(value)
        st.text(whole if len(whole) <= _MOST_LETTERS else f"{whole[:_MOST_LETTERS]}…")
    known = pictures.pictures_of(data)
    left_out = {*texts, *(known.columns if known is not None else ())}
    rest: list[tuple[str, Any]] = [
        (str(name), data.frame[name].iloc[row]) for name in data.frame.columns if name not in left_out
    ]
    if rest:
        shown = pd.DataFrame(
            {
                "column": [name for name, _ in rest],
                "value": ["missing" if pd.isna(value) else tables.cell(value) for _, value in rest],
            }
        )
        st.dataframe(
            shown,
            key=key("exp", "row_cells"),
            hide_index=True,
            height=tables.height(len(rest), 6),
            alt=f"All cells of {row_name(data, row)}",
        )


def _neighbours(data: Dataset, facts: RowFacts) -> None:
    if not facts.neighbours:
        return
    st.caption(f"Nearest rows ({facts.metric} distance)")
    lines = tables.line_of(data, np.array([one.row for one in facts.neighbours]))
    for one, line in zip(facts.neighbours, lines, strict=True):
        st.button(
            f"{number(one.distance)} · {plain(line, 70)}",
            key=key("exp", "neighbour", one.row),
            on_click=selection.look_at,
            args=(data, one.row),
            width="stretch",
            help=f"Look at {row_name(data, one.row)}",
        )
