"""Sheets, delimiters and rows of names: found by what a file holds, or chosen, and told."""

from __future__ import annotations

import datetime
import gzip
import io
import re
import time
import zipfile
from contextlib import suppress

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.load import load, sheets_of
from core.foundation.errors import DataError


def book(**sheets):
    """A workbook: rows by sheet name."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return saved(made)


def saved(made):
    sink = io.BytesIO()
    made.save(sink)
    return sink.getvalue()


def changed(data, pattern, by, member="xl/worksheets/sheet1.xml"):
    """A workbook with the XML of one member changed."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(sink, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            if name == member:
                body, times = re.subn(pattern, by, body)
                assert times
            new.writestr(name, body)
    return sink.getvalue()


ROWS = [["id", "body", "price"], *([at, f"text {at}", at + 0.5] for at in range(30))]


@pytest.mark.parametrize("tag", [b"A1", b"A1:B9", b"A1:XFD1048576"])
def test_what_a_sheet_says_of_its_own_size_is_not_believed(tag):
    data = load(
        changed(book(Data=ROWS), rb'dimension ref="[^"]*"', b'dimension ref="%s"' % tag), name="x.xlsx"
    )
    assert (len(data), list(data.roles)) == (30, ["id", "body", "price"])


def test_cells_that_do_not_say_where_they_are_follow_one_another():
    base = book(Data=ROWS)
    for pattern in (rb'(<c) r="[A-Z]+[0-9]+"', rb'(<row|<c) r="[A-Z]*[0-9]+"'):
        data = load(changed(base, pattern, rb"\1"), name="x.xlsx")
        assert data.fingerprint.digest == load(base, name="x.xlsx").fingerprint.digest


@pytest.mark.parametrize("cell", ["XFD1048576", "A1048576", "XFD1", "SZZ40"])
def test_a_far_cell_is_refused_in_words_and_at_once(cell):
    made = openpyxl.load_workbook(io.BytesIO(book(Data=ROWS)))
    made["Data"][cell] = 1
    begun = time.process_time()
    with pytest.raises(DataError, match="cannot be laid out: its 94 cells reach to row"):
        load(saved(made), name="x.xlsx")
    assert time.process_time() - begun < 5


def test_a_far_cell_without_a_value_is_nothing():
    made = openpyxl.load_workbook(io.BytesIO(book(Data=ROWS)))
    made["Data"]["XFD1048576"].number_format = "0.00"
    assert len(load(saved(made), name="x.xlsx")) == 30


def test_a_far_cell_on_another_sheet_does_no_harm():
    made = openpyxl.load_workbook(io.BytesIO(book(Data=ROWS, Notes=[["x"]])))
    made["Notes"]["XFD1048576"] = 1
    assert len(load(saved(made), name="x.xlsx")) == 30
    with pytest.raises(DataError, match=r"'Notes' .* cannot be laid out"):
        load(saved(made), name="x.xlsx", sheet="Notes")


def test_a_sheet_can_be_chosen_and_the_others_are_named():
    data = book(First=ROWS, Second=[["a"], [1]], Empty=[])
    first = load(data, name="x.xlsx")
    assert first.reading == {"sheet": "First", "header": "1"}
    told = "The worksheet 'First' was read; not 'Second', 'Empty'. To read another, name it (sheet)."
    assert any(note.startswith(told) for note in first.notes)
    second = load(data, name="x.xlsx", sheet="Second")
    assert (list(second.roles), second.reading["sheet"]) == (["a"], "Second")
    with pytest.raises(
        DataError, match="no worksheet 'third': its worksheets are 'First', 'Second', 'Empty'"
    ):
        load(data, name="x.xlsx", sheet="third")
    with pytest.raises(DataError, match="is empty: the worksheet 'Empty' has no cell"):
        load(data, name="x.xlsx", sheet="Empty")


READ_ME = [["Read me"], ["Made in May"]]


