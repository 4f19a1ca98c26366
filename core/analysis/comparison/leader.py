"""Which strategy is ahead of the others on a metric by more than luck gives, if one is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..random_band.measure import FULL

AHEAD = "ahead of the second by more than luck gives"
"""What a star beside a value says: the best value has none where luck can give its lead."""


def ahead(
    means: Mapping[str, float],
    marked_better: Mapping[str, bool],
    direction: str,
    around: Mapping[str, NDArray[np.float64]],
) -> str | None:
    """The strategy that is ahead of the second on a metric by more than luck gives, if one is.

    It must be marked on the good side, and lead the second by more than 95 % of the differences between
    pairs of band subsets: one of the first's size and one of the second's. Where the first has the size that
    makes it better anyway, it must lead by what that gives and as much more.

    Args:
        means: Strategy → mean value; NaN where it has none.
        marked_better: Strategy → marked beyond the band on the good side.
        direction: Of the metric; "none" has no best.
        around: Strategy → values of the band beside which it is judged, (R,).
    """
    ranked = sorted(
        (name for name, value in means.items() if np.isfinite(value)),
        key=lambda name: means[name],
        reverse=direction == "higher",
    )
    if direction == "none" or len(ranked) < 2:
        return None
    first, second = ranked[:2]
    a, b = around[first], around[second]
    if min(len(a), len(b)) < FULL or np.isnan(a).any() or np.isnan(b).any():
        return None
    gaps = (a[:, None] - b[None, : len(a)]) * (1 if direction == "higher" else -1)
    ahead = float(gaps.mean())  # what its size gives it; 0 where both have one band
    upper = np.triu_indices(len(gaps), 1, gaps.shape[1])
    lead = abs(means[first] - means[second]) - max(ahead, 0.0)
    return first if marked_better.get(first) and (np.abs(gaps - ahead)[upper] < lead).mean() > 0.95 else None
