"""The answer to the question of a run, above its maps, and the one primary way on from it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.analysis.comparison.answer import Answer, answer
from core.analysis.comparison.comparison import Comparison
from core.model.recipe import Choice
from core.report.charts.theme import letter
from core.strategies.declaration import STRATEGIES
from pages.ui.shared import comparison_defaults, kept_runs, state
from pages.ui.shared.app_state import RunRef
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.widget_keys import key

from .choices import question

READ = (
    "Only what lies beyond the random band, all metrics and strategies considered, is called better or worse "
    "than luck. Best: better than luck, and ahead of the second by more than luck gives. The question's "
    "metrics are read in its order, the most telling first. Some strategies are built for one of them, as "
    "stratified sampling is for group shares: being best there shows that it did its work, no more."
)


def show(run: RunRef, comparison: Comparison | None, take: Callable[[int, Comparison], None]) -> None:
    """The line, and the button that leads to sign-off, or adds the design that it recommends.

    Args:
        run: The run.
        comparison: What there is of it so far.
        take: Takes a result to sign-off.
    """
    with st.container(border=True, key=key("cmp", "answer")):
        if comparison is None or not comparison.results:
            st.markdown(":material/hourglass_top: The answer comes here when the first subsets are measured.")
            return
        letters = [letter(at) for at in range(len(comparison.results))]
        found = answer(comparison, letters, question.preset_of(run))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            # A stretched text would take the line alone; so it shares it with the button where there is room.
            st.markdown(_words(found), width="stretch", help=READ)
            _way_on(found, comparison, take)


def _words(found: Answer) -> str:
    """The line, safe for Markdown; what it asks stands out."""
    head, _, facts = found.text.partition(": ")
    return f"**{plain(head, 200)}:** {plain(facts, 900)}"


def _way_on(found: Answer, comparison: Comparison, take: Callable[[int, Comparison], None]) -> None:
    if found.take is not None:
        name = letter(found.take)
        if st.button(
            f"Take {name} to sign-off",
            key=key("cmp", "answer", "take"),
            type="primary",
            icon=":material/arrow_forward:",
            help=f"Check {comparison.results[found.take].name}, sign it, download it.",
        ):
            take(found.take, comparison)
    elif found.add is not None:
        full = len(state.app().recipe.strategies) >= comparison_defaults.MOST_SLOTS
        st.button(
            f"Add {STRATEGIES[found.add.id].label}",
            key=key("cmp", "answer", "add"),
            type="primary",
            icon=":material/add:",
            on_click=_add,
            args=(found.add,),
            disabled=full or kept_runs.holds(state.app().recipe.strategies, found.add),
            help="All slots are taken: remove one first." if full else "A slot more; then press Run.",
        )


def _add(choice: Choice) -> None:
    """Callback: one more slot. The question stays: the design answers it."""
    chosen = state.app().recipe.strategies
    state.change_recipe(strategies=(*chosen, choice))
    state.set_widget(key("cmp", "slot", len(chosen)), choice.id)
