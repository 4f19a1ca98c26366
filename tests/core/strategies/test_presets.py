"""Questions of a comparison: derived from the declarations, and answered by strategies that run."""

from __future__ import annotations

import numpy as np
import pytest

from core.data import sample_docstrings
from core.data.load import load
from core.data.samples import SAMPLES, sample_frame
from core.foundation.artifact_store import Store
from core.metrics.declaration import METRICS
from core.model.dataset import Kind
from core.model.needs import Need
from core.model.recipe import Choice, Recipe
from core.strategies.declaration import STRATEGIES
from core.strategies.presets import MOST, PRESETS, YARDSTICK, offer
from core.strategies.running.needs import unmet
from core.strategies.wishes import Wish
from core.study.study import Study
from pages.ui.compare.choices import missing_needs

NEEDED = {"target": Need.TARGET, "quality": Need.SCORES}


def test_there_are_six_questions_as_asked():
    assert [one.question for one in PRESETS.values()] == [
        "represent everything",
        "keep rare groups",
        "match a target",
        "spread out",
        "best quality without losing breadth",
        "cheap to label",
    ]


def test_every_wish_is_part_of_a_question():
    assert {wish for one in PRESETS.values() for wish in one.wishes} == set(Wish)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_what_a_question_names_exists_and_answers_it(preset):
    for one in preset.order:
        assert STRATEGIES[one.strategy].answers & set(preset.wishes), one.strategy
        STRATEGIES[one.strategy].check(one.params)
    assert set(preset.metrics) <= {metric.id for metric in METRICS}
    assert preset.look.endswith(".")
    assert len({(one.strategy, str(one.params)) for one in preset.order}) == len(preset.order)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_random_rows_stand_beside_and_nothing_that_lacks_something_is_chosen(preset):
    full = offer(preset, lambda choice: ())
    assert full.choices[0] == Choice(YARDSTICK)
    assert len(full.choices) == MOST + 1
    assert not full.left_out
    first = full.choices[1].id
    short = offer(preset, lambda choice: [Need.SCORES] if choice.id == first else [])
    assert first not in [choice.id for choice in short.choices]
    assert {choice.id for choice, _ in short.left_out} == {first}
    none = offer(preset, lambda choice: [Need.SCORES])
    assert none.choices == (Choice(YARDSTICK),)
    assert offer(preset, lambda choice: (), yardstick=False).choices == full.choices[1:]


@pytest.mark.parametrize("name", list(SAMPLES))
def test_every_question_has_strategies_on_every_sample_that_has_what_it_needs(name, monkeypatch, tmp_path):
    collect = sample_docstrings.collect
    monkeypatch.setattr(sample_docstrings, "collect", lambda **_: collect(per_package=2, cap=30))
    known = SAMPLES[name]
    data = load(sample_frame(name, Store(tmp_path)), id_column=known.id_column, roles=known.roles)
    recipe = Recipe(features=known.features, groups=known.groups, label=known.label_column)
    study = Study(data, recipe, target=data.take(np.arange(20)), store=Store(tmp_path))
    for preset in PRESETS.values():
        need = NEEDED.get(preset.id)
        if need is Need.SCORES and not data.columns(Kind.SCORE):
            continue
        made = offer(preset, lambda choice: missing_needs.lacking(choice, study))
        runnable = {choice.id for choice in made.choices} - {YARDSTICK}
        assert len(runnable) >= 2, preset.id
        if need is not None:
            assert runnable & {one.id for one in STRATEGIES if need in one.needs}, (
                f"{preset.id} without {need}"
            )


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_what_is_offered_on_a_small_sample_runs(preset):
    study = Study(load("sample:wine"), Recipe(features="table", groups="kmeans:3", label="cultivar"))
    inputs = study.inputs()
    made = offer(preset, lambda choice: missing_needs.lacking(choice, study))
    for choice in made.choices:
        assert unmet(STRATEGIES[choice.id], inputs, choice.params) == ""
        assert len(study.select(choice.id, "30", params=choice.params)) > 0
