"""Records in JSON are found where they are, or refused with where they are."""

from __future__ import annotations

import orjson
import pandas as pd
import pyarrow as pa
import pytest

from core.data.load import load
from core.data.readers.json_records import read_json
from core.data.readers.unpack import Content
from core.foundation.errors import DataError
from core.model.read_options import ReadOptions

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


@pytest.mark.parametrize(("depth", "found"), [(5, True), (6, False)])
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


# ---- one value, one table ----------------------------------------------------------------------------------


def read(value, **options):
    """The columns of a value as they are read, the notes, and how it was read."""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    raw = read_json(Content("file", pa.py_buffer(text.encode())), ReadOptions(**options))
    return raw.table.to_pydict(), raw.notes, dict(raw.reading)


def columns(value):
    return read(value)[0]


INDEX = "An index that pandas had written beside the table was left out."
FOUR = [{"a": 1}, {"a": 2}, {"a": 3}, {"a": 4}]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ([{"a": 1}, {"b": "x"}, {"a": 2}], {"a": [1, None, 2], "b": [None, "x", None]}),
        ({"a": 1}, {"a": [1]}),
        ('{"a": 1}\n{"b": 2}', {"a": [1, None], "b": [None, 2]}),
        ('\ufeff{"a": 1}\n\n{"a": 2}\n', {"a": [1, 2]}),
        ('{\n"a": 1}', {"a": [1]}),
        ('[\n{"a": 1}\n]', {"a": [1]}),
        ('[{"a": 1},\n{"a": 2}]', {"a": [1, 2]}),
        ({"a": [1, 2], "b": [3, 4]}, {"a": [1, 2], "b": [3, 4]}),
        ({"a": [1, 2]}, {"a": [1, 2]}),
        ({"a": [{"x": 1}], "b": []}, {"x": [1]}),
        ({"a": [{"x": 1}], "b": [1, 2]}, {"x": [1]}),
        ({"a": {}}, {"a": ["{}"]}),
        ({"a": {}, "b": {"c": {}}}, {"index": ["a", "b"], "c": [None, "{}"]}),
        ({"a": 1, "b": {"c": 2}}, {"a": [1], "b": ['{"c":2}']}),
        # pandas, by rows or by columns
        ({"columns": ["a", 1], "data": [[1, 2], [3, 4]]}, {"a": [1, 3], "1": [2, 4]}),
        ({"columns": ["a"], "data": [[1], [2]], "index": [1, 0]}, {"a": [1, 2]}),
        ({"columns": ["a"], "data": [[1], [2]], "index": [0]}, {"a": [1, 2]}),
        ({"columns": ["a"], "data": [[1], [2]], "index": 5}, {"a": [1, 2]}),
        (
            {"columns": ["a", "b"], "data": [[1, 2], [3, 4]], "index": [1, 2]},
            {"index": [1, 2], "a": [1, 3], "b": [2, 4]},
        ),
        (
            {"columns": ["a"], "data": [[1], [2]], "index": [False, True]},
            {"index": [False, True], "a": [1, 2]},
        ),
        ({"schema": {"fields": []}, "data": FOUR[:2]}, {"a": [1, 2]}),
        (
            {
                "schema": {"fields": [], "primaryKey": ["index"]},
                "data": [{"index": 1, "a": 5}, {"index": 0, "a": 6}],
            },
            {"a": [5, 6]},
        ),
        (
            {
                "schema": {"fields": [], "primaryKey": ["index"]},
                "data": [{"index": 1, "a": 5}, {"index": 2, "a": 6}],
            },
            {"index": [1, 2], "a": [5, 6]},
        ),
        (
            {"schema": {"fields": [], "primaryKey": ["id"]}, "data": [{"index": 0, "a": 5}]},
            {"index": [0], "a": [5]},
        ),
        # objects of objects
        ({"a": {"0": 1, "1": 2}, "b": {"0": 3, "1": 4}}, {"a": [1, 2], "b": [3, 4]}),
        ({"a": {"1": 1, "0": 2}}, {"a": [1, 2]}),
        ({"a": {"1": 1, "2": 2}}, {"index": ["1", "2"], "a": [1, 2]}),
        (
            {"a": {"-1": 1, "-2": 2}, "b": {"-1": 1, "-2": "x"}},
            {"index": ["-1", "-2"], "a": [1, 2], "b": ["1", "x"]},
        ),
        ({"5": {"a": 1}, "6": {"a": 2}}, {"index": ["5", "6"], "a": [1, 2]}),
        ({"0": {"a": 1, "b": 2}, "1": {"a": 2}}, {"a": [1, 2], "b": [2, None]}),
        ({"p": {"a": 1, "b": 2}, "q": {"a": 3, "b": 4}}, {"index": ["a", "b"], "p": [1, 2], "q": [3, 4]}),
        ({"p": {"a": 1}, "q": {"a": 3}}, {"index": ["p", "q"], "a": [1, 3]}),
        (
            {"p": {"a": 1, "b": 2, "c": 9}, "q": {"a": 3, "b": 4, "c": 8}},
            {"index": ["a", "b", "c"], "p": [1, 2, 9], "q": [3, 4, 8]},
        ),
        (
            {"p": {"a": 1, "b": "x"}, "q": {"a": 3, "b": "y"}},
            {"index": ["p", "q"], "a": [1, 3], "b": ["x", "y"]},
        ),
        (
            {"p": {"a": 1, "b": None}, "q": {"a": 2, "b": 3}, "r": {"a": 5, "b": 6}},
            {"index": ["p", "q", "r"], "a": [1, 2, 5], "b": [None, 3, 6]},
        ),
        (
            {"p": {"a": 1, "b": 2}, "q": {"a": "x", "b": "y"}, "r": {"a": True, "b": False}},
            {"index": ["a", "b"], "p": [1, 2], "q": ["x", "y"], "r": [True, False]},
        ),
        (
            {"index": {"a": 1, "b": 2}, "q": {"a": 3, "b": 4}},
            {"label": ["a", "b"], "index": [1, 2], "q": [3, 4]},
        ),
        ({"index": {"a": 1, "b": 2}, "label": {"a": 3, "b": 4}}, {"index": [1, 2], "label": [3, 4]}),
        # lists of rows
        ([["a", "b"], [1, "x"], [2, None]], {"a": [1, 2], "b": ["x", None]}),
        ([[1, 2.5], [2, 3.5], [9, 1.5]], {"column_1": [1, 2, 9], "column_2": [2.5, 3.5, 1.5]}),
    ],
)
def test_what_a_value_stands_for(value, found):
    assert columns(value) == found


