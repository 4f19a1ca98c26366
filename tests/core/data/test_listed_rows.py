"""Pins and bans: rows named by a list or a file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core.data.export import subset_frame, write_csv, write_jsonl, write_parquet
from core.data.listed_rows import rows_named
from core.data.load import load
from core.foundation.errors import DataError
from core.model.selection import Selection

from .toy import FRAME

DATA = load(FRAME, name="data")
PLAIN = load(FRAME.drop(columns="id"), name="plain")


def ids(rows, data=DATA):
    assert rows.dtype == np.int64
    assert (np.diff(rows) > 0).all()
    return set(data.frame["my column"][rows].tolist())


def pick(data, rows):
    return Selection(np.array(rows, np.int64), "random", 1, {}, 0, len(rows), "", len(data))


def test_ids_are_named_in_a_list():
    assert ids(rows_named(DATA, ["r5", "r7", "r5"])) == {5, 7}
    assert len(rows_named(DATA, [])) == 0
    numbers = load(pd.DataFrame({"id": [1, 2, 3], "my column": [1, 2, 3]}), name="numbers")
    for given in ([2], ["2"], [2.0], [np.int64(2)]):
        assert ids(rows_named(numbers, given), numbers) == {2}


def test_keys_name_rows_with_and_without_ids():
    for data in (DATA, PLAIN):
        keys = [key.tobytes().hex() for key in data.keys[[3, 9]]]
        assert rows_named(data, keys).tolist() == [3, 9]
        assert rows_named(data, pd.DataFrame({"aliquot_key": keys})).tolist() == [3, 9]


def test_unknown_rows_are_refused_with_count_and_examples():
    with pytest.raises(
        DataError, match=r"2 of 3 named rows cannot be found in data: 'x', 'y'.*ids of column"
    ):
        rows_named(DATA, ["r1", "x", "y"])
    with pytest.raises(DataError, match="row keys"):
        rows_named(PLAIN, ["r1"])


@pytest.mark.parametrize(
    "content",
    [
        b"r5\nr7\n",
        b"\xef\xbb\xbfr5\r\n\r\nr7",
        b"id\nr5\nr7\n",
        b"other,id\n1,r5\n2,r7\n",
        b'["r5", "r7"]',
        b'{"id": "r5"}\n{"id": "r7"}\n',
    ],
)
def test_files_of_ids_are_read(content, tmp_path):
    assert ids(rows_named(DATA, content)) == {5, 7}
    (tmp_path / "list.txt").write_bytes(content)
    assert ids(rows_named(DATA, tmp_path / "list.txt")) == {5, 7}


@pytest.mark.parametrize("data", [DATA, PLAIN], ids=["ids", "content"])
def test_an_earlier_subset_names_its_rows(data, tmp_path):
    rows = [8, 3, 41, 20]
    frame, _ = subset_frame(data, pick(data, rows))
    write_parquet(frame, tmp_path / "subset.parquet")
    write_csv(frame, tmp_path / "subset.csv")
    write_jsonl(frame, tmp_path / "subset.jsonl")
    for name in ("subset.parquet", "subset.csv", "subset.jsonl"):
        assert rows_named(data, tmp_path / name).tolist() == sorted(rows), name
    assert rows_named(data, frame).tolist() == sorted(rows)


def test_a_part_whose_text_looks_like_numbers_is_still_found():
    data = load(pd.DataFrame({"code": ["1", "2", "x", "true"], "b": [1, 2, 3, 4]}), id_column="")
    part = pd.DataFrame({"code": ["1"], "b": [1]})
    assert data.frame["code"][rows_named(data, part)].tolist() == ["1"]
    keyed = load(pd.DataFrame({"id": ["007", "8", "x"], "b": [1, 2, 3]}))
    assert keyed.frame["b"][rows_named(keyed, pd.DataFrame({"id": ["8"]}))].tolist() == [2]


def test_identical_rows_are_named_as_often_as_they_are_given():
    data = load(pd.DataFrame({"a": ["x", "x", "x", "y"]}), name="data")
    assert len(rows_named(data, pd.DataFrame({"a": ["x", "x"]}))) == 2
    with pytest.raises(DataError, match="1 of 4 rows of the table is not in data"):
        rows_named(data, pd.DataFrame({"a": ["x"] * 4}))


def test_a_file_that_names_nothing_is_refused():
    with pytest.raises(DataError, match="neither the id column 'id' nor 'aliquot_key'"):
        rows_named(DATA, pd.DataFrame({"other": [1]}))
    with pytest.raises(DataError, match="without the column"):
        rows_named(PLAIN, pd.DataFrame({"lang": ["de"]}))
    with pytest.raises(DataError, match="There is no file"):
        rows_named(DATA, "nothing.txt")
    assert len(rows_named(DATA, pa.table({"id": []}).to_pandas())) == 0
