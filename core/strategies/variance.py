"""How the sampling variance of a design can be estimated: declared once, beside the strategy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class VarianceMethod(StrEnum):
    """What an estimate of the sampling variance follows from."""

    SRS = "simple random sampling"
    STRATIFIED = "random sampling in each group"
    UNEQUAL = "unequal chances, fixed size"  # Hájek–Deville
    BALANCED = "balanced sampling"  # residuals of a regression on what was balanced
    REPLACEMENT = "draws with replacement"  # Hansen–Hurwitz
    UPPER = "rows that avoid each other"  # as if with replacement: an upper bound
    CLUSTERS = "whole entities"  # ultimate clusters
    NONE = "none"


@dataclass(frozen=True)
class VarianceEstimator:
    """The variance that a strategy with these parameters has.

    Args:
        kind: What it is estimated by.
        why: Why there is none, or what a reader must know about the one there is.
    """

    kind: VarianceMethod
    why: str = ""


VarianceRule = VarianceEstimator | Callable[[Mapping[str, Any]], VarianceEstimator]

NO_CHANCES = VarianceEstimator(VarianceMethod.NONE, "it has no inclusion probabilities")

# For strongly Rayleigh designs of fixed size, k-DPPs among them (Borcea, Brändén and Liggett, 2009), the
# matrix of pair chances has one positive eigenvalue (Brändén and Huh, 2020). From its reversed Cauchy–Schwarz
# inequality follows that Σ y/π varies at most as in independent draws with chances π/n, and that the
# with-replacement estimate of the variance is, on average, at least the variance.
AVOIDING = VarianceEstimator(
    VarianceMethod.UPPER,
    "rows avoid each other, and independent draws with these chances vary at least as much",
)


def random_systematic(what: str) -> VarianceEstimator:
    """Systematic draws in random order, which come close to the most random design of these chances.

    Source: Hartley and Rao, 1962; Brewer and Donadio, 2003.
    """
    return VarianceEstimator(
        VarianceMethod.UNEQUAL, f"{what} is drawn systematically in random order, so it is approximate"
    )
