"""The choices of a comparison as widgets: budget, seeds, band, and one slot per subset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import streamlit as st

from core.foundation.background_jobs import Job
from core.foundation.durations import show_about, show_seconds
from core.foundation.errors import AliquotError
from core.foundation.wording import part
from core.model.recipe import Choice
from core.report.charts.figures import letter
from core.strategies.declaration import STRATEGIES
from core.strategies.presets import PRESETS, offer
from core.study.study import Study
from pages.ui.compare.views import results
from pages.ui.shared import (
    cache,
    checked_values,
    comparison_defaults,
    finder,
    jobs,
    kept_runs,
    number_fields,
    state,
)
from pages.ui.shared.pickers import choose
from pages.ui.shared.safe_words import plain
from pages.ui.shared.widget_keys import key

from . import budget, eligible, missing_needs, parameters, question, run_cost, start_run, which_rows

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


def write_slot(slot: int) -> None:
    """Callback: another strategy in a slot; it begins with its defaults."""
    chosen = list(state.app().recipe.strategies)
    name = state.widget(key("cmp", "slot", slot))
    if name in STRATEGIES.ids():  # a browser may still hold the words that the picker showed before
        chosen[slot] = Choice(name)
        state.change_recipe(strategies=tuple(chosen))
        question.own()


def add_slot(study: Study) -> None:
    """Callback: one more slot, with a strategy that can run and is not shown yet where there is one."""
    chosen = state.app().recipe.strategies
    used = {choice.id for choice in chosen}
    asked = question.asked() or PRESETS[comparison_defaults.FIRST]
    first = [
        choice.id for choice in offer(asked, lambda one: missing_needs.lacking(one, study), most=99).choices
    ]
    known = [*first, *(name for name in STRATEGIES.ids() if name not in first)]
    free = [name for name in known if not missing_needs.lacking(Choice(name), study)] or known
    name = next((name for name in free if name not in used), free[0])
    state.change_recipe(strategies=(*chosen, Choice(name)))
    state.set_widget(key("cmp", "slot", len(chosen)), name)
    question.own()


def remove_slot(slot: int) -> None:
    """Callback: take a slot out; those behind it move up."""
    chosen = list(state.app().recipe.strategies)
    del chosen[slot]
    state.change_recipe(strategies=tuple(chosen))
    state.drop_widgets("cmp_slot_")
    state.drop_widgets("cmp_par")
    question.own()


def controls(study: Study) -> tuple[Any, Any]:
    """One line, two where the window is narrow: budget, source, seeds, question, and the run.

    Returns:
        The places of the Run button and of what is wrong with the fields: filled when all of them are drawn.
    """
    now = state.app()
    n = eligible.population(now, study)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        budget.control(study, n)
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
            question.told(study)
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
    if wrong is not None or number_fields.unread() or not missing_needs.some_run(now, study):
        st.button("Run", key="cmp_run", disabled=True, icon=":material/play_arrow:", width=RUN)
        return
    guess = run_cost.outlook(now, study, eligible.budget_of(now, study))
    done = kept_runs.result(kept_runs.run_key(now))
    fresh = done is not None and not done.partial
    word = "Resume" if done is not None and done.partial and job is None else "Run"
    takes = f"{show_about(guess.seconds)} and {gigabytes(guess.bytes)} of memory"
    if st.button(
        f"{word} · {takes_short(guess.seconds, guess.bytes)}",
        key="cmp_run",
        type="secondary" if fresh else "primary",
        icon=":material/play_arrow:",
        disabled=job is not None or fresh,
        width=RUN,
        help="These choices have been run."
        if fresh
        else f"Takes {takes}. Runs in the background; you may go on elsewhere.",
    ):
        start_run.start(now, study)
        st.rerun()


def takes_short(seconds: float, size: float) -> str:
    """Time, and memory where there is some to speak of, as short as a button needs.

    Example:
        >>> takes_short(25.2, 3e8), takes_short(0.2, 1e6)
        ('25 s, 0.3 GB', 'under 1 s')
    """
    told = show_seconds(seconds)
    return f"{told}, {gigabytes(size)}" if size >= SMALL else told


def gigabytes(size: float) -> str:
    """Memory as coarse as the estimate is."""
    return f"{size / 1e9:.1f} GB" if size >= SMALL else "under 0.1 GB"


def slots(study: Study) -> None:
    """One picker per subset, above the map it will draw; parameters folded beside it."""
    labels = names(study)
    choices = state.app().recipe.strategies
    changed = list(choices)
    for first in range(0, len(choices), results.ACROSS):
        here = range(first, min(first + results.ACROSS, len(choices)))
        for slot, column in zip(
            here, st.columns(min(len(choices), results.ACROSS), gap="small"), strict=False
        ):
            with column:
                changed[slot] = one_slot(slot, choices[slot], study, len(choices), labels)
    if tuple(changed) != choices:
        own = tuple(map(question.with_defaults, changed)) != tuple(map(question.with_defaults, choices))
        state.change_recipe(strategies=tuple(changed))
        if own:  # not the defaults written out, which the settings do when they are first drawn
            question.own()


def names(study: Study) -> dict[str, str]:
    """Every strategy as the pickers show it, families together: its name, and what it lacks here."""
    made = {}
    for strategy in finder.in_order(STRATEGIES):
        missing = missing_needs.lacking(Choice(strategy.id), study)
        lack = f" · needs {' and '.join(missing_needs.LACKS[need][0] for need in missing)}" if missing else ""
        made[strategy.id] = f"{strategy.label}{lack}"
    return made


def one_slot(slot: int, choice: Choice, study: Study, many: int, labels: Mapping[str, str]) -> Choice:
    """Strategy, parameters and removal of one slot."""
    name = key("cmp", "slot", slot)
    left, right = st.columns([7, 2], gap="xsmall")
    choose(
        left.selectbox,
        f"Strategy {letter(slot)}",
        list(labels),
        format_func=lambda one: f"{letter(slot)} · {labels[one]}",
        key=name,
        first=choice.id,
        on_change=write_slot,
        args=(slot,),
        label_visibility="collapsed",
        persist_state="session",
    )
    strategy = STRATEGIES[choice.id]
    given = dict(choice.params)
    with right.popover(
        letter(slot), icon=":material/tune:", width="stretch", help=f"Settings of {letter(slot)}"
    ):
        st.markdown(f"**{letter(slot)} · {strategy.label}**  \n{strategy.sentence}")
        st.caption(f"Family: {finder.family(strategy)}")
        if strategy.params:
            owner = key("par", slot, choice.id)
            with number_fields.within(f"{letter(slot)} · {strategy.label}"):
                given = parameters.widgets("cmp", owner, strategy.params, choice.params, study.data)
        else:
            st.caption("It has no parameters.")
        st.page_link("methods.py", label="Which strategy does what I want?", icon=":material/menu_book:")
        st.button(
            "Remove",
            key=key("cmp", "remove", slot),
            icon=":material/delete:",
            on_click=remove_slot,
            args=(slot,),
            disabled=many == 1,
            help=f"Take {letter(slot)} out of the comparison.",
        )
    made = Choice(choice.id, given)
    missing = missing_needs.lacking(made, study)
    if missing:
        st.caption(f":gray[Will not run: {missing_needs.reason(made, missing, study)}.]")
        _, page, label = missing_needs.LACKS[missing[0]]
        st.page_link(page, label=label, icon=":material/arrow_back:")
    return made
