"""D-optimal design: no exchange is left, close to the best of all designs, and MaxVol's bound."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.foundation.progress import SILENT
from core.strategies.parts import exchange as _exchange
from core.strategies.parts import log_determinant
from core.strategies.parts.exchange import exchange
from core.strategies.running.select import select
from tests.core.strategies.spread.test_k_center import rows_of
from tests.core.strategies.spread.test_k_dpp import points

Double = NDArray[np.float64]


def model(x: NDArray[np.float32]) -> Double:
    """Orthonormal columns of the model with a constant."""
    full = np.column_stack([np.ones(len(x)), x]).astype(np.float64)
    left, size, _ = np.linalg.svd(full, full_matrices=False)
    return left[:, size > 1e-6 * size[0]]


def value(f: Double, rows: object) -> float:
    """log det of the information matrix."""
    part = f[np.asarray(rows, np.int64)]
    sign, log = np.linalg.slogdet(part.T @ part)
    return float(log) if sign > 0 else -np.inf


def best_exchange(f: Double, rows: list[int], fixed: tuple[int, ...] = ()) -> float:
    """What the best single exchange would add to log det, by determinants."""
    now, best = value(f, rows), -np.inf
    for out in set(rows) - set(fixed):
        for come in set(range(len(f))) - set(rows):
            best = max(best, value(f, [come if row == out else row for row in rows]) - now)
    return best


def greedy(f: Double, count: int) -> list[int]:
    """Rows that add most volume until they span everything, then most determinant; by determinants."""
    rows: list[int] = []
    while len(rows) < count:
        gain = np.full(len(f), -np.inf)
        for row in set(range(len(f))) - set(rows):
            part = f[[*rows, row]]
            table = part @ part.T if len(part) <= f.shape[1] else part.T @ part
            gain[row] = np.linalg.slogdet(table)[1]
        rows.append(int(gain.argmax()))
    return rows


def kind_of(x: NDArray[np.float32], kind: str, rng: np.random.Generator) -> NDArray[np.float32]:
    """Awkward features."""
    if kind == "integers":
        return rng.integers(-1, 2, x.shape).astype(np.float32)
    return x[rng.integers(0, max(2, len(x) // 2), len(x))] if kind == "copies" else x


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(6, 24),
    d=st.integers(1, 4),
    kind=st.sampled_from(["normal", "integers", "copies"]),
    share=st.floats(0.1, 1),
)
@settings(max_examples=50)
def test_no_exchange_is_left(seed: int, n: int, d: int, kind: str, share: float) -> None:
    rng = np.random.default_rng(seed)
    x = kind_of(points(n, d, seed), kind, rng)
    f = model(x)
    budget = max(f.shape[1], int(share * n))
    found = select("d-optimal", rows_of(x), budget, params={"passes": 100})
    assert "until none improved" in found.notes[0]
    assert best_exchange(f, found.rows.tolist()) <= 2e-5


def test_at_least_as_good_as_its_greedy_start_and_near_the_best() -> None:
    rng = np.random.default_rng(2)
    gaps = []
    for seed in range(20):
        n = int(rng.integers(7, 11))
        x = points(n, 2, seed)
        f = model(x)
        budget = int(rng.integers(3, 6))
        best = max(value(f, rows) for rows in combinations(range(n), budget))
        ours = value(f, select("d-optimal", rows_of(x), budget).rows)
        assert ours >= value(f, greedy(f, budget)) - 1e-9
        gaps.append(best - ours)
    assert max(gaps) < 0.3
    assert np.mean(np.array(gaps) < 1e-6) >= 0.7


def test_exchanges_only_add() -> None:
    x = points(120, 4)
    f = model(x)
    rows = np.random.default_rng(0).permutation(120)[:12]
    done = exchange(f, rows, np.zeros(120, bool), 1e-6, 50, SILENT)
    assert done.done
    assert done.swaps > 3
    assert value(f, done.rows) > value(f, rows) + 1
    once = exchange(f, rows, np.zeros(120, bool), 1e-6, 1, SILENT)
    assert not once.done
    assert value(f, rows) < value(f, once.rows) <= value(f, done.rows) + 1e-9


@pytest.mark.parametrize(("offers", "held"), [(5, 3), (1_024, 3), (5, 64)])
@pytest.mark.parametrize("small", [0, 1 << 22])
def test_small_pools_and_blocks_leave_nothing_either(
    monkeypatch: pytest.MonkeyPatch, offers: int, held: int, small: int
) -> None:
    monkeypatch.setattr(_exchange, "_OFFERS", offers)
    monkeypatch.setattr(_exchange, "_BLOCK", held)
    monkeypatch.setattr(log_determinant, "SMALL", small)
    x = points(60, 3, seed=7)
    found = select("d-optimal", rows_of(x), 9, params={"passes": 100})
    assert best_exchange(model(x), found.rows.tolist()) <= 2e-5


def test_maxvol_leaves_no_large_coefficient() -> None:
    for seed in range(10):
        x = points(80, 5, seed)
        f = model(x)
        found = select("d-optimal", rows_of(x), 6, params={"method": "maxvol"})
        assert np.abs(f @ np.linalg.inv(f[found.rows])).max() <= 1.01 * (1 + 1e-6)


def test_rows_beyond_the_square_are_added_greedily() -> None:
    x = points(50, 3, seed=1)
    f = model(x)
    found = select("d-optimal", rows_of(x), 9, params={"method": "maxvol"}).rows.tolist()
    for at in range(4, 9):
        rest = [row for row in range(50) if row not in found[:at]]
        gain = {row: value(f, [*found[:at], row]) for row in rest}
        assert gain[found[at]] >= max(gain.values()) - 1e-6


def test_pins_stay_and_the_rest_is_exchanged_around_them() -> None:
    x = points(30, 3, seed=4)
    f = model(x)
    centre = np.argsort(np.einsum("ij,ij->i", f, f))[:3]
    pins = np.sort(centre).astype(np.int64)
    for method in ("fedorov", "maxvol"):
        inputs = replace(rows_of(x), pins=pins)
        found = select("d-optimal", inputs, 9, params={"method": method})
        assert found.rows[:3].tolist() == pins.tolist()
        if method == "fedorov":
            assert best_exchange(f, found.rows.tolist(), tuple(pins.tolist())) <= 2e-5


def test_pins_that_are_copies() -> None:
    x = points(20, 2)
    x[5] = x[8]
    found = select("d-optimal", replace(rows_of(x), pins=np.array([5, 8])), 6)
    assert found.rows[:2].tolist() == [5, 8]
    assert len(set(found.rows.tolist())) == 6
    assert value(model(x), found.rows) > -np.inf


def test_a_line_is_known_from_its_ends() -> None:
    x = np.arange(11, dtype=np.float32)[:, None]
    assert set(select("d-optimal", rows_of(x), 4).rows.tolist()) == {0, 1, 9, 10}
    assert set(select("d-optimal", rows_of(x), 2, params={"intercept": False}).rows.tolist()) == {9, 10}


def test_features_without_a_direction() -> None:
    for value_ in (0.0, 2.5):
        x = np.full((12, 3), value_, np.float32)
        for intercept in (True, False):
            assert len(select("d-optimal", rows_of(x), 5, params={"intercept": intercept})) == 5
