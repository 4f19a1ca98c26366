"""Methods: every strategy and metric, generated from their declarations, and the words in plain English."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.limits import show_bytes, show_seconds
from core.select import estimate
from core.strategies import STRATEGIES, Strategy
from pages.ui import cache, reference, state
from pages.ui.definitions import WORDS
from pages.ui.guards import head
from pages.ui.keys import key
from pages.ui.words import plain

WORDS_SECTION = "Words"


def open_one(section: str, name: str) -> None:
    """Open a card."""
    state.set_widget(key("meth", "open", section), name)


def on_your_data(strategy: Strategy) -> str:
    """What a run would take on the open data set; "" where it is not known yet."""
    now = state.app()
    if now.data is None or cache.find(now.data.fingerprint) is None:
        return ""
    study = cache.peek(now)
    if study is None or not study.has("features"):
        return ""
    budget = study.budget()
    n, d = len(study.data), study.features().matrix.shape[1]
    guess = estimate(strategy, n, d, budget)
    return (
        f"On {plain(now.data.name)} with a budget of {budget:,} rows about {show_seconds(guess.seconds)} and "
        f"{show_bytes(guess.bytes)}."
    )


def cards(section: str, things: list[Any], opened: str) -> None:
    """One card per thing."""
    for thing in things:
        here = thing.id == opened
        with st.container(border=True, key=key("meth", "card", section.split()[0].lower(), thing.id)):
            name = reference.arrowed(thing) if isinstance(thing, reference.Metric) else thing.label
            left, right = st.columns([3, 1], vertical_alignment="center", gap="small")
            left.markdown(f"**{name}**")
            right.button(
                "Shown" if here else "Open",
                key=key("meth", "card_open", section, thing.id),
                on_click=open_one,
                args=(section, thing.id),
                disabled=here,
                type="tertiary",
                width="stretch",
                help=f"Everything about {thing.label}",
            )
            st.markdown(thing.sentence)
            reference.badges(thing)


def listing(section: str, things: list[Any], search: str) -> None:
    """Cards on the left, the opened one on the right."""
    found = reference.matching(things, search)
    if section == "Strategies":
        wishes = reference.wishes()
        chosen = st.pills(
            "I want a subset that…",
            list(wishes),
            selection_mode="multi",
            key=key("meth", "wishes"),
            persist_state="session",
        )
        found = [thing for thing in found if all(thing.id in wishes[wish] for wish in chosen)]
    left, right = st.columns([2, 3], gap="large")
    ids = [thing.id for thing in things]
    by_id = {thing.id: thing for thing in things}
    picker = key("meth", "open", section)
    with right:
        opened = st.selectbox(
            f"Open ({section.lower()})",
            ids,
            format_func=lambda one: by_id[one].label,
            key=picker,
            persist_state="session",
        )
        thing = by_id[opened]
        with st.container(border=True):
            reference.details(thing, estimate=on_your_data(thing) if isinstance(thing, Strategy) else "")
    with left:
        st.caption(f"{len(found)} of {len(things)}")
        if not found:
            st.info("Nothing fits. Take out a word or a wish.", icon=":material/search_off:")
        cards(section, found, opened)


def definitions(search: str) -> None:
    """The words, each plain and exact."""
    words = search.lower().split()
    found = [one for one in WORDS if all(w in f"{one.name} {one.plain} {one.exact}".lower() for w in words)]
    if not found:
        st.info("Nothing fits. Take out a word.", icon=":material/search_off:")
    for one in found:
        with st.container(border=True):
            left, right = st.columns([3, 2], gap="large")
            left.markdown(f"**{one.name}**  \n{one.plain}")
            right.caption(f"Exactly: {one.exact}")


head(
    "Methods",
    "How can rows be chosen, what is measured, and what do the words mean?",
    f"A reference of the {len(STRATEGIES)} strategies and of every metric, generated from the same "
    "declarations that run them, so it cannot be out of date. Each strategy is drawn at work on the same "
    "small made-up population: a dense crowd, a ring, a loose scatter and a small group at the top. “Words” "
    "has the definitions behind every verdict.",
)
sections = reference.registries()
show = st.segmented_control(
    "Show",
    [*sections, WORDS_SECTION],
    default="Strategies",
    required=True,
    key=key("meth", "show"),
    bind="query-params",
    label_visibility="collapsed",
)
wanted = st.text_input(
    "Search",
    key=key("meth", "search"),
    placeholder="a word: rare, weights, farthest, Neyman…",
    icon=":material/search:",
    persist_state="session",
    label_visibility="collapsed",
)
if show == WORDS_SECTION:
    definitions(wanted)
else:
    listing(show, sections[show], wanted)
