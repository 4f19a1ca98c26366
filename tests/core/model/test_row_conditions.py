"""Conditions on rows: nothing is lost on the way through JSON, and nothing unsound comes out of it."""

from __future__ import annotations

import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.foundation.errors import ParameterError, RecipeError
from core.model.recipe import Recipe
from core.model.row_conditions import (
    MOST_CONDITIONS,
    ContainsText,
    HasValue,
    HoldsWords,
    InGroups,
    InRange,
    InSelection,
    MatchesPattern,
    MeetsSql,
    Near,
    NearRow,
    NearText,
    OnMap,
    conditions_from_json,
    conditions_to_json,
)
from core.model.saved_rows import Only
from tests.any_json import ANY, altered

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)
SAID = TEXT.filter(str.strip)
NUMBER = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
EXCLUDE = st.booleans()
NEAR = st.builds(Near, SAID, st.integers(1, 5_000_000))
KEY = st.text("0123456789abcdef", min_size=32, max_size=32)
SPOTS = st.floats(-1e6, 1e6)
CONDITIONS = st.one_of(
    st.builds(InRange, TEXT, NUMBER | TEXT, st.none() | NUMBER | TEXT, exclude=EXCLUDE),
    st.builds(HasValue, TEXT, st.lists(TEXT, min_size=1, max_size=3).map(tuple), EXCLUDE, EXCLUDE),
    st.builds(ContainsText, TEXT, st.none() | TEXT, EXCLUDE),
    st.builds(MatchesPattern, TEXT, st.none() | TEXT, EXCLUDE),
    st.builds(MeetsSql, SAID, EXCLUDE),
    st.builds(InGroups, st.lists(TEXT, min_size=1, max_size=3).map(tuple), EXCLUDE),
    st.builds(NearRow, KEY, st.integers(1, 99), TEXT, EXCLUDE),
    st.builds(NearText, NEAR, EXCLUDE),
    st.builds(HoldsWords, SAID, st.none() | TEXT, EXCLUDE),
    st.lists(st.tuples(SPOTS, SPOTS), min_size=2, max_size=5).flatmap(
        lambda spots: st.builds(
            OnMap,
            TEXT,
            st.sampled_from(["umap", "pca", "first"]),
            st.just(tuple(x for x, _ in spots)),
            st.just(tuple(y for _, y in spots)),
            EXCLUDE,
        )
    ),
    st.builds(InSelection, st.just(Only.of([1, 4], 9, "odd", "3f9a")), EXCLUDE),
)
ONE_OF_EACH = (
    InRange("price", 3, 5.5),
    HasValue("country", ("DE", "FR"), missing=True, exclude=True),
    ContainsText("refund", "body"),
    MatchesPattern("^Re:"),
    MeetsSql("price > 3"),
    InGroups(("a", "b")),
    NearRow("0f" * 16, 50, "ticket 81"),
    NearText(Near("late parcels", 500)),
    HoldsWords("late parcel", exclude=True),
    OnMap("3f9a", "umap", (0.0, 1.0, 2.0), (0.0, 1.0, 0.0)),
    InSelection(Only.of([1, 4], 9, "odd", "3f9a")),
)


@given(st.lists(CONDITIONS, max_size=4))
def test_conditions_come_back_from_json_as_they_were(conditions):
    written = orjson.loads(orjson.dumps(conditions_to_json(conditions)))
    again = conditions_from_json(written)
    assert again == tuple(conditions)
    # 3 stays a whole number and 3.0 stays none: both are written into SQL as they are.
    assert [repr(one) for one in again] == [repr(one) for one in conditions]
    assert all(one.words for one in again)


