"""Whole entities: none is split, rows on average, chances, strata, pins, and the design effect by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.foundation.arrays.array_types import Rows
from core.foundation.errors import ColumnError, NeedError, ParameterError
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.strategies.draws.entities import likeness
from core.strategies.running.select import select

DRAWS = ["random", "stratified", "pps"]


def made(sizes: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 1, 2, 8, 3), seed: int = 0) -> Inputs:
    """Rows of entities of given sizes, mixed up."""
    rng = np.random.default_rng(seed)
    n = sum(sizes)
    owner = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 12:] = np.arange(n, dtype=">u4").view(np.uint8).reshape(-1, 4)
    return Inputs(
        keys=keys,
        entities=owner,
        groups=Groups(owner % 2, ("even", "odd")),
        frame=pd.DataFrame({"person": owner + 1_000, "y": rng.normal(size=n)}),
    )


def run(inputs: Inputs, budget: int, seed: int = 0, **params: Any) -> Any:
    return select("entities", inputs, budget, seed=seed, params=params)


def owners(inputs: Inputs) -> Rows:
    assert inputs.entities is not None
    return inputs.entities


@pytest.mark.parametrize("draw", DRAWS)
def test_no_entity_is_split(draw: str) -> None:
    inputs = made()
    owner = owners(inputs)
    for seed in range(60):
        for budget in (1, 9, 20):
            inside = np.zeros(inputs.n, bool)
            inside[run(inputs, budget, seed, draw=draw).rows] = True
            for one in range(10):
                assert inside[owner == one].all() or not inside[owner == one].any()
    assert len(run(inputs, inputs.n, draw=draw)) == inputs.n


@pytest.mark.parametrize(
    "params",
    [{"draw": draw} for draw in DRAWS] + [{"draw": "stratified", "allocation": "equal"}],
)
def test_totals_and_rows_on_average(params: dict[str, str]) -> None:
    inputs = made()
    owner = owners(inputs)
    size = np.bincount(owner)
    y, budget = size[owner] + 0.5, 14
    totals, rows, entities, wrong = [], [], [], []
    for seed in range(2_000):
        found = run(inputs, budget, seed, **params)
        totals.append((y[found.rows] * found.weight).sum())
        wrong.append((y[found.rows] * inputs.n / max(1, len(found))).sum())
        rows.append(len(found))
        entities.append(len(set(owner[found.rows].tolist())))
    for values, want in ((totals, y.sum()), (rows, budget)):
        assert abs(np.mean(values) - want) < 4 * np.std(values, ddof=1) / np.sqrt(2_000)
    assert max(entities) - min(entities) <= 1
    if params["draw"] == "pps":  # large entities come more often: weights of one size would be wrong
        assert abs(np.mean(wrong) - y.sum()) > 4 * np.std(wrong, ddof=1) / np.sqrt(2_000)


def test_chances() -> None:
    inputs = made((1, 1, 2, 4))
    size = np.bincount(owners(inputs))[owners(inputs)]
    found = run(inputs, 8)
    assert (found.inclusion == 1).all()
    for seed in range(20):
        found = run(inputs, 2, seed)
        assert np.allclose(found.inclusion, 2 / 8)
        found = run(inputs, 2, seed, draw="pps")  # Σ size²·t = 2, t = 2/22
        assert np.allclose(found.inclusion, 2 / 22 * size[found.rows])
        found = run(inputs, 6, seed, draw="pps")  # the entity of 4 is certain, Σ size²·t = 2 over the others
        assert np.allclose(found.inclusion, np.minimum(1, 2 / 6 * size[found.rows]))


def test_sizes_met_in_order_vary_less() -> None:
    inputs = made(tuple(range(1, 41)))
    got = [len(run(inputs, 200, seed)) for seed in range(100)]
    size = np.arange(1, 41)
    share = 200 / size.sum()
    count = round(40 * share)
    plain = np.sqrt(count * (1 - count / 40) * size.var(ddof=1))  # entities drawn without regard to size
    assert np.std(got) < 0.4 * plain


def test_strata() -> None:
    inputs = made((2,) * 40)
    owner = owners(inputs)
    for allocation, share in (("proportional", 0.25), ("equal", 0.5)):
        strata = (np.arange(40) % 4 == 0).astype(np.int64)  # 10 of 40 entities
        one = replace(inputs, groups=Groups(strata[owner], ("most", "few")))
        for seed in range(10):
            found = run(one, 16, seed, draw="stratified", allocation=allocation)
            few = strata[owner[found.rows]].mean()
            assert abs(few - share) <= 1 / 8 + 1e-9
            few_share = found.inclusion[strata[owner[found.rows]] == 1]
            assert np.allclose(few_share, 16 * share / 20)


def test_an_entity_counts_to_its_largest_group() -> None:
    inputs = made((3, 2, 2))
    owner = owners(inputs)
    codes = np.zeros(7, np.int64)
    codes[np.flatnonzero(owner == 0)[:2]] = 1  # two of three rows
    codes[np.flatnonzero(owner == 1)[:1]] = 1  # one of two: tied, so the lower one
    split = replace(inputs, groups=Groups(codes, ("zero", "one")))
    found = run(split, 7, draw="stratified", allocation="equal")
    assert any("2 entities have rows in several groups" in note for note in found.notes)
    for seed in range(10):  # expected rows 2 of 3 in "one", 2 of 4 in "zero"
        found = run(split, 4, seed, draw="stratified", allocation="equal")
        want = np.where(owner[found.rows] == 0, 2 / 3, 1 / 2)
        assert np.allclose(found.inclusion, want)


def test_columns_can_name_entities() -> None:
    inputs = made()
    assert inputs.frame is not None
    same = replace(inputs, entities=None)
    assert np.array_equal(run(same, 9, entity="person").rows, run(inputs, 9).rows)
    person = inputs.frame["person"].astype("Float64").mask(np.arange(inputs.n) % 2 == 0)
    holed = replace(inputs, frame=inputs.frame.assign(person=person))
    found = run(holed, 9, entity="person")
    alone = found.rows[found.rows % 2 == 0]  # rows without an entity are their own
    assert len(run(holed, inputs.n, entity="person")) == inputs.n
    assert 0 < len(alone) < inputs.n // 2


def test_names_of_entities_do_not_matter() -> None:
    inputs = made()
    renamed = replace(inputs, entities=(7 - 3 * owners(inputs)).astype(np.int64))
    for seed in range(10):
        assert np.array_equal(run(inputs, 9, seed).rows, run(renamed, 9, seed).rows)


def test_pins_bring_their_entity_and_leave_the_size_right() -> None:
    inputs = made()
    owner = owners(inputs)
    pins = np.flatnonzero(owner == 4)[:1]
    pinned = replace(inputs, pins=pins)
    sizes = []
    for seed in range(400):
        found = run(pinned, 14, seed)
        assert found.rows[0] == pins[0]
        assert np.isin(np.flatnonzero(owner == 4), found.rows).all()
        assert (found.inclusion[owner[found.rows] == 4] == 1).all()
        assert np.allclose(found.inclusion[owner[found.rows] != 4], 9 / 30)
        sizes.append(len(found))
    assert abs(np.mean(sizes) - 14) < 4 * np.std(sizes, ddof=1) / 20
    assert any("bring all rows" in note for note in found.notes)


def test_pins_beyond_the_budget_are_told() -> None:
    inputs = made()
    owner = owners(inputs)
    found = run(replace(inputs, pins=np.flatnonzero(owner == 8)[:2]), 3)
    assert set(owner[found.rows].tolist()) == {8}
    assert "8 rows, more than the budget" in found.notes[0]
    assert any("totals are refused" in note for note in found.notes)


def test_budgets_below_one_entity_are_told() -> None:
    inputs = made((5,) * 8)
    sizes = {len(run(inputs, 1, seed)) for seed in range(60)}
    assert sizes == {0, 5}
    assert any("empty in 80 % of cases" in note for note in run(inputs, 1).notes)


def test_likeness_by_hand() -> None:
    # Means 2 and 6: between = 2·(4 + 4) / 1 = 16, within = 4·1 / 2 = 2, so (16 − 2) / (16 + 2).
    assert likeness(np.array([1.0, 3, 5, 7]), np.array([0, 0, 1, 1])) == pytest.approx(14 / 18)
    # Sizes 1 and 3: between 12 with one degree of freedom, within (1 + 0 + 1) / 2; typical 4 − 10/4 = 1.5.
    got = likeness(np.array([0.0, 3, 4, 5]), np.array([9, 2, 2, 2]))
    assert got == pytest.approx((12 - 1) / (12 + 0.5 * 1))
    assert likeness(np.array([1.0, 2.0, 1.0, 2.0]), np.array([0, 0, 1, 1])) == pytest.approx(-1.0)
    assert np.isnan(likeness(np.ones(4), np.array([0, 0, 1, 1])))
    assert np.isnan(likeness(np.arange(3.0), np.arange(3)))


def test_design_effect_by_hand_and_what_it_was_measured_on() -> None:
    inputs = replace(made((2, 2), 1), groups=None)
    values = np.empty(4)
    values[np.argsort(owners(inputs), kind="stable")] = [1.0, 3.0, 5.0, 7.0]
    scored = replace(inputs, scores=values)
    text = " ".join(run(scored, 2).notes)
    assert "Design effect about 1.78, measured on scores" in text  # 1 + (2 − 1)·0.78
    assert "worth about 1 rows" in text  # 2 / 1.78
    assert inputs.frame is not None
    named = replace(inputs, frame=inputs.frame.assign(y=values))
    assert "about 1.78, measured on y" in " ".join(run(named, 2, alike="y").notes)
    x = np.column_stack([values, np.zeros(4)]).astype(np.float32)
    featured = replace(inputs, features=Features(x, "euclidean", "k", "l"))
    assert "about 1.78, measured on the first principal component" in " ".join(run(featured, 2).notes)
    assert "Design effect" not in " ".join(run(inputs, 2).notes)


def test_the_design_effect_is_what_means_pay() -> None:
    rng = np.random.default_rng(3)
    inputs = made((5,) * 60, 3)
    y = rng.normal(size=60)[owners(inputs)] + 0.5 * rng.normal(size=300)
    scored = replace(inputs, scores=y)
    text = next(note for note in run(scored, 50).notes if "Design effect" in note)
    effect = float(text.split("about ")[1].split(",")[0])
    by_entity = np.var([y[run(scored, 50, seed).rows].mean() for seed in range(600)])
    by_row = (1 - 50 / 300) * y.var(ddof=1) / 50
    assert by_entity / by_row == pytest.approx(effect, rel=0.25)


def test_constant_features_tell_no_design_effect() -> None:
    inputs = made()
    flat = replace(inputs, features=Features(np.ones((inputs.n, 3), np.float32), "euclidean", "k", "l"))
    assert "Design effect" not in " ".join(run(flat, 9).notes)
    wide = np.random.default_rng(1).normal(size=(inputs.n, 3)).astype(np.float32)
    varied = replace(inputs, features=Features(wide, "euclidean", "k", "l"))
    assert "Design effect" in " ".join(run(varied, 9).notes)


def test_uneven_entities_get_a_hint() -> None:
    uneven = made((40, *([1] * 39)))
    assert any('draw="pps"' in note for note in run(uneven, 10).notes)
    assert any("largest 5 % have 52 % of the rows" in note for note in run(uneven, 10).notes)
    assert not any('draw="pps"' in note for note in run(uneven, 10, draw="pps").notes)
    assert not any('draw="pps"' in note for note in run(made((2,) * 40), 10).notes)


@pytest.mark.parametrize("draw", DRAWS)
def test_the_chances_of_all_rows_are_kept(draw: str) -> None:
    inputs = made()
    found = run(inputs, 9, draw=draw)
    assert found.drawn.all_chances.sum() == pytest.approx(9, rel=1e-6)
    assert found.drawn.all_chances[found.rows] == pytest.approx(found.inclusion, rel=1e-6)
    assert np.array_equal(found.drawn.all_units[found.rows], found.drawn.units)


def test_one_huge_entity_leaves_the_others_in_proportion() -> None:
    inputs = made((100_000, 1, 2, 3, 4))
    for seed in range(5):
        found = run(inputs, 100_002, seed, draw="pps")
        sizes = np.bincount(owners(inputs))[owners(inputs)[found.rows]]
        assert found.inclusion == pytest.approx(np.minimum(1.0, 2 * sizes / 30), rel=1e-9)


def test_refusals() -> None:
    inputs = made()
    with pytest.raises(NeedError, match="entity"):
        run(replace(inputs, entities=None), 5)
    with pytest.raises(ColumnError, match="no column 'zzz'"):
        run(inputs, 5, entity="zzz")
    with pytest.raises(ParameterError, match="need groups"):
        run(replace(inputs, groups=None), 5, draw="stratified")
