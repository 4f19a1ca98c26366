"""Curves of metrics against the budget: prefixes, gaps, knees, and the smallest budget that will do."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis.budget_curves.run import budget_grid, curves, measurable
from core.analysis.budget_curves.smallest_budget import Goal, smallest_budget
from core.analysis.comparison.run import compare
from core.analysis.random_band.draw import band_subsets
from core.analysis.random_band.measure import measure_band
from core.analysis.random_band.several_budgets import band_at, prefixes
from core.data.load import load
from core.foundation.errors import BudgetError, Cancelled, ParameterError
from core.foundation.progress import Progress
from core.metrics.declaration import METRICS
from core.metrics.measure import measure_many
from core.metrics.pool import prepare
from core.model.promises import Weight
from core.model.recipe import Choice, Recipe
from core.model.registry import Reference
from core.model.selection import Picks
from core.strategies.contract.population import population as everything
from core.strategies.declaration import STRATEGIES, Cost, Promises, declare
from core.strategies.running.select import select
from core.strategies.wishes import Wish
from core.study.budget_curves import curves_study
from core.study.study import Study

from ._made_curves import FOUR, NONE, population

# ---- the grid ----------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(data=st.data())
def test_the_grid_holds_the_asked_budget_and_stays_within_reach(data):
    n = data.draw(st.integers(1, 100_000))
    asked = data.draw(st.integers(1, n))
    pins = data.draw(st.integers(0, asked))
    grid = budget_grid(n, asked, pins)
    assert asked in grid
    assert list(grid) == sorted(set(grid))
    assert len(grid) <= 9
    assert pins <= grid[0]
    assert grid[0] >= 1
    assert grid[-1] == min(n, 4 * asked)


def test_the_grid_refuses_what_cannot_be_drawn():
    with pytest.raises(BudgetError):
        budget_grid(10, 11)
    with pytest.raises(BudgetError):
        budget_grid(10, 3, pins=4)


# ---- nested strategies -------------------------------------------------------------------------------


def variants(strategy):
    """The defaults, and each parameter at its other choices and ends."""
    yield {}
    for one in strategy.params:
        values = [*one.choices, *([True, False] if isinstance(one.default, bool) else [])]
        values += [end for end in (one.par.low, one.par.high) if end is not None]
        for value in values:
            kind = type(one.default) if isinstance(one.default, (int, float)) else None
            made = {one.name: kind(value) if kind and not isinstance(value, (str, bool)) else value}
            try:
                checked = strategy.check(made)
            except ParameterError:
                continue
            if checked != strategy.check({}):
                yield made


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda one: one.id)
def test_what_is_said_to_be_nested_is_nested_whatever_its_parameters(strategy):
    seen = 0
    for params in variants(strategy):
        if not strategy.nested(params):
            continue
        for inputs in (everything(70), replace(everything(70), pins=np.array([3, 40]))):
            try:
                longest = select(strategy.id, inputs, 40, seed=2, params=params).rows
            except BudgetError:
                continue
            seen += 1
            for budget in (5, 17, 39):
                rows = select(strategy.id, inputs, budget, seed=2, params=params).rows
                assert np.array_equal(longest[:budget], rows), params
    assert seen > 1 or not strategy.promises.nested


def test_parameters_decide_where_a_declaration_says_so():
    assert not STRATEGIES["saturated-coverage"].nested({})
    assert STRATEGIES["saturated-coverage"].nested({"saturation": 0.1})
    assert STRATEGIES["density"].nested({})
    assert not STRATEGIES["density"].nested({"draw": "pps"})
    assert not STRATEGIES["stratified"].nested({})


@pytest.mark.parametrize("pins", [NONE, [4, 90]])
def test_curves_equal_separate_runs(pins):
    inputs = population(pins=pins)
    budgets = (6, 20, 55)
    found = curves(inputs, FOUR, 20, budgets, seeds=2, band=5, seed=3)
    pool = prepare(inputs)
    assert found.budgets == budgets
    assert [one.nested for one in found.curves] == [True, False, True, True]
    assert [len(one.picks) for one in found.curves] == [1, 3, 1, 1]
    for at, curve in enumerate(found.curves):
        for step, budget in enumerate(budgets):
            rows = [select(curve.choice.id, inputs, budget, seed=3 + run).rows for run in range(curve.runs)]
            values = measure_many(pool, rows, metrics=found.metrics)
            for run in range(curve.runs):
                assert np.array_equal(found.rows(at, budget, run), rows[run])
                assert curve.held[step, run] == budget
            for name in found.metrics:
                np.testing.assert_allclose(curve.values[name][step], values[name], rtol=1e-5, atol=1e-7)


# ---- the band ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("pins", [NONE, [4, 90, 200]])
def test_one_permutation_gives_the_band_of_every_budget(pins):
    inputs = population(pins=pins)
    cut = list(prefixes(inputs, (5, 40, 200), 3, 12, seed=4))
    for step, budget in enumerate((5, 40, 200)):
        for one, rows in zip(cut, band_subsets(inputs, budget, 3, 12, seed=4), strict=True):
            assert np.array_equal(one[step], rows)


def test_a_larger_band_starts_from_the_smaller_one_and_blocks_change_nothing(monkeypatch):
    pool = prepare(population())
    names = measurable(pool)
    options = {"seeds": 3, "seed": 1, "metrics": names}
    small = band_at(pool, (10, 30), size=5, **options)
    grown = band_at(pool, (10, 30), size=12, known=small, **options)
    monkeypatch.setattr("core.analysis.random_band.several_budgets.CHUNK", 7)
    whole = band_at(prepare(population()), (10, 30), size=12, **options)
    for one, two, budget in zip(grown, whole, (10, 30), strict=True):
        want = measure_band(pool, budget, size=12, seeds=3, seed=1, metrics=names)
        for seeds in (1, 3):
            for name in names:
                np.testing.assert_allclose(one.of(seeds)[name], two.of(seeds)[name], rtol=1e-5, atol=1e-7)
                np.testing.assert_allclose(one.of(seeds)[name], want.of(seeds)[name], rtol=1e-5, atol=1e-7)
        assert one.limits("energy", 3)[0] <= one.limits("energy", 3)[1]


# ---- beside the comparison ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pins", "eligible"),
    [(NONE, None), ([4, 90], None), ([30], np.arange(0, 260, 2)), (NONE, np.arange(200))],
)
def test_at_the_asked_budget_everything_is_as_in_the_comparison(pins, eligible):
    inputs = population(pins=pins)
    options = {"seeds": 2, "band": 9, "seed": 5, "eligible": eligible}
    both = compare(inputs, FOUR, 24, **options)
    found = curves(inputs, FOUR, 24, **options)
    step = found.budgets.index(24)
    for at, (result, curve) in enumerate(zip(both.results, found.curves, strict=True)):
        for run, chosen in enumerate(result.selections):
            assert np.array_equal(found.rows(at, 24, run), chosen.rows)
            for name in found.metrics:
                assert curve.values[name][step, run] == result.metrics[run][name] or np.isnan(
                    result.metrics[run][name]
                ), name
        for name in found.metrics:
            assert found.means(at, name)[step] == result.means[name]
    for seeds in (1, 2):
        for name in found.metrics:
            assert np.array_equal(found.band[step].of(seeds)[name], both.band.of(seeds)[name])
    assert set(found.headlines) == {name for name in both.headlines if METRICS[name].stage == "subset"}


# ---- gaps, cancels, wrong words ----------------------------------------------------------------------


@pytest.fixture
def odd(monkeypatch):
    """A nested strategy that refuses more than 30 rows, and one that counts how often it runs."""
    monkeypatch.setattr(STRATEGIES, "_items", dict(STRATEGIES._items))
    calls = []
    common = {
        "version": 1,
        "family": "test",
        "needs": set(),
        "weight": Weight.NONE,
        "cost": Cost(lambda n, d, k: {"scan": n}, lambda n, d, k: 100.0 * n, "O(n)"),
        "when": "Testing.",
        "when_not": "Otherwise.",
        "answers": {Wish.COVERS},
        "paper": Reference.none("A test."),
    }

    def first(inputs, budget):
        return np.concatenate([inputs.pins, inputs.free[: budget - len(inputs.pins)]]).astype(np.int64)

    @declare(
        id="short",
        label="Short",
        sentence="At most 30 rows.",
        promises=Promises(deterministic=True, nested=True, limit="a test"),
        **common,
    )
    def short(inputs, budget, draws, progress, /):
        if budget > 30:
            raise BudgetError("That is too much", "a test", "ask for at most 30 rows")
        return Picks(first(inputs, budget))

    @declare(
        id="counted",
        label="Counted",
        sentence="The first rows.",
        promises=Promises(nested=True),
        **common,
    )
    def counted(inputs, budget, draws, progress, /):
        calls.append(budget)
        return Picks(first(inputs, budget))

    @declare(
        id="late",
        label="Late",
        sentence="Needs at least 20 rows.",
        promises=Promises(deterministic=True),
        **common,
    )
    def late(inputs, budget, draws, progress, /):
        if budget < 20:
            raise BudgetError("That is too little", "a test", "ask for at least 20 rows")
        return Picks(first(inputs, budget))

    return calls


def test_a_nested_strategy_runs_once_per_seed(odd):
    curves(population(), [Choice("counted")], 20, (5, 20, 80), seeds=3, band=2)
    assert odd == [80, 80, 80]


def test_a_refused_budget_is_a_gap_with_its_reason(odd):
    choices = [Choice("short"), Choice("late"), Choice("dsir"), Choice("random")]
    found = curves(population(), choices, 20, (5, 20, 30, 80), band=3)
    short, late, dsir, random = found.curves
    assert ["at most 30 rows" in one for one in short.reasons] == [False, False, False, True]
    assert np.isnan(found.means(0, "energy")).tolist() == [False, False, False, True]
    assert len(found.rows(0, 29)) == 29
    assert found.rows(0, 31) is None
    assert short.reason == ""
    assert ["at least 20" in one for one in late.reasons] == [True, False, False, False]
    assert late.nearest(6) == 20
    assert found.rows(1, 5) is None
    assert late.nearest(40) == 30
    assert dsir.reason == "it needs a target"
    assert dsir.nearest(20) is None
    assert np.isnan(found.means(2, "energy")).all()
    assert not random.reason
    table = found.table()
    assert len(table) == 4 * 4 * len(found.metrics)
    gaps = table[(table.id == "short") & (table.budget == 80)]
    assert gaps["mean"].isna().all()
    assert gaps["reason"].str.contains("at most 30 rows").all()
    answers = smallest_budget(found, [Goal("energy", high=1e9)])
    assert [one.budget for one in answers.answers] == [None, 20, None, 5]


def test_at_most_holds_fewer_rows_than_asked():
    inputs = replace(everything(60), texts=[f"the same words {at // 3}" for at in range(60)])
    found = curves(inputs, [Choice("deduplicate", {"method": "exact"})], 10, (10, 40), band=2)
    assert found.curves[0].held.tolist() == [[10], [20]]
    assert len(found.rows(0, 30)) == 20
    rows = found.table()
    assert set(rows[rows.budget == 40]["rows"]) == {20.0}


def test_a_cancel_keeps_what_is_done():
    stop = Event()
    seen = []

    def tell(so_far):
        seen.append(len(so_far.curves))
        assert so_far.partial
        if len(so_far.curves) == 2:
            stop.set()

    found = curves(population(), FOUR, 20, band=5, progress=Progress(cancel=stop), on_result=tell)
    assert seen == [0, 1, 2]
    assert found.partial
    assert len(found.curves) == 2
    assert not np.isnan(found.means(1, "energy")).any()
    stop.set()
    with pytest.raises(Cancelled):
        curves(population(), FOUR, 20, band=5, progress=Progress(cancel=stop))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"choices": []}, "no strategy"),
        ({"seeds": 0}, "seeds cannot be 0"),
        ({"band": True}, "band cannot be True"),
        ({"metrics": ["effective-size"]}, "cannot be drawn"),
        ({"metrics": ["class-balance?"]}, "class-balance"),
        ({"budgets": [999]}, "999"),
        ({"budgets": [0]}, "0 rows"),
    ],
)
def test_what_cannot_be_drawn_is_told(change, words):
    options = {"choices": FOUR, "asked": 10, "band": 2} | change
    choices = options.pop("choices")
    with pytest.raises(ParameterError, match=words.replace("?", ".?")):
        curves(population(), choices, options.pop("asked"), options.pop("budgets", None), **options)


def test_without_features_or_groups_what_can_be_measured_is():
    inputs = replace(population(), features=None, groups=None)
    found = curves(inputs, [Choice("random"), Choice("k-center")], 12, band=3)
    assert "column-shift" in found.metrics
    assert "energy" not in found.metrics
    assert found.curves[1].reason.startswith("it needs features")


def test_the_order_of_rows_in_a_study_changes_nothing():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"id": [f"r{at}" for at in range(80)], "a": rng.normal(size=80), "b": rng.random(80)}
    )

    def run(frame):
        data = load(frame.to_csv(index=False).encode(), name="t.csv", id_column="id")
        study = Study(data, Recipe(features="table", groups="", where="b > 0.2"))
        found = curves_study(study, [Choice("random"), Choice("k-center")], "10%", ["5%", "20%"], band=3)
        assert set(np.concatenate([found.rows(at, 8) for at in (0, 1)])) <= set(study.eligible())
        return found.table()

    pd.testing.assert_frame_equal(run(table), run(table.sample(frac=1, random_state=1)))


def test_the_knee_of_luck_is_told_apart():
    found = curves(population(), FOUR, 40, (5, 10, 20, 40, 80, 160), band=39)
    assert found.chance_knee("energy").budget in (10, 20)
    assert found.chance_knee("no-such") is None
