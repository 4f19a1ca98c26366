"""Chances for several means: optimal where that is known, unbiased always, and weights that say so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from core.foundation.errors import ColumnError, NeedError
from core.foundation.progress import SILENT
from core.model.inputs import Inputs
from core.strategies.draws.multi_importance import tuned, variances
from core.strategies.parts.leverage_scores import drawn_again
from core.strategies.running.select import select
from tests.core.strategies.spread.test_k_center import rows_of

Values = NDArray[np.float64]


def planted(n: int = 400) -> Values:
    """Two indicators of rare rows and a skewed number, standardised."""
    rng = np.random.default_rng(0)
    phi = np.column_stack([rng.random(n) < 0.03, rng.random(n) < 0.02, rng.exponential(size=n)])
    return (phi - phi.mean(axis=0)) / phi.std(axis=0)


def with_columns(phi: Values) -> Inputs:
    """Inputs with these numbers as columns a, b, c …"""
    x = np.random.default_rng(1).normal(size=(len(phi), 5)).astype(np.float32)
    names = [chr(ord("a") + at) for at in range(phi.shape[1])]
    return replace(rows_of(x), frame=pd.DataFrame(phi, columns=names))


def uniform_chances(phi: Values) -> Values:
    return np.full(len(phi), 1 / len(phi))


def test_variance_of_a_draw_is_the_formula_and_the_mean_is_right() -> None:
    rng = np.random.default_rng(2)
    phi = rng.normal(size=(12, 2)) + 1.0
    chance, beta = rng.dirichlet(np.ones(12)), rng.normal(size=2)
    w = 1 / (12 * chance)
    value = phi * w[:, None] + beta * (1 - w[:, None])  # all outcomes of one draw
    mean = chance @ value
    assert np.allclose(mean, phi.mean(axis=0)), "unbiased for any β and g > 0"
    assert np.allclose(chance @ (value - mean) ** 2, variances(phi, chance, beta))


def test_one_number_with_beta_below_it_has_no_variance() -> None:
    phi = np.random.default_rng(3).random((50, 1))
    for beta in (phi.min() - 0.1, -5.0):
        chance = (phi[:, 0] - beta) / (phi[:, 0] - beta).sum()
        assert variances(phi, chance, np.array([beta]))[0] == pytest.approx(0, abs=1e-12)
    assert variances(phi, uniform_chances(phi), np.zeros(1))[0] > 0.05


@pytest.mark.parametrize("least", [0.01, 0.1, 0.5])
def test_chances_are_the_best_above_the_floor(least: float) -> None:
    phi = planted(60)
    chance, beta = tuned(phi, least, False, SILENT)
    assert np.allclose(beta, 0, atol=1e-12)
    assert chance.sum() == pytest.approx(1)
    assert chance.min() >= least / 60 * (1 - 1e-9)
    best = variances(phi, chance, beta).sum()
    rng = np.random.default_rng(4)
    for _ in range(300):  # no other chances above the floor do better
        other = least / 60 + (1 - least) * rng.dirichlet(np.full(60, 0.7))
        assert variances(phi, other, beta).sum() > best
        near = np.maximum(chance * np.exp(rng.normal(0, 0.05, 60)), least / 60)
        near = least / 60 + (near - least / 60) * (1 - least) / (near - least / 60).sum()
        assert variances(phi, near, beta).sum() >= best * (1 - 1e-9)


def test_fitting_control_variates_beats_the_means_and_those_beat_uniform_draws() -> None:
    phi = planted()
    uniform = variances(phi, uniform_chances(phi), np.zeros(3)).sum()
    still = variances(phi, *tuned(phi, 0.1, False, SILENT)).sum()
    chance, beta = tuned(phi, 0.1, True, SILENT)
    fitted = variances(phi, chance, beta).sum()
    assert fitted < 0.7 * still < 0.7 * 0.7 * uniform
    for shift in np.eye(3) * 0.05:  # β is the best for these chances
        assert variances(phi, chance, beta + shift).sum() > fitted * (1 - 2e-3)


def test_weighted_totals_are_unbiased_and_means_beat_uniform_draws() -> None:
    phi = planted()
    inputs = with_columns(phi)
    y = np.random.default_rng(5).random(len(phi)) + phi[:, 2]
    totals, means, plain = [], [], []
    for seed in range(500):
        found = select("multi-importance", inputs, 40, seed=seed, params={"of": ["a", "b", "c"]})
        assert found.weight is not None
        totals.append((y[found.rows] * found.weight).sum())
        means.append(found.weight @ phi[found.rows] / found.weight.sum())
        plain.append(phi[select("random", inputs, 40, seed=seed).rows].mean(axis=0))
    error = np.std(totals, ddof=1) / np.sqrt(500)
    assert abs(np.mean(totals) - y.sum()) < 4 * error
    assert np.mean(np.square(means)) < 0.7 * np.mean(np.square(plain))


def test_multiplicity_and_weights_belong_together() -> None:
    phi = planted()
    inputs = with_columns(phi)
    found = select("multi-importance", inputs, 300, params={"of": ["a", "b"]})
    assert found.multiplicity is not None
    assert found.weight is not None
    assert found.multiplicity.sum() == 300
    assert found.multiplicity.max() > 1
    chance, _ = tuned(phi[:, :2], 0.1, False, SILENT)
    assert np.allclose(found.weight, found.multiplicity / (300 * chance[found.rows]))
    assert found.weight.max() <= found.multiplicity.max() * len(phi) / (0.1 * 300) + 1e-9
    w = 1 / (len(phi) * chance[found.rows])
    effective = (found.multiplicity * w).sum() ** 2 / (found.multiplicity * w**2).sum()
    assert f"worth {effective:,.0f} draws" in found.notes[0]
    assert "a, b, which must be known for every row" in found.notes[1]


def test_notes_tell_what_control_variates_are_and_what_they_bring() -> None:
    phi = planted()
    params = {"of": ["a", "b", "c"], "control": "fitted"}
    notes = " ".join(select("multi-importance", with_columns(phi), 20, params=params).notes)
    chance, beta = tuned(phi, 0.1, True, SILENT)
    assert ", ".join(f"{value:.3g}" for value in beta) in notes
    assert f"factor is {variances(phi, chance, beta).sum() / 3:.2f}" in notes
    assert f"vary {variances(phi, chance, phi.mean(axis=0)).sum() / 3:.2f} times" in notes


def test_features_scores_and_missing_values() -> None:
    inputs = with_columns(planted())
    notes = " ".join(select("multi-importance", inputs, 20).notes)
    assert "component 1, component 2, component 3, component 4, component 5," in notes
    assert inputs.frame is not None
    holes = replace(inputs, frame=inputs.frame.assign(c=inputs.frame["c"].mask(np.arange(400) < 7)))
    assert "7 rows without c" in " ".join(select("multi-importance", holes, 20, params={"of": ["c"]}).notes)
    with pytest.raises(NeedError):
        select("multi-importance", inputs, 20, params={"of": ["scores"]})
    with pytest.raises(ColumnError):
        select("multi-importance", inputs, 20, params={"of": ["nothing"]})


def test_columns_that_do_not_vary_mean_uniform_draws() -> None:
    found = select("multi-importance", with_columns(np.ones((30, 1))), 10, params={"of": ["a"]})
    assert "every row had the same chance" in " ".join(found.notes)
    assert found.weight is not None
    assert found.multiplicity is not None
    assert np.allclose(found.weight, 3.0 * found.multiplicity)


def test_pins_count_once_and_the_rest_stands_for_the_rest() -> None:
    inputs = replace(with_columns(planted()), pins=np.array([5, 17]))
    found = select("multi-importance", inputs, 30)
    assert found.rows[:2].tolist() == [5, 17]
    assert found.weight is not None
    assert found.weight[:2].tolist() == [1.0, 1.0]
    sums = []
    for seed in range(400):
        weight = select("multi-importance", inputs, 30, seed=seed).weight
        assert weight is not None
        sums.append(weight.sum())
    assert abs(np.mean(sums) - 400) < 4 * np.std(sums, ddof=1) / 20
    only = select("multi-importance", inputs, 2)
    assert only.rows.tolist() == [5, 17]


def test_draws_with_replacement_follow_their_chances() -> None:
    chance = np.array([0.1, 0.0, 0.6, 0.3])
    which, often = drawn_again(chance, 20_000, np.random.default_rng(0))
    assert sorted(which.tolist()) == [0, 2, 3]
    share = np.zeros(4)
    share[which] = often / 20_000
    assert np.allclose(share, chance, atol=0.015)
    order = np.random.default_rng(1).random(3)
    first, _ = drawn_again(chance, 3, np.random.default_rng(1))
    assert first[0] == np.searchsorted(np.cumsum(chance), order[0], side="right")
