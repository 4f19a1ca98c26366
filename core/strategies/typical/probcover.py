"""ProbCover: the rows whose neighbourhoods hold the most rows that none of the others cover."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.threads import single_blas
from ...foundation.wording import clause, count
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import Picks
from ..declaration import Cost, Promises, declare
from ..parts.clusters import represented
from ..parts.declared_costs import GRAPH_TEXT, together
from ..parts.found_parameters import note
from ..parts.gaps import Gaps
from ..parts.kmeans import k_means
from ..parts.shared_parameters import Distance
from ..parts.similarity import DENSE, by_metric, squared_chords
from ..wishes import Wish

_PURE = 0.95  # share of balls that may hold one pseudo-label only
_SAMPLE = 2_000  # balls that the radius is estimated by
_CLUSTERS = 20  # pseudo-labels where there are no groups
_NEIGHBOURS = 50


def _work(n: int, d: int, k: int) -> dict[str, float]:
    radius = {"gemm": 4.0 * min(n, _SAMPLE) * n * d + 2.0 * n * d * _CLUSTERS * 25}
    radius["scan"] = 10.0 * min(n, _SAMPLE) * n + 15.0 * n * d * 25
    count = {"gemm": 2.0 * n * d * k, "scan": 6.0 * n * k, "steps": 2000.0 * k}
    if n <= DENSE:
        return together(radius, count, {"gemm": 4.0 * n * n * d, "scan": 8.0 * n * n})
    return together(radius, count, {"scan": 3000.0 * n})


@declare(
    id="probcover",
    version=2,
    label="ProbCover",
    sentence="Draws a ball around every row and takes the ball that holds the most rows not yet covered, "
    "again and again.",
    family="geometry",
    needs={Need.FEATURES},
    promises=Promises(
        deterministic=True,
        nested=True,
        bound=f"covers at least 63 % (1 − 1/e) of what is possible, without pins, up to {DENSE:,} rows",
    ),
    weight=Weight.NONE,
    cost=Cost(
        work=_work,
        memory=lambda n, d, k: (
            (1.2 * n * n if n <= DENSE else 2700.0 * n + 2**27) + 16.0 * n * d + 100.0 * n + 2**27
        ),
        text=f"O(n²·d) time and O(n²) memory up to {DENSE:,} rows; above, {GRAPH_TEXT}",
        graph=DENSE,
    ),
    when="Few rows will be labelled, and as many others as possible should lie next to one of them.",
    when_not="The budget covers everything already, or rare rows matter: dense regions come first.",
    answers={Wish.FITS},
    gain="How many rows lie within the radius of it and of no row chosen before. It rises again where all "
    "rows were covered and a new round begins.",
    paper=Reference(
        "O. Yehuda, A. Dekel, G. Hacohen, D. Weinshall",
        2022,
        "Active learning through a covering lens",
        "NeurIPS 2022",
        "",
        f"Pseudo-labels are the groups, or {_CLUSTERS} clusters where there are none. When all rows are "
        f"covered, it starts over on those not chosen. Above {DENSE:,} rows balls hold at most the pairs of "
        f"the neighbour graph ({_NEIGHBOURS} for each row), and the bound no longer holds.",
    ),
)
def probcover(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    metric: Distance = "auto",
    radius: Annotated[
        float | None,
        Par(
            "Radius of the balls, in units of the features; by default the largest at which 95 % of them "
            "hold rows of one group only.",
            0,
        ),
    ] = None,
) -> Picks:
    """Greedy maximum coverage by balls, in rounds."""
    ranked, x, _ = by_metric(inputs, metric)
    gaps, notes = Gaps.of(x), tuple[str, ...]()
    with single_blas():
        if radius is None:
            labels, source = _pseudo_labels(inputs, x, draws, progress.part(0, 0.2))
            radius = pure_radius(gaps, labels, progress.part(0.2, 0.4))
            note("radius", radius)
            size = "without limit" if np.isinf(radius) else f"{radius:.4g}"
            notes += (
                f"The radius is {size}: 95 % of such balls hold rows of one of {source} only, balls of rows "
                "that coincide with another group's left out.",
            )
        part = progress.part(0.4, 0.8)
        balls, cut = _dense(gaps, radius, part) if inputs.n <= DENSE else _sparse(ranked, radius, part)
    if cut:
        notes += (
            f"{clause(cut, 'ball', 'was', 'were')} cut at the {_NEIGHBOURS} nearest neighbours of the row.",
        )
    rows, gains, rounds = cover(balls, inputs.pins, budget, progress.part(0.8, 0.95))
    if rounds > 1:
        notes += (f"All rows were covered; {rounds} rounds were begun on the rows not chosen before.",)
    return Picks(rows, represents=represented(x, rows, progress.part(0.95, 1)), gains=gains, notes=notes)


def _pseudo_labels(
    inputs: Inputs, x: NDArray[np.float32], draws: Draws, progress: Progress
) -> tuple[Rows, str]:
    """Groups where there are two or more, else clusters; and what they are in words."""
    if inputs.groups is not None and np.count_nonzero(inputs.groups.sizes) > 1:
        return inputs.groups.codes, f"{count(int(np.count_nonzero(inputs.groups.sizes)), 'group')}"
    k = min(_CLUSTERS, inputs.n)
    # One seed for all runs: the radius belongs to the data, and so do the rows that follow from it.
    rng = Draws(draws.keys, 0, "probcover/1").generator("pseudo-labels")
    return k_means(x, k, rng, 25, progress)[0], f"{count(k, 'cluster')} (k-means)"


def pure_radius(gaps: Gaps, labels: Rows, progress: Progress) -> float:
    """The largest radius at which 95 % of balls around the first rows hold rows of one label only.

    Rows that coincide with one of another label are not counted: no radius makes their balls pure. 0 where
    all do.

    The first rows are a random sample, as keys are hashes; the rows inside a ball are all rows there are.

    Example:
        >>> x = np.arange(40, dtype=np.float32)[:, None]
        >>> 1 < pure_radius(Gaps.of(x), np.arange(40) // 20, Progress()) < 2
        True
    """
    count = min(len(labels), _SAMPLE)
    other = np.empty(count, np.float32)  # distance to the nearest row of another label
    step = max(16, (1 << 22) // len(labels))
    for at in range(0, count, step):
        progress(at, count, "radius")
        rows = np.arange(at, min(at + step, count))
        gap = gaps(rows)
        gap[labels[rows][:, None] == labels] = np.inf
        other[rows] = gap.min(axis=1)
    apart = np.sort(other[other > 0])  # a row that lies on one of another label makes no ball pure
    if not len(apart):
        return 0.0
    limit = apart[int((1 - _PURE) * len(apart) + 1e-9)]
    # Balls hold what lies on their rim, so the radius stays just below.
    return float(limit if np.isinf(limit) else np.nextafter(limit, np.float32(0)))


@dataclass(frozen=True)
class Balls:
    """Which rows lie in whose ball; a row lies in that of another as the other in its own.

    Args:
        n: Rows.
        of: Rows in the ball of a row, ascending, itself among them.
        count: How many of some rows lie in each row's ball, int64 (n,).
    """

    n: int
    of: Callable[[int], Rows]
    count: Callable[[Rows], Rows]


def _dense(gaps: Gaps, radius: float, progress: Progress) -> tuple[Balls, int]:
    n = len(gaps.x)
    table = np.empty((n, n), bool)
    for at in range(0, n, 256):
        progress(at, n, "balls")
        table[at : at + 256] = gaps(np.arange(at, min(at + 256, n))) <= radius
    np.fill_diagonal(table, True)

    def count(rows: Rows) -> Rows:
        total = np.zeros(n, np.int64)
        for at in range(0, len(rows), 256):
            total += np.count_nonzero(table[rows[at : at + 256]], axis=0)
        return total

    return Balls(n, lambda row: np.flatnonzero(table[row]), count), 0


def _sparse(inputs: Inputs, radius: float, progress: Progress) -> tuple[Balls, int]:
    """Balls from the neighbour graph, and how many of them hold more rows than it knows."""
    from scipy.sparse import csr_array, eye_array

    n = inputs.n
    graph = inputs.neighbours(min(_NEIGHBOURS, n - 1), progress)
    inside = np.sqrt(squared_chords(graph)) <= radius
    starts = np.concatenate([[0], np.cumsum(inside.sum(axis=1))])
    ones = np.ones(int(starts[-1]), np.int8)
    there = csr_array((ones, graph.indices[inside], starts), shape=(n, n))
    both = csr_array(there.maximum(there.T).maximum(eye_array(n, format="csr", dtype=np.int8)))
    both.sort_indices()
    starts, ends = both.indptr, both.indices

    def of(row: int) -> Rows:
        return ends[starts[row] : starts[row + 1]].astype(np.int64)

    def count(rows: Rows) -> Rows:
        if len(rows) == n:
            return np.diff(starts).astype(np.int64)
        found = [ends[starts[row] : starts[row + 1]] for row in rows]
        return np.bincount(np.concatenate(found) if found else ends[:0], minlength=n).astype(np.int64)

    return Balls(n, of, count), int(inside[:, -1].sum()) if graph.indices.shape[1] < n - 1 else 0


def cover(balls: Balls, pins: Rows, budget: int, progress: Progress) -> tuple[Rows, NDArray[np.float64], int]:
    """Rows whose balls cover the most rows that are not covered, ties to the lowest; in rounds.

    Returns:
        Rows, pins first; newly covered rows at each; rounds begun.
    """
    n = balls.n
    total = balls.count(np.arange(n))  # rows not chosen in each ball
    degree = total.copy()  # of these, the ones not covered
    bare, free = np.ones(n, bool), np.ones(n, bool)
    rows: list[int] = []
    gains: list[int] = []
    rounds = 1
    for at in range(budget):
        progress(at, budget, "balls")
        if at < len(pins):
            row = int(pins[at])
        else:
            if not bare.any():
                rounds += 1
                bare, degree = free.copy(), total.copy()
            row = int(np.where(free, degree, -1).argmax())
        ball = balls.of(row)
        new = ball[bare[ball]]
        rows.append(row)
        gains.append(len(new))
        free[row] = False
        total[ball] -= 1
        bare[new] = False
        left = np.flatnonzero(bare) if 2 * len(new) > n // 2 else None
        if left is not None and len(left) < len(new):
            degree = balls.count(left)
        elif len(new):
            degree -= balls.count(new)
    return np.array(rows, np.int64), np.array(gains, np.float64), rounds
