"""Doors to the outside, in a real browser: no other host is asked; data opens for its browser only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from pages.ui.shared.visitor import sound

from .conftest import PATIENCE, ROOT, finished, free_port, map_of, rest, settle, stop, wait_for_server
from .test_app import compare, menu, open_sample, table, upload

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
PAGES = ("Explore", "Compare", "Sign off", "Learn", "Methods", "Data")
VIEWPORT = {"width": 1280, "height": 800}


class Watched:
    """A browser context whose requests and console are kept; other hosts are never reached."""

    def __init__(self, browser: Any, root: str, **how: Any) -> None:
        self.host = urlsplit(root).netloc
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.context = browser.new_context(viewport=VIEWPORT, **how)
        self.context.set_default_timeout(PATIENCE)
        self.context.route(self._foreign, lambda route: route.abort())
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("websocket", lambda socket: self.asked.append(socket.url))

    def _foreign(self, url: str) -> bool:
        there = urlsplit(url)
        return there.scheme not in ("data", "blob", "about") and there.netloc != self.host

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    @property
    def foreign(self) -> list[str]:
        return sorted({url for url in self.asked if self._foreign(url)})

    def cookie(self) -> dict[str, Any] | None:
        found = [one for one in self.context.cookies() if one["name"].startswith("aliquot_")]
        assert len(found) <= 1
        return found[0] if found else None


@pytest.fixture
def watched(browser: Any) -> Iterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def go(root: str, path: str = "/", **how: Any) -> Watched:
        one = Watched(browser, root, **how)
        made.append(one)
        one.page.goto(root + path)
        rest(one.page)
        return one

    yield go
    for one in made:
        one.context.close()


def test_no_page_asks_anything_of_another_host(
    server: str, watched: Callable[..., Watched], tmp_path: Path
) -> None:
    one = watched(server)
    page = one.page
    icon = page.locator('link[rel~="icon"]').first
    page.wait_for_function("() => document.querySelector('link[rel~=\"icon\"]').href.startsWith('data:')")
    assert icon.get_attribute("href").startswith("data:image/svg+xml")
    open_sample(page, "Wine")
    for name in PAGES:
        menu(page, name)
        if name == "Compare":
            page.get_by_text("beside 199 random subsets").first.wait_for()
            finished(page)
            for heading in page.locator(".st-key-cmp_view button").all_inner_texts():
                page.locator(".st-key-cmp_view").get_by_text(heading, exact=True).first.click()
                settle(page)
        page.get_by_role("button", name="What am I looking at?").first.click()
        page.keyboard.press("Escape")
    settle(page)
    assert one.foreign == []
    blocked = [text for text in one.complaints if "ERR_" in text or "Content Security" in text]
    assert blocked == []
    assert len(one.asked) > 20, "requests are seen at all"


def test_an_exported_page_asks_nothing_of_any_host(
    server: str, watched: Callable[..., Watched], browser: Any, tmp_path: Path
) -> None:
    one = watched(server)
    page = one.page
    open_sample(page, "Wine")
    compare(page)
    page.locator(".st-key-cmp_view").get_by_text("Take away", exact=True).first.click()
    page.locator('[class*="st-key-cmp_part_Take-away"]').get_by_text("Files", exact=False).first.click()
    finished(page)
    paths = []
    for name in ("Live page", "Plain report"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name).first.click()
        path = tmp_path / f"{name}.html"
        waiting.value.save_as(path)
        paths.append(path)
    for path in paths:
        asked: list[str] = []
        context = browser.new_context()
        context.on("request", lambda request, asked=asked: asked.append(request.url))
        opened = context.new_page()
        opened.goto(path.as_uri())
        opened.wait_for_timeout(1_000)
        context.close()
        assert {urlsplit(url).scheme for url in asked} <= {"file", "data", "blob"}, asked


def data_is_open(page: Any) -> bool:
    """Whether the Data page shows columns, or asks for the file; waits for either."""
    asks = page.get_by_text("Open the same file to continue")
    shows = page.get_by_role("button", name="Compare four subsets")
    asks.or_(shows).first.wait_for()
    settle(page)
    return shows.count() > 0


def brought(one: Watched, name: str, label: str) -> str:
    """Upload a table, compare, and return the address of the comparison, without the host."""
    body = table().replace(b"left", label.encode())
    upload(one.page, "Bring your own table", name, body)
    compare(one.page)
    one.page.wait_for_url(re.compile(r"[?&]r="))
    return one.page.url.partition(one.host)[2]


def test_an_address_opens_data_in_the_browser_that_brought_it_and_in_no_other(
    server: str, watched: Callable[..., Watched]
) -> None:
    ada = watched(server)
    cookie = ada.cookie()
    assert cookie is not None
    assert sound(cookie["value"])
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    assert "aliquot_" not in ada.page.evaluate("document.cookie")
    address = brought(ada, "mine.csv", "secret")

    ada.page.reload()
    map_of(ada.page, "compare")
    menu(ada.page, "Data")
    assert data_is_open(ada.page)
    again = ada.cookie()
    assert again is not None
    assert again["value"] == cookie["value"]

    bob = watched(server, address)
    other = bob.cookie()
    assert other is not None
    assert other["value"] != cookie["value"]
    bob.page.get_by_text("Open the same file to continue").first.wait_for()
    for name in ("Explore", "Compare", "Sign off", "Data"):
        menu(bob.page, name)
        text = bob.page.locator("body").inner_text()
        assert "secret" not in text
        assert "r0000" not in text
        assert bob.page.locator("canvas").count() == 0
    assert not data_is_open(bob.page)

    upload(bob.page, "Bring your own table", "other name.csv", table().replace(b"left", b"secret"))
    bob.page.get_by_text("Open the same file to continue").first.wait_for(state="detached")
    assert data_is_open(bob.page), "who brings the same file goes on"


def test_a_browser_that_lost_its_cookie_gets_another_though_its_page_is_cached(
    server: str, watched: Callable[..., Watched]
) -> None:
    one = watched(server)
    first = one.cookie()
    assert first is not None
    one.context.clear_cookies()
    one.page.reload()
    settle(one.page)
    second = one.cookie()
    assert second is not None
    assert second["value"] != first["value"]


@pytest.fixture
def another_site(server: str) -> Iterator[str]:
    """The address of a page that holds the app; `localhost` is another site than `127.0.0.1`."""

    class Outer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<iframe src="{server}/" style="width:1200px;height:750px"></iframe>'.encode())

        def log_message(self, *words: Any) -> None:
            """Say nothing."""

    outer = ThreadingHTTPServer(("127.0.0.1", 0), Outer)
    Thread(target=outer.serve_forever, daemon=True).start()
    yield f"http://localhost:{outer.server_port}/"
    outer.shutdown()
    outer.server_close()


def test_inside_a_page_of_another_site_the_app_runs_without_a_cookie(another_site: str, browser: Any) -> None:
    context = browser.new_context(viewport=VIEWPORT)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    try:
        page.goto(another_site)
        inside = page.frame_locator("iframe")
        # A file is refused there by Streamlit's own protection, whose cookie is not sent either.
        inside.get_by_role("button", name="Wine", exact=True).first.click()
        inside.get_by_role("button", name="Compare four subsets").first.wait_for()
        assert [one for one in context.cookies() if one["name"].startswith("aliquot_")] == []
    finally:
        context.close()


@pytest.mark.parametrize("how", ["python app.py", "aliquot app"])
def test_every_way_to_start_gives_the_cookie_and_opens_its_data_again(
    how: str, session_store: Path, tmp_path: Path, watched: Callable[..., Watched]
) -> None:
    port = free_port()
    if how == "aliquot app":
        words = [sys.executable, "-m", "core", "app", "--port", str(port)]
    else:
        code = "import runpy, streamlit as st; run = st.App.run; st.App.run = lambda self: run(self, config="
        code += f"{{'server.port': {port}, 'server.headless': True}}); import sys; sys.argv = ['app.py']; "
        code += "runpy.run_path('app.py', run_name='__main__')"
        words = [sys.executable, "-c", code]
    env = {**os.environ, "ALIQUOT_STORE": str(session_store / "starts"), "STREAMLIT_SERVER_HEADLESS": "true"}
    with (tmp_path / "log.txt").open("wb") as log:
        process = subprocess.Popen(words, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_for_server(process, f"http://localhost:{port}", tmp_path / "log.txt")
            one = watched(f"http://localhost:{port}")
            assert one.cookie() is not None
            address = brought(one, "started.csv", f"{how[:3]}word")
            second = one.context.new_page()
            second.goto(f"http://localhost:{port}{address}")
            map_of(second, "compare")
            other = watched(f"http://localhost:{port}", address)
            other.page.get_by_text("Open the same file to continue").first.wait_for()
        finally:
            stop(process)