@pytest.mark.parametrize(
    ("value", "noted"),
    [
        ({"columns": ["a"], "data": [[1], [2]], "index": [1, 0]}, [INDEX]),
        ({"columns": ["a"], "data": [[1], [2]], "index": [1, 2]}, []),
        ({"columns": ["a"], "data": [[1], [2]], "index": [0]}, []),
        ({"schema": {"fields": [], "primaryKey": ["index"]}, "data": [{"index": 0, "a": 5}]}, [INDEX]),
        ({"p": {"a": 1}, "q": {"a": 3}}, ["The labels of the rows are in the column 'index'."]),
        ({"0": {"a": 1}, "1": {"a": 3}}, []),
        ({"index": {"a": 1, "b": 2}, "label": {"a": 3, "b": 4}}, []),  # no name is left for them
        ({"rows": FOUR}, ["The records were found under 'rows'."]),
        (
            {"in": {"rows": FOUR, "n": 4}, "b": 1, "c": 2, "d": 3, "e": 4, "f": 5, "g": 6},
            [
                "The records were found under 'in.rows'; what stands beside them was left out ('b', 'c', "
                "'d', 'e', 'f')."
            ],
        ),
    ],
)
def test_what_was_left_out_or_found_inside_is_noted(value, noted):
    assert read(value)[1] == noted


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (5, "Entry 1 of file is not a record: it is a int"),
        ([{"a": 1}, 5], "Entry 2 of file is not a record: it is a int"),
        ([[1], 5], "Entry 1 of file is not a record: it is a list"),
        (0, "file has no rows"),
        (None, "file has no rows"),
        ({}, "file has no rows"),
        ([], "file has no rows"),
        ('{"a": 1}\n{"a": 2}\n5', "Line 3 of file is not a record"),
        ('{"a": 1}\n\n{"a": 2', "Line 3 of file is not valid JSON"),
        ('{"a": 1,\n"b": 2', "file is not valid JSON: line 2"),
        ([[], []], "file has no columns: its rows are empty"),
        ([[1], [1, 2], [1, 2]], "Row 1 of file has 1 cell: the longest row has 2"),
        ({"a": [1], "b": [1, 2]}, "file has columns of unequal length: 'a' 1, 'b' 2"),
        (
            {name: [1] * (2 + at) for at, name in enumerate("abcdef")},
            r"unequal length: 'a' 2, 'b' 3, 'c' 4, 'd' 5, 'e' 6\. What",
        ),
        ({"columns": ["a"], "data": []}, "columns of unequal length: 'columns' 1, 'data' 0"),
        ({"columns": ["a", "b"], "data": [[1]]}, "columns of unequal length"),
        (
            {"type": "FeatureCollection", "features": [{"properties": 5}]},
            "damaged GeoJSON: feature 1 is no object",
        ),
        ({"type": "FeatureCollection", "features": [{"properties": {}}, [1]]}, "damaged GeoJSON: feature 2"),
    ],
)
def test_what_stands_for_no_table_is_refused(value, words):
    with pytest.raises(DataError, match=words):
        read(value)


def test_geojson_keeps_properties_before_what_the_feature_says_of_itself():
    features = [
        {"id": 7, "properties": {"id": "own", "a": 1}, "geometry": None},
        {"id": 8, "properties": None, "geometry": {"type": "Point"}},
        {"properties": {}},
    ]
    found, notes, _ = read({"type": "FeatureCollection", "features": features})
    assert found == {
        "id": ["own", "8", None],
        "a": [1, None, None],
        "geometry": [None, '{"type":"Point"}', None],
    }
    assert "GeoJSON" in notes[0]
    assert columns({"type": "other", "features": FOUR}) == {"a": [1, 2, 3, 4]}
    assert columns({"type": "FeatureCollection", "features": 5}) == {
        "type": ["FeatureCollection"],
        "features": [5],
    }


ROWS = [["a title", None], ["a", "b"], [1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("header", "found", "used"),
    [
        (None, {"a": [1, 3], "b": [2, 4]}, "2"),
        ("1", {"a title": ["a", "1", "3"], "column_2": ["b", "2", "4"]}, "1"),
        ("2", {"a": [1, 3], "b": [2, 4]}, "2"),
        ("0", {"column_1": ["a title", "a", "1", "3"], "column_2": [None, "b", "2", "4"]}, "0"),
        ("4", {"3": [], "4": []}, "4"),
    ],
)
def test_the_row_of_names_among_rows_is_found_or_chosen(header, found, used):
    made = read(ROWS, header=header)
    assert (made[0], made[2]["header"]) == (found, used)
    assert (header is None) == any("row 2" in note.lower() for note in made[1]), made[1]


def test_a_row_that_is_not_there_names_no_columns():
    with pytest.raises(DataError):
        read(ROWS, header="5")
