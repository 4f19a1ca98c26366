"""A subset as a file: Parquet, CSV, JSON lines; and the whole table with a flag."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..foundation.arrays.array_types import Rows
from ..model.arrow_columns import TEXT, is_json, to_arrow
from ..model.dataset import Dataset
from ..model.derived import Groups
from ..model.selection import Selection
from .cells.number_lists import written

ADDED = ("aliquot_rank", "aliquot_weight", "aliquot_represents", "aliquot_group")
FLAG = "aliquot_selected"
_FORMULA = r"^[=+\-@\t\r']"

Sink = str | Path | IO[bytes]


def renamed(name: str) -> str:
    """The name under which a user's column is kept where ours takes its own.

    Example:
        >>> renamed("aliquot_rank")
        'aliquot_rank_original'
    """
    return f"{name}_original"


def _plain_columns(
    dataset: Dataset, rows: Rows, ours: tuple[str, ...]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The data set's columns and vectors in file order for some rows; JSON text as lists and records."""
    columns: dict[str, Any] = {}
    moved: dict[str, str] = {}
    taken = {*dataset.roles, *ours}
    for name in dataset.roles:
        kept = name
        if name in ours:
            kept = renamed(name)
            while kept in taken:
                kept += "_"
            moved[name] = kept
        if name in dataset.vectors:
            matrix = dataset.vectors[name][rows]
            gone: list[bool] = np.asarray(np.isnan(matrix).all(axis=1)).tolist()
            cells = [None if lost else row for row, lost in zip(matrix, gone, strict=True)]
            columns[kept] = pd.Series(cells, dtype=object)
            continue
        column = dataset.frame[name].take(rows).reset_index(drop=True)
        if is_json(dataset.frame[name]):
            column = pd.Series(
                [None if value is pd.NA else orjson.loads(value) for value in column], dtype=object
            )
        columns[kept] = column
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows))), moved


