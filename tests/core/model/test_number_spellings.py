"""Numbers and dates kept as text: health, the role's reason and every refusal say the same of a column."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.health import health
from core.data.load import load, with_roles
from core.data.roles import possible_ids
from core.foundation.errors import ColumnError
from core.model.columns import as_numbers, why_no_number
from core.model.number_spellings import has_codes, rows_with, written, written_column
from core.study.study import Study

ROWS = 60
FORMS = {
    "a decimal comma": lambda at: f"{1000 + at},4{at % 10}",
    "a percent sign": lambda at: f"{at}.5%",
    "a currency sign": lambda at: f"${at}.25",
    "commas between thousands": lambda at: f"{at + 1},000.5",
    "points between thousands": lambda at: f"{at + 1}.000,5",
}
DATES = [
    lambda at: f"{at % 28 + 1}.{at % 12 + 1}.20{at % 90 + 10}",
    lambda at: f"2026/{at % 12 + 1}/{at % 28 + 1}",
]


def column_of(form):
    return load(pd.DataFrame({"x": [form(at) for at in range(ROWS)], "n": [1.5] * ROWS}), name="t")


@pytest.mark.parametrize("what", FORMS)
def test_a_column_of_written_numbers_is_told_by_them_everywhere(what):
    data = column_of(FORMS[what])
    meant = written_column(data.frame["x"])
    assert meant is not None
    assert meant.what.startswith(f"numbers written with {what} ('")
    assert meant.cells == ROWS
    assert any("'x' holds numbers in every cell and is read as text" in one.sentence for one in health(data))
    assert data.roles["x"].kind.value == "ignore"
    assert data.roles["x"].reason == f"its cells are {meant.what}; read as numbers they could be used"
    for ask in (
        lambda: with_roles(data, {"x": "number"}),
        lambda: with_roles(data, {"x": "score"}),
        lambda: as_numbers(data.frame["x"], "x"),
        lambda: Study(data).group("").select("random", "5 x"),
        lambda: Study(data).with_(score="x").scores(),
    ):
        with pytest.raises(ColumnError) as caught:
            ask()
        assert caught.value.why == (
            f"it holds {meant.what}, which are read as text; they can be read as number:. or number:,"
        )


@pytest.mark.parametrize("form", DATES)
def test_dates_without_a_month_are_told_as_dates(form):
    data = column_of(form)
    meant = written_column(data.frame["x"])
    assert meant is not None
    assert meant.dates
    assert f"it holds {meant.what}, which are read as text; they can be read as date:" in why_no_number(
        data.frame["x"]
    )
    assert data.roles["x"].reason == f"its cells are {meant.what}; read as dates they could be used"
    with pytest.raises(ColumnError) as caught:
        with_roles(data, {"x": "time"})
    assert caught.value.why == f"it holds {meant.what}, which are read as text"
    assert "date:dmy" in caught.value.do
    with pytest.raises(ColumnError, match="not every value is a date"):
        with_roles(column_of(FORMS["a percent sign"]), {"x": "time"})


@pytest.mark.parametrize("form", [*FORMS.values(), *DATES])
def test_amounts_and_dates_are_not_offered_as_the_id(form):
    data = column_of(form)
    assert data.frame["x"].is_unique
    assert possible_ids(data.frame) == []
    assert not any("could be the id" in one.sentence for one in health(data))
    phones = column_of(lambda at: f"+49{at:05d}")
    assert possible_ids(phones.frame) == ["x"]


@given(
    st.lists(
        st.sampled_from(["1", "2.5", "3,5", "5%", "+7", "word", "007", "1.2.2026"]), min_size=1, max_size=30
    )
)
def test_nine_tenths_decide_and_text_is_never_called_numbers(cells):
    plain = sum(cell in ("1", "2.5") for cell in cells)
    ways = sum(cell in ("3,5", "5%", "+7") for cell in cells)
    dates = cells.count("1.2.2026")
    meant = written(pa.array(cells))
    if dates >= 0.9 * len(cells):
        assert meant is not None
        assert meant.dates
    elif ways and plain + ways >= 0.9 * len(cells) and "007" not in cells:
        assert meant is not None
        assert meant.cells == ways
        assert meant.measures == bool({"3,5", "5%"} & set(cells))
    else:
        assert meant is None
    counted = pd.Series(cells, dtype="string")
    assert written_column(counted) == meant
    assert has_codes(pa.array(cells)) == ("007" in cells)
    assert rows_with(pa.array(cells), None, "^word$") == cells.count("word")


def test_what_is_no_text_or_holds_nothing_is_not_written():
    assert written_column(pd.Series([1, 2])) is None
    assert written_column(pd.Series([None, None], dtype="string")) is None
    assert written(pa.array([], pa.string())) is None
