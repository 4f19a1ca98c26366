"""Positions of rows among some of all rows."""

from __future__ import annotations

import numpy as np

from .array_types import Rows


def positions_among(rows: Rows, within: Rows | None) -> Rows:
    """Where rows stand among others; those that are not among them are left out.

    Args:
        rows: Positions in all rows, in any order.
        within: Ascending positions in all rows, for example the eligible ones; None for all.

    Returns:
        Positions in `within`, in the order of `rows`.

    Example:
        >>> positions_among(np.array([7, 2, 5]), np.array([2, 3, 7])).tolist()
        [2, 0]
    """
    if within is None:
        return rows
    return np.searchsorted(within, rows[np.isin(rows, within)]).astype(np.int64)
