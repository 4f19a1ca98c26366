"""Whether recorded features are features of this data: made again, on some rows or on all, and compared."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.artifact_store import Store
from ..foundation.progress import SILENT, Progress
from ..foundation.wording import count
from ..model.derived import Features

if TYPE_CHECKING:
    from ..study.artifacts import Artifacts

Status = Literal["holds", "fails", "differs", "not checked"]

How = Literal["sample", "all", "none"]
SAMPLE = 64
_EXACT, _HALF, _KEPT = 2e-6, 1e-2, 3e-4
TOLERANCE = {
    "vector": _EXACT,
    "table": _EXACT,
    "tfidf": _EXACT,
    "minilm": _EXACT,
    "sentence-transformers": _EXACT,
    "bfloat16": _HALF,
    "float16": _KEPT,
}
"""How far features that are made again may move distances, as a share of their root mean square.

By where the features come from; "bfloat16" where either side used that number format, "float16" where either
was kept in it, as those that come with a sample are. Measured as the largest change of a distance: tables and
supplied vectors 0; TF-IDF 2.5e-7 (2e-11 over four instruction sets of one processor); MiniLM 3.0e-7 between
plain and packed single precision, old and new instructions, whole and sample (batches differ); kept in
float16 4.7e-5; in bfloat16 1.0e-3 between batches and 2.2e-3 from single precision, 2.5e-3 from what was kept
in float16. Each limit is four to eight times that. Anything farther is no rounding.
"""
APART = 0.05
"""In another environment a library may have changed what it computes: up to here that is said, and no
alteration claimed."""


@dataclass(frozen=True)
class Fit:
    """Whether recorded features are those of the data.

    Args:
        status: "holds"; "fails"; "differs" where another environment may be why; "not checked".
        sentence: The finding.
        details: Every row (by source number) whose features do not fit.
        fresh: Features made again for all rows, where they were.
        exact: They are the same bit by bit.
    """

    status: Status
    sentence: str
    details: tuple[str, ...] = ()
    fresh: Features | None = None
    exact: bool = False


def tolerance(study: Artifacts, *made_by: Mapping[str, Any]) -> float:
    """The limit of `TOLERANCE` for a study's features, which were made in one or more ways."""
    formats = {str(part.get("number_format")) for one in made_by for part in (one, one.get("text") or {})}
    for form in ("bfloat16", "float16"):
        if form in formats:
            return TOLERANCE[form]
    spec = study.spec
    return TOLERANCE[spec.chosen()[0].id if spec.uses_text else spec.source]


def features_fit(
    study: Artifacts,
    recorded: Features,
    chosen: Rows,
    how: How,
    *,
    same: bool,
    progress: Progress = SILENT,
) -> Fit:
    """Compare recorded features with features made again from the data.

    A text model is asked about a sample only, unless the store holds all its features already or they come
    with the program: up to half
    of it are chosen rows, and which rows it holds cannot be known before, so that nobody can leave just
    these as they were. Everything else is made again for all rows.

    Args:
        study: Data and recipe, without the recorded features.
        recorded: The features of the bundle.
        chosen: Rows of the subset.
        how: "sample", "all" or "none".
        same: Whether the bundle was written in this environment.
        progress: Told how far the work is; may cancel it.
    """
    if how == "none":
        return Fit("not checked", "The recorded features were not compared with the data.")
    rows, fresh = np.arange(len(study.data)), None
    here: Mapping[str, Any] = {}
    if how == "sample" and len(rows) > SAMPLE and _costly(study):
        rows = _sampled(len(rows), chosen)
        made = _some(study, recorded, rows, progress)
        here = {"number_format": _format(study)}
    else:
        fresh = (_without_shipped(study) if how == "all" else study).features(progress)
        if fresh.metric != recorded.metric:
            told = f"The data gives features for {fresh.metric}, not {recorded.metric} distance."
            return Fit("fails", told, (), fresh)
        made, here = fresh.matrix, fresh.made_by
    held = recorded.matrix[rows]
    if made.shape != held.shape:
        told = (
            f"The data gives features of {count(made.shape[1], 'dimension')}, recorded are {held.shape[1]:,}."
        )
        return Fit("fails", told, (), fresh)
    part = f"{len(rows):,} of {count(len(study.data), 'row')}" if len(rows) < len(study.data) else "all rows"
    shipped = here.get("shipped_with")
    again = f"Beside those that come with {shipped}, for {part}" if shipped else f"Made again for {part}"
    if np.array_equal(made, held):
        told = f"{again}, the features are the same bit by bit."
        return Fit("holds", told, (), fresh, exact=True)
    limit = tolerance(study, recorded.made_by, here)
    gap = gaps(made, held, limit)
    wrong = np.flatnonzero(gap > limit)
    most = f"{100 * float(gap.max()):.2g} %"
    moved = f"{again}, distances in the features differ by at most {most}"
    if not len(wrong):
        return Fit("holds", f"{moved}, which is rounding.", (), fresh)
    lines = tuple(
        f"The recorded features of row {int(study.data.order[rows[at]]) + 1:,} of the file are not its own."
        for at in wrong
    )
    if not same and gap.max() <= APART:
        told = (
            f"{moved}; rounding makes {100 * limit:.1g} %. They were written in another environment, so that "
            "a change of its libraries and an alteration look the same."
        )
        return Fit("differs", told, lines, fresh)
    told = f"The recorded features of {len(wrong):,} of {count(len(rows), 'row')} are not theirs"
    return Fit("fails", f"{told}: distances differ by up to {most}.", lines, fresh)


