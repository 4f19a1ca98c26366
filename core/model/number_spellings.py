"""Numbers and dates in spellings that are read as text: how to recognise and to name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pandas as pd

PLAIN = r"^-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_CODE = r"^0[0-9]+$"  # with a zero in front: an article number, meant as text
_PHONE = r"^\+[0-9]{7,}$"
_GROUPED = r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?"
_POINTED = r"[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?"
_EITHER = rf"(?:{_GROUPED}|{_POINTED}|[0-9]+(?:[.,][0-9]+)?)"
_PLUS = "a plus sign"
# Ways in which people write numbers, and what they are called.
_WAYS = (
    ("a percent sign", rf"^[-+]?{_EITHER} ?%$"),
    ("a currency sign", rf"^[-+]?(?:[$€£¥] ?[-+]?{_EITHER}|{_EITHER} ?[$€£¥])$"),
    ("commas between thousands", rf"^[-+]?{_GROUPED}$"),
    (
        "points between thousands",
        r"^[-+]?[0-9]{1,3}(?:\.[0-9]{3}){2,}$|^[-+]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+$",
    ),
    ("a decimal comma", r"^[-+]?(?:0,[0-9]+|[0-9]+,(?:[0-9]{1,2}|[0-9]{4,}))$"),
    (_PLUS, r"^\+(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$"),
)
_DATE = r"^[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{4}$|^[0-9]{4}[./][0-9]{1,2}[./][0-9]{1,2}$"
MOST = 0.9  # share of a column's cells that say what it was meant to hold
HALF = 0.5


@dataclass(frozen=True)
class NumberSpelling:
    """What the cells of a column of text were meant to be, by the way they are written.

    Args:
        what: For a sentence: "numbers written with a decimal comma ('1000,45')", "dates such as '1.2.2026'".
        cells: How many are written so.
        dates: They are dates that do not tell which part is the month.
        measures: They are numbers of a kind that names no rows: an amount or a share.
    """

    what: str
    cells: int
    dates: bool = False
    measures: bool = False


def written(cells: pa.Array, times: pa.Array | None = None) -> NumberSpelling | None:
    """How the cells of a column of text are written, where that keeps nearly all from being numbers or dates.

    Args:
        cells: Different texts, none missing.
        times: How often each is there; once where not given.

    Example:
        >>> written(pa.array(["1000,45", "3,5", "7"])).what
        "numbers written with a decimal comma ('1000,45')"
        >>> written(pa.array(["1.5", "2"])) is written(pa.array(["red"])) is None
        True
    """
    present = len(cells) if times is None else pc.sum(times).as_py() or 0
    if not present:
        return None

    def rows(pattern: str) -> int:
        return rows_with(cells, times, pattern)

    dates = rows(_DATE)
    if dates >= MOST * present:
        return NumberSpelling(f"dates such as {_first(cells, _DATE)!r}", dates, dates=True)
    ways = [(what, rows(pattern), pattern) for what, pattern in _WAYS]
    many = sum(n for _, n, _ in ways)
    if not many or rows(PLAIN) + many < MOST * present or rows(_CODE):
        return None
    used = [(what, _first(cells, pattern)) for what, n, pattern in ways if n]
    told = " and ".join(f"with {what} ({example!r})" for what, example in used)
    return NumberSpelling(f"numbers written {told}", many, measures=any(what != _PLUS for what, _ in used))


def written_column(column: pd.Series[Any]) -> NumberSpelling | None:
    """`written` for a column; None where it is not one of text."""
    from .arrow_columns import to_arrow

    if column.dtype != "string":
        return None
    values = pc.value_counts(to_arrow(column).drop_null())
    return written(values.field(0), values.field(1))


def has_codes(cells: pa.Array) -> bool:
    """Whether a cell begins with a zero as article numbers do."""
    return bool(pc.any(pc.match_substring_regex(cells, _CODE)).as_py())


def has_phones(cells: pa.Array) -> bool:
    """Whether a cell is a plus sign before so many figures that it is one of telephone numbers."""
    return bool(pc.any(pc.match_substring_regex(cells, _PHONE)).as_py())


def rows_with(cells: pa.Array, times: pa.Array | None, pattern: str) -> int:
    """Rows whose cell matches a pattern."""
    hits = pc.match_substring_regex(cells, pattern)
    return int(pc.sum(hits if times is None else pc.if_else(hits, times, 0)).as_py() or 0)


def _first(cells: pa.Array, pattern: str) -> str:
    """The first in order of the cells that match, so that the order of rows has no say."""
    return str(pc.min(cells.filter(pc.match_substring_regex(cells, pattern))).as_py())[:30]
