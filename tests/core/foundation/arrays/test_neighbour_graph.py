from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import core.foundation.arrays.neighbour_graph as neighbours
from core.features.shared_graph import shared_graph
from core.foundation.arrays.neighbour_graph import knn_graph, nearest_among
from core.foundation.artifact_store import Store
from core.foundation.errors import Cancelled, ParameterError
from core.foundation.progress import Progress
from core.model.derived import Features


def brute(x, k, metric):
    """By definition: double precision, ties to the lower row."""
    wide = x.astype(np.float64)
    gap = ((wide[:, None, :] - wide[None, :, :]) ** 2).sum(axis=2)
    if metric == "euclidean":
        distance = np.sqrt(gap)
    else:
        length = (wide**2).sum(axis=1)
        distance = 1 - (length[:, None] + length[None, :] - gap) / 2
        unit = np.abs(length - 1) < 1e-3
        both = unit[:, None] & unit[None, :]
        distance[both] = gap[both] / 2
    np.fill_diagonal(distance, np.inf)
    order = np.argsort(distance, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(distance, order, axis=1)


def unit(x):
    length = np.linalg.norm(x, axis=1, keepdims=True)
    length[length == 0] = 1
    return (x / length).astype(np.float32)


@settings(max_examples=60)
@given(
    n=st.integers(2, 40),
    k=st.integers(1, 12),
    d=st.integers(1, 4),
    levels=st.integers(1, 4),
    seed=st.integers(0, 10**6),
)
def test_a_grid_full_of_duplicates_and_ties_equals_the_definition(n, k, d, levels, seed):
    x = np.random.default_rng(seed).integers(0, levels + 1, (n, d)).astype(np.float32)
    graph = knn_graph(x, k, "euclidean")
    indices, distances = brute(x, min(k, n - 1), "euclidean")
    assert graph.indices.tolist() == indices.tolist()
    np.testing.assert_allclose(graph.distances, distances, rtol=1e-6)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_real_numbers_with_duplicates_and_a_zero_row_equal_the_definition(metric):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(300, 20)).astype(np.float32)
    x[40:80] = x[7]
    x[100] = x[101] + np.float32(1e-5)
    x[5] = 0
    if metric == "cosine":
        x = unit(x)
    graph = knn_graph(x, 15, metric)
    indices, distances = brute(x, 15, metric)
    assert (graph.indices == indices).mean() > 0.999
    np.testing.assert_allclose(graph.distances, distances, rtol=1e-5, atol=1e-12)
    assert graph.exact
    assert not (graph.indices == np.arange(300)[:, None]).any()


def test_near_duplicates_keep_their_digits():
    x = unit(np.random.default_rng(0).normal(size=(50, 384)))
    x[1] = unit(x[:1].astype(np.float64) + 1e-5)[0]
    graph = knn_graph(x, 1, "cosine")
    wide = x[:2].astype(np.float64)
    assert graph.indices[0, 0] == 1
    assert graph.distances[0, 0] == pytest.approx(((wide[0] - wide[1]) ** 2).sum() / 2, rel=1e-5)
    assert 0 < graph.distances[0, 0] < 1e-7


def test_ties_beyond_the_spare_candidates_are_all_measured():
    # One centre and 60 distinct points at exactly distance 1 from it: only the row number can decide.
    ring = np.concatenate([np.eye(30), -np.eye(30)])
    x = np.concatenate([ring, np.zeros((1, 30))]).astype(np.float32)
    graph = knn_graph(x, 5, "euclidean")
    assert graph.indices[60].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_compiled_and_plain_search_agree(metric, monkeypatch):
    x = np.random.default_rng(1).normal(size=(2_300, 17)).astype(np.float32)
    x[2_000:2_100] = x[:100]
    if metric == "cosine":
        x = unit(x)
    compiled = knn_graph(x, 12, metric)
    monkeypatch.setattr(neighbours, "SMALL", 10**6)
    plain = knn_graph(x, 12, metric)
    assert np.array_equal(compiled.indices, plain.indices)
    np.testing.assert_allclose(compiled.distances, plain.distances, rtol=1e-6)


