from threading import Event

import numpy as np
import pandas as pd
import pytest

import core.features.declaration as declaration
from core.features import lexical
from core.features.make import features_key, make_features, make_target, texts_of
from core.features.spec import FeatureSpec
from core.foundation.artifact_store import Store
from core.foundation.errors import Cancelled, ColumnError, FeatureError
from core.foundation.progress import Progress
from core.model.dataset import Kind
from tests.core.features.toy import toy

WORDS = ["red blue green", "cat dog horse", "apple pear plum"]


def sentences(n=60):
    rng = np.random.default_rng(0)
    return [" ".join(rng.choice(WORDS[at % 3].split(), 4)) + f" {at % 7} item" for at in range(n)]


def both(n=60):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"body": sentences(n), "x": rng.normal(size=n), "c": rng.choice(["a", "b"], n)})
    return frame, {"body": Kind.TEXT, "x": Kind.NUMBER, "c": Kind.CATEGORY}


@pytest.mark.parametrize("text", ["text:body", "table", "text:body+table", "vector:v"])
def test_row_order_and_column_order_change_no_bit(tmp_path, text):
    frame, kinds = both()
    vectors = {"v": np.random.default_rng(2).normal(size=(60, 5))}
    spec = FeatureSpec.parse(text, "tfidf")
    plain = toy(frame, kinds, vectors=vectors)
    shuffle = np.random.default_rng(3).permutation(60)
    other = toy(
        frame.iloc[shuffle, ::-1].reset_index(drop=True),
        kinds,
        ids=shuffle.tolist(),
        vectors={"v": vectors["v"][shuffle]},
    )
    assert np.array_equal(plain.keys, other.keys)
    a = make_features(plain, spec, Store(tmp_path / "a"))
    b = make_features(other, spec, Store(tmp_path / "b"))
    assert a.key == b.key
    assert a.matrix.tobytes() == b.matrix.tobytes()


@pytest.mark.parametrize("text", ["text:body", "table", "text:body+table", "vector:v"])
def test_features_keep_their_contract_and_come_back_from_the_store(tmp_path, text):
    frame, kinds = both()
    data = toy(frame, kinds, vectors={"v": np.random.default_rng(2).normal(size=(60, 5))})
    store = Store(tmp_path)
    made = make_features(data, FeatureSpec.parse(text, "tfidf"), store)
    assert made.matrix.dtype == np.float32
    assert made.matrix.flags.c_contiguous
    assert not made.matrix.flags.writeable
    assert len(made.matrix) == 60
    assert np.isfinite(made.matrix).all()
    if made.metric == "cosine":
        np.testing.assert_allclose(np.linalg.norm(made.matrix, axis=1), 1, rtol=1e-6)
    assert made.names == () or len(made.names) == made.matrix.shape[1]
    assert made.label
    assert made.notes
    assert made.made_by
    again = make_features(data, FeatureSpec.parse(text, "tfidf"), store)
    assert (again.key, again.notes, again.label) == (made.key, made.notes, made.label)
    kinds = sorted(folder.parents[1].name for _, _, folder in store.entries())
    # What TF-IDF learned from a text is kept for one sentence more.
    assert kinds == (["encoder", "features"] if text == "text:body" else ["features"])


def test_text_and_table_share_squared_distances_by_the_weight(tmp_path):
    frame, kinds = both()
    data = toy(frame, kinds)
    spec = FeatureSpec("text+table", "body", "tfidf", weight=0.8)
    made = make_features(data, spec, Store(tmp_path))
    variance = made.matrix.astype(np.float64).var(axis=0)
    table = len([name for name in made.names if name == "x" or name.startswith("c = ")])
    assert variance.sum() == pytest.approx(1, rel=1e-5)
    assert variance[:-table].sum() == pytest.approx(0.8, rel=1e-5)
    assert made.metric == "euclidean"


@pytest.mark.parametrize("text", ["text:body", "table", "text:body+table"])
def test_a_target_of_the_same_rows_has_the_same_features(tmp_path, text):
    frame, kinds = both()
    data, store = toy(frame, kinds), Store(tmp_path)
    spec = FeatureSpec.parse(text, "tfidf")
    made = make_features(data, spec, store)
    part = toy(frame.iloc[:10], {**kinds, "x": Kind.LABEL}, ids=list(range(10)))
    target = make_target(data, made, spec, part, store)
    where = {key.tobytes(): at for at, key in enumerate(data.keys)}
    rows = [where[key.tobytes()] for key in part.keys]
    np.testing.assert_allclose(target.features, made.matrix[rows], atol=1e-6)
    assert (target.texts is None) == (text == "table")
    assert target.digest == part.fingerprint.digest