@given(altered(orjson.loads(orjson.dumps(conditions_to_json(ONE_OF_EACH)))) | ANY)
def test_a_damaged_project_gives_sound_conditions_or_is_refused(value):
    try:
        found = conditions_from_json(value)
    except RecipeError:
        return
    written = conditions_to_json(found)
    assert conditions_to_json(conditions_from_json(written)) == written


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "made up"},
        {"kind": None},
        {"kind": ["range"]},
        {"low": True},
        {"low": [1]},
        {"low": None, "high": None},
        {"column": 3},
        {"column": "x" * 10_001},
        {"exclude": 1},
        {"surprise": 1},
    ],
)
def test_a_range_that_does_not_fit_is_refused(change):
    good = conditions_to_json(ONE_OF_EACH)[0]
    assert conditions_from_json([good]) == ONE_OF_EACH[:1]
    with pytest.raises(RecipeError, match="Filter 1 cannot be read"):
        conditions_from_json([{**good, **change}])


@pytest.mark.parametrize(
    ("at", "change"),
    [
        (1, {"values": ["x"] * 10_001}),
        (1, {"values": [], "missing": False}),
        (2, {"text": ""}),
        (3, {"pattern": "a" * 1_001}),
        (4, {"where": " "}),
        (5, {"names": []}),
        (6, {"key": "0g" * 16}),
        (6, {"key": "0f"}),
        (6, {"rows": 0}),
        (7, {"near": {"text": "a", "rows": 5_000_001}}),
        (7, {"near": {"text": "  ", "rows": 5}}),
        (7, {"near": None}),
        (9, {"xs": [0.0, 1.0]}),
        (9, {"xs": [0.0], "ys": [0.0]}),
        (9, {"map": "globe"}),
        (9, {"xs": [0.0] * 10_001, "ys": [0.0] * 10_001}),
        (10, {"only": {"name": "odd", "data": "3f9a", "n": 9, "count": 3, "rows": "?"}}),
        (10, {"only": None}),
    ],
)
def test_other_forms_that_do_not_fit_are_refused(at, change):
    good = conditions_to_json(ONE_OF_EACH)[at]
    with pytest.raises(RecipeError):
        conditions_from_json([{**good, **change}])


def test_more_conditions_than_anybody_makes_are_refused():
    one = conditions_to_json(ONE_OF_EACH[:1])
    assert len(conditions_from_json(one * MOST_CONDITIONS)) == MOST_CONDITIONS
    with pytest.raises(RecipeError, match="are the most"):
        conditions_from_json(one * (MOST_CONDITIONS + 1))


def test_what_nobody_can_mean_is_refused_where_it_is_made():
    for make in (
        lambda: InRange("x"),
        lambda: InRange("x", math.nan),
        lambda: InRange("x", None, math.inf),
        lambda: InRange("x", 2**63),
        lambda: InRange("x", True),
        lambda: HasValue("x"),
        lambda: InGroups(()),
        lambda: Near("a", 0),
        lambda: OnMap("k", "pca", (0.0, math.inf), (0.0, 1.0)),
    ):
        with pytest.raises(ParameterError):
            make()


def test_words_are_short_and_count_what_they_leave_out():
    many = HasValue("country", tuple("abcdefg"), missing=True)
    assert many.words == "country is a, b, c, d, 3 others or missing"
    assert HasValue("country", (), missing=True, exclude=True).words == "not: country is missing"
    assert len(ContainsText("x" * 5_000).words) < 100
    assert InRange("n", 1_000_000).words == "n at least 1,000,000"


def test_a_recipe_keeps_its_sentence_and_is_as_it_was_without_one():
    plain = Recipe()
    assert "near" not in plain.to_json()
    assert Recipe.from_json({**plain.to_json(), "near": None}) == plain
    recipe = Recipe(near=Near("late parcels", 500))
    assert Recipe.from_json(orjson.loads(orjson.dumps(recipe.to_json()))) == recipe


@given(altered(Recipe(near=Near("late parcels", 500)).to_json()["near"]) | ANY)
def test_a_damaged_sentence_is_refused(value):
    try:
        found = Recipe.from_json({**Recipe().to_json(), "near": value})
    except RecipeError:
        return
    assert found.near is None or (found.near.text.strip() and found.near.rows >= 1)
