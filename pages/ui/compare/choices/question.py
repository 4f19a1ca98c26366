"""The question of a comparison: which strategies answer it, and which metrics are looked at first."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.analysis.comparison.comparison import Comparison
from core.foundation.artifact_store import digest
from core.metrics.declaration import METRICS
from core.model.recipe import Choice
from core.strategies.declaration import STRATEGIES
from core.strategies.presets import PRESETS, Preset, offer
from core.study.study import Study
from pages.ui.shared import state
from pages.ui.shared.app_state import RunRef
from pages.ui.shared.comparison_defaults import FIRST
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.page_frame import to_page
from pages.ui.shared.pickers import choose_kept

from . import missing_needs
from .missing_needs import lacking

OWN = ""


def current() -> Preset | None:
    """The question that the slots answer; None where they are the reader's own choice."""
    name = state.app().slots.get("question", OWN)
    return PRESETS.get(name) if isinstance(name, str) else None


def of_run(run: RunRef) -> str:
    """The question that the strategies of a run answer, as links say it; `OWN` where it is not known."""
    preset = current()
    now, then = state.app().recipe.strategies, run.recipe.strategies
    same = list(map(with_defaults, now)) == list(map(with_defaults, then))
    return preset.id if preset is not None and same else OWN


def preset_of(run: RunRef) -> Preset | None:
    """The question that the strategies of a run answer; None where it is not known."""
    return PRESETS.get(of_run(run))


def remember(name: str) -> None:
    """Keep which question was asked."""
    now = state.app()
    if now.slots.get("question", OWN) != name:
        state.change(slots={**now.slots, "question": name})


def forget() -> None:
    """The slots were changed by hand: they answer no question of the list any more."""
    remember(OWN)


def write(study: Study) -> None:
    """Callback: the strategies of a question into the slots."""
    name = state.widget("cmp_question")
    if name not in PRESETS:
        forget()
        return
    made = offer(PRESETS[name], lambda choice: missing_needs.lacking(choice, study))
    state.drop_widgets("cmp_slot_")
    state.drop_widgets("cmp_par")
    state.change_recipe(strategies=made.choices)
    remember(name)


def control(study: Study) -> None:
    """The picker of questions."""
    preset = current()
    choose_kept(
        st.selectbox,
        "Question",
        {**{name: known.question for name, known in PRESETS.items()}, OWN: "my own choice"},
        OWN if preset is None else preset.id,
        key="cmp_question",
        on_change=write,
        args=(study,),
        help="A question chooses strategies that answer it, beside random rows. Change them as you like.",
    )


def advice(study: Study) -> None:
    """What to look at for this question, and which strategies it would have but cannot run, with a way on."""
    preset = current()
    if preset is None:
        return
    st.caption(preset.look)
    left_out = offer(preset, lambda choice: missing_needs.lacking(choice, study)).left_out
    for missing in dict.fromkeys(missing for _, missing in left_out):
        alike = [choice for choice, lacks in left_out if lacks == missing]
        page, label = missing_needs.remedy(missing[0])
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(
                f"Left out: {_who(alike, missing_needs.reason(alike[0], missing, study))}.", width="content"
            )
            to_page(page, label, ":material/arrow_back:")


def _who(choices: Sequence[Choice], reason: str) -> str:
    """Strategies that lack the same, each named once, and what it is."""
    names = list(dict.fromkeys(plain(STRATEGIES[choice.id].label) for choice in choices))
    why = reason if len(names) == 1 else reason.replace("it needs", "they need", 1)
    return f"{' and '.join(names)}; {why}"


def headlines(comparison: Comparison) -> list[str]:
    """Metrics to show first: those that answer the question, and every headline one, each beside its kin.

    What a subset's sentence names is among them, so that it can be seen there; side metrics never take the
    place of a headline one.
    """
    preset = current()
    first = [name for name in preset.metrics if name in comparison.metrics] if preset is not None else []
    shown = list(dict.fromkeys([*first, *comparison.headlines]))
    headings = [METRICS[name].question for name in shown]
    return sorted(shown, key=lambda name: headings.index(METRICS[name].question))


def first_choices(study: Study) -> tuple[Choice, ...]:
    """Four strategies to begin with, those that can run on this data."""
    return offer(PRESETS[FIRST], lambda choice: lacking(choice, study)).choices


def with_defaults(choice: Choice) -> tuple[str, str]:
    """A choice with every parameter written out, so that a default given by hand is the default."""
    return choice.id, digest(STRATEGIES[choice.id].check(choice.params))
