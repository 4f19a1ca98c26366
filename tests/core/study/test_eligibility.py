"""Which rows take part: a saved selection, a filter and bans together, in recipes, bundles and on the command
line."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cli.main import main
from core.data.load import load
from core.foundation.errors import BudgetError, RecipeError
from core.model.recipe import Choice, Recipe
from core.model.saved_rows import Only, pack_rows, unpack_rows
from core.notebook import Study
from core.signoff.open_bundle import open_bundle
from core.signoff.verify import verify


@pytest.fixture(scope="module")
def wine() -> Study:
    return Study(load("sample:wine")).embed("table").group("kmeans:3")


@given(st.integers(1, 300), st.data())
def test_rows_survive_packing(n, data):
    rows = sorted(data.draw(st.sets(st.integers(0, n - 1))))
    assert unpack_rows(pack_rows(rows, n), n).tolist() == rows
    only = Only.of(np.array(rows, np.int64), n, "some", "ab")
    assert only.count == len(rows)
    assert Only.from_json(orjson.loads(orjson.dumps(asdict(only)))) == only


@pytest.mark.parametrize("packed", ["?", "AAAA", pack_rows([1], 100)])
def test_what_was_not_packed_is_refused(packed):
    with pytest.raises(RecipeError):
        unpack_rows(packed, 9)


def test_selection_filter_and_bans_meet(wine):
    data = wine.data
    rows = np.arange(0, 178, 2)
    study = wine.filter("alcohol > 13").within(rows, "even").ban([0, 2, 4])
    strong = data.frame["alcohol"].to_numpy() > 13
    by_hand = [row for row in rows if strong[row] and row not in (0, 2, 4)]
    assert study.eligible().tolist() == by_hand
    found = study.select("random", "50%")
    assert found.population == len(by_hand)
    assert set(found.rows.tolist()) <= set(by_hand)
    assert wine.eligible() is None


def test_the_digest_of_the_inputs_knows_the_selection(wine):
    def digest(study: Study) -> str:
        return study.described(study.inputs())

    one, two = wine.within(range(50), "a"), wine.within(range(60), "a")
    assert len({digest(wine), digest(one), digest(two)}) == 3
    assert digest(one) == digest(wine.within(range(50), "another name"))
    assert digest(wine) != digest(wine.with_(budget="500 magnesium"))


def test_a_recipe_without_a_selection_is_as_it_was(wine):
    old = Recipe(strategies=(Choice("random"),), where="x > 1").to_json()
    assert "only" not in old
    assert Recipe.from_json(old).only is None
    assert Recipe.from_json({**old, "only": None}).only is None


def test_a_recipe_keeps_its_selection(wine):
    recipe = wine.within([3, 5, 8], "three").recipe
    again = Recipe.from_json(orjson.loads(orjson.dumps(recipe.to_json())))
    assert again == recipe
    assert again.only is not None
    assert again.only.positions.tolist() == [3, 5, 8]
    assert recipe != wine.recipe


@pytest.mark.parametrize(
    "change",
    [
        {"count": 2},
        {"n": 0},
        {"n": "3"},
        {"count": True},
        {"rows": "?"},
        {"name": 1},
        {"surprise": 1},
    ],
)
def test_a_selection_that_does_not_fit_together_is_refused(change):
    good = Recipe(only=Only.of([1, 3, 5], 9, "odd", "ab")).to_json()
    assert Recipe.from_json(good).only is not None
    with pytest.raises(RecipeError):
        Recipe.from_json({**good, "only": {**good["only"], **change}})
    with pytest.raises(RecipeError):
        Recipe.from_json({**good, "only": {k: v for k, v in good["only"].items() if k != "rows"}})


def test_another_data_set_is_refused_in_words(wine):
    study = wine.within(range(9), "first nine")
    other = Study(load("sample:breast_cancer"), study.recipe.with_(features="table"))
    with pytest.raises(RecipeError, match="'first nine' does not belong to this data set"):
        other.select("random", 5)
    forged = replace(study.recipe.only, data=other.data.fingerprint.digest)
    with pytest.raises(RecipeError, match="does not belong"):
        other.with_(only=forged).eligible()


def test_a_bundle_of_a_saved_selection_verifies_and_runs_again(wine, tmp_path, capsys):
    study = wine.within(range(20, 120), "a hundred").with_(budget="1500 magnesium")
    chosen = study.select("k-center")
    assert chosen.population == 100
    out = study.export(chosen, tmp_path / "bundle")
    assert verify(open_bundle(out), "sample:wine").code == 0
    code = main(["run", str(out), "--data", "sample:wine", "--out", str(tmp_path / "again"), "--quiet"])
    assert code == 0
    first, second = (orjson.loads((p / "manifest.json").read_bytes()) for p in (out, tmp_path / "again"))
    assert first["selection"]["keys"] == second["selection"]["keys"]
    assert second["recipe"]["only"]["name"] == "a hundred"
    other = ["run", str(out), "--data", "sample:breast_cancer", "--out", str(tmp_path / "no"), "--quiet"]
    assert main(other) == 2
    assert "does not belong to this data set" in capsys.readouterr().err


def test_the_command_line_takes_a_cost(tmp_path, capsys):
    words = ["select", "sample:wine", "--strategy", "random", "--features", "table", "--groups", "kmeans:3"]
    out = tmp_path / "spent"
    assert main([*words, "--budget", "1,500 magnesium", "--out", str(out), "--json", "--quiet"]) == 0
    told = orjson.loads(capsys.readouterr().out)
    assert told["cost"]["asked"] == "1500 magnesium"
    assert told["cost"]["spent"] <= 1500
    assert main(["verify", str(out), "--data", "sample:wine", "--quiet"]) == 0
    capsys.readouterr()
    assert main([*words, "--budget", "5 nothing", "--out", str(tmp_path / "no"), "--quiet"]) == 2
    assert "no column 'nothing'" in capsys.readouterr().err
    assert main([*words, "--budget", "99 %%", "--out", str(tmp_path / "no"), "--quiet"]) == 2
    assert "neither % nor the name of a column" in capsys.readouterr().err


def test_the_command_line_compares_under_a_cost(tmp_path, capsys):
    words = ["compare", "sample:wine", "--strategies", "random,k-center", "--features", "table"]
    out = tmp_path / "compared"
    budget = ["--budget", "1500 magnesium", "--band", "9", "--out", str(out), "--quiet"]
    assert main([*words, *budget]) == 0
    assert "1,500 magnesium, about" in capsys.readouterr().out
    held = orjson.loads((out / "comparison.json").read_bytes())
    assert held["cost"] == {"asked": "1500 magnesium", "column": "magnesium"}
    assert "1,500 magnesium, about" in (out / "report.html").read_text()
    again = ["run", str(out / "comparison.json"), "--data", "sample:wine", "--out", str(tmp_path / "again")]
    assert main([*again, "--quiet"]) == 0
    second = orjson.loads((tmp_path / "again" / "comparison.json").read_bytes())
    ids = [[seed["ids"] for one in found["strategies"] for seed in one["seeds"]] for found in (held, second)]
    assert ids[0] == ids[1]


# ---- refusals say what is so -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop() -> Study:
    lines = [f"r{at:02d},{('de', 'en', 'fr')[at % 3]},{at}" for at in range(30)]
    return Study(load(("id,lang,price\n" + "\n".join(lines) + "\n").encode(), name="shop.csv")).group("")


def at(study: Study, *ids: str) -> list[int]:
    places = {name: row for row, name in enumerate(study.data.frame["id"])}
    return [places[name] for name in ids]


@pytest.mark.parametrize(
    ("change", "why", "do"),
    [
        (
            lambda s: s.filter("lang = 'xx'"),
            "lang holds 'de' (10), 'en' (10), 'fr' (10)",
            "a wider condition",
        ),
        (
            lambda s: s.filter("price > 99"),
            "no row meets 'price > 99'; price holds 0 to 29",
            "a wider condition",
        ),
        (lambda s: s.within([], "none"), "the saved selection 'none' is empty", "choose another"),
        (
            lambda s: s.within(at(s, "r00", "r01"), "two").filter("lang = 'fr'"),
            "no row of the saved selection 'two' meets the filter",
            "a wider filter",
        ),
        (lambda s: s.ban(range(30)), "all rows are banned", "lift a ban"),
        (
            lambda s: s.filter("price < 2").ban(at(s, "r00", "r01")),
            "all rows that are left by the filter or the saved selection are banned",
            "lift a ban",
        ),
    ],
)
def test_no_rows_left_says_which_choice_leaves_none(shop, change, why, do):
    for text in ("5", "10%", "40 price"):
        with pytest.raises(BudgetError) as told:
            change(shop).select("random", text)
        assert why in told.value.why
        assert do in told.value.do
        if do != "lift a ban":
            assert "ban" not in str(told.value)


@pytest.mark.parametrize(
    ("change", "why", "do"),
    [
        (lambda s: s.ban(at(s, "r07")), "r07 is banned", "unpin it, or lift the ban"),
        (
            lambda s: s.filter("price > 10"),
            "r07, r08 are left out by the filter",
            "choose from rows that hold them",
        ),
        (
            lambda s: s.within(at(s, "r08", "r09"), "two"),
            "r07 is not in the saved selection 'two'",
            "unpin it, or choose from rows that hold it",
        ),
        (
            lambda s: s.ban(at(s, "r07")).filter("price <> 8"),
            "r07 is banned; r08 is left out by the filter",
            "choose from rows that hold them",
        ),
    ],
)
def test_a_pinned_row_that_is_left_out_is_named_with_what_leaves_it_out(shop, change, why, do):
    pinned = shop.pin(at(shop, "r07", "r08"))
    for ask in (lambda s: s.select("random", 5), lambda s: s.compare(["random"], "50 price", band=9)):
        with pytest.raises(BudgetError, match=r"pinned rows? cannot be chosen") as told:
            ask(change(pinned))
        assert told.value.why == why
        assert do in told.value.do


def test_rows_without_ids_are_named_by_their_place_in_the_file():
    data = load(b"lang,price\nde,5\nen,3\n", name="plain.csv", id_column="")
    row = data.frame["price"].tolist().index(3)
    with pytest.raises(BudgetError, match="row 2 of the file is banned"):
        Study(data).group("").pin([row]).ban([row]).select("random", 1)
