"""Cells that swallowed rows, at the edges of each rule."""

from __future__ import annotations

import pandas as pd
import pytest

from core.data.load import load
from core.data.suspect_cells import _rows_in, swallowed_rows

TYPED = [0]


@pytest.mark.parametrize(
    ("lines", "typed", "fit"),
    [
        (["1,b", "2,c"], TYPED, 2),
        (["1,b"], TYPED, 0),  # one line may look like a row by chance
        (["1,b", "2,c", "no row", "nor this"], TYPED, 2),  # half of the lines
        (["1,b", "2,c", "no row", "nor this", "nor that"], TYPED, 0),
        (["1,b", "2,c", "", " "], TYPED, 2),
        (["a,b", "b,c", "c,d"], TYPED, 0),  # words where numbers stand
        ([",b", ",c"], TYPED, 2),
        (["1,b,c", "2,c,d"], TYPED, 0),
        (["a,b"] * 5, [], 5),
        (["a,b"] * 4, [], 0),  # of words alone more is asked
        (["a,b"] * 9 + ["end"], [], 9),
        (["a,b"] * 8 + ["end"], [], 0),
        ([], TYPED, 0),
    ],
)
def test_lines_of_a_cell_that_look_like_rows(lines, typed, fit):
    assert _rows_in("\n".join(["first", *lines]), ",", 2, typed) == (fit, len(lines) + 1)
    assert _rows_in("\n".join(["first", *lines]), ",", 1, typed)[0] == 0


def test_a_quotation_mark_that_swallowed_rows_is_told():
    rows = [f"{at},text {at}" for at in range(40)]
    rows[5] = '5,"text five'
    rows[12] = '12,text twelve"'
    found = swallowed_rows(load(("id,text\n" + "\n".join(rows) + "\n").encode(), name="x.csv"))
    assert [(name, many) for name, _, many in found] == [("text", 7)]
    assert found[0][1].startswith("A cell of 'text' spans 8 lines, 7 of which look like rows of the file")
    assert swallowed_rows(load(pd.DataFrame({"id": [1], "text": ["a\n1,b\n2,c"]}))) == []
    two = "id,text\n" + '1,"a\n2,b\n3,c"\n4,d\n5,"a\n6,b\n7,c\n8,d"\n9,e\n'
    found = swallowed_rows(load(two.encode(), name="x.csv"))
    assert found[0][1].startswith("2 cells of 'text' span up to 4 lines, 3 of which look like rows")
    assert found[0][2] == 5
    short = swallowed_rows(load(b'id,text\n1,"a\n2,b"\n3,c\n', name="x.csv"))
    assert short == []
