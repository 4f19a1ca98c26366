"""Nothing is lost: a page loaded again, Back and Forward, a new server, two tabs; and what is forgotten."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core.data.load import load
from core.model.recipe import Choice, Mark, Recipe
from pages.ui.shared import cache, saved_projects, visitor
from pages.ui.shared.app_state import AppState, RowSet, RunRef, SignOff
from pages.ui.shared.link import Link, pack

FIRST = ("task", "strategies", "budget", "seeds", "seed", "band")
PAGES = ("data.py", "explore.py", "compare.py", "sign_off.py", "learn.py", "methods.py")
WHEN = "2026-01-01T00:00:00+00:00"
ADA, BOB = "browser:ada", "browser:bob"


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Which browser and tab a test is in, and which tabs are still there."""
    made = SimpleNamespace(name=ADA, tab="1", there=set())
    monkeypatch.setattr(visitor, "whose", lambda: made.name)
    monkeypatch.setattr(visitor, "tab", lambda: made.tab)
    monkeypatch.setattr(visitor, "connected", lambda tab: tab in made.there)
    monkeypatch.setattr(cache, "_MOMENT", 0.0)
    yield made
    for owner in (ADA, BOB):
        for one in cache.saved_projects().of(owner):
            cache.saved_projects().drop(owner, one.name)


def body(mark: str, rows: int = 60) -> bytes:
    """A table that no other test opens."""
    lines = [f"{mark}{at},{at * 7 % 31},{at % 13},{'left' if at % 2 else 'right'}" for at in range(rows)]
    return ("key,x,y,side\n" + "\n".join(lines) + "\n").encode()


def uploaded(drive: SimpleNamespace, mark: str) -> Any:
    at = drive.frame().run()
    at.file_uploader(key="data_upload").upload(f"{mark}.csv", body(mark), "text/csv").run()
    assert not at.exception
    return at


def of(at: Any) -> AppState:
    found: AppState = at.session_state["app"]
    return found


def address(at: Any) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[0] for name, value in at.query_params.items()}


def visit(drive: SimpleNamespace, parameters: dict[str, str], page: str = "data.py") -> Any:
    """A new tab on an address."""
    at = drive.frame()
    for name, value in parameters.items():
        at.query_params[name] = value
    if page != "data.py":
        at.switch_page(page)
    at.run()
    assert not at.exception
    return at


def went(at: Any, parameters: dict[str, str]) -> Any:
    """The browser's Back or Forward led to an address."""
    at.query_params.clear()
    for name, value in parameters.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def worked(drive: SimpleNamespace, mark: str) -> Any:
    """A tab with an upload, pins, bans, a saved selection, and a decision."""
    at = uploaded(drive, mark)
    at.session_state["app"] = of(at).changed(
        recipe=of(at).recipe.with_(pins=(Mark("a1" * 16),), bans=(Mark("b2" * 16),), budget="9"),
        named={"odd ones": RowSet.of([1, 3], 60, "by hand")},
        signoff=SignOff("Ada", "lead", "reviewed", "it will do", "approve", WHEN, "ab"),
    )
    at.run()
    assert not at.exception
    return at


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_is_loaded_again_has_lost_nothing(
    drive: SimpleNamespace, browser: SimpleNamespace, page: str
) -> None:
    at = worked(drive, f"again{page[0]}")
    before = of(at)
    again = visit(drive, address(at), page)
    now = of(again)
    if page == "compare.py":  # chooses strategies and a budget where there are none yet
        now = now.changed(recipe=now.recipe.with_(**{name: getattr(before.recipe, name) for name in FIRST}))
        before = before.changed(slots=now.slots)
    assert now == before
    assert address(again)["project"] == address(at)["project"]


def test_an_upload_is_there_after_the_server_was_started_again(
    drive: SimpleNamespace, browser: SimpleNamespace
) -> None:
    at = worked(drive, "restart")
    st.cache_resource.clear()
    st.cache_data.clear()
    again = visit(drive, address(at))
    assert of(again) == of(at)
    assert again.dataframe, "the columns of the upload are shown"


