"""Compare's controls: the budget in three units, from which rows, and which question."""

from __future__ import annotations

import shlex
from time import sleep

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.random_band.draw import band_subsets
from core.data.load import load
from core.foundation.learned_pace import ExpectedTime, Pace
from core.metrics.declaration import METRICS
from core.model.needs import Need
from core.model.recipe import Choice, Mark, Recipe
from core.model.saved_rows import Only
from core.strategies.presets import PRESETS
from core.study.compare import compare_study
from core.study.study import Study
from pages.ui.compare.choices import budget_field, controls, missing_needs, question, run_cost, which_rows
from pages.ui.compare.take_away import command_line
from pages.ui.shared import cache, kept_runs, visitor
from pages.ui.shared.app_state import AppState, RowSet

from .._compared import CHOICES, errors, finished, open_view, opened, recipe_of, said, tab


def study_of(state: AppState) -> Study:
    return Study(cache.dataset(state), state.recipe, store=cache.store())


@pytest.fixture
def small() -> AppTest:
    """Two strategies; the first comparison, which starts by itself, is done."""
    named = {"odd <ones>": RowSet.of(np.arange(0, 120, 2), 178, "“odd <ones>”")}
    state = opened(strategies=CHOICES[:2], budget="20", band=9)
    picked = RowSet.of(np.arange(7), 178, "lasso on the map")
    return ran(tab(state.changed(named=named, picked=picked), "compare.py"))


def ran(test: AppTest) -> AppTest:
    """The page once the comparison it started is done; maps may still be in the making."""
    while any(job.title.startswith("Comparing") for job in cache.runner().waiting()):
        sleep(0.05)
    test.run()
    assert not test.exception, test.exception
    return test


# ---- budget ------------------------------------------------------------------------------------------


def test_a_budget_goes_from_rows_to_a_share_to_a_cost_and_back(small):
    unit = small.selectbox(key="cmp_unit")
    assert unit.options[:2] == ["rows", "% of rows"]
    assert "sum of magnesium" in unit.options
    unit.set_value("%").run()
    assert recipe_of(small).budget == "11.24%"
    small.selectbox(key="cmp_unit").set_value("cost:magnesium").run()
    assert not small.exception
    total = float(cache.dataset(opened()).frame["magnesium"].sum())
    wanted = total * 20 / 178
    amount = float(small.text_input(key="cmp_cost").value)
    assert amount == pytest.approx(wanted, rel=0.05)
    assert recipe_of(small).budget == f"{amount:.0f} magnesium"
    small.text_input(key="cmp_cost").set_value("3,000.5").run()
    assert recipe_of(small).budget == "3000.5 magnesium"
    assert small.button(key="cmp_run").label.startswith("Run · "), "it can be spent"
    small.selectbox(key="cmp_unit").set_value("rows").run()
    assert recipe_of(small).budget == str(round(3000.5 / (total / 178)))
    assert not small.exception


@pytest.mark.parametrize(
    ("budget", "told"),
    [("20 magnesium", "the cheapest row costs"), ("999999 ash", "together cost"), ("5 vintage", "no column")],
)
def test_a_cost_that_cannot_be_spent_is_told_in_place(budget, told):
    test = tab(opened(strategies=CHOICES[:1], budget=budget), "compare.py")
    assert told in errors(test)
    assert test.button(key="cmp_run").disabled


def priced(**recipe: object) -> AppState:
    """60 rows with a number, a cost that 4 of them lack, and a kind."""
    lines = [f"{row},{row % 7},{'' if row % 15 == 0 else 10 + row % 3},{'ab'[row % 2]}" for row in range(60)]
    data = load(("id,x,unit cost,kind\n" + "\n".join(lines)).encode(), name="orders.csv")
    made = Recipe(strategies=(Choice("random"),), seeds=1, band=39, **recipe)
    return AppState(data=cache.keep(data, "upload", [visitor.SAMPLES]), recipe=made)


