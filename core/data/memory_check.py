"""Memory before a file is read: what reading it takes at its peak, and whether that much is free.

A table in memory is several times its file: cells become columns, columns become tokens and keys, and parts
of both are there at once. What is too large is refused before it is read, with the number; reads that fit
alone but not together wait for one another.
"""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from ..foundation.errors import ResourceError
from ..foundation.machine import MEMORY_SHARE, free_memory, show_bytes
from ..foundation.progress import SILENT, Progress

if TYPE_CHECKING:
    from .readers.unpack import Content

P = ParamSpec("P")
R = TypeVar("R")

GROWTH: dict[str, tuple[float, float]] = {
    "text": (7.5, 280.0),
    "json": (12.0, 0.0),
    "parquet": (7.0, 280.0),
    "arrow": (7.0, 280.0),
    "stream": (7.0, 280.0),
    "excel": (7.5, 280.0),
    "npy": (5.0, 280.0),
    "npz": (5.0, 280.0),
}
"""Bytes at the peak per byte of the unpacked file, and per row of it: above all that was measured
(tests/benchmarks/reading.py)."""
BASE = 64 * 2**20
"""Bytes that reading takes however small the file is."""
_WAIT = 0.2  # seconds between two looks at the memory that others hold


def unpacked(content: Content, kind: str) -> tuple[int, int]:
    """(bytes with the file's own compression undone, rows), told without reading it.

    Rows are 0 where they are unknown; a damaged file counts as it is.

    Args:
        content: The file.
        kind: As `core.data.readers.unpack.kind_of` names it.
    """
    from .readers.binary import HEADER

    size, rows = int(content.data.size), 0
    try:
        if kind == "text":
            rows = _lines(content)
        elif kind in ("excel", "npz"):
            with zipfile.ZipFile(io.BytesIO(content.data)) as archive:
                size = max(size, sum(part.file_size for part in archive.infolist()))
                if kind == "npz":
                    heads = (archive.open(name).read(HEADER) for name in archive.namelist())
                    rows = max((_rows_of_array(head) for head in heads), default=0)
        elif kind == "npy":
            rows = _rows_of_array(content.head(HEADER))
        elif kind == "parquet":
            size, rows = _parquet(content, size)
        elif kind in ("arrow", "stream"):
            size, rows = _arrow(content, size, kind == "stream")
    except Exception:  # whatever a damaged file raises: its reader says what is wrong with it
        return int(content.data.size), 0
    return size, rows


def _rows_of_array(head: bytes) -> int:
    """The first number of an array's shape, from the beginning of its file."""
    from .readers.binary import array_header

    shape = array_header(head)[0]
    return shape[0] if shape else 1


def _lines(content: Content) -> int:
    """Ends of lines, which are as many as the rows or more; as little is copied as can be."""
    import numpy as np

    whole, step = np.frombuffer(content.data, np.uint8), 1 << 22
    return sum(int(np.count_nonzero(whole[at : at + step] == 10)) for at in range(0, len(whole), step))


def _parquet(content: Content, size: int) -> tuple[int, int]:
    """What the footer says, or what the first rows take, times all of them: a dictionary hides long texts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(pa.BufferReader(content.data))
    footer = file.metadata
    told = sum(footer.row_group(at).total_byte_size for at in range(footer.num_row_groups))
    first = next(file.iter_batches(batch_size=1_000), None)
    drawn = first.nbytes / first.num_rows * footer.num_rows if first is not None and first.num_rows else 0
    return max(size, int(told), int(drawn)), int(footer.num_rows)


def _arrow(content: Content, size: int, stream: bool) -> tuple[int, int]:
    """The first batch, times all batches; of a stream, times what is left of it."""
    import pyarrow as pa

    source = pa.BufferReader(content.data)
    if stream:
        reader = pa.ipc.open_stream(source)
        head = source.tell()
        first = reader.read_next_batch()
        times = size / max(source.tell() - head, 1)
    else:
        file = pa.ipc.open_file(source)
        times = file.num_record_batches
        first = file.get_batch(0) if times else None
    if first is None:
        return size, 0
    return max(size, int(first.nbytes * times)), int(first.num_rows * times)


def expected(content: Content, kind: str) -> int:
    """Bytes that reading a file takes at its peak, beside its own bytes."""
    size, rows = unpacked(content, kind)
    per_byte, per_row = GROWTH[kind]
    return int(per_byte * size + per_row * rows) + BASE


def most_unpacked() -> int:
    """Bytes that a packed file may unpack to: more could not be read in the memory that is free."""
    return int(MEMORY_SHARE * free_memory() / (1 + min(one for one, _ in GROWTH.values())))


# ---- who reads now -----------------------------------------------------------------------------------

_reading: dict[int, int] = {}  # thread → bytes that its read may still come to
_lock = threading.Lock()


def admitted(read: Callable[P, R]) -> Callable[P, R]:
    """For a function that calls `admit`: what it was given is given back when it ends, however it ends."""

    @wraps(read)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        me = threading.get_ident()
        with _lock:
            before = _reading.get(me)
        try:
            return read(*args, **kwargs)
        finally:
            with _lock:
                if before is None:
                    _reading.pop(me, None)
                else:
                    _reading[me] = before

    return inner


def admit(content: Content, kind: str, progress: Progress = SILENT) -> None:
    """Return when a file may be read: at once, or when those who read now leave it room.

    Args:
        content: The file.
        kind: As `core.data.readers.unpack.kind_of` names it.
        progress: May cancel the waiting.

    Raises:
        ResourceError: It would take more than `MEMORY_SHARE` of the memory that is free, with nobody else
            reading.
    """
    import time

    me, needed = threading.get_ident(), expected(content, kind)
    while True:
        with _lock:
            others = sum(size for thread, size in _reading.items() if thread != me)
            room = int(MEMORY_SHARE * free_memory())
            if needed <= room - others:
                _reading[me] = _reading.get(me, 0) + needed
                return
            alone = others == 0
        if alone:
            size = int(content.data.size)
            raise ResourceError(
                f"{content.name} is too large for the memory that is free here",
                f"reading its {show_bytes(size)} would take about {show_bytes(needed)}, and "
                f"{show_bytes(room)} may be used ({MEMORY_SHARE:.0%} of what is free)",
                "keep the rows and columns that matter, close what else is open, or use a larger machine",
            )
        progress(0, 4, "waiting for memory that another file takes")
        time.sleep(_WAIT)
