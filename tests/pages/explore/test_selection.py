"""Selections are geometry over all rows; pins and bans are row keys with a reason."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.load import load
from core.model.recipe import Mark
from pages.ui.explore import selection


def test_marks_find_their_rows_whatever_the_key_bytes() -> None:
    data = load(b"id,x\n" + b"".join(b"%d,%d\n" % (at, at % 7) for at in range(500)), name="a.csv")
    rows = np.array([3, 77, 499])
    marks = tuple(Mark(key) for key in selection.keys_of(data, rows))
    assert selection.rows_of(data, marks).tolist() == rows.tolist()
    assert selection.rows_of(data, (Mark("f" * 32), *marks[:1])).tolist() == [3]
    assert selection.rows_of(data, ()).tolist() == []


@pytest.mark.parametrize("cell", ["=1+1", "@x"])
def test_what_is_downloaded_does_not_run_in_a_spreadsheet(cell: str) -> None:
    data = load(f"id,t\n1,{cell}\n2,plain\n".encode(), name="a.csv")
    body = selection.csv_of(data, np.arange(2))().decode()
    assert f"'{cell}" in body
