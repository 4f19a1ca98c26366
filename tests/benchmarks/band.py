"""Metrics and the random band against plain forms, in one run: ``python tests/benchmarks/band.py``.

Baselines: scipy's cdist in float64 for one subset, and for many subsets the same float32 products as ours
with nothing shared between subsets and metrics (each metric asks for its own distances). What is to hold
stands in brackets.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scipy.spatial.distance import cdist

from core.analysis.random_band.draw import band_subsets
from core.metrics.measure import measure_many
from core.metrics.pool import prepare
from core.model.derived import Features, Groups
from core.model.inputs import Inputs

FOUR = ("coverage-radius", "coverage-mean", "energy", "mmd")


def population(n: int, d: int = 384) -> Inputs:
    """Unit vectors around 40 centres."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 40, n)
    x = rng.normal(size=(40, d)).astype(np.float32)[codes]
    x += 2 * rng.normal(size=(n, d)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    keys = rng.integers(0, 256, (n, 16), dtype=np.uint8)
    keys = keys[np.lexsort(keys.T[::-1])]
    frame = pd.DataFrame({f"c{at}": rng.normal(size=n) for at in range(6)})
    groups = Groups(codes, tuple(f"g{code}" for code in range(40)))
    return Inputs(keys=keys, features=Features(x, "cosine", "k", "l"), frame=frame, groups=groups)


def clock(work, times: int = 1) -> tuple[float, object]:
    """Seconds (the best of some times) and result."""
    seconds = []
    for _ in range(times):
        start = perf_counter()
        out = work()
        seconds.append(perf_counter() - start)
    return min(seconds), out


def plain(x, y, sigma):
    """The three forms with cdist: coverage radius, energy distance, MMD²."""

    def radius():
        return cdist(y, x).min(axis=1).max()

    def energy():
        return 2 * cdist(x, y).mean() - cdist(x, x).mean() - cdist(y, y).mean()

    def mmd():
        def k(a, b):
            return np.exp(cdist(a, b, "sqeuclidean") / (-2 * sigma**2)).mean()

        return k(x, x) + k(y, y) - 2 * k(x, y)

    return radius, energy, mmd


def squared(a, b):
    """Squared distances by a float32 product."""
    out = a @ (-2 * b.T)
    out += np.einsum("ij,ij->i", a, a)[:, None]
    out += np.einsum("ij,ij->i", b, b)[None]
    return np.maximum(out, 0, out=out)


def unshared(x, y, sigma):
    """The four metrics of one subset in float32, each with its own distances."""
    least = np.sqrt(squared(y, x).min(axis=1))
    mean = np.sqrt(squared(y, x).min(axis=1)).mean()
    energy = 2 * np.sqrt(squared(x, y)).mean() - np.sqrt(squared(x, x)).mean() - np.sqrt(squared(y, y)).mean()

    def k(a, b):
        return np.exp(squared(a, b) / np.float32(-2 * sigma**2)).mean()

    return least.max(), mean, energy, k(x, x) + k(y, y) - 2 * k(x, y)


def run(n: int, budget: int, subsets: int) -> None:
    """Time and compare; values must agree."""
    inputs = population(n)
    pool = prepare(inputs)
    x = inputs.features.matrix
    y = x[pool.evaluation]
    print(f"\n{n:,} rows x 384, {budget:,} chosen, {len(y):,} evaluation rows")
    drawing, drawn = clock(lambda: band_subsets(inputs, budget, 0, subsets, seed=0))
    rows = drawn[0]
    sigma = pool.bandwidth
    cold, _ = clock(
        lambda: measure_many(prepare(inputs), [rows], metrics=["coverage-radius", "energy", "mmd"])
    )
    measure_many(pool, [drawn[1]], metrics=FOUR)
    names = ("coverage-radius", "energy", "mmd")
    for name, baseline in zip(names, plain(x[rows].astype(float), y.astype(float), sigma), strict=True):
        slow, expected = clock(baseline)
        fast, found = clock(lambda name=name: measure_many(pool, [rows], metrics=[name]), 3)
        assert abs(found[name][0] - expected) < 1e-3
        print(
            f"  one subset, {name:16} cdist {slow:6.2f} s   here {fast:6.3f} s   {slow / fast:6.0f} x  (25)"
        )
    print(f"  one subset, these three, with the data set's own terms: {cold:.2f} s")
    twenty = drawn[:20]
    slow, expected = clock(lambda: [unshared(x[rows], y, sigma) for rows in twenty])
    fast, found = clock(lambda: measure_many(prepare(inputs), twenty, metrics=FOUR))
    values = np.column_stack([found[name] for name in FOUR])
    assert np.allclose(values, expected, atol=2e-3)
    print(f"  20 subsets x 4 metrics: unshared {slow:.2f} s   here {fast:.2f} s   {slow / fast:.1f} x  (4)")
    fast, _ = clock(lambda: measure_many(prepare(inputs), drawn, metrics=FOUR))
    limit = 12 if n > 10_000 else 2
    print(f"  {subsets} subsets x 4 metrics: drawn {drawing:.2f} s, measured {fast:.2f} s  (about {limit} s)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[5_000, 63_666])
    given = parser.parse_args()
    for rows_asked in given.rows:
        run(rows_asked, 500 if rows_asked <= 10_000 else 1_000, 199)
