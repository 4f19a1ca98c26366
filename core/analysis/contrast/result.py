"""What a contrast found: for every column and group its size of difference, and what may be said of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

THE_REST = "the rest"
OTHER_SELECTION = "the other selection"


class Quantity(StrEnum):
    """What is compared of a column."""

    MEAN = "mean"
    TIME = "mean time"
    LENGTH = "mean length"
    SHARE = "share"
    GROUP = "share of group"
    MISSING = "share missing"


class ContrastVerdict(StrEnum):
    """What may be said of a difference."""

    DIFFERS = "differs"
    CHANCE = "within chance"
    ORIGIN = "made the selection"
    UNKNOWN = "not known what made it"
    CANNOT = "cannot be tested"
    PENDING = "not tested yet"


@dataclass(frozen=True)
class ColumnContrast:
    """One quantity of one column, in a selection and in what it is compared with.

    Args:
        column: Name of the column; "" for groups.
        quantity: What is compared. Times are in seconds since 1970 (UTC), lengths in characters.
        value: Whose share it is; "" for means and for what is missing.
        selected: In the selection, over the cells that are known; None where none is.
        rest: In what it is compared with, likewise.
        size: Standardised difference, selected − rest; None where one side is not known. For means Cohen's d
            with the standard deviation of the population; for shares Cohen's h,
            2·arcsin √p₁ − 2·arcsin √p₂. Both stand on one scale, on which 0.2 is called small, 0.5 medium
            and 0.8 large (J. Cohen, *Statistical power analysis for the behavioral sciences*, 1988), and on
            which chance reaches about as far for every column.
        known: Rows of the selection whose cell is known; for what is missing all of them.
        known_rest: Rows of the other side, likewise.
        p: Of this quantity alone; None where it was not tested.
        adjusted: After Holm, over all that were tested; None where it was not tested.
        verdict: What may be said.
        reason: Why, in plain words; "" while it is not tested yet.
        values: Different values of the column, or groups; 0 for means and for what is missing.
    """

    column: str
    quantity: Quantity
    value: str
    selected: float | None
    rest: float | None
    size: float | None
    known: int
    known_rest: int
    p: float | None = None
    adjusted: float | None = None
    verdict: ContrastVerdict = ContrastVerdict.PENDING
    reason: str = ""
    values: int = 0


@dataclass(frozen=True)
class Contrast:
    """A selection beside what it is compared with.

    Args:
        rows: Rows of the selection.
        population: Rows of both sides together.
        against: "the rest" or "the other selection".
        entries: The largest size first; those without a size last.
        unlisted: Columns (groups as "") of whose values only the largest sizes are entries, with how many
            more values they have.
        left_out: Columns that cannot be compared, with the reason.
        tests: Shares of values, means and shares of missing cells that the p-values are corrected for.
        notes: What a reader must know.
    """

    rows: int
    population: int
    against: str
    entries: tuple[ColumnContrast, ...]
    unlisted: tuple[tuple[str, int], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    tests: int = 0
    notes: tuple[str, ...] = ()

    @property
    def differing(self) -> tuple[ColumnContrast, ...]:
        """The entries that differ by more than random row sets do, the largest size first."""
        return tuple(entry for entry in self.entries if entry.verdict is ContrastVerdict.DIFFERS)

    @property
    def counts(self) -> dict[str, int]:
        """How many entries have each verdict."""
        found = Counter(entry.verdict for entry in self.entries)
        return {verdict.value: found[verdict] for verdict in ContrastVerdict if found[verdict]}

    def to_json(self) -> dict[str, Any]:
        """A JSON form of everything here."""
        return {**asdict(self), "counts": self.counts}
