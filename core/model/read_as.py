"""How the cells of one column are read where a person says so: its form, as recipes and commands write it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..foundation.errors import RecipeError
from ..foundation.wording import listed
from .date_pattern import ORDERS, date_pattern, wrong_pattern

MARKS = {".": "a decimal point", ",": "a decimal comma"}
AUTO = "auto"
_ELSE = "else:missing"
_MISSING = "missing:"
_DO = (
    "write number:. or number:, (its decimal mark), date:dmy, date:mdy, date:ymd or a pattern such as "
    "date:%d.%m.%y, or text; behind a semicolon else:missing, and last missing:NA|-"
)

ValueKind = Literal["", "number", "date", "text"]


@dataclass(frozen=True)
class ReadAs:
    """The form of a column's cells.

    Args:
        kind: "number", "date" or "text"; "" where the cells say themselves what they are.
        how: Of numbers the decimal mark, "." or ","; of dates the order of day, month and year ("dmy", "mdy",
            "ymd") or a pattern of percent codes ("%d.%m.%y").
        missing: Words that stand for no value in this column.
        rest_missing: Cells that are of another form are missing, and counted; else they are refused.

    Example:
        >>> form = ReadAs.parse("number:,;missing:NA|-")
        >>> form.kind, form.how, form.missing, str(form)
        ('number', ',', ('NA', '-'), 'number:,;missing:NA|-')
    """

    kind: ValueKind = ""
    how: str = ""
    missing: tuple[str, ...] = ()
    rest_missing: bool = False

    @classmethod
    def parse(cls, text: str, column: str = "") -> ReadAs:
        r"""A form from its text.

        ``FORM[;else:missing][;missing:WORD|WORD…]``; a backslash stands before a bar or backslash of a word.

        Raises:
            RecipeError: It is no form.

        Example:
            >>> ReadAs.parse(r"missing:a\|b").missing
            ('a|b',)
        """
        head, words = _split(text)
        parts = [part.strip() for part in head.split(";") if part.strip()]
        rest_missing = _ELSE in parts
        parts = [part for part in parts if part != _ELSE]
        kind, colon, how = parts[0].partition(":") if parts else ("", "", "")
        kind = kind.strip()
        how = how if kind == "date" else how.strip()
        why = ""
        if len(parts) > 1:
            why = f"it holds {listed([repr(part) for part in parts])}, and one form is wanted"
        elif not parts and words is None:
            why = "it says nothing"
        elif kind == "number":
            why = "" if how in MARKS else "the decimal mark of numbers is . or ,"
        elif kind == "date":
            why = "" if how in ORDERS else wrong_pattern(how)
        elif kind == "text" or not parts:
            why = "there is no such form" if colon and parts else ""
        else:
            why = f"there is no form {kind!r}"
        if not why and rest_missing and kind not in ("number", "date"):
            why = "else:missing belongs to numbers and dates"
        if why:
            where = f" of column {column!r}" if column else ""
            raise RecipeError(f"The form {text!r}{where} cannot be used", why, _DO)
        found: ValueKind = "number" if kind == "number" else "date" if kind == "date" else "text"
        return cls(found if parts else "", how, tuple(dict.fromkeys(words or ())), rest_missing)

    def __str__(self) -> str:
        parts = [f"{self.kind}:{self.how}" if self.how else self.kind] if self.kind else []
        parts += [_ELSE] if self.rest_missing else []
        words = [re.sub(r"([\\|])", r"\\\1", word) for word in self.missing]
        return ";".join([*parts, *([f"{_MISSING}{'|'.join(words)}"] if words else [])])

    @property
    def words(self) -> str:
        """The form in words, without its words for missing.

        Example:
            >>> ReadAs("number", ",").words, ReadAs("date", "dmy").words, ReadAs("text").words
            ('numbers with a decimal comma', 'dates with day, month, year', 'text')
        """
        if self.kind == "number":
            return f"numbers with {MARKS[self.how]}"
        if self.kind == "date":
            return f"dates with {ORDERS[self.how]}" if self.how in ORDERS else f"dates like {self.how}"
        return "text" if self.kind else "what they are"

    @property
    def pattern(self) -> str:
        """Of dates the regular expression of a cell, with named groups (`core.model.date_pattern`)."""
        return date_pattern(self.how)


def _split(text: str) -> tuple[str, list[str] | None]:
    """What stands before the words for missing, and these; None where there are none."""
    start = 0 if text.strip().startswith(_MISSING) else text.find(f";{_MISSING}")
    if start < 0:
        return text, None
    tail = text[start:].lstrip("; ")[len(_MISSING) :]
    words = [re.sub(r"\\(.)", r"\1", word) for word in re.findall(r"(?:[^\\|]|\\.)+", tail)]
    return text[:start], [word for word in words if word]


def read_forms(given: Mapping[str, str]) -> dict[str, ReadAs]:
    """The forms of columns, by name; `RecipeError` where one is none.

    Example:
        >>> read_forms({"price": "number:."})["price"].words
        'numbers with a decimal point'
    """
    return {column: ReadAs.parse(text, column) for column, text in given.items()}
