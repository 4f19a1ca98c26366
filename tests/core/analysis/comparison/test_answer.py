"""The line that answers a question, over comparisons whose marks are made up."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.comparison.answer import answer
from core.analysis.comparison.run import compare
from core.analysis.random_band.judge import Verdict
from core.metrics.declaration import METRICS
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.model.recipe import Choice
from core.strategies.presets import PRESETS

ASKED = PRESETS["represent"]
FIRST, SECOND, THIRD, LAST = ASKED.metrics
CHOICES = (Choice("random"), Choice("stratified"), Choice("k-center"), Choice("facility-location"))
NAMES = "ABCDEFGH"


@cache
def compared():
    """A comparison of four strategies; tests put marks of their own into it."""
    rng = np.random.default_rng(3)
    keys = np.zeros((120, 16), np.uint8)
    keys[:, 15] = np.arange(120)
    codes = np.sort(rng.integers(0, 3, 120))
    x = rng.normal(size=(120, 3)).astype(np.float32)
    inputs = Inputs(
        keys=keys,
        features=Features(x, "euclidean", "k", "l"),
        frame=pd.DataFrame({"u": x[:, 0].astype(float), "code": codes}),
        groups=Groups(codes, ("first", "second", "third")),
    )
    return compare(inputs, CHOICES, 20, seeds=1, band=199, seed=0)


@pytest.fixture
def found():
    return compared()


def marked(found, marks, best=None, choices=None):
    """The comparison with these marks alone: per strategy, metric → better than luck."""
    verdicts = tuple(
        {
            name: Verdict(0.5, 0.001 if name in own else 1.0, name in own, own.get(name), "words")
            for name in found.verdicts[0]
        }
        for own in marks
    )
    results = tuple(found.results)
    if choices is not None:
        results = tuple(
            replace(result, choice=choice) for result, choice in zip(results, choices, strict=False)
        )
    return replace(found, results=results, verdicts=verdicts, best=best or {})


def said(made, preset=ASKED):
    return answer(made, NAMES, preset)


def test_where_nothing_beats_chance_the_design_with_weights_is_taken(found):
    made = said(marked(found, [{}, {}, {}, {}]))
    assert made.take == 1
    assert made.add is None
    assert made.text == (
        "For “represent everything”: none of the four beats luck on energy distance, group shares, largest "
        "column shift or coverage radius; so take B, a probability design whose weights estimate totals and "
        "means of the whole."
    )


def test_a_design_that_was_not_compared_is_offered(found):
    others = (Choice("random"), Choice("herding"), CHOICES[2], CHOICES[3])
    made = said(marked(found, [{}, {}, {}, {}], choices=others))
    assert (made.take, made.add) == (None, Choice("stratified"))
    assert "so add proportional stratified sampling, a probability design" in made.text
    equal = (Choice("random"), Choice("stratified", {"allocation": "equal"}), CHOICES[2], CHOICES[3])
    assert said(marked(found, [{}, {}, {}, {}], choices=equal)).add == Choice("stratified")
    spread = Choice("stratified", {"within": {"id": "k-center", "params": {}}})
    assert said(marked(found, [{}, {}, {}, {}], choices=(CHOICES[0], spread))).add == Choice("stratified")


def test_without_groups_it_is_uniform_random_rows(found):
    bare = replace(marked(found, [{}, {}, {}, {}], choices=(CHOICES[2], CHOICES[0])), composition=None)
    assert said(bare).take == 1
    none = replace(bare, results=bare.results[:1], verdicts=bare.verdicts[:1])
    made = said(none)
    assert (made.take, made.add) == (None, Choice("random"))
    assert "it never beats luck on" in made.text
    assert "so add uniform random rows" in made.text


def test_a_design_that_is_worse_than_luck_is_not_taken(found):
    assert said(marked(found, [{}, {SECOND: False}, {}, {}])).take == 0


def test_a_design_that_did_not_run_gives_way_to_random_rows(found):
    made = marked(found, [{}, {}, {}, {}])
    gone = replace(made.results[1], selections=(), reason="it has no groups")
    made = said(replace(made, results=(made.results[0], gone, *made.results[2:])))
    assert made.take == 0
    assert "none of the three" in made.text


def test_weights_that_are_void_are_not_praised(found):
    made = marked(found, [{}, {}, {}, {}])
    void = [replace(one, selections=(replace(one.selections[0], weight=None),)) for one in made.results]
    made = said(replace(made, results=tuple(void)))
    assert made.take == 1
    assert "weights" not in made.text


def test_one_beats_chance(found):
    made = said(marked(found, [{}, {SECOND: True}, {}, {}], {SECOND: 1}))
    assert made.take == 1
    assert made.text == (
        "For “represent everything”: B is best on group shares; none of the four beats luck on energy "
        "distance, largest column shift or coverage radius."
    )


def test_best_is_said_only_of_who_is_ahead(found):
    assert "best" not in said(marked(found, [{}, {SECOND: True}, {}, {}])).text
    both = said(marked(found, [{}, {SECOND: True, LAST: True}, {}, {}], {LAST: 1})).text
    assert "B is best on coverage radius and better than luck on group shares" in both


def test_several_beat_chance_and_luck_can_give_the_difference(found):
    made = said(marked(found, [{}, {FIRST: True}, {FIRST: True}, {FIRST: True, LAST: True}]))
    assert made.take == 3  # as good on the first metric, and better on a later one
    assert "so are B and C on energy distance, and luck can give the difference" in made.text
    tie = said(marked(found, [{}, {FIRST: True}, {FIRST: True}, {}]))
    assert tie.take == 1  # of equal ones the one with weights
    assert said(marked(found, [{}, {}, {FIRST: True}, {FIRST: True}])).take == 2


def test_the_question_says_which_metric_counts_first(found):
    made = said(marked(found, [{}, {SECOND: True, THIRD: True, LAST: True}, {FIRST: True}, {}]))
    assert made.take == 2
    assert "B beats luck on group shares, largest column shift and coverage radius" in made.text


def test_what_is_worse_than_luck_first_is_not_named_however_good_later(found):
    made = said(marked(found, [{}, {}, {FIRST: False, LAST: True}, {FIRST: False, LAST: True}]))
    assert made.take == 1
    assert "C and D beat luck on coverage radius but are worse than luck on energy distance" in made.text


def test_what_a_named_subset_gives_up_is_told(found):
    made = said(marked(found, [{}, {}, {FIRST: True, SECOND: False}, {}]))
    assert "C gives up group shares, worse than luck" in made.text
    side = said(marked(found, [{}, {}, {FIRST: True, "vendi": False}, {}]))
    assert "C gives up Vendi score, worse than luck" in side.text


def test_what_others_give_up_is_told(found):
    made = said(marked(found, [{}, {SECOND: True}, {LAST: True, FIRST: False, THIRD: False}, {LAST: True}]))
    assert made.take == 1
    assert (
        "C beats luck on coverage radius but is worse than luck on energy distance and largest column shift"
        in made.text
    )
    assert "; D beats luck on coverage radius;" in made.text


def test_a_metric_without_direction_is_no_part_of_the_answer(found):
    assert METRICS["local-density"].direction == "none"
    asked = replace(ASKED, metrics=("local-density", SECOND))
    made = said(marked(found, [{}, {}, {"local-density": None}, {}]), asked)
    assert made.take == 1
    assert "ensity" not in made.text
    only = said(marked(found, [{}, {}, {}, {}]), replace(ASKED, metrics=("local-density",)))
    assert "nothing was measured that answers it" in only.text


def test_what_was_not_measured_is_told(found):
    asked = replace(ASKED, metrics=("probe-accuracy", SECOND))
    assert "probe accuracy was not measured" in said(marked(found, [{}, {SECOND: True}, {}, {}]), asked).text


def test_without_a_question_facts_alone(found):
    made = said(marked(found, [{}, {SECOND: True}, {LAST: True}, {LAST: True}]), None)
    assert (made.take, made.add) == (None, None)
    assert made.text.startswith("On the main metrics: C and D beat luck on coverage radius; B beats luck on ")
    many = len([name for name in found.headlines if METRICS[name].direction != "none"])
    assert f"none of the four beats luck on the other {many - 2}." in made.text
    assert said(marked(found, [{}, {}, {}, {}]), None).take == 1


def test_a_preview_says_nothing_of_luck(found):
    small = replace(found, band=replace(found.band, size=39))
    made = said(small)
    assert (made.take, made.add) == (None, None)
    assert "nothing can be said beside 39 random subsets" in made.text


def test_of_a_comparison_under_way_it_says_so_far(found):
    assert said(replace(marked(found, [{}, {}, {}, {}]), partial=True)).text.startswith(
        "For “represent everything”, so far: "
    )
    nobody = replace(
        found, results=(replace(found.results[0], selections=(), reason="no"),), verdicts=({},), best={}
    )
    assert said(nobody).text == "For “represent everything”: none of these strategies ran."


MARKS = st.fixed_dictionaries({}, optional={name: st.booleans() for name in ASKED.metrics})


@given(marks=st.lists(MARKS, min_size=4, max_size=4), leads=st.booleans())
def test_the_named_subset_has_the_best_marks_in_the_order_of_the_question(marks, leads):
    best = {}
    for name in ASKED.metrics:
        holders = [at for at in range(4) if marks[at].get(name)]
        if leads and holders:
            best[name] = holders[-1]
    made = said(marked(compared(), marks, best))
    value = {True: 1, False: -1, None: 0}
    ranks = [
        [2 if best.get(name) == at else value[marks[at].get(name)] for name in ASKED.metrics]
        for at in range(4)
    ]
    if any(rank > [0, 0, 0, 0] for rank in ranks):
        assert ranks[made.take] == max(ranks)
        assert next(mark for mark in ranks[made.take] if mark) > 0
        assert "so take" not in made.text
    else:
        assert " is best " not in made.text
        designs = [at for at in (1, 0) if ranks[at] >= [0, 0, 0, 0]]  # stratified before random
        assert made.take == (designs[0] if designs else None)
        assert ("so take" in made.text) == bool(designs)
    for name in ASKED.metrics:  # nobody is said to be beaten where somebody is better
        label = METRICS[name].label[0].lower() + METRICS[name].label[1:]
        nobody = next((part for part in made.facts.split("; ") if part.startswith("none of")), "")
        assert (label in nobody) == (not any(own.get(name) for own in marks))
