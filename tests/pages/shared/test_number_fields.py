"""Numbers typed in the app are read as on the command line, or refused in words: never another number."""

from __future__ import annotations

import ast
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from core.foundation.errors import AliquotError, BudgetError
from core.model.budget import Budget
from pages.ui.compare.choices import budget_field, controls
from pages.ui.shared import number_fields
from tests.syntax import parsed

from .._compared import CHOICES, errors, finished, opened, recipe_of, said, tab

PAGES = Path(__file__).parents[3] / "pages"
UNITS = {"rows": "", "%": "%", "cost:ash": " ash", 'cost:2nd "x"': ' "2nd \\"x\\""'}


def test_only_the_number_of_a_draw_is_a_number_field_of_the_browser() -> None:
    found = []
    for path in PAGES.rglob("*.py"):
        for node in ast.walk(parsed(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "number_input":
                found.append(path.name)
    assert found == ["learn.py"]  # the next draw of a story: any one is as good, and the field shows which


# ---- the budget --------------------------------------------------------------------------------------


@given(
    st.one_of(
        st.text("0123456789.,_+-% e", max_size=9),
        st.from_regex(r"[0-9]{1,4}([.,][0-9]{1,4}){0,2} ?%?", fullmatch=True),
        st.sampled_from(["", " ", "abc", "1e2", "½", "50 tokens", "5 rows", "٣"]),
    ),
    st.sampled_from(list(UNITS)),
)
def test_a_typed_budget_is_what_the_command_line_reads_or_refused(text: str, unit: str) -> None:
    alone = bool(text.strip()) and set(text.strip()) <= set("0123456789.,_+-")
    try:
        want = Budget.parse(text.strip() + (UNITS[unit] if alone else ""))
    except BudgetError:
        with pytest.raises(BudgetError) as told:
            budget_field.read(text, unit)
        assert told.value.what
        assert told.value.do
        return
    assert budget_field.read(text, unit) == want


@given(
    st.decimals(min_value="0.001", max_value="99", places=3), st.sampled_from(["%", "cost:ash", "cost:2nd x"])
)
def test_what_a_field_shows_of_a_budget_is_read_back(amount, unit: str) -> None:
    budget = Budget(Fraction(amount), unit == "%", "" if unit == "%" else unit.removeprefix("cost:"))
    assert budget_field.read(budget_field.spell(budget), unit) == budget
    assert budget_field.unit_of(budget) == unit


@pytest.mark.parametrize(
    ("text", "unit", "want"),
    [
        ("1,000", "rows", "1000"),
        ("2,5%", "rows", "2.5%"),
        ("2.5 %", "rows", "2.5%"),
        ("2,5", "%", "2.5%"),
        ("50 rows", "%", "50"),
        ("3 ash", "rows", "3 ash"),
    ],
)
def test_the_unit_follows_what_is_typed(text: str, unit: str, want: str) -> None:
    assert str(budget_field.read(text, unit)) == want


@pytest.fixture(scope="module")
def small() -> AppTest:
    # While its first run goes on, the button waits for it.
    return finished(tab(opened(strategies=CHOICES[:2], budget="20", band=9), "compare.py"))


def refused(test: AppTest) -> str:
    """What is said, where Run cannot be pressed; the results below are not of what is written above."""
    assert not test.exception
    assert test.button(key="cmp_run").disabled
    assert "Of an earlier run, not of the choices above" in said(test)
    return errors(test)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1.000", "can mean 1 and 1,000"),
        ("5.5", "rows are whole"),
        ("200%", "a share is at most 100%"),
        ("1e2", "neither % nor the name of a column"),
        ("abc", "not a number"),
        ("", "The budget is empty"),
        ("0", "more than 0"),
        ("-3", "more than 0"),
    ],
)
def test_a_budget_that_cannot_be_read_stays_with_words_and_stops_the_run(small, text, told) -> None:
    small.text_input(key="cmp_rows").set_value("30").run()
    assert not small.button(key="cmp_run").disabled
    small.text_input(key="cmp_rows").set_value(text).run()
    assert told in refused(small)
    assert small.text_input(key="cmp_rows").value == text
    assert recipe_of(small).budget == "30"
    small.text_input(key="cmp_rows").set_value("30").run()
    assert not errors(small)
    assert not small.button(key="cmp_run").disabled


