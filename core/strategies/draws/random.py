"""Uniform random sampling without replacement."""

from __future__ import annotations

import numpy as np

from ...foundation.permanent_random import Draws, smallest
from ...foundation.progress import Progress
from ...model.inputs import Inputs
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import Picks
from ..declaration import Cost, Promises, declare
from ..variance import VarianceEstimator, VarianceMethod
from ..wishes import Wish


@declare(
    id="random",
    version=1,
    label="Random",
    sentence="Every row has the same chance.",
    family="probability",
    needs=set(),
    promises=Promises(nested=True),
    weight=Weight.DESIGN,
    variance=VarianceEstimator(VarianceMethod.SRS),
    cost=Cost(
        work=lambda n, d, k: {"keyed": n, "scan": 4 * n},
        memory=lambda n, d, k: 250.0 * n + 2**16,
        text="O(n) time and memory",
    ),
    when="You want estimates without assumptions, or a baseline to judge anything else by.",
    when_not="Rare groups must be present: at small budgets they are lost by chance.",
    answers={Wish.ESTIMATES},
    paper=Reference.none("Textbook design: simple random sampling without replacement."),
)
def random(inputs: Inputs, budget: int, draws: Draws, progress: Progress, /) -> Picks:
    """The rows with the smallest permanent random numbers; pins come first with π = 1."""
    free = inputs.free
    wanted = budget - len(inputs.pins)
    progress(0, 1, "drawing")
    chosen = free[smallest(draws.of(free).uniforms(), wanted)]
    share = wanted / len(free) if len(free) else 1.0
    inclusion = np.concatenate([np.ones(len(inputs.pins)), np.full(wanted, share)])
    return Picks(np.concatenate([inputs.pins, chosen]), inclusion=inclusion)
