"""The paired tests against hand-worked values, other libraries, and simulations where nothing differs."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, chi2
from scipy.stats import f as f_distribution

from core.foundation.arrays.paired_statistics import (
    cochran_q,
    five_by_two,
    holm,
    mcnemar,
    no_information,
    normal_p,
    outside_error,
    plus632,
)
from core.foundation.errors import ParameterError


@pytest.fixture(scope="module")
def oracle():
    """mlxtend's tests; importing it warns of a module of old."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlxtend import evaluate
    return evaluate


def flags(both, first_only, second_only, neither):
    first = np.repeat([True, True, False, False], [both, first_only, second_only, neither])
    second = np.repeat([True, False, True, False], [both, first_only, second_only, neither])
    return first, second


def bound(trials, level=0.05):
    """Rejections that a test of this level exceeds in one of a thousand simulations."""
    return binom.ppf(0.999, trials, level)


# ---- McNemar -----------------------------------------------------------------------------------------


def test_mcnemar_by_hand():
    # |25 − 15| − 1 = 9; 81 / 40 = 2.025
    found = mcnemar(*flags(100, 15, 25, 10))
    assert not found.exact
    assert found.statistic == pytest.approx(2.025)
    assert found.p == pytest.approx(chi2.sf(2.025, 1))
    assert found.difference == pytest.approx(10 / 150)
    low, high = found.interval
    assert low < 10 / 150 < high


def test_mcnemar_is_exact_below_25():
    found = mcnemar(*flags(5, 3, 21, 0))
    assert found.exact
    assert found.p == pytest.approx(2 * binom.cdf(3, 24, 0.5))
    assert not mcnemar(*flags(5, 4, 21, 0)).exact


@settings(max_examples=60)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 40))
def test_mcnemar_agrees_with_mlxtend(oracle, b, c, same):
    first, second = flags(same + 1, c, b, same)
    found = mcnemar(first, second)
    table = np.array([[same + 1, b], [c, same]])
    if b + c == 0 or (b == c and b + c >= 25):  # there mlxtend divides by 0, or corrects past zero
        assert found.p == 1
        return
    _, p = oracle.mcnemar(table, exact=b + c < 25, corrected=True)
    assert found.p == pytest.approx(p)


@given(st.integers(0, 200), st.integers(0, 9))
def test_as_many_each_way_is_no_difference(b, same):
    found = mcnemar(*flags(same, b, b, 1))
    assert found.p == 1
    assert found.difference == 0


@settings(max_examples=50)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=80))
def test_turning_the_pair_turns_the_sign_alone(pairs):
    first, second = np.array(pairs).T
    one, other = mcnemar(first, second), mcnemar(second, first)
    assert one.p == other.p
    assert one.difference == -other.difference
    assert one.interval[0] == pytest.approx(-other.interval[1])
    assert one.interval[0] <= one.difference <= one.interval[1]


def test_mcnemar_rejects_no_more_than_its_level():
    rng = np.random.default_rng(0)
    for rows, off in ((60, 0.3), (400, 0.4)):
        rejected = 0
        for _ in range(800):
            first = rng.random(rows) < 0.7
            differ = rng.random(rows) < off
            # Where they differ, either is right by a fair coin: one accuracy.
            coin = rng.random(rows) < 0.5
            a, b = np.where(differ, coin, first), np.where(differ, ~coin, first)
            rejected += mcnemar(a, b).p <= 0.05
        assert rejected <= bound(800)


def test_the_interval_covers_the_true_difference():
    rng = np.random.default_rng(1)
    covered, trials, rows = 0, 800, 150
    for _ in range(trials):
        kind = rng.choice(4, rows, p=[0.6, 0.08, 0.2, 0.12])  # both, first, second, neither
        low, high = mcnemar(np.isin(kind, (0, 1)), np.isin(kind, (0, 2))).interval
        covered += low <= 0.12 <= high
    assert covered >= binom.ppf(0.001, trials, 0.94)  # an approximate interval may lack a little


def test_unequal_predictions_are_refused():
    with pytest.raises(ParameterError, match="same rows"):
        mcnemar(np.ones(3, bool), np.ones(4, bool))
    with pytest.raises(ParameterError):
        mcnemar(np.ones(0, bool), np.ones(0, bool))


