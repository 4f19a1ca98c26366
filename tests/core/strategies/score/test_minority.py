"""Minority score: the closed form is the mean over noise, and the classes are equal."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from core.model.derived import Features
from core.model.inputs import Inputs
from core.strategies.running.select import select
from core.strategies.score.minority import quantile_classes, residuals


def rows_of(x: NDArray[np.floating]) -> Inputs:
    """Inputs around given features."""
    x = np.asarray(x, np.float32)
    keys = np.zeros((len(x), 16), np.uint8)
    keys[:, 14:] = np.arange(len(x), dtype=">u2").view(np.uint8).reshape(-1, 2)
    return Inputs(keys=keys, features=Features(x, "euclidean", "made", "made"))


def sample(n: int = 400, seed: int = 0) -> NDArray[np.float32]:
    """Correlated rows of spreads 4, 2, 1, 0.5, 0.25 about a mean far from zero."""
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    return ((rng.normal(size=(n, 5)) * [4, 2, 1, 0.5, 0.25]) @ turn + 7).astype(np.float32)


@pytest.mark.parametrize("parts", [2, 5])
@pytest.mark.parametrize("noise", [0.3, 1.0])
def test_closed_form_is_the_mean_over_noise(parts: int, noise: float) -> None:
    x = sample().astype(np.float64)
    mean, covariance = x.mean(axis=0), np.cov(x.T, bias=True)
    values, vectors = np.linalg.eigh(covariance)
    sigma = noise * np.sqrt(values.mean())
    values[: 5 - parts] = values[: 5 - parts].mean() if parts < 5 else 0.0
    model = (vectors * values) @ vectors.T
    restore = model @ np.linalg.inv(model + sigma**2 * np.eye(5))
    rng = np.random.default_rng(1)
    found = residuals(x.astype(np.float32), noise, parts)
    for row in range(0, 400, 80):
        noisy = x[row] + sigma * rng.normal(size=(40_000, 5))
        error = ((x[row] - (mean + (noisy - mean) @ restore.T)) ** 2).sum(axis=1)
        assert abs(found[row] - error.mean()) < 5 * error.std() / np.sqrt(len(error))


def test_grows_along_directions_of_low_variance() -> None:
    x = np.random.default_rng(2).normal(size=(3_000, 3)) * [5, 1, 0.2]
    x[:4] = [[3, 0, 0], [0, 3, 0], [0, 0, 3], [0, 0, 0]]  # equally far from the mean but the last
    found = residuals(x.astype(np.float32), 0.5, 3)
    assert found[3] < found[0] < found[1] < found[2]


@pytest.mark.parametrize("noise", [0.1, 1.0, 5.0])
def test_monotone_in_the_tail(noise: float) -> None:
    """Outwards along any line through the mean the score grows, as the Mahalanobis distance does."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(300, 4)) * [3, 2, 1, 0.5]
    for direction in [*np.eye(4), rng.normal(size=4)]:
        line = np.arange(1, 21)[:, None] * direction
        both = np.concatenate([x, -x, line, -line])  # symmetric, so that the mean is 0
        found = residuals(both.astype(np.float32), noise, 4)[600:620]
        assert (np.diff(found) > 0).all()


def test_of_one_spread_it_is_the_mahalanobis_distance() -> None:
    x = np.random.default_rng(4).normal(size=(2_000, 3))
    values, vectors = np.linalg.eigh(np.cov(x.T, bias=True))
    white = ((x - x.mean(axis=0)) @ vectors) / np.sqrt(values)
    score = residuals(white.astype(np.float32), 1.0, 3)
    assert score == pytest.approx((white**2).sum(axis=1) / 4 + 3 / 4, rel=1e-4)


def test_the_unit_only_scales_the_score() -> None:
    x = sample()
    assert residuals(x * 8, 0.7, 3) == pytest.approx(64 * residuals(x, 0.7, 3))
    moved = residuals((x + 3).astype(np.float32), 0.7, 3)
    assert moved == pytest.approx(residuals(x, 0.7, 3), rel=1e-3)


@pytest.mark.parametrize("n", [1, 7, 100, 101, 250, 999])
def test_classes_are_equal(n: int) -> None:
    value = np.random.default_rng(n).permutation(n).astype(np.float64)
    count = min(100, n)
    classes = quantile_classes(value, count)
    sizes = np.bincount(classes, minlength=count)
    assert len(sizes) == count
    assert sizes.max() - sizes.min() <= 1
    for at in range(1, count):
        assert value[classes == at].min() > value[classes == at - 1].max()


@pytest.mark.parametrize("n", [7, 100, 101, 250, 999])
def test_equal_scores_share_the_class_of_their_middle_rank(n: int) -> None:
    value = np.random.default_rng(n).integers(0, 5, n).astype(np.float64)
    count = min(100, n)
    classes = quantile_classes(value, count)
    ranks = np.sort(value)
    for one in np.unique(value):
        own = np.unique(classes[value == one])
        places = np.flatnonzero(ranks == one)
        assert own.tolist() == [(places[0] + places[-1]) // 2 * count // n]
    assert (np.diff(classes[np.argsort(value, kind="stable")]) >= 0).all()


def test_top_takes_the_highest_scores() -> None:
    x = sample()
    want = np.argsort(-residuals(x, 1.0, 50), kind="stable")[:30]
    found = [select("minority", rows_of(x), 30, seed=seed, params={"draw": "top"}).rows for seed in (0, 1)]
    assert np.array_equal(found[0], want)
    assert np.array_equal(found[1], want)


def test_density_is_the_distance_to_a_neighbour() -> None:
    x = sample(150)
    gap = np.sort(np.linalg.norm(x[:, None].astype(float) - x[None], axis=2), axis=1)[:, 4]
    params = {"draw": "top", "score": "density", "neighbours": 4}
    found = select("minority", rows_of(x), 20, params=params).rows
    assert set(found.tolist()) == set(np.argsort(-gap)[:20].tolist())


def test_strength_steers_the_draw() -> None:
    x = sample()
    classes = quantile_classes(residuals(x, 1.0, 50), 100)
    means = []
    for strength in (0, 3, 20):
        runs = [
            classes[select("minority", rows_of(x), 20, seed=seed, params={"strength": strength}).rows].mean()
            for seed in range(40)
        ]
        means.append(np.mean(runs))
    assert abs(means[0] - 49.5) < 4 * 28.9 / np.sqrt(20 * 40)
    assert means[0] + 10 < means[1] < means[2] - 10


def test_first_draw_is_in_proportion_to_the_weights() -> None:
    x = sample(50)
    classes = quantile_classes(residuals(x, 1.0, 50), 50)
    weight = np.exp(2.0 * classes / 49)
    runs = 800
    first = [
        int(select("minority", rows_of(x), 1, seed=at, params={"strength": 2}).rows[0]) for at in range(runs)
    ]
    high = float(np.isin(first, np.flatnonzero(classes >= 25)).mean())
    want = weight[classes >= 25].sum() / weight.sum()
    assert abs(high - want) < 4 * np.sqrt(want * (1 - want) / runs)


def test_says_how_many_are_unusual_and_when_all_are_equal() -> None:
    found = select("minority", rows_of(sample()), 20, params={"draw": "top"})
    assert "100 %" in found.notes[0]
    same = select("minority", rows_of(np.ones((30, 3))), 10)
    assert "same score" in same.notes[0]
