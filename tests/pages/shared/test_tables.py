"""Heights of tables: none ends between two rows while one more is hidden."""

from hypothesis import given
from hypothesis import strategies as st

from pages.ui.shared import tables


@given(rows=st.integers(1, 5_000), most=st.integers(2, 20))
def test_all_rows_are_seen_or_half_a_row_shows_that_there_are_more(rows, most):
    seen = (tables.height(rows, most) - 38) / 35
    assert seen == rows or (seen < rows - 1 and 0.4 < seen % 1 < 0.6)
    assert seen >= min(rows, most)
