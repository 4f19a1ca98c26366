"""From whatever holds a table in memory to an Arrow table: frames, records, columns, Arrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ...foundation.errors import DataError
from ...model.infer_text import clean_text, from_objects, objects_field
from .heading import check_names
from .records import columns_of_records

_FORMS = (
    "give a path, the bytes of a file, a frame of pandas or polars, an Arrow table, "
    "a list of records or a mapping of columns"
)


def holds_table(source: Any) -> bool:
    """Whether something is, or may be, a table in memory and not the place or the bytes of a file."""
    return not isinstance(source, (str, bytes, bytearray, memoryview)) and not hasattr(source, "__fspath__")


def table_of(source: Any, notes: list[str]) -> pa.Table:
    """An Arrow table of a frame, a series, a list of records, a mapping of columns, or anything Arrow.

    Args:
        source: The table. A named series is one column, one without a name is called ``value``. Records are
            mappings, one per row, and may lack keys. Whatever has the Arrow interface ``__arrow_c_stream__``
            (polars, DuckDB) is taken by it.
        notes: Gets what a reader should know.

    Raises:
        DataError: It is none of these; says what it is.

    Example:
        >>> table_of([{"a": 1}, {"b": 2}], []).column_names
        ['a', 'b']
        >>> table_of({"a": [1, 2], "v": np.eye(2)}, []).num_rows
        2
    """
    if isinstance(source, pd.DataFrame):
        return table_of_frame(source, notes)
    if isinstance(source, pd.Series):
        return table_of_frame(source.to_frame(source.name if source.name is not None else "value"), notes)
    if isinstance(source, pa.RecordBatch):
        source = pa.Table.from_batches([source])
    elif not isinstance(source, pa.Table) and hasattr(source, "__arrow_c_stream__"):
        source = _by_interface(source)
    if isinstance(source, pa.Table):
        names = check_names("The table", [str(name) for name in source.column_names], notes)
        return source.rename_columns(names)
    if isinstance(source, Mapping):
        return _of_columns(source, notes)
    if isinstance(source, Sequence) and not isinstance(source, (str, bytes)):
        return _of_records(source, notes)
    if isinstance(source, np.ndarray):
        raise DataError("An array has no names for its columns", "", 'give a mapping: {"vectors": array}')
    raise DataError(f"A {type(source).__name__} cannot be loaded", "it is not a table", _FORMS)


def _by_interface(source: Any) -> pa.Table:
    try:
        return pa.table(source)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, TypeError, ValueError) as error:
        why = f"what it hands over is no table ({str(error).splitlines()[0][:200]})"
        raise DataError(f"A {type(source).__name__} cannot be loaded", why, _FORMS) from None


def _of_records(records: Sequence[Any], notes: list[str]) -> pa.Table:
    columns = columns_of_records(
        records, "the list", "give a list of mappings, one per row, or another table"
    )
    if not records:
        raise DataError("The list has no rows", "it is empty", "give at least one record")
    return _of_columns(columns, notes)


def _of_columns(columns: Mapping[Any, Any], notes: list[str]) -> pa.Table:
    names = check_names("The table", [str(name) for name in columns], notes)
    made = [_column(given, name) for given, name in zip(columns.values(), names, strict=True)]
    if len({len(column) for column in made}) > 1:
        told = ", ".join(f"{name!r} {len(part):,}" for name, part in list(zip(names, made, strict=True))[:5])
        raise DataError("The table has columns of unequal length", told, "make them equal")
    fields = [
        _field(name, array, given) for name, array, given in zip(names, made, columns.values(), strict=True)
    ]
    return pa.table(made, schema=pa.schema(fields)) if names else pa.table({})


def _field(name: str, made: pa.Array, given: Any) -> pa.Field:
    """The field of a column, which says whether its objects are numbers beside text."""
    objects = isinstance(given, list) or getattr(getattr(given, "dtype", None), "kind", "") == "O"
    return objects_field(name, made, list(given) if objects else [])


def _column(given: Any, name: str) -> pa.Array:
    if isinstance(given, (pa.Array, pa.ChunkedArray)):
        return given.combine_chunks() if isinstance(given, pa.ChunkedArray) else given
    if isinstance(given, (pd.Series, pd.Index)):
        return _arrow_of(pd.Series(given), name)
    if isinstance(given, pd.api.extensions.ExtensionArray):
        return _arrow_of(pd.Series(given), name)
    if isinstance(given, np.ndarray) and given.ndim:
        # rows of a matrix are vectors
        return _arrow_of(pd.Series(given if given.ndim == 1 else list(given)), name)
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes, bytearray)):
        return from_objects(list(given), name)
    raise DataError(
        f"Column {name!r} cannot be read",
        f"it is a {type(given).__name__}",
        "give a mapping of columns, each a list with one value per row",
    )


def table_of_frame(frame: pd.DataFrame, notes: list[str]) -> pa.Table:
    """An Arrow table of any pandas frame; a named index becomes a column.

    An index that has the name of a column is left out where it repeats the column, else it is called
    ``NAME_index``.
    """
    columns = [(str(label), frame.iloc[:, at]) for at, label in enumerate(frame.columns)]
    columns = [*_index_columns(frame, {name: column for name, column in columns}, notes), *columns]
    names = check_names("The table", [name for name, _ in columns], notes)
    made = [_arrow_of(column, name) for name, (_, column) in zip(names, columns, strict=True)]
    fields = [
        _field(name, array, column) for name, array, (_, column) in zip(names, made, columns, strict=True)
    ]
    return pa.table(made, schema=pa.schema(fields)) if names else pa.table({})


def _index_columns(
    frame: pd.DataFrame, columns: Mapping[str, pd.Series[Any]], notes: list[str]
) -> list[tuple[str, pd.Series[Any]]]:
    """The levels of an index, where at least one has a name, as columns."""
    index = frame.index
    if all(label is None for label in index.names):
        return []
    out: list[tuple[str, pd.Series[Any]]] = []
    taken = set(columns)
    for at, label in enumerate(index.names):
        level = pd.Series(index.get_level_values(at))
        name = clean_text(f"level_{at}" if label is None else str(label))
        if name in columns and _arrow_of(level, name).equals(_arrow_of(columns[name], name)):
            notes.append(f"The index {name!r} repeats the column of that name and was left out.")
            continue
        if name in taken:
            kept = f"{name}_index"
            while kept in taken:
                kept += "_"
            notes.append(f"There is a column {name!r}, so the index of that name is called {kept!r}.")
            name = kept
        taken.add(name)
        out.append((name, level))
    return out


def _arrow_of(column: pd.Series[Any], name: str) -> pa.Array:
    if column.dtype == object:
        return from_objects(column.tolist(), name)
    if isinstance(column.dtype, pd.CategoricalDtype):
        # The categories are read as a column of their own: integers stay integers beside a missing cell.
        codes = column.cat.codes.to_numpy().astype(np.int64)
        values = _arrow_of(pd.Series(column.cat.categories), name)
        return values.take(pa.array(codes, mask=codes < 0))
    if isinstance(column.dtype, (pd.PeriodDtype, pd.IntervalDtype)) or column.dtype.kind == "c":
        return from_objects([None if pd.isna(value) else str(value) for value in column], name)
    try:
        found = pa.array(column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, UnicodeEncodeError):
        return from_objects(column.tolist(), name)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
