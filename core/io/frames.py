"""From any pandas frame to an Arrow table."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

from ..infer import from_objects
from .heading import check_names


def table_of_frame(frame: pd.DataFrame, notes: list[str]) -> pa.Table:
    """An Arrow table of any pandas frame; a named index becomes a column."""
    if any(label is not None for label in frame.index.names):
        frame = frame.reset_index()
    names = check_names("The table", [str(label) for label in frame.columns], notes)
    columns = []
    for at, name in enumerate(names):
        column = frame.iloc[:, at]
        columns.append(_arrow_of(column, name))
    return pa.table(columns, names=names) if names else pa.table({})


def _arrow_of(column: pd.Series[Any], name: str) -> pa.Array:
    if column.dtype == object:
        return from_objects(column.tolist(), name)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _arrow_of(column.astype(column.dtype.categories.dtype), name)
    if isinstance(column.dtype, (pd.PeriodDtype, pd.IntervalDtype)) or column.dtype.kind == "c":
        return from_objects([None if pd.isna(value) else str(value) for value in column], name)
    try:
        found = pa.array(column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, UnicodeEncodeError):
        return from_objects(column.tolist(), name)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
