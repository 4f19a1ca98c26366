"""How a file was read: the version of the rules that make cells, roles and keys, and choices about a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ..foundation.errors import RecipeError

READING_VERSION = 2
"""Raised whenever the same file would give other cells, roles or keys.

1: the first; 2: order-free guesses of encoding, delimiter, header, id and roles; Excel by its cells, not
its dimension tag, and the first worksheet with a table; exact integers of any length; times beyond the years
1677 to 2262.
"""


@dataclass(frozen=True)
class ReadOptions:
    """Choices about how one file is read; None where its content decides.

    Args:
        sheet: Worksheet of a workbook, by name.
        encoding: Encoding of a text file, as Python names it, for example "cp1252".
        delimiter: What separates the cells of a text file.
        header: Number of the row (1 is the first) that holds the names of the columns, "0" for none.

    Example:
        >>> ReadOptions.from_json({"delimiter": ";"})
        ReadOptions(sheet=None, encoding=None, delimiter=';', header=None)
        >>> ReadOptions(delimiter=";").to_json()
        {'delimiter': ';'}
    """

    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: str | None = None

    def to_json(self) -> dict[str, str]:
        """What is chosen, by name; `from_json` reads it back."""
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: value for name, value in given.items() if value is not None}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ReadOptions:
        """Read what `to_json` wrote; `RecipeError` on anything else."""
        known = {item.name for item in fields(cls)}
        wrong = sorted(set(value) - known) or sorted(
            name for name, given in value.items() if not isinstance(given, str)
        )
        if wrong:
            raise RecipeError(
                f"The recipe's reading cannot be used: {', '.join(map(repr, wrong[:5]))}",
                f"it holds {', '.join(sorted(known))}, each a text",
                "write the recipe again",
            )
        return cls(**value)
