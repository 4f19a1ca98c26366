"""Strategies for tests alone: several columns, draws with replacement, entities and an order, text."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from core.foundation.permanent_random import Draws
from core.foundation.progress import Progress
from core.model.inputs import Inputs
from core.model.needs import Need
from core.model.parameters import Par
from core.model.promises import Weight
from core.model.registry import Reference, Registry
from core.model.selection import Picks
from core.strategies.declaration import Cost, Promises, Strategy, declare
from core.strategies.parts.column_parameters import columns_matrix
from core.strategies.variance import VarianceEstimator, VarianceMethod
from core.strategies.wishes import Wish

COLUMNS, TWICE, NEEDY, READER = "made-up-columns", "made-up-twice", "made-up-needy", "made-up-reader"
FAMILY = "made up"


def register(registry: Registry[Strategy]) -> None:
    """Add the strategies to a registry (a copy of the real one, so that nothing is left behind)."""
    common: dict[str, Any] = {
        "version": 1,
        "family": FAMILY,
        "cost": Cost(lambda n, d, k: {"scan": n}, lambda n, d, k: 100.0 * n, "O(n)"),
        "when": "Testing.",
        "when_not": "Otherwise.",
        "paper": Reference.none("a test"),
        "registry": registry,
    }

    @declare(
        id=COLUMNS,
        label="Made-up columns",
        sentence="Takes the rows with the largest numbers.",
        needs=set(),
        promises=Promises(deterministic=True, nested=True, limit="the number of rows"),
        weight=Weight.NONE,
        answers={Wish.CLEAN},
        **common,
    )
    def by_columns(
        inputs: Inputs,
        budget: int,
        draws: Draws,
        progress: Progress,
        /,
        *,
        on: Annotated[
            tuple[str, ...],
            Par(
                "Columns to add up.",
                column=("number", "category"),
                special=("groups", "entities", "scores", "order", "features"),
            ),
        ] = ("groups",),
    ) -> Picks:
        matrix, _, notes = columns_matrix(inputs, on)
        order = np.argsort(-matrix.sum(axis=1), kind="stable").astype(np.int64)
        return Picks(np.concatenate([inputs.pins, np.setdiff1d(order, inputs.pins)])[:budget], notes=notes)

    @declare(
        id=TWICE,
        label="Made-up draws",
        sentence="Draws rows with replacement.",
        needs=set(),
        promises=Promises(),
        weight=Weight.HANSEN_HURWITZ,
        variance=VarianceEstimator(VarianceMethod.REPLACEMENT),
        answers={Wish.ESTIMATES},
        **common,
    )
    def with_replacement(inputs: Inputs, budget: int, draws: Draws, progress: Progress, /) -> Picks:
        # Only every third row can be drawn, so that some surely are drawn twice.
        drawn = 3 * draws.generator("twice").integers(0, (inputs.n + 2) // 3, budget)
        rows, times = np.unique(drawn, return_counts=True)
        weight = times * inputs.n / budget
        return Picks(rows.astype(np.int64), weight=weight, multiplicity=times.astype(np.int64))

    @declare(
        id=NEEDY,
        label="Made-up needs",
        sentence="Takes the first rows of an order, entity by entity.",
        needs={Need.ENTITIES, Need.ORDER},
        promises=Promises(deterministic=True),
        weight=Weight.NONE,
        answers={Wish.ENTITIES, Wish.TIME},
        **common,
    )
    def by_entity(inputs: Inputs, budget: int, draws: Draws, progress: Progress, /) -> Picks:
        assert inputs.entities is not None
        assert inputs.order is not None
        return Picks(np.lexsort([inputs.entities, inputs.order])[:budget].astype(np.int64))

    @declare(
        id=READER,
        label="Made-up reader",
        sentence="Takes the rows with the longest text.",
        needs={Need.TEXT},
        promises=Promises(deterministic=True),
        weight=Weight.NONE,
        answers={Wish.TYPICAL},
        **common,
    )
    def by_text(inputs: Inputs, budget: int, draws: Draws, progress: Progress, /) -> Picks:
        assert inputs.texts is not None
        return Picks(np.argsort([-len(text) for text in inputs.texts], kind="stable")[:budget])
