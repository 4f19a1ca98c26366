"""Canonical columns of text, as Arrow arrays and as what they hold."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

from .infer_text import TIME, all_json, infer_text

TEXT = pd.StringDtype("pyarrow")


def is_json(column: pd.Series[Any]) -> bool:
    """Whether a canonical column of text holds lists or objects only (and so was read as JSON)."""
    if column.dtype != TEXT:
        return False
    cells = to_arrow(column).drop_null()
    if not len(cells) or cells[0].as_py()[0] not in "[{":
        return False
    return bool(infer_text(cells).equals(cells)) and all_json(cells)


def to_arrow(column: pd.Series[Any]) -> pa.Array:
    """A canonical pandas column as an Arrow array (text as string)."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        stamps = column.dt.as_unit("us").dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        return pa.array(stamps, type=pa.timestamp("us"), from_pandas=True).cast(TIME)
    found = pa.array(column, from_pandas=True)
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    return found.cast(pa.string()) if pa.types.is_large_string(found.type) else found
