"""What every subset is measured against: the data set, prepared once.

The evaluation sample, the data set's own distance and kernel terms, column encodings and group shares are
computed here and shared by all subsets, so that two hundred of them cost little more than one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.arrays.components import linked
from ..foundation.arrays.distances import typical
from ..foundation.parallel import in_parallel
from ..foundation.permanent_random import EVALUATION, smallest, uniforms
from ..foundation.progress import SILENT, Progress
from ..model.inputs import Inputs
from ..model.needs import Need
from .column_distributions import Category, ColumnKind, Number, category_of, column_kinds, number_of
from .geometry import augmented, identical, turned

EVALUATION_ROWS = 5_000
EPSILON_NEIGHBOUR = 10
"""ε of covered@ε is the median distance of a row to its 10th nearest other row."""
_ZERO = 4e-7  # squared distances in float32 below this share of the squared lengths are rounding
BANDWIDTH_ROWS = 2_000
GRAPH_ROWS = 100_000
"""Above this the exact neighbour graph is not asked for (see `Pool.epsilon`, `Pool.components`)."""
NEAR_COSINE = 0.98
NEAR_SHARE = 0.05
CORRELATION_COLUMNS = 500
BALL_NEIGHBOUR = 5
"""Local balls reach to the 5th nearest other evaluation row."""
SLICES = 64
"""Directions of the sliced Wasserstein distance."""


@dataclass
class Pool:
    """A data set (its eligible rows) prepared for measuring subsets of it. Make it with `prepare`.

    Terms are computed when first asked for and then kept.

    Args:
        inputs: The eligible population in canonical order.
        kinds: Columns to compare, and how.
        evaluation: Rows that stand for the data set in distance and kernel metrics, ascending.
        rank: Evaluation rank of every row (smallest u first) where there are more rows than that, else None.
        progress: Of the work under way; set by `measure_many`.
    """

    inputs: Inputs
    kinds: Mapping[str, ColumnKind]
    evaluation: Rows
    rank: Rows | None
    progress: Progress = SILENT
    # Kernel and distance sums of each evaluation row over all of them, made when first asked for.
    sums: tuple[NDArray[np.float64], NDArray[np.float64]] | None = field(init=False, default=None)
    # Local balls that hold each evaluation row, likewise.
    ball_count: NDArray[np.float64] | None = field(init=False, default=None)

    @property
    def n(self) -> int:
        """Rows in the population."""
        return self.inputs.n

    @property
    def exact(self) -> bool:
        """The evaluation sample is the whole population."""
        return self.rank is None

    def has(self, need: Need) -> bool:
        """Whether metrics that need this can be computed."""
        return {
            Need.FEATURES: self.inputs.features is not None,
            Need.GROUPS: self.inputs.groups is not None,
            Need.LABELS: self.inputs.labels is not None,
            Need.COLUMNS: bool(self.kinds),
            Need.TEXT: self.inputs.texts is not None,
        }.get(need, False)

    @cached_property
    def x(self) -> NDArray[np.float32]:
        """The features in their own metric: Euclidean distance between these rows is the distance."""
        return self.inputs.matrix()

    @cached_property
    def directions(self) -> NDArray[np.float32]:
        """Rows of length 1 for cosine similarity; Euclidean features less the data set's mean.

        Without that, the similarity of Euclidean rows would depend on where the origin happens to be.
        """
        assert self.inputs.features is not None
        if self.inputs.features.metric == "cosine":
            return self.x
        moved: NDArray[np.float32] = self.x - self.x.mean(axis=0, dtype=np.float64).astype(np.float32)
        length = np.sqrt(np.einsum("ij,ij->i", moved, moved, dtype=np.float64))
        tiny = length <= 1e-6 * max(1e-30, float(np.abs(self.x).max(initial=0.0)))
        moved[tiny] = 0  # rounding is no direction
        length[tiny] = 1.0
        moved /= length[:, None].astype(np.float32)
        return moved

    @cached_property
    def centre(self) -> NDArray[np.float32]:
        """Mean of the evaluation rows; taking it off first keeps float32 products accurate."""
        mean: NDArray[np.float32] = self.x[self.evaluation].mean(axis=0, dtype=np.float64).astype(np.float32)
        return mean

    def points(self, rows: Rows) -> NDArray[np.float32]:
        """Centred features with their squared length and a one appended, (len(rows), d + 2)."""
        return augmented(self.x[rows] - self.centre)

    @cached_property
    def probes(self) -> NDArray[np.float32]:
        """Evaluation rows as (d + 2, e), such that ``points @ probes`` is the squared distance."""
        return turned(self.points(self.evaluation))

    @cached_property
    def place(self) -> Rows:
        """Position of each row in the evaluation sample, −1 outside it."""
        place = np.full(self.n, -1, np.int64)
        place[self.evaluation] = np.arange(len(self.evaluation))
        return place

    @cached_property
    def median_distance(self) -> float:
        """Median distance of two evaluation rows that differ (of the first 2,000 in evaluation order).

        0 where all of them coincide.
        """
        rows = self.evaluation
        if len(rows) > BANDWIDTH_ROWS:
            order = self.rank[rows] if self.rank is not None else _evaluation_order(self.inputs)[rows]
            rows = np.sort(rows[np.argsort(order, kind="stable")[:BANDWIDTH_ROWS]])
        if len(rows) < 2:
            return 0.0
        points = self.points(rows)
        squared = points @ turned(points)
        upper, length = np.triu_indices(len(rows), 1), points[:, -2]
        zero = np.sqrt(_ZERO * (length[upper[0]] + length[upper[1]]))
        return typical(np.sqrt(np.maximum(squared[upper], 0)), zero)

    @cached_property
    def bandwidth(self) -> float:
        """σ of the Gaussian kernel: the median distance; where that is 0, the root mean square; else 1.

        Every threshold that is a share of the median distance is a share of this, so that none is 0.
        """
        if self.median_distance > 0:
            return self.median_distance
        spread = float(np.sqrt(2 * np.var(self.x[self.evaluation], axis=0, dtype=np.float64).sum()))
        return spread if spread > 0 else 1.0

    @cached_property
    def epsilon(self) -> float:
        """Median over rows of the distance to the 10th nearest other row, rows with so many copies left out.

        Over all rows up to 100,000; above, over 1,000 evaluation rows (their neighbours among all rows).
        """
        k = min(EPSILON_NEIGHBOUR, self.n - 1)
        if k < 1:
            return 0.0
        if self.exact:
            return self._typical_chord(self._near[0], np.arange(self.n))
        if self.n <= GRAPH_ROWS:
            graph = self.inputs.neighbours(k, self.progress)
            far = graph.distances[:, k - 1].astype(np.float64)
            return self._typical_chord(2 * far if graph.metric == "cosine" else far**2, np.arange(self.n))
        assert self.rank is not None
        rows = np.flatnonzero(self.rank < 1_000)
        probes = turned(self.points(rows))
        best = np.full((len(rows), k + 1), np.inf, np.float32)
        for start in range(0, self.n, 8_192):
            self.progress(start, self.n, "distances to neighbours")
            block = self.points(np.arange(start, min(start + 8_192, self.n))) @ probes
            both = np.concatenate([best, block.T], axis=1)
            best = np.partition(both, k, axis=1)[:, : k + 1]
        return self._typical_chord(best.max(axis=1), rows)

    def _typical_chord(self, squared: NDArray[Any], rows: Rows) -> float:
        """Median distance of these rows to another each, copies left out."""
        centred = self.x[rows] - self.centre
        length = np.einsum("ij,ij->i", centred, centred, dtype=np.float64)
        return typical(np.sqrt(np.maximum(squared, 0)), np.sqrt(2 * _ZERO * length))

    @cached_property
    def balls(self) -> NDArray[np.float32]:
        """Squared reach of each evaluation row's local ball, float32 (e,).

        The ball is open and ends at the 5th nearest other evaluation row. Halfway to the 4th (in squares) it
        holds the same rows, and rounding cannot move the 5th one inside.
        """
        size = len(self.evaluation)
        k = min(BALL_NEIGHBOUR, size - 1)
        if k < 1:
            return np.zeros(size, np.float32)

        def block(start: int) -> NDArray[np.float32]:
            stop = min(start + 256, size)
            squared = np.maximum(self.points(self.evaluation[start:stop]) @ self.probes, 0)
            squared[np.arange(stop - start), np.arange(start, stop)] = np.inf
            last = np.partition(squared, [k - 2, k - 1] if k > 1 else k - 1, axis=1)
            inner = last[:, k - 2] if k > 1 else np.float32(0)
            return ((inner + last[:, k - 1]) / 2).astype(np.float32)

        return np.concatenate(list(in_parallel(block, range(0, size, 256), self.progress, "local balls")))

    @cached_property
    def slices(self) -> NDArray[np.float32]:
        """Directions that rows are projected on, unit columns (d, slices); one column where d = 1.

        They depend on d alone, so every subset of every data set of this width is seen from the same sides.
        """
        d = self.x.shape[1]
        if d == 1:
            return np.ones((1, 1), np.float32)
        normal = np.random.Generator(np.random.Philox([d, SLICES])).normal(size=(d, SLICES))
        unit: NDArray[np.float32] = (normal / np.linalg.norm(normal, axis=0)).astype(np.float32)
        return unit

    @cached_property
    def sliced(self) -> NDArray[np.float64]:
        """Evaluation rows projected on every direction and sorted, float64 (slices, e)."""
        return np.sort((self.points(self.evaluation)[:, :-2] @ self.slices).astype(np.float64).T, axis=1)

    @cached_property
    def words(self) -> NDArray[np.float64]:
        """Words in the text of each row, float64 (n,)."""
        assert self.inputs.texts is not None
        return np.array([len(text.split()) for text in self.inputs.texts], np.float64)

    @cached_property
    def near_squared(self) -> float:
        """Squared distance within which two rows are near-duplicates."""
        assert self.inputs.features is not None
        if self.inputs.features.metric == "cosine":
            return 2 * (1 - NEAR_COSINE)
        return float((NEAR_SHARE * self.bandwidth) ** 2)

    @cached_property
    def _near(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Squared distance to the 10th nearest other row, and near pairs (p, 2); all rows, blocked."""
        k = min(EPSILON_NEIGHBOUR, self.n - 1)

        def block(start: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
            rows = np.arange(start, min(start + 256, self.n))
            squared = np.maximum(self.points(rows) @ self.probes, 0)
            squared[rows - start, rows] = np.inf
            a, b = np.nonzero(squared <= self.near_squared)
            kth = np.partition(squared, k - 1, axis=1)[:, k - 1].astype(np.float64)
            pairs = np.column_stack([a + start, b])
            return kth, pairs[pairs[:, 0] < pairs[:, 1]]

        parts = list(in_parallel(block, range(0, self.n, 256), self.progress, "near-duplicates"))
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    @cached_property
    def components(self) -> Rows:
        """Near-duplicate component of every row, int64 (n,), numbered by first row.

        Rows with the same features are one component, and so are rows linked by pairs within the threshold:
        all pairs up to 5,000 rows, pairs among the 10 nearest neighbours up to 100,000; above, only
        rows with the same features.
        """
        pairs = [identical(self.x)]
        if self.exact and self.n > 1:
            pairs.append(self._near[1])
        elif 1 < self.n <= GRAPH_ROWS:
            k = min(EPSILON_NEIGHBOUR, self.n - 1)
            graph = self.inputs.neighbours(k, self.progress)
            distance = graph.distances[:, :k].astype(np.float64)
            squared = 2 * distance if graph.metric == "cosine" else distance**2
            a, b = np.nonzero(squared <= self.near_squared)
            pairs.append(np.column_stack([a, graph.indices[a, b].astype(np.int64)]))
        return linked(self.n, np.concatenate(pairs))

    @cached_property
    def categories(self) -> tuple[Category, ...]:
        """Columns compared by TV."""
        if self.inputs.frame is None:
            return ()
        frame = self.inputs.frame
        return tuple(
            category_of(name, frame[name]) for name, kind in self.kinds.items() if kind == "category"
        )

    @cached_property
    def numbers(self) -> tuple[Number, ...]:
        """Columns compared by KS."""
        if self.inputs.frame is None:
            return ()
        frame = self.inputs.frame
        names = [name for name, kind in self.kinds.items() if kind == "number"]
        return tuple(number_of(name, frame[name]) for name in names)

    @cached_property
    def standard(self) -> NDArray[np.float64] | None:
        """Standardised columns (n, c) for correlations; None below 2 or above 500 varying ones."""
        varying = [number.standard for number in self.numbers if number.standard is not None]
        if not 2 <= len(varying) <= CORRELATION_COLUMNS:
            return None
        return np.column_stack(varying)

    @cached_property
    def group_shares(self) -> NDArray[np.float64]:
        """Share of the population in each group."""
        assert self.inputs.groups is not None
        shares: NDArray[np.float64] = self.inputs.groups.sizes / max(1, self.n)
        return shares

    def describe(self) -> dict[str, object]:
        """The evaluation sample and conventions, in words and numbers, for reports."""
        out: dict[str, object] = {
            "rows": len(self.evaluation),
            "of": self.n,
            "stream": EVALUATION,
            "seed": 0,
            "serves": "distance and kernel metrics",
            "coverage_radius": "exact" if self.exact else "at least",
            "columns": dict(self.kinds),
        }
        if self.inputs.features is not None:
            out |= {
                "features": self.inputs.features.label,
                "metric": self.inputs.features.metric,
                "bandwidth": self.bandwidth,
                "near_duplicates": f"cosine at least {NEAR_COSINE}"
                if self.inputs.features.metric == "cosine"
                else f"distance at most {NEAR_SHARE:g} of the median distance of rows that differ",
            }
            if "epsilon" in self.__dict__:
                out |= {"epsilon": self.epsilon, "epsilon_neighbour": EPSILON_NEIGHBOUR}
        return out


def _evaluation_order(inputs: Inputs) -> Rows:
    u = uniforms(inputs.keys, 0, EVALUATION)
    rank = np.empty(inputs.n, np.int64)
    rank[np.argsort(u, kind="stable")] = np.arange(inputs.n)
    return rank


def prepare(
    inputs: Inputs, columns: Mapping[str, ColumnKind] | None = None, progress: Progress = SILENT
) -> Pool:
    """Prepare a data set for measuring subsets of it.

    Args:
        inputs: The eligible population in canonical order (bans and filters gone).
        columns: Columns to compare and how; None to read them off the values (see `column_kinds`).
        progress: May cancel.

    Returns:
        The pool. Terms are computed when first asked for; memory O(n + e·d) above the inputs, with e ≤ 5,000
        evaluation rows.
    """
    progress.check()
    rank = None
    evaluation: Rows = np.arange(inputs.n, dtype=np.int64)
    if inputs.n > EVALUATION_ROWS:
        rank = _evaluation_order(inputs)
        evaluation = np.sort(smallest(rank.astype(np.float64), EVALUATION_ROWS))
    kinds = column_kinds(inputs) if columns is None else columns
    # By name: the order of columns in a file must not reach a sum or break a tie.
    return Pool(inputs, dict(sorted(kinds.items())), evaluation, rank)
