"""Greedy DPP: the picks of determinants in double precision, nested, with a bound where one holds."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.foundation.progress import SILENT
from core.strategies.parts import log_determinant
from core.strategies.parts.log_determinant import greedy_logdet
from core.strategies.running.select import select
from tests.core.strategies.spread.test_k_center import rows_of
from tests.core.strategies.spread.test_k_dpp import kernel_of, points


def ridged(kernel: NDArray[np.float64], ridge: float) -> NDArray[np.float64]:
    """The kernel with its ridge, a share of the mean of the diagonal."""
    return kernel + ridge * np.diag(kernel).mean() * np.eye(len(kernel))


def follows(kernel: NDArray[np.float64], rows: list[int], given: int = 0) -> bool:
    """Each pick has the largest determinant, up to rounding, and no lower row has the same."""
    for at in range(given, len(rows)):
        value = np.full(len(kernel), -np.inf)
        for row in set(range(len(kernel))) - set(rows[:at]):
            part = [*rows[:at], row]
            value[row] = np.linalg.slogdet(kernel[np.ix_(part, part)])[1]
        own = value[rows[at]]
        if own < value.max() - 3e-6 or (value[: rows[at]] >= own - 1e-9).any():
            return False
    return True


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(2, 24),
    d=st.integers(1, 4),
    kind=st.sampled_from(["normal", "integers", "copies", "constant", "zero"]),
    kernel=st.sampled_from(["linear", "gaussian"]),
    share=st.floats(0.1, 1),
)
@settings(max_examples=60)
def test_equals_the_rule_by_determinants(
    seed: int, n: int, d: int, kind: str, kernel: str, share: float
) -> None:
    x = points(n, d, seed)
    rng = np.random.default_rng(seed)
    if kind == "integers":
        x = rng.integers(-2, 3, (n, d)).astype(np.float32)
    if kind == "copies":
        x = x[rng.integers(0, max(1, n // 3), n)]
    if kind == "constant":
        x[:] = 3.0
    if kind == "zero":
        x[:] = 0.0
    count = max(1, int(share * n))
    found = select("greedy-dpp", rows_of(x), count, params={"kernel": kernel, "ridge": 0.01})
    full = ridged(kernel_of(x, kernel), 0.01)
    if not full.any():
        full = np.eye(n)
    assert len(found) == count
    assert follows(full, found.rows.tolist())
    if count > 3 and kind == "normal":  # the check has power
        assert not follows(full, found.rows[::-1].tolist())


@pytest.mark.parametrize("pool", [4, 16])
@pytest.mark.parametrize("held", [3, 64])
@pytest.mark.parametrize("small", [0, 1 << 22])
def test_pools_and_precision_change_nothing(
    monkeypatch: pytest.MonkeyPatch, pool: int, held: int, small: int
) -> None:
    for x in (points(90, 5), np.random.default_rng(0).integers(0, 5, (90, 3)).astype(np.float32)):
        params = {"kernel": "linear", "ridge": 0.01}
        monkeypatch.undo()
        want = select("greedy-dpp", rows_of(x), 40, params=params)
        monkeypatch.setattr(log_determinant, "_POOL", pool)
        monkeypatch.setattr(log_determinant, "_HELD", held)
        monkeypatch.setattr(log_determinant, "SMALL", small)
        found = select("greedy-dpp", rows_of(x), 40, params=params)
        assert want.gains is not None
        assert found.gains is not None
        assert np.allclose(found.gains, want.gains, rtol=1e-5, atol=1e-5)
        if x.shape[1] == 5:  # whole numbers tie by the dozen, and a pool of four cannot hold them all
            assert found.rows.tolist() == want.rows.tolist()


def test_gains_add_up_to_the_log_determinant() -> None:
    x = points(60, 3)
    found = select("greedy-dpp", rows_of(x), 25, params={"ridge": 1e-3})
    full = ridged(kernel_of(x, "gaussian"), 1e-3)
    assert found.gains is not None
    for at in (1, 7, 25):
        rows = found.rows[:at]
        want = np.linalg.slogdet(full[np.ix_(rows, rows)])[1]
        assert found.gains[:at].sum() == pytest.approx(want, rel=1e-5, abs=1e-5)
    assert (np.diff(found.gains) <= 1e-9).all()


def test_bound_of_the_normalised_objective() -> None:
    rng = np.random.default_rng(1)
    worst = 1.0
    for seed in range(15):
        n, count = int(rng.integers(6, 10)), int(rng.integers(2, 4))
        x = points(n, 2, seed)
        kernel = kernel_of(x, "linear")
        inside = kernel / (0.05 * np.diag(kernel).mean())

        def value(rows: list[int], inside: NDArray[np.float64] = inside) -> float:
            return float(np.linalg.slogdet(np.eye(len(rows)) + inside[np.ix_(rows, rows)])[1])

        best = max(value(list(rows)) for rows in combinations(range(n), count))
        found = select("greedy-dpp", rows_of(x), count, params={"kernel": "linear", "ridge": 0.05})
        worst = min(worst, value(found.rows.tolist()) / best)
    assert 1 - 1 / np.e <= worst < 1


def test_pins_are_the_start() -> None:
    x = points(20, 3)
    full = ridged(kernel_of(x, "linear"), 1e-3)
    inputs = replace(rows_of(x), pins=np.array([4, 9]))
    found = select("greedy-dpp", inputs, 7, params={"kernel": "linear"})
    assert found.rows[:2].tolist() == [4, 9]
    assert follows(full, found.rows.tolist(), 2)


def test_same_start_whatever_the_budget() -> None:
    x = points(1_500, 6)
    long = select("greedy-dpp", rows_of(x), 300)
    short = select("greedy-dpp", rows_of(x), 20)
    assert long.rows[:20].tolist() == short.rows.tolist()
    assert "1,024 landmark rows" in long.notes[0]


def test_copies_come_last() -> None:
    x = np.repeat(points(10, 4), 3, axis=0)
    rows = select("greedy-dpp", rows_of(x), 30).rows
    assert len(set((rows[:10] // 3).tolist())) == 10
    assert (rows[:10] % 3 == 0).all()


def test_projection_form_stops_at_the_rank() -> None:
    """With a ridge of 0, residuals are what is left outside the span, and nothing once that is everything."""
    b = points(30, 4).astype(np.float64)
    rows, residual = greedy_logdet(b, np.empty(0, np.int64), 6, np.ones(30, bool), 0.0, SILENT)
    assert len(set(rows.tolist())) == 6
    volume = np.linalg.slogdet(b[rows[:4]])[1]
    assert 0.5 * np.log(residual[:4]).sum() == pytest.approx(volume)
    assert residual[4:].max() < 1e-12 * residual[0]
