"""Distances to one point and the nearest rows, against plain double precision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.foundation.arrays.one_point import distances_to, nearest_rows


@pytest.mark.parametrize("n", [1, 7, 5_000])
@pytest.mark.parametrize("d", [1, 15, 384])
def test_distances_are_those_of_double_precision(n, d, rng):
    x = rng.normal(size=(n, d)).astype(np.float32)
    wide = x.astype(np.float64)
    plain = np.sqrt(((wide - wide[n // 2]) ** 2).sum(axis=1))
    np.testing.assert_allclose(distances_to(x, x[n // 2], "euclidean"), plain, rtol=1e-12)
    unit = (wide / np.linalg.norm(wide, axis=1, keepdims=True)).astype(np.float32)
    unit[0] = 0
    wide = unit.astype(np.float64)
    cosine = 1 - wide @ wide[n // 2]
    np.testing.assert_allclose(distances_to(unit, unit[n // 2], "cosine"), cosine, atol=1e-6)


def test_copies_are_at_distance_0_and_a_zero_row_is_1_from_everything():
    x = np.array([[0.6, 0.8], [0, 0], [0.6, 0.8], [1, 0]], np.float32)
    assert distances_to(x, x[0], "cosine")[[0, 2]].tolist() == [0, 0]
    assert distances_to(x, x[0], "cosine")[1] == 1
    assert distances_to(x, x[1], "cosine").tolist() == [1, 1, 1, 1]


def test_only_a_part_of_a_wide_matrix_may_be_meant(rng):
    x = rng.normal(size=(50, 9)).astype(np.float32)
    np.testing.assert_array_equal(
        distances_to(x[:, :4], x[3, :4], "euclidean"), distances_to(x[:, :4].copy(), x[3, :4], "euclidean")
    )


@given(
    arrays(np.float64, st.integers(1, 30), elements=st.sampled_from([0.0, 0.5, 1.0, 2.5])),
    st.integers(1, 35),
    st.data(),
)
def test_the_nearest_are_those_of_a_plain_sort(gaps, count, data):
    by_hand = sorted(range(len(gaps)), key=lambda row: (gaps[row], row))[:count]
    assert nearest_rows(gaps, count).tolist() == by_hand
    first = data.draw(st.integers(0, len(gaps) - 1))
    others = [row for row in sorted(range(len(gaps)), key=lambda row: (gaps[row], row)) if row != first]
    assert nearest_rows(gaps, count, first).tolist() == [first, *others][:count]
