"""Canonical cells: the values and tokens of a table, the same whatever file it came in.

A column is brought to one of five forms (int64, float64, boolean, text, UTC time in microseconds), each with
missing cells, or to a float32 matrix where it holds vectors. The engine computes from these values only, and
a cell's token is its type, length and value; so the keys made from tokens and the numbers made from values
can never tell two stories.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...foundation.caps import MAX_CELL
from ...foundation.errors import ColumnError, DataError
from ...foundation.times import FIRST, LAST
from ...foundation.wording import count
from ...model.arrow_columns import TEXT, is_json
from ...model.infer_text import (
    BESIDE_TEXT,
    TIME,
    document,
    infer_text,
    plain_text,
    spell,
    whole_if_possible,
)
from ...model.read_as import ReadAs
from .asked_form import as_texts, is_missing, read_asked
from .number_lists import Vectors, vectors_of_lists, vectors_of_text

_DTYPES: dict[Any, Any] = {
    pa.int64(): pd.Int64Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}

Form = Literal["text", "json"]


def canonical_frame(
    table: pa.Table,
    missing: Collection[str] = (),
    forms: Mapping[str, Form] | None = None,
    asked: Mapping[str, ReadAs] | None = None,
) -> tuple[pd.DataFrame, dict[str, Vectors], list[str]]:
    """Canonical values of a table.

    Args:
        table: Columns of any Arrow type, with distinct names.
        missing: Words that mean "no value" beside the empty string, for example ``("NA", "null")``.
        forms: Columns that are known to be text or JSON (`forms_of`), for a part of a table whose other rows
            are not here to say so.
        asked: Columns that are read in a form that a person asked for.

    Returns:
        The frame (Int64, Float64, boolean, string or datetime64[us, UTC] columns, in file order), the vector
        columns as float32 (n, d) with NaN rows where missing, and notes on what was done.

    Raises:
        DataError: A cell is longer than the limit.
        ColumnError: A column is not of the form that was asked for.

    Example:
        >>> frame, vectors, notes = canonical_frame(pa.table({"a": ["1", ""], "b": [0.5, float("nan")]}))
        >>> frame["a"].tolist(), str(frame["b"].dtype)
        ([1, <NA>], 'Float64')
    """
    columns: dict[str, pd.Series[Any]] = {}
    vectors: dict[str, Vectors] = {}
    notes: list[str] = []
    for name, chunked in zip(table.column_names, table.columns, strict=True):
        form = (asked or {}).get(name)
        if form is None:
            cells, note = canonical_column(chunked, name, missing, (forms or {}).get(name))
        else:
            beside_text = (table.schema.field(name).metadata or {}).items() >= BESIDE_TEXT.items()
            cells, note = _as_asked(chunked, name, missing, form, beside_text)
        if note:
            notes.append(note)
        if isinstance(cells, np.ndarray):
            vectors[name] = cells
        else:
            columns[name] = to_series(cells)
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows)), vectors, notes


def to_series(cells: pa.Array) -> pd.Series[Any]:
    """A pandas column of a canonical Arrow array."""
    if cells.type == TIME:
        stamps = cells.cast(pa.int64()).fill_null(np.iinfo(np.int64).min).to_numpy()
        return pd.Series(stamps.view("datetime64[us]")).dt.tz_localize("UTC")
    if cells.type in _DTYPES:
        dtype = _DTYPES[cells.type]
        return pd.Series(dtype.__from_arrow__(cells))
    extension: Any = TEXT
    return pd.Series(extension.__from_arrow__(pa.chunked_array([cells])))


def canonical_column(
    chunked: pa.ChunkedArray, name: str = "", missing: Collection[str] = (), form: Form | None = None
) -> tuple[pa.Array | Vectors, str]:
    """One column's canonical values, with a note where something was changed that a reader may miss.

    Returns:
        An array of int64, float64, bool, string or timestamp[us, UTC], or a float32 matrix; and the note (or
        nothing).
    """
    cells = chunked.combine_chunks() if isinstance(chunked, pa.ChunkedArray) else chunked
    if form is not None:
        return _as_known(cells, missing, form), ""
    cells, note = _simplify(cells, name)
    if isinstance(cells, np.ndarray):
        return cells, note
    if pa.types.is_string(cells.type):
        _check_length(cells, name)
        cells = infer_text(_without(cells, missing))
        found = vectors_of_text(cells) if pa.types.is_string(cells.type) else None
        return (cells if found is None else found), note
    if missing:
        cells = _blank(cells, missing)
    if cells.null_count == len(cells):
        return pa.nulls(len(cells), pa.string()), note
    return cells, note


def _check_length(cells: pa.Array, name: str) -> None:
    longest = pc.max(pc.utf8_length(cells)).as_py() or 0
    if longest > MAX_CELL:
        row = int(pc.index(pc.greater(pc.utf8_length(cells), MAX_CELL), True).as_py())
        raise DataError(
            f"Column {name!r} has a cell of {count(longest, 'character')}",
            f"row {row + 1:,} is over the limit of {MAX_CELL:,}",
            "split or shorten it, or leave the column out",
        )


def _as_asked(
    chunked: pa.ChunkedArray, name: str, missing: Collection[str], form: ReadAs, beside_text: bool
) -> tuple[pa.Array | Vectors, str]:
    """`canonical_column` in the form that was asked for."""
    words = {*missing, *form.missing}
    cells, note = _simplify(chunked.combine_chunks(), name)
    if isinstance(cells, np.ndarray):
        raise ColumnError(
            f"Column {name!r} cannot be read as {form.words}", "it holds vectors", "leave its form out"
        )
    if pa.types.is_string(cells.type):
        _check_length(cells, name)
        cells = pc.if_else(is_missing(cells, words), pa.scalar(None, pa.string()), cells)
    else:
        cells = _blank(cells, words)
    if not form.kind:
        made, more = canonical_column(cells, name)
        return made, note or more
    made, more = read_asked(cells, form, name, beside_text=beside_text)
    return (plain_text(made) if form.kind == "text" else made), more or note


def column_texts(chunked: pa.ChunkedArray, name: str) -> pa.Array:
    """The cells of a raw column as they would stand in a text file; `ColumnError` where it holds vectors.

    Example:
        >>> column_texts(pa.chunked_array([[1.5, None]]), "price").to_pylist()
        ['1.5', None]
    """
    cells, _ = _simplify(chunked.combine_chunks(), name)
    if isinstance(cells, np.ndarray):
        raise ColumnError(
            f"Column {name!r} has no cells of text", "it holds vectors", "choose another column"
        )
    return as_texts(cells)


def _without(cells: pa.Array, missing: Collection[str]) -> pa.Array:
    empty = pc.is_in(cells, value_set=pa.array(["", *missing], type=pa.string()))
    return pc.if_else(empty, pa.scalar(None, pa.string()), cells)


def _as_known(cells: pa.Array, missing: Collection[str], form: Form) -> pa.Array:
    """Cells of a column that is known to be text, or JSON: spelled, and not inferred."""
    if not pa.types.is_string(cells.type):
        plain = [None if value is None else spell(value) for value in cells.to_pylist()]
        cells = pa.array(plain, type=pa.string())
    cells = _without(cells, missing)
    found = infer_text(cells) if form == "json" else cells
    return found if pa.types.is_string(found.type) and form == "json" else plain_text(cells)


def forms_of(frame: pd.DataFrame) -> dict[str, Form]:
    """Which columns of a canonical frame are text and which JSON; the others are not listed."""
    return {
        str(name): "json" if is_json(frame[name]) else "text"
        for name in frame.columns
        if frame[name].dtype == TEXT and not frame[name].isna().all()
    }


def _simplify(cells: pa.Array, name: str) -> tuple[Any, str]:
    """Any Arrow type as one of the five canonical types, or a matrix; text is not inferred yet."""
    kind = cells.type
    if pa.types.is_dictionary(kind):
        return _simplify(cells.dictionary_decode(), name)
    if isinstance(cells, pa.ExtensionArray):
        return _simplify(cells.storage, name)
    if pa.types.is_null(kind):
        return cells.cast(pa.string()), ""
    if pa.types.is_string(kind) or pa.types.is_boolean(kind):
        return cells, ""
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return cells.cast(pa.string()), ""
    if pa.types.is_integer(kind):
        return _integers(cells, name)
    if pa.types.is_floating(kind):
        return _floats(cells), ""
    if pa.types.is_decimal(kind):
        plain = [None if value is None else spell(value) for value in cells.to_pylist()]
        return pa.array(plain, type=pa.string()), ""
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _times(cells, name)
    if pa.types.is_duration(kind):
        seconds = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[kind.unit]
        numbers = pc.divide(cells.cast(pa.int64()).cast(pa.float64(), safe=False), seconds)
        return whole_if_possible(numbers), f"Column {name!r}: durations are counted in seconds."
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        found = vectors_of_lists(cells)
        if found is not None:
            return found, ""
        cells = _widened(cells)
    if pa.types.is_nested(kind):
        plain = [None if value is None else document(value) for value in cells.to_pylist()]
        return pa.array(plain, type=pa.string()), ""
    return pa.array([None if v is None else spell(v) for v in cells.to_pylist()], type=pa.string()), (
        f"Column {name!r}: {kind} is kept as text."
    )


def _integers(cells: pa.Array, name: str) -> tuple[pa.Array, str]:
    try:
        return cells.cast(pa.int64()), ""
    except pa.ArrowInvalid:
        return cells.cast(
            pa.string()
        ), f"Column {name!r}: integers beyond 64 bits with sign are kept as text."


def _floats(cells: pa.Array) -> pa.Array:
    """float64 of the shortest text at stored width (float32 0.1 is 0.1); NaN missing; −0 is 0."""
    gaps = pc.is_nan(cells)
    if pc.any(gaps).as_py():
        cells = pc.if_else(gaps, pa.scalar(None, cells.type), cells)
    if pa.types.is_float32(cells.type):
        cells = cells.cast(pa.string()).cast(pa.float64())
    elif pa.types.is_float16(cells.type):
        gaps = cells.is_null().to_numpy(zero_copy_only=False)
        short = cells.to_numpy(zero_copy_only=False).astype(np.float16).astype(str)
        cells = pa.array(short.astype(np.float64), mask=gaps, type=pa.float64())
    return whole_if_possible(pc.add(cells, 0.0))


def _widened(cells: pa.Array) -> pa.Array:
    """Lists of short floats as lists of float64 of the same shortest text: 0.1 stays 0.1."""
    if pa.types.is_fixed_size_list(cells.type):
        cells = cells.cast(pa.list_(cells.type.value_type))
    inner = cells.type.value_type
    if pa.types.is_list(inner) or pa.types.is_large_list(inner) or pa.types.is_fixed_size_list(inner):
        values = _widened(cells.values)
    elif pa.types.is_float32(inner):
        values = cells.values.cast(pa.string()).cast(pa.float64())
    elif pa.types.is_float16(inner):
        short = cells.values.to_numpy(zero_copy_only=False).astype(np.float16).astype(str)
        gaps = cells.values.is_null().to_numpy(zero_copy_only=False)
        values = pa.array(short.astype(np.float64), mask=gaps, type=pa.float64())
    else:
        return cells
    kind = pa.LargeListArray if pa.types.is_large_list(cells.type) else pa.ListArray
    offsets = pa.array(cells.offsets.to_numpy())  # a copy: a mask cannot stand beside a slice
    return kind.from_arrays(offsets, values, mask=cells.is_null())


def _times(cells: pa.Array, name: str) -> tuple[pa.Array, str]:
    """UTC microseconds; a naive time is taken as UTC, a date as its midnight, finer parts are cut.

    A column with a time outside the years 1 to 9999 is kept as text, because no text of such a time is read
    as one.
    """
    kind, note = cells.type, ""
    if pa.types.is_date(kind):
        unit = "s" if pa.types.is_date32(kind) else "ms"
        cells = cells.cast(pa.timestamp(unit))
    elif kind.tz is None:
        note = f"Column {name!r}: times without a zone are read as UTC."
    counts = cells.cast(pa.int64())
    gaps = counts.is_null().to_numpy(zero_copy_only=False)
    found = counts.fill_null(0).to_numpy()
    step = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 1}[cells.type.unit]
    if cells.type.unit == "ns":
        coarse = np.floor_divide(found, 1000)
        if (coarse * 1000 != found).any():
            note = f"Column {name!r}: times finer than a microsecond were cut to it."
        found = coarse
    if ((found >= FIRST // step) & (found <= LAST // step)).all():
        return pa.array(found * step, mask=gaps, type=pa.int64()).cast(TIME), note
    stamps = np.datetime_as_string(found.view(f"datetime64[{cells.type.unit if step > 1 else 'us'}]"))
    return pa.array(stamps.astype(object), mask=gaps, type=pa.string()), (
        f"Column {name!r}: times outside the years 1 to 9999 are kept as text."
    )


def _blank(cells: pa.Array, missing: Collection[str]) -> pa.Array:
    """Typed cells whose text would be one of the missing words become missing, as in a text file."""
    words = infer_each(missing)
    for word in words:
        try:
            same = pc.equal(cells, pa.scalar(word).cast(cells.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            continue
        cells = pc.if_else(same, pa.scalar(None, cells.type), cells)
    return cells


def infer_each(words: Collection[str]) -> list[Any]:
    """What each word alone would be read as."""
    return [infer_text(pa.array([word], type=pa.string()))[0].as_py() for word in words if word]
