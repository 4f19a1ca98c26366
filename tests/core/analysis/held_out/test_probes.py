"""The two probes, their intervals and learning curves, against libraries and by hand."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier

import core
from core.analysis.comparison.held_out_table import downstream_table
from core.analysis.comparison.run import compare
from core.analysis.held_out import probes
from core.analysis.held_out.intervals import over_seeds, wilson
from core.analysis.held_out.learning_curve import curve_band, curve_sizes, learning_curve
from core.analysis.held_out.probes import logistic, nearest_codes, predict, vote, voters
from core.analysis.held_out.scores import (
    _neighbours,
    by_logistic,
    by_neighbours,
    probe_band,
    score_many,
)
from core.analysis.held_out.split import Probe, split_rows
from core.foundation.errors import Cancelled, ParameterError
from core.foundation.progress import SILENT, Progress
from core.metrics.declaration import METRICS
from core.metrics.pool import prepare
from core.metrics.predictions import Predictions
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.model.recipe import Choice
from core.strategies.running.select import select
from core.study.held_out import split_study

DOWNSTREAM = [metric.id for metric in METRICS if metric.stage == "downstream"]


def keys(n):
    out = np.zeros((n, 16), np.uint8)
    out[:, 12:] = np.arange(n, dtype=">u4").view(np.uint8).reshape(n, 4)
    return out


def population(n=300, seed=0, apart=1.5):
    """Three overlapping classes in 6 dimensions, two groups."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    x = rng.normal(size=(n, 6)).astype(np.float32)
    x[np.arange(n), labels] += apart
    return Inputs(
        keys=keys(n),
        features=Features(x, "euclidean", "k", "l"),
        labels=labels,
        groups=Groups(rng.integers(0, 2, n), ("a", "b")),
    )


@pytest.fixture(scope="module")
def split():
    return split_rows(prepare(population()), 60, Probe(), seed=0)


# ---- logistic ----------------------------------------------------------------------------------------


def test_the_logistic_probe_is_the_library_on_scaled_features(split):
    rows = np.arange(0, 200, 3)
    x, y = split.x_train[rows].astype(np.float64), split.y_train[rows]
    codes, p = logistic(split.x_train[rows], y, split.x_test, split.classes)
    centred = x - x.mean(axis=0)
    wide = np.sqrt((centred**2).mean())
    exact = LogisticRegression(C=1.0, tol=1e-9, max_iter=5_000).fit(centred / wide, y)
    expected = exact.predict_proba((split.x_test - x.mean(axis=0)) / wide)
    assert np.abs(p - expected).max() < 0.01  # ours ends earlier, at a stated tolerance
    assert (codes == exact.predict((split.x_test - x.mean(axis=0)) / wide)).mean() > 0.98
    assert np.array_equal(codes, split.classes[p.argmax(axis=1)])
    assert np.array_equal(codes, predict(split.x_train[rows], y, split.x_test))


def test_a_class_that_was_not_chosen_has_no_probability():
    x = np.array([[0.0], [1.0], [5.0], [6.0]], np.float32)
    codes, p = logistic(x, np.array([2, 2, 9, 9]), x, np.array([2, 5, 9]))
    assert set(codes) == {2, 9}
    assert (p[:, 1] == 0).all()
    assert p.sum(axis=1) == pytest.approx(1)
    only, p = logistic(x[:2], np.array([5, 5]), x, np.array([2, 5, 9]))
    assert set(only) == {5}
    assert p.tolist() == [[0, 1, 0]] * 4
    none, p = logistic(x[:0], np.empty(0, np.int64), x, np.array([2, 5, 9]))
    assert set(none) == {-1}
    assert not p.any()


def test_constant_features_predict_the_commonest_class():
    x = np.ones((9, 3), np.float32)
    codes, _ = logistic(x, np.array([0] * 3 + [1] * 6), x, np.arange(2))
    assert set(codes) == {1}


# ---- neighbours --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 7, 60])
def test_neighbours_are_those_of_a_brute_force_search(split, rows):
    chosen = np.random.default_rng(rows).choice(240, rows, replace=False)
    (seen,) = by_neighbours(split, [chosen])
    k = voters(rows)
    library = KNeighborsClassifier(k, algorithm="brute").fit(split.x_train[chosen], split.y_train[chosen])
    shares = np.zeros((len(split.test_rows), len(split.classes)))
    shares[:, np.searchsorted(split.classes, library.classes_)] = library.predict_proba(split.x_test)
    assert seen.probabilities == pytest.approx((k * shares + 1 / 3) / (k + 1))
    sure = np.sort(shares, axis=1)[:, -1] > np.sort(shares, axis=1)[:, -2]
    assert np.array_equal(seen.predicted[sure], library.predict(split.x_test)[sure])
    # where votes are tied the nearest voter among the leaders decides
    near = library.kneighbors(split.x_test, return_distance=False)
    for row in np.flatnonzero(~sure):
        labels = split.y_train[chosen][near[row]]
        votes = np.bincount(labels, minlength=3)
        leaders = [label for label in labels if votes[label] == votes.max()]
        assert seen.predicted[row] == leaders[0]


