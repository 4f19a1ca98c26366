"""See and Explain on Compare: a row, a group, two subsets and density, by click and without a mouse."""

from __future__ import annotations

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.comparison.comparison import Comparison
from core.analysis.explain.group import explain_group
from core.foundation.arrays.neighbour_graph import nearest_among
from core.model.recipe import Choice, Mark
from core.model.selection import Selection
from core.report.charts import density, theme
from core.study.explain import setting_of, study_density
from pages.ui.compare.run import row_labels as row_words
from pages.ui.compare.run import run_context
from pages.ui.compare.views import row_finder
from pages.ui.compare.views.groups import spread
from pages.ui.shared import cache, kept_runs
from pages.ui.shared.markdown_escapes import plain

from .._compared import click_on, finished, maps_of, open_view, opened, said, tab

MIXED = (Choice("random"), Choice("stratified"), Choice("facility-location"), Choice("dsir"))


@pytest.fixture(scope="module")
def compared() -> AppTest:
    data = cache.dataset(opened())
    strong = np.flatnonzero(data.frame["alcohol"].to_numpy(float) > 12)
    pin, ban = (Mark(data.keys[at].tobytes().hex(), "why") for at in (strong[3], strong[5]))
    state = opened(
        strategies=MIXED, budget="25", seeds=2, band=39, where="alcohol > 12", pins=(pin,), bans=(ban,)
    )
    return finished(finished(tab(state, "compare.py")))


def found_in(test: AppTest) -> Comparison:
    found = kept_runs.result(test.session_state["app"].runs[-1].key)
    assert found is not None
    return found


def all_of(found: Comparison) -> list[Selection]:
    """Subsets of first seeds that there are."""
    return [result.selections[0] for result in found.results if result.selections]


def study_in(test: AppTest):
    return cache.study(test.session_state["app"])


def figure(test: AppTest, at: int) -> dict:
    return json.loads(test.get("plotly_chart")[at].proto.spec)


def look_at(test: AppTest, row: int) -> AppTest:
    """Type the row's place in the file."""
    open_view(test, "Look", "A row")
    place = int(cache.dataset(test.session_state["app"]).order[row]) + 1
    test.text_input(key="cmp_row_number").set_value(str(place)).run()
    assert not test.exception
    return finished(test)


def test_a_row_is_found_by_its_place_in_the_file_and_told(compared):
    found, data = found_in(compared), cache.dataset(opened())
    row = int(found.results[2].selections[0].rows[4])
    look_at(compared, row)
    assert compared.session_state["app"].slots[row_finder._ROW] == row
    text = said(compared)
    assert f"#### {row_words.row_name(data, row)}" in text
    study = study_in(compared)
    dense = study_density(study)
    assert f"Denser than {dense.percent[row]:.0f} % of the others among the {found.population:,} rows" in text
    cells = compared.table[-1].value.to_string()
    assert "5th of 25" in cells
    assert "did not run" in cells
    assert "in no seed" in cells or "in 1 of 2" in cells or "in 2 of 2" in cells
    # The row is ringed on every map, and summed up below them.
    shown = maps_of(compared)["compare"]
    assert (shown["ring"], len(shown["cells"])) == (row, 4)
    assert "**C** 5th of 25" in text


def test_a_click_on_the_maps_opens_its_row_in_any_view(compared):
    found, data = found_in(compared), cache.dataset(opened())
    assert "click" in maps_of(compared)["compare"]["hint"]
    chosen = int(found.results[1].selections[0].rows[6])
    left = int(np.setdiff1d(np.arange(len(data)), np.concatenate([one.rows for one in all_of(found)]))[0])
    for row, told in ((chosen, "**B** 7th of 25"), (left, "chosen by none of these")):
        open_view(compared, "Look", "Groups")
        click_on(compared, "compare", row, cell=3)  # on whichever view it was clicked
        assert not compared.exception
        assert compared.session_state["app"].slots[row_finder._ROW] == row
        assert maps_of(compared)["compare"]["ring"] == row
        text = said(compared)
        assert f"#### {row_words.row_name(data, row)}" in text, "what is known of it is opened"
        assert told in text
    click_on(compared, "compare", len(data))  # no row of this data set
    assert compared.session_state["app"].slots[row_finder._ROW] == left
    compared.button(key="cmp_row_clear").click().run()


