"""The delimiter and the first line of a table, held at the edges of each rule."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.readers.delimiter import (
    BLANKS,
    KNOWN,
    Delimiter,
    _by_blanks,
    cells_of,
    chosen_delimiter,
    find_delimiter,
)
from core.data.readers.heading import DEEPEST
from core.foundation.errors import DataError


def table(mark, rows, names=("item", "place", "pieces"), last=str):
    """Rows of two words and what ``last`` makes of the row's number."""
    cells = [names, *((f"word{at}", f"town{at}", last(at)) for at in range(rows))]
    return "".join(mark.join(row) + "\n" for row in cells)


def words(at):
    return f"kind{at}"


def where(text):
    found = find_delimiter(text)
    return found.mark, found.above


MARKS = st.sampled_from(KNOWN)
WORD = st.text("abcdefghij", min_size=1, max_size=6)


@given(MARKS, st.integers(2, 5), st.integers(1, 8), st.randoms(use_true_random=False))
def test_whatever_separates_evenly_is_found(mark, width, rows, chance):
    def line():
        return [str(chance.randint(0, 99)) if chance.random() < 0.5 else "w" * chance.randint(1, 5)
                for _ in range(width)]  # fmt: skip

    text = "\n".join(
        mark.join(row) for row in [[f"n{at}" for at in range(width)], *(line() for _ in range(rows))]
    )
    shown = {"\t": "tabs"}.get(mark, repr(mark))
    assert find_delimiter(text) == Delimiter(
        mark, 0, "" if mark == "," else f"Columns are separated by {shown}."
    )


@given(MARKS, st.lists(st.one_of(WORD, st.just("")), min_size=1, max_size=DEEPEST), st.integers(2, 12))
def test_a_table_of_numbers_is_found_below_any_title(mark, title, rows):
    title = ["Report", *title[1:]]
    text = "\n".join(title) + "\n" + table(mark, len(title) + rows)
    found = find_delimiter(text)
    assert (found.mark, found.above) == (mark, len(title))
    assert "below 'Report'; what stands above them was left out" in found.note
    assert f"in row {len(title) + 1}," in found.note
    assert ("Columns are separated by" in found.note) == (mark != ",")


@pytest.mark.parametrize(("lines", "above"), [(DEEPEST, DEEPEST), (DEEPEST + 1, 0)])
def test_a_title_has_twenty_lines_at_most(lines, above):
    assert where("title\n" * lines + table(";", 30)) == (";" if above else ",", above)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title\n" + table(";", 2), (";", 1)),
        ("title\n" + table(";", 1), (",", 0)),  # a line of names and one of cells may be a sentence
        ("title\n" + table(";", 10, last=words), (";", 1)),
        ("title\n" + table(";", 9, last=words), (",", 0)),  # nine lines of words without a gap
        ("title\n\n" + table(";", 9, last=words), (";", 2)),
        ("title\nby\n" + table(";", 9, last=words), (",", 0)),
        ("title\n\nby\n" + table(";", 2, last=words), (";", 3)),
        ("\n\ntitle\n" + table(";", 9, last=words), (",", 0)),  # blank lines above all are no gap
        ("sales;2026\n" + table(";", 10, last=words), (";", 0)),  # a title of two cells in three
        ("sales;2026\n" + table(";", 10), (";", 1)),
        ("a;b;c;d\n" + table(";", 10), (";", 0)),  # wider than the table: its first line is the names
        ("title\n" + table(";", 5, names=("item", "place", "7")), (",", 0)),
        ("title\n" + table(";", 5, names=("item", "", "pieces")), (";", 1)),
        ("title\n" + table(";", 5, names=("item", "item", "pieces")), (",", 0)),
        ("title\n" + table(";", 5) + "total\n", (",", 0)),  # narrower again at the end
        ("title\n" + table(";", 5) + "a;b;c;d\n", (",", 0)),
        ("Sales, by region\n" + table(";", 5), (";", 1)),
        ("a,b\nx;n,y\n1;2,3\n4;5,6\n", (",", 0)),  # all rows fit by commas: nothing stands above
        ("Sales; by region\n" + table(",", 5), (",", 1)),
        ("title\n" + "".join(f"w{at};v{at}\n" for at in range(30)), (",", 0)),  # two columns of words
        ("title\n\n" + "".join(f"w{at};v{at}\n" for at in range(30)), (",", 0)),
        ("title\nn;m\n" + "".join(f"w{at};{at}\n" for at in range(3)), (";", 1)),
    ],
)
def test_what_makes_a_table_below_a_title(text, expected):
    assert where(text) == expected


