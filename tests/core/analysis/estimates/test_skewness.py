"""How far estimates hang on few rows: by hand, against the textbook, and what simulations cover."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, skew

from core.analysis.estimates.calibration import centred, fitted_residuals, margin_residuals
from core.analysis.estimates.estimate_selection import estimate_selection
from core.analysis.estimates.sentences import sentence
from core.analysis.estimates.skewness import InclusionProbabilities, tail
from core.strategies.running.select import select
from tests.core.analysis.estimates.toy import population, uneven

TOTAL = {"measure": "total", "estimator": "horvitz-thompson"}


def even(n, share, **more):
    return InclusionProbabilities(np.full(n, share), np.zeros(n, np.int64), None, False, True, **more)


def test_equal_chances_follow_cochrans_rule():
    y = np.random.default_rng(0).lognormal(0, 1, 4_000)
    for share in (0.01, 0.2, 0.6):
        found = tail(y, even(4_000, share), y.sum())
        n = 4_000 * share
        assert found.units == pytest.approx(n)
        whole = (1 - share / 2) / np.sqrt(1 - share)
        assert found.skewness == pytest.approx(whole * skew(y) / np.sqrt(n))
        assert found.deviation == pytest.approx(np.sqrt(n * (1 - share)) * y.std() / share)


def test_contributions_count_and_not_values():
    """y in proportion to π has no tail however heavy it is; equal y has one where chances differ much."""
    size = np.random.default_rng(1).lognormal(0, 2, 500)
    pi = np.minimum(0.9, 40 * size / size.sum())
    design = InclusionProbabilities(pi, np.zeros(500, np.int64), None, False, True)
    assert tail(7 * pi, design, 280.0).fixed
    assert abs(tail(np.ones(500), design, 500.0).skewness) > 1
    assert tail(np.ones(500), replace(design, again=True), 500.0).units == pytest.approx(pi.sum())


def test_parts_and_entities():
    y = np.repeat([0.0, 5.0], 10)
    parts = replace(even(20, 0.3), strata=np.repeat([3, 8], 10))
    assert tail(y, parts, y.sum()).fixed
    assert not tail(y, even(20, 0.3), y.sum()).fixed
    # Ten entities of two rows each are ten units.
    pairs = replace(even(20, 0.3), units=np.repeat(np.arange(10), 2))
    found = tail(np.arange(20.0), pairs, 190.0)
    summed = tail(np.arange(20.0).reshape(10, 2).sum(axis=1), even(10, 0.3), 190.0)
    assert (found.skewness, found.units, found.worth) == pytest.approx(
        (summed.skewness, summed.units, summed.worth)
    )


def test_a_number_of_units_left_to_chance_is_not_fixed():
    assert tail(np.ones(20), even(20, 0.3), 20.0).fixed
    assert not tail(np.ones(20), even(20, 0.32, expected=6.4), 20.0).fixed
    assert not tail(np.ones(20), replace(even(20, 0.3), known=False), 20.0).fixed


@pytest.mark.parametrize("off", [-1e-9, 0.0, 1e-9])
def test_a_whole_number_of_units_is_fixed_though_rounding_moved_it(off):
    assert tail(np.ones(50), even(50, 0.2, expected=10 + off), 50.0).fixed
    assert not tail(np.ones(50), even(50, 0.2, expected=10.01), 50.0).fixed
    assert not tail(np.ones(50), even(50, 0.2, expected=9.99), 50.0).fixed


def test_even_chances_are_equal_ones_of_rows_that_come_one_by_one():
    assert even(20, 0.3).even
    assert not replace(even(20, 0.3), units=np.repeat(np.arange(10), 2)).even
    mixed = np.array([0.2] * 8 + [0.0, 1.0])
    assert replace(even(10, 0.2), chance=mixed).even, "what is sure to come, or never comes, is left out"
    assert not replace(even(10, 0.2), chance=mixed, again=True).even
    assert not replace(even(10, 0.2), chance=np.array([0.2] * 9 + [0.21])).even
    assert replace(even(10, 0.2), chance=np.ones(10)).even


def test_chances_near_nothing_are_a_tail_and_no_error():
    pi = np.full(50, 0.2)
    pi[0] = 1e-38
    found = tail(np.ones(50), replace(even(50, 0.2), chance=pi), 50.0)
    assert abs(found.skewness) > 1e6
    assert np.isinf(tail(np.full(50, 1e300), replace(even(50, 0.2), chance=pi), 50.0).skewness)


@given(seed=st.integers(0, 9_999), scale=st.floats(1e-100, 1e100), shift=st.floats(-10, 10))
@settings(max_examples=40)
def test_scale_and_shift_change_no_tail(seed, scale, shift):
    rng = np.random.default_rng(seed)
    y = rng.lognormal(0, 1, 60)
    design = even(60, 0.25)
    plain, moved = tail(y, design, 1.0), tail(scale * (y + shift), design, 0.0)
    assert moved.skewness == pytest.approx(plain.skewness, rel=1e-6)
    assert moved.worth == pytest.approx(plain.worth, rel=1e-6)


@given(seed=st.integers(0, 9_999))
@settings(max_examples=30)
def test_residuals_from_margins_are_those_from_indicators(seed):
    rng = np.random.default_rng(seed)
    a, b, y = rng.integers(0, 3, 40), rng.integers(0, 4, 40), rng.normal(size=(40, 2))
    table = np.concatenate([a[:, None] == np.arange(3), b[:, None] == np.arange(4)], axis=1).astype(float)
    wanted = fitted_residuals(y, np.ones(40), table)
    assert margin_residuals(y, [a, b]) == pytest.approx(wanted, abs=1e-9)
    assert margin_residuals(y, [np.zeros(40, np.int64)]) == pytest.approx(centred(y), abs=1e-9)


# ---- what is said beside intervals -------------------------------------------------------------------


@pytest.fixture(scope="module")
def lognormal():
    return uneven("lognormal")


def of(inputs, chosen, column="y", **options):
    return estimate_selection(inputs, chosen, [column], **options)[0]


def test_a_heavy_tail_is_told_beside_the_interval_and_a_light_one_is_not(lognormal):
    chosen = select("random", lognormal, 200)
    heavy, light = of(lognormal, chosen, "heavy"), of(lognormal, chosen, "light")
    assert "a few rows of large weighted value decide it" in heavy.doubt
    assert "200 are left to chance" in heavy.doubt
    y = lognormal.frame["heavy"].to_numpy()
    squares = np.sort((y - y.mean()) ** 2)
    share = squares[-(len(y) // 100) :].sum() / squares.sum()
    assert (
        f"The {len(y) // 100} rows that weigh most make up {100 * share:.0f} % of the variation"
        in heavy.doubt
    )
    assert heavy.doubt in heavy.notes
    assert "(95 %, which can be too short)" in sentence(heavy)
    assert light.doubt == ""
    assert "too short" not in sentence(light)
    # Shares of equal chances have Wilson's form, made for skewness.
    for claim in estimate_selection(lognormal, chosen, ["kind"]):
        assert claim.doubt == ""


def test_what_is_said_of_few_rows_supports_it():
    """A skewness that many rows share is not laid at the door of a few; nor are totals that they hold."""
    rng = np.random.default_rng(3)
    rows = population(1_200)
    inputs = replace(rows, frame=rows.frame.assign(y=rng.gamma(1.5, 1.0, 1_200)), scores=rows.frame["x"])
    mild = of(inputs, select("random", inputs, 30))
    assert "weighted values are skewed; a 95 % interval would need about" in mild.doubt
    assert "few" not in mild.doubt
    assert "variation" not in mild.doubt
    # Under PPS the largest rows weigh least: a small row of usual value decides.
    small = rows.frame["x"].to_numpy().copy()
    small[:3] = 1e-4
    pps = replace(rows, scores=small)
    found = of(pps, select("pps", pps, 100), **TOTAL)
    assert "a few rows of large weighted value decide it" in found.doubt
    expanded = rows.frame["y"].to_numpy() / (chance := 100 * small / small.sum())
    c = chance * (1 - chance)
    pieces = np.sort(c * (expanded - c @ expanded / c.sum()) ** 2)
    assert (
        f"weigh most make up {100 * pieces[-12:].sum() / pieces.sum():.0f} % of the variation" in found.doubt
    )


def test_what_would_be_needed_is_counted_in_what_is_drawn(lognormal):
    tail_of_entities = of(lognormal, select("entities", lognormal, 800), "heavy").doubt
    assert f"would need more than all {len(np.unique(lognormal.entities)):,} entities" in tail_of_entities
    again = select("kmq", lognormal, 200, params={"variant": "paper"})
    words = of(lognormal, again, "heavy").doubt
    assert "draws" in words
    assert "more than all" not in words


def test_entities_alike_in_size_are_not_sent_to_pps():
    """Few count, but by their values: chances by size would change nothing."""
    rows = population(1_200)
    level = np.exp(2.5 * np.random.default_rng(1).normal(size=400))
    even = replace(rows, entities=np.repeat(np.arange(400), 3))
    even = replace(even, frame=rows.frame.assign(y=level[even.entities]))
    found = of(even, select("entities", even, 300))
    assert "worth only" in found.doubt
    assert 'draw="pps"' not in found.doubt


def test_a_pinned_value_is_no_tail():
    rows = population(600)
    one = replace(rows, frame=rows.frame.assign(y=np.where(np.arange(600) == 5, 1e6, rows.frame["x"])))
    assert of(one, select("random", one, 100), **TOTAL).doubt
    pinned = replace(one, pins=np.array([5]))
    assert of(pinned, select("random", pinned, 100), **TOTAL).doubt == ""


def test_what_is_known_of_a_tail_takes_the_doubt_away(lognormal):
    """Residuals count: a total in proportion to x is safe by ratio and by PPS, heavy as x is."""
    x = lognormal.frame["x"].to_numpy()
    near = replace(lognormal, frame=lognormal.frame.assign(near=x * (1 + 0.1 * np.sin(np.arange(len(x))))))
    chosen = select("random", near, 200)
    assert of(near, chosen, "near").doubt
    assert of(near, chosen, "near", estimator="ratio", auxiliaries=["x"]).doubt == ""
    pps = select("pps", near, 200, params={"size": "x"})
    assert of(near, pps, "near", **TOTAL).doubt == ""
    assert of(near, pps, "y", **TOTAL).doubt


def test_shares_of_very_unequal_chances_are_doubted(lognormal):
    x = lognormal.frame["x"].to_numpy()
    tame = replace(lognormal, scores=np.sqrt(x))
    wild = replace(lognormal, scores=x**2)
    for inputs, doubted in ((tame, False), (wild, True)):
        found = estimate_selection(inputs, select("pps", inputs, 400), ["kind"])
        assert all(bool(claim.doubt) is doubted for claim in found)


def test_few_entities_are_told_by_entities_and_not_by_rows(lognormal):
    few = of(lognormal, select("entities", lognormal, 200))
    assert "entities were left to chance, worth only" in few.doubt
    assert 'draw="pps"' in few.doubt
    assert "rows are worth" not in few.doubt
    even = population(1_200)
    assert of(even, select("entities", even, 600)).doubt == ""
    pps = of(lognormal, select("entities", lognormal, 200, params={"draw": "pps"}))
    assert 'draw="pps"' not in pps.doubt


# ---- what the design fixes ---------------------------------------------------------------------------


def test_a_share_fixed_by_the_design_is_exactly_known():
    rows = population(600)
    named = rows.frame.assign(group=np.array(rows.groups.names)[rows.groups.codes], all="same")
    inputs = replace(rows, frame=named)
    for params in ({}, {"allocation": "equal"}):
        chosen = select("stratified", inputs, 80, params=params)
        for rule in ("hajek", "horvitz-thompson"):
            for claim in estimate_selection(inputs, chosen, ["group", "all"], estimator=rule):
                assert (claim.error, claim.no_interval) == (0.0, "")
                assert claim.holds
                assert "exactly known" in claim.method
                assert "exactly known" in sentence(claim)
    raked = estimate_selection(
        inputs, select("random", inputs, 80), ["group"], estimator="raking", auxiliaries=["groups"]
    )
    assert all(claim.holds and claim.error == 0 for claim in raked)


def test_luck_that_is_not_seen_is_still_no_knowledge():
    rows = population(600)
    inputs = replace(rows, frame=rows.frame.assign(rare=np.arange(600) == 0))
    for name in ("random", "stratified"):
        chosen = next(one for s in range(99) if 0 not in (one := select(name, inputs, 20, seed=s)).rows)
        assert all(
            "do not differ" in claim.no_interval for claim in estimate_selection(inputs, chosen, ["rare"])
        )


# ---- coverage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", ["lognormal", "geometric"])
@pytest.mark.parametrize("draw", ["random", "stratified", "pps"])
def test_intervals_of_uneven_entities_without_a_doubt_hold(law, draw):
    """Refused only where the count is implausible (1 in 1,000) under a coverage of 93 %."""
    inputs, runs = uneven(law), 150
    quiet: dict[str, list[bool]] = {"total": [], "mean": []}
    for seed in range(runs):
        chosen = select("entities", inputs, 1_400, seed=seed, params={"draw": draw})
        for name, options in (("total", TOTAL), ("mean", {})):
            claim = of(inputs, chosen, **options)
            if not claim.doubt:
                quiet[name].append(bool(claim.holds))
    for held in quiet.values():
        assert len(held) > 100
        assert sum(held) >= binom.ppf(0.001, len(held), 0.93)


def test_totals_of_uneven_entities_are_not_far_too_wide():
    """The rows that the weights miss are seen, so a total needs no allowance for unbalanced sizes."""
    inputs = uneven("lognormal")
    found = [of(inputs, select("entities", inputs, 1_400, seed=seed), **TOTAL) for seed in range(120)]
    spread = np.std([claim.estimate for claim in found], ddof=1)
    ratio = np.sqrt(np.mean([claim.error**2 for claim in found])) / spread
    assert 0.9 < ratio < 2.0


def test_random_rows_of_heavy_tails_without_a_doubt_hold():
    inputs, runs = uneven("lognormal"), 200
    for column, size in (("heavy", 200), ("x", 200), ("light", 60), ("x", 1_500)):
        claims = [of(inputs, select("random", inputs, size, seed=seed), column) for seed in range(runs)]
        held = [bool(claim.holds) for claim in claims if not claim.doubt]
        assert len(held) in (0, runs)
        assert sum(held) >= binom.ppf(0.001, len(held), 0.93)
        if (column, size) == ("heavy", 200):
            assert not held
            assert sum(bool(claim.holds) for claim in claims) < 0.9 * runs
        if column == "light":
            assert held
