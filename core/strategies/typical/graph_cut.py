"""Graph cut: similarity to all rows, less the similarity inside the subset."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
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


@declare(
    id="graph-cut",
    version=2,
    label="Graph cut",
    sentence="Chooses the rows most similar to all rows, less what they share with each other, the best each "
    "time.",
    family="geometry",
    needs={Need.FEATURES},
    promises=Promises(
        deterministic=True,
        nested=True,
        bound="at least 63 % (1 − 1/e) of the best value, without pins, at a balance of 2 or more",
    ),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: together(
            similarity_work(n, d),
            {"gemm": 2.0 * n * d * k, "scan": 4.0 * n * k, "steps": 60.0 * n + 500.0 * k},
        ),
        memory=lambda n, d, k: similarity_memory(n, d) + 12.0 * k * d + 2**25,
        text=SIMILARITY_TEXT,
        graph=DENSE,
    ),
    when="The most central rows are wanted, with a dial from typical (2 and above) to different (near 0).",
    when_not="Every region should be heard (take facility location): at the default the densest one comes "
    "first, copies included, unless a large part of the rows is chosen.",
    answers={Wish.TYPICAL},
    gain="What it added to the value: its similarity to all rows times the balance, less twice that to the "
    "rows chosen before it and once to itself. Below zero: it lowered the value.",
    paper=Reference(
        "H. Lin, J. Bilmes",
        2010,
        "Multi-document summarization via budgeted maximization of submodular functions",
        "NAACL HLT 2010",
        "",
        "Counts rows, not words; the weight stands on the similarity to all rows, those chosen included. "
        f"Similarity as in facility location; above {DENSE:,} rows only pairs in the neighbour graph count.",
    ),
)
def graph_cut(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    balance: Annotated[
        float,
        Par(
            "Weight of similarity to all rows against similarity inside the subset. From 2 on another row "
            "never lowers the value; near 2·budget/rows both count alike; at 0 only the second counts.",
            0,
            10,
            0.01,
        ),
    ] = 2.0,
    metric: Likeness = "auto",
    neighbours: PairNeighbours = 50,
) -> Picks:
    """Lazy greedy on balance · Σ_{i in V, j in S} s_ij − Σ_{i, j in S} s_ij."""
    found = similarity(inputs, metric, neighbours, progress.part(0, 0.7))
    # A constant on every gain keeps them above 0, which bounds in the greedy rule rely on.
    shift = max(0.0, 2.0 - balance) * float(found.sums.max())
    alone = balance * found.sums - 1.0 + shift  # s_jj = 1
    chosen = np.zeros(inputs.n)  # similarity to the rows taken so far

    def gain(row: int) -> float:
        return float(alone[row] - 2.0 * chosen[row])

    def take(row: int) -> None:
        where, value = found.pairs(row)
        chosen[where] += value

    rows, gains = pinned_greedy(inputs, alone, gain, take, budget, progress.part(0.7, 0.95))
    gains -= shift
    notes = found.notes
    lower = int((gains < 0).sum())
    if lower:
        notes += (f"{lower:,} of the rows lowered the value; they were taken to meet the budget.",)
    stands = represented(found.x, rows, progress.part(0.95, 1))
    return Picks(rows, represents=stands, gains=gains, notes=notes)
