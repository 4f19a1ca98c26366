"""Whose data: what a browser brought only that browser opens again; how browsers are told apart."""

from __future__ import annotations

import asyncio
import re
from http.cookies import SimpleCookie
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.comparison.comparison import Comparison
from core.data.load import load
from core.data.stored_datasets import StoredDatasets
from core.foundation.artifact_store import Store
from core.model.recipe import Choice, Recipe
from pages.ui.shared import cache, kept_runs, link, visitor
from pages.ui.shared.app_state import AppState, DataRef, RowSet, RunRef, Winner
from pages.ui.shared.link import Link, pack

from .._compared import finished

ADA, BOB = "browser:ada", "browser:bob"


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Which browser the tabs of a test run in; `None` is one without a cookie."""
    made = SimpleNamespace(name=None)
    monkeypatch.setattr(visitor, "whose", lambda: made.name)
    return made


def body(mark: str, rows: int = 60) -> bytes:
    """A table that no other test opens."""
    lines = [f"{mark}{at},{at * 7 % 31},{at % 13},{'left' if at % 2 else 'right'}" for at in range(rows)]
    return ("key,x,y,side\n" + "\n".join(lines) + "\n").encode()


def uploaded(drive: SimpleNamespace, mark: str) -> tuple[Any, AppState]:
    """A tab that has just uploaded a table."""
    at = drive.frame().run()
    at.file_uploader(key="data_upload").upload(f"{mark}.csv", body(mark), "text/csv").run()
    assert not at.exception
    assert at.session_state["app"].data is not None, drive.said(at)
    return at, at.session_state["app"]


def by_link(drive: SimpleNamespace, now: AppState, page: str = "data.py") -> Any:
    """A new tab that opens the address of a state."""
    assert now.data is not None
    at = drive.frame()
    for name, value in pack(Link(now.data, now.recipe)).items():
        at.query_params[name] = value
    at.run()
    if page != "data.py":
        at.switch_page(page).run()
    assert not at.exception
    return at


def open_in(at: Any) -> bool:
    """Whether a tab shows its data set."""
    return "fingerprint" in " ".join(one.value for one in at.markdown) and bool(at.dataframe)


def test_an_upload_opens_again_in_its_browser_and_in_no_other(
    drive: SimpleNamespace, browser: SimpleNamespace
) -> None:
    browser.name = ADA
    _, now = uploaded(drive, "mine")
    assert open_in(by_link(drive, now)), "the same browser, a new tab"
    for name in (BOB, None):
        browser.name = name
        at = by_link(drive, now)
        assert not open_in(at)
        assert "Open the same file to continue" in drive.said(at)
        assert "mine0" not in drive.said(at)
        assert not at.error, "it is said once"
        told = "\n".join(one.value for one in at.sidebar.caption)
        assert "not open in this browser" in told
        assert "no groups yet" not in told


def test_who_brings_the_same_file_goes_on_where_the_link_leads(
    drive: SimpleNamespace, browser: SimpleNamespace
) -> None:
    browser.name = ADA
    _, now = uploaded(drive, "both")
    now = now.changed(recipe=now.recipe.with_(budget="7"))
    browser.name = BOB
    at = by_link(drive, now)
    at.file_uploader(key="data_upload").upload("same.csv", body("both"), "text/csv").run()
    assert open_in(at)
    assert at.session_state["app"].recipe.budget == "7"
    assert open_in(by_link(drive, now)), "it is Bob's too from now on"


def test_without_a_cookie_a_tab_has_what_it_brought_and_no_other_tab_has(
    drive: SimpleNamespace, browser: SimpleNamespace
) -> None:
    at, now = uploaded(drive, "alone")
    at.switch_page("methods.py").run()
    at.switch_page("data.py").run()
    assert open_in(at)
    at.file_uploader(key="frame_open").upload("p.aliquot.json", now.to_bytes(), "application/json").run()
    assert open_in(at), "opening its own project takes nothing from a tab"
    assert not open_in(by_link(drive, now))


def test_a_tab_whose_cookie_changes_loses_nothing(drive: SimpleNamespace, browser: SimpleNamespace) -> None:
    at, now = uploaded(drive, "changes")
    browser.name = ADA
    at.run()
    assert open_in(at)
    assert open_in(by_link(drive, now)), "what it brought before it had this cookie opens again as well"
    browser.name = BOB
    at.run()
    assert open_in(at)
    assert open_in(by_link(drive, now))


@pytest.mark.parametrize("page", ["data.py", "explore.py", "compare.py", "sign_off.py", "methods.py"])
def test_a_project_file_opens_no_other_browsers_data_and_no_comparison_of_it(
    drive: SimpleNamespace, browser: SimpleNamespace, page: str
) -> None:
    browser.name = ADA
    _, now = uploaded(drive, "project")
    browser.name = BOB
    other = drive.frame().run()
    other.file_uploader(key="frame_open").upload("p.aliquot.json", now.to_bytes(), "application/json").run()
    other.switch_page(page).run()
    assert not other.exception
    assert other.session_state["app"].data == now.data
    text = drive.said(other)
    assert "project0" not in text
    assert not re.search(r"\bleft\b|\bright\b", text), "a value of the data"
    assert not other.dataframe or page == "methods.py"


def test_a_comparison_of_other_data_is_not_shown_by_its_key(
    drive: SimpleNamespace, browser: SimpleNamespace
) -> None:
    browser.name = ADA
    data = load(body("hidden"), name="hidden.csv")
    theirs = AppState(
        data=cache.keep(data, "upload"),
        recipe=Recipe(groups="column:side", budget="10", strategies=(Choice("random"),), seeds=1, band=9),
    )
    found = cache.study(theirs).compare([Choice("random")], "10", seeds=1, band=9)
    assert isinstance(found, Comparison)
    key = kept_runs.run_key(theirs)
    kept_runs.put(key, found)
    browser.name = BOB
    mine = drive.sample_state("wine", budget="10", strategies=(Choice("random"),), seeds=1, band=9)
    forged = mine.changed(
        runs=(RunRef(key, "2026-01-01T00:00:00+00:00", mine.recipe, 9),), winner=Winner(key, 0, 0)
    )
    at = drive.frame().run()
    at.file_uploader(key="frame_open").upload("f.aliquot.json", forged.to_bytes(), "application/json").run()
    now = at.session_state["app"]
    assert [run.key for run in now.runs] == [kept_runs.run_key(mine)]
    assert now.winner is not None
    assert now.winner.run == now.runs[0].key != key
    at.switch_page("compare.py").run()
    at = finished(at)
    assert "left" not in drive.said(at)


def test_a_target_of_another_browser_is_not_used(drive: SimpleNamespace, browser: SimpleNamespace) -> None:
    browser.name = ADA
    ref = cache.keep(load(body("aim"), name="aim.csv"), "upload")
    browser.name = BOB
    mine = drive.state_of(load(body("own"), name="own.csv"))
    target = {"name": ref.name, "fingerprint": ref.fingerprint}
    now = mine.changed(target=ref, recipe=mine.recipe.with_(target=target))
    at = drive.frame()
    at.session_state["app"] = now
    at.run()
    at.switch_page("compare.py").run()
    assert not at.exception
    assert any("is not open here" in f"{box.proto.title} {box.value}" for box in at.error)


def test_the_same_is_said_of_data_that_is_here_and_of_data_that_is_nowhere(
    drive: SimpleNamespace, browser: SimpleNamespace
) -> None:
    browser.name = ADA
    _, now = uploaded(drive, "there")
    browser.name = BOB
    assert now.data is not None
    nowhere = now.changed(data=DataRef("0" * 32, now.data.name, now.data.rows, now.data.columns, "upload"))
    said = []
    for state in (now, nowhere):
        for one in cache.saved_projects().of(BOB):  # or the second tab would be offered the work of the first
            cache.saved_projects().drop(BOB, one.name)
        at = drive.frame().run()
        at.file_uploader(key="frame_open").upload("p.json", state.to_bytes(), "application/json").run()
        titles = [box.proto.title for box in at.error]
        assert state.data is not None
        said.append((titles, drive.said(at).replace(state.data.fingerprint[:8], "…")))
    assert said[0] == said[1]


@pytest.mark.parametrize("everyone", [True, False])
def test_rows_taken_from_data_are_theirs_who_have_the_data(
    drive: SimpleNamespace, browser: SimpleNamespace, everyone: bool
) -> None:
    browser.name = ADA
    data = load(body(f"part{everyone}"), name="part.csv")
    now = AppState(data=cache.keep(data, "upload", [visitor.SAMPLES] if everyone else []))
    now = now.changed(picked=RowSet.of(range(9), len(data), "lasso on the map"))
    at = drive.frame()
    at.session_state["app"] = now
    at.run()
    at.button(key="data_target_rows").click().run()
    target = at.session_state["app"].target
    assert target is not None
    assert target.source == "selection"
    assert cache.stored_datasets().readers(target.fingerprint, [ADA, BOB]) == ([] if everyone else [ADA])
    assert bool(cache.stored_datasets().readers(target.fingerprint, [visitor.SAMPLES])) == everyone


def test_data_read_again_with_other_ids_is_still_theirs(
    drive: SimpleNamespace, browser: SimpleNamespace
) -> None:
    browser.name = ADA
    at, now = uploaded(drive, "again")
    at.selectbox(key="data_id").select(at.selectbox(key="data_id").options[0]).run()
    at.button(key="data_reread").click().run()
    after = at.session_state["app"]
    assert after.data is not None
    assert after.data.fingerprint != now.data.fingerprint  # type: ignore[union-attr]
    assert open_in(by_link(drive, after))
    browser.name = BOB
    assert not open_in(by_link(drive, after))


def rekey() -> None:
    """What the table of columns does when a column is made the id."""
    import streamlit as st

    from pages.ui.data import roles
    from pages.ui.shared import state

    state.begin()
    if "edit" in st.session_state:
        roles.take("edit", ["side", "key"])
        del st.session_state["edit"]


@pytest.mark.parametrize("everyone", [True, False])
def test_data_with_another_id_column_is_still_theirs(browser: SimpleNamespace, everyone: bool) -> None:
    browser.name = ADA
    data = load(body(f"id{everyone}"), name="id.csv", id_column="")
    at = AppTest.from_function(rekey, default_timeout=60)
    at.session_state["app"] = AppState(data=cache.keep(data, "upload", [visitor.SAMPLES] if everyone else []))
    at.session_state["edit"] = {"edited_rows": {"1": {"role": "id"}}}
    at.run()
    made = at.session_state["app"].data
    assert made is not None
    assert made.fingerprint != data.fingerprint.digest
    assert cache.stored_datasets().readers(made.fingerprint, [ADA, BOB]) == ([] if everyone else [ADA])
    assert bool(cache.stored_datasets().readers(made.fingerprint, [visitor.SAMPLES])) == everyone


def test_a_folder_opens_to_all_while_it_is_given(
    drive: SimpleNamespace, browser: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "given.csv").write_bytes(body("given"))
    monkeypatch.setenv(visitor.FOLDER, str(tmp_path))
    browser.name = ADA
    at = drive.frame().run()
    at.selectbox(key="data_file").select("given.csv").run()
    at.button(key="data_open_file").click().run()
    now = at.session_state["app"]
    assert now.data is not None
    browser.name = BOB
    assert open_in(by_link(drive, now))
    monkeypatch.delenv(visitor.FOLDER)
    assert not open_in(by_link(drive, now)), "the folder is not given any more"


def test_permits_are_by_data_and_name_and_outlive_the_process(tmp_path: Path) -> None:
    stored = StoredDatasets(Store(tmp_path))
    one, two = "0" * 32, "1" * 32
    assert stored.allow(one, ADA, "a" * 32)
    again = StoredDatasets(Store(tmp_path))
    assert again.readers(one, [ADA, BOB]) == [ADA]
    assert again.readers(two, [ADA, BOB]) == []
    assert again.place(one, [BOB, ADA]) == "a" * 32
    assert again.place(one, [BOB]) is None
    assert stored.allow(one, ADA, "b" * 32)
    assert again.place(one, [ADA]) == "b" * 32, "theirs is the file that they brought last"
    assert not stored.allow(one, ADA, "../../etc")
    assert not stored.allow("../../etc", ADA, "a" * 32)
    assert stored.place("../../etc", [ADA]) is None
    assert stored.readers("../../etc", [ADA]) == []
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert ADA.encode() not in written


# ---- the middleware ----------------------------------------------------------------------------------


def answered(
    headers: dict[str, str], *, kind: str = "http", method: str = "GET", scheme: str = "http"
) -> Any:
    """The answer's headers, through the middleware, of an app that answers 304."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": f"{kind}.response.start", "status": 304, "headers": [(b"etag", b"x")]})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {}

    scope = {
        "type": kind,
        "method": method,
        "scheme": scheme,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(visitor.Visitors(app, "aliquot_x")(scope, receive, send))
    return [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]


PAGE = {"accept": "text/html,application/xhtml+xml"}


def test_a_page_is_answered_with_a_cookie_that_no_script_reads_even_from_the_cache() -> None:
    (cookie,) = answered(PAGE)
    morsel = SimpleCookie(cookie)["aliquot_x"]
    assert visitor.sound(morsel.value)
    assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "Lax", "/")
    assert not morsel["secure"]
    assert int(morsel["max-age"]) > 86_400
    assert SimpleCookie(answered(PAGE, scheme="https")[0])["aliquot_x"]["secure"]
    assert answered(PAGE) != answered(PAGE), "another browser, another cookie"


