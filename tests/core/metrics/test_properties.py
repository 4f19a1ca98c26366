"""What holds for every data set, against brute force and scipy."""

from __future__ import annotations

from threading import Event

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import energy_distance, ks_2samp

from core.foundation.arrays.array_types import Graph
from core.foundation.errors import Cancelled
from core.foundation.progress import Progress
from core.metrics import measure, terms
from core.metrics import pool as _pool
from core.metrics.declaration import METRICS
from core.metrics.measure import measure_many
from core.metrics.pool import prepare
from core.metrics.terms import SubsetBatch
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from tests.core.metrics._shifts import column_shifts

SHIFTS = ("energy", "mmd", "column-shift", "column-shift-mean", "correlation-shift", "group-shares")


def population(n, d=5, seed=0, metric="euclidean", copies=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)).astype(np.float32)
    x[: n // 3] += 2
    if copies:
        x[-copies:] = x[:copies]
    if metric == "cosine":
        x /= np.linalg.norm(x, axis=1, keepdims=True)
    keys = np.sort(rng.integers(0, 256, (n, 16), dtype=np.uint8).view("S16"), axis=0).view(np.uint8)
    frame = pd.DataFrame(
        {
            "u": rng.normal(size=n),
            "v": rng.integers(0, 4, n).astype(float),
            "w": rng.choice(["x", "y", "z"], n),
        }
    )
    groups = Groups(rng.integers(0, 4, n), ("a", "b", "c", "d"))
    return Inputs(
        keys=keys.reshape(n, 16), features=Features(x, metric, "k", "l"), frame=frame, groups=groups
    )


def subset(rng, n, size):
    return rng.choice(n, size, replace=False).astype(np.int64)


@settings(max_examples=25)
@given(st.integers(2, 60), st.integers(0, 10_000), st.sampled_from(["euclidean", "cosine"]))
def test_distances_agree_with_cdist(n, seed, metric):
    inputs = population(n, seed=seed, metric=metric)
    pool = prepare(inputs)
    rows = subset(np.random.default_rng(seed), n, max(1, n // 3))
    x = inputs.features.matrix.astype(np.float64)
    found = measure_many(pool, [rows])
    least = cdist(x, x[rows]).min(axis=1)
    assert found["coverage-radius"][0] == pytest.approx(least.max(), abs=2e-3)
    assert found["coverage-mean"][0] == pytest.approx(least.mean(), abs=2e-3)
    whole, cross, inside = cdist(x, x), cdist(x[rows], x), cdist(x[rows], x[rows])
    assert found["energy"][0] == pytest.approx(2 * cross.mean() - whole.mean() - inside.mean(), abs=1e-4)

    def k(distance):
        return np.exp(-(distance**2) / (2 * pool.bandwidth**2)).mean()

    assert found["mmd"][0] == pytest.approx(k(inside) + k(whole) - 2 * k(cross), abs=1e-5)
    if len(rows) > 1:
        np.fill_diagonal(inside, np.inf)
        assert found["spread"][0] == pytest.approx(inside.min(axis=1).mean(), abs=2e-3)
    if n > 10:
        assert pool.epsilon == pytest.approx(np.median(np.sort(whole, axis=1)[:, 10]), abs=1e-3)


@settings(max_examples=25)
@given(st.lists(st.integers(-3, 3), min_size=2, max_size=40), st.integers(0, 10_000))
def test_ks_and_energy_agree_with_scipy(values, seed):
    n = len(values)
    column = np.array(values, float)
    rows = subset(np.random.default_rng(seed), n, max(1, n // 2))
    base = population(n)
    inputs = Inputs(
        keys=base.keys,
        features=Features(column.astype(np.float32)[:, None], "euclidean", "k", "l"),
        frame=pd.DataFrame({"v": column}),
    )
    pool = prepare(inputs)
    assert column_shifts(pool, rows)["v"][1] == pytest.approx(
        ks_2samp(column[rows], column, method="asymp").statistic, abs=1e-12
    )
    expected = energy_distance(column[rows], column) ** 2
    assert measure_many(pool, [rows], metrics=["energy"])["energy"][0] == pytest.approx(expected, abs=2e-3)


@settings(max_examples=20)
@given(st.lists(st.floats(0.1, 10), min_size=3, max_size=20), st.integers(0, 1000))
def test_weighted_forms_are_those_of_rows_repeated(weights, seed):
    """Integer weights say the same as writing rows out that often (checked on KS and TV by direct sums)."""
    rng = np.random.default_rng(seed)
    inputs = population(60, seed=seed)
    rows = subset(rng, 60, len(weights))
    counts = np.ceil(weights).astype(int)
    written = np.repeat(rows, counts)
    pool = prepare(inputs)
    shifts = column_shifts(pool, rows, counts.astype(float))
    for name in ("u", "v"):
        column = inputs.frame[name].to_numpy()
        expected = ks_2samp(column[written], column, method="asymp").statistic
        assert shifts[name][1] == pytest.approx(expected, abs=1e-9)
    share = inputs.frame["w"].value_counts(normalize=True)
    held = inputs.frame["w"].iloc[written].value_counts(normalize=True).reindex(share.index, fill_value=0)
    assert shifts["w"][1] == pytest.approx(0.5 * (held - share).abs().sum(), abs=1e-9)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_the_whole_data_set_shows_no_shift(metric):
    pool = prepare(population(300, metric=metric))
    everything = np.arange(300)
    found = measure_many(pool, [everything])
    weighted = measure_many(pool, [everything], weights=[np.full(300, 2.0)])
    for name in SHIFTS:
        assert found[name][0] == pytest.approx(0, abs=2e-6), name
        assert weighted[name][0] == pytest.approx(0, abs=2e-6), name
    assert found["coverage-radius"][0] == 0
    assert found["covered"][0] == 1


def test_order_of_the_rows_does_not_matter():
    pool = prepare(population(200))
    rng = np.random.default_rng(3)
    rows = subset(rng, 200, 40)
    found = measure_many(pool, [rows, rng.permutation(rows)])
    for name, values in found.items():
        assert values[0] == pytest.approx(values[1], rel=1e-5, abs=1e-7, nan_ok=True), name


def test_duplicating_every_chosen_row_leaves_vendi_unchanged():
    pool = prepare(population(100, copies=50))  # rows 50 … 99 repeat rows 0 … 49
    once, twice = np.arange(0, 30), np.concatenate([np.arange(0, 30), np.arange(50, 80)])
    vendi = measure_many(pool, [once, twice], metrics=["vendi"])["vendi"]
    assert vendi[0] == pytest.approx(vendi[1], rel=1e-4)


def test_a_copy_of_a_chosen_row_never_changes_coverage():
    pool = prepare(population(100, copies=50))
    found = measure_many(pool, [np.arange(0, 10), np.append(np.arange(0, 10), 53)])
    for name in ("coverage-radius", "coverage-mean", "covered"):
        assert found[name][0] == pytest.approx(found[name][1], abs=1e-3), name
    assert found["near-duplicates"].tolist() == [0, 1]


def test_many_subsets_at_once_give_what_each_gives_alone(monkeypatch):
    pool = prepare(population(150))
    rng = np.random.default_rng(5)
    subsets = [subset(rng, 150, size) for size in (1, 7, 40, 40, 150)]
    monkeypatch.setattr(measure, "CHUNK", 2)
    together = measure_many(pool, subsets)
    monkeypatch.undo()
    for at, rows in enumerate(subsets):
        alone = measure_many(prepare(population(150)), [rows])
        for name, values in together.items():
            assert values[at] == pytest.approx(alone[name][0], rel=1e-4, abs=1e-6, nan_ok=True), name


def brute_graph(x):
    distance = cdist(x, x)
    np.fill_diagonal(distance, np.inf)

    def provide(k, progress):
        order = np.argsort(distance, axis=1)[:, :k]
        near = np.take_along_axis(distance, order, axis=1)
        return Graph(order.astype(np.int32), near.astype(np.float32), "euclidean")

    return provide


def test_above_the_limit_a_sample_stands_for_the_data_set(monkeypatch):
    from dataclasses import replace

    monkeypatch.setattr(_pool, "EVALUATION_ROWS", 100)
    inputs = population(400, copies=40)
    x = inputs.features.matrix.astype(float)
    inputs = replace(inputs, graph=brute_graph(x))
    pool = prepare(inputs)
    assert not pool.exact
    assert len(pool.evaluation) == 100
    assert pool.describe()["coverage_radius"] == "at least"
    rows = np.arange(0, 60)
    found = measure_many(pool, [rows])
    least = cdist(x, x[rows]).min(axis=1)
    assert found["coverage-radius"][0] == pytest.approx(least[pool.evaluation].max(), abs=2e-3)
    assert found["coverage-radius"][0] <= least.max() + 1e-3
    # group, column and duplicate metrics use all rows
    assert measure_many(pool, [np.arange(400)])["group-shares"][0] == pytest.approx(0, abs=1e-12)
    assert measure_many(pool, [np.arange(400)])["near-duplicates"][0] >= 40
    distance = cdist(x, x)
    np.fill_diagonal(distance, np.inf)
    assert pool.epsilon == pytest.approx(np.median(np.sort(distance, axis=1)[:, 9]), abs=1e-3)
    # far above, neither asks for the graph
    monkeypatch.setattr(_pool, "GRAPH_ROWS", 300)
    large = prepare(replace(inputs, graph=None))
    rank_first = np.flatnonzero(large.rank < 1_000)
    assert large.epsilon == pytest.approx(np.median(np.sort(distance, axis=1)[rank_first, 9]), abs=1e-3)
    assert len(np.unique(large.components)) == 360


def test_evaluation_rows_do_not_depend_on_the_recipe_and_are_drawn_from_their_own_stream(monkeypatch):
    monkeypatch.setattr(_pool, "EVALUATION_ROWS", 50)
    from core.foundation.permanent_random import uniforms

    inputs = population(200)
    u = uniforms(inputs.keys, 0, "evaluation")
    assert set(prepare(inputs).evaluation) == set(np.argsort(u)[:50])


def test_pairs_inside_a_large_subset_are_estimated_from_part_of_it(monkeypatch):
    monkeypatch.setattr(_pool, "EVALUATION_ROWS", 500)
    pool = prepare(population(1_500))
    rows = np.arange(1_200)
    exact = [part[0] for part in SubsetBatch(pool, [rows]).inside]
    monkeypatch.setattr(terms, "SUBSET_ROWS", 600)
    estimated = [part[0] for part in SubsetBatch(pool, [rows]).inside]
    assert estimated[0] == pytest.approx(exact[0], rel=0.03)
    assert estimated[1] == pytest.approx(exact[1], rel=0.03)
    assert len(estimated[2]) == 600
    assert len(exact[2]) == 1_200


def test_features_far_from_the_origin_keep_their_distances():
    near = population(100)
    moved = Features(near.features.matrix + np.float32(1000), "euclidean", "k", "l")
    from dataclasses import replace

    rows = np.arange(20)
    here = measure_many(prepare(near), [rows])
    there = measure_many(prepare(replace(near, features=moved)), [rows])
    for name in ("coverage-radius", "energy", "mmd", "spread"):
        assert here[name][0] == pytest.approx(there[name][0], rel=2e-2, abs=1e-3), name


def test_identical_rows_everywhere_are_no_error():
    inputs = Inputs(
        keys=population(20).keys, features=Features(np.ones((20, 3), np.float32), "euclidean", "k", "l")
    )
    found = measure_many(prepare(inputs), [np.arange(5)])
    for name, expected in {
        "coverage-radius": 0,
        "energy": 0,
        "mmd": 0,
        "vendi": 1,
        "near-duplicates": 4,
    }.items():
        assert found[name][0] == pytest.approx(expected, abs=1e-5), name


def test_a_metric_without_its_need_is_left_out():
    found = measure_many(prepare(Inputs(keys=population(10).keys)), [np.arange(3)])
    assert set(found) == {m.id for m in METRICS if not m.needs and m.stage == "subset"}


def test_cancel_inside_the_pass():
    cancel = Event()
    calls = []

    def report(share, text):
        calls.append(text)
        cancel.set()

    pool = prepare(population(600))
    with pytest.raises(Cancelled):
        measure_many(pool, [np.arange(10)] * 50, progress=Progress(report, cancel, every=0))
    assert len(calls) == 1
