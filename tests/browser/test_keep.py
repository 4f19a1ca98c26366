"""Keep in a real browser: a run is cancelled and resumed, a link leads back, files open without a network."""

from __future__ import annotations

import re
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from .conftest import finished, map_of, rest, settle
from .test_app import compare, open_sample, upload

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def view(page: Any, heading: str, part: str) -> None:
    """Choose a heading and a part of what Compare shows below the strips."""
    for place, name in (("cmp_view", heading), (f"cmp_part_{heading}", part)):
        page.locator(f".st-key-{place.replace(' ', '-')}").get_by_text(name, exact=True).first.click()
        settle(page)


CANCEL_ONCE_SHOWN = """() => {
    const shown = document.body.innerText.includes("Preview beside 39 random subsets");
    const button = document.querySelector('[class*="st-key-cmp_cancel"] button');
    if (!shown || !button) return false;
    button.click();
    return true;
}"""
"""Cancels within the page, as soon as the first subset is there: a test that looks from outside is later."""


def clouds(rows: int = 8_000) -> bytes:
    """Enough points in enough dimensions that many seeds take a while."""
    rng = np.random.Generator(np.random.PCG64(8))
    centres = rng.normal(0, 4, (6, 24))
    frame = pd.DataFrame(centres[np.arange(rows) % 6] + rng.normal(size=(rows, 24)))
    frame.columns = [f"c{at}" for at in range(24)]
    frame.insert(0, "id", [f"r{at:05}" for at in range(rows)])
    return frame.to_csv(index=False, float_format="%.4f").encode()


def test_a_cancelled_run_is_resumed(visit):
    page = visit("/")
    upload(page, "Bring your own table", "clouds.csv", clouds())
    compare(page)
    seeds = page.get_by_label("Seeds", exact=True)  # one seed or three end soon, six do not
    seeds.first.fill("6")
    seeds.press("Enter")
    run = page.get_by_role("button", name=re.compile("Run · "))
    page.get_by_text("The choices above changed").first.wait_for()
    settle(page)
    run.first.click()
    page.wait_for_function(CANCEL_ONCE_SHOWN)
    page.get_by_text("Stopped early").first.wait_for()
    resume = page.get_by_role("button", name=re.compile("Resume · "))
    resume.first.wait_for()
    settle(page)
    resume.first.click()
    page.get_by_text("Stopped early").first.wait_for(state="detached")
    page.get_by_text("6 seeds, beside 199 random subsets of the same size").first.wait_for()
    finished(page)
    assert page.get_by_role("button", name="Take D to sign-off").first.is_visible()
    page.locator(".st-key-cmp_run button:disabled").first.wait_for()


def test_a_link_leads_back_and_files_open_without_a_network(visit, browser, server, tmp_path: Path):
    page = visit("/")
    open_sample(page, "Wine")
    compare(page)
    view(page, "Measure", "Table")
    view(page, "Take away", "Link")
    address = page.locator(".stMain code").first.inner_text().strip()
    assert address.startswith(f"{server}/compare?")

    again = visit(address.removeprefix(server))  # another browser: nothing but the address
    again.get_by_text("beside 199 random subsets of the same size").first.wait_for()
    settle(again)
    again.get_by_role("table").first.wait_for()  # the view that was looked at
    again.locator(".st-key-cmp_run button:disabled").first.wait_for()
    assert again.get_by_text("Random · ").count() == page.get_by_text("Random · ").count()

    view(page, "Take away", "Files")
    rest(page)
    saved = {}
    for label in ("Live page", "Tables (CSV)", "Pictures (SVG)", "Plain report"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=label).first.click()
        saved[label] = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(saved[label])
    assert "rows.csv" in zipfile.ZipFile(saved["Tables (CSV)"]).namelist()
    assert "metrics.svg" in zipfile.ZipFile(saved["Pictures (SVG)"]).namelist()
    opens_offline(browser, saved["Live page"], charts=4)
    opens_offline(browser, saved["Plain report"], charts=0)

    chart = page.locator(".st-key-cmp_strips_first .js-plotly-plot")
    chart.scroll_into_view_if_needed()
    chart.hover()
    with page.expect_download() as waiting:
        chart.locator(".modebar-btn").first.click()
    picture = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(picture)
    assert picture.name == "aliquot-strips_first.png"
    body = picture.read_bytes()
    assert body[:8] == b"\x89PNG\r\n\x1a\n"
    wide = struct.unpack(">I", body[16:20])[0]
    assert wide == pytest.approx(2 * chart.bounding_box()["width"], abs=4)


def opens_offline(browser: Any, path: Path, charts: int) -> None:
    """A file opens from the disk without a network, asks for nothing, and draws its charts."""
    context = browser.new_context(offline=True, viewport={"width": 1000, "height": 800})
    try:
        asked, troubles = [], []
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
        page.goto(path.as_uri())
        page.get_by_text("In one sentence each").first.wait_for()
        if charts:
            page.locator(".js-plotly-plot").nth(charts - 1).locator(".main-svg").first.wait_for()
            page.locator("#maps canvas").first.wait_for()
        assert page.locator(".js-plotly-plot").count() == charts
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
        assert troubles == []
    finally:
        context.close()


def listed(page: Any) -> tuple[int, int, list[str]]:
    """Strategies and words of charts on the page, and the titles of its maps."""
    titles = map_of(page, "compare").locator(".title").all_inner_texts()
    assert titles
    strategies = page.get_by_text(re.compile("Strategy [A-H]")).count()
    return strategies, page.locator(".annotation-text").count(), titles


def test_a_page_that_is_loaded_anew_shows_the_same_run_and_lets_back_out(visit):
    page = visit("/")
    open_sample(page, "Wine")
    compare(page)
    page.get_by_role("button", name="Add strategy").first.click()
    settle(page)
    page.get_by_role("button", name=re.compile("Run · ")).first.click()
    page.get_by_role("button", name="Take E to sign-off").first.wait_for()
    finished(page)
    shown = listed(page)
    page.reload()
    page.get_by_role("button", name="Take E to sign-off").first.wait_for()
    page.get_by_text("beside 199 random subsets of the same size").first.wait_for()
    settle(page)
    assert listed(page) == shown
    for _ in range(4):  # two runs left two addresses; Back leads through them and out
        address = page.url
        page.go_back()
        page.wait_for_function("(before) => location.href !== before", arg=address)
        rest(page)
        if "/compare" not in page.url:
            break
    page.get_by_role("heading", name="Data").first.wait_for()
