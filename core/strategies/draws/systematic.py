"""Systematic sampling: every so many rows along a list."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.wording import count as count_of
from ...model.inputs import Inputs
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import Picks
from ..declaration import Cost, Promises, declare
from ..parts.column_parameters import components, grouping, ordering
from ..parts.unequal_probability import evenly, halves
from ..variance import VarianceEstimator, VarianceMethod
from ..wishes import Wish

_UNSAFE = (
    "No unbiased variance exists for a systematic subset; intervals worked out as if it were random are "
    "mostly too wide, and too narrow where the list repeats itself in step with the draw."
)


@declare(
    id="systematic",
    version=2,
    label="Systematic",
    sentence="Puts the rows into a list, starts at random and takes every so many rows along it.",
    family="probability",
    needs=set(),
    promises=Promises(),
    weight=Weight.DESIGN,
    variance=VarianceEstimator(
        VarianceMethod.NONE,
        "a systematic draw gives most pairs of rows no chance together, so no unbiased variance exists",
    ),
    cost=Cost(
        work=lambda n, d, k: {
            "keyed": n,
            "scan": 500.0 * n + 6.0 * n * d + 2.0 * d**3,
            "gemm": 4.0 * n * d * d,
        },
        memory=lambda n, d, k: 400.0 * n + 64.0 * d * d + 2**27,
        text="O(n log n) time; O(n·d² + d³) more where the list follows the features",
    ),
    when="Rows should be spread evenly along time, a number or the main direction of the features.",
    when_not="The list repeats itself (weekdays, pages), or a variance must be estimated.",
    answers={Wish.TIME},
    paper=Reference(
        "W. G. Madow, L. H. Madow",
        1944,
        "On the theory of systematic sampling, I",
        "The Annals of Mathematical Statistics 15",
        "",
        "The interval may be fractional, so that size and chances are exact for any budget.",
    ),
)
def systematic(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    by: Annotated[
        str,
        Par(
            "What the list is sorted by: a column, or the first principal component of the features.",
            column=("any",),
            special=("features", "order", "scores", "groups"),
        ),
    ] = "features",
) -> Picks:
    """Equal chances b/n; the list goes by value, ties and missing values by permanent random number."""
    pins, free = inputs.pins, inputs.free
    count = budget - len(pins)
    progress(0, 3, "sorting")
    values, named = _values(inputs, by)
    progress(1, 3, "sorting")
    first, second = halves(draws.of(free).uniforms())
    here = values[free]
    listed = np.lexsort((first, here))  # NaN comes last
    at = listed[evenly(len(free), count, float(draws.generator("start").random()))]
    at = at[np.argsort(second[at], kind="stable")]
    notes = [f"The list is sorted by {named}."]
    lost = int(np.isnan(here).sum())
    if lost:
        stand = "stands" if lost == 1 else "stand"
        notes.append(f"{count_of(lost, 'row')} without {by} {stand} at its end in random order.")
    if len(free) > 1 and not lost and here.min() == here.max():
        notes.append(f"{named.capitalize()} is the same in every row, so the list is in random order.")
    share = count / len(free) if len(free) else 1.0
    inclusion = np.concatenate([np.ones(len(pins)), np.full(count, share)])
    return Picks(np.concatenate([pins, free[at]]), inclusion=inclusion, notes=(*notes, _UNSAFE))


def _values(inputs: Inputs, by: str) -> tuple[NDArray[np.float64], str]:
    """What the list goes by, NaN where missing, and its name in words."""
    column = inputs.frame is not None and by in inputs.frame.columns
    if by == "features" and inputs.features is not None:
        found = components(np.asarray(inputs.features.matrix, np.float32), 1)
        values = found[:, 0] if found.shape[1] else np.zeros(inputs.n)
        return values, "the first principal component of the features"
    if by == "groups" and (inputs.groups is not None or not column):
        return grouping(inputs, by)[0].astype(np.float64), "group"
    return ordering(inputs, by), by
