"""A column as groups of rows: by value, or cut into parts as even as its ties allow.

Groups, strata, windows, margins and axes all come from here, so that a column means the same everywhere.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.errors import ColumnError
from ..foundation.wording import clause, count
from .columns import ReadOptions, distinct_values, reading
from .dataset import Kind

if TYPE_CHECKING:
    import pandas as pd

MANY = 20  # a number or time with more different values is cut
BINS = 5
MISSING = "(missing)"
_PLACES = 300  # even ones, by rows and by values, where a long list of values may be cut
_LEAST, _WHOLE = 4, 16  # digits of a number in a name; from here on all of them
_UNITS = ("D", "m", "s", "ms", "us", "ns")


def column_groups(
    column: pd.Series[Any], name: str, role: Kind | None = None, *, bins: int = BINS, most: int = 10_000
) -> tuple[Rows, tuple[str, ...], tuple[str, ...]]:
    """Groups by a column, as its role reads it.

    A category makes one group per value, and so does a number or time with at most `MANY` different values;
    others are cut at values, into `bins` parts of sizes as even as ties allow. Missing values are a group of
    their own, the last one; infinite ones are values like any other. Whole numbers are never rounded.

    Args:
        column: Values, n of them.
        name: Its name, for errors and notes.
        role: Its role, if it is known.
        bins: Parts of a number or time that is cut.
        most: Groups that are possible.

    Returns:
        Code of each row, int64 (n,), ascending by value; names, each of which says what is inside; notes.

    Raises:
        ColumnError: Its cells are lists or records, or it makes too many groups.

    Complexity:
        O(n log n) time.

    Example:
        >>> import pandas as pd
        >>> codes, names, _ = column_groups(pd.Series([0] * 60 + list(range(1, 41))), "x", bins=3)
        >>> names, np.bincount(codes).tolist()
        (('0', '1 to 20', '21 to 40'), [60, 20, 20])
    """
    refuse_lists(column, name)
    kind = reading(column, role)
    values, codes = distinct_values(column)
    notes: tuple[str, ...] = ()
    if kind != "category" and len(values) > MANY:
        ends = even_cuts(np.bincount(codes[codes >= 0], minlength=len(values)), bins)
        starts = np.concatenate([[0], ends[:-1]])
        where = np.searchsorted(ends, codes, side="right")
        codes = np.where(codes < 0, -1, where)
        names = _ranges(values[starts], values[ends - 1], kind)
        notes = (f"{name} has many values; it is cut at its quantiles into {count(len(names), 'group')}.",)
    elif len(values) > most:
        raise ColumnError(
            f"{name} makes too many groups",
            f"it has {len(values):,} different values, and {most:,} are possible",
            "choose another column, or give it the role number if it is one",
        )
    else:
        names = named_values(values)
    lost = codes < 0
    if lost.any():
        codes = np.where(lost, len(names), codes)
        names = (*names, apart(MISSING, names))
        gone = int(lost.sum())
        its = "it is a group of its own" if gone == 1 else "they are a group of their own"
        notes += (f"{clause(gone, 'row', 'has', 'have')} no value; {its}.",)
    return codes.astype(np.int64), names, notes


def refuse_lists(column: pd.Series[Any], name: str) -> None:
    """`ColumnError` where cells hold lists or records, with what can be done instead."""
    import pandas as pd

    from .arrow_columns import is_json

    some = column.dropna()
    if pd.api.types.is_object_dtype(column):
        listed = any(isinstance(value, (list, tuple, dict, set, np.ndarray)) for value in some)
    else:
        listed = is_json(some)
    if listed:
        raise ColumnError(
            f"{name} cannot make groups",
            "its cells are lists or records, so that a row would belong to several groups",
            f"make a column with one value per row, such as the first entry of {name}",
        )


def apart(name: str, taken: tuple[str, ...]) -> str:
    """A name of ours in as many brackets as it takes to be none of the values.

    Example:
        >>> apart("(missing)", ("a", "(missing)"))
        '((missing))'
    """
    while name in taken:
        name = f"({name})"
    return name


def even_cuts(counts: Rows, bins: int) -> Rows:
    """Where to cut ascending values that come `counts` times into at most `bins` parts.

    Quantiles where they give parts that differ by one row at most; else the cuts with the least sum of
    squared sizes, so that a value of many rows stands alone and the others share what is left.

    Args:
        counts: Rows of each value, shape (m,), positive.
        bins: Parts wanted; there are fewer only where there are fewer values.

    Returns:
        End (exclusive) of each part among the values, int64. O(m + bins·c²) time with c = min(m, 900): longer
        lists are cut at a quantile or at one of 300 even places, by rows and by values.

    Example:
        >>> even_cuts(np.array([1, 1, 1, 9, 1]), 4).tolist()
        [1, 3, 4, 5]
        >>> even_cuts(np.ones(10, int), 3).tolist()
        [4, 7, 10]
    """
    ends = np.cumsum(counts, dtype=np.int64)
    m, n = len(counts), int(ends[-1])
    bins = min(bins, m)
    plain = np.append(np.searchsorted(ends * bins, n * np.arange(1, bins), side="left") + 1, m)
    sizes = np.diff(ends[plain - 1], prepend=0)
    if sizes.max() - sizes.min() <= 1:
        return plain.astype(np.int64)
    where = np.arange(m + 1)
    if m > 3 * _PLACES:
        even = np.arange(1, _PLACES)
        near = np.searchsorted(ends * _PLACES, n * even, side="left")
        where = np.unique(np.concatenate([[0, m], near, near + 1, plain - 1, plain, m * even // _PLACES]))
    rows = np.concatenate([[0], ends])[where]
    never = np.iinfo(np.int64).max // 4
    square = (rows[None, :] - rows[:, None]) ** 2  # of the part from one place to a later one
    square[np.tril_indices(len(rows))] = never
    least, before = square[0], []  # the least sum up to each place, and the place before the last part
    for _ in range(bins - 1):
        total = least[:, None] + square
        before.append(total.argmin(axis=0))
        least = np.minimum(total[before[-1], np.arange(len(rows))], never)
    found = [len(rows) - 1]
    for back in reversed(before):
        found.append(int(back[found[-1]]))
    return where[found[::-1]].astype(np.int64)


def named_values(values: NDArray[Any]) -> tuple[str, ...]:
    """A name for each of some distinct values."""
    if values.dtype.kind == "M":
        return tuple(_times(values, values)[0])
    if values.dtype.kind == "f":
        return tuple(_exact(value) for value in values)
    return tuple(str(value) for value in values)


def _ranges(low: NDArray[Any], high: NDArray[Any], kind: ReadOptions) -> tuple[str, ...]:
    """Names "low to high" of parts in ascending order, with digits enough that no two overlap."""
    if low.dtype.kind == "M":
        first, last = _times(low, high)
    elif low.dtype.kind == "f":
        first, last = _numbers(low, high)
    else:
        first, last = [str(value) for value in low], [str(value) for value in high]
    return tuple(a if a == b else f"{a} to {b}" for a, b in zip(first, last, strict=True))


def _exact(value: float) -> str:
    short = f"{value:g}"
    return short if float(short) == value else repr(float(value))


def _numbers(low: NDArray[Any], high: NDArray[Any]) -> tuple[list[str], list[str]]:
    """Rounded outwards, so that a name holds all that is inside."""
    first, last = [_exact(value) for value in low], [_exact(value) for value in high]
    for digits in range(_LEAST, _WHOLE):
        one = [
            text if a == b else _rounded(a, digits, ROUND_FLOOR)
            for a, b, text in zip(low, high, first, strict=True)
        ]
        two = [
            text if a == b else _rounded(b, digits, ROUND_CEILING)
            for a, b, text in zip(low, high, last, strict=True)
        ]
        if all(float(b) < float(a) for b, a in zip(two[:-1], one[1:], strict=True)):
            return one, two
    return first, last


def _rounded(value: float, digits: int, how: str) -> str:
    if not np.isfinite(value):
        return _exact(value)
    return _exact(float(Context(prec=digits, rounding=how).create_decimal(Decimal(repr(float(value))))))


def _times(low: NDArray[Any], high: NDArray[Any]) -> tuple[list[str], list[str]]:
    """In the coarsest unit that keeps neighbours apart; days hold all that they begin."""
    for unit in _UNITS:
        first, last = _written(low, unit), _written(high, unit)
        if all(a != b for a, b in zip(last[:-1], first[1:], strict=True)):
            break
    return first, last


def _written(times: NDArray[Any], unit: str) -> list[str]:
    words = np.datetime_as_string(times.astype(f"datetime64[{unit}]"))
    return [str(word).replace("T", " ") for word in words]
