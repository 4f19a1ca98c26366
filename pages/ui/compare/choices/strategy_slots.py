"""One slot per subset: the picker of its strategy, its parameters, and its removal."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.model.recipe import Choice
from core.report.charts.theme import letter
from core.strategies.declaration import STRATEGIES
from core.strategies.presets import PRESETS, offer
from core.study.study import Study
from pages.ui.shared import (
    comparison_defaults,
    drawing,
    finder,
    number_fields,
    state,
)
from pages.ui.shared.page_frame import to_page
from pages.ui.shared.pickers import choose
from pages.ui.shared.widget_keys import key

from . import missing_needs, parameters, question


def write_slot(slot: int) -> None:
    """Callback: another strategy in a slot; it begins with its defaults."""
    chosen = list(state.app().recipe.strategies)
    name = state.widget(key("cmp", "slot", slot))
    if name in STRATEGIES.ids():  # a browser may still hold the words that the picker showed before
        chosen[slot] = Choice(name)
        state.change_recipe(strategies=tuple(chosen))
        question.forget()


def add_slot(study: Study) -> None:
    """Callback: one more slot, with a strategy that can run and is not shown yet where there is one."""
    chosen = state.app().recipe.strategies
    used = {choice.id for choice in chosen}
    asked = question.current() or PRESETS[comparison_defaults.FIRST]
    first = [
        choice.id for choice in offer(asked, lambda one: missing_needs.lacking(one, study), most=99).choices
    ]
    known = [*first, *(name for name in STRATEGIES.ids() if name not in first)]
    free = [name for name in known if not missing_needs.lacking(Choice(name), study)] or known
    name = next((name for name in free if name not in used), free[0])
    state.change_recipe(strategies=(*chosen, Choice(name)))
    state.set_widget(key("cmp", "slot", len(chosen)), name)
    question.forget()


def remove_slot(slot: int) -> None:
    """Callback: take a slot out; those behind it move up."""
    chosen = list(state.app().recipe.strategies)
    del chosen[slot]
    state.change_recipe(strategies=tuple(chosen))
    state.drop_widgets("cmp_slot_")
    state.drop_widgets("cmp_par")
    question.forget()


def slots(study: Study) -> None:
    """One picker per subset, above the map it will draw; parameters folded beside it."""
    labels = names(study)
    choices = state.app().recipe.strategies
    changed = list(choices)
    across = min(len(choices), drawing.ACROSS)
    with st.container(key=key("cmp", "slots")):
        for first in range(0, len(choices), across):
            here = range(first, min(first + across, len(choices)))
            for slot, column in zip(here, st.columns(across, gap="small"), strict=False):
                with column:
                    changed[slot] = one_slot(slot, choices[slot], study, len(choices), labels)
    if tuple(changed) != choices:
        own = tuple(map(question.with_defaults, changed)) != tuple(map(question.with_defaults, choices))
        state.change_recipe(strategies=tuple(changed))
        if own:  # not the defaults written out, which the settings do when they are first drawn
            question.forget()


def names(study: Study) -> dict[str, str]:
    """Every strategy as the pickers show it, families together: its name, and what it lacks here."""
    made = {}
    for strategy in finder.in_order(STRATEGIES):
        missing = missing_needs.lacking(Choice(strategy.id), study)
        lack = f" · needs {' and '.join(need.words.source for need in missing)}" if missing else ""
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
        f"{letter(slot)} **settings**",
        icon=":material/tune:",
        width="stretch",
        help=f"Settings of {letter(slot)}",
        key=key("cmp", "settings", slot),
    ):
        st.markdown(f"**{letter(slot)} · {strategy.label}**  \n{strategy.sentence}")
        st.caption(f"Family: {finder.family(strategy)}")
        if strategy.params:
            owner = key("par", slot, choice.id)
            with number_fields.within(f"{letter(slot)} · {strategy.label}"):
                given = parameters.widgets("cmp", owner, strategy.params, choice.params, study.data)
        else:
            st.caption("It has no parameters.")
        to_page("methods.py", "Which strategy does what I want?", ":material/menu_book:")
        st.button(
            f"Remove {letter(slot)}",
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
        page, label = missing_needs.remedy(missing[0])
        to_page(page, label, ":material/arrow_back:")
    return made
