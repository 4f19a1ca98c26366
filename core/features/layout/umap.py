"""UMAP on the shared neighbour graph, seeded, in a child process; landmarks where there are many rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.neighbour_graph import knn_graph, nearest_among
from ...foundation.arrays.principal_components import pca
from ...foundation.artifact_store import Store
from ...foundation.child_process import run_child
from ...foundation.compiled_code import keep_compiled
from ...foundation.progress import Progress
from ...foundation.wording import clause
from ...model.derived import Features
from ..shared_graph import shared_graph

NEIGHBOURS = 15
ALL_ROWS = 100_000  # up to here every row is laid out
LANDMARKS = 25_000
LANDMARK_DIMENSIONS = 128
PLACED_BY = 5  # landmarks that place a row
MIN_DIST = 0.1
_SEED = 0
_FLAT = 1e-6  # an axis less wide than this share of the coordinates has no extent
_NOISE = 1e-3

Floats = NDArray[np.float32]


def epochs(n: int) -> int:
    """Passes over the graph: fewer where there are more rows, as its edges already hold each other."""
    return 200 if n <= 30_000 else 100


def enough(x: Floats) -> bool:
    """Whether there are rows enough that differ: each needs its neighbours.

    Looks no further than it must; of so many rows that landmarks stand for them, at the landmarks.
    """
    seen: set[bytes] = set()
    for row in x if len(x) <= ALL_ROWS else x[:LANDMARKS]:
        seen.add((row + np.float32(0)).tobytes())
        if len(seen) >= NEIGHBOURS + 2:
            return True
    return False


def start(coordinates: Floats) -> Floats:
    """Principal components as UMAP wants its start: centred, within ±10.

    UMAP divides by the extent of each axis, so one without any (rows on a line) gets a little fixed noise.
    """
    xy = coordinates.astype(np.float64)
    xy -= xy.mean(axis=0)
    peak = np.abs(xy).max()
    flat = np.ptp(xy, axis=0) <= _FLAT * peak
    if flat.any():
        noise = np.random.RandomState(_SEED).normal(size=xy.shape)
        xy[:, flat] = noise[:, flat] * _NOISE * (peak or 1.0)
    made: Floats = (xy * (10.0 / peak if peak > 0 else 1.0)).astype(np.float32)
    return made


def umap_work(
    arrays: Mapping[str, NDArray[Any]], config: Mapping[str, Any], progress: Progress
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """One UMAP in the form that a child process runs: neighbours and a start in, coordinates out."""
    import warnings

    keep_compiled()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap import layouts, umap_
        from umap.umap_ import find_ab_params, fuzzy_simplicial_set, simplicial_set_embedding

        # Most of the compile time of a first run, and the library keeps none of it.
        for compiled in (
            umap_.smooth_knn_dist,
            umap_.compute_membership_strengths,
            layouts._nb_optimize_layout_euclidean_single_epoch,
        ):
            compiled.enable_caching()
        progress(1, 20, "weighing neighbours")
        begin = np.ascontiguousarray(arrays["start"], np.float32)
        n = len(begin)
        # UMAP counts a row as its own first neighbour.
        indices = np.column_stack([np.arange(n), arrays["indices"]]).astype(np.int64)
        distances = np.column_stack([np.zeros(n), arrays["distances"]]).astype(np.float32)
        graph, _, _ = fuzzy_simplicial_set(
            begin,
            indices.shape[1],
            np.random.RandomState(config["seed"]),
            "euclidean",
            knn_indices=indices,
            knn_dists=distances,
        )
        progress(3, 20, "UMAP")
        a, b = find_ab_params(1.0, config["min_dist"])
        xy, _ = simplicial_set_embedding(
            data=begin,
            graph=graph,
            n_components=2,
            initial_alpha=1.0,
            a=a,
            b=b,
            gamma=1.0,
            negative_sample_rate=5,
            n_epochs=config["epochs"],
            init=begin,
            random_state=np.random.RandomState(config["seed"]),
            metric="euclidean",
            metric_kwds={},
            densmap=False,
            densmap_kwds={},
            output_dens=False,
            parallel=False,
            verbose=False,
        )
    progress(1, 1, "UMAP done")
    return {"xy": np.ascontiguousarray(xy, dtype=np.float32)}, {}


def _run(indices: NDArray[Any], distances: NDArray[Any], begin: Floats, progress: Progress) -> Floats:
    config = {"seed": _SEED, "epochs": epochs(len(begin)), "min_dist": MIN_DIST}
    arrays = {"indices": indices, "distances": distances, "start": begin}
    made, _ = run_child(f"{__name__}:umap_work", arrays, config, progress)
    return np.asarray(made["xy"], np.float32)


def umap(features: Features, store: Store, progress: Progress) -> tuple[Floats, tuple[str, ...]]:
    """Coordinates of all rows and what was done, in plain words.

    McInnes, Healy and Melville (2018), with our exact neighbour graph, a start from principal components and
    fewer passes. Above `ALL_ROWS` rows, `LANDMARKS` rows are laid out (the first in canonical order: a
    random draw, because keys are hashes) and every other row is placed among its nearest landmarks.
    """
    x = features.matrix
    if len(x) <= ALL_ROWS:
        graph = shared_graph(features, NEIGHBOURS, store, progress.part(0.0, 0.4))
        begin = start(pca(x, progress.part(0.4, 0.45)))
        xy = _run(graph.indices, graph.distances, begin, progress.part(0.45, 0.95))
        return xy, (f"UMAP of all rows, {NEIGHBOURS} neighbours, {epochs(len(x))} passes.",)
    reduced = x
    if x.shape[1] > LANDMARK_DIMENSIONS:
        reduced = pca(x, progress.part(0.0, 0.1), LANDMARK_DIMENSIONS)
    marks = np.ascontiguousarray(reduced[:LANDMARKS])
    own = knn_graph(marks, NEIGHBOURS, "euclidean", progress=progress.part(0.1, 0.2))
    begin = start(pca(marks, progress.part(0.2, 0.22)))
    placed = _run(own.indices, own.distances, begin, progress.part(0.22, 0.5))
    rest = np.ascontiguousarray(reduced[LANDMARKS:])
    near, gap = nearest_among(rest, marks, PLACED_BY, "euclidean", progress=progress.part(0.5, 0.95))
    xy = np.concatenate([placed, place(placed, near, gap)])
    return xy, (
        f"UMAP of {LANDMARKS:,} landmarks; the other {clause(len(rest), 'row', 'stands', 'stand')} "
        "between the "
        f"{PLACED_BY} nearest of them.",
    )


def place(placed: Floats, near: NDArray[np.int64], gap: Floats) -> Floats:
    """Mean of the nearest landmarks' coordinates, weighted by inverse squared distance.

    Args:
        placed: Landmark coordinates, shape (m, 2).
        near: Nearest landmarks of each row, shape (n, c).
        gap: Their distances, shape (n, c).
    """
    square = gap.astype(np.float64) ** 2
    floor = np.maximum(square.mean(axis=1, keepdims=True) * 1e-6, 1e-30)
    weight = 1.0 / np.maximum(square, floor)
    weight /= weight.sum(axis=1, keepdims=True)
    made: Floats = np.einsum("ij,ijk->ik", weight, placed[near].astype(np.float64)).astype(np.float32)
    return made
