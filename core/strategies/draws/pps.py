"""Draws in proportion to size, with exact inclusion probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...model.inputs import Inputs
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import DesignFacts, Picks
from ..declaration import Cost, Promises, declare
from ..parts.population_inclusion import compact
from ..parts.pps_inclusion import size_shares
from ..parts.unequal_probability import pivotal, sampford
from ..parts.weighted_draws import systematic
from ..variance import VarianceEstimator, VarianceMethod
from ..wishes import Wish


def _spread(params: Mapping[str, Any]) -> VarianceEstimator:
    if params["draw"] == "systematic":
        return VarianceEstimator(
            VarianceMethod.NONE,
            "a systematic draw has no unbiased variance; a pivotal or Sampford draw has the same chances and "
            "one that can be estimated",
        )
    return VarianceEstimator(VarianceMethod.UNEQUAL)


@declare(
    id="pps",
    version=2,
    label="Proportional to size",
    sentence="A row's chance is in proportion to its size, a number that every row has, up to certainty.",
    family="probability",
    needs=set(),
    promises=Promises(limit="rows of a size above 0"),
    weight=Weight.DESIGN,
    variance=_spread,
    cost=Cost(
        work=lambda n, d, k: {"keyed": n, "scan": 500.0 * n, "steps": 4.0 * n},
        memory=lambda n, d, k: 700.0 * n + 2**18,
        text="O(n log n) time, O(n) memory (Sampford: O(n log² n) time)",
    ),
    when="Totals of something that grows with a known number are wanted: money, length, visits, a score.",
    when_not="The number says nothing about what will be measured: equal chances then estimate better.",
    answers={Wish.ESTIMATES},
    paper=Reference(
        "J.-C. Deville, Y. Tillé",
        1998,
        "Unequal probability sampling without replacement through a splitting method",
        "Biometrika 85",
        "doi:10.1093/biomet/85.1.89",
        "Rows that would need a chance above 1 are taken with certainty and the rest is shared out again. "
        "Sampford's design (1967) is drawn without rejection; systematic is Hartley and Rao's (1962).",
    ),
)
def pps(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    size: Annotated[
        str,
        Par("Number that chances are in proportion to.", column=("number", "score"), special=("scores",)),
    ] = "scores",
    draw: Annotated[
        Literal["pivotal", "sampford", "systematic"],
        Par("Same chances for rows; Sampford gives every pair one too, so that a variance can be estimated."),
    ] = "pivotal",
) -> Picks:
    """π = min(1, t·size) with Σπ = budget; rows come in random order after the pins."""
    pins, free = inputs.pins, inputs.free
    share, notes, unreached = size_shares(inputs, size, budget)
    progress(1, 10, "drawing")
    u = draws.of(free).uniforms()
    part = progress.part(0.3, 1)
    if draw == "pivotal":
        at = pivotal(share[free], u, progress=part)
    elif draw == "sampford":
        at = sampford(share[free], draws.generator("sampford"), part)
    else:
        start = float(draws.generator("start").random())
        at = systematic(share[free], u, start, budget - len(pins))
    rows = np.concatenate([pins, free[at[np.argsort(u[at], kind="stable")]]])
    drawn = DesignFacts(all_chances=compact(share))
    return Picks(rows, inclusion=share[rows], notes=notes, drawn=drawn, unreached=unreached)