def test_home_offers_to_go_on_and_another_browser_is_offered_nothing(
    drive: SimpleNamespace, browser: SimpleNamespace
) -> None:
    worked(drive, "recent")
    home = visit(drive, {})
    assert of(home).data is None
    assert [one.state.data.name for one in cache.saved_projects().of(ADA)] == ["recent.csv"]
    assert "60 rows, 1 pinned, 1 banned, signed by Ada" in drive.said(home)
    links = [one.proto.label for one in home.get("page_link")]
    assert "Continue with recent.csv" in links
    browser.name = BOB
    assert "recent" not in drive.said(visit(drive, {}))
    browser.name = None
    assert "recent" not in drive.said(visit(drive, {}))


def test_going_on_leads_to_the_page_that_was_open_last(
    drive: SimpleNamespace, browser: SimpleNamespace
) -> None:
    """Also where nothing was changed on it."""
    at = worked(drive, "page")
    for page in ("methods", "learn"):
        at.switch_page(f"{page}.py").run()
        assert cache.saved_projects().of(ADA)[0].page == page


def test_who_has_the_address_and_not_the_cookie_sees_nothing(
    drive: SimpleNamespace, browser: SimpleNamespace
) -> None:
    at = worked(drive, "theirs")
    for name in (BOB, None):
        browser.name = name
        other = visit(drive, address(at))
        assert of(other).data is None
        assert "theirs" not in drive.said(other)
    browser.name = BOB
    assert "The work that this address names is not here" in drive.said(visit(drive, address(at)))


def test_back_and_forward_lead_through_data_sets(drive: SimpleNamespace, browser: SimpleNamespace) -> None:
    at = worked(drive, "first")
    first, seen = of(at), address(at)
    at.button(key="data_sample_wine").click().run()
    second, newer = of(at), address(at)
    assert newer["project"] != seen["project"]
    assert of(went(at, seen)) == first
    assert of(went(at, newer)) == second
    assert of(went(at, newer)) == second
    assert of(went(at, {})).data is None, "before anything was open"
    assert "project" not in address(at), "or Back would lead nowhere"
    assert of(went(at, seen)) == first


def test_a_click_that_overtakes_the_new_address_loses_nothing(
    drive: SimpleNamespace, browser: SimpleNamespace
) -> None:
    """The menu was clicked before the browser heard of the project: its address does not name it yet."""
    at = uploaded(drive, "quick")
    seen, before = address(at), of(at)
    assert of(went(at, {})) == before
    assert address(at) == seen, "and is told again"


def test_a_second_tab_goes_on_with_a_copy(drive: SimpleNamespace, browser: SimpleNamespace) -> None:
    browser.there = {"1"}
    at = worked(drive, "twice")
    seen, before = address(at), of(at)
    browser.tab = "2"
    other = visit(drive, seen)
    assert of(other) == before
    assert address(other)["project"] != seen["project"]
    assert "it goes on as a copy" in drive.said(other)
    other.session_state["app"] = before.changed(recipe=before.recipe.with_(budget="11"))
    other.run()
    browser.there = set()
    browser.tab = "3"
    assert of(visit(drive, seen)) == before, "the first tab, loaded again"
    assert of(visit(drive, address(other))).recipe.budget == "11", "the second"
    assert of(went(other, seen)).recipe.budget == "11", "one step back it is still its own work"


def test_a_tab_that_moved_on_holds_what_it_left_no_longer(
    drive: SimpleNamespace, browser: SimpleNamespace
) -> None:
    browser.there = {"1"}
    at = worked(drive, "left")
    seen = address(at)
    at.button(key="data_sample_wine").click().run()
    browser.tab = "2"
    assert address(visit(drive, seen)) == seen


def test_what_is_forgotten_is_gone_with_its_upload(drive: SimpleNamespace, browser: SimpleNamespace) -> None:
    at = worked(drive, "gone")
    seen, ref = address(at), of(at).data
    assert ref is not None
    mark = cache.file_of(ref.fingerprint)
    where = cache.place(ref.fingerprint)
    assert where is not None
    assert cache.store().has(cache.UPLOAD, mark)
    at.button(key="data_forget").click().run()
    assert not at.exception
    assert of(at) == AppState()
    assert address(at) == {}
    assert cache.saved_projects().of(ADA) == []
    assert not cache.stored_datasets().has(where)
    assert not cache.store().has(cache.UPLOAD, mark)
    assert of(went(at, seen)).data is None
    assert of(visit(drive, seen)).data is None


