"""Quantiles and p-values of how many rows of a part are drawn, against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from core.foundation.arrays.hypergeometric import hypergeometric_p, hypergeometric_quantiles


@given(
    st.integers(1, 300), st.integers(0, 300), st.lists(st.integers(0, 300), max_size=4), st.integers(1, 999)
)
@example(200, 200, [200, 0], 25)
@example(1, 0, [1], 975)
def test_quantiles_are_those_of_scipy(
    population: int, drawn: int, marked: list[int], thousandths: int
) -> None:
    drawn, sizes = min(drawn, population), np.array([min(one, population) for one in marked], np.int64)
    share = thousandths / 1_000 + 1e-5  # not on a step, where rounding decides
    found = hypergeometric_quantiles(share, population, sizes, drawn)
    assert found.tolist() == hypergeom.ppf(share, population, sizes, drawn).astype(int).tolist()


def test_large_populations() -> None:
    sizes = np.array([3, 1_000, 250_000, 999_999])
    for share in (0.025, 0.975):
        found = hypergeometric_quantiles(share, 1_000_000, sizes, 5_000)
        assert found.tolist() == hypergeom.ppf(share, 1_000_000, sizes, 5_000).astype(int).tolist()


def by_scipy(population: int, marked: int, drawn: int, held: int) -> float:
    """Twice the tail on the side of the mean where the count lies."""
    upper = held * population >= drawn * marked
    law = population, marked, drawn
    return float(min(1.0, 2 * (hypergeom.sf(held - 1, *law) if upper else hypergeom.cdf(held, *law))))


@given(st.integers(1, 400), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
@example(1, 1, 1, 1)
@example(400, 0, 0.5, 0)
def test_p_values_are_those_of_scipy(population: int, part: float, sample: float, at: float) -> None:
    marked, drawn = round(part * population), round(sample * population)
    low, high = max(0, drawn + marked - population), min(drawn, marked)
    held = low + round(at * (high - low))
    (p,) = hypergeometric_p(population, np.array([marked]), drawn, np.array([held]))
    assert p == pytest.approx(by_scipy(population, marked, drawn, held), rel=1e-9)


def test_p_values_of_large_populations() -> None:
    marked, held = np.array([5, 40_000, 500_000, 40_000]), np.array([3, 4_200, 49_600, 4_200])
    found = hypergeometric_p(1_000_000, marked, 100_000, held)
    wanted = [by_scipy(1_000_000, *pair[:1], 100_000, pair[1]) for pair in zip(marked, held, strict=True)]
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert found[1] == found[3]


def test_a_p_value_of_at_most_alpha_comes_up_no_more_often_than_that() -> None:
    for population, marked, drawn in ((30, 4, 9), (50, 25, 25), (12, 1, 3)):
        counts = np.arange(max(0, drawn + marked - population), min(drawn, marked) + 1)
        chance = hypergeom.pmf(counts, population, marked, drawn)
        p = hypergeometric_p(population, np.full(len(counts), marked), drawn, counts)
        for level in p:
            assert chance[p <= level].sum() <= level * (1 + 1e-9)
