"""What the map can be coloured by, and the colours for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.foundation.number_format import number
from core.foundation.times import seconds
from core.model.dataset import Dataset, Kind
from core.model.derived import Groups
from core.report.charts.colouring import Colouring, by_category, by_highlight, by_value
from core.report.charts.theme import Theme
from pages.ui.shared import cache
from pages.ui.shared.highlight import CATEGORIES, GROUPS, categories

_NUMBERS = (Kind.SCORE, Kind.NUMBER, Kind.TIME)


def options(data: Dataset) -> list[str]:
    """Groups, then the columns that colour can tell something about."""
    columns = [*data.columns(*CATEGORIES), *data.columns(*_NUMBERS)]
    return [GROUPS, *(name for name in columns if name in data.frame.columns)]


def colouring(
    data: Dataset, groups: Groups | None, by: str, look: Theme, highlight: int | None = None
) -> Colouring:
    """Colours by groups or by a column; with a highlight that value alone has one."""
    made_of = groups.key if groups is not None and by == GROUPS else ""
    key = cache.name_of(
        "colours", [data.fingerprint.digest, by, _role(data, by), look.name, made_of, highlight]
    )
    return cache.share(key, lambda: _make(data, groups, by, look, highlight))


def _role(data: Dataset, by: str) -> str:
    return str(data.roles[by].kind) if by in data.roles else ""


def tick_text(data: Dataset, by: str) -> Callable[[float], str]:
    """Writes a value of the scale: a day for a column of times, else a number."""
    if by in data.frame.columns and pd.api.types.is_datetime64_any_dtype(data.frame[by]):
        return lambda days: f"{datetime.fromtimestamp(days * 86_400, UTC):%Y-%m-%d}"
    return number


def _make(
    data: Dataset, groups: Groups | None, by: str, look: Theme, highlight: int | None = None
) -> Colouring:
    by = by if by in data.frame.columns else GROUPS
    found = categories(data, groups, by)
    if found is not None and highlight is not None:
        return by_highlight(by, found.codes, found.names[highlight], highlight, look)
    if found is not None:
        return by_category(by, found.codes, found.names, look)
    if by == GROUPS:
        return by_category("nothing", np.zeros(len(data), np.int64), ["all rows"], look)
    return by_value(by, _numbers(data.frame[by]))


def _numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    """Numbers as they are, times as days since 1970; NaN where missing."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return seconds(column) / 86_400
    return column.to_numpy(np.float64, na_value=np.nan)
