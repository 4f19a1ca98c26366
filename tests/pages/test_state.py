"""The state of a tab and the project file: written, read back, and everything else refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.errors import RecipeError
from core.recipe import Choice, Mark, Recipe
from pages.ui.state import AppState, DataRef, Event, RowSet, RunRef, SignOff, View, Winner

RECIPE = Recipe(
    strategies=(Choice("random", {"p": 1}, 2),), pins=(Mark("0" * 32, "why", True),), roles={"a": "text"}
)
FULL = AppState(
    data=DataRef("ab" * 16, "tickets", 1000, 3, "sample:x"),
    recipe=RECIPE,
    view=View("topic", "pca", "refund", ("a", "b"), 2),
    picked=RowSet.of([1, 5, 999], 1000, "lasso"),
    named={"odd": RowSet.of([2], 1000, "“odd”")},
    slots={"question": "rare", "open": [1, {"a": None}]},
    runs=(RunRef("k", "2026-01-01T00:00:00+00:00", RECIPE, 199),),
    looked=True,
    winner=Winner("k", 2, 0),
    rules=({"metric": "tv", "limit": 0.1},),
    signoff=SignOff("Ada", "lead", "fit", "because", "accept", "2026-01-01", "00"),
    log=(Event("2026-01-01", "opened"),),
)


@pytest.mark.parametrize("state", [AppState(), FULL])
def test_a_project_reopens_as_it_was(state: AppState) -> None:
    assert AppState.from_bytes(state.to_bytes()) == state


@given(some.lists(some.integers(0, 999), unique=True))
def test_rows_survive_packing(rows: list[int]) -> None:
    packed = RowSet.of(rows, 1000, "x")
    assert packed.rows.tolist() == sorted(rows)
    assert packed.count == len(rows)


def test_a_million_rows_stay_small() -> None:
    packed = RowSet.of(np.arange(0, 1_000_000, 2), 1_000_000, "every second")
    assert len(packed.packed) < 2_000
    assert len(packed.rows) == 500_000


def changed(path: list[Any], value: Any) -> bytes:
    body = FULL.to_json()
    place: Any = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return orjson.dumps(body)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["aliquot_project"], 99),
        (["unknown"], 1),
        (["data", "rows"], "many"),
        (["data", "rows"], True),
        (["data", "rows"], -1),
        (["data"], "tickets"),
        (["view", "colour"], 7),
        (["view", "more"], 7),
        (["recipe", "format"], 99),
        (["recipe", "surprise"], 1),
        (["runs"], {"a": 1}),
        (["named"], [1]),
        (["log"], [{"made": "x"}]),
        (["picked", "packed"], "not base64!"),
        (["picked", "packed"], "AAAA"),
        (["picked", "count"], 7),
        (["picked", "n"], 10_000_000),
        (["data"], None),
    ],
)
def test_anything_else_is_refused_in_words(path: list[Any], value: Any) -> None:
    with pytest.raises(RecipeError):
        AppState.from_bytes(changed(path, value))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"format": 1}', b"\x80\x04N."])
def test_other_files_are_refused_in_words(body: bytes) -> None:
    with pytest.raises(RecipeError):
        AppState.from_bytes(body)


def test_a_packed_bomb_is_not_unpacked() -> None:
    import base64
    import zlib

    bomb = base64.b64encode(zlib.compress(b"\0" * 50_000_000)).decode()
    with pytest.raises(RecipeError):
        AppState.from_bytes(changed(["picked", "packed"], bomb))
