"""The k-nearest-neighbour graph: exact, in blocks, never n×n in memory.

Identical rows are joined first. Candidates are found by single-precision matrix products and then measured
again, by difference and in double precision; where single precision cannot tell the last candidates apart,
all rows in doubt are measured. So near-duplicates get their true distance and ties go to the lower row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from hashlib import blake2b
from threading import Event, Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..progress import SILENT, Progress
from ..threads import processors, single_blas
from .array_types import Graph, Metric

EXTRA = 8  # candidates beyond k that are measured again
SMALL = 2_000  # up to here plain numpy, without compiled code
ROWS, COLUMNS = 512, 2_048  # one block of products: 4 MB
SQUARE = 1_024  # the same, where a block serves both sides

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


def scored(x: Floats, base: Floats, metric: Metric) -> tuple[Floats, Floats, Floats]:
    """Queries, base and base offsets such that a larger ``q·b − offset`` means nearer."""
    if metric == "cosine":
        return x, base, np.zeros(len(base), np.float32)
    mean = base.mean(axis=0, dtype=np.float64)
    centred = np.ascontiguousarray(base - mean, dtype=np.float32)
    half = np.einsum("ij,ij->i", centred, centred, dtype=np.float64) / 2
    queries = centred if x is base else np.ascontiguousarray(x - mean, dtype=np.float32)
    return queries, centred, half.astype(np.float32)


def measure(x: Floats, base: Floats, candidates: Rows, metric: Metric) -> NDArray[np.float64]:
    """Distances of `x` (m, d) to its `candidates` (m, c) among `base`, by difference in double precision."""
    square = np.empty(candidates.shape, np.float64)
    length = np.empty(candidates.shape, np.float64)
    if candidates.size * x.shape[1] > SMALL * SMALL:
        _measure_compiled(x, base, candidates, square, length)
    else:
        a = x.astype(np.float64)[:, None, :]
        b = base[candidates].astype(np.float64)
        np.einsum("ijk,ijk->ij", a - b, a - b, out=square)
        np.einsum("ijk,ijk->ij", b, b, out=length)
    return distance_of(x, square, length, metric)


def distance_of(
    x: Floats, square: NDArray[np.float64], length: NDArray[np.float64], metric: Metric
) -> NDArray[np.float64]:
    """Distances of `x` (m, d) from squared differences and squared lengths of the candidates, (m, c)."""
    if metric == "euclidean":
        return np.asarray(np.sqrt(square))
    # 1 − a·b, written so that two nearly equal unit rows keep their digits; zero rows are 1 from everything.
    own = np.einsum("ij,ij->i", x, x, dtype=np.float64)[:, None]
    unit = (np.abs(own - 1) < 1e-3) & (np.abs(length - 1) < 1e-3)
    return np.asarray(np.where(unit, square / 2, 1 - (own + length - square) / 2).clip(0, 2))


def _measure_compiled(
    x: Floats, base: Floats, candidates: Rows, square: NDArray[np.float64], length: NDArray[np.float64]
) -> None:
    from .top_k_compiled import gaps, warm

    warm()
    with ThreadPoolExecutor(processors()) as pool:
        step = max(64, -(-len(x) // (4 * processors())))
        parts = [slice(at, at + step) for at in range(0, len(x), step)]
        list(pool.map(lambda part: gaps(x[part], base, candidates[part], square[part], length[part]), parts))


def _top_numpy(
    queries: Floats, base: Floats, offset: Floats, count: int, itself: bool, progress: Progress
) -> tuple[Rows, Floats]:
    found = np.empty((len(queries), count), np.int64)
    scores = np.empty((len(queries), count), np.float32)
    for at in range(0, len(queries), ROWS):
        progress(at, len(queries), "finding neighbours")
        score = queries[at : at + ROWS] @ base.T - offset
        if itself:
            score[np.arange(len(score)), np.arange(at, at + len(score))] = -np.inf
        best = np.argpartition(-score, count - 1, axis=1)[:, :count]
        here = np.take_along_axis(score, best, axis=1)
        order = np.argsort(-here, axis=1, kind="stable")
        found[at : at + ROWS] = np.take_along_axis(best, order, axis=1)
        scores[at : at + ROWS] = np.take_along_axis(here, order, axis=1)
    return found, scores


def in_threads(tasks: Sequence[Any], work: Callable[[Any], None], progress: Progress) -> None:
    """Run `work` on every task on several threads, one BLAS thread each; a cancel stops between tasks."""
    stop = Event()

    def guarded(task: Any) -> None:
        if not stop.is_set():
            work(task)

    with single_blas():
        pool = ThreadPoolExecutor(processors(), thread_name_prefix="neighbours")
        try:
            waiting = {pool.submit(guarded, task) for task in tasks}
            while waiting:
                progress(len(tasks) - len(waiting), len(tasks), "finding neighbours")
                ready, waiting = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
                for future in ready:
                    future.result()
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _top_blocks(
    queries: Floats, base: Floats, offset: Floats, count: int, progress: Progress
) -> tuple[Rows, Floats]:
    """The same among other rows, by blocks on several threads, merged in compiled code."""
    from .top_k_compiled import fold, warm

    warm()
    n = len(queries)
    found = np.zeros((n, count), np.int64)
    scores = np.full((n, count), -np.inf, np.float32)

    def work(start: int) -> None:
        rows = slice(start, min(start + ROWS, n))
        for column in range(0, len(base), COLUMNS):
            progress.check()
            product = queries[rows] @ base[column : column + COLUMNS].T
            fold(product, offset[column : column + COLUMNS], -1, column, scores[rows], found[rows])

    in_threads(range(0, n, ROWS), work, progress)
    return found, scores


def _top_pairs(x: Floats, offset: Floats, count: int, progress: Progress) -> tuple[Rows, Floats]:
    """The same among the rows themselves: every pair of blocks is multiplied once and serves both sides.

    Threads meet a block in varying order, which can only matter between equal scores; `_nearest_distinct`
    measures all of those.
    """
    from .top_k_compiled import fold, fold_columns, warm

    warm()
    n = len(x)
    found = np.zeros((n, count), np.int64)
    scores = np.full((n, count), -np.inf, np.float32)
    parts = [slice(at, min(at + SQUARE, n)) for at in range(0, n, SQUARE)]
    locks = [Lock() for _ in parts]
    last = len(parts)
    # Diagonals first: neighbouring tasks then work on different blocks, and limits rise early.
    tasks = [(at, at + gap) for gap in range(last) for at in range(last - gap)]

    def work(task: tuple[int, int]) -> None:
        a, b = parts[task[0]], parts[task[1]]
        product = x[a] @ x[b].T
        with locks[task[0]]:
            fold(product, offset[b], a.start, b.start, scores[a], found[a])
        if task[0] != task[1]:
            with locks[task[1]]:
                fold_columns(product, offset[a], a.start, scores[b], found[b])

    in_threads(tasks, work, progress)
    return found, scores


def _top(
    queries: Floats, base: Floats, offset: Floats, count: int, itself: bool, progress: Progress
) -> tuple[Rows, Floats]:
    """The `count` candidates of each query with the largest scores, descending."""
    if len(queries) * len(base) <= SMALL * SMALL:
        return _top_numpy(queries, base, offset, count, itself, progress)
    if itself:
        return _top_pairs(base, offset, count, progress)
    return _top_blocks(queries, base, offset, count, progress)


def _doubt(queries: Floats, base: Floats, offset: Floats) -> Floats:
    """How far a single-precision score may be off, per query: γ_d·(|q|·max|b| + max offset)."""
    d = queries.shape[1]
    length = np.sqrt(np.einsum("ij,ij->i", queries, queries, dtype=np.float64))
    largest = np.sqrt(np.einsum("ij,ij->i", base, base, dtype=np.float64).max(initial=0.0))
    bound: Floats = ((d + 2) * 2.0**-24 * (length * largest + offset.max(initial=0.0))).astype(np.float32)
    return bound


def _nearest_distinct(
    x: Floats, k: int, metric: Metric, progress: Progress
) -> tuple[Rows, NDArray[np.float64]]:
    """k nearest of each row among the others, rows all distinct, ties to the lower row."""
    n = len(x)
    queries, base, offset = scored(x, x, metric)
    count = min(n - 1, k + EXTRA)
    found, scores = _top(queries, base, offset, count, True, progress.part(0.0, 0.9))
    doubtful = np.zeros(n, bool)
    if count < n - 1:
        doubtful = scores[:, count - 1] >= scores[:, k - 1] - 2 * _doubt(queries, base, offset)
    indices = np.empty((n, k), np.int64)
    distances = np.empty((n, k), np.float64)
    step = max(1, 2**26 // (count * x.shape[1]))
    finish = progress.part(0.9, 1.0)
    for at in range(0, n, step):
        finish(at, n, "measuring neighbours")
        part = found[at : at + step]
        gap = measure(x[at : at + step], x, part, metric)
        order = np.lexsort((part, gap), axis=1)[:, :k]
        indices[at : at + step] = np.take_along_axis(part, order, axis=1)
        distances[at : at + step] = np.take_along_axis(gap, order, axis=1)
    bound = _doubt(queries, base, offset) if doubtful.any() else None
    for row in np.flatnonzero(doubtful):
        assert bound is not None
        finish.check()
        score = base @ queries[row] - offset
        score[row] = -np.inf
        near = np.flatnonzero(score >= scores[row, k - 1] - 4 * bound[row])
        gap = measure(x[row : row + 1], x, near[None, :], metric)[0]
        order = np.lexsort((near, gap))[:k]
        indices[row], distances[row] = near[order], gap[order]
    return indices, distances


def joined(x: Floats) -> tuple[Rows, Rows]:
    """Class of each row and first row of each class; classes of identical rows, numbered by first row.

    Rows are told apart by a 128-bit digest, so that no sorted copy of them is made.
    """
    n = len(x)
    digests = np.empty((n, 2), np.uint64)
    step = max(1, 2**22 // max(1, x.shape[1]))
    for at in range(0, n, step):
        part = np.ascontiguousarray(x[at : at + step]) + np.float32(0)  # −0 becomes 0
        made = b"".join(blake2b(row, digest_size=16).digest() for row in part)
        digests[at : at + step] = np.frombuffer(made, np.uint64).reshape(-1, 2)
    order = np.lexsort((digests[:, 1], digests[:, 0]))  # stable: the first of a class comes first
    new = np.ones(n, bool)
    new[1:] = (digests[order[1:]] != digests[order[:-1]]).any(axis=1)
    firsts, inverse = order[new], np.empty(n, np.int64)
    inverse[order] = np.cumsum(new) - 1
    by_first = np.argsort(firsts)
    rank = np.empty(len(firsts), np.int64)
    rank[by_first] = np.arange(len(firsts))
    return rank[inverse], firsts[by_first].astype(np.int64)


def spread_out(
    classes: Rows, near: NDArray[Any], gap: NDArray[Any], own: NDArray[np.float64], k: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """From neighbours of classes to neighbours of rows: members of a class are tied and ascend.

    What comes back has the types of `near` and `gap`.
    """
    n = len(classes)
    members = np.argsort(classes, kind="stable").astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(np.bincount(classes))])
    indices, distances = np.empty((n, k), near.dtype), np.empty((n, k), gap.dtype)
    if n > SMALL:
        from .top_k_compiled import spread

        spread(starts, members, near, gap, own.astype(gap.dtype), indices, distances)
        return indices, distances
    for at, here in enumerate(near):
        mine = members[starts[at] : starts[at + 1]]
        rows = [mine[: k + 1]]
        gaps = [np.full(len(rows[0]), own[at])]
        for other, distance in zip(here, gap[at], strict=True):
            theirs = members[starts[other] : starts[other + 1]][:k]
            rows.append(theirs)
            gaps.append(np.full(len(theirs), distance))
        all_rows, all_gaps = np.concatenate(rows), np.concatenate(gaps)
        order = np.lexsort((all_rows, all_gaps))
        all_rows, all_gaps = all_rows[order], all_gaps[order]
        for row in mine:
            keep = np.flatnonzero(all_rows != row)[:k]
            indices[row], distances[row] = all_rows[keep], all_gaps[keep]
    return indices, distances


def knn_graph(x: Floats, k: int, metric: Metric, *, progress: Progress = SILENT) -> Graph:
    """The exact k-nearest-neighbour graph: O(n²·d) time in blocks, O(n·k) memory.

    Args:
        x: Shape (n, d), float32; rows of length one (or zero) for cosine.
        k: Neighbours per row; at most n − 1 are returned.
        metric: "cosine" (1 − cos) or "euclidean".
        progress: Told after every block; a cancel stops within a block.

    Returns:
        Indices (n, k) and distances, nearest first, the row itself left out, ties to the lower row.

    Example:
        >>> graph = knn_graph(np.array([[0.0], [1.0], [3.0], [1.0]], np.float32), 2, "euclidean")
        >>> graph.indices.tolist()
        [[1, 3], [3, 0], [1, 3], [1, 0]]
    """
    n = len(x)
    k = min(k, n - 1)
    if k < 1:
        return Graph(np.empty((n, 0), np.int32), np.empty((n, 0), np.float32), metric)
    x = np.ascontiguousarray(x, dtype=np.float32)
    classes, first = joined(x)
    if len(first) == n:
        indices, distances = _nearest_distinct(x, k, metric, progress)
    else:
        part = np.ascontiguousarray(x[first])
        wide = min(k, len(first) - 1)
        if wide:
            near, gap = _nearest_distinct(part, wide, metric, progress)
        else:
            near, gap = np.empty((1, 0), np.int64), np.empty((1, 0))
        own = measure(part, part, np.arange(len(part))[:, None], metric)[:, 0]
        indices, distances = spread_out(classes, near, gap, own, k)
    progress(1, 1, "neighbours found")
    return Graph(indices.astype(np.int32), distances.astype(np.float32), metric)


def nearest_among(
    x: Floats, base: Floats, k: int, metric: Metric, *, progress: Progress = SILENT
) -> tuple[Rows, Floats]:
    """The k rows of `base` nearest to each row of `x`: indices (n, k) and distances, nearest first.

    Unlike `knn_graph`, ties may go either way.
    """
    queries, centred, offset = scored(x, base, metric)
    found, _ = _top(queries, centred, offset, min(k, len(base)), False, progress)
    gap = np.empty(found.shape, np.float32)
    step = max(1, 2**26 // (found.shape[1] * x.shape[1]))
    for at in range(0, len(x), step):
        gap[at : at + step] = measure(x[at : at + step], base, found[at : at + step], metric)
    return found, gap
