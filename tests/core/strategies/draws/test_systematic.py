"""Systematic: gaps along the list, what the list is sorted by, ties, missing values and pins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.foundation.errors import ColumnError, NeedError
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.strategies.running.select import select


def made(n: int = 100) -> Inputs:
    """Rows whose features, column, time and score put them in different orders."""
    rng = np.random.default_rng(0)
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 14:] = np.arange(n, dtype=">u2").view(np.uint8).reshape(-1, 2)
    x = rng.normal(size=(n, 3)) * [0.1, 5.0, 0.1]
    frame = pd.DataFrame(
        {
            "y": rng.permutation(n).astype(float),
            "word": [f"{at:03d}" for at in rng.permutation(n)],
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.permutation(n), unit="D"),
            "flat": np.ones(n),
        }
    )
    return Inputs(
        keys=keys,
        features=Features(x.astype(np.float32), "euclidean", "k", "l"),
        frame=frame,
        groups=Groups(rng.integers(0, 4, n), tuple("abcd")),
        scores=rng.random(n),
        order=rng.permutation(n).astype(float),
    )


@pytest.mark.parametrize("by", ["features", "y", "word", "day", "scores", "order"])
@pytest.mark.parametrize("budget", [7, 30, 99])
def test_gaps(by: str, budget: int) -> None:
    inputs = made()
    assert inputs.features is not None
    assert inputs.frame is not None
    values = {
        "features": inputs.features.matrix[:, 1],
        "scores": inputs.scores,
        "order": inputs.order,
    }
    value = pd.Series(values[by]) if by in values else inputs.frame[by]
    place = value.rank().to_numpy().astype(int) - 1
    for seed in range(5):
        at = np.sort(place[select("systematic", inputs, budget, seed=seed, params={"by": by}).rows])
        if by == "features" and at.size > 1:  # the sign of a component is arbitrary
            at = np.sort(min(at.tolist(), (99 - at)[::-1].tolist()))
        assert set(np.diff(at).tolist()) <= {100 // budget, -(-100 // budget)}


def test_groups_come_in_shares() -> None:
    inputs = made()
    assert inputs.groups is not None
    for seed in range(20):
        rows = select("systematic", inputs, 25, seed=seed, params={"by": "groups"}).rows
        got = np.bincount(inputs.groups.codes[rows], minlength=4)
        assert (np.abs(got - inputs.groups.sizes / 4) < 1).all()


def test_means_along_the_list_vary_less_than_in_random_subsets() -> None:
    inputs = made()
    assert inputs.frame is not None
    y = inputs.frame["y"].to_numpy()

    def spread(name: str, **params: str) -> float:
        return float(
            np.std([y[select(name, inputs, 10, seed=at, params=params).rows].mean() for at in range(200)])
        )

    assert spread("systematic", by="y") < 0.5 * spread("random")


def test_ties_are_in_random_order() -> None:
    inputs, seen = made(12), np.zeros((12, 12))
    for seed in range(600):
        rows = select("systematic", inputs, 2, seed=seed, params={"by": "flat"}).rows
        seen[rows[0], rows[1]] += 1
    pairs = (seen + seen.T)[np.triu_indices(12, 1)]
    assert pairs.min() > 0  # in a fixed order, only rows half the list apart would meet
    assert any(
        "random order" in note for note in select("systematic", inputs, 2, params={"by": "flat"}).notes
    )


def test_missing_values_stand_at_the_end_and_are_told() -> None:
    inputs = made()
    assert inputs.frame is not None
    for by in ("y", "word"):
        frame = inputs.frame.copy()
        frame[by] = frame[by].mask(np.arange(100) < 20)
        holed = replace(inputs, frame=frame)
        for seed in range(10):
            found = select("systematic", holed, 10, seed=seed, params={"by": by})
            assert (found.rows < 20).sum() == 2
        assert any(f"20 rows without {by}" in note for note in found.notes)


def test_pins_are_charged_and_leave_the_list() -> None:
    inputs = replace(made(), pins=np.array([3, 4]))
    found = select("systematic", inputs, 16, params={"by": "y"})
    assert found.rows[:2].tolist() == [3, 4]
    assert found.inclusion is not None
    assert np.allclose(found.inclusion[2:], 14 / 98)
    assert len(select("systematic", inputs, 2).rows) == 2


def test_no_variance_is_claimed() -> None:
    assert any("No unbiased variance" in note for note in select("systematic", made(), 10).notes)


def test_refusals() -> None:
    with pytest.raises(NeedError, match="features"):
        select("systematic", replace(made(), features=None), 5)
    with pytest.raises(ColumnError, match="no column 'zzz'"):
        select("systematic", made(), 5, params={"by": "zzz"})


def test_large_whole_numbers_keep_their_order() -> None:
    """Keys above 2⁵³: a list sorted by them is the one sorted by what they have above 2⁵³."""
    small = np.random.default_rng(0).permutation(60)
    frames = [pd.DataFrame({"v": small + more}) for more in (0, 2**53)]
    one, two = (select("systematic", replace(made(60), frame=it), 6, params={"by": "v"}) for it in frames)
    assert one.rows.tolist() == two.rows.tolist()
