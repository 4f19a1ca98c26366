"""What a strategy returns and what a selection is: frozen dataclasses over read-only arrays.

Positions are int64, in canonical order of the population or of the data set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.display import Displayed
from ..foundation.wording import count
from .budget import SubsetCost


@dataclass(frozen=True)
class DesignFacts:
    """What a variance must know of how the rows came, one entry per chosen row.

    Args:
        strata: Code of the part that the row was drawn in, each with a size of its own; None for one part.
        names: Names of the parts.
        units: Code of what was drawn where that is not the row but its entity.
        balance: What the draw was balanced on, (rows, p), beside the chances themselves.
        missed: Estimated less true totals of `balance` in each part, (parts, p).
        expected: Units expected in the draw beyond the certain ones, where their number is left to chance.
        all_chances, all_strata, all_units: Chances (expected draws, where a row can come more than once),
            parts and units of every row of the population, drawn or not, (n,): what tails are judged by.
        untold: Why no variance can be told of this very draw, although the design has one in general.
    """

    strata: Rows | None = None
    names: tuple[str, ...] = ()
    units: Rows | None = None
    balance: NDArray[np.float64] | None = None
    missed: NDArray[np.float64] | None = None
    expected: float | None = None
    all_chances: NDArray[np.float32] | None = None
    all_strata: NDArray[np.int32] | None = None
    all_units: NDArray[np.int32] | None = None
    untold: str = ""


@dataclass(frozen=True)
class ChosenRows:
    """Chosen rows and what goes with each of them: what a strategy returns and a selection keeps.

    Args:
        rows: Distinct positions, int64, in the order in which they were chosen; pins come first.
        inclusion: π of each chosen row of the *whole* procedure, where it is known before the draw.
        weight: Design weight of each row. A strategy gives it (Hansen–Hurwitz) for designs with replacement
            only; otherwise 1/π is derived.
        multiplicity: How often a row was drawn, for designs with replacement only.
        represents: How many rows of the population each chosen row stands for.
        gains: Objective gain (or insertion distance) of each step.
        quota: Rows asked of each group, by name.
        notes: What a reader must know about this result, in plain words.
        drawn: What a variance must know, for probability designs that are not plain.
        unreached: Rows of the population that had no chance (π = 0 but for rounding), where π or weights are
            given; whole-population totals are refused where there are any.
    """

    rows: Rows
    _: KW_ONLY
    inclusion: NDArray[np.float64] | None = None
    weight: NDArray[np.float64] | None = None
    multiplicity: Rows | None = None
    represents: NDArray[np.float64] | None = None
    gains: NDArray[np.float64] | None = None
    quota: Mapping[str, int] | None = None
    notes: tuple[str, ...] = ()
    drawn: DesignFacts | None = None
    unreached: int = 0


@dataclass(frozen=True)
class Picks(ChosenRows):
    """What a strategy returns: positions in its population, with what goes with each of them."""


@dataclass(frozen=True)
class Selection(ChosenRows, Displayed):
    """A subset: ordered rows of the data set (canonical positions) with all that is needed to defend them.

    Args:
        strategy, version, params, seed, budget: What was asked; under a cost budget the rows of the run that
            it allows.
        inputs: Digest of everything the strategy looked at.
        population: N, the eligible rows.
        pinned: How many of the rows were pinned.
        seconds, estimated: Wall time, and what was estimated before.
        cost: What the rows cost, under a cost budget.
        asked: The budget as it was written, for example "5%"; "" where only the count is known.
        found: What rules found in place of parameters that were left open, by name (bandwidth, radius).
        packages: Name and version of the package of every strategy behind it that is not ours, by its id.

    Example:
        >>> rows, twice = np.arange(2), np.array([2, 1])
        >>> Selection(rows, "pps", 1, {}, 0, 3, "", 1_000, multiplicity=twice).share
        '2 distinct rows of 1,000, in 3 draws'
    """

    strategy: str
    version: int
    params: Mapping[str, Any]
    seed: int
    budget: int
    inputs: str
    population: int
    _: KW_ONLY
    pinned: int = 0
    seconds: float = 0.0
    estimated: float = 0.0
    cost: SubsetCost | None = None
    asked: str = ""
    found: Mapping[str, float] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def draws(self) -> int:
        """Draws behind the rows: more than there are rows where one was drawn repeatedly."""
        return len(self.rows) if self.multiplicity is None else int(self.multiplicity.sum())

    @property
    def size(self) -> str:
        """How many rows, in words."""
        if self.draws > len(self):
            return f"{count(len(self), 'distinct row')} in {count(self.draws, 'draw')}"
        return count(len(self), "row")

    @property
    def share(self) -> str:
        """How many rows out of how many, in words."""
        if self.draws > len(self):
            return (
                f"{count(len(self), 'distinct row')} of {self.population:,}, in {count(self.draws, 'draw')}"
            )
        return f"{len(self):,} of {count(self.population, 'row')}"
