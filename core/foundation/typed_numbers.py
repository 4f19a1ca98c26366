"""Numbers as people type them: one reading for budgets, parameters, thresholds and counts.

A point is the decimal sign and commas group thousands, as in English. What is written otherwise is read where
it can mean one number only ("2,5"), and refused in words where it can mean two ("1.000").
"""

from __future__ import annotations

import re
from fractions import Fraction

DIGITS = 18
"""Most digits on either side of the decimal sign."""

_ENGLISH = re.compile(r"[1-9][0-9]{0,2}([,_])[0-9]{3}(\1[0-9]{3})*(\.[0-9]*)?")
_CONTINENTAL = re.compile(r"[1-9][0-9]{0,2}(\.[0-9]{3})+,[0-9]+|[1-9][0-9]{0,2}(\.[0-9]{3}){2,}")
_COMMA = re.compile(r"(0?|[1-9][0-9]*),([0-9]{1,2}|[0-9]{4,})|0?,[0-9]{3}")
_POINT = re.compile(r"[0-9]+\.?[0-9]*|\.[0-9]+")
_EITHER = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


def number_of(text: str, *, amount: bool = False) -> Fraction:
    """The number that a text means, exactly.

    Args:
        text: Digits with a decimal sign and groups of three, with or without a sign before them.
        amount: It may count thousands of things, so that one point before three digits ("1.000") can be
            read in two ways; else that point is the decimal sign.

    Raises:
        ValueError: It is no number, or can be read in two ways; the message says why, as a clause.

    Example:
        >>> [str(number_of(text)) for text in ("1,000", "2,5", "1.000,5", "-.25", "1.250")]
        ['1000', '5/2', '2001/2', '-1/4', '5/4']
        >>> number_of("1.250", amount=True)
        Traceback (most recent call last):
        ValueError: 1.250 can mean 1.25 and 1,250: write 1.25 or 1250
    """
    written = text.strip()
    negative = written.startswith("-")
    plain = written[1:] if written[:1] in ("-", "+") else written
    value = _magnitude(plain, amount)
    return -value if negative else value


def _magnitude(plain: str, amount: bool) -> Fraction:
    if amount and _EITHER.fullmatch(plain):
        least, most = spelled(_short(plain)), plain.replace(".", "")
        raise ValueError(f"{plain} can mean {_short(plain)} and {int(most):,}: write {least} or {most}")
    if _POINT.fullmatch(plain):
        return _exact(plain)
    if _ENGLISH.fullmatch(plain):
        return _exact(plain.replace(",", "").replace("_", ""))
    if _CONTINENTAL.fullmatch(plain):
        return _exact(plain.replace(".", "").replace(",", "."))
    if _COMMA.fullmatch(plain):
        return _exact(plain.replace(",", "."))
    if re.fullmatch(r"[.,_]*[0-9][0-9.,_]*", plain):
        raise ValueError("commas stand between full groups of three digits, and a point before decimals")
    raise ValueError("it is not a number")


def _short(plain: str) -> str:
    return plain.rstrip("0").rstrip(".")


def _exact(plain: str) -> Fraction:
    whole, _, rest = plain.partition(".")
    if max(len(whole.lstrip("0")), len(rest)) > DIGITS:
        raise ValueError(f"it has more than {DIGITS} digits")
    return Fraction(f"{whole or '0'}.{rest or '0'}")


def whole_of(text: str) -> int:
    """A whole number; `ValueError` where it is none.

    Example:
        >>> whole_of("1,000"), whole_of("-3")
        (1000, -3)
    """
    value = number_of(text, amount=True)
    if value.denominator != 1:
        raise ValueError("it is not a whole number")
    return int(value)


def float_of(text: str) -> float:
    """A number in double precision, also as 1e-3; `ValueError` where it is none.

    Example:
        >>> float_of("0,5"), float_of("1e-3")
        (0.5, 0.001)
    """
    written = text.strip()
    return float(written) if _FLOAT.fullmatch(written) else float(number_of(written))


def spelled(value: str) -> str:
    """A plain decimal number so that `number_of` reads it as an amount: "12.345" has a zero behind it.

    Example:
        >>> spelled("12.345"), spelled("12.5")
        ('12.3450', '12.5')
    """
    return value + "0" if _EITHER.fullmatch(value) else value
