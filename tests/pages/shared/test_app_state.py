"""The state of a tab and the project file: written, read back, and everything else refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.features.models import find_model
from core.foundation.caps import MAX_ROWS
from core.foundation.errors import ModelError, RecipeError
from core.model.recipe import Choice, Mark, Recipe
from core.model.row_conditions import ContainsText, InGroups
from core.model.saved_rows import count_packed, pack_rows
from pages.ui.shared.app_state import AppState, DataRef, Event, MapView, RowSet, RunRef, SignOff, Winner
from tests.any_json import ANY, altered

RECIPE = Recipe(
    strategies=(Choice("stratified", {"by": "a"}, 2),),
    pins=(Mark("0" * 32, "why", True),),
    roles={"a": "text"},
)
FULL = AppState(
    data=DataRef("ab" * 16, "tickets", 1000, 3, "sample:wine"),
    recipe=RECIPE,
    view=MapView("topic", "pca", (ContainsText("refund"), InGroups(("a", "b"))), "0f" * 16, 2),
    picked=RowSet.of([1, 5, 999], 1000, "lasso"),
    named={"odd": RowSet.of([2], 1000, "“odd”")},
    slots={"question": "rare", "open": [1, {"a": None}]},
    runs=(RunRef("k", "2026-01-01T00:00:00+00:00", RECIPE, 199),),
    looked=True,
    winner=Winner("k", 0, 0),
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
        (["data", "rows"], 10**15),
        (["data", "columns"], 10**6),
        (["data", "fingerprint"], "../../etc"),
        (["data", "source"], "sample:nothing"),
        (["data", "source"], "/etc/passwd"),
        (["picked"], {"n": 2**40, "count": 1, "packed": "eJw=", "how": "x"}),
        (["named", "odd", "n"], 999),
        (["view", "layout"], "zzz"),
        (["view", "page"], 0),
        (["view", "page"], 10**12),
        (["winner", "slot"], 10**9),
        (["winner", "slot"], 1),
        (["winner", "run"], "../../secret"),
        (["runs", 0, "key"], "../../secret"),
        (["runs", 0, "band"], 10**9),
        (["runs", 0, "recipe", "strategies", 0, "id"], "no-such-strategy"),
        (["recipe", "strategies", 0, "id"], "no-such-strategy"),
        (["recipe", "strategies", 0, "params"], {"no-such": 1}),
        (["recipe", "strategies", 0, "version"], 10**12),
        (["recipe", "strategies", 0, "version"], True),
        (["recipe", "seeds"], 10**9),
        (["recipe", "seeds"], 0),
        (["recipe", "seed"], -1),
        (["recipe", "seed"], 10**12),
        (["recipe", "band"], 10**9),
        (["recipe", "band"], 0),
        (["recipe", "weight"], 1.5),
        (["recipe", "weight"], True),
        (["recipe", "budget"], "many"),
        (["recipe", "features"], "zzz"),
        (["recipe", "groups"], "kmeans:0"),
        (["recipe", "groups"], "kmeans:1000000000000"),
        (["recipe", "roles"], {"a": "emperor"}),
        (["recipe", "embedder"], "../../etc"),
        (["recipe", "strategies"], [{"id": "random"}] * 1000),
    ],
)
def test_anything_else_is_refused_in_words(path: list[Any], value: Any) -> None:
    with pytest.raises(RecipeError):
        AppState.from_bytes(changed(path, value))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"format": 1}', b"\x80\x04N."])
def test_other_files_are_refused_in_words(body: bytes) -> None:
    with pytest.raises(RecipeError):
        AppState.from_bytes(body)


@given(altered(FULL.to_json()) | ANY)
def test_any_project_is_opened_whole_or_refused_in_words(value: Any) -> None:
    try:
        found = AppState.from_json(value)
    except RecipeError as error:
        told = f"{error.what} {error.why}"
    else:
        assert AppState.from_bytes(found.to_bytes()) == found
        return
    assert told
    assert not any(word in told for word in ("type=", "Input should", "pydantic", "dataclass", "_type"))


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (["data", "rows"], "many", "The data › rows in this project file cannot be read: it is not a whole"),
        (["runs"], {"a": 1}, "The runs in this project file cannot be read: it is not a list"),
        (
            ["view", "more"],
            7,
            r"The view in this project .* cannot be read: it has unknown fields \(more\)",
        ),
        (["log"], [{"made": "x"}], "The log › 1 › text in this project file cannot be read: it is missing"),
        (["unknown"], 1, r"This project file cannot be read: it has unknown fields \(unknown\)"),
        (["winner", "slot"], -1, "The winner › slot in this project file cannot be read: it is less than 0"),
        (["runs", 0, "recipe", "seed"], "x", "The recipe's seed cannot be used: it is not a whole number"),
    ],
)
def test_what_is_refused_is_told_by_its_place(path: list[Any], value: Any, told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        AppState.from_bytes(changed(path, value))


def test_a_packed_bomb_is_not_unpacked() -> None:
    import base64
    import zlib

    bomb = base64.b64encode(zlib.compress(b"\0" * 50_000_000)).decode()
    with pytest.raises(RecipeError):
        AppState.from_bytes(changed(["picked", "packed"], bomb))


def test_sizes_are_compared_with_the_data_before_anything_is_unpacked() -> None:
    import base64
    import tracemalloc
    import zlib

    deep = base64.b64encode(zlib.compress(bytes(2**24), 9)).decode()
    for n, count in ((2**31, 0), (2**27, 0), (2**62, 1), (MAX_ROWS + 1, 0)):
        for path in (["picked"], ["named", "odd"]):
            body = changed(path, {"n": n, "count": count, "packed": deep, "how": "x"})
            tracemalloc.start()
            with pytest.raises(RecipeError):
                AppState.from_bytes(body)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 2_000_000
        only = {"name": "x", "data": "ab" * 16, "n": n, "count": count, "rows": deep}
        tracemalloc.start()
        with pytest.raises(RecipeError):
            Recipe.from_json({**RECIPE.to_json(), "only": only})
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2_000_000


def test_a_selection_as_large_as_any_data_set_is_counted_without_positions() -> None:
    import tracemalloc

    packed = pack_rows(np.arange(MAX_ROWS), MAX_ROWS)
    tracemalloc.start()
    assert count_packed(packed, MAX_ROWS) == MAX_ROWS
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * MAX_ROWS / 8 + 100_000


@pytest.mark.parametrize("there", [True, False])
def test_a_model_that_is_a_place_on_the_server_is_refused_alike(there, tmp_path, monkeypatch) -> None:
    place = tmp_path / "model"
    if there:
        place.mkdir()
    monkeypatch.setenv("ALIQUOT_FOLDER", str(tmp_path / "given"))
    written = (str(place), f"{tmp_path}/given/../model", "./core", "../core", "~", "C:\\models", ".")
    for name in written:
        with pytest.raises(
            RecipeError, match="only those inside the one that the server's owner gave"
        ) as told:
            AppState.from_bytes(changed(["recipe", "embedder"], name))
        assert len(name) < 4 or name not in str(told.value)
    for name in ("core", "pages/ui"):  # names, not folders, wherever the app was started
        assert AppState.from_bytes(changed(["recipe", "embedder"], name)).recipe.embedder == name
        with pytest.raises(ModelError, match="not in the local model cache"):
            find_model(name)
    inside = str(tmp_path / "given" / "mine")
    assert AppState.from_bytes(changed(["recipe", "embedder"], inside)).recipe.embedder == inside
