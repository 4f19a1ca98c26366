"""Slide the budget on Compare: curves, thresholds, the slider, and the budget it hands back."""

from __future__ import annotations

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.budget_curves.result import Curves
from core.analysis.budget_curves.run import budget_grid
from core.analysis.budget_curves.smallest_budget import goal, smallest_budget
from core.analysis.random_band.several_budgets import band_at
from core.metrics.declaration import METRICS
from core.model.recipe import Choice, Mark
from core.report.charts import strips
from pages.ui.compare.all_views import VIEWS
from pages.ui.compare.budget_curves import slider, smallest_budget_view
from pages.ui.shared import cache, kept_runs

from .._compared import CHOICES, chosen_on, finished, open_view, opened, said, tab, titles_of

HEADING, VIEW = "Measure", "Budget curves"


def shown(**recipe: object) -> AppTest:
    """A tab with a comparison and its curves."""
    test = finished(finished(tab(opened(**recipe), "compare.py")))
    open_view(test, HEADING, VIEW)
    return measured(test)


def measured(test: AppTest) -> AppTest:
    """Press the button where there is one, and wait."""
    if any(button.key == "cmp_curves_start" for button in test.button):
        test.button(key="cmp_curves_start").click().run()
    return finished(test)


@pytest.fixture(scope="module")
def curved() -> AppTest:
    return shown(strategies=CHOICES, budget="35", seeds=2)


def found_in() -> Curves:
    kept = [one for one in cache.results()._items.values() if isinstance(one, Curves) and not one.partial]
    return kept[-1]


def figure_of(test: AppTest, at: int = -1) -> dict:
    return json.loads(test.get("plotly_chart")[at].proto.spec)


def test_the_view_stands_under_its_heading():
    assert VIEW in VIEWS[HEADING]


def test_curves_of_the_run_are_drawn(curved):
    found = found_in()
    assert found.budgets == budget_grid(178, 35)
    assert found.asked == 35
    assert [one.runs for one in found.curves] == [2, 2, 1, 1]
    drawn = [figure_of(curved, at) for at in range(len(curved.get("plotly_chart")))]
    (figure,) = [one for one in drawn if any(trace.get("name") == "random subsets" for trace in one["data"])]
    lines = [trace for trace in figure["data"] if trace["mode"] == "lines+markers"]
    assert len(lines) == 4 * len(found.headlines)
    assert [line["name"][0] for line in lines[:4]] == list("ABCD")
    text = said(curved)
    assert "A, C, D ran once, at the largest budget" in text
    assert "39 random subsets" in text
    assert "Stronger: where means of 2 of them lie" in text


def test_values_at_the_asked_budget_are_those_of_the_comparison(curved):
    found, both = found_in(), kept_runs.result(curved.session_state["app"].runs[-1].key)
    step = found.budgets.index(35)
    for at, result in enumerate(both.results):
        for name in found.headlines:
            assert found.means(at, name)[step] == result.means[name]


def test_the_slider_shows_the_first_rows_without_running_anything(curved):
    found = found_in()
    curved.slider(key="cmp_curves_slider").set_value(52).run()
    assert not curved.exception
    assert not cache.runner().waiting()
    near = found.curves[1].nearest(52)
    notes = [note for _, note in titles_of(curved, "curves")]
    assert notes == ["52 rows", f"{near} rows", "52 rows", "52 rows"]
    budgets = [52, near, 52, 52]
    rows = [found.rows(at, budget).tolist() for at, budget in enumerate(budgets)]
    assert chosen_on(curved, "curves") == rows
    text = said(curved)
    assert f"B is chosen again at each budget: nearest budget run, {near} rows." in text
    table = curved.table[-1].value
    want = found.measure(2, [52], found.headlines)
    column = next(name for name in table.columns if name.startswith("C "))
    for at, name in enumerate(found.headlines):
        assert table[column].iloc[at] == slider.number(float(want[name].mean()), METRICS[name].unit)