def test_rows_without_a_cost_can_be_left_out_with_a_click():
    test = ran(tab(priced(budget="6", where="kind = 'a' or x > 3"), "compare.py"))
    if not test.button(key="cmp_run").disabled:
        test.button(key="cmp_run").click().run()
        test = ran(test)
    before = test.session_state["app"].runs[-1].key
    test.selectbox(key="cmp_unit").set_value("cost:unit cost").run()
    amount = float(test.text_input(key="cmp_cost").value)
    assert 40 <= amount <= 80, "about what six rows cost"
    assert "have no cost" in errors(test) or "has no cost" in errors(test)
    assert not [one for one in test.warning if "Press Run" in one.value], "it cannot be pressed"
    assert "Of an earlier run, not of the choices above" in said(test)
    button = test.button(key="cmp_cost_only")
    assert button.label.startswith("Leave out the ")
    button.click().run()
    assert not errors(test)
    assert recipe_of(test).where == "(kind = 'a' or x > 3) and \"unit cost\" is not null"
    assert not [one for one in test.button if one.key == "cmp_cost_only"]
    assert [one for one in test.warning if "Press Run" in one.value]
    assert test.session_state["app"].runs[-1].key == before


def test_a_budget_above_the_rows_says_the_most_and_leaves_no_result_looking_current(small):
    small.text_input(key="cmp_rows").set_value("5,000").run()
    assert recipe_of(small).budget == "5000"
    assert "only 178 rows are eligible" in errors(small)
    assert "at most 178 rows" in errors(small)
    button = small.button(key="cmp_run")
    assert (button.label, button.disabled) == ("Run", True)


def test_a_table_that_never_varies_says_so_and_leads_to_its_columns():
    data = load(b"a,b\n" + b"1,x\n" * 20, name="same.csv")
    test = tab(AppState(data=cache.keep(data, "upload", [visitor.SAMPLES]), recipe=Recipe()), "compare.py")
    assert "every column holds the same value" in errors(test)
    assert "See the columns and their roles" in [one.proto.label for one in test.get("page_link")]


def test_a_comparison_at_a_cost_says_rows_and_cost():
    state = opened(strategies=(Choice("random"), Choice("stratified")), budget="3000 magnesium", band=199)
    test = ran(tab(state, "compare.py"))
    found = kept_runs.result(test.session_state["app"].runs[-1].key)
    text = said(test)
    assert "3,000 magnesium, about" in text
    assert "beside 199 random subsets of the same cost" in text
    assert "of this size" not in text
    for result in found.results:
        assert f"{len(result.selections[0])} rows, spent" in text
    assert "at 3,000 magnesium" in test.session_state["app"].log[-1].text
    open_view(test, "Take away", "Notes")
    assert "The random subsets beside it hold" not in said(test)
    assert "no design weights" in said(test)
    open_view(test, "Take away", "Command")
    assert "--budget '3000 magnesium'" in test.code[0].value


def test_time_counts_every_run_of_a_cost_budget(small, monkeypatch):
    monkeypatch.setattr(Pace, "_read", lambda self: {})  # as declared, whatever other tests ran before
    rows, cost = (
        opened(strategies=(Choice("k-medoids"),), budget=budget, band=9, seeds=1)
        for budget in ("30", "3000 magnesium")
    )
    one, several = (run_cost.outlook(state, study_of(state), 30) for state in (rows, cost))
    assert several.own.seconds > one.own.seconds
    assert several.bytes == one.bytes


