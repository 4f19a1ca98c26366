"""One group of a comparison: who keeps it, beside what chance keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.hypergeometric import hypergeometric_quantiles
from ...foundation.errors import ParameterError
from ...foundation.wording import some
from ..comparison.comparison import Comparison
from .setting import Setting


@dataclass(frozen=True)
class Holding:
    """What one strategy holds of a group.

    Args:
        name: Of the strategy.
        reason: Why it did not run; "" where it did.
        counts: Rows held, one number per seed.
        sizes: Rows of the subset, one number per seed.
        low, high: Rows that 95 in 100 random subsets of that size hold, one number per seed.
        firsts: Place of the first row of the group that was not pinned, from 1, one per seed; None where
            there is none.
        rows: The group's rows in the first seed's subset, in the order chosen.
    """

    name: str
    reason: str
    counts: tuple[int, ...] = ()
    sizes: tuple[int, ...] = ()
    low: tuple[int, ...] = ()
    high: tuple[int, ...] = ()
    firsts: tuple[int | None, ...] = ()
    rows: Rows | None = None

    @property
    def share(self) -> float:
        """Mean over seeds of the share of its rows; NaN where it did not run."""
        pairs = zip(self.counts, self.sizes, strict=True)
        return float(np.mean([count / size for count, size in pairs])) if self.counts else float("nan")

    @property
    def below(self) -> int:
        """Seeds that hold fewer rows than 95 in 100 random subsets do."""
        return sum(count < low for count, low in zip(self.counts, self.low, strict=True))

    @property
    def above(self) -> int:
        """Seeds that hold more."""
        return sum(count > high for count, high in zip(self.counts, self.high, strict=True))


@dataclass(frozen=True)
class GroupView:
    """What can be said about one group of a comparison.

    Args:
        name: Of the group.
        size: Eligible rows in it.
        population: Eligible rows.
        pinned: Pinned rows in it; every subset holds them.
        by: One entry per strategy tried, in the order of the comparison.
    """

    name: str
    size: int
    population: int
    pinned: int
    by: tuple[Holding, ...]

    @property
    def share(self) -> float:
        """Share of the eligible rows, 0…1."""
        return self.size / self.population


def explain_group(comparison: Comparison, setting: Setting, group: str | int) -> GroupView:
    """Who keeps a group: rows held by every subset, beside what random subsets of that size hold.

    The chance interval is exact: under uniform draws with the pins kept, the rows of a group are
    hypergeometric.

    Args:
        comparison: A comparison of a study.
        setting: Of the study that the comparison was made for.
        group: Name or code.

    Raises:
        ParameterError: There are no groups, or none of that name.
    """
    if setting.groups is None:
        raise ParameterError("There is no group to explain", "the study has no groups", "make groups first")
    names = setting.groups.names
    places = {name: code for code, name in enumerate(names)}
    code = places.get(group, -1) if isinstance(group, str) else int(group)
    if not 0 <= code < len(names):
        raise ParameterError(
            f"There is no group {group!r}", f"the groups are {some(names)}", "choose one of them"
        )
    pins = int(setting.pins_per_group()[code])
    fixed = int(setting.pinned.sum())
    by = []
    for result in comparison.results:
        held = [np.flatnonzero(setting.groups.codes[chosen.rows] == code) for chosen in result.selections]
        sizes = [len(chosen) for chosen in result.selections]
        rows = int(setting.sizes[code])
        limits = [chance_counts(rows, setting.population, size, pins, fixed) for size in sizes]
        firsts = []
        for chosen, at in zip(result.selections, held, strict=True):
            free = at[at >= chosen.pinned]
            firsts.append(int(free[0]) + 1 if len(free) else None)
        by.append(
            Holding(
                result.name,
                result.reason,
                tuple(len(at) for at in held),
                tuple(sizes),
                tuple(low for low, _ in limits),
                tuple(high for _, high in limits),
                tuple(firsts),
                result.selections[0].rows[held[0]] if held else None,
            )
        )
    return GroupView(names[code], int(setting.sizes[code]), setting.population, pins, tuple(by))


def chance_counts(size: int, population: int, rows: int, pinned: int = 0, pins: int = 0) -> tuple[int, int]:
    """Rows of a part that 95 in 100 uniform subsets hold: the 2.5 and 97.5 percentiles, exact.

    Args:
        size: Eligible rows in the part.
        population: Eligible rows.
        rows: Rows of the subset, pins included.
        pinned: Pinned rows in the part.
        pins: Pinned rows altogether.

    Example:
        >>> chance_counts(100, 1_000, 100)
        (5, 16)
    """
    drawn, free = max(rows - pins, 0), np.array([size - pinned])
    low, high = (int(hypergeometric_quantiles(q, population - pins, free, drawn)[0]) for q in (0.025, 0.975))
    return low + pinned, high + pinned
