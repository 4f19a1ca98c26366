"""What the map can be coloured by, and the colours for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.foundation.times import seconds
from core.model.columns import reading
from core.model.dataset import Dataset, Kind
from core.model.derived import Groups
from core.report.charts.colouring import Colouring, by_category, by_value
from core.report.charts.theme import Theme
from pages.ui.shared import cache

GROUPS = "groups"
_CATEGORIES = (Kind.LABEL, Kind.CATEGORY, Kind.ENTITY, Kind.LICENCE)
_NUMBERS = (Kind.SCORE, Kind.NUMBER, Kind.TIME)


def options(data: Dataset) -> list[str]:
    """Groups, then the columns that colour can tell something about."""
    columns = [*data.columns(*_CATEGORIES), *data.columns(*_NUMBERS)]
    return [GROUPS, *(name for name in columns if name in data.frame.columns)]


def colouring(data: Dataset, groups: Groups | None, by: str, look: Theme) -> Colouring:
    """Colours by groups or by a column."""
    key = cache.name_of(
        "colours",
        [data.fingerprint.digest, by, look.name, groups.key if groups is not None and by == GROUPS else ""],
    )
    return cache.share(key, lambda: _make(data, groups, by, look))


def _make(data: Dataset, groups: Groups | None, by: str, look: Theme) -> Colouring:
    if by == GROUPS or by not in data.frame.columns:
        if groups is None:
            return by_category("nothing", np.zeros(len(data), np.int64), ["all rows"], look)
        return by_category("groups", groups.codes, groups.names, look)
    column = data.frame[by]
    role = data.roles[by].kind if by in data.roles else None
    if reading(column, role) != "category" and column.nunique() > 12:
        return by_value(by, _numbers(column))
    codes, names = pd.factorize(column.astype("string"), sort=True)
    return by_category(by, np.asarray(codes, np.int64), [str(name) for name in names], look)


def _numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    """Numbers as they are, times as days since 1970; NaN where missing."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return seconds(column) / 86_400
    return column.to_numpy(np.float64, na_value=np.nan)
