"""Whether a difference between subsets is real: paired tests that choose and learn again."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.analysis.paired_tests.result import KINDS, PairedResult, p_words, signed
from core.foundation.errors import AliquotError
from core.foundation.wording import count
from core.model.recipe import Choice
from core.report.charts.paired_tests import PairDifference, forest, forest_alt
from core.report.charts.theme import Slot
from core.study.expected_work import paired_seconds
from core.study.paired_tests import missing, paired_test_study
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import background_work, cache, jobs
from pages.ui.shared.drawing import chart, theme
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.page_frame import to_page
from pages.ui.shared.pickers import choose
from pages.ui.shared.widget_keys import key

EVERY = -1


def label_missing(view: RunView, what: str) -> bool:
    """Say what is missing for numbers on predictions, and how to give it; False where nothing is."""
    reason = missing(view.study)
    if not reason:
        return False
    st.info(f"{what} needs a label to predict: {reason}.", icon=":material/label:")
    to_page("data.py", "Give a column the role label", ":material/arrow_back:")
    return True


def baseline_first(choices: Sequence[Choice]) -> int:
    """The slot that others are compared with at first: Random where there is one, else A."""
    return next((at for at, choice in enumerate(choices) if choice.id == "random"), 0)


def show(view: RunView) -> None:
    """Choose a test and a baseline; run it; differences as a plot, as sentences and as a table."""
    choices, slots = view.run.recipe.strategies, view.slots
    if len(choices) < 2:
        st.info("A paired test needs two strategies: add another above.", icon=":material/balance:")
        return
    if label_missing(view, "A paired test"):
        return
    run = view.run.key[:12]
    left, right = st.columns([1, 1.4])
    with left:
        options = [*range(len(choices)), EVERY]
        asked = choose(
            st.selectbox,
            "Compared with",
            options,
            first=baseline_first(choices),
            format_func=lambda at: "every other one" if at == EVERY else _name(slots[at]),
            key=key("cmp", "paired_baseline", run),
            persist_state="session",
            help="Each other strategy is tested against this one; more tests ask more of each p-value.",
        )
    with right:
        test = choose(
            st.selectbox,
            "Test",
            list(KINDS),
            format_func=lambda name: KINDS[name].label,
            key="cmp_paired_test",
            persist_state="session",
        )
    kind = KINDS[test]
    st.caption(f"{kind.compares} {kind.label}: {kind.paper}.")
    baseline = None if asked == EVERY else int(asked)
    try:
        study = view.study
        name = cache.name_of("paired", [view.run.key, test, baseline])
        budget = view.comparison.budget
        seconds = cache.remember(
            cache.name_of("paired-time", [view.run.key, test]),
            lambda: paired_seconds(study, choices, test, budget, view.comparison.population),
        )
    except AliquotError as error:
        jobs.error_box(error)
        return
    found = background_work.offer(
        name,
        f"Testing {count(len(choices), 'strategy', 'strategies')} ({kind.label})",
        "Run the test",
        f"paired {test}",
        seconds,
        lambda progress: paired_test_study(
            study, choices, test, str(view.comparison.cost or budget), baseline=baseline, progress=progress
        ),
        where="cmp_paired",
    )
    if isinstance(found, PairedResult):
        result(found, slots)


def _name(slot: Slot) -> str:
    return f"{slot.letter} · {slot.label}"


def result(outcome: PairedResult, slots: Sequence[Slot]) -> None:
    """What a test found: overall, then each pair, and what was run again for it."""
    if outcome.overall_detail:
        verdict = (
            "at least two of these models differ" if outcome.overall <= 0.05 else "no difference can be shown"
        )
        st.markdown(
            f"All {sum(not why for why in outcome.reasons)} models together: **{verdict}** "
            f"({p_words(outcome.overall)}; {outcome.overall_detail})."
        )
    items = [
        PairDifference(
            slots[pair.first],
            slots[pair.second],
            100 * pair.difference,
            100 * pair.low,
            100 * pair.high,
            pair.significant,
            f"{signed(pair.difference).removesuffix(' points')} · Holm {p_words(pair.adjusted)}",
            tuple(100 * value for value in pair.points),
            pair.detail,
        )
        for pair in outcome.pairs
    ]
    if items:
        chart(
            forest(items, theme=theme(), ranges=outcome.kind.range),
            key="cmp_paired_forest",
            alt=forest_alt(items),
            table="“As a table” below",
        )
        ticks = " Ticks: single folds." if any(item.folds for item in items) else ""
        st.caption(
            "Right of zero the first letter predicts better. Filled: a difference is shown at 5 % after "
            f"Holm's correction for {count(len(items), 'test')}; hollow: none can be shown. "
            f"Line: {outcome.kind.range}, each pair on its own.{ticks}"
        )
        titles = tuple(_name(one) for one in slots)
        for pair in outcome.pairs:
            st.markdown(f"- {plain(outcome.words(pair, titles), 400)}")
    for one, why in zip(slots, outcome.reasons, strict=True):
        if why:
            st.markdown(f"**{one.letter} · {plain(one.label)}** was not tested: {plain(why, 400)}")
    if not items:
        st.info("There is no pair to test: choose a baseline that can run.", icon=":material/balance:")
        return
    st.caption(plain(" ".join([outcome.redone, *outcome.notes]), 1_200))
    with st.expander("As a table", key="cmp_paired_table"):
        st.dataframe(
            [
                {
                    "pair": item.title,
                    "difference (points)": round(item.value, 2),
                    "from": round(item.low, 2),
                    "to": round(item.high, 2),
                    "p": pair.p,
                    "Holm p": pair.adjusted,
                    "accuracy, first letter": outcome.accuracy[pair.second],
                    "accuracy, second letter": outcome.accuracy[pair.first],
                    "how": pair.detail,
                }
                for item, pair in zip(items, outcome.pairs, strict=True)
            ],
            hide_index=True,
            key="cmp_paired_frame",
            column_config={
                "p": st.column_config.NumberColumn(format="%.4f"),
                "Holm p": st.column_config.NumberColumn(format="%.4f"),
                "accuracy, first letter": st.column_config.NumberColumn(format="percent"),
                "accuracy, second letter": st.column_config.NumberColumn(format="percent"),
            },
            alt="Differences, p-values and accuracies of each pair.",
        )
