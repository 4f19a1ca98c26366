"""Whole-entity sampling: people, documents or sequences are in with all of their rows or not at all."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.errors import ParameterError
from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.wording import clause, count
from ...model.columns import entity_codes
from ...model.inputs import Inputs
from ...model.parameters import Par
from ...model.promises import Size, Weight
from ...model.registry import Reference
from ...model.selection import DesignFacts, Picks
from ..declaration import Cost, Promises, declare
from ..parts.column_parameters import components, grouping, numbers, tamed
from ..parts.population_inclusion import compact
from ..parts.unequal_probability import halves, pivotal
from ..parts.weighted_draws import capped_shares, pins_first
from ..variance import VarianceEstimator, VarianceMethod
from ..wishes import Wish

_MEASURED = 20_000  # rows that likeness is measured on, at most
_HINT_FROM = 20  # entities, for their sizes to be called uneven
Numbers = NDArray[np.float64]


@declare(
    id="entities",
    version=2,
    label="Whole entities",
    sentence="Draws entities (people, documents…) by chance and takes all rows of each.",
    family="probability",
    needs=set(),
    promises=Promises(size=Size.RANDOM),
    weight=Weight.DESIGN,
    variance=VarianceEstimator(VarianceMethod.CLUSTERS),
    cost=Cost(
        work=lambda n, d, k: {
            "keyed": n,
            "scan": 300.0 * n + 2.0 * d**3,
            "steps": 4.0 * n,
            "gemm": 4.0 * min(n, _MEASURED) * d * d,
        },
        memory=lambda n, d, k: 400.0 * n + 64.0 * d * d + 16.0 * d * min(n, _MEASURED) + 2**27,
        text="O(n log n) time, O(n) memory",
    ),
    when="Rows of one person or document must stay together: no leak between parts, whole histories to read.",
    when_not="The number of rows must be exact, or rows of one entity are nearly the same.",
    answers={Wish.ENTITIES},
    paper=Reference(
        "L. Kish",
        1965,
        "Survey Sampling",
        "Wiley",
        "",
        "Cluster sampling with chances set so that the expected number of rows is the budget; entities meet "
        "from large to small in a pivotal draw (Deville and Tillé, 1998), so that the rows vary little.",
    ),
)
def entities(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    entity: Annotated[
        str,
        Par(
            "What rows belong to.",
            column=("entity", "id", "category", "label", "number"),
            special=("entities",),
        ),
    ] = "entities",
    draw: Annotated[
        Literal["random", "stratified", "pps"],
        Par("Equal chances; equal chances along groups; or larger entities more often."),
    ] = "random",
    by: Annotated[
        str | None,
        Par(
            "Groups to stratify by (an entity counts to the one that most of its rows are in).",
            column=("any",),
            special=("groups",),
            enabled_if=("draw", "stratified"),
        ),
    ] = None,
    allocation: Annotated[
        Literal["proportional", "equal"],
        Par("How expected rows are split over the groups.", enabled_if=("draw", "stratified")),
    ] = "proportional",
    alike: Annotated[
        str | None,
        Par(
            "Number that tells how alike the rows of an entity are; scores or features by default.",
            column=("number", "score"),
            special=("scores", "features"),
            advanced=True,
        ),
    ] = None,
) -> Picks:
    """Σ N_e·π_e = budget; entities of pinned rows are in whole, and the rest is drawn among the others."""
    owner = _owners(inputs, entity)
    sizes = np.bincount(owner)
    progress(0, 4, "entities")
    pinned = np.zeros(len(sizes), bool)
    pinned[owner[inputs.pins]] = True
    strata = np.zeros(len(sizes), np.int64)
    notes: tuple[str, ...] = ()
    if draw == "stratified":
        strata, notes = _strata(inputs, by, owner, len(sizes))
    progress(1, 4, "entities")
    share = np.ones(len(sizes))
    free = np.flatnonzero(~pinned)
    left = budget - int(sizes[pinned].sum())
    share[free] = _shares(sizes[free], strata[free], left, draw, allocation)
    # An entity's permanent random number is that of its first row.
    first = np.unique(owner, return_index=True)[1]
    lead, luck = halves(draws.of(first).uniforms())
    order = free[np.lexsort((lead[free], -sizes[free], strata[free]))]
    progress(2, 4, "drawing")
    inside = pinned.copy()
    inside[pivotal(np.where(pinned, 0.0, share), luck, order)] = True
    progress(3, 4, "drawing")
    rows = np.flatnonzero(inside[owner])
    rows = rows[np.lexsort((rows, lead[owner[rows]], ~pinned[owner[rows]]))]
    rows = rows[pins_first(rows, inputs.pins)].astype(np.int64)
    notes = (*_told(sizes, share, inside, inputs.pins, left, budget), *notes)
    if draw != "pps":
        notes += _uneven(sizes[free])
    notes += _effect(inputs, alike, owner, sizes, lead, len(rows))
    whose = owner[rows]
    drawn = DesignFacts(
        strata=strata[whose],
        names=tuple(f"group {at + 1}" for at in range(int(strata.max()) + 1)),
        units=whose,
        expected=float(share[free][share[free] < 1].sum()),
        all_chances=compact(share)[owner],
        all_strata=strata[owner].astype(np.int32),
        all_units=owner.astype(np.int32),
    )
    unreached = int(sizes[free][share[free] <= 0].sum())
    return Picks(rows, inclusion=share[whose], notes=notes, drawn=drawn, unreached=unreached)


def _owners(inputs: Inputs, name: str) -> Rows:
    """Entity of each row, numbered in order of first appearance."""
    if name == "entities" and inputs.entities is not None:
        codes = inputs.entities
    else:
        codes = entity_codes(inputs.column(name))
    _, first, code = np.unique(codes, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[code], np.int64)


def _strata(inputs: Inputs, by: str | None, owner: Rows, count: int) -> tuple[Rows, tuple[str, ...]]:
    """The group that most rows of each entity are in, the lower code where tied; notes."""
    if by is None and inputs.groups is None:
        raise ParameterError("Stratified entities need groups", "none were made or named", "name a column")
    codes, _, notes = grouping(inputs, by or "groups")
    width = int(codes.max()) + 1
    pairs, times = np.unique(owner * width + codes, return_counts=True)
    who, group = pairs // width, pairs % width
    order = np.lexsort((group, -times, who))
    _, best = np.unique(who[order], return_index=True)
    several = int((np.bincount(who, minlength=count) > 1).sum())
    if several:
        notes += (
            f"{clause(several, 'entity', 'has', 'have')} rows in several groups and go with the largest.",
        )
    return group[order][best], notes


def _shares(sizes: Rows, strata: Rows, budget: int, draw: str, allocation: str) -> Numbers:
    """π of each entity such that Σ size·π is the budget: a draw of rows with one weight per entity."""
    weight = np.zeros(len(sizes))
    if draw == "pps":
        weight = np.log(sizes.astype(np.float64))
    elif draw == "stratified" and allocation == "equal":
        weight = -np.log(np.bincount(strata, sizes)[strata])
    by_row = capped_shares(np.repeat(weight, sizes), max(0, budget))
    return np.asarray(by_row[np.cumsum(sizes) - sizes])


def _told(
    sizes: Rows, share: Numbers, inside: NDArray[np.bool_], pins: Rows, left: int, budget: int
) -> tuple[str, ...]:
    notes = [
        f"{int(inside.sum()):,} of {count(len(sizes), 'entity')}, {count(int(sizes[inside].sum()), 'row')}: "
        f"{count(budget, 'row')} on average over draws."
    ]
    if len(pins):
        notes.append("Pinned rows bring all rows of their entities, which are in with certainty too.")
    if left < 0:
        notes[0] = (
            f"The entities of the pinned rows have {count(budget - left, 'row')}, more than the budget."
        )
    if left <= 0 and not (share == 1).all():
        notes.append("No other entity has a chance, so whole-population totals are refused.")
    if share.sum() < 1 - 1e-9:
        notes.append(
            f"The budget is less than one entity on average, so a draw is empty in "
            f"{100 * (1 - share.sum()):.0f} % of cases."
        )
    return tuple(notes)


def _uneven(sizes: Rows) -> tuple[str, ...]:
    """A hint where few entities have many of the rows: their coming or not decides every estimate."""
    if len(sizes) < _HINT_FROM or sizes.std() <= sizes.mean():
        return ()
    most = max(1, len(sizes) // 20)
    held = float(np.sort(sizes)[-most:].sum() / sizes.sum())
    few = f"the largest {100 * most / len(sizes):.0f} % have {100 * held:.0f} % of the rows"
    return (
        f"Entities differ much in size ({few}), so few of them decide estimates; "
        'draw="pps" takes large ones more often, with weights that make up for it.',
    )


def _effect(
    inputs: Inputs, alike: str | None, owner: Rows, sizes: Rows, lead: Numbers, drawn: int
) -> tuple[str, ...]:
    """Kish's design effect in words: what the rows are worth beside rows drawn one by one."""
    name = alike or ("scores" if inputs.scores is not None else "features")
    if name == "features" and inputs.features is None:
        return ()
    # Whole entities, in random order, up to what is cheap to measure.
    queue = np.argsort(lead, kind="stable")
    taken = np.zeros(len(sizes), bool)
    taken[queue[: max(2, int(np.searchsorted(np.cumsum(sizes[queue]), _MEASURED, side="right")))]] = True
    rows = np.flatnonzero(taken[owner])
    if name == "features" and inputs.features is not None:
        part = np.asarray(inputs.features.matrix[rows], np.float32)
        if not np.isfinite(part).all():
            return ()
        found = components(part, 1)
        if not found.shape[1]:
            return ()
        values, name = found[:, 0], "the first principal component of the features"
    else:
        values = tamed(numbers(inputs, name)[rows])
        rows, values = rows[np.isfinite(values)], values[np.isfinite(values)]
    rho = likeness(values, owner[rows])
    if np.isnan(rho):
        return ()
    mean = len(owner) / len(sizes)
    effect = 1 + (mean - 1) * rho
    on = name if len(rows) == len(owner) else f"{name}, {count(len(rows), 'row')}"
    worth = f"; for a mean they are worth about {drawn / effect:,.0f} rows drawn one by one"
    return (
        f"Design effect about {effect:.2f}, measured on {on}: rows of an entity correlate by {rho:.2f} and "
        f"entities have {mean:.1f} rows on average{worth if drawn and effect > 1 else ''}.",
    )


def likeness(values: Numbers, owner: Rows) -> float:
    """Intraclass correlation of values within owners, by analysis of variance; NaN where not defined.

    Example:
        >>> likeness(np.array([1.0, 3.0, 5.0, 7.0]), np.array([0, 0, 1, 1]))
        0.7777777777777778
    """
    if len(values) == 0:
        return float("nan")
    _, code, count = np.unique(owner, return_inverse=True, return_counts=True)
    n, m = len(values), len(count)
    if m < 2 or n == m:
        return float("nan")
    mean = np.bincount(code, values) / count
    between = float((count * (mean - values.mean()) ** 2).sum()) / (m - 1)
    within = float(((values - mean[code]) ** 2).sum()) / (n - m)
    typical = (n - float((count.astype(np.float64) ** 2).sum()) / n) / (m - 1)
    total = between + (typical - 1) * within
    return (between - within) / total if total > 0 else float("nan")
