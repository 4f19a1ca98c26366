"""The random band: how it is drawn, and what may be said beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, chisquare

from core.analysis.comparison.leader import ahead
from core.analysis.random_band.draw import band_subsets, band_weights
from core.analysis.random_band.judge import judge, printed, repeats, standing, words
from core.analysis.random_band.means import means_of
from core.analysis.random_band.measure import FULL, NOTHING, Band, measure_band
from core.foundation.errors import BudgetError
from core.foundation.permanent_random import smallest, uniforms
from core.metrics.pool import prepare
from core.metrics.stable import STABILITY, stability
from core.model.derived import Features, Groups
from core.model.inputs import Inputs

NONE = np.empty(0, np.int64)


def keys(n):
    out = np.zeros((n, 16), np.uint8)
    out[:, 12:] = np.arange(n, dtype=">u4").view(np.uint8).reshape(n, 4)
    return out


def population(n=120, pins=NONE):
    rng = np.random.default_rng(1)
    return Inputs(
        keys=keys(n),
        features=Features(rng.normal(size=(n, 4)).astype(np.float32), "euclidean", "k", "l"),
        frame=pd.DataFrame({"u": rng.normal(size=n)}),
        groups=Groups(rng.integers(0, 3, n), ("a", "b", "c")),
        pins=np.asarray(pins, np.int64),
    )


# ---- drawing ---------------------------------------------------------------------------------------


def test_subsets_are_the_smallest_of_their_replicate():
    inputs = population()
    subsets = band_subsets(inputs, 10, 3, 12, seed=4)
    assert len(subsets) == 9
    for number, rows in enumerate(subsets, start=3):
        assert rows.tolist() == smallest(uniforms(inputs.keys, 4, "band", number), 10).tolist()


def test_pins_are_in_every_subset_and_others_are_uniform():
    inputs = population(30, pins=[3, 17])
    subsets = band_subsets(inputs, 12, 0, 800, seed=0)
    counts = np.bincount(np.concatenate(subsets), minlength=30)
    assert (counts[[3, 17]] == 800).all()
    assert all(len(np.unique(rows)) == 12 for rows in subsets)
    # Ten of 28 without replacement: counts vary less than multinomial ones, by (28 - 10) / 28.
    free = np.delete(counts, [3, 17])
    assert chisquare(free).statistic * 28 / 18 < 60  # the 99.98 % point of χ² with 27 degrees is 60


def test_a_band_under_other_pins_is_another_band():
    """A band drawn as if nothing were pinned (the planted defect) holds the pinned row by chance only."""
    pinned = population(pins=[5])
    right = band_subsets(pinned, 10, 0, 40, seed=0)
    wrong = band_subsets(replace(pinned, pins=NONE), 10, 0, 40, seed=0)
    assert all(5 in rows for rows in right)
    assert not all(5 in rows for rows in wrong)


def test_too_many_pins():
    with pytest.raises(BudgetError):
        band_subsets(population(pins=[1, 2, 3]), 2, 0, 1, seed=0)


def test_weights_of_a_pinned_band():
    weight = band_weights(population(120, pins=[5, 6]), 12)
    assert weight.tolist() == [1.0, 1.0] + [118 / 10] * 10
    assert weight.sum() == pytest.approx(120)


def test_weighted_values_of_the_band_use_the_weights_of_its_design():
    pinned = prepare(population(pins=range(20)))
    values = measure_band(pinned, 40, size=5).of()
    assert not np.allclose(values["group-shares"], values["group-shares.weighted"])
    assert (values["effective-size.weighted"] < 40).all()
    free = measure_band(prepare(population()), 40, size=5).of()
    assert np.array_equal(free["group-shares"], free["group-shares.weighted"])
    assert free["effective-size.weighted"].tolist() == [40] * 5
    assert "effective-size" not in free
    # pins made after looking leave no weights to estimate with
    late = prepare(replace(population(pins=range(20)), pins_after_looking=True))
    assert not any(name.endswith(".weighted") for name in measure_band(late, 40, size=5).of())


def test_a_preview_grows_into_the_full_band():
    pool = prepare(population())
    preview = measure_band(pool, 20, size=7, seeds=2)
    grown = measure_band(pool, 20, size=15, seeds=2, known=preview)
    whole = measure_band(prepare(population()), 20, size=15, seeds=2)
    assert preview.preview
    assert not replace(preview, size=FULL).preview
    for seeds in (1, 2):
        for name, values in whole.of(seeds).items():
            assert grown.of(seeds)[name] == pytest.approx(values, rel=1e-5, abs=1e-7, nan_ok=True), name
            assert len(values) == 15


def test_means_are_over_fresh_subsets():
    pool = prepare(population())
    band = measure_band(pool, 20, size=6, seeds=3)
    singles = measure_band(pool, 20, size=18).of()["group-shares"]
    assert band.of(3)["group-shares"] == pytest.approx(singles.reshape(6, 3).mean(axis=1))
    assert band.of(1)["group-shares"] == pytest.approx(singles[:6])


def test_means_are_of_the_right_subsets_at_every_budget():
    single = {"x": np.arange(14.0).reshape(7, 2)}  # one subset more than R·M, as after a larger preview
    found = means_of(single, 3, 2)
    assert found[1]["x"].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert found[2]["x"].tolist() == [[1, 2], [5, 6], [9, 10]]
    assert means_of(single, 3, 2, turns=True)[1]["x"].tolist() == [[0, 1], [4, 5], [8, 9]]
    assert set(means_of(single, 3, 1)) == {1}


def test_limits():
    band = Band(1, 199, {1: {"energy": np.arange(199.0), "mmd": np.full(199, np.nan)}})
    assert band.limits("energy") == pytest.approx((0.025 * 198, 0.975 * 198))
    assert np.isnan(band.limits("mmd")).all()
    assert np.isnan(band.limits("absent")).all()


# ---- standing and words ----------------------------------------------------------------------------


def test_standing_by_hand():
    values = np.array([1.0, 2.0, 2.0, 5.0])
    assert standing(2.0, values, "lower") == 0.5  # 5 is worse, two equal
    assert standing(2.0, values, "higher") == 0.5
    assert standing(0.5, values, "lower") == 1
    assert standing(0.5, values, "higher") == 0
    assert standing(4.0, values, "none") == 0.75  # share of the band that is lower
    assert np.isnan(standing(np.nan, values, "lower"))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(0, 5))
def test_standings_of_both_directions_add_up_to_one(values, value):
    around = np.array(values, float)
    assert standing(value, around, "lower") + standing(value, around, "higher") == pytest.approx(1)


@given(st.floats(0, 1), st.integers(1, 400))
def test_never_printed_finer_than_the_band_allows(share, size):
    text = printed(share, size)
    number = float(text.removesuffix(" %")) / 100
    assert 0 < number < 1
    assert abs(number * (size + 1) - round(number * (size + 1))) <= 0.0005 * (size + 1) + 1e-9


def test_words():
    assert words(1.0, "lower", True, 199) == "better than 99.5 % of random subsets"
    assert words(0.0, "lower", True, 199) == "worse than 99.5 % of random subsets"
    assert words(1.0, "none", True, 199) == "higher than 99.5 % of random subsets"
    assert words(0.0, "none", True, 199) == "lower than 99.5 % of random subsets"
    assert words(0.99, "higher", False, 199) == NOTHING


# ---- marks -----------------------------------------------------------------------------------------


def table(rng, metrics, size=FULL):
    """A band and a random strategy's values over correlated metrics named after real ones."""
    mixing = rng.normal(size=(len(metrics), len(metrics)))
    values = rng.standard_t(5, size=(size, len(metrics))) @ mixing
    return Band(10, size, {1: dict(zip(metrics, values.T, strict=True))}), mixing


