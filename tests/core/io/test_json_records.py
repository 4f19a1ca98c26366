"""Records in JSON are found where they are, or refused with where they are."""

from __future__ import annotations

import orjson
import pandas as pd
import pytest

from core.errors import DataError
from core.io import load
from core.io.json_records import _DEPTH

FRAME = pd.DataFrame(
    {
        "id": [11, 12, 13, 14],
        "body": ["a b", "c", "d", "e"],
        "price": [1.5, 2.0, None, 4.5],
        "kind": list("xyxy"),
    }
)
RECORDS = FRAME.astype(object).where(FRAME.notna(), None).to_dict("records")
BASE = load(orjson.dumps(RECORDS), name="base").fingerprint.digest


def written(value, **options):
    return load(value if isinstance(value, str) else orjson.dumps(value), name="file", **options)


def load_text(text):
    return load(text.encode(), name="file")


@pytest.mark.parametrize("orient", ["records", "split", "index", "columns", "table", "tight"])
def test_what_pandas_writes_is_one_data_set(orient):
    text = (
        orjson.dumps(FRAME.astype(object).where(FRAME.notna(), None).to_dict("tight")).decode()
        if orient == "tight"
        else FRAME.to_json(orient=orient)
    )
    assert load_text(text).fingerprint.digest == BASE


@pytest.mark.parametrize("orient", ["split", "index", "columns", "table"])
def test_an_index_that_says_something_is_a_column(orient):
    named = FRAME.set_index(pd.Index(["p", "q", "r", "s"]))
    data = load_text(named.to_json(orient=orient))
    assert sorted(data.frame["index"]) == ["p", "q", "r", "s"]
    assert set(data.roles) == {"index", "id", "body", "price", "kind"}


def test_an_index_that_counts_from_elsewhere_is_kept():
    data = load_text(FRAME.iloc[2:].to_json(orient="split"))
    assert sorted(data.frame["index"]) == [2, 3]


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"rows": RECORDS, "total": 4}, "rows"),
        ({"data": RECORDS}, "data"),
        ({"data": {"items": RECORDS}}, "data.items"),
        (
            {"meta": {"page": 1, "tags": ["a"]}, "result": {"deep": {"list": RECORDS}}, "errors": []},
            "result.deep.list",
        ),
        ({"tags": ["a", "b"], "rows": RECORDS}, "rows"),
    ],
)
def test_the_one_list_of_records_in_a_wrapper_is_the_table(value, place):
    data = written(value)
    assert data.fingerprint.digest == BASE
    note = next(note for note in data.notes if "were found under" in note)
    assert f"'{place}'" in note
    for name in value:
        assert name == place.partition(".")[0] or repr(name) in note


def test_several_lists_of_records_are_refused_with_where_they_are():
    with pytest.raises(
        DataError, match=r"2 lists of records: under 'train' \(4 records\), 'more.test' \(1 record\)"
    ):
        written({"train": RECORDS, "more": {"test": [{"a": 1}]}})
    with pytest.raises(DataError, match="2 lists of records"):
        written({"train": RECORDS, "test": RECORDS})


@pytest.mark.parametrize(("depth", "found"), [(_DEPTH, True), (_DEPTH + 1, False)])
def test_wrappers_are_opened_to_a_depth(depth, found):
    value = {"rows": RECORDS}
    for _ in range(depth):
        value = {"in": value}
    value["beside"] = "this is no table"
    data = written(value)
    assert any("under 'in.in" in note for note in data.notes) == found
    assert found or (len(data), set(data.roles)) == (1, {"in", "beside"})  # one record


def test_records_that_hold_lists_of_records_are_not_looked_into():
    data = written({"orders": [{"id": 1, "items": [{"a": 1}]}, {"id": 2, "items": []}]})
    assert (len(data), set(data.roles)) == (2, {"id", "items"})


