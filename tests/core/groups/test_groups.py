from threading import Event, Timer

import numpy as np
import pandas as pd
import pytest

import core.groups.make as make
from core.features.make import make_features, texts_of
from core.features.spec import FeatureSpec
from core.foundation.artifact_store import Store
from core.foundation.errors import Cancelled, ColumnError, NeedError, ParameterError
from core.foundation.progress import Progress
from core.foundation.words import words
from core.groups.centres import LARGEST, SMALLEST, _silhouette, by_size
from core.groups.declaration import CLUSTERERS
from core.groups.make import NOISE, make_groups
from core.groups.naming import FUNCTION_WORDS, _other_scripts, by_differences, by_words, told_apart
from core.groups.spec import GroupSpec
from core.model.dataset import Kind
from core.model.derived import Features
from tests.core.features.toy import toy


def blobs(sizes, d=6, seed=0, spread=0.05):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(len(sizes), d)) * 3
    x = np.concatenate([c + spread * rng.normal(size=(n, d)) for c, n in zip(centres, sizes, strict=True)])
    return x.astype(np.float32), np.repeat(np.arange(len(sizes)), sizes)


def with_vectors(x, store, ids=None, **columns):
    frame = pd.DataFrame({"i": range(len(x)), **columns})
    data = toy(frame, dict.fromkeys(columns, Kind.CATEGORY), ids=ids, vectors={"v": x})
    return data, make_features(data, FeatureSpec("vector", "v", metric="euclidean"), store)


@pytest.mark.parametrize(
    ("text", "method", "value"),
    [
        ("kmeans", "kmeans", {"k": None}),
        ("kmeans:12", "kmeans", {"k": 12}),
        ("hdbscan", "hdbscan", {"min_size": None}),
        ("hdbscan:25", "hdbscan", {"min_size": 25}),
        ("topic", "column", {}),
        ("a:b", "column", {}),
        ("column:kmeans", "column", {}),
    ],
)
def test_the_command_line_form_and_json_round_trip(text, method, value):
    spec = GroupSpec.parse(text)
    assert (spec.method, spec.params) == (method, value)
    assert spec.text == text
    assert GroupSpec(**spec.to_json()) == spec


@pytest.mark.parametrize("text", ["", "kmeans:0", "kmeans:x", "kmeans:2.5", "hdbscan:1"])
def test_forms_that_do_not_exist(text):
    with pytest.raises(ParameterError):
        GroupSpec.parse(text)


@pytest.mark.parametrize(
    "body",
    [
        {"method": "x"},
        {"method": "column"},
        {"method": "kmeans", "params": {"j": 1}},
        {"method": "column", "column": "a", "params": {"k": 1}},
    ],
)
def test_a_recipe_that_is_broken(body):
    with pytest.raises(ParameterError):
        GroupSpec(**body)


def test_every_clusterer_is_fully_declared():
    assert sorted(CLUSTERERS.ids()) == ["hdbscan", "kmeans"]
    for clusterer in CLUSTERERS:
        assert all((clusterer.label, clusterer.sentence, clusterer.cost, clusterer.when, clusterer.when_not))
        assert clusterer.reference.cite()


@pytest.mark.parametrize("text", ["kmeans", "kmeans:4", "hdbscan"])
def test_planted_groups_are_found_and_ordered_by_size(tmp_path, text):
    x, truth = blobs([90, 70, 40, 20])
    store = Store(tmp_path)
    data, features = with_vectors(x, store)
    groups = make_groups(data, features, GroupSpec.parse(text), store)
    assert groups.sizes.tolist()[:4] == [90, 70, 40, 20]
    assert pd.crosstab(groups.codes, truth[data.order]).gt(0).sum().tolist() == [1, 1, 1, 1]
    assert groups.codes.dtype == np.int64
    assert len(set(groups.names)) == len(groups.names)
    for code, rows in enumerate(groups.typical):
        assert (groups.codes[rows] == code).all()
    assert groups.notes or text == "kmeans:4"
    assert "4 groups" in groups.label


@pytest.mark.parametrize("text", ["kmeans", "hdbscan", "c"])
def test_row_order_changes_no_group(tmp_path, text):
    x, truth = blobs([60, 50, 50, 9], spread=1.2)
    names = np.array(list("abcd"))[truth]
    shuffle = np.random.default_rng(3).permutation(len(x))
    made = []
    for place, rows in (("a", np.arange(len(x))), ("b", shuffle)):
        store = Store(tmp_path / place)
        data, features = with_vectors(x[rows], store, ids=rows.tolist(), c=names[rows])
        made.append(make_groups(data, features, GroupSpec.parse(text), store))
    assert np.array_equal(made[0].codes, made[1].codes)
    assert made[0].names == made[1].names
    assert [rows.tolist() for rows in made[0].typical] == [rows.tolist() for rows in made[1].typical]


