"""The probe view of Compare."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.comparison.held_out_table import downstream_table
from core.analysis.held_out.intervals import over_seeds
from core.analysis.held_out.learning_result import Learning
from core.data.load import load
from core.model.recipe import Choice, Recipe
from pages.ui.compare.all_views import VIEWS
from pages.ui.compare.held_out import learning_curves
from pages.ui.shared import cache, kept_runs, visitor
from pages.ui.shared.app_state import AppState

from .._compared import CHOICES, finished, open_view, opened, said, tab

HEADING, VIEW = "Measure", "Probe"


def shown(**recipe: object) -> AppTest:
    """A tab with a comparison, at the view."""
    state = opened(**({"strategies": CHOICES, "budget": "35", "seeds": 2} | recipe))
    return open_view(finished(finished(tab(state, "compare.py"))), HEADING, VIEW)


def curved(test: AppTest) -> AppTest:
    """Make the learning curves, where they did not start by themselves, and wait."""
    if any(button.key == "cmp_learned_start" for button in test.button):
        test.button(key="cmp_learned_start").click().run()
    return finished(test)


@pytest.fixture(scope="module")
def probed() -> AppTest:
    return curved(shown())


def figures_of(test: AppTest) -> list[dict]:
    return [json.loads(one.proto.spec) for one in test.get("plotly_chart")]


def comparison(test: AppTest):
    return kept_runs.result(test.session_state["app"].runs[-1].key)


def test_the_view_stands_under_its_heading():
    assert VIEW in VIEWS[HEADING]


def test_both_intervals_are_drawn_and_told_apart(probed):
    text = said(probed)
    assert "36 of 178 rows held out" in text
    assert "another draw, from all rows" in text
    assert "Thick bar" in text
    assert "Thin bar" in text
    (figure,) = [
        one for one in figures_of(probed) if any(t.get("name") == "A mean, other seeds" for t in one["data"])
    ]
    first = comparison(probed).results[0]
    bar = next(trace for trace in figure["data"] if trace["name"] == "A mean, other seeds")
    expected = np.clip(over_seeds([seed["probe-accuracy"] for seed in first.metrics]), 0, 1)
    assert bar["x"] == pytest.approx(expected)
    # k-center runs once: no interval over seeds on any of five metrics
    assert not any(trace["name"] == "C mean, other seeds" for trace in figure["data"])
    dots = [trace for trace in figure["data"] if trace["mode"] == "markers+text"]
    assert len(dots) == 4 * 5


def test_the_table_has_both_probes(probed):
    frame = next(one for one in probed.dataframe if "95 %, over seeds" in one.value.columns).value
    assert len(frame) == 4 * 10
    assert set(frame[frame.Seeds == 1]["95 %, over seeds"]) == {"one seed"}


def test_learning_curves_come_with_their_band(probed):
    made = cache.results().get(learning_curves.name_of(probed.session_state["app"].runs[-1].key))
    assert isinstance(made, Learning)
    assert [curve.seeds for curve in made.curves] == [2, 2, 1, 1]
    table = made.table()
    assert len(table) == 4 * len(made.band.sizes) * 10
    # at the comparison's own size each point is the comparison's value
    at = list(made.band.sizes).index(made.asked)
    for curve, result in zip(made.curves, comparison(probed).results, strict=True):
        assert curve.means("probe-accuracy")[at] == pytest.approx(result.means["probe-accuracy"])
    (figure,) = [
        one for one in figures_of(probed) if any(t.get("name") == "random subsets" for t in one["data"])
    ]
    lines = [trace for trace in figure["data"] if trace["mode"] == "lines+markers"]
    assert len(lines) == 4 * 2  # accuracy and worst group
    assert sum("error_y" in trace for trace in lines) == 2 * 2  # two strategies have two seeds
    text = said(probed)
    assert "39 random subsets of that size" in text
    assert "A, C, D ran once" in text
    assert "right as often as it claims" in text
    # the reliability shown is of the models that the numbers above are of
    assert f"which learned from {made.asked} rows as for the numbers above" in text
    shown = learning_curves.calibrations_of(SimpleNamespace(slots=kept_runs.shown(CHOICES)), made, "logistic")
    for item, result in zip(shown, comparison(probed).results, strict=True):
        assert item.error == pytest.approx(result.metrics[0]["probe-calibration"])
        known = item.rows > 0
        off = np.abs(item.right[known] - item.sure[known])
        assert item.error == pytest.approx(float((item.rows[known] * off).sum() / item.rows.sum()))


def test_the_other_probe_and_other_metrics(probed):
    probed.segmented_control(key="cmp_probe_model").set_value("neighbours").run()
    assert not probed.exception
    assert "nearest to a held-out row vote" in said(probed)
    probed.pills(key="cmp_learned_metrics_neighbours").set_value([]).run()
    assert "Choose at least one metric" in said(probed)
    probed.segmented_control(key="cmp_probe_model").set_value("logistic").run()
    assert not probed.exception


def test_a_metric_that_no_group_is_large_enough_for_says_why_and_draws_nothing():
    numbers = np.random.default_rng(0).normal(size=(60, 4))
    rows = [f"{row},{','.join(map(str, numbers[row]))},{'abcdef'[row % 6]}" for row in range(60)]
    data = load(("id,w,x,y,z,label\n" + "\n".join(rows)).encode(), name="lone.csv")
    recipe = Recipe(strategies=(Choice("random"),), seeds=2, band=39, budget="20", label="label", groups=None)
    state = AppState(data=cache.keep(data, "upload", [visitor.SAMPLES]), recipe=recipe)
    test = open_view(finished(finished(tab(state, "compare.py"))), HEADING, VIEW)
    text = said(finished(test))
    assert "Probe, worst group is not defined: no label class has 10 held-out rows or more." in text
    assert "Probe, gap between groups is not defined: fewer than two label classes have" in text
    assert "not defined to not defined" not in json.dumps(figures_of(test))
    assert "Probe, worst group" not in json.dumps(figures_of(test))


def test_seeds_that_agree_are_told(probed):
    table = downstream_table(comparison(probed))
    table = table[table.probe == "logistic"]  # the probe that is shown
    assert ((table.seeds > 1) & (table.high - table.low < 1e-9)).any() == (
        "all seeds agree, the thick bar has no length" in said(probed)
    )


def test_without_a_label_column_the_view_says_what_to_do():
    test = shown(label=None, roles={"cultivar": "category"}, strategies=(Choice("random"),), seeds=1, band=39)
    assert "no column has that role" in said(test)
    assert "Give a column the role label" in [one.proto.label for one in test.get("page_link")]
    assert not any(button.key == "cmp_learned_start" for button in test.button)


def test_one_strategy_one_seed_a_preview_pins_and_a_filter():
    test = shown(
        strategies=(Choice("random"),), seeds=1, band=39, groups=None, where="alcohol > 12.5", budget="20"
    )
    text = said(test)
    assert "One seed: there is no interval over seeds" in text
    assert "Preview: no verdicts" in text
    curved(test)
    assert "A ran once" in said(test)


def test_a_strategy_that_cannot_run_has_no_line():
    test = shown(strategies=(Choice("random"), Choice("dsir")), seeds=1, band=39)
    assert len([one for one in comparison(test).results if one.selections]) == 1
    curved(test)
    assert "has no curve" in said(test)
