"""Budgets at which a metric could not be measured, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...foundation.wording import count
from ...metrics.declaration import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .result import Curves


def of_curves(curves: Curves, names: Sequence[str]) -> list[str]:
    """Budgets at which a metric has no value beside random subsets, and why, one sentence each."""
    lines = []
    for name in names:
        low, high = curves.limits(name)
        steps = np.flatnonzero(~(np.isfinite(low) & np.isfinite(high)))
        if len(steps):
            sizes = [curves.budgets[step] for step in steps]
            rows = count(sizes[-1], "row")
            rows = rows if len(sizes) == 1 else f"{sizes[0]:,} to {rows}"
            lines.append(
                f"{METRICS[name].label} is not measured at {rows}: {METRICS[name].why_not(sizes[-1])}."
            )
    return lines
