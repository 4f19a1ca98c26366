"""The frame of every page: menu, state of the steps, running work, project file."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.foundation.wording import count
from pages.ui.shared import (
    accessibility,
    autosave,
    cache,
    drawing,
    jobs,
    link,
    number_fields,
    opening,
    page_frame,
    project_file,
    state,
    work_steps,
)
from pages.ui.shared.app_state import AppState
from pages.ui.shared.markdown_escapes import plain

# For the picture of a tab, a named icon would be fetched from a font host by every browser.
ICON = Path(__file__).with_name("icon.svg")
DONE = ":material/check_circle:"


def here(now: AppState) -> bool:
    """Whether the data set that the state names is open in this browser."""
    return now.data is not None and cache.find(now.data.fingerprint) is not None


def steps() -> list[st.Page]:
    """The pages in the order of the work; a step that is done carries a tick."""
    now = state.app()
    study = cache.peek(now) if here(now) else None
    known = [
        ("data", "Data", ":material/table:", here(now), "Choose a sample or bring your own file"),
        (
            "explore",
            "Explore",
            ":material/scatter_plot:",
            study is not None and study.has("groups"),
            "See its groups on a map, search it, pin and ban rows",
        ),
        (
            "compare",
            "Compare",
            ":material/compare_arrows:",
            work_steps.compared(now),
            "Subsets side by side, and beside random ones",
        ),
        (
            "sign-off",
            "Sign off",
            ":material/draw:",  # no tick: that is for what is done
            now.signoff is not None,
            "Check, sign, download and verify a subset",
        ),
        (
            "learn",
            "Learn",
            ":material/school:",
            False,
            "Eight short stories, pick by pick, and what breaks them",
        ),
        ("methods", "Methods", ":material/menu_book:", False, "Every strategy and metric, in plain words"),
    ]
    return [
        st.Page(
            f"{url.replace('-', '_')}.py",
            title=title,
            icon=DONE if done else icon,
            url_path=url,
            default=url == "data",
            help=about,
        )
        for url, title, icon, done, about in known
    ]


def foot() -> None:
    """Data set, running work and project file, under the menu."""
    now = state.app()
    if now.data is None:
        st.caption("No data set is open.")
    else:
        st.markdown(f"**{plain(now.data.name)}**")
        about = f"{count(now.data.rows, 'row')} · `{now.data.fingerprint[:8]}`"
        missing = [":material/link_off: not open in this browser"]
        st.caption("  \n".join([about, *(work_steps.steps(now) if here(now) else missing)]))
    if page.url_path:  # the default page, Data, shows its own
        opening.watch("frame_stop")
    jobs.watcher()
    project_file.controls()
    accessibility.announcer()
    accessibility.keep_place()


st.set_page_config(page_title="Aliquot", page_icon=str(ICON), layout="wide", initial_sidebar_state=248)
accessibility.dress(drawing.theme().name)
state.begin()
number_fields.begin()
jobs.begin()
cache.greet()
autosave.arrive()
link.arrive()
opening.settle()
autosave.begin()
pages = steps()
page = st.navigation(pages, position="hidden")
st.set_page_config(page_title=f"{page.title} · Aliquot")
if page.url_path != "compare":
    link.leave()
with st.sidebar:
    page_frame.menu(pages)
    slot = st.container()
try:
    link.notice()
    autosave.notice()
    page.run()
finally:
    autosave.save(page.url_path or "data")
    # Drawn last, so that it tells what the page has just changed; also when the page stopped early.
    with slot:
        foot()
