"""Readable by everybody: rules of axe-core, the keyboard alone, names and headings, focus, words, paper."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, finished, free_port, rest, settle, stop, wait_for_server
from .test_app import compare, menu, open_sample, sign

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]
MOST_TABS = 12  # from the start of a page to its main action
PAGES = ("Data", "Explore", "Compare", "Sign off", "Learn", "Methods")

# What Streamlit itself does, in the same colours; nothing of ours may add to it.
TRIVIAL = """
import pandas as pd, streamlit as st
st.set_page_config(page_title="Trivial", layout="wide")
frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"], "c": [[1, 2], [3, 4]]})
st.sidebar.markdown("**a sidebar**")
st.sidebar.caption("a caption `code`")
st.title("A page", anchor=False)
st.header("Part", anchor=False)
one, two, three = st.tabs(["one", "two", "three"])
one.data_editor(frame, column_config={"c": st.column_config.BarChartColumn("c")})
two.dataframe(frame, hide_index=True)
st.dataframe(frame, hide_index=True)
st.table(frame, hide_index=True)
st.file_uploader("a file")
st.multiselect("some", ["a", "b"], default=["a"])
st.multiselect("none", ["a", "b"], placeholder="all")
st.selectbox("one", ["a", "b"])
st.selectbox("disabled", ["a"], disabled=True)
st.segmented_control("part", ["a", "b"], default="a")
st.pills("pill", ["a", "b"], default="a")
st.toggle("toggle"), st.checkbox("box", help="why"), st.slider("how many", 1, 9)
st.text_input("words", placeholder="words"), st.number_input("number"), st.text_area("more")
st.pagination(9)
st.button("disabled", disabled=True), st.button("tertiary", type="tertiary")
st.button("with words", help="what it does")
st.button("first", type="primary")
st.info("info"), st.warning("warning"), st.success("success"), st.badge("badge", color="green")
with st.expander("more"):
    st.caption("in it")
