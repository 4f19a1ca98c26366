"""Ties in an allocation: chance settles them, weights count that, and no code or row order has a say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.analysis.estimates.estimate_selection import estimate_selection
from core.foundation.permanent_random import uniforms
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.model.selection import Selection
from core.strategies.draws.stratified import _over_ties
from core.strategies.running.select import select


def made(sizes: list[int], spread: int = 0) -> Inputs:
    """Groups of these sizes, their rows mixed by key, with features, scores, an order and a number."""
    n = sum(sizes)
    rng = np.random.default_rng(spread)
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 14:] = np.arange(n, dtype=">u2").view(np.uint8).reshape(-1, 2)
    codes = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return Inputs(
        keys=keys,
        features=Features(rng.normal(size=(n, 3)).astype(np.float32), "euclidean", "k", "l"),
        frame=pd.DataFrame({"y": np.arange(n) % 7 + 1.0, "g": np.array(list("abcdefghij"))[codes]}),
        groups=Groups(codes.astype(np.int64), tuple("abcdefghij"[: len(sizes)])),
        scores=rng.random(n) + 0.5,
        order=np.arange(n, dtype=np.float64),
    )


def mean_of_weights(inputs: Inputs, runs: list[Selection]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Indicator × weight of each row over seeds: the mean and its standard error."""
    seen = np.zeros((len(runs), inputs.n))
    for at, one in enumerate(runs):
        assert one.weight is not None
        seen[at, one.rows] = one.weight
    return seen.mean(axis=0), seen.std(axis=0) / np.sqrt(len(runs))


@pytest.mark.parametrize(
    ("strategy_id", "params"),
    [
        ("stratified", {}),
        ("stratified", {"allocation": "equal"}),
        ("stratified", {"within": {"id": "pps", "params": {"size": "y"}}}),
        ("stratified", {"within": "systematic"}),
        ("kmq", {"variant": "paper"}),
        ("temporal", {"sequence": "g", "minimum": 0}),
    ],
)
@pytest.mark.parametrize(
    ("sizes", "budget"),
    [
        ([6, 6, 6, 6, 6], 3),  # ties decide which groups get none
        ([15, 5, 20], 4),  # ideals 1.5, 0.5, 2
        ([6, 6, 6, 12], 8),  # every group has a row, and ties decide how many
    ],
)
def test_indicator_times_weight_is_one_on_average(
    strategy_id: str, params: dict[str, Any], sizes: list[int], budget: int
) -> None:
    inputs = made(sizes)
    if strategy_id == "temporal":  # equal redundancy everywhere, so that shares are the sizes
        assert inputs.features is not None
        flat = replace(inputs.features, matrix=np.ones((inputs.n, 2), np.float32))
        inputs = replace(inputs, features=flat)
    runs = [select(strategy_id, inputs, budget, seed=seed, params=params) for seed in range(400)]
    mean, error = mean_of_weights(inputs, runs)
    assert (np.abs(mean - 1) <= 5 * error + 1e-9).all()
    assert all(one.unreached == 0 for one in runs)


def test_where_ties_decide_which_groups_get_none_pi_is_of_the_mean_number() -> None:
    inputs = made([15, 5, 20])
    held: set[tuple[int, ...]] = set()
    for seed in range(12):
        found = select("stratified", inputs, 4, seed=seed)
        assert found.inclusion is not None
        assert np.allclose(found.inclusion, 0.1)  # 1.5/15, 0.5/5, 2/20
        assert sum("equal claims" in note for note in found.notes) == 1
        held.add(tuple((found.quota or {}).values()))
    assert held == {(2, 0, 2), (1, 1, 2)}


def test_where_every_group_gets_a_row_weights_go_by_the_numbers_that_came_out() -> None:
    inputs = made([6, 6, 6, 12])
    assert inputs.groups is not None
    for seed in range(5):
        found = select("stratified", inputs, 8, seed=seed)
        assert found.weight is not None
        drawn = np.bincount(inputs.groups.codes[found.rows], minlength=4)
        assert drawn.min() >= 1
        assert np.allclose(found.weight, (inputs.groups.sizes / drawn)[inputs.groups.codes[found.rows]])
        assert found.drawn is not None
        assert not found.drawn.untold
        assert not any("equal claims" in note for note in found.notes)


@pytest.mark.parametrize("strategy_id", ["stratified", "kmq"])
def test_totals_are_allowed_and_no_variance_is_claimed(strategy_id: str) -> None:
    inputs = made([6, 6, 6, 6, 6])
    params = {"variant": "paper"} if strategy_id == "kmq" else {}
    totals = []
    for seed in range(300):
        found = select(strategy_id, inputs, 3, seed=seed, params=params)
        (claim,) = estimate_selection(inputs, found, ["y"], measure="total", estimator="horvitz-thompson")
        assert not claim.reason
        assert "ties decide which groups get a row" in claim.no_interval
        assert np.isnan(claim.low)
        totals.append(claim.estimate)
    assert abs(np.mean(totals) - claim.truth) < 4 * np.std(totals) / np.sqrt(300)


