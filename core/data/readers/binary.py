"""Readers of binary tables and vectors: Parquet, Arrow, NumPy."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.lib import format as npy
from numpy.typing import NDArray

from ...foundation.caps import MAX_CELL, MAX_ROWS, UNPACKED_BYTES
from ...foundation.errors import DataError
from ...foundation.machine import show_bytes
from ...foundation.wording import count
from .heading import check_names
from .parser_errors import parsing
from .unpack import Content

_MARK = 4
HEADER = 1 << 16  # bytes that hold the header of an array
_ROWS_AT_ONCE = 1 << 14
_MEDIA = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"II*\x00", b"MM\x00*", b"OggS", b"fLaC", b"ID3", b"%PDF"
)  # fmt: skip


def check_rows(name: str, rows: int) -> None:
    """Refuse a table with more rows than can be used."""
    if rows > MAX_ROWS:
        raise DataError(
            f"{name} has {count(rows, 'row')}",
            f"at most {MAX_ROWS:,} can be used",
            "split it, or draw a part first",
        )


def read_parquet(content: Content) -> tuple[pa.Table, list[str]]:
    """A table from Parquet; row count and unpacked size are read from the footer first."""
    import pyarrow.parquet as pq

    notes: list[str] = []
    with parsing(content, "Parquet"):
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
    with parsing(content, "Arrow"):
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
    media = [column for column in table.column_names if _holds_media(table[column])]
    if media:
        size = show_bytes(max(_longest_bytes(table[column]) for column in media))
        what = f"{', '.join(map(repr, media[:8]))}: pictures, sounds or other binary data"
        notes.append(f"{what}, up to {size} in a cell, cannot be read as values and were left out.")
    return table.drop_columns(media)


def _holds_media(cells: pa.ChunkedArray) -> bool:
    """Whether a column holds binary data too long for a cell, or nothing but pictures, sounds, documents."""
    if _longest_bytes(cells) * 4 / 3 > MAX_CELL:  # it would be spelled in base64
        return True
    heads = {
        head
        for part in _bytes_of(cells)
        for head in pc.unique(pc.binary_slice(part.drop_null(), 0, _MARK)).to_pylist()
    }
    return bool(heads) and all(head.startswith(_MEDIA) for head in heads)


def _longest_bytes(cells: pa.ChunkedArray) -> int:
    return max((pc.max(pc.binary_length(part)).as_py() or 0 for part in _bytes_of(cells)), default=0)


def _bytes_of(cells: pa.ChunkedArray | pa.Array) -> list[pa.Array]:
    """The binary values of a column, inside structs and lists too (pictures are often ``{bytes, path}``)."""
    if isinstance(cells, pa.ChunkedArray):
        return [part for chunk in cells.chunks for part in _bytes_of(chunk)]
    kind = cells.type
    if pa.types.is_dictionary(kind):
        return _bytes_of(cells.dictionary)
    if isinstance(kind, pa.ExtensionType):
        return _bytes_of(cells.storage)
    if pa.types.is_struct(kind):
        return [part for at in range(kind.num_fields) for part in _bytes_of(cells.field(at))]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _bytes_of(cells.flatten())
    if pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind):
        return [cells.cast(pa.large_binary())]
    return [cells] if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) else []


def array_header(head: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, whether columns come first, type and start of the numbers of an .npy file, from its beginning.

    Raises:
        ValueError: It is not the beginning of such a file.
    """
    stream = io.BytesIO(head)
    read = npy.read_array_header_1_0 if npy.read_magic(stream) == (1, 0) else npy.read_array_header_2_0
    shape, columns_first, dtype = read(stream)
    if min(shape, default=0) < 0:
        raise ValueError(f"its shape is {shape}")
    return shape, columns_first, dtype, stream.tell()


def read_npy(content: Content) -> NDArray[Any]:
    """An array from .npy, over the bytes of the file; object arrays are refused because they are pickles."""
    with parsing(content, "a NumPy array"):
        shape, columns_first, dtype, start = array_header(content.head(HEADER))
        if dtype.hasobject:
            raise ValueError("Object arrays are not read")
        many = math.prod(shape)
        flat = np.frombuffer(content.data, dtype, many, start) if many else np.empty(0, dtype)
        array = flat.reshape(shape, order="F" if columns_first else "C")
    return array


def read_npz(content: Content) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz, by name."""
    with parsing(content, "NumPy arrays"), np.load(io.BytesIO(content.data), allow_pickle=False) as archive:
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
    made = np.empty(array.shape, np.float32)
    with np.errstate(over="ignore"):
        for at in range(0, len(array), _ROWS_AT_ONCE):  # an array as large as the memory is copied once
            part = slice(at, at + _ROWS_AT_ONCE)
            np.add(array[part].astype(np.float32), np.float32(0), out=made[part])  # 0 for -0
    return made
