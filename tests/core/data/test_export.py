"""What is exported comes back as it was."""

from __future__ import annotations

import io

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.export import (
    ADDED,
    flag_frame,
    neutralise,
    restore,
    subset_frame,
    write_csv,
    write_jsonl,
    write_parquet,
)
from core.data.load import load
from core.model.derived import Groups
from core.model.selection import Selection

N = 30
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "id": range(N),
        "text": ["=1+1", "+a", "-b", "@c", "\tx", "'q", "fine", None, "a\nb", 'say "hi"'] * 3,
        "x": [None if i == 4 else i / 3 for i in range(N)],
        "n": pd.array([None if i == 4 else -i for i in range(N)], dtype="Int64"),
        "flag": [i % 2 == 0 for i in range(N)],
        "when": pd.date_range("2026-01-01 09:30", periods=N, freq="h"),
        "tags": [["a", "b"][: i % 3] for i in range(N)],
        "meta": [{"k": i} for i in range(N)],
        "v": [RNG.normal(size=8).astype(np.float32) for _ in range(N)],
        "aliquot_rank": range(N),
    }
)
DATA = load(FRAME, name="data")
ROWS = np.array([7, 2, 29, 0], np.int64)
PICK = Selection(
    ROWS, "random", 1, {}, 0, 4, "", N, weight=np.full(4, 7.5), represents=np.array([1.0, 2.0, 3.0, 4.0])
)
GROUPS = Groups(np.arange(N) % 2, ("even", "odd"))


