"""What estimates lean on beside the chosen rows: auxiliary columns with known totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.errors import ColumnError
from ...foundation.wording import count
from ...model.columns import as_numbers
from ...model.inputs import Inputs
from ...strategies.parts.column_parameters import grouping, is_number, tamed

Numbers = NDArray[np.float64]
MOST_VALUES = 50


@dataclass(frozen=True)
class Margin:
    """A category of the whole population.

    Args:
        name: Its column.
        codes: Shape (n,).
        names: Of the codes.
        counts: Population rows of each code.
    """

    name: str
    codes: Rows
    names: tuple[str, ...]
    counts: Numbers

    def lost(self, rows: Rows) -> list[str]:
        """Values that the population has and the chosen rows have not."""
        held = np.bincount(self.codes[rows], minlength=len(self.names))
        return [self.names[code] for code in np.flatnonzero((self.counts > 0) & (held == 0))]


@dataclass(frozen=True)
class Auxiliary:
    """Auxiliary columns side by side, a constant first.

    Args:
        table: Shape (n, q).
        totals: Shape (q,).
        margins: Those of them that are categories.
        notes: What was done with missing values and many-valued columns.
    """

    table: Numbers
    totals: Numbers
    margins: tuple[Margin, ...]
    notes: tuple[str, ...]


def margin(inputs: Inputs, name: str) -> tuple[Margin, tuple[str, ...]]:
    """A column, or "groups", as a category; numbers of many values are cut at their quantiles.

    Raises:
        ColumnError, NeedError: There is no such column, or it has more than 50 values.
    """
    codes, names, notes = grouping(inputs, name)
    counts = np.bincount(codes, minlength=len(names)).astype(np.float64)
    if int((counts > 0).sum()) > MOST_VALUES:
        raise ColumnError(
            f"{name} cannot be a margin",
            f"it has {count(int((counts > 0).sum()), 'value')}, and {MOST_VALUES} are possible",
            "choose a column with fewer values",
        )
    return Margin(name, codes, names, counts), notes


def auxiliary(inputs: Inputs, names: Sequence[str]) -> Auxiliary:
    """Numbers as they are (a missing one as 0, beside an indicator), categories as one indicator per value.

    Raises:
        ColumnError, NeedError: A column is not there, holds infinite values, or has too many values.
    """
    parts: list[Numbers] = [np.ones((inputs.n, 1))]
    margins, notes = [], []
    for name in names:
        if name != "groups" and is_number(inputs, name):
            values = as_numbers(inputs.column(name), name)
            if np.isinf(values).any():
                raise ColumnError(f"{name} cannot be used", "it holds infinite values", "choose another")
            values = tamed(values)
            lost = np.isnan(values)
            parts.append(np.where(lost, 0.0, values)[:, None])
            if lost.any():
                parts.append(lost[:, None].astype(np.float64))
                notes.append(f"Rows without {name}, {int(lost.sum()):,}, are a group of their own.")
            continue
        found, more = margin(inputs, name)
        used = np.flatnonzero(found.counts)
        parts.append((found.codes[:, None] == used).astype(np.float64))
        margins.append(found)
        notes += more
    table = np.concatenate(parts, axis=1)
    return Auxiliary(table, table.sum(axis=0), tuple(margins), tuple(notes))