def test_a_long_table_below_a_title_is_found_though_the_sample_cuts_a_line():
    assert where("title\n" + table("|", 9_000)) == ("|", 1)
    assert where("title\n" + table("|", 9_000).rstrip("\n")) == ("|", 1)
    # one line beyond the sample does not count against it
    assert where("title\n" + table("|", 9_000) + "end\n") == ("|", 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x  y\n1  2\n3  4\n5  6\n", BLANKS),
        ("x  y\n1  2\n3  4\n", ","),  # three lines may be a poem
        ("x  y\n1  2\n3  b\n5  6\n", BLANKS),  # one column of numbers is enough
        ("x  y\n1  2\n3  b\n5  6\nc  7\n", ","),
        ("x  y\na  b\nc  d\ne  f\n", ","),
        ("x  y\na  b\n1  2\n3  4\n5  6\n", ","),  # a word in the first row below counts too
        ("x  y\n1  2\n3  4\n5  6  7\n", ","),
        ("1  2\n3  4\n5  6\n7  8\n", ","),  # no names
        ("x\n1\n2\n3\n", ","),
        ("x  y\n" + '"a  b"  2\n' * 4, BLANKS),
        ("x  y\n" + "1  2\n" * 30_000, BLANKS),
        ("x  y\n" + "1  2\n" * 30_000 + "1 2 3\n", ","),  # beyond the sample too
    ],
)
def test_runs_of_blanks(text, expected):
    assert where(text) == (expected, 0)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("", ","),
        ("\n\n", ","),
        ("word\n", ","),
        ("\n\na;b\n1;2\n", ";"),
        ('"a\nb";c\n1;2\n', ";"),  # the first name holds a line break
        ('"a,b";c\n"1,5";2\n', ";"),
        ('"a;b"\n"c;d"\n', ","),  # a mark in quotation marks separates nothing
        ("a,b;c\n1,5;2\n2,5;3\n", ";"),
        ("a,b;c\n1,5;2\nx,5;y\n", ";"),
        ("a;b,c\n1;5,2\nx;5,3\n", ";"),
        ("a,b;c,d\n1,2;3,4\n", ";"),  # narrower, but all cells are numbers
        ("a,b;c,d\nx,y;z,w\n", ","),  # as even and as wordy: the wider
        ("a;b\tc\n1;5\t2\n1;5\t2;\n", "\t"),
        ("a|b~c\n1|5~2\n1|5~x~\n", "|"),
    ],
)
def test_the_mark_under_which_rows_fit_and_numbers_read(text, mark):
    assert where(text) == (mark, 0)


def test_the_note_names_what_was_not_taken():
    assert find_delimiter("a,b\n1,2\n").note == ""
    assert find_delimiter("a;b\n1;2\n").note == "Columns are separated by ';'."
    assert find_delimiter("a,b;c\n1,5;2\n2,5;3\n").note == "Columns are separated by ';', not by ','."
    both = find_delimiter("a,b;c|d;e\n1,5;x|3;2\n2,5;y|4;1\n").note
    assert both == "Columns are separated by ';', not by ',' or '|'."
    assert find_delimiter("a,b;c\n1,2\n1,2\n").note == "Columns are separated by ',', not by ';'."


def test_a_large_file_is_compared_by_lines_from_all_of_it():
    chance = random.Random(3)
    lines = [f"{chance.randint(0, 99)},5;{at}" for at in range(150_000)]
    odd = ["a,b,c;1"] * 100_000  # first come lines that read evenly under neither
    assert where("p,q;r\n" + "\n".join(lines)) == (";", 0)
    assert where("p,q;r\n" + "\n".join(odd + lines)) == (";", 0)


def test_rows_are_told_with_the_line_they_begin_in():
    text = 'a;b\n\n"1\n2";3\n4;5\n'
    assert list(cells_of(text, ";")) == [(1, ["a", "b"]), (3, ["1\n2", "3"]), (5, ["4", "5"])]


@pytest.mark.parametrize(
    ("chosen", "mark"),
    [("tab", "\t"), ("tabs", "\t"), ("\\t", "\t"), ("\t", "\t"), ("blanks", BLANKS), (" ", " "), ("|", "|")],
)
def test_a_chosen_delimiter_is_one_character_or_a_word_for_it(chosen, mark):
    assert chosen_delimiter(chosen, "a\tb|c d", "x.csv") == mark


@pytest.mark.parametrize("chosen", ["", "ab", '"', "\n", "\r"])
def test_what_cannot_separate_is_refused(chosen):
    with pytest.raises(DataError, match=r"cannot separate the cells of x\.csv"):
        chosen_delimiter(chosen, "a,b", "x.csv")


def test_a_chosen_delimiter_that_is_not_there_is_refused_where_others_are():
    with pytest.raises(DataError, match=r"x\.csv holds no ';': its first line holds ','.*choose that"):
        chosen_delimiter(";", "a,b\n", "x.csv")
    with pytest.raises(DataError, match=r"its first line holds ',', '\|'.*choose one of them"):
        chosen_delimiter(";", "a,b|c\n", "x.csv")
    assert chosen_delimiter(";", "a,b\n1;2\n", "x.csv") == ";"  # further down is enough
    assert chosen_delimiter(";", "a\nb\n", "x.csv") == ";"  # one column


@pytest.mark.parametrize(
    ("rows", "split"),
    [
        (["a  b", "x  1", "y  2", "z  3"], True),
        (["a  b", "x  1", "y  2"], False),  # three lines may be a text
        (["a  b", "x  y", "y  2", "z  3", "w  4"], False),  # a word in the first line below the names
        (["a  b", "x  1", "y  2", "z  w", "w  4"], False),
        (["a  1", "x  1", "y  2", "z  3"], False),
        (["a  b", "x  1", "y  2  9", "z  3"], False),
        (["a", "1", "2", "3"], False),
    ],
)
def test_columns_parted_by_blanks_hold_words_above_numbers(rows, split):
    text = "\n".join(rows) + "\n"
    assert _by_blanks(text, text) == split
