"""Held and estimated: both forms of a metric side by side, and never a weighted number without weights."""

from __future__ import annotations

import json

import pytest

from core.foundation.number_format import number
from core.metrics.declaration import METRICS, WEIGHTED
from core.model.recipe import Choice
from pages.ui.shared import kept_runs

from .._compared import CHOICES, finished, open_view, opened, said, tab

BOTH = "Held and estimated"


@pytest.fixture(scope="module")
def weighed():
    unequal = Choice("stratified", {"allocation": "equal"})
    test = finished(finished(tab(opened(strategies=(*CHOICES[:1], unequal, CHOICES[2])), "compare.py")))
    if not test.button(key="cmp_run").disabled:
        test.button(key="cmp_run").click().run()
    return open_view(finished(test), "Measure", BOTH)


def test_both_forms_stand_side_by_side(weighed):
    found = kept_runs.result(weighed.session_state["app"].runs[-1].key)
    rows = weighed.table[0].value
    for metric in METRICS:
        name = metric.id + WEIGHTED
        for at, letter in enumerate("AB"):
            means = found.results[at].means
            if name in means and metric.direction == "lower":
                row = rows[(rows["Metric"] == metric.label) & rows["Subset"].str.startswith(letter)]
                assert row["What you hold"].item() == number(means[metric.id])
                assert row["What it estimates"].item() in (number(means[name]), "0")
    # equal allocation holds other shares than the data set, and its weights put them right
    shares = rows[(rows["Metric"] == "Group shares") & rows["Subset"].str.startswith("B")]
    assert float(shares["What it estimates"].item()) < float(shares["What you hold"].item())


def test_a_strategy_without_weights_estimates_nothing(weighed):
    assert not any(weighed.table[0].value["Subset"].str.startswith("C"))
    assert "so no estimate: C" in said(weighed)
    charts = [json.loads(chart.proto.spec) for chart in weighed.get("plotly_chart")]
    names = {trace.get("name") for trace in charts[-1]["data"]}
    assert not any(name and name.startswith("C") for name in names)


def test_without_any_weights_the_view_says_so():
    test = finished(finished(tab(opened(strategies=CHOICES[2:], budget="20"), "compare.py")))
    if not test.button(key="cmp_run").disabled:
        test.button(key="cmp_run").click().run()
    open_view(finished(test), "Measure", BOTH)
    assert "None of these subsets has design weights" in said(test)
