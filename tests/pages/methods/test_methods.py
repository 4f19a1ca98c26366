"""Methods: everything registered is on the page, findable, and drawn by the engine."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from core.data.load import load
from core.metrics.declaration import METRICS
from core.model.needs import Need
from core.model.promises import Size
from core.strategies.declaration import STRATEGIES
from core.strategies.wishes import Wish
from pages.ui.methods import method_cards, planted_pictures
from pages.ui.methods.definitions import WORDS
from pages.ui.shared import finder
from pages.ui.shared.app_state import AppState
from pages.ui.shared.markdown_escapes import plain

from .._compared import said, tab


@pytest.fixture
def page():
    return tab(AppState(), "methods.py")


@pytest.mark.parametrize("section", ["Strategies", "Metrics", "Features and groups"])
def test_everything_registered_has_a_card(page, section):
    page.segmented_control(key="meth_show").set_value(section).run()
    assert not page.exception
    text = said(page)
    for thing in method_cards.registries()[section]:
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


def cards(page):
    """Ids of the cards on the page."""
    return [b.key.removeprefix("meth_card_open_Strategies_") for b in page.button if "card_open" in b.key]


def test_the_first_view_draws_one_picture(page):
    assert len(page.get("plotly_chart")) == 1
    assert cards(page) == [one.id for one in finder.in_order(STRATEGIES)]


def test_cards_stand_under_the_families_there_are(page, made_up):
    page.run()
    text = said(page)
    titles = [f"## {part.title} :gray[{len(part.things)}]" for part in finder.by_heading(STRATEGIES)]
    places = [text.index(title) for title in titles]
    assert places == sorted(places)
    assert titles[-1] == "## Made up :gray[4]", "a family without a name of its own comes last, by its id"
    assert finder.by_heading(STRATEGIES)[0].title == "Probability"


def test_wishes_and_properties_are_read_off_the_declarations():
    wishes, having = finder.wishes(), finder.properties()
    assert "kmq" in wishes[Wish.QUALITY]
    assert "random" not in wishes[Wish.QUALITY]
    assert "random" in having["gives design weights"]
    assert "stratified" in having["follows groups"]
    assert "k-center" in having["can be cut shorter later"]
    for found in (wishes, having):
        assert all(ids for ids in found.values())
        assert set().union(*found.values()) <= set(STRATEGIES.ids())
    assert set().union(*wishes.values()) == set(STRATEGIES.ids()), "every strategy answers something"
    assert all(len(ids) < len(STRATEGIES) for ids in having.values())


def test_a_wish_leads_to_its_strategies_and_opens_the_first(page):
    wanted = {one.id for one in STRATEGIES if Wish.QUALITY in one.answers}
    page.pills(key="meth_wishes").set_value([Wish.QUALITY]).run()
    assert not page.exception
    left = cards(page)
    assert set(left) == wanted
    assert page.selectbox(key="meth_open_Strategies").value == left[0]
    assert STRATEGIES[left[0]].when in said(page)
    page.pills(key="meth_wishes").set_value([]).run()
    assert len(cards(page)) == len(STRATEGIES)
    assert page.selectbox(key="meth_open_Strategies").value == left[0], "what is open stays open"


def test_several_wishes_narrow_and_where_none_grants_all_the_best_are_told(page):
    page.pills(key="meth_wishes").set_value([Wish.RARE, Wish.COVERS]).run()
    assert set(cards(page)) == {one.id for one in STRATEGIES if {Wish.RARE, Wish.COVERS} <= one.answers}
    assert "k-center" in cards(page)
    assert not page.info
    asked = list(finder.wishes())
    page.pills(key="meth_wishes").set_value(asked).run()
    assert not page.exception
    most = max(len(one.answers) for one in STRATEGIES)
    assert f"No strategy here answers all {len(asked)}. These answer {most} of {len(asked)}." in said(page)
    assert set(cards(page)) == {one.id for one in STRATEGIES if len(one.answers) == most}
    first = STRATEGIES[cards(page)[0]]
    assert f":material/check: {' · '.join(wish for wish in asked if wish in first.answers)}" in said(page)


def test_most_of_the_wishes_is_counted():
    def made(name, *answers):
        return SimpleNamespace(id=name, answers=frozenset(answers))

    some = [made("a", Wish.RARE), made("b", Wish.RARE, Wish.COVERS), made("c", Wish.COVERS, Wish.TIME)]

    def found(*asked):
        answer = finder.best_for(some, asked)
        return "".join(one.id for one in answer.found), answer.met, answer.words

    assert found() == ("abc", 0, "")
    assert found(Wish.RARE) == ("ab", 1, "")
    assert found(Wish.RARE, Wish.COVERS) == ("b", 2, "")
    assert found(Wish.RARE, Wish.TIME) == (
        "abc", 1, "No strategy here answers both. These answer 1 of 2."
    )  # fmt: skip
    assert found(Wish.RARE, Wish.COVERS, Wish.TIME)[:2] == ("bc", 2)
    assert found(Wish.CLEAN)[0] == ""


def test_properties_narrow_what_the_wishes_left(page):
    page.pills(key="meth_wishes").set_value([Wish.RARE]).run()
    page.multiselect(key="meth_having").set_value(["is the same for every seed"]).run()
    alike = {one.id for one in STRATEGIES if one.promises.deterministic}
    assert set(cards(page)) == alike & {one.id for one in STRATEGIES if Wish.RARE in one.answers}
    assert "k-center" in cards(page)
    page.text_input(key="meth_search").set_value("zzz").run()
    assert "Nothing fits" in said(page)
    assert not cards(page)
    assert not page.exception


@pytest.mark.parametrize(
    "typed", ["k-center", "K center", "kcenter", "GREEDY k", "farthest", "leaves no row far", "gonzalez"]
)
def test_search_forgives(typed):
    assert STRATEGIES["k-center"] in method_cards.matching(STRATEGIES, typed)


def test_search_begins_words_and_looks_into_wishes():
    found = [one.id for one in method_cards.matching(STRATEGIES, "high score")]
    assert "kmq" in found
    assert "random" not in found
    assert not method_cards.matching(STRATEGIES, "arthest"), "the middle of a word is no match"
    assert len(method_cards.matching(STRATEGIES, "  ")) == len(STRATEGIES)
    told = ["Thomas Bayes", "Žliobaitė's kernel", "low-rank"]
    assert finder.matching(told, "zliobaite", str) == told[1:2]
    assert finder.matching(told, "lowrank", str) == told[2:]


def test_what_was_typed_is_opened(page):
    page.text_input(key="meth_search").set_value("facility").run()
    assert page.selectbox(key="meth_open_Strategies").value == "facility-location"


def test_limit_guarantee_and_wishes_are_told(page, made_up):
    page.run()
    page.selectbox(key="meth_open_Strategies").set_value(made_up.COLUMNS).run()
    assert not page.exception
    text = said(page)
    assert "bounded by the number of rows" in text
    assert f"For a subset that… {Wish.CLEAN}" in text
    assert "number or category columns" in page.table[0].value["takes"][0]
    assert page.table[0].value["default"][0] == "`groups`"
    page.selectbox(key="meth_open_Strategies").set_value("k-center").run()
    assert STRATEGIES["k-center"].promises.bound[1:].rstrip(".") in said(page)


def test_the_open_data_gives_an_estimate(drive):
    state = drive.sample_state("wine", budget="20")
    shown = drive.opened(state, "methods.py")
    assert "20 rows out of 178 take under 1 s" in said(shown)
    bare = drive.sample_state("wine", features="text:nowhere")
    fresh = tab(bare, "methods.py")
    assert not fresh.exception


def test_before_features_are_made_only_what_reads_none_is_estimated(drive):
    rows = "".join(f"{at},{at % 7}.5,{at % 11}.25\n" for at in range(77))
    shown = tab(drive.state_of(load(f"id,a,b\n{rows}".encode(), name="own.csv")), "methods.py")
    assert "8 rows out of 77 take under 1 s" in said(shown)
    shown.selectbox(key="meth_open_Strategies").set_value("k-center").run()
    assert "once features are made" in said(shown)


def test_the_planted_population_is_what_it_says():
    inputs = planted_pictures.population()
    assert inputs.n == planted_pictures.points()
    assert inputs.groups is not None
    assert inputs.groups.sizes[-1] == planted_pictures.rare_size()
    keys = [key.tobytes() for key in inputs.keys]
    assert keys == sorted(keys)
    assert (inputs.scores > 0).all(), "a size for draws in proportion to it"
    assert np.array_equal(np.argsort(inputs.scores), np.argsort(inputs.order))
    sizes = np.bincount(inputs.entities)
    assert len(sizes) == 105
    assert sizes.min() >= 1
    spread = [np.ptp(inputs.features.matrix[inputs.entities == one], axis=0).max() for one in range(105)]
    assert np.median(spread) < np.ptp(inputs.features.matrix, axis=0).max() / 10, "entities are near"
    assert set(inputs.frame.columns) == {"x", "y", "size", "kind"}
    assert inputs.texts is None
    far = inputs.groups.codes == 3
    matrix = inputs.features.matrix
    gap = np.linalg.norm(matrix[far][:, None] - matrix[~far][None], axis=2).min()
    inside = np.linalg.norm(matrix[far][:, None] - matrix[far][None], axis=2).max()
    assert gap > inside / 4


@pytest.mark.parametrize("strategy", STRATEGIES.ids())
def test_pictures_are_real_runs_or_say_why_not(strategy):
    made = planted_pictures.picture_of(strategy)
    assert bool(made.reason) != bool(len(made.rows))
    if STRATEGIES[strategy].promises.size is not Size.RANDOM:
        assert len(made.rows) <= planted_pictures.PICKS
    assert 0 <= made.rare <= planted_pictures.rare_size()


def test_entities_order_columns_and_repeated_draws_are_drawn(made_up):
    needy = planted_pictures.picture_of(made_up.NEEDY)
    assert not needy.reason
    assert needy.xy[needy.rows, 0].max() < np.median(needy.xy[:, 0]), "time runs from left to right"
    assert not planted_pictures.picture_of(made_up.COLUMNS).reason
    twice = planted_pictures.picture_of(made_up.TWICE)
    assert twice.words == f"{planted_pictures.PICKS} draws gave {len(twice.rows)}"
    assert planted_pictures.picture_of("random").words == "24"
    assert "time runs from left to right" in planted_pictures.meaning({Need.ORDER})
    assert planted_pictures.meaning({Need.FEATURES}) == ""


def test_what_reads_text_says_so(made_up):
    assert planted_pictures.picture_of(made_up.READER).reason == "it reads text, and these points have none"


def test_k_center_reaches_the_small_group_and_random_hardly():
    assert planted_pictures.picture_of("k-center").rare > planted_pictures.picture_of("random").rare


def test_every_wish_leads_to_a_few_strategies():
    for wish in Wish:
        assert 1 <= len(finder.wishes()[wish]) <= 6, wish
