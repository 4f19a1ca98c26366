"""Approximate nearest neighbours by an inverted file: rows by k-means cell, searched in the nearest cells.

How many cells are looked into is not a setting: it is read off a keyed sample whose neighbours are found
exactly, before the search, so that a stated share of true neighbours is reached (`AIM`). Nothing depends on
the number of threads: a cell is searched for all its rows by one of them, in one order.

Source: Jégou, Douze and Schmid, *Product quantization for nearest neighbor search*, 2011 (the inverted file;
distances here are whole, not quantised).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..progress import SILENT, Progress
from .array_types import Metric
from .neighbour_graph import COLUMNS, EXTRA, distance_of, in_threads

SAMPLE = 500  # rows whose true neighbours say how far to look; as many others measure what was found
AIM = 0.986  # share of true neighbours that the search aims at, and
HOLD = 0.98  # what it must reach on rows that did not set the aim
WIDE = 32  # dimensions above which twice as many cells pay
_PASSES, _PER_CELL = 10, 40  # of k-means
_QUERIES = 2_048  # rows of one cell that are searched for at once
_SORTED = 2**29  # bytes up to which the rows are copied in the order of the cells
_SAME = 1e-6  # relative difference of distances that is rounding

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Places = NDArray[np.int32]


def cells_of(n: int, d: int) -> int:
    """Number of cells for n rows: √n, twice that above `WIDE` dimensions.

    Example:
        >>> cells_of(1_000_000, 15), cells_of(1_000_000, 384)
        (1000, 2000)
    """
    return max(1, round(math.sqrt(n)) * (2 if d > WIDE else 1))


@dataclass(frozen=True)
class InvertedFile:
    """Rows by the nearest of some centres.

    Args:
        x: Shape (n, d), float32.
        middle: Their mean; all products are of rows less this.
        centres: Shape (c, d), float32, less the mean.
        offset: Half the squared length of each centre, float32 (c,).
        cell: Cell of each row, int32 (n,).
        order: Rows by cell, ascending inside, int32 (n,).
        starts: Where each cell begins in `order`, (c + 1,).
        half: Half the squared length of each row less the mean, in that order, float32 (n,).
        copy: The rows less the mean in that order, where they are not too many.
    """

    x: Floats
    middle: Floats
    centres: Floats
    offset: Floats
    cell: Places
    order: Places
    starts: Rows
    half: Floats
    copy: Floats | None

    def rows(self, start: int, stop: int) -> Floats:
        """Rows start … stop − 1 in the order of the cells, less the mean."""
        if self.copy is not None:
            return self.copy[start:stop]
        part: Floats = self.x[self.order[start:stop]] - self.middle
        return part


def _nearest_centre(x: Floats, middle: Floats, centres: Floats, progress: Progress) -> Places:
    turned, offset = np.ascontiguousarray(centres.T), _half(centres)
    cell = np.empty(len(x), np.int32)

    def work(at: int) -> None:
        score = (x[at : at + _QUERIES] - middle) @ turned
        score -= offset
        cell[at : at + _QUERIES] = score.argmax(axis=1)

    in_threads(range(0, len(x), _QUERIES), work, progress)
    return cell


def _half(x: Floats) -> Floats:
    half: Floats = (np.einsum("ij,ij->i", x, x, dtype=np.float64) / 2).astype(np.float32)
    return half


def _by_cell(cell: Places, cells: int) -> tuple[Places, Rows]:
    order = np.argsort(cell, kind="stable").astype(np.int32)
    return order, np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=cells))])


def build(x: Floats, progress: Progress = SILENT) -> InvertedFile:
    """Cells by Lloyd's k-means on a keyed sample, then every row in the cell of its nearest centre.

    Args:
        x: Shape (n, d), float32, a plain array.
        progress: Told inside; may cancel.
    """
    n, d = x.shape
    cells = cells_of(n, d)
    rng = np.random.Generator(np.random.Philox([n, d]))
    sample = np.sort(rng.choice(n, min(n, _PER_CELL * cells), replace=False))
    middle = x[sample].mean(axis=0, dtype=np.float64).astype(np.float32)
    zero, known = np.zeros_like(middle), x[sample] - middle
    centres = known[np.sort(rng.choice(len(sample), cells, replace=False))]
    for at in range(_PASSES):
        part = progress.part(0.5 * at / _PASSES, 0.5 * (at + 1) / _PASSES)
        order, starts = _by_cell(_nearest_centre(known, zero, centres, part), cells)
        size = np.diff(starts)
        full = np.flatnonzero(size)
        sums = np.add.reduceat(known[order], starts[full], axis=0, dtype=np.float64)
        centres[full] = (sums / size[full, None]).astype(np.float32)
    cell = _nearest_centre(x, middle, centres, progress.part(0.5, 1))
    order, starts = _by_cell(cell, cells)
    copy = np.empty_like(x) if x.nbytes <= _SORTED else None
    half = np.empty(n, np.float32)
    for at in range(0, n, _QUERIES):
        part_of = x[order[at : at + _QUERIES]] - middle
        half[at : at + _QUERIES] = _half(part_of)
        if copy is not None:
            copy[at : at + _QUERIES] = part_of
    return InvertedFile(x, middle, centres, _half(centres), cell, order, starts, half, copy)


def true_neighbours(
    index: InvertedFile, rows: Rows, k: int, metric: Metric, progress: Progress = SILENT
) -> tuple[Rows, NDArray[np.float64]]:
    """The exact k nearest others of some rows, (s, k), and their distances, nearest first; O(s·n·d)."""
    from .top_k_compiled import fold_some, gaps, warm_cells

    warm_cells()
    n, count = len(index.x), min(k + EXTRA, len(index.x) - 1)
    found = np.zeros((len(rows), count), np.int32)

    def work(at: int) -> None:
        mine = rows[at : at + 128]
        queries = index.x[mine] - index.middle
        scores = np.full((len(mine), count), -np.inf, np.float32)
        own, which = mine.astype(np.int32), np.arange(len(mine))
        for start in range(0, n, 2 * COLUMNS):
            progress.check()
            stop = min(start + 2 * COLUMNS, n)
            product = queries @ index.rows(start, stop).T
            names, half = index.order[start:stop], index.half[start:stop]
            fold_some(product, half, names, which, own, scores, found[at : at + 128])

    in_threads(range(0, len(rows), 128), work, progress)
    square, length = np.empty(found.shape), np.empty(found.shape)
    gaps(index.x[rows], index.x, found, square, length)
    far = distance_of(index.x[rows], square, length, metric)
    best = np.lexsort((found, far), axis=1)[:, :k]
    return np.take_along_axis(found, best, axis=1).astype(np.int64), np.take_along_axis(far, best, axis=1)


def cells_needed(index: InvertedFile, rows: Rows, near: Rows, share: float) -> int:
    """How many nearest cells hold the wanted share of the true neighbours `near` (s, k) of `rows`."""
    score = (index.x[rows] - index.middle) @ index.centres.T - index.offset
    where = np.take_along_axis(score, index.cell[near].astype(np.int64), axis=1)
    rank = np.array([(score[at] > limit).sum() for at in range(len(rows)) for limit in where[at]])
    return int(np.sort(rank)[math.ceil(share * len(rank)) - 1]) + 1


def search(
    index: InvertedFile, k: int, metric: Metric, probes: int, progress: Progress = SILENT
) -> tuple[Places, Floats]:
    """k nearest others of every row among the rows of its `probes` nearest cells, and their distances.

    A cell is left out for a row where none of its rows can lie nearer than what was found. Distances are
    taken by difference in double precision; ties among candidates go to the lower row.

    Args:
        index: Of rows that differ.
        k: Neighbours.
        metric: Of the distances; rows of length one for cosine.
        probes: Cells looked into.
        progress: Told after every cell; may cancel.

    Returns:
        Indices, int32 (n, k), and distances, float32 (n, k). O(n·probes·n/cells·d) time, O(n·k) memory.
    """
    from .top_k_compiled import fold, fold_some, gaps, warm_cells, within_reach

    warm_cells()
    n, count = len(index.x), min(k + EXTRA, len(index.x) - 1)
    indices, distances = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
    turned = np.ascontiguousarray(index.centres.T)

    def look(cell: int, start: int, stop: int) -> None:
        own, queries = index.order[start:stop], index.rows(start, stop)
        m = len(own)
        score = queries @ turned
        near, best = np.zeros((m, probes), np.int64), np.full((m, probes), -np.inf, np.float32)
        fold(score, index.offset, -1, 0, best, near)
        score -= index.offset
        flat = near.ravel()
        by_cell = np.argsort(flat, kind="stable")
        others, first = np.unique(flat[by_cell], return_index=True)
        last = np.append(first[1:], len(flat))
        apart = np.linalg.norm((index.centres[others] - index.centres[cell]).astype(np.float64), axis=1)
        squares, home = 2 * index.half[start:stop], np.ascontiguousarray(score[:, cell])
        scores, found = np.full((m, count), -np.inf, np.float32), np.zeros((m, count), np.int32)
        kept = np.empty(m, np.int64)
        for at in np.argsort(apart, kind="stable"):
            other = others[at]
            begin, end = index.starts[other], index.starts[other + 1]
            asking = by_cell[first[at] : last[at]] // probes
            many = within_reach(asking, home, score[:, other], apart[at], squares, scores, kept)
            if not many:
                continue
            which = kept[:many]
            wanted = queries if many == m else queries[which]
            for here in range(begin, end, COLUMNS):
                there = min(here + COLUMNS, end)
                product = wanted @ index.rows(here, there).T
                fold_some(product, index.half[here:there], index.order[here:there], which, own, scores, found)
        square, length, x = np.empty(found.shape), np.empty(found.shape), index.x[own]
        gaps(x, index.x, found, square, length)
        far = distance_of(x, square, length, metric)
        far[~np.isfinite(scores)] = np.inf  # fewer candidates than wanted
        order = np.lexsort((found, far), axis=1)[:, :k]
        indices[own] = np.take_along_axis(found, order, axis=1)
        distances[own] = np.take_along_axis(far, order, axis=1)

    def work(cell: int) -> None:
        for start in range(index.starts[cell], index.starts[cell + 1], _QUERIES):
            progress.check()
            look(cell, start, min(start + _QUERIES, index.starts[cell + 1]))

    in_threads(range(len(index.centres)), work, progress)
    return indices, distances


def approximate_neighbours(
    x: Floats, k: int, metric: Metric, progress: Progress = SILENT
) -> tuple[Places, Floats, float]:
    """k nearest others of every row, their distances, and the recall measured on a keyed sample.

    Where fewer than `HOLD` of the true neighbours were found, twice as close an aim is taken, until all cells
    are looked into.

    Args:
        x: Shape (n, d), float32, rows that differ; of length one (or zero) for cosine.
        k: Neighbours, at most n − 1.
        metric: "cosine" or "euclidean".
        progress: Told inside; may cancel.

    Returns:
        As `search`, and the share of the true neighbours of `SAMPLE` rows that are among them, 0 to 1.
    """
    n, d = x.shape
    index = build(x, progress.part(0, 0.1))
    rng = np.random.Generator(np.random.Philox([n, d, 1]))
    rows = rng.choice(n, min(n, 2 * SAMPLE), replace=False)
    near, far = true_neighbours(index, rows, k, metric, progress.part(0.1, 0.15))
    aiming = slice(0, SAMPLE) if n > 2 * SAMPLE else slice(None)
    judging = slice(SAMPLE, None) if n > 2 * SAMPLE else slice(None)
    aim, begin = AIM, 0.15
    while True:
        # No less than the own cell and its neighbours must hold k candidates.
        probes = min(len(index.centres), max(2, cells_needed(index, rows[aiming], near[aiming], aim)))
        probes = max(probes, _cells_for(index, k + EXTRA))
        indices, distances = search(index, k, metric, probes, progress.part(begin, (begin + 1) / 2))
        limit = far[judging, -1:] * (1 + _SAME)
        recall = float((distances[rows[judging]] <= limit).mean())
        if recall >= HOLD or probes == len(index.centres):
            return indices, distances, recall
        aim, begin = (1 + aim) / 2, (begin + 1) / 2


def _cells_for(index: InvertedFile, count: int) -> int:
    """Cells that hold `count` rows whichever they are, so that no search ends short."""
    size = np.cumsum(np.sort(np.diff(index.starts)))
    return min(len(index.centres), int(np.searchsorted(size, count + 1)) + 1)
