"""A row of a comparison: who chose it, at which place, and where it lies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.analysis.explain.density import Density
from core.analysis.explain.row import ByStrategy, Nearest, RowFact, RowInSubset, explain_row
from core.foundation.number_format import number
from core.foundation.wording import count, listed
from core.model.dataset import Dataset
from core.study.study import Study
from pages.ui.compare.run import row_labels as row_words
from pages.ui.compare.run import run_context
from pages.ui.compare.run.chosen_view import LOOK
from pages.ui.compare.run.row_labels import distance_words, on_one_scale
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import cache, kept_runs, pictures, tables
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.widget_keys import key

from .row_finder import chosen_row, find, go_to, keep_row, ordinal

# ---- facts in words ----------------------------------------------------------------------------------


def fact_of(view: RunView, study: Study, row: int, density: Density | None) -> RowFact:
    """The facts about a row; found once for each row and state of the run."""
    setting = run_context.setting_of(view, study)
    name = cache.name_of("row", [view.run.key, kept_runs.stamp(view.comparison), row, density is not None])
    fact: RowFact = cache.remember(name, lambda: explain_row(view.comparison, setting, row, density=density))
    return fact


def place(one: RowInSubset) -> str:
    """Where a row stands in one subset.

    Example:
        >>> place(RowInSubset(0, 35, 3)), place(RowInSubset(0, 35, 1, pinned=True)), place(RowInSubset(0, 35))
        ('3rd of 35', '1st of 35, pinned', 'not chosen')
    """
    if one.rank is None:
        return "not chosen"
    return f"{ordinal(one.rank)} of {one.size:,}" + (", pinned" if one.pinned else "")


def summary(view: RunView) -> None:
    """One line on the row that is looked at, right below the maps that it was clicked on."""
    row = chosen_row(len(view.maps.data))
    if row is None or not view.comparison.results:
        return
    study = run_context.run_study(view)
    if study is None:
        return
    fact = fact_of(view, study, row, run_context.density_at_hand(study))
    took = [
        f"**{one.letter}** {place(by.seeds[0])}"
        for one, by in zip(view.slots, fact.by, strict=False)
        if by.seeds and by.seeds[0].rank is not None
    ]
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", gap="small", key=key("cmp", "row", "line")
    ):
        st.markdown(
            f":material/radio_button_checked: **{row_words.row_name(study.data, row)}** · "
            + (f"chosen by {' · '.join(took)}" if took else "chosen by none of these")
            + f"  \n{plain(tables.line_of(study.data, np.array([row]))[0], 160)}",
            width="stretch",
        )
        pictures.strip(study.data, np.array([row]), [row_words.row_name(study.data, row)])
        st.button("Clear", key=key("cmp", "row", "clear"), on_click=keep_row, args=(None,))
    box = st.expander("What is known about it", key=key("cmp", "row", "more"), on_change="rerun")
    if box.open:  # stays open from one clicked row to the next
        with box:
            show_facts(view, study.data, fact)
            st.button(
                f"Find other rows under {LOOK}, below",
                key=key("cmp", "row", "find"),
                on_click=go_to,
                args=("A row",),
                type="tertiary",
                icon=":material/arrow_downward:",
            )


def show_facts(view: RunView, data: Dataset, fact: RowFact) -> None:
    """The facts, and what each subset did with the row."""
    st.markdown("\n".join(f"- {line}" for line in facts(fact, len(data))))
    st.table(
        table(view, data, fact),
        hide_index=True,
        alt="What each subset did with this row.",
    )
    several = " Place, gain and nearest row are of the first seed." if _several(view) else ""
    st.caption(
        "Facts, not causes: a strategy decides by its own rule, and a chosen row nearby is not yet why "
        f"this one was left. Gains of different strategies must not be compared.{several}"
    )


def facts(fact: RowFact, n: int) -> list[str]:
    """What the row is, one sentence each, safe for Markdown."""
    among = row_words.relative_to(fact.population, n)
    lines = []
    if fact.status != "may be chosen":
        lines.append({"pinned": "It is pinned: every subset holds it."}.get(fact.status, ""))
        lines[-1] = lines[-1] or f"It is {fact.status}: no subset may hold it."
    if fact.group is not None:
        share = number(100 * fact.group_size / fact.population, "%")
        lines.append(
            f"Group **{plain(fact.group, 60)}**: {count(fact.group_size, 'row')}, {share} of {among}."
        )
    if fact.denser_than is not None and fact.reach is not None:
        lines.append(
            f"Denser than {fact.denser_than:.0f} % of the others among {among}; its tenth nearest row is "
            f"{number(on_one_scale(fact.reach, fact.metric))} away ({distance_words(fact.metric)})."
        )
    if fact.label is not None:
        lines.append(f"Label: {plain(fact.label, 60)}.")
    if fact.score is not None:
        higher = "" if fact.higher_than is None else f", higher than {fact.higher_than:.0f} % of the others"
        lines.append(f"Score: {number(fact.score)}{higher}.")
    return lines


def table(view: RunView, data: Dataset, fact: RowFact) -> list[dict[str, str]]:
    """One line per strategy, as text; columns that no strategy fills are left out."""
    lines = []
    for one, by in zip(view.slots, fact.by, strict=False):
        line = {"Subset": f"{one.letter} · {plain(one.label, 40)}"}
        if not by.seeds:
            line["Place"] = f"did not run: {plain(by.reason, 120)}"
        else:
            line |= _line(by, data, fact.metric)
        lines.append(line)
    names = list(dict.fromkeys(name for line in lines for name in line))
    return [{name: line.get(name, "–") for name in names} for line in lines]


def _line(by: ByStrategy, data: Dataset, metric: str) -> dict[str, str]:
    first = by.seeds[0]
    line = {"Place": place(first)}
    if len(by.seeds) > 1:
        ranks = [ordinal(one.rank) for one in by.seeds if one.rank is not None]
        where = f"in {by.times} of {len(by.seeds)} seeds, as {_some(ranks)}" if ranks else "in no seed"
        line["Over seeds"] = where
    if first.gain is not None:
        line["Gain"] = f"{number(first.gain)}{_among(first.smaller_gains)}"
    if first.inclusion is not None:
        line["Chance π of being chosen"] = number(first.inclusion)
    if first.weight is not None:
        line["Design weight"] = number(first.weight)
    if first.represents is not None:
        line["Stands for"] = f"{number(first.represents)} rows"
    if first.draws is not None:
        line["Drawn"] = count(first.draws, "time")
    if first.nearest is not None:
        line["Nearest row it chose"] = _near(first.nearest, data, metric)
    return line


def _some(ranks: Sequence[str], most: int = 5) -> str:
    """Places as part of a sentence, the first few.

    Example:
        >>> _some(["3rd", "12th"]), _some(["1st"] * 7)
        ('3rd and 12th', '1st, 1st, 1st, 1st, 1st and in 2 more')
    """
    if len(ranks) <= most:
        return listed(ranks)
    return f"{', '.join(ranks[:most])} and in {len(ranks) - most} more"


def _among(smaller: float | None) -> str:
    """How large a gain is among the strategy's other steps."""
    if smaller is None:
        return ""
    return (
        ", the largest of its steps"
        if smaller == 1
        else f", more than {100 * smaller:.0f} % of its other steps"
    )


