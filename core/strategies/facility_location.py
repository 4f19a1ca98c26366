"""Facility location: every row is served by the most similar chosen row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ..declare import Need, Par, Reference, Weight
from ..distances import nearest, single_blas, squared_lengths
from ..draws import Draws
from ..progress import Progress
from ..types import Inputs, Picks, Rows
from ._declare import Cost, Promises, declare
from ._greedy import lazy_greedy

DENSE = 5_000  # rows up to which every pair counts
_SAMPLE = 1_000
_BLOCK = 32  # rows of the table worked on at once: they stay in the processor's cache
_ROUGH = 2e-6  # more than float32 sums of the sizes met here are off, relative

Values = NDArray[np.float32]
Pairs = Callable[[int], tuple[slice | Rows, Values]]  # whom a row could serve, and how well


@declare(
    id="facility-location",
    version=1,
    label="Facility location",
    sentence="Chooses rows such that every row has a similar one in it, adding the best each time.",
    family="geometry",
    needs={Need.FEATURES},
    promises=Promises(
        deterministic=True,
        nested=True,
        bound=f"at least 63 % (1 − 1/e) of the best total similarity, without pins, up to {DENSE:,} rows",
    ),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: (
            {"gemm": 1.5 * n * n * d, "scan": 8.0 * n * n + 120.0 * n * k, "steps": 5.0 * n + 500.0 * k}
            if n <= DENSE
            else {"gemm": 1.2 * n * n * d, "scan": 1.0 * n * n + 6000.0 * n, "steps": 100.0 * n + 500.0 * k}
        ),
        memory=lambda n, d, k: (
            4.5 * n * n + 16.0 * n * d + 400.0 * n + 2**25 if n <= DENSE else 8000.0 * n + 2**27
        ),
        text=f"O(n²·d) time and O(n²) memory up to {DENSE:,} rows; above, O(n·neighbours) beside the shared "
        "neighbour graph, whose time is included",
    ),
    when="A compact subset should speak for everything: summaries, annotation, few-shot pools.",
    when_not="Rare rows matter more than typical ones, or shares must be unbiased.",
    paper=Reference(
        "G. Cornuéjols, M. L. Fisher, G. L. Nemhauser",
        1977,
        "Location of bank accounts to optimize float",
        "Management Science 23",
        "doi:10.1287/mnsc.23.8.789",
        "Similarity is max(cos, 0), or exp(−distance² / (2 × the median squared distance)); above "
        f"{DENSE:,} rows only pairs in the neighbour graph count, and the bound no longer holds.",
    ),
)
def facility_location(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    metric: Annotated[
        Literal["auto", "cosine", "euclidean"], Par("How similarity is measured; auto follows the features.")
    ] = "auto",
    neighbours: Annotated[
        int,
        Par(
            "Neighbours of each row that count when there are too many rows for all pairs.",
            5,
            100,
            5,
            advanced=True,
        ),
    ] = 50,
) -> Picks:
    """Lazy greedy on Σ_i max_{j in S} s_ij; exact on all pairs below a limit, on the graph above."""
    assert inputs.features is not None
    n, x, own = inputs.n, inputs.matrix(metric), inputs.features.metric
    cosine = own == "cosine" if metric == "auto" else metric == "cosine"
    best = np.zeros(n, np.float32)
    by = np.full(n, -1, np.int64)
    buffer, served = np.empty(n, np.float32), [0.0]
    notes: tuple[str, ...] = ()
    pairs: Pairs
    bound: Callable[[int], float] | None = None
    if n <= DENSE:
        table, bounds = _dense(x, cosine, progress.part(0, 0.4))
        bounds *= 1.0 + _ROUGH
        larger, total = np.maximum, np.add.reduce  # looked up once: this is the inner loop

        def pairs(row: int) -> tuple[slice | Rows, Values]:
            return slice(None), table[row]

        def bound(row: int) -> float:
            # Σ max(s, best) − Σ best in two passes; rounding is bounded by the sum, not by the difference.
            return float(total(larger(table[row], best, out=buffer))) * (1.0 + _ROUGH) - served[0]

    else:
        if cosine and own != "cosine":  # the shared graph is by another metric
            unit = replace(inputs.features, matrix=x, metric="cosine")
            inputs = replace(inputs, features=unit, graph=None)
        starts, ends, values = _sparse(inputs, x, cosine, neighbours, progress.part(0, 0.7))
        bounds = np.add.reduceat(values, starts[:-1], dtype=np.float64)
        notes = (f"Only pairs among each row's {min(neighbours, n - 1)} nearest neighbours count.",)

        def pairs(row: int) -> tuple[slice | Rows, Values]:
            part = slice(starts[row], starts[row + 1])
            return ends[part], values[part]

    def gain(row: int) -> float:
        where, value = pairs(row)
        more = np.subtract(value, best[where], dtype=np.float64)
        return float(np.maximum(more, 0.0, out=more).sum())

    def take(row: int) -> None:
        where, value = pairs(row)
        better = np.flatnonzero(value > best[where])
        index = better if isinstance(where, slice) else where[better]
        best[index] = value[better]
        served[0] = float(best.sum(dtype=np.float64))
        by[index] = row

    first = []
    for row in inputs.pins.tolist():
        first.append(gain(row))
        take(row)
    wanted = budget - len(inputs.pins)
    rows, gains = lazy_greedy(bounds, inputs.free, gain, take, wanted, progress.part(0.7, 1), bound)
    rows = np.concatenate([inputs.pins, rows])
    return Picks(rows, represents=_represents(x, rows, by), gains=np.append(first, gains), notes=notes)


def _width(x: Values) -> float:
    """2σ² of the Gaussian: twice the median squared distance among the first rows.

    Rows stand in the order of their keys, which are hashes, so the first ones are a random sample that no
    seed changes.
    """
    part = x[:_SAMPLE].astype(np.float64)
    part -= part.mean(axis=0)
    length = np.einsum("ij,ij->i", part, part)
    squared = length[:, None] + length[None, :] - 2 * part @ part.T
    middle = float(np.median(squared[np.triu_indices(len(part), 1)])) if len(part) > 1 else 0.0
    return 2.0 * middle if middle > 0 else 1.0


def _dense(x: Values, cosine: bool, progress: Progress) -> tuple[Values, NDArray[np.float64]]:
    """All similarities, float32 (n, n), from 0 to 1, made in place of the product; and their sums by row."""
    if not cosine:
        x = x - x.mean(axis=0, dtype=np.float64).astype(np.float32)
    progress(0, 1, "similarities")
    with single_blas():
        table: Values = x @ x.T
    np.fill_diagonal(table, 1.0)
    scale = np.float32(1.0 if cosine else 1.0 / _width(x))
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


def _sparse(inputs: Inputs, x: Values, cosine: bool, k: int, progress: Progress) -> tuple[Rows, Rows, Values]:
    """Similarities of neighbours in either direction, and of each row to itself: starts, rows, values."""
    from scipy.sparse import csr_array, eye_array

    n = inputs.n
    graph = inputs.neighbours(min(k, n - 1), progress)
    if cosine:
        value = np.maximum(1.0 - graph.distances, 0.0)
    else:  # chords of unit rows where the graph is by cosine
        squared = 2.0 * graph.distances if graph.metric == "cosine" else graph.distances**2
        value = np.exp(squared / np.float32(-_width(x)))
    starts = np.arange(0, graph.indices.size + 1, graph.indices.shape[1], dtype=np.int32)
    there = csr_array((value.ravel().astype(np.float32), graph.indices.ravel(), starts), shape=(n, n))
    both = csr_array(there.maximum(there.T).maximum(eye_array(n, format="csr", dtype=np.float32)))
    both.sort_indices()
    return both.indptr.astype(np.int64), both.indices.astype(np.int64), both.data


def _represents(x: Values, rows: Rows, by: Rows) -> NDArray[np.float64]:
    """How many rows each chosen row serves best; rows nobody serves go to the nearest chosen row."""
    by = by.copy()
    by[rows] = rows
    lost = np.flatnonzero(by < 0)
    if len(lost):
        by[lost] = rows[nearest(x[lost], x[rows])[1]]
    return np.bincount(by, minlength=len(x))[rows].astype(np.float64)
