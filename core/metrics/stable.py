"""Stable? How much of the subset is left when the seed changes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ..foundation.arrays.array_types import Rows
from ..model.registry import Reference
from .declaration import declare_metric

STABILITY = "stability"


@declare_metric(
    id=STABILITY,
    version=1,
    label="Same rows at each seed",
    sentence="How many rows two runs with different seeds share: little means that luck chose the rows.",
    question="stable",
    direction="higher",
    range="0 to 1",
    formula="mean over pairs of seeds of |A ∩ B| / |A ∪ B| (Jaccard); beside the same mean over as many "
    "random subsets; not available for one run or for strategies that use no seed",
    paper=Reference(
        "S. Nogueira, K. Sechidis, G. Brown",
        2018,
        "On the stability of feature selection algorithms",
        "JMLR 18",
        deviation="the plain mean Jaccard index, one of the measures it reviews",
    ),
    needs=set(),
    stage="runs",
    undefined="it needs two runs with different seeds",
)
def stability(subsets: Sequence[Rows]) -> float:
    """Mean Jaccard index over pairs of subsets; NaN below two.

    Example:
        >>> round(stability([np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([2, 3, 1])]), 6)
        0.666667
    """
    found = []
    for a, b in combinations(subsets, 2):
        both = len(np.intersect1d(a, b))
        found.append(both / (len(a) + len(b) - both))
    return float(np.mean(found)) if found else float("nan")
