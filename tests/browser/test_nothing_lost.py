"""In a real browser: every page outlives a reload, Back and Forward, a new server; two tabs do not mix."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, finished, free_port, rest, stop, wait_for_server
from .test_app import compare, menu, open_sample, sign, table, upload

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
PAGES = ("Data", "Explore", "Compare", "Sign off", "Learn", "Methods")
VIEWPORT = {"width": 1280, "height": 800}


def foot(page: Any) -> list[str]:
    """What the sidebar says of the open work."""
    text = page.get_by_test_id("stSidebar").get_by_test_id("stCaptionContainer").all_inner_texts()
    return [re.sub(r"\s+", " ", part) for part in text]


def project(page: Any) -> str:
    found = re.search(r"[?&]project=([\w-]{11})", page.url)
    assert found is not None, page.url
    return found[1]


def moved(page: Any, step: Callable[[], Any], title: str) -> None:
    """One page on, by one step of the browser."""
    step()
    page.get_by_role("heading", name=title, exact=True).first.wait_for()
    finished(page)


def test_every_page_outlives_a_reload_and_back_and_forward(visit):
    page = visit("/")
    upload(page, "Bring your own table", "kept.csv", table().replace(b"left", b"kept"))
    compare(page)
    page.get_by_role("button", name="Take A to sign-off").first.click()
    page.get_by_role("heading", name="Sign off").first.wait_for()
    sign(page, "Ada Lovelace", "it holds every group")
    name = project(page)
    for title in PAGES:
        menu(page, title)
        finished(page)
        before = foot(page)
        assert "signed by Ada Lovelace" in " ".join(before)
        page.reload()
        page.get_by_role("heading", name=title).first.wait_for()
        finished(page)
        assert foot(page) == before
        assert project(page) == name
    for title in reversed(PAGES[:-1]):
        moved(page, page.go_back, title)
        assert foot(page) == before
    for title in PAGES[1:3]:
        moved(page, page.go_forward, title)
        assert foot(page) == before
    menu(page, "Sign off")
    page.reload()
    finished(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download bundle").first.click()
    assert waiting.value.suggested_filename.endswith(".zip"), "a signature that was not downloaded is there"


def test_two_tabs_of_one_address_do_not_mix(visit):
    page = visit("/")
    open_sample(page, "Wine")
    finished(page)
    mine, told = project(page), foot(page)
    other = page.context.new_page()
    other.goto(page.url)
    rest(other)
    assert project(other) != mine
    other.get_by_text("Choose another data set").first.click()
    other.get_by_role("button", name="Breast cancer", exact=True).first.click()
    other.get_by_text("569 rows").first.wait_for()
    finished(other)
    page.reload()
    finished(page)
    assert (foot(page), project(page)) == (told, mine)
    other.reload()
    finished(other)
    assert "569 rows" in foot(other)[0]
    other.go_back()
    rest(other)
    assert "178 rows" in foot(other)[0], "one step back lies what it had before"


def test_the_first_pages_own_name_is_an_address(visit):
    page = visit("/data")
    page.get_by_role("button", name="Wine", exact=True).first.wait_for()
    assert page.get_by_role("dialog").count() == 0
    assert page.get_by_text("not found").count() == 0


def test_work_goes_on_after_the_server_was_started_again(session_store: Path, tmp_path: Path, browser: Any):
    port = free_port()
    words = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    words += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    env = {**os.environ, "ALIQUOT_STORE": str(session_store / "again")}
    root = f"http://127.0.0.1:{port}"
    context = browser.new_context(viewport=VIEWPORT)
    context.set_default_timeout(180_000)
    page = context.new_page()
    try:
        for start in range(2):
            with (tmp_path / f"log{start}.txt").open("wb") as log:
                server = subprocess.Popen(words, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)
                try:
                    wait_for_server(server, root, tmp_path / f"log{start}.txt")
                    page.goto(root)
                    rest(page)
                    if start == 0:
                        upload(page, "Bring your own table", "later.csv", table().replace(b"left", b"later"))
                        compare(page)
                        told = foot(page)
                    else:
                        page.get_by_role("link", name="Continue with later.csv").first.click()
                        page.get_by_role("heading", name="Compare").first.wait_for()
                        page.get_by_text("beside 199 random subsets").first.wait_for()
                        finished(page)
                        assert foot(page) == told
                        menu(page, "Data")
                        page.get_by_role("button", name="Forget later.csv").first.click()
                        page.get_by_role("button", name="Forget it").first.click()
                        page.get_by_text("Choose a sample").first.wait_for()
                        rest(page)
                        assert page.get_by_text("later.csv", exact=True).count() == 0
                        page.goto(root)
                        rest(page)
                        assert page.get_by_role("link", name="Continue with").count() == 0
                finally:
                    stop(server)
    finally:
        context.close()
