"""How often a uniform random row set has a mean as far out as that of a selection.

The null hypothesis is a simple random sample without replacement, whose mean has the exact variance
(1 − n/N)·S²/n. Whether its distribution is normal as well depends on the column, so four ways lead to a
p-value; a mean of two values is a share, and exact.

- Normal: where the smaller side has `DRAWN_BELOW` rows or more, and the Edgeworth terms of third and fourth
  order and the step between values change a p-value at the panel's level by less than `LEEWAY` of itself
  (P. J. Bickel, W. R. van Zwet, *Asymptotic expansions for the power of distribution free tests*, 1978).
- By value: where a column has few values, the rows of each are drawn (multivariate hypergeometric).
- By far rows: of a skewed column the rows farthest out are drawn one by one, and the sum of the others is
  taken from its normal distribution; as many are drawn as make what is left as close to normal as above.
- By row: whole random row sets are drawn.

Drawn p-values are those of Besag and Clifford (*Sequential Monte Carlo p-values*, 1991): drawing ends with
the 20th row set as far out, at the latest with the last; p = 20 / drawn, or (1 + hits) / (1 + drawn). They
are valid however many are drawn. Nothing is drawn where Bernstein's inequality (which holds without
replacement: W. Hoeffding, 1963) already says that p is at most one in a million; that bound then is the
p-value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import erfc, exp, pi, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.hypergeometric import hypergeometric_p
from ...foundation.progress import SILENT, Progress
from .population import KnownNumbers

Floats = NDArray[np.float64]

DRAWN_BELOW = 1_000
"""Rows of the smaller side below which whole row sets are drawn."""
DRAWS = 9_999
"""Row sets that are drawn at most, on panels of up to 50 tests; 200 for each test on larger ones."""
LEEWAY = 0.05
_HITS = 20  # row sets as far out that end the drawing
_SURE = 1e-6
_LARGEST = 20_000  # rows of the smaller side beyond which whole row sets are not drawn
_FAR = (16, 128, 1_024, 8_192)  # rows that are drawn one by one
_ROUNDING = 1e-9
_AT_ONCE = 1 << 21  # positions drawn at once
_STEPS = (200, 800, 3_000)  # row sets after which it is seen which columns need more


def draws_for(tests: int) -> int:
    """How many row sets are drawn at most for a panel of so many tests, so that Holm can still reject."""
    return max(DRAWS, 200 * tests - 1)


def mean_p(
    columns: Sequence[KnownNumbers],
    selected: NDArray[np.bool_],
    generator: np.random.Generator,
    *,
    tests: int,
    progress: Progress = SILENT,
) -> list[float]:
    """Two-sided p-values of the means of a selection under drawing without replacement.

    Where cells are missing, the known ones are a simple random sample of the column's known cells, of the
    size that they have.

    Args:
        columns: Of one population of n rows.
        selected: Its rows in the selection, (n,).
        generator: Of the row sets; the same one gives the same p-values.
        tests: Tests of the panel, by which the tail to be met is decided.
        progress: May cancel.

    Returns:
        One for each column; NaN where no value is known on one side, and where a column is so skewed that no
        way leads to a p-value in time. O(n) for each column, and for drawn ones at most 200 · tests or 9,999
        row sets.

    Example:
        >>> from core.analysis.contrast.population import population_of
        >>> from core.data.load import load
        >>> data = load("sample:wine")
        >>> made = population_of(data).numbers
        >>> high = data.frame["alcohol"].to_numpy() > 13.5
        >>> found = mean_p(made, high, np.random.default_rng(0), tests=13)
        >>> {one.column: p <= 1e-4 for one, p in zip(made, found)}["alcohol"]
        True
    """
    most, level = draws_for(tests), NormalDist().inv_cdf(1 - 0.025 / max(1, tests))
    found = [float("nan")] * len(columns)
    by_row: list[tuple[int, _Side]] = []
    for at, column in enumerate(columns):
        progress(at, 2 * len(columns), "means")
        side = _Side.of(column, selected)
        if not side.rows:
            continue
        few = column.few
        if few is not None and len(few[0]) == 2:
            found[at] = _of_two_values(column, few, selected)
        elif (bound := side.bound()) <= _SURE:
            found[at] = bound
        elif side.rows < DRAWN_BELOW:
            by_row.append((at, side))
        elif side.strain(column.values, _step(few), level) <= LEEWAY:
            found[at] = erfc(side.deviation / sqrt(2))
        elif few is not None:
            found[at] = _sequential(_by_value(few, side, generator), side.distance, most)
        elif (far := _far_rows(column.values, side, level)) is not None:
            found[at] = _sequential(_by_far_rows(far, side, generator), side.distance, most)
        elif side.rows <= _LARGEST:
            by_row.append((at, side))
    whole = [(at, side) for at, side in by_row if side.known == len(selected)]
    alone = [[one] for one in by_row if one[1].known < len(selected)]
    parts = [*([whole] if whole else []), *alone]
    for number, part in enumerate(parts):
        own = progress.part(0.5 + number / 2 / len(parts), 0.5 + (number + 1) / 2 / len(parts))
        drawn = _by_row(
            [columns[at].values for at, _ in part], [side for _, side in part], generator, most, own
        )
        for (at, _), p in zip(part, drawn, strict=True):
            found[at] = p
    return found


class _Side:
    """The smaller side of the known cells of a column; both sides are equally far out.

    `distance` is the sum of its standardised values, `deviation` that in exact standard errors.
    """

    def __init__(self, rows: int, known: int, distance: float, largest: float) -> None:
        self.rows, self.known, self.distance, self.largest = rows, known, distance, largest
        self.free = rows * (known - rows) / known if known else 0.0
        error = sqrt(self.free * known / (known - 1)) if known > 1 else 0.0
        self.deviation = distance / error if error else 0.0

    @classmethod
    def of(cls, column: KnownNumbers, selected: NDArray[np.bool_]) -> _Side:
        here = selected if column.known == len(selected) else selected & column.present
        held = int(here.sum())
        distance = abs(float(column.standard[here].sum()))
        largest = max(-float(column.values.min()), float(column.values.max()))
        return cls(min(held, column.known - held), column.known, distance, largest)

    def bound(self) -> float:
        """Bernstein's upper bound of p."""
        spread = self.rows + self.largest * self.distance / 3
        return min(1.0, 2 * exp(-(self.distance**2) / (2 * spread)))

    def strain(self, values: Floats, step: float, level: float, share: float = 1.0) -> float:
        """By how much of itself p changes at `level` standard errors where the sum is taken as normal.

        Args:
            values: What is taken as normal.
            step: Between two sums, in standard deviations of the column; 0 where there are many values.
            level: In standard errors.
            share: Of the variation of the sum that is taken as normal.
        """
        centred = values - values.mean()
        square = centred**2
        two = float(square.mean())
        if two == 0:
            return 0.0
        skew = float((square * centred).mean()) / two**1.5
        tails = float((square * square).mean()) / two**2 - 3
        mills = exp(-(level**2) / 2) / sqrt(2 * pi) / (erfc(level / sqrt(2)) / 2)
        third, fifth = level**3 - 3 * level, level**5 - 10 * level**3 + 15 * level
        edgeworth = abs(tails) * share**2 / 24 * third + skew**2 * share**3 / 72 * abs(fifth)
        return float(mills * (edgeworth / self.free + step / (2 * sqrt(self.free))))


