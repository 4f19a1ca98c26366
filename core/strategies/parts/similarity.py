"""Similarities between rows, from 0 to 1: all pairs up to a limit, pairs of the neighbour graph above."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Graph, Rows
from ...foundation.arrays.distances import squared_lengths
from ...foundation.progress import Progress
from ...foundation.threads import single_blas
from ...model.inputs import Inputs
from .declared_costs import GRAPH_TEXT
from .kernels import gaussian_width

DENSE = 5_000  # rows up to which every pair counts
SIMILARITY_TEXT = (
    f"O(n²·d) time and O(n²) memory up to {DENSE:,} rows; above, O(n·neighbours) beside {GRAPH_TEXT}"
)
_BLOCK = 32  # rows of the table worked on at once: they stay in the processor's cache

Values = NDArray[np.float32]
Pairs = Callable[[int], tuple[slice | Rows, Values]]


@dataclass(frozen=True)
class Similarity:
    """Who is similar to whom: max(cos, 0), or exp(−distance² / 2σ²), with 2σ² from `gaussian_width`.

    Args:
        x: Features in which Euclidean distance ranks as the metric does, float32 (n, d).
        pairs: For a row, the rows that it is similar to (itself among them) and how much, float32.
        sums: Σ over the pairs of each row, float64 (n,).
        table: All pairs, float32 (n, n), up to `DENSE` rows; None above.
        notes: What a reader must know.
    """

    x: Values
    pairs: Pairs
    sums: NDArray[np.float64]
    table: Values | None
    notes: tuple[str, ...]


def by_metric(inputs: Inputs, metric: str) -> tuple[Inputs, Values, bool]:
    """Inputs whose neighbour graph ranks by this metric, their features, and whether it is the cosine.

    Euclidean distance between the features returned ranks as the metric does.
    """
    assert inputs.features is not None
    x, own = np.asarray(inputs.matrix(metric), np.float32), inputs.features.metric
    cosine = own == "cosine" if metric == "auto" else metric == "cosine"
    if cosine and own != "cosine":  # the shared graph is by another metric
        unit = replace(inputs.features, matrix=x, metric="cosine")
        inputs = replace(inputs, features=unit, graph=None)
    return inputs, x, cosine


def squared_chords(graph: Graph) -> Values:
    """Squared Euclidean distances of a graph's neighbours: chords of unit rows where it is by cosine."""
    squared: Values = 2.0 * graph.distances if graph.metric == "cosine" else graph.distances**2
    return squared


def similarity(inputs: Inputs, metric: str, neighbours: int, progress: Progress) -> Similarity:
    """Similarities of a population: exact on all pairs up to `DENSE` rows, on the shared graph above.

    Args:
        inputs: The population; needs features.
        metric: "auto", "cosine" or "euclidean".
        neighbours: Neighbours of each row that count above `DENSE`.
        progress: Called once a block; may cancel.

    Returns:
        O(n²) memory up to `DENSE` rows, O(n·neighbours) above.
    """
    n = inputs.n
    inputs, x, cosine = by_metric(inputs, metric)
    if n <= DENSE:
        table, sums = _dense(x, cosine, progress)
        return Similarity(x, lambda row: (slice(None), table[row]), sums, table, ())
    starts, ends, values = _sparse(inputs, x, cosine, neighbours, progress)

    def pairs(row: int) -> tuple[slice | Rows, Values]:
        part = slice(starts[row], starts[row + 1])
        return ends[part].astype(np.int64), values[part]

    sums = np.add.reduceat(values, starts[:-1], dtype=np.float64)
    return Similarity(
        x,
        pairs,
        sums,
        None,
        (f"Only pairs among each row's {min(neighbours, n - 1)} nearest neighbours count.",),
    )


def similarity_work(n: int, d: int) -> dict[str, float]:
    """Work of making them, beside the neighbour graph above `DENSE` rows."""
    if n <= DENSE:
        return {"gemm": 1.5 * n * n * d, "scan": 8.0 * n * n}
    return {"scan": 30_000.0 * n}


def similarity_memory(n: int, d: int) -> float:
    """Peak bytes of making and holding them."""
    return 4.5 * n * n + 16.0 * n * d + 400.0 * n + 2**25 if n <= DENSE else 5000.0 * n + 2**27


def _dense(x: Values, cosine: bool, progress: Progress) -> tuple[Values, NDArray[np.float64]]:
    """All similarities, float32 (n, n), from 0 to 1, made in place of the product; and their sums by row."""
    if not cosine:
        x = x - x.mean(axis=0, dtype=np.float64).astype(np.float32)
    progress(0, 1, "similarities")
    with single_blas():
        table: Values = x @ x.T
    np.fill_diagonal(table, 1.0)
    scale = np.float32(1.0 if cosine else 1.0 / gaussian_width(x))
    length = squared_lengths(x).astype(np.float32)
    sums = np.empty(len(x))
    for at in range(0, len(x), _BLOCK):
        progress(at, len(x), "similarities")
        block = table[at : at + _BLOCK]
        if not cosine:
            block *= 2.0
            block -= length
            block -= length[at : at + _BLOCK, None]
            np.minimum(block, 0.0, out=block)
            block *= scale
            np.exp(block, out=block)
            block[np.arange(len(block)), np.arange(at, at + len(block))] = 1.0
        np.maximum(block, 0.0, out=block)
        sums[at : at + _BLOCK] = block.sum(axis=1)
    return table, sums


def _sparse(
    inputs: Inputs, x: Values, cosine: bool, k: int, progress: Progress
) -> tuple[Rows, NDArray[np.int32], Values]:
    """Similarities of neighbours in either direction, and of each row to itself: starts, rows, values."""
    from scipy.sparse import csr_array

    n = inputs.n
    graph = inputs.neighbours(min(k, n - 1), progress)
    width = graph.indices.shape[1] + 1  # the row itself comes first, so that no second union is made for it
    rows, value = np.empty((n, width), np.int32), np.empty((n, width), np.float32)
    rows[:, 0], value[:, 0], rows[:, 1:] = np.arange(n), 1.0, graph.indices
    if cosine:
        np.maximum(1.0 - graph.distances, 0.0, out=value[:, 1:])
    else:
        value[:, 1:] = squared_chords(graph)
        value[:, 1:] /= np.float32(-gaussian_width(x))
        np.exp(value[:, 1:], out=value[:, 1:])
    starts = np.arange(0, rows.size + 1, width, dtype=np.int32)
    there = csr_array((value.ravel(), rows.ravel(), starts), shape=(n, n))
    both = csr_array(there.maximum(there.T))
    both.sort_indices()
    return both.indptr.astype(np.int64), both.indices.astype(np.int32, copy=False), both.data
