"""How conditions are said in a line: short, with what is left out counted."""

from __future__ import annotations

from collections.abc import Sequence

from ..foundation.wording import count

SHOWN = 60
"""Letters of a text in the words of a condition."""
_VALUES = 4


def said(text: str, exclude: bool) -> str:
    """A condition, or its *not*.

    Example:
        >>> said("price 3 to 5", False), said("price 3 to 5", True)
        ('price 3 to 5', 'not: price 3 to 5')
    """
    return f"not: {text}" if exclude else text


def bound(value: int | float | str | None) -> str:
    """An end of a range, with all its digits.

    Example:
        >>> bound(1_000_000), bound(0.1), bound("2024-05-31")
        ('1,000,000', '0.1', '2024-05-31')
    """
    return value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else repr(value)


def any_of(names: Sequence[str], beside: Sequence[str] = ()) -> str:
    """Names with "or" between the last two, those beyond a few counted.

    Example:
        >>> any_of(["DE", "FR"]), any_of("abcdefg", ["missing"])
        ('DE or FR', 'a, b, c, d, 3 others or missing')
    """
    parts = [short(name) or "“”" for name in names[:_VALUES]]
    if len(names) > _VALUES:
        parts.append(count(len(names) - _VALUES, "other"))
    parts += beside
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"


def short(text: str) -> str:
    """A text in one line of at most `SHOWN` letters.

    Example:
        >>> short("two\\n  lines")
        'two lines'
    """
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


def quoted(text: str) -> str:
    """The same in quotation marks."""
    return f"“{short(text)}”"
