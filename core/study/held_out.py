"""What can be learned from subsets, for a study: its split, its probe, its learning curves."""

from __future__ import annotations

from collections.abc import Sequence

from ..analysis.held_out.learning_curve import BAND, FRACTIONS
from ..analysis.held_out.learning_result import Learning, learn
from ..analysis.held_out.split import Probe, Split, split_rows
from ..foundation.arrays.array_types import Rows
from ..foundation.progress import SILENT, Progress
from ..metrics.pool import prepare
from ..model.inputs import Inputs
from ..model.recipe import Choice
from ..strategies.running.select import eligible_part
from .artifacts import Artifacts


def split_study(study: Artifacts, budget: str | int | None = None, progress: Progress = SILENT) -> Split:
    """The split that a comparison of this study makes: its filter, bans, pins, entities and groups.

    Args:
        study: Data set and recipe.
        budget: "500", "5%", "50000 tokens" or a count; the recipe's if not given.
        progress: Told how far the work is; may cancel it.

    Returns:
        The split that `core.study.compare.compare_study` makes; with `reason` where there are no numbers.
    """
    asked = study.asked(budget)
    inputs = study.priced(study.inputs(progress.part(0, 0.8)), asked)
    eligible = study.eligible()
    pool = prepare(eligible_part(inputs, eligible), {}, progress.part(0.8, 0.9))
    return split_rows(pool, asked, probe_of(study, eligible), seed=study.recipe.seed)


def probe_of(study: Artifacts, eligible: Rows | None) -> Probe:
    """How a study is probed: rows of one entity stay together, and training rows are a study of their own."""
    units = study.entity_units()
    entity = None if units is None else (units if eligible is None else units[eligible]).tolist()

    def rebuild(rows: Rows) -> Inputs:
        return study.part(rows if eligible is None else eligible[rows])

    return Probe(rebuild, entity)


def learn_study(
    study: Artifacts,
    choices: Sequence[Choice],
    budget: str | int | None = None,
    fractions: Sequence[float] = FRACTIONS,
    *,
    seeds: int | None = None,
    band: int = BAND,
    progress: Progress = SILENT,
) -> Learning:
    """`learn` for a study: the split, inputs and seeds that its comparison uses.

    Args:
        study: Data set and recipe.
        choices: Strategies with their parameters.
        budget: "500", "5%", "50000 tokens" or a count; the recipe's if not given. Under a cost budget the
            grid is in rows, about as many as the budget buys.
        fractions, band, progress: As in `learn`.
        seeds: The recipe's if not given.
    """
    split = split_study(study, budget, progress.part(0, 0.1))
    return learn(
        split,
        choices,
        fractions,
        seeds=study.recipe.seeds if seeds is None else seeds,
        band=band,
        seed=study.recipe.seed,
        progress=progress.part(0.1, 1),
    )
