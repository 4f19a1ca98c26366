import numpy as np
import pandas as pd
import pytest

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
