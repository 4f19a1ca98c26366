"""Terms that several metrics share, for many subsets in one blocked pass.

The sums of kernel and distance from one row to the evaluation sample do not depend on the subset, so they
are kept per row; only the minimum over a subset's rows needs the subset. One product per block of
evaluation rows therefore serves every subset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.parallel import in_parallel
from ..foundation.progress import SILENT, Progress
from .geometry import turned
from .pool import EVALUATION_ROWS, Pool

SUBSET_ROWS = EVALUATION_ROWS
"""Pairs inside a subset are taken among at most this many of its rows (smallest evaluation rank first)."""
_BLOCK = 256
_CELLS = 1 << 24  # float32 cells of one block of distances (64 MiB)


@dataclass
class SubsetBatch:
    """Subsets to measure, with the terms that metrics share, each computed once.

    Args:
        pool: What they are subsets of.
        subsets: Positions in the population.
        weights: One array per subset (any positive scale), or None for equal weights.
        progress: Called inside the loops; may cancel.
        sums: Take the sums that `cross` needs in the same pass as the minima.
        balls: Count the local balls that `counts` needs in the same pass.
    """

    pool: Pool
    subsets: Sequence[Rows]
    weights: Sequence[NDArray[np.float64]] | None = None
    progress: Progress = SILENT
    sums: bool = True
    balls: bool = False
    shares: list[NDArray[np.float64]] = field(init=False)
    _own: tuple[NDArray[np.float64], NDArray[np.float64]] | None = field(init=False, default=None)
    _balls: NDArray[np.float64] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.weights is None:
            self.shares = [np.full(len(rows), 1.0 / max(1, len(rows))) for rows in self.subsets]
        else:
            self.shares = [weight / weight.sum() for weight in self.weights]

    def __len__(self) -> int:
        return len(self.subsets)

    @cached_property
    def nearest(self) -> NDArray[np.float32]:
        """Distance from each evaluation row to the nearest chosen row, float32 (subsets, e).

        O(e · u · d) for u distinct chosen rows, O(block · u) memory. Chosen rows are at distance exactly 0.
        """
        return self._pass(True)

    @cached_property
    def cross(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean kernel and mean distance between a subset and the evaluation sample, each (subsets,)."""
        size = len(self.pool.evaluation)
        kernel_sum, distance_sum = self._sums
        if self.pool.rank is None:
            local = list(self.subsets)
        else:
            local = [np.searchsorted(self._union, rows) for rows in self.subsets]
        pairs = list(zip(local, self.shares, strict=True))
        kernel = np.array([share @ kernel_sum[rows] for rows, share in pairs])
        distance = np.array([share @ distance_sum[rows] for rows, share in pairs])
        return kernel / size, distance / size

    @property
    def _sums(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Kernel and distance sums of rows: of all rows where all are evaluated, else of the union.

        A product rounds by where a row lies in it. So sums are never handed from one batch to another, or
        the last digit of a value would depend on what was measured before it.
        """
        if self.pool.rank is None:
            return self._evaluation_sums
        if self._own is None:
            self._pass(False)
        assert self._own is not None
        return self._own

    @property
    def _evaluation_sums(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Kernel and distance sums of the evaluation rows, made once, in canonical order."""
        pool = self.pool
        if pool.sums is None:
            every = SubsetBatch(pool, [pool.evaluation], progress=self.progress)
            every._pass(False)
            pool.sums = every._own
        assert pool.sums is not None
        return pool.sums

    @cached_property
    def counts(self) -> NDArray[np.float64]:
        """Local balls of evaluation rows that hold a chosen row, on average over chosen rows, (subsets,)."""
        if self.pool.rank is None:
            held_by, local = self.evaluation_counts, list(self.subsets)
        else:
            if self._balls is None:
                self.balls = True
                self._pass(False)
            assert self._balls is not None
            held_by, local = self._balls, [np.searchsorted(self._union, rows) for rows in self.subsets]
        return np.array([share @ held_by[rows] for rows, share in zip(local, self.shares, strict=True)])

    @property
    def evaluation_counts(self) -> NDArray[np.float64]:
        """Local balls that hold each evaluation row, made once, in canonical order."""
        pool = self.pool
        if pool.ball_count is None:
            every = SubsetBatch(pool, [pool.evaluation], progress=self.progress, balls=True)
            every._pass(False)
            pool.ball_count = every._balls
        assert pool.ball_count is not None
        return pool.ball_count

    @cached_property
    def whole(self) -> tuple[float, float]:
        """Mean kernel and mean distance inside the evaluation sample, the zero diagonal included."""
        size = len(self.pool.evaluation)
        kernel_sum, distance_sum = self._evaluation_sums
        return float(kernel_sum.sum()) / size**2, float(distance_sum.sum()) / size**2

    @cached_property
    def inside(self) -> tuple[NDArray[np.float64], NDArray[np.float64], list[NDArray[np.float64]]]:
        """Mean kernel, mean distance, and each row's distance to its nearest other row, inside each subset.

        Above 5,000 chosen rows the pairs are those among the 5,000 with the smallest evaluation rank; the
        diagonal is then put back at the subset's own size.
        """
        results = list(in_parallel(self._inside, range(len(self)), self.progress, "pairs inside each subset"))
        return (
            np.array([result[0] for result in results]),
            np.array([result[1] for result in results]),
            [result[2] for result in results],
        )

    @cached_property
    def _union(self) -> Rows:
        seen = np.zeros(self.pool.n, bool)
        for rows in self.subsets:
            seen[rows] = True
        return np.flatnonzero(seen).astype(np.int64)

    def _pass(self, minima: bool) -> NDArray[np.float32]:
        pool, union = self.pool, self._union
        size = len(pool.evaluation)
        where = np.full(pool.n, -1, np.int64)
        where[union] = np.arange(len(union))
        local = [where[rows] for rows in self.subsets]
        points = pool.points(union)
        at = pool.place[union]
        sums = (self.sums and pool.rank is not None) if minima else True
        reach = pool.balls if self.balls and (pool.rank is not None or not minima) else None
        gamma = np.float32(-0.5 / pool.bandwidth**2)
        width = int(np.clip(_CELLS // max(1, len(union)), 64, 512))
        starts = range(0, size, width)

        def block(
            start: int,
        ) -> tuple[NDArray[np.float32] | None, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
            stop = min(start + width, size)
            probes = np.ascontiguousarray(pool.probes[:, start:stop])
            squared = np.empty((len(union), stop - start), np.float32)
            kernel = np.zeros(len(union))
            distance = np.zeros(len(union))
            count = np.zeros(len(union))
            own = np.flatnonzero((at >= start) & (at < stop))
            for low in range(0, len(union), 2_048):
                high = min(low + 2_048, len(union))
                part = squared[low:high]
                np.matmul(points[low:high], probes, out=part)
                np.maximum(part, 0, out=part)
                mine = own[np.searchsorted(own, low) : np.searchsorted(own, high)]
                part[mine - low, at[mine] - start] = 0  # a row is at distance exactly 0 from itself
                if sums:
                    scratch = np.sqrt(part)
                    distance[low:high] = scratch.sum(axis=1)
                    np.multiply(part, gamma, out=scratch)
                    np.exp(scratch, out=scratch)
                    kernel[low:high] = scratch.sum(axis=1)
                if reach is not None:
                    count[low:high] = held(part, reach[start:stop]).sum(axis=1)
            least = None
            if minima:
                least = np.empty((len(local), stop - start), np.float32)
                for number, rows in enumerate(local):
                    self.progress.check()
                    part = squared if len(rows) == len(union) else squared[rows]
                    part.min(axis=0, out=least[number])
            return least, kernel, distance, count

        out = np.empty((len(self) if minima else 0, size), np.float32)
        kernel_sum = np.zeros(len(union))
        distance_sum = np.zeros(len(union))
        ball_count = np.zeros(len(union))
        for start, (least, kernel, distance, count) in zip(
            starts, in_parallel(block, starts, self.progress, "distances to the data set"), strict=True
        ):
            if least is not None:
                out[:, start : start + width] = least
            kernel_sum += kernel
            distance_sum += distance
            ball_count += count
        if reach is not None:
            self._balls = ball_count
        if sums:
            self._own = kernel_sum, distance_sum
        return np.sqrt(out, out=out)

    def _inside(self, number: int) -> tuple[float, float, NDArray[np.float64]]:
        pool, rows, share = self.pool, self.subsets[number], self.shares[number]
        diagonal = float(share @ share)
        if len(rows) > SUBSET_ROWS:
            assert pool.rank is not None  # so many rows cannot be chosen from a smaller population
            order = np.argsort(pool.rank[rows], kind="stable")
            rows, share = rows[order[:SUBSET_ROWS]], share[order[:SUBSET_ROWS]]
        points = pool.points(rows)
        probes = turned(points)
        part_diagonal = float(share @ share)
        p = share
        even = self.weights is None
        gamma = np.float32(-0.5 / pool.bandwidth**2)
        kernel = distance = 0.0
        least = np.full(len(rows), np.inf, np.float32)
        for low in range(0, len(rows), _BLOCK):
            self.progress.check()
            high = min(low + _BLOCK, len(rows))
            squared = points[low:high] @ probes[:, low:]  # the rest follows by symmetry
            np.maximum(squared, 0, out=squared)
            step = np.arange(high - low)
            squared[step, step] = 0
            scratch = np.sqrt(squared)
            inner, outer = p[low:high], p[high:]
            distance += _weigh(scratch, inner, outer, even)
            np.multiply(squared, gamma, out=scratch)
            np.exp(scratch, out=scratch)
            kernel += _weigh(scratch, inner, outer, even)
            squared[step, step] = np.inf
            least[low:high] = np.minimum(least[low:high], squared.min(axis=1))
            least[low:] = np.minimum(least[low:], squared.min(axis=0))
        if len(rows) < len(self.subsets[number]):
            total = float(p.sum())
            spare = total * total - part_diagonal
            kernel = diagonal + (kernel - part_diagonal) / spare * (1 - diagonal)
            distance = distance / spare * (1 - diagonal)
        return kernel, distance, np.sqrt(least).astype(np.float64)


def held(squared: NDArray[np.float32], reach: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether squared distances lie strictly inside squared reaches; a row at distance 0 always does.

    Without the second part a row whose nearest rows are its copies would not even hold itself.
    """
    inside: NDArray[np.bool_] = (squared < reach) | (squared == 0)
    return inside


def _weigh(
    block: NDArray[np.float32], inner: NDArray[np.float64], outer: NDArray[np.float64], even: bool
) -> float:
    """Weighted sum of a block of a symmetric matrix: its diagonal part once, what lies right of it twice."""
    width = len(inner)
    if even:  # pairwise float32 sums per row are accurate, and far cheaper than float64 products
        rows = block[:, :width].sum(axis=1).astype(np.float64)
        rows += 2.0 * block[:, width:].sum(axis=1)
        return float(inner[0] * inner[0] * rows.sum())
    return float(inner @ (block[:, :width] @ inner) + 2 * (inner @ (block[:, width:] @ outer)))
