"""Balanced sampling by the cube method."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.errors import ParameterError
from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.wording import count as counted
from ...foundation.wording import some
from ...model.inputs import Inputs
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import DesignFacts, Picks
from ..declaration import Cost, Promises, declare
from ..parts.column_parameters import columns_matrix
from ..parts.population_inclusion import compact
from ..parts.pps_inclusion import size_shares
from ..parts.unequal_probability import random_order
from ..variance import VarianceEstimator, VarianceMethod
from ..wishes import Wish

_MOST = 100  # numbers to balance on: a step costs their cube
_STEPS = 10_000_000  # table entries between two looks at a cancel
Numbers = NDArray[np.float64]


@declare(
    id="cube",
    version=2,
    label="Balanced (cube)",
    sentence="Draws by chance, but only among subsets whose estimated means agree with the known ones.",
    family="probability",
    needs=set(),
    promises=Promises(limit="rows of a size above 0"),
    weight=Weight.DESIGN,
    variance=VarianceEstimator(VarianceMethod.BALANCED),
    cost=Cost(
        work=lambda n, d, k: {
            "keyed": n,
            "scan": 9000.0 * n + 6.0 * n * d + 2.0 * d**3,
            "gemm": 4.0 * n * d * d,
        },
        memory=lambda n, d, k: 1500.0 * n + 64.0 * d * d + 2**28,
        text="O(n·p³) time for p numbers to balance on, O(n·p) memory; O(n·d² + d³) more for components",
    ),
    when="Means of some columns, or of the features, are known and the subset should reproduce them.",
    when_not="Nothing known has to do with the question; or rare rows must be there for certain.",
    answers={Wish.ESTIMATES, Wish.RESEMBLES},
    paper=Reference(
        "J.-C. Deville, Y. Tillé",
        2004,
        "Efficient balanced sampling: the cube method",
        "Biometrika 91",
        "doi:10.1093/biomet/91.4.893",
        "The flight is the fast one of Chauvet and Tillé (2006), over rows in random order. It lands by "
        "dropping numbers to balance on from the last, never the size.",
    ),
)
def cube(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    on: Annotated[
        tuple[str, ...],
        Par(
            "What to balance on: columns, or the leading components of the features; first ones hold best.",
            column=("number", "category", "label", "score", "time"),
            special=("features", "groups", "scores", "order"),
        ),
    ] = ("features",),
    components: Annotated[int, Par("Principal components that stand for the features.", 1, 50, 1)] = 8,
    size: Annotated[
        str | None,
        Par(
            "Number that chances are in proportion to; equal chances without one.",
            column=("number", "score"),
            special=("scores",),
        ),
    ] = None,
) -> Picks:
    """Chances move at random along what keeps Σ z/π, until every one is 0 or 1."""
    pins, free = inputs.pins, inputs.free
    count = budget - len(pins)
    progress(0, 10, "what to balance on")
    z, labels, notes = columns_matrix(inputs, on, components)
    if z.shape[1] > _MOST:
        raise ParameterError(
            f"The subset cannot be balanced on {counted(z.shape[1], 'number')}",
            f"{_MOST} are possible, and each value of a category counts as one",
            "name fewer columns or fewer components",
        )
    share, unreached = np.ones(inputs.n), 0
    if size is None:
        share[free] = count / len(free) if len(free) else 1.0
        first = np.empty((inputs.n, 0))
    else:
        share, more, unreached = size_shares(inputs, size, budget)
        notes += more
        first = np.ones((inputs.n, 1))  # how many rows the weights stand for
        labels = ("the number of rows", *labels)
    u = draws.of(free).uniforms()
    order, luck = random_order(u)
    order = order[(share[free[order]] > 0) & (share[free[order]] < 1)]
    loose = free[order]
    rules = np.concatenate([first[loose], z[loose]], axis=1)
    chance, held, left = balanced(share[loose], rules, luck, progress.part(0.3, 1))
    chosen = np.zeros(inputs.n, bool)
    chosen[share >= 1] = True
    chosen[loose[chance == 1]] = True
    rows = np.concatenate([pins, free[np.argsort(luck, kind="stable")]])
    rows = rows[chosen[rows]]
    notes += _told(inputs, z, labels, share, rows, size is None and not len(pins))
    if left and labels[held:]:
        notes += (_landing(labels, held, left),)
    held_on = np.concatenate([first, z], axis=1)
    missed = (held_on[rows] / share[rows, None]).sum(axis=0) - held_on[share > 0].sum(axis=0)
    drawn = DesignFacts(balance=held_on[rows], missed=missed[None, :], all_chances=compact(share))
    return Picks(rows, inclusion=share[rows], notes=notes, drawn=drawn, unreached=unreached)


def balanced(share: Numbers, rules: Numbers, luck: Numbers, progress: Progress) -> tuple[Numbers, int, int]:
    """A draw by the cube method: size fixed, chances exactly `share`, Σ rules/π kept as far as possible.

    Args:
        share: Inclusion probabilities strictly between 0 and 1 with a whole sum, shape (m,), in the order
            in which rows are taken up.
        rules: Numbers to balance on, shape (m, p), the most important first.
        luck: Uniforms, shape (≥ m,).
        progress: May cancel.

    Returns:
        1.0 for rows that are in and 0.0 for the others, shape (m,); how many rules held to the end; and how
        many rows were left when the first rule was dropped.

    Source: Deville and Tillé, 2004; Chauvet and Tillé, 2006.

    Example:
        >>> y = np.array([[1.0], [1.0], [5.0], [5.0]])
        >>> share, luck = np.full(4, 0.5), np.array([0.3, 0.9, 0.1, 0.6])
        >>> chance, held, left = balanced(share, y, luck, Progress())
        >>> float(chance.sum()), float((chance * y[:, 0]).sum()), held, left
        (2.0, 6.0, 1, 0)
    """
    from ..parts.cube_flight_compiled import fly

    m, p = len(share), rules.shape[1] + 1
    if m == 0:
        return share, p - 1, 0
    # What a row adds to a rule is z/π; moves are sought in units of π, so that no column is huge.
    columns = np.concatenate([(share / share.mean())[:, None], rules], axis=1)
    scale = np.abs(columns).max(axis=1)
    columns /= scale[:, None]
    chance, stretch = share.copy(), share / scale
    block, state = np.zeros(p + 1, np.int64), np.zeros(3, np.int64)
    held, left, steps = p, 0, max(20, _STEPS // p**3)
    for held in range(p, 0, -1):
        while not fly(columns, stretch, chance, luck, block, state, held, steps):
            progress(int(state[2]), m, "balancing")
        if held == p:
            left = int(state[1])
        if state[1] == 0:
            break
    np.round(chance, out=chance)  # one row may be left, whole but for rounding
    return chance, held - 1, left


def _told(
    inputs: Inputs, z: Numbers, labels: tuple[str, ...], share: Numbers, rows: Rows, plain: bool
) -> tuple[str, ...]:
    """How well it balanced."""
    if not z.shape[1]:
        return ("Nothing named varies, so only the size is balanced.",)
    able = share > 0
    off = np.abs((z[rows] / share[rows, None]).sum(axis=0) - z[able].sum(axis=0)) / max(int(able.sum()), 1)
    worst = int(off.argmax())
    note = (
        f"Balanced on {z.shape[1]} numbers: the estimated mean that is farthest off "
        f"({labels[len(labels) - z.shape[1] + worst]}) misses by {off[worst]:.2g} standard deviations"
    )
    if plain:
        typical = float(np.sqrt(max(1 / len(rows) - 1 / inputs.n, 0.0)))
        note += f"; each would miss by about {typical:.2g} in random subsets"
    return (f"{note}.",)


def _landing(labels: tuple[str, ...], held: int, left: int) -> str:
    """What was dropped to settle the last rows."""
    dropped = labels[held:]
    if held == 0:
        return f"The last {left} rows were settled by dropping what to balance on one by one, from the last."
    named = some(list(reversed(dropped)), 5)
    return f"The last {left} rows were settled by dropping {len(dropped)} of {len(labels)}: {named}."
