"""What a browser says was picked: checked, and turned into rows by geometry over all rows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.ui.shared.map_pick import Pick, read_pick

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(["row", "group", "lasso", "box", "cell"])


@given(value=ANYTHING | st.dictionaries(NAMES, ANYTHING))
def test_whatever_comes_is_a_pick_or_nothing(value: Any) -> None:
    found = read_pick(value, 10)
    if found is None:
        return
    assert sum(one is not None for one in (found.row, found.group, found.lasso, found.box)) == 1
    assert found.cell >= 0
    assert found.row is None or 0 <= found.row < 10


@pytest.mark.parametrize("value", [{"row": True}, {"row": 1.0}, {"row": "1"}, {"row": -1}, {"group": -1}])
def test_only_whole_numbers_are_rows_and_groups(value: dict[str, Any]) -> None:
    assert read_pick(value, 10) is None


def test_a_drawing_with_a_corner_that_is_none_is_refused() -> None:
    assert read_pick({"lasso": [[0, 0], [1, 0], [float("nan"), 1]]}, 3) is None
    assert read_pick({"lasso": [[0, 0], [1, 0]]}, 3) is None
    assert read_pick({"box": [[0, 0], [1, 0], [1, 1]]}, 3) is None
    assert read_pick({"lasso": [[0, 0]] * 20_000}, 3) is None


def test_a_lasso_and_a_box_keep_their_corners() -> None:
    corners = [[4, 4], [7.5, 4], [7, 7]]
    assert read_pick({"lasso": corners, "cell": 2}, 4) == Pick(
        lasso=((4.0, 4.0), (7.5, 4.0), (7.0, 7.0)), cell=2
    )
    box = [[2, 2], [-1, 2], [-1, -1], [2, -1]]
    found = read_pick({"box": box}, 4)
    assert found is not None
    assert found.box == tuple(tuple(map(float, corner)) for corner in box)
