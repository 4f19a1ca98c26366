"""Conditions on columns: which rows meet one, and the SQL that says the same.

Both say the same rows of any data. Capitals and regular expressions go by the same library (RE2) here and in
DuckDB; numbers are written with all digits and compared in the type of the column; times are whole
microseconds. Rows are found here without a child process, a million in some milliseconds; only SQL that a
person wrote is evaluated by DuckDB.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...foundation.artifact_store import Store
from ...foundation.errors import ColumnError, ParameterError
from ...foundation.times import FIRST, LAST, microseconds, microseconds_of
from ...foundation.wording import some
from ...model.arrow_columns import TEXT, to_arrow
from ...model.dataset import Dataset, Kind
from ...model.infer_text import INT64_MAX, INT64_MIN
from ...model.row_conditions import (
    Bound,
    ColumnCondition,
    ContainsText,
    HasValue,
    InRange,
    MatchesPattern,
    MeetsSql,
)
from .filter_rows import as_column, matching

_READ = (Kind.TEXT, Kind.CATEGORY, Kind.LABEL, Kind.ID, Kind.ENTITY, Kind.LICENCE)
_LITERAL = re.compile(r"([!-/:-@\[-^`{-~])")  # ASCII signs that may mean something in an expression
_START = datetime(1970, 1, 1, tzinfo=UTC)
_LACKING = (
    (re.compile(r"\(\?<?[=!]"), "it looks ahead or behind, (?=…) or (?<=…), which RE2 cannot"),
    (re.compile(r"\\[1-9]"), "it refers back to a group (\\1), which RE2 cannot"),
    (re.compile(r"\(\?>|[*+?}]\+"), "it forbids going back, (?>…) or a++, which RE2 cannot"),
)
Mask = NDArray[np.bool_]


def text_columns(dataset: Dataset) -> tuple[str, ...]:
    """Columns of text that people read, by name: texts, categories, labels, ids, entities, licences.

    Example:
        >>> from core.data.load import load
        >>> text_columns(load(b"id,body,n\\n1,ab cd,2\\n2,ef,3\\n", name="demo.csv"))
        ('body',)
    """
    named = dataset.columns(*_READ)
    return tuple(sorted(name for name in named if dataset.frame[name].dtype == TEXT))


def searched(dataset: Dataset, column: str | None) -> tuple[str, ...]:
    """The columns of text that a search looks at: one, or all that people read.

    Raises:
        ColumnError: The column is not there or holds no text; or there is no column of text at all.

    Example:
        >>> from core.data.load import load
        >>> searched(load(b"id,body\\n1,ab cd\\n2,ef\\n", name="demo.csv"), "body")
        ('body',)
    """
    if column is not None:
        if dataset.column(column).dtype != TEXT:
            raise _other_kind(dataset, column, "text", "choose a column of text, or values")
        return (column,)
    found = text_columns(dataset)
    if not found:
        raise ColumnError("There is no text to search", "no column holds text", "choose values or a range")
    return found


def condition_mask(dataset: Dataset, condition: ColumnCondition, store: Store | None = None) -> Mask:
    """Which rows meet a condition on columns.

    Args:
        dataset: The data set.
        condition: Its `exclude` is taken in.
        store: Where rows of SQL are kept once found.

    Returns:
        bool (n,). O(n) for ranges, values and letters; O(letters) for expressions.

    Raises:
        ColumnError: A column is not there, or of another kind.
        ParameterError: A bound, a value or an expression cannot be read.
        DataError: The SQL cannot be used.

    Example:
        >>> from core.data.load import load
        >>> data = load(b"id,price\\n1,5\\n2,\\n3,9\\n", name="demo.csv")
        >>> rows = np.flatnonzero(condition_mask(data, InRange("price", 6, None, exclude=True)))
        >>> sorted(data.frame["id"][rows].tolist())
        [1, 2]
    """
    met = _mask(dataset, condition, store)
    return ~met if condition.exclude else met


def condition_sql(dataset: Dataset, condition: ColumnCondition) -> str:
    """The same condition as SQL for ``--where``: it selects the rows of `condition_mask`.

    Args:
        dataset: Its columns say how bounds and values are written.
        condition: Its `exclude` is taken in.

    Raises:
        ColumnError: A column is not there, of another kind, or differs from another in capitals alone, which
            SQL does not tell apart.
        ParameterError: As `condition_mask`.

    Example:
        >>> from core.data.load import load
        >>> data = load(b"id,price\\n1,5\\n2,\\n3,9\\n", name="demo.csv")
        >>> condition_sql(data, InRange("price", 3, 5.5, exclude=True))
        'NOT coalesce(price BETWEEN 3 AND 5, false)'
    """
    said = _sql(dataset, condition)
    return f"NOT coalesce({said}, false)" if condition.exclude else said


def joined_sql(dataset: Dataset, conditions: Sequence[ColumnCondition]) -> str:
    """Conditions that all must be met as one SQL condition; "" for none.

    Raises:
        ColumnError, ParameterError: As `condition_sql`.

    Example:
        >>> from core.data.load import load
        >>> data = load(b"id,price,lang\\n1,5,de\\n2,4,fr\\n", name="demo.csv")
        >>> joined_sql(data, [InRange("price", 5), HasValue("lang", ("de", "en"))])
        "(price >= 5) AND (lang IN ('de', 'en'))"
    """
    parts = [condition_sql(dataset, one) for one in conditions]
    return parts[0] if len(parts) == 1 else " AND ".join(f"({part})" for part in parts)


def _mask(dataset: Dataset, condition: ColumnCondition, store: Store | None) -> Mask:
    if isinstance(condition, MeetsSql):
        met = np.zeros(len(dataset), bool)
        met[matching(dataset, condition.where, store=store)] = True
        return met
    if isinstance(condition, InRange):
        return _within(dataset, condition)
    if isinstance(condition, HasValue):
        return _among(dataset, condition)
    pattern = _expression(condition)
    met = np.zeros(len(dataset), bool)
    for name in searched(dataset, condition.column):
        found = pc.match_substring_regex(to_arrow(dataset.frame[name]), pattern)
        met |= found.fill_null(False).to_numpy(zero_copy_only=False)
    return met


def _sql(dataset: Dataset, condition: ColumnCondition) -> str:
    if isinstance(condition, MeetsSql):
        return f"({condition.where.strip().rstrip(';').strip()}\n)"  # a comment may end it
    if isinstance(condition, InRange):
        return _range_sql(dataset, condition)
    if isinstance(condition, HasValue):
        return _values_sql(dataset, condition)
    pattern = _text(_expression(condition))
    names = searched(dataset, condition.column)
    parts = [f"regexp_matches({_name(dataset, name)}, {pattern})" for name in names]
    # A missing cell in one column must not hide a match in another.
    return parts[0] if len(parts) == 1 else " OR ".join(f"coalesce({part}, false)" for part in parts)


# ---- ranges ----------------------------------------------------------------------------------------------


def _ends(dataset: Dataset, condition: InRange) -> tuple[str, Any, Any]:
    """What the column holds, and both bounds in its own type; None where a side is open."""
    column = dataset.column(condition.column)
    kind = _kind(column)
    low, high = condition.low, condition.high
    if kind == "time":
        return kind, _moment(low, condition.column), _moment(high, condition.column, last=True)
    if kind not in ("whole", "number"):
        raise _other_kind(dataset, condition.column, "numbers or times", "choose values, or letters")
    for bound in (low, high):
        if isinstance(bound, str):
            raise ParameterError(
                f"The range of {condition.column!r} cannot end at {bound[:40]!r}",
                "the column holds numbers",
                "give a number",
            )
    if kind == "whole":
        return kind, _whole(low, math.ceil), _whole(high, math.floor)
    return kind, _real(low, math.inf), _real(high, -math.inf)


def _whole(bound: Bound, nearest: Any) -> int | None:
    """A bound of whole numbers; one beyond all of them stays beyond."""
    return None if bound is None else min(max(int(nearest(bound)), INT64_MIN - 1), INT64_MAX + 1)


def _real(bound: Bound, inward: float) -> float | None:
    """A bound of floats that lets in the same floats: whole numbers beyond 2**53 may not be one."""
    if bound is None:
        return None
    assert not isinstance(bound, str)
    made = float(bound)
    outside = made < bound if inward > 0 else made > bound
    return math.nextafter(made, inward) if outside else made


def _moment(bound: Bound, column: str, *, last: bool = False) -> int | None:
    """ISO-8601 text as microseconds since 1970; a day alone is its first moment, or its last."""
    if bound is None:
        return None
    try:
        text = str(bound).strip()
        day = re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None
        moment = microseconds_of(datetime.fromisoformat(text))
        moment += (24 * 3600 * 1_000_000 - 1) if day and last else 0
    except ValueError:
        moment = LAST + 1
    if isinstance(bound, str) and FIRST <= moment <= LAST:
        return moment
    raise ParameterError(
        f"{str(bound)[:40]!r} is no time of {column!r}",
        "times are written as 2026-01-31 or 2026-01-31T09:30:00, in the years 1 to 9999",
        "write it so",
    )


def _within(dataset: Dataset, condition: InRange) -> Mask:
    kind, low, high = _ends(dataset, condition)
    values, met = _plain_values(dataset.frame[condition.column], kind)
    if kind == "whole" and ((low or 0) > INT64_MAX or (high or 0) < INT64_MIN):
        return np.zeros(len(met), bool)
    if low is not None:
        met = met & (values >= (max(low, INT64_MIN) if kind == "whole" else low))
    if high is not None:
        met = met & (values <= (min(high, INT64_MAX) if kind == "whole" else high))
    return met


def _range_sql(dataset: Dataset, condition: InRange) -> str:
    kind, low, high = _ends(dataset, condition)
    name = _name(dataset, condition.column)
    if low is None:
        return f"{name} <= {_written(high, kind)}"
    if high is None:
        return f"{name} >= {_written(low, kind)}"
    return f"{name} BETWEEN {_written(low, kind)} AND {_written(high, kind)}"


# ---- values ----------------------------------------------------------------------------------------------


def _chosen(dataset: Dataset, condition: HasValue) -> tuple[str, list[Any]]:
    """What the column holds, and the chosen values in its own type, in the order given."""
    kind = _kind(dataset.column(condition.column))
    if kind == "text":
        return kind, list(condition.values)
    return kind, [_value(text, kind, condition.column) for text in condition.values]


def _value(text: str, kind: str, column: str) -> Any:
    try:
        if kind == "time":
            return _moment(text, column)
        if kind == "truth":
            return {"true": True, "false": False}[text.strip().lower()]
        if kind == "whole":
            return _whole_of(text)
        number = float(text)
        if not math.isnan(number):
            return number
    except (ValueError, KeyError, OverflowError):
        pass
    holds = {"truth": "true and false", "whole": "whole numbers", "number": "numbers"}[kind]
    raise ParameterError(
        f"{text[:40]!r} is no value of {column!r}", f"the column holds {holds}", "choose one that it has"
    )


def _whole_of(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        real = float(text)
        if real != int(real):
            raise
        number = int(real)
    if not INT64_MIN <= number <= INT64_MAX:
        raise ValueError(text)
    return number


def _among(dataset: Dataset, condition: HasValue) -> Mask:
    kind, chosen = _chosen(dataset, condition)
    column = dataset.frame[condition.column]
    if kind == "text":
        known = pa.array(chosen, type=pa.string())
        met: Mask = pc.is_in(to_arrow(column), value_set=known).to_numpy(zero_copy_only=False)
        return met | column.isna().to_numpy(bool) if condition.missing else met
    values, there = _plain_values(column, kind)
    met = np.isin(values, np.array(chosen, dtype=values.dtype)) & there
    return met | ~there if condition.missing else met


def _values_sql(dataset: Dataset, condition: HasValue) -> str:
    kind, chosen = _chosen(dataset, condition)
    name = _name(dataset, condition.column)
    gone = f"{name} IS NULL" if condition.missing else ""
    if not chosen:
        return gone
    said = f"{name} IN ({', '.join(_written(value, kind) for value in chosen)})"
    return f"{said} OR {gone}" if gone else said


# ---- text ------------------------------------------------------------------------------------------------


def _expression(condition: ContainsText | MatchesPattern) -> str:
    """The expression of RE2 that is looked for; refused where RE2, or DuckDB's form of it, has none such."""
    if isinstance(condition, ContainsText):
        return "(?i)" + _LITERAL.sub(r"\\\1", condition.text)
    pattern = condition.pattern
    what = f"The regular expression {pattern[:60]!r} cannot be used"
    if _named_group(pattern):
        raise ParameterError(what, "it names a group by (?<name>…)", "write (?P<name>…), or (…)")
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        said = str(error).removeprefix("Invalid regular expression: ")
        why = next((words for form, words in _LACKING if form.search(pattern)), f"RE2 says: {said}")
        do = "write it without, or use the text, values or a SQL condition"
        raise ParameterError(what, why, do) from None
    return pattern


