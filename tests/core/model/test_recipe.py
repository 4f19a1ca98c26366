"""Recipes: nothing is lost on the way through JSON, and nothing unknown is ignored."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.foundation.errors import RecipeError
from core.model.recipe import Choice, Mark, Recipe

lists = st.lists(st.text(max_size=3), max_size=3)
lists |= lists.map(tuple)
recipes = st.builds(
    Recipe,
    task=st.sampled_from(["select", "compare"]),
    strategies=st.lists(
        st.builds(
            Choice,
            id=st.sampled_from(["random", "k-center"]),
            params=st.dictionaries(st.text(max_size=5), st.integers(-9, 9) | st.text(max_size=3) | lists),
            version=st.none() | st.integers(1, 9),
        ),
        max_size=3,
    ).map(tuple),
    seed=st.integers(0, 2**40),
    where=st.text(max_size=10),
    label=st.none() | st.text(max_size=5),
    pins=st.lists(st.builds(Mark, key=st.text("0123456789abcdef", min_size=32, max_size=32))).map(tuple),
    weight=st.floats(0, 1),
    target=st.none() | st.just({"name": "t", "fingerprint": "ab"}),
)


@given(recipes)
def test_round_trip(recipe):
    text = orjson.dumps(recipe.to_json())
    again = Recipe.from_json(orjson.loads(text))
    assert again == recipe


FIRST = {
    *("format", "task", "strategies", "budget", "seed", "seeds", "band", "features", "embedder", "weight"),
    *("groups", "label", "score", "id_column", "roles", "missing", "where", "pins", "bans", "target", "data"),
}
"""What the first programs that read format 1 know; they refuse whatever else is there."""


def test_what_first_read_format_1_reads_a_recipe_that_uses_nothing_newer():
    written = Recipe(strategies=(Choice("random", {}, 1), Choice("k-center")), seed=3).to_json()
    assert written["format"] == 1
    assert set(written) == FIRST
    assert [set(one) for one in written["strategies"]] == [{"id", "params", "version"}] * 2


def test_a_label_is_written_where_one_was_given_and_read_back():
    labelled = Recipe(strategies=(Choice("random", label="Chance"), Choice("k-center")))
    written = labelled.to_json()
    assert [one.get("label") for one in written["strategies"]] == ["Chance", None]
    assert "label" not in written["strategies"][1]
    assert Recipe.from_json(orjson.loads(orjson.dumps(written))) == labelled


def test_several_columns_are_one_choice_however_they_are_given():
    given, listed = Choice("a", {"on": ("x", "y")}), Choice("a", {"on": ["x", "y"]})
    within = Choice("a", {"within": {"id": "b", "params": {"on": ("x",)}}})
    assert given == listed
    assert Recipe(strategies=(given,)).to_json() == Recipe(strategies=(listed,)).to_json()
    assert within.params["within"]["params"]["on"] == ["x"]


def test_the_recipe_inside_a_manifest_is_found(tmp_path):
    path = tmp_path / "manifest.json"
    path.write_bytes(orjson.dumps({"ids": [], "recipe": Recipe(seed=7).to_json()}))
    assert Recipe.read(path).seed == 7


@pytest.mark.parametrize(
    "change",
    [
        {"format": 99},
        {"surprise": 1},
        {"seed": "one"},
        {"seed": True},
        {"task": "guess"},
        {"weight": 3},
        {"pins": [{"wrong": 1}]},
        {"strategies": [1]},
        {"label": 4},
    ],
)
def test_what_does_not_fit_is_refused(change):
    with pytest.raises(RecipeError):
        Recipe.from_json({**Recipe().to_json(), **change})


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\x80\x04K\x01."])
def test_unreadable_files_are_refused(tmp_path, content):
    path = tmp_path / "r.json"
    path.write_bytes(content)
    with pytest.raises(RecipeError):
        Recipe.read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RecipeError, match="no file"):
        Recipe.read(tmp_path / "nothing.json")


def test_a_strategy_is_chosen_by_id_or_as_a_choice():
    import core
    from core.foundation.errors import ParameterError

    study = core.Study(core.load("sample:wine")).with_(groups="kmeans:3", features="table")
    params = {"allocation": "equal"}
    by_id = study.select("stratified", 12, params=params)
    chosen = study.select(Choice("stratified", params), 12)
    assert chosen.rows.tolist() == by_id.rows.tolist()
    assert chosen.params == by_id.params
    for wrong, more in ((Choice("stratified", params), params), (5, None), (None, None), (["random"], None)):
        with pytest.raises(ParameterError):
            study.select(wrong, 12, params=more)


def test_a_version_that_is_not_here_is_refused_wherever_a_choice_is_taken():
    import core

    study = core.Study(core.load("sample:wine"))
    gone = Choice("random", {}, 99)
    with pytest.raises(RecipeError, match="version 99 of random"):
        study.select(gone, 12)
    with pytest.raises(RecipeError, match="version 99 of random"):
        study.compare([gone], 12, band=9)


def test_a_role_of_a_column_that_is_not_there_is_refused():
    import core
    from core.foundation.errors import ColumnError

    with pytest.raises(ColumnError, match="nowhere"):
        core.Study(core.load("sample:wine"), Recipe(roles={"nowhere": "number"}))
