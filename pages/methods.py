"""Methods: every strategy and metric, generated from their declarations, and the words in plain English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.analysis.expected_work import strategies_work
from core.foundation.durations import show_about
from core.foundation.errors import AliquotError
from core.foundation.machine import show_bytes
from core.foundation.wording import count, verb
from core.metrics.declaration import Metric
from core.model.budget import Budget
from core.model.needs import Need
from core.model.recipe import Choice
from core.strategies.declaration import STRATEGIES, Strategy
from core.strategies.wishes import Wish
from pages.ui.methods import method_cards
from pages.ui.methods.definitions import WORDS
from pages.ui.shared import cache, finder, state
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.page_frame import head
from pages.ui.shared.pickers import choose
from pages.ui.shared.widget_keys import key

STRATEGIES_SECTION, WORDS_SECTION = "Strategies", "Words"
SCROLL = 900  # pixels
FEW = 6  # cards that need no scrolling of their own


def open_one(section: str, name: str) -> None:
    """Open a card."""
    state.set_widget(key("meth", "open", section), name)


def on_your_data(strategy: Strategy) -> str:
    """What a run would take on the open data set; "" where it is not known yet."""
    now = state.app()
    if now.data is None or cache.find(now.data.fingerprint) is None:
        return ""
    study = cache.peek(now)
    if study is None:
        return ""
    measured = study.has("features")
    if not measured and finder.needs(strategy) & {Need.FEATURES, Need.TARGET}:
        return f"On {plain(now.data.name)} it can be estimated once features are made (Explore makes them)."
    n, d = len(study.data), study.features().matrix.shape[1] if measured else 1
    try:
        budget = study.budget(now.recipe.budget)
        by_cost = bool(Budget.parse(now.recipe.budget).column)
        strategy.work(n, d, budget), strategy.memory(n, d, budget)
    except AliquotError:
        return ""
    ready = study.graph_ready()
    work = strategies_work([Choice(strategy.id)], n, d, [budget], graph_ready=ready, by_cost=by_cost)
    return (
        f"On {plain(now.data.name)}, {count(budget, 'row')} out of {n:,} {verb(budget, 'takes', 'take')} "
        f"{show_about(work.strategies)} and {show_bytes(work.bytes)}."
    )


def card(section: str, thing: Any, opened: str, asked: Sequence[Wish] = ()) -> None:
    """One thing in short."""
    here = thing.id == opened
    with st.container(
        border=True, gap="xsmall", key=key("meth", "card", section.split()[0].lower(), thing.id)
    ):
        name = method_cards.arrowed(thing) if isinstance(thing, Metric) else thing.label
        left, right = st.columns([3, 1], vertical_alignment="center", gap="small")
        left.markdown(f"### {name}")
        right.button(
            f"{'Shown' if here else 'Open'} **{thing.label}**",
            key=key("meth", "card_open", section, thing.id),
            on_click=open_one,
            args=(section, thing.id),
            type="tertiary",
            width="stretch",
            help=f"Everything about {thing.label}",
        )
        st.markdown(thing.sentence)
        method_cards.badges(thing)
        if asked:
            kept = [wish for wish in asked if wish in thing.answers]
            st.caption(f":material/check: {' · '.join(kept)}")


def cards(section: str, things: Sequence[Any], opened: str, asked: Sequence[Wish] = ()) -> None:
    """Cards under the headings of their kinds; a long list scrolls by itself, beside what is open."""
    with st.container(
        height=SCROLL if len(things) > FEW else "content", border=False, key=key("meth", "list")
    ):
        for part in finder.by_heading(things):
            about = f"\n:gray[:small[{part.about}]]" if part.about else ""
            st.markdown(f"## {part.title} :gray[{len(part.things)}]{about}")
            for thing in part.things:
                card(section, thing, opened, asked)


def wished(found: list[Any]) -> tuple[list[Any], list[Wish]]:
    """What is left after the question, and the wishes to tick off where nothing answers all of them."""
    offered = finder.wishes()
    asked = st.pills(
        "**I want a subset that…**",
        list(offered),
        selection_mode="multi",
        key=key("meth", "wishes"),
        persist_state="session",
    )
    having = finder.properties()
    also = st.multiselect(
        "and that…",
        list(having),
        key=key("meth", "having"),
        placeholder="and that… gives design weights, needs no features, is the same for every seed…",
        persist_state="session",
        label_visibility="collapsed",
    )
    found = [thing for thing in found if all(thing.id in having[name] for name in also)]
    answer = finder.best_for(found, asked)
    if answer.found and answer.words:
        st.info(answer.words, icon=":material/info:")
    return list(answer.found), list(asked) if answer.met < answer.asked else []


def listing(section: str, things: list[Any], search: str) -> None:
    """Cards on the left, the opened one on the right."""
    found, asked = method_cards.matching(things, search), []
    if section == STRATEGIES_SECTION:
        found, asked = wished(found)
    found = finder.in_order(found)
    shown = found or finder.in_order(things)
    by_id = {thing.id: thing for thing in shown}
    picker = key("meth", "open", section)
    left, right = st.columns([2, 3], gap="large")
    with right:
        opened = choose(
            st.selectbox,
            f"Open ({section.lower()})",
            list(by_id),
            format_func=lambda one: by_id[one].label,
            key=picker,
            first=finder.named(shown, search).id,
            bind="query-params",
            label_visibility="collapsed",
        )
        thing = by_id[opened]
        with st.container(border=True):
            method_cards.details(thing, estimate=on_your_data(thing) if isinstance(thing, Strategy) else "")
    with left:
        st.caption(f"{len(found)} of {len(things)}")
        if not found:
            st.info("Nothing fits. Take out a word or a wish.", icon=":material/search_off:")
        cards(section, found, opened, asked)


def definitions(search: str) -> None:
    """The words, each plain and exact."""
    found = finder.matching(WORDS, search, lambda one: f"{one.name} {one.plain} {one.exact}")
    if not found:
        st.info("Nothing fits. Take out a word.", icon=":material/search_off:")
    for one in found:
        with st.container(border=True):
            left, right = st.columns([3, 2], gap="large")
            left.markdown(f"## {one.name}\n{one.plain}")
            right.caption(f"Exactly: {one.exact}")


head(
    "Methods",
    "How can rows be chosen, what is measured, and what do the words mean?",
    f"A reference of the {len(STRATEGIES)} strategies and of every metric, generated from the same "
    "declarations that run them, so it cannot be out of date. Each strategy is drawn at work on the same "
    "small made-up population: a dense crowd, a ring, a loose scatter and a small group at the top. “Words” "
    "has the definitions behind every verdict.\n\nEach **wish** leads to the strategies that answer it best; "
    "several wishes lead to those that answer all of them.",
    skip=("Skip to the list", key("meth", "list")),
)
sections = method_cards.registries()
first, second = st.columns([5, 6], gap="small", vertical_alignment="center")
show = choose(
    first.segmented_control,
    "Show",
    [*sections, WORDS_SECTION],
    first=STRATEGIES_SECTION,
    required=True,
    key=key("meth", "show"),
    bind="query-params",
    label_visibility="collapsed",
)
wanted = second.text_input(
    "Search",
    key=key("meth", "search"),
    placeholder="a word: rare, weights, farthest, Neyman…",
    icon=":material/search:",
    persist_state="session",
    label_visibility="collapsed",
)
for left in method_cards.left_out():
    st.info(plain(left.sentence, 400), icon=":material/extension_off:")
if show == WORDS_SECTION:
    definitions(wanted)
else:
    listing(show, sections[show], wanted)