NAMES = ("energy", "mmd", "vendi", "coverage-radius", "group-shares", "spread")


def test_chance_is_marked_no_more_often_than_allowed():
    """Tables in which every strategy is random: at most 5 % may hold a mark anywhere."""
    rng = np.random.default_rng(7)
    tables, strategies, found = 300, 4, 0
    for _ in range(tables):
        band, mixing = table(rng, NAMES)
        hit = False
        for row in rng.standard_t(5, size=(strategies, len(NAMES))) @ mixing:
            verdicts = judge(dict(zip(NAMES, row, strict=True)), band, seeds=1, strategies=strategies)
            hit |= any(verdict.marked for verdict in verdicts.values())
        found += hit
    assert found <= binom.ppf(0.999, tables, 0.05)
    assert found > 0  # the rule is not simply silent


def test_a_planted_shift_is_marked_and_only_where_it_is():
    rng = np.random.default_rng(8)
    band = Band(10, FULL, {1: {name: rng.normal(size=FULL) for name in NAMES}})
    values = dict.fromkeys(NAMES, 0.0) | {"energy": 8.0, "vendi": 8.0}
    verdicts = judge(values, band, seeds=1, strategies=4)
    assert {name for name, verdict in verdicts.items() if verdict.marked} == {"energy", "vendi"}
    assert verdicts["energy"].better is False
    assert verdicts["vendi"].better is True
    assert verdicts["energy"].p == 1 / 200
    assert verdicts["mmd"].words == NOTHING


