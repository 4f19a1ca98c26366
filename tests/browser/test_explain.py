"""A click on a chosen row, as only a real browser makes it."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import rest, settle
from .test_app import compare, open_sample

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

# Where the picks of a map lie on the screen; trace 2i + 1 is the subset on map i.
PLACES = """(at) => {
    const plot = document.querySelector('.st-key-cmp_maps .js-plotly-plot');
    const box = plot.getBoundingClientRect(), axis = at ? String(at + 1) : '';
    const x = plot._fullLayout['xaxis' + axis], y = plot._fullLayout['yaxis' + axis];
    const trace = plot._fullData[2 * at + 1];
    return Array.from(trace.x, (value, i) => {
        const u = x.d2p(value), v = y.d2p(trace.y[i]);
        const seen = u > 6 && v > 6 && u < x._length - 6 && v < y._length - 6;
        return [box.left + x._offset + u, box.top + y._offset + v, seen];
    });
}"""
RANGE = "() => document.querySelector('.st-key-cmp_maps .js-plotly-plot')._fullLayout.xaxis.range"
TRACES = "() => document.querySelector('.st-key-cmp_maps .js-plotly-plot').data.length"


def alone(places: list[tuple[float, float, bool]]) -> int:
    """The visible pick that lies farthest from the others of its map, so that a click can mean no other."""

    def gap(at: int) -> float:
        x, y, seen = places[at]
        others = ((x - u) ** 2 + (y - v) ** 2 for i, (u, v, _) in enumerate(places) if i != at)
        return min(others) if seen else -1.0

    return max(range(len(places)), key=gap)


def click(page: Any, at: int) -> int:
    """Click a pick of a map; returns its place in the subset, from 1."""
    page.locator(".st-key-cmp_maps").scroll_into_view_if_needed()
    places = page.evaluate(PLACES, at)
    pick = alone(places)
    page.mouse.move(*places[pick][:2])
    page.mouse.click(*places[pick][:2])
    return pick + 1


def ordinal(n: int) -> str:
    """As the page says it, for places up to 35."""
    return f"{n}{'th' if n in (11, 12, 13) else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def test_a_click_on_a_pick_tells_what_is_known_of_its_row(visit):
    page = visit("/")
    open_sample(page, "Wine")
    compare(page)
    page.locator(".st-key-cmp_maps canvas").first.wait_for()
    before = page.evaluate(TRACES)
    place = click(page, 2)
    line = page.locator(".st-key-cmp_row_line")
    line.get_by_text(f"C {ordinal(place)} of 35").first.wait_for()
    page.get_by_text("Facts, not causes").first.wait_for()
    page.get_by_text("Denser than").first.wait_for()
    settle(page)
    assert page.evaluate(TRACES) == before + 4  # ringed on all four maps
    # Nothing fades, and nothing runs on: the page rests.
    faded = "() => document.querySelector('.st-key-cmp_maps .js-plotly-plot')._fullData[1].unselected"
    assert page.evaluate(faded)["marker"]["opacity"] == 1
    told = line.inner_text()
    rest(page)
    assert line.inner_text() == told

    here = page.locator(".st-key-cmp_row_more")  # in place, where the click was
    here.get_by_text("What is known about it").first.click()
    here.get_by_text("Facts, not causes").first.wait_for()
    here.get_by_role("table").first.wait_for()
    settle(page)

    # A click on a zoomed map means the pick that is seen there.
    page.locator(".st-key-cmp_maps").scroll_into_view_if_needed()
    page.locator(".st-key-cmp_maps").hover()
    wide = page.evaluate(RANGE)
    page.locator('.st-key-cmp_maps .modebar-btn[data-attr="zoom"][data-val="in"]').first.click()
    page.wait_for_function(f"(wide) => ({RANGE})()[0] > wide[0]", arg=wide)
    rest(page)
    place = click(page, 1)
    line.get_by_text(f"B {ordinal(place)} of 35").first.wait_for()
    settle(page)

    page.get_by_role("button", name="Clear", exact=True).first.click()
    page.get_by_text("Click a chosen row on the maps, or find one below").first.wait_for()
    page.wait_for_function(f"(before) => ({TRACES})() === before", arg=before)
