"""The reusable holdout on a page: ask the guarded rows about a subset, and see what is left to ask."""

from __future__ import annotations

from math import sqrt

import streamlit as st

from core.analysis.held_out.reusable_holdout import NOISE, THRESHOLD, HoldoutAnswer, HoldoutRecord
from core.foundation.errors import AliquotError
from core.foundation.wording import clause
from core.study.expected_work import paired_seconds
from core.study.reusable_holdout import ask, holdout_of
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import background_work, cache, jobs
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.pickers import choose
from pages.ui.shared.widget_keys import key

from .paired_tests import label_missing

WHY = (
    "Trying many subsets on one set of held-out rows soon picks the one that fits those rows by luck. "
    "Here a fifth of the rows is guarded: a question is answered from practice rows as long as the guarded "
    "ones agree, and only a disagreement is answered from the guarded rows, with a little noise, and costs "
    "one of the allowance."
)


def show(view: RunView) -> None:
    """Ask for the accuracy of one subset; the answer, the allowance, and all that was asked before."""
    if label_missing(view, "A question to the guarded rows"):
        return
    st.markdown(WHY)
    choices, slots = view.run.recipe.strategies, view.slots
    try:
        study = view.study
        record = holdout_of(study).record()
    except AliquotError as error:
        jobs.error_box(error)
        return
    meter(record)
    at = choose(
        st.selectbox,
        "Accuracy, on the guarded rows, of what is learned from",
        range(len(choices)),
        format_func=lambda at: f"{slots[at].letter} · {slots[at].label}",
        key=key("cmp", "guarded_slot", view.run.key[:12]),
        persist_state="session",
    )
    choice, budget = choices[at], view.comparison.budget
    parts = [view.run.key, choice.id, choice.params, str(study.store.root)]
    label = f"{slots[at].letter} · {slots[at].label}"
    seconds = cache.remember(
        cache.name_of("guarded-time", parts),
        lambda: paired_seconds(study, [choice], "mcnemar", budget, view.comparison.population),
    )
    found = background_work.offer(
        cache.name_of("guarded", parts),
        f"Asking the guarded rows about {slots[at].letter}",
        f"Ask about {slots[at].letter}",
        "paired mcnemar",
        seconds,
        lambda progress: ask(
            study, choice, str(view.comparison.cost or budget), label=label, progress=progress
        ),
        where="cmp_guarded",
    )
    if isinstance(found, HoldoutAnswer):
        answer(found, record, label)
    history(record)
    with st.expander("How the rows are split, and what this can and cannot promise", key="cmp_guarded_how"):
        st.markdown(explanation(record))


def meter(record: HoldoutRecord) -> None:
    """What is left of the allowance."""
    share = record.left / record.allowance if record.allowance else 0.0
    st.progress(share, text=f"{record.left} of {record.allowance} disagreements left for this data set")
    if record.left < 1:
        st.warning(
            "The allowance is spent: new questions are refused, old ones are still answered as before. "
            "Decide by what was answered, or collect new rows.",
            icon=":material/block:",
        )


def answer(found: HoldoutAnswer, record: HoldoutRecord, label: str) -> None:
    """One answer, where it came from, and how uncertain so few rows leave it."""
    source = (
        "from the guarded rows, with noise: they disagreed with the practice rows, which cost one"
        if found.spent
        else "from the practice rows: the guarded ones did not differ by more than a blurred "
        f"{100 * record.threshold:.0f} points, at no cost"
    )
    st.markdown(f"**{plain(label)}** predicts **{100 * found.value:.1f} %** of rows correctly ({source}).")
    asked = next((one for one in record.asked if one.number == found.number), None)
    rows = int(asked.about.get("guarded", "0").replace(",", "")) if asked is not None else 0
    if rows:
        wide = 100 * 2 * sqrt(max(found.value * (1 - found.value), 1 / (4 * rows)) / rows)
        small = " With so few rows most disagreements are luck of the draw." if wide > 200 * THRESHOLD else ""
        unsaid = (
            ""
            if found.spent
            else (
                f" Beyond that, a difference of about {250 * record.threshold:.0f} points can go unnoticed."
            )
        )
        leave = clause(rows, "guarded row", "leaves", "leave")
        st.caption(f"{leave} it uncertain by about ±{wide:.1f} points.{unsaid}{small}")


def history(record: HoldoutRecord) -> None:
    """Questions of this data set, newest first."""
    if not record.asked:
        st.caption("Nothing was asked about this data set yet.")
        return
    st.markdown("#### Asked about this data set")
    st.dataframe(
        [
            {
                "no.": one.number,
                "subset": one.about.get("strategy", ""),
                "rows": one.about.get("budget", ""),
                "label": one.about.get("label", ""),
                "filter": one.about.get("where", ""),
                "saved selection": one.about.get("only", ""),
                "near": one.about.get("near", ""),
                "accuracy": one.value,
                "answered from": "guarded rows, with noise" if one.spent else "practice rows",
                "cost": int(one.spent),
            }
            for one in reversed(record.asked)
        ],
        hide_index=True,
        key="cmp_guarded_asked",
        column_config={"accuracy": st.column_config.NumberColumn(format="percent")},
        alt="Every question asked of the guarded rows, with its answer and cost.",
    )


def explanation(record: HoldoutRecord) -> str:
    """The definition of parts and rule, and its limits, as Markdown."""
    noise, threshold = 100 * record.noise, 100 * record.threshold
    changed = "" if (record.noise, record.threshold) == (NOISE, THRESHOLD) else " (set for this record)"
    return (
        "- **Parts.** A fifth of all rows is guarded, a further fifth is for practice; the rest is to choose "
        "and learn from. Rows of one entity, and near-duplicates, are in one part. The parts do not depend "
        "on seed, filter or label; other features can find other near-duplicates and move rows.\n"
        "- **A question.** Groups are made from the rest alone; the strategy chooses there at the same "
        "fraction, with the first seed; a logistic regression learns from its choice. Practice rows and "
        "guarded rows score it. The subset that you export is drawn from all rows, so this is about what "
        "the strategy reaches.\n"
        f"- **The rule** (Thresholdout{changed}). Where both scores differ by more than {threshold:.0f} "
        f"points, blurred by Laplace noise of scale {2 * noise:.0f} (kept until a disagreement) and "
        f"{4 * noise:.0f} (fresh), the guarded score is given with noise of scale {noise:.0f}; elsewhere the "
        "practice score.\n"
        f"- **The allowance** of {record.allowance} belongs to the data set, whichever tab, label, filter or "
        "features you ask with. The same question again gets the same answer at no cost. The number is a "
        "convention of this app. The noise comes from a secret kept with the record on this machine.\n"
        "- **What it cannot do.** Other views score rows of the whole data set, guarded ones among them, and "
        "you may have looked at those: the protection covers what is asked here. Deleting the record "
        "forgets what was asked.\n"
        "- **Source.** The principle: Dwork, Feldman, Hardt, Pitassi, Reingold, Roth, *Preserving "
        "statistical validity in adaptive data analysis*, 2015. The method and its constants: the same "
        "authors, *The reusable holdout*, Science, 2015."
    )
