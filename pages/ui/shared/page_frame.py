"""What a page needs before it can show anything, and the head that all pages share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

import streamlit as st

from core.foundation.errors import AliquotError
from core.model.dataset import Dataset
from core.study.study import Study

from . import accessibility, autosave, cache, jobs, link, opening, state
from .saved_projects import SavedProject
from .widget_keys import key

PAGES = ("data", "explore", "compare", "sign-off", "learn", "methods")
"""Addresses of the pages, in the order of the work."""


def go(page: str) -> NoReturn:
    """Switch to another page from anywhere; its address names the work of this tab.

    Without parameters given, `st.switch_page` clears the address and fails where a widget is bound to it
    (Streamlit 1.67); with its own it only leaves those behind.
    """
    st.switch_page(page, query_params=autosave.parameters())


def to_page(page: str, label: str, icon: str, more: Mapping[str, str] | None = None) -> None:
    """A link to another page, whose address names the work of this tab.

    Args:
        page: Its file.
        label, icon: Words and icon.
        more: What else its address says, for widgets that are bound to it.
    """
    st.page_link(page, label=label, icon=icon, query_params={**_carried(page), **(more or {})})


def to_method(label: str) -> None:
    """A link to what Methods says of a strategy, by its label; the picker there is bound to the address."""
    to_page(
        "methods.py", f"Methods: {label}", ":material/menu_book:", {key("meth", "open", "Strategies"): label}
    )


def to_story(title: str) -> None:
    """A link to a story of Learn, by its title."""
    to_page("learn.py", title, ":material/school:", {key("learn", "story"): title})


def menu(pages: Sequence[st.Page]) -> None:
    """Links to all pages, for the sidebar.

    Streamlit's own menu drops the parameters of the address, and with them the work that it names.
    """
    with st.container(key="frame_menu", gap="xxsmall"):
        for page in pages:
            st.page_link(page, width="stretch", query_params=_carried(f"{page.url_path}.py"))


def to_work(project: SavedProject, label: str) -> None:
    """A link to saved work, on the page where it was left."""
    page = project.page if project.page in PAGES else "data"
    st.page_link(
        f"{page.replace('-', '_')}.py",
        label=label,
        icon=":material/arrow_forward:",
        query_params={autosave.PARAMETER: project.name},
    )


def _carried(page: str) -> dict[str, str]:
    return {**(link.last_run() if page == "compare.py" else {}), **autosave.parameters()}


def head(
    title: str,
    question: str,
    explain: str,
    onward: tuple[str, str] | None = None,
    skip: tuple[str, str] | None = None,
) -> None:
    """Title, the one question the page answers, “What am I looking at?”, and the next step.

    Args:
        title: Name of the page.
        question: One sentence beside the title.
        explain: About three sentences, Markdown.
        onward: Words of a button and the page it leads to.
        skip: Where the keyboard can go at once, and the key of the container that is there.
    """
    if skip is not None:
        accessibility.skip_link(*skip)
    st.space("xxsmall")  # the menu bar of Streamlit covers the first few pixels
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"
    ):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.markdown(f"# {title}", width="content")
            st.markdown(f":gray[:small[{question}]]", width="content")
        with st.container(horizontal=True, width="content", gap="small"):
            shown = state.transient("explain", lambda: "") == title
            st.button(
                "Hide the explanation" if shown else "What am I looking at?",
                key=key("head", "explain"),
                icon=":material/help:",
                width="content",
                on_click=_turn,
                args=(title,),
            )
            if onward and st.button(onward[0], key=f"head_{title}_onward", type="primary", width="content"):
                go(onward[1])
    if shown:
        st.info(explain)
    message = state.transient("message", lambda: None)
    if message:
        st.toast(message, icon=":material/check:")  # nothing on the page moves
        state.set_transient("message", None)


def _turn(title: str) -> None:
    """Callback: show the explanation of a page, or hide it."""
    now = state.transient("explain", lambda: "")
    state.set_transient("explain", "" if now == title else title)


def need_data() -> Dataset | None:
    """The open data set, or None after one sentence and a link to the Data page."""
    try:
        return cache.dataset(state.app())
    except AliquotError as error:
        reading = opening.opening()
        if reading is not None and reading.live:
            st.info("The data set is being read; this page goes on by itself.", icon=":material/table:")
        elif state.app().data is None:
            st.info(
                "No data set is open yet: choose a sample, or bring your own file.", icon=":material/table:"
            )
        elif not link.waiting():  # what to open stands above then
            jobs.error_box(error)
        to_page("data.py", "Choose a data set", ":material/arrow_back:")
        return None


def need_map_study() -> Study | None:
    """The study behind all maps, or None after saying what is missing."""
    if need_data() is None:
        return None
    try:
        study = cache.map_study(state.app())
        study.spec, study.group_spec  # noqa: B018  (a wrong choice is said here, in place)
    except AliquotError as error:
        jobs.error_box(error)
        to_page("data.py", "See the columns and their roles", ":material/arrow_back:")
        return None
    return study


def need_study() -> Study | None:
    """The study under the whole recipe, or None after saying what is missing."""
    if need_map_study() is None:
        return None
    try:
        return cache.study(state.app())
    except AliquotError as error:
        jobs.error_box(error)
        return None
