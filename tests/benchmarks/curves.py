"""What curves cost, relative to a comparison at each of their budgets: python -m tests.benchmarks.curves."""

from __future__ import annotations

import argparse
from time import perf_counter

import numpy as np

from core.analysis.budget_curves.run import budget_grid, curves
from core.analysis.comparison.run import compare
from core.analysis.expected_work import budget_curves_work
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.model.recipe import Choice


def population(n: int, d: int) -> Inputs:
    """Three clouds with their groups."""
    rng = np.random.default_rng(0)
    codes = np.sort(rng.integers(0, 3, n))
    x = rng.normal(size=(n, d)).astype(np.float32)
    x[:, 0] += 4 * codes
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 12:] = np.arange(n, dtype=">u4").view(np.uint8).reshape(n, 4)
    return Inputs(
        keys=keys, features=Features(x, "euclidean", "x", "x"), groups=Groups(codes, ("a", "b", "c"))
    )


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rows", type=int, default=5_000)
    words.add_argument("--dimensions", type=int, default=64)
    words.add_argument("--budget", type=int, default=250)
    words.add_argument("--band", type=int, default=39)
    given = words.parse_args()
    inputs = population(given.rows, given.dimensions)
    budgets = budget_grid(given.rows, given.budget)
    for name in ("random", "stratified", "k-center", "facility-location", "saturated-coverage"):
        choices = [Choice(name)]
        guess = budget_curves_work(choices, given.rows, given.dimensions, budgets, band=given.band).seconds
        start = perf_counter()
        curves(inputs, choices, given.budget, budgets, band=given.band)
        once = perf_counter() - start
        start = perf_counter()
        for budget in budgets:
            compare(inputs, choices, budget, band=given.band)
        apart = perf_counter() - start
        print(
            f"{name}: {once:.2f} s for {len(budgets)} budgets (estimated {guess:.2f} s); as separate "
            f"comparisons {apart:.2f} s, {apart / once:.1f} times as long"
        )


if __name__ == "__main__":
    main()