def test_pinned_banned_and_filtered_rows_say_so(compared):
    data, study = cache.dataset(opened()), study_in(compared)
    pin = int(study.rows_of(study.recipe.pins, "pinned")[0])
    ban = int(study.rows_of(study.recipe.bans, "banned")[0])
    weak = int(np.flatnonzero(data.frame["alcohol"].to_numpy(float) <= 12)[0])
    assert "It is pinned: every subset holds it." in said(look_at(compared, pin))
    assert ", pinned" in compared.table[-1].value.to_string()
    assert "It is banned: no subset may hold it." in said(look_at(compared, ban))
    text = said(look_at(compared, weak))
    assert "It is left out by the filter: no subset may hold it." in text
    assert "Denser than" not in text
    assert "chosen by none of these" in text


def test_the_summary_can_be_cleared(compared):
    look_at(compared, int(found_in(compared).results[0].selections[0].rows[0]))
    compared.button(key="cmp_row_clear").click().run()
    assert row_finder._ROW not in compared.session_state["app"].slots
    assert "Click a row on the maps" in said(compared)
    assert maps_of(compared)["compare"]["ring"] == -1


def test_rows_are_found_by_words_and_in_the_order_chosen(compared):
    open_view(compared, "Look", "A row")
    listed = compared.dataframe[-1].value
    first = found_in(compared).results[0].selections[0].rows
    data = cache.dataset(opened())
    assert listed["place"].tolist() == list(range(1, len(first) + 1))
    assert listed[row_words.row_heading(data)].tolist() == row_words.row_names(data, first)
    compared.text_input(key="cmp_row_words").set_value("no such words anywhere").run()
    assert "No row contains that." in said(compared)
    compared.text_input(key="cmp_row_words").set_value("13").run()
    assert "chosen by" in compared.dataframe[-1].value
    compared.text_input(key="cmp_row_words").set_value("").run()
    assert not compared.exception


def test_a_group_is_counted_for_every_subset(compared):
    found, study = found_in(compared), study_in(compared)
    open_view(compared, "Look", "A group")
    for name in study.groups().names:
        chooser = next(one for one in compared.selectbox if (one.key or "").startswith("cmp_group"))
        chooser.set_value(name).run()
        assert not compared.exception
        view = explain_group(found, setting_of(study), name)
        assert f"is {view.size:,} row" in said(compared)
        cells = compared.table[-1].value.to_string()
        for held in view.by:
            if held.counts:
                assert spread(held.counts) in cells
                assert f"{min(held.low):,} to {max(held.high):,} rows" in cells
        each = np.unique(np.concatenate([held.rows for held in view.by if held.rows is not None]))
        if len(each):
            assert len(compared.dataframe[-1].value) == len(each)


def test_composition_shows_seeds_and_keeps_its_table(compared):
    found = found_in(compared)
    open_view(compared, "Look", "Groups")
    shown = figure(compared, -1)["data"]
    assert len(shown) == 3
    assert "array" in shown[0]["error_x"]
    codes = study_in(compared).groups().codes
    counts = [
        np.bincount(codes[chosen.rows], minlength=len(found.composition[0]))
        for chosen in found.results[0].selections
    ]
    table = compared.dataframe[-1].value
    column = next(name for name in table if name.startswith("A "))
    assert table[column].tolist() == [
        spread([int(one[at]) for one in counts]) for at in range(len(counts[0]))
    ]


def test_density_is_told_beside_chance(compared):
    found, study = found_in(compared), study_in(compared)
    open_view(compared, "Look", "Density")
    finished(compared)
    dense = study_density(study)
    shown = figure(compared, -1)["data"]
    assert len(shown) == 3
    counts = [dense.counts(chosen.rows) for chosen in found.results[0].selections]
    pins = dense.counts(study.rows_of(study.recipe.pins, "pinned"))
    item = density.Tenths.of(theme.Slot(0, "Random"), np.stack(counts), dense.sizes, pins)
    assert plain(density.density_sentence(item), 300) in said(compared)
    assert f"the {found.population:,} rows that may be chosen" in said(compared)
    assert len(compared.dataframe[-1].value) == 10


def test_two_subsets_are_set_against_each_other(compared):
    found = found_in(compared)
    open_view(compared, "Look", "What A has and B lacks")
    finished(compared)
    a, b = (set(found.results[at].selections[0].rows.tolist()) for at in (0, 1))
    assert f"**A** has {len(a - b)} row" in said(compared)
    names = [trace["name"] for trace in figure(compared, -1)["data"]]
    assert names[:2] == ["data set", "in both"]
    assert names[2].startswith("only A")
    compared.selectbox(key="cmp_pair_1").set_value(2).run()
    assert not compared.exception
    c = set(found.results[2].selections[0].rows.tolist())
    assert f"**C** has {len(c - a)} row" in said(compared)
    assert "p = " in said(compared)
    compared.selectbox(key="cmp_pair_1").set_value(0).run()
    assert "Choose two different subsets." in said(compared)
    compared.selectbox(key="cmp_pair_1").set_value(1).run()