def test_a_subset_keeps_all_columns_in_the_order_of_choice():
    frame, moved = subset_frame(DATA, PICK, GROUPS)
    expected = [name if name != "aliquot_rank" else "aliquot_rank_original" for name in FRAME.columns]
    assert list(frame.columns) == [*expected, *ADDED]
    assert moved == {"aliquot_rank": "aliquot_rank_original"}
    assert frame["id"].tolist() == DATA.frame["id"][ROWS].tolist()
    assert frame["aliquot_rank"].tolist() == [1, 2, 3, 4]
    assert frame["aliquot_weight"].tolist() == [7.5] * 4
    assert frame["aliquot_represents"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert frame["aliquot_group"].tolist() == [GROUPS.names[row % 2] for row in ROWS]
    np.testing.assert_array_equal(np.stack(frame["v"].tolist()), DATA.vectors["v"][ROWS])


def test_what_is_not_known_is_missing():
    frame, _ = subset_frame(DATA, Selection(ROWS, "random", 1, {}, 0, 4, "", N))
    assert frame[["aliquot_weight", "aliquot_represents", "aliquot_group"]].isna().all().all()


def test_parquet_comes_back_with_its_types_lists_and_vectors():
    frame, _ = subset_frame(DATA, PICK, GROUPS)
    sink = io.BytesIO()
    write_parquet(frame, sink, {"aliquot": "1"})
    table = pq.read_table(io.BytesIO(sink.getvalue()))
    kinds = {name: str(kind) for name, kind in zip(table.schema.names, table.schema.types, strict=True)}
    assert kinds["id"] == kinds["n"] == kinds["aliquot_rank"] == "int64"
    assert kinds["x"] == kinds["aliquot_weight"] == "double"
    assert kinds["flag"] == "bool"
    assert kinds["when"] == "timestamp[us, tz=UTC]"
    assert kinds["tags"].startswith("list<")
    assert kinds["v"].startswith("fixed_size_list<")
    assert table.schema.metadata[b"aliquot"] == b"1"
    again = io.BytesIO()
    write_parquet(frame, again, {"aliquot": "1"})
    assert sink.getvalue() == again.getvalue()


@pytest.mark.parametrize("write", [write_parquet, write_csv, write_jsonl])
def test_a_full_subset_is_the_data_set_again(write, tmp_path):
    """All rows exported, our columns dropped, loaded again: the same fingerprint."""
    frame, _ = subset_frame(DATA, Selection(np.arange(N)[::-1].copy(), "random", 1, {}, 0, N, "", N))
    frame = frame.drop(columns=list(ADDED)).rename(columns={"aliquot_rank_original": "aliquot_rank"})
    write(frame, tmp_path / "out")
    if write is write_csv:
        raw = pyarrow.csv.read_csv(
            tmp_path / "out",
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(column_types={name: pa.string() for name in frame}),
        )
        again = load(restore(raw).to_pandas(), name="again")
    else:
        again = load(tmp_path / "out")
    assert again.fingerprint.columns == DATA.fingerprint.columns
    assert again.fingerprint.digest == DATA.fingerprint.digest


def test_formula_cells_of_text_are_neutralised_and_numbers_are_not(tmp_path):
    frame, _ = subset_frame(DATA, Selection(np.arange(N), "random", 1, {}, 0, N, "", N))
    count = write_csv(frame, tmp_path / "out.csv")
    assert count == 18
    text = (tmp_path / "out.csv").read_text()
    read = pd.read_csv(io.StringIO(text))
    for cell in read["text"].dropna():
        assert cell[0] not in "=+-@\t\r"
    assert (read["n"].dropna() <= 0).all()
    assert (read["n"].dropna() < 0).any()


@settings(max_examples=60)
@given(st.lists(st.one_of(st.none(), st.text("=+-@\t\r'a1 \n", max_size=5)), min_size=1, max_size=8))
def test_neutralising_is_reversible_and_complete(cells):
    table = pa.table({"=a": pa.array(cells, pa.string()), "'b": pa.array(range(len(cells)))})
    done, count = neutralise(table)
    assert restore(done).equals(table)
    assert count == sum(cell is not None and cell[:1] in tuple("=+-@\t\r'") for cell in cells)
    for cell in [*done.column_names, *done.columns[0].to_pylist()]:
        assert not cell or cell[0] not in "=+-@\t\r"


def test_json_lines_hold_plain_values(tmp_path):
    frame, _ = subset_frame(DATA, PICK, GROUPS)
    write_jsonl(frame, tmp_path / "out.jsonl")
    rows = [orjson.loads(line) for line in (tmp_path / "out.jsonl").read_bytes().splitlines()]
    assert [row["id"] for row in rows] == frame["id"].tolist()
    assert isinstance(rows[0]["tags"], list)
    assert isinstance(rows[0]["meta"], dict)
    assert len(rows[0]["v"]) == 8
    assert rows[0]["when"].endswith("Z")
    sink = io.BytesIO()
    write_jsonl(frame, sink)
    assert sink.getvalue() == (tmp_path / "out.jsonl").read_bytes()


def test_the_flagged_table_is_whole_and_in_its_source_order():
    frame, moved = flag_frame(DATA, PICK)
    assert frame["id"].tolist() == list(range(N))
    chosen = set(DATA.frame["id"][ROWS].tolist())
    assert set(frame["id"][frame["aliquot_selected"]].tolist()) == chosen
    assert frame["aliquot_rank"].notna().sum() == 4
    assert moved == {"aliquot_rank": "aliquot_rank_original"}
    assert frame["aliquot_rank_original"].tolist() == list(range(N))
    by_rank = frame.dropna(subset="aliquot_rank").sort_values("aliquot_rank")
    assert by_rank["id"].tolist() == DATA.frame["id"][ROWS].tolist()
    np.testing.assert_array_equal(np.stack(frame["v"].tolist()), np.stack(FRAME["v"].tolist()))


def test_vectors_alone_can_be_exported(tmp_path):
    np.save(tmp_path / "v.npy", np.eye(5))
    data = load(tmp_path / "v.npy")
    frame, _ = subset_frame(data, Selection(np.array([1, 3]), "random", 1, {}, 0, 2, "", 5))
    write_parquet(frame, tmp_path / "subset.parquet")
    table = pq.read_table(tmp_path / "subset.parquet")
    assert table.column_names[0] == "vectors"
    assert table.num_rows == 2
