"""Columns cut into steps that a tree can split on, and its splits as words and as a condition on rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...data.filters.filter_rows import as_column
from ...foundation.arrays.array_types import Rows
from ...model.columns import as_numbers, reading
from ...model.dataset import Dataset, Kind

CUTS = 254
VALUES = 30
_USED = (Kind.NUMBER, Kind.SCORE, Kind.TIME, Kind.CATEGORY, Kind.LABEL, Kind.LICENCE)
_START = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400


@dataclass(frozen=True)
class Steps:
    """A column of numbers or times cut into steps, or one value of a column against all others.

    Codes are whole numbers: of numbers 0 where missing, else 1 + how many cuts are below; of a value 1 where
    a row has it (`value` None: where the cell is missing), else 0.

    Args:
        column: Its name.
        cuts: Ascending; empty for a value.
        time: The cuts are seconds since 1970.
        value: The value, or None for a missing cell; no meaning with cuts.
        lacks: Cells of the column are missing.
    """

    column: str
    cuts: tuple[float, ...] = ()
    time: bool = False
    value: Any = None
    lacks: bool = False

    def codes(self, cells: pd.Series[Any]) -> NDArray[np.int16]:
        """Code of each cell of the column, (n,)."""
        if self.cuts:
            values = _finite(as_numbers(cells, self.column))
            made = 1 + np.searchsorted(np.array(self.cuts), values, side="left")
            return np.where(np.isnan(values), 0, made).astype(np.int16)
        if self.value is None:
            return cells.isna().to_numpy().astype(np.int16)
        has: NDArray[np.bool_] = (cells == self.value).to_numpy(bool, na_value=False)
        return has.astype(np.int16)

    def matches(self, codes: NDArray[np.int16], low: int, high: int | None) -> NDArray[np.bool_]:
        """Rows whose code is above `low` and not above `high`."""
        found: NDArray[np.bool_] = codes > low
        return found if high is None else found & (codes <= high)

    def said(self, low: int, high: int | None) -> tuple[str, str]:
        """The rows of `matches` in words, and as a condition that `core.data.filters` reads.

        Example:
            >>> Steps("unit price", (3.5, 8.0), lacks=True).said(-1, 1)
            ('unit price ≤ 3.5 or missing', '("unit price" <= 3.5 OR "unit price" IS NULL)')
            >>> Steps("lang", value="de").said(0, None)
            ('lang is de', "lang = 'de'")
        """
        name, quoted = self.column, as_column(self.column)
        if not self.cuts:
            return self._of_value(name, quoted, has=low >= 0)
        if high is not None and high <= 0:
            return f"{name} is missing", f"{quoted} IS NULL"
        if low == 0 and high is None:
            return f"{name} is not missing", f"{quoted} IS NOT NULL"
        below = None if high is None else self._cut(high)
        above = self._cut(low) if low > 0 else None
        if above is not None and below is not None:
            return f"{above[0]} < {name} ≤ {below[0]}", f"{quoted} > {above[1]} AND {quoted} <= {below[1]}"
        if above is not None:
            return f"{name} > {above[0]}", f"{quoted} > {above[1]}"
        assert below is not None
        if self.lacks and low < 0:
            words = f"{name} ≤ {below[0]} or missing"
            return words, f"({quoted} <= {below[1]} OR {quoted} IS NULL)"
        return f"{name} ≤ {below[0]}", f"{quoted} <= {below[1]}"

    def _of_value(self, name: str, quoted: str, *, has: bool) -> tuple[str, str]:
        if self.value is None:
            return (
                (f"{name} is missing", f"{quoted} IS NULL")
                if has
                else (f"{name} is not missing", f"{quoted} IS NOT NULL")
            )
        value = _literal(self.value)
        if has:
            return f"{name} is {self.value}", f"{quoted} = {value}"
        differs = "IS DISTINCT FROM" if self.lacks else "<>"
        return f"{name} is not {self.value}", f"{quoted} {differs} {value}"

    def _cut(self, code: int) -> tuple[str, str]:
        cut = self.cuts[code - 1]
        if not self.time:
            text = str(int(cut)) if cut == int(cut) and abs(cut) < 1e15 else repr(cut)
            return text, text
        moment = (_START + timedelta(seconds=cut)).replace(tzinfo=None)
        text = moment.isoformat(sep=" ").removesuffix(" 00:00:00")
        return text, f"TIMESTAMP '{text}'"


def steps_of(data: Dataset, rows: Rows, without: frozenset[str]) -> list[Steps]:
    """The columns of some rows as steps, in the order of their names.

    Numbers, scores and times are cut at up to 254 short numbers between values of these rows; of categories,
    labels and licences the 30 most frequent values stand by themselves. Columns that a condition cannot name
    (two names that differ in case only) are left out, as are all other roles.

    Args:
        data: The data set.
        rows: Positions that cuts and values are taken from.
        without: Columns that are not used.
    """
    folded = [name.casefold() for name in data.frame.columns]
    found: list[Steps] = []
    for name in sorted(data.columns(*_USED)):
        if name in without or folded.count(name.casefold()) > 1:
            continue
        whole = data.frame[name]
        lacks, cells = bool(whole.isna().any()), whole.iloc[rows]
        role = data.roles[name].kind
        if reading(whole, role) != "category":
            time = reading(whole, role) == "time"
            values = np.unique(_finite(as_numbers(cells, name)))
            values = values[~np.isnan(values)]
            infinite = not time and np.isinf(as_numbers(whole, name)).any()
            if len(values) > 1 and not infinite:
                single = "float32" in str(whole.dtype) or str(whole.dtype).startswith("float[")
                found.append(Steps(name, _cuts(values, time, single), time, lacks=lacks))
            continue
        counts = cells.value_counts(sort=False)
        often = sorted(counts.index.tolist(), key=lambda value: (-counts[value], str(value)))
        shown = often[: 1 if len(often) == 2 and not lacks else VALUES]
        found += [Steps(name, value=value, lacks=lacks) for value in shown if len(often) > 1 or lacks]
        if lacks:
            found.append(Steps(name))
    return found


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isfinite(values), values, np.nan)


def _literal(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    if isinstance(value, (int, float, np.number)):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def _cuts(values: NDArray[np.float64], time: bool, single: bool) -> tuple[float, ...]:
    """Short numbers between ascending different values, at most `CUTS` of them, evenly over the values."""
    at, away = np.arange(1, len(values)), 0
    if len(at) > CUTS:
        at = np.unique(np.linspace(1, len(values) - 1, CUTS).round().astype(np.int64))
        away = len(values) // (4 * CUTS)  # neighbours of a cut that it may move among to be shorter
    low, high = values[np.maximum(at - 1 - away, 0)], values[np.minimum(at + away, len(values) - 1)]
    if time:
        found = [between_times(*pair) for pair in zip(low.tolist(), high.tolist(), strict=True)]
    else:
        found = [
            between_numbers(*pair, open_=single) for pair in zip(low.tolist(), high.tolist(), strict=True)
        ]
    return tuple(sorted(set(found)))


def between_numbers(low: float, high: float, *, open_: bool = False) -> float:
    """The number of fewest digits that parts two: at or above `low`, below `high`.

    Args:
        low, high: The two.
        open_: Above `low`. In single precision a number and what is written of it are not always one.

    Example:
        >>> between_numbers(3.41, 3.58), between_numbers(3.0, 4.0), between_numbers(3.0, 4.0, open_=True)
        (3.5, 3.0, 3.5)
    """
    middle = low / 2 + high / 2
    for digits in range(1, 18):
        for cut in (float(f"{middle:.{digits}g}"), float(f"{low:.{digits}g}")):
            if (low < cut if open_ else low <= cut) and cut < high:
                return cut
    return low


def between_times(low: float, high: float) -> float:
    """The start of a day between two times where there is one, else of a second, else the first of them.

    Example:
        >>> between_times(0.5, 200_000.0), between_times(10.2, 12.0)
        (86400.0, 11.0)
    """
    middle = low / 2 + high / 2
    for unit in (_DAY, 1):
        for cut in (middle // unit * unit, middle // unit * unit + unit):
            if low <= cut < high:
                return float(cut)
    return low