def test_time_leaves_out_what_is_taken_over_and_nothing_else(small, monkeypatch):
    """Of a cost budget as of rows; a band of single subsets serves no means over seeds."""
    subsets: list[int] = []

    def drawing(inputs, budget, start, stop, **options):
        subsets.append(stop - start)
        return band_subsets(inputs, budget, start, stop, **options)

    monkeypatch.setattr("core.analysis.random_band.measure.band_subsets", drawing)
    asked = {"band": 9, "seeds": 3, "seed": 5}
    for budget in ("30", "3000 magnesium"):
        now = opened(strategies=(Choice("k-center"),), budget=budget, **asked)
        state = ran(tab(now, "compare.py")).session_state["app"]
        known = [kept_runs.result(state.runs[-1].key)]
        assert kept_runs.drawn(state.recipe, known) == 1.0
        for more, share in ((Choice("graph-cut"), 1.0), (Choice("random"), 0.0)):
            both = state.recipe.with_(strategies=(Choice("k-center"), more))
            assert kept_runs.drawn(both, known) == share
            study = study_of(state.changed(recipe=both))
            told = []
            subsets.clear()
            found = compare_study(
                study, both.strategies, budget, seeds=3, band=9, known=known, on_result=told.append
            )
            assert found.results[0].selections == known[0].results[0].selections
            assert len(told[0].results) == 1, "the first was there from the start"
            assert sum(subsets) == (0 if share else 27)


@pytest.mark.parametrize("value", [49_870.0, 0.0123, 3.0, 1e9, 999.6])
def test_a_suggested_sum_is_short_and_near(value):
    assert float(budget_field.rounded(value)) == pytest.approx(value, rel=0.05)


# ---- from --------------------------------------------------------------------------------------------


def test_a_filter_is_checked_when_it_is_entered(small):
    assert "From all rows" in str([one.proto for one in small.get("popover")] or small.main)
    small.text_input(key="cmp_where").set_value("alcohol > 13").run()
    assert not small.exception
    rows = int((cache.dataset(opened()).frame["alcohol"] > 13).sum())
    assert recipe_of(small).where == "alcohol > 13"
    assert f"{rows} of 178 rows take part" in said(small)
    for wrong, told in (("no such (", "cannot be used"), ("alcohol > 99", "No row meets")):
        small.text_input(key="cmp_where").set_value(wrong).run()
        assert told in errors(small)
        assert recipe_of(small).where == "alcohol > 13"
        assert "is in force" in said(small)
        assert small.text_input(key="cmp_where").value == wrong
    small.text_input(key="cmp_where").set_value("").run()
    assert not small.error
    assert recipe_of(small).where == ""


def test_a_saved_selection_bounds_the_run(small):
    picker = small.selectbox(key="cmp_from")
    assert picker.options == [
        "All 178 rows",
        "Selected on Explore · 7 rows",
        "“odd <ones>” · 60 rows",
    ]
    picker.set_value("named:odd <ones>").run()
    only = recipe_of(small).only
    assert (only.name, only.count) == ("odd <ones>", 60)
    assert only.positions.tolist() == list(range(0, 120, 2))
    assert "60 of 178 rows take part" in said(small)
    small.button(key="cmp_run").click().run()
    test = ran(small)
    run = test.session_state["app"].runs[-1]
    found = kept_runs.result(run.key)
    assert found.population == 60
    chosen = {row for one in found.results for row in one.selections[0].rows.tolist()}
    assert chosen <= set(range(0, 120, 2))
    assert "20 of 60 rows" in said(test)
    test.selectbox(key="cmp_from").set_value("all").run()
    assert recipe_of(test).only is None
    assert "20 of 178 rows" in said(test), "the run over all rows is shown again"


def test_what_is_selected_now_can_be_chosen_and_stays_when_the_selection_moves_on(small):
    small.selectbox(key="cmp_from").set_value("picked").run()
    assert recipe_of(small).only.name == "selected rows (lasso on the map)"
    now = small.session_state["app"]
    small.session_state["app"] = now.changed(picked=None)
    small.run()
    assert small.selectbox(key="cmp_from").value == which_rows.KEPT
    assert recipe_of(small).only.count == 7
    assert "From selected rows" in said(small) or "from selected rows" in said(small)


def test_a_selection_of_another_data_set_is_told_and_can_be_changed():
    only = Only.of(range(9), 178, "nine", "0" * 32)
    test = tab(opened(strategies=CHOICES[:1], budget="5", only=only), "compare.py")
    assert "does not belong to this data set" in errors(test)
    test.selectbox(key="cmp_from").set_value("all").run()
    assert not test.error
    assert "Run" in test.button(key="cmp_run").label
    assert recipe_of(test).only is None


