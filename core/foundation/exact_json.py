"""JSON read without changing a number: integers of any length, and decimals that a double cannot hold."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import orjson

SIGNIFICANT = 17
"""Significant digits that a float64 keeps."""
_LONG = re.compile(r"[0-9](?:\.?[0-9]){17}")  # 18 digits in a row: a number that a double may not hold
_LONG_BYTES = re.compile(_LONG.pattern.encode())


def loads(text: str | bytes) -> Any:
    """What a JSON text says.

    orjson reads it, and decides what is valid. It makes a float of an integer above 64 bits, and rounds
    decimals: where a text holds a number that long it is read again by the standard library.

    Returns:
        As `orjson.loads`; but integers are exact (up to the 309 digits of a double), and a decimal of more
        than 17 significant digits is a `decimal.Decimal`.

    Raises:
        orjson.JSONDecodeError: It is not JSON.

    Example:
        >>> loads('[36893488147419103233, 0.5]')
        [36893488147419103233, 0.5]
        >>> loads('{"a": 0.12345678901234567890}')
        {'a': Decimal('0.12345678901234567890')}
    """
    found = orjson.loads(text)
    long = _LONG.search(text) if isinstance(text, str) else _LONG_BYTES.search(text)
    if long is None:
        return found
    try:
        return json.loads(text, parse_float=_decimal)
    except RecursionError:
        raise orjson.JSONDecodeError("it is nested too deeply", "", 0) from None


def _decimal(text: str) -> float | Decimal:
    mantissa = re.split("[eE]", text)[0]
    if len(mantissa.lstrip("-").replace(".", "").strip("0")) <= SIGNIFICANT:
        return float(text)
    return Decimal(text)
