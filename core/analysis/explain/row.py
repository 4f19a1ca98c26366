"""One row of a comparison: who chose it, at which place, what it added, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.neighbour_graph import measure
from ...foundation.errors import ParameterError
from ...model.derived import Features
from ...model.selection import Selection
from ..comparison.comparison import Comparison
from .density import Density
from .setting import Setting

_BLOCK = 1 << 20  # numbers in one block of differences: 8 MB in double precision


@dataclass(frozen=True)
class Nearest:
    """The chosen row that lies nearest to a row.

    Args:
        row: Which one; of several equally near, the one chosen first.
        rank: At which place it was chosen, from 1.
        distance: In the metric of the features.
    """

    row: int
    rank: int
    distance: float


@dataclass(frozen=True)
class RowInSubset:
    """One row in one subset.

    Args:
        seed: Of that run.
        size: Rows of the subset.
        rank: At which place the row was chosen, from 1; None where it was not.
        pinned: It is in the subset because it was pinned.
        gain: What it added to the strategy's own objective, where the strategy says so.
        smaller_gains: Share of the other steps with a gain that added strictly less, 0…1.
        inclusion: Probability π of being chosen, where it is known before the draw.
        weight: Design weight, where there is one.
        represents: Rows it stands for, where the strategy says so.
        draws: How often it was drawn, for designs with replacement.
        nearest: The nearest chosen row, where the row itself was not chosen and there are features.
    """

    seed: int
    size: int
    rank: int | None = None
    pinned: bool = False
    gain: float | None = None
    smaller_gains: float | None = None
    inclusion: float | None = None
    weight: float | None = None
    represents: float | None = None
    draws: int | None = None
    nearest: Nearest | None = None


@dataclass(frozen=True)
class ByStrategy:
    """One row in all subsets of one strategy.

    Args:
        name: Of the strategy.
        reason: Why it did not run; "" where it did.
        seeds: One entry per seed.
    """

    name: str
    reason: str
    seeds: tuple[RowInSubset, ...]

    @property
    def times(self) -> int:
        """In how many of its subsets the row is."""
        return sum(one.rank is not None for one in self.seeds)


@dataclass(frozen=True)
class RowFact:
    """What can be said about one row of a comparison.

    Args:
        row: Canonical position.
        status: "pinned", "banned", "left out by the filter" or "may be chosen".
        by: One entry per strategy tried, in the order of the comparison.
        denser_than: Percent of the other eligible rows that are sparser; None where it is not known.
        reach: Distance to its tenth nearest eligible row; None where it is not known.
        metric: Of the distances; "" without features.
        group: Its group; None without groups.
        group_size: Eligible rows of that group.
        label: Its label; None without one.
        score: Its score; None without one.
        higher_than: Percent of the other eligible rows with a score whose score is lower.
        population: Eligible rows: what percentages are relative to.
    """

    row: int
    status: str
    by: tuple[ByStrategy, ...]
    denser_than: float | None
    reach: float | None
    metric: str
    group: str | None
    group_size: int
    label: str | None
    score: float | None
    higher_than: float | None
    population: int


def explain_row(
    comparison: Comparison,
    setting: Setting,
    row: int,
    *,
    density: Density | None = None,
) -> RowFact:
    """Every fact about one row: who chose it, at which place, what it added, and where it lies.

    Args:
        comparison: A comparison of a study.
        setting: Of the study that the comparison was made for.
        row: Canonical position in the data set.
        density: Of that study, where it is at hand.

    Returns:
        The facts; O(u·d) for the u distinct rows that the subsets hold.

    Raises:
        ParameterError: There is no such row.

    Example:
        >>> from core.data.load import load
        >>> from core.study.explain import setting_of
        >>> from core.study.study import Study
        >>> study = Study(load("sample:wine")).embed("table").group("kmeans:3")
        >>> found = study.compare(["random", "k-center"], 20, seeds=1, band=9, probe=False)
        >>> first = int(found.results[1].selections[0].rows[0])
        >>> fact = explain_row(found, setting_of(study), first)
        >>> fact.by[1].name, fact.by[1].seeds[0].rank, fact.status
        ('k-center (greedy)', 1, 'may be chosen')
    """
    if isinstance(row, bool) or int(row) != row or not 0 <= row < setting.n:
        raise ParameterError(
            f"There is no row {row!r}", f"positions run from 0 to {setting.n - 1:,}", "choose another"
        )
    row = int(row)
    near = _Near(comparison, setting.features, row)
    by = tuple(
        ByStrategy(
            result.name,
            result.reason,
            tuple(_taken(chosen, row, near) for chosen in result.selections),
        )
        for result in comparison.results
    )
    group, size = None, 0
    if setting.groups is not None:
        code = int(setting.groups.codes[row])
        group, size = setting.groups.names[code], int(setting.sizes[code])
    score, higher = _score(setting, row)
    label = None
    if setting.labels is not None and setting.labels[0][row] >= 0:
        label = setting.labels[1][setting.labels[0][row]]
    known = density is not None and density.tenth[row] >= 0
    return RowFact(
        row,
        _status(setting, row),
        by,
        float(density.percent[row]) if known and density is not None else None,
        float(density.distance[row]) if known and density is not None else None,
        "" if setting.features is None else setting.features.metric,
        group,
        size,
        label,
        score,
        higher,
        setting.population,
    )


def _status(setting: Setting, row: int) -> str:
    if setting.banned[row]:
        return "banned"
    if not setting.eligible[row]:
        return "left out by the filter"
    return "pinned" if setting.pinned[row] else "may be chosen"


def _score(setting: Setting, row: int) -> tuple[float | None, float | None]:
    if setting.scores is None or not np.isfinite(setting.scores[row]):
        return None, None
    score = float(setting.scores[row])
    others = len(setting.ranked) - int(setting.eligible[row])
    if not others:
        return score, None
    return score, 100 * int(np.searchsorted(setting.ranked, score, "left")) / others


class _Near:
    """Distances from one row to every row that any subset holds, each measured once."""

    def __init__(self, comparison: Comparison, features: Features | None, row: int) -> None:
        parts = [chosen.rows for result in comparison.results for chosen in result.selections]
        self.held = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
        self.gaps: NDArray[np.float64] | None = None
        if features is not None:
            self.gaps = distances_from(features, row, self.held)

    def to(self, selection: Selection) -> Nearest | None:
        if self.gaps is None or not len(selection.rows):
            return None
        gaps = self.gaps[np.searchsorted(self.held, selection.rows)]
        at = int(gaps.argmin())
        return Nearest(int(selection.rows[at]), at + 1, float(gaps[at]))


def distances_from(features: Features, row: int, rows: Rows) -> NDArray[np.float64]:
    """Distances from one row to others, by difference in double precision, in blocks; float64."""
    x = features.matrix
    step = max(1, _BLOCK // max(1, x.shape[1]))
    out = np.empty(len(rows), np.float64)
    for at in range(0, len(rows), step):
        part = rows[at : at + step]
        out[at : at + step] = measure(x[row : row + 1], x, part[None, :], features.metric)[0]
    return out


def _taken(selection: Selection, row: int, near: _Near) -> RowInSubset:
    places = np.flatnonzero(selection.rows == row)
    if not len(places):
        return RowInSubset(selection.seed, len(selection), nearest=near.to(selection))
    at = int(places[0])
    gain, smaller = None, None
    if selection.gains is not None and np.isfinite(selection.gains[at]):
        gain = float(selection.gains[at])
        others = int(np.isfinite(selection.gains).sum()) - 1
        smaller = float((selection.gains < gain).sum()) / others if others else None
    return RowInSubset(
        selection.seed,
        len(selection),
        at + 1,
        at < selection.pinned,
        gain,
        smaller,
        _at(selection.inclusion, at),
        _at(selection.weight, at),
        _at(selection.represents, at),
        None if selection.multiplicity is None else int(selection.multiplicity[at]),
    )


def _at(values: NDArray[np.float64] | None, at: int) -> float | None:
    return None if values is None or not np.isfinite(values[at]) else float(values[at])
