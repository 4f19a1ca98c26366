"""The rows that selections are compared in, with their columns as the tests need them: prepared once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.wording import count
from ...model.columns import as_numbers, reading
from ...model.dataset import Dataset, Kind
from ...model.derived import Groups
from .result import Quantity

_VALUES = frozenset({Kind.CATEGORY, Kind.LABEL, Kind.LICENCE})
_NUMBERS = frozenset({Kind.NUMBER, Kind.SCORE, Kind.TIME})
FEW_VALUES = 256
_LOOKED_AT = 10_000  # rows that most columns of many values are known by


@dataclass(frozen=True)
class KnownNumbers:
    """A column of numbers, times or lengths that vary.

    Args:
        column: Its name.
        quantity: What its mean is called.
        standard: (value − mean) / standard deviation over the population, float64 (n,), NaN where missing.
        mean, spread: Of the known values.
        known: Rows with a value.
    """

    column: str
    quantity: Quantity
    standard: NDArray[np.float64]
    mean: float
    spread: float
    known: int

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The known values, standardised, (known,)."""
        return self.standard if self.known == len(self.standard) else self.standard[self.present]

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """Where a value is known, (n,)."""
        return ~np.isnan(self.standard)

    @cached_property
    def few(self) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
        """The different values, ascending, and the rows of each; None where there are more than 256."""
        if len(np.unique(self.values[:_LOOKED_AT])) > FEW_VALUES:
            return None
        values, rows = np.unique(self.values, return_counts=True)
        return (values, rows.astype(np.int64)) if len(values) <= FEW_VALUES else None


@dataclass(frozen=True)
class KnownShares:
    """A column of two or more values, or the groups.

    Args:
        column: Its name; "" for groups.
        quantity: What its shares are called.
        codes: Which value each row has, int32 (n,), −1 where missing.
        values: The values, in the order of the codes.
        sizes: Rows of each, int64 (values,).
    """

    column: str
    quantity: Quantity
    codes: NDArray[np.int32]
    values: tuple[str, ...]
    sizes: Rows

    @property
    def known(self) -> int:
        """Rows with a value."""
        return int(self.sizes.sum())


@dataclass(frozen=True)
class Population:
    """Rows and their columns. Make it with `population_of`.

    Args:
        n: Rows.
        rows: Their canonical positions, ascending; None for all rows of the data set.
        keys: Their keys, uint8 (n, 16).
        numbers: Columns of numbers.
        shares: Columns of values, and the groups.
        missing: Where cells are missing, for each column that lacks some but not all; bool (n,).
        left_out: Columns that cannot be compared, with the reason.
    """

    n: int
    rows: Rows | None
    keys: NDArray[np.uint8]
    numbers: tuple[KnownNumbers, ...]
    shares: tuple[KnownShares, ...]
    missing: tuple[tuple[str, NDArray[np.bool_]], ...]
    left_out: tuple[tuple[str, str], ...]


def population_of(data: Dataset, *, within: Rows | None = None, groups: Groups | None = None) -> Population:
    """Prepare the columns of a data set: once for all selections in the same rows.

    Numbers, scores and times have a mean, texts a mean length; categories, labels and licences (and groups)
    a share of each value. Of columns in other roles only the share of missing cells is compared; an id and an
    ignored column are left out. An infinite number counts as missing.

    Args:
        data: The data set.
        within: Ascending positions of the rows that take part; None for all.
        groups: Over all rows of the data set.

    Returns:
        The columns in the order of their names. O(n) for each, about 8 bytes a row and column.

    Example:
        >>> from core.data.load import load
        >>> made = population_of(load("sample:wine"))
        >>> made.n, len(made.numbers), [one.column for one in made.shares]
        (178, 13, ['cultivar'])
    """
    n = len(data) if within is None else len(within)
    numbers: list[KnownNumbers] = []
    shares: list[KnownShares] = []
    missing: list[tuple[str, NDArray[np.bool_]]] = []
    left_out: list[tuple[str, str]] = []
    for name, role in sorted(data.roles.items()):
        if role.kind in (Kind.ID, Kind.IGNORE):
            left_out.append((name, f"its role is {role.kind.value}"))
            continue
        column = data.frame[name] if within is None else data.frame[name].iloc[within]
        gone = column.isna().to_numpy(bool)
        made: KnownNumbers | KnownShares | None = None
        reason = f"its role is {role.kind.value}: only missing cells could be compared"
        if role.kind in _NUMBERS and reading(column, role.kind) != "category":
            quantity = Quantity.TIME if reading(column, role.kind) == "time" else Quantity.MEAN
            made = _numbers(name, quantity, as_numbers(column, name))
            gone = gone if made is None else ~made.present
        elif role.kind is Kind.TEXT:
            made = _numbers(name, Quantity.LENGTH, as_numbers(column.astype("string").str.len(), name))
        elif role.kind in _VALUES or role.kind in _NUMBERS:
            codes, different = column.factorize(sort=False)
            made = _shares(name, Quantity.SHARE, codes, tuple(map(str, different)))
        if isinstance(made, KnownNumbers):
            numbers.append(made)
        elif made is not None:
            shares.append(made)
        if gone.any() and not gone.all():
            missing.append((name, gone))
        elif made is None:
            used = role.kind in _VALUES | _NUMBERS | {Kind.TEXT}
            left_out.append((name, _constant(gone) if used else reason))
    if groups is not None:
        codes = groups.codes if within is None else groups.codes[within]
        made = _shares("", Quantity.GROUP, codes, groups.names)
        if made is None:
            left_out.append(("", "all rows are in one group"))
        else:
            shares.append(made)
    keys = data.keys if within is None else data.keys[within]
    return Population(n, within, keys, tuple(numbers), tuple(shares), tuple(missing), tuple(left_out))


def _constant(gone: NDArray[np.bool_]) -> str:
    return "it holds no value" if gone.all() else f"it holds the same in {count(len(gone), 'row')}"


def _numbers(name: str, quantity: Quantity, values: NDArray[np.float64]) -> KnownNumbers | None:
    finite = np.isfinite(values)
    known = values if finite.all() else values[finite]
    if not len(known):
        return None
    unit = (
        max(-float(known.min()), float(known.max())) or 1.0
    )  # divide first: squares of large numbers overflow
    scaled = known / unit
    mean = float(scaled.mean())
    scaled -= mean
    spread = float(np.sqrt(np.mean(scaled**2)))
    if known.min() == known.max() or spread == 0:
        return None
    scaled /= spread
    standard = scaled
    if len(known) < len(values):
        standard = np.full(len(values), np.nan)
        standard[finite] = scaled
    standard.flags.writeable = False
    return KnownNumbers(name, quantity, standard, mean * unit, spread * unit, len(known))


def _shares(
    name: str, quantity: Quantity, codes: NDArray[np.int64], values: tuple[str, ...]
) -> KnownShares | None:
    made = codes.astype(np.int32)
    made.flags.writeable = False
    sizes = np.bincount(made[made >= 0], minlength=len(values)).astype(np.int64)
    return KnownShares(name, quantity, made, values, sizes) if (sizes > 0).sum() > 1 else None
