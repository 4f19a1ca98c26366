"""A look into a file before it is read in another way."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from core.data import preview
from core.data.load import load
from core.data.preview import file_cells, first_rows
from core.foundation.errors import ColumnError, DataError
from core.model.read_options import ReadOptions

WORDS = "".join(f'{at};"müde, {at}\n""so"""\n' for at in range(200))


def long_text(encoding: str) -> bytes:
    return ("id;wort\n" + WORDS).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
@pytest.mark.parametrize("head", [128, 300, 1 << 18])
def test_the_first_rows_are_those_that_are_read(encoding, head, monkeypatch):
    """Wherever the beginning is cut, also within a cell over two lines or a letter of two bytes."""
    monkeypatch.setattr(preview, "_HEAD", head)
    body = long_text(encoding)
    reading = ReadOptions.from_json(dict(load(body, name="t.csv", encoding=encoding).reading))
    shown = first_rows(body, name="t.csv", reading=reading, most=2)
    assert shown.columns.tolist() == ["id", "wort"]
    assert shown.to_numpy().tolist() == [["0", 'müde, 0\n"so"'], ["1", 'müde, 1\n"so"']]


def test_what_is_chosen_shows():
    body = b"id;a,b\n1;x,y\n2;z,w\n"
    rows = first_rows(body, name="t.csv", reading=ReadOptions(encoding="utf-8", delimiter=","))
    assert rows.columns.tolist() == ["id;a", "b"]
    with pytest.raises(DataError, match="is not utf-8"):
        first_rows("müde\n".encode("cp1252") * 3, name="t.csv", reading=ReadOptions(encoding="utf-8"))


def test_workbooks_and_vectors_are_shown():
    sink = io.BytesIO()
    with pd.ExcelWriter(sink) as book:
        pd.DataFrame({"a": [1, 2]}).to_excel(book, sheet_name="May", index=False)
        pd.DataFrame({"b": ["x", "y"]}).to_excel(book, sheet_name="June", index=False)
    shown = first_rows(sink.getvalue(), name="t.xlsx", reading=ReadOptions(sheet="June"))
    assert shown.to_dict("list") == {"b": ["x", "y"]}
    lines = b"".join(b'{"id": %d, "v": [%s]}\n' % (at, b",".join([b"0.5"] * 9)) for at in range(3))
    assert first_rows(lines, name="t.jsonl", reading=ReadOptions())["id"].tolist() == ["0", "1", "2"]


def test_the_cells_of_a_column_are_those_of_the_file(tmp_path):
    frame = pd.DataFrame({"id": [3, 1, 2], "x": ["007", None, "5"], "n": [1.5, 2.0, np.nan]})
    path = tmp_path / "t.csv"
    frame.to_csv(path, index=False)
    assert file_cells(path, "x", name="t.csv", reading=ReadOptions()).to_pylist() == ["007", "", "5"]
    sink = io.BytesIO()
    frame.to_parquet(sink)
    assert file_cells(sink.getvalue(), "n", name="t", reading=ReadOptions()).to_pylist() == [
        "1.5",
        "2.0",
        None,
    ]
    with pytest.raises(ColumnError, match="There is no column 'y'"):
        file_cells(path, "y", name="t.csv", reading=ReadOptions())
