"""The answer above the maps on Compare, its one way on, and maps of chosen rows and of groups."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.comparison.answer import answer
from core.data.load import load
from core.model.recipe import Choice, Recipe
from core.report.charts import share_maps
from core.report.charts.composition import chance_shares
from core.report.charts.share_maps import Held
from core.report.charts.theme import LIGHT
from core.strategies.presets import PRESETS
from pages.ui.compare.views import subset_maps
from pages.ui.shared import cache, kept_runs, visitor
from pages.ui.shared.app_state import AppState

from .._compared import fetched, finished, maps_of, marked, opened, said, tab, titles_of

OTHERS = (Choice("random"), Choice("k-center"), Choice("facility-location"))


def ran(**recipe: object) -> AppTest:
    """A tab whose comparison of the wine sample is done, under the question of the first visit."""
    made = {"budget": "35", "seeds": 1, "band": 199, **recipe}
    state: AppState = opened(**made)
    test = tab(state.changed(slots={"question": "represent"}), "compare.py")
    if not test.button(key="cmp_run").disabled:
        test.button(key="cmp_run").click().run()
    return finished(test)


@pytest.fixture(scope="module")
def first() -> AppState:
    """The state after a first visit: every choice made for the reader, compared."""
    state: AppState = finished(finished(tab(opened(), "compare.py"))).session_state["app"]
    return state


def result(test: AppTest):
    found = kept_runs.result(test.session_state["app"].runs[-1].key)
    assert found is not None
    return found


def test_a_newcomer_stands_before_the_answer_and_one_way_on(first):
    test = tab(first, "compare.py")
    found = answer(result(test), "ABCD", PRESETS["represent"])
    assert found.take is not None
    text = said(test)
    assert "For “represent everything”:" in text
    assert found.facts[:60] in text
    primary = [one for one in test.button if one.proto.type == "primary"]
    assert [one.key for one in primary] == ["cmp_answer_take"]
    assert primary[0].label == f"Take {'ABCD'[found.take]} to sign-off"
    run = test.button(key="cmp_run")
    assert (run.label, run.disabled) == ("Up to date", True)
    primary[0].click().run()
    assert test.session_state["app"].winner.slot == found.take


def test_where_nothing_beats_chance_a_design_is_offered_and_the_question_stays():
    test = ran(strategies=OTHERS)
    found = answer(result(test), "ABC", PRESETS["represent"])
    assert found.add == Choice("stratified"), "nothing is beyond luck here"
    assert "so add proportional stratified sampling" in said(test)
    test.button(key="cmp_answer_add").click().run()
    now = test.session_state["app"]
    assert now.recipe.strategies == (*OTHERS, Choice("stratified"))
    assert now.slots["question"] == "represent"
    assert not test.button(key="cmp_run").disabled
    assert test.button(key="cmp_answer_add").disabled, "it is there now, and waits for Run"


def test_without_a_question_facts_stand_alone(first):
    test = tab(first.changed(slots={"question": ""}), "compare.py")
    assert "On the main metrics:" in said(test)
    assert "For “" not in said(test)


def test_a_preview_says_nothing_of_luck():
    test = ran(strategies=OTHERS[:2], band=9)
    assert "nothing can be said beside 9 random subsets" in said(test)
    assert not [one for one in test.button if one.key in ("cmp_answer_take", "cmp_answer_add")]


def test_the_maps_show_groups_over_and_under(first):
    test = tab(first, "compare.py")
    test.segmented_control(key="cmp_maps_show").set_value("groups over and under").run()
    assert not test.exception
    shown = maps_of(test)
    assert set(shown) == {"shares"}, "one map takes the place of the other"
    groups = cache.map_study(test.session_state["app"]).groups()
    cells = shown["shares"]["cells"]
    assert [cell["title"][:3] for cell in cells] == ["A ·", "B ·", "C ·", "D ·"]
    for cell in cells:
        assert len(cell["colours"]) == len(groups.names)
        assert [words.split("\n")[0] for words in cell["says"]] == list(groups.names)
    assert len(set(cells[0]["colours"])) == 1, "A holds of every group what luck gives"
    assert "all groups considered" in said(test)
    assert "A Random: every group within what random subsets hold" in shown["shares"]["alt"]
    test.segmented_control(key="cmp_maps_show").set_value("chosen rows").run()
    assert set(maps_of(test)) == {"compare"}


def many_groups() -> AppState:
    """A table with 302 groups, more than the map has codes: two are large, one of these far apart."""
    rng = np.random.default_rng(4)
    lines = [f"{at},s{at},{x},{y}" for at, (x, y) in enumerate(rng.normal(size=(300, 2)).round(3).tolist())]
    for name, wide in (("near", 0.1), ("far", 30.0)):
        spots = (rng.normal(size=(60, 2)) * wide).round(3).tolist()
        lines += [f"{len(lines) + at},{name},{x},{y}" for at, (x, y) in enumerate(spots)]
    data = load(("id,g,x,y\n" + "\n".join(lines)).encode(), name="many.csv", roles={"g": "category"})
    recipe = Recipe(features="table", groups="column:g", strategies=OTHERS[:2], budget="40", seeds=1, band=39)
    return AppState(data=cache.keep(data, "upload", [visitor.SAMPLES]), recipe=recipe)


def test_of_more_groups_than_there_are_codes_each_row_has_the_colour_of_its_group():
    state = many_groups()
    test = finished(finished(tab(state, "compare.py")))
    test.segmented_control(key="cmp_maps_show").set_value("groups over and under").run()
    assert not test.exception
    assert "Point at a group" not in said(test), "there are too many to say something of each"
    assert "as the most alike" not in said(test)
    study, found = cache.map_study(state), result(test)
    groups, (names, shares, _) = study.groups(), found.composition
    assert len(names) == 302
    shown = maps_of(test)["shares"]
    codes = np.concatenate([np.frombuffer(fetched(part), np.uint8) for part in shown["codes"]])
    seen = set()
    for cell, one, slot in zip(shown["cells"], found.results, kept_runs.shown(OTHERS[:2]), strict=True):
        rows = one.selections[0].rows
        pins = np.zeros(len(names), np.int64)
        low, high = chance_shares(groups.sizes, len(rows), pins, outside=0.05 / len(names))
        counts = np.bincount(groups.codes[rows], minlength=len(names))
        levels = share_maps.levels(Held(slot, counts, low * len(rows), high * len(rows)), shares)
        wanted = np.array(share_maps.level_colours(LIGHT))[levels[groups.codes]]
        assert np.array(cell["colours"])[codes].tolist() == wanted.tolist()
        assert cell["says"] is None
        seen.update(levels.tolist())
    assert len(seen) > 1, "something is beyond luck"


def test_where_codes_do_not_suffice_the_fewest_rows_look_as_what_is_most_alike():
    levels = np.array([[2, 2, 0, 1, 4, 4], [2, 2, 0, 0, 4, 3]])
    looks, code, merged = subset_maps.few_looks(levels, np.array([50, 5, 30, 1, 2, 20]), 3)
    assert looks[:, code].T.tolist() == [[2, 2], [2, 2], [0, 0], [0, 0], [4, 3], [4, 3]]
    assert merged == 2
    looks, code, merged = subset_maps.few_looks(levels, np.ones(6, int), 250)
    assert (looks[:, code].tolist(), merged) == (levels.tolist(), 0)


def test_one_value_is_highlighted_on_every_map(first):
    test = tab(first, "compare.py")
    test.selectbox(key="cmp_lit_by").set_value("cultivar").run()
    picker = next(one for one in test.selectbox if str(one.key).startswith("cmp_lit_cultivar_"))
    sizes = [int(option.rpartition(" ")[2]) for option in picker.options[1:]]
    assert sizes == sorted(sizes), "the rarest first"
    picker.set_value(2).run()
    assert not test.exception
    study = cache.map_study(test.session_state["app"])
    rows = np.flatnonzero(study.data.frame["cultivar"].astype("string") == "cultivar 3")
    shown = maps_of(test)["compare"]
    assert marked(shown["lit"], len(study.data)).tolist() == rows.tolist()
    assert shown["circles"] >= len(rows)
    heads = [note for _, note in titles_of(test, "compare")]
    held = [len(np.intersect1d(rows, one.selections[0].rows)) for one in result(test).results]
    assert heads == [f"holds {many} of {len(rows)}" for many in held]
    assert f"all {len(rows)} highlighted" in said(test)