def subset_frame(
    dataset: Dataset, selection: Selection, groups: Groups | None = None
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The chosen rows in the order in which they were chosen, with our columns after the data set's own.

    Args:
        dataset: The data set.
        selection: The subset.
        groups: Adds the name of each row's group; without, `aliquot_group` is missing everywhere.

    Returns:
        The frame (vectors and lists as objects), and the names of the user's columns that had to give way:
        ``{original: kept under}``. `aliquot_weight` is missing where no probability design stands behind the
        subset; `aliquot_represents` is missing where the strategy does not say.

    Example:
        >>> from core.data.load import load
        >>> from core.model.selection import Selection
        >>> data = load(b"id,aliquot_rank\\n1,5\\n2,6\\n", name="demo.csv")
        >>> pick = Selection(np.array([0]), "random", 1, {}, 0, 1, "", 2, weight=np.array([2.0]))
        >>> frame, moved = subset_frame(data, pick)
        >>> list(frame.columns)[:3], moved
        (['id', 'aliquot_rank_original', 'aliquot_rank'], {'aliquot_rank': 'aliquot_rank_original'})
    """
    frame, moved = _plain_columns(dataset, selection.rows, ADDED)
    count = len(selection.rows)
    ours = pd.DataFrame(
        {
            "aliquot_rank": pd.array(np.arange(1, count + 1), dtype="Int64"),
            "aliquot_weight": _numbers(selection.weight, count),
            "aliquot_represents": _numbers(selection.represents, count),
            "aliquot_group": _group_names(groups, selection.rows),
        }
    )
    return pd.concat([frame, ours], axis=1), moved


def flag_frame(dataset: Dataset, selection: Selection) -> tuple[pd.DataFrame, dict[str, str]]:
    """The whole table in its source order with `aliquot_selected` and `aliquot_rank`, missing if not chosen.

    Returns:
        The frame, and the names of the user's columns that had to give way.
    """
    back = np.argsort(dataset.order, kind="stable")
    frame, moved = _plain_columns(dataset, back, (FLAG, "aliquot_rank"))
    rank = np.zeros(len(dataset), np.int64)
    rank[selection.rows] = np.arange(1, len(selection.rows) + 1)
    rank = rank[back]
    frame[FLAG] = pd.array(rank > 0, dtype="boolean")
    frame["aliquot_rank"] = pd.array(rank, dtype="Int64")
    frame.loc[rank == 0, "aliquot_rank"] = pd.NA
    return frame, moved


def _numbers(values: Any, count: int) -> Any:
    if values is None:
        return pd.array([pd.NA] * count, dtype="Float64")
    return pd.array(np.asarray(values, dtype=np.float64), dtype="Float64")


def _group_names(groups: Groups | None, rows: Rows) -> Any:
    if groups is None:
        return pd.array([pd.NA] * len(rows), dtype=TEXT)
    return pd.array([groups.names[code] for code in groups.codes[rows]], dtype=TEXT)


def arrow_table(frame: pd.DataFrame) -> pa.Table:
    """A frame of ours as an Arrow table; vectors become lists of a fixed length."""
    columns = []
    for at in range(frame.shape[1]):
        column = frame.iloc[:, at]
        if column.dtype == object:
            columns.append(_arrow_objects(column))
        else:
            columns.append(to_arrow(column))
    if not columns:
        return pa.table({})
    return pa.table(columns, names=[str(name) for name in frame.columns])


def _arrow_objects(column: pd.Series[Any]) -> pa.Array:
    cells = column.tolist()
    first = next((value for value in cells if value is not None), None)
    if isinstance(first, np.ndarray):
        blank = np.zeros(len(first), np.float32)
        flat = np.concatenate([blank if value is None else value for value in cells]).astype(np.float32)
        gaps = pa.array([value is None for value in cells])
        return pa.FixedSizeListArray.from_arrays(pa.array(flat), len(first), mask=gaps)
    try:
        found = pa.array(cells)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        found = None
    if found is not None and not _has_struct(found.type):
        return found
    # Arrow would give every record all fields of all records; JSON text keeps each as it is.
    return pa.array([None if value is None else _json(value) for value in cells], type=pa.string())


def _has_struct(kind: Any) -> bool:
    if pa.types.is_struct(kind) or pa.types.is_null(kind):
        return True
    return bool(pa.types.is_list(kind) and _has_struct(kind.value_type))


def _json(value: Any) -> str:
    if isinstance(value, np.ndarray):
        value = written(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY).decode()


def write_parquet(frame: pd.DataFrame, sink: Sink, metadata: Mapping[str, str] | None = None) -> None:
    """Write Parquet (zstd), with key-value metadata if given. The same frame gives the same bytes."""
    import pyarrow.parquet as pq

    table = arrow_table(frame)
    if metadata:
        table = table.replace_schema_metadata(dict(metadata))
    pq.write_table(table, str(sink) if isinstance(sink, Path) else sink, compression="zstd")


def write_csv(frame: pd.DataFrame, sink: Sink) -> int:
    """Write CSV (UTF-8), with cells of text that a spreadsheet would run as a formula neutralised.

    A cell of text that begins with ``= + - @``, a tab, a carriage return or ``'`` gets a ``'`` in front, so
    that `restore` can take exactly one away; numbers are untouched. Lists and vectors are written as JSON.

    Returns:
        How many cells were neutralised; the manifest records it.
    """
    table, count = neutralise(_flat(frame))
    import pyarrow.csv as arrow_csv

    target = str(sink) if isinstance(sink, Path) else sink
    arrow_csv.write_csv(table, target)
    return count


def _flat(frame: pd.DataFrame) -> pa.Table:
    columns = {}
    for name in frame.columns:
        column = frame[name]
        if column.dtype == object:
            cells = [None if value is None else _json(value) for value in column]
            columns[str(name)] = pa.array(cells, type=pa.string())
            continue
        found = to_arrow(column)
        if pa.types.is_timestamp(found.type):
            found = _iso(found)
        columns[str(name)] = found
    return pa.table(columns)


def _iso(times: pa.Array) -> pa.Array:
    """ISO-8601 in UTC; the part of a second only where there is one."""
    text = pc.strftime(times.cast(pa.timestamp("us")), format="%Y-%m-%dT%H:%M:%SZ")
    return pc.replace_substring_regex(text, r"\.0+Z$", "Z")


def neutralise(table: pa.Table) -> tuple[pa.Table, int]:
    """The table with a ``'`` before every text cell and column name that needs one, and how many cells did.

    Example:
        >>> done, count = neutralise(pa.table({"a": ["=1+1", "fine", "'quoted"], "b": [-1, 2, 3]}))
        >>> done["a"].to_pylist(), count, restore(done)["a"].to_pylist()
        (["'=1+1", 'fine', "''quoted"], 2, ['=1+1', 'fine', "'quoted"])
    """
    count, columns, names = 0, [], []
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_string(column.type):
            risky = pc.fill_null(pc.match_substring_regex(column, _FORMULA), False)
            hits = int(pc.sum(risky).as_py() or 0)
            if hits:
                count += hits
                column = pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)
        columns.append(column)
        names.append("'" + name if name[:1] in "=+-@\t\r'" and name else name)
    return pa.table(columns, names=names), count


def restore(table: pa.Table) -> pa.Table:
    """Undo `neutralise`: one leading ``'`` less in every cell of text that has one."""
    columns = [
        pc.replace_substring_regex(column, r"^'([=+\-@\t\r'])", r"\1")
        if pa.types.is_string(column.type)
        else column
        for column in table.columns
    ]
    names = [name[1:] if name.startswith("'") else name for name in table.column_names]
    return pa.table(columns, names=names)


def write_jsonl(frame: pd.DataFrame, sink: Sink) -> None:
    """Write one JSON object per line; missing cells are null, times ISO-8601, lists and vectors arrays."""
    columns = []
    for name in frame.columns:
        column = frame[name]
        if column.dtype == object:
            cells = column.tolist()
            columns.append([written(cell) if isinstance(cell, np.ndarray) else cell for cell in cells])
        else:
            found = to_arrow(column)
            columns.append((_iso(found) if pa.types.is_timestamp(found.type) else found).to_pylist())
    names = [str(name) for name in frame.columns]
    option = orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
    lines = (
        orjson.dumps(dict(zip(names, row, strict=True)), option=option) for row in zip(*columns, strict=True)
    )
    if isinstance(sink, (str, Path)):
        with Path(sink).open("wb") as stream:
            stream.writelines(lines)
    else:
        sink.writelines(lines)
