"""P-values of means: against all subsets, against other ways to the same, and for uniform row sets."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from core.analysis.contrast import mean_tests
from core.analysis.contrast.mean_tests import DRAWN_BELOW, DRAWS, draws_for, mean_p, row_sets
from core.analysis.contrast.population import KnownNumbers, population_of
from core.data.load import load


def columns(**values: np.ndarray) -> tuple[KnownNumbers, ...]:
    import pandas as pd

    frame = pd.DataFrame({**values, "id": np.arange(len(next(iter(values.values())))).astype(str)})
    data = load(frame, name="toy", roles={"id": "id", **dict.fromkeys(values, "number")})
    found = {one.column: one for one in population_of(data).numbers}
    # Rows as they were given, so that masks fit.
    back = np.argsort(data.order)
    return tuple(
        KnownNumbers(name, found[name].quantity, found[name].standard[back], *rest(found[name]))
        for name in values
    )


def rest(one: KnownNumbers) -> tuple[float, float, int]:
    return one.mean, one.spread, one.known


def mask(n: int, rows) -> np.ndarray:
    made = np.zeros(n, bool)
    made[list(rows)] = True
    return made


def by_force(values: np.ndarray, selected: np.ndarray) -> float:
    """Share of all subsets of this size whose mean is as far out, known values alone."""
    known = ~np.isnan(values)
    values, held = values[known], np.flatnonzero(selected[known])
    every = np.array(list(combinations(range(len(values)), len(held))))
    out = np.abs(values[every].mean(axis=1) - values.mean())
    return float((out >= abs(values[held].mean() - values.mean()) - 1e-9).mean())


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), held=st.integers(1, 10), holes=st.booleans())
def test_drawn_p_is_the_share_of_all_subsets_as_far_out(seed, held, holes):
    rng = np.random.default_rng(seed)
    values = np.exp(1.5 * rng.normal(size=11))
    if holes:
        values[rng.integers(0, 11)] = np.nan
    selected = mask(11, rng.permutation(11)[:held])
    known = selected[~np.isnan(values)]
    if known.all() or not known.any():
        return
    (p,) = mean_p(columns(x=values), selected, np.random.default_rng(1), tests=1)
    true = by_force(values, selected)
    # 20 hits end the drawing, so the relative error of p is about 1/√20 where p is not near 1.
    assert p == pytest.approx(true, abs=4.5 * true * np.sqrt((1 - true) / 20) + 0.005)


def test_few_draws_that_are_certain_give_what_they_must():
    (p,) = mean_p(columns(x=np.arange(40.0)), mask(40, range(5)), np.random.default_rng(0), tests=1)
    assert p == 1 / (1 + DRAWS)  # 1 of 658,008 subsets lies as far out on either side
    assert draws_for(500) == 99_999


def test_a_mean_of_two_values_is_exact():
    from scipy.stats import hypergeom

    values = np.repeat([3.0, 8.0], [30, 10])
    (p,) = mean_p(columns(x=values), mask(40, range(20, 36)), np.random.default_rng(0), tests=1)
    assert p == pytest.approx(2 * hypergeom.sf(5, 40, 10, 16))


def test_a_normal_column_has_the_exact_variance_without_replacement():
    rng = np.random.default_rng(4)
    values = rng.normal(size=6_000)
    selected = mask(6_000, range(2_000))
    (p,) = mean_p(columns(x=values), selected, np.random.default_rng(0), tests=10)
    error = values.std(ddof=1) * np.sqrt((1 - 1 / 3) / 2_000)
    z = (values[:2_000].mean() - values.mean()) / error
    assert p == pytest.approx(2 * norm.sf(abs(z)), rel=1e-9)


@pytest.mark.parametrize("held", [1_200, 2_800])
def test_every_way_agrees_with_whole_row_sets(held, monkeypatch):
    """Skewed, counted and normal columns beside 8,000 row sets drawn here, at three distances."""
    rng = np.random.default_rng(9)
    n = 4_000
    values = {
        "lognormal": np.exp(2 * rng.normal(size=n)),
        "amount": np.where(rng.random(n) < 0.03, np.exp(rng.normal(size=n)), 0.0),
        "visits": rng.poisson(0.02, n).astype(float),
        "normal": rng.normal(size=n),
    }
    ways = []
    for name in ("_by_value", "_by_far_rows", "_by_row"):
        way = getattr(mean_tests, name)
        monkeypatch.setattr(mean_tests, name, lambda *a, way=way, name=name: ways.append(name) or way(*a))
    made = columns(**values)
    sets = rng.random((8_000, n), dtype=np.float32).argpartition(held, axis=1)[:, :held]
    drawn = {name: np.abs(one[sets].sum(axis=1) - held * one.mean()) for name, one in values.items()}
    for at, column in enumerate(made):
        out = values[column.column]
        for quantile in (0.5, 0.95, 0.997):
            far = np.quantile(drawn[column.column], quantile)
            row = int(np.abs(drawn[column.column] - far).argmin())
            (p,) = mean_p([made[at]], mask(n, sets[row]), np.random.default_rng(2), tests=20)
            true = (drawn[column.column] >= abs(out[sets[row]].sum() - held * out.mean()) - 1e-9).mean()
            assert p == pytest.approx(true, rel=0.6 if true < 0.4 else 0.9), (column.column, quantile)
    assert {"_by_value", "_by_far_rows"} <= set(ways)
    assert "_by_row" not in ways


def test_what_no_way_leads_to_has_no_p(monkeypatch):
    monkeypatch.setattr(mean_tests, "_LARGEST", 10)
    monkeypatch.setattr(mean_tests, "LEEWAY", 0.0)
    values = np.random.default_rng(0).pareto(0.3, 4_000)
    found = mean_p(columns(x=values), mask(4_000, range(DRAWN_BELOW)), np.random.default_rng(0), tests=20)
    assert np.isnan(found).all()


def test_bernstein_bounds_what_is_drawn():
    """Where the bound answers, the true p is no larger; a clear difference needs no draws."""
    rng = np.random.default_rng(0)
    values = rng.random(3_000)
    selected = mask(3_000, np.argsort(values)[:200])
    (p,) = mean_p(columns(x=values), selected, np.random.default_rng(0), tests=1)
    exact = 2 * norm.sf(abs(values[selected].mean() - values.mean()) / (values.std() * np.sqrt(1 / 200)))
    assert exact < p <= 1e-6


@pytest.mark.parametrize(("n", "size"), [(5, 2), (4, 3), (30, 2)])
def test_row_sets_are_uniform(n, size):
    rows = row_sets(np.random.default_rng(3), n, size, 40_000)
    assert (np.diff(rows, axis=1) > 0).all()
    names, counts = np.unique(rows, axis=0, return_counts=True)
    every = len(list(combinations(range(n), size)))
    assert len(names) == every
    expected = 40_000 / every
    assert ((counts - expected) ** 2 / expected).sum() < every - 1 + 4.5 * np.sqrt(2 * every)
