"""What separates the cells of a text file, and where its table begins below lines of a title."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

from ...foundation.errors import DataError
from .heading import DEEPEST, form_of

csv.field_size_limit(2**31 - 1)  # a first line may be long; the limit on cells is our own (MAX_CELL)

BLANKS = "blanks"
KNOWN = (",", ";", "\t", "|", "~")
_SAMPLE = 1 << 16
_WHOLE = 1 << 20  # texts up to this length are compared as a whole
_FIT = 3  # lines of words with runs of blanks between them that may still be a text
_PLENTY = 10
_LINE_END = re.compile(r"\r\n|\n|\r")
_SPACES = re.compile(r'("(?:[^"]|"")*")|[ \t]+')


@dataclass(frozen=True)
class Delimiter:
    """What separates cells.

    Args:
        mark: One character, or "blanks" for runs of blanks.
        above: Lines above the table.
        note: What is said about the choice where it was not plain.
    """

    mark: str
    above: int = 0
    note: str = ""


def show(mark: str) -> str:
    """A delimiter for people.

    Example:
        >>> show(";"), show(chr(9)), show("blanks")
        ("';'", 'tabs', 'runs of blanks')
    """
    return {"\t": "tabs", BLANKS: "runs of blanks"}.get(mark, repr(mark))


def cells_of(text: str, mark: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, each with the number of its first line (1 is the first).

    Raises:
        csv.Error: The text cannot be split.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    line = 1
    for row in reader:
        if row:
            yield line, row
        line = reader.line_num + 1


def _rows(text: str, mark: str) -> list[list[str]]:
    try:
        return [row for _, row in cells_of(text, mark)]
    except csv.Error:
        return []


def find_delimiter(text: str) -> Delimiter:
    """The delimiter under which every row has as many cells as the first, and numbers read as numbers.

    Where the first line holds only one of the usual marks, it is that one. Where it holds several, all lines
    are compared (of a large file those with certain check sums), so their order has no say.

    Example:
        >>> find_delimiter("a;b\\n1,5;2\\n").mark, find_delimiter("text\\nhello\\n").mark
        (';', ',')
        >>> find_delimiter("Preis, EUR;Menge\\n68,37;1\\n27,05;2\\n").mark
        ';'
    """
    first = _record(text)
    wide = [mark for mark in KNOWN if mark in first and len((_rows(first, mark) or [[]])[0]) > 1]
    best = ","
    if len(wide) == 1:
        best = wide[0]
    elif wide:
        part = _part(text)
        best = max(wide, key=lambda mark: _agreement(part, mark))
    sample = _cut(text)
    if _agreement(sample, best)[0] < 1 or not wide:
        above = _below_title(text, sample)
        if above is not None:
            return above
        if not wide and _by_blanks(text, sample):
            return Delimiter(BLANKS, 0, "Columns are separated by runs of blanks.")
    if best == ",":
        note = f"Columns are separated by ',', not by {_others(wide, ',')}." if len(wide) > 1 else ""
        return Delimiter(best, 0, note)
    other = f", not by {_others(wide, best)}" if len(wide) > 1 else ""
    return Delimiter(best, 0, f"Columns are separated by {show(best)}{other}.")


def _others(marks: list[str], best: str) -> str:
    return " or ".join(show(mark) for mark in marks if mark != best)


def _record(text: str) -> str:
    """Enough of the text to hold its first record: names may hold line breaks."""
    start = text[: 2 * _WHOLE].lstrip("\r\n")
    end = _LINE_END.search(start)
    head = start[: end.end()] if end else start
    return head if head.count('"') % 2 == 0 else start[:_WHOLE]


def _cut(text: str) -> str:
    """The first lines of a text, without one that is cut."""
    if len(text) <= _SAMPLE:
        return text
    end = text.rfind("\n", 0, _SAMPLE)
    return text[: end + 1] if end >= 0 else text[:_SAMPLE]


def _part(text: str) -> str:
    """The whole text, or its first line and about a mebibyte of others that their check sums choose."""
    if len(text) <= _WHOLE:
        return text
    step = len(text) // _WHOLE + 1
    lines = text.lstrip("\r\n").splitlines(keepends=True)
    kept = [line for line in lines[1:] if crc32(line.encode("utf-8", "replace")) % step == 0]
    return lines[0] + "".join(kept)


def _agreement(text: str, mark: str) -> tuple[float, float, int]:
    """Share of rows as wide as the first, share of cells below it that read as numbers, and that width."""
    rows = _rows(text, mark)
    if not rows:
        return 0.0, 0.0, 0
    width = len(rows[0])
    fit = sum(len(row) == width for row in rows) / len(rows)
    cells = [cell for row in rows[1:] if len(row) == width for cell in row]
    numbers = sum(_is_number(cell, mark) for cell in cells) / max(1, len(cells))
    return fit, numbers, width


def _is_number(cell: str, mark: str) -> bool:
    """A number, with a decimal comma only where commas do not separate."""
    return form_of(cell) != "text" and not (mark == "," and "," in cell)


def _below_title(text: str, sample: str) -> Delimiter | None:
    """The delimiter of a table below lines of a title: narrower lines, then rows of one width to the end."""
    for mark in KNOWN:
        try:
            rows = list(cells_of(sample, mark))
        except csv.Error:
            continue
        widths = [len(row) for _, row in rows]
        width = Counter(widths[min(DEEPEST, len(rows) // 2) :] or [0]).most_common(1)[0][0]
        at = next((at for at, found in enumerate(widths) if found == width), 0)
        below = rows[at + 1 :]
        if width < 2 or not 1 <= at <= DEEPEST or any(found != width for found in widths[at:]):
            continue
        if len(below) < 2 or any(len(row) > width for _, row in rows[:at]):
            continue
        names = [cell.strip() for cell in rows[at][1]]
        if any(form_of(cell) != "text" for cell in names if cell) or len(set(names)) < len(names):
            continue
        # Numbers below the names, a blank line, or many rows of one width: a text with commas has none.
        starts = [line for line, _ in rows[: at + 1]]
        gap = any(later - earlier > 1 for earlier, later in pairwise(starts))
        told = any(all(form_of(row[column]) != "text" for _, row in below) for column in range(width))
        short = all(len(row) <= width // 2 for _, row in rows[:at])
        if told or (width > 2 and (gap or (short and len(below) >= _PLENTY))):
            separated = "" if mark == "," else f"Columns are separated by {show(mark)}. "
            title = next((cell for _, row in rows[:at] for cell in row if cell.strip()), "")
            line = rows[at][0]
            return Delimiter(
                mark,
                line - 1,
                f"{separated}The names of the columns were found in row {line:,}, below {title[:60]!r}; "
                f"what stands above them was left out.",
            )
    return None


def _by_blanks(text: str, sample: str) -> bool:
    """Whether every line has the same number of words, one of them a number in every line but the first."""
    if len(_rows(squeezed(sample), " ")) <= _FIT:
        return False
    rows = _rows(squeezed(text), " ")
    width = len(rows[0])
    if width < 2 or any(len(row) != width for row in rows):
        return False
    return any(all(form_of(row[at]) != "text" for row in rows[1:]) for at in range(width)) and all(
        form_of(cell) == "text" for cell in rows[0]
    )


def squeezed(text: str) -> str:
    """The text with each run of blanks outside quotation marks as one blank, and none at the ends of lines.

    Example:
        >>> squeezed('a   b\\n 1  "x  y"\\n')
        'a b\\n1 "x  y"\\n'
    """
    one = _SPACES.sub(lambda found: found[1] or " ", text)
    return re.sub(r"^ | (?=\r?$)", "", one, flags=re.MULTILINE)


def chosen_delimiter(chosen: str, text: str, file: str) -> str:
    """The delimiter that was chosen, as one character or "blanks".

    Raises:
        DataError: It cannot separate cells, or the file does not hold it and holds others.

    Example:
        >>> chosen_delimiter("tab", "a,b", "x.csv")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        core.foundation.errors.DataError: x.csv holds no tabs: ...
    """
    mark = {"tab": "\t", "\\t": "\t", "tabs": "\t"}.get(chosen, chosen)
    if mark == "blanks" or mark == " ":
        return BLANKS if mark == "blanks" else mark
    if len(mark) != 1 or mark in '"\r\n':
        raise DataError(
            f"The delimiter {chosen!r} cannot separate the cells of {file}",
            "it is one character, tab, or blanks (for runs of blanks)",
            'choose one such as ";"',
        )
    if mark not in text:
        first = _record(text)
        there = [show(known) for known in KNOWN if known in first]
        if there:
            raise DataError(
                f"{file} holds no {show(mark)}",
                f"its first line holds {', '.join(there)}",
                "choose that" if len(there) == 1 else "choose one of them",
            )
    return mark
