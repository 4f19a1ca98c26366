"""What no condition on rows may hold: nothing at all, or more than a project file can be read with again."""

from __future__ import annotations

from ..foundation.caps import MAX_ROWS
from ..foundation.errors import ParameterError
from ..foundation.wording import count

MOST_LETTERS, MOST_OF_A_PATTERN, MOST_OF_SQL = 10_000, 1_000, 20_000
"""Of a text in a condition; what nobody writes by hand would only cost time."""


def not_empty(text: str, noun: str, do: str, most: int = MOST_LETTERS) -> None:
    """Raise `ParameterError` for a text without a letter, or with more than `most`."""
    if not text.strip():
        raise ParameterError(f"The {noun} is empty", "", do)
    not_long(text, noun, most)


def not_long(text: str, noun: str, most: int = MOST_LETTERS) -> None:
    """Raise `ParameterError` for a text of more letters than a file is read with again."""
    if len(text) > most:
        why = f"it has {count(len(text), 'letter')}, and {most:,} are the most"
        raise ParameterError(f"The {noun} is too long", why, "shorten it")


def rows_asked(rows: int) -> None:
    """Raise `ParameterError` for a number of rows that cannot be the nearest to anything."""
    if not 1 <= rows <= MAX_ROWS:
        raise ParameterError(
            f"{count(rows, 'row')} cannot be the nearest", f"1 to {MAX_ROWS:,} are possible", "ask for others"
        )
