"""Balanced sampling: chances, fixed size, exact totals, and means far nearer than chance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.foundation.errors import BudgetError, ColumnError, ParameterError
from core.foundation.progress import SILENT
from core.model.derived import Features
from core.model.inputs import Inputs
from core.strategies.draws.cube import balanced
from core.strategies.parts.weighted_draws import capped_shares
from core.strategies.running.select import select


def made(n: int = 200, seed: int = 0) -> Inputs:
    """Rows with features, numbers, a category and a size."""
    rng = np.random.default_rng(seed)
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 14:] = np.arange(n, dtype=">u2").view(np.uint8).reshape(-1, 2)
    frame = pd.DataFrame(
        {
            "a": rng.normal(size=n),
            "b": rng.normal(size=n),
            "kind": rng.choice(list("xyz"), n),
            "size": np.exp(rng.normal(size=n)),
            "flat": np.ones(n),
            "id": [f"i{at}" for at in range(n)],
        }
    )
    x = rng.normal(size=(n, 5)).astype(np.float32)
    return Inputs(keys=keys, features=Features(x, "euclidean", "k", "l"), frame=frame, scores=rng.random(n))


def run(inputs: Inputs, budget: int, seed: int = 0, **params: Any) -> Any:
    return select("cube", inputs, budget, seed=seed, params=params)


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(2, 60),
    p=st.integers(0, 6),
    kind=st.sampled_from(["normal", "integers", "copies", "collinear", "constant", "wild"]),
    part=st.floats(0.05, 0.95),
)
@settings(max_examples=150)
def test_size_is_fixed_on_any_data(seed: int, n: int, p: int, kind: str, part: float) -> None:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, p))
    if kind == "integers":
        z = rng.integers(-1, 2, (n, p)).astype(float)
    if kind == "copies":
        z = z[rng.integers(0, max(1, n // 3), n)]
    if kind == "collinear" and p > 1:
        z[:, 1:] = z[:, :1]
    if kind == "constant":
        z[:] = 1.0
    share = capped_shares(rng.normal(size=n) * (8 if kind == "wild" else 1), max(1, round(part * n)))
    loose = share < 1
    chance, held, left = balanced(share[loose], z[loose], rng.random(n), SILENT)
    assert set(chance.tolist()) <= {0.0, 1.0}
    assert chance.sum() == round(share[loose].sum())
    assert 0 <= held <= p
    assert left <= p + 1
    if held == p and p and loose.any():
        total = (z[loose] * (chance / share[loose])[:, None]).sum(axis=0)
        assert np.allclose(total, z[loose].sum(axis=0), atol=1e-5 * np.abs(z / share[:, None]).max())


def test_chances_are_as_given() -> None:
    rng = np.random.default_rng(1)
    n, runs = 20, 6_000
    share = capped_shares(rng.normal(size=n), 7)
    loose, z, came = share < 1, rng.normal(size=(n, 3)), np.zeros(n)
    for _ in range(runs):
        came[loose] += balanced(share[loose], z[loose], rng.random(n), SILENT)[0]
    error = np.sqrt(share * (1 - share) / runs)
    assert (np.abs(came / runs - share)[loose] < 4.5 * error[loose]).all()


def test_pairs_of_an_exact_balance() -> None:
    # Two kinds of two rows each, half of everything: always one of each kind, all four pairs alike.
    rng = np.random.default_rng(2)
    y, runs, seen = np.array([[1.0], [1.0], [5.0], [5.0]]), 4_000, np.zeros((2, 2))
    for _ in range(runs):
        chance, held, _ = balanced(np.full(4, 0.5), y, rng.random(4), SILENT)
        assert held == 1
        one, two = np.flatnonzero(chance)
        assert one < 2 <= two
        seen[one, two - 2] += 1
    assert np.abs(seen / runs - 0.25).max() < 4.5 * np.sqrt(0.25 * 0.75 / runs)


def test_means_are_far_nearer_than_in_random_subsets() -> None:
    inputs = made(1_000)
    assert inputs.frame is not None
    for on, names in ((["a", "b"], ["a", "b"]), (["features"], [])):
        z = inputs.frame[names].to_numpy() if names else inputs.features.matrix  # type: ignore[union-attr]
        off: dict[str, list[float]] = {"cube": [], "random": []}
        for seed in range(30):
            for name, params in (("cube", {"on": on}), ("random", {})):
                rows = select(name, inputs, 100, seed=seed, params=params).rows
                off[name].append(float(np.abs(z[rows].mean(axis=0) - z.mean(axis=0)).mean()))
        assert np.mean(off["cube"]) < 0.35 * np.mean(off["random"])


def test_categories_come_in_their_share() -> None:
    inputs = made(300)
    assert inputs.frame is not None
    kind = inputs.frame["kind"].to_numpy()
    for seed in range(10):
        rows = run(inputs, 60, seed, on=["kind"]).rows
        for word in "xyz":
            assert abs((kind[rows] == word).sum() - (kind == word).sum() / 5) < 2.5


def test_total_of_the_size_is_exact_and_totals_are_unbiased() -> None:
    inputs = made(40)
    assert inputs.frame is not None
    x = inputs.frame["size"].to_numpy().copy()
    x[:3] = [30.0, 40.0, 50.0]
    inputs = replace(inputs, frame=inputs.frame.assign(size=x))
    y, uncapped = x + 0.5, 12 * x / x.sum()
    assert uncapped.max() > 1
    right, wrong = [], []
    for seed in range(2_000):
        found = run(inputs, 12, seed, on=["a"], size="size")
        assert len(found) == 12
        assert (x[found.rows] * found.weight).sum() == pytest.approx(x.sum())
        right.append((y[found.rows] * found.weight).sum())
        wrong.append((y[found.rows] / uncapped[found.rows]).sum())
    for totals, holds in ((right, True), (wrong, False)):
        error = np.std(totals, ddof=1) / np.sqrt(len(totals))
        assert (abs(np.mean(totals) - y.sum()) < 4 * error) == holds


def test_named_first_holds_best() -> None:
    inputs = made(400)
    assert inputs.frame is not None
    off = {"a": [0.0, 0.0], "b": [0.0, 0.0]}
    for seed in range(60):
        for at, on in enumerate((["a", "features", "b"], ["b", "features", "a"])):
            rows = run(inputs, 30, seed, on=on).rows
            for name in "ab":
                y = inputs.frame[name].to_numpy()
                off[name][at] += abs(y[rows].mean() - y.mean())
    assert off["a"][0] < off["a"][1]
    assert off["b"][1] < off["b"][0]


def test_the_note_says_how_well_it_balanced() -> None:
    inputs = made()
    assert inputs.frame is not None
    found = run(inputs, 40, on=["a"])
    a = inputs.frame["a"].to_numpy()
    off = abs(a[found.rows].mean() - a.mean()) / a.std()
    assert f"(a) misses by {off:.2g} standard deviations" in found.notes[0]
    assert "about 0.14 in random subsets" in found.notes[0]  # √(1/40 − 1/200)
    assert any("settled by dropping" in note for note in found.notes)


def test_nothing_to_balance_on() -> None:
    found = run(made(), 40, on=["flat"])
    assert len(found) == 40
    assert "only the size" in found.notes[0]


def test_pins() -> None:
    found = run(replace(made(), pins=np.array([5, 6])), 22, on=["a"])
    assert found.rows[:2].tolist() == [5, 6]
    assert np.allclose(found.inclusion[2:], 20 / 198)


def test_refusals() -> None:
    with pytest.raises(ParameterError, match="200 numbers"):
        run(made(), 40, on=["id"])
    inputs = made()
    assert inputs.frame is not None
    bad = inputs.frame.assign(size=np.where(np.arange(200) == 4, -1.0, 1.0))
    with pytest.raises(ColumnError, match="1 row is negative"):
        run(replace(inputs, frame=bad), 9, size="size")
    some = replace(inputs, frame=inputs.frame.assign(size=(np.arange(200) < 50).astype(float)))
    assert run(some, 50, size="size").rows.max() < 50
    with pytest.raises(BudgetError, match="at most 50 rows"):
        run(some, 51, size="size")