def test_marks_by_hand():
    """p = (1 + #{T_r ≥ |z|}) / (R + 1), with z over all R + 1 subsets."""
    rng = np.random.default_rng(2)
    band = Band(10, FULL, {1: {name: rng.normal(size=FULL) for name in NAMES[:2]}})
    values = {"energy": 2.6, "mmd": 0.1}
    z = {}
    for name in values:
        column = np.append(band.of()[name], values[name])
        z[name] = np.abs(column - column.mean()) / column.std()
    largest = np.maximum(z["energy"], z["mmd"])[:-1]
    for name, verdict in judge(values, band, seeds=1, strategies=1).items():
        assert verdict.p == (1 + (largest >= z[name][-1]).sum()) / 200
        assert verdict.marked == (verdict.p <= 0.05)


def test_constant_metrics_are_left_out_and_missing_ones_too():
    band = Band(
        10,
        FULL,
        {
            1: {
                "groups-hit": np.full(FULL, 3.0),
                "smallest-ratio": np.full(FULL, np.nan),
                "energy": np.ones(FULL),
            }
        },
    )
    verdicts = judge(
        {"groups-hit": 3.0, "smallest-ratio": np.nan, "energy": 2.0}, band, seeds=1, strategies=1
    )
    assert not verdicts["groups-hit"].marked
    assert verdicts["groups-hit"].standing == 0.5
    assert np.isnan(verdicts["smallest-ratio"].standing)
    assert verdicts["smallest-ratio"].words == ""
    assert verdicts["energy"].marked  # constant among random subsets, not among all R + 1


def test_a_count_that_one_random_subset_moved_hides_no_other_finding():
    """One near-duplicate in one of 199 subsets lies 14 standard deviations off, and means nothing."""
    rng = np.random.default_rng(3)
    rare = np.zeros(FULL)
    rare[17] = 1
    band = Band(10, FULL, {1: {"energy": rng.uniform(-1, 1, FULL), "near-duplicates": rare}})
    shifted = judge({"energy": 5.0, "near-duplicates": 0.0}, band, seeds=1, strategies=8)
    assert shifted["energy"].marked
    # The count itself: as much as chance reached is not marked, much more is.
    for held, marked in ((1.0, False), (4.0, True)):
        found = judge({"energy": 0.0, "near-duplicates": held}, band, seeds=1, strategies=8)
        assert found["near-duplicates"].marked is marked
    none = Band(10, FULL, {1: {"near-duplicates": np.zeros(FULL)}})
    assert judge({"near-duplicates": 1.0}, none, seeds=1, strategies=8)["near-duplicates"].marked