@pytest.mark.parametrize("text", ["kmeans", "hdbscan"])
def test_a_child_process_gives_the_same_groups(tmp_path, monkeypatch, text):
    x, _ = blobs([60, 50, 50, 9], spread=1.2)
    made = []
    for limit in (0.0, 1e9):
        monkeypatch.setattr(make, "CHILD_ABOVE", limit)
        store = Store(tmp_path / str(limit))
        data, features = with_vectors(x, store)
        made.append(make_groups(data, features, GroupSpec.parse(text), store))
    assert np.array_equal(made[0].codes, made[1].codes)
    assert (made[0].notes, made[0].label) == (made[1].notes, made[1].label)


def test_noise_stays_visible_as_its_own_group(tmp_path):
    x, _ = blobs([80, 60])
    x = np.concatenate([x, np.random.default_rng(9).uniform(-30, 30, (15, 6)).astype(np.float32)])
    store = Store(tmp_path)
    data, features = with_vectors(x, store)
    groups = make_groups(data, features, GroupSpec.parse("hdbscan:20"), store)
    assert groups.noise == 2
    assert groups.names[2] == NOISE
    assert groups.sizes.tolist() == [80, 60, 15]
    assert "15 rows belong to no group" in " ".join(groups.notes)


def test_hdbscan_reduces_dimensions_above_its_limit_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("core.groups.density.REDUCE_ABOVE", 100)
    x, _ = blobs([80, 60], d=40)
    store = Store(tmp_path)
    data, features = with_vectors(x, store)
    groups = make_groups(data, features, GroupSpec.parse("hdbscan"), store)
    assert groups.sizes.tolist()[:2] == [80, 60]
    assert "15 principal components" in " ".join(groups.notes)


def test_mini_batches_above_their_limit_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr("core.groups.centres.MINI_ABOVE", 100)
    x, _ = blobs([80, 60])
    store = Store(tmp_path)
    data, features = with_vectors(x, store)
    groups = make_groups(data, features, GroupSpec.parse("kmeans:2"), store)
    assert groups.sizes.tolist() == [80, 60]
    assert "Mini-batch" in " ".join(groups.notes)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("text", ["kmeans", "kmeans:50", "hdbscan"])
def test_very_few_rows(tmp_path, n, text):
    store = Store(tmp_path)
    data, features = with_vectors(np.eye(8, dtype=np.float32)[:n], store)
    groups = make_groups(data, features, GroupSpec.parse(text), store)
    assert len(groups.codes) == n
    assert groups.sizes.min() >= 1


def test_all_rows_the_same_make_one_group(tmp_path):
    store = Store(tmp_path)
    data, features = with_vectors(np.ones((30, 3), np.float32), store)
    groups = make_groups(data, features, GroupSpec.parse("kmeans:4"), store)
    assert groups.sizes.tolist() == [30]
    assert "of only 1 different row" in " ".join(groups.notes)


def test_the_silhouette_is_the_textbook_one():
    from sklearn.metrics import silhouette_score

    x, truth = blobs([40] * 5, spread=1.0)
    distance = np.sqrt(((x[:, None, :].astype(float) - x[None, :, :]) ** 2).sum(axis=2))
    lone = np.where(np.arange(200) == 7, 5, truth)
    for codes in (truth, np.arange(200) % 3, lone):
        expected = silhouette_score(distance, codes, metric="precomputed")
        assert _silhouette(distance, codes) == pytest.approx(expected)


def test_where_no_number_of_groups_stands_out_it_follows_the_size(tmp_path):
    x = np.random.default_rng(0).normal(size=(2_500, 60)).astype(np.float32)
    store = Store(tmp_path)
    data, features = with_vectors(x, store)
    groups = make_groups(data, features, GroupSpec.parse("kmeans"), store)
    assert len(groups.names) == by_size(2_500) == 6
    assert "no number of groups stands out" in groups.notes[0]
    # Two halves that hardly differ: two groups of so many rows would hide everything else.
    x[:1_250, :6] += 2.5
    data, features = with_vectors(x, store)
    groups = make_groups(data, features, GroupSpec.parse("kmeans"), store)
    assert len(groups.names) == 6
    assert "at 2, is 0." in groups.notes[0]


def test_two_clear_groups_of_many_rows_stay_two(tmp_path):
    x, _ = blobs([1_500, 1_000])
    store = Store(tmp_path)
    data, features = with_vectors(x, store)
    assert make_groups(data, features, GroupSpec.parse("kmeans"), store).sizes.tolist() == [1_500, 1_000]


def test_groups_by_size_grow_within_their_limits():
    sizes = [by_size(n) for n in range(1, 200_000, 997)]
    assert sizes == sorted(sizes)
    assert (sizes[0], sizes[-1]) == (SMALLEST, LARGEST)


