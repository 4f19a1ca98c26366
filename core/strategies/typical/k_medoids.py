"""k-medoids: rows whose summed distance to all others no swap makes smaller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.threads import single_blas
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import Picks
from ..declaration import Cost, Promises, declare
from ..parts.clusters import filled, represented
from ..parts.gaps import Gaps
from ..parts.kmeans import plus_plus
from ..parts.shared_parameters import Distance
from ..parts.similarity import DENSE
from ..wishes import Wish

FULL = 20_000  # rows up to which every row is a candidate
NEAR = 10  # above, so many rows next to each medoid are
_BLOCK = 1 << 24  # distances of candidates held at once: 64 MB
_ENOUGH = 1e-11  # a swap must lower the summed distance by this share of it: less is rounding

Between = Callable[[Rows, Rows | None], NDArray[np.float32]]


def _work(n: int, d: int, k: int) -> dict[str, float]:
    """Double-precision products count twice; swaps number a few for each medoid."""
    start = 4.0 * n * d * k
    if n <= DENSE:
        return {"gemm": 4.0 * n * n * d, "scan": start + 60.0 * n * n, "steps": 2000.0 * n}
    rows = 3.0 * (n if n <= FULL else min(n, NEAR * k))
    return {"gemm": 4.0 * n * d * (rows + 2 * k), "scan": start + 20.0 * n * rows, "steps": 1000.0 * rows}


@declare(
    id="k-medoids",
    version=1,
    label="k-medoids",
    sentence="Starts from spread-out rows and swaps chosen rows for others as long as that brings all rows "
    "nearer to the subset.",
    family="geometry",
    needs={Need.FEATURES},
    promises=Promises(bound=f"no single swap lowers the summed distance, up to {DENSE:,} rows"),
    weight=Weight.NONE,
    cost=Cost(
        work=_work,
        memory=lambda n, d, k: (
            8.0 * n * d + (4.0 * n * n if n <= DENSE else 8.0 * _BLOCK) + 8.0 * k * d + 200.0 * n + 2**27
        ),
        text=f"O(n²·d) time per pass up to {FULL:,} rows, O({NEAR}·k·n·d) above; O(n²) memory up to "
        f"{DENSE:,} rows, O(n·d) above",
    ),
    when="Real rows should stand for clusters, and single outliers should not bend them.",
    when_not="Rare rows matter, or there are very many rows and cluster centres would do.",
    answers={Wish.TYPICAL},
    paper=Reference(
        "E. Schubert, P. J. Rousseeuw",
        2021,
        "Fast and eager k-medoids clustering: O(k) runtime improvement of the PAM, CLARA, and CLARANS "
        "algorithms",
        "Information Systems 101",
        "doi:10.1016/j.is.2021.101804",
        f"Starts by k-means++; pinned rows are medoids that are never swapped. Above {DENSE:,} rows it ends "
        f"after some passes; above {FULL:,} only the {NEAR} rows nearest to each medoid are swapped in.",
    ),
)
def k_medoids(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    metric: Distance = "auto",
    passes: Annotated[
        int,
        Par(
            f"Passes over the candidates, at most, when there are more than {DENSE:,} rows; below, they go "
            "on until no swap helps.",
            1,
            20,
            1,
            advanced=True,
        ),
    ] = 3,
) -> Picks:
    """FasterPAM's eager swaps, all distances at hand up to a limit, those of candidates in blocks above."""
    x, pins, n = np.asarray(inputs.matrix(metric), np.float32), inputs.pins, inputs.n
    notes: tuple[str, ...] = ()
    with single_blas():
        start = plus_plus(x, budget, pins, draws.generator("start"), progress.part(0, 0.1))
        gaps = Gaps.of(x)
        between: Between = gaps
        if n <= DENSE:
            between = _looked_up(gaps.table(progress.part(0.1, 0.4)))
        state = Medoids(between, filled(start, budget, n), len(pins), n)
        if not swap_eagerly(state, None if n <= DENSE else passes, n <= FULL, progress.part(0.4, 0.95)):
            notes += (f"Swapping ended after {passes} passes, before no swap helped any more.",)
    if n > FULL:
        notes += (f"Only the {NEAR} rows nearest to each chosen row were candidates in each pass.",)
    size = np.bincount(state.first, minlength=budget)
    size[: len(pins)] = n
    order = np.argsort(-size, kind="stable")
    owner = np.argsort(order)[state.first]
    rows = state.rows[order]
    return Picks(rows, represents=represented(x, rows, owner=owner), notes=notes)


def _looked_up(table: NDArray[np.float32]) -> Between:
    """Distances read from a table of all."""

    def between(rows: Rows, others: Rows | None = None) -> NDArray[np.float32]:
        return table[rows] if others is None else table[rows[:, None], others]

    return between


