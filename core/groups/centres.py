"""k-means, with k by a stated rule where it is not given."""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.permanent_random import Draws, smallest
from ..foundation.progress import Progress
from ..foundation.wording import count
from ..model.parameters import Par
from ..model.registry import Reference
from .declaration import Clustering, declare

LADDER = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 30)
SAMPLE = 1_500  # rows on which k is chosen
MINI_ABOVE = 20_000
WEAK = 0.05  # best silhouette below which no number of groups stands out
FEW, FEW_NEED, FEW_ABOVE = 3, 0.25, 2_000  # so few groups of so many rows must be this clear
SMALLEST, LARGEST = 6, 24  # groups by size alone
_TRIES = 4


def _seed(draws: Draws, step: str) -> int:
    return int(draws.generator(step).integers(2**31 - 1))


def _silhouette(distance: NDArray[np.float64], codes: Rows) -> float:
    """Mean silhouette width from a square distance matrix (Rousseeuw, 1987)."""
    sizes = np.bincount(codes)
    member = np.zeros((len(codes), len(sizes)))
    member[np.arange(len(codes)), codes] = 1.0
    total = distance @ member
    rows = np.arange(len(codes))
    own = total[rows, codes] / np.maximum(sizes[codes] - 1, 1)
    mean = total / np.maximum(sizes, 1)
    mean[rows, codes] = np.inf
    mean[:, sizes == 0] = np.inf
    other = mean.min(axis=1)
    peak = np.maximum(own, other)
    width = np.where((sizes[codes] > 1) & (peak > 0), (other - own) / np.where(peak > 0, peak, 1), 0.0)
    return float(width.mean())


def _fit(x: NDArray[np.float32], k: int, seed: int, tries: int) -> Rows:
    from sklearn.cluster import KMeans, MiniBatchKMeans

    if len(x) > MINI_ABOVE:
        model: Any = MiniBatchKMeans(
            k, random_state=seed, n_init=tries, batch_size=4096, max_iter=60, init_size=max(3 * k, 8192)
        )
    else:
        model = KMeans(k, random_state=seed, n_init=tries, max_iter=100)
    return np.asarray(model.fit_predict(x), dtype=np.int64)


def by_size(n: int) -> int:
    """Groups of n rows where the data itself suggests no number: √n / 8, at least 6 and at most 24.

    Example:
        >>> [by_size(n) for n in (500, 5_000, 12_000, 100_000)]
        [6, 9, 14, 24]
    """
    return int(min(LARGEST, max(SMALLEST, round(math.sqrt(n) / 8))))


def choose_k(x: NDArray[np.float32], draws: Draws, progress: Progress) -> tuple[int, str]:
    """A number of groups and the reason for it.

    The k of `LADDER` with the largest mean silhouette on a keyed sample; within .01 the smaller k wins. Where
    that silhouette says nothing (below `WEAK`; or two or three groups of more than `FEW_ABOVE` rows below
    `FEW_NEED`, the usual limit of substantial structure: Kaufman and Rousseeuw, 1990), `by_size`.

    Returns:
        k and the reason, a sentence. With fewer than 12 distinct rows, k is 2 or less.
    """
    rows = np.sort(smallest(draws.uniforms("sample"), min(SAMPLE, len(x))))
    part = np.ascontiguousarray(x[rows])
    distinct = len(np.unique(part, axis=0))
    steps = [k for k in LADDER if k * 3 <= distinct] or [min(2, distinct)]
    if len(steps) == 1:
        return steps[0], f"{steps[0]} groups: there are too few different rows to compare numbers of groups."
    wide = part.astype(np.float64)
    wide -= wide.mean(axis=0)
    square = np.einsum("ij,ij->i", wide, wide)
    distance = np.sqrt(np.maximum(square[:, None] + square[None, :] - 2 * (wide @ wide.T), 0))
    np.fill_diagonal(distance, 0)
    found = []
    for at, k in enumerate(steps):
        progress(at, len(steps), f"trying {k} groups")
        found.append(_silhouette(distance, _fit(part, k, _seed(draws, f"try/{k}"), 2)))
    best = max(found)
    at = next(at for at, value in enumerate(found) if value >= best - 0.01)
    k, width = steps[at], found[at]
    if best < WEAK or (k <= FEW and len(x) > FEW_ABOVE and width < FEW_NEED):
        sized = min(by_size(len(x)), distinct // 3)
        return sized, (
            f"{sized} groups: no number of groups stands out (the best silhouette, at {k}, is {width:.2f}), "
            f"so the number follows the size: √rows / 8, from {SMALLEST} to {LARGEST}."
        )
    tried = ", ".join(map(str, LADDER))
    return k, (
        f"{k} groups: the smallest of {tried} whose silhouette ({width:.2f}) is within .01 of the best, on "
        f"{count(len(rows), 'row')}."
    )


@declare(
    id="kmeans",
    version=2,
    label="k-means",
    sentence="Every row belongs to the nearest of k centres.",
    seconds=lambda n, d: 0.3 + n * d * 1.2e-6,
    cost="O(n·k·d) time per pass, O(n) memory",
    when="Groups of a similar size are wanted, and every row must belong to one.",
    when_not="Groups have very different sizes or shapes, or some rows belong nowhere: then take hdbscan.",
    reference=Reference(
        "Arthur and Vassilvitskii",
        2007,
        "k-means++: The Advantages of Careful Seeding",
        "SODA",
        deviation=f"mini-batches (Sculley, 2010) above {MINI_ABOVE:,} rows",
    ),
)
def kmeans(
    matrix: NDArray[np.float32],
    draws: Draws,
    progress: Progress,
    /,
    *,
    k: Annotated[int | None, Par("Number of groups; empty chooses it.", 1, 1000)] = None,
) -> Clustering:
    """k-means on the features; rows of length one make it spherical k-means in all but name."""
    from threadpoolctl import threadpool_limits

    notes = []
    # One thread: sums over threads come in varying order, and so would the groups.
    with threadpool_limits(1):
        distinct = len(np.unique(matrix[: 50 * 1000], axis=0))
        if k is None:
            k, reason = choose_k(matrix, draws, progress.part(0.0, 0.5))
            notes.append(reason)
        elif k > distinct:
            notes.append(f"{k} groups were asked for, of only {count(distinct, 'different row')}.")
        k = min(k, distinct)
        progress(1, 2, f"k-means with {k} groups")
        if len(matrix) > MINI_ABOVE:
            notes.append(f"Mini-batch k-means, because there are more than {MINI_ABOVE:,} rows.")
        codes = _fit(matrix, k, _seed(draws, f"fit/{k}"), _TRIES)
    return Clustering(codes, tuple(notes), f"k-means, {count(len(np.unique(codes)), 'group')}")
