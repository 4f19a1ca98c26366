"""How often paired tests reject where nothing differs: random against random, in full.

Run from the repository root: ``python -m tests.benchmarks.paired_null [RUNS]``.
"""

from __future__ import annotations

import sys

import numpy as np
from scipy.stats import binom

from core.analysis.paired_tests.run import run_paired_test
from core.metrics.pool import prepare
from core.model.derived import Features
from core.model.inputs import Inputs
from core.model.recipe import Choice


def population(seed: int, n: int) -> Inputs:
    """Two classes in four dimensions, one unit apart."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    x = rng.normal(size=(n, 4)).astype(np.float32)
    x[np.arange(n), labels] += 1
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 12:] = np.arange(n, dtype=">u4").view(np.uint8).reshape(n, 4)
    return Inputs(keys=keys, features=Features(x, "euclidean", "k", "l"), labels=labels)


def main(runs: int) -> None:
    """Rates with the bound that a test of its level exceeds once in a thousand."""
    two = (Choice("random"), Choice("random"))
    for test in ("5x2cv", "mcnemar", "632+"):
        p = []
        for run in range(runs):
            pool = prepare(population(run, 120))
            found = run_paired_test(pool, two, 24, test, seed=run, seeds=(run, 10**6 + run), samples=10)
            p.append(found.pairs[0].p)
        rejected = sum(value <= 0.05 for value in p)
        bound = binom.ppf(0.999, runs, 0.05)
        print(f"{test}: {rejected} of {runs} at 5 % ({rejected / runs:.1%}), bound {bound:.0f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
