"""How a second browser tab fares while a large comparison runs in the first.

Run: python -m tests.benchmarks.second_tab [rows]

The first tab opens a table of 384 numbers a row (WordNet glosses, Debian's wordnet-base) with a label of 20
classes, and compares the eight strategies of ``compared large`` there, five seeds beside 199 means of five,
probe included. The second tab, another session, meanwhile walks through the app as a reader does: Methods, a
search, Learn, a sample opened and explored. Told are the seconds from each click until the page rests, before
the run and beside it, and how long the run took. To hold: run 10 minutes; every step beside it within 3 s in
the median, none above 10 s.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from core.data.load import load
from core.model.recipe import Choice, Recipe
from pages.ui.shared.app_state import DataRef
from pages.ui.shared.link import Link, pack
from tests.benchmarks.compared import LARGE, SEEDS, labelled
from tests.benchmarks.startup import ARGUMENTS, FINISHED, free_port, server, wait_until_up

LIMIT = 1_200.0  # seconds before it gives up
Steps = list[tuple[str, float]]


def table(rows: int, path: Path) -> None:
    """The glosses' vectors, one list a row, and a label."""
    inputs = labelled(rows)
    assert inputs.features is not None
    assert inputs.labels is not None
    frame = pd.DataFrame({"id": [f"r{at:05}" for at in range(rows)]})
    frame["vector"] = list(inputs.features.matrix)
    frame["kind"] = [f"kind {label:02}" for label in inputs.labels]
    frame.to_parquet(path, index=False)


def choices(path: Path) -> str:
    """The parameters of a link to this comparison."""
    from urllib.parse import urlencode

    data = load(path)
    ref = DataRef(data.fingerprint.digest, data.name, len(data), data.frame.shape[1], f"folder:{path.name}")
    strategies = tuple(Choice(name) for name in LARGE)
    recipe = Recipe(
        task="compare", budget="1000", seeds=SEEDS, strategies=strategies, label="kind", groups="column:kind"
    )
    return urlencode(pack(Link(ref, recipe, ("See",))))


def rest(page: Any) -> None:
    """Until the script of a page has run to its end."""
    page.wait_for_timeout(60)  # a click needs a moment to reach the server
    page.wait_for_selector(FINISHED)


def walk(page: Any, root: str) -> Steps:
    """What a reader does in another tab, with the seconds each step took."""
    found: Steps = []

    def timed(name: str, do: Callable[[], Any]) -> None:
        start = perf_counter()
        do()
        rest(page)
        found.append((name, perf_counter() - start))

    menu = page.locator(".st-key-frame_menu")

    def to(name: str) -> None:
        menu.get_by_role("link", name=name).click()
        page.get_by_role("heading", name=name).first.wait_for()

    timed("open the app", lambda: page.goto(root))
    timed("Methods", lambda: to("Methods"))
    search = page.get_by_label("Search")
    timed("search", lambda: (search.fill("greedy"), search.press("Enter")))
    timed("Learn", lambda: to("Learn"))
    timed("Data", lambda: to("Data"))
    timed("open a sample", lambda: page.get_by_role("button", name="Wine", exact=True).click())
    timed("Explore", lambda: to("Explore"))
    return found


def told(title: str, steps: Steps) -> None:
    """A line per step: median and most."""
    print(title)
    for name in dict.fromkeys(name for name, _ in steps):
        seconds = [value for step, value in steps if step == name]
        print(
            f"    {name}: {statistics.median(seconds):.2f} s, at most {max(seconds):.2f} s ({len(seconds)})"
        )


def main(rows: int = 63_666) -> None:
    """Print all of it."""
    chromium = os.environ.get("ALIQUOT_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        raise SystemExit("a second tab needs Chromium: install it, or set ALIQUOT_CHROMIUM")
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "data")
        folder.mkdir()
        path = folder / "glosses.parquet"
        table(rows, path)
        words = choices(path)
        os.environ["ALIQUOT_FOLDER"] = str(folder)
        port = free_port()
        root = f"http://127.0.0.1:{port}/"
        with server(port, str(Path(place, "store"))), sync_playwright() as tool:
            wait_until_up(port)
            browser = tool.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            tab = [browser.new_context(viewport={"width": 1280, "height": 800}) for _ in range(2)]
            for context in tab:
                context.set_default_timeout(180_000)
            first = tab[0].new_page()
            first.goto(root)
            rest(first)
            first.get_by_role("combobox", name=re.compile("folder")).click()
            first.get_by_role("option", name=path.name).click()
            rest(first)
            first.get_by_role("button", name="Open it", exact=True).click()
            first.get_by_role("button", name="Compare four subsets").first.wait_for()
            first.goto(f"{root}compare?{words}")
            run = first.locator(".st-key-cmp_run button:not([disabled])").first
            run.first.wait_for()
            first.wait_for_timeout(20_000)  # the maps of the first visit
            before = [step for _ in range(3) for step in walk(tab[1].new_page(), root)]
            print(f"the button says: {run.inner_text()!r}")
            start, beside = perf_counter(), []
            run.click()
            first.locator('[class*="st-key-cmp_cancel"]').first.wait_for()
            last = first.get_by_text(re.compile("beside 199 random subsets"))
            while first.locator('[class*="st-key-cmp_cancel"]').count():
                beside += walk(tab[1].new_page(), root)
                if perf_counter() - start > LIMIT:
                    raise SystemExit(f"not done after {LIMIT:.0f} s")
                tab[1].pages[0].close()
            last.first.wait_for()
            print(f"{rows:,} × 384 in the app: run of {perf_counter() - start:.0f} s [600]")
            told("before the run", before)
            told("beside the run", beside)
            print(f"median beside it {statistics.median(value for _, value in beside):.2f} s [3], ", end="")
            print(f"at most {max(value for _, value in beside):.2f} s [10]")
            browser.close()


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:2]))
