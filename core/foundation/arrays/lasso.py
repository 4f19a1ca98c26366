"""Which points lie inside a box or a lasso: on the server, over all rows, however few of them are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError
from ..wording import count

_BLOCK = 262_144
MAX_VERTICES = 10_000


def inside_lasso(xy: NDArray[np.float32], xs: Sequence[float], ys: Sequence[float]) -> NDArray[np.bool_]:
    """Points inside a closed polygon, by the even-odd rule.

    Only points in the bounding box of the polygon are tested, by blocks: O(n + m·v) time for m such points
    and v vertices, O(n) memory. A point exactly on an edge may fall on either side.

    Args:
        xy: Coordinates, shape (n, 2).
        xs, ys: Vertices in order; the last is joined to the first.

    Returns:
        Mask, shape (n,).

    Raises:
        ParameterError: Vertices are fewer than 3, too many, uneven or not finite.

    Example:
        >>> points = np.array([[0.2, 0.6], [2, 2], [0.9, 0.2]], np.float32)
        >>> inside_lasso(points, [0, 1, 1], [0, 0, 1]).tolist()
        [False, False, True]
    """
    px, py = np.asarray(xs, np.float64), np.asarray(ys, np.float64)
    if px.ndim != 1 or px.shape != py.shape or not 3 <= len(px) <= MAX_VERTICES:
        raise ParameterError(
            "This lasso cannot be used",
            f"it has {px.size:,} and {count(py.size, 'coordinate')}",
            "draw it again",
        )
    if not (np.isfinite(px).all() and np.isfinite(py).all()):
        raise ParameterError("This lasso cannot be used", "it is not finite", "draw it again")
    mask = inside_box(xy, (px.min(), px.max()), (py.min(), py.max()))
    near = np.flatnonzero(mask)
    for start in range(0, len(near), _BLOCK):
        rows = near[start : start + _BLOCK]
        mask[rows] = _crossings(xy[rows].astype(np.float64), px, py)
    return mask


def _crossings(
    points: NDArray[np.float64], px: NDArray[np.float64], py: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether a ray to the right crosses the outline an odd number of times."""
    x, y = points[:, 0], points[:, 1]
    odd = np.zeros(len(points), bool)
    for at in range(len(px)):
        x0, y0, x1, y1 = px[at - 1], py[at - 1], px[at], py[at]
        if y0 == y1:
            continue
        spans = (y0 > y) != (y1 > y)
        odd ^= spans & (x < (x1 - x0) * ((y - y0) / (y1 - y0)) + x0)
    return odd


def inside_box(xy: NDArray[np.float32], xs: Sequence[float], ys: Sequence[float]) -> NDArray[np.bool_]:
    """Points inside an upright box, edges included; `xs` and `ys` hold its two sides in any order. O(n).

    Raises:
        ParameterError: The sides are not two finite numbers each.

    Example:
        >>> inside_box(np.array([[0, 0], [3, 0]], np.float32), (1, -1), (-1, 1)).tolist()
        [True, False]
    """
    sides = np.asarray([[min(xs), max(xs)], [min(ys), max(ys)]] if len(xs) and len(ys) else [], np.float64)
    if sides.shape != (2, 2) or not np.isfinite(sides).all():
        raise ParameterError("This box cannot be used", "its sides are not finite numbers", "draw it again")
    x, y = xy[:, 0], xy[:, 1]
    return np.asarray((x >= sides[0, 0]) & (x <= sides[0, 1]) & (y >= sides[1, 0]) & (y <= sides[1, 1]))
