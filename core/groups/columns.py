"""Groups from a column: its values, or quantile bins where a number has many."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..errors import ColumnError
from ..types import Dataset, Rows

MISSING = "(missing)"
MAX_VALUES = 20  # numbers with more different values are binned
BINS = 5
MAX_GROUPS = 2_000


def column_groups(dataset: Dataset, name: str) -> tuple[Rows, list[str], tuple[str, ...]]:
    """Codes, names and notes of the groups that a column makes.

    Missing values are a group of their own. A number or time with more than `MAX_VALUES` different
    values is cut at its quintiles.

    Raises:
        ColumnError: No such column, or more than `MAX_GROUPS` different values.
    """
    import pandas as pd

    series = dataset.column(name)
    gone = series.isna().to_numpy()
    numeric = pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series)
    stamps = pd.api.types.is_datetime64_any_dtype(series)
    if (numeric or stamps) and series[~gone].nunique() > MAX_VALUES:
        return _binned(dataset, name, gone, stamps)
    text = [MISSING if lost else str(value) for value, lost in zip(series.tolist(), gone, strict=True)]
    names, codes = np.unique(np.array(text, dtype=object).astype(str), return_inverse=True)
    if len(names) > MAX_GROUPS:
        raise ColumnError(
            f"Column {name!r} makes too many groups",
            f"it has {len(names):,} different values, at most {MAX_GROUPS:,} can be shown",
            "choose another column, or kmeans",
        )
    notes = (f"{int(gone.sum()):,} rows have no value; they are a group of their own.",) if gone.any() else ()
    return codes.astype(np.int64), [str(value) for value in names], notes


def _binned(
    dataset: Dataset, name: str, gone: NDArray[np.bool_], stamps: bool
) -> tuple[Rows, list[str], tuple[str, ...]]:
    from ..features.table import numeric

    values = numeric(dataset.frame[name], stamps)
    gone = np.isnan(values)
    there = values[~gone]
    edges = np.unique(np.quantile(there, np.linspace(0, 1, BINS + 1), method="inverted_cdf"))
    inner = edges[1:-1]
    codes = np.searchsorted(inner, values, side="left")
    shown = [_show(edge, stamps) for edge in edges]
    names = [f"up to {shown[1]}"] if len(edges) > 2 else [f"{shown[0]} to {shown[-1]}"]
    names += [f"{a} to {b}" for a, b in pairwise(shown[1:-1])]
    if len(edges) > 2:
        names.append(f"above {shown[-2]}")
    if gone.any():
        codes[gone] = len(names)
        names.append(MISSING)
    notes = [f"{name} has many values; it is cut at its quintiles."]
    if gone.any():
        notes.append(f"{int(gone.sum()):,} rows have no value; they are a group of their own.")
    return codes.astype(np.int64), unique_names(names), tuple(notes)


def _show(value: float, stamps: bool) -> str:
    if stamps:
        return str(np.datetime64(round(value * 1e6), "us").astype("datetime64[D]"))
    return f"{value:.4g}"


def unique_names(names: list[str]) -> list[str]:
    """The names with a number behind every repeated one.

    Example:
        >>> unique_names(["a", "b", "a"])
        ['a', 'b', 'a (2)']
    """
    taken: set[str] = set()
    out = []
    for name in names:
        made, count = name, 1
        while made in taken:
            count += 1
            made = f"{name} ({count})"
        taken.add(made)
        out.append(made)
    return out
