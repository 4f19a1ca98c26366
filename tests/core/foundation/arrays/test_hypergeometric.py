"""Quantiles of how many rows of a part are drawn, against scipy."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from core.foundation.arrays.hypergeometric import hypergeometric_quantiles


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
