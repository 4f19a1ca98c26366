"""Columns that stay text because of a few cells, and cells that swallowed rows, at the edges of each rule."""

from __future__ import annotations

import pandas as pd
import pytest

from core.data.load import load
from core.data.suspect_cells import _rows_in, kept_as_text, swallowed_rows


def told(cells):
    """What is said of a column of text, or None."""
    frame = pd.DataFrame({"id": range(len(cells)), "x": pd.Series(cells, dtype="string")})
    found = kept_as_text(load(frame, id_column="id"))
    assert len(found) <= 1
    return found[0] if found else None


def mixed(good, bad, rows=20, odd="some word"):
    return [good] * (rows - bad) + [odd] * bad


@pytest.mark.parametrize(("bad", "dates"), [(0, True), (2, True), (3, False)])
@pytest.mark.parametrize("date", ["31.1.2026", "1/2/2026", "2026/1/31", "01-02-2026"])
def test_nine_tenths_of_dates_are_dates(date, bad, dates):
    found = told(mixed(date, bad))
    assert (found is not None) == dates
    if found:
        assert found[0] == "x"
        assert f"holds dates such as '{date}'" in found[1]
        assert found[2] == 20


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("12.5%", "a percent sign"),
        ("$1,234", "a currency sign"),
        ("5 €", "a currency sign"),
        ("1,234.5", "commas between thousands"),
    ],
)
def test_ways_of_writing_numbers_are_named(cell, what):
    for bad in (0, 2):
        found = told(mixed(cell, bad))
        assert found is not None
        assert f"holds numbers written with {what} ('{cell}')" in found[1]
        assert found[2] == 20 - bad
    assert told(mixed(cell, 3)) is None


def test_plain_numbers_beside_written_ones_count_with_them():
    found = told(["5"] * 17 + ["5%"] + ["word"] * 2)
    assert found is not None
    assert "written with a percent sign ('5%')" in found[1]
    assert found[2] == 1
    assert told(["5"] * 16 + ["5%"] + ["word"] * 3)[1].startswith("'x' holds numbers in 16 of 20 rows")


@pytest.mark.parametrize(("bad", "named"), [(0, False), (1, True), (10, True), (11, False)])
def test_half_of_numbers_are_numbers(bad, named):
    found = told(mixed("5.5", bad, odd="none"))
    assert (found is not None) == named
    if found:
        assert (
            f"'x' holds numbers in {20 - bad} of 20 rows and is read as text because of 'none' (" in found[1]
        )
        assert found[1].endswith("if that means no value, say so (missing: 'none').")
        assert found[2] == bad


def test_article_numbers_are_meant_as_text():
    assert told(["17", "4711"] * 9 + ["word", "0815"]) is None
    assert told(["17", "4711"] * 9 + ["word", "815"]) is not None


@pytest.mark.parametrize("kinds", [5, 6])
def test_at_most_five_words_are_named(kinds):
    found = told(["5"] * 30 + [chr(97 + at) * 3 for at in range(kinds)])
    assert ("and 1 other value: correct these cells" in found[1]) == (kinds == 6)
    assert ("(missing: 'aaa', 'bbb'," in found[1]) == (kinds == 5)
    assert ("other value" in found[1]) == (kinds == 6)
    assert "correct these cells" in told(["5"] * 30 + ["5x"])[1]


def test_words_are_named_by_how_often_they_stand_there_and_then_in_order():
    found = told(["5"] * 30 + list("zzbbbedcaf"))
    assert (
        "because of 'b' (3 rows), 'z' (2 rows), 'a' (1 row), 'c' (1 row), 'd' (1 row) and 2 oth" in found[1]
    )
    assert "say so (missing: 'b', 'z', 'a')" in told(["5"] * 30 + list("zzbbba"))[1]


def test_the_example_is_the_first_in_order_and_is_cut():
    assert "('12%')" in told(["9%", "12%", "55%"] * 7)[1]
    long = f"0.{'1' * 40}%"
    assert f"('{long[:30]}')" in told([long] * 20)[1]


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
