"""Twenty browsers upload twenty different files at the same moment: does each see its own, and only that?

Run: python -m tests.benchmarks.twenty_tabs [tabs [megabytes]]

Each browser (a context with cookies of its own) opens the app; then all give their file at once. Told are the
seconds from then until a tab shows its data, how many show their own name, rows, columns and fingerprint and
a word of nobody else's, and what the server takes before, at the peak and after. To hold: all of them, within
3 minutes.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import psutil

from core.data.load import load
from tests.benchmarks.startup import ARGUMENTS, FINISHED, free_port, server, wait_until_up

LIMIT = 180.0  # seconds for all uploads together


def table(tab: int, megabytes: float) -> tuple[str, bytes]:
    """Name and content of the file of one tab; a column's name and every id tell whose it is."""
    rng = np.random.Generator(np.random.PCG64(tab))
    rows = int(megabytes * 1e6 / 62) + 10 * tab
    x, y = rng.normal(0, 1, (2, rows))
    kinds = rng.integers(0, 5, rows)
    lines = [
        f"T{tab:02}R{at:06},{x[at]:.6f},{y[at]:.6f},kind {kinds[at]},words of tab {tab:02}"
        for at in range(rows)
    ]
    return f"file-of-tab-{tab:02}.csv", (f"id,x,y,kind,own{tab:02}\n" + "\n".join(lines) + "\n").encode()


async def ready(page: Any) -> None:
    """Until the script of a page has run to its end."""
    await page.wait_for_selector(FINISHED)


async def upload(page: Any, name: str, body: bytes, start: asyncio.Event) -> float:
    """Give the file when all are ready; seconds until the page shows a data set."""
    await start.wait()
    began = perf_counter()
    box = page.get_by_test_id("stFileUploader").filter(has_text="Bring your own table")
    chooser = box.locator('input[type="file"]')
    await chooser.set_input_files({"name": name, "mimeType": "text/csv", "buffer": body})
    await page.get_by_role("button", name="Compare four subsets").first.wait_for()
    await ready(page)
    return perf_counter() - began


async def memory(process: psutil.Process, found: list[int]) -> None:
    """Add what a server takes, child processes included, ten times a second."""
    while True:
        try:
            parts = [process, *process.children(recursive=True)]
            found.append(sum(part.memory_info().rss for part in parts))
        except psutil.NoSuchProcess:
            return
        await asyncio.sleep(0.1)


async def drive(port: int, tabs: int, megabytes: float, chromium: str, process: psutil.Process) -> bool:
    """Open all tabs, upload, look; print what was found."""
    from playwright.async_api import async_playwright

    files = [table(tab, megabytes) for tab in range(tabs)]
    wanted = [load(body, name=name) for name, body in files]
    async with async_playwright() as tool:
        browser = await tool.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        pages = []
        for _ in range(tabs):
            context = await browser.new_context(viewport={"width": 1280, "height": 800})
            context.set_default_timeout(LIMIT * 1000)
            pages.append(await context.new_page())
            await pages[-1].goto(f"http://127.0.0.1:{port}/")
            await ready(pages[-1])
        used: list[int] = []
        watch = asyncio.create_task(memory(process, used))
        await asyncio.sleep(0.5)
        before, start = used[-1], asyncio.Event()
        work = [
            asyncio.create_task(upload(page, name, body, start))
            for page, (name, body) in zip(pages, files, strict=True)
        ]
        start.set()
        done = await asyncio.gather(*work, return_exceptions=True)
        after = used[-1]
        watch.cancel()
        seconds = [found for found in done if isinstance(found, float)]
        own, foreign = 0, 0
        for tab, page in enumerate(pages):
            text, data = await page.locator("body").inner_text(), wanted[tab]
            shown = (files[tab][0], f"{len(data):,} rows", data.fingerprint.short)
            own += all(word in text for word in shown)
            others = [other for other in range(tabs) if other != tab]
            foreign += any(
                word in text
                for other in others
                for word in (files[other][0], f"T{other:02}R", f"own{other:02}", f"of tab {other:02}")
            )
        await browser.close()
    size = sum(len(body) for _, body in files) / 1e6
    print(f"{tabs} browsers, {size:.0f} MB in all, {files[0][1].count(10):,} rows or more each")
    print(f"each sees its own: {own} of {tabs}; sees anything of another: {foreign}")
    if seconds:
        print(f"upload to data shown: median {statistics.median(seconds):.1f} s, last {max(seconds):.1f} s")
    print(
        f"memory of the server: {before / 1e6:.0f} MB before, {max(used) / 1e6:.0f} MB at the peak, "
        f"{after / 1e6:.0f} MB after (peak growth {(max(used) - before) / 1e6 / size:.1f} x the files)"
    )
    for one in done:
        if isinstance(one, BaseException):
            print(f"failed: {one}")
    return own == tabs and foreign == 0


def main(tabs: int = 20, megabytes: float = 2.0) -> None:
    """Print all of it; exit 1 where a tab lacks its own data, or sees another's."""
    chromium = os.environ.get("ALIQUOT_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        raise SystemExit("tabs need Chromium: install it, or set ALIQUOT_CHROMIUM")
    with tempfile.TemporaryDirectory() as place:
        port = free_port()
        with server(port, str(Path(place, "store"))):
            wait_until_up(port, 180)
            words = ["--server.port", str(port)]
            process = next(
                child for child in psutil.Process().children() if " ".join(words) in " ".join(child.cmdline())
            )
            held = asyncio.run(drive(port, int(tabs), megabytes, chromium, process))
    raise SystemExit(0 if held else 1)


if __name__ == "__main__":
    main(*(float(word) for word in sys.argv[1:3]))  # type: ignore[arg-type]