# ---- Cochran -----------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(1, 60))
def test_cochran_agrees_with_mlxtend(oracle, seed, m, n):
    right = np.random.default_rng(seed).random((n, m)) < 0.6
    found = cochran_q(right)
    if not found.telling:
        assert (found.statistic, found.p) == (0, 1)
        return
    q, p = oracle.cochrans_q(np.ones(n, int), *right.astype(int).T)
    assert found.statistic == pytest.approx(q)
    assert found.p == pytest.approx(p)


@settings(max_examples=50)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 9))
def test_two_classifiers_make_q_the_uncorrected_mcnemar(b, c, same):
    found = cochran_q(np.column_stack(flags(same, c, b, same)))
    assert found.statistic == pytest.approx((b - c) ** 2 / (b + c) if b + c else 0)


def test_cochran_rejects_no_more_than_its_level():
    rng = np.random.default_rng(2)
    rejected = 0
    for _ in range(800):
        hard = rng.random((300, 1))
        rejected += cochran_q(rng.random((300, 4)) < hard).p <= 0.05
    # χ² is a limit: allow the level to be 5.5 %, as it is at 300 rows.
    assert rejected <= bound(800, 0.055)


def test_cochran_needs_two():
    with pytest.raises(ParameterError, match="two"):
        cochran_q(np.ones((4, 1), bool))


# ---- 5×2cv -------------------------------------------------------------------------------------------


def test_five_by_two_by_hand():
    # Every repetition (.1, −.1): squares .02, p̄ = 0, s² = .02; over five F = .1 / .2.
    found = five_by_two(np.array([[0.1, -0.1]] * 5))
    assert found.statistic == pytest.approx(0.5)
    assert found.p == pytest.approx(f_distribution.sf(0.5, 10, 5))
    assert found.difference == pytest.approx(0)


def test_five_by_two_agrees_with_mlxtend(oracle):
    rng = np.random.default_rng(3)
    for _ in range(20):
        first, second = rng.random((2, 5, 2)).round(3)
        calls = {"a": iter(first.ravel()), "b": iter(second.ravel())}

        class Stub:
            def __init__(self, name):
                self.name = name
                self._estimator_type = "classifier"

            def fit(self, x, y):
                return self

            def get_params(self, deep=True):
                return {"name": self.name}

        def score(model, x, y, calls=calls):
            return next(calls[model.name])

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            f, p = oracle.combined_ftest_5x2cv(
                Stub("a"), Stub("b"), np.zeros((20, 1)), np.tile([0, 1], 10), scoring=score, random_seed=0
            )
        found = five_by_two(first - second)
        assert (found.statistic, found.p) == (pytest.approx(f), pytest.approx(p))


@settings(max_examples=50)
@given(st.lists(st.integers(-50, 50), min_size=10, max_size=10), st.integers(2, 9))
def test_the_f_test_knows_no_scale_and_no_sign(values, scale):
    values = np.array(values, float).reshape(5, 2) / 100
    one, other = five_by_two(values), five_by_two(-scale * values[::-1, ::-1])
    assert one.statistic == pytest.approx(other.statistic, nan_ok=True)
    assert other.difference == pytest.approx(-scale * one.difference)


def test_differences_that_never_vary_are_not_called_certain():
    assert five_by_two(np.zeros((5, 2))).p == 1
    assert math.isnan(five_by_two(np.full((5, 2), 0.1)).p)
    with pytest.raises(ParameterError, match="ten"):
        five_by_two(np.zeros((2, 5)))


# ---- Holm --------------------------------------------------------------------------------------------


def rejected_by_steps(p, level):
    """Holm's procedure as it is told: stop at the first that is too large."""
    order = sorted(range(len(p)), key=lambda at: p[at])
    out = set()
    for step, at in enumerate(order):
        if p[at] > level / (len(p) - step):
            break
        out.add(at)
    return out


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.sampled_from([0.01, 0.05, 0.1]))
def test_holm_rejects_what_its_steps_reject(p, level):
    adjusted = holm(p)
    assert all(a >= b for a, b in zip(adjusted, p, strict=True))
    expected = rejected_by_steps(p, level)
    # Products and quotients round differently: skip what lies on the edge.
    edge = {at for at, value in enumerate(adjusted) if abs(value - level) < 1e-9}
    assert {at for at, value in enumerate(adjusted) if value <= level} - edge == expected - edge


def test_what_cannot_be_judged_counts_among_the_tests():
    found = holm([0.02, math.nan, 0.5])
    assert found[0] == pytest.approx(0.06)
    assert math.isnan(found[1])
    assert holm([]) == []
    with pytest.raises(ParameterError):
        holm([1.2])


