"""Cells that hold rows of the file: a quotation mark swallowed them."""

from __future__ import annotations

import csv
from typing import Any

import pandas as pd
import pyarrow.compute as pc

from ..foundation.wording import count
from ..model.arrow_columns import to_arrow
from ..model.dataset import Dataset
from ..model.number_spellings import HALF, MOST
from .readers.delimiter import BLANKS
from .readers.heading import form_of

_LINES = 3  # lines of a cell from which rows are looked for in it
_TELLING = 5  # lines that must look like rows where no column holds anything but text


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
