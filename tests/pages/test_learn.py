"""Learn: every story, whole and broken, at both ends; playing, links, and the way to one's own data."""

from __future__ import annotations

from time import monotonic

import pytest

from core.model.recipe import Choice
from core.stories.catalogue import REPEATS, STORIES
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
    assert shared.slider(key="learn_step").value == 1
    assert shared.slider(key="learn_step").max == story.budget
    assert story.question in told(shared)
    assert all(sentence in told(shared) for sentence in story.sentences)
    assert story.takeaway in told(shared)
    first = pictures(shared)
    shared.slider(key="learn_step").set_value(story.budget).run()
    assert not shared.exception
    last = pictures(shared)
    assert len(first) == len(last) == 2
    assert first[0] != last[0]
    assert first[1] != last[1]
    shared.toggle(key="learn_break").set_value(True).run()
    assert not shared.exception
    assert story.break_sentence in told(shared)
    assert all(sentence in told(shared) for sentence in story.sentences_when(True))
    assert not any(one in told(shared) for one in set(story.sentences) - set(story.sentences_when(True)))
    assert story.takeaway not in told(shared)
    assert pictures(shared) != last
    shared.slider(key="learn_step").set_value(1).run()
    assert not shared.exception


def test_another_draw_changes_the_picks_and_a_story_begins_anew(page):
    page.slider(key="learn_step").set_value(9).run()
    before = pictures(page)
    page.button(key="learn_again").click().run()
    assert page.number_input(key="learn_seed").value == 1
    assert page.slider(key="learn_step").value == 9
    assert pictures(page) != before
    page.toggle(key="learn_break").set_value(True).run()
    page.pills(key="learn_story").set_value("weights").run()
    assert page.slider(key="learn_step").value == 1
    assert page.toggle(key="learn_break").value is False


def test_playing_goes_on_step_by_step_pauses_and_ends(page):
    def due():
        page.session_state["_tab_learn_next"] = monotonic()
        page.run()
        return page.slider(key="learn_step").value

    page.button(key="learn_play").click().run()
    assert page.button(key="learn_play").label == "Pause"
    assert page.slider(key="learn_step").value == 1
    assert [due(), due()] == [2, 3]
    page.button(key="learn_play").click().run()
    assert page.button(key="learn_play").label == "Play"
    assert due() == 3
    page.slider(key="learn_step").set_value(39).run()
    page.button(key="learn_play").click().run()
    assert due() == 40
    due()
    assert page.button(key="learn_play").label == "Play"
    page.button(key="learn_play").click().run()
    assert page.slider(key="learn_step").value == 1, "from the end it begins again"


def test_a_moved_slider_stops_what_plays_and_so_does_leaving(page):
    page.button(key="learn_play").click().run()
    page.slider(key="learn_step").set_value(7).run()
    assert page.button(key="learn_play").label == "Play"
    page.button(key="learn_play").click().run()
    page.session_state["_tab_learn_next"] = monotonic() - 60  # as after a minute on another page
    page.run()
    assert page.slider(key="learn_step").value == 7
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
