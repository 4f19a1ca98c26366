"""A column read in the form that a person asked for (`core.model.read_as`), and what became of its cells."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...foundation.errors import ColumnError
from ...foundation.wording import count, verb
from ...model.infer_text import TIME, spell
from ...model.read_as import ReadAs
from ...model.spelled_values import currencies, read_spelled

_SHOWN = 5
_OWN_NUMBER = r"^-?[0-9]{1,3}(?:\.[0-9]{3})+$"


@dataclass(frozen=True)
class AskedCells:
    """What texts become under a form.

    Args:
        values: One value for each text, null where it is missing or is not read.
        missing: Texts that are a word for missing.
        lost: Texts that are of another form, and no word for missing.
    """

    values: pa.Array
    missing: pa.Array
    lost: pa.Array


def asked_cells(texts: pa.Array, form: ReadAs, missing: Collection[str] = ()) -> AskedCells:
    """What different texts become under a form of numbers or dates.

    Args:
        texts: Different texts, none missing.
        form: Of kind "number" or "date".
        missing: Words for missing in every column; those of the form come to them.

    Example:
        >>> found = asked_cells(pa.array(["$5", "NA", "five"]), ReadAs.parse("number:.;missing:NA"))
        >>> found.values.to_pylist(), found.missing.to_pylist(), found.lost.to_pylist()
        ([5, None, None], [False, True, False], [False, False, True])
    """
    gone = is_missing(texts, {*missing, *form.missing})
    values = read_spelled(pc.if_else(gone, pa.scalar("", pa.string()), texts), form)
    return AskedCells(values, gone, pc.and_(values.is_null(), pc.invert(gone)))


def is_missing(cells: pa.Array, words: Collection[str]) -> pa.Array:
    """Which texts are empty or one of some words; blanks around a cell do not count."""
    known = pa.array(sorted({"", *words}), type=pa.string())
    return pc.or_(pc.is_in(cells, value_set=known), pc.is_in(pc.utf8_trim_whitespace(cells), value_set=known))


def read_asked(
    cells: pa.Array, form: ReadAs, name: str, *, beside_text: bool = False
) -> tuple[pa.Array, str]:
    """A column in a form of text, numbers or dates, with a note on what was read. O(n).

    Args:
        cells: One of the canonical types; words for missing are null already, and text is not inferred yet.
        form: Of kind "text", "number" or "date".
        name: The column.
        beside_text: The file holds numbers of its own among the texts.

    Raises:
        ColumnError: A cell is of another form (with counts and examples), or all are of another kind.
    """
    if form.kind == "text":
        return as_texts(cells), ""
    typed = _typed(cells, form, name)
    if typed is not None:
        return typed, ""
    if not pa.types.is_string(cells.type):
        cells = cells.cast(pa.string())
    coded = cells.dictionary_encode()
    texts = coded.dictionary
    if beside_text and form.how == ",":
        _refuse_points(texts, name)
    found = asked_cells(texts, form)
    times = pa.array(np.bincount(coded.indices.drop_null().to_numpy(), minlength=len(texts)))
    lost = _listed(texts, times, found.lost)
    if lost and not form.rest_missing:
        raise _refused(name, form, lost, int(pc.sum(times).as_py() or 0))
    note = ""
    if form.kind == "number":
        note = _signs(texts.filter(found.values.is_valid()), name)
    values = found.values.take(coded.indices)
    gone = sum(many for _, many in lost)
    told = f"{name!r} was read as {form.words}, as asked"
    if gone:
        told += f"; {count(gone, 'cell')} of another form {verb(gone, 'is', 'are')} missing: {_some(lost)}"
    return values, f"{told}.{note}"


def as_texts(cells: pa.Array) -> pa.Array:
    """Cells of a canonical type as they would stand in a text file.

    Example:
        >>> as_texts(pa.array([1.5, None])).to_pylist()
        ['1.5', None]
    """
    if pa.types.is_string(cells.type):
        return cells
    return pa.array([None if value is None else spell(value) for value in cells.to_pylist()], pa.string())


def _typed(cells: pa.Array, form: ReadAs, name: str) -> pa.Array | None:
    """Cells that are of the form's kind already; None where they are texts, or whole numbers for a date."""
    if pa.types.is_string(cells.type):
        return None
    if cells.type == TIME and form.kind == "date":
        return cells
    numbers = pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type)
    if numbers and form.kind == "number":
        return cells
    if form.kind == "date" and pa.types.is_integer(cells.type):
        return None
    what = "dates or times" if cells.type == TIME else "numbers" if numbers else "true and false"
    raise ColumnError(
        f"Column {name!r} cannot be read as {form.words}",
        f"the file holds {what} in it",
        "leave its form out",
    )


def _refuse_points(texts: pa.Array, name: str) -> None:
    doubtful = texts.filter(pc.match_substring_regex(texts, _OWN_NUMBER))
    if len(doubtful):
        raise ColumnError(
            f"Column {name!r} cannot be read with a decimal comma",
            f"the file holds numbers of its own beside texts in it: {pc.min(doubtful).as_py()!r} is either",
            "make all its cells text or all numbers in the file",
        )


def _listed(texts: pa.Array, times: pa.Array, which: pa.Array) -> list[tuple[str, int]]:
    """Some texts with how often each is there, the most frequent first and then in order."""
    pairs = zip(texts.filter(which).to_pylist(), times.filter(which).to_pylist(), strict=True)
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def _some(lost: list[tuple[str, int]]) -> str:
    shown = ", ".join(f"{word[:30]!r} ({count(many, 'row')})" for word, many in lost[:_SHOWN])
    return shown + (f" and {count(len(lost) - _SHOWN, 'other value')}" if len(lost) > _SHOWN else "")


def _refused(name: str, form: ReadAs, lost: list[tuple[str, int]], present: int) -> ColumnError:
    many = sum(times for _, times in lost)
    words = ReadAs(form.kind, form.how, tuple(dict.fromkeys([*form.missing, *(word for word, _ in lost)])))
    all_missing = ReadAs(form.kind, form.how, form.missing, rest_missing=True)
    short = len(lost) <= _SHOWN and all(len(word) <= 20 for word, _ in lost)
    do = f"if they mean no value, read it as {str(words if short else all_missing)!r}"
    century = (
        " (two digits of a year are read by a pattern such as date:%d.%m.%y)" if form.kind == "date" else ""
    )
    return ColumnError(
        f"Column {name!r} cannot be read as {form.words}",
        f"{many:,} of {count(present, 'cell')} {verb(many, 'is', 'are')} of another form: {_some(lost)}",
        f"{do}; else choose another form{century} or correct the cells in the file",
    )


def _signs(texts: pa.Array, name: str) -> str:
    """What a reader should know of percent signs and currencies; refuses amounts of different money."""
    money = currencies(texts)
    if len(money) > 1:
        raise ColumnError(
            f"Column {name!r} cannot be read as numbers",
            f"it holds amounts in {', '.join(money[:_SHOWN])}, which cannot be compared",
            "convert them in the file, or leave the column as text",
        )
    percent = pc.match_substring(texts, "%")
    if not pc.any(percent).as_py():
        return ""
    some = "" if pc.all(percent).as_py() else "; cells without the sign are as they stand"
    return f" A percent sign divides by 100{some}."
