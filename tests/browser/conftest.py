"""One server and one browser for all browser tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
# No machine here has a graphics card: what the processor draws anyway, it draws without one's detour.
GRAPHICS = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-gpu-compositing"]
ARGS = ["--no-sandbox", "--ignore-gpu-blocklist", *GRAPHICS]
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PATIENCE = 180_000  # milliseconds; other work may share the machine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server(session_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app as people start it, on a free port of this machine."""
    port = free_port()
    log = (tmp_path_factory.mktemp("server") / "log.txt").open("wb")
    words = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    words += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    env = {**os.environ, "ALIQUOT_STORE": str(session_store / "browser")}
    process = subprocess.Popen(words, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for_server(process, address, Path(log.name))
        yield address
    finally:
        stop(process)
        log.close()


def stop(process: Any) -> None:
    """End a server, by force where it does not go by itself."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for_server(process: Any, address: str, log: Path, patience: float = PATIENCE / 1000) -> None:
    """Return once the server answers; fail with the end of its log where it ended or never answered."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if process.poll() is not None:
            pytest.fail(f"the server ended: {log.read_text()[-2000:]}", pytrace=False)
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as reply:
                if reply.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.25)
    pytest.fail(f"the server never answered at {address}: {log.read_text()[-2000:]}", pytrace=False)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """Chromium, drawing WebGL in software."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        yield made
        made.close()


@pytest.fixture
def visit(server: str, browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page in a tab of its own: ``visit("/methods", dark=True)``."""
    contexts = []

    def go(path: str = "/", *, dark: bool = False) -> Any:
        context = browser.new_context(
            viewport={"width": 1280, "height": 800},
            color_scheme="dark" if dark else "light",
            accept_downloads=True,
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.goto(server + path)
        rest(page)
        return page

    yield go
    for context in contexts:
        context.close()


def settle(page: Any) -> None:
    """Wait until the script has run to its end."""
    page.wait_for_selector(IDLE, timeout=PATIENCE)


def rest(page: Any, looks: int = 12) -> None:
    """Wait until the page has been at rest: no script ran and no element changed through many looks in a row.

    For what must stay as it is: a change that is still under way comes before the page rests.
    """
    page.evaluate(
        """([idle, looks]) => new Promise(done => {
            let calm = 0;
            const seen = new MutationObserver(() => { calm = 0; });
            const all = {subtree: true, childList: true, characterData: true, attributes: true};
            seen.observe(document.body, all);
            const look = () => {
                calm = document.querySelector(idle) ? calm + 1 : 0;
                if (calm >= looks) { seen.disconnect(); done(); } else { setTimeout(look, 50); }
            };
            look();
        })""",
        [IDLE, looks],
    )


def finished(page: Any) -> None:
    """Wait until no work is left whose end would draw the page again, and the page is at rest.

    A click while a page is drawn again can meet an element that is just replaced, and is lost.
    """
    settle(page)  # the sidebar, drawn last, shows the work
    page.locator('[class*="_cancel_"]').first.wait_for(state="detached", timeout=3 * PATIENCE)
    rest(page)


# ---- maps of points ------------------------------------------------------------------------------------


class Spot(NamedTuple):
    """Where the mouse means one row of a map, on the screen; what is said of it first; its room in steps."""

    x: float
    y: float
    told: str
    room: int


SPOTS = """(host, [cell, step]) => {
    const box = (host.querySelectorAll('.frame')[cell] || host).getBoundingClientRect();
    const root = host.getRootNode(), tip = host.querySelector('.tip'), found = new Map();
    const mouse = (what, x, y) => host.dispatchEvent(new PointerEvent(what, {clientX: x, clientY: y}));
    const look = (x, y) => {
        const on = root.elementFromPoint(x, y);
        if (!host.contains(on) || on.tagName === 'BUTTON') return;
        mouse('pointermove', x, y);
        if (tip.hidden) return;
        const row = Number(host.dataset.hover), told = tip.firstChild ? tip.firstChild.textContent : '';
        if (!found.has(row)) found.set(row, {told, at: []});
        found.get(row).at.push([x, y]);
    };
    for (let y = box.top + 2; y < box.bottom; y += step)
        for (let x = box.left + 2; x < box.right; x += step) look(x, y);
    mouse('pointerleave', 0, 0);
    return [...found].map(([row, {told, at}]) => {
        const [u, v] = [0, 1].map(i => at.reduce((sum, one) => sum + one[i], 0) / at.length);
        const far = ([x, y]) => Math.hypot(x - u, y - v);
        return [row, [...at.reduce((best, one) => far(one) < far(best) ? one : best), told, at.length]];
    });
}"""
"""Moves a mouse of its own over one view of a map: rows by their numbers, as the map itself tells them."""


def map_of(page: Any, name: str) -> Any:
    """A map of points, once it is drawn: explore, compare, shares, curves or sign_off."""
    found = page.locator(f'.st-key-map_{name}_place .map[data-state="ready"][data-drawn]')
    found.first.wait_for()
    return found.first


def in_the_middle(shown: Any) -> None:
    """Scroll until something stands in the middle of the window, where no head of the page covers it."""
    shown.evaluate("one => one.scrollIntoView({block: 'center'})")


def spots_on(page: Any, name: str, cell: int = 0) -> dict[int, Spot]:
    """Rows that a mouse can point at on one of the views of a map, by their numbers."""
    shown = map_of(page, name)
    in_the_middle(shown)
    return {row: Spot(*spot) for row, spot in shown.evaluate(SPOTS, [cell, 3])}
