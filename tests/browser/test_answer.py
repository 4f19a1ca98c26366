"""A newcomer at 1,024 pixels in both themes: the answer first, one way on, nothing cut or covered."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .conftest import finished, map_of, settle
from .test_app import compare, menu, open_sample

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

CUT = """() => [...document.querySelectorAll('[data-testid="stMain"] button p')]
    .filter(one => one.offsetParent !== null && one.scrollWidth > one.clientWidth + 1)
    .map(one => one.innerText)"""
"""Words of buttons that do not fit their button."""
COVERED = """(map) => {
    const found = [...map.getRootNode().querySelectorAll('.title b, .title span, .label, .tools button')];
    const words = found.filter(one => one.textContent && one.getClientRects().length);
    if (words.length < 8) return [`only ${words.length} words`];
    const texts = words.map(one => [one.textContent, one.getBoundingClientRect()]);
    const covered = [];
    texts.forEach(([a, p], i) => texts.slice(i + 1).forEach(([b, q]) => {
        const across = p.left < q.right - 1 && q.left < p.right - 1;
        if (across && p.top < q.bottom - 3 && q.top < p.bottom - 3) covered.push([a, b]);
    }));
    return covered;
}"""
"""Pairs of words on a map that lie on each other, those of its tools among them."""


@pytest.mark.parametrize("dark", [False, True])
def test_a_newcomer_reads_the_answer_and_follows_it(visit: Any, dark: bool) -> None:
    page = visit("/", dark=dark)
    page.set_viewport_size({"width": 1024, "height": 768})
    open_sample(page, "Wine")
    assert page.evaluate(CUT) == []
    compare(page)
    answer = page.locator(".st-key-cmp_answer").first
    box = answer.bounding_box()
    assert box["y"] + box["height"] < 768, "the answer stands above the fold"
    assert "For “represent everything”:" in answer.inner_text()
    assert page.locator('[data-testid="stMain"] [data-testid="stBaseButton-primary"]:visible').count() == 1
    assert page.locator(".st-key-cmp_run button:disabled").first.inner_text().strip().endswith("Up to date")
    assert page.evaluate(CUT) == []
    assert map_of(page, "compare").evaluate(COVERED) == []
    page.locator(".st-key-cmp_maps_show").get_by_text("groups over and under", exact=True).first.click()
    shares = map_of(page, "shares")
    shares.get_by_text(re.compile("beyond luck|missing")).first.wait_for()
    settle(page)
    assert shares.evaluate(COVERED) == []
    take = answer.get_by_role("button", name=re.compile("Take . to sign-off"))
    name = take.first.inner_text().split("Take ")[1][0]
    take.first.click()
    page.get_by_role("heading", name="Sign off").first.wait_for()
    finished(page)
    page.get_by_text(f"{name} · ", exact=False).first.wait_for()
    chosen = page.get_by_test_id("stButtonGroup").get_by_role("radio", checked=True)
    assert "Approve" not in chosen.all_inner_texts()
    menu(page, "Explore")
    finished(page)
    assert page.evaluate(CUT) == []
