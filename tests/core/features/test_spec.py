import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.features.declaration import EMBEDDERS
from core.features.spec import FeatureSpec, resolve
from core.foundation.errors import ColumnError, FeatureError, ParameterError
from core.model.dataset import Kind
from tests.core.features.toy import toy


@pytest.mark.parametrize(
    "text", ["auto", "table", "text:body", "text:body+table", "vector:v", "some/file.npy", "text:a:b"]
)
def test_the_command_line_form_and_json_round_trip(text):
    spec = FeatureSpec.parse(text, "tfidf")
    assert spec.text == text
    assert FeatureSpec(**spec.to_json()) == spec


@pytest.mark.parametrize("text", ["", "text:", "vector", "picture", "text"])
def test_forms_that_do_not_exist(text):
    with pytest.raises(ParameterError, match="text:COLUMN"):
        FeatureSpec.parse(text)


def test_pictures_are_refused_by_name():
    with pytest.raises(ParameterError, match=r"pictures are not read yet.*FILE\.npy"):
        FeatureSpec.parse("image:x")


@pytest.mark.parametrize(
    "body",
    [
        {"source": "x"},
        {"weight": 1},
        {"weight": True},
        {"metric": "l1"},
        {"source": "text"},
    ],
)
def test_a_recipe_that_is_broken(body):
    with pytest.raises(ParameterError):
        FeatureSpec(**body)


def test_the_file_to_join():
    assert FeatureSpec.parse("a/b.npy").file == "a/b.npy"
    assert FeatureSpec.parse("vector:v").file is None


LONG = "a text that is long enough to be embedded"


def test_auto_takes_vectors_then_long_text_then_the_table_and_says_why():
    frame = pd.DataFrame({"body": [LONG] * 3, "code": ["ab", "cd", "ef"], "x": [1.0, 2, 3]})
    kinds = {"body": Kind.TEXT, "code": Kind.TEXT, "x": Kind.NUMBER}
    spec = resolve(FeatureSpec(), toy(frame, kinds, vectors={"v": np.eye(3)}))
    assert (spec.source, spec.column) == ("vector", "v")
    assert "vectors" in spec.reason
    spec = resolve(FeatureSpec(), toy(frame, kinds))
    assert (spec.source, spec.column) == ("text", "body")
    spec = resolve(FeatureSpec(), toy(frame[["code", "x"]], kinds))
    assert spec.source == "table"
    spec = resolve(FeatureSpec(), toy(frame[["code"]], kinds))
    assert (spec.source, spec.column) == ("text", "code")
    with pytest.raises(FeatureError, match="nothing to make features"):
        resolve(FeatureSpec(), toy(frame[["x"]], {"x": Kind.LABEL}))


TITLES = ["Heat", "Star Wars", "The Lord of the Rings", "Alien", "The Great Escape"]


@pytest.mark.parametrize(
    ("texts", "chosen"),
    [
        (TITLES, False),
        (["a b c d e f", "g h i j k l", "m"], True),  # six words
        (["one two three four five"] * 3, False),
        (["x" * 39, "x" * 39, "y" * 400], False),  # the median counts, not one long cell
        (["x" * 40, "x" * 40, ""], True),
        (["a longer text that would do very well alone", None, None, "   "], False),
        (["ที่นี่มีหนังสือ", "พัสดุมาถึงช้ามาก", "ขอเงินคืนด่วนที่สุด"], False),
        (["ฉันสั่งซื้อหนังสือเมื่อวานนี้แต่พัสดุยังไม่มาถึงบ้าน"] * 3, True),
        (["星球大战", "教父", "肖申克的救赎"], False),
        (["我上周订的包裹还没有到，请尽快退款给我。"] * 3, True),
        (["👩‍👩‍👧" * 10] * 3, False),  # ten signs, of five code points each
    ],
)
def test_only_texts_of_real_length_are_taken_unasked(texts, chosen):
    n = len(texts)
    frame = pd.DataFrame({"title": texts, "x": np.arange(n), "c": ["a", "b"] * (n // 2) + ["a"] * (n % 2)})
    kinds = {"title": Kind.TEXT, "x": Kind.NUMBER, "c": Kind.CATEGORY}
    spec = resolve(FeatureSpec(), toy(frame, kinds))
    assert (spec.source == "text") == chosen, spec.reason
    assert "'title' is" in spec.reason
    assert ("so the table's columns are used" in spec.reason) != chosen
    assert resolve(FeatureSpec(), toy(frame[["title"]], {"title": Kind.TEXT})).source == "text"


def test_the_choice_says_how_short_the_longest_text_is():
    frame = pd.DataFrame({"title": TITLES, "by": ["a", "b", "c", "d", "e"], "x": range(5)})
    kinds = {"title": Kind.TEXT, "by": Kind.TEXT, "x": Kind.NUMBER}
    assert resolve(FeatureSpec(), toy(frame, kinds)).reason == (
        "'title', the longest text, is short (median 9 characters, 2 words), so the table's columns are used"
    )
    del kinds["by"]
    assert resolve(FeatureSpec(), toy(frame[["title", "x"]], kinds)).reason.startswith(
        "'title' is short (med"
    )
    assert resolve(FeatureSpec(), toy(frame[["x"]], {"x": Kind.NUMBER})).reason == (
        "there is no text, and the table has 1 number column"
    )


@given(st.permutations(range(40)), st.booleans(), st.integers(0, 9))
def test_the_choice_depends_on_no_order(order, turned, seed):
    chance = np.random.default_rng(seed)
    lengths = chance.integers(1, 12, (2, 40))
    frame = pd.DataFrame(
        {f"t{at}": ["word " * k for k in row] for at, row in enumerate(lengths)} | {"x": range(40)}
    )
    kinds = {"t0": Kind.TEXT, "t1": Kind.TEXT, "x": Kind.NUMBER}
    other = frame.iloc[list(order), :: -1 if turned else 1].reset_index(drop=True)
    a = resolve(FeatureSpec(), toy(frame, kinds))
    b = resolve(FeatureSpec(), toy(other, kinds, ids=list(order)))
    assert (a, a.reason) == (b, b.reason)


def test_nothing_to_measure_says_which_columns_never_vary():
    frame = pd.DataFrame({"x": [1, 2, 3], "same": ["a"] * 3})
    with pytest.raises(FeatureError, match="the same value stands in every row of same"):
        resolve(FeatureSpec(), toy(frame, {"x": Kind.LABEL, "same": Kind.IGNORE}))
    with pytest.raises(FeatureError, match="every column holds the same value in all rows"):
        resolve(FeatureSpec(), toy(frame[["same"]], {"same": Kind.IGNORE}))


def test_a_text_column_that_does_not_exist():
    with pytest.raises(ColumnError, match="'nothing'"):
        resolve(FeatureSpec.parse("text:nothing"), toy(pd.DataFrame({"x": [1]}), {}))


def test_every_embedder_is_fully_declared():
    assert EMBEDDERS.ids() == ["minilm", "tfidf", "sentence-transformers"]
    for embedder in EMBEDDERS:
        assert all((embedder.label, embedder.sentence, embedder.cost, embedder.when, embedder.when_not))
        assert embedder.reference.cite()
        assert embedder.needs == {"text"}


def test_parameters_of_an_embedder_are_checked():
    with pytest.raises(ParameterError, match="dimensions"):
        FeatureSpec("text", "a", "tfidf", {"dimensions": 0}).chosen()
