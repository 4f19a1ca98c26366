"""The graph above the limit of the exact one, with the limit set low so that few rows show it."""

from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from numpy.typing import NDArray

from core.features.shared_graph import graph_stored, shared_graph
from core.foundation import threads
from core.foundation.arrays import any_size_graph, inverted_file
from core.foundation.arrays import neighbour_graph as exact_graph
from core.foundation.arrays.any_size_graph import graph_memory, graph_work, neighbour_graph
from core.foundation.arrays.inverted_file import build, cells_needed, search, true_neighbours
from core.foundation.arrays.neighbour_graph import knn_graph
from core.foundation.artifact_store import Store
from core.foundation.errors import Cancelled
from core.foundation.progress import Progress
from core.model.derived import Features
from core.model.inputs import Inputs
from core.strategies.running.select import select


def table(n: int, d: int = 8, seed: int = 0) -> NDArray[np.float32]:
    """Rows around a few centres."""
    rng = np.random.default_rng(seed)
    return (2 * rng.normal(size=(6, d))[rng.integers(0, 6, n)] + rng.normal(size=(n, d))).astype(np.float32)


def unit(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length one."""
    return np.ascontiguousarray(x / np.linalg.norm(x, axis=1, keepdims=True), np.float32)


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(any_size_graph, "EXACT_UP_TO", 1_000)
    monkeypatch.setattr("core.features.shared_graph.EXACT_UP_TO", 1_000)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_recall_is_what_it_says_and_distances_are_true(low: None, metric: str) -> None:
    x = table(6_000, 10)
    x = unit(x) if metric == "cosine" else x + np.float32(50)  # far from the origin: products lose digits
    graph = neighbour_graph(x, 20, metric)  # type: ignore[arg-type]
    truth = knn_graph(x, 20, metric)  # type: ignore[arg-type]
    hits = [len(np.intersect1d(a, b)) for a, b in zip(graph.indices, truth.indices, strict=True)]
    recall = sum(hits) / truth.indices.size
    assert not graph.exact
    assert inverted_file.HOLD <= recall < 1
    assert graph.recall == pytest.approx(recall, abs=0.01)
    same = graph.indices == truth.indices
    np.testing.assert_allclose(graph.distances[same], truth.distances[same], rtol=1e-6)
    assert (np.diff(graph.distances, axis=1) >= 0).all()
    assert not (graph.indices == np.arange(6_000)[:, None]).any()
    assert all(len(set(row)) == 20 for row in graph.indices.tolist())
    assert f"{int(1000 * graph.recall) / 10} %" in graph.note


@pytest.mark.parametrize("d", [3, 9])
def test_threads_blocks_and_runs_do_not_change_it(low: None, monkeypatch: pytest.MonkeyPatch, d: int) -> None:
    x = table(5_000, d)
    first = neighbour_graph(x, 12, "euclidean")
    for name, value in (("processors", 1), ("processors", 3)):
        for module in (threads, exact_graph, any_size_graph):
            monkeypatch.setattr(module, name, lambda value=value: value)
        again = neighbour_graph(x.copy(), 12, "euclidean")
        assert np.array_equal(again.indices, first.indices)
        assert np.array_equal(again.distances, first.distances)
    monkeypatch.setattr(inverted_file, "_QUERIES", 37)
    monkeypatch.setattr(inverted_file, "_SORTED", 0)
    monkeypatch.setattr(inverted_file, "COLUMNS", 50)
    again = neighbour_graph(x, 12, "euclidean")
    assert np.array_equal(again.indices, first.indices)
    assert again.recall == first.recall


def test_all_cells_give_all_neighbours() -> None:
    x = table(3_000, 6)
    index = build(x)
    assert sorted(index.order.tolist()) == list(range(3_000))
    indices, distances = search(index, 9, "euclidean", len(index.centres))
    truth = knn_graph(x, 9, "euclidean")
    assert np.array_equal(indices, truth.indices)
    np.testing.assert_allclose(distances, truth.distances, rtol=1e-6)


def test_the_sample_is_exact_and_says_how_far_to_look() -> None:
    x = table(3_000, 6)
    index, rows = build(x), np.array([5, 17, 2_900])
    near, far = true_neighbours(index, rows, 9, "euclidean")
    truth = knn_graph(x, 9, "euclidean")
    assert np.array_equal(near, truth.indices[rows])
    np.testing.assert_allclose(far, truth.distances[rows], rtol=1e-6)
    gap = np.linalg.norm((x[rows] - index.middle)[:, None] - index.centres[None], axis=2)
    places = np.argsort(np.argsort(gap, axis=1), axis=1)
    rank = np.take_along_axis(places, index.cell[near].astype(np.int64), axis=1)
    assert cells_needed(index, rows, near, 1.0) == rank.max() + 1
    assert cells_needed(index, rows, near, 0.5) == np.sort(rank.ravel())[13] + 1


def test_too_low_a_recall_looks_further(monkeypatch: pytest.MonkeyPatch, low: None) -> None:
    asked: list[float] = []
    honest = inverted_file.cells_needed

    def near_sighted(index: object, rows: object, near: object, share: float) -> int:
        asked.append(share)
        return 1 if len(asked) == 1 else honest(index, rows, near, share)  # type: ignore[arg-type]

    monkeypatch.setattr(inverted_file, "cells_needed", near_sighted)
    graph = neighbour_graph(table(6_000, 16), 20, "euclidean")
    assert len(asked) == 2
    assert asked[1] > asked[0] == inverted_file.AIM
    assert graph.recall >= inverted_file.HOLD


@pytest.mark.parametrize("d", [2, 4])
def test_few_dimensions_are_exact_by_a_tree(low: None, monkeypatch: pytest.MonkeyPatch, d: int) -> None:
    monkeypatch.setattr(any_size_graph, "_CHUNK", 700)
    x = table(3_000, d)
    graph, truth = neighbour_graph(x, 15, "euclidean"), knn_graph(x, 15, "euclidean")
    assert graph.exact
    assert graph.note == ""
    assert np.array_equal(graph.indices, truth.indices)
    np.testing.assert_allclose(graph.distances, truth.distances, rtol=1e-6)


@pytest.mark.parametrize("d", [2, 7])
def test_copies_are_one_place(low: None, d: int) -> None:
    x = table(2_500, d)
    x[1_500:] = x[:1_000]
    x[40:400] = x[7]
    graph, truth = neighbour_graph(x, 10, "euclidean"), knn_graph(x, 10, "euclidean")
    assert graph.indices[50].tolist() == truth.indices[50].tolist()
    assert (graph.distances == truth.distances).mean() > 0.98
    assert not (graph.indices == np.arange(2_500)[:, None]).any()


def test_few_rows_that_differ_are_exact(low: None) -> None:
    x = np.random.default_rng(1).integers(0, 5, (4_000, 6)).astype(np.float32)
    x[:, 3:] = 0
    graph, truth = neighbour_graph(x, 40, "euclidean"), knn_graph(x, 40, "euclidean")
    assert graph.exact
    assert np.array_equal(graph.indices, truth.indices)


def test_a_zero_row_does_not_spoil_cosine(low: None) -> None:
    x = unit(table(3_000, 9))
    x[10] = 0
    graph = neighbour_graph(x, 8, "cosine")
    assert graph.distances[10].tolist() == [1.0] * 8
    assert graph.recall >= inverted_file.HOLD


def test_a_cancel_ends_it(low: None) -> None:
    cancel = Event()
    with pytest.raises(Cancelled):
        neighbour_graph(
            table(4_000), 10, "euclidean", progress=Progress(lambda *_: cancel.set(), cancel, every=0)
        )


def test_the_stored_graph_keeps_its_recall_and_has_an_address_of_its_own(
    low: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, features = Store(tmp_path), Features(table(4_000), "euclidean", "a" * 32, "made")
    made = shared_graph(features, 15, store)
    kept = shared_graph(features, 5, store)
    assert not made.exact
    assert kept.recall == made.recall < 1
    assert graph_stored(features, store)
    monkeypatch.setattr("core.features.shared_graph.LARGE_VERSION", 1)
    assert not graph_stored(features, store)
    monkeypatch.setattr("core.features.shared_graph.EXACT_UP_TO", 10_000)
    assert not graph_stored(features, store)


def test_a_subset_says_how_its_neighbours_were_found(low: None) -> None:
    n = 6_000
    keys = np.zeros((n, 16), np.uint8)
    keys[:, :4] = np.arange(n, dtype=">u4").view(np.uint8).reshape(n, 4)
    inputs = Inputs(keys=keys, features=Features(table(n), "euclidean", "b" * 32, "made"))
    for name, params in (("density", {}), ("facility-location", {"metric": "cosine"})):
        notes = select(name, inputs, 20, params=params).notes
        assert sum("approximate search" in note for note in notes) == 1
    part = select("density", inputs, 20, eligible=np.arange(900)).notes
    assert not any("approximate" in note for note in part)
    assert not any("approximate" in note for note in select("k-center", replace(inputs), 20).notes)


def test_memory_stays_within_what_is_declared(low: None) -> None:
    import tracemalloc

    x = table(20_000, 24)
    neighbour_graph(x[:2_000], 50, "euclidean")  # compiled code is not the graph's
    tracemalloc.start()
    try:
        neighbour_graph(x, 50, "euclidean")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= graph_memory(20_000, 24)


def test_the_declared_work_grows_more_slowly_than_all_pairs() -> None:
    small, large = (graph_work(n, 15)["gemm"] for n in (250_000, 1_000_000))
    assert 4 < large / small < 10
    assert graph_work(1_000_000, 15)["gemm"] < 0.2 * 2.0 * 1e12 * 15
    assert set(graph_work(1_000_000, 3)) == {"scan"}
