"""Readers of binary tables and vectors: Parquet, Arrow, Excel, NumPy."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import AliquotError, Cancelled, DataError
from ..infer import from_objects
from ..limits import MAX_ROWS, UNPACKED_BYTES, show_bytes
from ..progress import SILENT, Progress
from .sniff import Content
from .text import check_names


@contextmanager
def _parsing(content: Content, what: str) -> Iterator[None]:
    """Turn whatever a parser raises on a damaged file into one sentence.

    Parsers of binary formats raise errors of every family on damaged bytes (zlib, struct, tokenizer, Unicode,
    memory), so all but our own are taken here.
    """
    try:
        yield
    except (AliquotError, Cancelled):
        raise
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        if "Object arrays" in reason:
            raise DataError(
                f"{content.name} holds Python objects",
                "they are stored as a pickle, and opening one can run any program on this machine",
                "save a plain array of numbers",
            ) from None
        raise DataError(
            f"{content.name} cannot be read as {what}",
            f"the file is damaged or incomplete ({reason})",
            "copy or export it again",
        ) from None


def check_rows(name: str, rows: int) -> None:
    """Refuse a table with more rows than can be used."""
    if rows > MAX_ROWS:
        raise DataError(
            f"{name} has {rows:,} rows", f"at most {MAX_ROWS:,} can be used", "split it, or draw a part first"
        )


def read_parquet(content: Content) -> tuple[pa.Table, list[str]]:
    """A table from Parquet; row count and unpacked size are read from the footer first."""
    import pyarrow.parquet as pq

    notes: list[str] = []
    with _parsing(content, "Parquet"):
        file = pq.ParquetFile(pa.BufferReader(content.data))
        check_rows(content.name, file.metadata.num_rows)
        groups = (file.metadata.row_group(at) for at in range(file.metadata.num_row_groups))
        if sum(group.total_byte_size for group in groups) > UNPACKED_BYTES:
            raise DataError(
                f"{content.name} is too large when unpacked",
                f"it would take more than {show_bytes(UNPACKED_BYTES)}",
                "keep the columns that matter",
            )
        check_names(content.name, list(file.schema_arrow.names), [])
        table = file.read()
        table.validate(full=True)
        table = _tidy(content.name, table, notes)
    return table, notes


def read_arrow(content: Content, stream: bool) -> tuple[pa.Table, list[str]]:
    """A table from an Arrow IPC file (Feather) or stream."""
    notes: list[str] = []
    with _parsing(content, "Arrow"):
        source = pa.BufferReader(content.data)
        reader = pa.ipc.open_stream(source) if stream else pa.ipc.open_file(source)
        table = reader.read_all()
        table.validate(full=True)
        table = _tidy(content.name, table, notes)
    return table, notes


def _tidy(name: str, table: pa.Table, notes: list[str]) -> pa.Table:
    names = check_names(name, [str(column) for column in table.column_names], notes)
    table = table.rename_columns(names)
    index = [column for column in names if column.startswith("__index_level_")]
    if index:
        table = table.drop_columns(index)
        notes.append("An index that pandas had written beside the table was left out.")
    return table


def read_excel(content: Content, progress: Progress = SILENT) -> tuple[pa.Table, list[str]]:
    """A table from the first worksheet of an .xlsx workbook that has cells."""
    import openpyxl

    notes: list[str] = []
    with _parsing(content, "Excel"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles and extensions that have no bearing on cells
        book = openpyxl.load_workbook(io.BytesIO(content.data), read_only=True, data_only=True)
        rows: list[tuple[Any, ...]] = []
        sheet = ""
        for page in book.worksheets:
            rows = []
            for at, row in enumerate(page.iter_rows(values_only=True)):
                if at % 1000 == 0:
                    progress.check()
                if any(value is not None for value in row):
                    rows.append(row)
            if rows:
                sheet = str(page.title)
                break
        others = [page.title for page in book.worksheets if page.title != sheet]
        book.close()
    if not rows:
        raise DataError(f"{content.name} is empty", "no worksheet has a cell", "choose another file")
    if others:
        notes.append(f"The worksheet {sheet!r} was read; {len(others)} others were not.")
    width = max(len(row) for row in rows)
    while width and all(len(row) < width or row[width - 1] is None for row in rows):
        width -= 1
    head, body = rows[0], rows[1:]
    names = [("" if at >= len(head) or head[at] is None else str(head[at]).strip()) for at in range(width)]
    names = check_names(content.name, names, notes)
    columns = {
        name: from_objects([row[at] if at < len(row) else None for row in body], name)
        for at, name in enumerate(names)
    }
    return pa.table(columns), notes


def read_npy(content: Content) -> NDArray[Any]:
    """An array from .npy; object arrays are refused because they are pickles."""
    with _parsing(content, "a NumPy array"):
        array = np.asarray(np.load(io.BytesIO(content.data), allow_pickle=False))
    return array


def read_npz(content: Content) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz, by name."""
    with _parsing(content, "NumPy arrays"), np.load(io.BytesIO(content.data), allow_pickle=False) as archive:
        arrays = {str(name): np.asarray(archive[name]) for name in archive.files}
    return arrays


def as_vectors(array: NDArray[Any], name: str) -> NDArray[np.float32]:
    """An array as vectors: float32, shape (n, d). One number per row is a vector of length 1.

    Raises:
        DataError: It is not a table of numbers.
    """
    if array.ndim == 0:
        array = array.reshape(1)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim > 2:
        array = array.reshape(len(array), -1)
    if array.ndim != 2 or array.dtype.kind not in "fiub" or not array.shape[1]:
        raise DataError(
            f"{name} does not hold vectors",
            f"its shape is {array.shape} and its type {array.dtype}",
            "give one row of numbers per row of the table",
        )
    check_rows(name, len(array))
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(array.astype(np.float32) + np.float32(0))
