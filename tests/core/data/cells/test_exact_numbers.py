"""No number is changed by its format: integers of any length, long decimals, times of any year."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.export import arrow_table, flag_frame, write_csv, write_jsonl, write_parquet
from core.data.listed_rows import rows_named
from core.data.load import load
from core.foundation.exact_json import loads
from core.model.infer_text import document
from core.model.selection import Selection

FIRST = 36893488147419103233


def formats(column):
    """The same column of numbers in every format that can hold it; `column` are Python integers."""
    rows = [{"n": value, "row": f"r{at}"} for at, value in enumerate(column)]
    frame = pd.DataFrame(rows, dtype=object)
    sink = io.BytesIO()
    decimals = pa.array([Decimal(value) for value in column], pa.decimal256(76))
    pq.write_table(pa.table({"n": decimals, "row": [row["row"] for row in rows]}), sink)
    yield "csv", ("n,row\n" + "".join(f"{row['n']},{row['row']}\n" for row in rows)).encode()
    yield "lines", "\n".join(map(json.dumps, rows)).encode()
    yield "records", json.dumps(rows).encode()
    yield "columns", json.dumps({"n": list(column), "row": [row["row"] for row in rows]}).encode()
    yield "frame", frame
    yield "mappings", rows
    yield "parquet", sink.getvalue()
    if all(0 <= value < 2**64 for value in column):
        yield "uint64", pd.DataFrame({"n": np.array(column, np.uint64), "row": frame["row"]})


@pytest.mark.parametrize("count", [120])
def test_ids_above_64_bits_stay_apart_in_every_format(count):
    made = {name: load(source, id_column="n") for name, source in formats(range(FIRST, FIRST + count))}
    assert {data.fingerprint.digest for data in made.values()} == {made["csv"].fingerprint.digest}
    for data in made.values():
        assert data.frame["n"].nunique() == count
        assert set(data.frame["n"]) == {str(FIRST + at) for at in range(count)}


edges = st.sampled_from(
    [
        2**53,
        2**53 + 1,
        2**63 - 1,
        2**63,
        2**64 - 1,
        2**64,
        2**70,
        10**30,
        10**30 + 1,
        -(2**63),
        -(2**63) - 1,
        0,
        7,
    ]
)


@settings(max_examples=50)
@given(st.lists(st.one_of(edges, st.integers(-(10**40), 10**40)), min_size=1, max_size=8))
def test_integers_of_any_length_are_the_same_in_every_format(column):
    made = {name: load(source, id_column="") for name, source in formats(column)}
    assert {data.fingerprint.digest for data in made.values()} == {made["csv"].fingerprint.digest}
    assert sorted(map(int, made["csv"].frame["n"])) == sorted(column)


@settings(max_examples=50)
@given(st.recursive(st.one_of(edges, st.integers(), st.none(), st.sampled_from(["a", "9" * 30])), st.lists))
def test_integers_in_json_cells_are_exact(value):
    """A cell is a list or an object in a line of JSON, its text in CSV, and an object in a frame."""
    cell = [value, {"k": value}]
    texts = {document(cell), document(loads(json.dumps(cell))), document(loads(document(cell)))}
    assert len(texts) == 1
    lines = json.dumps({"id": 1, "cell": cell}).encode() + b"\n" + json.dumps({"id": 2, "cell": [0]}).encode()
    frame = pd.DataFrame({"id": [1, 2], "cell": pd.Series([cell, [0]], dtype=object)})
    table = pa.table({"id": [1, 2], "cell": [json.dumps(cell), "[0]"]})
    digests = {load(source, id_column="id").fingerprint.digest for source in (lines, frame, table)}
    assert len(digests) == 1


def test_neighbours_in_a_json_cell_stay_apart():
    lines = b"\n".join(b'{"id": %d, "cell": {"big": [%d]}}' % (at, FIRST + at) for at in range(50))
    data = load(lines, name="lines")
    assert data.frame["cell"].nunique() == 50
    assert f'{{"big":["{FIRST}"]}}' in set(data.frame["cell"])


def test_decimals_that_a_double_cannot_hold_stay_text_in_json_as_in_csv():
    long = ["0.12345678901234567890", "0.12345678901234567891", "1.5"]
    csv = load(("n,row\n" + "".join(f"{value},{value}x\n" for value in long)).encode(), id_column="")
    lines = "\n".join(f'{{"n": {value}, "row": "{value}x"}}' for value in long)
    assert load(lines.encode(), id_column="").fingerprint.digest == csv.fingerprint.digest
    assert set(csv.frame["n"]) == set(long)
    exact, long_ = loads("[0.12345678901234567, 0.123456789012345678]")
    assert isinstance(exact, float)
    assert isinstance(long_, Decimal)
    assert loads("[1.50000000000000000000000, 1e5, 0.1]") == [1.5, 1e5, 0.1]
    assert all(isinstance(value, float) for value in loads("[1.50000000000000000000000, 1.0, 0.1]"))


@pytest.mark.parametrize(
    "text", ["[NaN, 1234567890123456789012]", "[1e999, 1]", '["a" 1234567890123456789012]', ""]
)
def test_what_is_valid_is_still_decided_strictly(text):
    with pytest.raises(orjson.JSONDecodeError):
        loads(text)


def test_a_list_of_long_integers_names_rows_exactly():
    data = load([{"id": FIRST + at, "x": at} for at in range(20)], name="t")
    named = rows_named(data, f"[{FIRST + 3}, {FIRST + 4}]".encode())
    assert sorted(data.frame["x"].iloc[named]) == [3, 4]


def test_a_leading_point_is_a_number_and_a_trailing_one_is_not():
    data = load(b"a,b,c,d\n.5,-.5,5.,.5e-3\n1,2,3,.25E2\n", id_column="")
    assert sorted(data.frame["a"]) == [0.5, 1.0]
    assert sorted(data.frame["b"]) == [-0.5, 2.0]
    assert sorted(data.frame["d"]) == [0.0005, 25.0]
    assert str(data.frame["c"].dtype) == "string"
    same = load(b"a,b,c,d\n0.5,-0.5,5.,0.0005\n1,2,3,25\n", id_column="")
    assert same.fingerprint.digest == data.fingerprint.digest
    assert str(load(b"a\n.\n1\n", name="x").frame["a"].dtype) == "string"
    assert load(b"a\n.00000000000000000000\n1\n", name="x").frame["a"].tolist() in ([0, 1], [1, 0])


# Times ------------------------------------------------------------------------------------------------------

moments = st.datetimes()  # the years 1 to 9999


def written(data):
    """The whole table as every format of export."""
    rows = Selection(data.order * 0 + range(len(data)), "random", 1, {}, 0, len(data), "", len(data))
    frame, _ = flag_frame(data, rows)
    frame = frame[list(data.roles)]
    for write in (write_parquet, write_csv, write_jsonl):
        sink = io.BytesIO()
        write(frame, sink)
        yield sink.getvalue()


@settings(max_examples=30)
@given(st.lists(st.one_of(st.none(), moments), min_size=1, max_size=12).filter(any))
def test_times_of_any_year_are_the_same_in_every_format(times):
    ids = list(range(len(times)))
    texts = [None if time is None else time.isoformat() for time in times]
    sink = io.BytesIO()
    pq.write_table(pa.table({"id": ids, "when": pa.array(times, pa.timestamp("us"))}), sink)
    base = load(sink.getvalue(), id_column="id")
    assert base.roles["when"].kind.value in ("time", "ignore")  # constant where there is one value
    for source in (
        ("id,when\n" + "".join(f"{at},{text or ''}\n" for at, text in zip(ids, texts, strict=True))).encode(),
        b"\n".join(orjson.dumps({"id": at, "when": text}) for at, text in zip(ids, texts, strict=True)),
        pd.DataFrame({"id": ids, "when": pd.Series(times, dtype=object)}),
        {"id": ids, "when": times},
        *written(base),
    ):
        assert load(source, id_column="id").fingerprint.digest == base.fingerprint.digest


def test_days_of_any_year_and_their_first_and_last_moment():
    table = pa.table({"id": [1, 2], "day": pa.array([-719162, 2932896], pa.date32())})
    data = load(table)
    assert sorted(map(str, data.frame["day"])) == ["0001-01-01 00:00:00+00:00", "9999-12-31 00:00:00+00:00"]
    assert load(b"id,day\n1,0001-01-01\n2,9999-12-31\n").fingerprint.digest == data.fingerprint.digest
    last = load(b"id,day\n1,9999-12-31T23:59:59.999999\n2,\n")
    assert last.frame["day"].max().microsecond == 999999


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([2932897, 0, None], pa.date32()),
        pa.array([-719163, 0, None], pa.date32()),
        pa.array([2932897 * 86_400_000, 0, None], pa.date64()),
        pa.array([253402300800, 0, None], pa.timestamp("s")),
        pa.array([2**62, 0, None], pa.timestamp("s")),
        pa.array([-62135596800001, 0, None], pa.timestamp("ms", "UTC")),
        pa.array([2**62, 0, None], pa.timestamp("us")),
    ],
)
def test_times_outside_the_calendar_are_text_and_said(cells):
    data = load(pa.table({"id": [1, 2, 3], "when": cells}))
    assert str(data.frame["when"].dtype) == "string"
    assert data.frame["when"].notna().sum() == 2
    assert any("years 1 to 9999" in note for note in data.notes)
    for source in written(data):
        assert load(source, id_column="id").fingerprint.digest == data.fingerprint.digest


def test_a_zone_that_leads_out_of_the_calendar_leaves_text():
    for text in ("0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"):
        data = load(f"id,when\n1,{text}\n2,2026-01-01\n".encode())
        assert text in set(data.frame["when"])
        stamp = pd.DataFrame(
            {"id": [1], "when": pd.Series([pd.Timestamp(text).to_pydatetime()], dtype=object)}
        )
        assert load(stamp).frame["when"].tolist() == [text]


def test_an_exported_table_keeps_its_arrow_type():
    data = load(b"id,day\n1,9999-12-31\n2,0001-01-01\n")
    kind = arrow_table(data.frame).schema.field("day").type
    assert kind == pa.timestamp("us", "UTC")