st.popover("open").write("in it")
st.json({"a": 1})
st.code("a = 1", language=None)
"""


def axe(page: Any, *, away: bool = True, colours: bool = False) -> dict[tuple[str, str], str]:
    """Violations by rule and kind of element, each with one of its places and why.

    Of `colours` alone, or by all rules.
    """
    if away:
        page.mouse.move(1, 1)  # nothing in the colours that it has under the mouse
    rest(page, 6)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = page.evaluate(
        """async colours => {
            const kind = target => {
                const one = document.querySelector(target[target.length - 1]);
                const near = one && one.closest('[data-testid]');
                const name = near ? near.dataset.testid : (one && one.id) || 'page';
                return name.replace(/stBaseButton-.*/, 'stBaseButton');
            };
            // WCAG 2.2, 1.4.3, leaves out what is part of an inactive component; axe counts its label.
            const inactive = target => {
                const one = document.querySelector(target[target.length - 1]);
                const widget = one && one.closest("[class*='st-key-']");
                const inputs = widget ? [...widget.querySelectorAll('input')] : [];
                return inputs.length > 0 && inputs.every(input => input.disabled);
            };
            const only = colours ? {runOnly: {type: 'rule', values: ['color-contrast']}} : {};
            const all = await axe.run(document, {resultTypes: ['violations'], ...only});
            return all.violations.flatMap(rule => rule.nodes
                .filter(node => rule.id !== 'color-contrast' || !inactive(node.target)).map(node =>
                [rule.id, kind(node.target), node.target.join(' '), node.failureSummary]));
        }""",
        colours,
    )
    return {(rule, kind): f"{where}: {why}" for rule, kind, where, why in found}


@pytest.fixture(scope="module")
def trivial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a trivial Streamlit app with our configuration."""
    folder = tmp_path_factory.mktemp("trivial")
    script = (folder / "trivial").with_suffix(".py")
    script.write_text(TRIVIAL)
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
    port, log = free_port(), (folder / "log.txt").open("wb")
    words = [sys.executable, "-m", "streamlit", "run", script.name, "--server.headless", "true"]
    words += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    process = subprocess.Popen(words, cwd=folder, env=dict(os.environ), stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for_server(process, address, Path(log.name))
        yield address
    finally:
        stop(process)
        log.close()


@pytest.fixture
def baseline(trivial: str, browser: Any) -> Any:
    """What axe finds in the trivial app, in a theme."""

    def made(*, dark: bool) -> set[tuple[str, str]]:
        context = browser.new_context(
            viewport={"width": 1280, "height": 800}, color_scheme="dark" if dark else "light"
        )
        try:
            page = context.new_page()
            page.goto(trivial)
            page.get_by_role("heading", name="A page").first.wait_for()
            page.get_by_test_id("stDataFrame").first.wait_for()
            found = set(axe(page))
            page.get_by_role("button", name="with words").first.hover()
            # One may stay where what was under the mouse is drawn anew.
            page.get_by_role("tooltip").first.wait_for()
            return found | set(axe(page, away=False))
        finally:
            context.close()

    return made


def states(page: Any) -> Iterator[str]:
    """Every page and its main states, one after the other."""
    yield "Data, nothing open"
    open_sample(page, "Wine")
    finished(page)
    yield "Data, open"
    for tab in ("Health", "Ids and missing words"):
        page.get_by_role("tab", name=tab).first.click()
        yield f"Data, {tab}"
    menu(page, "Explore")
    finished(page)
    yield "Explore"
    page.get_by_role("button", name=re.compile("^Select group")).first.click()
    page.get_by_text(re.compile("rows selected")).first.wait_for()
    finished(page)
    yield "Explore, selected"
    menu(page, "Data")
    compare(page)
    yield "Compare"
    views = page.locator(".st-key-cmp_view").get_by_role("radio")
    parts = page.locator("[class*='st-key-cmp_part']").get_by_role("radio")
    for at in range(views.count()):
        views.nth(at).first.click()
        finished(page)
        for part in range(max(parts.count(), 1)):
            if parts.count():
                parts.nth(part).first.click()
                finished(page)
            yield f"Compare, view {at + 1}.{part + 1}"
    page.get_by_role("button", name="Take C to sign-off").first.click()
    page.get_by_role("heading", name="Sign off").first.wait_for()
    finished(page)
    yield "Sign off"
    sign(page, "Ada", "covers")
    yield "Sign off, signed"
    page.get_by_text("Verify a bundle", exact=True).first.click()
    page.get_by_text("Drop a bundle").first.wait_for()
    yield "Sign off, verify"
    menu(page, "Learn")
    yield "Learn"
    page.get_by_text(re.compile("^Break it")).first.click()
    yield "Learn, broken"
    menu(page, "Methods")
    for section in ("Metrics", "Words", "Strategies"):
        page.get_by_role("radio", name=section, exact=True).first.click()
        settle(page)
        yield f"Methods, {section}"


def themed(page: Any, scheme: str) -> None:
    """Have the other theme, as a reader's system changes it; what is shown stays."""
    page.emulate_media(color_scheme=scheme)
    paper = "rgb(255, 255, 255)" if scheme == "light" else "rgb(23, 22, 20)"
    page.wait_for_function(
        "paper => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor === paper",
        arg=paper,
    )
    rest(page)


HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')]
    .filter(one => one.getClientRects().length).map(one => Number(one.tagName[1]))"""


def test_nothing_is_found_that_a_trivial_app_does_not_have(visit, baseline):
    known = {dark: baseline(dark=dark) for dark in (False, True)}
    page = visit("/")
    wrong: list[str] = []
    for where in states(page):
        for dark in (False, True):
            if dark:
                themed(page, "dark")
            found = axe(page, colours=dark)  # all that the dark theme changes
            wrong += [
                f"{where}{', dark' * dark}: {rule}, {text}"
                for rule, text in found.items()
                if rule not in known[dark]
            ]
        themed(page, "light")
        levels = page.evaluate(HEADINGS)
        steps = [later - one for one, later in pairwise(levels)]
        if levels.count(1) != 1 or levels[0] != 1 or max(steps, default=0) > 1:
            wrong.append(f"{where}: headings {levels}")
    assert wrong == []


# ---- the keyboard alone --------------------------------------------------------------------------------

NAME = r"""() => {
    const one = document.activeElement;
    if (!one || one === document.body) return '';
    const label = one.labels && one.labels.length ? one.labels[0].innerText : '';
    const own = one.matches('a, button, summary, [role]') ? one.innerText : ''; // no region
    return (one.getAttribute('aria-label') || label || own || '').replace(/\s+/g, ' ').trim();
}"""


def tabs_to(page: Any, wanted: str, *, most: int = MOST_TABS, skips: bool = True) -> int:
    """Press Tab until the focus is on something of that name; how often it took.

    What skips to the work of a page is used where it comes first, unless what is wanted stands before that.
    """
    if re.search(wanted, page.evaluate(NAME)):
        return 0
    seen: list[str] = []
    for pressed in range(1, most + 1):
        page.keyboard.press("Tab")
        name = page.evaluate(NAME)
        if re.search(wanted, name):
            return pressed
        seen.append(name)
        if skips and name.startswith("Skip to"):
            page.keyboard.press("Enter")
    raise AssertionError(f"{wanted} was not reached by {most} tabs: {seen}")


def at(page: Any, wanted: str) -> None:
    """Wait until the focus is in something that a selector names."""
    page.wait_for_function("wanted => document.activeElement.matches(wanted)", arg=wanted)


def test_a_subset_is_signed_by_the_keyboard_alone(visit):
    page = visit("/")
    finished(page)
    counted = {"a sample": tabs_to(page, "Wine")}
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Compare four subsets").first.wait_for()
    finished(page)
    counted["comparing"] = tabs_to(page, "Compare four subsets")
    page.keyboard.press("Enter")
    page.get_by_text("beside 199 random subsets").first.wait_for()
    finished(page)
    counted["a subset"] = tabs_to(page, "Take [A-D] to sign-off")  # the one that the answer names
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Sign off").first.wait_for()
    finished(page)
    counted["a name"] = tabs_to(page, "Your name")
    page.keyboard.type("Ada")
    tabs_to(page, "Approve")
    page.keyboard.press("Space")
    tabs_to(page, "Reason", most=3)
    page.keyboard.type("covers the cultivars")
    tabs_to(page, "Sign$", most=2)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Download bundle").first.wait_for()
    finished(page)
    counted["the bundle"] = tabs_to(page, "Download bundle")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert re.fullmatch(r"wine-[A-D]-bundle\.zip", waiting.value.suggested_filename)
    assert max(counted.values()) <= MOST_TABS, counted


@pytest.mark.parametrize(
    ("path", "wanted"), [("/methods", "Open Stratified"), ("/learn", "^.*Play"), ("/", "Wine")]
)
def test_the_main_action_is_near_the_start_of_a_page(visit, path, wanted):
    page = visit(path)
    finished(page)
    assert tabs_to(page, wanted) <= MOST_TABS


def test_the_focus_is_never_lost(visit):
    page = visit("/")
    open_sample(page, "Wine")
    menu(page, "Methods")
    at(page, "[data-testid='stMain']")  # after a switch by the menu
    finished(page)
    tabs_to(page, "Open Stratified")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Shown Stratified").first.wait_for()
    finished(page)
    at(page, "[class*='st-key-meth_card_open'] button")
    menu(page, "Explore")
    page.get_by_role("button", name=re.compile("^Select group")).first.wait_for()
    finished(page)
    tabs_to(page, "Compare four subsets", skips=False)
    page.get_by_role("button", name=re.compile("^Select group")).first.focus()
    page.keyboard.press("Enter")
    page.get_by_text(re.compile("rows selected")).first.wait_for()
    finished(page)
    at(page, ".st-key-exp_cards *")
    menu(page, "Compare")
    page.get_by_text("beside 199 random subsets").first.wait_for()
    finished(page)
    page.get_by_role("textbox", name="Seeds").first.fill("2")
    page.keyboard.press("Enter")
    run = page.locator(".st-key-cmp_run button").first
    page.wait_for_function("() => !document.querySelector('.st-key-cmp_run button').disabled")
    finished(page)
    run.focus()
    page.keyboard.press("Enter")
    page.get_by_text("2 seeds, beside 199 random subsets").first.wait_for()
    finished(page)
    at(page, "[data-testid='stMain'] *")  # Run is disabled now; Tab goes on behind it
    tabs_to(page, "Add strategy", most=2)


def test_a_popover_takes_the_focus_and_gives_it_back(visit):
    page = visit("/")
    open_sample(page, "Wine")
    compare(page)
    opener = page.get_by_role("button", name=re.compile("A settings")).first
    opener.focus()
    page.keyboard.press("Enter")
    at(page, "[data-testid='stPopoverBody'] *, [data-testid='stPopoverBody']")
    page.keyboard.press("Escape")
    at(page, ".st-key-cmp_settings_0 *")
    page.keyboard.press("Enter")
    at(page, "[data-testid='stPopoverBody'] *, [data-testid='stPopoverBody']")
    tabs_to(page, "Strategy B", most=8)  # out of it at its end


def test_titles_name_the_page_and_what_ends_is_said(visit):
    page = visit("/")
    open_sample(page, "Wine")
    voice = page.locator("#aliquot-voice[role='status']")
    compare(page)
    page.get_by_role("textbox", name="Seeds").first.fill("4")  # what no other test has run and kept
    page.keyboard.press("Enter")
    page.wait_for_function("() => !document.querySelector('.st-key-cmp_run button').disabled")
    finished(page)
    page.locator(".st-key-cmp_run button").first.click()
    page.wait_for_function(
        "() => document.querySelector('#aliquot-voice').textContent.startsWith('Finished')"
    )
    assert voice.count() == 1
    for name in PAGES:
        menu(page, name)
        page.wait_for_function("name => document.title === `${name} · Aliquot`", arg=name)
        assert page.locator("h1").all_inner_texts() == [name]


# ---- paper ---------------------------------------------------------------------------------------------


def test_a_comparison_prints_on_one_sheet(visit):
    page = visit("/", dark=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    open_sample(page, "Wine")
    compare(page)
    made = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", made)) == 1
    fits = page.evaluate(
        """() => {
            window.dispatchEvent(new Event('beforeprint'));
            const block = document.querySelector("[data-testid='stMainBlockContainer']");
            const zoom = Number(block.style.getPropertyValue('--print-zoom'));
            return [block.scrollWidth * zoom, block.scrollHeight * zoom];
        }"""
    )
    assert fits[0] <= 718  # pixels between the margins of A4
    assert fits[1] <= 1047
    page.emulate_media(media="print")
    assert not page.get_by_test_id("stSidebar").is_visible()
    assert page.locator(".st-key-cmp_strips_first .textpoint").count() >= 4 * 5
