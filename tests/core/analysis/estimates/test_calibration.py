"""Calibrated weights: by hand and by their defining properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from core.analysis.estimates.calibration import greg_factors, rake


def test_greg_on_one_category_is_post_stratification():
    codes = np.array([0, 0, 1, 1, 1])
    w = np.array([2.0, 4.0, 1.0, 1.0, 3.0])
    counts = np.array([9.0, 20.0])
    dummies = (codes[:, None] == np.arange(2)).astype(float)
    factors = greg_factors(w, np.concatenate([np.ones((5, 1)), dummies], axis=1), np.array([29.0, *counts]))
    assert_allclose(factors, counts[codes] / np.bincount(codes, w)[codes])
    raked = rake(w, [codes], [counts])
    assert raked.converged
    assert_allclose(raked.factors, factors)


def test_greg_is_the_regression_estimator_by_its_textbook_formula():
    rng = np.random.default_rng(1)
    w, x, y = rng.uniform(1, 9, 30), rng.normal(5, 2, 30), rng.normal(size=30)
    table, totals = np.stack([np.ones(30), x], axis=1), np.array([150.0, 800.0])
    slope = np.linalg.solve(table.T @ (w[:, None] * table), table.T @ (w * y))
    wanted = w @ y + (totals - w @ table) @ slope
    assert (w * greg_factors(w, table, totals)) @ y == pytest.approx(wanted)


def test_raking_meets_every_margin_and_keeps_odds_ratios():
    rng = np.random.default_rng(2)
    a, b, w = rng.integers(0, 3, 80), rng.integers(0, 4, 80), rng.uniform(1, 5, 80)
    known = [np.array([100.0, 60.0, 40.0]), np.array([20.0, 80.0, 70.0, 30.0])]
    found = rake(w, [a, b], known)
    assert found.converged
    for codes, counts in zip((a, b), known, strict=True):
        assert_allclose(np.bincount(codes, w * found.factors), counts, atol=1e-6 * 200)
    assert (found.factors > 0).all()
    # g is a product of one number per value of a and one per value of b.
    table = np.log([[found.factors[(a == i) & (b == j)][0] for j in range(4)] for i in range(3)])
    assert_allclose(table - table[:1] - table[:, :1] + table[0, 0], 0, atol=1e-12)


def test_raking_says_when_margins_cannot_be_met():
    a, b = np.array([0, 1]), np.array([0, 1])  # a and b are the same, yet their counts differ
    found = rake(np.ones(2), [a, b], [np.array([5.0, 5.0]), np.array([2.0, 8.0])])
    assert not found.converged
    assert found.gap == pytest.approx(0.3)
    trimmed = rake(np.ones(4), [np.array([0, 0, 0, 1])], [np.array([1.0, 9.0])], bounds=(0.5, 2.0))
    assert not trimmed.converged
    assert trimmed.factors.max() <= 2


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), scale=st.floats(1e-3, 1e3), shift=st.floats(-100, 100))
def test_equivariance_and_exact_calibration(seed, scale, shift):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(6, 30))
    y, x, w = rng.normal(size=k), rng.uniform(0.5, 4, k), rng.uniform(1, 10, k)
    table, totals = np.stack([np.ones(k), x, x**2], axis=1), np.array([k * 5.0, k * 12.0, k * 40.0])
    factors = greg_factors(w, table, totals)
    assert_allclose((w * factors) @ table, totals, rtol=1e-7)
    mean = np.average(scale * y + shift, weights=w * factors)
    plain = np.average(y, weights=w * factors)
    assert mean == pytest.approx(scale * plain + shift, abs=1e-6 * (1 + abs(shift)))