def test_pins_outside_the_rows_are_told_before_the_run():
    state = opened(strategies=CHOICES[:1], budget="5")
    data = cache.dataset(state)
    pin = Mark(data.keys[100].tobytes().hex())
    only = Only.of(range(50), 178, "fifty", data.fingerprint.digest)
    state = state.changed(recipe=state.recipe.with_(pins=(pin,), only=only))
    test = tab(state, "compare.py")
    assert "1 pinned row cannot be chosen" in errors(test)
    assert test.button(key="cmp_run").disabled


def test_a_project_keeps_all_of_it(small):
    small.selectbox(key="cmp_from").set_value("named:odd <ones>").run()
    small.selectbox(key="cmp_question").set_value("spread").run()
    now = small.session_state["app"]
    assert AppState.from_bytes(now.to_bytes()) == now


def test_a_run_is_another_one_under_another_selection():
    data = cache.dataset(opened())
    one, two = (
        opened(strategies=CHOICES[:1], only=Only.of(range(n), 178, "x", data.fingerprint.digest))
        for n in (20, 21)
    )
    assert (
        len(
            {
                kept_runs.run_key(one),
                kept_runs.run_key(two),
                kept_runs.run_key(opened(strategies=CHOICES[:1])),
            }
        )
        == 3
    )


# ---- questions ---------------------------------------------------------------------------------------


def test_a_question_fills_the_slots_and_says_what_to_look_at(small):
    assert small.selectbox(key="cmp_question").value == question.OWN
    for name, preset in PRESETS.items():
        small.selectbox(key="cmp_question").set_value(name).run()
        assert not small.exception, small.exception
        ids = [choice.id for choice in recipe_of(small).strategies]
        assert ids[0] == "random"
        assert len(ids) == 4
        assert small.selectbox(key="cmp_question").value == name
        assert [small.selectbox(key=f"cmp_slot_{at}").value for at in range(4)] == ids
        assert preset.look in said(small)
    small.selectbox(key="cmp_question").set_value("target").run()
    assert "Left out: DSIR (resemble a target); it needs target rows." in said(small).replace("\\", "")
    small.selectbox(key="cmp_question").set_value("quality").run()
    assert "SemDeDup; they need a score column." in said(small).replace("\\", "")
    small.selectbox(key="cmp_question").set_value("target").run()
    assert any("Give target rows" in str(link.proto) for link in small.get("page_link"))


def test_parameters_of_a_question_reach_the_run(small):
    small.selectbox(key="cmp_question").set_value("rare").run()
    assert recipe_of(small).strategies[1] == Choice("stratified", {"allocation": "equal"})
    assert small.session_state["app"].slots["question"] == "rare"
    small.run()
    assert recipe_of(small).strategies[1] == Choice("stratified", {"allocation": "equal"})


@pytest.mark.parametrize("change", ["slot", "add", "remove", "parameter"])
def test_a_change_by_hand_is_the_readers_own_choice(small, change):
    small.selectbox(key="cmp_question").set_value("represent").run()
    if change == "slot":
        small.selectbox(key="cmp_slot_2").set_value("herding").run()
    elif change == "add":
        small.button(key="cmp_add").click().run()
    elif change == "remove":
        small.button(key="cmp_remove_2").click().run()
    else:
        small.segmented_control(key="cmp_par_1_stratified_allocation").set_value("equal").run()
    small.run()
    assert not small.exception
    assert small.selectbox(key="cmp_question").value == question.OWN
    assert PRESETS["represent"].look not in said(small)


def test_the_first_visit_asks_to_represent_everything():
    test = ran(tab(opened(), "compare.py"))
    assert test.selectbox(key="cmp_question").value == "represent"
    assert [choice.id for choice in recipe_of(test).strategies] == [choice.id for choice in CHOICES]


def ask() -> None:
    """What the page shows first for a question."""
    import streamlit as st

    from pages.ui.compare.choices import question
    from pages.ui.shared import kept_runs, state

    st.write("|".join(question.headlines(kept_runs.result(state.widget("found")))))


