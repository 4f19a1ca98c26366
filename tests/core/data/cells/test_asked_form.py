"""Columns in a form that was asked for: what their cells become, and what is refused or counted."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.load import load
from core.foundation.errors import ColumnError, RecipeError


def column(cells, form, **more):
    data = load({"id": list(range(len(cells))), "x": cells}, id_column="id", read_as={"x": form}, **more)
    order = np.argsort(data.order)
    found = data.frame["x"].iloc[order]
    return [None if pd.isna(one) else one for one in found], data


@pytest.mark.parametrize(
    ("cells", "form", "expected"),
    [
        (["$1,495", "$2", ""], "number:.", [1495, 2, None]),
        (["87%", "5.5%"], "number:.", [0.87, 0.055]),
        (["1.234,5", "7"], "number:,", [1234.5, 7]),
        (["1.5", "NA", "-"], "missing:NA|-", [1.5, None, None]),
        (["1.5", " NA ", "2"], "number:.;missing:NA", [1.5, None, 2]),
        (["1.5", "five", "2"], "number:.;else:missing", [1.5, None, 2]),
        (["12", "13"], "text", ["12", "13"]),
        (["12", "?"], "text;missing:?", ["12", None]),
        (["true", "false"], "text", ["true", "false"]),
    ],
)
def test_cells_become_what_was_asked(cells, form, expected):
    assert column(cells, form)[0] == expected


def test_dates_become_times():
    found, data = column(["12/31/2020", "1/2/2021"], "date:mdy")
    assert found == [datetime(2020, 12, 31, tzinfo=UTC), datetime(2021, 1, 2, tzinfo=UTC)]
    assert data.roles["x"].kind.value == "time"
    assert "'x' was read as dates with month, day, year, as asked." in data.notes


def test_a_cell_of_another_form_is_refused_with_what_to_write():
    with pytest.raises(ColumnError) as caught:
        column(["1.5", "NA", "NA", "five"], "number:.;missing:?")
    error = caught.value
    assert error.what == "Column 'x' cannot be read as numbers with a decimal point"
    assert error.why == "3 of 4 cells are of another form: 'NA' (2 rows), 'five' (1 row)"
    assert "'number:.;missing:?|NA|five'" in error.do
    found, _ = column(["1.5", "NA", "NA", "five"], "number:.;missing:?|NA|five")
    assert found == [1.5, None, None, None]
    with pytest.raises(ColumnError) as caught:
        column([f"word {at}" for at in range(9)], "date:dmy")
    assert "and 4 other values" in caught.value.why
    assert "date:dmy;else:missing" in caught.value.do
    assert "date:%d.%m.%y" in caught.value.do, "who wrote two digits of a year reads how"


def test_what_is_lost_on_purpose_is_counted():
    _, data = column(["1.5", "NA", "NA", "five"], "number:.;else:missing")
    told = "'x' was read as numbers with a decimal point, as asked; 3 cells of another form are missing"
    assert f"{told}: 'NA' (2 rows), 'five' (1 row)." in data.notes


def test_money_of_two_kinds_and_percent_beside_none():
    with pytest.raises(ColumnError, match=r"amounts in \$, €"):
        column(["$5", "5 €"], "number:.")
    _, data = column(["5%", "0.5"], "number:.")
    assert any(
        note.endswith("divides by 100; cells without the sign are as they stand.") for note in data.notes
    )


@pytest.mark.parametrize(
    ("cells", "form"), [([True, False], "number:."), ([1.5, 2.5], "date:dmy"), ([True, False], "date:dmy")]
)
def test_cells_of_another_type_are_refused(cells, form):
    with pytest.raises(ColumnError, match="the file holds"):
        column(cells, form)


def test_typed_cells_of_the_form_stay_as_they_are():
    stamps = pd.to_datetime(pd.Series(["2020-05-01", "2021-01-01"]), utc=True)
    assert column(stamps, "date:mdy")[0] == list(stamps)
    assert column([1.234, 5.0], "number:,")[0] == [1.234, 5.0]
    assert column([20201231, 20210101], "date:%Y%m%d")[0] == [
        datetime(2020, 12, 31, tzinfo=UTC),
        datetime(2021, 1, 1, tzinfo=UTC),
    ]
    assert column([1.5, 2.0], "text")[0] == ["1.5", "2.0"]
    assert column([1, 2, 99], "number:.;missing:99")[0] == [1, 2, None]


def test_numbers_of_the_file_among_texts_are_no_thousands():
    """A cell that is the number 1.234 must not become 1234 because texts beside it have decimal commas."""
    book = io.BytesIO()
    frame = pd.DataFrame({"id": [1, 2], "x": [1.234, "1,5"]})
    frame.to_excel(book, index=False)
    records = b'[{"id": 1, "x": 1.234}, {"id": 2, "x": "1,5"}]'
    for source in (frame, book.getvalue(), records, {"id": [1, 2], "x": [1.234, "1,5"]}):
        with pytest.raises(ColumnError, match="numbers of its own"):
            load(source, name="t", read_as={"x": "number:,"})
    text = load(b"id;x\n1;1.234\n2;1,5\n", name="t.csv", read_as={"x": "number:,"})
    assert sorted(text.frame["x"]) == [1.5, 1234.0]


def test_vectors_have_no_form_and_columns_must_be_there():
    with pytest.raises(ColumnError, match="it holds vectors"):
        load({"id": [1, 2], "v": np.ones((2, 10))}, read_as={"v": "text"})
    with pytest.raises(ColumnError, match="There is no column 'y'"):
        load({"x": [1, 2]}, read_as={"y": "number:."})
    data = load({"x": [1, 2]}, read_as={"y": "number:."}, strict=False)
    assert "There is no column 'y' to be read as 'number:.'." in data.notes
    with pytest.raises(RecipeError):
        load({"x": [1, 2]}, read_as={"x": "numbers"})


CELLS = st.lists(st.sampled_from(["1,234", "$5", "7%", "NA", "0.5", "", "1,5"]), min_size=2, max_size=20)


@given(
    CELLS,
    st.randoms(use_true_random=False),
    st.sampled_from(["number:.;else:missing", "number:,;else:missing", "missing:NA", "text"]),
)
def test_neither_the_order_of_rows_nor_that_of_columns_matters(cells, random, form):
    rows = [{"id": at, "x": cell, "y": at % 3} for at, cell in enumerate(cells)]
    mixed = [dict(reversed(row.items())) for row in random.sample(rows, len(rows))]
    tables = [pa.table({name: [row[name] for row in part] for name in part[0]}) for part in (rows, mixed)]
    one, other = (load(table, id_column="id", read_as={"x": form}) for table in tables)
    assert one.fingerprint.digest == other.fingerprint.digest
    assert one.roles == {name: other.roles[name] for name in one.roles}
    assert one.notes == other.notes


def test_a_file_of_numbers_and_the_same_in_spellings_have_one_fingerprint():
    plain = load(b"id,a,b,c\n1,1495,0.87,2020-12-31\n2,-3,0.055,1998-06-12\n", name="t.csv")
    forms = {"a": "number:.", "b": "number:,", "c": "date:dmy"}
    spelled = load(
        b'c,id,b,a\n12 June 1998,2,"5,5%",(3)\n31.12.2020,1,87%,"$1,495"\n', name="other.csv", read_as=forms
    )
    assert spelled.fingerprint.digest == plain.fingerprint.digest
