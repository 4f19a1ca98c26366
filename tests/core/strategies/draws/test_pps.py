"""Proportional to size: closed forms, certain rows, totals, and refusals of impossible sizes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.foundation.errors import BudgetError, ColumnError, NeedError
from core.model.inputs import Inputs
from core.strategies.running.select import select

DRAWS = ["pivotal", "sampford", "systematic"]


def made(size: list[float]) -> Inputs:
    """Rows with a size column "x" and nothing else."""
    n = len(size)
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 14:] = np.arange(n, dtype=">u2").view(np.uint8).reshape(-1, 2)
    return Inputs(keys=keys, frame=pd.DataFrame({"x": size, "word": ["a"] * n}))


@pytest.mark.parametrize("draw", DRAWS)
def test_closed_form(draw: str) -> None:
    inputs, runs = made([1, 2, 3, 4, 5]), 1_500
    came, share = np.zeros(5), 2 / 15 * np.arange(1, 6)
    for seed in range(runs):
        found = select("pps", inputs, 2, seed=seed, params={"size": "x", "draw": draw})
        assert found.inclusion is not None
        assert np.allclose(found.inclusion, share[found.rows])
        came[found.rows] += 1
    assert (np.abs(came / runs - share) < 4.5 * np.sqrt(share * (1 - share) / runs)).all()


@pytest.mark.parametrize("draw", DRAWS)
def test_totals_and_why_the_cap_matters(draw: str) -> None:
    x = np.array([1.0, 1, 1, 2, 2, 3, 4, 30, 40])
    inputs, y, uncapped = made(x.tolist()), x + 0.5, 4 * x / x.sum()
    assert uncapped.max() > 1
    right, wrong = [], []
    for seed in range(2_000):
        found = select("pps", inputs, 4, seed=seed, params={"size": "x", "draw": draw})
        assert found.weight is not None
        right.append((y[found.rows] * found.weight).sum())
        wrong.append((y[found.rows] / uncapped[found.rows]).sum())
    assert any("2 rows are so large" in note for note in found.notes)
    for totals, holds in ((right, True), (wrong, False)):
        error = np.std(totals, ddof=1) / np.sqrt(len(totals))
        assert (abs(np.mean(totals) - y.sum()) < 4 * error) == holds


@pytest.mark.parametrize("draw", DRAWS)
def test_total_of_the_size_itself_is_exact(draw: str) -> None:
    x = np.exp(np.random.default_rng(0).normal(size=200))
    found = select("pps", made(x.tolist()), 20, params={"size": "x", "draw": draw})
    assert found.weight is not None
    assert (x[found.rows] * found.weight).sum() == pytest.approx(x.sum())


def test_scores_are_the_default() -> None:
    inputs = replace(made([1, 1, 1, 1]), scores=np.array([0.0, 0.0, 1.0, 1.0]))
    assert set(select("pps", inputs, 2).rows.tolist()) == {2, 3}
    with pytest.raises(NeedError, match="score"):
        select("pps", made([1, 2]), 1)


@pytest.mark.parametrize("draw", DRAWS)
def test_rows_of_size_zero_have_no_chance(draw: str) -> None:
    inputs, params = made([0, 0, 1, 2, 3]), {"size": "x", "draw": draw}
    for seed in range(50):
        found = select("pps", inputs, 2, seed=seed, params=params)
        assert found.rows.min() >= 2
    assert any("2 rows have x 0" in note and "totals are refused" in note for note in found.notes)
    assert set(select("pps", inputs, 3, params=params).rows.tolist()) == {2, 3, 4}
    with pytest.raises(BudgetError, match="at most 3 rows"):
        select("pps", inputs, 4, params=params)
    pinned = replace(inputs, pins=np.array([0]))
    assert set(select("pps", pinned, 4, params=params).rows.tolist()) == {0, 2, 3, 4}
    with pytest.raises(BudgetError, match="at most 4 rows"):
        select("pps", pinned, 5, params=params)


def test_sizes_that_are_none_are_counted_and_refused() -> None:
    bad = made([1, np.nan, -2, -3, np.inf])
    with pytest.raises(ColumnError, match="1 row has no value and 2 rows are negative and 1 row is inf"):
        select("pps", bad, 2, params={"size": "x"})
    # A pinned row needs no size.
    pinned = replace(made([1, np.nan, 1]), pins=np.array([1]))
    found = select("pps", pinned, 2, params={"size": "x"})
    assert found.rows[0] == 1
    assert found.inclusion is not None
    assert found.inclusion.tolist() == [1.0, 0.5]
    with pytest.raises(ColumnError, match="0 in every row"):
        select("pps", made([0, 0, 0]), 2, params={"size": "x"})
    with pytest.raises(ColumnError, match="no numbers"):
        select("pps", made([1, 2, 3]), 2, params={"size": "word"})


@pytest.mark.parametrize("draw", DRAWS)
def test_one_huge_size_leaves_the_others_in_proportion(draw: str) -> None:
    """A sentinel, the largest whole number, is in with certainty and changes no ratio of the others."""
    sizes = [2**63 - 1] + [1] * 50 + [100] * 50
    inputs = made(sizes)
    assert inputs.frame is not None
    assert inputs.frame["x"].dtype == np.int64
    for seed in range(5):
        found = select("pps", inputs, 11, seed=seed, params={"size": "x", "draw": draw})
        assert found.inclusion is not None
        want = np.minimum(1.0, 10 * np.array(sizes, float) / 5_050)
        assert found.inclusion == pytest.approx(want[found.rows], rel=1e-12)
        assert 0 in found.rows


def test_a_sentinel_survives_reading(tmp_path) -> None:
    from core.data.load import load
    from core.model.recipe import Recipe
    from core.study.study import Study

    path = tmp_path / "sizes.csv"
    sizes = [2**63 - 1] + [1] * 50 + [100] * 50
    path.write_text("id,size\n" + "".join(f"{at},{size}\n" for at, size in enumerate(sizes)))
    study = Study(load(path), Recipe())
    chosen = study.select("pps", "11", params={"size": "size"})
    read = study.data.frame["size"].to_numpy(float)
    assert sorted(read.tolist()) == sorted(map(float, sizes))
    assert chosen.inclusion == pytest.approx(np.minimum(1.0, 10 * read[chosen.rows] / 5_050.0), rel=1e-12)


def test_every_row_at_full_budget() -> None:
    for draw in DRAWS:
        found = select("pps", made([1, 1e-9, 1e9, 5]), 4, params={"size": "x", "draw": draw})
        assert sorted(found.rows.tolist()) == [0, 1, 2, 3]
        assert found.inclusion is not None
        assert (found.inclusion == 1).all()