def _format(study: Artifacts) -> str:
    """Whether this machine computes the text model in bfloat16."""
    from ..foundation.environment import has_amx

    return "bfloat16" if study.spec.uses_text and has_amx() else "float32"


def _without_shipped(study: Artifacts) -> Artifacts:
    """The same study where nothing comes with the program, so that all of it is made here."""
    store = Store(study.store.root, study.store.limit, shipped=None)
    return type(study)(study.data, study.recipe, store=store, target=study.target_data)


def _costly(study: Artifacts) -> bool:
    """Whether making all features takes a model and the store does not hold them."""
    from ..features.make import KIND, features_key

    if not study.spec.uses_text or study.spec.chosen()[0].id == "tfidf":
        return False
    return not study.store.has(KIND, features_key(study.data, study.spec, study.store))


def _sampled(n: int, chosen: Rows) -> Rows:
    rng = np.random.default_rng(secrets.randbits(128))
    first = rng.permutation(chosen)[: SAMPLE // 2]
    rest = rng.permutation(np.setdiff1d(np.arange(n), first))[: SAMPLE - len(first)]
    return np.sort(np.concatenate([first, rest])).astype(np.int64)


def _some(study: Artifacts, recorded: Features, rows: Rows, progress: Progress) -> NDArray[np.float32]:
    """Features of some rows in the space of all: they are made as a target is."""
    from ..features.make import make_target

    made = make_target(study.data, recorded, study.spec, study.data.take(rows), study.store, progress)
    assert made.features is not None
    return made.features


def gaps(made: NDArray[np.float32], held: NDArray[np.float32], limit: float) -> NDArray[np.float64]:
    """Largest change of each row's distance to some anchors; coordinates may turn, distances may not.

    Rows that moved away from most anchors are those that were altered; as anchors they would put the blame
    on all others, so the rest is measured without them.

    Args:
        made, held: Features made again and recorded, shape (n, d).
        limit: What is no alteration.

    Returns:
        Shares of the root mean squared distance, (n,). O(n·d·64).
    """
    rng = np.random.default_rng(secrets.randbits(128))  # nobody can know which rows are looked at
    anchors = rng.permutation(len(made))[:SAMPLE]
    before, after = _distances(made, anchors), _distances(held, anchors)
    scale = float(np.sqrt(np.mean(before**2))) or 1.0
    moved = np.abs(before - after) / scale
    usual = np.median(moved, axis=1)
    trusted = usual[anchors] <= limit
    most: NDArray[np.float64] = moved[:, trusted].max(axis=1, initial=0.0)
    return np.maximum(usual, most)


def _distances(x: NDArray[np.float32], anchors: Rows) -> NDArray[np.float64]:
    wide = x.astype(np.float64)
    norms = np.einsum("ij,ij->i", wide, wide)
    squared = norms[:, None] + norms[anchors][None, :] - 2.0 * wide @ wide[anchors].T
    found: NDArray[np.float64] = np.sqrt(np.maximum(squared, 0.0))
    return found
