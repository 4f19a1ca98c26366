"""The frame of strategies that add the row with the largest gain, pinned rows before all others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.progress import Progress
from ...model.inputs import Inputs
from .lazy_greedy import lazy_greedy


def pinned_greedy(
    inputs: Inputs,
    bounds: NDArray[np.float64],
    gain: Callable[[int], float],
    take: Callable[[int], None],
    budget: int,
    progress: Progress,
    bound: Callable[[int], float] | None = None,
) -> tuple[Rows, NDArray[np.float64]]:
    """Take the pinned rows, then the best of the others by `lazy_greedy`.

    Args:
        inputs: The population with its pins.
        bounds, gain, take, bound: As in `lazy_greedy`; bounds may be those before any row is in.
        budget: Rows wanted, pins included.
        progress: Called once per pick; may cancel.

    Returns:
        Rows in order, pins first, and the gain of each.
    """
    first = []
    for row in inputs.pins.tolist():
        first.append(gain(row))
        take(row)
    wanted = budget - len(inputs.pins)
    rows, gains = lazy_greedy(bounds, inputs.free, gain, take, wanted, progress, bound)
    return np.concatenate([inputs.pins, rows]), np.append(first, gains)
