"""Running a strategy's body: checks before, the call, checks after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...foundation.errors import BudgetError, FeatureError, NeedError
from ...foundation.permanent_random import Draws
from ...foundation.progress import SILENT, Progress
from ...foundation.wording import clause, count
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.open_registry import faults_of
from ...model.promises import Size
from ...model.selection import Picks
from ..declaration import Strategy
from .needs import column_advice, columns_of, missing_of, needs_of, unmet

_LARGEST, _SMALLEST = 1e15, 1e-15  # of the largest number in the features


def check_budget(budget: int, n: int, pinned: int) -> None:
    """Raise `BudgetError` unless pinned ≤ budget ≤ n and budget ≥ 1."""
    if isinstance(budget, bool) or int(budget) != budget or budget < 1:
        raise BudgetError(f"A budget of {budget} rows cannot be drawn", "it must be at least 1", "raise it")
    if budget > n:
        raise BudgetError(
            f"A budget of {count(budget, 'row')} cannot be drawn",
            f"only {clause(n, 'row', 'is', 'are')} eligible",
            f"ask for at most {count(n, 'row')}",
        )
    if budget < pinned:
        raise BudgetError(
            f"A budget of {count(budget, 'row')} is too small",
            f"{clause(pinned, 'row', 'is', 'are')} pinned, which counts towards it",
            "raise the budget or unpin some rows",
        )


def run_body(
    strategy: Strategy,
    inputs: Inputs,
    budget: int,
    draws: Draws,
    params: Mapping[str, Any],
    progress: Progress = SILENT,
) -> Picks:
    """Run a strategy on a population and check what it returns; what *within* parameters call as well.

    Args:
        strategy: The declaration.
        inputs: The eligible population, in canonical order.
        budget: Rows wanted, pins included.
        draws: Randomness of this run.
        params: Checked here.
        progress: Called inside the loop.

    Raises:
        ParameterError, NeedError, BudgetError: As named.
        AssertionError: The strategy broke its declaration: a defect of ours.
        ExtensionError: The same of another package's strategy, or another fault in it.
    """
    checked = strategy.check(params)
    reason = unmet(strategy, inputs, checked)
    if reason:
        first = missing_of(needs_of(strategy, checked, columns_of(inputs)), inputs)[0]
        raise NeedError(
            f"{strategy.label} cannot run", reason, first.words.remedy + column_advice(strategy, first)
        )
    check_budget(budget, inputs.n, len(inputs.pins))
    with faults_of(strategy):
        picks = strategy.body(inputs, budget, draws, progress, **checked)
        progress.check()
        _check(strategy, inputs, budget, picks)
    return picks


def _check(strategy: Strategy, inputs: Inputs, budget: int, picks: Picks) -> None:
    name = strategy.id
    assert isinstance(picks, Picks), f"{name}: it returns no Picks"
    rows = picks.rows
    assert isinstance(rows, np.ndarray), f"{name}: rows must be an array"
    assert rows.dtype == np.int64, f"{name}: rows must be int64 positions"
    assert rows.ndim == 1, f"{name}: rows must be one-dimensional"
    assert ((rows >= 0) & (rows < inputs.n)).all(), f"{name}: row out of range"
    chosen = np.zeros(inputs.n, bool)
    chosen[rows] = True
    assert int(chosen.sum()) == len(rows), f"{name}: a row was chosen twice"
    assert chosen[inputs.pins].all(), f"{name}: a pinned row is missing"
    drawn = len(rows) if picks.multiplicity is None else int(picks.multiplicity.sum())
    if strategy.promises.size is Size.EXACT:
        assert drawn == budget, f"{name}: {drawn} rows for a budget of {budget}"
    elif strategy.promises.size is Size.AT_MOST:
        assert drawn <= budget, f"{name}: {drawn} rows for a budget of at most {budget}"
    for part in (picks.inclusion, picks.weight, picks.multiplicity, picks.represents, picks.gains):
        assert part is None or isinstance(part, np.ndarray), f"{name}: what comes with the rows is no array"
        assert part is None or part.shape == rows.shape, f"{name}: an array does not match the rows"
        assert part is None or part.dtype.kind in "iuf", f"{name}: an array holds no numbers"
    assert isinstance(picks.notes, tuple), f"{name}: the notes must be a tuple of sentences"
    assert all(isinstance(note, str) for note in picks.notes), f"{name}: a note is no sentence"


def check_finite(strategy_id: str, inputs: Inputs, params: Mapping[str, Any]) -> None:
    """Refuse features that hold NaN or infinity, or none but numbers too large or small to be squared."""
    if inputs.features is None or not {Need.FEATURES, Need.TARGET} & needs_of(strategy_id, params):
        return
    top = inputs.features.largest
    if np.isfinite(top):
        if top > _LARGEST or 0 < top < _SMALLEST:
            raise FeatureError(
                f"The largest number in the features is {top:.2g}",
                f"squares of numbers {'above' if top > 1 else 'below'} "
                f"{_LARGEST if top > 1 else _SMALLEST:.0e} are lost in single precision",
                "give the features in another unit",
            )
        return
    bad = int((~np.isfinite(inputs.features.matrix)).any(axis=1).sum())
    raise FeatureError(
        f"{clause(bad, 'row', 'has', 'have')} features that are not finite",
        "they hold NaN or infinity",
        "correct or ban them",
    )
