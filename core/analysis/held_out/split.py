"""Rows to learn from and rows to score on: a fifth leave before groups, scores and strategies are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.components import linked
from ...foundation.errors import AliquotError
from ...foundation.permanent_random import EVALUATION, smallest, uniforms
from ...foundation.wording import count, verb
from ...metrics.pool import Pool
from ...metrics.predictions import STRATUM_ROWS
from ...model.budget import Budget
from ...model.cost_budget import share_for
from ...model.inputs import Inputs
from ...strategies.running.select import about_rows

HELD_OUT = 0.2
STREAM = "downstream/1"
CLASSES = 50
"""A label with more values than this is no class label that a simple probe could be judged by."""
NEAR_ROWS = 20_000
"""The nearest-neighbour probe scores at most so many held-out rows: those first in evaluation order."""


@dataclass(frozen=True)
class Probe:
    """How downstream numbers are made.

    Args:
        rebuild: Makes the inputs of some rows again (positions in the population, ascending): groups, scores
            and whatever else is fitted must not have seen the others. None where nothing is fitted to the
            rows beyond what `Inputs.take` cuts out.
        entity: Entity of each row of the population, for example a customer: rows of one entity leave
            together. Missing ones stand alone.
    """

    rebuild: Callable[[Rows], Inputs] | None = None
    entity: Sequence[Any] | None = None


def part_of(inputs: Inputs, rows: Rows, budget: int | Budget, probe: Probe) -> tuple[Inputs, int | Budget]:
    """Inputs of some rows alone, made again, with their pins and costs; and the budget there.

    Args:
        inputs: The whole population.
        rows: Positions in it, ascending.
        budget: Rows or cost asked of the whole; of the part the same fraction is asked (see `share_for`).
        probe: How inputs are made again.

    Example:
        >>> whole = Inputs(keys=np.arange(160, dtype=np.uint8).reshape(10, 16), pins=np.array([4, 8]))
        >>> part, budget = part_of(whole, np.arange(6), 5, Probe())
        >>> part.pins.tolist(), budget
        ([4], 3)
    """
    made = inputs.take(rows) if probe.rebuild is None else probe.rebuild(rows)
    assert np.array_equal(made.keys, inputs.keys[rows]), "rebuilt inputs are of other rows"
    pins = np.flatnonzero(np.isin(rows, inputs.pins)).astype(np.int64)
    made = replace(made, pins=pins, pins_after_looking=inputs.pins_after_looking)
    if inputs.costs is not None:
        made = replace(made, costs=inputs.costs[rows], cost_column=inputs.cost_column)
    return made, share_for(budget, inputs, made)


@dataclass(frozen=True)
class Split:
    """Rows to learn from and rows to score on, with what both need.

    Args:
        train: Inputs of the training rows only, made again.
        train_rows, test_rows: Positions in the population, ascending, disjoint.
        budget: Rows or cost to choose from the training rows: the same fraction.
        x_train, x_test: Features.
        y_train, y_test: Label codes.
        strata: Group of each test row, for the worst group.
        reason: Why there are no downstream numbers; "" where there are.
        described: The split in words.
        classes: Label codes among the training rows, ascending: the columns of class probabilities.
        near: Positions among the held-out rows, ascending, that the nearest-neighbour probe scores.
        groups: Groups of the population; 0 where label classes stand for them.
    """

    train: Inputs
    train_rows: Rows
    test_rows: Rows
    budget: int | Budget
    x_train: NDArray[np.float32]
    x_test: NDArray[np.float32]
    y_train: Rows
    y_test: Rows
    strata: Rows
    reason: str = ""
    described: str = ""
    classes: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    near: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    groups: int = 0

    def strata_words(self) -> dict[str, str]:
        """By probe of how many groups the worst and the best are looked for, where these are not all.

        Label classes stand for groups where there are none; a class without a held-out row is not seen.
        """
        said = {}
        for probe, strata in (("logistic", self.strata), ("neighbours", self.strata[self.near])):
            sizes = np.bincount(strata)
            whole = self.groups or int((sizes > 0).sum())
            wide = int((sizes >= STRATUM_ROWS).sum())
            if wide < whole:
                many = count(whole, "group") if self.groups else count(whole, "label class", "label classes")
                said[probe] = f"over {wide:,} of {many}, those with {STRATUM_ROWS} held-out rows"
        return said


def holdout(keys: NDArray[np.uint8], units: Rows, *, seed: int, share: float = HELD_OUT) -> Rows:
    """Rows that leave: whole units in keyed random order until `share` of the rows is reached.

    Args:
        keys: Row keys in canonical order, (n, 16).
        units: Unit of each row; rows of one unit leave together. A unit that would overshoot by more than
            what is missing without it stays, and the next is tried.
        seed: The recipe's seed.
        share: Share of the rows wanted.

    Returns:
        Ascending positions.

    Example:
        >>> keys = np.arange(320, dtype=np.uint8).reshape(20, 16)
        >>> len(holdout(keys, np.arange(20), seed=0))
        4
    """
    wanted = share * len(keys)
    names, first, inverse, sizes = np.unique(
        units, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(uniforms(keys[first], seed, STREAM), kind="stable")
    leaves = np.zeros(len(names), bool)
    left = 0
    for unit in order:
        gap = wanted - left
        if gap <= 0:
            break
        if sizes[unit] - gap <= gap:
            leaves[unit] = True
            left += int(sizes[unit])
    return np.flatnonzero(leaves[inverse]).astype(np.int64)


def split_rows(pool: Pool, budget: int | Budget, probe: Probe, *, seed: int) -> Split:
    """Split a population by entity and near-duplicate component, and make the training inputs.

    Args:
        pool: The prepared population, with features and labels.
        budget: Rows or cost asked of the whole population.
        probe: How to rebuild inputs, and the entities.
        seed: The recipe's seed.
    """
    inputs = pool.inputs
    empty = np.empty(0, np.int64)
    flat = np.empty((0, 0), np.float32)

    def none(reason: str) -> Split:
        return Split(inputs, empty, empty, 0, flat, flat, empty, empty, empty, reason=reason)

    if inputs.features is None or inputs.labels is None:
        lacking = "features" if inputs.features is None else "a label column"
        return none(f"no downstream numbers: they need {lacking}")
    units = units_of(pool, probe.entity)
    test = holdout(inputs.keys, units, seed=seed)
    if not len(test):
        why = together(pool, probe.entity)
        return none(f"no downstream numbers: {why}, so a fifth of the rows cannot be held out")
    train = np.setdiff1d(np.arange(inputs.n), test).astype(np.int64)
    scored = test[inputs.labels[test] >= 0]
    classes = np.unique(inputs.labels[train[inputs.labels[train] >= 0]])
    if len(classes) > CLASSES:
        return none(
            f"no downstream numbers: the label has {count(len(classes), 'value')}, and the probe takes "
            f"{CLASSES}"
        )
    if len(classes) < 2 or not len(scored):
        return none("no downstream numbers: too few rows have a label")
    rebuilt, wanted = part_of(inputs, train, budget, probe)
    try:
        rows = about_rows(wanted, rebuilt)
    except AliquotError as error:
        return none(f"no downstream numbers: {error.why or error.what}")
    learnt = f"{rows:,}" if isinstance(wanted, int) else f"rows for {wanted.words}"
    x = inputs.features.matrix
    order = uniforms(inputs.keys[scored], 0, EVALUATION)
    strata = inputs.labels if inputs.groups is None else inputs.groups.codes
    kept = tied(pool, probe.entity)
    whole = f", {' and '.join(kept)} together," if kept else ""
    return Split(
        train=rebuilt,
        train_rows=train,
        test_rows=scored,
        budget=wanted,
        x_train=x[train],
        x_test=x[scored],
        y_train=inputs.labels[train],
        y_test=inputs.labels[scored],
        strata=strata[scored],
        described=f"{len(test):,} of {count(inputs.n, 'row')} held out at random{whole} before strategies "
        f"ran; {learnt} of the other {count(len(train), 'row')} to learn from",
        classes=classes.astype(np.int64),
        near=np.sort(smallest(order, NEAR_ROWS)),
        groups=0 if inputs.groups is None else len(inputs.groups.names),
    )


def tied(pool: Pool, entity: Sequence[Any] | None) -> tuple[str, ...]:
    """Which rows stay together here, in words: of one entity where there are entities, and linked copies.

    Args:
        pool: The prepared population.
        entity: As in `Probe`.
    """
    copies = len(np.unique(pool.components)) < pool.n
    return (
        *(("rows of one entity",) if entity is not None else ()),
        *(("near-duplicates",) if copies else ()),
    )


def together(pool: Pool, entity: Sequence[Any] | None) -> str:
    """How many rows the largest unit holds, and what links them."""
    units = units_of(pool, entity)
    kinds = {"rows of one entity": "one entity", "near-duplicates": "linked as near-duplicates"}
    links = ", or ".join(kinds[kind] for kind in tied(pool, entity))
    many = int(np.bincount(units).max())
    if many == 1:
        return f"there {verb(len(units), 'is', 'are')} only {count(len(units), 'row')}"
    return f"{many:,} of {count(len(units), 'row')} belong together" + (f" ({links})" if links else "")


def units_of(pool: Pool, entity: Sequence[Any] | None) -> Rows:
    """Rows that must stay together: linked by entity, by near-duplication, or by a chain of both."""
    import pandas as pd

    units = pool.components
    if entity is None:
        return units
    codes, _ = pd.factorize(pd.Series(entity), use_na_sentinel=True)
    rows = np.flatnonzero(codes >= 0)
    _, first, inverse = np.unique(codes[rows], return_index=True, return_inverse=True)
    same_entity = np.column_stack([rows[first][inverse], rows])
    _, lead, back = np.unique(units, return_index=True, return_inverse=True)
    same_component = np.column_stack([lead[back], np.arange(len(units))])
    return linked(len(units), np.concatenate([same_entity, same_component]))