def _step(few: tuple[Floats, NDArray[np.int64]] | None) -> float:
    return 0.0 if few is None else float(np.diff(few[0]).min())


def _of_two_values(
    column: KnownNumbers, few: tuple[Floats, NDArray[np.int64]], selected: NDArray[np.bool_]
) -> float:
    """Exact, for a mean of two values is a share."""
    known = selected & column.present
    held = int((column.standard[known] == few[0][1]).sum())
    counts = np.array([few[1][1]]), int(known.sum()), np.array([held])
    return float(hypergeometric_p(column.known, *counts)[0])


def _sequential(drawn: Callable[[int], Floats], distance: float, most: int) -> float:
    """The p-value of Besag and Clifford: `drawn` gives as many random distances as it is asked for."""
    counted, limit = _Hits(), distance * (1 - _ROUNDING)
    for size in _sizes(most):
        counted.take(drawn(size) >= limit)
        if counted.done:
            break
    return counted.p


class _Hits:
    """Random row sets drawn so far, and how many of them were as far out."""

    def __init__(self) -> None:
        self.drawn = self.hits = 0
        self.done = False

    def take(self, far: NDArray[np.bool_]) -> None:
        """Further row sets; those after the last hit that counts are as if they had not been drawn."""
        last = np.flatnonzero(far)[_HITS - self.hits - 1 : _HITS - self.hits]
        if len(last):
            self.drawn, self.hits, self.done = self.drawn + int(last[0]) + 1, _HITS, True
        else:
            self.drawn, self.hits = self.drawn + len(far), self.hits + int(far.sum())

    @property
    def p(self) -> float:
        return self.hits / self.drawn if self.done else (1 + self.hits) / (1 + self.drawn)