def test_a_preview_has_no_words_and_no_marks():
    band = Band(10, 39, {1: {"energy": np.linspace(1, 2, 39)}})
    verdict = judge({"energy": 100.0}, band, seeds=1, strategies=1)["energy"]
    assert (verdict.marked, verdict.words, verdict.better) == (False, "", None)
    assert verdict.standing == 0


def test_many_strategies_need_more_than_199_subsets_can_show():
    band = Band(10, FULL, {1: {"energy": np.linspace(1, 2, FULL)}})
    assert judge({"energy": 99.0}, band, seeds=1, strategies=10)["energy"].marked
    assert not judge({"energy": 99.0}, band, seeds=1, strategies=11)["energy"].marked


def test_ahead():
    values = np.linspace(0, 1, FULL)  # 95 % of the differences between pairs are below about .78
    marked, around = {"a": True, "b": True}, {"a": values, "b": values}
    assert ahead({"a": 3.0, "b": 2.0}, marked, "higher", around) == "a"
    assert ahead({"a": 3.0, "b": 2.0}, marked, "lower", around) == "b"
    assert ahead({"a": 3.0, "b": 2.4}, marked, "higher", around) is None  # too small a lead
    assert ahead({"a": 3.0, "b": 2.0}, {"b": True}, "higher", around) is None  # not beyond the band
    assert ahead({"a": 3.0, "b": 2.0}, marked, "none", around) is None
    few = {"a": values[:39], "b": values[:39]}
    assert ahead({"a": 3.0, "b": 2.0}, marked, "higher", few) is None  # a preview
    assert ahead({"a": 3.0, "b": np.nan}, marked, "higher", around) is None


def test_a_lead_that_size_gives_is_no_ahead():
    values = np.linspace(0, 1, FULL)
    marked, larger = {"a": True, "b": True}, {"a": values + 1, "b": values}  # a is of the better size
    assert ahead({"a": 4.7, "b": 3.0}, marked, "higher", larger) is None
    assert ahead({"a": 4.9, "b": 3.0}, marked, "higher", larger) == "a"
    assert ahead({"a": 1.3, "b": 3.0}, marked, "lower", {"a": values - 1, "b": values}) is None
    assert ahead({"a": 1.1, "b": 3.0}, marked, "lower", {"a": values - 1, "b": values}) == "a"
    smaller = {"a": values - 1, "b": values}  # and where it leads against its size, noise still counts
    assert ahead({"a": 3.7, "b": 3.0}, marked, "higher", smaller) is None
    assert ahead({"a": 3.9, "b": 3.0}, marked, "higher", smaller) == "a"


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_a_strategy_counts_among_means_of_as_many_subsets(seed):
    rng = np.random.default_rng(seed)
    band = Band(10, FULL, {1: {"energy": rng.normal(size=FULL)}, 5: {"energy": rng.normal(size=FULL) / 5}})
    wide = judge({"energy": 0.7}, band, seeds=1, strategies=1)["energy"]
    narrow = judge({"energy": 0.7}, band, seeds=5, strategies=1)["energy"]
    assert narrow.standing <= wide.standing
    assert narrow.p <= wide.p


def test_a_mean_of_seeds_is_said_to_stand_among_means():
    rng = np.random.default_rng(0)
    singles = rng.normal(size=FULL * 3)
    band = Band(
        10, FULL, {1: {"energy": singles[:FULL]}, 3: {"energy": singles.reshape(FULL, 3).mean(axis=1)}}
    )
    several = judge({"energy": -2.5}, band, seeds=3, strategies=1)["energy"]
    assert several.words == "better than 99.5 % of means of 3 random subsets"
    one = judge({"energy": -9.0}, band, seeds=1, strategies=1)["energy"]
    assert one.words == "better than 99.5 % of random subsets"


