"""Cells that look as if they were meant otherwise: numbers kept as text, and rows inside a cell."""

from __future__ import annotations

import csv
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..foundation.wording import count
from ..model.arrow_columns import to_arrow
from ..model.dataset import Dataset
from ..model.number_spellings import HALF, MOST, PLAIN, has_codes, rows_with, written
from .readers.delimiter import BLANKS
from .readers.heading import form_of

_WORDS = 5  # different words that may stand for a missing value
_LINES = 3  # lines of a cell from which rows are looked for in it
_TELLING = 5  # lines that must look like rows where no column holds anything but text


def kept_as_text(dataset: Dataset) -> list[tuple[str, str, int]]:
    """Columns that would hold numbers or dates but for some cells, or the way they are written.

    Returns:
        Per column: its name, a sentence, and how many cells are in the way.

    Example:
        >>> from core.data.load import load
        >>> data = load(b"id,price\\n1,2.5\\n2,NA\\n3,4.5\\n", name="demo.csv")
        >>> kept_as_text(data)[0][1].partition(":")[0]
        "'price' holds numbers in 2 of 3 rows and is read as text because of 'NA' (1 row)"
    """
    out = []
    for name in dataset.frame.columns:
        column: pd.Series[Any] = dataset.frame[name]
        if column.dtype != "string":
            continue
        values = pc.value_counts(to_arrow(column).drop_null())
        if len(values):
            found = _column(str(name), values.field(0), values.field(1))
            if found is not None:
                out.append((str(name), *found))
    return out


def _column(name: str, cells: pa.Array, times: pa.Array) -> tuple[str, int] | None:
    present = pc.sum(times).as_py()
    meant = written(cells, times)
    if meant is not None and meant.dates:
        sentence = (
            f"{name!r} holds {meant.what} and is read as text: which part is the month "
            f"is unclear. Written as year-month-day (2026-01-31) in the file, they are times."
        )
        return sentence, present
    if meant is not None:
        sentence = (
            f"{name!r} holds {meant.what} and is read as text. "
            f"Written as plain numbers (1234.5) in the file, they are numbers."
        )
        return sentence, meant.cells
    plain = rows_with(cells, times, PLAIN)
    if plain < HALF * present or plain == present or has_codes(cells):
        return None
    odd = pc.invert(pc.match_substring_regex(cells, PLAIN))
    words = sorted(
        zip(cells.filter(odd).to_pylist(), times.filter(odd).to_pylist(), strict=True),
        key=lambda pair: (-pair[1], pair[0]),
    )
    listed = ", ".join(f"{word[:30]!r} ({count(many, 'row')})" for word, many in words[:_WORDS])
    more = f" and {count(len(words) - _WORDS, 'other value')}" if len(words) > _WORDS else ""
    if len(words) <= _WORDS and not any(letter.isdigit() for word, _ in words for letter in word):
        do = f"if that means no value, say so (missing: {', '.join(repr(word) for word, _ in words)})."
    else:
        do = "correct these cells in the file to have it as numbers."
    sentence = (
        f"{name!r} holds numbers in {plain:,} of {count(present, 'row')} and is read as text because of "
        f"{listed}{more}: {do}"
    )
    return sentence, present - plain


def swallowed_rows(dataset: Dataset) -> list[tuple[str, str, int]]:
    """Cells that hold lines which look like rows of the file: a quotation mark was opened and not closed.

    Returns:
        Per column: its name, a sentence, and how many lines look like rows.
    """
    mark = dataset.reading.get("delimiter")
    if mark is None:
        return []
    typed = [
        at
        for at, name in enumerate(dataset.roles)
        if name in dataset.frame.columns and dataset.frame[name].dtype != "string"
    ]
    out = []
    for name in dataset.frame.columns:
        column: pd.Series[Any] = dataset.frame[name]
        if column.dtype != "string":
            continue
        cells = to_arrow(column).drop_null()
        long = cells.filter(pc.greater_equal(pc.count_substring(cells, "\n"), _LINES - 1))
        found = [
            (many, lines)
            for cell in long.to_pylist()
            for many, lines in [_rows_in(cell, mark, len(dataset.roles), typed)]
            if many
        ]
        if found:
            many, lines = max(found)
            which = "A cell" if len(found) == 1 else f"{len(found):,} cells"
            spans = "spans" if len(found) == 1 else "span up to"
            sentence = (
                f"{which} of {str(name)!r} {spans} {count(lines, 'line')}, {many:,} of which look like "
                "rows of the "
                f"file: a quotation mark that is not closed where it should be may have swallowed rows."
            )
            out.append((str(name), sentence, sum(many for many, _ in found)))
    return out


def _rows_in(cell: str, mark: str, width: int, typed: list[int]) -> tuple[int, int]:
    """How many lines of a cell look like rows, 0 where too few do; and how many lines it has."""
    lines = cell.split("\n")
    inner = [line for line in lines[1:] if line.strip()]
    fit = 0
    for line in inner:
        try:
            row = line.split() if mark == BLANKS else next(csv.reader([line], delimiter=mark), [])
        except csv.Error:
            continue
        fit += len(row) == width and all(not row[at] or form_of(row[at]) != "text" for at in typed)
    enough = fit >= max(2, HALF * len(inner)) if typed else fit >= max(_TELLING, MOST * len(inner))
    return (fit if width > 1 and enough else 0), len(lines)
