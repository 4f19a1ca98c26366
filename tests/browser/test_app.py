"""What only a real browser shows: first requests, lasso, downloads, page switches, themes, labels."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.report.charts.theme import contrast

from .conftest import finished, map_of, rest, settle, spots_on

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def menu(page: Any, name: str) -> None:
    """Go to a page by the menu."""
    page.locator(".st-key-frame_menu").get_by_role("link", name=name).first.click()
    page.get_by_role("heading", name=name).first.wait_for()
    settle(page)


def open_sample(page: Any, name: str) -> None:
    """Click a sample and wait until it is open."""
    page.get_by_role("button", name=name, exact=True).first.click()
    page.get_by_role("button", name="Compare four subsets").first.wait_for()
    settle(page)


def compare(page: Any) -> None:
    """From the Data page to a finished comparison."""
    button = page.get_by_role("button", name="Compare four subsets")
    button.first.wait_for()
    finished(page)
    button.first.click()
    page.get_by_text("beside 199 random subsets").first.wait_for()
    finished(page)


def sign(page: Any, name: str, reason: str) -> None:
    """On Sign off: approve the subset under a name."""
    page.get_by_role("textbox", name="Your name").first.fill(name)
    page.get_by_text("Approve", exact=True).first.click()
    page.get_by_role("textbox", name="Reason").first.fill(reason)
    page.get_by_role("button", name="Sign", exact=True).first.click()
    page.get_by_role("button", name="Download bundle").first.wait_for()
    finished(page)


def upload(page: Any, label: str, name: str, body: bytes, kind: str = "text/csv") -> None:
    """Put a file into an uploader."""
    box = page.get_by_test_id("stFileUploader").filter(has_text=label)
    box.locator('input[type="file"]').set_input_files({"name": name, "mimeType": kind, "buffer": body})


def still(place: Any) -> None:
    """Wait until a picture has stopped changing."""
    for _ in range(60):
        before = place.screenshot()
        place.page.wait_for_timeout(700)
        if place.screenshot() == before:
            return
    raise AssertionError("the picture never came to rest")


def table(rows: int = 240) -> bytes:
    """Two clouds of points with an id and a label, as CSV."""
    rng = np.random.Generator(np.random.PCG64(5))
    kind = np.arange(rows) % 2
    frame = pd.DataFrame(rng.normal(0, 0.4, (rows, 3)) + 4 * kind[:, None], columns=["x", "y", "z"])
    frame.insert(0, "id", [f"r{at:04}" for at in range(rows)])
    frame["side"] = np.where(kind == 1, "right", "left")
    return frame.to_csv(index=False).encode()


def test_a_deep_link_as_the_first_request_shows_the_page_in_its_frame(visit):
    page = visit("/methods?meth_show=Words")
    page.get_by_text("Random band", exact=True).first.wait_for()
    links = page.locator(".st-key-frame_menu").get_by_role("link").all_inner_texts()
    assert [re.sub(r"^\S*\n", "", link).strip().split("\n")[-1] for link in links] == [
        "Data",
        "Explore",
        "Compare",
        "Sign off",
        "Learn",
        "Methods",
    ]


def test_the_address_keeps_what_is_shown(visit, server):
    page = visit("/methods")
    page.get_by_role("radio", name="Metrics").or_(page.get_by_role("button", name="Metrics")).first.click()
    page.wait_for_url(re.compile("meth_show=Metrics"))
    again = visit(page.url.removeprefix(server))
    again.get_by_text("Coverage radius", exact=False).first.wait_for()


def test_a_sample_leads_to_four_maps_with_a_sentence_each(visit):
    page = visit("/")
    open_sample(page, "Wine")
    compare(page)
    maps = map_of(page, "compare")
    assert maps.locator(".title b").all_text_contents() == [
        "A · Random",
        "B · Stratified",
        "C · k-center (greedy)",
        "D · Facility location",
    ]
    answer = page.locator(".st-key-cmp_answer").bounding_box()
    assert answer["y"] + answer["height"] < 560, "the answer comes first"
    assert maps.bounding_box()["y"] < 600, "and the maps below it begin above the fold"
    for letter in "ABCD":
        assert page.get_by_role("button", name=f"Take {letter} to sign-off").first.is_visible()
    assert maps.get_attribute("aria-label").startswith("Maps of 4 subsets over the data set of 178 rows")


def around(page: Any, shown: Any, corners: list[tuple[float, float]]) -> None:
    """Drag over a map from corner to corner, in shares of its width and height."""
    box = shown.bounding_box()
    (x, y), *rest_of_them = [(box["x"] + u * box["width"], box["y"] + v * box["height"]) for u, v in corners]
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in rest_of_them:
        page.mouse.move(x, y, steps=12)
    page.mouse.up()


def test_upload_map_lasso_table(visit):
    page = visit("/")
    upload(page, "Bring your own table", "clouds.csv", table())
    page.get_by_role("button", name="See its groups").first.click()
    shown = map_of(page, "explore")
    page.get_by_text(re.compile("UMAP keeps")).first.wait_for()  # a map swapped mid-drag loses the drag
    settle(page)
    still(shown)
    before = spots_on(page, "explore")
    around(page, shown, [(0.01, 0.01), (0.2, 0.2)])  # without Shift the map moves
    rest(page)
    after = spots_on(page, "explore")
    box = shown.bounding_box()
    both = [
        row for row in before if row in after and before[row].x < box["x"] + 0.7 * box["width"]
    ]  # the rest may be out of sight
    assert both
    for row in both:
        moved = after[row].x - before[row].x, after[row].y - before[row].y
        assert moved == pytest.approx((0.19 * box["width"], 0.19 * box["height"]), abs=8)
    assert page.get_by_text(re.compile("rows selected")).count() == 0
    page.get_by_role("button", name="Whole map", exact=True).first.click()
    still(shown)
    page.keyboard.down("Shift")
    around(page, shown, [(0.005, 0.005), (0.99, 0.005), (0.99, 0.99), (0.005, 0.99), (0.005, 0.05)])
    page.keyboard.up("Shift")
    page.get_by_text(re.compile(r"240 of 240 rows selected")).first.wait_for()


def test_another_worksheet_is_read_on_the_page(visit):
    page = visit("/")
    sink = io.BytesIO()
    with pd.ExcelWriter(sink) as book:
        for name, rows in (("May", 40), ("April", 25)):
            pd.DataFrame({"id": range(rows), "price": [at / 2 for at in range(rows)]}).to_excel(
                book, sheet_name=name, index=False
            )
    upload(page, "Bring your own table", "book.xlsx", sink.getvalue(), "application/octet-stream")
    page.get_by_text(re.compile("40 rows · 2 columns")).first.wait_for()
    settle(page)
    page.get_by_text("How the file was read").first.click()
    rest(page)  # a list that is opened while the part around it still unfolds closes again
    page.get_by_role("combobox", name=re.compile("Worksheet")).first.click()
    page.get_by_role("option", name="April").first.click()
    page.get_by_role("button", name="Read the file again with this").first.click()
    page.get_by_text(re.compile("25 rows · 2 columns")).first.wait_for()
    menu(page, "Methods")  # the uploader forgets its file
    menu(page, "Data")
    settle(page)
    page.get_by_text("How the file was read").first.click()
    rest(page)  # a list that is opened while the part around it still unfolds closes again
    page.get_by_role("textbox", name=re.compile("Row that names")).first.fill("0")
    page.get_by_role("button", name="Read the file again with this").first.click()
    page.get_by_text(re.compile("26 rows · 2 columns")).first.wait_for()


def test_a_job_survives_a_page_switch_and_can_be_cancelled(visit):
    page = visit("/")
    texts = pd.DataFrame(
        {
            "n": range(5_000),
            "body": [f"message {n} asks where parcel {n} is and when it comes" for n in range(5_000)],
        }
    )
    upload(page, "Bring your own table", "texts.csv", texts.to_csv(index=False).encode())
    page.get_by_role("button", name="Compare four subsets").first.wait_for()
    menu(page, "Explore")  # starts the text model on 5,000 texts: seconds on any machine
    side = page.get_by_test_id("stSidebar")
    job = side.get_by_text(re.compile("Embedding 5,000 texts"))
    job.first.wait_for()
    menu(page, "Methods")
    job.first.wait_for()
    side.get_by_role("button", name="Cancel").first.click()
    job.first.wait_for(state="hidden")
    menu(page, "Explore")
    page.get_by_text("You stopped this").first.wait_for()


def test_export_signs_and_verifies_and_names_a_changed_cell(visit, tmp_path: Path):
    page = visit("/")
    upload(page, "Bring your own table", "clouds.csv", table())
    compare(page)
    page.get_by_role("button", name="Take C to sign-off").first.click()
    page.get_by_role("heading", name="Sign off").first.wait_for()
    sign(page, "Ada", "covers both clouds")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download bundle").first.click()
    path = tmp_path / "bundle.zip"
    waiting.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        manifest = json.loads(archive.read("manifest.json"))
        subset = pd.read_csv(io.BytesIO(archive.read("subset.csv")))
    wanted = {"subset.parquet", "subset.csv", "subset.jsonl", "manifest.json", "rows.parquet", "features.npy"}
    assert wanted | {"report.html"} <= names
    assert manifest["signoff"]["who"] == "Ada"
    assert sorted(subset["id"]) == sorted(manifest["selection"]["ids"])

    page.get_by_role("radio", name="Verify a bundle").or_(
        page.get_by_role("button", name="Verify a bundle")
    ).first.click()
    upload(page, "Bundle", "bundle.zip", path.read_bytes(), "application/zip")
    page.get_by_role("button", name="Verify", exact=True).first.click()
    page.get_by_text("It verifies").first.wait_for()

    page.get_by_text("Use the open data set").first.click()
    changed = table().replace(b"left", b"LEFT", 1)
    upload(page, "Data file", "changed.csv", changed)
    settle(page)
    page.get_by_role("button", name="Verify", exact=True).first.click()
    page.get_by_text("It does not verify").first.wait_for()
    page.get_by_text(re.compile("side.*r0000|r0000.*side")).first.wait_for()


def test_what_was_typed_survives_a_page_switch(visit):
    page = visit("/methods")
    page.get_by_label("Search").first.fill("greedy")
    page.get_by_label("Search").press("Enter")
    settle(page)
    menu(page, "Data")
    menu(page, "Methods")
    assert page.get_by_label("Search").input_value() == "greedy"


def test_a_wish_leads_to_its_strategies_and_survives_a_page_switch(visit):
    page = visit("/methods")
    card = page.locator(".st-key-meth_card_strategies_kmq")
    other = page.locator(".st-key-meth_card_strategies_random")
    card.first.wait_for()
    assert other.count() == 1
    page.get_by_role("button", name="prefers rows with a high score").first.click()
    other.first.wait_for(state="detached")
    menu(page, "Data")
    menu(page, "Methods")
    card.first.wait_for()
    settle(page)
    assert other.count() == 0


def test_the_dark_theme_is_dark_everywhere(visit):
    page = visit("/methods", dark=True)
    page.locator(".st-key-meth_picture_random .main-svg").first.wait_for()
    colours = page.evaluate(
        """() => ['[data-testid="stApp"]', '[data-testid="stSidebar"]'].map(
            one => getComputedStyle(document.querySelector(one)).backgroundColor)"""
    )
    for colour in colours:
        assert max(int(part) for part in re.findall(r"\d+", colour)[:3]) < 80
    assert len(page.screenshot()) > 10_000


def contrasts(page, where: str) -> list[float]:
    """Of the letters of elements on their own ground."""
    found = page.evaluate(
        """where => [...document.querySelectorAll(where)].filter(one => one.offsetParent !== null)
            .map(one => getComputedStyle(one)).map(look => [look.color, look.backgroundColor])""",
        where,
    )

    def hexed(colour: str) -> str:
        return "#" + "".join(f"{int(part):02X}" for part in re.findall(r"\d+", colour)[:3])

    return [contrast(hexed(letters), hexed(ground)) for letters, ground in found]


def readable(page, where: str) -> bool:
    """Whether elements can be read once their colours have come to rest: they fade in."""
    for _ in range(40):
        found = contrasts(page, where)
        if found and min(found) >= 4.5:
            return True
        page.wait_for_timeout(250)
    return False


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_letters_on_the_accent_can_be_read(visit, dark):
    page = visit("/", dark=dark)
    page.get_by_test_id("stBaseButton-primary").first.wait_for()
    assert readable(page, '[data-testid="stBaseButton-primary"]')
    page.goto(page.url.rstrip("/") + "/methods")
    rest(page)  # a page that is still being drawn closes the list
    page.locator('[data-testid="stMultiSelect"] input').first.click()
    page.get_by_role("option").first.click()
    page.locator("[data-tag]").first.wait_for()
    assert readable(page, "[data-tag]")
    page.keyboard.press("Escape")
    settle(page)
    page.goto(page.url.partition("/methods")[0] + "/learn")
    rest(page)
    page.get_by_role("button", name="Check it").first.click()
    body = page.get_by_test_id("stPopoverBody")
    body.first.wait_for()
    assert body.evaluate("one => getComputedStyle(one).colorScheme") == ("dark" if dark else "light")


COLOURS = """all => all.map(one => {
    const pen = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const hex = colour => {
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        const parts = [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
        return '#' + parts.map(part => part.toString(16).padStart(2, '0')).join('');
    };
    const look = getComputedStyle(one);
    return [hex(look.color), hex(look.backgroundColor)];
})"""
"""Letters and ground of elements, however the browser writes colours."""


def test_the_buttons_of_maps_cover_no_title(visit):
    page = visit("/", dark=True)
    open_sample(page, "Wine")
    compare(page)
    maps = map_of(page, "compare")
    tools = page.locator(".st-key-map_compare_place .tools button:visible")
    assert tools.all_inner_texts() == ["+", "−", "Whole map"]
    titles = [title.bounding_box() for title in maps.locator(".title").all()]
    assert len(titles) == 4
    bottom = max(box["y"] + box["height"] for box in titles)
    assert min(tool.bounding_box()["y"] for tool in tools.all()) > bottom
    bar = page.locator(".st-key-map_compare_place .tools")
    opacity = "one => getComputedStyle(one).opacity"
    page.mouse.move(1, 1)
    assert bar.evaluate(opacity) == "0", "they cover no row while nobody uses the map"
    maps.hover()
    assert bar.evaluate(opacity) == "1"
    page.mouse.move(1, 1)
    tools.nth(0).focus()
    assert bar.evaluate(opacity) == "1"
    looks = tools.evaluate_all(COLOURS)
    for letters, ground in looks:
        assert contrast(letters, ground) >= 4.5
        assert contrast(ground, "#000000") < 2, "dark as the page is"


@pytest.mark.parametrize("path", ["/", "/explore", "/compare", "/sign-off", "/methods"])
def test_no_widget_lacks_a_name(visit, path):
    page = visit(path)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll(
            '[data-testid="stMain"] button, [data-testid="stMain"] input, [data-testid="stMain"] textarea')]
            .filter(one => one.offsetParent !== null && one.type !== 'file')
            .filter(one => !(one.getAttribute('aria-label') || one.textContent.trim() || one.title
                || (one.labels && one.labels.length && one.labels[0].innerText)
                || one.getAttribute('aria-labelledby') || one.placeholder))
            .map(one => one.outerHTML.slice(0, 900))"""
    )
    assert nameless == []


def test_no_widget_lacks_a_name_where_there_is_most_to_see(visit):
    page = visit("/")
    open_sample(page, "Wine")
    compare(page)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid="stMain"] button')]
            .filter(one => one.offsetParent !== null)
            .filter(one => !(one.getAttribute('aria-label') || one.textContent.trim() || one.title))
            .map(one => one.outerHTML.slice(0, 300))"""
    )
    assert nameless == []
