"""The neighbour graph of any number of rows: exact up to a limit, above it a search that fits the dimension.

Which search is taken depends on n, d and the number of rows that differ, never on a clock:

- up to `EXACT_UP_TO` rows that differ, all pairs in blocks (`neighbour_graph`);
- above, in at most `TREE_UP_TO` dimensions, a k-d tree, exact as well: measured on 250,000 rows it is faster
  than an inverted file up to 3 dimensions, level with it at 4, and 2.5 times slower at 5;
- else an inverted file whose recall is measured (`inverted_file`).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..progress import SILENT, Progress
from ..threads import processors
from .array_types import Graph, Metric
from .inverted_file import approximate_neighbours, cells_of
from .neighbour_graph import EXTRA, joined, knn_graph, measure, spread_out

LADDER = (15, 50)  # stored sizes; smaller ones are sliced from them
EXACT_UP_TO = 200_000
TREE_UP_TO = 4
_CHUNK = 32_768  # rows asked for at once
_PROBES = 1.9, 48  # cells looked into: so many a dimension, and at most so many thousandths of the cells

Floats = NDArray[np.float32]


def neighbour_graph(x: NDArray[np.floating], k: int, metric: Metric, *, progress: Progress = SILENT) -> Graph:
    """The k-nearest-neighbour graph, exact where that is affordable; the same on every run.

    Args:
        x: Shape (n, d), float32; rows of length one (or zero) for cosine.
        k: Neighbours per row; at most n − 1 are returned.
        metric: "cosine" (1 − cos) or "euclidean".
        progress: Told inside; a cancel stops within a block.

    Returns:
        The graph. `exact` says whether all neighbours are the true ones; where not, `recall` is the share
        that is, measured on a keyed sample. Above the limit ties at the last place may go either way.

    Example:
        >>> graph = neighbour_graph(np.array([[0.0], [1.0], [3.0]], np.float32), 1, "euclidean")
        >>> graph.indices.ravel().tolist(), graph.exact, graph.recall
        ([1, 0, 1], True, 1.0)
    """
    plain = np.ascontiguousarray(np.asarray(x), dtype=np.float32)
    k = min(k, len(plain) - 1)
    if len(plain) <= EXACT_UP_TO or k < 1:
        return knn_graph(plain, k, metric, progress=progress)
    progress(0, 1, "finding neighbours")
    classes, first = joined(plain)
    part = plain if len(first) == len(plain) else np.ascontiguousarray(plain[first])
    wide, exact, recall = min(k, len(first) - 1), True, 1.0
    if len(part) <= EXACT_UP_TO:
        found = knn_graph(part, wide, metric, progress=progress)
        near, gap = found.indices, found.distances
    elif part.shape[1] <= TREE_UP_TO:
        near, gap = _by_tree(part, wide, metric, progress)
    else:
        near, gap, recall = approximate_neighbours(part, wide, metric, progress)
        exact = False
    if part is not plain:
        own = measure(part, part, np.arange(len(part))[:, None], metric)[:, 0]
        near, gap = spread_out(classes, near, gap, own, k)
    progress(1, 1, "neighbours found")
    return Graph(near, gap, metric, exact, recall=recall)


def _by_tree(x: Floats, k: int, metric: Metric, progress: Progress) -> tuple[NDArray[np.int32], Floats]:
    """Exact neighbours of rows that differ by a k-d tree (Bentley, 1975), on several threads."""
    from scipy.spatial import cKDTree

    n = len(x)
    wide = x.astype(np.float64)
    # Cells of equal count would take long where many rows share a coordinate.
    tree = cKDTree(wide, balanced_tree=False, compact_nodes=False)
    indices, distances = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
    for at in range(0, n, _CHUNK):
        progress(at, n, "finding neighbours")
        here = slice(at, at + _CHUNK)
        found = np.asarray(tree.query(wide[here], k=min(k + 1 + EXTRA, n), workers=processors())[1], np.int64)
        gap = measure(x[here], x, found, metric)
        gap[found == np.arange(at, at + len(found))[:, None]] = np.inf
        order = np.lexsort((found, gap), axis=1)[:, :k]
        indices[here] = np.take_along_axis(found, order, axis=1)
        distances[here] = np.take_along_axis(gap, order, axis=1)
    return indices, distances


def graph_work(n: int, d: int) -> dict[str, float]:
    """Work of the neighbour graph by unit of `core.foundation.machine.Machine`."""
    if n <= EXACT_UP_TO:
        return {"gemm": 2.0 * n * n * d, "scan": 1.0 * n * n + 6000.0 * n}
    if d <= TREE_UP_TO:
        return {"scan": n * math.log2(n) * 500.0 * 1.7**d}
    cells = cells_of(n, d)
    pairs = n * (n / cells) * min(_PROBES[0] * d, _PROBES[1] * cells / 1000)
    return {
        "gemm": 2.0 * pairs * (d + 16) + 2.0 * n * cells * (d + 16) * 3,
        "scan": 0.5 * pairs + 15_000.0 * n + 20.0 * n * d,
    }


def graph_memory(n: int, d: int) -> float:
    """Peak bytes while the neighbour graph is made and read."""
    return 8.0 * n * d + 2400.0 * n + 2**27
