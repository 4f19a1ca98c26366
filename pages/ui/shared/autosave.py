"""Nothing is lost: what a tab does is saved as it goes, and its address finds it again.

The address names a project (`?project=…`), the cookie says whose it is, and the server's disk holds it
(`saved_projects`). Loading a page again, Back and Forward, a server that was started again, and "Continue
where you were" all come down to one rule: the tab shows the project that its address names.

Each data set that a tab opens begins a project of its own. Where another tab has a project open, it is opened
as a copy, so that no two tabs write into each other's work. Without a cookie (a page inside a page of
another site) nothing is saved, and a tab has its work as long as it lives.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic

import streamlit as st

from . import address, cache, link, state, visitor
from .app_state import AppState, DataRef
from .saved_projects import SavedProject, new_name, sound

PARAMETER = "project"
_TAB = "autosave"
_ON_ITS_WAY = 3.0  # seconds in which an address without the project may be older than the project


@dataclass(frozen=True)
class _Tab:
    """What this tab knows of its project.

    Args:
        name: Of its project; "" where there is none yet.
        edition: Of the tab's work (`state.edition`) that the project holds.
        seen: The browser has come back with an address that names the project.
        written: When it was written there, by the clock of the process.
        copied: Names that stand for this project in addresses that the tab went through before.
        saved: What was saved last: for whom, on which page, and the state.
    """

    name: str = ""
    edition: int = 0
    seen: bool = False
    written: float = 0.0
    copied: frozenset[str] = frozenset()
    saved: tuple[str, str, AppState] | None = None


def _tab() -> _Tab:
    found: _Tab = state.transient(_TAB, _Tab)
    return found


def _keep(tab: _Tab) -> None:
    state.set_transient(_TAB, tab)


def parameters() -> dict[str, str]:
    """What the address of every page of this tab holds; for links and switches between pages."""
    name = _tab().name
    return {PARAMETER: name} if name else {}


# ---- in the order in which the frame calls them ------------------------------------------------------


def arrive() -> None:
    """Open the project that the address names, where this tab has another. For the frame, at first."""
    owner, tab = visitor.whose(), _tab()
    if owner is None or state.edition() != tab.edition:  # a click has just begun other work
        return
    wanted = address.given().get(PARAMETER, "")
    if wanted and wanted in {tab.name, *tab.copied}:
        _keep(replace(tab, seen=True))
        if tab.name:
            link.follow()
            _keep(replace(_tab(), edition=state.edition()))
    elif wanted:
        _open(owner, wanted)
    elif tab.name and not link.in_address() and (tab.seen or monotonic() - tab.written > _ON_ITS_WAY):
        state.replace_all(AppState())  # Back, to before the project began
        _keep(_Tab(edition=state.edition()))


def _open(owner: str, wanted: str) -> None:
    found = cache.saved_projects().take(owner, wanted)
    if found is None:
        if _tab().name or not link.in_address():
            state.replace_all(AppState())
            state.set_transient("project_missing", True)
        _keep(_Tab(edition=state.edition(), copied=frozenset([wanted])))
        return
    name, copied = wanted, frozenset[str]()
    held = cache.project_held(owner, wanted)
    newest = found.state.runs[-1].recipe if found.state.runs else None
    other = link.of_other_choices(newest)
    if held or other:  # of an older run of it, say: that project stays as it is, too
        name, copied = new_name(), frozenset([wanted])
    state.replace_all(found.state)
    if other:
        link.open_address()
    else:
        link.bring()
    if held and not other:
        state.set_transient("message", "Another tab has this work open: here it goes on as a copy.")
    saved = None if copied else (owner, found.page, found.state)
    _keep(_Tab(name, state.edition(), True, monotonic(), copied, saved))
    cache.hold_project(owner, name)
    address.put(PARAMETER, name)


def begin() -> None:
    """Give new work a project and an address. For the frame, after what can open a data set."""
    owner, tab = visitor.whose(), _tab()
    if owner is None or state.app().data is None:
        return
    if state.edition() == tab.edition and tab.name:
        if not tab.seen:  # a click that came before the browser had the address
            address.put(PARAMETER, tab.name)
        return
    name = new_name()
    _keep(_Tab(name, state.edition(), False, monotonic()))
    cache.hold_project(owner, name)
    state.set_transient("project_missing", False)
    address.put(PARAMETER, name)


def save(page: str) -> None:
    """Save what changed. For the frame, when the page has run, also where it was stopped.

    Args:
        page: Address of the page.
    """
    owner, tab, now = visitor.whose(), _tab(), state.app()
    if owner is None or not tab.name or now.data is None or tab.edition != state.edition():
        return
    if tab.saved is not None and tab.saved[:2] == (owner, page) and tab.saved[2] is now:
        return
    kept = cache.saved_projects().put(owner, SavedProject(tab.name, state.now(), page, now))
    state.set_transient("project_unsaved", not kept)
    _keep(replace(tab, saved=(owner, page, now)))


def notice() -> None:
    """What must be known of the work of this tab: that it is not here, or cannot be saved."""
    if state.transient("project_missing", bool):
        st.info(
            "The work that this address names is not here: it was forgotten, it is of another browser, or "
            "newer work took its place. Open the data set again, or a project file.",
            icon=":material/history:",
        )
    if state.transient("project_unsaved", bool):
        st.warning(
            "What you do here cannot be saved on the server (its disk is full, or there is too much of it): "
            "loading the page again would lose it. Save the project from the menu.",
            icon=":material/save:",
        )


# ---- work of earlier times ---------------------------------------------------------------------------


def recent() -> list[SavedProject]:
    """Saved work of this browser, newest first, that of this tab left out."""
    owner, tab = visitor.whose(), _tab()
    if owner is None:
        return []
    return [one for one in cache.saved_projects().of(owner) if one.name != tab.name]


def forget(name: str = "") -> None:
    """Forget a project and, where nothing else of this browser uses it, the data set that it brought.

    Args:
        name: Of the project; the one of this tab where it is "".
    """
    owner, tab = visitor.whose(), _tab()
    name = name or tab.name
    saved = cache.saved_projects()
    gone = state.app() if name == tab.name else None
    if owner is not None:
        found = saved.take(owner, name)
        gone = gone or (found.state if found is not None else None)
        saved.drop(owner, name)
        others = [one.state for one in saved.of(owner)] + ([] if name == tab.name else [state.app()])
        used = {ref.fingerprint for one in others for ref in _uploads(one)}
        for ref in _uploads(gone) if gone is not None else []:
            if ref.fingerprint not in used:
                cache.forget(ref.fingerprint)
    if name == tab.name:
        state.replace_all(AppState())
        _keep(_Tab(edition=state.edition(), copied=frozenset([name]) if sound(name) else frozenset()))
        address.replace({})
    state.set_transient("message", f"Forgotten: {gone.data.name if gone and gone.data else 'the work'}.")


def _uploads(of: AppState) -> list[DataRef]:
    """What the browser brought itself; samples and the server's files are everybody's."""
    return [ref for ref in (of.data, of.target) if ref is not None and ref.source in ("upload", "selection")]
