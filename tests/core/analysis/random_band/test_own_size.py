"""Subsets whose size is random or "at most" are judged beside random subsets of the size that they have."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from threading import Event

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.analysis.budget_curves.run import curves
from core.analysis.budget_curves.smallest_budget import Goal, smallest_budget
from core.analysis.comparison import saved
from core.analysis.comparison.run import compare
from core.analysis.held_out.split import Probe
from core.analysis.random_band.draw import band_subsets
from core.analysis.random_band.judge import judge
from core.analysis.random_band.measure import FULL, measure_band
from core.analysis.random_band.own_size import own_sizes
from core.foundation.artifact_store import Store
from core.foundation.progress import Progress
from core.metrics.measure import measure_many
from core.metrics.pool import prepare
from core.metrics.stable import STABILITY, stability
from core.model.budget import Budget
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.model.promises import Size, Weight
from core.model.recipe import Choice
from core.model.registry import Reference
from core.model.selection import Picks
from core.report.charts import curve_panels
from core.report.charts.curves import curves as drawn
from core.report.charts.strips_of_result import of_budget, own_size_words, own_words, strip_of
from core.report.charts.theme import LIGHT, Slot
from core.report.documents.html_report import metric_rows
from core.report.documents.notebook_display import comparison_html
from core.strategies.declaration import STRATEGIES, Cost, Promises, declare
from core.strategies.running.select import select
from core.strategies.wishes import Wish
from tests.core._same import differences

LARGE, SMALL = Choice("thrice"), Choice("a-third")


def population(n=400, seed=0, pins=()):
    rng = np.random.default_rng(seed)
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 12:] = np.arange(n, dtype=">u4").view(np.uint8).reshape(n, 4)
    codes = np.sort(rng.integers(0, 3, n))
    x = rng.normal(size=(n, 4)).astype(np.float32)
    x[:, 0] += 3 * codes
    return Inputs(
        keys=keys,
        features=Features(x, "euclidean", "k", "l"),
        frame=pd.DataFrame({"u": rng.normal(size=n)}),
        groups=Groups(codes, ("a", "b", "c")),
        labels=codes,
        costs=rng.integers(1, 9, n).astype(float),
        cost_column="t",
        pins=np.asarray(pins, np.int64),
    )


@pytest.fixture(autouse=True)
def other_sizes(monkeypatch):
    """Uniform draws of another size than was asked: no better and no worse than chance, whatever the size."""
    monkeypatch.setattr(STRATEGIES, "_items", dict(STRATEGIES._items))
    common = {
        "version": 1,
        "sentence": "Uniform rows, but of another number.",
        "family": "test",
        "needs": set(),
        "weight": Weight.NONE,
        "cost": Cost(lambda n, d, k: {"steps": n}, lambda n, d, k: 10.0 * n, "O(n)"),
        "when": "Testing.",
        "when_not": "Otherwise.",
        "answers": {Wish.COVERS},
        "paper": Reference.none("A test."),
    }

    def drawn(inputs, count, draws):
        free = inputs.free
        order = free[np.argsort(draws.uniforms()[free])]
        return Picks(np.concatenate([inputs.pins, order])[: max(count, len(inputs.pins))].astype(np.int64))

    @declare(id="thrice", label="Thrice", promises=Promises(size=Size.RANDOM), **common)
    def thrice(inputs, budget, draws, progress, /):
        more = round(10 * float(draws.uniforms("size")[0]))
        return drawn(inputs, min(inputs.n, 3 * budget + more), draws)

    @declare(id="a-third", label="A third", promises=Promises(size=Size.AT_MOST), **common)
    def a_third(inputs, budget, draws, progress, /):
        return drawn(inputs, max(1, min(12, budget // 3)), draws)


# ---- the band --------------------------------------------------------------------------------------


def test_replicates_are_means_over_subsets_of_those_sizes():
    pool, sizes = prepare(population()), (90, 12, 40)
    band = measure_band(pool, 40, size=6, seeds=3, seed=5, held=sizes)
    assert band.held == sizes
    flat = band_subsets(pool.inputs, 90, 0, 18, seed=5)
    subsets = [rows[: sizes[at % 3]] for at, rows in enumerate(flat)]
    for at, rows in enumerate(subsets):  # the beginning of a larger subset is the smaller one
        assert np.array_equal(rows, band_subsets(pool.inputs, sizes[at % 3], at, at + 1, seed=5)[0])
    values = measure_many(pool, subsets)
    for name in ("coverage-mean", "energy", "near-duplicates"):
        assert np.allclose(band.of(3)[name], values[name].reshape(6, 3).mean(axis=1), rtol=1e-5)
        assert np.allclose(band.of(1)[name], values[name][::3], rtol=1e-5)  # single ones: of the first size
        for place in range(3):
            assert np.allclose(band.alone(place).of(1)[name], values[name][place::3], rtol=1e-5)
    assert np.allclose(band.of(3)[STABILITY], [stability(subsets[at : at + 3]) for at in range(0, 18, 3)])
    assert band.alone(1).held == (12,)
    assert band.of(1)["effective-size.weighted"].tolist() == [90.0] * 6


def test_a_preview_of_other_sizes_grows_into_the_full_band():
    pool = prepare(population())
    preview = measure_band(pool, 40, size=5, seeds=2, held=(70, 30))
    grown = measure_band(pool, 40, size=9, seeds=2, held=(70, 30), known=preview)
    whole = measure_band(pool, 40, size=9, seeds=2, held=(70, 30))
    for seeds in (1, 2):
        for name, values in whole.of(seeds).items():
            assert np.allclose(grown.of(seeds)[name], values, rtol=1e-4, atol=1e-7, equal_nan=True), name


def test_pins_weigh_one_in_subsets_of_any_size():
    pool = prepare(population(pins=[3, 9]))
    band = measure_band(pool, 40, size=4, seeds=2, held=(80, 20))
    subsets = band_subsets(pool.inputs, (80, 20), 0, 8, seed=0)
    assert [len(rows) for rows in subsets] == [80, 20] * 4
    weights = [np.r_[1, 1, np.full(len(rows) - 2, 398 / (len(rows) - 2))] for rows in subsets]
    found = measure_many(pool, subsets, weights=weights)
    assert np.allclose(band.of(1)["energy.weighted"], found["energy"][::2], rtol=1e-4, atol=1e-7)


def test_a_count_steps_by_one_row_of_the_smallest_subset():
    band = measure_band(prepare(population()), 40, size=5, seeds=2, held=(70, 30))
    assert (band.least, measure_band(prepare(population()), 40, size=5).least) == (30, 40)


# ---- sizes that subsets have -------------------------------------------------------------------------


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 60), min_size=1, max_size=4), st.integers(1, 60))
def test_a_size_of_its_own_is_any_that_is_not_the_budget(sizes, budget):
    inputs = population(60)
    chosen = [select("random", inputs, size, seed=at) for at, size in enumerate(sizes)]
    own = own_sizes(chosen, budget, inputs)
    assert own == (() if set(sizes) == {budget} else tuple(sizes))


def test_what_every_subset_leaves_of_a_cost_budget_is_no_size_of_its_own():
    inputs = population()
    budget = Budget(Fraction(300), column="t")
    usual = [select("random", inputs, budget, seed=seed) for seed in (0, 1)]
    assert all(chosen.cost.amount < 300 for chosen in usual) or usual[0].cost.amount <= 300
    assert own_sizes(usual, budget, inputs) == ()
    short = [select("a-third", inputs, budget)]
    assert short[0].cost.amount < 100
    assert own_sizes(short, budget, inputs) == (short[0].cost.amount,)
    found = compare(inputs, [Choice("random"), SMALL], budget, band=19)
    assert found.results[0].band is None
    own = found.results[1].band
    assert own.by_cost
    drawn = band_subsets(inputs, replace(budget, amount=Fraction(short[0].cost.amount)), 0, 19, seed=0)
    assert np.allclose(own.of()["energy"], measure_many(prepare(inputs), drawn)["energy"], rtol=1e-4)
    assert f"own size, at a cost of {short[0].cost.amount:g}" in found.sentence(1)


# ---- what is said ------------------------------------------------------------------------------------


def test_uniform_rows_of_another_number_are_neither_better_nor_worse_than_chance():
    """Beside subsets of the budget, three times as many rows would cover better than all of them."""
    inputs, standings, marked = population(), [], 0
    for seed in range(4):
        found = compare(inputs, [LARGE, SMALL], 40, band=FULL, seed=seed)
        for at in (0, 1):
            marked += any(verdict.marked for verdict in found.verdicts[at].values())
            standings.append(found.verdicts[at]["coverage-mean"].standing)
            naive = judge(found.results[at].means, found.band, seeds=1, strategies=2)
            assert naive["coverage-mean"].marked  # what it would have been said
    assert marked <= 2  # at most 1 table in 20 has a mark by luck
    assert 0.05 < np.mean(standings) < 0.95
    assert max(standings) < 1
    assert min(standings) > 0


def test_the_mean_of_seeds_of_different_sizes_stands_among_means_of_those():
    found = compare(population(), [LARGE, Choice("random")], 30, seeds=3, band=FULL)
    sizes = tuple(len(chosen) for chosen in found.results[0].selections)
    assert len(set(sizes)) > 1
    assert found.results[0].band.held == sizes
    assert found.band_of(0) is found.results[0].band
    assert found.band_of(1) is found.band
    assert found.results[1].band is None
    table = found.metrics_table().set_index(["id", "metric"])
    assert table.loc[("thrice", "energy"), "band_rows"] == pytest.approx(np.mean(sizes))
    assert table.loc[("random", "energy"), "band_rows"] == 30
    low, high = found.results[0].band.limits("energy", 3)
    assert (table.loc[("thrice", "energy"), "band_low"], table.loc[("thrice", "energy"), "band_high"]) == (
        low,
        high,
    )
    # The strip is that of the budget; the other one has its own range.
    reach = found.reach("energy")
    assert (reach.low, reach.high) == found.band.limits("energy", 3)
    assert found.own_reach("energy", 0) == (low, high)
    assert found.own_reach("energy", 1) is None


def test_every_place_says_of_which_size_chance_is():
    found = compare(population(), [Choice("random"), SMALL, LARGE], 30, band=FULL)
    shown = [Slot(at, result.name) for at, result in enumerate(found.results)]
    size = len(found.results[2].selections[0])
    assert "judged beside random subsets of its own size, 10 rows" in found.sentence(1)
    assert "own size" not in found.sentence(0)
    strip = strip_of(found, shown, "energy")
    assert [one[0].letter for one in strip.own] == ["B", "C"]
    assert strip.own[0][1:] == found.results[1].band.limits("energy")
    said = own_size_words(found)
    assert f"B (10 rows) and C ({size} rows)" in said
    assert own_words(found, "energy", 0) == ""
    assert own_words(found, "energy", 1).startswith(" beside ")
    assert of_budget(found) == "of 30 rows "
    assert set(metric_rows(found, ["energy"])[0].own) == {1, 2}
    assert "of their own size" in comparison_html(found)
    assert found.to_json()["strategies"][1]["band"]["held"] == [10]
    assert "band" not in found.to_json()["strategies"][0]
    usual = compare(population(), [Choice("random")], 30, band=9)
    assert (own_size_words(usual), of_budget(usual)) == ("", "")
    alone = replace(found, results=found.results[1:2], verdicts=found.verdicts[1:2], best={})
    assert (alone.reach("energy").low, alone.reach("energy").high) == found.results[1].band.limits("energy")
    assert alone.own_reach("energy", 0) is None
    assert own_size_words(alone) == " They are as large as this subset."


def test_what_is_learned_stands_beside_what_random_subsets_as_large_teach():
    found = compare(population(600), [LARGE, Choice("random")], 40, seeds=2, band=19, probe=Probe())
    large, usual = found.results
    assert usual.band is None
    assert usual.learned == ()
    assert len(set(large.learned)) > 1 or large.learned[0] > 90
    assert min(large.learned) > 90  # 3 × four fifths of 40
    assert large.band.of(2)["probe-accuracy"].mean() > found.band.of(2)["probe-accuracy"].mean()
    assert np.isfinite(found.verdicts[0]["probe-accuracy"].standing)


def test_only_what_is_learned_may_have_a_size_of_its_own(monkeypatch):
    """At 36 of 600 rows the strategy holds what was asked; on the rows not held out it holds less."""
    body = STRATEGIES["a-third"].body
    monkeypatch.setattr(
        STRATEGIES,
        "_items",
        STRATEGIES._items
        | {
            "a-third": replace(
                STRATEGIES["a-third"],
                body=lambda inputs, budget, draws, progress, /: (
                    STRATEGIES["random"].body(inputs, budget, draws, progress)
                    if inputs.n == 600
                    else body(inputs, budget, draws, progress)
                ),
            )
        },
    )
    found = compare(population(600), [SMALL, Choice("random")], 36, band=19, probe=Probe())
    own = found.results[0]
    assert (own.band.held, own.learned) == ((), (9,))
    assert np.array_equal(own.band.of()["energy"], found.band.of()["energy"])
    assert own.band.of()["probe-accuracy"].mean() < found.band.of()["probe-accuracy"].mean()
    assert "own size" not in found.sentence(0)


# ---- stored and resumed ------------------------------------------------------------------------------


@pytest.mark.parametrize("when", [1, 2, 3, 4])
def test_a_stopped_comparison_ends_as_if_it_had_never_stopped(tmp_path, when):
    inputs, store = population(600), Store(tmp_path)
    asked = {"seeds": 2, "band": 60, "probe": Probe()}
    whole = compare(inputs, [LARGE, SMALL], 36, **asked)
    assert whole.results[0].band.size == whole.results[1].band.size == 60
    stop, told = Event(), []

    def on_result(found):
        told.append(found)
        if len(told) == when:
            stop.set()

    part = compare(inputs, [LARGE, SMALL], 36, progress=Progress(None, stop), on_result=on_result, **asked)
    for result in part.results:  # verdicts never stand beside a band of another kind
        assert result.band.size == part.band.size
    saved.keep(store, "a", part)
    found = compare(inputs, [LARGE, SMALL], 36, known=[saved.recall(store, "a")], **asked)
    leave = ("seconds", "estimated", "elapsed")
    assert [one for one in differences(found, whole, leave=leave) if "second" not in one] == []


def test_values_of_a_band_of_another_size_are_not_taken_over():
    inputs = population()
    more = compare(inputs, [LARGE], 36, band=60)
    fewer = compare(inputs, [LARGE], 36, band=45, known=[more])
    fresh = compare(inputs, [LARGE], 36, band=45)
    assert fewer.results[0].band.size == 45
    assert np.array_equal(fewer.results[0].band.of()["energy"], fresh.results[0].band.of()["energy"])


# ---- against the budget ------------------------------------------------------------------------------


def test_a_curve_stands_at_the_rows_held_and_its_luck_is_of_as_many():
    inputs = population()
    found = curves(inputs, [LARGE, Choice("random")], 20, (10, 20, 40), seeds=2, band=39)
    held = found.curves[0].held
    assert (held > 25).all()
    limit = float(np.percentile(found.band[0].of(2)["coverage-mean"], 5))  # 10 random rows hardly reach it
    answers = smallest_budget(found, [Goal("coverage-mean", high=limit)]).answers
    assert answers[0].budget == 10
    assert answers[0].chance > 0.9  # of some 35 random rows nearly all reach it
    assert _chance_at(found, 0, limit) < 0.1
    panel = curve_panels.panels_of(found, [Slot(0, "x"), Slot(1, "y")], ["coverage-mean"])[0]
    figure = drawn([panel], found.budgets, 20, theme=LIGHT)
    lines = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert list(lines[0].x) == held.mean(axis=1).tolist()
    assert list(lines[1].x) == [10, 20, 40]
    assert 10 ** figure.layout.xaxis.range[1] > held.max()


def _chance_at(found, step, limit):
    return float((found.band[step].of(2)["coverage-mean"] <= limit).mean())


def test_what_is_left_over_may_be_as_much_as_the_dearest_row_costs() -> None:
    """One unit more, and a further row would have been paid for."""
    from core.analysis.random_band.own_size import own_sizes
    from core.model.budget import Budget
    from core.strategies.running.select import select

    keys = np.arange(160, dtype=np.uint8).reshape(10, 16)
    inputs = Inputs(keys=keys, costs=np.full(10, 4.0), cost_column="price")
    chosen = [select("random", inputs, Budget.parse("12 price"))]
    assert chosen[0].cost is not None
    assert chosen[0].cost.amount == 12
    assert own_sizes(chosen, Budget.parse("16 price"), inputs) == ()
    assert own_sizes(chosen, Budget.parse("17 price"), inputs) == (12.0,)
