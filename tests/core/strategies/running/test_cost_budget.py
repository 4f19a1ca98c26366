"""Cost budgets: the longest beginning that fits, for strategies and random subsets alike."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.analysis.comparison.run import compare
from core.analysis.expected_work import fit_seconds, learning_work
from core.analysis.held_out.split import Probe, split_rows
from core.analysis.random_band.draw import band_subsets
from core.analysis.random_band.measure import NOTHING_COST, measure_band
from core.data.load import load
from core.foundation.errors import AliquotError, BudgetError, NeedError
from core.foundation.permanent_random import BAND, uniforms
from core.foundation.progress import SILENT
from core.foundation.threads import processors
from core.metrics.pool import prepare
from core.model.budget import Budget
from core.model.cost_budget import CostBudget, share_for
from core.model.dataset import Kind
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.model.recipe import Choice
from core.model.selection import Picks
from core.notebook import Study
from core.signoff.manifest import parse
from core.signoff.open_bundle import open_bundle
from core.signoff.verify import verify
from core.strategies.declaration import STRATEGIES
from core.strategies.running import run_seeds
from core.strategies.running.affordable_run import RUNS, buy
from core.strategies.running.body import run_body
from core.strategies.running.needs import needs_of
from core.strategies.running.select import about_rows, eligible_part, select
from core.strategies.running.time_and_memory import expected_runs
from core.study.costs import check_costs
from tests.core.features.toy import toy

NONE = np.empty(0, np.int64)
module, learning = (
    import_module("core.strategies.running.select"),
    import_module("core.analysis.held_out.learning_curve"),
)


def made(costs, pins=(), seed=0) -> Inputs:
    """A population whose rows cost this much."""
    costs = np.asarray(costs, np.float64)
    n = len(costs)
    rng = np.random.default_rng(seed)
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 12:] = np.arange(n, dtype=">u4").view(np.uint8).reshape(n, 4)
    return Inputs(
        keys=keys,
        features=Features(rng.normal(size=(n, 3)).astype(np.float32), "euclidean", "k", "l"),
        frame=pd.DataFrame({"t": costs, "x": rng.normal(size=n)}),
        groups=Groups(np.arange(n) % 3, ("a", "b", "c")),
        scores=rng.random(n),
        costs=costs,
        cost_column="t",
        pins=np.asarray(pins, np.int64),
    )


def of(amount) -> Budget:
    return Budget(Fraction(amount), column="t")


def fixed(order):
    """A nested strategy with a given order."""
    order = np.asarray(order, np.int64)
    return lambda rows, progress: Picks(order[:rows])


def longest(order, costs, amount, pins=()) -> list[int]:
    """The rule by hand: rows that never fit are left out, then rows are taken until one would not fit."""
    left = amount - sum(costs[row] for row in pins)
    taken, spent = [], 0
    for row in order:
        if row not in pins and costs[row] > left:
            continue
        if spent + costs[row] > amount:
            break
        taken.append(row)
        spent += costs[row]
    return taken


def payable(costs, pins, amount) -> bool:
    """Whether the budget buys the pins, or any row where there are none."""
    return sum(costs[row] for row in pins) <= amount and (bool(pins) or min(costs) <= amount)


cost_lists = st.lists(st.integers(0, 9), min_size=1, max_size=12).filter(any)


@given(cost_lists, st.data())
def test_a_nested_order_is_cut_where_the_money_ends(costs, data):
    order = data.draw(st.permutations(range(len(costs))))
    pins = sorted(order[: data.draw(st.integers(0, min(2, len(order))))])
    order = [*pins, *(row for row in order if row not in pins)]
    amount = data.draw(st.integers(1, sum(costs)))
    assume(payable(costs, pins, amount))
    inputs = made(costs, pins)
    found = buy(fixed(order), inputs, of(amount), nested=True)
    assert found.picks.rows.tolist() == longest(order, costs, amount, pins)
    assert found.spent.amount == sum(costs[row] for row in found.picks.rows) <= amount


@given(st.lists(st.integers(2, 9), min_size=1, max_size=12), st.data())
def test_what_buys_no_row_is_refused(costs, data):
    pins = tuple(range(data.draw(st.integers(0, min(2, len(costs))))))
    least = sum(costs[row] for row in pins) if pins else min(costs)
    amount = data.draw(st.integers(1, least - 1))
    for nested in (True, False):
        with pytest.raises(BudgetError, match="too small"):
            buy(fixed(np.arange(len(costs))), made(costs, pins), of(amount), nested=nested)


@given(cost_lists, st.data())
def test_what_is_not_nested_ends_between_a_run_that_fits_and_one_that_does_not(costs, data):
    n = len(costs)
    runs = [data.draw(st.permutations(range(n))) for _ in range(n)]  # another order at every budget
    amount = data.draw(st.integers(1, sum(costs)))
    assume(min(costs) <= amount)
    inputs = made(costs)
    bought = buy(lambda b, p: Picks(np.array(runs[b - 1][:b])), inputs, of(amount), nested=False)
    within = [cost <= amount for cost in costs]

    def cost_at(b):
        return sum(costs[row] for row in runs[b - 1][:b] if within[row])

    b = bought.asked
    assert bought.picks.rows.tolist() == [row for row in runs[b - 1][:b] if within[row]]
    assert cost_at(b) <= amount
    assert b == n or cost_at(b + 1) > amount
    assert bought.spent.amount == cost_at(b)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=40), st.data())
def test_where_cost_grows_the_search_finds_the_largest(costs, data):
    order = np.arange(len(costs))
    amount = data.draw(st.integers(max(costs), sum(costs)))
    found = buy(fixed(order), made(costs), of(amount), nested=False)
    assert len(found.picks.rows) == max(b for b in range(len(costs) + 1) if sum(costs[:b]) <= amount)


def test_the_search_is_short_where_costs_are_alike():
    rng = np.random.default_rng(3)
    costs = rng.integers(90, 110, 5_000)
    order = rng.permutation(5_000)
    found = buy(fixed(order), made(costs), of(50_000), nested=False)
    assert found.runs <= 6
    assert buy(fixed(order), made(costs), of(50_000), nested=True).runs == 1


def test_a_budget_that_the_strategy_refuses_bounds_the_search():
    def picky(rows, progress):
        if rows > 4:
            raise BudgetError("Too many", "the kernel has rank 4", "ask for at most 4 rows")
        return Picks(np.arange(rows))

    for nested in (True, False):
        found = buy(picky, made([1] * 40), of(20), nested=nested)
        assert len(found.picks.rows) == 4
        assert any("the kernel has rank 4" in note for note in found.picks.notes)

    def never(rows, progress):
        raise BudgetError("Too few", "it takes all rows or none", "ask for more")

    for nested in (True, False):
        with pytest.raises(BudgetError, match="all rows or none"):
            buy(never, made([1] * 9), of(5), nested=nested)


def test_rows_that_cost_more_than_everything_are_passed_over_and_told():
    found = buy(fixed([2, 0, 1, 3]), made([3, 4, 99, 2]), of(8), nested=True)
    assert found.picks.rows.tolist() == [0, 1]
    assert found.spent.passed == 1
    assert any("1 row passed over" in note for note in found.picks.notes)
    pinned = buy(fixed([1, 0, 3, 2]), made([3, 4, 9, 2], pins=[1]), of(10), nested=True)
    assert pinned.picks.rows.tolist() == [1, 0, 3]


@pytest.mark.parametrize(
    ("costs", "pins", "amount", "told"),
    [
        ([1, np.nan, np.inf], (), 2, "2 eligible rows have no cost"),
        ([1, -2, 3], (), 2, "1 eligible row has a negative cost"),
        ([1, -0.5, 3], (), 2, "1 eligible row has a negative cost"),
        ([0, 0], (), 2, "every cost in the column 't' is 0"),
        ([5, 6], (), 4, "the cheapest row costs 5"),
        ([5, 6], (), 12, "together cost 11"),
        ([5, 6, 1], (0, 1), 10, "the 2 pinned rows cost 11"),
    ],
)
def test_what_cannot_be_spent_is_refused_in_words(costs, pins, amount, told):
    with pytest.raises(BudgetError, match=told):
        CostBudget.of(made(costs, pins), of(amount))


def test_a_cost_of_a_data_set_between_minus_one_and_zero_is_refused():
    data = toy(pd.DataFrame({"t": [1.0, -0.5, 3.0]}), {"t": Kind.NUMBER})
    with pytest.raises(BudgetError, match="1 eligible row has a negative cost"):
        check_costs(data, "t", None)
    at = np.flatnonzero(data.frame["t"].to_numpy() > 0)
    assert check_costs(data, "t", at).tolist() == data.frame["t"].tolist()


def test_costs_of_another_column_are_no_costs():
    with pytest.raises(NeedError, match="'u'"):
        CostBudget.of(made([1, 2]), Budget(Fraction(2), column="u"))


def test_rounding_does_not_decide():
    inputs = made([0.1] * 10)
    assert len(buy(fixed(range(10)), inputs, Budget.parse("0.3 t"), nested=True).picks.rows) == 3
    assert len(buy(fixed(range(10)), inputs, Budget.parse("1 t"), nested=False).picks.rows) == 10


# ---- every strategy ----------------------------------------------------------------------------------


def ready(strategy) -> bool:
    needs = needs_of(strategy, {}, {"t", "x"})
    return {str(need) for need in needs} <= {"features", "groups", "scores", "columns"}


@pytest.mark.parametrize("name", [one.id for one in STRATEGIES if ready(one)])
def test_every_strategy_keeps_to_the_budget(name):
    strategy = STRATEGIES[name]
    rng = np.random.default_rng(5)
    inputs = made(rng.integers(1, 20, 90), pins=[4, 7])
    budget = of(120)
    found = select(name, inputs, budget, seed=2)
    assert found.cost is not None
    spent = float(inputs.costs[found.rows].sum())
    assert found.cost.amount == spent <= 120
    assert {4, 7} <= set(found.rows.tolist())
    assert found.weight is None
    assert found.inclusion is None
    assert any("no design weights" in note for note in found.notes)
    for part in (found.gains, found.represents, found.multiplicity):
        assert part is None or len(part) == len(found)
    # The run itself, with a row more, and cut by hand.
    from core.foundation.permanent_random import Draws

    draws = Draws(inputs.keys, 2, f"{strategy.id}/{strategy.version}")

    def rows_at(b: int) -> np.ndarray:
        return run_body(strategy, inputs, b, draws, {}, SILENT).rows

    if strategy.promises.nested:
        order = rows_at(min(inputs.n, 2 * len(found) + 4)).tolist()
        assert found.rows.tolist() == longest(order, inputs.costs, 120, (4, 7))
    else:
        assert found.rows.tolist() == rows_at(found.budget).tolist()
        try:
            assert float(inputs.costs[rows_at(found.budget + 1)].sum()) > 120
        except BudgetError:
            assert any("more rows are refused" in note for note in found.notes)


def test_what_a_shorter_run_represents_is_its_own():
    inputs = made(np.random.default_rng(1).integers(1, 20, 60))
    found = select("facility-location", inputs, of(90))
    same = select("facility-location", inputs, len(found))
    assert found.represents is not None
    assert found.rows.tolist() == same.rows.tolist()
    assert found.represents.tolist() == same.represents.tolist()


def test_a_cost_budget_on_a_part_of_the_rows():
    inputs = made(np.arange(1, 41))
    eligible = np.arange(0, 40, 2)
    found = select("random", inputs, of(100), eligible=eligible, seed=1)
    again = select("random", eligible_part(inputs, eligible), of(100), seed=1)
    assert set(found.rows.tolist()) <= set(eligible.tolist())
    assert found.rows.tolist() == eligible[again.rows].tolist()
    assert float(inputs.costs[found.rows].sum()) <= 100


NESTED_IF = [
    ("saturated-coverage", {"saturation": 0.1}, True),
    ("saturated-coverage", {}, False),
    ("density", {"draw": "successive"}, True),
    ("density", {"draw": "pps"}, False),
    ("k-center", {}, True),
]


@pytest.mark.parametrize(("strategy", "params", "nested"), NESTED_IF)
def test_what_these_parameters_keep_nested_runs_once(strategy, params, nested, monkeypatch):
    asked, honest = [], module.run_body

    def counted(one, inputs, rows, *rest, **options):
        asked.append(rows)
        return honest(one, inputs, rows, *rest, **options)

    monkeypatch.setattr(module, "run_body", counted)
    rng = np.random.default_rng(4)
    inputs = replace(made(rng.integers(1, 9, 200)), labels=np.arange(200) % 2)
    found = select(strategy, inputs, of(100), params=params)
    # A run of a given number of rows is made again where what it says of rows belongs to the whole run.
    longest_runs = sum(rows > found.budget for rows in asked)
    assert longest_runs == (1 if nested else longest_runs)
    assert len(asked) <= 2 if nested else len(asked) > 2
    declared = STRATEGIES[strategy]
    assert expected_runs(declared, params) == (2 if nested else RUNS)
    split = split_rows(prepare(inputs), 20, Probe(), seed=0)
    calls = []

    def called(*args, **options):
        calls.append(args)
        return select(*args, **options)

    monkeypatch.setattr(run_seeds, "select", called)
    curve = learning.learning_curve(split, Choice(strategy, params), (0.5, 1.0, 2.0))
    assert (curve.nested, len(calls)) == (nested, 1 if nested else 3)
    few, many = (
        learning_work([Choice(strategy, params)], 2_000, 16, 100, 2, seeds=1, band=0, fractions=parts).seconds
        for parts in ((2.0,), (2.0, 1.9, 1.8))
    )
    fits = fit_seconds([288, 304], 16, 2, 400, at_once=processors())
    assert (many - few < fits * 1.01) == nested  # no further run is counted


# ---- chance ------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(cost_lists, st.integers(0, 3), st.data())
def test_the_band_draws_in_random_order_until_spent(costs, seed, data):
    pins = tuple(range(data.draw(st.integers(0, min(2, len(costs) - 1)))))
    amount = data.draw(st.integers(1, sum(costs)))
    assume(payable(costs, pins, amount))
    inputs = made(costs, pins)
    subsets = band_subsets(inputs, of(amount), 1, 5, seed=seed)
    assert len(subsets) == 4
    for number, rows in enumerate(subsets, start=1):
        u = uniforms(inputs.keys, seed, BAND, number)
        order = [*pins, *(row for row in np.argsort(u).tolist() if row not in pins)]
        assert rows.tolist() == longest(order, costs, amount, pins)


def test_a_large_band_is_cut_where_a_small_one_is():
    """More rows than the first guess takes: the order is lengthened until the money ends."""
    costs = np.r_[np.zeros(400), np.full(100, 50.0)]
    inputs = made(costs)
    for rows, number in zip(band_subsets(inputs, of(200), 0, 6, seed=0), range(6), strict=True):
        order = np.argsort(uniforms(inputs.keys, 0, BAND, number)).tolist()
        assert rows.tolist() == longest(order, costs, 200)


def test_the_band_has_no_weighted_values_and_says_cost():
    pool = prepare(made(np.random.default_rng(2).integers(1, 9, 80)))
    band = measure_band(pool, of(90), size=20)
    assert band.by_cost
    assert not [name for name in band.of() if name.endswith(".weighted")]
    assert band.alike == "of the same cost"
    assert band.nothing == NOTHING_COST
    assert band.budget == about_rows(of(90), pool.inputs)
    longer = measure_band(pool, of(90), size=30, known=band)
    assert longer.of()["energy"][:20].tolist() == band.of()["energy"].tolist()


def test_the_same_fraction_of_a_part():
    whole = made([1, 2, 3, 4, 10])
    part = whole.take(np.array([0, 1, 2, 3]))
    assert share_for(of(10), whole, part) == of(5)
    assert share_for(3, whole, part) == 2
    pinned = replace(whole, pins=np.array([3])).take(np.array([0, 3]))
    assert float(share_for(of(2), whole, pinned).amount) == 4.0


# ---- comparisons -------------------------------------------------------------------------------------


def test_a_comparison_tells_rows_and_cost_of_each_subset():
    inputs = made(np.random.default_rng(4).integers(1, 20, 120))
    found = compare(inputs, [Choice("random"), Choice("k-center")], of(150), seeds=2, band=199)
    assert found.cost == of(150)
    assert found.asked == f"150 t, about {found.budget} of 120 rows"
    for at, result in enumerate(found.results):
        first = result.selections[0]
        assert f"{len(first)} rows, spent {first.cost.amount:.0f} of 150 t" in found.sentence(at)
        assert not [name for name in result.means if name.endswith(".weighted")]
        assert all("this size" not in verdict.words for verdict in found.verdicts[at].values())
    told = found.to_json()
    assert told["cost"] == {"asked": "150 t", "column": "t"}
    assert told["strategies"][0]["seeds"][0]["cost"] == found.results[0].selections[0].cost.amount
    plain = compare(inputs, [Choice("random")], 10, band=9)
    assert plain.to_json()["cost"] is None
    assert plain.asked == "10 of 120 rows"


def test_a_comparison_refuses_what_cannot_be_spent():
    with pytest.raises(BudgetError, match="cheapest"):
        compare(made([5, 6]), [Choice("random")], of(4), band=9)


@pytest.fixture(scope="module")
def wine() -> Study:
    return Study(load("sample:wine")).embed("table").group("kmeans:3")


def test_what_is_learnt_is_learnt_at_the_same_share_of_the_cost(wine):
    found = wine.compare(["random", "stratified"], "4000 magnesium", band=39)
    assert all("probe-accuracy" in result.means for result in found.results)
    assert "magnesium of the other" in str(found.evaluation["downstream"])


# ---- the record --------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["random", "stratified"])
def test_a_bundle_of_a_cost_budget_verifies(wine, tmp_path, strategy):
    study = wine.pin([4], "a reason").filter("alcohol > 12")
    chosen = study.select(strategy, "2000.5 magnesium", seed=3)
    out = study.export(chosen, tmp_path / "bundle")
    body = parse((out / "manifest.json").read_bytes())
    assert body["recipe"]["budget"] == "2000.5 magnesium"
    assert body["selection"]["cost"] == {
        "asked": "2000.5 magnesium",
        "column": "magnesium",
        "spent": chosen.cost.amount,
    }
    found = verify(open_bundle(out), "sample:wine")
    assert found.code == 0, [check.sentence for check in found.checks]


def test_a_manifest_that_says_another_cost_does_not_verify(wine, tmp_path):
    from core.signoff.manifest import body_digest, dump

    out = wine.export(wine.select("random", "2000 magnesium"), tmp_path / "bundle")
    path = out / "manifest.json"
    for change in ({"spent": 1.0}, {"asked": "3000 magnesium"}):
        body = parse(path.read_bytes())
        body["selection"]["cost"] |= change
        body["digest"] = body_digest(body)
        alone = tmp_path / "manifest.json"
        alone.write_bytes(dump(body))
        assert verify(open_bundle(alone), "sample:wine").code == 1


@pytest.mark.parametrize("cost", [{"asked": 3}, 5, {"asked": "5 t", "column": "t"}])
def test_a_malformed_cost_is_refused(wine, tmp_path, cost):
    from core.signoff.manifest import dump

    out = wine.export(wine.select("random", "2000 magnesium"), tmp_path / "bundle")
    body = parse((out / "manifest.json").read_bytes())
    body["selection"]["cost"] = cost
    with pytest.raises(AliquotError, match="selection"):
        parse(dump(body))


@pytest.mark.parametrize(
    ("budget", "told"),
    [("5 nothing", "There is no column 'nothing'"), ("5 when", "it holds text"), ("5 cost", "b, c")],
)
def test_a_study_names_what_is_wrong(budget, told):
    data = load(b"id,cost,when\na,1,x\nb,,y\nc,,z\n", name="demo.csv")
    with pytest.raises(AliquotError, match=told):
        Study(data).select("random", budget)


def test_costs_that_are_banned_do_no_harm():
    data = load(b"id,cost,when\na,1,x\nb,,y\nc,2,z\nd,2,z\n", name="demo.csv")
    study = Study(data).filter("cost IS NOT NULL")
    assert study.select("random", "3 cost").cost.amount <= 3
    assert study.budget("3 cost") == 2
    assert study.with_(budget="3 cost").inputs(needs=set()).cost_column == "cost"
    assert study.with_(budget="3 when").inputs(needs=set()).costs is None
