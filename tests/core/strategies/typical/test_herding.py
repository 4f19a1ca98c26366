"""Herding: the plain float64 rule, the exact step by brute force, and how fast the error falls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.foundation.progress import SILENT
from core.strategies.parts.kernels import factor
from core.strategies.running.select import select
from core.strategies.typical.herding import herd
from tests.core.strategies.spread.test_k_center import rows_of

NONE = np.empty(0, np.int64)


def discrepancy(b: NDArray[np.floating], rows: NDArray[np.int64]) -> float:
    """MMD between some rows and all."""
    wide = b.astype(np.float64)
    return float(np.linalg.norm(wide.mean(axis=0) - wide[rows].mean(axis=0)))


def plain(b: NDArray[np.float32], count: int, exact: bool) -> list[int]:
    """The paper's rule on the whole kernel, in float64; what only rounding tells apart goes to the lowest."""
    wide = b.astype(np.float64)
    kernel = wide @ wide.T
    mean, diagonal, picked = kernel.mean(axis=1), np.diag(kernel), []
    for t in range(count):
        value = mean - kernel[:, picked].sum(axis=1) / (t + 1)
        if exact:
            value = value - diagonal / (2 * (t + 1))
        value[picked] = -np.inf
        tie = 1e-14 * np.abs(kernel).max()  # a few times what float64 rounds away
        picked.append(int(np.argmax(value >= value.max() - tie)))
    return picked


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(2, 80),
    m=st.integers(1, 8),
    kind=st.sampled_from(["normal", "integers", "copies", "constant", "far"]),
    exact=st.booleans(),
)
@example(seed=2, n=73, m=1, kind="far", exact=False)  # nearly a tie beside one far row
@settings(max_examples=100)
def test_equals_the_plain_rule(seed: int, n: int, m: int, kind: str, exact: bool) -> None:
    rng = np.random.default_rng(seed)
    b = rng.normal(size=(n, m)).astype(np.float32)
    if kind == "integers":
        b = rng.integers(-2, 3, (n, m)).astype(np.float32)
    if kind == "copies":
        b = b[rng.integers(0, max(1, n // 3), n)]
    if kind == "constant":
        b[:] = 3.0
    if kind == "far":
        b[0] += 100.0
    rows, gap = herd(b, NONE, n, exact, SILENT)
    assert rows.tolist() == plain(b, n, exact)
    for count in (1, n // 2, n):
        if count:
            assert np.sqrt(max(gap[count], 0)) == pytest.approx(discrepancy(b, rows[:count]), abs=1e-5)


@pytest.mark.parametrize("kernel", ["gaussian", "linear"])
def test_the_rule_mmd_takes_the_best_step_there_is(kernel: str) -> None:
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    b = factor(x, kernel, 40, SILENT)  # type: ignore[arg-type]
    found = select("herding", rows_of(x), 15, params={"rule": "mmd", "kernel": kernel, "landmarks": 40}).rows
    for at in range(15):
        rest = np.setdiff1d(np.arange(40), found[:at])
        best = min(discrepancy(b, np.append(found[:at], row)) for row in rest)
        assert discrepancy(b, found[: at + 1]) == pytest.approx(best, rel=1e-6)


def test_both_rules_are_one_where_the_diagonal_is_one() -> None:
    x = np.random.default_rng(1).normal(size=(60, 3)).astype(np.float32)
    b = factor(x, "gaussian", 60, SILENT).astype(np.float64)
    b /= np.linalg.norm(b, axis=1)[:, None]
    one, other = (herd(b.astype(np.float32), NONE, 20, exact, SILENT)[0] for exact in (False, True))
    assert np.array_equal(one, other)
    long = np.random.default_rng(2).normal(size=(60, 3)).astype(np.float32)
    rows = {
        rule: select("herding", rows_of(long), 20, params={"rule": rule, "kernel": "linear"}).rows.tolist()
        for rule in ("herding", "mmd")
    }
    assert rows["herding"] != rows["mmd"]


@pytest.mark.parametrize("rule", ["herding", "mmd"])
def test_with_a_linear_kernel_the_mean_error_falls_like_one_over_b(rule: str) -> None:
    x = np.random.default_rng(3).normal(size=(4_000, 5)).astype(np.float32)
    rows = select("herding", rows_of(x), 400, params={"rule": rule, "kernel": "linear"}).rows
    scaled = [count * discrepancy(x, rows[:count]) for count in range(1, 401)]
    longest = np.linalg.norm(x, axis=1).max()
    assert max(scaled) <= 2 * longest  # b × error is bounded; for random rows it grows like √b
    rng = np.random.default_rng(4)
    chance = np.median([400 * discrepancy(x, rng.choice(4_000, 400, replace=False)) for _ in range(50)])
    assert chance > 4 * max(scaled[200:])


@pytest.mark.parametrize("rule", ["herding", "mmd"])
def test_closer_to_all_rows_than_chance(rule: str) -> None:
    rng = np.random.default_rng(5)
    x = np.concatenate([rng.normal(size=(250, 4)), rng.normal(3, 0.3, (50, 4))]).astype(np.float32)
    b = factor(x, "gaussian", 300, SILENT)
    found = select("herding", rows_of(x), 20, params={"rule": rule, "landmarks": 300})
    chance = [discrepancy(b, rng.choice(300, 20, replace=False)) for _ in range(200)]
    assert discrepancy(b, found.rows) < np.quantile(chance, 0.02)


def test_pins_count_in_the_average() -> None:
    x = np.array([[0.0], [1.0], [2.0], [3.0], [10.0]], np.float32) - np.float32(3.2)
    inputs = replace(rows_of(x), pins=np.array([4]))
    found = select("herding", inputs, 2, params={"rule": "mmd", "kernel": "linear"})
    assert found.rows.tolist() == [4, 0]  # the mean is 0: −3.2 makes up best for 6.8
    assert found.gains is not None
    assert found.gains.sum() == pytest.approx(0 - (6.8 - 3.2) ** 2 / 4, rel=1e-4)
