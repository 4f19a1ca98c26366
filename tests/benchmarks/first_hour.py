"""Seconds from the first click on a sample, on a cold server, to its map and to four subsets beside chance.

Run: python -m tests.benchmarks.first_hour [sample ...]

Every line is a server of its own: an empty store, nothing compiled by numba, a browser that was never there.
Told are the wall time and, in brackets, the processor time that server and child processes took meanwhile:
beside other busy processes only the second says what the work costs.

- first page: from the start of the server until the Data page is complete;
- map: from the click on the sample, over "See its groups", to the map with groups; and until it is UMAP;
- four subsets: from the click on the sample, over "Compare four subsets", until four subsets stand beside 199
  random ones with their sentences. What can be learned from them is scored afterwards ("all done").

To hold, two cores: first page 3 s, map 5 s, four subsets of support_tickets 10 s.

``texts`` instead of a sample is a file of 5,000 texts that is none: its first map is of words (hold 3 s from
the moment when Explore is asked for), the model's follows.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
import psutil

from core.data.samples import HERE, SAMPLES
from tests.benchmarks.startup import ARGUMENTS, FINISHED, free_port, server, wait_until_up

TEXTS = "texts"
PATIENCE = 600_000  # milliseconds


class Clock:
    """Wall time, and processor time of this process's server and its children, since `start`."""

    def __init__(self) -> None:
        self.gone: dict[int, float] = {}
        self.start()

    def _spent(self) -> float:
        for child in psutil.Process().children(recursive=True):
            try:
                if "chrom" in child.name() or "node" in child.name():
                    continue
                times = child.cpu_times()
                self.gone[child.pid] = times.user + times.system
            except psutil.Error:
                continue
        return sum(self.gone.values())

    def start(self) -> None:
        """From now on."""
        self.at, self.cpu = perf_counter(), self._spent()

    def told(self) -> str:
        """Both times, as they go into the table."""
        return f"{perf_counter() - self.at:6.1f} s ({self._spent() - self.cpu:5.1f})"


@contextmanager
def cold(browser: Any) -> Iterator[tuple[Any, Clock, str]]:
    """A page on a cold server, its clock, and how long the first page took."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["NUMBA_CACHE_DIR"] = str(Path(place, "numba"))
        port, clock = free_port(), Clock()
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(PATIENCE)
        try:
            with server(port, str(Path(place, "store"))):
                wait_until_up(port)
                page = context.new_page()
                page.goto(f"http://127.0.0.1:{port}/")
                page.wait_for_selector(FINISHED)
                page.get_by_role("heading").first.wait_for()
                yield page, clock, clock.told()
        finally:
            context.close()


def open_it(page: Any, name: str) -> None:
    """Click on a sample, or bring the file of texts."""
    if name != TEXTS:
        page.get_by_role("button", name=SAMPLES[name].label, exact=True).first.click()
        return
    body = pd.read_parquet(HERE / "support_tickets.parquet", columns=["body"])
    body["n"] = range(len(body))
    field = page.get_by_test_id("stFileUploader").filter(has_text="Bring your own table")
    given = {"name": "texts.csv", "mimeType": "text/csv", "buffer": body.to_csv(index=False).encode()}
    field.locator('input[type="file"]').set_input_files(given)


def map_of(browser: Any, name: str) -> list[str]:
    """First page, first map, UMAP."""
    with cold(browser) as (page, clock, first):
        clock.start()
        open_it(page, name)
        groups = page.get_by_role("button", name="See its groups").first
        groups.wait_for()
        if name == TEXTS:
            clock.start()
        groups.click()
        page.locator('.st-key-map_explore_place .map[data-state="ready"]').first.wait_for()
        shown = clock.told()
        page.get_by_text(re.compile("UMAP keeps")).first.wait_for()
        return [first, shown, clock.told()]


def compared(browser: Any, name: str) -> list[str]:
    """First subset, four beside the whole band, all done."""
    with cold(browser) as (page, clock, _):
        clock.start()
        open_it(page, name)
        page.get_by_role("button", name="Compare four subsets").first.click()
        takes = page.get_by_role("button", name=re.compile(r"Take . to sign-off"))
        takes.nth(3).wait_for()
        four = clock.told()
        page.get_by_text(re.compile("beside 199 random subsets")).first.wait_for()
        judged = clock.told()
        page.wait_for_function("() => !document.querySelector('[class*=\"st-key-cmp_cancel\"]')", polling=100)
        return [four, judged, clock.told()]


def main(names: list[str]) -> None:
    """Print the table."""
    chromium = os.environ.get("ALIQUOT_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        raise SystemExit("this needs Chromium: install it, or set ALIQUOT_CHROMIUM")
    from playwright.sync_api import sync_playwright

    columns = ["first page", "map", "UMAP", "four subsets", "beside 199", "all done"]
    print(f"{'wall (processor)':16}" + "".join(f"{column:>17}" for column in columns))
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for name in names:
            found = [*map_of(browser, name), *compared(browser, name)]
            print(f"{name:16}" + "".join(f"{told:>17}" for told in found), flush=True)
        browser.close()


if __name__ == "__main__":
    given = sys.argv[1:]
    main(given or [*(name for name, one in SAMPLES.items() if one.same_everywhere), TEXTS])
