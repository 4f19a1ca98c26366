"""Strategies side by side: what runs, what is reported, and what is said."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from threading import Event

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from core.analysis.comparison import run as module
from core.analysis.comparison.measurements import REPEATED
from core.analysis.comparison.run import compare, measure_selections
from core.analysis.comparison.sentences import furthest_metrics
from core.analysis.held_out.split import Probe
from core.analysis.random_band.judge import Verdict
from core.foundation.errors import BudgetError, Cancelled, ParameterError
from core.foundation.progress import Progress
from core.metrics.declaration import METRICS, WEIGHTED
from core.metrics.measure import measure_many
from core.metrics.pool import prepare
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.model.needs import Need
from core.model.promises import Weight
from core.model.recipe import Choice
from core.model.registry import Reference
from core.model.selection import Picks
from core.strategies.declaration import STRATEGIES, Cost, Promises, declare
from core.strategies.running.select import select
from core.strategies.variance import VarianceEstimator, VarianceMethod
from core.strategies.wishes import Wish

NONE = np.empty(0, np.int64)
COST = Cost(lambda n, d, k: {"steps": n}, lambda n, d, k: 10.0 * n, "O(n)")


def keys(n):
    out = np.zeros((n, 16), np.uint8)
    out[:, 12:] = np.arange(n, dtype=">u4").view(np.uint8).reshape(n, 4)
    return out


def population(n=300, pins=NONE, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.sort(rng.integers(0, 3, n))
    x = rng.normal(size=(n, 4)).astype(np.float32)
    x[:, 0] += 3 * codes
    return Inputs(
        keys=keys(n),
        features=Features(x, "euclidean", "k", "l"),
        frame=pd.DataFrame({"u": rng.normal(size=n), "code": codes}),
        groups=Groups(codes, ("first", "second", "third")),
        pins=np.asarray(pins, np.int64),
    )


@pytest.fixture
def extra(monkeypatch):
    """Strategies for these tests only: one with a plain fault, one that needs scores, one that is biased."""
    monkeypatch.setattr(STRATEGIES, "_items", dict(STRATEGIES._items))
    common = {
        "version": 1,
        "family": "test",
        "weight": Weight.NONE,
        "cost": COST,
        "when": "Testing.",
        "when_not": "Otherwise.",
        "answers": {Wish.COVERS},
        "paper": Reference.none("A test."),
    }

    @declare(
        id="first-rows",
        label="First rows",
        sentence="Rows with the lowest position.",
        needs=set(),
        promises=Promises(deterministic=True),
        **common,
    )
    def first_rows(inputs, budget, draws, progress, /):
        free = inputs.free[: budget - len(inputs.pins)]
        return Picks(np.concatenate([inputs.pins, free]).astype(np.int64))

    @declare(
        id="by-score",
        label="By score",
        sentence="Rows with the highest score.",
        needs={Need.SCORES},
        promises=Promises(deterministic=True),
        **common,
    )
    def by_score(inputs, budget, draws, progress, /):
        raise AssertionError("its need is not met")

    @declare(
        id="refuses",
        label="Refuses",
        sentence="Always says why it cannot.",
        needs=set(),
        promises=Promises(),
        **common,
    )
    def refuses(inputs, budget, draws, progress, /):
        raise BudgetError("This budget is refused", "it is a test", "use another")

    @declare(
        id="tilted",
        label="Tilted",
        sentence="Each row of the last group counts three times.",
        needs={Need.GROUPS},
        promises=Promises(),
        **(common | {"weight": Weight.DESIGN, "variance": VarianceEstimator(VarianceMethod.NONE, "a test")}),
    )
    def tilted(inputs, budget, draws, progress, /):
        codes = inputs.groups.codes
        chance = np.where(codes == codes.max(), 3.0, 1.0)
        rows = np.argsort(-np.log(draws.uniforms()) / chance)[:budget].astype(np.int64)
        inclusion = np.minimum(1, budget * chance / chance.sum())[rows]
        return Picks(rows, inclusion=inclusion)


# ---- running ---------------------------------------------------------------------------------------


def test_results_come_one_by_one_and_the_preview_first(extra):
    seen = []

    def on_result(result):
        seen.append((len(result.results), result.band.size, result.partial))

    final = compare(population(), [Choice("random"), Choice("first-rows")], 30, band=199, on_result=on_result)
    assert seen == [(0, 39, True), (1, 39, True), (2, 39, True), (2, 199, True)]
    assert not final.partial
    assert not final.preview


def test_seeds_follow_the_recipe_and_deterministic_strategies_run_once(extra):
    inputs = population()
    result = compare(inputs, [Choice("random"), Choice("first-rows")], 30, seeds=3, seed=10, band=9)
    random, first = result.results
    assert [chosen.seed for chosen in random.selections] == [10, 11, 12]
    assert len(first.selections) == 1
    for chosen in random.selections:
        assert np.array_equal(chosen.rows, select("random", inputs, 30, seed=chosen.seed).rows)
    assert random.means["energy"] == pytest.approx(np.mean([v["energy"] for v in random.metrics]))
    assert set(result.band.values) == {1, 3}
    # placed among means of three, and among single subsets
    assert result.verdicts[0]["energy"].standing == pytest.approx(
        np.mean(result.band.of(3)["energy"] > random.means["energy"])
    )
    assert result.verdicts[1]["energy"].standing == pytest.approx(
        np.mean(result.band.of(1)["energy"] > first.means["energy"])
    )


def test_only_deterministic_strategies_need_no_means(extra):
    assert set(compare(population(), [Choice("first-rows")], 30, seeds=3, band=9).band.values) == {1}


def test_what_cannot_run_says_why_and_the_rest_runs(extra):
    result = compare(population(), [Choice("by-score"), Choice("refuses"), Choice("random")], 30, band=9)
    assert result.results[0].reason == "it needs a score column"
    assert "This budget is refused" in result.results[1].reason
    assert len(result.results[2].selections) == 1
    assert result.sentence(0) == "Did not run: it needs a score column."
    assert np.isnan(result.overlap[0, 2])
    assert result.overlap[2, 2] == 1
    json.dumps(result.to_json())


def test_cancel_keeps_what_is_done(extra):
    cancel = Event()

    def on_result(result):
        if len(result.results) == 1:
            cancel.set()

    result = compare(
        population(), [Choice("random")] * 3, 30, progress=Progress(None, cancel), on_result=on_result
    )
    assert result.partial
    assert len(result.results) == 1
    assert result.results[0].metrics[0]["energy"] > 0
    cancelled = Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        compare(population(), [Choice("random")], 30, progress=Progress(None, cancelled))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"choices": []}, ParameterError),
        ({"choices": [Choice("nothing")]}, ParameterError),
        ({"choices": [Choice("random", {"no": 1})]}, ParameterError),
        ({"seeds": 0}, ParameterError),
        ({"band": 0}, ParameterError),
        ({"budget": 0}, BudgetError),
        ({"budget": 301}, BudgetError),
        ({"eligible": np.arange(10)}, BudgetError),
    ],
)
def test_bad_input(change, error):
    given = {"choices": [Choice("random")], "budget": 30, "band": 9} | change
    with pytest.raises(error):
        compare(population(), **given)


def test_pins_and_bans_hold_for_strategies_and_band_alike(extra, monkeypatch):
    inputs = population(pins=[7, 250])
    eligible = np.setdiff1d(np.arange(300), [3, 4, 5])
    drawn = []
    honest = module.measure_band

    def watching(pool, budget, **options):
        from core.analysis.random_band.draw import band_subsets

        drawn.append([eligible[rows] for rows in band_subsets(pool.inputs, budget, 0, 9, seed=0)])
        return honest(pool, budget, **options)

    monkeypatch.setattr(module, "measure_band", watching)
    result = compare(inputs, [Choice("random"), Choice("first-rows")], 20, eligible=eligible, band=9)
    for rows in [*drawn[0], *(run.selections[0].rows for run in result.results)]:
        assert {7, 250} <= set(rows)
        assert not {3, 4, 5} & set(rows)
        assert len(rows) == 20
    assert result.population == 297
    with pytest.raises(BudgetError, match="1 pinned row cannot be chosen"):
        compare(inputs, [Choice("random")], 20, eligible=np.arange(100), band=9)


def test_a_band_of_other_pins_puts_random_outside_it(monkeypatch):
    """Planted defect: half the budget is pinned to one group; a band without the pins condemns random."""
    inputs = population(pins=np.arange(40))
    right = compare(inputs, [Choice("random")], 80, band=199)
    assert not any(verdict.marked for verdict in right.verdicts[0].values())
    honest = module.measure_band

    def forgetting(pool, budget, **options):
        return honest(prepare(replace(pool.inputs, pins=NONE)), budget, **options)

    monkeypatch.setattr(module, "measure_band", forgetting)
    wrong = compare(inputs, [Choice("random")], 80, band=199)
    assert wrong.verdicts[0]["group-shares"].marked
    # A group short by luck is not told as a flaw; one short beyond luck is.
    assert right.worst[0].ratio < 0.995
    assert "of its share" not in right.sentence(0)
    assert "of its share" in wrong.sentence(0) or "holds no row" in wrong.sentence(0)


def test_random_strategies_are_marked_no_more_often_than_allowed():
    """End to end: a table holding nothing but a random strategy bears a mark in at most 5 % of cases."""
    tables, found = 20, 0
    for seed in range(tables):
        result = compare(population(60, seed=seed), [Choice("random")], 12, seed=seed)
        found += any(verdict.marked for verdict in result.verdicts[0].values())
    assert found <= binom.ppf(0.999, tables, 0.05)


# ---- weights ---------------------------------------------------------------------------------------


def test_weighted_forms_are_computed_with_the_weights(extra):
    inputs = population(600)
    pool = prepare(inputs)
    chosen = select("tilted", inputs, 120)
    (values,) = measure_selections(pool, [chosen])
    assert values["group-shares"] > 0.1  # what you hold is tilted
    assert values["group-shares.weighted"] < values["group-shares"] / 2  # what it estimates is not
    direct = measure_many(pool, [chosen.rows], weights=[chosen.weight])
    for metric in METRICS:
        if metric.weighted:
            assert values[metric.id + ".weighted"] == pytest.approx(direct[metric.id][0], nan_ok=True)
    # Planted defect: the unweighted value shown as the weighted one differs from it.
    assert values["group-shares"] != pytest.approx(values["group-shares.weighted"], rel=0.2)
    assert values["effective-size.weighted"] < 120


def test_without_design_weights_nothing_is_shown_as_weighted(extra):
    result = compare(population(), [Choice("first-rows")], 30, band=9)
    assert not any(name.endswith(".weighted") for name in result.results[0].means)
    table = result.metrics_table()
    assert set(table["form"]) == {"what you hold"}
    pool = prepare(population())
    chosen = replace(select("random", population(), 30), weight=np.append(np.ones(29), np.nan))
    assert not any(name.endswith(".weighted") for name in measure_selections(pool, [chosen])[0])


# ---- what is reported ------------------------------------------------------------------------------


@pytest.fixture
def full(extra):
    return compare(population(), [Choice("random"), Choice("first-rows", label="Top")], 30, seed=3)


def test_json_has_the_public_shape(full):
    ids = [f"row {at}" for at in range(300)]
    content = json.loads(json.dumps(full.to_json(ids, {"seed": 3})))
    assert {"band", "strategies", "evaluation", "recipe"} <= set(content)
    assert content["recipe"] == {"seed": 3}
    one = content["strategies"][1]
    assert {"id", "version", "params", "seeds", "standing", "marks", "seconds"} <= set(one)
    assert set(one["seeds"][0]) == {"seed", "ids", "metrics"}
    assert one["seeds"][0]["ids"] == [f"row {at}" for at in full.results[1].selections[0].rows]
    assert one["marks"]["group-shares"]["better"] is False
    assert content["evaluation"]["rows"] == 300


def test_table_has_band_standing_and_words(full):
    table = full.metrics_table().set_index(["strategy", "metric"])
    row = table.loc[("Top", "group-shares")]
    assert row["marked"]
    assert row["mean"] > row["band_high"] > row["band_low"]
    assert row["words"] == "worse than 99.5 % of random subsets"
    assert table.loc[("Random", "energy")]["words"].startswith("not distinguishable")


def test_at_most_eight_headlines_come_first(full):
    assert len(full.headlines) <= 8
    assert full.metrics[0] == full.headlines[0]


def test_overlap_and_what_chance_gives(full):
    a, b = (result.selections[0].rows for result in full.results)
    both = len(set(a) & set(b))
    assert full.overlap[0, 1] == both / (60 - both)
    assert full.overlap_chance[0, 1] == pytest.approx(3 / (60 - 3))  # 30·30/300 rows in common
    assert list(full.overlap_table().columns) == ["Random", "Top"]


def test_composition_counts_every_group(full):
    table = full.composition_table()
    assert table["Top"].tolist() == [30, 0, 0]
    assert table["Random"].sum() == 30
    assert table["data set"].sum() == pytest.approx(1)


def test_sentences_state_what_was_found(full):
    assert full.sentence(0).startswith("Not distinguishable from a random subset of this size")
    text = full.sentence(1)
    assert "gives up" in text.lower()
    assert "worse than 99.5 % of random subsets" in text
    assert "holds no row of “second”" in text or "holds no row of “third”" in text


def test_a_preview_says_nothing_about_chance(extra):
    result = compare(population(), [Choice("random"), Choice("first-rows")], 30, band=20)
    for at in range(2):
        assert "random" not in result.sentence(at)
        assert "better" not in result.sentence(at)
        assert not any(verdict.marked or verdict.words for verdict in result.verdicts[at].values())
    assert not any(choice["marks"] for choice in result.to_json()["strategies"])
    assert not result.best


def test_keys_alone_can_be_compared():
    result = compare(Inputs(keys=keys(50)), [Choice("random"), Choice("random")], 5, band=9)
    assert result.composition is None
    assert result.composition_table() is None
    assert "5 of 50 rows" in result.sentence(0)
    assert list(result.overlap_table().index) == ["Random", "Random (2)"]
    assert result.headlines == ()


def test_the_neighbour_graph_is_made_once(monkeypatch):
    from core.foundation.arrays import any_size_graph

    made = []
    honest = any_size_graph.neighbour_graph

    def counting(x, k, metric, **options):
        made.append(k)
        return honest(x, k, metric, **options)

    monkeypatch.setattr(any_size_graph, "neighbour_graph", counting)
    remembered = module.population_of(population(), None)
    small = remembered.neighbours(5)
    large = remembered.neighbours(12)
    assert made == [15]  # the first step of the ladder serves both
    assert np.array_equal(large.indices[:, :5], small.indices)


def test_more_strategies_than_the_band_can_tell_from_luck_are_refused():
    many = [Choice("random")] * 11
    with pytest.raises(ParameterError, match="name at most 10, or ask for a band of 219"):
        compare(population(), many, 12, band=199)
    assert len(compare(population(), many, 12, band=39).results) == 11  # a preview gives no verdict


def test_the_bar_gives_each_stage_the_share_of_time_that_it_should_take():
    inputs = replace(population(), labels=np.arange(population().n) % 3)
    choices = (Choice("random"), Choice("k-center"))

    def parts(probe, seeds):
        run = module._ComparisonRun(prepare(inputs), choices, 12, seeds, 0, None, probe, "")
        return run._parts(199)

    plain, probed = parts(None, 3), parts(Probe(), 3)
    assert 0 < plain[0] < plain[1] < plain[2] == pytest.approx(1)
    assert 0 < probed[0] < probed[1] < probed[2] < 0.9  # 597 models to fit take a while
    assert parts(Probe(), 20)[1] < probed[1]  # more seeds, more band and probe for the same strategies


def test_a_mark_where_neither_way_is_better_is_told_too(full):
    words = "higher than 99.5 % of random subsets"
    mark = Verdict(1.0, 0.005, True, None, words)
    aside = replace(full, verdicts=({"local-density": mark}, *full.verdicts[1:]))
    assert furthest_metrics(aside, 0) == (None, None)
    assert "unlike chance on 1 further metric" in aside.sentence(0)


# ---- headline and side metrics -----------------------------------------------------------------------


def marks(full, **better):
    """The comparison with these marks for its first strategy."""
    names = {True: "better", False: "worse", None: "higher"}
    verdicts = {
        name.replace("_", "-"): Verdict(
            {True: 1.0, False: 0.0, None: 1.0}[side], 0.005, True, side, f"{names[side]} than 99.5 %"
        )
        for name, side in better.items()
    }
    return replace(full, verdicts=(verdicts, *full.verdicts[1:]))


def test_a_sentence_names_headline_metrics_and_counts_the_others(full):
    both = marks(full, spread=True, energy=True, groups_hit=False, covered=False, vendi=False)
    assert furthest_metrics(both, 0) == ("energy", "vendi")
    assert both.verdict_phrases(0) == [
        "energy distance better than 99.5 %",
        "gives up Vendi score, worse than 99.5 %",
        "better on 1 further metric, worse on 2",
    ]
    side = marks(full, spread=False)
    assert furthest_metrics(side, 0) == (None, None)
    assert side.verdict_phrases(0) == [
        "not distinguishable from a random subset of this size on the main metrics",
        "worse on 1 further metric",
    ]
    assert marks(full).verdict_phrases(0) == ["not distinguishable from a random subset of this size"]
    weighted = marks(full, **{"spread.weighted": True})
    assert weighted.verdict_phrases(0) == [
        "not distinguishable from a random subset of this size on the main metrics",
        "better on 1 further metric",
    ]


@pytest.fixture(scope="module")
def lone():
    return compare(population(), [Choice("random")], 30, seed=3)


@given(
    st.dictionaries(
        st.sampled_from([metric.id + end for metric in METRICS for end in ("", WEIGHTED)]),
        st.sampled_from([True, False, None]),
    )
)
def test_what_a_sentence_names_and_counts_is_every_mark(lone, sides):
    """A reader who counts the filled dots of a subset finds as many as its sentence tells of."""
    marked = marks(lone, **sides)
    named = [name for name in furthest_metrics(marked, 0) if name is not None]
    counts = [int(number) for number in re.findall(r" on (\d+)", " ".join(marked.verdict_phrases(0)))]
    assert len(named) + sum(counts) == len(sides)


def test_equal_weights_are_not_judged_a_second_time():
    """All of them have weights, and all are equal but those of the uneven allocation."""
    uneven = Choice("stratified", {"allocation": "equal"})
    found = compare(population(), [Choice("random"), uneven], 30, band=39)
    random, strata = found.verdicts
    assert found.results[0].means["energy.weighted"] == pytest.approx(found.results[0].means["energy"])
    assert "energy.weighted" not in random
    assert "energy.weighted" in strata
    assert "energy.weighted" in found.metrics  # one of them has something to say
    table = found.metrics_table().set_index(["id", "metric"])
    assert table.loc[("random", "energy.weighted"), "words"] == REPEATED
    assert np.isnan(table.loc[("random", "energy.weighted"), "standing"])
    alone = compare(population(), [Choice("random")], 30, band=39)
    assert [name for name in alone.metrics if name.endswith(".weighted")] == ["effective-size.weighted"]
    pinned = compare(population(pins=[1, 2]), [Choice("random")], 30, band=39)
    assert "energy.weighted" in pinned.verdicts[0]  # pins weigh 1: that is another number
