"""Texts in a script, or of signs, that the model's vocabulary has not: told, and no copies of each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.load import load
from core.features import encode, models
from core.features.make import make_features
from core.features.spec import FeatureSpec
from core.foundation.artifact_store import Store, digest
from core.foundation.progress import SILENT
from core.study.study import Study

THAI = ["สวัสดีขอบคุณ", "ล่าช้าลืม!", "จัดส่งราคา บัตร", "ใบเสร็จ, เสียหาย"]
EMOJI = ["😭", "💔 💔", "😀 🎉 🔥"]
KNOWN = ["refund please", "great 😀", "Где моя посылка?", "Où est-elle ?", "!!!", "", "  ", "42"]
PARTLY = ["ok ล่าช้า ใบเสร็จ จัดส่ง"]


@pytest.fixture(scope="module")
def model():
    return models.load_model(models.minilm_folder(), digest(dict(models.MINILM_HASHES)))


def test_only_texts_without_any_known_piece_lose_their_vector(model):
    texts = THAI + EMOJI + KNOWN + PARTLY
    made = encode.encode(model, texts, SILENT)
    dark = len(THAI) + len(EMOJI)
    assert not made.matrix[:dark].any()
    assert made.matrix[dark:].any(axis=1).all()
    assert (made.blind, made.partly, made.empty) == (dark, len(PARTLY), 2)


@settings(max_examples=15)
@given(
    st.lists(st.text("กขคงจฉชซญฐณดตถทธนบปผฝพฟมยรลวศษสหฬอฮ", min_size=3, max_size=8), min_size=1, max_size=6)
)
def test_every_row_counts_also_where_texts_repeat(model, texts):
    made = encode.encode(model, texts * 2 + ["hello"], SILENT)
    assert made.blind == int((~made.matrix.any(axis=1)).sum())
    assert made.blind % 2 == 0


def test_a_vocabulary_of_bytes_knows_everything(model):
    class Bytes:
        unk_token_id = None

    class Model:
        tokenizer = Bytes()

    blind, partly = encode._unread(Model(), [[1, 2], [3]])
    assert not blind.any()
    assert not partly.any()


def frame(texts):
    return pd.DataFrame({"id": [f"r{at:03}" for at in range(len(texts))], "body": texts})


def test_distinct_texts_stay_and_the_warning_comes_with_the_subset(tmp_path):
    chance = np.random.default_rng(0)
    texts = ["".join(chance.choice(["สวัสดี", "ล่าช้า", "ลืม", "ราคา"], 5)) for _ in range(40)]
    study = Study(load(frame(texts)), store=Store(tmp_path)).embed("text:body")
    found = study.select("semdedup", budget=30)
    assert len(found) == 30
    assert "The model does not know the script, or the signs, of 40 texts" in found.notes[0]
    assert found.notes[0] in study.features().notes
    other = study.embed("text:body", "tfidf").select("semdedup", budget=2)
    assert not any("script" in note for note in other.notes)


def test_the_warning_is_kept_with_the_features(tmp_path):
    data = load(frame([*THAI, *PARTLY, "a known text", "and one more"]))
    spec = FeatureSpec.parse("text:body")
    made = make_features(data, spec, Store(tmp_path))
    again = make_features(data, spec, Store(tmp_path))
    assert made.warnings == again.warnings
    assert [text.split(":")[0] for text in made.warnings] == [
        "The model does not know the script, or the signs, of 4 texts",
        "The model does not know most words of 1 more text",
    ]
    assert not make_features(load(frame(["one text", "another"])), spec, Store(tmp_path)).warnings
