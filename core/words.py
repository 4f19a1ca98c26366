"""Numbers with their nouns."""

from __future__ import annotations

from collections.abc import Sequence


def count(n: int, noun: str, many: str = "") -> str:
    """A number with its noun.

    Example:
        >>> count(1, "row"), count(1234, "row"), count(2, "entity"), count(2, "axis", "axes")
        ('1 row', '1,234 rows', '2 entities', '2 axes')
    """
    if not many:
        many = noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeou" else noun + "s"
    return f"{n:,} {noun if n == 1 else many}"


def some(names: Sequence[str], most: int = 12) -> str:
    """Names in a row; beyond `most`, how many more there are, so that none is left out in silence.

    Example:
        >>> some(["a", "b", "c"], most=2)
        'a, b and 1 more'
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def clause(n: int, noun: str, one: str, many: str) -> str:
    """A number with its noun and the verb that fits.

    Example:
        >>> clause(1, "row", "has", "have"), clause(3, "row", "has", "have")
        ('1 row has', '3 rows have')
    """
    return f"{count(n, noun)} {one if n == 1 else many}"