class Medoids:
    """Medoids with the nearest and second nearest of each row, kept up to date under swaps.

    Args:
        between: Distances of some rows to others, or to all.
        rows: The medoids, shape (k,).
        held: How many of them, the first ones, are never swapped.
        n: Rows in all.

    After Schubert and Rousseeuw, 2021. With d₁, d₂ the distances of a row to its nearest and second nearest
    medoid, taking a candidate at distance d in for medoid m changes the summed distance by
    Σ min(d − d₁, 0) over all rows, plus Σ clip(d, d₁, d₂) − d₁ over the rows whose nearest medoid is m: the
    loss of removing m, as far as the candidate does not make up for it. So one pass over the rows finds the
    best medoid to swap for a candidate.
    """

    def __init__(self, between: Between, rows: Rows, held: int, n: int) -> None:
        self.between, self.rows, self.held, self.n = between, rows.copy(), held, n
        self.first, self.second = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.d1, self.d2 = np.empty(n), np.full(n, np.inf)
        self.inside = np.zeros(n, bool)
        self.inside[rows] = True
        self._rest, self._work = np.empty(n), np.empty(n)
        self._measure(np.arange(n))

    def best_swap(self, gap: NDArray[np.float64]) -> tuple[float, int]:
        """The change of the summed distance by the best swap for a candidate with distances `gap`, and it."""
        work = np.subtract(gap, self.d1, out=self._work)
        near = float(np.minimum(work, 0.0, out=work).sum())
        if near >= 0:  # removal never gains
            return 0.0, -1
        rest = np.maximum(gap, self.d1, out=self._rest)
        np.minimum(rest, self.d2, out=rest)
        rest -= self.d1
        loss = np.bincount(self.first, rest, len(self.rows))[self.held :]
        at = int(loss.argmin())
        return near + float(loss[at]), at + self.held

    def swap(self, at: int, row: int, gap: NDArray[np.float64]) -> None:
        """Put a row with distances `gap` in the place of medoid number `at`."""
        self.inside[self.rows[at]], self.inside[row] = False, True
        self.rows[at] = row
        lost = (self.first == at) | (self.second == at)
        closer = (gap < self.d1) & ~lost
        self.second[closer], self.d2[closer] = self.first[closer], self.d1[closer]
        self.first[closer], self.d1[closer] = at, gap[closer]
        middle = (gap < self.d2) & ~lost & ~closer
        self.second[middle], self.d2[middle] = at, gap[middle]
        self._measure(np.flatnonzero(lost))

    def _measure(self, rows: Rows) -> None:
        """Nearest and second nearest medoid of some rows, from scratch."""
        step = int(np.clip(_BLOCK // (4 * len(self.rows)), 16, 4_096))
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            gap, here = self.between(part, self.rows), np.arange(len(part))
            self.first[part] = nearest = gap.argmin(axis=1)
            self.d1[part] = gap[here, nearest]
            if len(self.rows) > 1:
                gap[here, nearest] = np.inf
                self.second[part] = second = gap.argmin(axis=1)
                self.d2[part] = gap[here, second]


def swap_eagerly(state: Medoids, passes: int | None, full: bool, progress: Progress) -> bool:
    """Make every swap that lowers the summed distance as soon as it is found.

    Args:
        state: Medoids, changed in place.
        passes: Passes over the candidates at most; None for no limit.
        full: Every row is a candidate; else the `NEAR` rows nearest to each medoid.
        progress: Called for every candidate; may cancel.

    Returns:
        Whether it ended because no candidate helps any more.
    """
    if state.held == len(state.rows):
        return True
    step = int(np.clip(_BLOCK // state.n, 32, 1_024))
    done, total = 0, (passes or 5) * state.n
    since, at = 0, 0  # candidates seen since the last swap
    while passes is None or at < passes:
        candidates = np.arange(state.n) if full else _next_to(state, progress)
        total = (passes or 5) * len(candidates)
        since = since if full else 0
        for start in range(0, len(candidates), step):
            part = candidates[start : start + step]
            progress(min(done, total - 1), total, "swaps")
            gaps = state.between(part, None)
            for row, gap in zip(part.tolist(), gaps, strict=True):
                progress(min(done, total - 1), total, "swaps")
                done, since = done + 1, since + 1
                if state.inside[row]:
                    continue
                exact = gap.astype(np.float64)
                change, where = state.best_swap(exact)
                if change < -_ENOUGH * float(state.d1.sum()):
                    state.swap(where, row, exact)
                    since = 0
                elif since >= len(candidates):
                    return True
        at += 1
        if since >= len(candidates):
            return True
    return False


def _next_to(state: Medoids, progress: Progress) -> Rows:
    """The rows nearest to each medoid, ascending."""
    count = min(NEAR + 1, state.n)
    found = np.zeros(state.n, bool)
    step = max(16, _BLOCK // (2 * state.n))
    for at in range(0, len(state.rows), step):
        progress.check()
        gap = state.between(state.rows[at : at + step], None)
        found[np.argpartition(gap, count - 1, axis=1)[:, :count]] = True
    return np.flatnonzero(found & ~state.inside)
