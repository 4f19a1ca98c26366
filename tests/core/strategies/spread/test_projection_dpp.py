"""Projection DPP: its law and leverage by enumeration, unbiased totals and least squares, multiplicities."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from core.foundation.progress import SILENT
from core.strategies.parts.spectrum import basis, gram
from core.strategies.running.select import select
from tests.core.strategies.spread.test_k_center import rows_of
from tests.core.strategies.spread.test_k_dpp import drawn, fits, law_of, marginals, picks, points


def kernel_of(x: NDArray[np.float32], intercept: bool) -> NDArray[np.float64]:
    """Projection onto the columns, by QR in double precision."""
    full = np.column_stack([np.ones(len(x)), x]) if intercept else x
    q = np.linalg.qr(full.astype(np.float64))[0]
    return q @ q.T


@pytest.mark.parametrize("intercept", [True, False])
def test_law_and_leverage_by_enumeration(intercept: bool) -> None:
    x = points(8, 3)
    m = 3 + intercept
    kernel = kernel_of(x, intercept)
    law = law_of(kernel, m)
    assert fits(law, drawn("projection-dpp", rows_of(x), m, 1_500, intercept=intercept)) > 1e-4
    assert np.allclose(marginals(law, 8), np.diag(kernel))
    found = select("projection-dpp", rows_of(x), m, params={"intercept": intercept})
    assert found.inclusion is not None
    assert found.multiplicity is None
    assert np.allclose(found.inclusion, np.diag(kernel)[found.rows], rtol=1e-5)


def test_totals_and_least_squares_are_unbiased_under_the_law() -> None:
    """Over all subsets: Σ f/ℓ is the total, the fit to S is unbiased, its loss (m + 1) times the best."""
    rng = np.random.default_rng(4)
    x, y = points(9, 2), rng.normal(size=9)
    full = np.column_stack([np.ones(9), x]).astype(np.float64)
    law = law_of(kernel_of(x, True), 3)
    leverage = np.diag(kernel_of(x, True))
    best, loss = np.linalg.lstsq(full, y)[:2]
    total, fit, mean = 0.0, np.zeros(3), 0.0
    for rows, chance in law.items():
        part = list(rows)
        total += chance * float((y[part] / leverage[part]).sum())
        solved = np.linalg.solve(full[part], y[part])
        fit += chance * solved
        mean += chance * float(((full @ solved - y) ** 2).sum())
    assert total == pytest.approx(y.sum())
    assert np.allclose(fit, best)
    assert mean == pytest.approx(4 * float(loss[0]))
    # The draws themselves reach the same fit.
    fits_drawn = np.array(
        [np.linalg.solve(full[list(r)], y[list(r)]) for r in drawn("projection-dpp", rows_of(x), 3, 1_500)]
    )
    error = fits_drawn.std(axis=0, ddof=1) / np.sqrt(len(fits_drawn))
    assert (np.abs(fits_drawn.mean(axis=0) - best) < 4.5 * error).all()


@pytest.mark.parametrize("variant", ["volume-rescaled", "repeated"])
@pytest.mark.parametrize("budget", [8, 11])
def test_beyond_the_rank_draws_are_counted(variant: str, budget: int) -> None:
    x = points(12, 3)
    leverage = np.diag(kernel_of(x, True))
    times, totals = np.zeros(12), []
    y = x[:, 0] ** 2 + 1.0
    runs = 600
    for seed in range(runs):
        found = picks("projection-dpp", rows_of(x), budget, seed, variant=variant)
        assert found.inclusion is None
        assert found.multiplicity is not None
        assert found.weight is not None
        assert found.multiplicity.sum() == budget
        want = found.multiplicity * 4 / (budget * leverage[found.rows])
        assert np.allclose(found.weight, want, rtol=1e-5)
        times[found.rows] += found.multiplicity
        totals.append(float((found.weight * y[found.rows]).sum()))
    # A row's number of draws has at most this variance, whichever way the draws depend on each other.
    error = np.sqrt(budget * leverage / runs)
    assert (np.abs(times / runs - budget * leverage / 4) < 4.5 * error).all()
    assert abs(np.mean(totals) - y.sum()) < 4.5 * np.std(totals, ddof=1) / np.sqrt(runs)


def test_weighted_least_squares_is_unbiased_when_volume_rescaled() -> None:
    rng = np.random.default_rng(8)
    x, y = points(10, 2, seed=6), rng.normal(size=10)
    full = np.column_stack([np.ones(10), x]).astype(np.float64)
    best = np.linalg.lstsq(full, y)[0]
    got = []
    for seed in range(1_500):
        found = picks("projection-dpp", rows_of(x), 6, seed)
        assert found.weight is not None
        root = np.sqrt(found.weight)
        got.append(np.linalg.lstsq(full[found.rows] * root[:, None], y[found.rows] * root)[0])
    error = np.std(got, axis=0, ddof=1) / np.sqrt(len(got))
    assert (np.abs(np.mean(got, axis=0) - best) < 4.5 * error).all()


def test_whole_repetitions_span_everything() -> None:
    x = points(20, 3)
    found = select("projection-dpp", rows_of(x), 8, seed=3, params={"variant": "repeated"})
    full = np.column_stack([np.ones(20), x])
    assert np.linalg.matrix_rank(full[found.rows]) == 4


def test_leading_directions_only() -> None:
    x = points(50, 6)
    x[:, 0] *= 40
    found = select("projection-dpp", rows_of(x), 2, params={"dimension": 2})
    centred = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    first = np.linalg.svd(centred, full_matrices=False)[0][:, 0]
    assert found.inclusion is not None
    assert np.allclose(found.inclusion, 1 / 50 + first[found.rows] ** 2, rtol=1e-4)
    wide = select("projection-dpp", rows_of(x), 5, params={"dimension": 30})
    assert "5 directions were used" in wide.notes[0]


def test_the_unit_of_features_leaves_the_constant_alone() -> None:
    x = points(60, 4)
    rows = select("projection-dpp", rows_of(x), 3, seed=1).rows
    assert np.array_equal(rows, select("projection-dpp", rows_of(x * np.float32(2**20)), 3, seed=1).rows)


@pytest.mark.parametrize("value", [0.0, 0.1])
def test_constant_features_are_drawn_evenly(value: float) -> None:
    x = np.full((10, 3), value, np.float32)
    for intercept in (True, False):
        found = select("projection-dpp", rows_of(x), 7, params={"intercept": intercept})
        assert found.multiplicity is not None
        assert found.weight is not None
        assert found.multiplicity.sum() == 7
        assert found.weight.sum() == pytest.approx(10)
        stood_in = any("stood in" in note for note in found.notes)
        assert stood_in == (value == 0 and not intercept)


def test_rows_without_a_direction_are_told() -> None:
    x = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [2.0, 1.0]], np.float32)
    found = select("projection-dpp", rows_of(x), 2, params={"intercept": False})
    assert 2 not in found.rows
    assert "1 row has no part" in found.notes[0]


def test_pins_come_first_and_the_rest_is_a_design_of_its_own() -> None:
    x = points(12, 2)
    inputs = replace(rows_of(x), pins=np.array([3, 7]))
    rest = np.delete(np.arange(12), [3, 7])
    leverage = dict(zip(rest.tolist(), np.diag(kernel_of(x[rest], True)), strict=True))
    found = select("projection-dpp", inputs, 5)
    assert found.rows[:2].tolist() == [3, 7]
    assert found.inclusion is not None
    want = [1.0, 1.0] + [leverage[int(row)] for row in found.rows[2:]]
    assert np.allclose(found.inclusion, want, rtol=1e-5)
    more = select("projection-dpp", inputs, 9)
    assert more.multiplicity is not None
    assert more.weight is not None
    assert more.multiplicity.sum() == 9
    assert more.weight[:2].tolist() == [1.0, 1.0]


def test_basis_is_orthonormal_and_spans_the_features() -> None:
    x = points(200, 5) + np.float32(100)
    found = basis(x, None, True, 99, SILENT)
    q = found.q.astype(np.float64)
    assert (found.rank, found.constant) == (6, True)
    assert np.allclose(q.T @ q, np.eye(6), atol=1e-5)
    assert np.allclose(q @ (q.T @ x), x, atol=1e-2)
    double = np.column_stack([x, 2 * x[:, :1]]).astype(np.float32)
    assert basis(double, None, False, 99, SILENT).rank == 5
    assert np.allclose(gram(x, SILENT), x.astype(np.float64).T @ x.astype(np.float64))


def test_every_pair_is_as_likely_as_its_volume() -> None:
    """Repetition changes nothing about a single round: pairs of the 2-dimensional law, counted."""
    x = points(6, 1)
    kernel = kernel_of(x, True)
    law = law_of(kernel, 2)
    pairs = {rows: kernel[rows[0], rows[0]] * kernel[rows[1], rows[1]] - kernel[rows] ** 2 for rows in law}
    assert all(law[rows] == pytest.approx(pairs[rows]) for rows in combinations(range(6), 2))
    assert fits(law, drawn("projection-dpp", rows_of(x), 2, 2_000)) > 1e-4


def test_rows_outside_the_directions_are_told() -> None:
    x = np.zeros((10, 2), np.float32)
    x[:6, 0] = np.arange(1, 7)
    x[6:, 1] = 1e-3 * np.arange(1, 5)  # another direction, which is not among the leading one
    found = select("projection-dpp", rows_of(x), 1, params={"intercept": False})
    assert "4 rows have no part in any direction: a π of 0" in found.notes[0]
    assert found.rows[0] < 6
    assert not select("projection-dpp", rows_of(x), 2, params={"intercept": False}).notes
