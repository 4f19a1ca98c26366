"""Tokens of canonical cells and their hashes: type, length and value, hashed once per distinct value."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ...foundation.progress import SILENT, Progress
from ...model.arrow_columns import to_arrow
from ...model.infer_text import TIME
from .number_lists import Vectors

_HASH = 16


def _token_hash(kind: bytes, value: bytes) -> bytes:
    """BLAKE2b-128 of a token: type, length, value."""
    return blake2b(b"%s%d:%s" % (kind, len(value), value), digest_size=_HASH).digest()


MISSING = _token_hash(b"-", b"")


def _value_hashes(values: pa.Array) -> list[bytes]:
    """Token hashes of distinct values that are not missing."""
    kind = values.type
    if kind == TIME:
        mark, texts = b"u", values.cast(pa.int64()).cast(pa.string()).cast(pa.binary()).to_pylist()
    elif pa.types.is_boolean(kind):
        mark, texts = b"b", [b"true" if value else b"false" for value in values.to_pylist()]
    elif pa.types.is_integer(kind):
        mark, texts = b"n", values.cast(pa.string()).cast(pa.binary()).to_pylist()
    elif pa.types.is_floating(kind):
        mark, texts = b"n", [_number(value) for value in values.to_pylist()]
    else:
        mark, texts = b"t", values.cast(pa.binary()).to_pylist()
    hashed = blake2b
    head = mark + b"%d:%s"
    return [hashed(head % (len(text), text), digest_size=_HASH).digest() for text in texts]


def _number(value: float) -> bytes:
    """Digits of an integral number, else the shortest text that reads back as the same float64."""
    if value == value // 1 and abs(value) < 2.0**63:
        return b"%d" % int(value)
    return repr(value).encode()


class CellHashes:
    """Token hashes of one column: one per distinct value, and which value each row has.

    Args:
        table: Shape (values, 16), uint8; hash of each distinct value.
        codes: Shape (n,), int32; position in `table` of each row.
    """

    def __init__(self, table: NDArray[np.uint8], codes: NDArray[np.int32]) -> None:
        self.table = table
        self.codes = codes

    @classmethod
    def of(cls, column: pd.Series[Any]) -> CellHashes:
        """Hashes of a canonical column; each distinct value is hashed once. O(n) time, O(distinct) hashes."""
        distinct = to_arrow(column).dictionary_encode()
        hashes = [*_value_hashes(distinct.dictionary), MISSING]
        codes = distinct.indices.fill_null(len(hashes) - 1).to_numpy().astype(np.int32, copy=False)
        return cls(np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, _HASH), codes)

    @classmethod
    def of_vectors(cls, matrix: Vectors) -> CellHashes:
        """Hashes of the float32 bytes of each row; a row of NaN only is missing, every NaN is the same."""
        x = np.ascontiguousarray(matrix, dtype="<f4")
        holes = np.isnan(x)
        gaps = holes.all(axis=1) if x.shape[1] else np.ones(len(x), bool)
        if holes.any():
            x = np.where(holes, np.float32(np.nan), x).astype("<f4", copy=False)
        width = x.shape[1] * 4
        raw = x.data.cast("B") if x.size else b""  # no copy of what may be most of the memory
        head = b"v%d:" % width
        hashes = [
            MISSING if gap else blake2b(head + raw[at * width : (at + 1) * width], digest_size=_HASH).digest()
            for at, gap in enumerate(gaps)
        ]
        table = np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, _HASH)
        return cls(table, np.arange(len(x), dtype=np.int32))

    def rows(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """Hash of each row's cell, shape (rows, 16)."""
        return self.table[self.codes[start:stop]]

    def take(self, order: NDArray[np.int64]) -> CellHashes:
        """The same column with its rows in another order."""
        return CellHashes(self.table, self.codes[order])


def hash_columns(
    frame: pd.DataFrame, vectors: Mapping[str, Vectors] | None = None, progress: Progress = SILENT
) -> dict[str, CellHashes]:
    """Cell hashes of every column and vector, by sorted name (code points)."""
    parts: dict[str, CellHashes] = {}
    total = len(frame.columns) + len(vectors or {})
    for name, column in frame.items():
        progress(len(parts), total, "hashing cells")
        parts[str(name)] = CellHashes.of(column)
    for name, matrix in (vectors or {}).items():
        progress(len(parts), total, "hashing vectors")
        parts[name] = CellHashes.of_vectors(matrix)
    return {name: parts[name] for name in sorted(parts)}
