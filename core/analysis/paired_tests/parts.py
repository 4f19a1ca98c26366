"""Rows to test strategies on: parts that never share a unit, and one selection and fit on a part.

Groups and whatever else is fitted are made from a part's rows alone; the others are only predicted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.errors import NeedError
from ...foundation.permanent_random import uniforms
from ...foundation.progress import Progress
from ...foundation.wording import count
from ...metrics.pool import Pool
from ...model.budget import Budget
from ...model.inputs import Inputs
from ...model.recipe import Choice
from ...strategies.declaration import STRATEGIES
from ...strategies.running.needs import unmet
from ...strategies.running.run_seeds import run_seeds
from ..held_out.probes import predict
from ..held_out.split import CLASSES, Probe, part_of

HALVES = "paired-halves/1"


@dataclass
class PairedTestData:
    """Rows to test on, strategies, and what has been said of them."""

    pool: Pool
    choices: tuple[Choice, ...]
    seeds: tuple[int, ...]
    budget: int | Budget
    probe: Probe
    seed: int
    reasons: list[str]

    @property
    def inputs(self) -> Inputs:
        """The population."""
        return self.pool.inputs

    @property
    def labels(self) -> Rows:
        """Label codes."""
        assert self.inputs.labels is not None
        return self.inputs.labels

    def part(self, rows: Rows) -> tuple[Inputs, int | Budget]:
        """Inputs of some rows alone, and the budget there; see `part_of`."""
        return part_of(self.inputs, rows, self.budget, self.probe)

    def fitted(
        self,
        at: int,
        made: Inputs,
        budget: int | Budget,
        rows: Rows,
        unseen: Rows,
        shift: int,
        progress: Progress,
    ) -> Rows | None:
        """Labels of unseen rows by a model trained on what strategy `at` chooses; None with its reason."""
        choice = self.choices[at]
        reason = unmet(STRATEGIES[choice.id], made, choice.params)
        if reason:
            self.reasons[at] = reason
            return None
        found = run_seeds(choice, made, budget, seed=self.seeds[at] + shift, progress=progress)
        if isinstance(found, str):
            self.reasons[at] = found
            return None
        assert self.inputs.features is not None
        x = self.inputs.features.matrix
        own = rows[found[0].rows]
        own = own[self.labels[own] >= 0]
        return predict(x[own], self.labels[own], x[unseen])

    @property
    def running(self) -> list[int]:
        """Strategies that nothing has kept from being tested so far."""
        return [at for at, reason in enumerate(self.reasons) if not reason]


def halves(keys: NDArray[np.uint8], units: Rows, *, seed: int, repetition: int = 0) -> tuple[Rows, Rows]:
    """Two random halves of the rows; a unit is in one of them whole.

    Args:
        keys: Row keys in canonical order, (n, 16).
        units: Unit of each row.
        seed: The recipe's seed.
        repetition: Which halving.

    Returns:
        Ascending positions of either half. Units in keyed random order join the first one until it holds
        half of the rows; one that would overshoot by more than what is missing goes to the second.

    Example:
        >>> keys = np.arange(160, dtype=np.uint8).reshape(10, 16)
        >>> [len(half) for half in halves(keys, np.arange(10), seed=0)]
        [5, 5]
    """
    names, first, inverse, sizes = np.unique(
        units, return_index=True, return_inverse=True, return_counts=True
    )
    inside, gap = np.zeros(len(names), bool), len(keys) / 2
    for unit in np.argsort(uniforms(keys[first], seed, HALVES, repetition), kind="stable"):
        if gap <= 0:
            break
        if sizes[unit] - gap <= gap:
            inside[unit] = True
            gap -= sizes[unit]
    mask = inside[inverse]
    return np.flatnonzero(mask).astype(np.int64), np.flatnonzero(~mask).astype(np.int64)


def check_part(setup: PairedTestData, rows: Rows, what: str) -> None:
    """`NeedError` unless a model can be trained on these rows."""
    classes = len(np.unique(setup.labels[rows][setup.labels[rows] >= 0]))
    if classes > CLASSES:
        raise NeedError(
            "The label cannot be learned by the model that judges subsets",
            f"it has {count(classes, 'value')}, and {CLASSES} is the most",
            "choose a label with fewer values",
        )
    if classes < 2:
        raise NeedError(
            "The rows cannot be divided for this test",
            f"{what} has fewer than two different labels",
            "use more rows with labels",
        )
