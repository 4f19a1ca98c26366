"""Facts on rows, groups and differences, for a study."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..analysis.explain.density import NEIGHBOUR, Density, density
from ..analysis.explain.setting import Setting
from ..foundation.arrays.any_size_graph import LADDER, graph_work
from ..foundation.arrays.array_types import Rows
from ..foundation.artifact_store import digest
from ..foundation.errors import NeedError
from ..foundation.machine import machine
from ..foundation.progress import SILENT, Progress
from .artifacts import Artifacts
from .eligibility import bounded


def study_density(study: Artifacts, progress: Progress = SILENT) -> Density:
    """`density` of a study: its features, its shared graph, its filter and bans.

    Raises:
        NeedError: The features are of one row or none.
    """
    features = study.features(progress.part(0, 0.2))
    if len(features.matrix) < 2:
        raise NeedError("There is no density to show", "the data set has one row", "open a larger one")
    graph = study.graph(LADDER[0], progress.part(0.2, 0.8))
    return density(features, graph, eligible=study.eligible(), progress=progress.part(0.8, 1))


def density_key(study: Artifacts) -> str:
    """Digest of everything that `study_density` depends on; features must be made."""
    recipe = study.recipe
    marks = [mark.key for mark in recipe.bans]
    data = study.data.fingerprint.digest
    only = None if recipe.only is None else recipe.only.rows
    parts = ["density", 2, NEIGHBOUR, data, study.features().key, recipe.where, only, marks]
    return digest(parts if recipe.near is None else [*parts, [recipe.near.text, recipe.near.rows]])


def density_seconds(study: Artifacts) -> float:
    """What `study_density` should take; features must be made."""
    n, d = study.features().matrix.shape
    work = graph_work(n, d)
    seconds = 0.0 if study.graph_ready() else machine().seconds(work)
    if bounded(study.recipe):
        seconds += machine().seconds(work)  # at most: few rows are searched again where few are left out
    return float(seconds)


def setting_of(study: Artifacts) -> Setting:
    """Read a study. O(n), after its features and groups are made."""
    n = len(study.data)

    def mask(rows: Rows) -> NDArray[np.bool_]:
        made = np.zeros(n, bool)
        made[rows] = True
        return made

    allowed = study.eligible()
    eligible = np.ones(n, bool) if allowed is None else mask(allowed)
    groups = study.groups()
    sizes = np.zeros(0, np.int64)
    if groups is not None:
        sizes = np.bincount(groups.codes[eligible], minlength=len(groups.names)).astype(np.int64)
    scores = study.scores()
    ranked = np.zeros(0) if scores is None else np.sort(scores[eligible & np.isfinite(scores)])
    return Setting(
        n,
        eligible,
        mask(study.rows_of(study.recipe.pins, "pinned")),
        mask(study.rows_of(study.recipe.bans, "banned")),
        study.features(),
        groups,
        sizes,
        study.labels(),
        scores,
        ranked,
    )
