"""Greedy k-center: farthest-first traversal."""

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
from ..parts.farthest import farthest_memory, farthest_work, isolated, isolated_last, lengths_of
from ..parts.shared_parameters import Distance
from ..wishes import Wish


@declare(
    id="k-center",
    version=2,
    label="k-center (greedy)",
    sentence="Always takes the row farthest from all taken so far, so that no row is far from the subset.",
    family="geometry",
    needs={Need.FEATURES},
    promises=Promises(
        deterministic=True,
        nested=True,
        bound="coverage radius at most twice the smallest possible (without pins and trimming)",
    ),
    weight=Weight.NONE,
    cost=Cost(
        work=farthest_work,
        memory=farthest_memory,
        text="O(n·d·k) time, O(n) memory",
    ),
    when="Every kind of row must be near something chosen: edge cases, safety reviews, coreset seeds.",
    when_not="Shares matter, or the data holds junk: it seeks outliers first and distorts every proportion.",
    answers={Wish.COVERS, Wish.RARE},
    gain="How far the row was from the nearest row chosen before it, as a distance between features. It "
    "falls as the chosen rows come closer together: near zero only copies are left.",
    paper=Reference(
        "T. F. Gonzalez",
        1985,
        "Clustering to minimize the maximum intercluster distance",
        "Theoretical Computer Science 38",
        "doi:10.1016/0304-3975(85)90224-5",
        "Starts at the row nearest to the mean instead of an arbitrary one, so that no seed is needed.",
    ),
)
def k_center(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    metric: Distance = "auto",
    trim: Annotated[
        float,
        Par(
            "Share of the most isolated rows that are taken only when no others are left.",
            0,
            0.5,
            0.01,
            advanced=True,
        ),
    ] = 0.0,
) -> Picks:
    """Farthest-first traversal, exact to float64 and pruned by bounds."""
    x = inputs.matrix(metric)
    allowed = np.ones(inputs.n, bool)
    preferred = allowed
    notes: tuple[str, ...] = ()
    if trim > 0:
        preferred = ~isolated(inputs, trim, progress.part(0, 0.3))
        preferred[inputs.pins] = True
        spare = int(preferred.sum())
        notes = (f"{inputs.n - max(spare, budget):,} of the most isolated rows were left out.",)
        if spare < budget:
            notes += (f"The budget needed {budget - spare:,} of them; they came last.",)
    part = progress.part(0.3 if trim else 0.0, 1)
    rows, gains = isolated_last(x, inputs.pins, budget, preferred, allowed, part, lengths_of(inputs, x))
    return Picks(rows, gains=gains, notes=notes)