def test_a_browser_keeps_its_cookie_and_a_guessable_one_is_replaced() -> None:
    token = SimpleCookie(answered(PAGE)[0])["aliquot_x"].value
    assert answered({**PAGE, "cookie": f"a=b; aliquot_x={token}"})[0].startswith(f"aliquot_x={token};")
    for weak in ("", "1", "a" * 42, "é" * 43, f"{token}x"):
        (cookie,) = answered({**PAGE, "cookie": f"aliquot_x={weak}"})
        given = SimpleCookie(cookie)["aliquot_x"].value
        assert given != weak
        assert visitor.sound(given)
    assert answered({**PAGE, "cookie": 'x="\x01; ===; aliquot_x'})


@pytest.mark.parametrize(
    ("headers", "kind", "method"),
    [
        ({"accept": "*/*"}, "http", "GET"),
        (PAGE, "websocket", "GET"),
        (PAGE, "http", "POST"),
        ({}, "http", "GET"),
    ],
)
def test_nothing_but_a_page_is_touched(headers: dict[str, str], kind: str, method: str) -> None:
    assert answered(headers, kind=kind, method=method) == []


def test_the_cookie_is_named_after_the_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = set()
    for place in ("one", "two", "one"):
        monkeypatch.setenv("ALIQUOT_STORE", str(tmp_path / place))
        names.add(visitor.cookie_name())
    assert len(names) == 2
    assert all(re.fullmatch(r"aliquot_[0-9a-f]{8}", name) for name in names)


def test_what_is_written_down_is_not_the_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit as st

    token = "t" * 43
    monkeypatch.setattr(type(st.context), "cookies", {visitor.cookie_name(): token})
    own = visitor.whose()
    assert own is not None
    assert token not in own
    monkeypatch.setattr(type(st.context), "cookies", {visitor.cookie_name(): "short"})
    assert visitor.whose() is None
    monkeypatch.setattr(type(st.context), "cookies", {"other": token})
    assert visitor.whose() is None


def test_links_hold_no_ownership(drive: SimpleNamespace, browser: SimpleNamespace) -> None:
    browser.name = ADA
    _, now = uploaded(drive, "word")
    assert now.data is not None
    packed = pack(Link(now.data, now.recipe))
    assert link.read(packed).data.fingerprint == now.data.fingerprint
    assert ADA not in str(packed)
    assert "browser" not in now.to_bytes().decode()
