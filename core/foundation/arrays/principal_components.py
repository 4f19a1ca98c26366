"""Principal components: at once, deterministic, fixed signs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..progress import Progress

BLOCK = 8_192
WIDE = 1_024  # above this many dimensions the covariance is not formed


def signed(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Axes (c, d) with the largest entry of each positive.

    Example:
        >>> signed(np.array([[0.6, -0.8]])).tolist()
        [[-0.6, 0.8]]
    """
    peak = np.abs(axes).argmax(axis=1)
    sign = np.sign(axes[np.arange(len(axes)), peak])
    sign[sign == 0] = 1.0
    made: NDArray[np.float64] = axes * sign[:, None]
    return made


def axes_of(x: NDArray[np.float32], count: int, progress: Progress) -> NDArray[np.float64]:
    """The first `count` principal axes, shape (count, d), in double precision.

    From the covariance up to `WIDE` dimensions, by a seeded randomised SVD above; O(n·d²) or O(n·d·count).
    On one thread: small products stall on several beside other work, and sums would depend on their number.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return _axes(x, count, progress)


def _axes(x: NDArray[np.float32], count: int, progress: Progress) -> NDArray[np.float64]:
    n, d = x.shape
    mean = x.mean(axis=0, dtype=np.float64)
    if d <= WIDE:
        covariance = np.zeros((d, d))
        for at in range(0, n, BLOCK):
            progress(at, n, "principal components")
            part = x[at : at + BLOCK].astype(np.float64) - mean
            covariance += part.T @ part
        _, vectors = np.linalg.eigh(covariance)
        return signed(vectors.T[::-1][:count])
    from sklearn.utils.extmath import randomized_svd

    progress(0, 1, "principal components")
    _, _, vectors = randomized_svd(
        x - mean.astype(np.float32), count, n_iter=4, random_state=0, flip_sign=False
    )
    return signed(np.asarray(vectors, np.float64))


def pca(x: NDArray[np.float32], progress: Progress, count: int = 2) -> NDArray[np.float32]:
    """Coordinates on the first `count` principal axes, shape (n, count), float32; zeros where d < count."""
    n, d = x.shape
    out = np.zeros((n, count), np.float32)
    if n < 2:
        return out
    axes = axes_of(x, min(count, d), progress)
    mean = x.mean(axis=0, dtype=np.float64)
    for at in range(0, n, BLOCK):
        progress(at, n, "principal components")
        out[at : at + BLOCK, : len(axes)] = (x[at : at + BLOCK].astype(np.float64) - mean) @ axes.T
    return out
