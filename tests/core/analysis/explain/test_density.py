"""Densities against all pairs of rows, with and without a filter, with ties, in any order of rows."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.analysis.explain.density import NEIGHBOUR, Density, density
from core.data.load import load
from core.foundation.arrays.neighbour_graph import knn_graph
from core.foundation.artifact_store import Store
from core.foundation.errors import ParameterError
from core.model.derived import Features
from core.model.saved_rows import Only
from core.study.explain import density_key, density_seconds, study_density
from core.study.study import Study


def features(x, metric="euclidean") -> Features:
    x = np.asarray(x, np.float32)
    if metric == "cosine":
        x = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    return Features(np.ascontiguousarray(x), metric, "key", "made up")


def found(made: Features, eligible=None) -> Density:
    return density(made, knn_graph(made.matrix, 15, made.metric), eligible=eligible)


def by_force(made: Features, rows) -> np.ndarray:
    """Distance to the k-th nearest other row, from the matrix of all pairs."""
    x = made.matrix[rows].astype(np.float64)
    far = 1 - x @ x.T if made.metric == "cosine" else np.linalg.norm(x[:, None] - x[None], axis=2)
    np.fill_diagonal(far, np.inf)
    return np.sort(far, axis=1)[:, min(NEIGHBOUR, len(rows) - 1) - 1]


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("share", [None, 0.95, 0.5, 0.1])
def test_densities_are_those_of_the_eligible_rows_alone(metric, share):
    rng = np.random.default_rng(7)
    made = features(rng.normal(size=(300, 5)) * rng.choice([0.2, 3.0], (300, 1)) + 1, metric)
    rows = np.arange(300) if share is None else np.flatnonzero(rng.random(300) < share)
    got = found(made, None if share is None else rows)
    wanted = by_force(made, rows)
    np.testing.assert_allclose(got.distance[rows], wanted, rtol=1e-5, atol=1e-6)
    # Percentages follow from the distances as they are, strictly sparser rows only.
    own = got.distance[rows]
    sparser = (own[None, :] > own[:, None]).sum(axis=1)
    np.testing.assert_allclose(got.percent[rows], 100 * sparser / (len(rows) - 1))
    out = np.setdiff1d(np.arange(300), rows)
    assert np.isnan(got.percent[out]).all()
    assert (got.tenth[out] == -1).all()
    assert (got.rows, got.k, got.note) == (len(rows), 10, "")
    assert np.abs(got.sizes - len(rows) / 10).max() <= 1


def test_few_bans_search_few_rows_again(monkeypatch):

    from core.analysis.explain.density import density as module_function  # noqa: F401  (the package names a function so)

    module = importlib.import_module("core.analysis.explain.density")
    rng = np.random.default_rng(3)
    made = features(rng.normal(size=(400, 3)))
    rows = np.setdiff1d(np.arange(400), [5, 77])
    monkeypatch.setattr(
        module, "neighbour_graph", lambda *a, **k: pytest.fail("the whole graph was made again")
    )
    got = found(made, rows)
    np.testing.assert_allclose(got.distance[rows], by_force(made, rows), rtol=1e-5)


@settings(max_examples=60)
@given(
    values=st.lists(st.integers(0, 6), min_size=2, max_size=60),
    seed=st.integers(0, 2**32 - 1),
    keep=st.floats(0.3, 1),
)
@example(values=[3] * 40, seed=0, keep=1.0)
def test_order_of_rows_changes_nothing_and_ties_stay_together(values, seed, keep):
    rng = np.random.default_rng(seed)
    x = np.array(values, np.float64)[:, None] * [1.0, 0.5]
    n = len(x)
    mask = rng.random(n) < keep
    mask[:2] = True
    one = found(features(x), np.flatnonzero(mask))
    turn = rng.permutation(n)
    other = found(features(x[turn]), np.flatnonzero(mask[turn]))
    for name in ("distance", "percent", "tenth"):
        np.testing.assert_array_equal(getattr(one, name)[turn], getattr(other, name))
    rows = np.flatnonzero(mask)
    own = one.distance[rows]
    for row in rows:
        here = one.distance[row]
        assert one.percent[row] == pytest.approx(100 * (own > here).sum() / (len(rows) - 1))
        middle = ((own > here).sum() + 0.5 * (own == here).sum()) / len(rows)
        assert one.tenth[row] == pytest.approx(np.floor(10 * middle + 1e-12))
    assert one.sizes.sum() == len(rows)
    assert (np.diff(one.tenth[rows][np.argsort(-own, kind="stable")]) >= 0).all()


def test_one_row_has_no_density():
    made = features(np.eye(3))
    with pytest.raises(ParameterError, match="no density"):
        found(made, np.array([1]))


def test_a_study_finds_its_density_under_its_filter(tmp_path):
    rng = np.random.default_rng(1)
    rows = "".join(f"r{at},{a:.3f},{b:.3f},{at % 2}\n" for at, (a, b) in enumerate(rng.normal(size=(90, 2))))
    data = load(f"id,a,b,even\n{rows}".encode(), name="toy.csv", roles={"even": "ignore"})
    study = Study(data, store=Store(tmp_path)).embed("table")
    filtered = study.filter("even = 1")
    got = study_density(filtered)
    allowed = filtered.eligible()
    assert got.rows == 45
    np.testing.assert_allclose(got.distance[allowed], by_force(filtered.features(), allowed), rtol=1e-5)
    names = {density_key(one) for one in (study, filtered, study.ban([3], "odd"))}
    assert len(names) == 3
    assert density_key(study.pin([3], "keep")) == density_key(study)
    assert density_seconds(filtered) >= density_seconds(study) >= 0


def test_densities_of_saved_selections_are_told_apart(tmp_path):
    rng = np.random.default_rng(1)
    rows = "".join(f"r{at},{a:.3f},{b:.3f}\n" for at, (a, b) in enumerate(rng.normal(size=(90, 2))))
    data = load(f"id,a,b\n{rows}".encode(), name="toy.csv")
    study = Study(data, store=Store(tmp_path)).embed("table")
    mark = data.fingerprint.digest
    some, others = (
        study.with_(only=Only.of(range(first, first + 45), 90, "half", mark)) for first in (0, 45)
    )
    assert len({density_key(one) for one in (study, some, others)}) == 3
    assert density_seconds(some) >= density_seconds(study)
    for one in (some, others):
        known = study_density(one)
        assert known.rows == 45
        assert known.counts(one.eligible()).sum() == 45
