"""The smallest budget that meets thresholds, against running and measuring every budget."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.analysis.budget_curves.run import curves
from core.analysis.budget_curves.smallest_budget import Goal, goal, last_start, smallest_budget
from core.analysis.random_band.measure import measure_band
from core.foundation.errors import ParameterError
from core.metrics.declaration import METRICS
from core.metrics.measure import measure_many
from core.metrics.pool import prepare
from core.model.recipe import Choice
from core.strategies.running.select import select

from ._made_curves import FOUR, population


def brute(inputs, strategy, goals, budgets, pool, seed=0, runs=1):
    """The smallest budget by running and measuring every one of them."""
    good = []
    for budget in budgets:
        rows = [select(strategy, inputs, budget, seed=seed + run).rows for run in range(runs)]
        values = measure_many(pool, rows, metrics=[one.metric for one in goals])
        good.append(all(bool(one.met(values[one.metric].mean())) for one in goals))
    start = last_start(good)
    return None if start is None else budgets[start]


GOALS = [
    [Goal("coverage-radius", high=2.0)],
    [Goal("covered", low=0.8)],
    [Goal("energy", high=0.05)],
    [Goal("coverage-mean", high=0.9), Goal("group-shares", high=0.08)],
    [Goal("energy", high=-1.0)],
    [Goal("covered", low=0.0)],
]


def exact(answer):
    """Whether no smaller budget would do, among those between the two measured ones."""
    return answer.budget is not None and (answer.step == 1 or answer.above is None)


@pytest.mark.parametrize("goals", GOALS)
def test_on_a_full_grid_it_is_what_brute_force_finds(goals):
    inputs = population(60)
    budgets = list(range(1, 61))
    choices = [Choice(name) for name in ("random", "stratified", "k-center")]
    found = curves(inputs, choices, 20, budgets, seeds=2, band=3)
    answers = smallest_budget(found, goals).answers
    pool = prepare(inputs)
    for curve, answer in zip(found.curves, answers, strict=True):
        assert answer.budget == brute(inputs, curve.choice.id, goals, budgets, pool, runs=curve.runs)
        assert exact(answer) == (answer.budget is not None and (curve.nested or answer.above is None))


@pytest.mark.parametrize("goals", GOALS[:4])
def test_between_two_budgets_of_the_grid_every_size_is_looked_at(goals):
    inputs = population(120)
    grid = (2, 20, 60, 120)
    found = curves(inputs, [Choice("random"), Choice("k-center")], 20, grid, seeds=2, band=5)
    pool = prepare(inputs)
    for curve, answer in zip(found.curves, smallest_budget(found, goals).answers, strict=True):
        coarse = smallest_budget(found, goals, refine=False).answers[answer.strategy]
        assert coarse.budget in grid
        assert coarse.step == 0
        between = range(coarse.above, coarse.budget + 1)
        want = brute(inputs, curve.choice.id, goals, between, pool, runs=curve.runs)
        assert answer.budget == want
        assert answer.above == want - 1
        assert exact(answer)
        assert answer.held == want
        for one in goals:
            assert one.met(np.array(answer.values[one.metric]))


def test_a_wide_gap_is_narrowed_by_sections(monkeypatch):
    monkeypatch.setattr("core.analysis.budget_curves.smallest_budget.SECTIONS", 4)
    inputs = population(240)
    found = curves(inputs, [Choice("k-center")], 240, (2, 240), band=2, metrics=["coverage-radius"])
    # The radius of a growing subset only shrinks, so sections find the exact size.
    goals = [Goal("coverage-radius", high=1.2)]
    (answer,) = smallest_budget(found, goals).answers
    assert answer.budget == brute(inputs, "k-center", goals, range(2, 241), prepare(inputs))
    assert answer.step > 1
    assert not exact(answer)


def test_the_worst_seed_and_luck_are_told():
    inputs = population()
    found = curves(inputs, [Choice("random"), Choice("k-center")], 40, (5, 10, 20, 40, 80), seeds=5, band=39)
    limit = float(np.median(found.curves[0].values["energy"][2]))
    answers = smallest_budget(found, [goal("energy", limit)])
    random = answers.answers[0]
    assert random.worst >= random.budget
    assert 0 < random.chance <= 1
    per_seed = [last_start((found.curves[0].values["energy"][:, run] <= limit).tolist()) for run in range(5)]
    assert random.worst == found.budgets[max(per_seed)]
    values = [one.of()["energy"] for one in found.band]
    lucky = last_start([bool((value <= limit * (1 + 1e-6)).mean() >= 0.95) for value in values])
    assert answers.luck == (None if lucky is None else found.budgets[lucky])
    assert answers.size == 39
    easy = smallest_budget(found, [goal("energy", 1e9)])
    assert easy.answers[0].chance == 1
    assert easy.answers[0].budget == easy.answers[0].worst == easy.luck == 5


def test_shares_of_luck_at_a_refined_budget_are_those_of_the_band_there():
    inputs = population()
    found = curves(inputs, [Choice("random")], 40, (10, 40, 90), band=39, seed=2)
    goals = [Goal("energy", high=0.05)]
    answers = smallest_budget(found, goals).answers
    budget = answers[0].budget
    assert budget not in found.budgets
    values = measure_band(found.pool, budget, size=39, seed=2, metrics=["energy"]).of()["energy"]
    assert answers[0].chance == pytest.approx(float((values <= 0.05 * (1 + 1e-6)).mean()))


def test_goals_follow_the_direction(monkeypatch):
    free = "mmd"
    undirected = replace(METRICS[free], direction="none")
    monkeypatch.setattr(METRICS, "_items", {**METRICS._items, free: undirected})
    assert goal("covered", 0.5) == Goal("covered", low=0.5)
    assert goal("energy", 0.5) == Goal("energy", high=0.5)
    assert goal(free, 0.2, 0.5) == Goal(free, 0.2, 0.5)
    assert Goal(free, 0.2, 0.5).met(np.array([0.1, 0.2, 0.4, 0.6, np.nan])).tolist() == [
        False, True, True, False, False,
    ]  # fmt: skip
    for bad in (
        ("energy",),
        ("energy", None, 1.0),
        ("covered", 0.5, 0.6),
        (free, 2.0, 1.0),
        ("energy", np.nan),
    ):
        with pytest.raises(ParameterError):
            goal(*bad)


def test_questions_that_cannot_be_asked_are_refused():
    found = curves(population(), FOUR[:1], 20, band=2, metrics=["energy"])
    with pytest.raises(ParameterError, match="no threshold"):
        smallest_budget(found, [])
    with pytest.raises(ParameterError, match="not measured"):
        smallest_budget(found, [Goal("covered", low=0.5)])
    with pytest.raises(ParameterError, match="no rows at a budget"):
        found.measure(0, [10_000], ["energy"])
