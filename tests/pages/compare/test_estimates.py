"""The view Estimate: claims beside the truth, and none where none can be made."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.estimates.intervals import Estimate
from core.model.recipe import Choice
from core.model.saved_rows import Only
from core.report.charts.theme import Slot
from pages.ui.compare.views import estimates
from pages.ui.shared import cache, kept_runs

from .._compared import finished, open_view, opened, said, tab

CHOICES = (Choice("random"), Choice("k-center"), Choice("systematic", {"by": "alcohol"}), Choice("dsir"))


@pytest.fixture(scope="module")
def shown() -> AppTest:
    test = finished(finished(tab(opened(strategies=CHOICES, budget="60", seeds=2, band=39), "compare.py")))
    return open_view(test, "Measure", "Estimate")


def test_every_subset_has_its_sentence(shown):
    shown.multiselect(key="cmp_est_columns").set_value(["alcohol"]).run()
    assert not shown.exception
    text = said(shown)
    data = cache.dataset(opened()).frame["alcohol"]
    found = kept_runs.result(shown.session_state["app"].runs[-1].key)
    mean = data.iloc[found.results[0].selections[0].rows].mean()
    assert f"the mean alcohol is {mean:.1f}".replace(".", "\\.") in text or f"is {mean:.1f}" in text
    assert f"the truth, {data.mean():.1f}" in text.replace("\\", "")
    plain = text.replace("\\", "")
    assert "no such claim can be made: it has no inclusion probabilities." in plain
    assert "without an interval: a systematic draw" in plain
    assert "did not run" in plain
    assert "The truth is known here only because all rows are at hand" in plain
    table = shown.dataframe[-1].value
    assert list(table["estimate"][table["subset"].str.startswith("B")]) == ["no claim"]
    assert table["95 % interval"][0]


@pytest.mark.parametrize(
    ("truths", "told"), [((5, 9), "1 holds the truth"), ((5, 5), "2 hold the truth"), ((9, 9), "0 hold the")]
)
def test_intervals_that_hold_the_truth_are_counted(truths, told):
    claims = [
        Estimate("ash", "", "mean", "hajek", truth=truth, estimate=5, error=1, low=4, high=6)
        for truth in truths
    ]
    assert f"Of 2 intervals, {told}" in estimates._sentence(None, 0, Slot(0, "Random"), claims)


def test_another_seed_is_another_subset(shown):
    shown.multiselect(key="cmp_est_columns").set_value(["alcohol"]).run()
    before = shown.dataframe[-1].value["estimate"].tolist()
    shown.selectbox(key="cmp_est_seed").set_value(1).run()
    assert not shown.exception
    after = shown.dataframe[-1].value["estimate"].tolist()
    assert before[0] != after[0]
    assert before[1] == after[1]
    shown.selectbox(key="cmp_est_seed").set_value(0).run()


@pytest.mark.parametrize("measure", ["mean or share", "total or count"])
def test_every_estimator_works(shown, measure):
    shown.multiselect(key="cmp_est_columns").set_value(["ash", "cultivar"]).run()
    shown.segmented_control(key="cmp_est_measure").set_value(measure).run()
    for rule in ("hajek", "horvitz-thompson", "ratio", "greg", "raking"):
        shown.selectbox(key="cmp_est_rule").set_value(rule).run()
        assert not shown.exception, rule
        if rule == "ratio":
            assert "needs at least one column" in said(shown)
            shown.selectbox(key="cmp_est_ratio").set_value("alcohol").run()
        if rule == "greg":
            shown.multiselect(key="cmp_est_aux_greg").set_value(["alcohol"]).run()
        if rule == "raking":
            shown.multiselect(key="cmp_est_aux_raking").set_value(["groups"]).run()
        assert not shown.exception, rule
        assert not shown.error, rule
        estimates = shown.dataframe[-1].value["estimate"]
        assert estimates[0] != "no claim", rule
    shown.selectbox(key="cmp_est_rule").set_value("hajek").run()
    shown.segmented_control(key="cmp_est_measure").set_value("mean or share").run()


def test_nothing_chosen_says_so(shown):
    shown.multiselect(key="cmp_est_columns").set_value([]).run()
    assert "Choose a column to estimate" in said(shown)
    shown.multiselect(key="cmp_est_columns").set_value(["alcohol"]).run()


def test_a_filter_gives_the_truth_of_what_it_leaves():
    state = opened(strategies=CHOICES[:1], budget="30", band=39, where="alcohol > 13")
    test = open_view(finished(finished(tab(state, "compare.py"))), "Measure", "Estimate")
    test.multiselect(key="cmp_est_columns").set_value(["alcohol"]).run()
    column = cache.dataset(opened()).frame["alcohol"]
    truth = float(np.mean(column[column > 13]))
    assert f"the truth, {truth:.1f}" in said(test).replace("\\", "")
    # The page's filter may change; the claims stay those of the run.
    now = test.session_state["app"]
    test.session_state["app"] = now.changed(recipe=now.recipe.with_(where=""))
    test.run()
    assert not test.exception
    assert f"the truth, {truth:.1f}" in said(test).replace("\\", "")


def test_another_saved_selection_does_not_change_what_a_run_is_told_against():
    mark = opened().data.fingerprint
    first, second = (Only.of(range(at, at + 60), 178, "some", mark) for at in (0, 100))
    choices = (Choice("random"), Choice("stratified"))
    state = opened(strategies=choices, budget="20", seeds=1, band=39, only=first)
    test = open_view(finished(finished(tab(state, "compare.py"))), "Measure", "Estimate")
    test.multiselect(key="cmp_est_columns").set_value(["alcohol"]).run()
    before = test.dataframe[-1].value
    mean = cache.dataset(opened()).frame["alcohol"].iloc[:60].mean()
    assert before["truth"][0] == f"{mean:.1f}"
    now = test.session_state["app"]
    test.session_state["app"] = now.changed(recipe=now.recipe.with_(only=second))
    test.run()
    assert not test.exception
    assert "changed since this run" in said(test)
    assert test.dataframe[-1].value.equals(before)
