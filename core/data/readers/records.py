"""Records, one mapping per row, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...foundation.errors import DataError


def columns_of_records(records: Sequence[Any], source: str, todo: str) -> dict[Any, list[Any]]:
    """Columns in the order in which their names come up; None where a record lacks one.

    Args:
        records: One per row.
        source: What holds them, in words.
        todo: What to do where an entry is no record.

    Raises:
        DataError: An entry is no mapping.

    Example:
        >>> columns_of_records([{"a": 1}, {"b": 2}], "the list", "")
        {'a': [1, None], 'b': [None, 2]}
    """
    names: dict[Any, None] = {}
    for at, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise DataError(
                f"Entry {at + 1:,} of {source} is not a record", f"it is a {type(record).__name__}", todo
            )
        names.update(dict.fromkeys(record))
    return {name: [record.get(name) for record in records] for name in names}
