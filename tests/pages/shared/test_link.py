"""What an address may say: somebody else's text, read in bounds and checked before anything is made of it."""

from __future__ import annotations

import base64
import tracemalloc
import zlib
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.foundation.errors import RecipeError
from core.model.recipe import Choice, Recipe
from core.model.saved_rows import Only
from pages.ui.shared import link
from pages.ui.shared.app_state import DataRef

WINE = DataRef("ab" * 16, "wine", 178, 15, "sample:wine")
ONLY = Only.of([1, 5], 178, "two", WINE.fingerprint)
GOOD = link.Link(WINE, Recipe(strategies=(Choice("random"),), budget="5%", only=ONLY), ("See",))


def forged(*, data: list[Any] | None = None, ds: str | None = None, **recipe: Any) -> dict[str, str]:
    """The address of a good link with some of what it says replaced."""
    given = link.pack(GOOD)
    body = given["r"].partition(".")[2]
    said = orjson.loads(zlib.decompress(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))
    said["recipe"].update(recipe)
    said["data"] = data or said["data"]
    packed = base64.urlsafe_b64encode(zlib.compress(orjson.dumps(said), 9)).decode().rstrip("=")
    return {**given, "r": f"{link.VERSION}.{packed}", **({} if ds is None else {"ds": ds})}


def test_a_link_says_what_was_packed() -> None:
    assert link.read(link.pack(GOOD)) == link.read(forged())
    assert link.read(forged()).recipe == GOOD.recipe


@pytest.mark.parametrize(
    "said",
    [
        {"strategies": [{"id": "no-such-strategy"}]},
        {"strategies": [{"id": "random", "params": {"no-such": 1}}]},
        {"strategies": [{"id": "random"}] * 61},
        {"seeds": 51},
        {"seeds": 10**9},
        {"seed": 2**31 + 1},
        {"band": 10_000},
        {"band": 0},
        {"weight": 7},
        {"budget": "all of it"},
        {"features": "zzz"},
        {"groups": "kmeans:0"},
        {"groups": "kmeans:999999999999"},
        {"roles": {"a": "emperor"}},
        {"embedder": "/etc"},
        {"embedder": "../core"},
        {"embedder": "a b"},
        {"only": {"name": "x", "data": "cd" * 16, "n": 178, "count": 2, "rows": ONLY.rows}},
        {"only": {"name": "x", "data": "ab" * 16, "n": 177, "count": 2, "rows": ONLY.rows}},
        {"only": {"name": "x", "data": "ab" * 16, "n": 178, "count": 3, "rows": ONLY.rows}},
        {"data": ["ab" * 16, "wine", 2**40, 15]},
        {"data": ["ab" * 16, "wine", 178, 10**9]},
        {"data": ["ab" * 16, "wine", 178, 15], "ds": "../../etc"},
        {"data": ["zz" * 16, "wine", 178, 15], "ds": "zz" * 16},
    ],
)
def test_what_the_app_would_not_write_is_refused_in_words(said: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match=r"cannot be (read|used)"):
        link.read(forged(**said))


def test_a_few_letters_take_no_memory() -> None:
    bomb = base64.b64encode(zlib.compress(bytes(2**25), 9)).decode()
    address = forged(only={"name": "x", "data": "ab" * 16, "n": 2**31, "count": 0, "rows": bomb[:3000]})
    deep = {
        "ds": "wine",
        "r": f"{link.VERSION}." + base64.urlsafe_b64encode(zlib.compress(bytes(2**22), 9)).decode(),
    }
    for made in (address, deep):
        tracemalloc.start()
        with pytest.raises(RecipeError):
            link.read(made)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2_000_000


@given(
    some.text(max_size=300) | some.binary(max_size=300).map(lambda b: base64.urlsafe_b64encode(b).decode())
)
def test_any_other_text_is_refused_in_words(text: str) -> None:
    for packed in (text, f"{link.VERSION}.{text}"):
        with pytest.raises(RecipeError):
            link.read({"ds": "wine", "r": packed})


@given(
    some.recursive(
        some.none()
        | some.booleans()
        | some.integers(-(2**63), 2**63)
        | some.floats(allow_nan=False)
        | some.text(max_size=9),
        lambda inner: (
            some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=5,
    ),
    some.sampled_from(sorted(Recipe().to_json())),
)
def test_any_other_value_is_taken_whole_or_refused_in_words(value: Any, name: str) -> None:
    tracemalloc.start()
    try:
        read = link.read(forged(**{name: value}))
        again = orjson.loads(orjson.dumps(read.recipe.to_json()))
        assert Recipe.from_json(again) == read.recipe
        assert len(np.atleast_1d(read.recipe.only.positions if read.recipe.only else [])) <= WINE.rows
    except RecipeError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 5_000_000
