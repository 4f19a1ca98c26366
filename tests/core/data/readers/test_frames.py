"""Whatever holds a table in memory is read as the file of the same table would be."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core.data.listed_rows import rows_named
from core.data.load import load
from core.foundation.errors import DataError

CSV = b"id,name,n\n1,a,0.5\n2,b,\n3,a,2\n"
COLUMNS = {"id": [1, 2, 3], "name": ["a", "b", "a"], "n": [0.5, None, 2]}
RECORDS = [{"id": 1, "name": "a", "n": 0.5}, {"id": 2, "name": "b"}, {"n": 2, "name": "a", "id": 3}]
FRAME = pd.DataFrame(COLUMNS)


class Foreign:
    """What another library hands over by the Arrow interface, as polars and DuckDB do."""

    def __init__(self, held):
        self.held = held

    def __arrow_c_stream__(self, requested_schema=None):
        return self.held.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize(
    "source",
    [
        CSV,
        bytearray(CSV),
        memoryview(CSV),
        FRAME,
        FRAME.set_index("id"),
        FRAME.set_index("id", drop=False),
        FRAME.set_index(["id", "name"]),
        FRAME.astype({"name": "category", "id": "category"}),
        RECORDS,
        tuple(RECORDS),
        COLUMNS,
        {name: tuple(values) for name, values in COLUMNS.items()},
        {**COLUMNS, "id": np.arange(1, 4), "name": pd.Series(["a", "b", "a"]), "n": FRAME["n"].array},
        {
            **COLUMNS,
            "id": pd.Index([1, 2, 3]),
            "n": pa.array([0.5, None, 2]),
            "name": pa.chunked_array([["a"], ["b", "a"]]),
        },
        {**COLUMNS, "id": range(1, 4)},
        pa.table(COLUMNS),
        pa.RecordBatch.from_pydict(COLUMNS),
        Foreign(pa.table(COLUMNS)),
        pa.Table.from_batches(pa.table(COLUMNS).to_batches(max_chunksize=1)),
    ],
    ids=lambda source: type(source).__name__,
)
def test_a_table_in_memory_is_the_table_of_the_file(source):
    assert load(source).fingerprint.digest == load(CSV).fingerprint.digest


def test_a_series_is_one_column():
    assert load(pd.Series([3, 1, 2], name="n"), name="s").frame["n"].sum() == 6
    assert list(load(pd.Series([3, 1, 2])).roles) == ["value"]
    named = load(pd.Series(["x", "y"], name="word", index=pd.Index([7, 8], name="id")))
    assert named.fingerprint.digest == load(b"id,word\n7,x\n8,y\n").fingerprint.digest


def test_an_index_with_the_name_of_a_column():
    frame = pd.DataFrame({"id": [1, 2], "x": ["a", "b"]})
    same = load(frame.set_index("id", drop=False))
    assert list(same.roles) == ["id", "x"]
    assert any("repeats the column" in note for note in same.notes)
    other = load(frame.set_index(pd.Index([7, 8], name="id")))
    assert list(other.roles) == ["id_index", "id", "x"]
    assert sorted(other.frame["id_index"]) == [7, 8]
    assert any("is called 'id_index'" in note for note in other.notes)
    taken = load(frame.assign(id_index=0).set_index(pd.Index([7, 8], name="id")))
    assert "id_index_" in taken.roles
    twice = load(frame.set_index([pd.Index([7, 8], name="k"), pd.Index([5, 6], name="k")]))
    assert {"k", "k_index"} <= set(twice.roles)
    part = load(frame.set_index([pd.Index([7, 8], name="k"), pd.Index([5, 6])]))
    assert "level_1" in part.roles


@pytest.mark.parametrize(
    ("categories", "kind"),
    [
        ([2**60 + 1, None, 2], "Int64"),
        ([1.5, None, 2.5], "Float64"),
        ([True, None, False], "boolean"),
        (["a", None, "b"], "string"),
        ([pd.Timestamp("2026-01-31"), None, pd.Timestamp("1999-01-31")], "datetime64[us, UTC]"),
        ([dt.date(9999, 12, 31), None, dt.date(1, 1, 1)], "datetime64[us, UTC]"),
        ([pd.Interval(0, 1), None, pd.Interval(1, 2)], "string"),
        ([2**70, None, 2**70 + 1], "string"),
        ([None, None, None], "string"),
    ],
)
def test_categories_with_a_gap_keep_their_type(categories, kind):
    column = pd.Series(pd.Categorical(categories))
    data = load(pd.DataFrame({"id": [1, 2, 3], "c": column}))
    assert str(data.frame["c"].dtype) == kind
    assert data.frame["c"].isna().sum() == categories.count(None)
    plain = load(pd.DataFrame({"id": [1, 2, 3], "c": pd.Series(categories, dtype=object)}))
    if kind not in ("string",):
        assert data.fingerprint.digest == plain.fingerprint.digest


def test_a_name_that_no_file_can_hold():
    """A lone surrogate, as a file name or a scraped header may bring it."""
    odd = pd.DataFrame([[1, "a"], [2, "b"]], columns=pd.Index(["id", "\ud800name"], dtype=object))
    for source in (odd, [{"id": 1, "\ud800name": "a"}, {"id": 2, "\ud800name": "b"}]):
        data = load(source, name="\udcff.csv", roles={"\ud800name": "text"})
        assert data.name == "?.csv"
        assert data.roles["?name"].kind.value == "text"
        assert data.fingerprint.digest == load(b"id,?name\n1,a\n2,b\n").fingerprint.digest
    assert load(odd, id_column="\ud800name").fingerprint.id_column == "?name"
    joined = load(odd[["id"]], vectors={"\ud800": np.eye(2)})
    assert list(joined.vectors) == ["?"]
    cell = load([{"id": 1, "c": {"\ud800": "\ud801"}}])
    assert cell.frame["c"].tolist() == ['{"?":"?"}']


def test_missing_values_of_every_kind_are_missing():
    gaps = [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT"), np.timedelta64("NaT")]
    column = pd.Series([*gaps, "x"], dtype=object)
    assert load(pd.DataFrame({"id": range(8), "c": column})).frame["c"].notna().sum() == 1


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (5, "A int cannot be loaded"),
        (None, "A NoneType cannot be loaded"),
        ({1, 2}, "A set cannot be loaded"),
        (object(), "A object cannot be loaded"),
        ([1, 2], "Entry 1 of the list is not a record"),
        ([{"a": 1}, "x"], "Entry 2 of the list is not a record"),
        ([], "has no rows"),
        ([{}], "no columns"),
        ({}, "no columns"),
        ({"a": []}, "no rows"),
        ({"a": 1}, "Column 'a' cannot be read"),
        ({"a": "xyz"}, "Column 'a' cannot be read"),
        ({"a": [1], "b": [1, 2]}, "unequal length: 'a' 1, 'b' 2"),
        ({"a": [1], "?": [1], "\ud801": [1]}, "more than one column called"),
        (np.eye(3), "An array has no names"),
        (Foreign(pa.chunked_array([[1, 2]])), "no table"),
        (pa.table([[1], [2]], names=["a", "a"]), "more than one column called 'a'"),
        (FRAME.iloc[:0], "no rows"),
        ("", "no file|not a file"),
    ],
)
def test_what_is_no_table_is_refused_in_words(source, words):
    with pytest.raises(DataError, match=words):
        load(source)


def test_a_matrix_in_a_mapping_is_vectors():
    x = np.random.default_rng(0).normal(size=(3, 9)).astype(np.float32)
    data = load({"id": [1, 2, 3], "v": x})
    np.testing.assert_array_equal(data.vectors["v"], x[data.order])
    assert data.fingerprint.digest == load({"id": [1, 2, 3], "v": list(x)}).fingerprint.digest


def test_rows_are_named_by_an_arrow_table():
    data = load(CSV)
    named = rows_named(data, pa.table({"id": [3, 1]}))
    assert sorted(data.frame["id"].iloc[named]) == [1, 3]
