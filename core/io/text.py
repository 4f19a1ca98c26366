"""Readers of text: CSV and its relatives, JSON and JSON lines. Every cell is read as text first."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.csv as arrow_csv

from ..errors import DataError
from ..exact_json import loads
from ..infer import clean_text, from_objects
from ..limits import MAX_CELL, MAX_COLUMNS
from .sniff import Content

_DELIMITERS = (",", ";", "\t", "|")
_BLOCK = 1 << 26
_SAMPLE = 1 << 16
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MIXED = 0.1  # share of lines that are valid UTF-8 above which a file that is not UTF-8 is a mixture


def decode(content: Content) -> tuple[str, str]:
    """The text of a file and the name of its encoding.

    Raises:
        DataError: The encoding cannot be told, or the file mixes two.
    """
    raw = content.bytes()
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return _strictly(raw, encoding, content.name), "UTF-8" if encoding == "utf-8-sig" else "UTF-16"
    if b"\x00" in raw[:4096]:
        encoding = "utf-16-le" if raw[1:2] == b"\x00" else "utf-16-be"
        return _strictly(raw, encoding, content.name), "UTF-16"
    try:
        return raw.decode(), "UTF-8"
    except UnicodeDecodeError as error:
        return _legacy(raw, error, content.name)


def _strictly(raw: bytes, encoding: str, name: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name} says it is {encoding.upper()} and is not",
            f"byte {error.start:,} does not fit",
            "save it again as UTF-8",
        ) from None


def _legacy(raw: bytes, error: UnicodeDecodeError, name: str) -> tuple[str, str]:
    from charset_normalizer import from_bytes

    # Only the lines with such bytes tell encodings apart. By chance few of them are valid UTF-8.
    special = [part for part in raw.split(b"\n") if not part.isascii()]
    valid = sum(map(_is_utf8, special))
    if valid > _MIXED * len(special):
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{name} mixes encodings",
            f"{valid:,} lines are UTF-8, line {line:,} is not (byte {raw[error.start]:#04x})",
            "save it again as UTF-8",
        )
    telling = b"\n".join(special)[: 1 << 17]
    best = from_bytes(telling).best()
    encoding = best.encoding if best is not None else "cp1252"
    if encoding.startswith("utf") or encoding in ("ascii", "latin_1", "iso8859_1"):
        encoding = "cp1252"
    for attempt in (encoding, "cp1252", "latin-1"):
        try:
            return raw.decode(attempt), attempt
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 decodes every byte")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def delimiter_of(text: str) -> str:
    """The delimiter whose rows agree best with the header in the first lines of a file.

    Example:
        >>> delimiter_of("a;b\\n1,5;2\\n"), delimiter_of("text\\nhello\\n")
        (';', ',')
    """
    sample = text[:_SAMPLE]
    whole = len(sample) == len(text)
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        try:
            rows = [row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row]
        except csv.Error:
            continue
        if not whole and len(rows) > 1:
            rows = rows[:-1]
        if not rows or len(rows[0]) < 2:
            continue
        width = len(rows[0])
        score = (sum(len(row) == width for row in rows) / len(rows), width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def read_csv(content: Content) -> tuple[pa.Table, list[str]]:
    """A table of text cells from CSV, TSV, semicolons or pipes.

    Raises:
        DataError: No header, no rows, ragged rows (with the line), a cell that is too long.
    """
    text, encoding = decode(content)
    notes = [] if encoding == "UTF-8" else [f"The text was read as {encoding}."]
    if not text.strip():
        raise DataError(f"{content.name} is empty", "it holds no text", "choose another file")
    if text.lstrip("\n").startswith("sep=") and len(text.split("\n", 1)[0].strip()) == 5:
        text = text.split("\n", 1)[1]  # a line that Excel writes for itself
    delimiter = delimiter_of(text)
    if delimiter != ",":
        notes.append(f"Columns are separated by {'tabs' if delimiter == chr(9) else repr(delimiter)}.")
    names = header(content.name, text, delimiter, notes)
    if names and all(_NUMBER.fullmatch(name) for name in names):
        notes.append("The first line was taken as the names of the columns, though it holds numbers only.")
    if len(names) == 1:
        text = text.rstrip(
            "\r\n"
        )  # within a single column a blank line is a missing cell, at its end nothing
    if not text.endswith("\n"):
        text += "\n"
    raw = pa.py_buffer(text.encode("utf-8", "replace"))
    csv.field_size_limit(2**31 - 1)
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(raw),
            read_options=arrow_csv.ReadOptions(
                use_threads=False,
                block_size=min(_BLOCK, max(raw.size + 1, 1 << 20)),
                column_names=names,
                skip_rows_after_names=1,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=len(names) > 1
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={name: pa.string() for name in names},
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid as error:
        _explain(content.name, text, delimiter, str(error))
        raise AssertionError("unreachable") from None
    _check_end(content.name, text, table)
    return table, notes


def _check_end(name: str, text: str, table: pa.Table) -> None:
    """Refuse a file whose last cell swallowed the rest because its quotation mark is never closed."""
    if not table.num_rows:
        return
    last = table.column(table.num_columns - 1)[-1].as_py()
    raw = '"' + last.replace('"', '""')
    if last and text.endswith(raw):
        line = text.count("\n", 0, len(text) - len(raw)) + 1
        raise DataError(
            f"{name} cannot be read as a table",
            f"a quotation mark on line {line:,} is never closed",
            "close it, or remove it",
        )


def header(file: str, text: str, delimiter: str, notes: list[str]) -> list[str]:
    """Column names from the first line: present, distinct, not too many."""
    row = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    return check_names(file, [name.strip() for name in row], notes)


def check_names(file: str, names: list[str], notes: list[str]) -> list[str]:
    """Names as they will be used; a missing one becomes ``column_N``.

    Raises:
        DataError: A name occurs twice, or there are too many columns.
    """
    if len(names) > MAX_COLUMNS:
        raise DataError(
            f"{file} has {len(names):,} columns",
            f"at most {MAX_COLUMNS:,} can be used",
            "keep the columns that matter; join vectors as .npy",
        )
    out = []
    for at, name in enumerate(names):
        if not name:
            name = f"column_{at + 1}"
            notes.append(f"Column {at + 1} has no name and is called {name!r}.")
        out.append(clean_text(name))
    twice = [name for name, count in Counter(out).items() if count > 1]
    if twice:
        places = [str(at + 1) for at, name in enumerate(out) if name == twice[0]]
        raise DataError(
            f"{file} has more than one column called {twice[0]!r}",
            f"columns {', '.join(places)}"
            + (f"; {len(twice) - 1:,} more names are repeated" if len(twice) > 1 else ""),
            "give every column its own name",
        )
    return out


def _explain(name: str, text: str, delimiter: str, reason: str) -> None:
    """Say which line of a CSV does not fit, as a person would look for it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    start, width = 0, 0
    try:
        for row in reader:
            if not width:
                width = len(row)
            elif row and len(row) != width:
                raise DataError(
                    f"Line {start + 1:,} of {name} has {len(row):,} fields",
                    f"the header has {width:,}",
                    "mend the line; a cell that holds the delimiter or a line break must be quoted",
                )
            if any(len(cell) > MAX_CELL for cell in row):
                raise DataError(
                    f"Line {start + 1:,} of {name} has a cell of {max(map(len, row)):,} characters",
                    f"the limit is {MAX_CELL:,}",
                    "look for a quotation mark that is never closed, or shorten the cell",
                )
            start = reader.line_num
    except csv.Error as error:
        reason = f"line {reader.line_num:,}: {error}"
    raise DataError(f"{name} cannot be read as a table", reason, "save it again as CSV or Parquet")