def test_a_target_with_other_columns_or_other_vectors(tmp_path):
    frame, kinds = both()
    data, store = toy(frame, kinds, vectors={"v": np.eye(60)}), Store(tmp_path)
    made = make_features(data, FeatureSpec.parse("table"), store)
    with pytest.raises(ColumnError, match="'c'"):
        make_target(data, made, FeatureSpec.parse("table"), toy(frame[["x"]], kinds), store)
    made = make_features(data, FeatureSpec.parse("vector:v"), store)
    other = toy(frame, kinds, vectors={"v": np.eye(60)[:, :7]})
    with pytest.raises(FeatureError, match="7 numbers"):
        make_target(data, made, FeatureSpec.parse("vector:v"), other, store)


@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf, 1e300])
def test_vectors_with_holes_are_refused_with_their_rows(tmp_path, hole):
    x = np.random.default_rng(0).normal(size=(20, 3))
    x[4, 1] = x[11, 0] = hole
    data = toy(pd.DataFrame({"i": range(20)}), {}, vectors={"v": x})
    with pytest.raises(FeatureError, match="2 of 20 vectors") as caught:
        make_features(data, FeatureSpec.parse("vector:v"), Store(tmp_path))
    assert caught.value.why == "rows 5, 12"


def column_of(values):
    return toy(pd.DataFrame({"v": pd.Series(values, dtype=object)}), {"v": Kind.VECTOR})


def test_vectors_in_a_column(tmp_path):
    data = column_of([[3.0, 4.0], np.array([1, 0]), (0.0, 0.0)])
    made = make_features(data, FeatureSpec(), Store(tmp_path))
    rows = np.argsort(data.order)
    np.testing.assert_allclose(made.matrix[rows], [[0.6, 0.8], [1, 0], [0, 0]], rtol=1e-6)
    assert "1 vector has length zero" in " ".join(made.notes)
    raw = make_features(data, FeatureSpec("vector", "v", metric="euclidean"), Store(tmp_path))
    np.testing.assert_allclose(raw.matrix[rows], [[3, 4], [1, 0], [0, 0]])


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ([[1.0, 2.0], [1.0, 2.0], [1.0]], "different lengths"),
        ([[1.0], None, [2.0]], "1 of 3 rows has no vector"),
        ([[1.0], "a", [2.0]], "has no vector"),
        ([[1.0], [[1.0]], [2.0]], "has no vector"),
    ],
)
def test_columns_of_vectors_that_are_not_usable(tmp_path, values, match):
    with pytest.raises(FeatureError, match=match):
        make_features(column_of(values), FeatureSpec.parse("vector:v"), Store(tmp_path))


def test_vectors_that_do_not_exist(tmp_path):
    with pytest.raises(FeatureError, match="'w'") as caught:
        make_features(column_of([[1.0]]), FeatureSpec.parse("vector:w"), Store(tmp_path))
    assert "'v'" in caught.value.why


def test_missing_and_empty_texts_count_as_empty_and_are_told(tmp_path):
    data = toy(pd.DataFrame({"t": ["a cat\r\nsat", None, "", "a cat\nsat"]}), {"t": Kind.TEXT})
    spec = FeatureSpec.parse("text:t", "tfidf")
    texts = texts_of(data, spec)
    rows = np.argsort(data.order)
    assert [texts[row] for row in rows] == ["a cat\nsat", "", "", "a cat\nsat"]
    made = make_features(data, spec, Store(tmp_path))
    assert np.array_equal(made.matrix[rows[0]], made.matrix[rows[3]])
    assert not made.matrix[rows[1]].any()
    told = " ".join(made.notes)
    assert "1 row has no t" in told
    assert "2 of 4 rows hold none of the words that are counted" in told
    assert made.warnings == (made.notes[0],)
    assert texts_of(data, FeatureSpec.parse("table")) is None


@pytest.mark.parametrize("values", [[None, ""], ["", "  "]])
def test_a_column_without_text(tmp_path, values):
    data = toy(pd.DataFrame({"t": values}), {"t": Kind.TEXT})
    with pytest.raises(FeatureError, match="holds no text"):
        make_features(data, FeatureSpec.parse("text:t", "tfidf"), Store(tmp_path))


