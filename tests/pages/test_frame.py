"""The frame: menu, sidebar, project file; and the launcher."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from core.data.load import load
from core.foundation.wording import count
from pages.ui.shared.app_state import AppState, DataRef, RowSet
from pages.ui.shared.markdown_escapes import plain

PAGES = ("data.py", "explore.py", "compare.py", "sign_off.py", "learn.py", "methods.py")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_can_be_the_first_one_seen(drive: SimpleNamespace, page: str) -> None:
    at = drive.frame().run()
    at.switch_page(page).run()
    assert not at.exception
    assert not at.error


def test_the_sidebar_names_the_data_and_the_state_of_the_work(drive: SimpleNamespace) -> None:
    at = drive.frame()
    data = load(b"id,x\n1,5\n2,6\n3,7\n", name="my *data*.csv")
    at.session_state["app"] = drive.state_of(data)
    at.run()
    told = "\n".join(str(part.value) for part in [*at.sidebar.markdown, *at.sidebar.caption])
    assert r"my \*data\*.csv" in told
    assert "3 rows" in told
    assert data.fingerprint.short in told
    assert "no subsets yet" in told
    assert "not signed" in told


def test_a_project_is_saved_and_opened_again(drive: SimpleNamespace) -> None:
    state = drive.sample_state("wine").changed(picked=RowSet.of([4], 178, "lasso on the map"), looked=True)
    at = drive.frame().run()
    at.file_uploader(key="frame_open").upload("w.aliquot.json", state.to_bytes(), "application/json").run()
    assert not at.exception
    assert at.session_state["app"] == state
    assert "Project opened" in drive.said(at)


def test_a_project_whose_data_is_gone_waits_for_it(drive: SimpleNamespace) -> None:
    body = b"id,x\n" + b"".join(b"%d,%d\n" % (at, at * 7) for at in range(40))
    data = load(body, name="later.csv")
    ref = DataRef(data.fingerprint.digest, "later.csv", 40, 2, "upload")
    state = AppState(data=ref, picked=RowSet.of([7], 40, "lasso on the map"))
    at = drive.frame().run()
    at.file_uploader(key="frame_open").upload("l.aliquot.json", state.to_bytes(), "application/json").run()
    assert not at.exception
    assert any("later.csv" in box.proto.title for box in at.error)
    at.file_uploader(key="data_upload").upload("other name.csv", body, "text/csv").run()
    assert not at.exception
    assert at.session_state["app"].picked == state.picked, "recognised by its fingerprint, and gone on"
    assert not at.error


def test_a_file_that_is_no_project_changes_nothing(drive: SimpleNamespace) -> None:
    state = drive.sample_state("wine")
    at = drive.frame()
    at.session_state["app"] = state
    at.run()
    at.file_uploader(key="frame_open").upload("x.json", b'{"a": 1}', "application/json").run()
    assert not at.exception
    assert at.session_state["app"] == state
    assert any("not a project file" in box.proto.title for box in at.error)


def test_the_launcher_holds_an_app_and_nothing_else() -> None:
    code = "import app, streamlit as st; assert isinstance(app.app, st.App); print('ok')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.strip().endswith("ok"), done.stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a_b", r"a\_b"), ("<b>", r"\<b\>"), ("$x$ :red[y]", r"\$x\$ \:red\[y\]"), ("a\n\nb", "a b")],
)
def test_text_of_the_data_is_never_markdown(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_numbers_agree_with_their_nouns() -> None:
    assert [count(n, "row") for n in (0, 1, 2000)] == ["0 rows", "1 row", "2,000 rows"]