def test_names_that_would_be_the_same_get_a_further_part():
    assert told_apart([["a", "b", "c"], ["b", "a", "d"], ["a", "e"]], 2) == ["a, b, c", "b, a, d", "a, e"]
    assert told_apart([["a", "b", "c", "d"], ["a", "b", "c", "e"]], 2) == ["a, b, c, d", "a, b, c, e"]
    assert told_apart([["a", "b"], ["a", "b"], []], 2) == ["a, b", "a, b", ""]


def test_two_groups_with_the_same_differences_get_a_third():
    x = np.repeat(np.array([[2, 2, 1], [2, 2, -1], [-2, -2, 0]], np.float32), [20, 20, 40], axis=0)
    x[40:, 2] = np.tile([2, -2], 20)
    features = Features(x, "euclidean", "k", "table", names=("p", "q", "r"))
    names = by_differences(features, np.repeat([0, 1, 2], [20, 20, 40]), 3)
    assert names == ["high p, high q, high r", "high p, high q, low r", "low p, low q"]


def test_names_hold_no_function_words_and_no_word_twice():
    texts = [
        "Guten Tag, die Rechnung ist falsch und der Betrag stimmt nicht. Danke!",
        "Hola, la factura no es correcta y el importe tampoco. Gracias",
        "The nodes of the node are linked; a node links nodes, and links.",
    ]
    names = [name.split(", ") for name in by_words(texts, np.array([0, 1, 2]), 3)]
    assert not {word for name in names for word in name} & FUNCTION_WORDS
    assert sorted(names[0]) == ["betrag", "falsch", "rechnung"]
    assert sorted(names[1]) == ["correcta", "factura", "importe"]
    assert len([word for word in names[2] if word.startswith("node")]) == 1


def test_texts_name_groups_by_their_words(tmp_path):
    rng = np.random.default_rng(0)
    words = ["refund money card", "password login account", "parcel courier address"]
    body = [" ".join(rng.permutation(words[at % 3].split())) + " please" for at in range(90)]
    data = toy(pd.DataFrame({"body": body}), {"body": Kind.TEXT})
    store, spec = Store(tmp_path), FeatureSpec.parse("text:body", "tfidf")
    features = make_features(data, spec, store)
    groups = make_groups(data, features, GroupSpec.parse("kmeans:3"), store, texts=texts_of(data, spec))
    assert sorted(sorted(name.split(", ")) for name in groups.names) == sorted(
        sorted(part.split()) for part in words
    )


def test_texts_without_words_get_numbers(tmp_path):
    x, _ = blobs([30, 20])
    store = Store(tmp_path)
    data, features = with_vectors(x, store)
    groups = make_groups(data, features, GroupSpec.parse("kmeans:2"), store, texts=["the 1"] * 50)
    assert groups.names == ("group 1", "group 2")


def test_tables_name_groups_by_their_differences(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "alcohol": np.r_[rng.normal(14, 0.1, 50), rng.normal(12, 0.1, 40)],
            "hue": np.r_[rng.normal(0.5, 0.3, 50), rng.normal(0.6, 0.3, 40)],
            "kind": ["red"] * 50 + ["white"] * 40,
        }
    )
    data = toy(frame, {"alcohol": Kind.NUMBER, "hue": Kind.NUMBER, "kind": Kind.CATEGORY})
    store = Store(tmp_path)
    features = make_features(data, FeatureSpec("table"), store)
    groups = make_groups(data, features, GroupSpec.parse("kmeans:2"), store)
    assert groups.names == ("kind = red, high alcohol", "kind = white, low alcohol")


def column(values, kind, name="c"):
    return toy(pd.DataFrame({name: values}), {name: kind})


def test_a_column_with_missing_values(tmp_path):
    data = column(["a", None, "b", "a", None, "a"], Kind.CATEGORY)
    groups = make_groups(data, None, GroupSpec.parse("c"), Store(tmp_path))
    assert groups.names == ("a", "(missing)", "b")
    assert groups.sizes.tolist() == [3, 2, 1]
    assert groups.typical == ()
    assert "2 rows have no value" in groups.notes[0]


@pytest.mark.parametrize("missing", [False, True])
def test_a_number_with_many_values_is_cut_at_its_quantiles(tmp_path, missing):
    values = np.arange(100.0)
    if missing:
        values[3] = np.nan
    groups = make_groups(column(values, Kind.NUMBER), None, GroupSpec.parse("c"), Store(tmp_path))
    assert len(groups.names) == 5 + missing
    assert sum(" to " in name for name in groups.names) == 5
    assert groups.sizes.max() <= 20
    assert "quantiles" in groups.notes[0]


