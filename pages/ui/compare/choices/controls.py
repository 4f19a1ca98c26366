"""The line above the subsets: budget, rows, seeds, question, and the button that runs the comparison."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import streamlit as st

from core.foundation.background_jobs import Job
from core.foundation.errors import AliquotError
from core.foundation.learned_pace import ExpectedTime
from core.foundation.wording import part
from core.study.study import Study
from pages.ui.shared import (
    cache,
    checked_values,
    comparison_defaults,
    jobs,
    kept_runs,
    number_fields,
    state,
)
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.pickers import choose

from . import (
    budget_field,
    eligible,
    missing_needs,
    question,
    run_cost,
    start_run,
    which_rows,
)
from .strategy_slots import add_slot

SEEDS = number_fields.whole("The number of seeds", 1, checked_values.MOST_SEEDS)


SEED = number_fields.whole("The seed", 0, checked_values.MOST_SEED)


RUN = 200


"""Pixels of the Run button: room for the longest words on it."""


SMALL = 5e7


"""Bytes that round to no gigabyte: they need not be told on a button."""


def begin(study: Study) -> Study:
    """On the first visit every choice is made already; returns the study under it."""
    now = state.app()
    if now.recipe.strategies:
        return study
    state.change_recipe(
        task="compare",
        strategies=question.first_choices(study),
        budget=comparison_defaults.first_budget(len(study.data)),
        seeds=comparison_defaults.SEEDS,
    )
    question.remember(comparison_defaults.FIRST)
    state.set_transient("cmp_first", True)
    return cache.study(state.app())


def write_number(name: str, widget: str, read: Callable[[str], int]) -> None:
    """Callback: a number into the recipe; one that cannot be read stays in its field, with words."""
    with suppress(AliquotError):
        state.change_recipe(**{name: number_fields.value_in(widget, read)})


def write_band() -> None:
    """Callback: the size of the band into the recipe."""
    size = state.widget("cmp_band")
    if isinstance(size, int):
        state.change_recipe(band=size)


def controls(study: Study) -> tuple[Any, Any]:
    """One line, two where the window is narrow: budget, source, seeds, question, and the run.

    Returns:
        The places of the Run button and of what is wrong with the fields: filled when all of them are drawn.
    """
    now = state.app()
    n = eligible.population(now, study)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        budget_field.control(study, n)
        which_rows.control(study)
        number_fields.field(
            st.text_input,
            "Seeds",
            now.recipe.seeds,
            SEEDS,
            key="cmp_seeds",
            bound=True,
            beside=False,
            on_change=write_number,
            args=("seeds", "cmp_seeds", SEEDS),
            width=68,
            help="How often each strategy that uses random numbers runs. The others run once.",
        )
        question.control(study)
        run = st.container(width=RUN)
    wrong = st.container()
    scope(study, n)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(width="stretch"):
            question.advice(study)
        st.button(
            "Add strategy",
            key="cmp_add",
            icon=":material/add:",
            on_click=add_slot,
            args=(study,),
            disabled=len(now.recipe.strategies) >= comparison_defaults.MOST_SLOTS,
            width="content",
            help=f"Up to {comparison_defaults.MOST_SLOTS} subsets side by side.",
        )
        with st.popover("More", icon=":material/tune:", width="content"):
            more()
    return run, wrong


def more() -> None:
    """Seed and size of the random band."""
    now = state.app()
    number_fields.field(
        st.text_input,
        "Seed",
        now.recipe.seed,
        SEED,
        key="cmp_seed",
        bound=True,
        on_change=write_number,
        args=("seed", "cmp_seed", SEED),
        help="The same seed gives the same subsets.",
    )
    sizes = sorted({199, 499, 999, now.recipe.band})
    choose(
        st.selectbox,
        "Random subsets in the band",
        sizes,
        key="cmp_band",
        first=now.recipe.band,
        on_change=write_band,
        persist_state="session",
        help="199 are enough for every word on this page; more make the strips smoother and take longer.",
    )


def scope(study: Study, n: int) -> None:
    """Which rows take part, where not simply all do."""
    now = state.app()
    parts = [part(n, len(study.data), "row", "takes part", "take part")] if n < len(study.data) else []
    if now.recipe.only is not None:
        parts.append(f"from {plain(now.recipe.only.name)}")
    if now.recipe.where:
        parts.append(f"filter: {plain(now.recipe.where)}")
    if now.recipe.near is not None:
        parts.append(plain(now.recipe.near.words))
    if now.recipe.pins:
        parts.append(f"{len(now.recipe.pins):,} pinned")
    if now.recipe.bans:
        parts.append(f"{len(now.recipe.bans):,} banned")
    if parts:
        st.caption(" · ".join(parts))


def unread() -> bool:
    """Say what is wrong with the fields drawn so far; whether anything is."""
    for wrong in number_fields.unread():
        jobs.error_box(wrong)
    return bool(number_fields.unread())


def run_button(study: Study, job: Job | None) -> None:
    """Run, with time and memory beside it; not while it cannot, or a field says what nobody can read."""
    now = state.app()
    wrong = eligible.problem(now, study)
    if wrong is not None or number_fields.unread() or not missing_needs.any_can_run(now, study):
        why = "These choices cannot run: what is wrong with them is said below."
        st.button("Run", key="cmp_run", disabled=True, icon=":material/play_arrow:", width=RUN, help=why)
        return
    if job is not None:
        why = "This comparison is under way. Cancel it below to run another."
        st.button(
            "Running", key="cmp_run", disabled=True, icon=":material/hourglass_top:", width=RUN, help=why
        )
        return
    done = kept_runs.result(kept_runs.run_key(now))
    fresh = done is not None and not done.partial
    if fresh:
        st.button(
            "Up to date",
            key="cmp_run",
            disabled=True,
            icon=":material/check:",
            width=RUN,
            help="The results below are of exactly these choices. Change one to run again.",
        )
        return
    guess = run_cost.outlook(now, study, eligible.budget_of(now, study))
    word = "Resume" if done is not None and done.partial else "Run"
    takes = f"{guess.time.words} and {gigabytes(guess.bytes)} of memory"
    if st.button(
        f"{word} · {takes_short(guess.time, guess.bytes)}",
        key="cmp_run",
        type="primary",
        icon=":material/play_arrow:",
        width=RUN,
        help=f"Takes {takes}. Runs in the background; you may go on elsewhere.",
    ):
        start_run.start(now, study)
        st.rerun()


def takes_short(time: ExpectedTime, size: float) -> str:
    """Time, and memory where there is some to speak of, as short as a button needs.

    Example:
        >>> takes_short(ExpectedTime(25.2, 20, 30), 3e8), takes_short(ExpectedTime(9, 3, 30), 1e6)
        ('25 s, 0.3 GB', '3 s to 30 s')
    """
    return f"{time.short}, {gigabytes(size)}" if size >= SMALL else time.short


def gigabytes(size: float) -> str:
    """Memory as coarse as the estimate is."""
    return f"{size / 1e9:.1f} GB" if size >= SMALL else "under 0.1 GB"