def test_without_such_ties_the_variance_is_that_of_strata() -> None:
    inputs = made([6, 6, 6, 12])
    (claim,) = estimate_selection(inputs, select("stratified", inputs, 8, params={"minimum": 2}), ["y"])
    assert not claim.no_interval
    assert claim.low < claim.estimate < claim.high
    assert "added up over groups" in claim.method


def test_chances_over_ties_by_hand() -> None:
    free = np.array([False, True, True])
    # A group of 2 pins and 8 other rows that got 2 of them, and 1.5 on average.
    even = np.array([1.0, 0.25, 0.25])
    assert _over_ties(even, free, 2, 1, 8, 1.5).tolist() == [1.0, 0.1875, 0.1875]
    uneven = np.array([1.0, 0.2, 0.3])
    assert _over_ties(uneven, free, 2, 1, 8, 1.5).tolist() == uneven.tolist()
    assert _over_ties(uneven, free, 1, 0, 8, 0.5).tolist() == [1.0, 0.1, 0.15]
    assert _over_ties(uneven, free, 2, 2, 8, 2.0).tolist() == uneven.tolist()


def test_a_pinned_row_is_certain_whichever_way_its_group_falls() -> None:
    inputs = replace(made([10, 10, 10]), pins=np.array([4]))
    for seed in range(20):
        found = select("stratified", inputs, 2, seed=seed)
        assert found.inclusion is not None
        assert found.rows[0] == 4
        assert found.inclusion[0] == 1
        assert found.inclusion[1] == pytest.approx(0.5 / 10)  # the other two groups share the second row


@given(st.lists(st.integers(1, 9), min_size=2, max_size=6), st.integers(1, 12), st.integers(0, 50))
@settings(max_examples=40)
@pytest.mark.parametrize("strategy_id", ["stratified", "kmq", "prototypes"])
def test_codes_of_groups_have_no_say(strategy_id: str, sizes: list[int], budget: int, seed: int) -> None:
    inputs = made(sizes)
    budget = min(budget, inputs.n)
    assert inputs.groups is not None
    turn = np.random.default_rng(seed).permutation(len(sizes))
    back = np.argsort(turn)
    names = tuple(inputs.groups.names[at] for at in back)
    other = replace(inputs, groups=Groups(turn[inputs.groups.codes], names))
    one, two = (select(strategy_id, which, budget, seed=seed) for which in (inputs, other))
    assert sorted(one.rows.tolist()) == sorted(two.rows.tolist())
    assert one.quota == two.quota


def test_every_group_has_its_turn_over_seeds() -> None:
    """Seven equal groups, three rows: chance alone decides, for each strategy that splits a budget."""
    inputs = made([4] * 7)
    assert inputs.groups is not None
    for strategy_id in ("stratified", "kmq", "prototypes"):
        came = np.zeros(7)
        for seed in range(200):
            rows = select(strategy_id, inputs, 3, seed=seed).rows
            came += np.bincount(inputs.groups.codes[rows], minlength=7) > 0
        # 3/7 of 200 draws is 85.7; five standard errors are 35.
        assert (np.abs(came - 200 * 3 / 7) < 35).all(), strategy_id


def test_pins_beyond_equal_quotas_are_paid_by_chance() -> None:
    """Equal quotas of one row; the second pin of a group is paid by one of the three others."""
    inputs = made([5, 5, 5, 5])
    assert inputs.groups is not None
    pins = np.flatnonzero(inputs.groups.codes == 1)[:2]
    payers = set()
    for seed in range(30):
        found = select("kmq", replace(inputs, pins=pins), 4, seed=seed, params={"variant": "code"})
        quota = found.quota or {}
        assert quota["b"] == 2
        payers |= {name for name, count in quota.items() if count == 0}
    assert payers == {"a", "c", "d"}


def test_a_time_column_is_cut_like_a_number() -> None:
    inputs = made([30, 30])
    assert inputs.frame is not None
    when = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.arange(60), unit="h")
    inputs = replace(inputs, frame=inputs.frame.assign(when=when))
    runs = [select("stratified", inputs, 7, seed=seed, params={"by": "when"}) for seed in range(20)]
    assert all(len(one.quota or {}) == 5 for one in runs)
    assert len({tuple(sorted(one.rows.tolist())) for one in runs}) == 20
    assert len(set(np.concatenate([one.rows for one in runs]).tolist())) > 45


def test_other_streams_do_not_meet_the_one_for_ties() -> None:
    keys = made([9]).keys
    assert not np.array_equal(uniforms(keys, 0, "stratified/3/ties"), uniforms(keys, 0, "stratified/3"))
