"""Whether recorded features are features of this data: made again, on some rows or on all, and compared."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ..progress import SILENT, Progress
from ..types import Features, Rows

if TYPE_CHECKING:
    from ..study import Study
    from .verify import Status

How = Literal["sample", "all", "none"]
SAMPLE = 64
CLOSE, APART = 0.01, 0.05
"""Largest difference of a distance, as a share of the root mean squared distance, that is no alteration:
in the same environment (batches differ), and in another one (number formats differ)."""


def features_fit(
    study: Study,
    recorded: Features,
    chosen: Rows,
    how: How,
    *,
    same: bool,
    progress: Progress = SILENT,
) -> tuple[Status, str, tuple[str, ...]]:
    """Compare recorded features with features made again from the data.

    A text model is asked about a sample only, unless the store holds all its features already: up to half
    of it are chosen rows, and which rows it holds cannot be known before, so that nobody can leave just
    these as they were. Everything else is made again for all rows.

    Args:
        study: Data and recipe, without the recorded features.
        recorded: The features of the bundle.
        chosen: Rows of the subset.
        how: "sample", "all" or "none".
        same: Whether the bundle was written in this environment.
        progress: Told how far the work is; may cancel it.

    Returns:
        Status, sentence, and every row (by source number) whose features do not fit.
    """
    if how == "none":
        return "not checked", "The recorded features were not compared with the data.", ()
    rows = np.arange(len(study.data))
    if how == "sample" and _costly(study):
        rows = _sampled(len(rows), chosen)
        made = _some(study, recorded, rows, progress)
    else:
        fresh = study.features(progress)
        if fresh.metric != recorded.metric:
            return "fails", f"The data gives features for {fresh.metric}, not {recorded.metric} distance.", ()
        made = fresh.matrix
    held = recorded.matrix[rows]
    if made.shape != held.shape:
        told = f"The data gives features of {made.shape[1]:,} dimensions, recorded are {held.shape[1]:,}."
        return "fails", told, ()
    count = f"{len(rows):,} of {len(study.data):,} rows" if len(rows) < len(study.data) else "all rows"
    if np.array_equal(made, held):
        return "holds", f"Made again for {count}, the features are the same bit by bit.", ()
    gap = _gaps(made, held)
    limit = CLOSE if same else APART
    wrong = np.flatnonzero(gap > limit)
    if not len(wrong):
        most = f"{100 * float(gap.max()):.2g} %"
        return "holds", f"Made again for {count}, distances in the features differ by at most {most}.", ()
    lines = tuple(
        f"The recorded features of row {int(study.data.order[rows[at]]) + 1:,} of the file are not its own."
        for at in wrong
    )
    return "fails", f"The recorded features of {len(wrong):,} of {len(rows):,} rows are not theirs.", lines


def _costly(study: Study) -> bool:
    """Whether making all features takes a model and the store does not hold them."""
    from ..features.make import KIND, _key

    if not study.spec.uses_text or study.spec.chosen()[0].id == "tfidf":
        return False
    return not study.store.has(KIND, _key(study.data, study.spec))


def _sampled(n: int, chosen: Rows) -> Rows:
    rng = np.random.default_rng(secrets.randbits(128))
    first = rng.permutation(chosen)[: SAMPLE // 2]
    rest = rng.permutation(np.setdiff1d(np.arange(n), first))[: SAMPLE - len(first)]
    return np.sort(np.concatenate([first, rest])).astype(np.int64)


def _some(study: Study, recorded: Features, rows: Rows, progress: Progress) -> NDArray[np.float32]:
    """Features of some rows in the space of all: they are made as a target is."""
    from ..features import make_target

    made = make_target(study.data, recorded, study.spec, study.data.take(rows), study.store, progress)
    assert made.features is not None
    return made.features


def _gaps(made: NDArray[np.float32], held: NDArray[np.float32]) -> NDArray[np.float64]:
    """Largest change of each row's distances to some anchors; coordinates may turn, distances may not."""
    anchors = np.linspace(0, len(made) - 1, min(SAMPLE, len(made))).astype(np.int64)
    before, after = _distances(made, anchors), _distances(held, anchors)
    scale = float(np.sqrt(np.mean(before**2))) or 1.0
    found: NDArray[np.float64] = np.median(np.abs(before - after), axis=1) / scale
    return found


def _distances(x: NDArray[np.float32], anchors: Rows) -> NDArray[np.float64]:
    wide = x.astype(np.float64)
    norms = np.einsum("ij,ij->i", wide, wide)
    squared = norms[:, None] + norms[anchors][None, :] - 2.0 * wide @ wide[anchors].T
    found: NDArray[np.float64] = np.sqrt(np.maximum(squared, 0.0))
    return found
