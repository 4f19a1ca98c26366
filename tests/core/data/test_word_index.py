"""Search by words: BM25 by the formula, every script, and one index kept."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data import word_index as module
from core.data.load import load
from core.data.word_index import word_index
from core.foundation.artifact_store import Store
from core.foundation.errors import Cancelled, ParameterError
from core.foundation.progress import Progress
from core.foundation.words import words
from core.model.dataset import Dataset

ALPHABET = ["late", "parcel", "refund", "the", "Straße", "STRASSE", "über", "退款", "ที่", "node_1", "a", "x86"]
TEXTS = st.lists(st.lists(st.sampled_from(ALPHABET), max_size=6).map(" ".join), min_size=1, max_size=8)


def data_of(texts: list[str], **more: list[str]) -> Dataset:
    return load(pd.DataFrame({"id": range(len(texts)), "body": [text or None for text in texts], **more}))


def by_formula(texts: list[list[str]], query: list[str]) -> list[float]:
    """BM25 as Lucene has it, text by text, with nothing of ours."""
    average = sum(map(len, texts)) / len(texts)
    scores = []
    for text in texts:
        score = 0.0
        for word in dict.fromkeys(query):
            held = sum(word in other for other in texts)
            idf = math.log(1 + (len(texts) - held + 0.5) / (held + 0.5))
            times = text.count(word)
            score += idf * times / (times + 1.2 * (1 - 0.75 + 0.75 * len(text) / average)) if times else 0.0
        scores.append(score)
    return scores


@settings(max_examples=60)
@given(TEXTS, st.lists(st.sampled_from(ALPHABET), min_size=1, max_size=3))
def test_scores_and_rows_are_those_of_the_formula(tmp_path_factory, texts, query):
    texts = [*texts, "late", "x y"]  # an all-empty column would be none of text
    data = data_of(texts)
    index = word_index(data, ["body"], Store(tmp_path_factory.mktemp("store")))
    split = [[word.casefold() for word in words(text)] for text in data.frame["body"].fillna("")]
    wanted = [word for text in query for word in words(text.casefold())]
    scores = by_formula([[word.casefold() for word in row] for row in split], wanted)
    rows, found = index.rank(" ".join(query), len(texts))
    order = sorted((row for row, score in enumerate(scores) if score), key=lambda row: (-scores[row], row))
    np.testing.assert_allclose(found, [scores[row] for row in rows], rtol=1e-12)
    np.testing.assert_allclose(found, [scores[row] for row in order], rtol=1e-12)
    assert set(rows.tolist()) == set(order)
    assert index.rank(" ".join(query), 1)[0].tolist() == rows[:1].tolist()
    holding = [row for row, text in enumerate(split) if set(wanted) <= set(text)]
    assert index.holding(" ".join(query)).tolist() == holding


def test_words_are_whole_words_without_regard_to_capitals_and_nothing_is_stemmed(tmp_path):
    texts = ["Parcels are LATE", "a parcel", "Die STRASSE", "die Straße", "退款没有到", "Größe x86"]
    data = data_of(texts)
    index = word_index(data, ["body"], Store(tmp_path))

    def ids(text: str) -> list[int]:
        return sorted(data.frame["id"].to_numpy()[index.holding(text)].tolist())

    assert ids("parcel") == [1]
    assert ids("late") == [0]
    assert ids("strasse") == ids("straße") == [2, 3]
    assert ids("退款") == [4]
    assert ids("grösse") == [5]  # as it is spelled in Switzerland, and in capitals
    assert ids("late parcel") == []
    assert ids("nowhere") == ids("parcel nowhere") == []
    for nothing in ("", " ", "?!"):
        for search in (index.holding, lambda text: index.rank(text, 5)):
            with pytest.raises(ParameterError, match="no word to search"):
                search(nothing)


def test_words_of_several_columns_count_together_and_missing_cells_hold_none(tmp_path):
    data = data_of(["late", "", "other"], title=["parcel", "late parcel", "parcel of words"])
    index = word_index(data, ["title", "body"], Store(tmp_path))
    assert sorted(data.frame["id"].to_numpy()[index.holding("late parcel")].tolist()) == [0, 1]
    assert index.lengths.sum() == 8


def test_ties_go_by_row_key_whatever_the_order_of_the_file(tmp_path):
    frame = pd.DataFrame({"id": range(30), "body": ["late parcel"] * 30})
    one, two = load(frame), load(frame.sample(frac=1, random_state=1))
    found = [
        data.frame["id"].to_numpy()[word_index(data, ["body"], Store(tmp_path)).rank("late", 7)[0]].tolist()
        for data in (one, two)
    ]
    assert found[0] == found[1] == one.frame["id"].tolist()[:7]


def test_one_index_is_kept_and_a_cancel_keeps_nothing(tmp_path, monkeypatch):
    data, store = data_of(["late parcel"] * 5 + ["refund"]), Store(tmp_path)

    class Stop:
        def is_set(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        word_index(data, ["body"], store, Progress(cancel=Stop()))
    assert store.entries() == []
    first = word_index(data, ["body", "body"], store)
    monkeypatch.setattr(module, "_arrays", None)  # nothing is made again
    again = word_index(data, ["body"], store)
    assert again.rank("late", 9)[0].tolist() == first.rank("late", 9)[0].tolist()
    assert len(store.entries()) == 1
