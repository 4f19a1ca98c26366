"""Leverage, Lewis weights and sensitivities against their definitions; weights that keep ℓp norms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.foundation.progress import SILENT
from core.strategies.model import leverage
from core.strategies.parts import leverage_scores
from core.strategies.running.select import select
from tests.core.strategies.spread.test_k_center import rows_of

Values = NDArray[np.float64]


def rows(n: int = 60, d: int = 4, seed: int = 0) -> NDArray[np.float32]:
    """Rows with heavy tails, so that scores differ."""
    return np.random.default_rng(seed).standard_t(3, (n, d)).astype(np.float32)


def matrix_of(x: NDArray[np.float32], intercept: bool) -> Values:
    """The matrix that scores are about."""
    a = x.astype(np.float64)
    return np.column_stack([a, np.ones(len(a))]) if intercept else a


def hat(a: Values) -> Values:
    """Leverage from the pseudo-inverse."""
    return np.einsum("ij,ji->i", a, np.linalg.pinv(a, rcond=1e-6))


def scores(x: NDArray[np.float32], score: str = "leverage", p: float = 1.0, **options: object) -> Values:
    """Scores as the strategy computes them."""
    given = {"intercept": True, "ridge": 0.0, "exact": False, **options}
    return leverage.scores(x, score, p, progress=SILENT, **given)[0]  # type: ignore[arg-type]


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("kind", ["full", "copied column", "constant column", "wide", "apart"])
def test_leverage_is_the_diagonal_of_the_hat_matrix(kind: str, intercept: bool) -> None:
    x = rows()
    if kind == "copied column":
        x = np.column_stack([x, x[:, 0] - x[:, 1]])
    if kind == "constant column":
        x[:, 2] = 7.0
    if kind == "wide":
        x = rows(10, 30)
    if kind == "apart":
        x = x * np.array([1e-6, 1.0, 1e5, 1.0], np.float32)
    a = matrix_of(x, intercept)
    want = hat(a / np.linalg.norm(a, axis=0))
    got = scores(x, intercept=intercept)
    assert np.allclose(got, want, atol=1e-6)
    assert got.sum() == pytest.approx(np.linalg.matrix_rank(a / np.linalg.norm(a, axis=0), 1e-6), abs=1e-6)


def test_ridge_leverage_adds_up_to_the_effective_dimension() -> None:
    x = rows()
    centred = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    values = np.linalg.eigvalsh(centred.T @ centred)
    penalty = 0.7 * values.mean()
    inverse = np.linalg.inv(centred.T @ centred + penalty * np.eye(4))
    want = np.einsum("ij,jk,ik->i", centred, inverse, centred) + 1 / len(x)
    got = scores(x, ridge=0.7)
    assert np.allclose(got, want)
    assert got.sum() == pytest.approx((values / (values + penalty)).sum() + 1)
    found = select("leverage", rows_of(x), 9, params={"ridge": 0.7})
    assert f"effective dimension {got.sum():.1f}" in found.notes[0]


@pytest.mark.parametrize(
    ("score", "p", "exact"),
    [("leverage", 1.0, False), ("root-leverage", 1.5, False), ("sensitivity", 1.0, True)]
    + [("sensitivity", p, False) for p in (1.0, 1.5, 3.0)],
)
def test_mixing_columns_changes_no_score(score: str, p: float, exact: bool) -> None:
    x = rows(40, 3)
    mixed = (x @ np.array([[2, 0, 1], [0, 1, -1], [1, 1, 3]], np.float32)) + np.float32(5)
    want = scores(x, score, p, exact=exact)
    assert np.allclose(scores(mixed, score, p, exact=exact), want, rtol=1e-3, atol=1e-6)
    assert want.std() > 0.05 * want.mean()


@pytest.mark.parametrize("p", [1.0, 1.5, 2.5, 4.0])
def test_lewis_weights_solve_their_equation(p: float) -> None:
    x = rows(80, 5)
    x[7] = 0.0
    made = leverage_scores.design(x, False, False, False, SILENT)
    weight, settled = leverage_scores.lewis_weights(made, p, SILENT)
    assert settled
    assert weight[7] == 0
    some = weight > 0
    scaled = x[some].astype(np.float64) * weight[some, None] ** (0.5 - 1 / p)
    assert np.allclose(hat(scaled), weight[some], rtol=1e-3)
    assert weight.sum() == pytest.approx(5, rel=1e-3)


def test_lewis_weights_of_one_column_and_of_squares() -> None:
    x = rows(30, 1)
    made = leverage_scores.design(x, False, False, False, SILENT)
    for p in (1.0, 3.0):
        power = np.abs(x[:, 0].astype(np.float64)) ** p
        assert np.allclose(leverage_scores.lewis_weights(made, p, SILENT)[0], power / power.sum(), rtol=1e-3)
    two = leverage_scores.design(rows(), True, True, False, SILENT)
    assert np.allclose(leverage_scores.lewis_weights(two, 2.0, SILENT)[0], scores(rows()))


def test_exact_sensitivities_are_those_of_the_plain_program() -> None:
    from scipy.optimize import linprog

    x = rows(15, 2, seed=3)
    a = matrix_of(x, True)
    n, d = a.shape
    # max a_i·x with |Ax| ≤ t, Σt ≤ 1: the definition, without the dual.
    under = np.block([[a, -np.eye(n)], [-a, -np.eye(n)], [np.zeros((1, d)), np.ones((1, n))]])
    limit = np.append(np.zeros(2 * n), 1.0)
    free = [(None, None)] * d + [(0, None)] * n
    want = [
        -float(linprog(np.append(-row, np.zeros(n)), A_ub=under, b_ub=limit, bounds=free).fun) for row in a
    ]
    got = scores(x, "sensitivity", exact=True)
    assert np.allclose(got, want, rtol=1e-6)
    assert 1 < got.sum() <= d + 1e-9
    assert (got <= scores(x, "sensitivity") * (1 + 1e-3)).all(), "Lewis weights bound them for p up to 2"
    one = rows(12, 1)
    size = np.abs(one[:, 0])
    assert np.allclose(scores(one, "sensitivity", exact=True, intercept=False), size / size.sum(), rtol=1e-5)


def test_a_score_that_is_another_one() -> None:
    x = rows()
    assert np.array_equal(scores(x, "sensitivity", 2.0), scores(x))
    assert np.allclose(scores(x, "root-leverage", 1.0) ** 2, scores(x))


@given(
    score=st.lists(st.floats(0, 1e6) | st.just(0.0), min_size=1, max_size=30),
    least=st.sampled_from([0.0, 0.05, 0.3, 0.9, 1.0]),
)
@settings(max_examples=200)
def test_floored_chances(score: list[float], least: float) -> None:
    value = np.array(score)
    got = leverage_scores.floored(value, least)
    n = len(value)
    assert got.sum() == pytest.approx(1)
    assert (got >= least / n * (1 - 1e-9)).all()
    if value.max() > 0:
        share = value / value.max()
        share /= share.sum()
        assert (got >= (1 - least) * share - 1e-9).all()
        up = got > least / n * (1 + 1e-9)
        if least < 1 and up.any():
            ratio = got[up] / share[up]
            assert np.allclose(ratio, ratio[0], rtol=1e-6)
    else:
        assert np.allclose(got, 1 / n)


@pytest.mark.parametrize(
    ("score", "p"), [("leverage", 2.0), ("root-leverage", 1.0), ("sensitivity", 1.0), ("sensitivity", 3.0)]
)
def test_weights_keep_the_norm_of_every_fit(score: str, p: float) -> None:
    x = rows(40, 2, seed=5)
    inputs = rows_of(x)
    norm = np.abs(matrix_of(x, True) @ np.array([1.0, -2.0, 0.5])) ** p
    drawn = [
        select("leverage", inputs, 12, seed=seed, params={"score": score, "p": p}) for seed in range(200)
    ]
    sums = [(norm[found.rows] * found.weight).sum() for found in drawn]
    error = np.std(sums, ddof=1) / np.sqrt(len(sums))
    assert abs(np.mean(sums) - norm.sum()) < 4 * error
    assert error < 0.03 * norm.sum()


def test_a_score_that_dwarfs_all_leaves_the_others_apart() -> None:
    """The floor is set again once certain rows have left; before, it made all others alike."""
    score = np.array([1e18, 1.0, 1.0, 3.0, 5.0])
    share = leverage_scores.floored_shares(score, 0.1, 2)
    assert share[0] == 1
    assert share[1:] == pytest.approx(score[1:] / 10)
    assert leverage_scores.floored_shares(score, 1.0, 2) == pytest.approx([0.4] * 5)
    assert leverage_scores.floored_shares(np.zeros(4), 0.1, 1) == pytest.approx([0.25] * 4)
    assert leverage_scores.floored_shares(score, 0.1, 5).tolist() == [1.0] * 5
    assert leverage_scores.floored_shares(score, 0.1, 0).tolist() == [0.0] * 5


@given(
    st.lists(st.floats(0, 1e6) | st.floats(0, 1), min_size=2, max_size=25),
    st.integers(1, 24),
    st.floats(0.01, 1),
)
def test_floored_shares(values: list[float], count: int, least: float) -> None:
    score = np.array(values)
    count = min(count, len(score))
    share = leverage_scores.floored_shares(score, least, count)
    assert share.sum() == pytest.approx(count)
    assert ((share > 0) & (share <= 1)).all()
    assert (share >= least * count / len(score) * (1 - 1e-9)).all()
    order = np.argsort(score, kind="stable")
    assert (np.diff(share[order]) >= -1e-9).all()


def test_uncapped_chances_would_be_found_out() -> None:
    """π = b·q without the cap of 1 gives wrong totals where a row stands out."""
    x = rows(30, 4, seed=8)
    x[4] *= 20
    inputs = rows_of(x)
    q = leverage_scores.floored(scores(x), 0.1)
    assert 9 * q.max() > 1.5
    y = (x.astype(np.float64) ** 2).sum(axis=1)
    made = []
    for seed in range(600):
        found = select("leverage", inputs, 9, seed=seed)
        assert found.inclusion is not None
        assert np.allclose(found.inclusion, leverage_scores.floored_shares(scores(x), 0.1, 9)[found.rows])
        made.append((found.rows, found.inclusion))
    sums = np.array([(y[at] / pi).sum() for at, pi in made])
    assert abs(sums.mean() - y.sum()) < 4 * sums.std(ddof=1) / np.sqrt(600)
    wrong = np.array([(y[at] / (9 * q[at])).sum() for at, _ in made])
    assert abs(wrong.mean() - y.sum()) > 4 * wrong.std(ddof=1) / np.sqrt(600)
    assert "sure to be drawn" in " ".join(select("leverage", inputs, 9).notes)


def test_no_weight_is_out_of_bounds() -> None:
    x = rows(50, 2)
    x[:20] = 0.0
    inputs = rows_of(x)
    for least in (0.1, 0.5):
        params = {"intercept": False, "uniform": least}
        drawn = [select("leverage", inputs, 10, seed=seed, params=params) for seed in range(40)]
        assert any((found.rows < 20).any() for found in drawn), "rows with score 0 have a chance"
        assert max(found.weight.max() for found in drawn if found.weight is not None) <= 5 / least + 1e-9
    bare = select("leverage", inputs, 10, params={"intercept": False, "uniform": 0.0})
    assert "20 rows have a score of 0" in " ".join(bare.notes)
    assert (bare.rows >= 20).all()
    same = select("leverage", inputs, 10, params={"uniform": 1.0})
    assert same.inclusion is not None
    assert np.allclose(same.inclusion, 0.2)


def test_nothing_to_tell_rows_apart() -> None:
    flat = rows_of(np.zeros((20, 3), np.float32))
    for intercept in (True, False):
        found = select("leverage", flat, 5, params={"intercept": intercept})
        assert found.inclusion is not None
        assert np.allclose(found.inclusion, 0.25)
    assert "All scores are 0" in " ".join(found.notes)


def test_notes_say_which_score_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = rows_of(rows(30, 2))

    def note(**params: object) -> str:
        return select("leverage", inputs, 5, params=params).notes[0]

    assert "exact leverage; rank 3" in note()
    assert "power 0.5" in note(score="root-leverage")
    assert "p below 2" in note(score="root-leverage", p=3.0)
    assert "ℓ1 Lewis weights, which stand for" in note(score="sensitivity")
    assert "exact ℓ1 sensitivities" in note(score="sensitivity", exact=True)
    assert "exact ℓ2 sensitivities" in note(score="sensitivity", p=2.0)
    monkeypatch.setattr(leverage, "LP_ROWS", 29)
    assert "Lewis weights" in note(score="sensitivity", exact=True)
    assert "up to 29 rows" in note(score="sensitivity", exact=True)


def test_pins_are_certain_and_the_rest_is_drawn_for_what_is_left() -> None:
    inputs = replace(rows_of(rows(30, 2)), pins=np.array([3, 9]))
    y = np.random.default_rng(1).random(30)
    made = []
    for seed in range(300):
        found = select("leverage", inputs, 8, seed=seed)
        assert found.rows[:2].tolist() == [3, 9]
        assert found.inclusion is not None
        assert found.inclusion[2:].max() < 1
        made.append((found.rows, found.inclusion))
    sums = np.array([(y[at] / pi).sum() for at, pi in made])
    assert abs(sums.mean() - y.sum()) < 4 * sums.std(ddof=1) / np.sqrt(300)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x = rows(700, 3)
    want = scores(x)
    monkeypatch.setattr(leverage_scores, "_BLOCK", 1)
    assert np.allclose(scores(x), want, rtol=1e-10)
