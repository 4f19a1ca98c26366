"""Pickers of one thing: whatever the browser sends, what goes on is one of their options."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from pages.ui.compare.all_views import VIEWS
from pages.ui.shared import state
from pages.ui.shared.pickers import choose, one_of
from tests.syntax import parsed

from .._compared import CHOICES, finished, opened, tab

PAGES = Path(__file__).parents[3] / "pages"
PICKERS = {"selectbox", "segmented_control", "pills", "radio"}
JUNK = [None, "an option that is gone", 7, ["See"]]


def direct(tree: ast.AST) -> list[str]:
    """Calls that draw a picker which always holds something, not by way of `choose`."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PICKERS:
            given = {word.arg: ast.unparse(word.value) for word in node.keywords}
            if given.get("selection_mode") != "'multi'" and given.get("index") != "None":
                found.append(f"{node.lineno}: {node.func.attr}")
    return found


def test_every_picker_of_one_thing_is_drawn_by_choose() -> None:
    for path in PAGES.rglob("*.py"):
        assert direct(parsed(path.read_text("utf-8"))) == [], path
    assert direct(parsed("a = one.pills('x', [1])\nb = st.pills('x', [1], selection_mode='multi')")) == [
        "1: pills"
    ]


values = st.one_of(st.none(), st.booleans(), st.integers(0, 4), st.text(max_size=2))


@given(st.lists(values, min_size=1), st.lists(values))
def test_one_of_gives_the_first_that_is_wanted_and_there(options: list[object], wanted: list[object]) -> None:
    got = one_of(options, *wanted)
    assert any(got is one for one in options)
    there = [one for one in wanted if one in options]
    assert got == (there[0] if there else options[0])


@pytest.mark.parametrize("sent", JUNK)
@pytest.mark.parametrize(("held", "first", "want"), [("b", "c", "c"), (None, None, "a"), ("b", "gone", "a")])
def test_what_a_picker_gives_is_an_option(monkeypatch, sent, held, first, want) -> None:
    kept: dict[str, object] = {"k": held}
    monkeypatch.setattr(state, "widget", lambda key, default=None: kept.get(key, default))
    monkeypatch.setattr(state, "set_widget", kept.__setitem__)
    got = choose(lambda *_, **__: sent, "Label", ["a", "b", "c"], key="k", first=first)
    assert got == want
    assert kept["k"] in ["a", "b", "c"], "and the picker shows an option again"
    assert choose(lambda *_, **__: "b", "Label", ["a", "b", "c"], key="k", first=first) == "b"


@pytest.fixture(scope="module")
def compared() -> AppTest:
    return finished(finished(tab(opened(strategies=CHOICES[:2], budget="20", band=9, seeds=1), "compare.py")))


@pytest.mark.parametrize("sent", JUNK[:2])
def test_a_heading_or_view_that_is_none_falls_back_to_the_one_kept(compared: AppTest, sent: object) -> None:
    compared.session_state["cmp_view"] = "Measure"
    compared.run()
    compared.pills(key="cmp_part_Measure").set_value("Table").run()
    for name in ("cmp_view", "cmp_part_Measure"):
        compared.session_state[name] = sent
        compared.run()
        assert not compared.exception, name
    assert compared.segmented_control(key="cmp_view").value in VIEWS
    assert compared.session_state["app"].slots["view"]["heading"] in VIEWS


def test_taking_the_heading_away_keeps_it(compared: AppTest) -> None:
    compared.segmented_control(key="cmp_view").set_value("Measure").run()
    compared.pills(key="cmp_part_Measure").set_value("Table").run()
    before = compared.session_state["app"].slots["view"]
    compared.segmented_control(key="cmp_view").set_value(None).run()
    assert not compared.exception
    assert compared.session_state["app"].slots["view"] == before
    compared.pills(key="cmp_part_Measure").set_value(None).run()
    assert not compared.exception
    assert compared.session_state["app"].slots["view"] == before
    assert compared.segmented_control(key="cmp_view").value == "Measure"
    assert compared.pills(key="cmp_part_Measure").value == "Table"
