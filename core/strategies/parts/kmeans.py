"""k-means for strategies: seeded, interruptible, the same on any number of threads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import nearest
from ...foundation.progress import Progress


def k_means(
    x: NDArray[np.float32],
    k: int,
    rng: np.random.Generator,
    passes: int,
    progress: Progress,
    fixed: Rows | None = None,
) -> tuple[Rows, NDArray[np.float32]]:
    """Lloyd's iterations from k-means++ starts; run it under `single_blas`.

    Args:
        x: Shape (n, d), float32.
        k: Clusters; some may end empty where rows are copies of each other.
        rng: Randomness of the starts.
        passes: Iterations at most.
        progress: Called once a pass; may cancel.
        fixed: Rows that are centres and do not move; they come first.

    Returns:
        Cluster of each row, int64 (n,), and centres, float32 (k, d). O(n·k·d) time per pass.

    Source: Lloyd, 1982; Arthur and Vassilvitskii, 2007.

    Example:
        >>> x = np.array([[0.0], [0.1], [9.0], [9.1]], np.float32)
        >>> codes, centres = k_means(x, 2, np.random.default_rng(0), 10, Progress())
        >>> sorted(round(float(value), 2) for value in centres.ravel())
        [0.05, 9.05]
    """
    fixed = np.empty(0, np.int64) if fixed is None else fixed
    n, held = len(x), len(fixed)
    centres = x[plus_plus(x, k, fixed, rng, progress)].copy()
    codes = np.full(n, -1, np.int64)
    for step in range(passes):
        progress(step, passes, "centres")
        if k == 1 and not held:
            now = np.zeros(n, np.int64)
        else:
            now = nearest(x, centres, progress.part(step / passes, (step + 1) / passes))[1]
        if np.array_equal(now, codes):
            break
        codes = now
        order = np.argsort(codes, kind="stable")
        count = np.bincount(codes, minlength=k)
        full = np.flatnonzero(count)
        starts = (np.cumsum(count) - count)[full]
        mean = np.add.reduceat(x[order], starts, axis=0, dtype=np.float64) / count[full, None]
        moves = full >= held
        centres[full[moves]] = mean[moves].astype(np.float32)
    return codes, centres


def plus_plus(
    x: NDArray[np.float32], k: int, fixed: Rows, rng: np.random.Generator, progress: Progress
) -> Rows:
    """k-means++ starts (Arthur and Vassilvitskii, 2007), `fixed` first."""
    picked = fixed.tolist() or [int(rng.integers(len(x)))]
    gap = np.full(len(x), np.inf)
    for at in range(k):
        progress.check()
        if at >= len(picked):
            total = np.cumsum(gap)
            if total[-1] > 0:
                row = int(np.searchsorted(total, rng.random() * total[-1], side="right"))
            else:
                row = int(rng.integers(len(x)))
            picked.append(min(row, len(x) - 1))
        delta = x - x[picked[at]]
        np.minimum(gap, np.einsum("ij,ij->i", delta, delta), out=gap)
    return np.array(picked[:k], np.int64)
