"""Seconds that `import core` adds to numpy and pandas, and until a cold server shows its first page.

Run: python -m tests.benchmarks.startup [repeats]

Held: import below 0.5 s, first page below 3 s. The page needs Chromium; without it only the import is
measured. It counts from the start of the server process until the browser says that the script has finished.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]
FINISHED = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def import_seconds(code: str) -> float:
    """Seconds that a fresh interpreter needs for some imports, its own start not counted."""
    timed = f"import time; a = time.perf_counter(); {code}; print(time.perf_counter() - a)"
    done = subprocess.run(
        [sys.executable, "-c", timed], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    return float(done.stdout)


def free_port() -> int:
    """A port of the loopback address that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(port: int, store: str) -> Iterator[None]:
    """The app as a cold server on the loopback address, with an empty store; ended whatever happens."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "ALIQUOT_STORE": store},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_up(port: int, limit: float = 60.0) -> None:
    """Return when the server answers; raises TimeoutError after `limit` seconds."""
    end = perf_counter() + limit
    while perf_counter() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.02)
    raise TimeoutError("the server did not start")


def first_page(browser: Any) -> tuple[float, float]:
    """(seconds until the server answers, seconds until its first page is complete)."""
    page = browser.new_page()
    port = free_port()
    try:
        with tempfile.TemporaryDirectory() as store:
            start = perf_counter()
            with server(port, store):
                wait_until_up(port)
                up = perf_counter() - start
                page.goto(f"http://127.0.0.1:{port}/")
                page.wait_for_selector(FINISHED, timeout=60_000)
                page.get_by_role("heading").first.wait_for(timeout=60_000)
                return up, perf_counter() - start
    finally:
        page.close()


def main() -> None:
    """Print medians."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    base, ours = [], []
    for _ in range(repeats):  # by turns, so that a busy moment meets both
        base.append(import_seconds("import numpy, pandas"))
        ours.append(import_seconds("import numpy, pandas, core"))
    first, second = statistics.median(base), statistics.median(ours)
    print(f"numpy and pandas {first:.2f} s; with core {second:.2f} s; adds {second - first:.2f} s (hold 0.5)")
    chromium = os.environ.get("ALIQUOT_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        print("first page: not measured, Chromium is not installed")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        try:
            times = [first_page(browser) for _ in range(min(repeats, 3))]
        finally:
            browser.close()
    up, shown = (statistics.median(part) for part in zip(*times, strict=True))
    print(f"cold server answers after {up:.2f} s, first page complete after {shown:.2f} s (hold 3)")


if __name__ == "__main__":
    main()
