"""Canonical cells: what a value is, whatever file it came in."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core.data.cells.canonical_cells import canonical_column, canonical_frame, forms_of, to_series
from core.data.cells.cell_hashes import CellHashes
from core.data.cells.number_lists import VECTOR_LENGTH
from core.foundation.errors import DataError
from core.model.infer_text import from_objects, infer_text


def values(cells, **options):
    if not isinstance(cells, pa.Array):
        cells = pa.array(cells, type=pa.string()) if isinstance(cells, list) else cells
    return canonical_column(cells, "c", **options)[0]


def token(cells):
    hashes = CellHashes.of(to_series(values(cells)))
    return [row.tobytes() for row in hashes.rows()]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (["1", "-2", "0"], "int64"),
        (["-0", "5"], "int64"),
        (["9223372036854775807", "-9223372036854775808"], "int64"),
        (["9223372036854775808"], "string"),
        (["007", "12"], "string"),
        (["+1", "2"], "string"),
        (["1", "x"], "string"),
        ([" 1", "2"], "string"),
        (["1.0", "2.0"], "int64"),
        (["1.5", "2"], "double"),
        ([".5", "1"], "double"),
        (["1.", "1"], "string"),
        (["1e-05", "1.5e20", "1e+16"], "double"),
        (["1e5", "12e4"], "string"),
        (["1e+400"], "string"),
        (["inf", "-inf", "0.5"], "double"),
        (["0.12345678901234567"], "double"),
        (["0.123456789012345678"], "string"),
        (["1.50000000000000000000000"], "double"),
        (["9007199254740993", "0.5"], "string"),
        (["9007199254740992", "0.5"], "double"),
        (["123456789012345678901", "0.5"], "string"),
        (["true", "FALSE", "True"], "bool"),
        (["true", "yes"], "string"),
        (["NA", "1"], "string"),
        (["null"], "string"),
        (["nan", "1"], "string"),
        (["2026-01-31"], "timestamp[us, tz=UTC]"),
        (["2026-01-31T09:30:00Z", "2026-01-31 09:30"], "timestamp[us, tz=UTC]"),
        (["2026-01-31", "31.01.2026"], "string"),
        (["2026-02-30"], "string"),
        (["20260131"], "int64"),
        (["2026-01"], "string"),
        (["09:30:00"], "string"),
        (["[1, 2]", "not a list"], "string"),
        (["[1, 2"], "string"),
        (["[not json]"], "string"),
    ],
)
def test_text_inference(text, kind):
    assert str(values(text).type) == kind


def test_only_the_empty_string_is_missing_unless_told():
    assert values(["", "NA", "1"]).to_pylist() == [None, "NA", "1"]
    assert values(["", "NA", "1"], missing=["NA"]).to_pylist() == [None, None, 1]
    assert values(pa.array([1, 99]), missing=["99"]).to_pylist() == [1, None]
    assert values(pa.array([1.5, 99.0]), missing=["99"]).to_pylist() == [1.5, None]
    assert values(pa.array(["1", "99"]), missing=["99"]).to_pylist() == [1, None]


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        (pa.array([1, 2, None], pa.int8()), ["1", "2", ""]),
        (pa.array([1.0, float("nan"), 3.0]), ["1.0", "", "3.0"]),
        (pa.array([-0.0, 1.5]), ["0.0", "1.5"]),
        (pa.array([0.1, 1e-7, 16777216.0], pa.float32()), ["0.1", "1e-07", "16777216.0"]),
        (pa.array(np.array([0.1, 2.5], np.float16)), ["0.1", "2.5"]),
        (pa.array([1e300, 0.5]), ["1e+300", "0.5"]),
        (pa.array([1e18, 2e18]), ["1e+18", "2e+18"]),
        (pa.array([float("inf"), 0.5]), ["inf", "0.5"]),
        (pa.array([2**64 - 1, 1], pa.uint64()), ["18446744073709551615", "1"]),
        (pa.array([Decimal("1.10"), Decimal("2.00")]), ["1.10", "2.00"]),
        (pa.array([Decimal("0.0000001"), None]), ["0.0000001", ""]),
        (pa.array([Decimal("12345678901234567890.5")]), ["12345678901234567890.5"]),
        (pa.array([True, False, None]), ["True", "False", ""]),
        (pa.array(["a", None, "b"]).dictionary_encode(), ["a", "", "b"]),
        (pa.array(["1", "2"], pa.large_string()), ["1", "2"]),
        (pa.array([dt.date(2026, 1, 31), None]), ["2026-01-31", ""]),
        (pa.array([dt.datetime(2026, 1, 31)]), ["2026-01-31"]),
        (pa.array([dt.datetime(2026, 1, 31, 9, 30, 0, 5)]), ["2026-01-31 09:30:00.000005"]),
        (
            pa.array([dt.datetime(2026, 1, 31, 9)], pa.timestamp("us", "Europe/Berlin")),
            ["2026-01-31 10:00:00+01:00"],
        ),
        (pa.array([1_700_000_000_123_456_789], pa.timestamp("ns")), ["2023-11-14 22:13:20.123456789"]),
        (pa.array([-1], pa.timestamp("ns")), ["1969-12-31 23:59:59.999999999"]),
        (pa.array([[1, 2], [3], None]), ["[1, 2]", "[3]", ""]),
        (pa.array([["a", "b"], []]), ['["a","b"]', "[]"]),
        (pa.array([{"b": 1.0, "a": "x"}]), ['{"a": "x", "b": 1}']),
        (pa.array([None, None]), ["", ""]),
        (pa.array([float("nan"), None]), ["", ""]),
        (pa.array(["two\r\nlines"]), ["two\nlines"]),
        (pa.array([dt.time(9, 30)]), ["09:30:00"]),
    ],
)
def test_typed_cells_and_their_text_are_the_same(typed, text):
    one, two = values(typed), values(text)
    assert one.type == two.type
    assert one.to_pylist() == two.to_pylist()
    assert token(typed) == token(pa.array(text))


def test_different_values_have_different_tokens():
    cells = [["1"], ["1", "x"], ["true"], ["2026-01-31"], ["1.5"], ["x"], [""]]
    first = [token(pa.array(column))[0] for column in cells]
    assert len(set(first)) == len(first)


def test_integers_beyond_double_precision_keep_their_digits():
    assert values(["9007199254740993"]).to_pylist() == [9007199254740993]
    assert token(pa.array([2**53])) != token(pa.array([2**53 + 1]))


def test_a_float32_is_its_shortest_text_in_the_engine_too():
    frame, _, _ = canonical_frame(pa.table({"x": pa.array([0.1], pa.float32())}))
    assert frame["x"][0] == 0.1


@pytest.mark.parametrize("width", [VECTOR_LENGTH, 20])
def test_a_vector_is_the_same_in_lists_and_in_json_text(width):
    numbers = np.random.default_rng(0).normal(size=(3, width)).astype(np.float32)
    lists = pa.array([row.tolist() for row in numbers], pa.list_(pa.float32()))
    fixed = pa.array([row.tolist() for row in numbers], pa.list_(pa.float64(), width))
    text = ["[" + ", ".join(map(repr, row.tolist())) + "]" for row in numbers]
    for cells in (lists, fixed, text):
        np.testing.assert_array_equal(values(cells), numbers)


def test_lists_that_are_no_vectors_stay_lists():
    short = [[0.5] * (VECTOR_LENGTH - 1)] * 2
    uneven = [[0.5] * 8, [0.5] * 9]
    huge = [[2**25 + 1] * 8] * 2
    words = [["a"] * 8] * 2
    for cells in (short, uneven, huge, words):
        assert pa.types.is_string(values(pa.array(cells)).type)


def test_a_missing_vector_is_a_row_of_nan():
    lists = pa.array([[0.5] * 8, None, [1.5] * 8])
    found = values(lists)
    assert np.isnan(found).all(axis=1).tolist() == [False, True, False]
    hashes = CellHashes.of_vectors(found).rows()
    assert hashes[1].tobytes() == token(pa.array([None], pa.string()))[0]


def test_a_part_of_a_text_column_is_read_as_the_whole_says():
    frame, _, _ = canonical_frame(pa.table({"code": ["1", "a"], "tags": ["[1, 2]", "[]"]}))
    assert forms_of(frame) == {"code": "text", "tags": "json"}
    part, _, _ = canonical_frame(pa.table({"code": ["1"], "tags": ["[1, 2]"]}), forms=forms_of(frame))
    assert part["code"].tolist() == ["1"]
    assert part["tags"].tolist() == ["[1,2]"]


def test_mixed_objects_are_spelled_and_then_inferred():
    assert infer_text(from_objects([1, "2", None])).to_pylist() == [1, 2, None]
    assert from_objects([1, "a", 2.5]).to_pylist() == ["1", "a", "2.5"]
    assert from_objects([True, "x"]).to_pylist() == ["true", "x"]
    assert from_objects([True, 1]).to_pylist() == ["true", "1"]
    assert from_objects([2**70, 1]).to_pylist() == [str(2**70), "1"]
    assert from_objects([[1], {"a": 2}]).to_pylist() == ["[1]", '{"a":2}']
    assert from_objects([b"\x00\xff"]).to_pylist() == ["AP8="]
    assert from_objects(["\ud800"]).to_pylist() == ["?"]
    assert from_objects([pd.NaT, pd.NA, None, float("nan")]).null_count == 4


def test_a_cell_that_is_too_long_is_refused():
    with pytest.raises(DataError, match=r"1,000,001 characters.*row 2"):
        values(["x", "y" * 1_000_001])
    assert len(values(["y" * 1_000_000])[0].as_py()) == 1_000_000
