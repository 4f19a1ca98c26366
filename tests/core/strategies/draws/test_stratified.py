"""Stratified: groupings, allocations, strategies within, design weights, and refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.foundation.errors import BudgetError, ColumnError, NeedError, ParameterError
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.strategies.parts.allocation import allocate
from core.strategies.running.select import select


def made() -> Inputs:
    """100 rows in groups of 60, 30, 9 and 1; spreads 1, 5, 1."""
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2, 3], [60, 30, 9, 1])
    keys = np.zeros((100, 16), np.uint8)
    keys[:, 14:] = np.arange(100, dtype=">u2").view(np.uint8).reshape(-1, 2)
    frame = pd.DataFrame(
        {
            "y": rng.normal(size=100) * np.array([1, 5, 1, 1])[codes],
            "kind": pd.Series(np.where(codes == 0, "plain", "other")).mask(np.arange(100) == 5),
            "year": rng.integers(2000, 2003, 100),
            "word": [f"w{at}" for at in range(100)],
        }
    )
    x = rng.normal(size=(100, 3)).astype(np.float32)
    return Inputs(
        keys=keys,
        features=Features(x, "euclidean", "k", "l"),
        frame=frame,
        groups=Groups(codes, ("big", "middle", "small", "single")),
    )


def counts(inputs: Inputs, budget: int, seed: int = 0, **params: Any) -> list[int]:
    """Rows drawn from each group."""
    found = select("stratified", inputs, budget, seed=seed, params=params)
    assert inputs.groups is not None
    return np.bincount(inputs.groups.codes[found.rows], minlength=4).tolist()


def test_allocations() -> None:
    inputs = made()
    sizes = [60, 30, 9, 1]
    assert counts(inputs, 20) == allocate(sizes, 20).tolist()
    # Nineteen rows over three groups: whose the nineteenth is, is chance.
    ways = {tuple(counts(inputs, 20, seed, allocation="equal")) for seed in range(20)}
    assert ways == {(7, 6, 6, 1), (6, 7, 6, 1), (6, 6, 7, 1)}
    assert counts(inputs, 20, allocation="power", exponent=0.0) in [list(way) for way in ways]
    assert counts(inputs, 20, allocation="power", exponent=1.0) == counts(inputs, 20)
    assert inputs.frame is not None
    assert inputs.groups is not None
    spread = [float(inputs.frame["y"][inputs.groups.codes == at].std(ddof=1)) for at in range(3)] + [0.0]
    want = allocate(sizes, 20, np.array(sizes) * np.array(spread)).tolist()
    assert counts(inputs, 20, allocation="neyman", spread="y") == want
    assert want[1] > want[0]


def test_neyman_without_spread_is_proportional_and_says_so() -> None:
    inputs = made()
    assert inputs.frame is not None
    inputs = replace(inputs, frame=inputs.frame.assign(y=1.0))
    found = select("stratified", inputs, 20, params={"allocation": "neyman", "spread": "y"})
    assert any("proportional" in note for note in found.notes)
    assert counts(inputs, 20, allocation="neyman", spread="y") == counts(inputs, 20)


def test_weights_are_group_size_over_quota() -> None:
    inputs = made()
    found = select("stratified", inputs, 40, params={"allocation": "equal"})
    assert inputs.groups is not None
    assert found.weight is not None
    drawn = np.bincount(inputs.groups.codes[found.rows], minlength=4)
    assert np.allclose(found.weight, (inputs.groups.sizes / drawn)[inputs.groups.codes[found.rows]])
    assert found.weight.sum() == pytest.approx(100)


def test_no_weights_where_the_strategy_within_has_none() -> None:
    found = select("stratified", made(), 20, params={"within": "k-center"})
    assert found.weight is None
    assert found.inclusion is None
    assert found.represents is not None
    assert found.represents.sum() == pytest.approx(100 - 1 * (counts(made(), 20)[3] == 0))


def test_groups_without_a_row_are_named() -> None:
    found = select("stratified", made(), 5)
    assert dict(found.quota or {})["single"] == 0
    assert any("single" in note and "totals are refused" in note for note in found.notes)


def test_parameters_of_the_strategy_within() -> None:
    inputs = made()
    one = select(
        "stratified", inputs, 20, params={"within": {"id": "k-center", "params": {"metric": "cosine"}}}
    )
    two = select("stratified", inputs, 20, params={"within": "k-center"})
    assert not np.array_equal(one.rows, two.rows)
    assert one.params["within"] == {"id": "k-center", "params": {"metric": "cosine"}}
    with pytest.raises(ParameterError, match="metric"):
        select("stratified", inputs, 20, params={"within": {"id": "k-center", "params": {"metric": "x"}}})
    facility = {"id": "facility-location", "params": {"metric": "cosine"}}
    assert len(select("stratified", inputs, 20, params={"within": facility})) == 20


def test_each_group_is_the_strategy_run_on_it_alone() -> None:
    inputs = made()
    assert inputs.groups is not None
    found = select("stratified", inputs, 20, params={"within": "k-center"})
    rows = np.flatnonzero(inputs.groups.codes == 1)
    alone = select("k-center", inputs.take(rows), counts(inputs, 20)[1])
    inside = found.rows[inputs.groups.codes[found.rows] == 1]
    assert inside.tolist() == rows[alone.rows].tolist()


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("kind", {"other", "plain", "(missing)"}),
        ("year", {"2000", "2001", "2002"}),
    ],
)
def test_columns_make_groups(by: str, names: set[str]) -> None:
    found = select("stratified", made(), 30, params={"by": by})
    assert set(found.quota or {}) == names


def test_numbers_are_cut_at_quantiles() -> None:
    found = select("stratified", made(), 30, params={"by": "y", "bins": 4})
    assert len(found.quota or {}) == 4
    assert any("quantiles" in note for note in found.notes)
    assert all(6 <= count <= 9 for count in (found.quota or {}).values())


def test_pins_are_charged_to_their_group() -> None:
    inputs = replace(made(), pins=np.array([0, 1, 99]))
    found = select("stratified", inputs, 20)
    assert found.rows[:3].tolist() in ([0, 1, 99], [0, 99, 1], [99, 0, 1])
    assert found.inclusion is not None
    assert (found.inclusion[:3] == 1).all()
    assert sum((found.quota or {}).values()) == 20
    assert found.inclusion.sum() < 21


def test_minimum_names_the_group_that_cannot() -> None:
    with pytest.raises(BudgetError, match="single"):
        select("stratified", made(), 20, params={"minimum": 2})
    assert min(counts(made(), 20, minimum=1)) == 1


def test_refusals() -> None:
    inputs = made()
    with pytest.raises(NeedError, match="groups"):
        select("stratified", replace(inputs, groups=None), 5)
    with pytest.raises(ColumnError, match="no column 'zzz'"):
        select("stratified", inputs, 5, params={"by": "zzz"})
    with pytest.raises(ParameterError, match="needs a column"):
        select("stratified", inputs, 5, params={"allocation": "neyman"})
    with pytest.raises(ColumnError, match="no numbers"):
        select("stratified", inputs, 5, params={"allocation": "neyman", "spread": "word"})
    with pytest.raises(ParameterError, match="one level deep"):
        select("stratified", inputs, 5, params={"within": "stratified"})
    with pytest.raises(ParameterError, match="no strategy called"):
        select("stratified", inputs, 5, params={"within": "nonsense"})
    with pytest.raises(NeedError):
        select("stratified", replace(inputs, features=None), 5, params={"within": "k-center"})
    scored = replace(inputs, scores=np.ones(100))
    within = {"id": "kmq", "params": {"variant": "paper"}}
    with pytest.raises(ParameterError, match="within groups"):
        select("stratified", scored, 30, params={"within": within})


@pytest.mark.parametrize("within", ["systematic", "k-dpp"])
def test_groups_are_drawn_independently(within: str) -> None:
    """Four equal groups: their rows go together no more often than chance allows."""
    x = np.tile(np.arange(8, dtype=np.float32), 4)[:, None]
    inputs = replace(
        made().take(np.arange(32)),
        features=Features(x, "euclidean", "k", "l"),
        groups=Groups(np.repeat(np.arange(4), 8), ("a", "b", "c", "d")),
    )
    totals = []
    for seed in range(120):
        rows = select("stratified", inputs, 8, seed=seed, params={"within": within}).rows
        totals.append(np.bincount(rows // 8, x[rows, 0], 4))
    apart = np.corrcoef(np.array(totals).T)[np.triu_indices(4, 1)]
    assert (np.abs(apart) < 0.4).all()  # four standard errors


def test_groups_of_which_only_pinned_rows_are_in_are_told() -> None:
    inputs = replace(made(), pins=np.array([0, 92]))  # of the groups "big" and "small"
    found = select("stratified", inputs, 10)
    assert found.quota is not None
    assert found.quota["small"] == 1
    assert found.notes[-1].startswith("1 group got pinned rows only (small): the π of their other rows is 0")
    assert not any("pinned rows only" in note for note in select("stratified", inputs, 30).notes)


def test_a_strategy_of_random_size_is_refused_whatever_it_draws() -> None:
    inputs = replace(made(), entities=np.arange(100) // 2)
    for budget in (10, 100):  # 100 rows would be met exactly
        with pytest.raises(ParameterError, match="left to chance"):
            select("stratified", inputs, budget, params={"within": "entities"})


def test_a_group_that_cannot_give_its_rows_is_named() -> None:
    inputs = made()
    assert inputs.frame is not None
    size = np.where(np.arange(100) < 58, 0.0, 1.0)  # two rows of the first group have a size
    inputs = replace(inputs, frame=inputs.frame.assign(size=size))
    within = {"id": "pps", "params": {"size": "size"}}
    with pytest.raises(BudgetError, match=r"Group 'big' cannot give its 6 rows by Proportional to size"):
        select("stratified", inputs, 10, params={"within": within})
