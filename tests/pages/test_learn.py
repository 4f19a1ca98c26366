"""Learn: every story, whole and broken, at both ends; playing, links, and the way to one's own data."""

from __future__ import annotations

import re
from time import monotonic
from urllib.parse import parse_qs

import pytest

from core.model.recipe import Choice
from core.stories import holdout
from core.stories.catalogue import STORIES
from core.stories.scene import REPEATS
from core.strategies.declaration import STRATEGIES
from pages.ui.shared.app_state import AppState

from ._compared import finished, opened, said, tab


@pytest.fixture(scope="module")
def shared():
    return tab(AppState(), "learn.py")


@pytest.fixture
def page():
    return tab(AppState(), "learn.py")


def told(at) -> str:
    return " ".join([said(at), *(box.value for box in [*at.info, *at.warning])])


def pictures(at) -> list[str]:
    return [found.proto.alt for found in at.get("plotly_chart")]


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_every_story_whole_and_broken_at_both_ends(shared, story):
    shared.pills(key="learn_story").set_value(story.id).run()
    assert not shared.exception
    assert shared.select_slider(key="learn_step").value == story.budget, "it opens at its end"
    assert shared.select_slider(key="learn_step").options == [str(at + 1) for at in range(story.budget)]
    assert shared.number_input(key="learn_seed").value == story.first
    place = list(STORIES).index(story.id)
    assert f"{place + 1} of {len(STORIES)}" in [found.value for found in shared.caption]
    assert story.question in told(shared)
    assert all(sentence in told(shared) for sentence in story.sentences)
    assert story.takeaway in told(shared)
    last = pictures(shared)
    shared.select_slider(key="learn_step").set_value(1).run()
    assert not shared.exception
    first = pictures(shared)
    assert len(first) == len(last) == 2
    assert first[0] != last[0]
    assert first[1] != last[1]
    shared.toggle(key="learn_break").set_value(True).run()
    assert not shared.exception
    assert story.break_sentence in told(shared)
    assert all(sentence in told(shared) for sentence in story.sentences_when(True))
    assert not any(one in told(shared) for one in set(story.sentences) - set(story.sentences_when(True)))
    assert story.takeaway not in told(shared)
    shared.select_slider(key="learn_step").set_value(story.budget).run()
    assert not shared.exception
    assert pictures(shared) != last


def test_another_draw_changes_the_picks_and_a_story_begins_anew(page):
    page.select_slider(key="learn_step").set_value(9).run()
    before = pictures(page)
    page.button(key="learn_again").click().run()
    assert page.number_input(key="learn_seed").value == 1
    assert page.select_slider(key="learn_step").value == 9
    assert pictures(page) != before
    page.toggle(key="learn_break").set_value(True).run()
    page.pills(key="learn_story").set_value("weights").run()
    assert page.select_slider(key="learn_step").value == STORIES["weights"].budget
    assert page.toggle(key="learn_break").value is False
    assert page.number_input(key="learn_seed").value == 0


def test_the_next_story_is_one_click_away_and_after_the_last_comes_the_first(page):
    told_in_order = [page.pills(key="learn_story").value]
    for _ in STORIES:
        page.button(key="learn_next").click().run()
        assert not page.exception
        story = STORIES[page.pills(key="learn_story").value]
        told_in_order.append(story.id)
        assert story.question in told(page)
        assert page.select_slider(key="learn_step").value == story.budget
    assert told_in_order == [*STORIES, next(iter(STORIES))]


def test_picking_on_the_test_begins_with_a_typical_draw_and_says_so(page):
    page.pills(key="learn_story").set_value("holdout").run()
    assert page.number_input(key="learn_seed").value == holdout.TYPICAL
    assert any(f"Draw {holdout.TYPICAL} is typical" in found.value for found in page.caption)
    page.button(key="learn_again").click().run()
    assert not any("is typical" in found.value for found in page.caption)
    assert any(f"Draw {holdout.TYPICAL + 1}: after" in found.value for found in page.caption)


