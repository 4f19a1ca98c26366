"""Learn in a real browser: slide, break, play, and a link that brings all of it back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .conftest import rest, settle

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def alt(page: Any) -> str:
    """Description of the picture."""
    found: str = page.locator(
        ".st-key-learn_picture [aria-label], .st-key-learn_picture [alt]"
    ).first.evaluate("node => node.getAttribute('aria-label') || node.getAttribute('alt')")
    return found


def test_slide_break_play_and_share(visit: Any, server: str) -> None:
    page = visit("/learn")
    page.get_by_role("button", name="The rare group").or_(
        page.get_by_role("radio", name="The rare group")
    ).first.click()
    page.get_by_text("Will the rare group be there?").first.wait_for()
    settle(page)
    page.get_by_text("7 of 20 from the islet").first.wait_for()  # it opens at its end
    assert "learn_step" not in page.url
    handle = page.get_by_role("slider", name=re.compile("Picks"))
    handle.focus()
    for _ in range(12):
        handle.press("ArrowLeft")
    page.wait_for_url(re.compile("learn_step=8"))
    page.get_by_text(re.compile("of 8 from the islet")).first.wait_for()
    page.locator(".st-key-learn_break label").first.click()
    page.get_by_text("a quota protects only the groups that you named").first.wait_for()
    page.wait_for_url(re.compile("learn_break=true"))
    settle(page)
    shown = alt(page)
    assert "after 8 of 20 picks" in shown
    for name in ("learn_picture", "learn_running", "learn_step", "learn_take"):
        box = page.locator(f".st-key-{name}").bounding_box()
        assert box["y"] + box["height"] <= 800, f"{name} is below the fold"

    again = visit(page.url.removeprefix(server))
    again.get_by_text("a quota protects only the groups that you named").first.wait_for()
    again.get_by_text(re.compile("of 8 from the islet")).first.wait_for()
    assert alt(again) == shown

    again.get_by_role("button", name="Play").first.click()
    again.wait_for_url(re.compile("learn_step=1[0-9]"))
    again.get_by_role("button", name="Pause").first.click()
    again.get_by_role("button", name="Play").first.wait_for()
    rest(again)
    paused = alt(again)
    rest(again, 50)  # longer than a step takes: one that was still to come would end the rest
    assert alt(again) == paused, "a pause holds"


def test_stories_lead_to_each_other_and_to_their_methods_and_back(visit: Any, server: str) -> None:
    """Each in a tab that has seen other steps, draws and methods before; a link says where it leads."""
    page = visit("/learn?learn_story=The+rare+group&learn_step=3&learn_break=true&learn_seed=4")
    page.get_by_text("2 of 8", exact=True).first.wait_for()
    settle(page)
    page.get_by_role("button", name="Next: The outlier").first.click()
    page.get_by_text("3 of 8", exact=True).first.wait_for()
    page.get_by_text("after all", exact=False).or_(page.get_by_text("outlier was pick 2")).first.wait_for()
    rest(page)
    assert "after 12 of 12 picks" in alt(page)
    assert not re.search("learn_(step|break|seed)=", page.url)

    page.get_by_role("link", name="Methods: k-center").first.click()
    page.get_by_role("heading", name="k-center").first.wait_for()
    rest(page)
    page.reload()
    page.get_by_role("heading", name="k-center").first.wait_for()
    page.get_by_role("link", name="The outlier").first.wait_for()
    rest(page)
    page.get_by_role("combobox", name=re.compile("Open")).first.click()
    page.get_by_role("option", name="Stratified").first.click()
    page.get_by_role("heading", name="Stratified").first.wait_for()
    rest(page)
    page.get_by_role("link", name="Splitting the budget").first.click()
    page.get_by_text("4 of 8", exact=True).first.wait_for()
    page.get_by_text("nearer than A in 149 of 200").first.wait_for()
    rest(page)
    assert "after 24 of 24 picks" in alt(page)
    page.get_by_role("slider", name=re.compile("Picks")).press("ArrowLeft")
    page.wait_for_url(re.compile("learn_step=23"))
    rest(page)
    page.get_by_role("link", name="Methods: Stratified").first.click()
    page.get_by_role("heading", name="Stratified").first.wait_for()
    rest(page)
    page.get_by_role("link", name="The rare group").first.click()
    page.get_by_text("2 of 8", exact=True).first.wait_for()
    rest(page)
    assert "after 20 of 20 picks" in alt(page), "another story begins at its own end"


@pytest.mark.parametrize(("width", "dark"), [(1024, True), (1280, False)])
def test_no_word_of_a_story_is_cut(visit: Any, server: str, width: int, dark: bool) -> None:
    """Buttons, switch and facts show all of their words, and nothing stands beyond the page."""
    page = visit("/learn", dark=dark)
    page.set_viewport_size({"width": width, "height": 800})
    for title in ("The outlier", "Splitting the budget", "Weights", "Diverse or typical"):
        page.get_by_role("button", name=title, exact=True).or_(
            page.get_by_role("radio", name=title, exact=True)
        ).first.click()
        page.wait_for_url(re.compile("learn_story="))
        rest(page)
        cut = page.locator('[data-testid="stMain"]').evaluate(
            """main => [...main.querySelectorAll('button p, label p, td, th')]
                .filter(node => node.scrollWidth > node.clientWidth + 1).map(node => node.textContent)"""
        )
        assert cut == [], title
        beyond = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not beyond, title


def test_a_story_goes_on_with_the_readers_own_data(visit: Any) -> None:
    """With story and step in the address, which a page switch must leave behind."""
    page = visit("/learn?learn_story=The+outlier&learn_step=5")
    page.get_by_text("What does “cover everything” cost?").first.wait_for()
    page.get_by_role("button", name="Do this on my data").first.click()
    page.get_by_role("heading", name="Data").first.wait_for()
    assert "learn_" not in page.url
    page.get_by_role("button", name="Wine", exact=True).first.click()
    page.get_by_role("button", name="Compare four subsets").first.wait_for()
    settle(page)
    page.locator(".st-key-frame_menu").get_by_role("link", name="Learn").first.click()
    page.get_by_role("button", name="The outlier").or_(
        page.get_by_role("radio", name="The outlier")
    ).first.click()
    page.wait_for_url(re.compile("learn_story=The"))
    settle(page)
    page.get_by_role("button", name="Do this on my data").first.click()
    page.get_by_role("heading", name="Compare").first.wait_for()
    page.get_by_text("k-center", exact=False).first.wait_for()
    assert "learn_" not in page.url