@pytest.mark.parametrize(
    ("sheets", "read"),
    [
        ({"Read me": READ_ME, "Orders": ROWS}, "Orders"),
        ({"Read me": READ_ME, "Codes": [["a", "b"], [1, 2], [3, 4]], "Orders": ROWS}, "Codes"),
        ({"Read me": [*READ_ME, ["by", "us"], ["in", "Rome"]], "Orders": ROWS}, "Orders"),
        ({"Read me": READ_ME, "Notes": [["x"]] * 9, "Orders": ROWS}, "Orders"),
        ({"Orders": ROWS, "More": ROWS + ROWS}, "Orders"),
        ({"Texts": [["text"], *[[f"text {at}"] for at in range(9)]], "Codes": ROWS[:4]}, "Texts"),
        ({"Small": [["a", "b"], [1, 2], [3, 4]], "Orders": ROWS}, "Small"),
        ({"Read me": READ_ME, "Notes": [["x"]] * 9}, "Read me"),
    ],
)
def test_the_sheet_that_is_read_is_the_first_that_holds_a_table(sheets, read):
    """Names above two rows of two cells or more; a list of texts stays before a smaller table of codes."""
    body = book(**sheets)
    data = load(body, name="x.xlsx")
    assert data.reading["sheet"] == read
    others = ", ".join(repr(name) for name in sheets if name != read)
    assert f"The worksheet {read!r} was read; not {others}. To read another, name it (sheet)." in data.notes
    again = load(body, name="x.xlsx", **data.reading)
    assert again.fingerprint.digest == data.fingerprint.digest
    for name in sheets:
        assert load(body, name="x.xlsx", sheet=name).reading["sheet"] == name, "what is chosen is read"


def test_a_table_on_a_hidden_or_sparse_sheet_is_not_looked_for():
    made = openpyxl.load_workbook(io.BytesIO(book(First=READ_ME, Hidden=ROWS, Far=ROWS)))
    made["Hidden"].sheet_state = "hidden"
    made["Far"]["XFD1048576"] = 1
    assert load(saved(made), name="x.xlsx").reading["sheet"] == "First"