@pytest.mark.parametrize("name", ["", *PRESETS])
def test_metrics_of_a_question_come_first_and_then_the_headlines(name):
    from core.analysis.random_band.measure import FULL

    state = opened(strategies=CHOICES[:2], budget="20", band=FULL)
    found = study_of(state).compare(CHOICES[:2], "20", band=9)
    cache.results().put("found-for-test", found)
    test = AppTest.from_function(ask)
    test.session_state["app"] = state.changed(slots={"question": name})
    test.session_state["found"] = "found-for-test"
    test.run()
    shown = test.markdown[0].value.split("|")
    assert len(set(shown)) == len(shown)
    asked = PRESETS[name].metrics if name else ()
    assert set(shown) == {one for one in asked if one in found.metrics} | set(found.headlines)
    if name:
        first = [one for one in PRESETS[name].metrics if one in found.metrics]
        assert shown[0] == first[0]
        assert set(shown) == {*first, *found.headlines}
        headings = [METRICS[one].question for one in shown]
        assert len(set(headings)) == sum(a != b for a, b in zip(headings, ["", *headings], strict=False))
    else:
        assert shown == list(found.headlines)


# ---- the command line --------------------------------------------------------------------------------


def test_the_command_says_a_cost_and_a_selection_needs_the_recipe():
    recipe = Recipe(strategies=(Choice("random"),), budget='12.5 "2nd cost"')
    words = shlex.split(command_line.compare_line(recipe, "sample:wine", "wine"))
    assert words[words.index("--budget") + 1] == '12.5 "2nd cost"'
    bounded = recipe.with_(only=Only.of([1], 9, "one", "ab"))
    assert command_line.compare_line(bounded, "sample:wine", "wine").startswith("aliquot run recipe.json ")
    assert Recipe.from_json(bounded.to_json()) == bounded


def test_a_table_without_groups_labels_or_numbers_has_questions_too():
    rows = "".join(f"k{at},{'red' if at % 3 else 'blue'} word {at}\n" for at in range(40))
    data = load(f"id,note\n{rows}".encode(), name="notes.csv")
    state = AppState(data=cache.keep(data, "upload", [visitor.SAMPLES]), recipe=Recipe(groups="", budget="8"))
    study = study_of(state)
    for preset in PRESETS.values():
        made = question.offer(preset, lambda choice: missing_needs.lacking(choice, study))
        assert all(not missing_needs.lacking(choice, study) for choice in made.choices)
        assert made.choices[0].id == "random"
    assert Need.GROUPS in missing_needs.lacking(Choice("stratified"), study)
    assert set(budget_field.units(data, "rows")) == {"rows", "%"}


def test_units_are_named_by_their_column_and_never_alike():
    data = load(
        b"id,rows,b\n1,2,3\n2,4,5\n3,7,7.5\n", name="demo.csv", roles={"b": "number", "rows": "number"}
    )
    assert budget_field.units(data, "rows") == {
        "rows": "rows",
        "%": "% of rows",
        "cost:rows": "sum of rows",
        "cost:b": "sum of b",
    }
    assert budget_field.units(data, "cost:gone")["cost:gone"] == "sum of gone"


def test_the_run_button_has_room_for_its_words():
    assert controls.takes_short(ExpectedTime(0.2, 0.1, 0.3), 1e6) == "under 1 s"
    assert controls.takes_short(ExpectedTime(25.2, 20.0, 30.0), 3e8) == "25 s, 0.3 GB"
    now = opened(strategies=(Choice("random"),), budget="10", seed=388)  # nobody ran it
    test = finished(tab(now, "compare.py"))
    test.session_state["app"] = now.changed(
        recipe=now.recipe.with_(seed=389), runs=test.session_state["app"].runs
    )
    test.run()
    button = test.button(key="cmp_run")
    assert button.label.startswith("Run · ")
    assert "about" not in button.label
    assert "under 0.1 GB" not in button.label
    assert "of memory. Runs in the background" in button.help
