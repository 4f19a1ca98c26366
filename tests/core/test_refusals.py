"""Refusals that were untrue: what a column holds, what there is of it, and what is not read yet."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.filters.filter_rows import no_row
from core.data.load import load, with_roles
from core.features.spec import FeatureSpec
from core.foundation.errors import ColumnError, DataError, ParameterError
from core.model.columns import as_numbers, why_no_number
from core.study.study import Study

MIXED = load(b"id,price,word,day\n1,5,a,2026-01-01\n2,n/a,b,2026-01-02\n3,7,c,2026-01-03\n", name="mixed.csv")


@given(st.lists(st.none() | st.sampled_from(["1", "2.5", "-3e4", "007", "n/a", "x", ""]), max_size=12))
def test_why_a_column_is_no_number_counts_what_is_there(cells):
    column = pd.Series(cells, dtype="string")
    values = [cell for cell in cells if cell is not None]
    wrong = [cell for cell in values if cell in ("n/a", "x", "")]
    why = why_no_number(column)
    if not values:
        assert why == "it holds no value"
    elif not wrong:
        assert why == f"its numbers are kept as text, for example {values[0]!r}"
    elif len(wrong) == len(values):
        assert why == "it holds text and no numbers"
    else:
        assert why.startswith(f"{len(wrong)} of its {len(values)} values ")
        assert why.endswith(f"for example {wrong[0]!r}")


@pytest.mark.parametrize(
    "ask",
    [
        lambda: as_numbers(MIXED.frame["price"], "price"),
        lambda: Study(MIXED).group("").select("random", "5 price"),
        lambda: Study(MIXED).with_(score="price").scores(),
        lambda: with_roles(MIXED, {"price": "number"}),
        lambda: with_roles(MIXED, {"price": "score"}),
    ],
)
def test_a_column_with_some_numbers_is_not_said_to_hold_none(ask):
    with pytest.raises(ColumnError, match="1 of its 3 values is no number, for example 'n/a'"):
        ask()


def test_other_columns_are_told_by_what_they_hold():
    for name, why in (("word", "it holds text and no numbers"), ("day", "it holds dates or times")):
        with pytest.raises(ColumnError, match=why):
            Study(MIXED).group("").select("random", f"5 {name}")
    flags = load(pd.DataFrame({"flag": [True, False]}), id_column="")
    with pytest.raises(ColumnError, match="it holds true and false"):
        Study(flags).group("").select("random", "5 flag")


def test_columns_that_are_not_listed_are_counted():
    data = load(pd.DataFrame({f"c{at:03d}": np.arange(3) for at in range(200)}), id_column="")
    for ask in (
        lambda: data.column("nope"),
        lambda: with_roles(data, {"nope": "text"}),
        lambda: load(data.frame, id_column="nope"),
        lambda: load(data.frame, roles={"nope": "text"}, id_column=""),
    ):
        with pytest.raises(ColumnError, match="c011 and 188 more"):
            ask()


@pytest.mark.parametrize("text", ["image:", "image:photo", "images:photo"])
def test_pictures_are_said_not_to_be_read_yet(text):
    with pytest.raises(ParameterError, match="pictures are not read yet"):
        FeatureSpec.parse(text)
    with pytest.raises(DataError, match="pictures are not read yet"):
        load(b"\x89PNG\r\n\x1a\n" + bytes(100), name="photo.png")
    data = load(pd.DataFrame({"photo": [f"a/{at}.jpg" for at in range(30)], "n": range(30)}), id_column="")
    assert "pictures are not read yet" in data.roles["photo"].reason


def test_no_row_tells_what_the_named_columns_hold():
    assert no_row(MIXED, "word = 'id' AND \"price\" > 3").why == (
        "price holds '5' (1), '7' (1), 'n/a' (1); word holds 'a' (1), 'b' (1), 'c' (1)"
    )
    assert no_row(MIXED, "day > '2027-01-01'").why == "day holds 2026-01-01 to 2026-01-03"
    assert no_row(MIXED, "false").why == ""
    assert no_row(load(b"n,m\n1,\n1,\n", name="x.csv", id_column=""), "n > 1 and m = 1").why == (
        "n holds 1 in every row; m holds nothing"
    )
