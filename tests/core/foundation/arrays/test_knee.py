"""Bends of curves: found where they are, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.foundation.arrays.knee import BEND, knee, monotone

ROWS = (10, 20, 40, 80, 160, 320, 640, 1280)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_sharp_bend_is_found_where_it_is(at, sign):
    values = sign * np.array([float(min(step, at)) + 0.02 * step for step in range(8)])
    found = knee(ROWS, values)
    assert (found.at, found.budget) == (at, ROWS[at])
    assert (found.low, found.high) == (ROWS[at - 1], ROWS[at + 1])


def test_a_knee_by_hand():
    # On 0–1 axes the second of five points lies at (1/4, 0.8): 0.55 above the diagonal.
    found = knee((10, 20, 40, 80, 160), [0, 8, 9, 9.5, 10])
    assert found.at == 1
    assert found.bend == pytest.approx(0.55)


@pytest.mark.parametrize(
    "values",
    [
        np.arange(8.0),
        -np.arange(8.0),
        np.array(ROWS, float),  # straight in rows: faster and faster per doubling
        np.ones(8),
        np.zeros(8),
        np.full(8, np.nan),
        np.array([0, 0, 0, 0, 0, 1, 4, 9.0]),
        np.array([1, 5, np.nan, np.nan, np.nan, np.nan, 6, 6.1]),
    ],
)
def test_no_knee_on_straight_flat_or_missing_curves(values):
    assert knee(ROWS, values) is None


def test_missing_values_are_left_out():
    values = [np.nan, 0.0, 10.0, np.nan, 10.2, 10.3, 10.4, np.nan]
    found = knee(ROWS, values)
    assert (found.at, found.budget, found.low, found.high) == (2, 40, 20, 160)


def test_noise_has_no_knee():
    rng = np.random.default_rng(1)
    flat = [knee(ROWS, rng.normal(size=8)) for _ in range(400)]
    sloped = [knee(ROWS, np.arange(8) + rng.normal(scale=0.3, size=8)) for _ in range(400)]
    # A monotone curve seldom explains 90 % of eight random numbers; the change must beat the noise as well.
    assert sum(one is not None for one in flat) <= 8
    assert sum(one is not None for one in sloped) == 0
    wide = [knee(ROWS, rng.normal(size=8), noise=4 * 1.96) for _ in range(400)]
    assert not any(wide)


@settings(max_examples=100)
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=8, max_size=8))
def test_a_knee_keeps_its_rule(values):
    found = knee(ROWS, values)
    smooth = monotone(np.array(values))
    steps = np.diff(smooth)
    assert (steps >= -1e-6).all() or (steps <= 1e-6).all()
    if found is not None:
        assert BEND <= found.bend <= 1
        assert found.low < found.budget < found.high
    moved = knee(ROWS, [3 * value for value in values])
    assert (moved and moved.at) == (found and found.at)


def test_a_bend_smaller_than_luck_is_not_told():
    values = [0, 8, 9, 9.5, 10]  # 5.5 above the chord
    rows = (10, 20, 40, 80, 160)
    assert knee(rows, values, noise=5.4) is not None
    assert knee(rows, values, noise=5.6) is None
