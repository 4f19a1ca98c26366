"""Columns as numbers and entity codes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.columns import as_numbers, entity_codes
from core.errors import ColumnError


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