def _near(nearest: Nearest, data: Dataset, metric: str) -> str:
    what = plain(tables.line_of(data, np.array([nearest.row]))[0], 60)
    name = row_words.row_name(data, nearest.row)
    far = number(on_one_scale(nearest.distance, metric))
    return f"{far} away: {name}, its {ordinal(nearest.rank)} · {what}"


# ---- the view ----------------------------------------------------------------------------------------


def a_row(view: RunView) -> None:
    """Everything that is known of one row, and ways to find another."""
    study = run_context.run_study(view)
    if study is None:
        return
    data = study.data
    row = chosen_row(len(data))
    if row is None:
        st.info(
            "Click a row on the maps, or find one below: by its place in the file, by words in it, or "
            "in the list of a subset.",
            icon=":material/ads_click:",
        )
    else:
        density = run_context.density_of(study, key("cmp", "rowdense"))
        fact = fact_of(view, study, row, density)
        st.markdown(f"#### {row_words.row_name(data, row)}")
        st.markdown(plain(tables.line_of(data, np.array([row]))[0], 300))
        pictures.strip(data, np.array([row]), [row_words.row_name(data, row)])
        show_facts(view, data, fact)
    find(view, data)


def _several(view: RunView) -> bool:
    return max((len(result.selections) for result in view.comparison.results), default=1) > 1
