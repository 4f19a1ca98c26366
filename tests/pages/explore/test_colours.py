import numpy as np
import pandas as pd
import pytest

from core.model.dataset import Kind
from core.report.charts.theme import LIGHT
from pages.ui.explore import colours
from pages.ui.shared import highlight
from tests.core.features.toy import toy


@pytest.mark.parametrize("role", [Kind.CATEGORY, Kind.LABEL, Kind.ENTITY, Kind.LICENCE, Kind.NUMBER])
def test_codes_are_coloured_as_their_role_reads_them(role):
    shops = pd.Series(np.arange(60) % 20 + 101, dtype="Int64")
    made = colours._make(toy(pd.DataFrame({"shop": shops}), {"shop": role}), None, "shop", LIGHT)
    assert (made.values is not None) == (role is Kind.NUMBER)
    if role is not Kind.NUMBER:
        assert made.codes is not None
        assert len(np.unique(made.codes)) > 1


def test_times_are_coloured_as_days():
    days = pd.Series(pd.date_range("2020-01-01", periods=30, tz="UTC").astype("datetime64[us, UTC]"))
    days[3] = pd.NaT
    made = colours._make(toy(pd.DataFrame({"when": days}), {"when": Kind.TIME}), None, "when", LIGHT)
    assert made.values is not None
    assert np.isnan(made.values).sum() == 1
    assert np.nanmin(made.values) == 18_262


def test_a_highlighted_value_alone_has_a_colour():
    kinds = pd.Series(["common"] * 50 + ["rare"] * 2 + [None] * 3, dtype="string")
    data = toy(pd.DataFrame({"kind": kinds}), {"kind": Kind.CATEGORY})
    found = highlight.categories(data, None, "kind")
    assert [found.names[code] for code in found.rarest] == ["rare", "common"]
    made = colours._make(data, None, "kind", LIGHT, found.rarest[0])
    assert made.highlight
    assert np.flatnonzero(made.codes == 0).tolist() == [
        row
        for row in range(55)
        if data.frame["kind"].iloc[row] is not pd.NA and data.frame["kind"].iloc[row] == "rare"
    ]


def test_numbers_have_no_value_to_highlight():
    data = toy(pd.DataFrame({"price": np.arange(60) * 1.5}), {"price": Kind.NUMBER})
    assert highlight.categories(data, None, "price") is None
    assert highlight.categories(data, None, highlight.GROUPS) is None
