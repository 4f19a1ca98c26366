"""Wilson's score interval of a share."""

from __future__ import annotations

from math import sqrt


def wilson_interval(share: float, size: float, reach: float) -> tuple[float, float]:
    """Score interval of a share (E. B. Wilson, *Probable inference*, 1927).

    Args:
        share: 0 … 1.
        size: Independent observations that it is worth, above 0; need not be whole.
        reach: How many standard errors either way: a quantile of the normal or of Student's t distribution.

    Returns:
        Low and high, in 0 … 1.

    Example:
        >>> low, high = wilson_interval(0.9, 100, 1.96)
        >>> round(low, 4), round(high, 4)
        (0.8256, 0.9448)
    """
    centre = (share + reach**2 / (2 * size)) / (1 + reach**2 / size)
    half = reach / (1 + reach**2 / size) * sqrt(share * (1 - share) / size + reach**2 / (4 * size**2))
    return max(0.0, centre - half), min(1.0, centre + half)
