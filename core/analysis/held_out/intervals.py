"""How sure downstream numbers are: over seeds, and over the rows that were held out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.wilson import wilson_interval

LEVEL = 0.95
SHARES = ("probe-accuracy", "knn-accuracy")
"""Metrics that are one share of independent rows, so that a binomial interval holds for them."""


def over_seeds(values: Sequence[float] | NDArray[np.float64], level: float = LEVEL) -> tuple[float, float]:
    """Interval for the mean over seeds: mean ± t · sd / √M, Student's t with M − 1 degrees of freedom.

    It says how much the result moves when the strategy is re-run with other seeds on the same rows. It says
    nothing about other held-out rows (see `wilson`) or about other data.

    Args:
        values: One per seed, (M,).
        level: Share of such intervals that cover the mean, for normal values.

    Returns:
        Low and high; NaN with one seed, or where a value is missing.

    Example:
        >>> low, high = over_seeds([0.80, 0.82, 0.84])
        >>> round(low, 4), round(high, 4)
        (0.7703, 0.8697)
    """
    from scipy.stats import t

    found = np.asarray(values, np.float64)
    if len(found) < 2 or not np.isfinite(found).all():
        return float("nan"), float("nan")
    half = float(t.ppf((1 + level) / 2, len(found) - 1)) * float(found.std(ddof=1)) / np.sqrt(len(found))
    return float(found.mean() - half), float(found.mean() + half)


def wilson(share: float, rows: int, level: float = LEVEL) -> tuple[float, float]:
    """Score interval for a share of rows (E. B. Wilson, Probable inference, 1927).

    It says how much one seed's accuracy would move with other held-out rows from the same source, were they
    drawn one by one; rows of one entity or near-duplicates make it a little too narrow.

    Args:
        share: Right ones among the rows, 0 … 1.
        rows: Held-out rows scored.
        level: Share of such intervals that cover the truth.

    Returns:
        Low and high, in 0 … 1; NaN without rows.

    Example:
        >>> low, high = wilson(0.9, 100)
        >>> round(low, 4), round(high, 4)
        (0.8256, 0.9448)
    """
    from scipy.stats import norm

    if rows < 1 or not np.isfinite(share):
        return float("nan"), float("nan")
    return wilson_interval(share, rows, float(norm.ppf((1 + level) / 2)))
