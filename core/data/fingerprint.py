"""The fingerprint of a data set, its record beside a subset, and what differs from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.errors import BundleError, ColumnError
from ..foundation.wording import clause, some
from ..model.arrow_columns import to_arrow
from ..model.dataset import Dataset, Fingerprint
from ..model.infer_text import spell
from .cells.cell_hashes import hash_columns
from .cells.number_lists import Vectors
from .cells.row_keys import KEY_BYTES, data_digest, key_order, key_rows

CHECK_BYTES = 4
CHECKS_LIMIT = 64 * 2**20  # bytes of cell checks beside a subset; above it, rows.parquet holds none
_SHOWN = 10


def array_digest(array: NDArray[Any]) -> str:
    """BLAKE2b-128 of an array's type, shape and bytes, for features, vectors and targets.

    Example:
        >>> array_digest(np.zeros(2, np.float32)) == array_digest(np.zeros((2, 1), np.float32))
        False
    """
    data = np.ascontiguousarray(array)
    data = data.astype(data.dtype.newbyteorder("<"), copy=False)
    state = blake2b(f"{data.dtype.str}{data.shape}".encode(), digest_size=KEY_BYTES)
    state.update(data.tobytes())
    return state.hexdigest()


@dataclass(frozen=True)
class DatasetRecord:
    """What a bundle keeps of the data set it was drawn from.

    Args:
        keys: Row keys, ascending, shape (n, 16), uint8.
        fingerprint: Digests of the data set, its rows and its columns.
        checks: The first four bytes of every cell's hash, shape (n, columns), uint32, by sorted column name;
            None where they would take too much room.
    """

    keys: NDArray[np.uint8]
    fingerprint: Fingerprint
    checks: NDArray[np.uint32] | None = None


def _checks(frame: pd.DataFrame, vectors: Mapping[str, Vectors], order: Rows) -> NDArray[np.uint32]:
    parts = [
        np.ascontiguousarray(part.table[:, :CHECK_BYTES]).view("<u4").ravel()[part.codes[order]]
        for part in hash_columns(frame, vectors).values()
    ]
    return np.stack(parts, axis=1).astype(np.uint32) if parts else np.empty((len(order), 0), np.uint32)


def record_table(dataset: Dataset) -> Any:
    """The Arrow table of ``rows.parquet``: ``key`` and ``digest`` per row, and ``cells`` where it has an id.

    Cell checks are left out where they would take more than 64 MiB.
    """
    import pyarrow as pa

    def binary(matrix: NDArray[np.uint8]) -> Any:
        data = pa.py_buffer(np.ascontiguousarray(matrix).tobytes())
        return pa.FixedSizeBinaryArray.from_buffers(pa.binary(matrix.shape[1]), len(matrix), [None, data])

    columns = {"key": binary(dataset.keys), "digest": binary(dataset.fingerprint.rows)}
    width = CHECK_BYTES * len(dataset.fingerprint.columns)
    with_ids = dataset.fingerprint.id_column is not None  # without, a changed row is another row
    if with_ids and width * len(dataset) <= CHECKS_LIMIT:
        checks = _checks(dataset.frame, dataset.vectors, np.arange(len(dataset), dtype=np.int64))
        columns["cells"] = binary(checks.astype("<u4").view(np.uint8).reshape(len(dataset), width))
    return pa.table(columns)


def record_of(table: Any, *, digest: str, columns: Mapping[str, str], id_column: str | None) -> DatasetRecord:
    """The record from ``rows.parquet`` and what the manifest says of the data.

    Raises:
        BundleError: The table does not hold what it should.
    """
    import pyarrow as pa

    def matrix(name: str, width: int) -> NDArray[np.uint8]:
        column = table.column(name).combine_chunks()
        raw = b"".join(column.cast(pa.binary()).to_pylist())
        return np.frombuffer(raw, np.uint8).reshape(len(table), width)

    width = CHECK_BYTES * len(columns)
    try:
        keys, rows = matrix("key", KEY_BYTES), matrix("digest", KEY_BYTES)
        checks = matrix("cells", width).copy().view("<u4") if "cells" in table.column_names else None
    except (KeyError, ValueError, TypeError, pa.ArrowException) as error:
        raise BundleError(
            "rows.parquet cannot be used",
            f"it does not hold keys and digests of {KEY_BYTES} bytes ({error})",
            "export the bundle again",
        ) from None
    return DatasetRecord(keys, Fingerprint(digest, rows, dict(columns), id_column), checks)


@dataclass(frozen=True)
class Differences:
    """What differs between a record and a data set, as far as the record can tell.

    Args:
        same: Nothing differs.
        contradiction: The record does not fit itself: its digest is not that of its own rows. "" if it does.
        id_problem: Why the recorded id column cannot name the rows of this data. "" if it can.
        rows_gone: Recorded rows that are not there, by id where one is known, else by key.
        rows_new: Rows that are not in the record.
        rows_changed: Rows (by id) whose cells differ.
        columns_gone, columns_new, columns_changed: Names.
        cells: (row, column) of each changed cell, where cells can be told.
    """

    same: bool
    contradiction: str = ""
    id_problem: str = ""
    rows_gone: tuple[str, ...] = ()
    rows_new: tuple[str, ...] = ()
    rows_changed: tuple[str, ...] = ()
    columns_gone: tuple[str, ...] = ()
    columns_new: tuple[str, ...] = ()
    columns_changed: tuple[str, ...] = ()
    cells: tuple[tuple[str, str], ...] = ()

    def sentences(self) -> list[str]:
        """The differences in plain words, the first few of each kind by name."""
        if self.same:
            return ["The data is the recorded data."]
        out = [part for part in (self.contradiction, self.id_problem) if part]
        for what, names in (
            ("is gone", self.columns_gone),
            ("is new", self.columns_new),
        ):
            out += [f"Column {name!r} {what}." for name in names[:_SHOWN]] + _more(names, "columns")
        if self.cells:
            out += [f"The cell of column {column!r} in {row} differs." for row, column in self.cells[:_SHOWN]]
            out += _more(self.cells, "cells")
            named = {row for row, _ in self.cells}
            rest = tuple(row for row in self.rows_changed if row not in named)
        else:
            rest = self.rows_changed
        if rest:
            out.append(f"{clause(len(rest), 'row', 'differs', 'differ')}: {_listed(rest)}.")
        if self.rows_gone:
            out.append(f"{clause(len(self.rows_gone), 'row', 'is', 'are')} gone: {_listed(self.rows_gone)}.")
        if self.rows_new:
            out.append(f"{clause(len(self.rows_new), 'row', 'is', 'are')} new: {_listed(self.rows_new)}.")
        if self.columns_changed and not self.cells:
            listed = ", ".join(map(repr, self.columns_changed[:_SHOWN]))
            out.append(f"The difference lies in column{'s' * (len(self.columns_changed) > 1)} {listed}.")
        return out

    def __str__(self) -> str:
        return " ".join(self.sentences())


def _listed(names: tuple[str, ...]) -> str:
    return some(names, _SHOWN)


def _more(names: tuple[Any, ...], noun: str) -> list[str]:
    return [f"And {len(names) - _SHOWN:,} more {noun}."] if len(names) > _SHOWN else []


def differences(
    record: DatasetRecord, dataset: Dataset, known: Mapping[str, str] | None = None
) -> Differences:
    """Name exactly what differs between a record and a data set.

    Args:
        record: What the bundle keeps.
        dataset: The data at hand; it is keyed as the record was, whatever its own id column.
        known: Ids by key (hexadecimal) for rows that may be gone, for example from the subset itself.

    Returns:
        With ids, cells: exactly where the record holds cell checks, or where only one row or one column
        differs; else the rows and the columns. Without ids, rows that are gone and rows that are new, and the
        columns in which the difference lies.

    Complexity:
        O(n · columns).

    Example:
        >>> from core.data.load import load
        >>> old = load(b"id,a\\n1,x\\n2,y\\n", name="old.csv")
        >>> new = load(b"id,a\\n1,x\\n2,z\\n", name="new.csv")
        >>> str(differences(DatasetRecord(old.keys, old.fingerprint), new))
        "The cell of column 'a' in row 2 differs."
    """
    was = record.fingerprint
    contradiction = ""
    if data_digest(record.keys, was.rows, was.columns) != was.digest:
        contradiction = "The record contradicts itself: its digest is not that of its rows."
    try:
        keys, order, now = _as_recorded(dataset, was.id_column)
    except ColumnError as error:
        return Differences(False, contradiction, str(error))
    gone = tuple(sorted(set(was.columns) - set(now.columns)))
    new = tuple(sorted(set(now.columns) - set(was.columns)))
    shared = [name for name in sorted(was.columns) if name in now.columns]
    changed = tuple(name for name in shared if was.columns[name] != now.columns[name])
    if not contradiction and was.digest == now.digest and not (gone or new or changed):
        return Differences(True)
    if was.digest == now.digest and changed:
        contradiction = "The record contradicts itself: its columns are not those of its rows."
    old_at, new_at = _meet(record.keys, keys)
    lost = np.setdiff1d(np.arange(len(record.keys)), old_at)
    added = np.setdiff1d(np.arange(len(keys)), new_at)
    names = _Names(dataset, order, was.id_column)
    rows_gone = tuple((known or {}).get(key, f"key {key}") for key in _hex(record.keys[lost]))
    rows_changed: Rows = np.empty(0, np.int64)
    cells: tuple[tuple[str, str], ...] = ()
    if was.id_column is not None and not (gone or new):
        differs = (was.rows[old_at] != now.rows[new_at]).any(axis=1)
        rows_changed = new_at[differs]
    if was.id_column is not None and record.checks is not None:
        cells, touched = _changed_cells(record, dataset, order, old_at, new_at, shared, names)
        rows_changed = np.union1d(rows_changed, touched)
        changed = tuple(sorted({column for _, column in cells})) or changed
    elif len(rows_changed) and not (len(lost) or len(added)) and min(len(rows_changed), len(changed)) == 1:
        cells = tuple((names[row], column) for row in rows_changed for column in changed)
    elif len(lost) or len(added):
        # With ids every column's digest moves when rows come or go, so it says nothing about cells.
        changed = () if was.id_column is not None else changed
    return Differences(
        same=False,
        contradiction=contradiction,
        rows_gone=rows_gone,
        rows_new=tuple(names[row] for row in added),
        rows_changed=tuple(names[row] for row in rows_changed),
        columns_gone=gone,
        columns_new=new,
        columns_changed=changed,
        cells=cells,
    )


def _as_recorded(dataset: Dataset, id_column: str | None) -> tuple[NDArray[np.uint8], Rows, Fingerprint]:
    """Keys, positions in the data set and fingerprint under the recorded id column."""
    if dataset.fingerprint.id_column == id_column:
        return dataset.keys, np.arange(len(dataset), dtype=np.int64), dataset.fingerprint
    if id_column is not None and id_column not in dataset.frame.columns:
        raise ColumnError(f"The recorded id column {id_column!r} is not there")
    keyed = key_rows(dataset.frame, id_column, dataset.vectors)
    return keyed.keys, keyed.order, keyed.fingerprint


def _meet(old: NDArray[np.uint8], new: NDArray[np.uint8]) -> tuple[Rows, Rows]:
    """Positions of the keys that both hold, in ascending order of key."""
    both = np.concatenate([old, new])
    order = key_order(both)
    words = np.ascontiguousarray(both).view("<u8")[order]
    hit = np.flatnonzero((words[1:] == words[:-1]).all(axis=1))
    first, second = order[hit], order[hit + 1]
    return np.minimum(first, second), np.maximum(first, second) - len(old)


def _hex(keys: NDArray[np.uint8]) -> list[str]:
    return [key.tobytes().hex() for key in keys]


def _changed_cells(
    record: DatasetRecord,
    dataset: Dataset,
    order: Rows,
    old_at: Rows,
    new_at: Rows,
    shared: list[str],
    names: _Names,
) -> tuple[tuple[tuple[str, str], ...], Rows]:
    assert record.checks is not None
    frame = dataset.frame[[name for name in shared if name in dataset.frame.columns]]
    vectors = {name: dataset.vectors[name] for name in shared if name in dataset.vectors}
    now = _checks(frame, vectors, order)
    at = {name: place for place, name in enumerate(sorted(record.fingerprint.columns))}
    was = record.checks[:, [at[name] for name in shared]]
    rows, columns = np.nonzero(was[old_at] != now[new_at])
    cells = tuple((names[new_at[row]], shared[column]) for row, column in zip(rows, columns, strict=True))
    return cells, np.unique(new_at[rows])


class _Names:
    """What a row is called: by its id, or by its number in the source."""

    def __init__(self, dataset: Dataset, order: Rows, id_column: str | None) -> None:
        self.order, self.source = order, dataset.order
        self.ids = None if id_column is None else to_arrow(dataset.frame[id_column])

    def __getitem__(self, row: int) -> str:
        at = int(self.order[row])
        if self.ids is None:
            return f"row {int(self.source[at]) + 1:,} of the file"
        return f"row {spell(self.ids[at].as_py())}"