def test_another_unit_leaves_what_cannot_be_read_behind(small) -> None:
    small.text_input(key="cmp_rows").set_value("30").run()
    small.text_input(key="cmp_rows").set_value("0").run()
    small.selectbox(key="cmp_unit").set_value("%").run()
    assert small.text_input(key="cmp_percent").value == "16.85"
    assert not errors(small)
    for text in ("0", "200", "abc"):
        small.text_input(key="cmp_percent").set_value(text).run()
        assert refused(small)
        assert recipe_of(small).budget == "16.85%"
    small.selectbox(key="cmp_unit").set_value("rows").run()
    assert small.text_input(key="cmp_rows").value == "30"
    assert not errors(small)
    small.text_input(key="cmp_rows").set_value("12,5 %").run()
    assert recipe_of(small).budget == "12.5%"
    assert small.selectbox(key="cmp_unit").value == "%"
    assert small.text_input(key="cmp_percent").value == "12.5"
    assert not errors(small)
    small.text_input(key="cmp_percent").set_value("30 rows").run()
    assert (recipe_of(small).budget, small.text_input(key="cmp_rows").value) == ("30", "30")
    assert not errors(small)


# ---- other numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "text", "told"),
    [
        ("cmp_seeds", "1.5", "not a whole number"),
        ("cmp_seeds", "51", "at most 50"),
        ("cmp_seeds", "", "cannot be empty"),
        ("cmp_seed", "1.000", "can mean 1 and 1,000"),
        ("cmp_seed", "-1", "at least 0"),
    ],
)
def test_seeds_that_cannot_be_read_stop_the_run(small, key, text, told) -> None:
    before = recipe_of(small)
    small.text_input(key=key).set_value(text).run()
    assert told in refused(small)
    assert recipe_of(small) == before
    good = str(getattr(before, key.removeprefix("cmp_")))
    small.text_input(key=key).set_value(good).run()
    assert not errors(small)


def test_a_number_is_shown_as_it_was_read(small) -> None:
    small.text_input(key="cmp_seed").set_value("1,250").run()
    assert recipe_of(small).seed == 1250
    assert small.text_input(key="cmp_seed").value == "1250"
    small.text_input(key="cmp_seed").set_value("0").run()


def test_a_parameter_that_cannot_be_read_keeps_the_last_and_stops_the_run(small) -> None:
    small.selectbox(key="cmp_slot_1").set_value("herding").run()
    fields = [one for one in small.text_input if (one.key or "").startswith("cmp_par_1_")]
    if not fields:
        small.selectbox(key="cmp_slot_1").set_value("stratified").run()
        fields = [one for one in small.text_input if (one.key or "").startswith("cmp_par_1_")]
    assert fields
    before = recipe_of(small).strategies
    fields[0].set_value("1.0.0").run()
    assert refused(small)
    assert recipe_of(small).strategies == before
    assert "cannot be" in said(small)
    small.selectbox(key="cmp_slot_1").set_value("random").run()
    assert not errors(small), "a field that is gone stops nothing"
    assert not small.button(key="cmp_run").disabled


@given(st.text("0123456789.,_+-e ", max_size=8), st.integers(-5, 5), st.integers(6, 5_000))
def test_whole_numbers_lie_between_their_limits_or_are_refused(text: str, low: int, high: int) -> None:
    try:
        value = number_fields.whole("It", low, high)(text)
    except AliquotError:
        return
    assert low <= value <= high
    assert number_fields.whole("It", low, high)(number_fields.spelled(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_that_a_field_shows_is_read_back(value: float) -> None:
    assert number_fields.decimal("It")(number_fields.spelled(value)) == value


@pytest.mark.parametrize("text", ["", "abc", "1e999", "1.000.00"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(AliquotError):
        number_fields.decimal("It")(text)
    assert number_fields.optional(number_fields.decimal("It"))(" ") is None


def test_limits_are_those_that_a_link_may_say() -> None:
    assert controls.SEEDS("50") == 50
    with pytest.raises(AliquotError):
        controls.SEEDS("0")