def many_subsets(n, seed=0):
    """Subsets of all kinds: none, one, two, a few, a half, all, and the far end alone."""
    rng = np.random.default_rng(seed)
    sizes = (0, 1, 2, 3, 6, n // 2, n)
    return [rng.choice(n, size, replace=False) for size in sizes] + [np.arange(n - 7, n)]


@settings(max_examples=15)
@given(
    arrays(np.float32, st.tuples(st.integers(8, 60), st.just(2)), elements=st.integers(0, 3)),
    st.integers(0, 99),
)
def test_compiled_and_plain_search_agree_also_where_rows_are_equally_far(x, seed):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 50, len(x)).astype(np.uint8)
    subsets = many_subsets(len(x), seed)
    unseen = rng.integers(0, 4, (9, 2)).astype(np.float32)
    plain = nearest_codes(x, codes, subsets, unseen)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(probes, "SMALL", -1)
        patch.setattr(probes, "_DRAWN", 1)  # so that the first look often does not do
        compiled = nearest_codes(x, codes, subsets, unseen)
    assert np.array_equal(plain, compiled)
    for at, chosen in enumerate(subsets):  # by hand: distance first, then the place in the data set
        for row, point in enumerate(unseen):
            far = sorted((float(((x[place] - point) ** 2).sum()), int(place)) for place in chosen)
            expected = [int(codes[place]) for _, place in far[: voters(len(chosen))]]
            assert [code for code in plain[at, row] if code != probes.NOBODY] == expected


def test_a_subset_gets_the_same_values_alone_and_among_others(split, monkeypatch):
    subsets = [np.sort(np.random.default_rng(at).choice(240, 20 + at, replace=False)) for at in range(6)]
    together = score_many(split, subsets)
    assert [score_many(split, [rows])[0] for rows in subsets] == together
    assert [score_many(split, [rows[::-1]])[0] for rows in subsets] == together
    monkeypatch.setattr("core.analysis.held_out.scores._HELD", 1)  # one subset at a time
    votes = _neighbours(split, subsets, SILENT)
    assert [{name: value for name, value in one.items() if name in votes[0]} for one in together] == votes


def test_votes_by_hand():
    classes = np.array([10, 20, 30])
    near = np.array([[0, 1, 1, 0, 2], [2, 2, 2, 2, 2]], np.uint8)
    codes, p = vote(near, classes)
    assert codes.tolist() == [10, 30]  # two votes each: the nearest row is a 10
    assert p[0] == pytest.approx(np.array([2 + 1 / 3, 2 + 1 / 3, 1 + 1 / 3]) / 6)
    assert p[1] == pytest.approx(np.array([1 / 3, 1 / 3, 5 + 1 / 3]) / 6)
    codes, p = vote(np.full((2, 5), probes.NOBODY, np.uint8), classes)
    assert codes.tolist() == [-1, -1]
    assert not p.any()


def test_many_held_out_rows_are_voted_on_in_part(monkeypatch):
    monkeypatch.setattr("core.analysis.held_out.split.NEAR_ROWS", 25)
    inputs = population(300)
    split = split_rows(prepare(inputs), 60, Probe(), seed=0)
    assert len(split.near) == 25
    assert len(split.test_rows) == 60
    found = compare(inputs, [Choice("random")], 60, band=3, probe=Probe())
    assert found.results[0].scored == {"logistic": 60, "neighbours": 25}


def test_a_large_band_can_be_cancelled(split):
    stop = Event()

    def told(share, message):
        if share > 0.3:
            stop.set()

    with pytest.raises(Cancelled):
        score_many(split, [np.arange(40)] * 50, Progress(told, stop, every=0))


# ---- metrics -----------------------------------------------------------------------------------------


