"""Columns of text that are numbers or dates in some spelling: what is said of them, and their form."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.health import health
from core.data.load import load
from core.data.suggested_form import suggest_form, suggested_forms


def found_in(cells):
    frame = pd.DataFrame({"x": pd.Series(cells, dtype="string[pyarrow]")})
    found = suggested_forms(frame)
    assert len(found) <= 1
    return found[0] if found else None


def forms(cells):
    found = found_in(cells)
    return [] if found is None else [str(form) for form in found.forms]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["12%", "7%"], ["number:."]),
        (["12,5%", "7%"], ["number:,"]),
        (["$12", "$7.5"], ["number:."]),
        (["1,234.5", "2"], ["number:."]),
        (["1,234,567", "2"], ["number:."]),
        (["1.234,5", "2"], ["number:,"]),
        (["1,234", "2,345"], ["number:.", "number:,"]),
        (["1,234", "2,345", "0,5"], ["number:,"]),
        (["1,234", "2,345", "0.5"], ["number:."]),
        (["12/31/2020", "1/2/2020"], ["date:mdy"]),
        (["31.12.2020", "1.2.2020"], ["date:dmy"]),
        (["1/2/2020", "3/4/2020"], ["date:dmy", "date:mdy"]),
        (["1/1/2020", "2/2/2020"], ["date:dmy"]),  # either way the same days
        (["Jun 12 1998", "May 5, 2001"], ["date:mdy"]),
        (["12 June 1998", "5 May 2001"], ["date:dmy"]),
        (["2020/1/5", "2021/2/3"], ["date:ymd"]),
        (["12/31/2020", "31/12/2020", "1/2/2020"], ["date:dmy", "date:mdy"]),  # evidence for each
        (["red", "1,5", "blue"], []),
        (["$5", "5 €"], []),  # of two kinds: no form would read them
        (["0815", "$5", "$6"], []),  # article numbers
        (["+4917112345", "+4917112346"], []),  # telephone numbers
        (["one", "two"], []),
        ([None, None], []),
        (["123456789012345678901", "223456789012345678901"], []),  # plain, and too long for a number
        (['{"a": 1}', '{"a": 2}'], []),
        (["12/2020", "1/2021"], []),
    ],
)
def test_the_form_is_told_by_the_cells(cells, expected):
    assert forms(cells) == expected


@pytest.mark.parametrize("word", ["NA", "-", "n/a", "?", "unknown"])
def test_a_word_among_numbers_is_offered_as_missing(word):
    cells = [f"{at}.5" for at in range(84)] + [word]
    found = found_in(cells)
    assert [str(form) for form in found.forms] == [f"number:.;missing:{word}"]
    assert (
        found.finding
        == f"'x' holds numbers in 84 of 85 cells and is read as text because of {word!r} (1 row)."
    )
    assert f"--read 'x=number:.;missing:{word}'" in found.sentence
    assert (found.fits, found.present, found.plain) == (84, 85, 84)


def test_what_may_be_two_things_is_said_to_be():
    found = found_in(["1/2/2020", "3/4/2020"])
    assert (
        "'1/2/2020' may be 2020-02-01 (day, month, year) or 2020-01-02 (month, day, year)" in found.sentence
    )
    assert "Say which it is: --read x=date:dmy or --read x=date:mdy" in found.sentence
    found = found_in(["1,234", "2,345"])
    assert "'1,234' may be 1234 (a decimal point) or 1.234 (a decimal comma)" in found.finding
    decided = found_in(["1/2/2020", "12/31/2020"])
    assert "'12/31/2020' would be 2020-12-31" in decided.finding, "the cell that tells why"


def test_half_of_the_rows_decide():
    assert forms(["$5"] * 10 + ["word"] * 10) == ["number:.;missing:word"]
    assert forms(["$5"] * 10 + ["word"] * 11) == []
    assert forms(["1.2.2020"] * 10 + ["30.2.2020"] * 11) == [], "no such day"


def test_other_cells_are_named_by_how_often_they_stand_there_and_then_in_order():
    found = found_in(["5"] * 30 + list("zzbbbedcaf"))
    assert (
        "because of 'b' (3 rows), 'z' (2 rows), 'a' (1 row), 'c' (1 row), 'd' (1 row) and 2 oth"
        in found.finding
    )
    assert [str(form) for form in found.forms] == ["number:."], "too many words to stand for no value"
    assert "correct the 7 other values in the file, or add else:missing" in found.sentence
    found = found_in(["5"] * 30 + ["NA", "5x", "6x"])
    assert [str(form) for form in found.forms] == ["number:.;missing:NA"]
    assert "correct the 2 other values" in found.sentence


def test_cells_that_may_be_missing_are_read_so():
    for cells in (["$5", "NA", "$6", "-"], ["1.2.2020", "31.1.2021", "?"]):
        found = found_in(cells)
        data = load({"x": cells}, read_as={"x": str(found.forms[0])})
        assert int(data.frame["x"].notna().sum()) == found.fits
        assert not suggested_forms(data.frame)


POOL = [
    "1,234",
    "2.345",
    "$5",
    "7%",
    "NA",
    "-",
    "31.1.2020",
    "1/2/2020",
    "Jun 5 1998",
    "12",
    "0.5",
    "word",
    "x1",
]


@given(st.lists(st.sampled_from(POOL), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_columns_has_no_say(cells, random):
    mixed = random.sample(cells, len(cells))
    one = pd.DataFrame({"x": cells, "y": ["a"] * len(cells)}, dtype="string[pyarrow]")
    other = pd.DataFrame({"y": ["a"] * len(cells), "x": mixed}, dtype="string[pyarrow]")
    assert suggested_forms(one) == suggested_forms(other)


@given(st.lists(st.sampled_from(POOL), min_size=1, max_size=20))
def test_counts_are_those_of_the_rows(cells):
    series = pd.Series(cells).value_counts()
    one = suggest_form("x", pa.array(series.index.tolist()), pa.array(series.tolist()))
    found = found_in(cells)
    assert one == found
    if found is not None:
        assert found.present == len(cells)
        assert found.fits + sum(many for _, many in found.others) == len(cells)
        assert all(cells.count(word) == many for word, many in found.others)


def test_health_warns_of_them():
    data = load(b"id,price,day\n1,2.5,1/2/2020\n2,NA,3/4/2020\n3,4.5,5/6/2020\n", name="demo.csv")
    found = {finding.columns: finding for finding in health(data) if "is read as text" in finding.sentence}
    assert set(found) == {("price",), ("day",)}
    assert [found["price",].level, found["price",].count, found["day",].count] == ["warning", 1, 3]


def test_tables_as_people_write_them_are_read_as_suggested():
    """Shares, prices and counts as spreadsheets show them, and prices as R writes them."""
    rows = [
        f'{at},{at % 90}%,"$1,{at:03}","{at % 9 + 1},{at * 7 % 1000:03}",{"NA" if at % 40 == 3 else at / 8}'
        for at in range(120)
    ]
    body = "\n".join(["id,share,cost,count,price", *rows]).encode()
    data = load(body, name="human.csv")
    found = {one.column: [str(form) for form in one.forms] for one in suggested_forms(data.frame)}
    both = ["number:.", "number:,"]
    assert found == {"share": ["number:."], "cost": both, "count": both, "price": ["number:.;missing:NA"]}
    again = load(
        body, name="human.csv", read_as={column: suggested[0] for column, suggested in found.items()}
    )
    assert {again.roles[column].kind.value for column in found} == {"number"}
    assert again.frame["cost"].max() == 1119
    assert int(again.frame["price"].isna().sum()) == 3