def _sizes(most: int) -> Iterator[int]:
    left = most
    for size in (*_STEPS, most):
        if left > 0:
            yield min(size, left)
            left -= size


def _by_value(
    few: tuple[Floats, NDArray[np.int64]], side: _Side, generator: np.random.Generator
) -> Callable[[int], Floats]:
    values, rows = few

    def drawn(size: int) -> Floats:
        found: Floats = np.abs(generator.multivariate_hypergeometric(rows, side.rows, size=size) @ values)
        return found

    return drawn


def _far_rows(values: Floats, side: _Side, level: float) -> tuple[Floats, Floats] | None:
    """The values farthest out, as few as will do, and the others; None where none of the numbers will do."""
    out = np.abs(values)
    for far in _FAR:
        if 4 * far > len(values):
            break
        at = np.argpartition(out, len(out) - far)
        rest = values[at[:-far]]
        share = float(rest.var()) * len(rest) / len(values)  # the variation of all is 1
        if side.strain(rest, 0.0, level, share) <= LEEWAY:
            return values[at[-far:]], rest
    return None


def _by_far_rows(
    parts: tuple[Floats, Floats], side: _Side, generator: np.random.Generator
) -> Callable[[int], Floats]:
    far, rest = parts
    mean, variance = float(rest.mean()), float(rest.var(ddof=1))

    def drawn(size: int) -> Floats:
        taken, total = np.zeros(size), np.zeros(size)
        for at, value in enumerate(far.tolist()):  # selection sampling: Fan, Muller and Rezucha, 1962
            inside = generator.random(size) * (side.known - at) < side.rows - taken
            taken += inside
            total += value * inside
        others = side.rows - taken
        error = np.sqrt(variance * others * (1 - others / len(rest)))
        return np.abs(total + others * mean + error * generator.standard_normal(size))

    return drawn


def _by_row(
    columns: Sequence[Floats],
    sides: Sequence[_Side],
    generator: np.random.Generator,
    most: int,
    progress: Progress,
) -> list[float]:
    """By whole row sets, which all columns share: they are of the same rows."""
    n, size = len(columns[0]), sides[0].rows
    at_once = max(1, _AT_ONCE // (n if _dense(n, size) else size))
    limits = [side.distance * (1 - _ROUNDING) for side in sides]
    counted = [_Hits() for _ in columns]
    done = 0
    for step in _sizes(most):
        for start in range(0, step, at_once):
            progress(done, most, "random row sets")
            rows = row_sets(generator, n, size, min(at_once, step - start))
            done += len(rows)
            for values, limit, hits in zip(columns, limits, counted, strict=True):
                if not hits.done:
                    hits.take(np.abs(values[rows].sum(axis=1)) >= limit)
        if all(hits.done for hits in counted):
            break
    return [hits.p for hits in counted]


def _dense(n: int, size: int) -> bool:
    return 8 * size > n


def row_sets(generator: np.random.Generator, n: int, size: int, count: int) -> Rows:
    """Uniform random row sets: (count, size), int64, each without repetition, in ascending order.

    Args:
        generator: Where randomness comes from.
        n: Rows to draw from.
        size: Rows of each.
        count: How many.

    Example:
        >>> row_sets(np.random.default_rng(0), 3, 3, 2).tolist()
        [[0, 1, 2], [0, 1, 2]]
    """
    if _dense(n, size):
        rows = generator.random((count, n)).argpartition(size - 1, axis=1)[:, :size]
        return np.sort(rows, axis=1).astype(np.int64)
    rows = np.sort(generator.integers(0, n, (count, size)), axis=1)
    # A row that is there twice is drawn again; which rows these are makes no difference to any other, so
    # all row sets stay equally likely.
    while len(where := np.flatnonzero((rows[:, 1:] == rows[:, :-1]).any(axis=1))):
        part = rows[where]
        twice = part[:, 1:] == part[:, :-1]
        part[:, 1:][twice] = generator.integers(0, n, int(twice.sum()))
        rows[where] = np.sort(part, axis=1)
    return rows.astype(np.int64)
