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

    lost, said = encode._unread(Model(), [[1, 2], [3]])
    assert not lost.any()
    assert said.tolist() == [2, 1]


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
        "The model does not know the script, or the signs, of 4 of 7 texts",
        "The model does not know most words of 1 of 7 texts",
    ]
    assert not make_features(load(frame(["one text", "another"])), spec, Store(tmp_path)).warnings


def test_what_befalls_texts_is_counted_out_of_all(tmp_path):
    long = "the parcel was late and nobody could say why " * 40
    texts = [f"a text number {at} about a parcel" for at in range(96)]
    told = make_features(
        load(frame([*texts, long + "one", long + "two", "ok ล่าช้า now", "ok ราคา now"])),
        FeatureSpec.parse("text:body"),
        Store(tmp_path),
    )
    assert (
        "2 of 100 texts are longer than the 256 tokens that the model reads: only the beginning counts."
        in (told.notes)
    )
    assert any(note.startswith("The model's vocabulary lacks 0.") for note in told.notes)
    assert any(
        note.startswith("4 of 100 texts share their vector with a text that says") for note in told.notes
    )
    assert not told.warnings


def test_many_texts_with_one_vector_are_a_warning(tmp_path):
    chance = np.random.default_rng(1)
    words = ["สวัสดี", "ล่าช้า", "ราคา", "บัตร"]
    texts = [f"order {chance.choice(words)} is {chance.choice(words)} late" for _ in range(30)]
    made = make_features(load(frame(texts)), FeatureSpec.parse("text:body"), Store(tmp_path))
    assert len(np.unique(made.matrix, axis=0)) == 1
    assert made.warnings[-1].startswith(
        "30 of 30 texts share their vector with a text that says something else"
    )
    assert made.warnings[-1] in made.notes


def test_capitals_and_known_words_make_no_copies(model):
    made = encode.encode(model, ["Hello 😭", "hello  😭", "one", "two", "One"], SILENT)
    assert made.alike == 0
    assert encode.encode(model, ["hello 😭", "hello 💔", "hello"], SILENT).alike == 2


def test_rows_without_known_words_are_a_warning_where_there_are_many(tmp_path):
    known = [f"a parcel number {at % 5} is late" for at in range(50)]
    for lost, warned in ((1, False), (10, True)):
        texts = known + [f"unique{at}word" for at in range(lost)]
        made = make_features(load(frame(texts)), FeatureSpec.parse("text:body", "tfidf"), Store(tmp_path))
        few = [note for note in made.notes if "none of the words that are counted" in note]
        assert len(few) == 1
        assert few[0].startswith(f"{lost} of {50 + lost} rows hold")
        assert (few[0] in made.warnings) == warned
