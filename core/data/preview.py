"""A look into a file before it is read in another way: its first rows, and the cells of one column."""

from __future__ import annotations

import codecs
import os
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa

from ..foundation.errors import ColumnError
from ..foundation.wording import some
from ..model.read_options import ReadOptions
from .cells.canonical_cells import column_texts
from .load import read_raw
from .memory_check import most_unpacked
from .readers.unpack import Content, open_bytes, open_path, unpack

_HEAD = 1 << 18  # bytes of a text file that are looked at
_TRIES = 1_000  # line ends at which the head of a file may be cut


def first_rows(
    source: str | os.PathLike[str] | bytes, *, name: str, reading: ReadOptions, most: int = 6
) -> pd.DataFrame:
    """The first rows of a file as they would be read, every cell as text.

    Of a text file whose encoding is named only the beginning is looked at, others are read whole.

    Args:
        source: A path or the bytes of a file, as `core.data.load.load` takes them.
        name: What people call it.
        reading: How it is read; what is not chosen is found by the content.
        most: How many rows.

    Raises:
        DataError: It cannot be read so.

    Example:
        >>> first_rows(b"a;b\\n1;2\\n", name="t.csv", reading=ReadOptions(delimiter=";")).values.tolist()
        [['1', '2']]
    """
    content, kind = _opened(source, name)
    if kind == "text" and reading.encoding is not None:
        content, reading = _head(content, reading)
    table = read_raw(content, kind, reading).table.slice(0, most)
    columns = {}
    for column in table.column_names:
        try:
            columns[column] = column_texts(table.column(column), column).to_pylist()
        except ColumnError:
            columns[column] = ["[numbers]"] * table.num_rows
    return pd.DataFrame(columns, dtype="string")


def file_cells(
    source: str | os.PathLike[str] | bytes, column: str, *, name: str, reading: ReadOptions
) -> pa.Array:
    """The cells of one column as they stand in a file, as text, in its order. O(bytes).

    Args:
        source, name, reading: As in `first_rows`.
        column: Its name.

    Raises:
        DataError: The file cannot be read so, or the column is not there or holds vectors.

    Example:
        >>> file_cells(b"a;b\\n1;007\\n", "b", name="t.csv", reading=ReadOptions()).to_pylist()
        ['007']
    """
    content, kind = _opened(source, name)
    table = read_raw(content, kind, reading).table
    if column not in table.column_names:
        known = some(table.column_names)
        raise ColumnError(f"There is no column {column!r}", f"the columns are {known}", "choose one of them")
    return column_texts(table.column(column), column)


def _opened(source: str | os.PathLike[str] | bytes, name: str) -> tuple[Content, str]:
    content = open_bytes(source, name) if isinstance(source, bytes) else open_path(Path(source))
    return unpack(content, limit=most_unpacked())


def _head(content: Content, reading: ReadOptions) -> tuple[Content, ReadOptions]:
    """The beginning of a text file up to the end of a row, as UTF-8; all of it where it is short or wrong."""
    if content.data.size <= _HEAD or reading.encoding is None:
        return content, reading
    try:
        text = codecs.getincrementaldecoder(reading.encoding)("strict").decode(content.head(_HEAD))
    except (LookupError, UnicodeError):
        return content, reading  # reading it says what is wrong
    end = len(text)
    for _ in range(_TRIES):
        end = text.rfind("\n", 0, end)
        if end < 0:
            return content, reading
        if text.count('"', 0, end) % 2 == 0:  # not inside a cell that is quoted
            body = text[: end + 1].removeprefix("\ufeff").encode("utf-8", "replace")
            return Content(content.name, pa.py_buffer(body)), replace(reading, encoding="utf-8")
    return content, reading
