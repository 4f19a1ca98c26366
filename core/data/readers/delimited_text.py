"""Reader of CSV and its relatives. Every cell is read as text first."""

from __future__ import annotations

import csv
import re
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from ...foundation.caps import MAX_CELL, MAX_COLUMNS
from ...foundation.errors import DataError
from ...foundation.wording import count
from ...model.read_options import ReadOptions
from .delimiter import BLANKS, Delimiter, cells_of, chosen_delimiter, find_delimiter, show, squeezed
from .encoding import decode
from .heading import (
    DEEPEST,
    Heading,
    Rows,
    check_names,
    chosen_row,
    find_heading,
    heading_note,
    no_such_row,
    unnamed,
)
from .raw_table import Raw, unused
from .unpack import Content

_BLOCK = 1 << 26
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MARK = re.compile(r"[\r\n]*sep=[^\r\n](?:\r\n|\n)")
_LINE = re.compile(r"\r\n|\n|\r")


def read_csv(content: Content, reading: ReadOptions | None = None) -> Raw:
    """A table of text cells from CSV, TSV, semicolons, pipes, tildes or runs of blanks.

    Args:
        content: The file.
        reading: Choices; what is not chosen is found from the content.

    Raises:
        DataError: No header, no rows, ragged rows (with the line), a cell that is too long, or a choice that
            does not fit.
    """
    reading = reading or ReadOptions()
    decoded = decode(content, reading.encoding)
    text = decoded.text
    notes = [decoded.note] if decoded.note else []
    if not text.strip():
        raise DataError(f"{content.name} is empty", "it holds no text", "choose another file")
    text, above = _without_mark(text)
    row = chosen_row(reading.header, content.name)
    if row:
        text, above = _from_line(content.name, text, row, above)
    delimiter = _delimiter(content.name, text, reading.delimiter, titled=row is None)
    mark = delimiter.mark
    if delimiter.note:
        notes.append(delimiter.note)
    if delimiter.above:
        text, above = _from_line(content.name, text, above + delimiter.above + 1, above)
        row = above + 1
    if mark == BLANKS:
        text, mark = squeezed(text), " "
    elif not mark.isascii():
        text, mark = _with_ascii(text, mark)
    table, head = _table(content.name, text, mark, above)
    heading, names, more = _heading(content.name, table, head, row, above)
    notes += more
    table = table.slice(heading.start).rename_columns(names)
    used = {
        "encoding": decoded.encoding,
        "delimiter": delimiter.mark,
        "header": "0" if heading.names is None else str(above + head[heading.names][0]),
    }
    return Raw(table, [*notes, *unused(reading, used, "a text file")], used)


def _delimiter(name: str, text: str, chosen: str | None, *, titled: bool) -> Delimiter:
    if chosen is not None:
        mark = chosen_delimiter(chosen, text, name)
        return Delimiter(mark, 0, f"Columns are separated by {show(mark)}, as chosen.")
    found = find_delimiter(text)
    if found.above and not titled:  # the row of names was chosen: nothing stands above it
        return Delimiter(found.mark)
    return found


def _without_mark(text: str) -> tuple[str, int]:
    """The text without a line that Excel writes for itself, and how many lines that leaves out."""
    found = _MARK.match(text)
    return (text[found.end() :], len(_LINE.findall(found[0]))) if found else (text, 0)


def _from_line(name: str, text: str, row: int, above: int) -> tuple[str, int]:
    """The text from a line on, counted from 1, where `above` lines are gone already."""
    skip = row - 1 - above
    if skip < 0:
        return text, above
    start = 0
    for at, end in enumerate(islice(_LINE.finditer(text), skip), 1):
        start = end.end()
        if at == skip:
            break
    rest = text[start:]
    if skip and (not start or not rest.strip() or len(_LINE.findall(text[:start])) < skip):
        raise no_such_row(name, row, above + len(text.splitlines()))
    return rest, above + skip


def _with_ascii(text: str, mark: str) -> tuple[str, str]:
    """The parser knows marks of one byte only: another is put in the place of this one."""
    free = next(chr(code) for code in range(1, 32) if chr(code) not in text and chr(code) not in "\t\n\r")
    return text.replace(mark, free), free


