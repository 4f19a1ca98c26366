"""Downstream views of Compare: paired tests, and questions to the guarded rows."""

from __future__ import annotations

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.held_out.reusable_holdout import ALLOWANCE
from core.analysis.paired_tests.result import PairedResult, PairResult
from core.data.load import load
from core.model.recipe import Choice, Recipe
from core.report.charts.paired_tests import PairDifference, forest, forest_alt
from core.report.charts.theme import DARK, LIGHT, Slot
from core.study.reusable_holdout import holdout_of
from pages.ui.shared import cache, visitor
from pages.ui.shared.app_state import AppState

from .._compared import finished, open_view, opened, said, tab

TWO = (Choice("stratified"), Choice("random"), Choice("dsir"))
PAIRED, GUARDED = "Is the difference real?", "Reusable holdout"


def compared(state: AppState) -> AppTest:
    return finished(finished(tab(state, "compare.py")))


@pytest.fixture(scope="module")
def wine() -> AppTest:
    return compared(opened(strategies=TWO, budget="30", seeds=1, band=9))


def spec(test: AppTest) -> dict:
    return json.loads(test.get("plotly_chart")[-1].proto.spec)


def judged(test: AppTest, name: str) -> PairedResult:
    """The result that the page shows, against slot B."""
    run = test.session_state["app"].runs[-1]
    found = cache.results().get(cache.name_of("paired", [run.key, name, 1]))
    assert isinstance(found, PairedResult)
    return found


def test_the_baseline_is_random_and_the_test_of_strategies(wine):
    open_view(wine, "Measure", PAIRED)
    run = wine.session_state["app"].runs[-1].key[:12]
    assert wine.selectbox(key=f"cmp_paired_baseline_{run}").value == 1
    assert wine.selectbox(key="cmp_paired_test").value == "5x2cv"
    assert "compares the strategies" in said(wine)
    assert re.search(r"Run the test · .*\d (s|min)", wine.button(key="cmp_paired_start").label)


@pytest.mark.parametrize("test", ["mcnemar", "cochran", "5x2cv"])
def test_a_test_runs_and_is_told(wine, test):
    open_view(wine, "Measure", PAIRED)
    wine.selectbox(key="cmp_paired_test").set_value(test).run()
    wine.button(key="cmp_paired_start").click().run()
    finished(wine)
    text = said(wine)
    found = judged(wine, test)
    assert len(found.pairs) == 1
    titles = ("A · Stratified", "B · Random", "C · DSIR")
    assert found.words(found.pairs[0], titles) in text.replace("\\", "")
    assert "**C · DSIR" in text.replace("\\", "")
    assert "was not tested: it needs a target" in text.replace("\\", "")
    assert ("made again 10 times per strategy" in text) == (test == "5x2cv")
    assert ("fitted models" in text) == (test != "5x2cv")
    assert ("All 2 models together" in text) == (test == "cochran")
    drawn = spec(wine)
    assert [trace["name"] for trace in drawn["data"]] == ["A − B"]
    assert "Holm p" in wine.dataframe[-1].value.columns


def test_every_pair_can_be_asked_for():
    test = compared(opened(strategies=(*TWO[:2], Choice("k-center")), budget="30", seeds=1, band=9))
    open_view(test, "Measure", PAIRED)
    run = test.session_state["app"].runs[-1].key[:12]
    test.selectbox(key="cmp_paired_test").set_value("mcnemar").run()
    test.selectbox(key=f"cmp_paired_baseline_{run}").set_value(-1).run()
    test.button(key="cmp_paired_start").click().run()
    finished(test)
    assert [trace["name"] for trace in spec(test)["data"]] == ["B − A", "C − A", "C − B"]


def test_the_run_is_tested_and_not_the_choices_changed_since(wine):
    open_view(wine, "Measure", PAIRED)
    wine.selectbox(key="cmp_paired_test").set_value("632+").run()
    wine.text_input(key="cmp_rows").set_value("60").run()
    assert "changed since this run" in said(wine)
    wine.button(key="cmp_paired_start").click().run()
    finished(wine)
    # A bootstrap sample has about 113 of 178 rows; of those the run's 30, not the new 60, are asked for.
    chosen = int(judged(wine, "632+").redone.split("of which ")[1].split(" ")[0])
    assert 16 <= chosen <= 22
    wine.text_input(key="cmp_rows").set_value("30").run()


