"""What can be learned from a subset: a simple model trained on it, scored on rows that nobody has seen.

A fifth of the rows leave before groups, scores and strategies are made. Each strategy then runs on the rest
at the same fraction, seed by seed, and a logistic regression trained on what it chose predicts the label of
the rows that left. Uniform random subsets of the rest are probed the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .band import band_subsets
from .budget import Budget
from .draws import uniforms
from .errors import AliquotError
from .metrics import METRICS, Pool
from .metrics._geometry import linked
from .metrics._parallel import in_parallel
from .progress import SILENT, Progress
from .select import about_rows, select
from .spend import share_for
from .types import Inputs, Rows

HELD_OUT = 0.2
STREAM = "downstream/1"
PENALTY = 1.0
CLASSES = 50
"""A label with more values than this is no class label that a simple probe could be judged by."""
_STEPS = 1_000


@dataclass(frozen=True)
class Probe:
    """How downstream numbers are made.

    Args:
        rebuild: Makes the inputs of some rows anew (positions in the population, ascending): groups, scores
            and whatever else is fitted must not have seen the others. None where nothing is fitted to the
            rows beyond what `Inputs.take` cuts out.
        entity: Entity of each row of the population, for example a customer: rows of one entity leave
            together. Missing ones stand alone.
    """

    rebuild: Callable[[Rows], Inputs] | None = None
    entity: Sequence[Any] | None = None


@dataclass(frozen=True)
class Split:
    """Rows to learn from and rows to score on, with what both need.

    Args:
        train: Inputs of the training rows only, made anew.
        train_rows, test_rows: Positions in the population, ascending, disjoint.
        budget: Rows or cost to choose from the training rows: the same fraction.
        x_train, x_test: Features.
        y_train, y_test: Label codes.
        strata: Group of each test row, for the worst group.
        reason: Why there are no downstream numbers; "" where there are.
        described: The split in words.
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
    count = 0
    for unit in order:
        gap = wanted - count
        if gap <= 0:
            break
        if sizes[unit] - gap <= gap:
            leaves[unit] = True
            count += int(sizes[unit])
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
    test = holdout(inputs.keys, _units(pool, probe.entity), seed=seed)
    train = np.setdiff1d(np.arange(inputs.n), test).astype(np.int64)
    scored = test[inputs.labels[test] >= 0]
    classes = len(np.unique(inputs.labels[train[inputs.labels[train] >= 0]]))
    if classes > CLASSES:
        return none(f"no downstream numbers: the label has {classes:,} values, and the probe takes {CLASSES}")
    if classes < 2 or not len(scored):
        return none("no downstream numbers: too few rows have a label")
    rebuilt = inputs.take(train) if probe.rebuild is None else probe.rebuild(train)
    assert np.array_equal(rebuilt.keys, inputs.keys[train]), "rebuilt inputs are of other rows"
    pinned = np.flatnonzero(np.isin(train, inputs.pins)).astype(np.int64)
    rebuilt = replace(rebuilt, pins=pinned, pins_after_looking=inputs.pins_after_looking)
    if inputs.costs is not None:
        rebuilt = replace(rebuilt, costs=inputs.costs[train], cost_column=inputs.cost_column)
    wanted = share_for(budget, inputs, rebuilt)
    try:
        rows = about_rows(wanted, rebuilt)
    except AliquotError as error:
        return none(f"no downstream numbers: {error.why or error.what}")
    learnt = f"{rows:,}" if isinstance(wanted, int) else f"rows for {wanted.words}"
    x = inputs.features.matrix
    strata = inputs.labels if inputs.groups is None else inputs.groups.codes
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
        described=f"{len(test):,} of {inputs.n:,} rows held out by entity and near-duplicates before "
        f"strategies ran; {learnt} of the other {len(train):,} rows to learn from",
    )


def _units(pool: Pool, entity: Sequence[Any] | None) -> Rows:
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


def score(split: Split, rows: Rows) -> dict[str, float]:
    """Downstream metrics of one subset of the training rows (positions among them)."""
    y = split.y_train[rows]
    known = y >= 0
    predicted = predict(split.x_train[rows[known]], y[known], split.x_test)
    return {
        metric.id: metric.body(split.y_test, predicted, split.strata)
        for metric in METRICS
        if metric.stage == "downstream"
    }


def predict(x: NDArray[np.float32], y: Rows, unseen: NDArray[np.float32]) -> Rows:
    """Labels of unseen rows by a logistic regression (L2, C = 1) on rows with labels.

    Features are standardised by the training rows' mean and one common scale. Where one class, or none, is
    among the training rows, that class (or −1) is predicted everywhere.

    Args:
        x: Chosen rows, (b, d).
        y: Their label codes, all ≥ 0.
        unseen: Rows to predict, (m, d).

    Returns:
        Codes, int64 (m,).
    """
    from sklearn.linear_model import LogisticRegression

    present = np.unique(y)
    if len(present) < 2:
        return np.full(len(unseen), present[0] if len(present) else -1, np.int64)
    centre = x.mean(axis=0, dtype=np.float64).astype(np.float32)
    spread = float(np.sqrt(((x - centre) ** 2).sum(axis=1, dtype=np.float64).mean() / x.shape[1])) or 1.0
    scaled = (x - centre) / np.float32(spread)
    model = LogisticRegression(C=PENALTY, max_iter=_STEPS, tol=1e-3)
    model.fit(scaled, y)
    found: Rows = model.predict((unseen - centre) / np.float32(spread)).astype(np.int64)
    return found


def probe_values(
    split: Split,
    strategy: str,
    params: Mapping[str, Any],
    *,
    seeds: int,
    seed: int,
    progress: Progress = SILENT,
) -> list[dict[str, float]]:
    """Downstream metrics of a strategy re-run on the training rows, one mapping per seed."""
    out = []
    for run in range(seeds):
        chosen = select(
            strategy,
            split.train,
            split.budget,
            seed=seed + run,
            params=params,
            progress=progress.part(run / seeds, (run + 0.8) / seeds),
        )
        out.append(score(split, chosen.rows))
    return out


def probe_band(
    split: Split, size: int, *, seeds: int, seed: int, progress: Progress = SILENT
) -> dict[int, dict[str, NDArray[np.float64]]]:
    """Downstream metrics of the random band, by M and metric: R values each, as in `core.band`.

    Drawn from the training rows alone, under the pins among them.
    """
    total = size * seeds
    subsets = band_subsets(split.train, split.budget, 0, total, seed=seed, progress=progress.part(0, 0.1))
    found = list(
        in_parallel(lambda rows: score(split, rows), subsets, progress.part(0.1, 1), "probing the band")
    )
    single = {name: np.array([values[name] for values in found]) for name in found[0]}
    out = {1: {name: values[:size] for name, values in single.items()}}
    if seeds > 1:
        out[seeds] = {name: values.reshape(size, seeds).mean(axis=1) for name, values in single.items()}
    return out
