"""Reader of Excel workbooks (.xlsx).

Cells come from calamine, which is fast and goes by the cells, not by what a sheet says of its own size. It
lays a sheet out as a full grid and drops cells that hold errors, so the sheet's XML is looked through before:
for the area that its cells span, and for errors.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from posixpath import join, normpath
from typing import IO, Any
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa

from ...foundation.caps import MAX_COLUMNS
from ...foundation.errors import DataError
from ...foundation.progress import SILENT, Progress
from ...foundation.wording import clause, count, some
from ...model.infer_text import from_objects, objects_field, spell
from ...model.read_options import ReadOptions
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
from .parser_errors import parsing
from .raw_table import Raw, unused
from .unpack import Content

_CHUNK = 1 << 20
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_AREA, _SPARSE = 1_000_000, 20  # a grid above this many places must be filled to one part in twenty
_BELOW = 2  # rows below names that make a table
_EXACT = 2.0**53

Grid = list[list[Any]]
_CELL = re.compile(rb"""<(?:\w+:)?(c|row)(?=[\s/>])((?:[^>"']++|"[^"]*+"|'[^']*+')*+)>""")
_TAG = re.compile(rb"<(?:\w+:)?c[\s/>]")
_PLAIN = re.compile(rb'<(?:\w+:)?c r="([A-Z]{1,3})([0-9]{1,7})"(?: [a-z]+="[^"<>]*")* ?(/?)>')
_REFERENCE = re.compile(rb"""\br\s*=\s*["']\s*\$?([A-Za-z]*)\$?([0-9]+)\s*["']""")
_ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>([^<]*)<")
_NEAR = 256  # bytes in which the value of a cell begins


@dataclass
class Extent:
    """What a sheet's cells span, by its XML.

    Args:
        rows, columns: Last row and column that holds something, counted from 1.
        cells: How many cells hold something.
        errors: Errors by column, such as ``{3: Counter({"#N/A": 2})}``.
    """

    rows: int = 0
    columns: int = 0
    cells: int = 0
    errors: dict[int, Counter[str]] = field(default_factory=dict)


def read_excel(content: Content, reading: ReadOptions | None = None, progress: Progress = SILENT) -> Raw:
    """A table from a worksheet of an .xlsx workbook: the one chosen, else the one found (`_choose`).

    Raises:
        DataError: Damaged, no cells, no such sheet or row, or a far cell that makes a huge grid.
    """
    reading = reading or ReadOptions()
    row = chosen_row(reading.header, content.name)
    with parsing(content, "Excel"):
        from python_calamine import CalamineWorkbook, SheetVisibleEnum

        parts = _parts(content)
        book = CalamineWorkbook.from_filelike(io.BytesIO(content.data))
        sheets = [(sheet.name, sheet.visible == SheetVisibleEnum.Visible) for sheet in book.sheets_metadata]

        def grid_of(name: str) -> Grid:
            progress.check()
            return book.get_sheet_by_name(name).to_python(skip_empty_area=False)

        sheet, extent, grid = _choose(content, sheets, parts, reading.sheet, grid_of, progress)
        progress.check()
    notes = _sheet_notes(sheet, [name for name, _ in sheets if name != sheet], reading.sheet)
    numbers = [at + 1 for at, cells in enumerate(grid) if any(cell != "" for cell in cells)]
    if row and row > len(grid):
        raise no_such_row(content.name, row, len(grid))
    if row:
        numbers = [number for number in numbers if number >= row]
    if not numbers:
        raise DataError(
            f"{content.name} has no rows", f"{sheet!r} is empty from row {row} on", "name another row"
        )
    rows = [grid[number - 1] for number in numbers]
    width = max(at + 1 for cells in rows for at, cell in enumerate(cells) if cell != "")
    table, heading, more = _columns(content.name, rows, numbers, width, row, extent)
    used = {"sheet": sheet, "header": "0" if heading.names is None else str(numbers[heading.names])}
    return Raw(table, [*notes, *more, *unused(reading, used, "a workbook")], used)


def _columns(
    file: str, rows: list[list[Any]], numbers: list[int], width: int, row: int | None, extent: Extent
) -> tuple[pa.Table, Heading, list[str]]:
    """The columns below the heading, where it is, and notes."""
    notes: list[str] = []
    texts = [[_text(cell) for cell in cells[:width]] for cells in rows[: DEEPEST + 2]]
    if row is not None:
        heading = Heading(0, 1) if row else Heading(None, 0)
    else:
        heading = find_heading(
            Rows(
                texts,
                lambda at: pa.array([_text(cells[at]) for cells in rows], type=pa.string()),
                lambda: float(np.median([sum(cell != "" for cell in cells) for cells in rows])),
            )
        )
        told = numbers[heading.start if heading.names is None else heading.names]
        note = heading_note(heading, f"{told:,}", width)
        if note:
            notes.append(note)
    if heading.names is None:
        names = unnamed(width)
    else:
        names = check_names(file, [cell.strip() for cell in texts[heading.names]], notes)
    body = rows[heading.start :]
    for at, found in sorted(extent.errors.items()):
        where = repr(names[at - 1]) if 0 < at <= width else "The worksheet"
        cells = count(sum(found.values()), "cell")
        notes.append(
            f"{where} holds errors of Excel in {cells} ({', '.join(sorted(found))}); they are missing."
        )
    made, fields = [], []
    for at, name in enumerate(names):
        column = [cells[at] for cells in body]
        made.append(_column(column, name))
        fields.append(objects_field(name, made[-1], [cell for cell in column if cell != ""]))
    return pa.table(made, schema=pa.schema(fields)), heading, notes


def _text(cell: Any) -> str:
    """A cell as text, as the CSV of the same sheet would hold it."""
    if cell == "":
        return ""
    return cell if isinstance(cell, str) else spell(_plain(cell))


def _plain(cell: Any) -> Any:
    """A cell's value: whole numbers as integers, dates as dates."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return int(cell)
    if isinstance(cell, datetime) and cell.time() == time(0):
        return cell.date()
    return cell


def _column(cells: list[Any], name: str) -> pa.Array:
    """A column of cells: one with times among its dates holds times, a mixture is spelled as text."""
    kinds = {type(cell) for cell in cells if cell != ""}
    if kinds <= {date, datetime}:
        whole = [datetime.combine(cell, time(0)) if type(cell) is date else cell for cell in cells]
        return from_objects([None if cell == "" else cell for cell in whole], name)
    if len(kinds) == 1:
        return from_objects([None if cell == "" else cell for cell in cells], name)
    return from_objects([None if cell == "" else _plain(cell) for cell in cells], name)


def _sheet_notes(sheet: str, others: list[str], chosen: str | None) -> list[str]:
    if not others:
        return []
    listed = some(map(repr, others), 8, quoted=True)
    was = "was read, as chosen" if chosen is not None else "was read"
    return [f"The worksheet {sheet!r} {was}; not {listed}. To read another, name it (sheet)."]


def _choose(
    content: Content,
    sheets: list[tuple[str, bool]],
    parts: dict[str, str],
    chosen: str | None,
    grid_of: Callable[[str], Grid],
    progress: Progress,
) -> tuple[str, Extent, Grid]:
    """The sheet to read, what it spans and its cells: the chosen one, else the one found.

    Found is the first with cells, shown before hidden. Where it holds no table (a title, a page of words) and
    others are shown that do, it is the first of these with more rows than it: a list of texts in one column
    stays before a small table of codes.
    """
    known = [name for name, _ in sheets if name in parts]
    if chosen is not None and chosen not in known:
        listed = ", ".join(map(repr, known)) or "none"
        raise DataError(
            f"{content.name} has no worksheet {chosen!r}",
            f"its only worksheet is {listed}" if len(known) == 1 else f"its worksheets are {listed}",
            "choose one of them",
        )
    ordered = [name for name, shown in sheets if shown] + [name for name, shown in sheets if not shown]
    for name in [chosen] if chosen is not None else [name for name in ordered if name in parts]:
        extent = _extent(content, parts[name], progress)
        if extent.cells:
            _check_extent(content.name, name, extent)
            first = name, extent, grid_of(name)
            if chosen is not None:
                return first
            others = [other for other, shown in sheets if shown and other in parts and other != name]
            return _with_table(content, first, others, parts, grid_of, progress)
    what = f"the worksheet {chosen!r} has no cell" if chosen is not None else "no worksheet has a cell"
    raise DataError(f"{content.name} is empty", what, "choose another file or worksheet")


def _with_table(
    content: Content,
    first: tuple[str, Extent, Grid],
    others: list[str],
    parts: dict[str, str],
    grid_of: Callable[[str], Grid],
    progress: Progress,
) -> tuple[str, Extent, Grid]:
    """The first sheet where it holds a table, else the first of the others that holds one with more rows."""
    rows, held = _rows_of(first[2])
    if held:
        return first
    for name in others:
        extent = _extent(content, parts[name], progress)
        if extent.rows > _BELOW and _fits(extent):
            grid = grid_of(name)
            more, table = _rows_of(grid)
            if table and more > rows:
                return name, extent, grid
    return first


def _rows_of(grid: Grid) -> tuple[int, bool]:
    """Rows that are not empty, and whether they hold a table: names above rows, two cells or more in each.

    Example:
        >>> _rows_of([["a", "b"], [1.0, 2.0], [3.0, 4.0]]), _rows_of([["Read me", ""], ["Made in May", ""]])
        ((3, True), (2, False))
    """
    filled = [sum(cell != "" for cell in cells) for cells in grid]
    return sum(map(bool, filled)), sum(many > 1 for many in filled) > _BELOW


def _check_extent(file: str, sheet: str, extent: Extent) -> None:
    """Refuse a grid that would fill the memory: cells lie far apart."""
    if extent.rows > _LAST_ROW or extent.columns > _LAST_COLUMN:
        raise DataError(f"{file} cannot be read as Excel", "a cell lies beyond the last row or column", "")
    if not _fits(extent):
        raise DataError(
            f"The worksheet {sheet!r} of {file} cannot be laid out",
            f"its {clause(extent.cells, 'cell', 'reaches', 'reach')} to row {extent.rows:,}, column "
            f"{extent.columns:,}",
            f"delete cells that lie far from the table; at most {MAX_COLUMNS:,} columns can be used",
        )


def _fits(extent: Extent) -> bool:
    """Whether a sheet can be laid out as a grid."""
    area = extent.rows * extent.columns
    inside = extent.rows <= _LAST_ROW and extent.columns <= MAX_COLUMNS
    return inside and area <= max(_AREA, _SPARSE * extent.cells)


def worksheets(content: Content) -> list[str]:
    """Names of the worksheets of a workbook, in its order.

    Raises:
        DataError: It is damaged.
    """
    with parsing(content, "Excel"):
        return list(_parts(content))


def _parts(content: Content) -> dict[str, str]:
    """The member of the archive that holds each worksheet, by the worksheet's name."""
    with zipfile.ZipFile(io.BytesIO(content.data)) as archive:
        members = [member.filename.lower() for member in archive.infolist()]
        twice = [name for name, times in Counter(members).items() if times > 1]
        if twice:
            raise ValueError(f"{twice[0]} is there twice")
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        targets: dict[str, str] = {}
        for link in links:
            if link.get("Id", "") in targets:
                raise ValueError(f"{link.get('Id')} is linked twice")
            target = link.get("Target", "")
            targets[link.get("Id", "")] = (
                target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))
            )
        by_lower = {member.filename.lower(): member.filename for member in archive.infolist()}
        parts: dict[str, str] = {}
        for sheet in book.iter():
            if sheet.tag.rpartition("}")[2] != "sheet":
                continue
            links_of = [value for key, value in sheet.attrib.items() if key.rpartition("}")[2] == "id"]
            part = by_lower.get(targets.get(links_of[0] if links_of else "", "").lower())
            if part is not None and "chartsheets/" not in part:
                parts[sheet.get("name", "")] = part
    return parts


def _extent(content: Content, part: str, progress: Progress) -> Extent:
    """What the cells of a worksheet span and which hold errors, from its XML. O(bytes), in chunks."""
    found = Extent()
    with zipfile.ZipFile(io.BytesIO(content.data)) as archive, archive.open(part) as stream:
        _scan(stream, found, progress.check)
    return found


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """The stream in pieces that each begin with a cell or row."""
    rest = b""
    while chunk := stream.read(_CHUNK):
        rest += chunk
        end = max(rest.rfind(mark) for mark in (b"<c ", b":c ", b"<row", b":row"))
        end = rest.rfind(b"<", 0, end + 1) if end > 0 else 0
        if end > 0:
            yield rest[:end]
            rest = rest[end:]
    yield rest


def _scan(stream: IO[bytes], found: Extent, check: Callable[[], None]) -> None:
    at = _Place()
    for piece in _pieces(stream):
        check()
        plain = _PLAIN.findall(piece)
        if len(plain) == len(_TAG.findall(piece)):
            _scan_plain(plain, found, at)
        else:
            _scan_any(piece, found, at)
        if b"'e'" in piece or b'"e"' in piece:
            _scan_errors(piece, found)


@dataclass
class _Place:
    row: int = 0
    column: int = 0


def _scan_plain(cells: list[tuple[bytes, bytes, bytes]], found: Extent, at: _Place) -> None:
    """Cells that all say where they are, as programs write them."""
    full = [(letters, digits) for letters, digits, empty in cells if not empty]
    found.cells += len(full)
    if full:
        found.columns = max(found.columns, max(map(_number, {letters for letters, _ in full})))
        found.rows = max(found.rows, max(map(int, {digits for _, digits in full})))
    if cells:
        at.column, at.row = _number(cells[-1][0]), int(cells[-1][1])


def _scan_any(piece: bytes, found: Extent, at: _Place) -> None:
    """Cells and rows that may leave out where they are: then they follow the one before."""
    for tag in _CELL.finditer(piece):
        kind, attributes = tag.groups()
        reference = _REFERENCE.search(attributes)
        if kind == b"row":
            at.row, at.column = (int(reference[2]) if reference else at.row + 1), 0
            continue
        if reference:
            at.column, at.row = _number(reference[1]), int(reference[2])
        else:
            at.column += 1
        if not attributes.endswith(b"/"):  # otherwise a format without a value
            found.cells += 1
            found.rows, found.columns = max(found.rows, at.row), max(found.columns, at.column)


def _scan_errors(piece: bytes, found: Extent) -> None:
    for tag in _CELL.finditer(piece):
        if not _ERROR.search(tag[2]):
            continue
        reference = _REFERENCE.search(tag[2])
        value = _VALUE.search(piece, tag.end(), tag.end() + _NEAR)
        said = value[1].decode("utf-8", "replace").strip()[:20] if value else "an error"
        column = _number(reference[1]) if reference else 0
        found.errors.setdefault(column, Counter())[said] += 1


def _number(letters: bytes) -> int:
    """The number of a column: A is 1, AA is 27."""
    out = 0
    for letter in letters.upper()[:5]:
        out = 26 * out + letter - 64
    return out
