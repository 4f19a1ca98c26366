"""Compare: from nothing to four subsets beside chance, and what is said on the way."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.comparison.comparison import Comparison
from core.analysis.comparison.leader import AHEAD
from core.analysis.comparison.sentences import furthest_metrics
from core.analysis.random_band.measure import FULL
from core.data.load import load
from core.foundation.durations import show_took
from core.metrics.declaration import METRICS
from core.model.budget import Budget
from core.model.derived import Groups
from core.model.needs import Need
from core.model.recipe import Choice, Mark, Recipe
from core.strategies.declaration import STRATEGIES
from core.study.study import Study
from pages.ui.compare.all_views import VIEWS
from pages.ui.compare.choices import missing_needs, strategy_slots
from pages.ui.compare.take_away import command_line
from pages.ui.compare.views import metrics_table
from pages.ui.explore import selected_rows
from pages.ui.shared import cache, comparison_defaults, finder, kept_runs, strips, visitor
from pages.ui.shared.app_state import AppState
from pages.ui.shared.markdown_escapes import plain

from .._compared import (
    CHOICES,
    chart_of,
    chosen_on,
    finished,
    maps_of,
    open_view,
    opened,
    said,
    tab,
    titles_of,
)


@pytest.fixture(scope="module")
def compared() -> AppTest:
    return finished(finished(tab(opened(), "compare.py")))


def found_in(test: AppTest) -> Comparison:
    found = kept_runs.result(test.session_state["app"].runs[-1].key)
    assert found is not None
    return found


def test_without_data_the_page_says_where_to_go():
    test = tab(AppState(), "compare.py")
    assert "No data set is open" in said(test)
    assert not test.get("plotly_chart")
    assert not maps_of(test)


def test_the_better_map_of_a_sample_that_ships_is_there_at_once(compared):
    now = compared.session_state["app"]
    cache._study.clear()  # as after a restart: the comparison is kept, the maps are read again
    assert "Map: UMAP, for looking only" in said(tab(now, "compare.py"))


def test_the_first_visit_compares_four_subsets_by_itself(compared):
    now = compared.session_state["app"]
    assert [choice.id for choice in now.recipe.strategies] == [choice.id for choice in CHOICES]
    assert (now.recipe.budget, now.recipe.seeds, now.recipe.band) == ("35", 3, FULL)
    found = found_in(compared)
    assert not found.partial
    assert not found.preview
    assert [len(result.selections) for result in found.results] == [3, 3, 1, 1]
    assert now.looked


def test_a_second_tab_shows_at_once_what_is_there(compared):
    test = tab(opened(), "compare.py")
    assert not [job for job in cache.runner().waiting() if job.title.startswith("Comparing")]
    assert "beside 199 random subsets of the same size" in said(test)


def test_the_maps_hold_every_chosen_row(compared):
    found = found_in(compared)
    shown = titles_of(compared, "compare")
    assert [title[:3] for title, _ in shown] == ["A ·", "B ·", "C ·", "D ·"]
    assert [note for _, note in shown] == [f"{len(result.selections[0]):,} rows" for result in found.results]
    rows = [result.selections[0].rows.tolist() for result in found.results]
    assert chosen_on(compared, "compare") == rows, "in the order of their choice"
    assert maps_of(compared)["compare"]["alt"].startswith("Maps of 4 subsets over the data set of 178 rows: ")


def test_every_subset_has_its_sentence_and_its_way_on(compared):
    found = found_in(compared)
    text = said(compared)
    for at, name in enumerate("ABCD"):
        assert f"**{name}** {strips.sentence(found, at)}" in text
        assert compared.button(key=f"cmp_take_{at}").label == f"Take {name} to sign-off"
    assert "beside 199 random subsets of the same size" in text


def test_first_come_at_most_eight_metrics(compared):
    found = found_in(compared)
    assert 0 < len(found.headlines) <= 8
    strips = chart_of(compared, "cmp_strips_first")
    letters = [t["text"][0] for t in strips["data"] if t["mode"] == "markers+text"]
    assert len(letters) <= 8 * 4
    shown = str(strips["data"])
    for at in range(4):  # what a sentence names can be seen right there
        for name in furthest_metrics(found, at):
            assert name is None or METRICS[name].label in shown
    assert set(letters) == {f"<b>{name}</b>" for name in "ABCD"}


@pytest.mark.parametrize(
    ("heading", "view"), [(heading, view) for heading, parts in VIEWS.items() for view in parts]
)
def test_every_view_is_shown(compared, heading, view):
    open_view(compared, heading, view)
    if view == "Table":
        cells = compared.table[0].value.to_csv()
        assert ":gray[" in cells
        both = metrics_table.strips_of_result.reach_words(found_in(compared).reach("coverage-radius"))
        assert "; means of 3: " in both
        assert both in cells
    if view == "Command":
        assert compared.code[0].value.startswith("aliquot compare sample:wine ")
    open_view(compared, "Look", "Groups")


def test_a_changed_choice_marks_the_results_as_old(compared):
    compared.text_input(key="cmp_rows").set_value("40").run()
    assert compared.session_state["app"].recipe.budget == "40"
    assert "changed since this run" in said(compared)
    assert not compared.button(key="cmp_run").disabled
    compared.text_input(key="cmp_rows").set_value("35").run()
    assert "changed since this run" not in said(compared)
    assert compared.button(key="cmp_run").disabled


def test_a_budget_keeps_its_rows_when_the_unit_changes(compared):
    compared.selectbox(key="cmp_unit").set_value("%").run()
    assert float(compared.text_input(key="cmp_percent").value) == pytest.approx(100 * 35 / 178, abs=0.01)
    assert compared.session_state["app"].recipe.budget.endswith("%")
    compared.selectbox(key="cmp_unit").set_value("rows").run()
    assert compared.session_state["app"].recipe.budget == "35"


def test_a_strategy_that_lacks_something_says_so_with_a_link():
    test = tab(opened(strategies=(Choice("random"), Choice("dsir")), budget="10"), "compare.py")
    assert "Will not run: it needs" in said(test)
    assert "target rows" in said(test)


def test_the_picker_lists_families_together_and_says_what_is_lacking(made_up):
    test = tab(opened(strategies=CHOICES[:1], budget="10"), "compare.py")
    options = test.selectbox(key="cmp_slot_0").options
    assert [one.id for one in finder.in_order(STRATEGIES)] == list(strategy_slots.names(study_of(opened())))
    families = [STRATEGIES[one].family for one in strategy_slots.names(study_of(opened()))]
    assert len({*families}) == sum(a != b for a, b in zip(families, ["", *families], strict=False))
    assert "A · Random" in options
    assert "A · Made-up needs · needs an entity column and a time column" in options


def visits() -> AppState:
    """A table with an entity and a time column."""
    rows = "".join(f"v{at},p{at % 9},2026-03-{1 + at % 28:02d},{at % 7}.5,{at % 5}.25\n" for at in range(60))
    data = load(f"id,patient,day,a,b\n{rows}".encode(), name="visits.csv", roles={"patient": "entity"})
    recipe = Recipe(features="table", groups="kmeans:3", budget="12", band=39)
    return AppState(data=cache.keep(data, "upload", [visitor.SAMPLES]), recipe=recipe)


def study_of(state: AppState) -> Study:
    return Study(cache.dataset(state), state.recipe, store=cache.store())


def test_entities_and_an_order_come_from_roles(made_up):
    needy = Choice(made_up.NEEDY)
    wine = study_of(opened())
    missing = missing_needs.lacking(needy, wine)
    assert missing == [Need.ENTITIES, Need.ORDER]
    assert missing_needs.reason(needy, missing, wine) == "it needs an entity column and a time column"
    test = tab(opened(strategies=(Choice("random"), needy), budget="10"), "compare.py")
    assert "Will not run: it needs an entity column and a time column." in said(test)
    assert any("Give a column the role entity" in str(link.proto) for link in test.get("page_link"))
    state = visits()
    assert missing_needs.lacking(needy, study_of(state)) == []
    two = study_of(state.changed(recipe=state.recipe.with_(roles={"id": "ignore", "b": "entity"})))
    assert missing_needs.reason(needy, missing_needs.lacking(needy, two), two) == (
        "it needs one entity column (2 columns have that role)"
    )


def test_a_word_in_the_settings_can_be_changed_there(made_up):
    choice = Choice(made_up.COLUMNS, {"on": ["entities", "alcohol"]})
    study = study_of(opened())
    missing = missing_needs.lacking(choice, study)
    assert missing_needs.reason(choice, missing, study) == (
        "it needs an entity column, or another column in its settings"
    )
    assert kept_runs.names([choice, Choice(made_up.COLUMNS)])[0].endswith("on entities,alcohol")
    test = tab(opened(strategies=(choice,), budget="10"), "compare.py")
    picker = test.multiselect(key=f"cmp_par_0_{made_up.COLUMNS}_on")
    assert picker.value == ["entities", "alcohol"]
    picker.set_value(["alcohol", "ash"]).run()
    assert not test.exception
    assert "Will not run" not in said(test)
    assert test.session_state["app"].recipe.strategies == (
        Choice(made_up.COLUMNS, {"on": ["alcohol", "ash"]}),
    )


def test_draws_and_time_are_told(made_up):
    names = (made_up.TWICE, made_up.NEEDY, made_up.COLUMNS)
    state = visits()
    state = state.changed(recipe=state.recipe.with_(strategies=tuple(map(Choice, names))))
    test = finished(tab(state, "compare.py"))
    test = finished(test)
    found = found_in(test)
    assert all(result.selections for result in found.results)
    first = found.results[0].selections[0]
    assert len(first) < first.draws == 12
    open_view(test, "Take away", "Notes")
    assert not test.exception
    text = said(test)
    assert (
        f"**A · {plain('Made-up draws')}** {len(first)} distinct rows in 12 draws, with design weights"
        in text
    )
    own = found.results[0].band
    assert own.held == tuple(len(chosen) for chosen in found.results[0].selections)
    assert f"It is judged beside random subsets of its own size, {own.size_words}." in text
    assert f"{len(first)} distinct rows in 12 draws" in strips.sentence(found, 0)
    assert f"1 run in {show_took(found.results[1].seconds, found.results[1].estimated)}" in text
    assert "estimated" in text


def pick() -> None:
    """What the callback of a picker does."""
    from pages.ui.compare.choices import strategy_slots

    strategy_slots.write_slot(0)


def test_a_gain_is_told_in_its_strategys_own_terms(compared):
    open_view(compared, "Look", "Gain per row")
    text = said(compared)
    for letter, name in (("C", "k-center"), ("D", "facility-location")):
        assert f"- **{letter}** · {plain(STRATEGIES[name].gain, 400)}" in text
    assert "A and B have no line: they do not add one row after another by what each would gain." in text
    assert "flat" not in text


@pytest.mark.parametrize(("held", "then"), [("A · shown before", "random"), ("kmq", "kmq")])
def test_words_that_a_browser_still_holds_change_nothing(held, then):
    test = AppTest.from_function(pick)
    test.session_state["app"] = opened(strategies=CHOICES[:1])
    test.session_state["cmp_slot_0"] = held
    test.run()
    assert not test.exception
    assert test.session_state["app"].recipe.strategies == (Choice(then),)


def test_slots_are_added_and_removed():
    test = tab(opened(strategies=CHOICES[:2], budget="10"), "compare.py")
    test.button(key="cmp_add").click().run()
    assert [one.id for one in test.session_state["app"].recipe.strategies][:2] == ["random", "stratified"]
    assert len(test.session_state["app"].recipe.strategies) == 3
    ready = [one.id for one in STRATEGIES if not missing_needs.lacking(Choice(one.id), study_of(opened()))]
    for _ in range(len(ready) - 3):
        test.button(key="cmp_add").click().run()
        if len(test.session_state["app"].recipe.strategies) == comparison_defaults.MOST_SLOTS:
            break
    added = [one.id for one in test.session_state["app"].recipe.strategies]
    assert set(added) <= set(ready), "what cannot run is not added"
    assert len(added) == len(set(added))
    test.button(key="cmp_remove_0").click().run()
    assert test.session_state["app"].recipe.strategies[0].id == "stratified"
    assert test.selectbox(key="cmp_slot_0").value == "stratified"


def test_an_impossible_budget_is_told_and_cannot_be_run():
    state = opened(strategies=CHOICES[:1], budget="3")
    keys = cache.dataset(state).keys[:5]
    pins = tuple(Mark(key.tobytes().hex()) for key in keys)
    test = tab(state.changed(recipe=state.recipe.with_(pins=pins)), "compare.py")
    assert "5 rows are pinned" in "".join(str(e.value) + str(e.proto) for e in test.error)
    assert test.button(key="cmp_run").disabled


def test_a_filter_is_counted_and_a_wrong_one_is_told():
    test = tab(opened(strategies=CHOICES[:1], budget="10", where="alcohol > 13"), "compare.py")
    rows = int((cache.dataset(opened()).frame["alcohol"] > 13).sum())
    assert f"{rows} of 178 rows take part" in said(test)
    broken = tab(opened(strategies=CHOICES[:1], where="no such ("), "compare.py")
    assert broken.error
    assert not broken.get("plotly_chart")
    assert not maps_of(broken)


# ---- what stands behind the page ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "budget"), [(5_000, "5%"), (12_000, "500"), (178, "35"), (569, "50"), (3, "5%")]
)
def test_the_first_budget_is_small_but_enough_to_measure(n, budget):
    assert comparison_defaults.first_budget(n) == budget


def test_the_first_budget_of_any_data_set_can_be_drawn():
    few = [comparison_defaults.first_budget(n) for n in range(1, 12)]
    assert few == ["5%"] * 4 + ["1"] * 5 + ["2"] * 2
    for n in [*range(1, 1_300), 9_989, 9_990, 10_009, 10_010, 10_011, 5_000_000]:
        rows = Budget.parse(comparison_defaults.first_budget(n)).count(n)
        assert rows == max(1, min(500, max(int(n * 0.05 + 0.5), min(50, n // 5)))), n


def test_needs_are_found_without_making_anything():
    state = opened()
    study = Study(cache.dataset(state), state.recipe, store=cache.store())
    assert missing_needs.lacking(Choice("dsir"), study)
    assert missing_needs.lacking(Choice("random"), study) == []
    assert Need.GROUPS in missing_needs.lacking(Choice("stratified"), study.group(""))
    assert not study.has("features")


def test_the_same_strategy_twice_is_told_apart_by_its_parameters():
    names = kept_runs.names([Choice("k-center"), Choice("k-center", {"metric": "euclidean"})])
    assert names[0] != names[1]
    assert "metric euclidean" in names[1]


def test_the_command_is_quoted_and_says_everything():
    recipe = Recipe(
        strategies=(Choice("random"),),
        budget="5%",
        seeds=2,
        where="price > 3 and name = 'x'; rm -rf",
        label="my label",
        roles={"a b": "text"},
    )
    words = shlex.split(command_line.compare_line(recipe, "upload", "my file; rm.csv"))
    assert words[:3] == ["aliquot", "compare", "my file; rm.csv"]
    assert words[words.index("--where") + 1] == recipe.where
    assert words[words.index("--label") + 1] == "my label"
    assert words[words.index("--role") + 1] == "a b=text"
    assert "--seed" not in words


@pytest.mark.parametrize(
    "change",
    [
        {"strategies": (Choice("k-center", {"metric": "euclidean"}),)},
        {"pins": (Mark("00"),)},
        {"missing": ("NA",)},
    ],
)
def test_what_flags_cannot_say_runs_the_recipe(change):
    recipe = Recipe(strategies=(Choice("random"),)).with_(**change)
    assert command_line.compare_line(recipe, "sample:wine", "wine").startswith(
        "aliquot run recipe.json --data "
    )
    assert Recipe.from_json(json.loads(command_line.recipe_bytes(recipe))) == recipe


def test_the_star_is_called_what_it_is(compared):
    """The best value of a row has none where luck can give its lead over the second."""
    open_view(compared, "Measure", "Table")
    assert f"★ {AHEAD}." in said(compared)
    assert "best in its row" not in said(compared)
    found = found_in(compared)
    unstarred = [name for name in found.headlines if name not in found.best]
    assert unstarred  # here is one whose best value has no star


def test_a_metric_without_a_value_says_why_beside_the_strips(compared):
    found = found_in(compared)
    gone = replace(found, evaluation={**found.evaluation, "lacking": {"energy": "it needs, say, features"}})

    def page(found) -> None:
        from pages.ui.shared import strips

        strips.side_notes(found, ["energy", "vendi"])

    test = AppTest.from_function(page, args=(gone,)).run()
    assert [one.value for one in test.caption] == [
        plain("Not measured: Energy distance (it needs, say, features).")
    ]
    assert not AppTest.from_function(page, args=(found,)).run().caption


def test_groups_with_commas_in_their_names_are_told_apart():
    groups = Groups(np.array([0, 0, 1]), ("kind = beta, low height", "kind = alpha"))
    assert selected_rows.shares(groups, np.arange(3)) == (
        f"Of groups “{plain('kind = beta, low height')}” 67%, “{plain('kind = alpha')}” 33%."
    )
