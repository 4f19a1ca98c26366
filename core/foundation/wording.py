"""Numbers with their nouns, and names in a row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_PARTS = re.compile(r"[,;“”]| and ")
"""What a reader takes for the end of a name in a list."""


def count(n: int, noun: str, many: str = "") -> str:
    """A number with its noun.

    Example:
        >>> count(1, "row"), count(1234, "row"), count(2, "entity"), count(2, "axis", "axes")
        ('1 row', '1,234 rows', '2 entities', '2 axes')
    """
    if not many:
        many = noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeou" else noun + "s"
    return f"{n:,} {noun if n == 1 else many}"


def apart(names: Iterable[object]) -> list[str]:
    """Names of the user's data as they stand in a list: in quotation marks where one would part the list.

    A group called "kind = beta, low height" would otherwise read as two. Where one name needs them all have
    them; names that hold such marks themselves are written as Python writes a text.

    Example:
        >>> apart(["beta", "alpha"]), apart(["beta, low height", "alpha"])
        (['beta', 'alpha'], ['“beta, low height”', '“alpha”'])
    """
    known = [str(name) for name in names]
    if any("“" in name or "”" in name for name in known):
        return [repr(name) for name in known]
    return [f"“{name}”" for name in known] if any(map(_PARTS.search, known)) else known


def some(names: Iterable[object], most: int = 12, *, quoted: bool = False) -> str:
    """Names in a row; beyond `most`, how many more there are, so that none is left out in silence.

    Args:
        names: Of groups, columns, values or files; see `apart`.
        most: How many are written out.
        quoted: They stand in quotation marks already.

    Example:
        >>> some(["a", "b", "c"], most=2), some(["a, b", "c"])
        ('a, b and 1 more', '“a, b”, “c”')
    """
    known = list(names)
    shown = [str(name) for name in known[:most]] if quoted else apart(known[:most])
    more = f" and {len(known) - most:,} more" if len(known) > most else ""
    return ", ".join(shown) + more


def listed(names: Sequence[object]) -> str:
    """Names as part of a sentence; see `apart`.

    Example:
        >>> listed(["A"]), listed(["A", "B"]), listed(["A", "B", "C"]), listed(["a, b", "c"])
        ('A', 'A and B', 'A, B and C', '“a, b” and “c”')
    """
    known = apart(names)
    return known[0] if len(known) == 1 else f"{', '.join(known[:-1])} and {known[-1]}"


def clause(n: int, noun: str, one: str, many: str) -> str:
    """A number with its noun and the verb that fits.

    Example:
        >>> clause(1, "row", "has", "have"), clause(3, "row", "has", "have")
        ('1 row has', '3 rows have')
    """
    return f"{count(n, noun)} {verb(n, one, many)}"


def part(n: int, whole: int, noun: str, one: str, many: str) -> str:
    """How many of how many, and the verb that fits.

    Example:
        >>> part(1, 300, "row", "has", "have"), part(2, 1000, "row", "has", "have")
        ('1 of 300 rows has', '2 of 1,000 rows have')
    """
    return f"{n:,} of {count(whole, noun)} {verb(n, one, many)}"


def verb(n: int, one: str, many: str) -> str:
    """The form that fits a number of things.

    Example:
        >>> verb(1, "holds", "hold"), verb(0, "holds", "hold")
        ('holds', 'hold')
    """
    return one if n == 1 else many
