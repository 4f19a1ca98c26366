"""Facility location: every row is served by the most similar chosen row."""

from __future__ import annotations

import numpy as np

from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import Picks
from ..declaration import Cost, Promises, declare
from ..parts.clusters import represented
from ..parts.declared_costs import together
from ..parts.shared_parameters import Likeness, PairNeighbours
from ..parts.similarity import DENSE, SIMILARITY_TEXT, similarity, similarity_memory, similarity_work
from ..parts.submodular import pinned_greedy
from ..wishes import Wish

_ROUGH = 2e-6  # more than float32 sums of the sizes met here are off, relative


@declare(
    id="facility-location",
    version=2,
    label="Facility location",
    sentence="Chooses rows such that every row has a similar one in it, adding the best each time.",
    family="geometry",
    needs={Need.FEATURES},
    promises=Promises(
        deterministic=True,
        nested=True,
        bound=f"at least 63 % (1 − 1/e) of the best total similarity, without pins, up to {DENSE:,} rows",
    ),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: together(
            similarity_work(n, d),
            {"scan": 120.0 * n * k, "steps": 5.0 * n + 500.0 * k}
            if n <= DENSE
            else {"steps": 300.0 * n + 500.0 * k},
        ),
        memory=lambda n, d, k: similarity_memory(n, d),
        text=SIMILARITY_TEXT,
        graph=DENSE,
    ),
    when="A compact subset should speak for everything: summaries, annotation, few-shot pools.",
    when_not="Rare rows matter more than typical ones, or shares must be unbiased.",
    answers={Wish.TYPICAL, Wish.COVERS},
    gain="How much more similar it made all rows to their most similar chosen row, as a sum of "
    "similarities over all rows. Near zero: nearly every row has a chosen row as similar as this one "
    "already.",
    paper=Reference(
        "G. Cornuéjols, M. L. Fisher, G. L. Nemhauser",
        1977,
        "Location of bank accounts to optimize float",
        "Management Science 23",
        "doi:10.1287/mnsc.23.8.789",
        "Similarity is max(cos, 0), or exp(−distance² / (2 × the median squared distance of rows that "
        "differ)); above "
        f"{DENSE:,} rows only pairs in the neighbour graph count, and the bound no longer holds.",
    ),
)
def facility_location(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    metric: Likeness = "auto",
    neighbours: PairNeighbours = 50,
) -> Picks:
    """Lazy greedy on Σ_i max_{j in S} s_ij; exact on all pairs below a limit, on the graph above."""
    found = similarity(inputs, metric, neighbours, progress.part(0, 0.7))
    x, pairs, table = found.x, found.pairs, found.table
    best = np.zeros(inputs.n, np.float32)
    by = np.full(inputs.n, -1, np.int64)
    buffer, served = np.empty(inputs.n, np.float32), [0.0]
    bounds, bound = found.sums, None
    if table is not None:
        bounds = bounds * (1.0 + _ROUGH)
        larger, total = np.maximum, np.add.reduce  # looked up once: this is the inner loop

        def bound(row: int) -> float:
            # Σ max(s, best) − Σ best in two passes; rounding is bounded by the sum, not by the difference.
            return float(total(larger(table[row], best, out=buffer))) * (1.0 + _ROUGH) - served[0]

    def gain(row: int) -> float:
        where, value = pairs(row)
        more = np.subtract(value, best[where], dtype=np.float64)
        return float(np.maximum(more, 0.0, out=more).sum())

    def take(row: int) -> None:
        where, value = pairs(row)
        better = np.flatnonzero(value > best[where])
        index = better if isinstance(where, slice) else where[better]
        best[index] = value[better]
        served[0] = float(best.sum(dtype=np.float64))
        by[index] = row

    rows, gains = pinned_greedy(inputs, bounds, gain, take, budget, progress.part(0.7, 1), bound)
    owner = np.full(inputs.n, -1, np.int64)  # rows that nobody serves go to the nearest chosen row
    owner[rows] = np.arange(len(rows))
    owner = np.where(by >= 0, owner[by], -1)
    return Picks(rows, represents=represented(x, rows, owner=owner), gains=gains, notes=found.notes)
