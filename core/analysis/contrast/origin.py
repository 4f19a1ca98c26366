"""What made a selection: columns, groups and features that differ by construction and get no verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .population import Population

_LOOKED_AT = 1_000  # rows that most columns are told apart by


@dataclass(frozen=True)
class SelectionOrigin:
    """What a selection was made from; two selections that are compared have one origin together.

    Args:
        columns: Names of columns.
        groups: It was made by groups, or by what groups are made of.
        features: It was made by where rows lie, on a map or by distance.
        unknown: Nobody knows what else it was made by: anything may have had a part in it.

    Example:
        >>> SelectionOrigin(frozenset({"price"})).with_(SelectionOrigin(groups=True))
        SelectionOrigin(columns=frozenset({'price'}), groups=True, features=False, unknown=False)
    """

    columns: frozenset[str] = frozenset()
    groups: bool = False
    features: bool = False
    unknown: bool = False

    def with_(self, other: SelectionOrigin) -> SelectionOrigin:
        """Both together."""
        return SelectionOrigin(
            self.columns | other.columns,
            self.groups or other.groups,
            self.features or other.features,
            self.unknown or other.unknown,
        )


def copies(population: Population, columns: Iterable[str]) -> dict[str, str]:
    """Other columns that say the same as one of these in every row: they differ by construction too.

    Numbers and times are copies where both have the same order of rows, or the opposite one (another unit, a
    logarithm); columns of values where each value goes with one of the other column's, and values are
    shared by rows. Cells must be missing in the same rows. A column that only depends on another without
    determining it (a rounded price, the continent of a country) is no copy and is not found.

    Args:
        population: The columns.
        columns: Those that made a selection.

    Returns:
        Name of the copy → name of the column. O(n log n) for each of `columns`, O(n) for each pair that
        agrees on the first 1,000 rows.

    Example:
        >>> from core.analysis.contrast.population import population_of
        >>> from core.data.load import load
        >>> rows = "".join(f"{cents / 100},{cents},{cents % 7}\\n" for cents in range(100, 400))
        >>> data = load(f"euro,cent,other\\n{rows}".encode(), name="demo.csv")
        >>> copies(population_of(data), ["euro"])
        {'cent': 'euro'}
    """
    names = set(columns)
    found: dict[str, str] = {}
    numbers = {one.column: one.standard for one in population.numbers}
    for name in sorted(names & numbers.keys()):
        order: NDArray[np.int64] | None = None
        for other in sorted(numbers.keys() - names - found.keys()):
            head = numbers[name][:_LOOKED_AT]
            if not _same_order(head, numbers[other][:_LOOKED_AT], np.argsort(head)):
                continue
            order = np.argsort(numbers[name]) if order is None else order
            if _same_order(numbers[name], numbers[other], order):
                found[other] = name
    codes = {one.column: one for one in population.shares if one.column}
    for name in sorted(names & codes.keys()):
        for other in sorted(codes.keys() - names - found.keys()):
            one, two = codes[name], codes[other]
            shared = len(one.values) == len(two.values) and 2 * len(one.values) <= population.n
            heads = one.codes[:_LOOKED_AT], two.codes[:_LOOKED_AT]
            if shared and _same_parts(*heads) and _same_parts(one.codes, two.codes):
                found[other] = name
    return found


def _same_order(first: NDArray[np.float64], second: NDArray[np.float64], order: NDArray[np.int64]) -> bool:
    """Whether one rises wherever the other does, or falls; `order` sorts the first, missing last."""
    if not np.array_equal(np.isnan(first), np.isnan(second)):
        return False
    known = order[: len(order) - int(np.isnan(first).sum())]
    rises = np.sign(np.diff(first[known]))
    moves = np.sign(np.diff(second[known]))
    return np.array_equal(rises, moves) or np.array_equal(rises, -moves)


def _same_parts(first: NDArray[np.int32], second: NDArray[np.int32]) -> bool:
    """Whether two columns of codes (−1 where missing) divide the rows alike."""
    if not np.array_equal(first < 0, second < 0):
        return False
    where = np.full(int(first.max(initial=-1)) + 2, -1, np.int64)
    where[first] = second
    back = np.full(int(second.max(initial=-1)) + 2, -1, np.int64)
    back[second] = first
    return bool((where[first] == second).all() and (back[second] == first).all())
