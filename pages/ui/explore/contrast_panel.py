"""The selection against the rest, or against a saved one: in what they differ, and rules that describe it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.analysis.contrast.origin import SelectionOrigin
from core.analysis.contrast.result import OTHER_SELECTION, THE_REST, Contrast, ContrastVerdict
from core.analysis.random_band.measure import FULL
from core.foundation.artifact_store import digest
from core.foundation.number_format import number, share
from core.foundation.wording import count, some, verb
from core.metrics.declaration import METRICS
from core.model.row_conditions import InSelection, RowCondition, conditions_to_json
from core.report.charts import contrast_dots
from core.study.contrast import (
    contrast_metrics_study,
    contrast_study,
    describe_rows_study,
    origin_study,
    pool_study,
    population_study,
)
from core.study.matching_rows import grounds
from core.study.study import Study
from pages.ui.shared import background_work, cache, state, tables
from pages.ui.shared.app_state import RowSet
from pages.ui.shared.drawing import chart, theme
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.pickers import choose
from pages.ui.shared.widget_keys import key

from . import filters

_CELLS_A_SECOND = 4e6
_ROWS_A_SECOND = 250_000  # of a tree
_SECONDS_A_ROW = 2e-5  # of a random set
_AT_ONCE = 10.0  # seconds that verdicts may take without being asked for


def contrast_panel(study: Study, picked: RowSet) -> None:
    """What sets the selection apart: a picture, the same as a table, rules."""
    named = {name: rows for name, rows in state.app().named.items() if rows.packed != picked.packed}
    listed = ["the rest", *sorted(named)]
    st.markdown("## What sets these rows apart")
    other = None
    if named:
        name = choose(
            st.selectbox,
            "Compared with",
            listed,
            key=key("exp", "against"),
            first=listed[0],
            format_func=lambda one: one if one == listed[0] else f"“{one}”",
            width=260,
        )
        other = named.get(name)
    if other is None and picked.count == picked.n:
        st.caption("All rows are selected: there is no rest to compare them with.")
        return
    asked = filters.conditions()
    origin = made_by(study, asked)
    if other is not None:
        origin = origin.with_(made_by(study, other.made) if other.made else SelectionOrigin(unknown=True))
    mark = digest(
        [cache.upstream(state.app()), picked.packed, other and other.packed, conditions_to_json(asked)]
    )
    against = THE_REST if other is None else OTHER_SELECTION
    groups = study.groups()
    kinds = {name: role.kind for name, role in study.data.roles.items()}
    base = [study.data.fingerprint.digest, kinds, "" if groups is None else groups.key]
    population = cache.share_large(cache.name_of("population", base), lambda: population_study(study))
    rows = None if other is None else other.rows
    sizes = cache.share(
        cache.name_of("contrast sizes", [mark]),
        lambda: contrast_study(study, population, picked.rows, rows, origin=origin, verdicts=False),
    )
    cells = len(study.data) * max(1, len(study.data.frame.columns))
    work = cache.name_of("contrast", [mark])
    judged = background_work.offer(
        work,
        "Testing differences",
        "Test the differences",
        "contrast",
        0.2 + cells / _CELLS_A_SECOND,
        lambda progress: contrast_study(
            study, population, picked.rows, rows, origin=origin, progress=progress
        ),
        where=key("exp", "contrast"),
        at_once=_AT_ONCE,
    )
    found: Contrast = judged if judged is not None else sizes
    live = cache.runner().get(work)
    st.markdown(summary(found, testing=live is not None and live.live))
    drawn = [entry for entry in found.entries if entry.size is not None]
    if drawn:
        chart(
            contrast_dots.contrast_dots(drawn, against, theme()),
            key="exp_contrast",
            alt=contrast_dots.contrast_alt(found, against),
            table="below, under “All differences”",
        )
        st.caption(
            "Filled: more than luck. Hollow: random rows show as much, or it was not tested. Square: it made "
            "the selection, or nobody knows whether it did. Between the dotted lines a difference is small "
            "(Cohen, 1988)."
        )
    with st.expander(f"All {count(len(found.entries), 'difference')}", key=key("exp", "contrast_all")):
        _table(found, against)
    if other is None:
        _metrics(study, picked, origin, mark)
    _rules(study, picked, grounds(study.data, asked).columns, mark)


def made_by(
    study: Study, asked: tuple[RowCondition, ...], seen: frozenset[str] = frozenset()
) -> SelectionOrigin:
    """What made the selection: its filters; for what was drawn or is near, all that features are made of.

    Args:
        study: The study.
        asked: The filters. Of a saved selection those count that it was saved with; where nobody knows them,
            anything may have made it.
        seen: Saved selections whose filters are being looked at.
    """
    found = grounds(study.data, asked)
    origin = origin_study(study, columns=found.columns, layout=found.measured, groups=found.groups)
    for condition in asked:
        if isinstance(condition, InSelection):
            rows = condition.only.rows
            named = (one.made for one in state.app().named.values() if one.packed == rows)
            made = next((one for one in named if one), ()) if rows not in seen else ()
            origin = origin.with_(
                made_by(study, made, seen | {rows}) if made else SelectionOrigin(unknown=True)
            )
    return origin


def summary(found: Contrast, *, testing: bool = False) -> str:
    """How many differences are more than luck, and what cannot be said; safe for Markdown.

    Args:
        found: The differences.
        testing: Whether those that wait for a verdict are being tested.
    """
    counts = found.counts
    tested = sum(counts.get(one.value, 0) for one in (ContrastVerdict.DIFFERS, ContrastVerdict.CHANCE))
    sure = counts.get(ContrastVerdict.DIFFERS.value, 0)
    said = []
    if counts.get(ContrastVerdict.PENDING.value):
        now = "is being tested" if testing else "was not tested yet"
        said.append(f"Sizes of the differences; whether they are more than luck {now}.")
    elif sure:
        names = [plain(contrast_dots.name_of(entry), 40) for entry in found.differing]
        said.append(
            f"**{sure:,} of {count(tested, 'difference')} {verb(sure, 'is', 'are')} more than luck:** "
            f"{some(names, 3)}."
        )
    elif tested:
        said.append(
            f"**None of {count(tested, 'difference')} is more than luck:** random rows differ as much."
        )
    else:
        said.append("No difference could be tested.")
    made = counts.get(ContrastVerdict.ORIGIN.value, 0)
    if made:
        differ = verb(made, "differs", "differ")
        said.append(f"{made:,} {differ} by construction, having made the selection, and without a verdict.")
    unknown = counts.get(ContrastVerdict.UNKNOWN.value, 0)
    if unknown:
        have = verb(unknown, "has", "have")
        said.append(f"{unknown:,} {have} no verdict, since it is not known what made the selection.")
    cannot = counts.get(ContrastVerdict.CANNOT.value, 0)
    if cannot:
        said.append(f"{cannot:,} cannot be tested; the table says why.")
    return " ".join([*said, *(plain(note, 400) for note in found.notes)])


def _table(found: Contrast, against: str) -> None:
    rows = [
        {
            "what": contrast_dots.name_of(entry),
            "selected": contrast_dots.values_of(entry, against).partition(", ")[0],
            against: contrast_dots.values_of(entry, against).partition(f", {against} ")[2],
            "size": None if entry.size is None else round(entry.size, 3),
            "verdict": entry.verdict.value,
            "p, Holm": None if entry.adjusted is None else number(entry.adjusted),
            "why": entry.reason,
        }
        for entry in found.entries
    ]
    st.dataframe(
        pd.DataFrame(rows),
        key=key("exp", "contrast_table"),
        hide_index=True,
        height=tables.height(len(rows), 10),
        alt=f"All {count(len(rows), 'difference')} between the selection and {against}",
    )
    for name, more in found.unlisted:
        st.caption(f"{plain(name or 'groups', 60)}: {count(more, 'more value')} left out.")
    for name, why in found.left_out:
        st.caption(f"{plain(name, 60)}: {plain(why, 200)}.")


def _metrics(study: Study, picked: RowSet, origin: SelectionOrigin, mark: str) -> None:
    """Metrics of the selection as a set of rows, beside random sets as large."""
    opened = st.expander("As a set of rows, beside random sets", key=key("exp", "sets"), on_change="rerun")
    if not opened.open:
        return
    with opened:
        found = background_work.offer(
            cache.name_of("set metrics", [mark]),
            "Measuring the selection beside random sets",
            "Measure beside 199 random sets",
            "set metrics",
            1.0 + picked.count * _SECONDS_A_ROW * FULL,
            lambda progress: contrast_metrics_study(
                study, pool_study(study), picked.rows, origin=origin, progress=progress
            ),
            where=key("exp", "sets"),
            at_once=_AT_ONCE,
        )
        for one in found or ():
            metric = METRICS[one.metric]
            value = "not defined" if one.value is None else number(one.value)
            beside = (
                ""
                if one.low is None or one.high is None
                else (f", random sets {number(one.low)} to {number(one.high)}")
            )
            st.markdown(f"- **{metric.label}** {value}{beside}: {plain(one.reason, 300)}")


def _rules(study: Study, picked: RowSet, without: Sequence[str], mark: str) -> None:
    """Rules in columns; those that it was filtered by would say what is known."""
    opened = st.expander("Rules that describe these rows", key=key("exp", "rules_open"), on_change="rerun")
    if not opened.open:
        return
    with opened:
        found = background_work.offer(
            cache.name_of("rules", [mark]),
            "Looking for rules",
            "Look for rules",
            "rules",
            0.5 + min(len(study.data), 200_000) / _ROWS_A_SECOND,
            lambda progress: describe_rows_study(study, picked.rows, without=without, progress=progress),
            where=key("exp", "rules"),
            at_once=_AT_ONCE,
        )
        if found is None:
            return
        st.markdown(plain(found.sentence, 600))
        for rule in found.rules:
            low, high = rule.precision_interval
            least, most = rule.recall_interval
            st.markdown(
                f"- **{plain(rule.words, 300)}**: of its rows {share(rule.precision)} are selected "
                f"({share(low)} to {share(high)}), and it finds {share(rule.recall)} of the selection "
                f"({share(least)} to {share(most)})"
            )
        if found.whole is not None and found.whole.condition:
            st.caption("As a condition for the filter on Compare and for `--where`:")
            st.code(found.whole.condition, language="sql", wrap_lines=True)
