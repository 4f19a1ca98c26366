"""What a comparison begins with, and how many subsets it may have."""

from __future__ import annotations

import math

FIRST = "represent"
"""The question that a comparison begins with."""
MOST_SLOTS = 8
SEEDS = 3


def first_budget(n: int) -> str:
    """A budget to begin with: 5 % or 500 rows, whichever is smaller; of few rows enough to measure anything.

    Example:
        >>> first_budget(5_000), first_budget(60_000), first_budget(178)
        ('5%', '500', '35')
    """
    share = math.floor(n * 0.05 + 0.5)
    if share > 500:
        return "500"
    enough = min(50, n // 5)
    return "5%" if share >= enough else str(enough)
