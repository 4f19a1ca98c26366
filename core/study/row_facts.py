"""Facts on one row where nothing was compared: its group, its copies, its neighbours, its score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.arrays.one_point import distances_to, nearest_rows
from ..foundation.artifact_store import Artifact, artifact_key
from ..foundation.errors import ParameterError
from ..metrics.pool import prepare
from ..model.derived import Features, Groups
from ..model.inputs import Inputs
from .artifacts import Artifacts

NEIGHBOURS = 5
VERSION = 1
KIND = "near-duplicates"
_BLOCK = 1 << 18  # numbers in double precision at once


@dataclass(frozen=True)
class Neighbour:
    """A row near another: canonical position, and distance in the metric of the features."""

    row: int
    distance: float


@dataclass(frozen=True)
class RowFacts:
    """What can be said about one row of a data set.

    Args:
        row: Canonical position.
        group: Its group; None without groups.
        group_size: Rows of that group.
        typical_rank: Its place among them by distance to their centre, 1 for the nearest; None without
            features or groups.
        farther: Share of the others of its group that lie farther from the centre, 0…1: 1 for the most
            typical row, None where it is alone.
        copies: Other rows with the very same features, ascending.
        near_copies: Other rows that are near-duplicates of it, as the metric of that name counts them, copies
            left out, ascending.
        neighbours: The `NEIGHBOURS` nearest other rows, nearest first, ties by row key.
        metric: Of the distances; "" without features.
        score: Its score; None without one.
        higher_than: Share of the other rows with a score whose score is lower, 0…1.
    """

    row: int
    group: str | None
    group_size: int
    typical_rank: int | None
    farther: float | None
    copies: Rows
    near_copies: Rows
    neighbours: tuple[Neighbour, ...]
    metric: str
    score: float | None
    higher_than: float | None


def row_facts(study: Artifacts, row: int, *, features: Features | None, groups: Groups | None) -> RowFacts:
    """Every fact about one row of a study, among all rows.

    Args:
        study: Its score column, and for near-duplicates its store, are looked at.
        row: Canonical position.
        features: Of the study, where they are at hand: nothing is made that takes long.
        groups: Of the study, likewise.

    Returns:
        The facts; exact, O(n·d) in blocks, O(n) memory. The first call for Euclidean features also finds how
        near a near-duplicate is (`near_reach`), which is kept.

    Raises:
        ParameterError: There is no such row.
        ColumnError: The score column holds no numbers.

    Example:
        >>> from core.data.load import load
        >>> from core.study.study import Study
        >>> study = Study(load("sample:wine")).embed("table").group("kmeans:3")
        >>> facts = row_facts(study, 5, features=study.features(), groups=study.groups())
        >>> len(facts.neighbours), facts.group_size > facts.typical_rank, len(facts.copies)
        (5, True, 0)
    """
    n = len(study.data)
    if isinstance(row, bool) or int(row) != row or not 0 <= row < n:
        raise ParameterError(
            f"There is no row {row!r}", f"positions run from 0 to {n - 1:,}", "choose another"
        )
    row = int(row)
    none = np.empty(0, np.int64)
    copies, near, neighbours = none, none, tuple[Neighbour, ...]()
    if features is not None:
        gaps = distances_to(features.matrix, features.matrix[row], features.metric)
        copies = _copies(features, gaps, row)
        square = 2 * gaps if features.metric == "cosine" else gaps**2
        near = np.setdiff1d(np.flatnonzero(square <= near_reach(study, features) ** 2), [row, *copies])
        found = nearest_rows(gaps, NEIGHBOURS + 1, first=row)[1:]
        neighbours = tuple(Neighbour(int(other), float(gaps[other])) for other in found)
    group, size, rank, farther = None, 0, None, None
    if groups is not None:
        code = int(groups.codes[row])
        members = np.flatnonzero(groups.codes == code)
        group, size = groups.names[code], len(members)
        if features is not None:
            rank, farther = _typical(features.matrix, members, row)
    score, higher = _score(study, row)
    return RowFacts(
        row,
        group,
        size,
        rank,
        farther,
        copies,
        near,
        neighbours,
        "" if features is None else features.metric,
        score,
        higher,
    )


def near_reach(study: Artifacts, features: Features) -> float:
    """Distance within which two rows are near-duplicates: between their vectors, also under cosine.

    The threshold of the metric "near-duplicates", over all rows; kept in the store, for Euclidean features
    need the median distance of a sample that is drawn by permanent random numbers.

    Example:
        >>> from core.data.load import load
        >>> from core.study.study import Study
        >>> study = Study(load("sample:wine")).embed("table")
        >>> 0 < near_reach(study, study.features()) < 1
        True
    """

    def make() -> Artifact:
        pool = prepare(Inputs(keys=study.data.keys, features=features), {})
        return Artifact({}, {"reach": float(np.sqrt(pool.near_squared))})

    key = artifact_key(KIND, VERSION, {}, [features.key, study.data.fingerprint.digest], ["numpy"])
    return float(study.store.fetch(KIND, key, make).meta["reach"])


def _copies(features: Features, gaps: NDArray[np.float64], row: int) -> Rows:
    """Other rows with the same features. A zero row is 1 from every row under cosine, its copies too."""
    x = features.matrix
    if features.metric == "cosine" and not x[row].any():
        gaps = distances_to(x, x[row], "euclidean")
    return np.setdiff1d(np.flatnonzero(gaps == 0), [row]).astype(np.int64)


def _typical(x: NDArray[np.float32], members: Rows, row: int) -> tuple[int, float | None]:
    """Place by distance to the mean of the members, from 1, and the share of the others that lie farther."""
    step = max(1, _BLOCK // max(1, x.shape[1]))
    parts = [members[at : at + step] for at in range(0, len(members), step)]
    mean = np.sum([x[part].sum(axis=0, dtype=np.float64) for part in parts], axis=0) / len(members)
    gaps = np.concatenate([((x[part] - mean) ** 2).sum(axis=1) for part in parts])
    own = gaps[np.searchsorted(members, row)]
    others = len(members) - 1
    return 1 + int((gaps < own).sum()), float((gaps > own).sum()) / others if others else None


def _score(study: Artifacts, row: int) -> tuple[float | None, float | None]:
    scores = study.scores()
    if scores is None or not np.isfinite(scores[row]):
        return None, None
    own = float(scores[row])
    others = int(np.isfinite(scores).sum()) - 1
    return own, float((scores < own).sum()) / others if others else None