def test_forgetting_takes_nothing_that_is_still_used(
    drive: SimpleNamespace, browser: SimpleNamespace
) -> None:
    at = worked(drive, "shared")
    ref = of(at).data
    assert ref is not None
    where = cache.place(ref.fingerprint)
    assert where is not None
    browser.name = BOB
    bob = uploaded(drive, "shared")
    browser.name = ADA
    at.button(key="data_forget").click().run()
    assert cache.find(ref.fingerprint) is None, "hers no longer"
    browser.name = BOB
    bob.run()
    assert cache.find(ref.fingerprint) is not None, "it is Bob's as well"

    browser.name = ADA
    one, two = worked(drive, "both"), worked(drive, "both")
    fingerprint = of(one).data.fingerprint
    one.button(key="data_forget").click().run()
    two.run()
    assert two.dataframe
    assert cache.find(fingerprint) is not None, "her other project rests on it"


def test_an_older_link_of_the_same_work_opens_beside_it(
    drive: SimpleNamespace, browser: SimpleNamespace
) -> None:
    """An address that was noted down after one run, opened when there are newer ones."""
    at = drive.frame()
    at.session_state["app"] = drive.sample_state(
        "wine", budget="10", strategies=(Choice("random"),), seeds=1, band=9
    )
    at.run()
    name = address(at)["project"]
    state = of(at)
    run = state.recipe
    newest = state.changed(
        recipe=run.with_(budget="20"),
        runs=(*state.runs, saved_run("one", run), saved_run("two", run.with_(budget="20"))),
    )
    at.session_state["app"] = newest
    at.run()
    assert state.data is not None
    older = visit(drive, {**pack(Link(state.data, run)), "project": name})
    assert of(older).recipe.budget == "10"
    assert address(older)["project"] != name
    same = visit(drive, {**pack(Link(state.data, run.with_(budget="20"))), "project": name})
    assert of(same) == newest
    assert address(same)["project"] == name
    assert of(visit(drive, {"project": name})) == newest, "and the work itself is as it was"


def saved_run(key: str, recipe: Recipe) -> RunRef:
    return RunRef(key, WHEN, recipe, 9)


def test_what_cannot_be_saved_is_said(
    drive: SimpleNamespace, browser: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = worked(drive, "full")
    monkeypatch.setattr(saved_projects.SavedProjects, "put", lambda *_: False)
    at.session_state["app"] = of(at).changed(recipe=of(at).recipe.with_(budget="12"))
    at.run()
    assert "cannot be saved on the server" in drive.said(at.run())


def test_a_project_file_begins_work_of_its_own(drive: SimpleNamespace, browser: SimpleNamespace) -> None:
    at = worked(drive, "file")
    seen = address(at)
    given = of(at).changed(recipe=of(at).recipe.with_(budget="3")).to_bytes()
    at.file_uploader(key="frame_open").upload("p.aliquot.json", given, "application/json").run()
    assert of(at).recipe.budget == "3"
    assert address(at)["project"] != seen["project"]
    assert of(visit(drive, seen)).recipe.budget == "9", "what the tab had before is still there"


def test_without_a_cookie_an_address_names_nothing(drive: SimpleNamespace, browser: SimpleNamespace) -> None:
    browser.name = None
    at = uploaded(drive, "none")
    at.run()
    assert address(at) == {}
    assert at.dataframe


def test_data_lies_in_the_store_once_for_all_that_may_open_it(
    drive: SimpleNamespace, browser: SimpleNamespace
) -> None:
    data = load(body("permits"), name="permits.csv")
    stored = cache.stored_datasets()
    where = cache.hold(data)
    assert not stored.allowed(where)
    stored.allow(data.fingerprint.digest, ADA, where)
    stored.allow(data.fingerprint.digest, BOB, where)
    stored.forbid(data.fingerprint.digest, ADA)
    assert stored.allowed(where)
    stored.forbid(data.fingerprint.digest, BOB)
    assert not stored.allowed(where)
