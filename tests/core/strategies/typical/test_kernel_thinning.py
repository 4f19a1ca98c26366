"""Kernel thinning: the walk as its paper writes it, exchanges by brute force, and the discrepancy reached."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from core.foundation.permanent_random import Draws
from core.foundation.progress import SILENT
from core.model.inputs import Inputs
from core.strategies.contract.population import population
from core.strategies.parts.kernels import gaussian_width
from core.strategies.parts.thinning import DELTA, Gaussian, discrepancy, exchange, halve, kernel_means, split
from core.strategies.running.select import select
from tests.core.strategies.spread.test_k_center import rows_of


def rows(n: int, d: int = 3, seed: int = 0) -> NDArray[np.float32]:
    """Two clouds of unequal size."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) + 3.0 * (rng.random((n, 1)) < 0.3)
    return (x - x.mean(axis=0)).astype(np.float32)


def table(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """The whole kernel, plainly."""
    wide = x.astype(np.float64)
    return np.exp(-((wide[:, None] - wide[None]) ** 2).sum(axis=2) / gaussian_width(x))


def mmd(kernel: NDArray[np.float64], chosen: NDArray[np.int64]) -> float:
    """Discrepancy between some rows and all."""
    part = kernel[np.ix_(chosen, chosen)].mean() - 2 * kernel[chosen].mean() + kernel.mean()
    return float(np.sqrt(max(part, 0.0)))


def as_written(k: NDArray[np.float64], delta: float, coins: NDArray[np.float64]) -> list[list[int]]:
    """One round of KT-split, line by line from the paper's pseudo-code, in float64."""
    seen: list[int] = []
    first: list[int] = []
    second: list[int] = []
    sigma = 0.0
    for i in range(len(k) // 2):
        x, y = 2 * i, 2 * i + 1
        seen += [x, y]
        b = np.sqrt(max(k[x, x] + k[y, y] - 2 * k[x, y], 0.0))
        a = max(b * sigma * np.sqrt(2 * np.log(2 / delta)), b**2)
        if a > 0:
            sigma = np.sqrt(sigma**2 + b**2 * max(0.0, 1 + (b**2 - 2 * a) * sigma**2 / a**2))
        alpha = k[y, y] - k[x, x]
        alpha += sum(k[z, x] - k[z, y] for z in seen) - 2 * sum(k[z, x] - k[z, y] for z in first)
        if coins[i] < (min(1.0, 0.5 * max(0.0, 1 - alpha / a)) if a > 0 else 0.5):
            x, y = y, x
        first.append(x)
        second.append(y)
    return [first, second]


@pytest.mark.parametrize("n", [2, 40, 400])
def test_the_walk_is_the_papers(n: int) -> None:
    x = rows(n)
    coins = np.random.default_rng(1).random(n // 2)
    found = halve(Gaussian.of(x, gaussian_width(x)), np.arange(n), DELTA / n, coins, SILENT)
    assert [part.tolist() for part in found] == as_written(table(x), DELTA / n, coins)


def test_rounds_cut_into_equal_disjoint_parts_that_keep_pairs_apart() -> None:
    x = rows(64)
    kernel = Gaussian.of(x, gaussian_width(x))
    parts = split(kernel, np.arange(64), 3, np.random.default_rng(0), SILENT)
    assert [len(part) for part in parts] == [8] * 8
    assert sorted(np.concatenate(parts).tolist()) == list(range(64))
    one, other = np.concatenate(parts[:4]), np.concatenate(parts[4:])
    assert sorted((one // 2).tolist()) == sorted((other // 2).tolist()) == list(range(32))


def test_halves_balance_better_than_coins() -> None:
    x = rows(512)
    kernel, full = Gaussian.of(x, gaussian_width(x)), table(x)
    rng = np.random.default_rng(2)
    walked = [
        mmd(full, halve(kernel, rng.permutation(512), DELTA / 512, rng.random(256), SILENT)[0])
        for _ in range(15)
    ]
    tossed = [mmd(full, rng.choice(512, 256, replace=False)) for _ in range(60)]
    assert max(walked) < np.median(tossed)


def test_kernel_means_and_discrepancy() -> None:
    x = rows(300)
    full, kernel = table(x), Gaussian.of(x, gaussian_width(x))
    mean = kernel_means(kernel, kernel, SILENT)
    assert np.allclose(mean, full.mean(axis=1), atol=1e-6)
    chosen = np.arange(7, 90, 3)
    assert discrepancy(kernel, mean, chosen) + full.mean() == pytest.approx(mmd(full, chosen) ** 2, abs=1e-6)


def test_every_exchange_is_the_best_there_is() -> None:
    x = rows(60)
    full, kernel = table(x), Gaussian.of(x, gaussian_width(x))
    now = np.arange(12)
    found, swaps = exchange(kernel, kernel_means(kernel, kernel, SILENT), now, 2, SILENT)
    count = 0
    for at in range(2, 12):
        others = np.setdiff1d(np.arange(60), np.delete(now, at))
        tried = [mmd(full, np.append(np.delete(now, at), row)) for row in others]
        best = int(others[int(np.argmin(tried))])
        count += best != now[at]
        now = now.copy()
        now[at] = best
    assert found.tolist() == now.tolist()
    assert swaps == count > 0
    assert found[:2].tolist() == [0, 1]


def start_of(inputs: Inputs, seed: int) -> NDArray[np.int64]:
    """All free rows in the order of the uniform start."""
    own = Draws(inputs.keys, seed, "kernel-thinning/2").of(inputs.free)
    return inputs.free[np.argsort(own.uniforms())]


@pytest.mark.parametrize(("n", "budget"), [(200, 10), (200, 100), (200, 101), (200, 150), (333, 40)])
def test_never_worse_than_its_uniform_start_and_better_than_chance(n: int, budget: int) -> None:
    x = rows(n)
    inputs, full = rows_of(x), table(x)
    rng = np.random.default_rng(0)
    chance = np.median([mmd(full, rng.choice(n, budget, replace=False)) for _ in range(100)])
    for seed in range(5):
        found = select("kernel-thinning", inputs, budget, seed=seed)
        assert len(found) == budget
        ours = mmd(full, found.rows)
        assert ours <= mmd(full, start_of(inputs, seed)[:budget]) + 1e-6
        assert ours < 0.5 * chance


def test_a_start_of_fewer_rows_still_helps_and_keeps_to_it() -> None:
    x = rows(1_000)
    inputs, full = rows_of(x), table(x)
    found = select("kernel-thinning", inputs, 20, params={"start": 256})
    assert np.isin(found.rows, start_of(inputs, 0)[:256]).all()
    assert mmd(full, found.rows) < mmd(full, start_of(inputs, 0)[:20])
    assert "halved 3 times" in found.notes[0]


def test_copies_are_halved_like_any_rows() -> None:
    inputs = population(64, kind="constant")
    for budget in (1, 8, 32, 33, 64):
        assert len(set(select("kernel-thinning", inputs, budget).rows)) == budget
    x = np.repeat(rows(20), 2, axis=0)
    kernel = Gaussian.of(x, gaussian_width(x))
    halves = halve(kernel, np.arange(40), DELTA / 40, np.random.default_rng(0).random(20), SILENT)
    for half in halves:  # each pair is a row and its copy: one of each is a perfect half
        assert mmd(table(x), half) < 1e-6


def test_pins_stay_and_are_balanced() -> None:
    x = rows(200)
    pins = np.flatnonzero(x[:, 0] > 2)[:12]
    inputs, full = replace(rows_of(x), pins=pins), table(x)
    found = select("kernel-thinning", inputs, 40)
    assert found.rows[:12].tolist() == pins.tolist()
    rng = np.random.default_rng(0)
    chance = [
        mmd(full, np.concatenate([pins, rng.choice(inputs.free, 28, replace=False)])) for _ in range(100)
    ]
    assert mmd(full, found.rows) < min(chance)
