"""Sampling variances: over all samples of tiny populations, and against textbook formulas."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from core.analysis.estimates.variance import sampling_variance
from core.model.selection import DesignFacts
from core.strategies.variance import VarianceMethod

Y = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0])


def of(y, pi, kind, **more):
    return sampling_variance(y, 1 / pi, kind, inclusion=pi, **more)


def test_simple_random_sampling_is_unbiased_over_all_samples():
    totals, variances = [], []
    for s in combinations(range(7), 3):
        pi = np.full(3, 3 / 7)
        totals.append((Y[list(s)] / pi).sum())
        found = of(Y[list(s)], pi, VarianceMethod.SRS)
        variances.append(found.variance[0])
        assert_allclose(found.freedom, 2)
    assert np.mean(variances) == pytest.approx(np.var(totals))
    assert np.mean(totals) == pytest.approx(Y.sum())


def test_stratified_sampling_is_unbiased_over_all_samples_and_pins_add_nothing():
    totals, variances = [], []
    # Row 6 is pinned; rows 0–2 and 3–5 give two each.
    for a, b in product(combinations(range(3), 2), combinations(range(3, 6), 2)):
        rows = [6, *a, *b]
        pi = np.array([1.0, *([2 / 3] * 4)])
        found = of(
            Y[rows], pi, VarianceMethod.STRATIFIED, design=DesignFacts(np.array([0, 0, 0, 1, 1]), ("a", "b"))
        )
        totals.append((Y[rows] / pi).sum())
        variances.append(found.variance[0])
    assert np.mean(variances) == pytest.approx(np.var(totals))
    assert np.mean(totals) == pytest.approx(Y.sum())


def test_draws_with_replacement_are_unbiased_over_all_draws():
    y, p = Y[:4], np.array([0.1, 0.2, 0.3, 0.4])
    mean = spread = first = second = 0.0
    for draw in product(range(4), repeat=3):
        chance = float(np.prod(p[list(draw)]))
        rows, times = np.unique(draw, return_counts=True)
        weight = times / (3 * p[rows])
        total = float(weight @ y[rows])
        found = sampling_variance(
            y[rows], weight, VarianceMethod.REPLACEMENT, multiplicity=times.astype(np.int64)
        )
        first += chance * total
        second += chance * total**2
        spread += chance * found.variance[0]
        mean += chance
    assert mean == pytest.approx(1)
    assert first == pytest.approx(y.sum())
    assert spread == pytest.approx(second - first**2)


def test_the_neyman_example():
    """N = (100, 200, 700), S = (10, 2, 1), 60 rows: V of the mean is 0.180 proportional, 0.071 equal."""
    sizes, spread = np.array([100, 200, 700]), np.array([10.0, 2.0, 1.0])

    def variance(quota):
        y, pi, code = [], [], []
        for h, (n, size, s) in enumerate(zip(quota, sizes, spread, strict=True)):
            part = np.linspace(-1, 1, n)
            y.append(part / part.std(ddof=1) * s + 50 * h)  # sample variance exactly S²
            pi.append(np.full(n, n / size))
            code.append(np.full(n, h))
        drawn = DesignFacts(np.concatenate(code), ("a", "b", "c"))
        found = of(np.concatenate(y), np.concatenate(pi), VarianceMethod.STRATIFIED, design=drawn)
        return float(found.variance[0]) / 1000**2

    assert variance((6, 12, 42)) == pytest.approx(0.180, abs=5e-4)
    assert variance((20, 20, 20)) == pytest.approx(0.071, abs=5e-4)
    assert variance((29, 11, 20)) == pytest.approx(0.062, abs=5e-4)


def test_hajek_deville_by_hand():
    y, pi = np.array([2.0, 6.0, 3.0]), np.array([0.5, 0.25, 0.25])
    c = (1 - pi) * 3 / 2
    e = y / pi
    centre = (c * e).sum() / c.sum()
    assert of(y, pi, VarianceMethod.UNEQUAL).variance[0] == pytest.approx((c * (e - centre) ** 2).sum())


def test_values_in_proportion_to_chances_have_no_variance():
    pi = np.array([0.2, 0.4, 0.6, 0.8])
    assert of(7 * pi, pi, VarianceMethod.UNEQUAL).variance[0] == pytest.approx(0, abs=1e-20)


def test_what_is_balanced_is_taken_out_and_what_was_missed_comes_back():
    rng = np.random.default_rng(0)
    pi, z = np.full(20, 0.2), rng.normal(size=(20, 1))
    y = 3 * z[:, 0] + 1
    exact = of(y, pi, VarianceMethod.BALANCED, design=DesignFacts(balance=z, missed=np.zeros((1, 1))))
    assert exact.variance[0] == pytest.approx(0, abs=1e-18)
    assert_allclose(exact.freedom, 18)
    off = of(y, pi, VarianceMethod.BALANCED, design=DesignFacts(balance=z, missed=np.full((1, 1), 0.5)))
    assert off.variance[0] == pytest.approx(1.5**2)


def test_entities_count_as_one_unit_each():
    y, pi = np.array([1.0, 2.0, 5.0, 4.0]), np.full(4, 0.25)
    found = of(y, pi, VarianceMethod.CLUSTERS, design=DesignFacts(units=np.array([7, 7, 9, 9])))
    sums = np.array([3.0, 9.0])
    assert found.variance[0] == pytest.approx(of(sums, pi[:2], VarianceMethod.SRS).variance[0])
    assert_allclose(found.freedom, 1)
    assert found.units == 2


def test_a_part_of_one_row_has_no_variance_and_is_named():
    drawn = DesignFacts(np.array([0, 0, 1]), ("many", "alone"))
    found = of(np.array([1.0, 2.0, 3.0]), np.full(3, 0.5), VarianceMethod.STRATIFIED, design=drawn)
    assert found.alone == ("alone",)
    assert np.isnan(found.variance[0])


def test_a_census_has_no_variance():
    found = of(Y, np.ones(7), VarianceMethod.SRS)
    assert found.units == 0
    assert found.variance[0] == 0
    assert np.isinf(found.freedom).all()


def test_degrees_of_freedom():
    pi = np.full(12, 0.5)
    strata = DesignFacts(np.repeat(np.arange(6), 2))
    even = np.tile([0.0, 1.0], 6)
    assert of(even, pi, VarianceMethod.STRATIFIED, design=strata).freedom[0] == 6  # n − H
    one = np.where(np.arange(12) < 2, [0.0, 9.0] * 6, 0.0)  # all of it from one group of two rows
    assert of(one, pi, VarianceMethod.STRATIFIED, design=strata).freedom[0] == 1


def test_one_unit_more_or_less_by_chance():
    """Where 3.3 units are expected, the draw has 3 or 4: 0.3 · 0.7 times the square of the mean."""
    y, pi = np.array([1.0, 2.0, 6.0]), np.full(3, 0.3)
    units = np.array([5, 6, 7])
    whole = of(y, pi, VarianceMethod.CLUSTERS, design=DesignFacts(units=units, expected=3.0)).variance[0]
    assert whole == pytest.approx(0.7 * (1 / 0.3) ** 2 * 3 * 7)
    left = of(y, pi, VarianceMethod.CLUSTERS, design=DesignFacts(units=units, expected=3.3)).variance[0]
    assert left - whole == pytest.approx(0.3 * 0.7 * 10**2)
    near = of(
        y, pi, VarianceMethod.CLUSTERS, design=DesignFacts(units=units, expected=2.9999999999)
    ).variance[0]
    assert near == pytest.approx(whole)


def test_freedom_by_hand_with_one_heavy_row():
    """Squares 9 × 2 and 162 have the kurtosis 10 · 26,280 / 180²: 2 · 10 / (κ − 1) degrees of freedom."""
    y = np.array([0.0] * 9 + [10.0])
    assert of(y, np.full(10, 0.5), VarianceMethod.UNEQUAL).freedom[0] == pytest.approx(
        20 / (10 * 26_280 / 180**2 - 1)
    )
    assert of(y, np.full(10, 0.5), VarianceMethod.SRS).freedom[0] == 9


def test_codes_of_strata_may_have_gaps():
    rng = np.random.default_rng(4)
    y, pi, units = rng.normal(size=12), np.full(12, 0.5), np.arange(12)
    tight, loose = (np.repeat(codes, [5, 7]) for codes in ([0, 1], [0, 4]))
    y += 9 * tight
    kept = of(y, pi, VarianceMethod.CLUSTERS, design=DesignFacts(strata=tight, names=("a", "b"), units=units))
    gap = of(
        y,
        pi,
        VarianceMethod.CLUSTERS,
        design=DesignFacts(strata=loose, names=("a", "b", "", "", "c"), units=units),
    )
    assert gap.variance[0] == pytest.approx(kept.variance[0])
    # With three entities in one of them, they are judged together.
    few = of(
        y, pi, VarianceMethod.CLUSTERS, design=DesignFacts(strata=np.repeat([0, 4], [3, 9]), units=units)
    )
    assert few.variance[0] == pytest.approx(
        of(y, pi, VarianceMethod.CLUSTERS, design=DesignFacts(units=units)).variance[0]
    )
    assert few.variance[0] > 5 * kept.variance[0]


def test_without_a_variance_there_is_an_error():
    with pytest.raises(ValueError, match="no variance"):
        sampling_variance(Y, np.ones(7), VarianceMethod.NONE)
    with pytest.raises(ValueError, match="inclusion"):
        sampling_variance(Y, np.ones(7), VarianceMethod.SRS)


@pytest.mark.parametrize("size", [2, 3, 4])
def test_a_k_dpp_varies_at_most_as_its_bound_says(size):
    """Over all subsets: the mean of the estimated variance is no less than the variance."""
    rng = np.random.default_rng(size)
    x = rng.normal(size=(7, 5))
    kernel = x @ x.T + 0.01 * np.eye(7)
    subsets = [list(s) for s in combinations(range(7), size)]
    chance = np.array([np.linalg.det(kernel[np.ix_(s, s)]) for s in subsets])
    chance /= chance.sum()
    pi = np.array([sum(p for s, p in zip(subsets, chance, strict=True) if k in s) for k in range(7)])
    for y in (Y, x[:, 0], pi * Y, rng.normal(size=7)):
        totals = np.array([(y[s] / pi[s]).sum() for s in subsets])
        true = chance @ totals**2 - (chance @ totals) ** 2
        found = [of(y[s], pi[s], VarianceMethod.UPPER).variance[0] for s in subsets]
        assert chance @ totals == pytest.approx(y.sum())
        assert chance @ np.array(found) >= true - 1e-9
