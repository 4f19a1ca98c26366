"""A selection against the rest, or against another selection: sizes at once, verdicts after them."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from math import asin, isnan, sqrt

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.hypergeometric import hypergeometric_p
from ...foundation.arrays.paired_statistics import LEVEL, holm
from ...foundation.errors import ParameterError
from ...foundation.permanent_random import Draws
from ...foundation.progress import SILENT, Progress
from ...foundation.wording import clause, count
from ...model.dataset import Dataset
from ...model.derived import Groups
from .mean_tests import mean_p
from .origin import SelectionOrigin, copies
from .population import KnownNumbers, KnownShares, Population, population_of
from .result import OTHER_SELECTION, THE_REST, ColumnContrast, Contrast, ContrastVerdict, Quantity

LISTED = 20
"""Values of one column that are entries; the others are counted."""
STREAM = "contrast/1"

_NOTHING_MADE_IT = SelectionOrigin()
_MADE_IT = "it made the selection, so it differs by construction"
_UNKNOWN = "what made the selection is not known, and this may have had a part in it"
_GROUPS = "groups stand for what made the selection, so they differ by construction"


def contrast_sizes(
    population: Population,
    rows: Rows,
    *,
    origin: SelectionOrigin = _NOTHING_MADE_IT,
    against: str = THE_REST,
) -> Contrast:
    """How much every column and group differs between a selection and the other rows, the largest first.

    Nothing is tested: entries wait for `contrast_rows`, or say why they get no verdict.

    Args:
        population: The rows that take part, prepared.
        rows: The selection, canonical positions without repetition; all take part, and not all of them.
        origin: What made the selection.
        against: What the other rows are called.

    Returns:
        O(n) for each column, without sorting.

    Raises:
        ParameterError: The selection or the other side is empty, or holds rows that do not take part.

    Example:
        >>> from core.analysis.contrast.population import population_of
        >>> from core.data.load import load
        >>> data = load("sample:wine")
        >>> strong = np.flatnonzero(data.frame["alcohol"] > 13.5)
        >>> made = SelectionOrigin(frozenset({"alcohol"}))
        >>> found = contrast_sizes(population_of(data), strong, origin=made)
        >>> [(one.column, round(one.size, 2), one.verdict.value) for one in found.entries[:2]]
        [('alcohol', 1.69, 'made the selection'), ('cultivar', -1.31, 'not tested yet')]
    """
    return _sizes(population, _selected(population, rows), origin, against)


def contrast_rows(
    population: Population,
    rows: Rows,
    *,
    origin: SelectionOrigin = _NOTHING_MADE_IT,
    against: str = THE_REST,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Contrast:
    """Sizes of difference with verdicts: what a uniform random row set of this size would not show.

    A share is tested by its exact hypergeometric distribution, a mean by that of a simple random sample (see
    `core.analysis.contrast.mean_tests`). All tests of the panel are corrected together (Holm, 1979, with
    weights): each mean, each share of missing cells and each column of values has the same part of the 5 %,
    and a column's values divide theirs, so that a column of a thousand values costs the others no more than
    any. A column of two values has one entry, the rarer one's. What made the selection gets a size and no
    verdict, and so do copies of it (`core.analysis.contrast.origin.copies`). Columns that depend on what made
    it without being copies are tested: that they differ is true, and no surprise.

    Args:
        population, rows, origin, against: As in `contrast_sizes`.
        seed: Of the random row sets that some means need; these depend on it and on the rows of the
            selection alone, so the same selection always has the same verdicts.
        progress: Told how far the work is; may cancel.

    Returns:
        The chance that a uniform random row set has any verdict that it differs is at most 5 %.

    Raises:
        ParameterError: As in `contrast_sizes`.

    Example:
        >>> from core.analysis.contrast.population import population_of
        >>> from core.data.load import load
        >>> data = load("sample:wine")
        >>> strong = np.flatnonzero(data.frame["alcohol"] > 13.5)
        >>> made = SelectionOrigin(frozenset({"alcohol"}))
        >>> found = contrast_rows(population_of(data), strong, origin=made)
        >>> found.differing[0].column, found.counts["made the selection"]
        ('cultivar', 1)
    """
    selected = _selected(population, rows)
    sizes = _sizes(population, selected, origin, against)
    without = _without_verdict(population, origin)
    name = blake2b(population.keys[selected].tobytes(), digest_size=16).hexdigest()
    generator = Draws(population.keys, seed, STREAM).generator(name)
    shares = [one for one in population.shares if (one.column, one.quantity) not in without]
    numbers = [one for one in population.numbers if (one.column, one.quantity) not in without]
    missing = [one for one in population.missing if (one[0], Quantity.MISSING) not in without]
    ps: list[float] = []
    weights: list[float] = []
    place: dict[tuple[str, Quantity, str], int] = {}  # of the entries among the tests
    for one in shares:
        parts = _Parts(one, selected)
        for at in parts.listed.tolist():
            place[one.column, one.quantity, parts.name(at)] = len(ps) + at
        ps += parts.p().tolist()
        weights += [1 / len(parts.codes)] * len(parts.codes)
    for column, gone in missing:
        place[column, Quantity.MISSING, ""] = len(ps)
        ps.append(_missing_p(gone, selected))
    tests = len(numbers) + len(shares) + len(missing)
    for number, p in zip(
        numbers, mean_p(numbers, selected, generator, tests=tests, progress=progress), strict=True
    ):
        place[number.column, number.quantity, ""] = len(ps)
        ps.append(p)
    weights += [1.0] * (len(ps) - len(weights))
    adjusted = holm(ps, weights)

    def with_verdict(entry: ColumnContrast) -> ColumnContrast:
        at = place.get((entry.column, entry.quantity, entry.value))
        waits = entry.verdict is ContrastVerdict.PENDING
        return _with_verdict(entry, ps[at], adjusted[at]) if waits and at is not None else entry

    entries = tuple(map(with_verdict, sizes.entries))
    return replace(sizes, entries=entries, tests=sum(not isnan(p) for p in ps))


def contrast_selections(
    data: Dataset,
    first: Rows,
    second: Rows,
    *,
    groups: Groups | None = None,
    origin: SelectionOrigin = _NOTHING_MADE_IT,
    verdicts: bool = True,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Contrast:
    """What sets two selections apart: the rows that only the first has beside those that only the second has.

    Membership is permuted in the union without the overlap: if both were drawn at random, the rows that only
    the first has are a simple random sample of these.

    Args:
        data: The data set.
        first, second: Canonical positions.
        groups: Over all rows of the data set.
        origin: What made the first together with what made the second.
        verdicts: Whether differences are tested as well.
        seed, progress: As in `contrast_rows`.

    Returns:
        As `contrast_rows`; `rest` and `known_rest` are those of the second selection.

    Raises:
        ParameterError: One selection holds the other.

    Example:
        >>> from core.data.load import load
        >>> found = contrast_selections(load("sample:wine"), np.arange(0, 60), np.arange(40, 120))
        >>> found.rows, found.population, len(found.differing)
        (40, 100, 0)
    """
    only, both = np.setdiff1d(first, second), np.setxor1d(first, second)
    if not len(only) or len(only) == len(both):
        raise ParameterError(
            "These two selections cannot be compared",
            "one of them holds every row of the other" if len(both) else "they hold the same rows",
            "choose selections that each have rows of their own, or compare each with the rest",
        )
    population = population_of(data, within=both, groups=groups)
    if verdicts:
        found = contrast_rows(
            population, only, origin=origin, against=OTHER_SELECTION, seed=seed, progress=progress
        )
    else:
        found = contrast_sizes(population, only, origin=origin, against=OTHER_SELECTION)
    overlap = len(np.intersect1d(first, second))
    if not overlap:
        return found
    note = f"{clause(overlap, 'row', 'is', 'are')} in both selections and left out of the comparison."
    return replace(found, notes=(*found.notes, note))


def _selected(population: Population, rows: Rows) -> NDArray[np.bool_]:
    """The selection among the rows that take part, (n,)."""
    known = population.rows
    chosen = np.unique(rows)
    inside = (chosen >= 0) & (chosen < population.n) if known is None else np.isin(chosen, known)
    if not inside.all():
        raise ParameterError(
            "This selection cannot be compared",
            f"{count(int((~inside).sum()), 'row')} of it cannot take part, by the filter or a ban, "
            "or not in the data",
            "select among the rows that take part",
        )
    if not 0 < len(chosen) < population.n:
        raise ParameterError(
            "This selection cannot be compared",
            "it holds no row" if not len(chosen) else "it holds all rows, and there are no others",
            "select some of the rows",
        )
    selected = np.zeros(population.n, bool)
    selected[chosen if known is None else np.searchsorted(known, chosen)] = True
    return selected


def _by_construction(population: Population, origin: SelectionOrigin) -> dict[tuple[str, Quantity], str]:
    """Quantities without a verdict, with the reason."""
    names = dict.fromkeys(sorted(origin.columns), _MADE_IT)
    for name, of in copies(population, origin.columns).items():
        names[name] = f"it says the same as {of!r}, which made the selection"
    found: dict[tuple[str, Quantity], str] = {
        (name, quantity): reason
        for name, reason in names.items()
        for quantity in Quantity
        if quantity is not Quantity.GROUP
    }
    if origin.groups:
        found["", Quantity.GROUP] = _GROUPS
    return found


def _without_verdict(population: Population, origin: SelectionOrigin) -> dict[tuple[str, Quantity], str]:
    """As `_by_construction`, and all others where it is not known what made the selection."""
    made = _by_construction(population, origin)
    if not origin.unknown:
        return made
    every = [(number.column, number.quantity) for number in population.numbers]
    every += [(one.column, one.quantity) for one in population.shares]
    every += [(name, Quantity.MISSING) for name, _ in population.missing]
    return dict.fromkeys(every, _UNKNOWN) | made


def _sizes(
    population: Population, selected: NDArray[np.bool_], origin: SelectionOrigin, against: str
) -> Contrast:
    entries = [_mean(one, selected) for one in population.numbers]
    entries += [_missing(name, gone, selected) for name, gone in population.missing]
    unlisted = []
    for one in population.shares:
        parts = _Parts(one, selected)
        entries += map(parts.entry, parts.listed.tolist())
        if len(parts.codes) > LISTED:
            unlisted.append((one.column, len(parts.codes) - LISTED))
    without, made_it = _without_verdict(population, origin), _by_construction(population, origin)
    made = []
    for entry in sorted(entries, key=_rank):
        what = entry.column, entry.quantity
        if what in without:
            verdict = ContrastVerdict.ORIGIN if what in made_it else ContrastVerdict.UNKNOWN
            entry = replace(entry, verdict=verdict, reason=without[what])
        elif entry.size is None:
            entry = replace(entry, verdict=ContrastVerdict.CANNOT, reason=_unknown(entry, against))
        made.append(entry)
    return Contrast(
        int(selected.sum()), population.n, against, tuple(made), tuple(unlisted), population.left_out
    )


def _rank(entry: ColumnContrast) -> tuple[float, str, str, str]:
    size = -1.0 if entry.size is None else abs(entry.size)
    return -size, entry.column, entry.quantity.value, entry.value


def _unknown(entry: ColumnContrast, against: str) -> str:
    side = "the selection" if not entry.known else against
    return f"no row of {side} has a value"


def _mean(column: KnownNumbers, selected: NDArray[np.bool_]) -> ColumnContrast:
    here = selected if column.known == len(selected) else selected & column.present
    held = int(here.sum())
    others = column.known - held
    total = float(column.standard[here].sum())
    mine, theirs = total / held if held else None, -total / others if others else None
    return ColumnContrast(
        column.column,
        column.quantity,
        "",
        None if mine is None else column.mean + column.spread * mine,
        None if theirs is None else column.mean + column.spread * theirs,
        None if mine is None or theirs is None else mine - theirs,
        held,
        others,
    )


class _Parts:
    """The values of a column that are compared: all that some row has, of two the rarer one."""

    def __init__(self, column: KnownShares, selected: NDArray[np.bool_]) -> None:
        self.column = column
        codes = column.codes[selected]
        held = np.bincount(codes[codes >= 0], minlength=len(column.values)).astype(np.int64)
        there = np.flatnonzero(column.sizes)
        self.values = len(there)
        self.codes = there if len(there) > 2 else there[np.argsort(column.sizes[there], kind="stable")[:1]]
        self.mine, self.theirs = int(held.sum()), column.known - int(held.sum())
        self.held, self.sizes = held[self.codes], column.sizes[self.codes]

    @property
    def listed(self) -> Rows:
        """Those that are entries, as places in `codes`: the largest sizes first."""
        if not self.mine or not self.theirs:
            return np.arange(min(LISTED, len(self.codes)))
        other = self.sizes - self.held
        size = np.arcsin(np.sqrt(self.held / self.mine)) - np.arcsin(np.sqrt(other / self.theirs))
        return np.argsort(-np.abs(size), kind="stable")[:LISTED]

    def name(self, at: int) -> str:
        return self.column.values[int(self.codes[at])]

    def entry(self, at: int) -> ColumnContrast:
        own, all_ = int(self.held[at]), int(self.sizes[at])
        column = self.column
        return _share(
            column.column,
            column.quantity,
            self.name(at),
            own,
            all_ - own,
            self.mine,
            self.theirs,
            values=self.values,
        )

    def p(self) -> NDArray[np.float64]:
        if not self.mine or not self.theirs:
            return np.full(len(self.codes), np.nan)
        return hypergeometric_p(self.column.known, self.sizes, self.mine, self.held)


def _share(
    name: str,
    quantity: Quantity,
    value: str,
    own: int,
    other: int,
    mine: int,
    theirs: int,
    *,
    values: int = 0,
) -> ColumnContrast:
    selected, rest = own / mine if mine else None, other / theirs if theirs else None
    size = None
    if selected is not None and rest is not None:
        size = 2 * asin(sqrt(selected)) - 2 * asin(sqrt(rest))
    return ColumnContrast(name, quantity, value, selected, rest, size, mine, theirs, values=values)


def _missing(name: str, gone: NDArray[np.bool_], selected: NDArray[np.bool_]) -> ColumnContrast:
    own, rows = int((gone & selected).sum()), int(selected.sum())
    return _share(name, Quantity.MISSING, "", own, int(gone.sum()) - own, rows, len(gone) - rows)


def _missing_p(gone: NDArray[np.bool_], selected: NDArray[np.bool_]) -> float:
    counts = np.array([gone.sum()]), int(selected.sum()), np.array([(gone & selected).sum()])
    return float(hypergeometric_p(len(gone), *counts)[0])


def _with_verdict(entry: ColumnContrast, p: float, adjusted: float) -> ColumnContrast:
    if isnan(p):
        reason = "its values are so uneven that no test at this size is exact enough"
        return replace(entry, verdict=ContrastVerdict.CANNOT, reason=reason)
    if adjusted <= LEVEL:
        verdict, reason = ContrastVerdict.DIFFERS, "random row sets of this size seldom differ as much"
    else:
        verdict, reason = ContrastVerdict.CHANCE, "random row sets of this size differ as much"
    return replace(entry, p=p, adjusted=adjusted, verdict=verdict, reason=reason)
