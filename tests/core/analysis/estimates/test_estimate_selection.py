"""Claims of subsets: what is said, what is refused, and that intervals cover as they promise."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, t

from core.analysis.estimates.estimate_selection import estimate_selection
from core.analysis.estimates.fits import Estimator
from core.analysis.estimates.sentences import sentence
from core.data.load import load
from core.foundation.errors import ColumnError, ParameterError
from core.model.columns import as_numbers
from core.model.derived import Groups
from core.model.inputs import Inputs
from core.model.promises import Weight
from core.model.recipe import Recipe
from core.model.selection import Selection
from core.strategies.contract.population import population as everything
from core.strategies.contract.subject import feasible, registered
from core.strategies.declaration import STRATEGIES
from core.strategies.running.select import select
from core.strategies.variance import VarianceMethod
from core.study.estimates import estimate_study
from core.study.study import Study
from tests.core.analysis.estimates.toy import population


@pytest.fixture(scope="module")
def rows() -> Inputs:
    return population(600)


def claim_of(inputs: Inputs, selection: Selection, column: str = "y", **options):
    return estimate_selection(inputs, selection, [column], **options)[0]


# ---- numbers -----------------------------------------------------------------------------------------


def test_a_random_subset_gives_the_textbook_interval(rows):
    chosen = select("random", rows, 50)
    y = rows.frame["y"].to_numpy()
    sample = y[chosen.rows]
    error = np.sqrt((1 - 50 / 600) * sample.var(ddof=1) / 50)
    reach = t.ppf(0.975, 49) * error
    for rule in (Estimator.HAJEK, Estimator.HT):
        found = claim_of(rows, chosen, estimator=rule)
        assert found.truth == pytest.approx(y.mean())
        assert found.estimate == pytest.approx(sample.mean())
        if rule is Estimator.HAJEK:
            assert found.error == pytest.approx(error)
            assert (found.low, found.high) == pytest.approx((sample.mean() - reach, sample.mean() + reach))
    total = claim_of(rows, chosen, measure="total")
    assert (total.estimate, total.error) == pytest.approx((600 * sample.mean(), 600 * error))
    assert total.truth == pytest.approx(y.sum())


def test_a_stratified_subset_gives_the_textbook_standard_error(rows):
    chosen = select("stratified", rows, 80, params={"allocation": "equal"})
    y, codes, wanted = rows.frame["y"].to_numpy(), rows.groups.codes, 0.0
    for group, size in enumerate(rows.groups.sizes):
        own = y[chosen.rows[codes[chosen.rows] == group]]
        wanted += size**2 * (1 - len(own) / size) * own.var(ddof=1) / len(own)
    for measure, per in (("mean", 600), ("total", 1)):
        found = claim_of(rows, chosen, measure=measure)
        assert found.error == pytest.approx(np.sqrt(wanted) / per)


def test_the_total_of_the_size_itself_is_known_exactly(rows):
    chosen = select("pps", rows, 60, params={"size": "x"})
    found = claim_of(rows, chosen, "x", measure="total", estimator="horvitz-thompson")
    assert found.estimate == pytest.approx(rows.frame["x"].sum())
    assert found.error == pytest.approx(0, abs=1e-6 * found.truth)
    assert found.holds


@pytest.mark.parametrize("estimator", ["horvitz-thompson", "hajek"])
def test_an_unweighted_total_shown_as_weighted_is_caught(rows, estimator):
    """The planted defect: weights of 1, or N/n for all, in place of 1/π."""
    chosen = select("pps", rows, 60, params={"size": "x"})
    for wrong in (np.ones(60), np.full(60, 10.0)):
        with pytest.raises(AssertionError, match="1/π"):
            claim_of(rows, replace(chosen, weight=wrong), measure="total", estimator=estimator)
    plain = select("random", rows, 60)
    with pytest.raises(AssertionError, match="add up"):
        claim_of(rows, replace(plain, inclusion=None, weight=np.ones(60)), measure="total")
    # What is shown is Σ y/π, and neither Σ y nor N times the plain mean.
    y = rows.frame["y"].to_numpy()[chosen.rows]
    shown = claim_of(rows, chosen, measure="total", estimator="horvitz-thompson").estimate
    assert shown == pytest.approx((y / chosen.inclusion).sum())
    assert abs(shown - y.sum()) > 0.5 * shown
    assert abs(shown - 600 * y.mean()) > 0.1 * shown


def test_calibrated_totals_are_reproduced_exactly(rows):
    chosen = select("random", rows, 80)
    made = {"measure": "total", "auxiliaries": ["x", "groups"], "estimator": "greg"}
    found = claim_of(rows, chosen, "x", **made)
    assert found.estimate == pytest.approx(found.truth)
    assert found.error == pytest.approx(0, abs=1e-6 * found.truth)
    for rule in ("greg", "raking"):
        kinds = estimate_selection(
            rows, chosen, ["kind"], measure="total", estimator=rule, auxiliaries=["kind", "groups"]
        )
        for one in kinds:
            assert one.estimate == pytest.approx(one.truth, rel=1e-5)
    ratio = claim_of(rows, chosen, "x", measure="total", estimator="ratio", auxiliaries=["x"])
    assert ratio.estimate == pytest.approx(ratio.truth)


def test_auxiliaries_help_where_they_tell_something(rows):
    chosen = select("random", rows, 100)
    plain = claim_of(rows, chosen).error
    for rule, beside in (("ratio", ["x"]), ("greg", ["x", "groups"])):
        assert claim_of(rows, chosen, estimator=rule, auxiliaries=beside).error < 0.7 * plain


def test_shares_use_wilson_and_add_up(rows):
    chosen = select("random", rows, 60)
    found = estimate_selection(rows, chosen, ["kind"])
    assert [one.value for one in found] == ["p", "q", "r"]
    assert sum(one.estimate for one in found) == pytest.approx(1)
    assert all(0 < one.low < one.estimate < one.high < 1 for one in found)
    assert "Wilson" in found[0].method
    few = estimate_selection(rows, chosen, ["kind"], top=1)
    assert [one.value for one in few] == ["p", "2 other values"]
    assert few[1].truth == pytest.approx(found[1].truth + found[2].truth)


def test_missing_values_make_a_domain_and_are_told():
    inputs = population(400)
    frame = inputs.frame.copy()
    frame.loc[frame.index % 4 == 0, "y"] = np.nan
    inputs = replace(inputs, frame=frame)
    chosen = select("random", inputs, 80)
    sample = frame["y"].iloc[chosen.rows].dropna()
    found = claim_of(inputs, chosen)
    assert found.estimate == pytest.approx(sample.mean())
    assert found.truth == pytest.approx(frame["y"].mean())
    assert (found.rows, found.missing) == (len(sample), 100)
    assert "100 rows have no y" in found.notes[0]
    # The domain's size is estimated as well: the ratio's linearised variance.
    residual = np.where(frame["y"].iloc[chosen.rows].isna(), 0, frame["y"].iloc[chosen.rows] - sample.mean())
    error = np.sqrt((1 - 80 / 400) * residual.var(ddof=1) / 80) / (len(sample) / 80)
    assert found.error == pytest.approx(error)
    refused = claim_of(inputs, chosen, estimator="horvitz-thompson")
    assert "some have no y" in refused.reason
    assert np.isnan(refused.estimate)
    total = claim_of(inputs, chosen, measure="total", estimator="horvitz-thompson")
    assert total.truth == pytest.approx(frame["y"].sum())
    assert total.estimate == pytest.approx(sample.sum() * 5)


def test_a_filter_makes_another_population(rows):
    eligible = np.flatnonzero(rows.frame["x"] > 2)
    chosen = select("random", rows, 40, eligible=eligible)
    found = claim_of(rows, chosen, eligible=eligible)
    assert found.truth == pytest.approx(rows.frame["y"].iloc[eligible].mean())
    assert found.estimate == pytest.approx(rows.frame["y"].iloc[chosen.rows].mean())
    with pytest.raises(ParameterError, match="other rows"):
        claim_of(rows, chosen)


def test_pins_are_a_part_of_their_own(rows):
    pins = np.array([3, 50, 70])
    inputs = replace(rows, pins=pins)
    chosen = select("random", inputs, 43)
    y = rows.frame["y"].to_numpy()
    free = y[chosen.rows[3:]]
    found = claim_of(inputs, chosen, measure="total", estimator="horvitz-thompson")
    assert found.estimate == pytest.approx(y[pins].sum() + 597 * free.mean())
    assert found.error == pytest.approx(597 * np.sqrt((1 - 40 / 597) * free.var(ddof=1) / 40))


def test_everything_is_the_truth(rows):
    found = claim_of(rows, select("random", rows, 600))
    assert (found.estimate, found.low, found.high) == pytest.approx((found.truth,) * 3)
    assert found.holds


def test_every_estimator_is_right_by_hand_and_horvitz_thompson_on_average():
    """Three of seven rows, all 35 samples: the claims of the product, not a formula beside it."""
    y, x = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0]), np.array([2.0, 1.0, 3.0, 1.0, 4.0, 6.0, 1.0])
    keys = np.arange(112, dtype=np.uint8).reshape(7, 16)
    inputs = Inputs(keys=keys, frame=pd.DataFrame({"y": y, "x": x}))
    first, totals = select("random", inputs, 3), []
    for sample in combinations(range(7), 3):
        at = np.array(sample)
        chosen = replace(first, rows=at)
        options = {"measure": "total", "estimator": "horvitz-thompson"}
        totals.append(claim_of(inputs, chosen, **options).estimate)
        assert totals[-1] == pytest.approx(7 / 3 * y[at].sum())
        assert claim_of(inputs, chosen, estimator="hajek").estimate == pytest.approx(y[at].mean())
        ratio = claim_of(inputs, chosen, measure="total", estimator="ratio", auxiliaries=["x"])
        assert ratio.estimate == pytest.approx(x.sum() * y[at].sum() / x[at].sum())
    assert np.mean(totals) == pytest.approx(y.sum())


# ---- what is refused ---------------------------------------------------------------------------------


def test_without_inclusion_probabilities_there_is_no_claim(rows):
    found = claim_of(rows, select("k-center", rows, 20))
    assert found.reason == "it has no inclusion probabilities"
    assert np.isnan([found.estimate, found.low, found.error]).all()
    assert found.holds is None
    assert sentence(found) == "no such claim can be made: it has no inclusion probabilities."
    inner = select("stratified", rows, 20, params={"within": "k-center"})
    assert "inside groups" in claim_of(rows, inner).reason


def test_pins_after_looking_void_the_claim(rows):
    inputs = replace(rows, pins=np.array([3, 4]), pins_after_looking=True)
    assert "pinned after results were seen" in claim_of(inputs, select("random", inputs, 20)).reason


def test_rows_without_a_chance_void_the_claim(rows):
    groups = Groups(np.where(np.arange(600) < 3, 1, 0).astype(np.int64), ("large", "tiny"))
    inputs = replace(rows, groups=groups)
    chosen = select("stratified", inputs, 30)
    assert chosen.quota["tiny"] == 0
    assert chosen.unreached == 3
    assert "3 of 600 rows had no chance" in claim_of(inputs, chosen).reason
    frame = rows.frame.assign(x=np.where(np.arange(600) < 5, 0.0, rows.frame["x"]))
    zero = select("pps", replace(rows, frame=frame), 30, params={"size": "x"})
    assert zero.unreached == 5
    pinned = replace(rows, pins=np.arange(20))
    assert select("random", pinned, 20).unreached == 580


def test_systematic_subsets_have_estimates_and_no_interval(rows):
    for name, params in (("systematic", {"by": "x"}), ("pps", {"draw": "systematic"})):
        found = claim_of(rows, select(name, rows, 60, params=params))
        assert np.isfinite(found.estimate)
        assert np.isnan([found.error, found.low, found.high]).all()
        assert "systematic" in found.no_interval
        assert "without an interval" in sentence(found)


def test_a_group_of_one_drawn_row_has_no_interval_and_is_named(rows):
    groups = Groups(np.where(np.arange(600) < 20, 1, 0).astype(np.int64), ("large", "tiny"))
    inputs = replace(rows, groups=groups)
    found = claim_of(inputs, select("stratified", inputs, 30))
    assert np.isfinite(found.estimate)
    assert "tiny" in found.no_interval


def test_what_does_not_vary_has_no_interval(rows):
    inputs = replace(rows, frame=rows.frame.assign(rare=np.arange(600) == 0))
    chosen = next(one for s in range(99) if 0 not in (one := select("random", inputs, 20, seed=s)).rows)
    yes = estimate_selection(inputs, chosen, ["rare"])[1]
    assert yes.value == "True"
    assert yes.estimate == 0
    assert "do not differ" in yes.no_interval


def test_margins_that_no_chosen_row_has_are_named(rows):
    frame = rows.frame.assign(odd=np.where(np.arange(600) == 0, "only", "usual"))
    inputs = replace(rows, frame=frame)
    chosen = next(one for s in range(99) if 0 not in (one := select("random", inputs, 20, seed=s)).rows)
    for rule in ("greg", "raking"):
        assert "odd = only" in claim_of(inputs, chosen, estimator=rule, auxiliaries=["odd"]).reason


def test_wrong_requests_are_told(rows):
    chosen = select("random", rows, 20)
    frame = rows.frame.assign(name=[f"row {at}" for at in range(600)], bad=np.inf)
    inputs = replace(rows, frame=frame)
    with pytest.raises(ParameterError, match="estimator"):
        claim_of(rows, chosen, estimator="magic")
    with pytest.raises(ParameterError, match="auxiliary"):
        claim_of(rows, chosen, estimator="greg")
    with pytest.raises(ParameterError, match="one number"):
        claim_of(rows, chosen, estimator="ratio", auxiliaries=["x", "z"])
    with pytest.raises(ColumnError, match="no numbers"):
        claim_of(rows, chosen, estimator="ratio", auxiliaries=["kind"])
    with pytest.raises(ColumnError, match="cannot be estimated"):
        claim_of(inputs, chosen, "name")
    with pytest.raises(ColumnError, match="infinite"):
        claim_of(inputs, chosen, "bad")
    with pytest.raises(ColumnError, match="no column"):
        claim_of(rows, chosen, "nothing")
    negative = replace(rows, frame=rows.frame.assign(x=-1.0))
    assert "negative" in claim_of(negative, chosen, estimator="ratio", auxiliaries=["x"]).reason


# ---- every strategy ----------------------------------------------------------------------------------

SETTINGS = [
    *[(one.id, {}) for one in STRATEGIES],
    ("density", {"draw": "pps"}),
    ("kmq", {"variant": "paper"}),
    ("pps", {"draw": "sampford"}),
    ("pps", {"draw": "systematic"}),
    ("cube", {"size": "scores", "on": ["y", "c"]}),
    ("entities", {"draw": "stratified"}),
    ("entities", {"draw": "pps"}),
    ("leverage", {"score": "root-leverage"}),
    ("stratified", {"within": "pps"}),
    ("stratified", {"within": "systematic"}),
    ("stratified", {"within": "leverage"}),
    ("temporal", {"windows": 4}),
    ("stratified", {"within": {"id": "temporal", "params": {"windows": 2}}}),
    ("stratified", {"within": {"id": "cube", "params": {"on": ["y"]}}}),
    ("stratified", {"within": "k-dpp"}),
    ("stratified", {"within": "k-center"}),
]


@pytest.mark.parametrize(("name", "params"), SETTINGS, ids=str)
def test_every_strategy_says_how_its_variance_is_estimated(name, params):
    strategy, inputs = STRATEGIES[name], everything(90)
    budget = feasible(registered(name), inputs, 40, params=params)
    chosen = select(name, inputs, budget, params=params)
    spread = strategy.variance_estimator(params)
    (found,) = estimate_selection(inputs, chosen, ["y"])
    if chosen.weight is None:
        assert strategy.weight in (Weight.NONE, Weight.PARAMETER)
        assert spread.kind is VarianceMethod.NONE
        assert spread.why
        assert found.reason
        return
    assert strategy.weight is not Weight.NONE
    assert np.isfinite(found.estimate)
    if spread.kind is VarianceMethod.NONE:
        assert found.no_interval == spread.why
        return
    if found.no_interval:  # windows from which a single row was drawn
        assert name == "temporal"
        assert "window" in found.no_interval
        return
    assert found.error > 0
    assert found.low < found.estimate < found.high
    assert found.method


@pytest.mark.parametrize("name", ["kmq", "multi-importance"])
def test_weights_with_replacement_are_per_row_and_variance_per_draw(name):
    inputs = everything(90)
    params = {"variant": "paper"} if name == "kmq" else {}
    chosen = select(name, inputs, 60, params=params)
    assert chosen.draws == 60 > len(chosen)
    found = claim_of(inputs, chosen, measure="total", estimator="horvitz-thompson")
    assert found.estimate == pytest.approx(chosen.weight @ inputs.frame["y"].to_numpy()[chosen.rows])


# ---- studies -----------------------------------------------------------------------------------------


def test_a_study_knows_its_filter_and_its_roles():
    study = Study(load("sample:wine"), Recipe(features="table", groups="kmeans:3", where="alcohol > 12.5"))
    chosen = study.select("random", "40")
    found = estimate_study(study, chosen, ["alcohol"], estimator="raking", auxiliaries=["groups"])
    frame = study.data.frame
    assert found[0].truth == pytest.approx(frame["alcohol"][frame["alcohol"] > 12.5].mean())
    assert found[0].holds is not None


def test_times_and_booleans_can_be_estimated():
    n = 50
    frame = pd.DataFrame({"when": pd.date_range("2024-01-01", periods=n), "ok": np.arange(n) % 2 == 0})
    keys = np.arange(n * 16, dtype=np.int64).astype(np.uint8).reshape(n, 16)
    inputs = Inputs(keys=keys, frame=frame)
    when, no, yes = estimate_selection(inputs, select("random", inputs, 20), ["when", "ok"])
    assert when.truth == pytest.approx(as_numbers(frame["when"], "when").mean())
    assert when.holds is not None
    assert {no.value, yes.value} == {"False", "True"}


# ---- coverage ----------------------------------------------------------------------------------------

TOTAL = {"measure": "total", "estimator": "horvitz-thompson"}


@pytest.mark.parametrize(
    ("name", "params", "options"),
    [
        ("random", {}, {}),
        ("stratified", {"allocation": "equal"}, {}),
        ("stratified", {"by": "fine"}, {}),
        ("pps", {"size": "x"}, TOTAL),
        ("pps", {"size": "x", "draw": "sampford"}, TOTAL),
    ],
    ids=str,
)
def test_intervals_hold_the_truth_in_93_to_97_of_100_draws(name, params, options):
    """Refused only where the count is implausible (1 in 1,000) under every coverage from 93 to 97 %."""
    inputs, runs = population(600 if "by" not in params else 1_200), 400
    hits = sum(
        bool(claim_of(inputs, select(name, inputs, 100, seed=seed, params=params), **options).holds)
        for seed in range(runs)
    )
    assert binom.ppf(0.0005, runs, 0.93) <= hits <= binom.ppf(0.9995, runs, 0.97)


def test_a_subset_is_not_read_against_other_rows_of_the_same_number(rows):
    first, second = np.arange(0, 300), np.arange(300, 600)
    chosen = select("random", rows, 40, eligible=first)
    assert estimate_selection(rows, chosen, ["y"], eligible=first)[0].estimate > 0
    with pytest.raises(ParameterError, match="drawn from other rows"):
        estimate_selection(rows, chosen, ["y"], eligible=second)


def test_a_count_has_the_interval_of_its_share(rows):
    rare = np.where(np.arange(600) % 25 == 0, "rare", "usual")
    inputs = replace(rows, frame=pd.DataFrame({"kind": rare}))
    for seed in range(20):
        chosen = select("random", inputs, 60, seed=seed)
        shares, counts = (
            {claim.value: claim for claim in estimate_selection(inputs, chosen, ["kind"], measure=measure)}
            for measure in ("mean", "total")
        )
        for level, share in shares.items():
            count = counts[level]
            if np.isfinite(share.low):
                assert (count.low, count.high) == pytest.approx((600 * share.low, 600 * share.high))
                assert 0 <= count.low <= count.high <= 600


def test_weights_that_few_rows_carry_are_told(rows):
    chosen = select("pps", rows, 60, params={"size": "x"})
    assert "worth" not in claim_of(rows, chosen).doubt
    heavy = np.full(60, 1.0 / 0.9)
    heavy[:10] = (600 - 50 / 0.9) / 10
    uneven = replace(chosen, weight=heavy, inclusion=1 / heavy)
    note = claim_of(rows, uneven).doubt
    assert note in claim_of(rows, uneven).notes
    worth = heavy.sum() ** 2 / (heavy @ heavy)
    assert f"60 rows are worth only {worth:.0f} of equal weight" in note
