"""How densely each row is surrounded, and where in that order a subset lies.

A row's density is the distance to its tenth nearest other row: the shorter, the denser (Loftsgaarden and
Quesenberry, 1965). Only the order is used, so nothing depends on the unit of the features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.any_size_graph import neighbour_graph
from ...foundation.arrays.array_types import Graph, Rows
from ...foundation.arrays.neighbour_graph import EXTRA, nearest_among
from ...foundation.errors import ParameterError
from ...foundation.progress import SILENT, Progress
from ...foundation.wording import count
from ...model.derived import Features

NEIGHBOUR = 10
TENTHS = 10
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Density:
    """Density of the eligible rows, relative to each other.

    Args:
        distance: Shape (n,), float64: distance to the k-th nearest other eligible row; NaN for rows that may
            not be chosen.
        percent: Shape (n,), float64: how many of the other eligible rows are strictly sparser, in percent;
            NaN for rows that may not be chosen.
        tenth: Shape (n,), int64: 0 (the sparsest tenth of the eligible rows) to 9 (the densest), −1 for rows
            that may not be chosen. Rows of equal distance share a tenth, the one of their middle.
        k: Which neighbour; fewer than 10 only where there are fewer rows.
        metric: Of the distances, "cosine" (1 − cos) or "euclidean".
        note: How neighbours were found, a sentence, where not all are the true ones.
    """

    distance: Floats
    percent: Floats
    tenth: Rows
    k: int
    metric: str
    note: str

    @property
    def rows(self) -> int:
        """Eligible rows: what the order is relative to."""
        return int((self.tenth >= 0).sum())

    @property
    def sizes(self) -> Rows:
        """Eligible rows in each tenth, sparsest first; unequal only where rows tie."""
        return self.counts(np.flatnonzero(self.tenth >= 0))

    def counts(self, rows: Rows) -> Rows:
        """How many of some eligible rows lie in each tenth, sparsest first, shape (10,)."""
        return np.bincount(self.tenth[rows], minlength=TENTHS).astype(np.int64)


def density(
    features: Features, graph: Graph, *, eligible: Rows | None = None, progress: Progress = SILENT
) -> Density:
    """Density of every eligible row, from the shared neighbour graph of all rows.

    Neighbours that may not be chosen are passed over. Rows whose list in the graph is too short for that are
    searched again among the eligible rows, so the result is that of a data set of the eligible rows alone.

    Args:
        features: Of all n rows.
        graph: Their neighbour graph; 10 neighbours or more where there are as many rows.
        eligible: Ascending positions that may be chosen; None for all.
        progress: Told how far the work is; may cancel it.

    Returns:
        The densities; O(n·k) without a filter, else O(m·n·d) for the m rows that are searched again.

    Raises:
        ParameterError: Fewer than two rows may be chosen.

    Example:
        >>> x = np.array([[0.0], [1.0], [2.0], [9.0]], np.float32)
        >>> from core.model.inputs import Features
        >>> line = Features(x, "euclidean", "key", "one number")
        >>> found = density(line, neighbour_graph(x, 3, "euclidean"))
        >>> found.distance.tolist(), found.percent.round().tolist()
        ([9.0, 8.0, 7.0, 9.0], [0.0, 67.0, 100.0, 0.0])
    """
    n = len(features.matrix)
    rows = np.arange(n) if eligible is None else eligible
    if len(rows) < 2:
        raise ParameterError(
            "There is no density to show",
            f"{len(rows)} of {count(n, 'row')} may be chosen, and a row alone has no neighbours",
            "widen the filter, or take fewer bans",
        )
    k = min(NEIGHBOUR, len(rows) - 1)
    near = _distances(features, graph, rows, k, progress)
    ascending = np.sort(near)
    below = np.searchsorted(ascending, near, "left")
    upto = np.searchsorted(ascending, near, "right")
    sparser, equal = len(rows) - upto, upto - below
    distance, percent = np.full(n, np.nan), np.full(n, np.nan)
    tenth = np.full(n, -1, np.int64)
    distance[rows] = near
    percent[rows] = 100 * sparser / (len(rows) - 1)
    # Whole numbers throughout: the middle rank of tied rows, (sparser + equal / 2) / rows, in tenths.
    tenth[rows] = TENTHS * (2 * sparser + equal) // (2 * len(rows))
    for array in (distance, percent, tenth):
        array.flags.writeable = False
    return Density(distance, percent, tenth, k, features.metric, graph.note)


def _distances(features: Features, graph: Graph, rows: Rows, k: int, progress: Progress) -> Floats:
    """Distance of each of `rows` to the k-th nearest other one among them, float64."""
    x = features.matrix
    if len(rows) == len(x):
        return graph.distances[:, k - 1].astype(np.float64)
    mask = np.zeros(len(x), bool)
    mask[rows] = True
    seen = np.cumsum(mask[graph.indices[rows]], axis=1)
    enough = seen[:, -1] >= k
    at = (seen >= k).argmax(axis=1)
    near = np.take_along_axis(graph.distances[rows], at[:, None], axis=1)[:, 0].astype(np.float64)
    short = np.flatnonzero(~enough)
    if not len(short):
        return near
    part = np.ascontiguousarray(x[rows])
    if 2 * len(short) > len(rows):
        again = neighbour_graph(part, k, features.metric, progress=progress)
        near[short] = again.distances[short, k - 1]
        return near
    # The row itself is among its nearest, at no greater distance than any other: the k-th other comes next.
    _, gaps = nearest_among(part[short], part, k + 1 + EXTRA, features.metric, progress=progress)
    near[short] = np.sort(gaps, axis=1)[:, k]
    return near
