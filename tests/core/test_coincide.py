"""Where most rows coincide: no threshold is a multiple of a median of 0, and none depends on the unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.foundation.arrays.distances import typical
from core.foundation.progress import Progress
from core.metrics.measure import measure_many
from core.metrics.pool import prepare
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.model.needs import Need
from core.strategies.declaration import STRATEGIES
from core.strategies.model.design_points import _in_box
from core.strategies.parts.gaps import Gaps
from core.strategies.parts.kernels import gaussian_width
from core.strategies.running.needs import needs_of
from core.strategies.running.select import select
from core.strategies.score.minority import quantile_classes
from core.strategies.typical.probcover import pure_radius

PLACES = np.array([[0, 0, 0], [9, 0, 0], [0, 7, 0], [9, 7, 4], [3, 5, 8]], np.float32)


def skewed(scale: float = 1.0, n: int = 300, rare: int = 12, seed: int = 0) -> Inputs:
    """Rows at one place, but for a few at four others: the median distance and every tenth one are 0."""
    rng = np.random.default_rng(seed)
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 12:] = rng.permutation(n).astype(">u4").view(np.uint8).reshape(n, 4)
    keys = keys[np.lexsort(keys.T[::-1])]
    where = np.zeros(n, np.int64)
    where[rng.choice(n, rare, replace=False)] = 1 + np.arange(rare) % 4
    x = np.ascontiguousarray(PLACES[where] * np.float32(scale))
    return Inputs(
        keys=keys,
        features=Features(x, "euclidean", "k", "l"),
        frame=pd.DataFrame({"x": x[:, 0], "place": where}),
        groups=Groups(np.minimum(where, 1), ("usual", "rare")),
        scores=np.linspace(0, 1, n),
    )


def test_copies_say_nothing_of_scale():
    assert typical(np.r_[np.zeros(99), 4.0]) == 4.0
    assert typical(np.array([1e-9, 2.0, 6.0]), 1e-6) == 4.0
    assert typical(np.empty(0)) == 0.0


# ---- metrics -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 2.0**-12, 2.0**12])
def test_rows_that_coincide_are_redundant_in_every_unit(scale):
    pool = prepare(skewed(scale))
    rows = np.arange(0, 300, 3)
    found = {name: float(value[0]) for name, value in measure_many(pool, [rows]).items()}
    usual = {name: float(value[0]) for name, value in measure_many(prepare(skewed()), [rows]).items()}
    assert pool.median_distance == pytest.approx(scale * prepare(skewed()).median_distance, rel=1e-4)
    assert pool.median_distance > 6 * scale
    assert pool.epsilon > 6 * scale
    assert found["redundancy"] > 0.95
    assert found["near-duplicates"] == len(rows) - len(np.unique(pool.x[rows], axis=0))
    for name in ("redundancy", "near-duplicates", "covered", "mmd", "vendi"):
        assert found[name] == pytest.approx(usual[name], rel=1e-3, abs=1e-6), name


def test_a_copy_of_a_row_is_near_it_where_rows_differ_by_rounding_only():
    inputs = skewed()
    x = inputs.features.matrix + np.random.default_rng(1).normal(0, 1e-6, (300, 3)).astype(np.float32)
    pool = prepare(Inputs(keys=inputs.keys, features=Features(x, "euclidean", "k", "l")))
    assert measure_many(pool, [np.arange(300)])["redundancy"][0] > 0.9
    assert len(np.unique(pool.components)) < 30


@pytest.mark.parametrize("n", [2, 3, 60])
def test_rows_that_all_coincide_are_all_redundant_and_covered(n):
    x = np.full((n, 3), 0.1, np.float32)
    keys = np.arange(16 * n, dtype=np.uint32).astype(np.uint8).reshape(n, 16)
    pool = prepare(Inputs(keys=keys, features=Features(x, "euclidean", "k", "l")))
    found = {name: float(value[0]) for name, value in measure_many(pool, [np.array([0, 1])]).items()}
    assert (found["redundancy"], found["covered"], found["near-duplicates"]) == (1, 1, 1)
    assert found["mmd"] == pytest.approx(0, abs=1e-9)


# ---- strategies --------------------------------------------------------------------------------------


def test_the_width_of_a_kernel_follows_the_unit():
    width = gaussian_width(skewed().features.matrix)
    assert width > 2 * 6**2
    for scale in (2.0**-20, 2.0**10):
        assert gaussian_width(skewed(scale).features.matrix) == pytest.approx(scale**2 * width, rel=1e-6)
    # The first thousand coincide, others do not: the width still is that of the data.
    late = np.zeros((1_500, 2), np.float32)
    late[1_000:] = 100
    assert gaussian_width(late) == pytest.approx(4 * 2 * 100**2 * 2 / 9)
    assert gaussian_width(np.ones((5, 2), np.float32)) == 1.0


BY_FEATURES = [
    strategy for strategy in STRATEGIES if needs_of(strategy, {}) <= {Need.FEATURES, Need.GROUPS, Need.SCORES}
]


@pytest.mark.parametrize("strategy", BY_FEATURES, ids=lambda one: one.id)
@pytest.mark.parametrize("scale", [2.0**-10, 2.0**10])
def test_the_unit_of_the_features_changes_no_choice(strategy, scale):
    """Powers of two are exact, so that only thresholds in fixed units could make a difference."""
    budget = 4 if strategy.id == "k-dpp" else 25  # five places give a kernel of rank 5
    one, other = (select(strategy.id, skewed(unit), budget, seed=3) for unit in (1.0, scale))
    assert one.rows.tolist() == other.rows.tolist()


def test_a_pure_radius_leaves_out_rows_that_no_radius_makes_pure():
    x = np.array([[0.0]] * 10 + [[10.0]] * 10 + [[14.0]] * 10, np.float32)
    labels = np.repeat([0, 1, 2], 10)
    assert pure_radius(Gaps.of(x), labels, Progress()) == pytest.approx(4, rel=1e-6)
    labels[0], labels[12] = 1, 0  # at 0 and at 10 rows of two labels coincide
    assert pure_radius(Gaps.of(x), labels, Progress()) == pytest.approx(4, rel=1e-6)
    assert pure_radius(Gaps.of(np.zeros((6, 1), np.float32)), np.arange(6) % 2, Progress()) == 0


def test_rows_with_the_same_score_are_of_one_class():
    rng = np.random.default_rng(2)
    value = np.r_[np.zeros(900), rng.random(100)]
    classes = quantile_classes(value, 100)
    assert len(set(classes[:900])) == 1
    assert classes[:900].max() < classes[900:].min()
    for _ in range(20):  # and the order of rows is no matter
        order = rng.permutation(1_000)
        assert np.array_equal(quantile_classes(value[order], 100), classes[order])
    plain = quantile_classes(rng.permutation(250), 100)
    assert np.bincount(plain).tolist() == np.bincount(np.arange(250) * 100 // 250).tolist()


def test_an_axis_on_which_most_rows_share_a_value_keeps_its_ends():
    x = np.column_stack([np.r_[np.zeros(199), 50.0], np.arange(200.0)])
    points = _in_box(x, np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 0.5]]), 0.01)
    assert points[:, 0].tolist() == [0, 50, 25]
    assert points[:, 1] == pytest.approx([1.99, 197.01, 99.5])
