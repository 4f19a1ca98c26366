"""TypiClust: the most typical row of each cluster."""

from __future__ import annotations

import heapq
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.neighbour_graph import knn_graph
from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.threads import single_blas
from ...foundation.wording import count as counted
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import Picks
from ..declaration import Cost, Promises, declare
from ..parts.allocation import group_luck
from ..parts.clusters import represented
from ..parts.kmeans import k_means
from ..parts.shared_parameters import Distance
from ..wishes import Wish

_PASSES = 25
_MOST = 500  # clusters, and
_SMALLEST = 5  # rows of a cluster, in the paper


@declare(
    id="typiclust",
    version=2,
    label="TypiClust",
    sentence="Cuts the rows into clusters and takes from each the row whose nearest neighbours are closest.",
    family="geometry",
    needs={Need.FEATURES},
    promises=Promises(),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: {
            "gemm": 2.0 * n * d * k * 15 + 2.0 * n * n * d / max(k, 1),
            "scan": 4.0 * n * d * k + 40.0 * n * d + 60.0 * n * k + 1000.0 * n,
            "steps": 30_000.0 * k,
        },
        memory=lambda n, d, k: 16.0 * n * d + 24.0 * n * d * min(1.0, 20.0 / max(k, 1)) + 1200.0 * n + 2**27,
        text="O(n·d·k) time per pass of k-means, at most 25 passes, and O(n²·d/k) for neighbours inside "
        "clusters; O(n·d) memory",
    ),
    when="Few rows will be labelled to train a first model, and typical ones teach it most.",
    when_not="There are many labels already, rare rows matter, or shares must hold.",
    answers={Wish.FITS},
    paper=Reference(
        "G. Hacohen, A. Dekel, D. Weinshall",
        2022,
        "Active learning on a budget: opposite strategies suit high and low budgets",
        "ICML 2022",
        "",
        "variant=aliquot makes as many clusters as rows are wanted and drops none, so that each gives one "
        "row; variant=paper caps them at 500, drops those below 5 rows and takes further rows in rounds. In "
        "later rounds the next most typical row of the whole cluster follows. Pinned rows count as labelled. "
        "The features are those chosen, not self-supervised ones; clusters are made by k-means of at most 25 "
        "passes at any number (the authors' code takes mini-batches above 50); and rows are typical by 20 "
        "neighbours or all of a smaller cluster (their code: by half of it).",
    ),
)
def typiclust(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    metric: Distance = "auto",
    variant: Annotated[
        Literal["aliquot", "paper"],
        Par("aliquot: one cluster for each row wanted; paper: at most 500, small ones dropped."),
    ] = "aliquot",
    neighbours: Annotated[
        int, Par("Nearest neighbours inside the cluster by which a row is typical.", 1, 50, 1, advanced=True)
    ] = 20,
) -> Picks:
    """Clusters with the fewest rows taken give next, among them the largest; each its most typical row."""
    x, pins = np.asarray(inputs.matrix(metric), np.float32), inputs.pins
    count = budget if variant == "aliquot" else min(budget, _MOST)
    with single_blas():
        codes = k_means(x, count, draws.generator("centres"), _PASSES, progress.part(0, 0.7))[0]
    size, luck = np.bincount(codes, minlength=count), group_luck(draws, codes, count)
    members = np.split(np.argsort(codes, kind="stable"), np.cumsum(size)[:-1])
    kept, small, notes = np.flatnonzero(size), np.empty(0, np.int64), tuple[str, ...]()
    if variant == "paper" and (size >= _SMALLEST).any():
        kept, small = np.flatnonzero(size >= _SMALLEST), np.flatnonzero((size > 0) & (size < _SMALLEST))
    rows = pins.tolist()
    taken = np.bincount(codes[pins], minlength=count)
    inside = np.zeros(inputs.n, bool)
    inside[pins] = True
    part = progress.part(0.7, 0.95)
    for clusters in (kept, small):
        waiting = [(int(taken[at]), -int(size[at]), float(luck[at]), int(at)) for at in clusters]
        heapq.heapify(waiting)
        left: dict[int, list[int]] = {}
        if waiting and clusters is small and len(rows) < budget:
            notes += (
                f"The other clusters were used up; the dropped ones gave "
                f"{counted(budget - len(rows), 'row')}.",
            )
        while waiting and len(rows) < budget:
            part(len(rows), budget, "typical rows")
            times, order, tie, at = heapq.heappop(waiting)
            if at not in left:  # the most typical last
                ranked = members[at][np.argsort(-_typical(x[members[at]], neighbours, part), kind="stable")]
                left[at] = ranked[~inside[ranked]][::-1].tolist()
            if left[at]:
                rows.append(left[at].pop())
                heapq.heappush(waiting, (times + 1, order, tie, at))
    if len(small):
        notes = (f"Clusters dropped because they hold fewer than {_SMALLEST} rows: {len(small):,}.", *notes)
    found = np.array(rows, np.int64)
    return Picks(found, represents=represented(x, found, progress.part(0.95, 1)), notes=notes)


def _typical(x: NDArray[np.float32], neighbours: int, progress: Progress) -> NDArray[np.float64]:
    """The inverse of the mean distance to the nearest neighbours among these rows, infinite for copies."""
    if len(x) < 2:
        return np.ones(len(x))
    quiet = Progress(cancel=progress.cancel)
    mean = knn_graph(x, neighbours, "euclidean", progress=quiet).distances.mean(axis=1, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(1.0 / mean)
