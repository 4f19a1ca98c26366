"""In a real browser: the map of Explore moves, is pointed at and drawn on; filters, the row, what is kept."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .conftest import finished, map_of, rest, settle, spots_on
from .test_app import around, menu, open_sample, still, table, upload

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


NO_WEBGL = """
    const old = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, how) {
      return kind === "webgl2" ? null : old.call(this, kind, how);
    };
"""


def explore(page: Any, sample: str = "Support tickets") -> Any:
    """Explore on a sample whose maps ship; the map."""
    open_sample(page, sample)
    finished(page)
    menu(page, "Explore")
    page.get_by_text(re.compile("UMAP keeps")).first.wait_for()
    finished(page)
    return map_of(page, "explore")


def view_of(shown: Any) -> list[float]:
    return [float(one) for one in shown.get_attribute("data-view").split()]


def moved_on(page: Any, shown: Any, before: list[float]) -> None:
    """Wait until the map has another view, and stands still again."""
    said = " ".join(f"{one:.4f}" for one in before)
    page.wait_for_function("([host, said]) => host.dataset.view !== said", arg=[shown.element_handle(), said])
    still(shown)


def selected(page: Any) -> int:
    """How many rows the card says are selected."""
    heading = page.get_by_role("heading", name=re.compile("rows selected"))
    heading.first.wait_for()
    return int(heading.first.inner_text().split(" of ")[0].replace(",", ""))


def chips(page: Any) -> list[str]:
    shown = page.locator(".st-key-exp_chips").get_by_test_id("stPopover").all_inner_texts()
    return [one.split(" · ")[0] for one in shown]


def test_the_map_moves_by_itself_and_only_geometry_comes_back(visit: Any) -> None:
    page = visit("/")
    sent: list[int] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framesent", lambda body: sent.append(len(body))),
    )
    page.reload()  # the socket of the page as it was is not heard
    rest(page)
    files: list[str] = []
    page.on("request", lambda asked: "_points" in asked.url and files.append(asked.url))
    shown = explore(page)
    first = len(files)
    assert first >= 2, "places and colours"
    box = shown.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    quiet = len(sent)
    page.mouse.move(*middle)
    page.mouse.wheel(0, -300)
    moved_on(page, shown, [0.5, 0.5, 1.0])
    near = view_of(shown)
    assert near[2] > 1.5
    around(page, shown, [(0.03, 0.03), (0.2, 0.3)])
    moved_on(page, shown, near)
    assert view_of(shown)[0] < near[0], "the map goes with the hand"
    assert len(sent) == quiet, "without the server"
    assert page.get_by_text("rows selected").count() == 0

    kept = view_of(shown)
    page.locator(".st-key-exp_colour input").first.click()
    page.get_by_role("option", name="topic").first.click()
    finished(page)
    assert view_of(map_of(page, "explore")) == kept, "a rerun leaves it"
    menu(page, "Methods")
    menu(page, "Explore")
    finished(page)
    shown = map_of(page, "explore")
    assert view_of(shown) == kept, "and so does another page"
    shown.dblclick(position={"x": 5, "y": 5})
    moved_on(page, shown, kept)
    assert view_of(shown) == [0.5, 0.5, 1.0]

    del sent[:]
    page.keyboard.down("Shift")
    around(page, shown, [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8), (0.2, 0.3)])
    page.keyboard.up("Shift")
    inside = selected(page)
    finished(page)
    assert 0 < inside < 5_000
    assert 0 < max(sent) < 10_000
    assert chips(page) == ["in a lasso on the map"]
    places = {url for url in files if len(url.split("/_points/")[1].split("/")) == 2}
    assert all(files.count(url) <= 3 for url in places), "the browser keeps what it has"

    page.reload()
    finished(page)
    assert selected(page) == inside
    page.keyboard.down("Alt")
    around(page, map_of(page, "explore"), [(0.4, 0.1), (0.9, 0.6)])
    page.keyboard.up("Alt")
    finished(page)
    assert chips(page) == ["in a box on the map"], "a new drawing takes the place of the last"
    page.get_by_role("button", name="Undo").first.click()
    finished(page)
    assert selected(page) == inside


def test_rows_are_looked_at_from_the_map_and_from_the_table(visit: Any) -> None:
    page = visit("/")
    explore(page)
    spots = spots_on(page, "explore")
    assert len(spots) > 20
    row, spot = max(spots.items(), key=lambda item: item[1].room)
    page.mouse.click(spot.x, spot.y)
    panel = page.locator(".st-key-exp_row")
    panel.first.wait_for()
    finished(page)
    title = panel.get_by_role("heading").first.inner_text()
    assert re.fullmatch(r"T\d{5}", title), row
    assert "by distance to its middle" in panel.inner_text()
    assert "Nearest rows" in panel.inner_text()
    near = panel.locator('[class*="st-key-exp_neighbour"] button')
    near.first.scroll_into_view_if_needed()
    near.first.click()
    finished(page)
    assert panel.get_by_role("heading").first.inner_text() != title
    panel.get_by_role("button", name="Pin").first.click()
    finished(page)
    page.get_by_text("1 pinned").first.wait_for()
    panel.get_by_role("button", name="Select 50 near").first.click()
    finished(page)
    assert selected(page) == 50
    label = map_of(page, "explore").locator(".label:not([hidden])")
    name = label.first.inner_text()
    label.first.click()
    finished(page)
    assert f"in the group {name}" in chips(page), "filters add up"
    page.get_by_role("button", name="Clear all").first.click()
    finished(page)
    map_of(page, "explore").locator(".label").filter(has_text=name).first.click()
    finished(page)
    assert chips(page) == [f"in the group {name}"]
    assert selected(page) > 50


def test_filters_lead_to_compare_with_the_very_same_rows(visit: Any) -> None:
    page = visit("/")
    upload(page, "Bring your own table", "narrowed.csv", table())
    finished(page)
    menu(page, "Explore")
    page.get_by_text(re.compile("UMAP keeps")).first.wait_for()
    finished(page)
    page.get_by_role("button", name="Filter").first.click()
    page.locator(".st-key-exp_filter input").first.click()
    page.get_by_role("option", name="column: side").first.click()
    settle(page)
    page.get_by_role("combobox", name=re.compile("Values of side")).first.click()
    page.get_by_role("option", name=re.compile("left")).first.click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Select these").first.click()
    finished(page)
    inside = selected(page)
    assert chips(page) == ["side is left"]
    page.get_by_text("What sets these rows apart").first.wait_for()
    finished(page)
    page.get_by_role("button", name="Choose from only these").first.click()
    finished(page)
    menu(page, "Compare")
    finished(page)
    page.get_by_text(re.compile(f"{inside:,} of [0-9,]+ rows take part")).first.wait_for()


def test_a_map_that_cannot_be_fetched_says_so_and_leaves_the_rest(visit: Any) -> None:
    page = visit("/")
    asked: list[str] = []

    def refuse(route: Any) -> None:
        asked.append(route.request.url)
        route.abort()

    page.context.route("**/_points/**", refuse)
    open_sample(page, "Wine")
    finished(page)
    menu(page, "Explore")
    page.get_by_text("The map could not be fetched").first.wait_for()
    finished(page)
    assert len(asked) < 20, "it is not asked for again and again"
    page.locator('[class*="st-key-exp_select_"] button').first.click()
    assert selected(page) > 0


@pytest.mark.parametrize("painter", ["webgl", "none"])
def test_the_map_is_drawn_with_a_graphics_card_without_one_and_when_it_is_lost(
    visit: Any, painter: str
) -> None:
    page = visit("/methods")
    wanted = "webgl" if painter == "webgl" else "auto"
    page.context.add_init_script(f"sessionStorage.setItem('aliquot-map-painter', '{wanted}')")
    if painter == "none":
        page.context.add_init_script(NO_WEBGL)
    page.goto(page.url.replace("/methods", "/"))
    shown = explore(page)
    assert shown.get_attribute("data-painter") == ("webgl" if painter == "webgl" else "raster")
    if painter == "none":
        return
    shown.evaluate(
        """host => { window.lost = host.querySelector('canvas').getContext('webgl2')
            .getExtension('WEBGL_lose_context'); window.lost.loseContext(); }"""
    )
    page.wait_for_function("host => host.dataset.painter === 'raster'", arg=shown.element_handle())
    assert len(spots_on(page, "explore")) > 20, "rows can be pointed at all the time"
    page.evaluate("() => window.lost.restoreContext()")
    page.wait_for_function("host => host.dataset.painter === 'webgl'", arg=shown.element_handle())


def test_rows_are_selected_by_keyboard_alone_and_the_map_moves(visit: Any) -> None:
    page = visit("/")
    shown = explore(page)
    shown.focus()
    for pressed in ("+", "ArrowRight", "ArrowUp"):
        before = view_of(shown)
        page.keyboard.press(pressed)
        moved_on(page, shown, before)
    view = view_of(shown)
    assert view[2] > 1.2
    assert view[0] > 0.5 < view[1]
    page.keyboard.press("0")
    page.keyboard.press("Tab")
    tools = page.evaluate("() => document.activeElement.shadowRoot?.activeElement?.textContent ?? ''")
    if not tools:  # the host of the shadow root is some levels down
        tools = page.evaluate(
            """() => { let one = document.activeElement;
                while (one && one.shadowRoot) one = one.shadowRoot.activeElement; return one.textContent; }"""
        )
    assert tools == "Move", "one stop for all tools"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert shown.get_attribute("data-mode") == "lasso"
    box = page.locator(".st-key-exp_search input").first
    box.focus()
    page.keyboard.type("refund")
    page.keyboard.press("Enter")
    finished(page)
    assert chips(page) == ["holds the words “refund”"]
    assert selected(page) > 0
