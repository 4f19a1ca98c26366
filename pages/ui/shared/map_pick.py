"""What was picked on a map, as the browser sent it, checked: a row, a group, or the rows inside a drawing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from core.foundation.arrays.lasso import MAX_VERTICES

Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Pick:
    """One thing that was picked; all others are None.

    Args:
        row: Canonical position of a row that was clicked.
        group: Code of a group whose name was clicked.
        lasso: Corners of a drawing, in units of the layout.
        box: Four corners of a box, in units of the layout.
        cell: On which of several views.
    """

    row: int | None = None
    group: int | None = None
    lasso: Corners | None = None
    box: Corners | None = None
    cell: int = 0


def read_pick(value: Any, rows: int) -> Pick | None:
    """What a browser sent; None where it is nothing that can be picked here.

    Args:
        value: The event.
        rows: Rows of the data set.

    Example:
        >>> read_pick({"row": 3, "cell": 1}, 10)
        Pick(row=3, group=None, lasso=None, box=None, cell=1)
        >>> read_pick({"row": 10}, 10), read_pick({"lasso": [[0, "x"]]}, 10)
        (None, None)
    """
    if not isinstance(value, Mapping):
        return None
    cell = value.get("cell", 0)
    cell = cell if _whole(cell) and cell >= 0 else 0
    row, group = value.get("row"), value.get("group")
    if _whole(row):
        return Pick(row=row, cell=cell) if 0 <= row < rows else None
    if _whole(group):
        return Pick(group=group, cell=cell) if group >= 0 else None
    lasso, box = _corners(value.get("lasso")), _corners(value.get("box"))
    if lasso is not None and len(lasso) >= 3:
        return Pick(lasso=lasso, cell=cell)
    return Pick(box=box, cell=cell) if box is not None and len(box) == 4 else None


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _corners(value: object) -> Corners | None:
    if not isinstance(value, list) or len(value) > MAX_VERTICES:
        return None
    made = []
    for corner in value:
        if not isinstance(corner, list) or len(corner) != 2:
            return None
        if not all(isinstance(one, int | float) and math.isfinite(one) for one in corner):
            return None
        made.append((float(corner[0]), float(corner[1])))
    return tuple(made)
