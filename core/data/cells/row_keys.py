"""Row keys, canonical order, digests: what identifies rows and data sets (design.md, Definitions).

Hashing is BLAKE2b-128 throughout. A cell hash is that of its token, a row digest that of its cell hashes by
sorted column name, a key that of the id token or of the row digest with its occurrence number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.errors import ColumnError
from ...foundation.progress import SILENT, Progress
from ...foundation.wording import clause, count
from ...model.dataset import Fingerprint
from .cell_hashes import MISSING, CellHashes, hash_columns
from .number_lists import Vectors

KEY_BYTES = 16
_BLOCK = 1 << 16


@dataclass(frozen=True)
class KeyedRows:
    """What `key_rows` makes of a table in any order.

    Args:
        keys: Row keys, ascending, shape (n, 16), uint8.
        order: Position in the given table of each canonical row.
        fingerprint: Identity of the content.
    """

    keys: NDArray[np.uint8]
    order: Rows
    fingerprint: Fingerprint


def _head(kind: str, names: list[str] | tuple[str, ...] = ()) -> bytes:
    parts = [b"aliquot/" + kind.encode() + b"/1"]
    parts += [b"%d:%s" % (len(raw), raw) for raw in (name.encode() for name in names)]
    return blake2b(b"".join(parts), digest_size=KEY_BYTES).digest()


def _hash_rows(head: bytes, matrix: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """BLAKE2b-128 of each row of bytes under a common head, shape (n, 16)."""
    raw, width = matrix.tobytes(), matrix.shape[1]
    copy = blake2b(head, digest_size=KEY_BYTES).copy
    out = []
    for at in range(0, len(raw), width):
        state = copy()
        state.update(raw[at : at + width])
        out.append(state.digest())
    return np.frombuffer(b"".join(out), np.uint8).reshape(-1, KEY_BYTES)


def row_digests(hashes: Mapping[str, CellHashes], n: int, progress: Progress = SILENT) -> NDArray[np.uint8]:
    """One digest per row over its cells by sorted column name, shape (n, 16)."""
    head = _head("row", tuple(hashes))
    if not hashes:
        return np.tile(np.frombuffer(head, np.uint8), (n, 1))
    parts = []
    for start in range(0, n, _BLOCK):
        progress(start, n, "hashing rows")
        stop = min(n, start + _BLOCK)
        parts.append(_hash_rows(head, np.hstack([part.rows(start, stop) for part in hashes.values()])))
    return np.concatenate(parts) if parts else np.empty((0, KEY_BYTES), np.uint8)


def _words(keys: NDArray[np.uint8]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(keys).view(">u8").astype(np.uint64)


def key_order(keys: NDArray[np.uint8]) -> Rows:
    """Positions that sort 16-byte keys in ascending order of their bytes; equal keys keep their order."""
    words = _words(keys)
    return np.lexsort((words[:, 1], words[:, 0])).astype(np.int64)


def _occurrences(digests: NDArray[np.uint8]) -> NDArray[np.int64]:
    """0 for the first row with a digest, 1 for the second that is identical to it, and so on."""
    n = len(digests)
    order = key_order(digests)
    words = _words(digests)[order]
    starts = np.ones(n, bool)
    starts[1:] = (words[1:] != words[:-1]).any(axis=1)
    at = np.arange(n)
    run = at - np.maximum.accumulate(np.where(starts, at, 0))
    out = np.empty(n, np.int64)
    out[order] = run
    return out


def content_keys(digests: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Keys of rows without ids: their content and their occurrence number among identical rows."""
    number = _occurrences(digests).astype("<u8").view(np.uint8).reshape(-1, 8)
    return _hash_rows(_head("content"), np.hstack([digests, number]))


def id_keys(hashes: CellHashes, name: str) -> NDArray[np.uint8]:
    """Keys of rows with ids: one hash of the id token.

    Raises:
        ColumnError: Ids are missing or repeated, with their counts.
    """
    lost = np.flatnonzero((hashes.table == np.frombuffer(MISSING, np.uint8)).all(axis=1))
    missing = int(np.isin(hashes.codes, lost).sum())
    counts = np.bincount(hashes.codes, minlength=len(hashes.table))
    counts[lost] = 0
    repeated = counts > 1
    if missing or repeated.any():
        parts = []
        if missing:
            parts.append(f"{clause(missing, 'row', 'has', 'have')} none")
        if repeated.any():
            rows = int(counts[repeated].sum())
            ids = clause(int(repeated.sum()), "id", "is", "are")
            parts.append(f"{ids} used more than once, in {count(rows, 'row')}")
        raise ColumnError(
            f"Column {name!r} cannot be the id",
            " and ".join(parts),
            "choose another column, or none: rows are then identified by their content",
        )
    return _hash_rows(_head("id"), hashes.table)[hashes.codes]


def _column_digest(name: str, hashes: CellHashes, ordered: bool) -> str:
    state = blake2b(_head("column", (name, "rows" if ordered else "sorted")), digest_size=KEY_BYTES)
    if ordered:
        for start in range(0, len(hashes.codes), _BLOCK):
            state.update(hashes.rows(start, start + _BLOCK).tobytes())
        return state.hexdigest()
    counts = np.bincount(hashes.codes, minlength=len(hashes.table))
    order = key_order(hashes.table)
    for start in range(0, len(order), _BLOCK):
        part = order[start : start + _BLOCK]
        state.update(np.repeat(hashes.table[part], counts[part], axis=0).tobytes())
    return state.hexdigest()


def key_rows(
    frame: pd.DataFrame,
    id_column: str | None = None,
    vectors: Mapping[str, Vectors] | None = None,
    progress: Progress = SILENT,
) -> KeyedRows:
    """Keys, canonical order and fingerprint of a canonical frame whose rows are in any order.

    Args:
        frame: Canonical values (`core.data.cells.canonical_cells.canonical_frame`).
        id_column: The column that names rows, or None for content keys.
        vectors: Joined vectors by name, rows as in the frame; part of the content.
        progress: Told after each column and block of rows; may cancel.

    Complexity:
        O(n · columns) hashes at most, one per distinct value; O(n · 16 bytes · columns) memory.

    Raises:
        ColumnError: Ids are missing or repeated.

    Example:
        >>> frame = pd.DataFrame({"a": pd.array([3, 1, 3], dtype="Int64")})
        >>> one, two = key_rows(frame), key_rows(frame.iloc[::-1].reset_index(drop=True))
        >>> one.fingerprint.digest == two.fingerprint.digest
        True
    """
    n = len(next(iter((vectors or {}).values()))) if vectors and not len(frame.columns) else len(frame)
    hashes = hash_columns(frame, vectors, progress.part(0.0, 0.7))
    digests = row_digests(hashes, n, progress.part(0.7, 0.9))
    keys = content_keys(digests) if id_column is None else id_keys(hashes[id_column], id_column)
    order = key_order(keys)
    keys, digests = keys[order], digests[order]
    ordered = id_column is not None
    columns = {
        name: _column_digest(name, part.take(order) if ordered else part, ordered)
        for name, part in hashes.items()
    }
    return KeyedRows(
        keys, order, Fingerprint(data_digest(keys, digests, hashes), digests, columns, id_column)
    )


def data_digest(keys: NDArray[np.uint8], digests: NDArray[np.uint8], names: Iterable[str]) -> str:
    """Identity of a data set: its column names, keys and row digests in canonical order."""
    state = blake2b(_head("data", tuple(sorted(names))), digest_size=KEY_BYTES)
    state.update(keys.tobytes())
    state.update(digests.tobytes())
    return state.hexdigest()