def _named_group(pattern: str) -> bool:
    """Whether a group is named as in ``(?<name>…)``, which one release of RE2 reads and another does not."""
    bare = re.sub(r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]])*\]", " ", pattern, flags=re.DOTALL)
    return re.search(r"\(\?<[^=!]", bare) is not None


# ---- columns, and how SQL writes them and their values ---------------------------------------------------


def _kind(column: pd.Series[Any]) -> str:
    if column.dtype == TEXT:
        return "text"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "time"
    if pd.api.types.is_bool_dtype(column):
        return "truth"
    return "whole" if pd.api.types.is_integer_dtype(column) else "number"


def _plain_values(column: pd.Series[Any], kind: str) -> tuple[NDArray[Any], Mask]:
    """The cells as plain numbers, any where missing, and which are there."""
    if kind == "time":
        counts, gone = microseconds(column)
        return counts, ~gone
    there = column.notna().to_numpy(bool)
    if kind == "truth":
        return column.to_numpy(bool, na_value=False), there
    if kind == "whole":
        return column.to_numpy(np.int64, na_value=0), there
    values = column.to_numpy(np.float64, na_value=np.nan)
    return values, there & ~np.isnan(values)


def _other_kind(dataset: Dataset, column: str, wanted: str, do: str) -> ColumnError:
    holds = {
        "text": "text",
        "time": "times",
        "truth": "true and false",
        "whole": "whole numbers",
        "number": "numbers",
    }[_kind(dataset.frame[column])]
    return ColumnError(f"The column {column!r} holds no {wanted}", f"it holds {holds}", do)


def _name(dataset: Dataset, column: str) -> str:
    twins = [name for name in dataset.frame.columns if name.lower() == column.lower()]
    if len(twins) > 1:
        raise ColumnError(
            f"A SQL condition cannot name the column {column!r}",
            f"it does not tell {some(twins, 4)} apart",
            "rename one of them, or save the rows instead",
        )
    return as_column(column)


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _written(value: Any, kind: str) -> str:
    """A value of a column as SQL writes it, with all its digits."""
    if kind == "text":
        return _text(value)
    if kind == "time":
        moment = _START + timedelta(microseconds=value)
        return f"CAST('{moment.replace(tzinfo=None).isoformat(' ')}' AS TIMESTAMP)"
    if kind == "truth":
        return "true" if value else "false"
    if kind == "whole":
        return str(value)
    if math.isinf(value):
        return f"CAST('{value}' AS DOUBLE)"
    return repr(value)