def test_the_effective_size_of_weights_is_no_matter_of_luck():
    rng = np.random.default_rng(0)
    name = "effective-size.weighted"
    band = Band(31, FULL, {1: {name: np.full(FULL, 31.0), "energy": rng.normal(size=FULL)}})
    verdict = judge({name: 30.962, "energy": 0.0}, band, seeds=1, strategies=1)[name]
    assert not verdict.marked
    assert verdict.words == ""


# ---- small guards ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "then"), [(2, 3), (2, 4), (3, 2), (1, 2), (4, 2)])
def test_what_seeds_share_is_counted_anew_for_another_number_of_seeds(first, then):
    pool = prepare(population())
    known = measure_band(pool, 20, size=12, seeds=first, metrics=[STABILITY, "group-shares"])
    for size in (3, 6, 14):
        grown = measure_band(
            pool, 20, size=size, seeds=then, metrics=[STABILITY, "group-shares"], known=known
        )
        fresh = measure_band(pool, 20, size=size, seeds=then, metrics=[STABILITY, "group-shares"])
        assert len(fresh.of(then)[STABILITY]) == size
        assert np.array_equal(grown.of(then)[STABILITY], fresh.of(then)[STABILITY])
        assert np.allclose(grown.of(then)["group-shares"], fresh.of(then)["group-shares"])


def test_two_seeds_share_rows_with_chance_as_well():
    pool = prepare(population())
    band = measure_band(pool, 20, size=4, seeds=2)
    pairs = band_subsets(pool.inputs, 20, 0, 8, seed=0)
    assert band.of(2)[STABILITY].tolist() == [stability(pairs[at : at + 2]) for at in range(0, 8, 2)]
    assert STABILITY not in band.of(1)
    assert STABILITY not in measure_band(pool, 20, size=4, seeds=2, metrics=["group-shares"]).of(2)


def test_a_metric_that_is_always_0_is_not_marked():
    zeros = Band(10, FULL, {1: {"energy": np.zeros(FULL), "vendi": np.linspace(1, 2, FULL)}})
    found = judge({"energy": 0.0, "vendi": 1.5}, zeros, seeds=1, strategies=1)
    assert not found["energy"].marked
    assert np.isnan(found["energy"].p)
    assert found["energy"].standing == 0.5
    assert found["vendi"].p > 0.9


def test_a_metric_that_the_band_lacks_has_no_standing():
    band = Band(10, FULL, {1: {"energy": np.linspace(1, 2, FULL)}})
    found = judge({"energy": 9.0, "vendi": 3.0}, band, seeds=1, strategies=1)
    assert (found["energy"].marked, found["vendi"].marked) == (True, False)
    assert np.isnan([found["vendi"].standing, found["vendi"].p]).all()
    assert (found["vendi"].better, found["vendi"].words) == (None, "")


# ---- weighted forms ----------------------------------------------------------------------------------


def test_equal_weights_repeat_no_finding():
    chance = np.linspace(1, 2, FULL)
    band = Band(10, FULL, {1: {"energy": chance, "energy.weighted": chance, "vendi": chance}})
    same = judge({"energy": 9.0, "energy.weighted": 9.0 + 1e-9, "vendi": 1.5}, band, seeds=1, strategies=1)
    assert set(same) == {"energy", "vendi"}
    assert same["energy"].marked
    other = judge({"energy": 9.0, "energy.weighted": 1.5, "vendi": 1.5}, band, seeds=1, strategies=1)
    assert (other["energy"].marked, other["energy.weighted"].marked) == (True, False)
    assert repeats("energy.weighted", {"energy": 0.0, "energy.weighted": 0.0})
    assert not repeats("effective-size.weighted", {"effective-size.weighted": 0.0})
    assert not repeats("energy.weighted", {"energy": float("nan"), "energy.weighted": float("nan")})
