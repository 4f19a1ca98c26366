"""What downstream metrics look at: predictions for held-out rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows

BINS = 15
STRATA = "strata"
"""Where the evaluation of a comparison says of how many groups the worst and the best are looked for."""
STRATUM_ROWS = 10
"""A group counts for the worst and the best one where at least this many held-out rows are in it."""


@dataclass(frozen=True)
class Predictions:
    """Predictions of one probe for held-out rows.

    Args:
        truth: Label codes, int64 (m,), m ≥ 1.
        predicted: Predicted codes, int64 (m,); −1 where nothing could be learned.
        probabilities: One column per class, float64 (m, c).
        strata: Group of each row, int64 (m,), ≥ 0.
    """

    truth: Rows
    predicted: Rows
    probabilities: NDArray[np.float64]
    strata: Rows

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """Which rows are predicted correctly, (m,)."""
        return np.equal(self.truth, self.predicted)

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """Largest class probability of each row, (m,)."""
        return np.asarray(self.probabilities.max(axis=1, initial=0.0), np.float64)

    @cached_property
    def by_group(self) -> NDArray[np.float64]:
        """Accuracy in each group with at least 10 held-out rows, in order of their codes."""
        sizes = np.bincount(self.strata)
        right = np.bincount(self.strata, self.right, minlength=len(sizes))
        wide = sizes >= STRATUM_ROWS
        return np.asarray(right[wide] / sizes[wide], np.float64)

    @cached_property
    def by_class(self) -> NDArray[np.float64]:
        """Accuracy in each label class that a held-out row has (recall), in order of their codes."""
        _, codes, sizes = np.unique(self.truth, return_inverse=True, return_counts=True)
        return np.asarray(np.bincount(codes, self.right) / sizes, np.float64)

    def reliability(self) -> tuple[Rows, NDArray[np.float64], NDArray[np.float64]]:
        """Rows, mean confidence and accuracy in each of 15 bins of equal width, ((j−1)/15, j/15].

        An empty bin has NaN for the latter two.
        """
        bins = np.clip(np.ceil(self.confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
        sizes = np.bincount(bins, minlength=BINS)
        with np.errstate(invalid="ignore"):
            sure = np.bincount(bins, self.confidence, minlength=BINS) / sizes
            right = np.bincount(bins, self.right, minlength=BINS) / sizes
        return sizes.astype(np.int64), sure, right

    def calibration_error(self) -> float:
        """Mean over rows of |accuracy − confidence| of their bin; NaN where nothing was learned."""
        if (self.predicted < 0).any():
            return float("nan")
        sizes, sure, right = self.reliability()
        here = sizes > 0
        return float((sizes[here] * np.abs(right[here] - sure[here])).sum() / sizes.sum())
