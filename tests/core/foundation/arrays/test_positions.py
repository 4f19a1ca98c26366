"""Positions among some rows, by looking each of them up."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.foundation.arrays.positions import positions_among


@given(st.lists(st.integers(0, 30), unique=True), st.sets(st.integers(0, 30)))
def test_it_is_a_look_up_that_keeps_the_order(rows: list[int], within: set[int]) -> None:
    ordered = sorted(within)
    found = positions_among(np.array(rows, np.int64), np.array(ordered, np.int64))
    assert found.tolist() == [ordered.index(row) for row in rows if row in within]
    assert found.dtype == np.int64
    assert positions_among(np.array(rows, np.int64), None).tolist() == rows
