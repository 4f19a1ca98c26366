"""The budget slider in a real browser: subsets at another size without another run, and the budget kept."""

from __future__ import annotations

import re

import pytest

from .conftest import map_of, settle
from .test_app import compare, open_sample

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def test_the_budget_slides_and_is_taken_over(visit):
    page = visit("/")
    open_sample(page, "Wine")
    compare(page)
    page.locator(".st-key-cmp_view").get_by_text("Measure", exact=True).first.click()
    page.locator(".st-key-cmp_part_Measure").get_by_text("Budget curves", exact=True).first.click()
    thumb = page.locator(".st-key-cmp_curves_slider").get_by_role("slider")
    start = page.get_by_role("button", name=re.compile("Measure 8 budgets"))
    thumb.or_(start).first.wait_for(state="attached")  # quick work begins by itself
    if not thumb.count() and start.count():
        start.first.click()
    thumb.first.wait_for(state="attached")
    settle(page)
    maps = map_of(page, "curves")
    before = 35  # where the comparison stands
    maps.get_by_text(f"{before:,} rows", exact=True).first.wait_for()
    thumb.focus()
    for _ in range(3):
        thumb.press("ArrowRight")
    after = before + 3
    maps.get_by_text(f"{after:,} rows", exact=True).first.wait_for()  # random and k-center are nested
    assert page.get_by_text("Nothing is run again").is_visible()
    page.get_by_role("button", name="Use this budget").first.click()
    page.get_by_text("The choices above changed since this run").first.wait_for()
    assert page.locator(".st-key-cmp_rows input").input_value() == str(after)
