"""Methods: everything registered is on the page, findable, and drawn by the engine."""

from __future__ import annotations

import numpy as np
import pytest

from core.metrics import METRICS
from core.strategies import STRATEGIES
from pages.ui import planted, reference
from pages.ui.definitions import WORDS
from pages.ui.state import AppState
from pages.ui.words import plain

from ._compared import said, tab


@pytest.fixture
def page():
    return tab(AppState(), "methods.py")


@pytest.mark.parametrize("section", ["Strategies", "Metrics", "Features and groups"])
def test_everything_registered_has_a_card(page, section):
    page.segmented_control(key="meth_show").set_value(section).run()
    assert not page.exception
    text = said(page)
    for thing in reference.registries()[section]:
        assert thing.sentence in text


@pytest.mark.parametrize("strategy", STRATEGIES.ids())
def test_every_strategy_opens_in_full(page, strategy):
    page.selectbox(key="meth_open_Strategies").set_value(strategy).run()
    assert not page.exception
    text = said(page)
    one = STRATEGIES[strategy]
    assert one.when in text
    assert one.when_not in text
    assert one.cost.text in text
    if one.paper.deviation:
        assert one.paper.deviation in text


def test_every_metric_opens_in_full(page):
    page.segmented_control(key="meth_show").set_value("Metrics").run()
    for metric in list(METRICS)[::4]:
        page.selectbox(key="meth_open_Metrics").set_value(metric.id).run()
        assert not page.exception
        assert plain(metric.formula, 1000) in said(page)
        assert plain(metric.range) in said(page)


def test_search_narrows_and_says_when_nothing_fits(page):
    page.text_input(key="meth_search").set_value("k-center greedy").run()
    cards = [b for b in page.button if b.key.startswith("meth_card_open")]
    assert 0 < len(cards) < len(STRATEGIES)
    page.text_input(key="meth_search").set_value("zzzz").run()
    assert "Nothing fits" in said(page)


def test_words_are_all_there(page):
    page.segmented_control(key="meth_show").set_value("Words").run()
    text = said(page)
    assert all(word.name in text and word.plain in text for word in WORDS)


def test_wishes_are_read_off_the_declarations():
    wishes = reference.wishes()
    assert "random" in wishes["gives totals and means"]
    assert "stratified" in wishes["follows groups"]
    assert all(ids for ids in wishes.values())
    assert set().union(*wishes.values()) <= set(STRATEGIES.ids())


def test_the_planted_population_is_what_it_says():
    inputs = planted.population()
    assert inputs.n == planted.points()
    assert inputs.groups is not None
    assert inputs.groups.sizes[-1] == planted.rare_size()
    keys = [key.tobytes() for key in inputs.keys]
    assert keys == sorted(keys)
    far = inputs.groups.codes == 3
    matrix = inputs.features.matrix
    gap = np.linalg.norm(matrix[far][:, None] - matrix[~far][None], axis=2).min()
    inside = np.linalg.norm(matrix[far][:, None] - matrix[far][None], axis=2).max()
    assert gap > inside / 4


@pytest.mark.parametrize("strategy", STRATEGIES.ids())
def test_pictures_are_real_runs_or_say_why_not(strategy):
    made = planted.drawn(strategy)
    assert bool(made.reason) != bool(len(made.rows))
    assert len(made.rows) <= planted.PICKS
    assert 0 <= made.rare <= planted.rare_size()


def test_k_center_reaches_the_small_group_and_random_hardly():
    assert planted.drawn("k-center").rare > planted.drawn("random").rare