def test_the_split_shows_what_200_draws_come_to(page):
    page.pills(key="learn_story").set_value("allocation").run()
    whole = pictures(page)[1]
    assert re.search(r"C is nearer than A in \d+ of 200", whole)
    page.select_slider(key="learn_step").set_value(3).run()
    assert pictures(page)[1] != whole
    page.toggle(key="learn_break").set_value(True).run()
    assert re.search(r"B is nearer than C in \d+ of 200", pictures(page)[1])


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_a_story_links_to_its_methods_and_they_link_back(shared, story):
    shared.pills(key="learn_story").set_value(story.id).run()
    led = {
        parse_qs(link.proto.query_string)["meth_open_Strategies"][0]: link.proto.page
        for link in shared.get("page_link")
        if "meth_open" in link.proto.query_string
    }
    assert set(led) == {STRATEGIES[name].label for name in story.shows}
    assert all("methods" in where for where in led.values())


def test_methods_opens_the_strategy_that_its_address_names_and_links_to_its_stories():
    at = tab(AppState(), "methods.py")
    at.selectbox(key="meth_open_Strategies").set_value("stratified").run()
    assert not at.exception
    led = [parse_qs(link.proto.query_string).get("learn_story", [""])[0] for link in at.get("page_link")]
    assert [one for one in led if one] == ["The rare group", "Splitting the budget"]


def test_playing_goes_on_step_by_step_pauses_and_ends(page):
    def due():
        page.session_state["_tab_learn_next"] = monotonic()
        page.run()
        return page.select_slider(key="learn_step").value

    page.button(key="learn_play").click().run()
    assert page.button(key="learn_play").label == "Pause"
    assert page.select_slider(key="learn_step").value == 1, "it plays from the start"
    assert [due(), due()] == [2, 3]
    page.button(key="learn_play").click().run()
    assert page.button(key="learn_play").label == "Play"
    assert due() == 3
    page.select_slider(key="learn_step").set_value(39).run()
    page.button(key="learn_play").click().run()
    assert due() == 40
    due()
    assert page.button(key="learn_play").label == "Play"
    page.button(key="learn_play").click().run()
    assert page.select_slider(key="learn_step").value == 1, "from the end it begins again"


def test_a_moved_slider_stops_what_plays_and_so_does_leaving(page):
    page.button(key="learn_play").click().run()
    page.select_slider(key="learn_step").set_value(7).run()
    assert page.button(key="learn_play").label == "Play"
    page.button(key="learn_play").click().run()
    page.session_state["_tab_learn_next"] = monotonic() - 60  # as after a minute on another page
    page.run()
    assert page.select_slider(key="learn_step").value == 7
    assert page.button(key="learn_play").label == "Play"


def test_the_promise_can_be_counted(page):
    page.pills(key="learn_story").set_value("rare").run()
    page.button(key="learn_repeat_start").click().run()
    finished(page)
    page.run()
    assert f"Came true in **{REPEATS} of {REPEATS}** draws" in told(page)


def test_the_numbers_stand_beside_the_chart(page):
    frame = page.dataframe[0].value
    assert list(frame.columns) == ["picks", "A Random", "random, from", "random, to"]
    assert len(frame) == STORIES["chance"].budget


def test_without_data_it_leads_to_the_data_page(page):
    page.pills(key="learn_story").set_value("outlier").run()
    page.button(key="learn_take").click().run()
    assert not page.exception
    assert any("Choose a data set first" in toast.value for toast in page.toast)
    assert not page.session_state["app"].recipe.strategies


def test_with_data_its_strategies_stand_on_compare():
    at = tab(opened(), "learn.py")
    at.pills(key="learn_story").set_value("outlier").run()
    at.button(key="learn_take").click().run()
    assert not at.exception
    recipe = at.session_state["app"].recipe
    assert recipe.strategies == STORIES["outlier"].choices
    assert recipe.budget == "35"
    assert any("Strategies of “The outlier”" in toast.value for toast in at.toast)


def test_a_budget_that_was_chosen_is_kept():
    at = tab(opened(strategies=(Choice("random"),), budget="20", seeds=2), "learn.py")
    at.pills(key="learn_story").set_value("rare").run()
    at.button(key="learn_take").click().run()
    recipe = at.session_state["app"].recipe
    assert (recipe.budget, recipe.seeds) == ("20", 2)
    assert recipe.strategies == STORIES["rare"].choices