def test_a_question_is_answered_paid_and_kept(wine):
    open_view(wine, "Measure", GUARDED)
    guard = holdout_of(cache.study(wine.session_state["app"]))
    before = guard.record()
    assert f"{before.left} of {ALLOWANCE} disagreements left" in wine.get("progress")[-1].proto.text
    wine.button(key="cmp_guarded_start").click().run()
    finished(wine)
    text = said(wine).replace("\\", "")
    after = guard.record()
    assert len(after.asked) == len(before.asked) + 1
    asked = after.asked[-1]
    assert f"A · Stratified** predicts **{100 * asked.value:.1f} %** of rows correctly" in text
    assert f"{after.left} of {ALLOWANCE} disagreements left" in wine.get("progress")[-1].proto.text
    assert "Preserving statistical validity" in text
    assert wine.dataframe[-1].value["subset"].tolist()[0] == "A · Stratified"
    # A second tab sees the same record.
    other = tab(wine.session_state["app"], "compare.py")
    open_view(other, "Measure", GUARDED)
    assert f"{after.left} of {ALLOWANCE} disagreements left" in other.get("progress")[-1].proto.text


def test_a_damaged_record_is_told_in_place(wine):
    guard = holdout_of(cache.study(wine.session_state["app"]))
    kept = guard.path.read_bytes() if guard.path.exists() else None
    guard.path.parent.mkdir(parents=True, exist_ok=True)
    guard.path.write_bytes(b"{")
    try:
        open_view(wine, "Measure", GUARDED)
        assert "backup" in said(wine)
        assert guard.path.read_bytes() == b"{"
    finally:
        guard.path.unlink()
        if kept is not None:
            guard.path.write_bytes(kept)


def test_without_labels_both_say_what_is_missing():
    lines = "".join(f"{at},{at % 7},{(at * 13) % 11}\n" for at in range(60))
    data = load(f"id,a,b\n{lines}".encode(), name="plain.csv")
    recipe = Recipe(features="table", groups="kmeans:3", strategies=TWO[:2], budget="12", band=9)
    test = compared(AppState(data=cache.keep(data, "upload", [visitor.SAMPLES]), recipe=recipe))
    for name in (PAIRED, GUARDED):
        open_view(test, "Measure", name)
        assert "needs a label" in said(test)
        assert any("role label" in str(link.proto) for link in test.get("page_link"))


def test_one_strategy_has_nothing_to_be_tested_against():
    test = compared(opened(strategies=TWO[:1], budget="30", seeds=1, band=9))
    open_view(test, "Measure", PAIRED)
    assert "needs two strategies" in said(test)


# ---- the figure --------------------------------------------------------------------------------------

EVIL = "<b>x</b> & $y$"


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_plot_says_what_was_found(theme):
    a, b, c = (Slot(slot, name) for slot, name in enumerate(["a", EVIL, "c"]))
    items = [
        PairDifference(a, b, 3.1, -1.0, 7.0, False, "+3.1 · Holm p = .200", (2.0, 4.2)),
        PairDifference(a, c, -20.0, -30.0, -9.0, True, "−20.0 · Holm p = .001"),
    ]
    figure = forest(items, theme=theme, ranges="the folds")
    fills = [trace.marker.color for trace in figure.data]
    assert fills == [theme.paper, theme.hues[2]]
    assert [trace.x[0] for trace in figure.data] == [3.1, -20.0]
    low, high = figure.layout.xaxis.range
    assert low < -30
    assert high == -low
    ticks = [shape for shape in figure.layout.shapes if shape.x0 == shape.x1 and shape.x0 in (2.0, 4.2)]
    assert len(ticks) == 2
    words = json.dumps(figure.to_plotly_json(), default=str)
    assert EVIL not in words
    assert forest_alt(items) == (
        "Differences in accuracy of 2 pairs: B − A +3.1 points; C − A −20.0 points. "
        "Shown at 5 % after Holm: C − A."
    )
    assert "None is shown" in forest_alt(items[:1])


def test_an_undefined_pair_is_drawn_without_a_verdict():
    nan = float("nan")
    pair = PairResult(0, 1, 0.1, 0.1, 0.1, nan, nan)
    found = PairedResult("5x2cv", ("a", "b"), ("", ""), (0.5, 0.6), (pair,), "")
    assert not pair.significant
    assert "not judged" in found.words(pair)
    item = PairDifference(Slot(0, "a"), Slot(1, "b"), 10.0, 10.0, 10.0, False, "p not defined")
    assert forest([item], theme=LIGHT, ranges="").data[0].marker.color == LIGHT.paper
