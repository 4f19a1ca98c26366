"""What strategies share: kernels of low rank, k-means, components, matrices of columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.foundation.errors import ColumnError, NeedError, ResourceError
from core.foundation.progress import SILENT
from core.strategies.contract.population import population
from core.strategies.parts import kernels
from core.strategies.parts.column_parameters import columns_matrix, components, grouping, numbers
from core.strategies.parts.kernels import factor, gaussian_width
from core.strategies.parts.kmeans import k_means
from core.strategies.running.select import select


def gaussian(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """The whole kernel, plainly."""
    wide = x.astype(np.float64)
    return np.exp(-((wide[:, None] - wide[None]) ** 2).sum(axis=2) / gaussian_width(x))


@given(seed=st.integers(0, 1_000), n=st.integers(2, 60), d=st.integers(1, 5))
@settings(max_examples=40)
def test_with_every_row_a_landmark_the_kernel_is_exact(seed: int, n: int, d: int) -> None:
    x = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    b = factor(x, "gaussian", n, SILENT).astype(np.float64)
    assert np.abs(b @ b.T - gaussian(x)).max() < 1e-4


def test_fewer_landmarks_never_say_too_much() -> None:
    x = np.random.default_rng(0).normal(size=(300, 3)).astype(np.float32)
    kernel = gaussian(x)
    errors = []
    for rank in (5, 40, 150):
        b = factor(x, "gaussian", rank, SILENT).astype(np.float64)
        assert b.shape[1] <= rank
        gap = kernel - b @ b.T
        assert np.linalg.eigvalsh(gap).min() > -1e-4  # Nyström's form lies below the kernel
        errors.append(np.trace(gap))
    assert errors[0] > errors[1] > errors[2]


def test_copies_and_constant_rows_lower_the_rank() -> None:
    x = np.repeat(np.random.default_rng(1).normal(size=(6, 2)), 5, axis=0).astype(np.float32)
    assert factor(x, "gaussian", 30, SILENT).shape[1] <= 6
    assert factor(np.ones((9, 2), np.float32), "gaussian", 9, SILENT).shape[1] == 1


def test_linear_kernel_is_the_features() -> None:
    x = np.random.default_rng(2).normal(size=(7, 3)).astype(np.float32)
    assert np.array_equal(factor(x, "linear", 2, SILENT), x)


def test_k_means_only_improves_and_holds_what_is_fixed() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(200, 4)).astype(np.float32)
    fixed = np.array([5, 17])
    costs = []
    for passes in (1, 3, 30):
        codes, centres = k_means(x, 9, np.random.default_rng(0), passes, SILENT, fixed)
        assert np.array_equal(centres[:2], x[fixed])
        costs.append(float(((x - centres[codes]) ** 2).sum()))
    assert costs[0] >= costs[1] >= costs[2]


def test_components_are_those_of_the_covariance() -> None:
    rng = np.random.default_rng(4)
    x = (rng.normal(size=(500, 3)) * [5, 2, 0.5]).astype(np.float32)
    found = components(x, 2)
    assert found.shape == (500, 2)
    assert np.allclose(found.mean(axis=0), 0, atol=1e-6)
    assert abs(np.corrcoef(found.T)[0, 1]) < 1e-6
    values = np.linalg.eigvalsh(np.cov(x.T))[::-1]
    assert np.allclose(found.var(axis=0, ddof=1), values[:2], rtol=1e-5)
    assert np.allclose(components(x[::-1].copy(), 2)[::-1], found, atol=1e-4)
    assert components(np.ones((5, 3), np.float32), 2).shape == (5, 0)


def test_columns_side_by_side() -> None:
    inputs = population(50)
    matrix, labels, notes = columns_matrix(inputs, ["y", "c", "groups", "scores", "features"], 2)
    assert labels[:4] == ("y", "c = x", "c = y", "c = z")
    assert labels[-3:] == ("scores", "component 1", "component 2")
    assert np.allclose(matrix.mean(axis=0), 0)
    assert np.allclose(matrix.std(axis=0), 1)
    assert "groups = empty" not in labels
    assert not notes


def test_missing_numbers_count_as_the_mean_and_say_so() -> None:
    frame = pd.DataFrame(
        {"a": pd.Series([1.0, None, 3.0] * 10), "none": pd.Series([None] * 30, dtype="Float64")}
    )
    inputs = replace(population(30), frame=frame)
    matrix, _, notes = columns_matrix(inputs, ["a"])
    assert np.allclose(matrix[1::3], 0)
    assert notes == ("10 rows without a count as its mean.",)
    with pytest.raises(ColumnError, match="no value"):
        columns_matrix(inputs, ["none"])
    assert columns_matrix(inputs, [])[0].shape == (30, 0)


def test_words_are_met_before_columns_and_refused_without_either() -> None:
    inputs = population(20)
    assert np.array_equal(numbers(inputs, "scores"), inputs.scores)
    assert np.array_equal(numbers(inputs, "order"), inputs.order)
    bare = replace(inputs, scores=None, order=None, groups=None, entities=None)
    for word in ("scores", "order"):
        with pytest.raises(NeedError):
            numbers(bare, word)
    for word in ("groups", "entities"):
        with pytest.raises(NeedError):
            grouping(bare, word)
    named = replace(bare, frame=pd.DataFrame({"scores": np.arange(20.0), "entities": ["a", "b"] * 10}))
    assert numbers(named, "scores").tolist() == list(range(20))
    assert grouping(named, "entities")[1] == ("a", "b")


def test_entities_group_their_rows() -> None:
    inputs = population(30)
    codes, names, _ = grouping(inputs, "entities")
    assert inputs.entities is not None
    assert len(names) == len(np.unique(inputs.entities))
    for code in range(len(names)):
        assert len(np.unique(inputs.entities[codes == code])) == 1


@pytest.mark.parametrize("unit", [2.0**1000, 2.0**-1000])
@pytest.mark.parametrize(
    ("strategy_id", "params"),
    [
        ("cube", {"on": ["y", "c"]}),
        ("multi-importance", {"of": ["y"]}),
        ("design-points", {"on": ["y"]}),
        ("stratified", {"allocation": "neyman", "spread": "y"}),
        ("entities", {"alike": "y"}),
        ("pps", {"size": "y"}),
    ],
)
def test_the_unit_of_a_column_does_not_matter(
    strategy_id: str, params: dict[str, object], unit: float
) -> None:
    inputs = population(40)
    assert inputs.frame is not None
    other = replace(inputs, frame=inputs.frame.assign(y=inputs.frame["y"] * unit))
    want, got = (select(strategy_id, made, 9, seed=1, params=params) for made in (inputs, other))
    assert np.array_equal(want.rows, got.rows)
    assert [note for note in want.notes if "y" in note] == [note for note in got.notes if "y" in note]


def test_components_do_not_depend_on_threads() -> None:
    from threadpoolctl import threadpool_limits

    x = np.random.default_rng(0).normal(size=(1_500, 384)).astype(np.float32)
    x[::3] = x[0]
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads, "blas"):
            found.append(components(x, 3))
    assert np.array_equal(*found)


def test_landmarks_that_do_not_fit_are_refused_with_how_many_would(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(size=(3_000, 2)).astype(np.float32)
    most = 700
    room = kernels.factor_memory(len(x), most) / kernels.MEMORY_SHARE
    monkeypatch.setattr(kernels, "free_memory", lambda: room + 1)
    assert len(factor(x, "gaussian", most, SILENT)) == len(x)
    with pytest.raises(ResourceError, match="at most 700 landmarks"):
        factor(x, "gaussian", 2_000, SILENT)
    assert factor(x, "linear", 2_000, SILENT) is x