def test_metrics_agree_with_the_library(split):
    rows = np.arange(50)
    seen = by_logistic(split, rows)
    values = score_many(split, [rows])[0]
    assert set(values) == set(DOWNSTREAM)
    assert values["probe-accuracy"] == accuracy_score(seen.truth, seen.predicted)
    assert values["probe-balanced"] == pytest.approx(balanced_accuracy_score(seen.truth, seen.predicted))
    by_group = [
        accuracy_score(seen.truth[seen.strata == code], seen.predicted[seen.strata == code])
        for code in (0, 1)
    ]
    assert values["probe-worst-group"] == min(by_group)
    assert values["probe-gap"] == pytest.approx(max(by_group) - min(by_group))


@settings(max_examples=60)
@given(st.integers(1, 80), st.integers(2, 6), st.integers(0, 999))
def test_metrics_stay_in_their_range(m, c, seed):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(c, 0.3), m)
    seen = Predictions(rng.integers(0, c, m), p.argmax(axis=1), p, rng.integers(0, 3, m))
    by_hand = 0.0
    for at in range(15):
        inside = (p.max(axis=1) > at / 15) & (p.max(axis=1) <= (at + 1) / 15)
        if inside.any():
            by_hand += inside.sum() / m * abs(seen.right[inside].mean() - p.max(axis=1)[inside].mean())
    assert seen.calibration_error() == pytest.approx(by_hand)
    for metric in METRICS:
        if metric.stage == "downstream":
            value = metric.body(seen)
            assert np.isnan(value) or -1e-12 <= value <= 1 + 1e-12
    order = rng.permutation(m)
    turned = Predictions(seen.truth[order], seen.predicted[order], p[order], seen.strata[order])
    assert turned.calibration_error() == pytest.approx(seen.calibration_error())


# ---- intervals ---------------------------------------------------------------------------------------


def test_intervals_are_those_of_the_library():
    values = [0.71, 0.74, 0.7, 0.79, 0.75]
    expected = stats.t.interval(0.95, 4, np.mean(values), stats.sem(values))
    assert over_seeds(values) == pytest.approx(expected)
    for right, rows in ((0, 10), (7, 10), (10, 10), (431, 997)):
        expected = stats.binomtest(right, rows).proportion_ci(method="wilson")
        assert wilson(right / rows, rows) == pytest.approx((expected.low, expected.high))
    assert np.isnan(over_seeds([0.5])).all()
    assert np.isnan(over_seeds([0.5, np.nan])).all()
    assert np.isnan(wilson(0.5, 0)).all()
    assert over_seeds([0.5, 0.5]) == (0.5, 0.5)


def test_a_table_says_which_interval_is_which():
    found = compare(population(), [Choice("random"), Choice("k-center")], 60, band=9, seeds=3, probe=Probe())
    table = downstream_table(found).set_index(["slot", "metric"])
    assert len(table) == 2 * len(DOWNSTREAM)
    drawn, fixed = table.loc[(0, "probe-accuracy")], table.loc[(1, "probe-accuracy")]
    values = [seed["probe-accuracy"] for seed in found.results[0].metrics]
    assert (drawn["low"], drawn["high"]) == over_seeds(values)
    assert drawn["seeds"] == 3
    assert (drawn["test_low"], drawn["test_high"]) == wilson(values[0], 60)
    assert drawn["rows"] == 60
    assert fixed["seeds"] == 1
    assert np.isnan(fixed["low"])
    assert fixed["test_low"] < fixed["mean"] < fixed["test_high"]
    assert np.isnan(table.loc[(0, "probe-gap")]["test_low"])  # no share of rows
    assert drawn["band_low"] < drawn["band_high"]
    assert not downstream_table(compare(population(), [Choice("random")], 60, band=3)).size


# ---- learning curves ---------------------------------------------------------------------------------


def test_the_grid_is_of_distinct_sizes_within_reach(split):
    assert split.budget == 48
    assert curve_sizes(split).tolist() == [6, 12, 24, 48, 96]
    assert curve_sizes(split, (1, 100, 50)).tolist() == [48, 240]
    assert curve_sizes(split, (0.001,)).tolist() == [2]
    pinned = replace(split, train=replace(split.train, pins=np.arange(20)))
    assert curve_sizes(pinned).tolist() == [20, 24, 48, 96]
    for wrong in ((), (0,), (-1, 2), (float("nan"),)):
        with pytest.raises(ParameterError):
            curve_sizes(split, wrong)


