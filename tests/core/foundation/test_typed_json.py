"""Every reader of typed JSON gives a sound object or our error, without the library's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import orjson
import pytest
from annotated_types import Interval, Len
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.analysis.held_out.reusable_holdout import HoldoutRecord, ReusableHoldout
from core.foundation import typed_json
from core.foundation.artifact_store import Store, canonical_json, digest
from core.foundation.errors import AliquotError, BundleError, HoldoutError, RecipeError
from core.foundation.typed_json import ReadBy, clause, read_typed
from core.model.recipe import Choice, Mark, Recipe
from core.model.saved_rows import Only
from core.signoff.manifest import dump, parse
from core.signoff.write_bundle import write_bundle
from core.study.study import Study
from tests.any_json import ANY, altered
from tests.core.signoff import toy

ONLY = Only.of([1, 5], 178, "two", "ab" * 16)
RECIPE = Recipe(
    task="compare",
    strategies=(Choice("stratified", {"by": ["a"], "x": {"y": None}}, 2, "A"), Choice("random")),
    pins=(Mark("0" * 32, "why", True),),
    roles={"a": "text"},
    missing=("NA",),
    reading={"sheet": "one"},
    only=ONLY,
    target={"name": "t", "fingerprint": "ab"},
)
JARGON = ("type=", "Input should", "pydantic", "validat", "dict", "Mapping", "dataclass", "int_", "_type")


def plain(error: AliquotError, given: str = "") -> bool:
    """Whether what is said needs no word of programmers but those that stand in what was given."""
    said = error.what + error.why
    return bool(error.what) and bool(error.do) and not any(w in said for w in JARGON if w not in given)


def read_or_refused(read: Callable[[], Any], *kinds: type[AliquotError], given: Any = "") -> Any:
    """What is read; None where it is refused, in plain words."""
    try:
        return read()
    except kinds as error:
        told = error
    assert plain(told, str(given))
    return None


# ---- the reader itself -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Inner:
    n: Annotated[int, Interval(ge=1, lt=10)]
    on: bool = False


@dataclass(frozen=True)
class Outer:
    kind: Literal["a", "b"] = "a"
    share: Annotated[float | int, Interval(ge=0, le=1)] = 0.5
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    by_name: Mapping[str, Inner] = field(default_factory=dict)
    key: Annotated[str, Len(3, 3)] = "abc"
    free: Any = None
    only: Annotated[Only, ReadBy(Only.from_json)] | None = None


def outer(value: Any, **more: bool) -> Outer:
    return read_typed(
        Outer, value, lambda where, why: RecipeError("No", clause(where, why), "fix it"), **more
    )


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([], "it is not a table of names"),
        ({"kind": "c"}, "'kind' is not 'a' or 'b'"),
        ({"share": "x"}, "'share' is not a number or a whole number"),
        ({"share": True}, "'share' is not a number or a whole number"),
        ({"share": 2}, "'share' is more than 1"),
        ({"inner": {}}, "'inner › n' is missing"),
        ({"inner": {"n": 1.0}}, "'inner › n' is not a whole number"),
        ({"inner": {"n": True}}, "'inner › n' is not a whole number"),
        ({"inner": {"n": 0}}, "'inner › n' is less than 1"),
        ({"inner": {"n": 10**19}}, "'inner › n' is not less than 10"),
        ({"inner": {"n": 1, "on": 1}}, "'inner › on' is not true or false"),
        ({"inner": {"n": 1, "z": 1, "y": 2}}, "'inner' has unknown fields (y, z)"),
        ({"zz": 1, "inner": 3}, "it has unknown fields (zz)"),
        ({"many": 3}, "'many' is not a list"),
        ({"many": [{"n": 1}, {"n": "2"}]}, "'many › 2 › n' is not a whole number"),
        ({"by_name": []}, "'by_name' is not a table of names"),
        ({"by_name": {"x": {"n": None}}}, "'by_name › x › n' is not a whole number"),
        ({"key": "ab"}, "'key' has the wrong length"),
        ({"key": None}, "'key' is not a text"),
        ({"free": {1, 2}}, "it is not plain JSON, or nested too deeply"),
        ({1: 2}, "it is not plain JSON, or nested too deeply"),
        ({"only": {**ONLY.__dict__, "count": 3}}, "its count is wrong"),
        ({"only": {**ONLY.__dict__, "n": "3"}}, "'n' is not a whole number"),
    ],
)
def test_faults_are_told_by_place_and_reason(value: Any, told: str) -> None:
    with pytest.raises(RecipeError) as found:
        outer(value)
    assert found.value.why == told
    assert found.value.__suppress_context__ or found.value.__context__ is None


def test_nothing_is_converted_and_numbers_keep_their_kind() -> None:
    found = outer({"share": 1, "many": [{"n": 2}], "by_name": {"x": {"n": 3}}, "key": "üöä"})
    assert (found.share, type(found.share)) == (1, int)
    assert found == Outer(share=1, many=(Inner(2),), by_name={"x": Inner(3)}, key="üöä")
    assert outer({"zz": 1}, others=True) == Outer()


@given(ANY)
def test_what_may_be_anything_comes_back_to_the_last_bit(value: Any) -> None:
    found = outer({"free": value}).free
    assert orjson.dumps(found) == orjson.dumps(value)
    assert repr(found) == repr(orjson.loads(orjson.dumps(value)))


@pytest.mark.parametrize("wrong", [{"many": [0] * 999}, {"by_name": dict.fromkeys(map(str, range(999)), 0)}])
def test_a_long_list_is_left_at_its_first_fault(wrong: Any) -> None:
    """A file of a million faults must not make a million errors."""
    with pytest.raises(ValidationError) as found:
        typed_json._reader(Outer).validate_json(orjson.dumps(wrong), strict=True)
    assert found.value.error_count() == 1


def test_depth_is_refused_in_words() -> None:
    # What orjson reads may be deeper than what is written, and deeper than Python calls itself.
    nested: Any = orjson.loads(b'{"recipe":' * 1000 + b"1" + b"}" * 1000)
    with pytest.raises(RecipeError):
        Recipe.from_json(nested)
    listed = orjson.loads(b"[" * 1000 + b"]" * 1000)
    for given_ in (listed, {"by": listed}):
        with pytest.raises(RecipeError, match="nested too deeply"):
            Recipe.from_json({"format": 1, "strategies": [{"id": "random", "params": given_}]})


# ---- the readers -------------------------------------------------------------------------------------


@given(altered(RECIPE.to_json()) | ANY)
def test_any_recipe_is_read_whole_or_refused_in_words(value: Any) -> None:
    found = read_or_refused(lambda: Recipe.from_json(value), RecipeError, given=value)
    if found is not None:
        again = Recipe.from_json(orjson.loads(orjson.dumps(found.to_json())))
        assert (again, again.to_json()) == (found, found.to_json())


@given(altered(RECIPE.to_json()["only"]) | ANY)
def test_any_saved_selection_is_read_whole_or_refused_in_words(value: Any) -> None:
    found = read_or_refused(lambda: Only.from_json(value), RecipeError, given=value)
    if found is not None:
        assert len(found.positions) == found.count


@pytest.mark.parametrize("name", ["strategies", "missing", "pins", "bans"])
def test_null_stands_for_no_list_as_it_did(name: str) -> None:
    assert getattr(Recipe.from_json({"format": 1, name: None}), name) == ()


def test_a_whole_weight_stays_whole_since_it_is_in_the_digest() -> None:
    found = Recipe.from_json({"format": 1, "weight": 1})
    assert found.to_json()["weight"] == 1
    assert isinstance(found.weight, int)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    one: Study = toy.study()
    one.groups()
    return toy.read(write_bundle(one, one.select("k-center", 6), tmp_path_factory.mktemp("b") / "b"))


def test_any_manifest_is_read_or_refused_in_words(manifest: dict[str, Any]) -> None:
    assert parse(dump(manifest)) == manifest
    parts = ("selection", "data", "features", "groups", "files", "methods")

    @given(altered(manifest) | st.sampled_from(parts).flatmap(lambda part: only_in(manifest, part)))
    def check(value: Any) -> None:
        found = read_or_refused(lambda: parse(orjson.dumps(value)), BundleError, RecipeError, given=value)
        if found is not None:
            # What is used without a second look.
            block = found["selection"]
            assert all(isinstance(name, str | int) and not isinstance(name, bool) for name in block["ids"])
            assert all(len(bytes(key, "utf-8")) >= 32 for key in block["keys"])

    check()


def only_in(manifest: Mapping[str, Any], part: str) -> st.SearchStrategy[Any]:
    return altered(manifest[part]).map(lambda changed: {**manifest, part: changed})


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("selection", {"cost": {"asked": "9", "column": "c"}}),
        ("selection", {"asked": None}),
        ("selection", {"found": {"a": "b"}}),
        ("selection", {"ids": [True]}),
        ("selection", {"keys": ["00"]}),
        ("selection", {"version": 0}),
        ("selection", {"weight": ["1"]}),
        ("data", {"reading": {"version": 0}}),
        ("data", {"reading": {"sheet": "a"}}),
        ("data", {"reading": {"version": 2, "sheet": 1}}),
        ("data", {"reading": {"version": "2"}}),
        ("data", {"reading": None}),
        ("data", {"rows": 1.5}),
        ("features", {"metric": "manhattan"}),
        ("recipe", {"strategies": []}),
    ],
)
def test_what_a_manifest_may_not_say(manifest: dict[str, Any], part: str, change: Any) -> None:
    with pytest.raises(BundleError, match=f"The manifest cannot be used: '{part}") as found:
        parse(dump({**manifest, part: {**manifest[part], **change}}))
    assert plain(found.value)


def test_an_older_manifest_says_neither_reading_nor_methods(manifest: dict[str, Any]) -> None:
    first = {**manifest, "data": {k: v for k, v in manifest["data"].items() if k != "reading"}}
    with pytest.raises(BundleError, match="'data › reading' is missing"):
        parse(dump(first))
    del first["methods"]
    assert parse(dump(first)) == first
    coming = {**manifest["data"], "reading": {"version": 3, "another": "choice"}, "more": 1}
    assert parse(dump({**manifest, "data": coming, "new": []}))["new"] == []


def test_any_record_of_questions_is_read_or_told_to_be_damaged(tmp_path: Any) -> None:
    guard = ReusableHoldout(Store(tmp_path), "ab" * 16)
    guard.ask("a", practice=0.9, guarded=0.1, about={"label": "y"})
    body = orjson.loads(guard.path.read_bytes())["body"]
    assert set(body) == {
        "allowance", "asked", "fingerprint", "format", "noise", "secret", "threshold"
    }  # fmt: skip

    @given(altered(body) | altered(body["asked"][0]).map(lambda one: {**body, "asked": [one]}) | ANY)
    def check(value: Any) -> None:
        guard.path.write_bytes(canonical_json({"body": value, "check": digest(value)}))
        found = read_or_refused(guard.record, HoldoutError)
        if found is not None:
            assert isinstance(found, HoldoutRecord)
            assert "secret" not in repr(found)
            assert found.left <= found.allowance
            assert found.left > 0 or found.asked

    check()
