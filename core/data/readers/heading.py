"""Which row of a table names its columns: the first, one below a title, or none.

A row of names differs from the rows below it: it holds text where they hold numbers, times or truth values. A
first row that is like the others is a row of data. What the other rows say is counted over all of them, so
their order has no say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...foundation.caps import MAX_COLUMNS
from ...foundation.errors import DataError
from ...foundation.wording import clause, count
from ...model.infer_text import clean_text

DEEPEST = 20  # rows above the names at most
_BLANKS = " \u00a0\u202f"  # what groups digits in some countries
_FORMS = {
    "number": rf"^ *[-+−]?[$€£¥]? ?(?:[0-9][0-9.,'{_BLANKS}]*|[.,][0-9]+)(?:[eE][-+]?[0-9]+)? ?[%$€£¥]?$",
    "time": r"^ *[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?:[T ][0-9:.+Z-]*)? *$",
    "truth": r"^ *(?i:true|false) *$",
}
_PATTERNS = {form: re.compile(pattern) for form, pattern in _FORMS.items()}
_YEAR = re.compile(r"(?:18|19|20)[0-9]{2}")
_MOST = 0.9  # share of a column's cells that say what it holds
_FULL = 0.8  # share of the usual number of cells that a row of names has
_ENOUGH = 10  # rows from which repeated words tell something


@dataclass(frozen=True)
class Heading:
    """Where a table begins.

    Args:
        names: Position of the row of names, or None where there is none.
        start: Position of the first row of data.
        title: What stands above the names.
    """

    names: int | None
    start: int
    title: str = ""


class Rows:
    """The rows of a table as text, looked at as far as needed.

    Args:
        head: The first rows, each a list of cells; "" where there is none.
        column: All cells of a column as an Arrow array of strings, "" or null where there is none.
        usual: The median number of cells of a row.
    """

    def __init__(
        self, head: Sequence[Sequence[str]], column: Callable[[int], pa.Array], usual: Callable[[], float]
    ) -> None:
        self.head = head
        self._column = column
        self._usual = usual
        self._columns: dict[int, pa.Array] = {}

    def usual(self) -> float:
        """The median number of cells of a row."""
        return self._usual()

    def below(self, at: int, row: int) -> pa.Array:
        """The cells of a column below a row that are not empty."""
        cells = self._cells(at).slice(row + 1)
        return cells.filter(pc.fill_null(pc.greater(pc.utf8_length(cells), 0), False))

    def like(self, at: int, row: int) -> NDArray[np.bool_]:
        """Which rows below a row hold the same cell in a column."""
        same = pc.equal(self._cells(at).slice(row + 1), self.head[row][at])
        return np.asarray(pc.fill_null(same, False).to_numpy(zero_copy_only=False))

    def _cells(self, at: int) -> pa.Array:
        if at not in self._columns:
            self._columns[at] = self._column(at)
        return self._columns[at]


def form_of(cell: str) -> str:
    """number, time, truth, or text.

    Example:
        >>> [form_of(cell) for cell in ("$1,495", "12.5", "2026-01-31", "true", "007 Bond")]
        ['number', 'number', 'time', 'truth', 'text']
    """
    return next((form for form in _FORMS if _PATTERNS[form].fullmatch(cell)), "text")


def form_of_cells(cells: pa.Array) -> str:
    """The form of nine tenths of the cells (none of them empty); text where there is no such form."""
    for form, pattern in _FORMS.items():
        hits = pc.sum(pc.match_substring_regex(cells, pattern)).as_py() or 0
        if len(cells) and hits >= _MOST * len(cells):
            return form
    return "text"


def find_heading(rows: Rows) -> Heading:
    """The row that names the columns.

    Example:
        >>> table = [["id", "price"], ["1", "2.5"], ["2", "3.5"]]
        >>> column = lambda at: pa.array([row[at] for row in table])
        >>> find_heading(Rows(table, column, lambda: 2.0))
        Heading(names=0, start=1, title='')
        >>> column = lambda at: pa.array([row[at] for row in table[1:]])
        >>> find_heading(Rows(table[1:], column, lambda: 2.0))
        Heading(names=None, start=0, title='')
    """
    below = _below_title(rows)
    if below:
        words = [cell.strip() for row in rows.head[:below] for cell in row if cell.strip()]
        return Heading(below, below + 1, words[0])
    return Heading(None, 0) if _is_data(rows) else Heading(0, 1)


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _below_title(rows: Rows) -> int:
    """How many rows stand above the names: rows of few cells above a full row of distinct words; or 0."""
    first = rows.head[0]
    width = len(first)
    if width < 2 or _filled(first) > width / 2 or (width == 2 and not first[0].strip()):
        return 0
    usual = rows.usual()
    at = 0
    while at < len(rows.head) and at <= DEEPEST and _filled(rows.head[at]) <= usual / 2:
        at += 1
    if at in (0, len(rows.head)) or at > DEEPEST:
        return 0
    names = rows.head[at]
    words = [cell.strip() for cell in names if cell.strip()]
    if len(words) < max(2, _FULL * usual) or len(set(words)) < len(words):
        return 0
    if any(form_of(word) != "text" for word in words):
        return 0
    plain = width > 2 and max(map(_filled, rows.head[:at])) == 1
    return at if plain or _differs(rows, at) else 0


def _differs(rows: Rows, row: int) -> bool:
    """Whether a row differs in form from what stands below it in some column."""
    for at, cell in enumerate(rows.head[row]):
        if not cell.strip():
            continue
        below = rows.below(at, row)
        form = form_of_cells(below)
        if form not in ("text", form_of(cell)) and not _holds(below, cell):
            return True
    return False


def _holds(cells: pa.Array, cell: str) -> bool:
    return bool(pc.any(pc.equal(cells, cell)).as_py())


def _is_data(rows: Rows) -> bool:
    """Whether the first row is a row like the others."""
    first = rows.head[0]
    typed = [at for at, cell in enumerate(first) if form_of(cell) != "text"]
    if not typed:
        return not _differs(rows, 0) and _repeats(rows)
    alike = [at for at in typed if form_of_cells(rows.below(at, 0)) == form_of(first[at])]
    if not alike or _differs(rows, 0):
        return False
    return not _may_name([first[at].strip() for at in alike], [rows.below(at, 0) for at in alike])


def _may_name(cells: list[str], below: list[pa.Array]) -> bool:
    """Whether numbers may be names: years above other numbers, 0 1 2 3, or steps of one size."""
    if len(set(cells)) < len(cells):
        return False
    if all(_YEAR.fullmatch(cell) for cell in cells):
        return not any(_are_years(column) for column in below)
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        return False
    steps = {round(b - a, 9) for a, b in pairwise(numbers)}
    if len(numbers) == 2:
        return steps == {1.0} and numbers[0] in (0.0, 1.0)
    return len(numbers) > 2 and len(steps) == 1


def _are_years(cells: pa.Array) -> bool:
    hits = pc.sum(pc.match_substring_regex(cells, f"^(?:{_YEAR.pattern})$")).as_py() or 0
    return bool(hits >= _MOST * len(cells))


def _repeats(rows: Rows) -> bool:
    """Whether the words of the first row are values of their own columns, as categories are.

    A column that holds its own name and nothing else is an answer that may be ticked; a row of names that
    stands there again, whole, comes from tables put one below the other.
    """
    first = rows.head[0]
    if len(first) < 2 or len(rows.below(0, 0)) < _ENOUGH:
        return False
    likes = [rows.like(at, 0) for at in range(len(first))]
    whole = np.logical_and.reduce(likes)
    told = 0
    for at, like in enumerate(likes):
        if (like & ~whole).any():
            below = rows.below(at, 0)
            told += 1 < pc.count_distinct(below).as_py() <= len(below) / 2
    return told >= len(first) / 2


def heading_note(heading: Heading, row: str, width: int) -> str:
    """What is said about the row of names; nothing where it is the first.

    Args:
        heading: Where the table begins.
        row: Number of the row of names as people count, or of the first row of data.
        width: Number of columns.
    """
    if heading.names is None:
        last = f" to 'column_{width}'" if width > 1 else ""
        return (
            f"No row names the columns: the first is like those below it, so it is data and the columns are "
            f"called 'column_1'{last}. If it holds their names, say so (header 1)."
        )
    if heading.names:
        return (
            f"The names of the columns were found in row {row}, below {heading.title[:60]!r}; "
            f"what stands above them was left out."
        )
    return ""


def check_names(file: str, names: list[str], notes: list[str]) -> list[str]:
    """Names as they will be used; a missing one becomes ``column_N``.

    Raises:
        DataError: A name occurs twice, or there are too many columns.
    """
    if len(names) > MAX_COLUMNS:
        raise DataError(
            f"{file} has {count(len(names), 'column')}",
            f"at most {MAX_COLUMNS:,} can be used",
            "keep the columns that matter; join vectors as .npy",
        )
    out = []
    for at, name in enumerate(names):
        if not name:
            name = f"column_{at + 1}"
            notes.append(f"Column {at + 1} has no name and is called {name!r}.")
        out.append(clean_text(name))
    twice = [name for name, times in Counter(out).items() if times > 1]
    if twice:
        places = [str(at + 1) for at, name in enumerate(out) if name == twice[0]]
        raise DataError(
            f"{file} has more than one column called {twice[0]!r}",
            f"columns {', '.join(places)}"
            + (f"; {clause(len(twice) - 1, 'more name', 'is', 'are')} repeated" if len(twice) > 1 else ""),
            "give every column its own name",
        )
    return out


def unnamed(width: int) -> list[str]:
    """Names of columns that have none.

    Example:
        >>> unnamed(2)
        ['column_1', 'column_2']
    """
    return [f"column_{at + 1}" for at in range(width)]


def chosen_row(header: str | None, file: str) -> int | None:
    """The row of names that was chosen, 0 for none; None where nothing was chosen.

    Raises:
        DataError: It is no whole number.
    """
    if header is None:
        return None
    if not re.fullmatch(r"[0-9]{1,7}", header.strip()):
        raise DataError(
            f"The header {header!r} cannot be used for {file}",
            "it is the number of the row that names the columns",
            "give 1 for the first row, 0 where no row names them",
        )
    return int(header)


def no_such_row(file: str, row: int, rows: int) -> DataError:
    """The error for a row of names beyond the table's end."""
    return DataError(
        f"{file} has no row {row:,} that could name its columns",
        f"it has {count(rows, 'row')}",
        "name an earlier row",
    )