@pytest.mark.parametrize(("strategy", "nested", "runs"), [("random", True, 2), ("stratified", False, 2)])
def test_every_point_is_what_the_strategy_chooses_at_that_size(split, strategy, nested, runs):
    curve = learning_curve(split, Choice(strategy), fractions=(0.5, 1, 2), seeds=2, seed=5)
    assert (curve.nested, curve.seeds) == (nested, runs)
    for at, size in enumerate(curve.sizes):
        for run in range(runs):
            rows = select(strategy, split.train, int(size), seed=5 + run).rows
            expected = score_many(split, [rows])[0]
            for name, table in curve.values.items():
                assert table[run, at] == pytest.approx(expected[name], nan_ok=True)
            assert curve.held[run, at] == len(rows)
    low, high = curve.interval("probe-accuracy")
    expected = np.clip(over_seeds(curve.values["probe-accuracy"][:, 0]), 0, 1)
    assert [low[0], high[0]] == pytest.approx(expected)
    wide = replace(curve, values={"probe-accuracy": np.array([[1.0, 0.0, 0.5], [0.6, 0.3, 0.5]])})
    assert wide.interval("probe-accuracy")[0].tolist() == [0, 0, 0.5]
    assert wide.interval("probe-accuracy")[1].tolist() == [1, 1, 0.5]  # no share lies outside 0 … 1


def test_a_deterministic_strategy_has_one_run_and_no_interval(split):
    curve = learning_curve(split, Choice("k-center"), fractions=(0.5, 1), seeds=3)
    assert curve.seeds == 1
    assert np.isnan(curve.interval("knn-accuracy")).all()
    assert curve.means("knn-accuracy") == pytest.approx(curve.values["knn-accuracy"][0])


def test_the_band_of_a_curve_begins_the_band_of_the_comparison(split):
    around = curve_band(split, size=4, seeds=3, seed=7)
    whole = probe_band(split, 6, seeds=3, seed=7)
    at = list(around.sizes).index(split.budget)
    for name in ("probe-accuracy", "knn-calibration"):
        assert around.values[1][name][:, at] == pytest.approx(whole[1][name][:4])
        assert around.values[3][name][:, at] == pytest.approx(whole[3][name][:4])
    low, high = around.limits("probe-accuracy", 3)
    assert (low <= np.median(around.values[3]["probe-accuracy"], axis=0)).all()
    assert (np.median(around.values[3]["probe-accuracy"], axis=0) <= high).all()
    assert around.size == 4


def test_more_rows_help_where_there_is_something_to_learn():
    split = split_rows(prepare(population(1_200)), 100, Probe(), seed=0)
    around = curve_band(split, (0.05, 1, 8), size=9)
    middle = np.median(around.values[1]["probe-accuracy"], axis=0)
    assert middle[0] < middle[1] < middle[2]


def test_a_curve_can_be_cancelled(split):
    stop = Event()
    stop.set()
    with pytest.raises(Cancelled):
        learning_curve(split, Choice("random"), progress=Progress(cancel=stop))


def test_a_study_is_split_as_its_comparison_is():
    data = core.load("sample:wine")
    study = core.Study(data).with_(
        features="table", groups="kmeans:3", label="cultivar", where="alcohol > 12.5"
    )
    eligible = study.eligible()
    split = split_study(study, 30)
    assert not split.reason
    assert len(split.train_rows) + len(split.test_rows) == len(eligible)
    found = study.compare(["random"], 30, seeds=1, band=3)
    chosen = select("random", split.train, split.budget, seed=study.recipe.seed).rows
    assert found.results[0].metrics[0]["probe-accuracy"] == score_many(split, [chosen])[0]["probe-accuracy"]
    assert found.evaluation["downstream"] == split.described


def test_intervals_of_shares_stay_between_0_and_1():
    """Three seeds near 1 have a t interval beyond it; no accuracy is."""
    metrics = tuple({"probe-accuracy": value, "probe-gap": 1 - value} for value in (0.9, 1.0, 1.0))
    inputs = Inputs(keys=np.arange(320, dtype=np.uint8).reshape(20, 16))
    found = compare(inputs, [Choice("random")], 5, band=9, seeds=3)
    result = replace(found.results[0], metrics=metrics)
    table = downstream_table(replace(found, results=(result,)))
    assert len(table) == 2
    assert over_seeds([0.9, 1.0, 1.0])[1] > 1
    assert ((table["low"] >= 0) & (table["high"] <= 1)).all()
    assert (table["low"] < table["high"]).all()


def test_a_unit_too_large_to_be_held_out_is_named():
    inputs = population(60)
    made = split_rows(prepare(inputs), 10, Probe(None, ["a"] * 30 + ["b"] * 30), seed=0)
    assert made.reason.startswith("no downstream numbers: 30 of 60 rows belong together")


def test_too_few_rows_to_hold_any_out_are_counted():
    made = split_rows(prepare(population(2)), 1, Probe(), seed=0)
    assert made.reason.startswith("no downstream numbers: there are only 2 rows")
