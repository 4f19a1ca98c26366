"""The reduced minority score: its closed form, where it grows, its classes and its draws."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from core.progress import SILENT
from core.select import select
from core.strategies.minority import classes, residuals
from tests.core.strategies.test_k_center import rows_of


def made(n: int = 200) -> NDArray[np.float32]:
    """Rows that spread little in the last of three directions."""
    x = np.random.default_rng(0).normal(size=(n, 3)) * [4.0, 2.0, 0.3]
    return (x + 1.0).astype(np.float32)


def test_closed_form_is_the_mean_over_noise() -> None:
    x = made(40)
    noise = 0.5
    x64 = x.astype(np.float64)
    mean, cov = x64.mean(axis=0), np.cov(x64.T, bias=True)
    unit = np.trace(cov) / 3
    variance = noise * unit
    keep = cov @ np.linalg.inv(cov + variance * np.eye(3))
    rng = np.random.default_rng(1)
    total = np.zeros(40)
    runs = 4000
    for _ in range(runs):
        noisy = x64 + rng.normal(0, np.sqrt(variance), x64.shape)
        total += ((x64 - mean - (noisy - mean) @ keep.T) ** 2).sum(axis=1)
    constant = variance * np.trace(keep @ keep)
    want = residuals(x, noise, SILENT) * unit
    assert np.allclose(total / runs - constant, want, atol=0.06 * (constant + want.max()))
    assert np.corrcoef(total / runs, want)[0, 1] > 0.99


def test_grows_most_along_directions_of_low_variance() -> None:
    x = made()
    x[:6] = 1.0
    steps = np.eye(3, dtype=np.float32)
    x[1:4] += 0.5 * steps
    value = residuals(x, 1.0, SILENT)
    centre = residuals(np.concatenate([x, x.mean(axis=0, keepdims=True)]), 1.0, SILENT)[-1]
    assert centre == pytest.approx(0, abs=1e-6)
    assert value[3] > value[2] > value[1]


def test_grows_along_every_ray_out_of_the_mean() -> None:
    """In the tail of any direction a larger Mahalanobis distance means a larger score."""
    rng = np.random.default_rng(2)
    half = rng.normal(size=(300, 4)) * [3, 1, 1, 0.2]
    half[:5] = np.outer(np.arange(1, 6), rng.normal(size=4))  # one ray
    half[5:10] = np.outer(np.arange(1, 6), [0, 0, 0, 1.0])  # the direction of least variance
    x = np.concatenate([half, -half]).astype(np.float32)  # the mean is 0
    value = residuals(x, 1.0, SILENT)
    assert (np.diff(value[:5]) > 0).all()
    assert (np.diff(value[5:10]) > 0).all()
    assert np.allclose(value[1:5] / value[0], np.arange(2, 6) ** 2, rtol=1e-4)


def test_more_noise_turns_it_into_the_distance_from_the_mean() -> None:
    x = made()
    gap = x - x.mean(axis=0, dtype=np.float64)
    square = (gap**2).sum(axis=1)
    inverse = np.linalg.inv(np.cov(gap.T, bias=True))
    tail = np.einsum("ij,jk,ik->i", gap, inverse @ inverse, gap)
    large, small = residuals(x, 100.0, SILENT), residuals(x, 0.01, SILENT)
    assert np.corrcoef(large, square)[0, 1] > 0.999
    assert np.corrcoef(small, tail)[0, 1] > 0.9 > np.corrcoef(small, square)[0, 1]


@pytest.mark.parametrize("n", [1, 40, 100, 101, 250, 1037])
def test_classes_are_equal_but_for_one_row(n: int) -> None:
    value = np.random.default_rng(3).integers(0, 30, n).astype(np.float64)  # ties
    code = classes(value)
    sizes = np.bincount(code, minlength=100)
    assert sizes.max() - sizes.min() <= 1
    assert code.max() < 100
    order = np.argsort(value, kind="stable")
    assert (np.diff(code[order]) >= 0).all()


def test_draws_by_class_and_the_top() -> None:
    x = made(500)
    code = classes(residuals(x, 1.0, SILENT))
    inputs = rows_of(x)

    def mean(**params: object) -> float:
        return float(
            np.mean(
                [code[select("minority", inputs, 20, seed=s, params=params).rows].mean() for s in range(30)]
            )
        )

    assert abs(mean(strength=0.0) - 49.5) < 5
    # Chance ∝ c²: the mean class of first draws is ∫c³/∫c² = 3/4 of the highest.
    assert 68 < mean() < 80
    assert mean(strength=8.0) > 84
    top = select("minority", inputs, 20, params={"draw": "top"})
    assert set(top.rows.tolist()) == set(np.argsort(-residuals(x, 1.0, SILENT))[:20].tolist())
    again = select("minority", inputs, 20, seed=5, params={"draw": "top"})
    assert again.rows.tolist() == top.rows.tolist()
    assert top.weight is None


def test_density_is_the_distance_to_a_neighbour() -> None:
    x = made(60)
    gap = np.sort(np.linalg.norm(x[:, None].astype(np.float64) - x[None], axis=2), axis=1)[:, 7]
    found = select("minority", rows_of(x), 10, params={"score": "density", "neighbours": 7, "draw": "top"})
    assert found.rows.tolist() == np.argsort(-gap)[:10].tolist()
    assert "neighbour 7" in found.notes[0]


def test_same_score_means_same_chance() -> None:
    found = select("minority", rows_of(np.ones((30, 2), np.float32)), 8)
    assert "same score" in " ".join(found.notes)
    draws = np.zeros(30)
    for seed in range(200):
        draws[select("minority", rows_of(np.ones((30, 2), np.float32)), 6, seed=seed).rows] += 1
    assert np.abs(draws / 200 - 0.2).max() < 0.12