def test_the_names_of_worksheets_are_told_of_packed_books_too():
    body = book(First=ROWS, Second=READ_ME)
    assert sheets_of(body) == sheets_of(gzip.compress(body)) == ["First", "Second"]
    assert sheets_of(b"a,b\n1,2\n") == []
    with pytest.raises(DataError, match=r"cut\.xlsx"):
        sheets_of(body[: len(body) // 2], "cut.xlsx")


def test_a_sheet_that_is_shown_comes_before_a_hidden_one():
    made = openpyxl.load_workbook(io.BytesIO(book(Lists=[["x"], ["y"]], Data=ROWS)))
    made["Lists"].sheet_state = "hidden"
    assert load(saved(made), name="x.xlsx").reading["sheet"] == "Data"


def test_errors_of_excel_are_missing_and_told():
    rows = [["id", "price"], [1, 2.5], [2, "#N/A"], [3, "#DIV/0!"], [4, 1.0]]
    data = load(book(Data=rows), name="x.xlsx")
    assert data.frame["price"].isna().sum() == 2
    assert str(data.frame["price"].dtype) == "Float64"
    assert "'price' holds errors of Excel in 2 cells (#DIV/0!, #N/A); they are missing." in data.notes
    quoted = book(Data=[["id", "price"], [1, "'#N/A is a text"]])
    assert not any("errors of Excel" in note for note in load(quoted, name="x.xlsx").notes)


def test_dates_and_times_of_one_column_are_times():
    rows = [["id", "when"], [1, datetime.datetime(2026, 1, 31)], [2, datetime.datetime(2026, 2, 1, 9, 30)]]
    frame = load(book(Data=rows), name="x.xlsx").frame
    assert str(frame["when"].dtype) == "datetime64[us, UTC]"
    assert sorted(frame["when"].dt.hour) == [0, 9]
    only = load(book(Data=[["when"], [datetime.date(2026, 1, 31)]]), name="x.xlsx").frame
    assert str(only["when"].dtype) == "datetime64[us, UTC]"


def test_numbers_beside_words_are_spelled_without_a_point():
    frame = load(book(Data=[["id", "code"], [1, 7], [2, "x"], [3, 1.5]]), name="x.xlsx").frame
    assert sorted(frame["code"]) == ["1.5", "7", "x"]


def as_csv(rows, mark=","):
    quoted = [[f'"{cell}"' if mark in str(cell) else str(cell) for cell in row] for row in rows]
    return ("\n".join(mark.join(row) for row in quoted) + "\n").encode()


@pytest.mark.parametrize("make", [lambda rows: book(Data=rows), as_csv], ids=["excel", "csv"])
def test_names_below_a_title_are_found_and_told(make):
    blank = [None] * 3 if make is not as_csv else ["", "", ""]
    title = ["Report of things", *blank[1:]]
    data = load(make([title, blank, *ROWS]), name="file")
    assert (len(data), list(data.roles), data.reading["header"]) == (30, ["id", "body", "price"], "3")
    assert any("found in row 3, below 'Report of things'" in note for note in data.notes)
    data = load(make([title, *ROWS]), name="file")
    assert (len(data), data.reading["header"]) == (30, "2")
    chosen = load(make([title, *ROWS]), name="file", header="2")
    assert (len(chosen), chosen.reading["header"]) == (30, "2")
    assert chosen.fingerprint.digest == data.fingerprint.digest


def test_a_short_title_line_above_a_csv_is_found():
    for gap in (b"", b"\n"):
        for mark in (",", ";", "\t"):
            data = load(b"Report, of things\n" + gap + as_csv(ROWS, mark), name="file")
            assert (len(data), list(data.roles)) == (30, ["id", "body", "price"])
            assert data.reading["header"] == str(2 + len(gap))


def test_a_text_with_commas_below_one_name_is_no_table_below_a_title():
    for gap in (b"", b"\n"):
        with pytest.raises(DataError, match=r"Line [23] of file has 2 fields: the header has 1"):
            load(b"text\n" + gap + b"hello, world\ngood, bye\nmore, words\n", name="file")


DATA = [
    [[1, "window", 68.37], [2, "paper", 27.5], [3, "saddle", 5.5]],
    [["anna", 1], ["bob", 3]],
    [[3], [5], [9]],
    [["2026-01-01", 5.5], ["2026-02-01", 6.5]],
    [["true", "x"], ["false", "y"]],
    [[7, 7, "a"], [7, 8, "b"]],
    [["red", "small"], ["blue", "big"], ["red", "big"], ["blue", "small"]] * 4,
]


@pytest.mark.parametrize("rows", DATA, ids=str)
@pytest.mark.parametrize("make", [lambda rows: book(Data=rows), as_csv], ids=["excel", "csv"])
def test_a_list_without_names_loses_no_row(make, rows):
    data = load(make(rows), name="file")
    assert (len(data), data.reading["header"]) == (len(rows), "0")
    assert list(data.roles) == [f"column_{at + 1}" for at in range(len(rows[0]))]
    assert any("No row names the columns" in note for note in data.notes)
    if len(set(map(str, rows[0]))) == len(rows[0]):
        named = load(make(rows), name="file", header="1", id_column="")
        assert (len(named), named.reading["header"]) == (len(rows) - 1, "1")


SANE = [
    b"country,2019,2020,2021\nDE,1,2,3\nFR,3,4,5\n",
    b"0,1,2\n0.5,1.5,2.5\n3.5,4.5,5.5\n",
    b",value\n0,3\n1,4\n",
    b",0,1,2\n0,1.5,2.5,3\n1,2.5,3,1\n",
    b"name,\nfoo,1\nbar,2\n",
    b"a,2\n3,4\n",
    b"dose,0.5,1.0,1.5\na,1.1,2.1,3.3\nb,4,5.2,6\n",
    b"color,size\n" + b"red,small\nblue,big\n" * 9,
    b"x,y\n" + b"red,small\nblue,big\n" * 9 + b"x,y\n" + b"red,small\n" * 9,
    b"Tea,Other\n" + b"Tea,\n,Other\nTea,Other\n" * 9,
    b"price,kind\n5.5,a\nNA,b\n7,price\n",
    b"when,2020-01-01\nx,5\ny,6\n",
]


@pytest.mark.parametrize("raw", SANE, ids=lambda raw: raw[:12].decode())
def test_a_file_whose_first_row_names_its_columns_keeps_it(raw):
    data = load(raw, name="file")
    first = raw.split(b"\n")[0].decode().split(",")
    assert list(data.roles) == [name or f"column_{at + 1}" for at, name in enumerate(first)]
    assert data.reading["header"] == "1"


cells = st.sampled_from(["1", "2.5", "a", "b", "", "2026-01-31", "true", "2020", "x y"])


@given(
    st.lists(st.lists(cells, min_size=3, max_size=3), min_size=3, max_size=30),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_rows_below_never_moves_the_names(rows, chance):
    rows = [["id", *row] if at == 0 else ["k", *row] for at, row in enumerate(rows)]
    mixed = rows[1:]
    chance.shuffle(mixed)
    found = []
    for part in (rows, [rows[0], *mixed]):
        try:
            data = load(as_csv(part), name="file", id_column="")
        except DataError as error:
            found.append(str(error))
        else:
            found.append((data.reading["header"], data.fingerprint.digest))
    assert found[0] == found[1]


@pytest.mark.parametrize("header", ["-1", "x", "", "1.5"])
def test_a_header_that_is_no_row_number_is_refused(header):
    for raw in (b"a,b\n1,2\n", book(Data=ROWS)):
        with pytest.raises(DataError, match="number of the row that names the columns"):
            load(raw, name="file", header=header)


def test_a_header_beyond_the_end_is_refused():
    with pytest.raises(DataError, match="no row 9 that could name its columns: it has 3 rows"):
        load(b"a,b\n1,2\n3,4\n", name="file", header="9")
    with pytest.raises(DataError, match=r"no row 99 .*it has 31 rows"):
        load(book(Data=ROWS), name="file", header="99")


def test_prices_with_a_comma_below_a_name_with_one():
    raw = b"Preis, EUR;Menge\n" + b"".join(b"%d,%02d;%d\n" % (at, at + 5, at) for at in range(40))
    data = load(raw, name="file")
    assert (list(data.roles), data.reading["delimiter"]) == (["Preis, EUR", "Menge"], ";")
    assert "Columns are separated by ';', not by ','." in data.notes
    forced = load(raw, name="file", delimiter=",")
    assert list(forced.roles) == ["Preis", "EUR;Menge"]


def test_the_reading_in_which_every_row_fits_wins():
    data = load(b"a|b,c\n1|2\n2|3\n", name="file")
    assert list(data.roles) == ["a", "b,c"]
    data = load(b'"x;y",b\n"1;2",3\n4,5\n', name="file")
    assert list(data.roles) == ["x;y", "b"]


@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 9)), min_size=2, max_size=20),
    st.randoms(use_true_random=False),
)
def test_the_order_of_lines_never_changes_the_delimiter(rows, chance):
    lines = [f"{a},{b:02};{c}" for a, b, c in rows]
    found = []
    for _ in range(2):
        found.append(
            load(("Preis, EUR;Menge\n" + "\n".join(lines)).encode(), name="file").reading["delimiter"]
        )
        chance.shuffle(lines)
    assert set(found) == {";"}


