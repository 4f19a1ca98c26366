"""Wilson's interval against SciPy's, and at sizes that are no whole numbers."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest, norm

from core.foundation.arrays.wilson import wilson_interval


@pytest.mark.parametrize(("right", "rows"), [(0, 7), (7, 7), (3, 40), (812, 1_000)])
def test_it_is_scipys(right: int, rows: int) -> None:
    for level in (0.9, 0.95):
        expected = binomtest(right, rows).proportion_ci(level, "wilson")
        found = wilson_interval(right / rows, rows, float(norm.ppf((1 + level) / 2)))
        assert found == pytest.approx((expected.low, expected.high))


def test_it_narrows_with_the_size_and_never_leaves_the_shares() -> None:
    wide, narrow = wilson_interval(0.001, 3.5, 2.1), wilson_interval(0.001, 35.5, 2.1)
    assert 0 <= wide[0] <= narrow[0] <= 0.001 <= narrow[1] < wide[1] <= 1
