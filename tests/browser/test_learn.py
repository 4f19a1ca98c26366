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
    page.get_by_text("0 of 1 from the islet").first.wait_for()
    handle = page.get_by_role("slider", name=re.compile("Picks"))
    handle.focus()
    for _ in range(7):
        handle.press("ArrowRight")
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
