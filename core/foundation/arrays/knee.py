"""Where a curve bends: the budget beyond which further rows buy little, told only where it is pronounced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BEND = 0.25
"""Least distance from the chord, both axes scaled to 0–1, at which a bend is reported."""
FIT = 0.9
"""Least share of the variance that a monotone curve must explain; below it the values scatter too much."""
POINTS = 5
RULE = (
    "A knee is where a curve, made monotone, lies furthest from the straight line between its ends (rows on "
    f"their logarithmic axis, both axes scaled to 0–1). It is marked where that distance is at least {BEND} "
    "and, in the metric's own units, larger than the strip of luck is wide, and where the monotone curve "
    f"explains at least {FIT:.0%} of the variation. It is not finer than the budgets measured, and it "
    "depends on the range of budgets shown."
)


@dataclass(frozen=True)
class Knee:
    """A pronounced bend.

    Args:
        at: Which of the budgets given lies at the bend.
        budget: That budget.
        low, high: The budgets beside it: the bend lies somewhere between them.
        bend: Distance from the chord, 0 … 1.
    """

    at: int
    budget: int
    low: int
    high: int
    bend: float


def monotone(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest monotone curve in least squares, rising or falling, whichever fits better.

    Isotonic regression (Barlow, Bartholomew, Bremner and Brunk 1972) by scikit-learn.

    Example:
        >>> monotone(np.array([3.0, 1.0, 2.0, 0.0])).tolist()
        [3.0, 1.5, 1.5, 0.0]
    """
    from sklearn.isotonic import IsotonicRegression

    steps = np.arange(len(values), dtype=np.float64)
    made = [IsotonicRegression(increasing=up).fit_transform(steps, values) for up in (True, False)]
    best: NDArray[np.float64] = min(made, key=lambda fit: float(((fit - values) ** 2).sum()))
    return best.astype(np.float64)


def knee(budgets: Sequence[int], values: Sequence[float], *, noise: float = 0.0) -> Knee | None:
    """The bend of a curve with diminishing returns, where it is pronounced.

    The rule of Kneedle (Satopää, Albrecht, Irwin and Raghavan 2011, offline and without smoothing): scale
    both axes to 0–1 and take the point with the largest difference to the diagonal. Rows stand on a
    logarithmic axis, as drawn: each doubling counts the same. The curve is made monotone first. A curve that
    is straight on this axis, or that changes faster and faster, has no knee, nor has one that scatters.

    Args:
        budgets: Rows, ascending.
        values: One per budget; NaN where it was not measured.
        noise: How far luck alone moves a value: a bend that is not further from the chord is not told.

    Returns:
        The bend, or None: fewer than 5 values, or any part of `RULE` not met.

    Example:
        >>> rows = [10, 20, 40, 80, 160, 320]
        >>> knee(rows, [8.0, 4.0, 1.0, 0.9, 0.8, 0.7]).budget
        40
        >>> knee(rows, [6.0, 5.0, 4.0, 3.0, 2.0, 1.0]) is None
        True
    """
    found = np.asarray(values, np.float64)
    known = np.flatnonzero(np.isfinite(found))
    if len(known) < POINTS:
        return None
    found = found[known]
    spread = float(((found - found.mean()) ** 2).sum())
    smooth = monotone(found)
    change = float(smooth[-1] - smooth[0])
    tiny = 1e-9 * float(np.abs(found).max())
    if abs(change) <= tiny or float(((smooth - found) ** 2).sum()) > (1 - FIT) * spread:
        return None
    x = np.log(np.asarray(budgets, np.float64)[known])
    gap = (smooth - smooth[0]) / change - (x - x[0]) / (x[-1] - x[0])
    top = int(gap.argmax())
    if gap[top] < BEND or gap[top] * abs(change) <= noise:
        return None
    rows = [int(budgets[at]) for at in known.tolist()]
    return Knee(int(known[top]), rows[top], rows[top - 1], rows[top + 1], float(gap[top]))
