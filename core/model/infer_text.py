"""What the text in a column says: one inference for every format (design.md, canonical cell).

A column of text is a column of numbers, truth values, times or JSON only if *every* cell that is not missing
says so. What CSV, JSON strings, Parquet strings and Excel hold is read alike, so that the same table gives
the same values whatever file it came in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..foundation.errors import DataError
from ..foundation.exact_json import SIGNIFICANT, loads
from ..foundation.times import FIRST, LAST, microseconds_of

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)
TIME = pa.timestamp("us", "UTC")

# JSON's grammar of numbers, so no leading zero and no plus sign; beside it ".5", as SAS and people write it.
# An exponent needs a decimal point or its own sign: "1e-05" and "1.5e20" are how programs write floats,
# "12e4" is how people write article numbers. "5." stays text: it is how ordinals are written.
_INTEGER = r"^-?(?:0|[1-9][0-9]{0,18})$"
_NUMBER = (
    r"^-?(?:(?:0|[1-9][0-9]*)?\.[0-9]+(?:[eE][+-]?[0-9]+)?"
    r"|(?:0|[1-9][0-9]*)(?:[eE][+-][0-9]+)?|inf)$"
)
_BOOLEAN = r"^(?i:true|false)$"
MOMENT = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$"
)
_JSON = r"(?s)^(?:\[.*\]|\{.*\})$"
BESIDE_TEXT = {b"aliquot": b"numbers beside text"}
"""Metadata of an Arrow field whose source holds numbers of its own among cells of text."""
_HEAD = 64  # cells looked at before all of them are


def infer_text(cells: pa.Array) -> pa.Array:
    """The values that a column of text stands for.

    Args:
        cells: Strings; missing cells are null already. O(n).

    Returns:
        int64, float64, bool, timestamp[us, UTC] or string. JSON comes back as canonical JSON text.

    Example:
        >>> infer_text(pa.array(["1", None, "2.0"])).to_pylist()
        [1, None, 2]
        >>> infer_text(pa.array(["007", "12"])).to_pylist()
        ['007', '12']
        >>> infer_text(pa.array(["[1, 2.0]", '{"b": 1, "a": []}'])).to_pylist()
        ['[1,2]', '{"a":[],"b":1}']
    """
    if cells.null_count == len(cells):
        return cells
    distinct = cells.dictionary_encode()
    values = distinct.dictionary
    for pattern, read in (
        (_BOOLEAN, _booleans),
        (_INTEGER, _integers),
        (_NUMBER, _numbers),
        (MOMENT, moments),
        (_JSON, _documents),
    ):
        if not _all_match(values, pattern):
            continue
        found = read(values)
        if found is not None:
            return found.take(distinct.indices)
    return plain_text(cells)


def plain_text(cells: pa.Array) -> pa.Array:
    """Text with CRLF as LF, otherwise as it is."""
    if pc.any(pc.match_substring(cells, "\r\n")).as_py():
        return pc.replace_substring(cells, "\r\n", "\n")
    return cells


def all_json(values: pa.Array) -> bool:
    """Whether every string is a JSON list or object."""
    return _all_match(values, _JSON) and _documents(values) is not None


def _all_match(values: pa.Array, pattern: str) -> bool:
    if not pc.all(pc.match_substring_regex(values.slice(0, _HEAD), pattern)).as_py():
        return False
    return bool(len(values) <= _HEAD or pc.all(pc.match_substring_regex(values, pattern)).as_py())


def _booleans(values: pa.Array) -> pa.Array:
    return pc.equal(pc.utf8_lower(values), "true")


def _integers(values: pa.Array) -> pa.Array | None:
    try:
        return values.cast(pa.int64())
    except pa.ArrowInvalid:  # beyond int64
        return None


def _numbers(values: pa.Array) -> pa.Array | None:
    found = values.cast(pa.float64())
    numbers = found.to_numpy(zero_copy_only=False)
    spelled = pc.match_substring_regex(values, "^-?inf$").to_numpy(zero_copy_only=False)
    if (np.isinf(numbers) & ~spelled).any():
        return None
    long = values.filter(pc.greater(pc.utf8_length(values), 15))
    for text in long.to_pylist():
        mantissa = text.lower().partition("e")[0].lstrip("-")
        whole, _, part = mantissa.partition(".")
        if not part.strip("0") and "e" not in text.lower():
            # A float column cannot hold every long integer; none may be changed in silence.
            if int(float(text)) != int(whole or "0") * (-1 if text.startswith("-") else 1):
                return None
            if not part and int(whole) > INT64_MAX:
                return None
        elif len((whole + part).strip("0")) > SIGNIFICANT:
            return None
    return whole_if_possible(found)


def whole_if_possible(numbers: pa.Array) -> pa.Array:
    """int64 where every number of a float64 array is integral and within int64; otherwise as given."""
    present = numbers.drop_null().to_numpy(zero_copy_only=False)
    if len(present) and (np.abs(present) < 2.0**63).all() and (present == np.floor(present)).all():
        return numbers.cast(pa.int64())
    return numbers


def plain_numbers(values: pa.Array) -> pa.Array | None:
    """Texts that are numbers as int64 or float64; None where one is none, or would not be kept as written.

    Example:
        >>> plain_numbers(pa.array(["1", "2.50"])).to_pylist(), plain_numbers(pa.array(["1", "x"])) is None
        ([1.0, 2.5], True)
    """
    if _all_match(values, _INTEGER):
        found = _integers(values)
        if found is not None:
            return found
    return _numbers(values) if _all_match(values, _NUMBER) else None


def moments(values: pa.Array) -> pa.Array | None:
    """Texts of ISO-8601 (`MOMENT`) as UTC times; None where a day is none or lies beyond the calendar."""
    # Finer than a microsecond is cut, not rounded, as for stored nanoseconds.
    values = pc.replace_substring_regex(values, r"(\.[0-9]{6})[0-9]+", r"\1")
    try:
        found = pd.to_datetime(pd.Series(values.to_pylist(), dtype=object), format="ISO8601", utc=True)
    except (ValueError, OverflowError):
        return None
    made = pa.array(found.dt.as_unit("us"), type=TIME)
    return made if in_calendar(made) else None


def in_calendar(times: pa.Array) -> bool:
    """Whether all times lie in the years 1 to 9999 (UTC), which ISO-8601 and Python can write."""
    ends = pc.min_max(times.cast(pa.int64())).as_py()
    return ends["min"] is None or bool(ends["min"] >= FIRST and ends["max"] <= LAST)


def _documents(values: pa.Array) -> pa.Array | None:
    out = []
    for text in values.to_pylist():
        try:
            out.append(document(loads(text)))
        except (
            orjson.JSONDecodeError,
            TypeError,
            RecursionError,
        ):  # no JSON, or nested too deeply to be written
            return None
    return pa.array(out, type=pa.string())


def document(value: Any) -> str:
    """Canonical JSON of a list or object: sorted keys, integral numbers as digits, no blanks.

    An integer beyond 64 bits is a text of its digits, as in a column of its own.

    Example:
        >>> document({"b": [1.0, -0.0], "a": None})
        '{"a":null,"b":[1,0]}'
        >>> document([2**70])
        '["1180591620717411303424"]'
    """
    return orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {clean_text(str(name)): _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, set, np.ndarray)):
        return [_plain(part) for part in value]
    if isinstance(value, np.floating) and value.dtype.itemsize < 8:
        value = float(str(value))
    elif isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if INT64_MIN <= value <= INT64_MAX else str(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            return None if value.is_nan() else str(float(value))
        return _plain(int(value)) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        if value != value:
            return None
        if abs(value) == float("inf"):
            return str(value)
        return int(value) if value == int(value) and abs(value) < 2.0**63 else value
    text = value if isinstance(value, str) else spell(value)
    return clean_text(text).replace("\r\n", "\n")


def clean_text(text: str) -> str:
    """Text that can be written as UTF-8: a lone surrogate becomes the replacement character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def spell(value: Any) -> str:
    """A single value as the CSV of the same table would hold it."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (float, np.floating)):
        return str(value) if isinstance(value, np.floating) else repr(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return repr(value.total_seconds())
    if isinstance(value, (bytes, bytearray, memoryview)):
        from base64 import b64encode

        return b64encode(bytes(value)).decode()
    if isinstance(value, (list, tuple, dict, set, np.ndarray)):
        return document(value)
    return clean_text(str(value))


def from_objects(values: Sequence[Any], name: str = "") -> pa.Array:
    """An Arrow array of Python values: what JSON, Excel and object columns give.

    One kind of value keeps its type; a mixture is spelled as text and inferred like any text. O(n).

    Raises:
        DataError: A cell holds something that is not a value of a table.

    Example:
        >>> from_objects([1, 2.5, None]).to_pylist()
        [1.0, 2.5, None]
        >>> from_objects([1, "a", None]).to_pylist()
        ['1', 'a', None]
    """
    cells = [None if _is_missing(value) else value for value in values]
    kinds = {type(value) for value in cells if value is not None}
    if not kinds:
        return pa.nulls(len(cells), pa.string())
    if all(issubclass(kind, str) for kind in kinds):
        return pa.array([None if v is None else clean_text(v) for v in cells], type=pa.string())
    if all(issubclass(kind, (bool, np.bool_)) for kind in kinds):
        return pa.array([None if v is None else bool(v) for v in cells], type=pa.bool_())
    if any(issubclass(kind, (bool, np.bool_)) for kind in kinds):
        pass
    elif all(issubclass(kind, (int, np.integer)) for kind in kinds):
        if all(v is None or INT64_MIN <= int(v) <= INT64_MAX for v in cells):
            return pa.array([None if v is None else int(v) for v in cells], type=pa.int64())
    elif all(issubclass(kind, (int, np.integer, float)) for kind in kinds):
        if all(v is None or isinstance(v, float) or _as_float(int(v)) for v in cells):
            return pa.array([None if v is None else float(v) for v in cells], type=pa.float64())
    elif kinds <= {datetime, pd.Timestamp}:
        found = _from_datetimes(cells)
        if found is not None:
            return found
    elif kinds == {np.ndarray}:
        found = _from_arrays(cells)
        if found is not None:
            return found
    elif kinds == {timedelta} or kinds == {pd.Timedelta}:
        return pa.array([None if v is None else v.total_seconds() for v in cells], type=pa.float64())
    try:
        return pa.array([None if value is None else spell(value) for value in cells], type=pa.string())
    except (TypeError, ValueError, RecursionError, pa.ArrowInvalid) as error:
        raise DataError(
            f"Column {name!r} cannot be read",
            f"it holds a {type(cells[0]).__name__}: {error}",
            "leave it out",
        ) from None


def objects_field(name: str, made: pa.Array, values: Sequence[Any]) -> pa.Field:
    """The field of a column that `from_objects` made, which says whether numbers stand among its texts.

    Example:
        >>> objects_field("a", from_objects([1.5, "x"]), [1.5, "x"]).metadata == BESIDE_TEXT
        True
    """
    kinds = set(map(type, values)) if pa.types.is_string(made.type) else set()
    numbers = any(issubclass(kind, (int, float, Decimal, np.number)) for kind in kinds)
    mixed = numbers and any(issubclass(kind, str) for kind in kinds)
    return pa.field(name, made.type, metadata=BESIDE_TEXT if mixed else None)


def objects_table(names: Sequence[str], columns: Sequence[Sequence[Any]]) -> pa.Table:
    """A table of columns of Python values (`from_objects`), under distinct names."""
    made = [from_objects(values, name) for name, values in zip(names, columns, strict=True)]
    fields = [objects_field(*one) for one in zip(names, made, columns, strict=True)]
    return pa.table(made, schema=pa.schema(fields))


def _from_datetimes(cells: list[Any]) -> pa.Array | None:
    try:
        counts = [None if value is None else microseconds_of(value) for value in cells]
    except (ValueError, OverflowError):  # pandas goes beyond the year 9999
        return None
    found = pa.array(counts, type=pa.int64()).cast(TIME)
    return found if in_calendar(found) else None


def _from_arrays(cells: list[Any]) -> pa.Array | None:
    """A list column of rows of numbers that are all alike; None where they are not."""
    shapes = {(value.shape, value.dtype) for value in cells if value is not None}
    (shape, dtype) = next(iter(shapes))
    if len(shapes) > 1 or len(shape) != 1 or not shape[0] or dtype.kind not in "fiu" or dtype.itemsize > 8:
        return None
    blank = np.zeros(shape, dtype)
    flat = np.concatenate([blank if value is None else value for value in cells])
    mask = pa.array([value is None for value in cells])
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), shape[0], mask=mask)


def _as_float(number: int) -> bool:
    try:
        return int(float(number)) == number
    except OverflowError:
        return False


def _is_missing(value: Any) -> bool:
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return bool(np.isnat(value))
    return isinstance(value, (float, np.floating, Decimal)) and value != value
