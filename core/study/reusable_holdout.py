"""What a strategy reaches on guarded rows: rows of a data set that no selection asked about here has seen.

The rows of a data set are split once, whole units (entities, near-duplicates) at a time: a fifth is guarded,
a further fifth is for practice, the rest is to choose and learn from. The split depends on the data set and
on which rows belong together, never on the recipe's seed, the filter or the label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..analysis.held_out.reusable_holdout import HoldoutAnswer, ReusableHoldout
from ..analysis.held_out.split import Probe, holdout, together, units_of
from ..analysis.paired_tests.parts import PairedTestData, check_part
from ..foundation.arrays.array_types import Rows
from ..foundation.arrays.positions import positions_among
from ..foundation.artifact_store import digest
from ..foundation.errors import NeedError
from ..foundation.progress import SILENT, Progress
from ..metrics.pool import prepare
from ..model.budget import Budget
from ..model.open_registry import packages_in
from ..model.recipe import Choice
from ..strategies.declaration import STRATEGIES, label_of
from .artifacts import Artifacts
from .paired_tests import prepared_population

SHARE = 0.2
"""Of all rows: guarded ones, and as many for practice."""
GUARD_SEED, PRACTICE_SEED = 2**64, 2**64 + 1
"""No recipe's seed reaches these, so no comparison's held-out rows are the guarded ones by design."""


@dataclass(frozen=True)
class HoldoutSplit:
    """The rows of a data set in three parts; positions in all of it, ascending.

    Args:
        guarded: Rows that answer questions.
        practice: Rows whose own value stands for them as long as they agree.
        rest: Rows to choose and learn from.
    """

    guarded: Rows
    practice: Rows
    rest: Rows


def parts_of(study: Artifacts, progress: Progress = SILENT) -> HoldoutSplit:
    """Split all rows of a study's data set in three, whatever its filter, bans and seed.

    Args:
        study: Its features decide which rows are near-duplicates, its entity columns which are one entity's.
        progress: Told how far the work is; may cancel it.
    """
    inputs = replace(study.inputs(progress), pins=np.empty(0, np.int64))
    units_here = study.entity_units()
    entity = None if units_here is None else units_here.tolist()
    pool = prepare(inputs, {})
    units = units_of(pool, entity)
    guarded = holdout(inputs.keys, units, seed=GUARD_SEED, share=SHARE)
    others = np.setdiff1d(np.arange(inputs.n), guarded).astype(np.int64)
    practice = others[
        holdout(inputs.keys[others], units[others], seed=PRACTICE_SEED, share=SHARE / (1 - SHARE))
    ]
    if not len(guarded) or not len(practice):
        raise NeedError(
            "No part of the rows can be guarded",
            together(pool, entity),
            "use more rows, other features, or no entity column",
        )
    return HoldoutSplit(guarded, practice, np.setdiff1d(others, practice).astype(np.int64))


def question(study: Artifacts, choice: Choice, budget: str | int | None = None) -> str:
    """Name of the question "what does this strategy reach on the guarded rows?": of all it depends on."""
    described = study.described(study.inputs())
    wanted = study.asked(budget)
    spelled = wanted if isinstance(wanted, int) else str(wanted)
    asked: dict[str, Any] = {"strategy": choice.id, "params": dict(choice.params), "budget": spelled}
    packages = packages_in(choice.id, choice.params)
    if packages:  # ours are named as they always were, so that no answer is paid for twice
        asked["packages"] = packages
        asked["version"] = STRATEGIES[choice.id].version
    return digest({"question": "accuracy/2", "study": described, "seed": study.recipe.seed, **asked})


def holdout_of(study: Artifacts) -> ReusableHoldout:
    """The record of a study's data set, in its store."""
    return ReusableHoldout(study.store, study.data.fingerprint.digest)


def ask(
    study: Artifacts,
    choice: Choice,
    budget: str | int | None = None,
    *,
    label: str = "",
    guard: ReusableHoldout | None = None,
    progress: Progress = SILENT,
) -> HoldoutAnswer:
    """Accuracy, on the guarded rows, of a model trained on what a strategy chooses from the rest.

    Groups are made from the rest alone, the strategy chooses there at the same fraction (of the recipe's
    first seed), and a logistic regression learns from its choice. The practice rows and the guarded rows
    score it; Thresholdout decides which of the two scores is given.

    Args:
        study: Data set and recipe. Rows that its filter or bans exclude take no part, guarded or not.
        choice: The strategy with its parameters.
        budget: "500", "5%" of the eligible rows, or "50000 tokens"; the recipe's if not given.
        label: What people call the subset; kept in the record.
        guard: The record; the data set's own if not given.
        progress: Told how far the work is; may cancel it. A cancelled question costs nothing.

    Raises:
        NeedError: No labels or features, a part with too few labels, or the strategy cannot run.
        HoldoutError: The allowance is spent, or its record cannot be read or written.
    """
    guard = guard or holdout_of(study)
    wanted = study.asked(budget)
    pool, probe = prepared_population(study, wanted, progress.part(0, 0.2))
    if pool.inputs.features is None:
        raise NeedError("Nothing can be asked", "the model needs features", "choose features")
    name = question(study, choice, budget)
    known = guard.known(name)
    if known is not None:
        return known
    guard.check()
    parts = parts_of(study, progress.part(0.2, 0.4))
    eligible = study.eligible()
    inside = [positions_among(rows, eligible) for rows in (parts.guarded, parts.practice, parts.rest)]
    ground = PairedTestData(pool, (choice,), (study.recipe.seed,), wanted, Probe(probe.rebuild), 0, [""])
    labels = ground.labels
    guarded, practice = (rows[labels[rows] >= 0] for rows in inside[:2])
    rest = inside[2]
    if not len(guarded) or not len(practice):
        raise NeedError(
            "Nothing can be asked of the guarded rows",
            f"of the rows that have a label and pass the filter {len(guarded):,} are guarded and "
            f"{len(practice):,} are for practice",
            "use more rows with labels",
        )
    check_part(ground, np.arange(pool.n), "the data set")
    check_part(ground, rest, "the part to learn from")
    made, size = ground.part(rest)
    scored = np.concatenate([guarded, practice])
    found = ground.fitted(0, made, size, rest, scored, 0, progress.part(0.5, 1))
    if found is None:
        raise NeedError(
            f"{label_of(ground.choices[0])} cannot run on the rest", ground.reasons[0], "choose another"
        )
    right = found == labels[scored]
    progress.check()
    return guard.ask(
        name,
        practice=float(right[len(guarded) :].mean()),
        guarded=float(right[: len(guarded)].mean()),
        about=_about(study, ground.choices[0], label, wanted, len(guarded), len(practice)),
    )


def _about(
    study: Artifacts, choice: Choice, label: str, budget: int | Budget, guarded: int, practice: int
) -> Mapping[str, str]:
    said: dict[str, Any] = {
        "strategy": label or label_of(choice),
        "budget": f"{budget:,}" if isinstance(budget, int) else budget.words,
        "label": study.label_column(),
        "guarded": f"{guarded:,}",
        "practice": f"{practice:,}",
        "where": study.recipe.where,
        "only": "" if study.recipe.only is None else study.recipe.only.name,
        "near": "" if study.recipe.near is None else study.recipe.near.words,
    }
    return {name: str(value) for name, value in said.items() if value}
