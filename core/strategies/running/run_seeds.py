"""A strategy run for each of its seeds: the subsets, or why there are none."""

from __future__ import annotations

from ...foundation.errors import AliquotError
from ...foundation.progress import SILENT, Progress
from ...model.budget import Budget
from ...model.inputs import Inputs
from ...model.recipe import Choice
from ...model.selection import Selection
from ..declaration import STRATEGIES
from .select import select

NO_ROWS = "it chose no rows at this budget"


def run_seeds(
    choice: Choice,
    inputs: Inputs,
    budget: int | Budget,
    *,
    seeds: int = 1,
    seed: int = 0,
    described: str = "",
    progress: Progress = SILENT,
) -> tuple[Selection, ...] | str:
    """Run a strategy for M seeds: run number s uses the recipe's seed + s, a deterministic one runs once.

    Args:
        choice: The strategy with its parameters.
        inputs: The eligible population.
        budget: Rows, pins included, or a cost budget.
        seeds: M.
        seed: The recipe's seed.
        described: Digest of the inputs, recorded in the selections.
        progress: Told how far the work is; may cancel it.

    Returns:
        One selection per run, none of them empty; or the reason why there are none, in words.

    Raises:
        Cancelled: A cancel was asked for.

    Example:
        >>> import numpy as np
        >>> inputs = Inputs(keys=np.arange(160, dtype=np.uint8).reshape(10, 16))
        >>> [one.seed for one in run_seeds(Choice("random"), inputs, 4, seeds=3, seed=7)]
        [7, 8, 9]
        >>> run_seeds(Choice("random"), inputs, 40)
        'A budget of 40 rows cannot be drawn: only 10 rows are eligible. What to do: ask for at most 10 rows.'
    """
    runs = STRATEGIES[choice.id].runs(seeds)
    made: list[Selection] = []
    for run in range(runs):
        part = progress.part(run / runs, (run + 1) / runs)
        try:
            chosen = select(
                choice.id,
                inputs,
                budget,
                seed=seed + run,
                params=choice.params,
                described=described,
                progress=part,
            )
        except AliquotError as error:
            return str(error)
        if not len(chosen):
            return NO_ROWS
        made.append(chosen)
    return tuple(made)
