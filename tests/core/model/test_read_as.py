"""Forms of columns: their text, what is refused, and their place in a recipe."""

from __future__ import annotations

import re

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.foundation.errors import RecipeError
from core.model.date_pattern import ORDERS, date_pattern, wrong_pattern
from core.model.read_as import ReadAs, read_forms
from core.model.recipe import Recipe

WORDS = st.lists(st.text(min_size=1, max_size=6), max_size=4, unique=True).map(tuple)
FORMS = st.one_of(
    st.builds(ReadAs, st.just("number"), st.sampled_from(".,"), WORDS, st.booleans()),
    st.builds(
        ReadAs, st.just("date"), st.sampled_from([*ORDERS, "%d.%m.%y", "%b %d, %Y"]), WORDS, st.booleans()
    ),
    st.builds(ReadAs, st.just("text"), st.just(""), WORDS),
    st.builds(ReadAs, st.just(""), st.just(""), WORDS.filter(bool)),
)


@given(FORMS)
def test_a_form_is_read_back_from_its_text(form):
    assert ReadAs.parse(str(form)) == form


@given(FORMS, st.text(min_size=1, max_size=8))
def test_a_recipe_keeps_forms(form, column):
    recipe = Recipe(read_as={column: str(form)})
    again = Recipe.from_json(orjson.loads(orjson.dumps(recipe.to_json())))
    assert again == recipe
    assert read_forms(again.read_as)[column] == form


def test_a_recipe_without_forms_is_written_as_before_there_were_any():
    assert "read_as" not in Recipe().to_json()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it says nothing"),
        ("number", "the decimal mark"),
        ("number:x", "the decimal mark"),
        ("date:ydm", "the order of dates"),
        ("date:%d.%m", "lacks the year"),
        ("date:%d.%q.%Y", "holds %q"),
        ("date:%d.%m.%Y %", "holds %"),
        ("date:%d %m %b %Y", "twice"),
        ("date:%d.%m.%y %Y", "twice"),
        ("date:%d.%m.%Y %I:%M", "%I and %p belong together"),
        ("date:%d.%m.%Y :%M", "lacks the hour"),
        ("date:%d.%m.%Y %H:%M %p", "%I and %p belong together"),
        ("words", "there is no form 'words'"),
        ("text:de", "there is no such form"),
        ("text;else:missing", "belongs to numbers and dates"),
        ("else:missing", "it says nothing"),
        ("number:.;date:dmy", "one form is wanted"),
    ],
)
def test_what_is_no_form_is_refused_with_what_would_be(text, why):
    with pytest.raises(RecipeError) as caught:
        ReadAs.parse(text, "price")
    assert why in str(caught.value)
    assert "of column 'price'" in caught.value.what
    assert "number:." in caught.value.do
    with pytest.raises(RecipeError):
        Recipe.from_json(orjson.loads(orjson.dumps(Recipe(read_as={"price": text}).to_json())))


def test_words_for_missing_may_hold_every_letter():
    form = ReadAs.parse(r"number:,;else:missing;missing:a\|b|c;d|\\|-")
    assert form.missing == ("a|b", "c;d", "\\", "-")
    assert form.rest_missing
    assert form.how == ","


@given(st.text(alphabet="%dmyYbBHIMSfp .-/x", max_size=12))
def test_a_pattern_that_may_be_used_is_an_expression(how):
    if how in ORDERS or not wrong_pattern(how):
        re.compile(date_pattern(how))
        assert ReadAs.parse(f"date:{how}").how == how
    else:
        with pytest.raises(RecipeError):
            ReadAs.parse(f"date:{how}")