def test_a_large_file_is_judged_by_lines_that_their_check_sums_choose():
    lines = [f"{at % 97},{at % 89:02};{at}" for at in range(120_000)]
    raw = ("Preis, EUR;Menge\n" + "\n".join(lines)).encode()
    assert len(raw) > 1 << 20
    assert load(raw, name="file").reading["delimiter"] == ";"


def test_tildes_and_runs_of_blanks_separate():
    assert load(b"a~b\n1~x, y\n", name="file").frame["b"].tolist() == ["x, y"]
    data = load(b'x   y  z\n1 2.5 "a  b"\n 2   3.5 c \n3\t4 d\n4 5 e\n', name="file")
    assert (list(data.roles), data.reading["delimiter"]) == (["x", "y", "z"], "blanks")
    assert sorted(data.frame["z"]) == ["a  b", "c", "d", "e"]
    assert "Columns are separated by runs of blanks." in data.notes
    words = load(b"My text\nhello world\nfoo bar\nbaz qux\nx y\n", name="file")
    assert list(words.roles) == ["My text"]


@pytest.mark.parametrize(
    ("given_as", "raw"),
    [("tab", b"a\tb\n1\t2\n"), ("\\t", b"a\tb\n1\t2\n"), ("\t", b"a\tb\n1\t2\n"), ("#", b"a#b\n1#2\n"),
     ("§", "a§b\n1§2\n".encode()), (" ", b"a b\n1 2\n"), ("blanks", b"a  b\n1   2\n")],
)  # fmt: skip
def test_a_delimiter_can_be_chosen(given_as, raw):
    data = load(raw, name="file", delimiter=given_as)
    assert list(data.roles) == ["a", "b"]
    assert any("as chosen" in note for note in data.notes)


