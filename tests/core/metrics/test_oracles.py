"""Metrics against other people's libraries: prdc, vendi-score, POT, scipy and scikit-learn."""

from __future__ import annotations

import numpy as np
import ot
import pytest
from prdc import compute_prdc
from scipy.stats import ks_2samp, wasserstein_distance
from sklearn.metrics.pairwise import rbf_kernel
from vendi_score import vendi

from core.metrics.alike import _between
from core.metrics.measure import measure_many
from core.metrics.pool import BALL_NEIGHBOUR, prepare
from core.metrics.stable import stability
from tests.core.metrics._shifts import column_shifts

from .test_properties import population, subset

SHAPES = [(120, 5, 40), (300, 3, 25), (60, 12, 59)]


def measured(inputs, rows, metric, weights=None):
    found = measure_many(
        prepare(inputs), [rows], metrics=[metric], weights=None if weights is None else [weights]
    )
    return float(found[metric][0])


@pytest.mark.parametrize("seed", range(20))
def test_a_weighted_distance_on_a_line_is_that_of_scipy(seed):
    rng = np.random.default_rng(seed)
    n, b = rng.integers(1, 60, 2)
    one = rng.integers(0, 9, b).astype(float) if seed % 2 else rng.normal(size=b)
    other = np.sort(rng.integers(0, 9, n).astype(float) if seed % 2 else rng.normal(size=n))
    share = rng.uniform(0.1, 2, b)
    assert _between(one, other, share) == pytest.approx(wasserstein_distance(one, other, share), rel=1e-12)


@pytest.mark.parametrize(("n", "d", "b"), SHAPES)
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_local_coverage_and_density_are_those_of_prdc(n, d, b, metric):
    inputs = population(n, d, seed=n, metric=metric)
    rows = subset(np.random.default_rng(n), n, b)
    x = inputs.features.matrix
    theirs = compute_prdc(x.astype(np.float64), x[rows].astype(np.float64), nearest_k=BALL_NEIGHBOUR)
    assert measured(inputs, rows, "local-coverage") == pytest.approx(theirs["coverage"])
    whole = compute_prdc(x.astype(np.float64), x.astype(np.float64), nearest_k=BALL_NEIGHBOUR)
    expected = theirs["density"] / whole["density"]
    assert measured(inputs, rows, "local-density") == pytest.approx(expected, rel=1e-6)


@pytest.mark.filterwarnings("ignore:Please import:DeprecationWarning")  # of the library's own code
@pytest.mark.parametrize(("n", "d", "b"), SHAPES)
def test_vendi_is_that_of_its_authors(n, d, b):
    inputs = population(n, d, seed=n, metric="cosine")
    rows = subset(np.random.default_rng(n), n, b)
    x = inputs.features.matrix[rows].astype(np.float64)
    assert measured(inputs, rows, "vendi") == pytest.approx(vendi.score_K(x @ x.T), rel=1e-4)


@pytest.mark.parametrize(("n", "d", "b"), SHAPES)
@pytest.mark.parametrize("weighted", [False, True])
def test_sliced_wasserstein_is_that_of_pot(n, d, b, weighted):
    inputs = population(n, d, seed=n)
    rng = np.random.default_rng(n)
    rows = subset(rng, n, b)
    weights = rng.uniform(1, 5, b) if weighted else None
    pool = prepare(inputs)
    x = inputs.features.matrix.astype(np.float64)
    theirs = ot.sliced_wasserstein_distance(
        x[rows],
        x,
        a=None if weights is None else weights / weights.sum(),
        projections=pool.slices.astype(np.float64),
        p=1,
    )
    assert measured(inputs, rows, "sliced-wasserstein", weights) == pytest.approx(theirs, rel=1e-4)


def test_sliced_wasserstein_on_a_line_is_the_distance_itself():
    inputs = population(90, 1, seed=3)
    rows = subset(np.random.default_rng(3), 90, 17)
    x = inputs.features.matrix[:, 0].astype(np.float64)
    assert measured(inputs, rows, "sliced-wasserstein") == pytest.approx(
        wasserstein_distance(x[rows], x), rel=1e-4
    )
    assert measured(inputs, np.arange(90), "sliced-wasserstein") == pytest.approx(0, abs=1e-6)


def test_energy_is_the_transport_free_form_of_scikit_learn_and_scipy():
    inputs = population(150, 4, seed=5)
    pool = prepare(inputs)
    rows = subset(np.random.default_rng(5), 150, 30)
    x = inputs.features.matrix.astype(np.float64)
    gamma = 0.5 / pool.bandwidth**2
    inside, whole, cross = (
        rbf_kernel(a, b, gamma=gamma).mean() for a, b in ((x[rows], x[rows]), (x, x), (x[rows], x))
    )
    assert measured(inputs, rows, "mmd") == pytest.approx(inside + whole - 2 * cross, abs=1e-5)
    # The total variation between two histograms is the cost of moving mass at unit cost (POT).
    codes, count = inputs.groups.codes, len(inputs.groups.names)
    p, q = (np.bincount(c, minlength=count) / len(c) for c in (codes[rows], codes))
    moved = ot.emd2(p, q, 1.0 - np.eye(count))
    assert measured(inputs, rows, "group-shares") == pytest.approx(moved)
    shifts = column_shifts(pool, rows)
    for name in ("u", "v"):
        column = inputs.frame[name].to_numpy()
        assert shifts[name][1] == pytest.approx(ks_2samp(column[rows], column).statistic)


def test_stability_is_the_mean_jaccard_of_scikit_learn():
    from sklearn.metrics import jaccard_score

    rng = np.random.default_rng(9)
    sets = [subset(rng, 50, 20) for _ in range(4)]
    masks = np.zeros((4, 50), int)
    for mask, rows in zip(masks, sets, strict=True):
        mask[rows] = 1
    theirs = np.mean([jaccard_score(masks[i], masks[j]) for i in range(4) for j in range(i)])
    assert stability(sets) == pytest.approx(theirs)
    assert np.isnan(stability(sets[:1]))