def test_geojson_is_read_by_name():
    features = [
        {
            "type": "Feature",
            "properties": {"name": f"place {at}"},
            "geometry": {"type": "Point", "coordinates": [at, 2]},
        }
        for at in range(3)
    ]
    data = written({"type": "FeatureCollection", "features": features})
    assert (len(data), set(data.roles)) == (3, {"name", "geometry"})
    assert any("GeoJSON" in note for note in data.notes)
    with pytest.raises(DataError, match="damaged GeoJSON: feature 2"):
        written({"type": "FeatureCollection", "features": [features[0], 5]})
    with pytest.raises(DataError, match="has no rows"):
        written({"type": "FeatureCollection", "features": []})


def test_rows_by_label_and_columns_by_label_are_told_apart():
    rows = {"ann": {"age": 5, "town": "x"}, "bob": {"age": 7, "town": "y"}, "eve": {"age": 9, "town": "z"}}
    data = written(rows)
    assert (len(data), set(data.roles)) == (3, {"index", "age", "town"})
    columns = {name: {label: row[name] for label, row in rows.items()} for name in ("age", "town")}
    assert written(columns).fingerprint.digest == data.fingerprint.digest


def test_whole_numbers_and_fractions_are_of_one_kind_and_truth_values_are_not():
    columns = written({"a": {"p": 1, "q": 2.5}, "b": {"p": 3, "q": 4.5}})
    assert set(columns.roles) == {"index", "a", "b"}
    rows = written({"a": {"p": 1, "q": True}, "b": {"p": 3, "q": False}})
    assert set(rows.roles) == {"index", "p", "q"}


def test_records_beside_a_column_of_the_same_length_are_cells():
    data = written({"a": [{"x": 1}, {"x": 2}], "b": [5, 6]})
    assert (len(data), set(data.roles), sorted(data.frame["b"])) == (2, {"a", "b"}, [5, 6])


def test_lists_of_rows_and_of_columns_are_tables():
    data = written([["id", "x"], [1, 2.5], [2, 3.5]])
    assert (list(data.roles), data.reading["header"]) == (["id", "x"], "1")
    data = written([[1, 2.5], [2, 3.5], [9, 1.5]])
    assert (list(data.roles), len(data), data.reading["header"]) == (["column_1", "column_2"], 3, "0")
    assert written([["id", "x"], [1, 2.5], [2, 3.5]], header="0").roles.keys() == {"column_1", "column_2"}
    with pytest.raises(DataError, match="Row 2 of file has 1 cell: the longest row has 2"):
        written([[1, 2], [1]])
    assert len(written({"a": [{"x": 1}, {"x": 2}], "b": [1, 2]})) == 2


def test_one_record_is_one_row():
    assert len(written({"a": 1, "b": {"c": [1]}})) == 1
    with pytest.raises(DataError, match="has no rows"):
        written({})


DEEP = [
    "[" * 100_000,
    '{"a":' * 100_000,
    "[" * 300 + "]" * 300,
    '[{"a": ' + "[" * 300 + "]" * 300 + "}]",
    '[{"a": ' + '{"a":' * 900 + "1" + "}" * 901 + "]",
]


@pytest.mark.parametrize("text", DEEP, ids=range(len(DEEP)))
def test_json_nested_without_end_is_refused(text):
    with pytest.raises(DataError) as caught:
        load_text(text)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("depth", [300, 990])
def test_a_cell_of_deep_json_stays_text(depth):
    cell = "[" * depth + "]" * depth
    assert load_text(f"a,b\n{cell},1\n").frame["a"].tolist() == [cell]


def test_blank_lines_between_records_are_passed_over():
    assert load_text('{"a": 1}\n\n  \n{"a": 2}\n\n').frame["a"].tolist() == [1, 2]


@pytest.mark.parametrize("rows", [[1, 2], [[1], [2]], None, []])
@pytest.mark.parametrize("key", [["index"], ["id"], None])
def test_a_schema_beside_what_are_no_records_is_itself_the_only_list_of_records(rows, key):
    schema = {"fields": [{"name": "index", "type": "integer"}], "primaryKey": key}
    data = load_text(orjson.dumps({"schema": schema, "data": rows}).decode())
    assert list(data.frame.columns) == ["name", "type"]
    assert any("schema.fields" in note for note in data.notes), data.notes
