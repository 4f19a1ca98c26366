"""Cheap? What it takes to look at the subset."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..model.needs import Need
from ..model.registry import Reference
from .declaration import declare_metric
from .pool import Pool
from .terms import SubsetBatch


@declare_metric(
    id="reading",
    version=1,
    label="Words to read",
    sentence="How long the text of a chosen row is, on average: what reading or labelling it takes.",
    question="cheap",
    direction="lower",
    range="0 or more",
    unit="words",
    formula="mean over chosen rows of the number of words (parts between blanks) in the text",
    paper=Reference.none("Textbook: a mean."),
    needs={Need.TEXT},
)
def reading(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Mean number of words of a chosen row, shape (subsets,)."""
    pairs = zip(batch.subsets, batch.shares, strict=True)
    return np.array([share @ pool.words[rows] for rows, share in pairs])
