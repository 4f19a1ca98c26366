"""HDBSCAN: groups of any shape, and rows that belong to none."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.principal_components import pca
from ..foundation.permanent_random import Draws
from ..foundation.progress import Progress
from ..foundation.wording import clause
from ..model.parameters import Par
from ..model.registry import Reference
from .declaration import Clustering, declare

REDUCE_ABOVE = 5_000
DIMENSIONS = 15


def default_size(n: int) -> int:
    """Smallest group size where none is given: √n, at least 5 and at most 100."""
    return int(min(100, max(5, round(math.sqrt(n)))))


@declare(
    id="hdbscan",
    version=1,
    label="HDBSCAN",
    sentence="Dense regions are groups; rows between them belong to none.",
    seconds=lambda n, d: 0.2 + n * n * min(d, DIMENSIONS if n > REDUCE_ABOVE else d) * 1.2e-9,
    cost="near O(n²) time, O(n) memory; on 15 principal components above 5,000 rows",
    when="Groups differ in size and shape, and outliers should stay visible.",
    when_not="Every row must have a group, or the data has no dense regions.",
    reference=Reference(
        "Campello, Moulavi and Sander",
        2013,
        "Density-Based Clustering Based on Hierarchical Density Estimates",
        "PAKDD",
    ),
)
def hdbscan(
    matrix: NDArray[np.float32],
    draws: Draws,
    progress: Progress,
    /,
    *,
    min_size: Annotated[int | None, Par("Smallest group; empty takes √n, from 5 to 100.", 2, 100_000)] = None,
) -> Clustering:
    """scikit-learn's HDBSCAN; noise has code −1."""
    from sklearn.cluster import HDBSCAN
    from threadpoolctl import threadpool_limits

    n, d = matrix.shape
    notes = []
    x = matrix
    if n > REDUCE_ABOVE and d > DIMENSIONS:
        x = pca(matrix, progress.part(0.0, 0.1), DIMENSIONS)
        notes.append(
            f"On {DIMENSIONS} principal components, because there are more than {REDUCE_ABOVE:,} rows."
        )
    size = default_size(n) if min_size is None else min_size
    notes.append(f"A group has at least {size} rows.")
    if size > n or n < 3:
        return Clustering(np.full(n, -1, np.int64), (*notes, "There are too few rows for groups."), "HDBSCAN")
    progress(1, 10, "finding dense regions")
    with threadpool_limits(1):
        model = HDBSCAN(min_cluster_size=size, min_samples=min(size, 10, n), copy=True, n_jobs=1)
        codes = np.asarray(model.fit_predict(x.astype(np.float64)), np.int64)
    count = int(codes.max()) + 1
    noise = int((codes < 0).sum())
    notes.append(f"{clause(noise, 'row', 'belongs', 'belong')} to no group.")
    return Clustering(codes, tuple(notes), f"HDBSCAN, {count} group{'' if count == 1 else 's'}")
