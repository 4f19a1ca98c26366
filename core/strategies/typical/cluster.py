"""Cluster centres: k-means with as many clusters as rows wanted, and the row nearest to each centre."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import nearest
from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.threads import single_blas
from ...foundation.wording import clause
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import Picks
from ..declaration import Cost, Promises, declare
from ..parts.clusters import filled, represented
from ..parts.kmeans import k_means
from ..parts.shared_parameters import Distance
from ..wishes import Wish

_PASSES = 25


@declare(
    id="cluster",
    version=1,
    label="Cluster centres",
    sentence="Cuts the rows into as many clusters as rows are wanted and takes the row nearest to each "
    "centre.",
    family="geometry",
    needs={Need.FEATURES},
    promises=Promises(),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: {
            "gemm": 2.0 * n * d * k * 15,
            "scan": 4.0 * n * d * k + 60.0 * n * d + 60.0 * n * k,
            "steps": 2000.0 * k,
        },
        memory=lambda n, d, k: 16.0 * n * d + 100.0 * n + 2**27,
        text="O(n·d·k) time per pass, at most 25 passes, times the restarts; O(n·d) memory",
    ),
    when="A quick, even summary of the whole is wanted, one row for each region.",
    when_not="Rare rows or shares matter: a centre never lies at the edge, whatever its cluster's size.",
    answers={Wish.DIVERSE},
    paper=Reference(
        "N. Cohen, H. Manor, Y. Bahat, T. Michaeli",
        2024,
        "From posterior sampling to meaningful diversity in image restoration",
        "ICLR 2024",
        "",
        "One start of k-means in place of ten, unless restarts are asked for; at most 25 passes; no PCA. A "
        "row that is nearest to two centres is taken once, and the other centre takes the nearest member of "
        "its own cluster.",
    ),
)
def cluster(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    metric: Distance = "auto",
    restarts: Annotated[
        int, Par("Starts of k-means, of which the closest fit counts; the paper has 10.", 1, 20, 1)
    ] = 1,
) -> Picks:
    """k-means with pinned rows as centres that do not move; pins first, then by size of cluster."""
    x, pins = np.asarray(inputs.matrix(metric), np.float32), inputs.pins
    best, codes, centres = np.inf, np.empty(0, np.int64), x[:0]
    with single_blas():
        for at in range(restarts):
            part = progress.part(0.9 * at / restarts, 0.9 * (at + 1) / restarts)
            rng = draws.generator("start", at)
            now, means = k_means(x, budget, rng, _PASSES, part, pins)
            spread = _spread(x, now, means) if restarts > 1 else 0.0
            if at == 0 or spread < best:
                best, codes, centres = spread, now, means
        size = np.bincount(codes, minlength=budget)
        mine = np.flatnonzero(size)
        mine = mine[mine >= len(pins)]
        mine = mine[np.argsort(-size[mine], kind="stable")]
        found = _next_to(x, codes, centres, mine, pins, progress.part(0.9, 0.95))
        mine, found = mine[found >= 0], found[found >= 0]
        rows = np.concatenate([pins, found])
        owner = np.full(budget, -1, np.int64)
        owner[: len(pins)] = np.arange(len(pins))
        owner[mine] = np.arange(len(pins), len(rows))
        notes: tuple[str, ...] = ()
        if len(rows) < budget:
            notes = (
                f"{clause(budget - len(rows), 'cluster', 'was', 'were')} empty, as copies leave them; "
                "rows in the order of "
                "their keys, which is random, fill up.",
            )
        rows = filled(rows, budget, inputs.n)
        stands = represented(x, rows, progress.part(0.95, 1), owner[codes])
    return Picks(rows, represents=stands, notes=notes)


def _spread(x: NDArray[np.float32], codes: Rows, centres: NDArray[np.float32]) -> float:
    """Summed squared distance of rows to the centre of their cluster."""
    total = 0.0
    for at in range(0, len(x), 4_096):
        gap = x[at : at + 4_096] - centres[codes[at : at + 4_096]]
        total += float(np.einsum("ij,ij->", gap, gap, dtype=np.float64))
    return total


def _next_to(
    x: NDArray[np.float32],
    codes: Rows,
    centres: NDArray[np.float32],
    mine: Rows,
    pins: Rows,
    progress: Progress,
) -> Rows:
    """A row of its own for each of the clusters `mine`, earlier ones first: the one nearest to its centre.

    Where that is taken, it is the nearest free member of the cluster; −1 where others have taken them all.
    """
    if not len(mine):
        return np.empty(0, np.int64)
    wish = nearest(centres[mine], x, progress)[1]
    taken = np.zeros(len(x), bool)
    taken[pins] = True
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(centres)))
    out = np.full(len(mine), -1, np.int64)
    for at, row in enumerate(wish.tolist()):
        if not taken[row]:
            out[at], taken[row] = row, True
    for at in np.flatnonzero(out < 0).tolist():
        progress.check()
        group = mine[at]
        members = order[ends[group - 1] if group else 0 : ends[group]]
        members = members[~taken[members]]
        if len(members):
            gap = x[members] - centres[group]
            out[at] = members[int(np.einsum("ij,ij->i", gap, gap, dtype=np.float64).argmin())]
            taken[out[at]] = True
    return out
