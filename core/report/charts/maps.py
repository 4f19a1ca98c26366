"""Where the names of groups stand on a map, and what a map shows in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.wording import count, some
from .colouring import Colouring

LABELS = 14
_PATCHES = 12


def centres(
    xy: NDArray[np.float32], codes: Rows, names: Sequence[str], most: int = LABELS
) -> list[tuple[float, float, str]]:
    """Where the names of the largest groups are written: the middle of each group's densest patch.

    The median of a group that lies in several places would fall between them, on rows of another group. At
    most `most` groups, each in O(n).

    Example:
        >>> xy = np.array([[0, 0], [0, 0.1], [9, 9]], np.float32)
        >>> [(round(x), round(y), name) for x, y, name in centres(xy, np.array([0, 0, 0]), ["a"])]
        [(0, 0, 'a')]
    """
    low = xy.min(axis=0)
    cell = ((xy - low) / np.maximum(xy.max(axis=0) - low, 1e-9) * (_PATCHES - 1e-3)).astype(np.int64)
    patch = cell[:, 1] * _PATCHES + cell[:, 0]
    sizes = np.bincount(codes[codes >= 0], minlength=len(names))
    found = []
    for code in np.argsort(-sizes, kind="stable")[:most].tolist():
        if sizes[code]:
            rows = np.flatnonzero(codes == code)
            densest = np.bincount(patch[rows]).argmax()
            x, y = np.median(xy[rows[patch[rows] == densest]], axis=0)
            found.append((float(x), float(y), names[code]))
    return found


def explore_alt(n: int, method: str, colouring: Colouring, groups: Sequence[str]) -> str:
    """The map in one or two sentences, for a screen reader."""
    told = f"Map of {count(n, 'row')} ({method.upper()}), coloured by {colouring.title}"
    return (
        f"{told}. Groups: {some(groups, 8)}. The cards and the table beside it say the same."
        if groups
        else f"{told}."
    )
