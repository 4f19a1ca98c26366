"""The first map: of words, for looking only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.load import load
from core.foundation.artifact_store import Store
from core.study.study import Study

SAID = ["the parcel came late", "an invoice has another sum", "my password does not work"]


def study(texts: list[str], tmp_path: Path, **columns: list[object]) -> Study:
    frame = pd.DataFrame({"id": [f"r{at:03}" for at in range(len(texts))], "body": texts, **columns})
    roles = {"body": "text", **dict.fromkeys(columns, "number")}
    return Study(load(frame, id_column="id", roles=roles), store=Store(tmp_path)).embed("text:body")


def test_texts_of_the_same_words_lie_together(tmp_path: Path) -> None:
    one = study([f"{SAID[at % 3]} {at // 30}" for at in range(90)], tmp_path)
    made = one.first_map()
    assert made is not None
    assert made.method == "words"
    assert made.xy.shape == (90, 2)
    assert np.isfinite(made.xy).all()
    said = [str(text).rsplit(" ", 1)[0] for text in one.data.frame["body"]]
    centre = {words: made.xy[[text == words for text in said]].mean(axis=0) for words in SAID}
    nearest = [min(SAID, key=lambda words: float(((xy - centre[words]) ** 2).sum())) for xy in made.xy]
    assert nearest == said


def test_nothing_that_draws_or_measures_is_made_with_it(tmp_path: Path) -> None:
    one = study([f"{SAID[at % 3]} {at}" for at in range(30)], tmp_path)
    made = one.first_map()
    assert made is not None
    assert not one.has("features")
    assert not one.has("groups")
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"layout"}
    again = Study(one.data, one.recipe, store=one.store).first_map()
    assert again is not None
    assert again.key == made.key
    other = one.with_(embedder="tfidf").layout("pca")
    assert other.key != made.key


def test_without_words_the_table_is_shown_and_without_columns_nothing(tmp_path: Path) -> None:
    signs = ["?" * (1 + at % 5) for at in range(20)]
    numbers: list[object] = [float(at) for at in range(20)]
    made = study(signs, tmp_path, price=numbers, size=numbers[::-1]).first_map()
    assert made is not None
    assert made.method == "table"
    assert "no words" in made.notes[0]
    assert study(signs, tmp_path).first_map() is None


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_texts(n: int, tmp_path: Path) -> None:
    made = study(SAID[:n], tmp_path).first_map()
    assert made is not None
    assert made.xy.shape == (n, 2)