def test_texts_without_words_and_one_row(tmp_path):
    with pytest.raises(FeatureError, match="no words"):
        make_features(
            toy(pd.DataFrame({"t": ["!", "?"]}), {"t": Kind.TEXT}),
            FeatureSpec.parse("text:t", "tfidf"),
            Store(tmp_path),
        )
    data = toy(pd.DataFrame({"t": ["one single row of words"]}), {"t": Kind.TEXT})
    assert make_features(data, FeatureSpec.parse("text:t", "tfidf"), Store(tmp_path)).matrix.shape[0] == 1


def test_texts_that_are_all_the_same_cannot_be_joined(tmp_path):
    frame = pd.DataFrame({"t": ["same words here"] * 4, "x": [1.0, 2, 3, 4]})
    data = toy(frame, {"t": Kind.TEXT, "x": Kind.NUMBER})
    with pytest.raises(FeatureError, match="cannot be joined"):
        make_features(data, FeatureSpec("text+table", "t", "tfidf"), Store(tmp_path))


def test_settings_and_content_change_the_key_and_nothing_else_does(tmp_path):
    frame, kinds = both()
    store = Store(tmp_path)

    def key(data, spec):
        return make_features(data, spec, store).key

    data = toy(frame, kinds)
    base = key(data, FeatureSpec("text", "body", "tfidf"))
    assert base == key(data, FeatureSpec("text", "body", "tfidf", reason="because"))
    assert base == key(toy(frame[["body"]], kinds), FeatureSpec("text", "body", "tfidf"))
    assert base != key(data, FeatureSpec("text", "body", "tfidf", params={"dimensions": 3}))
    edited = frame.copy()
    edited.loc[5, "body"] = "another text"
    assert base != key(toy(edited, kinds), FeatureSpec("text", "body", "tfidf"))
    table = key(data, FeatureSpec("table"))
    assert table != key(toy(frame, {**kinds, "c": Kind.LABEL}), FeatureSpec("table"))


def test_a_cancel_stores_nothing(tmp_path):
    frame, kinds = both()
    cancel = Event()
    cancel.set()
    store = Store(tmp_path)
    with pytest.raises(Cancelled):
        make_features(
            toy(frame, kinds), FeatureSpec.parse("text:body", "tfidf"), store, Progress(cancel=cancel)
        )
    assert store.entries() == []


def test_an_incomplete_declaration_is_refused():
    with pytest.raises(TypeError, match="when is empty"):
        declaration.declare(
            id="x",
            version=1,
            label="x",
            sentence="x",
            identity=lambda p: {},
            packages=(),
            rate=1.0,
            cost="x",
            when="",
            when_not="x",
            reference=None,
            registry=declaration.Registry("embedder"),
        )(lambda texts, progress, /: None)


@pytest.mark.parametrize(
    ("text", "other"), [("table", True), ("text:body+table", True), ("text:body", False)]
)
def test_features_of_a_table_that_were_made_otherwise_are_not_taken(tmp_path, monkeypatch, text, other):
    spec, data = FeatureSpec.parse(text, "tfidf"), toy(*both())
    now = make_features(data, spec, Store(tmp_path)).key
    monkeypatch.setattr("core.features.make.TABLE_VERSION", 1)
    assert (make_features(data, spec, Store(tmp_path)).key != now) == other


def test_tfidf_tells_texts_of_any_script_apart_by_whole_words():
    late = ["พัสดุมาถึงช้า", "ของพัสดุช้ามาก", "包裹还没有到", "我的包裹没到", "पार्सल नहीं आया", "मेरा पार्सल देर से आया"]
    refund = ["ต้องการเงินคืน", "ขอเงินคืนด่วน", "我要退款", "请尽快退款", "पैसा वापस चाहिए", "मेरा पैसा वापस करो"]
    made = lexical.fit(late + refund, 128, 1_000, Progress()).transform(late + refund)
    near = made @ made.T
    for first in (0, 2, 4, 6, 8, 10):
        assert near[first, first + 1] > 0.2
        assert near[first, (first + 6) % 12] < near[first, first + 1]


def test_an_embedder_that_counts_words_is_addressed_by_how_they_are_found(monkeypatch, tmp_path):
    data = toy(pd.DataFrame({"body": sentences()}), {"body": Kind.TEXT})
    words, model = (FeatureSpec.parse("text:body", name) for name in ("tfidf", "minilm"))
    store = Store(tmp_path)
    before = features_key(data, words, store), features_key(data, model, store)
    monkeypatch.setattr("core.features.embedders.WORDS_VERSION", 99)
    assert features_key(data, words, store) != before[0]
    assert features_key(data, model, store) == before[1]
