"""Design points: the designs themselves, the nearest free rows by brute force, and a grid that holds them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.foundation.errors import NeedError, ParameterError
from core.foundation.permanent_random import Draws
from core.foundation.progress import SILENT
from core.model.inputs import Inputs
from core.strategies.contract.population import population
from core.strategies.model.design_points import nearest_free, unit_design
from core.strategies.running.select import select
from tests.core.strategies.spread.test_k_center import rows_of

NONE = np.empty(0, np.int64)


@given(count=st.integers(1, 70), axes=st.integers(1, 6), seed=st.integers(0, 99))
@settings(max_examples=30)
def test_a_latin_hypercube_has_one_point_in_each_slice_of_each_axis(count: int, axes: int, seed: int) -> None:
    points = unit_design("lhs", axes, count, np.random.default_rng(seed))
    for axis in points.T:
        assert sorted(np.floor(axis * count).astype(int)) == list(range(count))


@pytest.mark.parametrize("design", ["sobol", "halton"])
def test_sequences_fill_the_cube_more_evenly_than_chance(design: str) -> None:
    from scipy.stats import qmc

    for count in (1, 2, 33, 128):
        assert unit_design(design, 3, count, np.random.default_rng(0)).shape == (count, 3)
    ours = [qmc.discrepancy(unit_design(design, 3, 100, np.random.default_rng(seed))) for seed in range(10)]
    chance = [qmc.discrepancy(np.random.default_rng(seed).random((100, 3))) for seed in range(30)]
    assert max(ours) < min(chance)


@given(seed=st.integers(0, 10_000), n=st.integers(1, 30), whole=st.booleans(), pinned=st.integers(0, 3))
@settings(max_examples=60)
def test_each_point_gets_the_nearest_free_row(seed: int, n: int, whole: bool, pinned: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, (n, 2)).astype(float) if whole else rng.normal(size=(n, 2))
    points = rng.normal(size=(int(rng.integers(min(n, pinned), n + 1)), 2))
    pins = np.sort(rng.choice(n, min(pinned, len(points)), replace=False))
    rows, gaps, moved = nearest_free(x, points, pins, SILENT)
    left, free, want, lost = list(range(len(points))), set(range(n)) - set(pins.tolist()), pins.tolist(), 0
    far = ((x[:, None] - points[None]) ** 2).sum(axis=2)
    for row in pins.tolist():
        left.remove(min(left, key=lambda at: (far[row, at], at)))
    for at in left:
        best = min(free, key=lambda row: (far[row, at], row))
        lost += int(far[:, at].argmin()) not in free
        free.remove(best)
        want.append(best)
    assert rows.tolist() == want
    assert moved == lost
    assert len(set(rows.tolist())) == len(points) == len(gaps)


def grid(side: int) -> Inputs:
    """Rows at the centres of side × side cells of a box that the corner rows close, as two columns."""
    at = (np.arange(side) + 0.5) / side
    a, b = np.meshgrid(at, at)
    frame = pd.DataFrame({"a": [*a.ravel(), 0.0, 1.0], "b": [*b.ravel(), 0.0, 1.0]})
    keys = rows_of(np.zeros((len(frame), 1), np.float32)).keys
    return Inputs(keys=keys, frame=frame)


@pytest.mark.parametrize("design", ["lhs", "sobol", "halton"])
def test_on_a_full_grid_the_rows_are_the_cells_of_the_design(design: str) -> None:
    side, inputs = 64, grid(64)
    assert inputs.frame is not None
    for seed in range(3):
        found = select(
            "design-points", inputs, 16, seed=seed, params={"on": ["a", "b"], "design": design, "trim": 0.0}
        )
        taken = inputs.frame.iloc[found.rows].to_numpy()
        # Axes are standardised, which changes neither cells nor, both alike, the nearest row.
        if design == "lhs":
            for axis in taken.T:
                assert sorted(np.floor(axis * 16).astype(int)) == list(range(16))
        rng = Draws(inputs.keys, seed, "design-points/2").generator(design)
        points = unit_design(design, 2, 16, rng)
        want = {tuple(cell) for cell in np.floor(points * side).astype(int).tolist()}
        assert {tuple(cell) for cell in np.floor(taken * side).astype(int).tolist()} == want


def test_quantiles_keep_a_stray_row_from_stretching_the_box() -> None:
    rng = np.random.default_rng(0)
    a = np.append(rng.random(300), 1_000.0)
    inputs = Inputs(keys=rows_of(a[:, None].astype(np.float32)).keys, frame=pd.DataFrame({"a": a}))
    stretched = a[select("design-points", inputs, 20, params={"on": ["a"], "trim": 0.0}).rows]
    kept = a[select("design-points", inputs, 20, params={"on": ["a"], "trim": 0.02}).rows]
    assert (stretched > 0.85).sum() > 15  # nearly all points fell where no row is
    assert np.histogram(kept, bins=4, range=(0, 1))[0].min() >= 4


def test_axes_may_be_columns_scores_and_components() -> None:
    inputs = population()
    found = select(
        "design-points", inputs, 9, params={"on": ["y", "c", "scores", "features"], "components": 2}
    )
    assert len(found) == 9
    assert found.notes[-2].startswith("7 axes.")
    missing = replace(inputs, frame=inputs.frame.assign(y=inputs.frame.y.where(inputs.frame.y > 1.1)))  # type: ignore[union-attr]
    assert any(
        "without y" in note for note in select("design-points", missing, 9, params={"on": ["y"]}).notes
    )
    with pytest.raises(NeedError, match="features"):
        select("design-points", replace(inputs, features=None), 9)
    many = replace(inputs, frame=pd.DataFrame({"c": [f"v{at % 45}" for at in range(90)]}))
    assert len(select("design-points", many, 9, params={"on": ["c"]})) == 9
    wide = Inputs(
        keys=rows_of(np.zeros((1_100, 1), np.float32)).keys,
        frame=pd.DataFrame({"c": [*map(str, range(1_100))]}),
    )
    with pytest.raises(ParameterError, match="1,100 axes"):
        select("design-points", wide, 9, params={"on": ["c"]})


def test_the_distance_to_the_design_is_told() -> None:
    rng = np.random.default_rng(1)
    full, thin = rng.random((2_000, 2)), np.repeat(rng.random((2_000, 1)), 2, axis=1)
    told = []
    for x in (full, thin + rng.normal(0, 1e-3, thin.shape)):
        frame = pd.DataFrame(x, columns=["a", "b"])
        inputs = Inputs(keys=rows_of(x.astype(np.float32)).keys, frame=frame)
        note = select("design-points", inputs, 30, params={"on": ["a", "b"]}).notes[-2]
        told.append(float(note.split("lies ")[1].split(" ")[0]))
    assert told[0] < 0.1 < told[1]  # rows on a line fill only part of their box


def test_without_any_axis_rows_are_drawn() -> None:
    inputs = population(40, kind="constant")
    drawn = {tuple(select("design-points", inputs, 5, seed=seed).rows) for seed in range(9)}
    assert len(drawn) == 9