def test_differences_wait_for_density_with_progress_or_say_it_is_not_among_them(compared, monkeypatch):
    monkeypatch.setattr(run_context, "density_at_hand", lambda study: None)
    monkeypatch.setattr(run_context, "density_of", lambda study, where: None)
    monkeypatch.setattr(run_context, "density_under_way", lambda study: True)
    open_view(compared, "Look", "What A has and B lacks")
    text = said(compared)
    assert "comes with their density" in text
    assert "(Holm)" not in text
    monkeypatch.setattr(run_context, "density_under_way", lambda study: False)
    compared.run()
    text = said(compared)
    assert "(Holm)" in text
    assert "Density is not among these comparisons" in text
    assert "**Density**" not in text
    monkeypatch.undo()
    compared.run()
    assert "Density: " in said(compared)
    assert "Density is not among" not in said(compared)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_every_distance_on_the_page_is_on_the_scale_of_the_metrics(metric):
    x = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True) if metric == "cosine" else x
    seen = nearest_among(unit[:1], unit[1:], 1, metric)[1][0, 0]
    between = np.linalg.norm(unit[1:] - unit[0], axis=1).min()
    assert row_words.on_one_scale(float(seen), metric) == pytest.approx(float(between), rel=1e-5)
    assert ("1.41 unrelated" in row_words.distance_words(metric)) == (metric == "cosine")


def test_one_strategy_without_groups():
    test = finished(
        finished(tab(opened(strategies=MIXED[:1], budget="9", groups="", seeds=1, band=39), "compare.py"))
    )
    open_view(test, "Look", "What A has and B lacks")
    assert "This needs two subsets." in said(test)
    open_view(test, "Look", "A group")
    assert "There are no groups." in said(test)
    open_view(test, "Look", "Groups")
    assert "There are no groups." in said(test)
    look_at(test, 0)
    assert "Group **" not in said(test)
    assert "#### " in said(test)


def test_rows_of_a_run_that_no_longer_fits_are_not_told(compared):
    row = int(found_in(compared).results[0].selections[0].rows[0])
    look_at(compared, row)
    old = compared.session_state["app"]
    # Another filter above: the run keeps the one it was made with.
    compared.session_state["app"] = old.changed(recipe=old.recipe.with_(where="alcohol > 13"))
    compared.run()
    assert f"the {found_in(compared).population:,} rows that may be chosen" in said(compared)
    # Other features: distances and maps would not fit.
    compared.session_state["app"] = old.changed(recipe=old.recipe.with_(groups="kmeans:4"))
    finished(compared)
    assert "changed since this run, so its rows no longer fit them" in said(compared)
    compared.session_state["app"] = old
    finished(compared)


def click() -> None:
    """What the callbacks of charts and tables do, with what a browser reports."""
    import streamlit as st

    from pages.ui.compare.views import row_finder
    from pages.ui.shared import drawing, state

    run_context = []
    event = {"selection": {"points": [{"curve_number": 3, "point_index": 5}]}}
    st.session_state["chart"] = event
    drawing._clicked("chart", lambda *where: run_context.append(where))
    st.session_state["chart"] = {"selection": {"points": []}}
    drawing._clicked("chart", lambda *where: run_context.append(where))
    assert run_context == [(3, 5)]
    st.session_state["table"] = {"selection": {"rows": [1]}}
    row_finder.take_line("table", [7, 9])
    assert row_finder.chosen_row(10) == 9
    assert row_finder.chosen_row(9) is None
    opened = [state.widget(row_finder.turning_key(name)) for name in ("cmp_view", "cmp_part_Look")]
    assert opened == ["Look", "A row"]
    assert (
        row_finder.turning_key("cmp_view") == "cmp_view_1"
    )  # what the browser holds under the old key is nothing
    assert state.widget("cmp_view") is None
    st.session_state["table"] = {"selection": {"rows": [4]}}  # a line that is not there any more
    row_finder.take_line("table", [7, 9])
    assert row_finder.chosen_row(10) == 9
    row_finder.keep_row(None)
    assert row_finder.chosen_row(10) is None
    state.change(slots={row_finder._ROW: "9"})
    assert row_finder.chosen_row(10) is None


def test_clicks_are_read_and_taken_back_selections_are_nothing():
    test = AppTest.from_function(click)
    test.session_state["app"] = opened()
    test.run()
    assert not test.exception
