"""Which row names the columns, held at the edges of each rule."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from core.data.readers.heading import (
    DEEPEST,
    Heading,
    Rows,
    _may_name,
    check_names,
    chosen_row,
    find_heading,
    form_of,
    form_of_cells,
    heading_note,
)
from core.foundation.caps import MAX_COLUMNS
from core.foundation.errors import DataError


def heading_of(rows):
    """Where the table of these rows begins; rows that are cut short end in empty cells."""
    width = max(map(len, rows))
    full = [[*row, *[""] * (width - len(row))] for row in rows]
    filled = float(np.median([sum(cell != "" for cell in row) for row in full]))
    table = Rows(
        full[: DEEPEST + 2], lambda at: pa.array([row[at] for row in full], pa.string()), lambda: filled
    )
    return find_heading(table)


def names_at(rows):
    return heading_of(rows).names


NAMES = ["item", "place", "pieces", "price"]


def body(rows, last=str):
    return [[f"word{at}", f"town{at}", f"kind{at}", last(at)] for at in range(rows)]


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("1", "number"), ("-1", "number"), ("+1.5", "number"), ("−3", "number"), (".5", "number"),
        (",5", "number"), ("1e9", "number"), ("1.5E-3", "number"), ("1,234.5", "number"),
        ("1 234,5", "number"), ("1\u202f234", "number"), ("1'234", "number"), ("$5", "number"),
        ("€ 5", "number"), ("5 €", "number"), ("5%", "number"), ("  7 ", "number"), ("-$5", "number"),
        ("", "text"), ("-", "text"), ("$", "text"), ("1e", "text"), ("e5", "text"), (".", "text"),
        ("5 kg", "text"), ("1 a", "text"), ("x1", "text"),
        ("2026-01-31", "time"), ("31-1-2026 ", "time"), ("1/2/26", "time"),
        ("2026-01-31T10:00:00Z", "time"), ("2026-01-31 10:00", "time"),
        ("2026-01", "text"), ("20260-1-1", "text"),
        ("true", "truth"), (" FALSE", "truth"), ("truely", "text"), ("yes", "text"),
    ],
)  # fmt: skip
def test_forms_of_cells(cell, form):
    assert form_of(cell) == form
    assert form_of_cells(pa.array([cell] * 3)) == form


@pytest.mark.parametrize(("words", "form"), [(1, "number"), (2, "text")])
def test_a_column_is_what_nine_tenths_of_its_cells_are(words, form):
    assert form_of_cells(pa.array(["5"] * (10 - words) + ["n"] * words)) == form
    assert form_of_cells(pa.array([], pa.string())) == "text"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["Report"], NAMES, *body(3)], 1),
        ([["Report", "2026"], NAMES, *body(3)], 1),  # half of four cells
        ([["Report", "2026", "Bonn"], NAMES, *body(3)], 0),  # more than half
        ([["Report"], [""], NAMES, *body(3)], 2),
        ([[""], ["", "Report"], NAMES, *body(3)], 2),
        ([["Report"], ["by", "Ann"], NAMES, *body(3)], 2),
        ([["Report"], ["by", "Ann", "Lee"], NAMES, *body(3)], 0),
        # a title of more than one cell needs numbers below the names
        ([["Report", "2026"], NAMES, *body(3, lambda at: "w")], 0),
        ([["Report"], NAMES, *body(3, lambda at: "w")], 1),
        # names are distinct words, and hardly any is missing
        ([["Report"], ["item", "place", "pieces", "7"], *body(3)], 0),
        ([["Report"], ["item", "item", "pieces", "price"], *body(3)], 0),
        ([["Report"], ["item", "", "pieces", "price"], *body(3)], 0),
        ([["Report"], [*NAMES, ""], *([*row, "1"] for row in body(3))], 1),  # four of five
        ([["Report"], [*NAMES[:3], "", ""], *([*row, "1"] for row in body(3))], 0),
        # two columns
        ([["Report", ""], ["item", "price"], ["a", "1"], ["b", "2"]], 1),
        ([["", "Report"], ["item", "price"], ["a", "1"], ["b", "2"]], 0),  # a column without a name
        ([["Report", ""], ["item", "kind"], ["a", "c"], ["b", "d"]], 0),
        ([["Report", ""], ["item", ""], ["a", "1"], ["b", "2"]], 0),
        ([["Report"], ["1"], ["2"]], 0),
        ([["Report", ""]], 0),
        ([["Report", ""], ["by", ""]], 0),
    ],
)
def test_names_below_a_title(rows, expected):
    assert names_at(rows) == expected


@pytest.mark.parametrize(("above", "expected"), [(DEEPEST, DEEPEST), (DEEPEST + 1, 0)])
def test_names_stand_below_twenty_rows_at_most(above, expected):
    assert names_at([["Report"]] * above + [NAMES] + body(60)) == expected


def test_a_heading_below_a_title_tells_it():
    assert heading_of([[" "], [" Report "], NAMES, *body(3)]) == Heading(2, 3, "Report")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["a", "1"], ["b", "2"]], None),
        ([["a", "b"], ["c", "2"]], 0),
        ([["a", "1"], ["b", "c"]], 0),  # words below a number
        ([["2019", "2020"], ["7", "8"]], 0),  # years above numbers
        ([["2019", "2020"], ["2021", "2022"]], None),  # years like the others
        ([["1819", "2099"], ["7", "8"]], 0),
        ([["1719", "2020"], ["7", "8"]], None),
        ([["2019", "2019"], ["7", "8"]], None),  # names differ
        ([["0", "1"], ["7", "8"]], 0),
        ([["1", "2"], ["7", "8"]], 0),
        ([["2", "3"], ["7", "8"]], None),
        ([["0", "2"], ["7", "8"]], None),
        ([["1", "0"], ["7", "8"]], None),
        ([["5", "7", "9"], ["1", "1", "1"]], 0),  # steps of one size
        ([["5", "7", "8"], ["1", "1", "1"]], None),
        ([["0.1", "0.2", "0.3"], ["1", "1", "1"]], 0),
        ([["5"], ["7"], ["9"]], None),  # one number is no series
        ([["$1", "$2"], ["$7", "$8"]], None),
        ([["a", "", "1"], ["b", "2", "2"], ["c", "3", "7"]], None),
        ([["true", "x"], ["false", "y"]], None),
        ([["x", "2020-01-01"], ["y", "2021-01-01"]], None),
        ([["x", "2020-01-01"], ["y", "5"]], 0),
    ],
)
def test_a_first_row_of_numbers(rows, expected):
    assert names_at(rows) == expected


def test_nine_tenths_of_years_are_years():
    years = [["2021", "2022"]] * 9
    assert names_at([["2019", "2020"], *years, ["7", "8"]]) is None
    assert names_at([["2019", "2020"], *years[:-1], ["7", "8"]]) == 0


def test_words_that_are_categories_are_data():
    mixed = [["red", "small"], ["blue", "big"], ["red", "big"], ["blue", "small"]] * 3
    assert names_at(mixed) is None
    assert names_at(mixed[:11]) is None
    assert names_at(mixed[:10]) == 0  # nine rows below tell nothing
    assert names_at([["red"], ["blue"]] * 20) == 0  # one column tells nothing
    # a row of names that is there again, whole
    assert names_at([["red", "small"], *[["green", "tiny"], ["blue", "big"]] * 6, ["red", "small"]]) == 0
    # a column that holds nothing but its own name
    ticked = [["tea", "other"], *[["tea", ""], ["", "other"]] * 10]
    assert names_at(ticked) == 0
    # values that hardly repeat are no categories
    loose = [["red", "small"], *([f"c{at}", f"s{at}"] for at in range(12)), ["red", "s"], ["c", "small"]]
    assert names_at(loose) == 0
    # half of the columns are enough
    half = [["red", "note"], *[["red", "a"], ["blue", "b"]] * 6]
    assert names_at(half) is None
    assert names_at([["red", "note", "word"], *[["red", "a", "b"], ["blue", "c", "d"]] * 6]) == 0


def test_a_cell_of_the_first_row_that_is_a_value_below_is_no_difference():
    # "NA" stands in a column of numbers, below too
    rows = [["5", "NA"], *[[str(at), str(at)] for at in range(20)], ["7", "NA"]]
    assert names_at(rows) is None
    assert names_at(rows[:-1]) == 0


@pytest.mark.parametrize(
    ("heading", "told"),
    [
        (Heading(0, 1), ""),
        (Heading(3, 4, "Report " * 20), "found in row 4, below 'Report "),
        (Heading(None, 0), "the columns are called 'column_1' to 'column_3'. If"),
    ],
)
def test_what_is_said_about_the_row_of_names(heading, told):
    note = heading_note(heading, "4", 3)
    assert told in note
    assert bool(note) == bool(told)
    assert len(note) < 250


def test_one_column_without_a_name_is_one():
    assert "called 'column_1'. If" in heading_note(Heading(None, 0), "1", 1)


def test_names_are_checked():
    notes = []
    assert check_names("x.csv", ["a", "", "c"], notes) == ["a", "column_2", "c"]
    assert notes == ["Column 2 has no name and is called 'column_2'."]
    assert len(check_names("x.csv", [str(at) for at in range(MAX_COLUMNS)], [])) == MAX_COLUMNS
    with pytest.raises(DataError, match=f"{MAX_COLUMNS + 1:,} columns: at most {MAX_COLUMNS:,}"):
        check_names("x.csv", [str(at) for at in range(MAX_COLUMNS + 1)], [])
    with pytest.raises(DataError, match=r"more than one column called 'a': columns 1, 3\. What"):
        check_names("x.csv", ["a", "b", "a"], [])
    with pytest.raises(DataError, match=r"columns 1, 3; 1 more names? (?:is|are) repeated"):
        check_names("x.csv", ["a", "b", "a", "b"], [])
    with pytest.raises(DataError, match="called 'column_2'"):
        check_names("x.csv", ["column_2", ""], [])


@pytest.mark.parametrize(
    ("names", "may"),
    [
        (["0", "1"], True),
        (["1", "2"], True),
        (["2", "3"], False),  # two numbers make no series
        (["1", "3"], False),
        (["2", "3", "4"], True),
        (["5", "10", "15"], True),
        (["5", "10", "16"], False),
        (["5"], False),
        (["1", "1"], False),
        (["1", "x"], False),
    ],
)
def test_numbers_that_may_be_names(names, may):
    assert _may_name(names, [pa.array(["7", "9"])] * len(names)) == may


@pytest.mark.parametrize(("header", "row"), [(None, None), ("0", 0), (" 3 ", 3), ("1234567", 1_234_567)])
def test_the_row_of_names_can_be_chosen(header, row):
    assert chosen_row(header, "x.csv") == row


@pytest.mark.parametrize("header", ["", "-1", "1.5", "first", "12345678"])
def test_what_is_no_row_is_refused(header):
    with pytest.raises(DataError, match=r"cannot be used for x\.csv: it is the number of the row"):
        chosen_row(header, "x.csv")