def read_json(content: Content) -> tuple[pa.Table, list[str]]:
    """A table from JSON lines, a list of records, or an object of columns.

    Raises:
        DataError: Not JSON (with the line), no records, columns of unequal length.
    """
    text, encoding = decode(content)
    notes = [] if encoding == "UTF-8" else [f"The text was read as {encoding}."]
    stripped = text.strip()
    if stripped.startswith("["):
        return _records(content.name, _whole(content.name, stripped), notes), notes
    lines = stripped.split("\n", 2)
    if len(lines) > 1 and _is_object(lines[0]):
        return _records(content.name, _lines(content.name, text), notes), notes
    found = _whole(content.name, stripped)
    if isinstance(found, dict) and found and all(isinstance(part, list) for part in found.values()):
        lengths = {name: len(part) for name, part in found.items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name!r} {count:,}" for name, count in list(lengths.items())[:5])
            raise DataError(f"{content.name} has columns of unequal length", told, "make them equal")
        return _table(content.name, dict(found), notes), notes
    if isinstance(found, dict) and found and all(isinstance(part, dict) for part in found.values()):
        labels = list(dict.fromkeys(label for part in found.values() for label in part))
        columns = {name: [part.get(label) for label in labels] for name, part in found.items()}
        return _table(content.name, columns, notes), notes
    return _records(content.name, [found], notes), notes


def _is_object(line: str) -> bool:
    try:
        return isinstance(loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _whole(name: str, text: str) -> Any:
    try:
        return loads(text)
    except orjson.JSONDecodeError as error:
        raise DataError(
            f"{name} is not valid JSON", f"line {error.lineno:,}: {error.msg}", "mend the file"
        ) from None


def _lines(name: str, text: str) -> list[Any]:
    out = []
    for at, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            out.append(loads(line))
        except orjson.JSONDecodeError as error:
            raise DataError(
                f"Line {at:,} of {name} is not valid JSON", error.msg, "mend or remove the line"
            ) from None
        if not isinstance(out[-1], dict):
            raise DataError(f"Line {at:,} of {name} is not a record", "it is not an object in braces")
    return out


def _records(name: str, records: list[Any], notes: list[str]) -> pa.Table:
    if not records:
        raise DataError(f"{name} has no rows", "its list is empty", "choose another file")
    names: dict[str, None] = {}
    for at, record in enumerate(records):
        if not isinstance(record, dict):
            raise DataError(
                f"Entry {at + 1:,} of {name} is not a record",
                f"it is a {type(record).__name__}",
                "give a list of objects, one per row",
            )
        names.update(dict.fromkeys(record))
    return _table(name, {key: [record.get(key) for record in records] for key in names}, notes)


def _table(file: str, columns: dict[str, list[Any]], notes: list[str]) -> pa.Table:
    names = check_names(file, [str(name).strip() for name in columns], notes)
    return pa.table(
        {name: from_objects(cells, name) for name, cells in zip(names, columns.values(), strict=True)}
    )
