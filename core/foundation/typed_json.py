"""JSON read as the dataclass it stands for: pydantic compares, and what does not fit is said in our words.

The types are the annotations of plain frozen dataclasses; `annotated_types` says bounds. Nothing is
converted: text is no number, 1.0 is no whole number. A field that the dataclass lacks is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import orjson

from .errors import AliquotError

T = TypeVar("T")
Wrong = Callable[[str, str], AliquotError]
"""Makes the error of a place ("" for the whole) and a reason, a clause that begins with "it"."""

MOST_NAMES = 5
_UNKNOWN = "unexpected_keyword_argument"
_KINDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a table of names",
    "dataclass_type": "a table of names",
    "literal_error": "{expected}",
}
_REASONS = {
    "missing": "it is missing",
    "greater_than_equal": "it is less than {ge:,}",
    "less_than_equal": "it is more than {le:,}",
    "less_than": "it is not less than {lt:,}",
    "string_too_short": "it has the wrong length",
    "string_too_long": "it has the wrong length",
    "too_short": "it holds too few",
    "too_long": "it holds too many",
    "json_invalid": "it is nested too deeply",
}


def clause(where: str, why: str) -> str:
    """Place and reason in one clause.

    Example:
        >>> clause("seed", "it is missing"), clause("", "it is not a list")
        ("'seed' is missing", 'it is not a list')
    """
    return f"'{where}' {why.removeprefix('it ')}" if where else why


@dataclass(frozen=True)
class ReadBy:
    """Stands in an `Annotated` field of a type that a function of ours reads; its errors pass as they are."""

    read: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(self.read)


def read_typed(kind: type[T], value: Any, wrong: Wrong, *, others: bool = False) -> T:
    """Plain JSON as a dataclass.

    Args:
        kind: The dataclass; its annotations are the types.
        value: What a JSON file held: tables, lists, text, numbers, true, false, null.
        wrong: Makes the error of a place and a reason.
        others: Leave fields that the dataclass lacks aside instead of refusing them.

    Returns:
        The dataclass; lists are tuples where it says so.

    Raises:
        AliquotError: The one that `wrong` makes of the first fault.

    Example:
        >>> @dataclass(frozen=True)
        ... class Point:
        ...     x: int
        ...     names: tuple[str, ...] = ()
        >>> def wrong(where: str, why: str) -> AliquotError:
        ...     return AliquotError(f"The point's {where} cannot be used", why)
        >>> read_typed(Point, {"x": 1, "names": ["a"]}, wrong)
        Point(x=1, names=('a',))
        >>> read_typed(Point, {"x": 1, "names": ["a", 2]}, wrong)
        Traceback (most recent call last):
        core.foundation.errors.AliquotError: The point's names › 2 cannot be used: it is not a text.
    """
    try:
        body = orjson.dumps(value)
    except TypeError:
        raise wrong("", "it is not plain JSON, or nested too deeply") from None
    from pydantic_core import ValidationError

    name: Any = kind  # a class can be hashed, which mypy does not believe of type[T]
    try:
        made: T = _reader(name).validate_json(body, strict=True, extra="ignore" if others else "forbid")
    except ValidationError as error:
        raise wrong(*_told(error, value)) from None
    return made


@cache
def _reader(kind: Any) -> Any:
    """The library's reader of a type, which leaves a list or table at its first fault, however long it is."""
    from pydantic import TypeAdapter
    from pydantic_core import SchemaValidator

    def visit(part: Any) -> None:
        if isinstance(part, dict):
            if part.get("type") in ("list", "tuple", "dict"):
                part["fail_fast"] = True
            part = list(part.values())
        if isinstance(part, list):
            for inner in part:
                visit(inner)

    schema = TypeAdapter(kind).core_schema
    visit(schema)
    return SchemaValidator(schema)


def _told(error: Any, value: Any) -> tuple[str, str]:
    """Place and reason of what comes first; fields that nobody knows come before others."""
    faults = error.errors(include_url=False, include_input=False)
    unknown = [fault["loc"] for fault in faults if fault["type"] == _UNKNOWN]
    if unknown:
        names = sorted(str(loc[-1])[:40] for loc in unknown if loc[:-1] == unknown[0][:-1])
        return _place(unknown[0][:-1]), f"it has unknown fields ({', '.join(names[:MOST_NAMES])})"
    first = faults[0]
    if first["type"] == "missing":
        return _place(first["loc"]), _REASONS["missing"]
    inside = _within(first["loc"], value)
    # Where several types would do, each has a fault of its own at the same place.
    same = [fault for fault in faults if _within(fault["loc"], value) == inside]
    kinds = [
        _KINDS[fault["type"]].format(**fault.get("ctx", {})) for fault in same if fault["type"] in _KINDS
    ]
    if kinds:
        return _place(inside), f"it is not {' or '.join(dict.fromkeys(kinds))}"
    return _place(inside), _REASONS.get(first["type"], "it does not fit").format(**first.get("ctx", {}))


def _within(loc: Sequence[str | int], value: Any) -> tuple[str | int, ...]:
    """The part of a place that is one in the value; behind it the library names types."""
    for at, part in enumerate(loc):
        try:
            value = value[part]
        except (LookupError, TypeError):
            return tuple(loc[:at])
    return tuple(loc)


def _place(loc: Sequence[str | int]) -> str:
    """A place for people: names, and positions from 1."""
    return " › ".join(str(part + 1) if isinstance(part, int) else part[:40] for part in loc)
