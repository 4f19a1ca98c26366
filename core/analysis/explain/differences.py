"""What one subset has and another lacks: rows, groups, density, scores, and the farthest examples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.neighbour_graph import nearest_among
from ...foundation.arrays.paired_statistics import holm
from ...foundation.errors import ParameterError
from ..comparison.comparison import Comparison
from .density import Density
from .setting import Setting

EXAMPLES = 8
LEVEL = 0.05


@dataclass(frozen=True)
class Example:
    """A row that only one of two subsets has.

    Args:
        row: Canonical position.
        nearest: The row of the other subset that lies nearest to it.
        distance: Between the two, in the metric of the features.
    """

    row: int
    nearest: int
    distance: float


@dataclass(frozen=True)
class Side:
    """What one of two subsets has and the other lacks.

    Args:
        rows: Canonical positions, ascending.
        examples: Those farthest from any row of the other subset, farthest first; empty without features.
        middle: Median distance of `rows` to the nearest row of the other subset; None where there is none.
    """

    rows: Rows
    examples: tuple[Example, ...] = ()
    middle: float | None = None


@dataclass(frozen=True)
class GroupShift:
    """One group among the rows that only one of two subsets has.

    Args:
        name: Of the group.
        size: Eligible rows in it.
        first, second: Rows that only the first, only the second subset has of it.
        both: Rows that both have of it.
        p: Corrected p-value, None where it was not tested.
    """

    name: str
    size: int
    first: int
    second: int
    both: int
    p: float | None

    @property
    def apart(self) -> bool:
        """Beyond what dealing the differing rows out at random gives, all tests of the pair considered."""
        return self.p is not None and self.p <= LEVEL


@dataclass(frozen=True)
class Shift:
    """A number per row among the rows that only one of two subsets has.

    Args:
        name: "density" (percent of eligible rows that are sparser) or "score".
        first, second: Medians over the rows that have one.
        leads: How often a row of the first side is above one of the second, ties counted half, 0…1.
        p: Corrected p-value.
    """

    name: str
    first: float
    second: float
    leads: float
    p: float

    @property
    def apart(self) -> bool:
        """As for groups."""
        return self.p <= LEVEL


@dataclass(frozen=True)
class Difference:
    """Two subsets side by side.

    Args:
        first, second: What each has and the other lacks.
        both: Rows in both, ascending.
        groups: All groups that either side holds, largest difference first; empty without groups.
        shifts: Density and score, where they are known and both sides have rows.
        metric: Of the distances; "" without features.
        tests: How many comparisons the p-values are corrected for.
    """

    first: Side
    second: Side
    both: Rows
    groups: tuple[GroupShift, ...]
    shifts: tuple[Shift, ...]
    metric: str
    tests: int


def differences(
    comparison: Comparison,
    setting: Setting,
    first: int,
    second: int,
    *,
    seeds: tuple[int, int] = (0, 0),
    density: Density | None = None,
) -> Difference:
    """What the subset of one strategy has and that of another lacks, and what sets these rows apart.

    The rows that only one subset has are compared as if they had been dealt to the two sides at random: a
    group by Fisher's exact test, density and score by the Mann–Whitney test; all p-values of the pair are
    corrected together (Holm, 1979). This says how two sets of rows differ. What another seed would give is a
    different question; look at several seeds for that.

    Args:
        comparison: A comparison of a study.
        setting: Of the study that the comparison was made for.
        first, second: Which results, as indices.
        seeds: Which seed of each, as indices.
        density: Of that study, where it is at hand.

    Returns:
        The differences; O(b²·d) for subsets of b rows.

    Raises:
        ParameterError: One of the two has no subset.

    Example:
        >>> from core.data.load import load
        >>> from core.study.explain import setting_of
        >>> from core.study.study import Study
        >>> study = Study(load("sample:wine")).embed("table").group("kmeans:3")
        >>> found = study.compare(["random", "k-center"], 20, seeds=1, band=9, probe=False)
        >>> apart = differences(found, setting_of(study), 0, 1)
        >>> len(apart.first.rows) + len(apart.both), len(apart.second.rows) + len(apart.both)
        (20, 20)
    """
    a, b = (_rows(comparison, at, seed) for at, seed in zip((first, second), seeds, strict=True))
    only_a, only_b = np.setdiff1d(a, b), np.setdiff1d(b, a)
    both = np.intersect1d(a, b)
    groups, ps = _groups(setting, only_a, only_b, both)
    numbers: list[tuple[str, NDArray[np.float64]]] = []
    if density is not None:
        numbers.append(("density", density.percent))
    if setting.scores is not None:
        numbers.append(("score", setting.scores))
    shifts = [one for one in (_shift(name, of, only_a, only_b) for name, of in numbers) if one is not None]
    corrected = holm([*ps, *(one.p for one in shifts)])
    tested = iter(corrected[: len(ps)])
    groups = [
        GroupShift(g.name, g.size, g.first, g.second, g.both, None if g.p is None else next(tested))
        for g in groups
    ]
    groups.sort(key=lambda g: (-abs(_rate(g.first, only_a) - _rate(g.second, only_b)), g.name))
    return Difference(
        _side(setting, only_a, b),
        _side(setting, only_b, a),
        both,
        tuple(groups),
        tuple(
            Shift(s.name, s.first, s.second, s.leads, p)
            for s, p in zip(shifts, corrected[len(ps) :], strict=True)
        ),
        "" if setting.features is None else setting.features.metric,
        len(corrected),
    )


def _rows(comparison: Comparison, at: int, seed: int) -> Rows:
    result = comparison.results[at]
    if not result.selections:
        raise ParameterError(
            f"{result.name} has no subset to look at", result.reason, "choose a strategy that ran"
        )
    return result.selections[seed].rows


def _rate(count: int, rows: Rows) -> float:
    return count / len(rows) if len(rows) else 0.0


def _groups(setting: Setting, only_a: Rows, only_b: Rows, both: Rows) -> tuple[list[GroupShift], list[float]]:
    """Counts of every group that one side holds; p-values in the same order for those that were tested."""
    if setting.groups is None:
        return [], []
    from scipy.stats import fisher_exact

    count = len(setting.groups.names)
    in_a, in_b, in_both = (
        np.bincount(setting.groups.codes[rows], minlength=count).tolist() for rows in (only_a, only_b, both)
    )
    made, ps = [], []
    for code, name in enumerate(setting.groups.names):
        x, y = in_a[code], in_b[code]
        if not x + y:
            continue
        p = None
        if len(only_a) and len(only_b):
            table = np.array([[x, len(only_a) - x], [y, len(only_b) - y]])
            p = float(fisher_exact(table).pvalue)
            ps.append(p)
        made.append(GroupShift(name, int(setting.sizes[code]), x, y, in_both[code], p))
    return made, ps


def _shift(name: str, values: NDArray[np.float64], only_a: Rows, only_b: Rows) -> Shift | None:
    from scipy.stats import mannwhitneyu

    a, b = (values[rows][np.isfinite(values[rows])] for rows in (only_a, only_b))
    if not len(a) or not len(b):
        return None
    if len(np.unique(np.concatenate([a, b]))) == 1:  # nothing to order
        return Shift(name, float(a[0]), float(b[0]), 0.5, 1.0)
    test = mannwhitneyu(a, b)
    leads = float(test.statistic) / (len(a) * len(b))
    return Shift(name, float(np.median(a)), float(np.median(b)), leads, float(test.pvalue))


def _side(setting: Setting, rows: Rows, other: Rows) -> Side:
    """Rows of one side with those farthest from the other subset, ties to the lower position."""
    if setting.features is None or not len(rows) or not len(other):
        return Side(rows)
    x = setting.features.matrix
    other = np.sort(other)
    at, gaps = nearest_among(x[rows], np.ascontiguousarray(x[other]), 1, setting.features.metric)
    gap = gaps[:, 0].astype(np.float64)
    far = np.lexsort((rows, -gap))[:EXAMPLES]
    examples = tuple(Example(int(rows[i]), int(other[at[i, 0]]), float(gap[i])) for i in far.tolist())
    return Side(rows, examples, float(np.median(gap)))
