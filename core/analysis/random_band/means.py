"""The reference distribution for a mean over M seeds: means of M random subsets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


def means_of(
    singles: Mapping[str, NDArray[np.float64]], size: int, seeds: int, *, turns: bool = False
) -> dict[int, dict[str, NDArray[np.float64]]]:
    """R values for one run, and R means of M where M is above 1, from the values of single random subsets.

    The mean number r is over the subsets r·M … r·M+M-1.

    Args:
        singles: Metric → values of R·M subsets or more, (R·M,), or (R·M, s) at s budgets.
        size: R.
        seeds: M.
        turns: The M subsets differ in size and take turns: M = 1 then has the first of each M, and not the
            first R.

    Returns:
        M → metric → values, (R,) or (R, s).

    Example:
        >>> found = means_of({"x": np.array([1.0, 3.0, 5.0, 7.0])}, 2, 2)
        >>> found[1]["x"].tolist(), found[2]["x"].tolist()
        ([1.0, 3.0], [2.0, 6.0])
        >>> means_of({"x": np.array([1.0, 3.0, 5.0, 7.0])}, 2, 2, turns=True)[1]["x"].tolist()
        [1.0, 5.0]
    """
    step = seeds if turns else 1
    values = {1: {name: value[: size * step : step] for name, value in singles.items()}}
    if seeds > 1:
        values[seeds] = {
            name: value[: size * seeds].reshape(size, seeds, *value.shape[1:]).mean(axis=1)
            for name, value in singles.items()
        }
    return values
