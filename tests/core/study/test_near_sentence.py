"""Rows nearest to a typed sentence: the same on the command line, in Python, in recipes and in bundles."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import orjson
import pandas as pd
import pytest

from core.cli.main import main
from core.data.load import load
from core.data.row_ids import keys_of
from core.features import lexical
from core.features.make import ENCODER
from core.features.sentence import KIND
from core.foundation.artifact_store import Store
from core.foundation.errors import BudgetError, FeatureError
from core.model.recipe import Choice, Recipe
from core.model.row_conditions import Near, NearText
from core.model.saved_rows import Only
from core.notebook import Study
from core.signoff.open_bundle import open_bundle
from core.signoff.verify import verify
from core.study.matching_rows import matching_rows
from core.study.recipe_on_data import RecipeOnData

WORDS = [
    "late",
    "parcel",
    "refund",
    "broken",
    "screen",
    "invoice",
    "twice",
    "login",
    "password",
    "slow",
    "app",
]
SENTENCE = "refund for a late parcel"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "id": range(150),
            "body": [" ".join(rng.choice(WORDS, 7)) for _ in range(150)],
            "days": rng.integers(0, 9, 150),
            "cost": rng.integers(1, 9, 150),
        }
    )
    place = tmp_path_factory.mktemp("data") / "tickets.csv"
    frame.to_csv(place, index=False)
    return place


@pytest.fixture(scope="module")
def study(path) -> Study:
    return Study(load(path)).embed("text:body", "tfidf").group("kmeans:3")


def by_hand(study: Study, text: str, count: int) -> list[int]:
    """The space of words fitted here on the texts of the data, and a plain sort."""

    def silent(done: float, total: float, message: str = "") -> None:
        return None

    space = lexical.fit(study.data.frame["body"].tolist(), 128, 50_000, silent)
    vectors = space.transform(study.data.frame["body"].tolist()).astype(np.float64)
    point = space.transform([text])[0].astype(np.float64)
    gaps = (((vectors - point) ** 2).sum(axis=1) / 2).round(12)
    return sorted(range(len(gaps)), key=lambda row: (gaps[row], row))[:count]


def test_the_rows_are_those_of_a_space_fitted_by_hand(study):
    near = study.near_text(Near(SENTENCE, 25))
    assert near.tolist() == by_hand(study, SENTENCE, 25)
    assert study.near(SENTENCE, 25).eligible().tolist() == sorted(near.tolist())
    assert matching_rows(study, [NearText(Near(SENTENCE, 25))]).rows.tolist() == sorted(near.tolist())
    texts = study.data.frame["body"]
    assert study.near_text(Near(texts[17], 1)).tolist() == [int(np.flatnonzero(texts == texts[17])[0])]


def test_filter_sentence_bans_and_selection_meet(study):
    near = set(study.near_text(Near(SENTENCE, 60)).tolist())
    some = study.near(SENTENCE, 60).filter("days > 2").within(range(120), "most").ban([3])
    days = study.data.frame["days"]
    by_loop = [row for row in range(120) if row in near and days[row] > 2 and row != 3]
    assert some.eligible().tolist() == by_loop
    chosen = some.select("random", "50%")
    assert chosen.population == len(by_loop)
    assert set(chosen.rows.tolist()) <= set(by_loop)


def test_the_digest_of_the_inputs_knows_the_sentence(study):
    def digest(one: Study) -> str:
        return one.described(one.inputs())

    made = [study, study.near(SENTENCE, 60), study.near(SENTENCE, 61), study.near("slow app", 60)]
    assert len({digest(one) for one in made}) == 4


def test_features_and_groups_are_those_of_all_rows(study):
    near = study.near(SENTENCE, 20)
    assert near.features().key == study.features().key
    assert np.array_equal(near.groups().codes, study.groups().codes)


def test_pins_outside_and_nobody_left_are_told(study):
    far = by_hand(study, SENTENCE, 150)[-1]
    with pytest.raises(BudgetError, match="not among the 20 rows nearest to “refund for a late parcel”"):
        study.near(SENTENCE, 20).pin([far]).select("random", 5)
    both = study.near(SENTENCE, 2)
    with pytest.raises(BudgetError, match=r"all rows of the 2 rows nearest .* are banned"):
        both.ban(both.eligible()).select("random", 1)
    with pytest.raises(BudgetError, match="left out by the filter"):
        both.within([far], "far").select("random", 1)


@pytest.mark.parametrize(
    ("features", "embedder", "why"),
    [
        ("table", "tfidf", "of the table's columns"),
        ("text:body+table", "tfidf", "join a text with the table's columns"),
        ("vector:v", "tfidf", "came with the data"),
    ],
)
def test_features_that_are_not_of_text_alone_say_so(path, features, embedder, why):
    vectors = {"v": np.random.default_rng(0).normal(size=(150, 4)).astype(np.float32)}
    study = Study(load(path, vectors=vectors)).embed(features, embedder)
    with pytest.raises(FeatureError, match=why):
        study.near(SENTENCE, 5).eligible()


def test_a_sentence_without_a_known_word_is_refused(study):
    with pytest.raises(FeatureError, match="know no word"):
        study.near("zzz qqq", 5).eligible()


def test_what_tfidf_learned_is_kept_and_read_again(path, tmp_path, monkeypatch):
    data, store = load(path), Store(tmp_path)
    first = Study(data, store=store).embed("text:body", "tfidf")
    first.features()
    fit = lexical.fit
    monkeypatch.setattr(lexical, "fit", None)  # nothing is learned again
    again = Study(data, store=store).embed("text:body", "tfidf")
    near = again.near_text(Near(SENTENCE, 9)).tolist()
    store.drop(ENCODER, again.features().key)
    kept = Study(data, store=store).embed("text:body", "tfidf")
    assert kept.near_text(Near(SENTENCE, 9)).tolist() == near  # the sentence itself is kept too
    monkeypatch.setattr(lexical, "fit", fit)
    other = Study(data, store=store).embed("text:body", "tfidf")
    assert other.near_text(Near(SENTENCE + " ", 9)).tolist() == near  # learned again, and kept
    assert store.has(ENCODER, other.features().key)


def test_a_space_that_is_not_that_of_the_features_is_refused(path, tmp_path, monkeypatch):
    data, store = load(path), Store(tmp_path)
    study = Study(data, store=store).embed("text:body", "tfidf")
    store.drop(ENCODER, study.features().key)
    fit = lexical.fit

    def turned(*given):
        made = fit(*given)
        return lexical.Lexical(made.vocabulary, made.idf, made.components[::-1].copy())

    monkeypatch.setattr(lexical, "fit", turned)
    with pytest.raises(FeatureError, match="another version"):
        Study(data, store=store).embed("text:body", "tfidf").near(SENTENCE, 5).eligible()


def test_the_command_line_gives_the_same_rows(study, path, tmp_path, capsys):
    base = ["select", str(path), "--strategy", "random", "--budget", "100%", "--json", "--quiet"]
    base += ["--features", "text:body", "--embedder", "tfidf", "--groups", "kmeans:3"]

    def ids(*more: str) -> list[int]:
        out = tmp_path / f"out{len(list(tmp_path.iterdir()))}"
        assert main([*base, "--out", str(out), *more]) == 0
        return sorted(orjson.loads(capsys.readouterr().out)["ids"])

    def of(one: Study) -> list[int]:
        return sorted(one.data.frame["id"].to_numpy()[one.eligible()].tolist())

    assert ids("--near", SENTENCE, "--near-rows", "30") == of(study.near(SENTENCE, 30))
    assert ids("--near", SENTENCE) == of(study.near(SENTENCE, 1_000))
    where = ids("--near", SENTENCE, "--near-rows", "30", "--where", "days > 3")
    assert where == of(study.near(SENTENCE, 30).filter("days > 3"))

    named = np.array([3, 9, 40])
    only = Only.of(named, 150, "three", study.data.fingerprint.digest)
    wanted = sorted(study.data.frame["id"].to_numpy()[named].tolist())
    files = {
        "ids.txt": "\n".join(map(str, wanted)),
        "ids.json": orjson.dumps(wanted).decode(),
        "rows.jsonl": "\n".join(orjson.dumps({"id": one}).decode() for one in wanted),
        "rows.csv": "id,other\n" + "\n".join(f"{one},x" for one in wanted),
        "keys.csv": "aliquot_key\n" + "\n".join(keys_of(study.data, named)),
        "selection.json": orjson.dumps(asdict(only)).decode(),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        assert ids("--only", str(tmp_path / name)) == wanted, name


def test_wrong_options_are_refused_in_one_line(path, tmp_path, capsys):
    base = ["select", str(path), "--strategy", "random", "--budget", "5", "--out", str(tmp_path / "out")]
    other = Only.of([1], 150, "other", "ab" * 16)
    (tmp_path / "other.json").write_bytes(orjson.dumps(asdict(other)))
    (tmp_path / "torn.json").write_bytes(orjson.dumps({**asdict(other), "count": 5}))
    for more, why in (
        (["--near-rows", "5"], "there is no sentence"),
        (["--near", " "], "sentence is empty"),
        (["--near", "x", "--near-rows", "0"], "cannot be the nearest"),
        (["--near", "late", "--features", "table"], "of the table's columns"),
        (["--only", str(tmp_path / "other.json")], "does not belong to this data set"),
        (["--only", str(tmp_path / "torn.json")], "its count is wrong"),
        (["--only", str(tmp_path / "nowhere.csv")], "nowhere.csv"),
    ):
        assert main([*base, *more, "--quiet"]) == 2
        said = capsys.readouterr().err
        assert why in said
        assert said.count("\n") == 1


def test_a_bundle_records_where_the_sentence_lies_and_verifies(study, path, tmp_path, monkeypatch, capsys):
    chosen = study.near(SENTENCE, 40).with_(budget="60 cost")
    out = chosen.export(chosen.select("k-center"), tmp_path / "bundle")
    manifest = orjson.loads((out / "manifest.json").read_bytes())
    assert manifest["recipe"]["near"] == {"text": SENTENCE, "rows": 40}
    assert np.array_equal(np.array(manifest["near"]["vector"], np.float32), study.sentence(SENTENCE))
    found = verify(open_bundle(out), str(path))
    assert (found.code, {check.name: check.status for check in found.checks}["sentence"]) == (0, "holds")
    assert SENTENCE in (out / "report.html").read_text()
    code = main(["run", str(out), "--data", str(path), "--out", str(tmp_path / "again"), "--quiet"])
    assert code == 0
    capsys.readouterr()
    again = orjson.loads((tmp_path / "again" / "manifest.json").read_bytes())
    assert again["selection"]["keys"] == manifest["selection"]["keys"]
    plain = study.export(study.select("random", 5), tmp_path / "plain")
    assert "near" not in orjson.loads((plain / "manifest.json").read_bytes())


def test_a_bundle_is_replayed_from_the_record_where_the_sentence_cannot_be_embedded(
    study, path, tmp_path, monkeypatch
):
    chosen = study.near(SENTENCE, 40)
    out = chosen.export(chosen.select("random", 9), tmp_path / "bundle")

    def gone(*given: object) -> lexical.Lexical:
        raise FeatureError("There are no words here")

    monkeypatch.setattr(lexical, "fit", gone)
    found = verify(open_bundle(out), str(path), features="none", store=Store(tmp_path / "store"))
    told = {check.name: check.status for check in found.checks}
    assert (found.code, told["replay"], told["sentence"]) == (0, "holds", "not checked")


def test_a_recorded_sentence_that_is_another_is_found(study, path, tmp_path):
    from core.signoff.manifest import dump, sealed

    chosen = study.near(SENTENCE, 40)
    out = chosen.export(chosen.select("random", 9), tmp_path / "bundle")
    body = orjson.loads((out / "manifest.json").read_bytes())
    body["near"]["vector"] = study.sentence("slow app").tolist()
    body.pop("digest")
    (out / "manifest.json").write_bytes(dump(sealed(body)))
    found = verify(open_bundle(out), str(path))
    assert {check.name: check.status for check in found.checks}["sentence"] == "differs"
    assert found.code == 1


def test_a_recipe_alone_does_not_know_features():
    bare = RecipeOnData(load("sample:wine"), Recipe(near=Near("x", 5), strategies=(Choice("random"),)))
    with pytest.raises(NotImplementedError):
        bare.eligible()
    assert KIND == "sentence"
