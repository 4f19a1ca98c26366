"""Farthest-first traversal and the rows that stand alone, for every strategy that seeks what is far."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import exact_squared, squared_lengths
from ...foundation.progress import Progress
from ...foundation.threads import single_blas
from ...model.inputs import Inputs

Lengths = tuple[NDArray[np.float32], NDArray[np.float64]]
_POOL = 1_024
_BLOCK = 1 << 20  # elements of a block of products
_SLACK = 1e-5  # bound on the error of float32 squared distances, relative to the largest squared length
_TIE = 1e-12  # the same for float64 products


def isolated(inputs: Inputs, trim: float, progress: Progress) -> NDArray[np.bool_]:
    """The given share of rows with the largest distance to their fifth neighbour."""
    k = min(5, inputs.n - 1)
    out = np.zeros(inputs.n, bool)
    count = int(trim * inputs.n)
    if k < 1 or count < 1:
        return out
    far = inputs.neighbours(k, progress).distances[:, k - 1]
    out[np.argsort(-far, kind="stable")[:count]] = True
    return out


def lengths_of(inputs: Inputs, x: NDArray[np.float32]) -> Lengths | None:
    """Centre and squared lengths of `x` where they lie beside the features; None where `x` is not these."""
    features = inputs.features
    return (features.centre, features.squared) if features is not None and x is features.matrix else None


def farthest_first(
    x: NDArray[np.float32],
    start: Rows,
    count: int,
    allowed: NDArray[np.bool_],
    progress: Progress,
    lengths: Lengths | None = None,
) -> tuple[Rows, NDArray[np.float64]]:
    """Farthest-first traversal with the picks of a float64 one, ties to the lowest position.

    A pool of the rows that are farthest now is kept in float64. Inside it the traversal runs until its
    farthest row is no farther than some row outside could be; then the pool is drawn again. Distances only
    shrink, so an old distance is a bound, no row outside can overtake unseen, and rows that are close to a
    pick already are never measured again.

    Args:
        x: Shape (n, d), float32.
        start: Rows that are in already; with none, the allowed row nearest to the mean is the first.
        count: Rows wanted, `start` included.
        allowed: Rows that may be taken beside `start`, shape (n,).
        progress: Called once per pick; may cancel.
        lengths: The mean of the rows and their squared distances from it, where known.

    Returns:
        Rows in order, and the distance of each to those before it (infinite for the first ones).

    Example:
        >>> x = np.array([[0.0], [1.0], [5.0], [3.0]], np.float32)
        >>> farthest_first(x, np.array([0]), 3, np.ones(4, bool), Progress())[0].tolist()
        [0, 2, 3]
    """
    if lengths is None:
        centre = x.mean(axis=0, dtype=np.float64).astype(np.float32)
        lengths = centre, squared_lengths(x, centre)
    centre, squared = lengths
    scale = max(float(squared.max(initial=0.0)), 1e-30)
    slack, tie = _SLACK * scale, _TIE * scale
    near = np.full(len(x), np.inf, np.float32)
    if not len(start):
        start = np.array([int(np.where(allowed, squared, np.inf).argmin())], np.int64)
    free = allowed.copy()
    free[start] = False
    picked, gains = start.tolist(), [np.inf] * len(start)
    seen, size = np.zeros(len(x), np.int64), _POOL
    while len(picked) < count:
        reach = _refresh(near, seen, x, centre, squared, picked, free, size, progress)
        pool, limit = _farthest(reach, size, slack)
        points, own = x[pool].astype(np.float64) - centre, squared[pool]
        gap = _to_nearest(points, own, x, centre, squared, picked)
        before = len(picked)
        with single_blas():
            while len(picked) < count and (top := float(gap.max())) > limit:
                if top <= tie:
                    rows, last = _by_difference(x, picked, free, count - len(picked), progress)
                    return np.array(picked + rows, np.int64), np.array(gains + last)
                at = _first_of_ties(gap, top, tie, pool, x, picked)
                row = int(pool[at])
                picked.append(row)
                gains.append(float(np.sqrt(top)))
                progress(len(picked), count, "farthest rows")
                np.minimum(gap, own + squared[row] - 2.0 * (points @ points[at]), out=gap)
                gap[at], free[row] = -np.inf, False
        # Many rows equally far can fill the pool without one being surely the farthest: take more in.
        size = _POOL if len(picked) > before else 4 * size
    return np.array(picked, np.int64), np.array(gains)


def isolated_last(
    x: NDArray[np.float32],
    start: Rows,
    count: int,
    preferred: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
    progress: Progress,
    lengths: Lengths | None = None,
) -> tuple[Rows, NDArray[np.float64]]:
    """A traversal of the preferred rows, and beyond them of the other allowed ones; prefixes stay the same.

    Args:
        preferred: Rows taken first, shape (n,), `start` among them.
        x, start, count, allowed, progress, lengths: As in `farthest_first`.
    """
    most = min(count, int(preferred.sum()))
    rows, gains = farthest_first(x, start, most, preferred, progress, lengths)
    if most < count:
        rows, more = farthest_first(x, rows, count, allowed, progress, lengths)
        gains = np.concatenate([gains, more[most:]])
    return rows, gains


def _refresh(
    near: NDArray[np.float32],
    seen: Rows,
    x: NDArray[np.float32],
    centre: NDArray[np.float32],
    squared: NDArray[np.float64],
    picked: list[int],
    free: NDArray[np.bool_],
    size: int,
    progress: Progress,
) -> NDArray[np.float32]:
    """Bring the farthest rows up to date until the `size` farthest are; how far each free row may reach.

    `near` holds squared distances to the nearest of the first `seen` picks, within slack of the truth.
    """
    wide = 4 * size
    while True:
        reach = np.where(free, near, -np.inf)
        wide = min(len(reach), 2 * wide)
        order = np.argpartition(-reach, wide - 1)[:wide] if wide < len(reach) else np.arange(len(reach))
        top = order[np.argpartition(-reach[order], min(size, wide) - 1)[:size]]
        if (seen[top] == len(picked)).all():
            return reach
        for start in np.unique(seen[order]):
            if start < len(picked):
                rows = np.sort(order[seen[order] == start])
                _lower(near, rows, x, centre, squared, picked[start:], progress)
        seen[order] = len(picked)


def _lower(
    near: NDArray[np.float32],
    rows: Rows,
    x: NDArray[np.float32],
    centre: NDArray[np.float32],
    squared: NDArray[np.float64],
    new: list[int],
    progress: Progress,
) -> None:
    """Bring squared distances of some rows to the nearest pick up to date with new picks."""
    half = squared.astype(np.float32)
    for at in range(0, len(new), 512):
        part = new[at : at + 512]
        turned = np.ascontiguousarray((x[part] - centre).T) * np.float32(
            -2
        )  # short rows lose least to rounding
        step = max(256, _BLOCK // max(len(part), x.shape[1]))
        for begin in range(0, len(rows), step):
            progress.check()
            here = rows[begin : begin + step]
            block = (x[here] - centre) @ turned
            block += half[part]
            near[here] = np.minimum(near[here], block.min(axis=1) + half[here])


def _farthest(reach: NDArray[np.float32], size: int, slack: float) -> tuple[Rows, float]:
    """The `size` rows that reach farthest, ascending, and what no row outside can exceed."""
    if size >= len(reach):
        return np.flatnonzero(np.isfinite(reach)), -np.inf
    order = np.argpartition(-reach, size - 1)
    outside = float(reach[order[size:]].max())
    pool = np.sort(order[:size])
    return pool[np.isfinite(reach[pool])].astype(np.int64), outside + slack


def _to_nearest(
    points: NDArray[np.float64],
    lengths: NDArray[np.float64],
    x: NDArray[np.float32],
    centre: NDArray[np.float32],
    squared: NDArray[np.float64],
    picked: list[int],
) -> NDArray[np.float64]:
    """Squared distance of points to the nearest pick, float64."""
    out = np.full(len(points), np.inf)
    for at in range(0, len(picked), 512):
        part = picked[at : at + 512]
        block = points @ (x[part].astype(np.float64) - centre).T
        block *= -2.0
        block += squared[part]
        np.minimum(out, block.min(axis=1) + lengths, out=out)
    return out


def _first_of_ties(
    gap: NDArray[np.float64],
    top: float,
    tie: float,
    pool: Rows,
    x: NDArray[np.float32],
    picked: list[int],
) -> int:
    """The farthest pool row; where several are equally far but for rounding, the lowest truly farthest."""
    close = np.flatnonzero(gap >= top - tie)
    if len(close) == 1:
        return int(close[0])
    base = x[picked]
    exact = [float(exact_squared(base, x[pool[at]]).min()) for at in close]
    return int(close[int(np.argmax(exact))])


def _by_difference(
    x: NDArray[np.float32], picked: list[int], free: NDArray[np.bool_], count: int, progress: Progress
) -> tuple[list[int], list[float]]:
    """The rest of a traversal where all rows left are copies of chosen ones, or all but."""
    rest = np.flatnonzero(free)
    gap = np.full(len(rest), np.inf)
    points = x[rest]
    for row in picked:
        progress.check()
        np.minimum(gap, exact_squared(points, x[row]), out=gap)
    rows: list[int] = []
    gains: list[float] = []
    while len(rows) < count and gap.max() > 0:
        at = int(gap.argmax())
        rows.append(int(rest[at]))
        gains.append(float(np.sqrt(gap[at])))
        np.minimum(gap, exact_squared(points, points[at]), out=gap)
        gap[at] = -1.0
        progress(len(rows), count, "farthest rows")
    copies = rest[gap == 0][: count - len(rows)].tolist()
    return rows + copies, gains + [0.0] * len(copies)


def farthest_work(n: int, d: int, k: int) -> dict[str, float]:
    """Work of a traversal."""
    return {"gemm": 4.0 * n * d * k, "scan": 6.0 * n * k, "steps": 1000.0 * k}


def farthest_memory(n: int, d: int, k: int) -> float:
    """Peak bytes of a traversal."""
    return 24.0 * n + 16.0 * _POOL * d + 4.0 * n * min(k, 64) + 2**26
