"""The one line that says what distances rest on, before features are made and after."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.features.basis import distances, feature_columns, method
from core.features.make import make_features
from core.features.spec import FeatureSpec
from core.foundation.artifact_store import Store
from core.model.dataset import Kind
from tests.core.features.toy import toy

BODY = [
    f"the {word} was late and nobody at the desk could say why" for word in ("parcel", "train", "plane")
] * 4
FRAME = pd.DataFrame(
    {
        "body": BODY,
        "x": np.arange(12.0),
        "same": 1,
        "kind = of": ["a", "b", "c"] * 4,
        "y": np.arange(12.0) ** 2,
        "on": pd.date_range("2020-01-01", periods=12),
        "label": list("ab") * 6,
    }
)
KINDS = {
    "body": Kind.TEXT,
    "x": Kind.NUMBER,
    "same": Kind.NUMBER,
    "kind = of": Kind.CATEGORY,
    "y": Kind.NUMBER,
    "on": Kind.TIME,
    "label": Kind.LABEL,
}


@pytest.mark.parametrize(
    ("asked", "before", "after"),
    [
        (
            "table",
            "3 number columns, 1 category column and 1 time column",
            "2 number columns, 1 category column and 1 time column",
        ),
        ("text:body", "TF-IDF of 'body'", "TF-IDF of 'body'"),
        (
            "text:body+table",
            "TF-IDF of 'body' (50%) and 3 number columns, 1 category column and 1 time column",
            "TF-IDF of 'body' (50%) and 2 number columns, 1 category column and 1 time column",
        ),
        ("vector:v", "the vectors 'v'", "the vectors 'v'"),
        ("auto", "the vectors 'v'", "the vectors 'v'"),
    ],
)
def test_the_line_before_and_after_features_are_made(tmp_path, asked, before, after):
    data = toy(FRAME, KINDS, vectors={"v": np.random.default_rng(0).normal(size=(12, 3))})
    spec = FeatureSpec.parse(asked, "tfidf")
    assert distances(spec, data) == before
    assert distances(spec, data, make_features(data, spec, Store(tmp_path))) == after


def test_the_model_is_named_before_it_is_loaded_as_it_names_itself(tmp_path):
    data = toy(FRAME, KINDS)
    spec = FeatureSpec.parse("text:body")
    told = distances(spec, data)
    assert told == "all-MiniLM-L6-v2 of 'body'"
    assert distances(spec, data, make_features(data, spec, Store(tmp_path))) == told
    assert method(FeatureSpec.parse("text:body", "some/model")) == "model"


@pytest.mark.parametrize(
    ("asked", "before", "after"),
    [
        ("table", {"x", "same", "kind = of", "y", "on"}, {"x", "kind = of", "y", "on"}),
        ("text:body", {"body"}, {"body"}),
        (
            "text:body+table",
            {"body", "x", "same", "kind = of", "y", "on"},
            {"body", "x", "kind = of", "y", "on"},
        ),
        ("vector:v", set(), set()),  # joined from a file: no column holds them
        ("auto", set(), set()),
    ],
)
def test_columns_that_features_are_made_of(tmp_path, asked, before, after):
    data = toy(FRAME, KINDS, vectors={"v": np.random.default_rng(0).normal(size=(12, 3))})
    spec = FeatureSpec.parse(asked, "tfidf")
    assert set(feature_columns(spec, data)) == before
    made = make_features(data, spec, Store(tmp_path))
    assert set(feature_columns(spec, data, made)) == after
