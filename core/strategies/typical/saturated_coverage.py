"""Saturated coverage: every row wants a share of its similarity, and no more."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.wording import count
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
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
_DUST = 1e-9  # what is left of a demand below this share of it is rounding


@declare(
    id="saturated-coverage",
    version=2,
    label="Saturated coverage",
    sentence="Brings the similarity of every row to the subset up to a limit, beyond which that row counts "
    "no more.",
    family="geometry",
    needs={Need.FEATURES},
    promises=Promises(
        deterministic=True,
        bound=f"at least 63 % (1 − 1/e) of the best value, without pins, up to {DENSE:,} rows",
        nested_if=lambda params: params["saturation"] is not None,  # else it follows the budget
    ),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: together(
            similarity_work(n, d),
            {"gemm": 2.0 * n * d * k, "scan": 4.0 * n * k},
            {"scan": 120.0 * n * k, "steps": 5.0 * n + 500.0 * k}
            if n <= DENSE
            else {"scan": 60.0 * n * k, "steps": 300.0 * n + 500.0 * k},
        ),
        memory=lambda n, d, k: similarity_memory(n, d) + 12.0 * k * d + 2**25,
        text=SIMILARITY_TEXT,
        graph=DENSE,
    ),
    when="Every region should be covered about as well as in a random subset, without luck of the draw.",
    when_not="Rare rows matter most, or one similar row is enough for each (take facility location).",
    answers={Wish.RESEMBLES},
    gain="Similarity that it gave to rows which had not enough yet, summed over all rows. Zero: every row "
    "has enough.",
    paper=Reference(
        "H. Lin, J. Bilmes",
        2011,
        "A class of submodular functions for document summarization",
        "ACL HLT 2011",
        "",
        "Coverage alone, without the paper's reward for diversity; counts rows, not words. Similarity as in "
        f"facility location; above {DENSE:,} rows only pairs in the neighbour graph count, and the bound "
        "holds for these pairs only.",
    ),
)
def saturated_coverage(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    saturation: Annotated[
        float | None,
        Par(
            "Share of a row's similarity to all rows that is enough for it; by default the share of rows "
            "chosen, which an average subset of this size gives.",
            0.0001,
            1,
            0.01,
        ),
    ] = None,
    metric: Likeness = "auto",
    neighbours: PairNeighbours = 50,
) -> Picks:
    """Lazy greedy on Σ_i min(Σ_{j in S} s_ij, α Σ_{j in V} s_ij); its gain is Σ_i min(s_ij, what is left)."""
    found = similarity(inputs, metric, neighbours, progress.part(0, 0.7))
    pairs, table = found.pairs, found.table
    demand = found.sums * (budget / inputs.n if saturation is None else saturation)
    left, bounds, bound = demand.copy(), found.sums * (1.0 + _ROUGH), None
    if table is not None:
        rough, buffer = left.astype(np.float32), np.empty(inputs.n, np.float32)
        smaller, total = np.minimum, np.add.reduce  # looked up once: this is the inner loop

        def bound(row: int) -> float:
            return float(total(smaller(table[row], rough, out=buffer))) * (1.0 + _ROUGH)

    def gain(row: int) -> float:
        where, value = pairs(row)
        return float(np.minimum(value, left[where]).sum())

    def take(row: int) -> None:
        where, value = pairs(row)
        rest = left[where] - value
        rest[rest <= _DUST * demand[where]] = 0.0
        left[where] = rest
        if table is not None:
            rough[:] = left

    rows, gains = pinned_greedy(inputs, bounds, gain, take, budget, progress.part(0.7, 0.95), bound)
    notes = found.notes
    spare = int((gains <= 0).sum())
    if spare:
        notes += (
            f"Every row was saturated after {count(len(rows) - spare, 'row')}; those after them are no "
            "better than "
            "any other and came in the order of their keys, which is random.",
        )
    stands = represented(found.x, rows, progress.part(0.95, 1))
    return Picks(rows, represents=stands, gains=gains, notes=notes)
