"""Rows named by a list or a file: pins and bans."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ..foundation.arrays.array_types import Rows
from ..foundation.errors import DataError
from ..foundation.exact_json import loads
from ..foundation.wording import count, verb
from ..model.dataset import Dataset
from ..model.infer_text import spell
from .cells.canonical_cells import canonical_frame, forms_of
from .cells.cell_hashes import hash_columns
from .cells.row_keys import row_digests
from .export import ADDED, renamed, restore
from .load import read_table
from .readers.encoding import decode
from .readers.frames import table_of
from .readers.unpack import Content, open_bytes, open_path, unpack

KEY_COLUMN = "aliquot_key"


def rows_named(
    dataset: Dataset, source: str | os.PathLike[str] | bytes | Sequence[Any] | pd.DataFrame
) -> Rows:
    """Rows that a file or a list names, as ascending canonical positions without repeats.

    A list holds ids, or row keys as 32 hexadecimal digits. A file holds one of these per line, or is a table
    (an earlier ``subset.parquet`` is one) with the id column, a column ``aliquot_key``, or, where the data
    set has no ids, its full rows.

    Raises:
        DataError: Some are not in the data set (with their count and examples), or nothing names rows.

    Example:
        >>> from core.data.load import load
        >>> data = load(b"id,price\\n1,5\\n2,1\\n3,9\\n", name="demo.csv")
        >>> sorted(data.frame["id"][rows_named(data, ["3", 1])].tolist())
        [1, 3]
    """
    if isinstance(source, (pd.DataFrame, pa.Table, pa.RecordBatch)):
        return _from_table(dataset, table_of(source, []), "the table")
    if isinstance(source, (str, os.PathLike, bytes)):
        return _from_file(dataset, source)
    return _from_list(dataset, list(source))


def _from_file(dataset: Dataset, source: str | os.PathLike[str] | bytes) -> Rows:
    content = open_bytes(source, "the list") if isinstance(source, bytes) else open_path(Path(source))
    content, kind = unpack(content)
    if content.head(1) == b"[":
        found = _json_list(content)
        if found is not None:
            return _from_list(dataset, found)
    if kind == "text":
        lines = [line.strip() for line in decode(content).text.splitlines()]
        lines = [line for line in lines if line]
        heads = {KEY_COLUMN, *dataset.frame.columns}
        if lines and not any(mark in lines[0] for mark in ",;\t|") and lines[0].strip('"') not in heads:
            return _from_list(dataset, [line.strip('"') for line in lines])
    table = read_table(content, kind)
    if kind == "text" and set(ADDED) <= set(table.column_names):
        table = restore(table)
    return _from_table(dataset, table, content.name)


def _json_list(content: Content) -> list[Any] | None:
    import orjson

    try:
        found = loads(content.bytes())
    except orjson.JSONDecodeError:
        return None
    if isinstance(found, list) and not any(isinstance(value, (dict, list)) for value in found):
        return found
    return None


def _spelled(value: Any) -> str:
    whole = isinstance(value, (float, np.floating)) and value == value // 1
    return spell(int(value) if whole else value)


def _from_list(dataset: Dataset, names: list[Any]) -> Rows:
    """Ids are compared as they would be spelled in a file; what is no id may be a key."""
    words = [_spelled(name) for name in names]
    places: dict[str, int] = {}
    column = dataset.fingerprint.id_column
    if column is not None:
        places = {_spelled(value): at for at, value in enumerate(dataset.frame[column])}
    if any(word not in places for word in words):
        raw = dataset.keys.tobytes()
        keys = {raw[at : at + 16].hex(): at // 16 for at in range(0, len(raw), 16)}
        places = {**keys, **places}
    lost = [word for word in words if word not in places]
    if lost:
        some = ", ".join(repr(word[:60]) for word in lost[:5])
        kind = f"ids of column {column!r}" if column is not None else "row keys (32 hexadecimal digits)"
        raise DataError(
            f"{len(lost):,} of {count(len(words), 'named row')} cannot be found in {dataset.name}",
            some,
            f"rows are named by {kind}",
        )
    return np.unique(np.array([places[word] for word in words], dtype=np.int64))


def _from_table(dataset: Dataset, table: pa.Table, name: str) -> Rows:
    column = dataset.fingerprint.id_column
    if column is not None and column in table.column_names:
        ids, _, _ = canonical_frame(table.select([column]), forms=forms_of(dataset.frame[[column]]))
        return _from_list(dataset, ids[column].dropna().tolist())
    if KEY_COLUMN in table.column_names:
        return _from_list(dataset, table.column(KEY_COLUMN).cast(pa.string()).drop_null().to_pylist())
    if column is not None:
        raise DataError(
            f"{name} does not say which rows it means",
            f"it has neither the id column {column!r} nor {KEY_COLUMN!r}",
            "add one of them, or give a list of ids",
        )
    return _same_content(dataset, table, name)


def _same_content(dataset: Dataset, table: pa.Table, name: str) -> Rows:
    """Positions of rows with the same cells; identical rows are taken in canonical order."""
    needed = [*dataset.frame.columns, *dataset.vectors]
    have = set(table.column_names)
    sources = {part: renamed(part) if renamed(part) in have else part for part in needed}
    lacking = [part for part in needed if sources[part] not in have]
    if lacking:
        raise DataError(
            f"{name} does not say which rows it means",
            f"{dataset.name} has no ids, and without the column {lacking[0]!r} rows cannot be compared",
            f"give full rows, a column {KEY_COLUMN!r}, or row keys",
        )
    part = table.select(list(sources.values())).rename_columns(list(sources))
    frame, vectors, _ = canonical_frame(part, forms=forms_of(dataset.frame))
    digests = row_digests(hash_columns(frame, vectors), len(frame))
    places: dict[bytes, list[int]] = {}
    for at in range(len(dataset) - 1, -1, -1):
        places.setdefault(dataset.fingerprint.rows[at].tobytes(), []).append(at)
    found, lost = [], 0
    for digest in digests:
        room = places.get(digest.tobytes())
        if room:
            found.append(room.pop())
        else:
            lost += 1
    if lost:
        raise DataError(
            f"{lost:,} of {count(len(digests), 'row')} of {name} {verb(lost, 'is', 'are')} not in "
            f"{dataset.name}",
            "no row of the data set has the same cells",
            "check that the rows come from this version of the data",
        )
    return np.unique(np.array(found, dtype=np.int64))
