"""Columns in the form in which their distributions are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..model.binning import MISSING, apart
from ..model.columns import distinct_values, reading
from ..model.dataset import Dataset, Kind
from ..model.inputs import Inputs

if TYPE_CHECKING:
    import pandas as pd

CATEGORY_SHARE = 0.05
CATEGORY_VALUES = 200
_COMPARED = frozenset({Kind.CATEGORY, Kind.LABEL, Kind.LICENCE})

ColumnKind = Literal["number", "category"]


def column_kinds(inputs: Inputs) -> dict[str, ColumnKind]:
    """Which columns can be compared: by their roles, or read off the values where no roles are given.

    Numbers and times are compared by KS. Categories by their role, booleans, and text or codes with at most
    200 distinct values that are also at most a twentieth of the rows (or 20), are compared by TV. Free text,
    identifiers and lists are left out.
    """
    import pandas as pd

    types = pd.api.types
    found: dict[str, ColumnKind] = {}
    if inputs.frame is None:
        return found
    for name in inputs.frame.columns:
        values, role = inputs.frame[name], inputs.roles.get(name)
        if reading(values, role) != "category":
            found[name] = "number"
        elif role in _COMPARED or types.is_bool_dtype(values):
            found[name] = "category"
        elif (
            isinstance(values.dtype, pd.CategoricalDtype)
            or types.is_string_dtype(values)
            or types.is_numeric_dtype(values)
        ):
            distinct = values.nunique(dropna=True)
            if distinct <= min(CATEGORY_VALUES, max(20, CATEGORY_SHARE * inputs.n)):
                found[name] = "category"
    return found


@dataclass(frozen=True)
class Category:
    """A column of categories: codes (n,), a missing cell being a category of its own, and their shares."""

    name: str
    codes: Rows
    shares: NDArray[np.float64]
    values: tuple[str, ...]


@dataclass(frozen=True)
class Number:
    """A column of numbers.

    Args:
        ranks: Position of each row's value among the distinct values, int64 (n,); −1 where missing.
        below: Share of the data set's present values ≤ each distinct value, with a leading 0.
        standard: Standardised on the data set, missing cells 0, float64 (n,); None where constant.
    """

    name: str
    ranks: Rows
    below: NDArray[np.float64]
    standard: NDArray[np.float64] | None


def category_of(name: str, values: object) -> Category:
    """Encode a column of categories; a missing cell is one of its own."""
    import pandas as pd

    codes, distinct = pd.factorize(pd.Series(values), sort=False, use_na_sentinel=True)
    codes = codes.astype(np.int64)
    names = tuple(str(value) for value in distinct)
    if (codes < 0).any():
        codes[codes < 0] = len(names)
        names = (*names, apart(MISSING, names))
    return Category(name, codes, np.bincount(codes, minlength=len(names)) / max(1, len(codes)), names)


def number_of(name: str, column: pd.Series[Any]) -> Number:
    """Encode a column of numbers or times; ranks are those of the exact values."""
    import pandas as pd

    if not pd.api.types.is_datetime64_any_dtype(column):
        column = pd.to_numeric(column, errors="coerce")
        column = column.astype("Int8") if pd.api.types.is_bool_dtype(column) else column
    distinct, ranks = distinct_values(column)
    present = ranks >= 0
    counts = np.bincount(ranks[present], minlength=len(distinct))
    below = np.concatenate([[0.0], np.cumsum(counts) / max(1, int(counts.sum()))])
    units = (distinct.astype(np.int64) if distinct.dtype.kind == "M" else distinct).astype(np.float64)
    values = np.where(present, np.append(units, np.nan)[ranks], np.nan)
    standard = None
    if len(units) > 1 and np.isfinite(units).all():
        scale = float(np.abs(units).max()) or 1.0  # keeps the squares of huge numbers finite
        scaled = values / scale
        centre, spread = float(scaled[present].mean()), float(scaled[present].std())
        if spread > 0:
            standard = np.where(present, (scaled - centre) / spread, 0.0)
    return Number(name, ranks, below, standard)


def columns_of(data: Dataset) -> dict[str, ColumnKind]:
    """Which columns of a data set are compared, by their role: numbers, scores and times; categories."""
    kinds: dict[str, ColumnKind] = {}
    for name in data.columns(Kind.NUMBER, Kind.SCORE, Kind.TIME):
        kinds[name] = "number"
    for name in data.columns(Kind.CATEGORY, Kind.LABEL, Kind.LICENCE):
        kinds[name] = "category"
    return {name: kinds[name] for name in data.roles if name in kinds}
