"""A click on a row of the maps, as only a real browser makes it."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from .conftest import Spot, in_the_middle, map_of, rest, settle, spots_on
from .test_app import compare, open_sample, still

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

CHOSEN = re.compile(r"[A-D]: chosen (\d+) of 35")
FRAMES = """host => [...host.querySelectorAll('.frame')].map(one => {
    const own = one.getBoundingClientRect(), all = host.getBoundingClientRect();
    return [own.left - all.left, own.top - all.top, own.width, own.height];
})"""
VIEW = """() => {
    const name = Object.keys(sessionStorage).find(one => one.startsWith('aliquot-map:compare:'));
    return name ? JSON.parse(sessionStorage.getItem(name)) : null;
}"""


def ordinal(n: int) -> str:
    """As the page says it, for places up to 35."""
    return f"{n}{'th' if n in (11, 12, 13) else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def roomiest(spots: dict[int, Spot], told: re.Pattern[str]) -> Spot:
    """The spot with the most room among those of which this is told first."""
    return max((spot for spot in spots.values() if told.match(spot.told)), key=lambda spot: spot.room)


def click(page: Any, cell: int) -> tuple[int, Spot]:
    """Click a chosen row on a view; its place in the subset, from 1, as the map tells it beforehand."""
    spot = roomiest(spots_on(page, "compare", cell), CHOSEN)
    page.mouse.move(spot.x, spot.y)
    tip = map_of(page, "compare").locator(".tip")
    tip.get_by_text("click: what is known about it").first.wait_for()
    place = CHOSEN.match(tip.locator("b").first.inner_text())
    assert place is not None
    page.mouse.click(spot.x, spot.y)
    return int(place[1]), spot


def picture(page: Any) -> NDArray[np.int64]:
    """All views as they are while mouse and focus are elsewhere, (height, width, 3)."""
    page.mouse.move(1, 1)
    shown = map_of(page, "compare")
    shown.evaluate("one => one.getRootNode().activeElement?.blur()")  # tools show themselves with the focus
    in_the_middle(shown)
    still(shown)
    return np.asarray(Image.open(io.BytesIO(shown.screenshot())).convert("RGB")).astype(np.int64)


def changed(page: Any, before: NDArray[np.int64], after: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    """Where each view looks otherwise than before: places in it, one (x, y) a pixel."""
    assert before.shape == after.shape
    found = []
    for left, top, wide, high in map_of(page, "compare").evaluate(FRAMES):
        part = np.s_[round(top) : round(top + high), round(left) : round(left + wide)]
        y, x = np.nonzero(np.abs(after[part] - before[part]).max(axis=2) > 24)
        found.append(np.stack([x, y], axis=1).astype(float))
    return found


def test_a_click_on_a_pick_tells_what_is_known_of_its_row(visit):
    page = visit("/")
    open_sample(page, "Wine")
    compare(page)
    maps = map_of(page, "compare")
    before = picture(page)
    place, spot = click(page, 2)
    line = page.locator(".st-key-cmp_row_line")
    line.get_by_text(f"C {ordinal(place)} of 35").first.wait_for()
    page.get_by_text("Facts, not causes").first.wait_for()
    page.get_by_text("Denser than").first.wait_for()
    settle(page)
    # Ringed on all four views at the same place; nothing else changes, and nothing runs on: the page rests.
    clicked = maps.evaluate(FRAMES)[2]
    told = line.inner_text()
    rest(page)
    assert line.inner_text() == told
    ringed = picture(page)
    box = maps.bounding_box()
    at = spot.x - box["x"] - clicked[0], spot.y - box["y"] - clicked[1]
    rings = changed(page, before, ringed)
    assert len(rings) == 4
    for ring in rings:
        far = np.hypot(*(ring - at).T)
        assert len(far) > 40
        assert far.max() < 18
        assert np.median(far) == pytest.approx(9, abs=3)

    here = page.locator(".st-key-cmp_row_more")  # in place, where the click was
    here.get_by_text("What is known about it").first.click()
    here.get_by_text("Facts, not causes").first.wait_for()
    here.get_by_role("table").first.wait_for()
    settle(page)

    # A click on a zoomed map means the row that is seen there, and the zoom stays.
    tools = page.locator(".st-key-map_compare_place .tools")
    tools.get_by_role("button", name="Zoom in").first.click()
    page.wait_for_function(f"() => (({VIEW})() || {{}}).zoom > 1.5")
    near = page.evaluate(VIEW)
    zoomed = picture(page)
    assert min(len(far) for far in changed(page, ringed, zoomed)) > 500
    place, _ = click(page, 1)
    line.get_by_text(f"B {ordinal(place)} of 35").first.wait_for()
    settle(page)
    rest(page)
    assert page.evaluate(VIEW) == near
    there = changed(page, zoomed, picture(page))
    assert max(len(far) for far in there) < 600, "two rings, and all else where it was"

    # A row that no subset of this view holds can be clicked as well.
    other = roomiest(spots_on(page, "compare", 0), re.compile("A: not among the 35"))
    page.mouse.click(other.x, other.y)
    line.get_by_text(f"B {ordinal(place)} of 35").first.wait_for(state="detached")
    settle(page)
    assert re.search(r"\bA \d", line.inner_text()) is None

    page.get_by_role("button", name="Clear", exact=True).first.click()
    page.get_by_text("Click a row on the maps, or find one below").first.wait_for()
    tools.get_by_role("button", name="Whole map").first.click()
    page.wait_for_function(f"() => ({VIEW})().zoom === 1")
    assert max(len(far) for far in changed(page, before, picture(page))) == 0