def test_bins_hold_what_their_names_say(tmp_path):
    values = np.r_[np.zeros(60), np.arange(1, 41)].astype(float)
    data = column(values, Kind.NUMBER)
    groups = make_groups(data, None, GroupSpec.parse("c"), Store(tmp_path))
    held = {name: data.frame["c"][groups.codes == at] for at, name in enumerate(groups.names)}
    for name, part in held.items():
        low, _, high = name.partition(" to ")
        assert part.min() == float(low)
        assert part.max() == float(high or low)
    assert groups.sizes.tolist() == [60, 10, 10, 10, 10]


def test_times_are_cut_too(tmp_path):
    data = column(pd.date_range("2024-01-01", periods=50, tz="UTC"), Kind.TIME)
    groups = make_groups(data, None, GroupSpec.parse("c"), Store(tmp_path))
    assert len(groups.names) == 5
    assert any("2024-01-10" in name for name in groups.names)


def test_few_numbers_stay_values_and_too_many_words_are_refused(tmp_path):
    groups = make_groups(column([3, 1, 3, 2], Kind.NUMBER), None, GroupSpec.parse("c"), Store(tmp_path))
    assert groups.names[0] == "3"
    with pytest.raises(ColumnError, match="too many groups"):
        make_groups(
            column([f"v{at}" for at in range(3000)], Kind.TEXT), None, GroupSpec.parse("c"), Store(tmp_path)
        )
    with pytest.raises(ColumnError, match="'nothing'"):
        make_groups(column([1], Kind.NUMBER), None, GroupSpec.parse("nothing"), Store(tmp_path))
    with pytest.raises(NeedError, match="need features"):
        make_groups(column([1], Kind.NUMBER), None, GroupSpec.parse("kmeans"), Store(tmp_path))


def test_a_cancel_ends_the_child_and_stores_no_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(make, "CHILD_ABOVE", 0.0)
    x, _ = blobs([60, 50])
    store = Store(tmp_path)
    data, features = with_vectors(x, store)
    cancel = Event()
    Timer(0.2, cancel.set).start()
    with pytest.raises(Cancelled):
        make_groups(data, features, GroupSpec.parse("kmeans"), store, Progress(cancel=cancel))
    assert [folder.parent.parent.name for _, _, folder in store.entries()] == ["features"]


@pytest.mark.parametrize(
    ("language", "texts", "shown"),
    [
        ("Thai", ["พัสดุมาถึงช้ามากค่ะ ต้องการเงินคืน", "ขอเงินคืนเพราะพัสดุช้า"], {"พัสดุ", "เงิน", "คืน", "ช้า"}),
        ("Hindi", ["मुझे मेरा पैसा वापस चाहिए और जल्दी", "कृपया मेरा पैसा वापस करें"], {"पैसा", "वापस"}),
        ("Chinese", ["我需要退款，因为包裹没有到。", "请退款，包裹丢了"], {"退款", "包裹"}),
        (
            "Japanese",
            ["パッケージが届きませんでした。返金してください", "返金をお願いします"],
            {"返金", "パッケージ"},
        ),
        ("Arabic", ["أريد استرداد المال لأن الطرد لم يصل", "الطرد لم يصل بعد"], {"الطرد", "يصل"}),
        ("Korean", ["환불을 원합니다", "환불을 부탁합니다"], {"환불을"}),
        (
            "Russian",
            ["Где моя посылка? Верните деньги", "посылка не пришла, верните деньги"],
            {"посылка", "деньги"},
        ),
    ],
)
def test_names_in_any_script_are_whole_words_and_no_function_words(language, texts, shown):
    both = [*texts, "the parcel was late and a refund is due", "parcel late"]
    names = by_words(both, np.array([0, 0, 1, 1]), 2)
    told = set(names[0].split(", "))
    assert told & shown, (language, names)
    assert told <= {word for text in texts for word in words(text.lower())}
    assert not told & _other_scripts()
    assert set(names[1].split(", ")) <= {"parcel", "late", "refund"}


def test_function_words_alone_make_no_name():
    assert (
        by_words(["และ ที่ ของ ใน", "的 了 我", "और में का", "で す ます", "👍🏽 ❤️"], np.arange(5), 5) == [""] * 5
    )


def test_keys_of_groups_know_of_dictionaries_only_where_names_can_differ_by_them(tmp_path, monkeypatch):
    x, _ = blobs([30, 20])
    store = Store(tmp_path)
    data, features = with_vectors(x, store)
    spec = GroupSpec.parse("kmeans:2")

    def keys():
        texts = (["größer 👍"] * 50, ["พัสดุ"] * 50, None)
        return [make_groups(data, features, spec, store, texts=some).key for some in texts]

    before = keys()
    monkeypatch.setattr("core.groups.make.WORDS_VERSION", 99)
    after = keys()
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]
