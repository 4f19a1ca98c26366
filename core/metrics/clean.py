"""Clean? What the subset holds twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..model.needs import Need
from ..model.registry import Reference
from .declaration import declare_metric
from .pool import NEAR_COSINE, NEAR_SHARE, Pool
from .terms import SubsetBatch


@declare_metric(
    id="near-duplicates",
    version=2,
    label="Near-duplicates kept",
    sentence="How many chosen rows repeat another chosen row, exactly or nearly.",
    question="clean",
    direction="lower",
    range="0 to the number of chosen rows less one",
    unit="rows",
    formula="chosen rows − near-duplicate components among them; a component links rows with the same "
    f"features and rows at cosine at least {NEAR_COSINE} (Euclidean features: within {NEAR_SHARE:g} of the "
    "median distance of rows that differ)",
    paper=Reference.none("Textbook: connected components of the near-duplicate relation."),
    needs={Need.FEATURES},
    headline=True,
    grain=lambda budget: 1.0,
)
def near_duplicates(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Chosen rows beyond the first of each component, shape (subsets,)."""
    components = pool.components
    return np.array([len(rows) - len(np.unique(components[rows])) for rows in batch.subsets], np.float64)
