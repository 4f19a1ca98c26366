"""Columns as numbers and entity codes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.foundation.errors import ColumnError
from core.model.columns import as_numbers, entity_codes, why_no_number


def test_times_are_seconds_since_1970() -> None:
    times = pd.Series(pd.to_datetime(["1970-01-02T00:00:00", None, "2024-01-01T00:00:01"], utc=True))
    assert as_numbers(times, "when").tolist()[::2] == [86_400.0, 1_704_067_201.0]
    assert np.isnan(as_numbers(times, "when")[1])
    naive = pd.Series(pd.to_datetime(["1970-01-01T00:00:02.5"]))
    assert as_numbers(naive, "when").tolist() == [2.5]


def test_numbers_and_booleans() -> None:
    assert as_numbers(pd.Series([1, None], dtype="Int64"), "a").tolist()[0] == 1.0
    assert as_numbers(pd.Series([True, False]), "a").tolist() == [1.0, 0.0]


def test_text_is_no_number() -> None:
    with pytest.raises(ColumnError, match="name cannot be"):
        as_numbers(pd.Series(["1", "2"]), "name")


def test_rows_without_an_entity_are_their_own() -> None:
    codes = entity_codes(pd.Series(["x", None, "y", "x", None]))
    assert codes.tolist() == [0, 2, 1, 0, 3]
    assert entity_codes(pd.Series([None, None], dtype="object")).tolist() == [0, 1]
    assert entity_codes(pd.Series([7, 7, 8])).tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([None, None], "it holds no value"),
        (pd.to_datetime(["2026-01-01"]), "it holds dates or times"),
        ([True, False], "it holds true and false"),
        (pd.array([True, None], "boolean"), "it holds true and false"),
        ([1, 2], "its numbers stand for categories, by the column's role"),
        (["a", "b"], "it holds text and no numbers"),
        (["1", "x", "y"], "2 of its 3 values are no numbers, for example 'x'"),
        (["1", "x"], "1 of its 2 values is no number, for example 'x'"),
        (["1", "2"], "its numbers are kept as text, for example '1'"),
    ],
)
def test_why_a_column_is_no_number(values, why):
    assert why in why_no_number(pd.Series(values))
