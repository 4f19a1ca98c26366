"""A table of the columns: what each holds, in numbers that are quick to read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from core.model.dataset import Dataset, Kind, Role
from pages.ui.shared.tables import cell

BARS = 12
MOST_COLUMNS = 300
_COUNTED = (Kind.CATEGORY, Kind.LABEL, Kind.ENTITY, Kind.LICENCE)


def profile(data: Dataset, names: list[str]) -> pd.DataFrame:
    """One row per column: role, reason, missing, distinct, example, distribution. O(cells).

    Example:
        >>> from core.data.load import load
        >>> table = profile(load(b"id,kind\\n1,a\\n2,b\\n3,a\\n", name="demo.csv"), ["kind"])
        >>> str(table.loc[0, "column"]), float(table.loc[0, "missing"]), int(table.loc[0, "distinct"])
        ('kind', 0.0, 2)
    """
    return pd.DataFrame([_line(data, name, data.roles[name]) for name in names])


def _line(data: Dataset, name: str, role: Role) -> dict[str, Any]:
    base = {"column": name, "role": role.kind.value, "reason": role.reason}
    if name in data.vectors:
        shape = data.vectors[name].shape
        return {**base, "missing": 0.0, "distinct": None, "example": f"{shape[1]} numbers", "bars": []}
    column = data.frame[name]
    known = column.dropna()
    return {
        **base,
        "missing": float(column.isna().mean()),
        "distinct": int(known.nunique()),
        "example": cell(known.iloc[0], 80) if len(known) else "",
        "bars": bars(known, role.kind),
    }


def bars(known: pd.Series[Any], kind: Kind) -> list[int]:
    """A dozen bar heights: a histogram of numbers, times or text lengths; largest counts of categories."""
    if not len(known) or kind is Kind.ID:
        return []
    dtype = str(known.dtype)
    if kind in _COUNTED or dtype == "boolean":
        return [int(count) for count in known.value_counts().to_numpy()[:BARS]]
    if dtype in ("Int64", "Float64"):
        values = known.to_numpy(np.float64)
    elif dtype.startswith("datetime"):
        values = known.astype("int64").to_numpy(np.float64)
    else:
        values = known.astype("string").str.len().to_numpy(np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return []
    # From the smallest on: far from zero numbers may lie closer than bars can be told apart.
    return [int(count) for count in np.histogram(values / 2 - values.min() / 2, bins=BARS)[0]]