@pytest.mark.parametrize("mark", ["||", '"', "", "\n"])
def test_what_cannot_separate_is_refused(mark):
    with pytest.raises(
        DataError, match="cannot separate the cells of file: it is one character, tab, or blanks"
    ):
        load(b"a,b\n1,2\n", name="file", delimiter=mark)


def test_a_delimiter_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(DataError, match="file holds no tabs: its first line holds ','"):
        load(b"a,b\n1,2\n", name="file", delimiter="tab")
    assert list(load(b"a\n1\n2\n", name="file", delimiter=";").roles) == ["a"]


def test_choices_that_do_not_apply_are_told_and_do_no_harm():
    frame = pd.DataFrame({"a": [1, 2]})
    sink = io.BytesIO()
    frame.to_parquet(sink)
    data = load(sink.getvalue(), name="file", sheet="Data", delimiter=";", header="3")
    assert "The sheet 'Data' was not used: this is a Parquet file." in data.notes
    assert "The header '3' was not used: this is a Parquet file." in data.notes
    assert data.reading == {}
    data = load(b'[{"a": 1}]', name="file", delimiter=";")
    assert "The delimiter ';' was not used: this is a JSON file." in data.notes
    data = load(book(Data=ROWS), name="file", encoding="cp1252")
    assert "The encoding 'cp1252' was not used: this is a workbook." in data.notes
    assert "The sheet 'x' was not used: this is a text file." in load(b"a\n1\n", name="file", sheet="x").notes


def test_what_was_used_is_kept_when_roles_change():
    from core.data.load import with_roles

    data = load(b"id;a\n1;x\n2;y\n", name="file")
    assert with_roles(data, {"id": "number"}).reading == data.reading
    assert data.reading == {"encoding": "utf-8", "delimiter": ";", "header": "1"}


def test_a_first_line_may_be_longer_than_a_parser_likes():
    name = "x" * 200_000
    assert list(load(f"{name},b\n1,2\n".encode(), name="file").roles) == [name, "b"]
    assert len(load(f'a,b\n"{name}",2\n3,4\n'.encode(), name="file")) == 2


def test_a_sheet_whose_quotation_marks_do_not_end_is_read_or_refused_at_once():
    begun = time.process_time()
    for by in (rb'<c r="A5', rb"<c r='" + b"x" * 5000, rb'<c r="A5"' + b' a="' * 300, b"<c " + b"x" * 50_000):
        with suppress(DataError):
            load(changed(book(Data=ROWS), rb'<c r="A5"', by), name="x.xlsx")
    assert time.process_time() - begun < 10
