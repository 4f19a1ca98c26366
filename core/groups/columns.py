"""Groups by the values of a column, and names of groups made unique."""

from __future__ import annotations

from ..foundation.arrays.array_types import Rows
from ..model.binning import BINS
from ..model.binning import column_groups as groups_of
from ..model.dataset import Dataset

MAX_GROUPS = 2_000


def column_groups(dataset: Dataset, name: str) -> tuple[Rows, tuple[str, ...], tuple[str, ...]]:
    """Codes, names and notes of the groups that a column makes, as its role reads it.

    Raises:
        ColumnError: No such column, one of lists, or more than `MAX_GROUPS` different values.
    """
    role = dataset.roles[name].kind if name in dataset.roles else None
    return groups_of(dataset.column(name), name, role, bins=BINS, most=MAX_GROUPS)


def unique_names(names: list[str]) -> list[str]:
    """The names with a number behind every repeated one.

    Example:
        >>> unique_names(["a", "b", "a"])
        ['a', 'b', 'a (2)']
    """
    taken: set[str] = set()
    out = []
    for name in names:
        made, count = name, 1
        while made in taken:
            count += 1
            made = f"{name} ({count})"
        taken.add(made)
        out.append(made)
    return out