@pytest.mark.parametrize("budget", [52, 35])
def test_the_slider_shows_chance_at_its_budget_beside_each_value(curved, budget):
    found = found_in()
    curved.slider(key="cmp_curves_slider").set_value(budget).run()
    table = curved.table[-1].value
    (band,) = band_at(found.pool, [budget], size=39, seeds=2, seed=found.seed, metrics=found.headlines)
    for at, name in enumerate(found.headlines):
        for many, head in ((1, "95 % of random subsets"), (2, "95 % of means of 2")):
            low, high = band.limits(name, many)
            assert table[head].iloc[at] == strips.span((low, high), METRICS[name].unit)
    assert "the single ones beside C and D and the means of 2 beside A and B" in said(curved)


def test_chance_of_another_budget_says_so(curved, monkeypatch):
    monkeypatch.setattr(slider, "QUICK", 0.0)
    found = found_in()
    _, told = slider._chance(found, "far", kept_runs.shown(CHOICES), 52, found.headlines)
    near = min(found.budgets, key=lambda one: abs(np.log(one / 52)))
    assert f"random subsets at {near} rows, the nearest measured" in told


def test_a_budget_of_the_slider_goes_into_the_recipe(curved):
    curved.slider(key="cmp_curves_slider").set_value(48).run()
    curved.button(key="cmp_curves_use").click().run()
    assert not curved.exception
    assert curved.session_state["app"].recipe.budget == "48"
    assert curved.text_input(key="cmp_rows").value == "48"
    assert "changed since this run" in said(curved)
    assert curved.button(key="cmp_curves_use").disabled
    curved.text_input(key="cmp_rows").set_value("35").run()
    assert curved.session_state["app"].recipe.budget == "35"


def test_thresholds_are_answered_in_sentences(curved):
    found = found_in()
    limit = round(float(found.means(0, "coverage-radius")[-1]) * 1.3, 3)
    curved.text_input(key="cmp_curves_goal_coverage-radius_high").set_value(str(limit)).run()
    finished(curved)
    made = smallest_budget(found, [goal("coverage-radius", limit)])
    text = said(curved)
    assert "Smallest budget with Coverage radius" in text
    for one, letter in zip(made.answers, "ABCD", strict=True):
        assert f"**{letter} · " in text
        assert smallest_budget_view.sentence(found, made, one) in text
    assert made.answers[2].budget is not None
    assert "seeds (the worst, of the budgets measured, needs" in text
    assert smallest_budget_view.luck_sentence(made) in text
    curved.text_input(key="cmp_curves_goal_coverage-radius_high").set_value("").run()
    assert "Smallest budget with" not in said(curved)


def test_no_metric_no_curves(curved):
    held = curved.multiselect(key="cmp_curves_metrics").value
    curved.multiselect(key="cmp_curves_metrics").set_value([]).run()
    assert not curved.exception
    assert any("at least one metric" in str(one.value) for one in curved.info)
    curved.multiselect(key="cmp_curves_metrics").set_value(held).run()
    assert not curved.exception


def test_a_filter_pins_and_a_strategy_that_cannot_run():
    state = opened(
        strategies=(Choice("k-center"), Choice("dsir")), budget="12", band=39, groups="", where="alcohol > 13"
    )
    data = cache.dataset(state)
    inside = np.flatnonzero(data.frame["alcohol"].to_numpy() > 13)
    pins = tuple(Mark(data.keys[row].tobytes().hex()) for row in inside[:3])
    test = finished(finished(tab(state.changed(recipe=state.recipe.with_(pins=pins)), "compare.py")))
    open_view(test, HEADING, VIEW)
    measured(test)
    found = found_in()
    assert found.population == len(inside)
    for budget in (found.budgets[0], 11, found.budgets[-1]):
        rows = found.rows(0, budget)
        assert set(rows[:3]) == set(inside[:3])
        assert set(rows) <= set(inside)
    assert "has no curve: it needs a target" in said(test)
    test.slider(key="cmp_curves_slider").set_value(found.budgets[-1]).run()
    assert not test.exception


def test_one_strategy_at_the_budget_of_all_rows():
    test = shown(strategies=(Choice("stratified"),), budget="178", seeds=1, band=39)
    found = found_in()
    assert found.budgets[-1] == 178
    assert "Each of these strategies ran again at every budget." in said(test)
    assert not test.exception