def _table(name: str, text: str, mark: str, above: int) -> tuple[pa.Table, list[tuple[int, list[str]]]]:
    """All rows as text under numbered columns, and the first rows with their lines."""
    try:
        head = list(islice(cells_of(text, mark), DEEPEST + 2))
    except csv.Error as error:
        _explain(name, text, mark, str(error), above)
        raise AssertionError("unreachable") from None
    width = len(head[0][1])
    if width > MAX_COLUMNS:
        check_names(name, head[0][1], [])
    if width == 1:
        # Within a single column a blank line is a missing cell; at its ends it is nothing.
        text = text.rstrip("\r\n")
        lead = len(text) - len(text.lstrip("\r\n"))
        text = text[lead:] if lead else text
    if not text.endswith("\n"):
        text += "\n"
    raw = pa.py_buffer(text.encode("utf-8", "replace"))
    columns = [str(at) for at in range(width)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(raw),
            read_options=arrow_csv.ReadOptions(
                use_threads=False,
                block_size=min(_BLOCK, max(raw.size + 1, 1 << 20)),
                column_names=columns,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=mark, newlines_in_values=True, ignore_empty_lines=width > 1
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={column: pa.string() for column in columns},
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid as error:
        _explain(name, text, mark, str(error), above)
        raise AssertionError("unreachable") from None
    _check_end(name, text, table, above)
    return table, head


def _heading(
    name: str, table: pa.Table, head: list[tuple[int, list[str]]], row: int | None, above: int
) -> tuple[Heading, list[str], list[str]]:
    """Where the rows begin, the names of the columns, and notes."""
    notes: list[str] = []
    rows = [cells for _, cells in head]
    if row is not None:
        heading = Heading(0, 1) if row else Heading(None, 0)
    else:
        usual = lambda: _usual(table)  # noqa: E731
        heading = find_heading(Rows(rows, lambda at: table.column(at).combine_chunks(), usual))
        line = head[heading.start if heading.names is None else heading.names][0]
        note = heading_note(heading, f"{above + line:,}", table.num_columns)
        if note:
            notes.append(note)
    if heading.names is None:
        return heading, unnamed(table.num_columns), notes
    names = check_names(name, [cell.strip() for cell in rows[heading.names]], notes)
    if row is None and all(_NUMBER.fullmatch(cell) for cell in names):
        notes.append("The first line was taken as the names of the columns, though it holds numbers only.")
    return heading, names, notes


def _usual(table: pa.Table) -> float:
    """The median number of cells of a row that are not empty."""
    filled = np.zeros(table.num_rows, np.int32)
    for column in table.columns:
        filled += pc.greater(pc.utf8_length(column), 0).to_numpy().astype(np.int32)
    return float(np.median(filled))


def _check_end(name: str, text: str, table: pa.Table, above: int) -> None:
    """Refuse a file whose last cell swallowed the rest because its quotation mark is never closed."""
    if not table.num_rows:
        return
    last = table.column(table.num_columns - 1)[-1].as_py()
    raw = '"' + last.replace('"', '""')
    if last and text.endswith(raw):
        line = above + text.count("\n", 0, len(text) - len(raw)) + 1
        raise DataError(
            f"{name} cannot be read as a table",
            f"a quotation mark on line {line:,} is never closed",
            "close it, or remove it",
        )


def _explain(name: str, text: str, mark: str, reason: str, above: int) -> None:
    """Say which line of a CSV does not fit, as a person would look for it."""
    width, line = 0, above
    try:
        for start, row in cells_of(text, mark):
            line = above + start
            if not width:
                width = len(row)
            elif len(row) != width:
                do = "correct the line; a cell that holds the delimiter or a line break must be quoted"
                if width < len(row):
                    do += ". Where the names of the columns stand lower, remove the lines above them, or name"
                    do += " their row (header)"
                raise DataError(
                    f"Line {line:,} of {name} has {count(len(row), 'field')}", f"the header has {width:,}", do
                )
            if any(len(cell) > MAX_CELL for cell in row):
                raise DataError(
                    f"Line {line:,} of {name} has a cell of {count(max(map(len, row)), 'character')}",
                    f"the limit is {MAX_CELL:,}",
                    "look for a quotation mark that is never closed, or shorten the cell",
                )
    except csv.Error as error:
        reason = f"line {line + 1:,}: {error}"
    raise DataError(f"{name} cannot be read as a table", reason, "save it again as CSV or Parquet")
