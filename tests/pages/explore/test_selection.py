"""Selections are geometry over all rows; pins and bans are row keys with a reason."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.load import load
from core.model.recipe import Mark
from pages.ui.explore import selection

XY = np.array([[0, 0], [1, 1], [5, 5], [6, 6]], np.float32)


def event(box: list[dict[str, list[float]]] | None = None, lasso: list[dict[str, list[float]]] | None = None):  # type: ignore[no-untyped-def]
    return {"selection": {"points": [{"x": 9}], "point_indices": [3], "box": box or [], "lasso": lasso or []}}


def test_points_of_the_browser_are_never_used() -> None:
    assert selection.drawn_rows(event(), XY) is None
    assert selection.drawn_rows(None, XY) is None


def test_boxes_and_lassos_are_joined() -> None:
    found = selection.drawn_rows(
        event(box=[{"x": [-1, 0.5], "y": [0.5, -1]}], lasso=[{"x": [4, 7, 7, 4], "y": [4, 4, 7, 7]}]), XY
    )
    assert found is not None
    assert found[0].tolist() == [0, 2, 3]
    assert found[1] == "lasso on the map"


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
