"""Explore at 1,000,000 rows through the page: picture, points, frames, lasso, filter, differences, memory.

Run: ``python -m tests.benchmarks.explore [ROWS]``; with ``sessions [N]`` many tabs look at 100,000 × 384.
A graphics card is not needed; without one the map is drawn by the processor.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import psutil

from tests.benchmarks.million import table
from tests.browser.conftest import ARGS, free_port
from tests.browser.test_app import around

ROOT = Path(__file__).resolve().parents[2]
WAIT = 900_000  # milliseconds
MAP = '.st-key-map_explore_place .map[data-state="ready"]'


@contextmanager
def served(store: str) -> Iterator[tuple[str, psutil.Process]]:
    """The app on a store."""
    port = free_port()
    env = {**os.environ, "ALIQUOT_STORE": store, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    words += ["--server.address", "127.0.0.1", "--server.port", str(port), "--server.maxUploadSize", "2000"]
    process = subprocess.Popen(words, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def reached(page: Any, address: str) -> None:
    """Open an address as soon as the server answers."""
    until = perf_counter() + 60
    while True:
        try:
            page.goto(address)
            return
        except Exception:
            if perf_counter() > until:
                raise


def memory(process: psutil.Process) -> float:
    """Memory of its own in GiB, the files that it maps left out."""
    info = process.memory_full_info()
    return float(info.uss) / 2**30


def upload(page: Any, path: Path) -> None:
    """Give a file to the first page and wait until it is open."""
    box = page.get_by_test_id("stFileUploader").filter(has_text="Bring your own table")
    box.locator('input[type="file"]').set_input_files(str(path))
    page.get_by_role("button", name="See its groups").first.wait_for()


def frames(page: Any, shown: Any, seconds: float = 3.0) -> float:
    """Frames a second while the hand drags the map in circles."""
    box = shown.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    before, start, step = int(shown.get_attribute("data-frames")), perf_counter(), 0
    while perf_counter() - start < seconds:
        step += 1
        page.mouse.move(x + 60 * np.sin(step / 5), y + 60 * np.cos(step / 5))
    took = perf_counter() - start
    page.mouse.up()
    return (int(shown.get_attribute("data-frames")) - before) / took


def main(rows: int) -> None:
    """Print every figure beside what is to hold."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        path, store = Path(folder) / "rows.csv", str(Path(folder) / "store")
        table(rows).to_csv(path, index=False)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(WAIT)
        page = context.new_page()
        with served(store) as (address, _):
            reached(page, address)
            start = perf_counter()
            upload(page, path)
            page.get_by_role("button", name="See its groups").first.click()
            page.locator(MAP).first.wait_for()
            print(f"{rows:,} rows: upload to a first map {perf_counter() - start:.0f} s", flush=True)
            found = re.search(r"project=[\w-]+", page.url)
            assert found is not None
        with served(store) as (address, process):
            reached(page, f"{address}/methods?{found[0]}")
            page.get_by_role("heading", name="Methods").first.wait_for()
            come: list[tuple[str, int]] = []
            page.on(
                "requestfinished",
                lambda asked: (
                    "_points" in asked.url and come.append((asked.url, asked.sizes()["responseBodySize"]))
                ),
            )
            start = perf_counter()
            page.get_by_test_id("stSidebar").get_by_role("link", name="Explore").first.click()
            page.locator(".st-key-map_explore_place .map[data-rows]").first.wait_for()
            first = perf_counter() - start
            shown = page.locator(MAP).first
            shown.wait_for()
            whole = perf_counter() - start
            print(
                f"from the store: first picture {first:.1f} s (hold 3), all points {whole:.1f} s", flush=True
            )
            sizes = [size for _, size in come]
            print(f"  files {', '.join(f'{size / 1e6:.2f} MB' for size in sizes)} (hold 0.5 first, 5 in all)")
            page.wait_for_timeout(3_000)
            print(f"  one map while the hand moves: {frames(page, shown):.0f} frames a second (hold 15)")
            page.wait_for_timeout(500)
            shown.dblclick(position={"x": 4, "y": 4})
            page.wait_for_timeout(500)
            start = perf_counter()
            page.keyboard.down("Shift")
            around(page, shown, [(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7)])
            page.keyboard.up("Shift")
            start = perf_counter()
            page.get_by_role("heading", name=re.compile("rows selected")).first.wait_for()
            print(f"  lasso to its count {perf_counter() - start:.1f} s (hold 1)", flush=True)
            page.get_by_text(re.compile("more than luck:|could be tested")).first.wait_for()
            print(f"  … to verdicts {perf_counter() - start:.1f} s (hold 5)", flush=True)
            settled(page)
            page.get_by_role("button", name="Filter").first.click()
            page.locator(".st-key-exp_filter input").first.click()
            page.get_by_role("option", name=re.compile("column: ")).first.click()
            page.locator('[class*="st-key-exp_bins"]').first.wait_for()
            settled(page)
            said = page.locator(".st-key-exp_chips").inner_text()
            start = perf_counter()
            page.get_by_role("button", name="Select these").first.click()
            page.wait_for_function(
                "said => document.querySelector('.st-key-exp_chips').innerText !== said", arg=said
            )
            print(f"  a chip {perf_counter() - start:.1f} s (hold 1)", flush=True)
            settled(page)
            print(f"  memory of the server {memory(process):.1f} GiB")
        browser.close()


def settled(page: Any) -> None:
    """Wait until no script runs."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_timeout(300)


def sessions(many: int, rows: int = 100_000) -> None:
    """Memory and clicks of many tabs that look at one data set of vectors."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(0)
        middle = rng.normal(size=(12, 384)).astype(np.float32)
        kind = rng.integers(0, 12, rows)
        points = middle[kind] + rng.normal(size=(rows, 384)).astype(np.float32)
        root = Path(folder) / "given"
        root.mkdir()
        path = root / "vectors.parquet"
        frame = pd.DataFrame({"id": np.arange(rows), "kind": kind.astype(str), "vector": list(points)})
        frame.to_parquet(path)
        os.environ["ALIQUOT_FOLDER"] = str(root)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        with served(str(Path(folder) / "store")) as (address, process):
            pages, took, held = [], [], []
            for at in range(many):
                context = browser.new_context(viewport={"width": 1024, "height": 700})
                context.set_default_timeout(WAIT)
                page = context.new_page()
                reached(page, address)
                page.get_by_role("combobox", name=re.compile("folder")).first.click()
                page.get_by_role("option", name=re.compile("vectors")).first.click()
                page.get_by_role("button", name="See its groups").first.wait_for()
                settled(page)
                page.get_by_role("button", name="See its groups").first.click()
                page.locator(MAP).first.wait_for()
                settled(page)
                start = perf_counter()
                page.locator('[class*="st-key-exp_select_"] button').first.click()
                page.get_by_role("heading", name=re.compile("rows selected")).first.wait_for()
                took.append(perf_counter() - start)
                pages.append(page)
                held.append(memory(process))
                if at in (0, many - 1):
                    print(f"  {at + 1} tabs: {held[-1]:.2f} GiB", flush=True)
            each = (held[-1] - held[1]) / max(many - 2, 1) * 1024
            print(
                f"{many} sessions at {rows:,} × 384: {held[-1]:.2f} GiB (hold 1.2), {each:.0f} MiB each more"
            )
            print(f"  (hold 10); click to its count: median {statistics.median(took):.2f} s (hold 1)")
        browser.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["sessions"]:
        sessions(int(sys.argv[2]) if len(sys.argv) > 2 else 20)
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