def test_weighted_holm_rejects_what_its_steps_reject():
    """Step by step: the smallest p / weight first, against its part of the level of those left."""
    rng = np.random.default_rng(12)
    for _ in range(200):
        p, weights = rng.random(6) ** 4, rng.choice([0.1, 0.5, 1, 2], 6)
        left, rejected = list(range(6)), set()
        while left:
            first = min(left, key=lambda at: p[at] / weights[at])
            if p[first] > 0.05 * weights[first] / sum(weights[at] for at in left):
                break
            rejected.add(first)
            left.remove(first)
        adjusted = holm(p.tolist(), weights.tolist())
        assert {at for at in range(6) if adjusted[at] <= 0.05} == rejected
    assert holm([0.01, 0.2], [4, 4]) == holm([0.01, 0.2])


def test_holm_keeps_the_chance_of_any_false_rejection():
    rng = np.random.default_rng(4)
    false = sum(min(holm(rng.random(6).tolist())) <= 0.05 for _ in range(2_000))
    assert false <= bound(2_000)


# ---- .632+ -------------------------------------------------------------------------------------------


def test_plus_by_hand():
    # γ = .5, apparent .1, outside .3: R = .2 / .4 = .5; w = .632 / (1 − .184) = .774510
    found = plus632(0.3, 0.1, 0.5)
    assert found.overfit == pytest.approx(0.5)
    assert found.weight == pytest.approx(0.632 / 0.816)
    assert found.error == pytest.approx(0.1 + 0.2 * 0.632 / 0.816)


@given(*[st.floats(0, 1)] * 3)
def test_plus_stays_between_its_errors(outside, apparent, blind):
    found = plus632(outside, apparent, blind)
    assert 0 <= found.overfit <= 1
    assert 0.632 - 1e-12 <= found.weight <= 1 + 1e-12
    low, high = sorted((apparent, min(outside, blind)))
    assert low - 1e-12 <= found.error <= high + 1e-12
    if outside <= apparent:
        assert found.weight == pytest.approx(0.632)


def test_pure_noise_under_one_nearest_neighbour_is_blind():
    """1-NN knows its own rows by heart: .632 alone would call noise learnable."""
    from sklearn.neighbors import KNeighborsClassifier

    rng = np.random.default_rng(5)
    n, samples = 200, 30
    x, y = rng.normal(size=(n, 3)), rng.integers(0, 2, n)
    model = KNeighborsClassifier(1)
    wrong, out = np.zeros((2, samples, n), bool)
    for at in range(samples):
        drawn = rng.integers(0, n, n)
        wrong[at] = model.fit(x[drawn], y[drawn]).predict(x) != y
        out[at] = ~np.isin(np.arange(n), drawn)
    outside, rows = outside_error(wrong, out)
    predicted = model.fit(x, y).predict(x)
    gamma = no_information(y, predicted)
    found = plus632(outside, float((predicted != y).mean()), gamma)
    assert found.apparent == 0
    assert gamma == pytest.approx(2 * y.mean() * (1 - y.mean()))
    assert found.error == pytest.approx(gamma, abs=0.06)
    assert found.weight > 0.9
    assert np.isfinite(rows).all()


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 12))
def test_outside_error_row_by_row(seed, samples, n):
    rng = np.random.default_rng(seed)
    wrong, out = rng.random((2, samples, n)) < 0.5
    if not out.any():
        with pytest.raises(ParameterError):
            outside_error(wrong, out)
        return
    mean, rows = outside_error(wrong, out)
    told = []
    for row in range(n):
        seen = [wrong[at, row] for at in range(samples) if out[at, row]]
        assert rows[row] == pytest.approx(np.mean(seen)) if seen else math.isnan(rows[row])
        told += [np.mean(seen)] if seen else []
    assert mean == pytest.approx(np.mean(told))


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 3)), min_size=1, max_size=30))
def test_no_information_is_the_error_over_all_pairs(pairs):
    truth, predicted = np.array(pairs).T
    expected = np.mean([t != p for t in truth for p in predicted])
    assert no_information(truth, predicted) == pytest.approx(expected)


def test_normal_p():
    assert normal_p(0.1, 0.05) == pytest.approx(0.0455, abs=1e-4)
    assert normal_p(-0.1, 0.05) == normal_p(0.1, 0.05)
    assert math.isnan(normal_p(0.1, 0.0))