@pytest.mark.parametrize(("n", "k", "wanted"), [(1, 5, 0), (2, 5, 1), (4, 3, 3), (4, 9, 3)])
def test_fewer_rows_than_neighbours(n, k, wanted):
    graph = knn_graph(np.arange(n, dtype=np.float32)[:, None], k, "euclidean")
    assert graph.indices.shape == (n, wanted) == graph.distances.shape
    assert graph.indices.dtype == np.int32


def test_all_rows_the_same():
    graph = knn_graph(np.ones((6, 3), np.float32), 3, "euclidean")
    assert graph.indices.tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2], [0, 1, 2]]
    assert not graph.distances.any()


def test_nearest_among_other_rows():
    rng = np.random.default_rng(5)
    x, base = rng.normal(size=(30, 6)).astype(np.float32), rng.normal(size=(50, 6)).astype(np.float32)
    found, gap = nearest_among(x, base, 4, "euclidean")
    distance = np.linalg.norm(x[:, None, :].astype(float) - base[None, :, :], axis=2)
    assert np.array_equal(found, np.argsort(distance, axis=1)[:, :4])
    np.testing.assert_allclose(gap, np.sort(distance, axis=1)[:, :4], rtol=1e-5)


def features_of(n):
    x = unit(np.random.default_rng(2).normal(size=(n, 8)))
    return Features(x, "cosine", "a" * 32, "random")


def test_one_stored_graph_serves_every_smaller_k(tmp_path):
    store, features = Store(tmp_path), features_of(80)
    wide = shared_graph(features, 15, store)
    narrow = shared_graph(features, 4, store)
    assert len(store.entries()) == 1
    assert np.array_equal(narrow.indices, wide.indices[:, :4])
    assert np.array_equal(narrow.indices, knn_graph(features.matrix, 4, "cosine").indices)
    assert shared_graph(features, 40, store).indices.shape == (80, 40)


def test_a_larger_stored_graph_is_used(tmp_path):
    store, features = Store(tmp_path), features_of(80)
    shared_graph(features, 50, store)
    shared_graph(features, 10, store)
    assert len(store.entries()) == 1


def test_no_neighbours_asked_for(tmp_path):
    with pytest.raises(ParameterError, match="at least one"):
        shared_graph(features_of(10), 0, Store(tmp_path))


@pytest.mark.parametrize("n", [500, 3_000])
def test_a_cancel_stores_nothing(tmp_path, n):
    cancel, store = Event(), Store(tmp_path)
    seen = []

    def report(share, message):
        seen.append(share)
        cancel.set()

    with pytest.raises(Cancelled):
        shared_graph(features_of(n), 5, store, Progress(report, cancel, every=0))
    assert seen
    assert store.entries() == []


def test_copies_are_spread_out_alike_by_compiled_and_plain_code(monkeypatch):
    x = np.random.default_rng(4).integers(0, 4, (400, 3)).astype(np.float32)
    plain = knn_graph(x, 20, "euclidean")
    monkeypatch.setattr(neighbours, "SMALL", 300)
    compiled = knn_graph(x, 20, "euclidean")
    assert np.array_equal(compiled.indices, plain.indices)
    assert np.array_equal(compiled.distances, plain.distances)
    wanted, gaps = brute(x, 20, "euclidean")
    assert np.array_equal(compiled.indices, wanted)
    np.testing.assert_allclose(compiled.distances, gaps, rtol=1e-6)


def test_rows_are_joined_by_content_and_numbered_by_their_first():
    x = np.array([[1.0, 0.0], [2.0, 5.0], [1.0, -0.0], [2.0, 5.0], [0.0, 1.0]], np.float32)
    classes, first = neighbours.joined(x)
    assert classes.tolist() == [0, 1, 0, 1, 2]
    assert first.tolist() == [0, 1, 4]


def test_the_memory_of_a_graph_stays_within_what_is_declared() -> None:
    import tracemalloc

    from core.foundation.arrays.any_size_graph import graph_memory

    x = np.random.default_rng(0).normal(size=(6_000, 64)).astype(np.float32)
    knn_graph(x[:3_000], 50, "cosine")  # compiled code is not the graph's
    tracemalloc.start()
    try:
        knn_graph(x, 50, "cosine")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= graph_memory(6_000, 64)
