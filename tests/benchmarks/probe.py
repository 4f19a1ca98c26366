"""Downstream probes of a full band: ``python -m tests.benchmarks.probe [--n 64000] [--shares 1,5]``.

Unit vectors of 384 numbers around centres, 20 and 45 uneven classes, a quarter of the labels at random: the
hard case for a logistic fit. For each budget the logistic probes of 995 subsets (199 means of five),
measured on some and scaled up, and the neighbour probes of all 995, beside scikit-learn one subset at a time.
Times are processor seconds divided by the processors used, so that other work on the machine counts little;
wall time stands behind them. To hold: both together within 5 minutes at 1 and 5 % [300 s], neighbours 4
times faster than one by one [4].
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.analysis.expected_work import fit_seconds
from core.analysis.held_out.probes import TOLERANCE, logistic, nearest_codes, vote, voters
from core.analysis.held_out.scores import by_logistic
from core.analysis.held_out.split import Split
from core.foundation.parallel import in_parallel
from core.foundation.threads import processors
from core.model.derived import Features
from core.model.inputs import Inputs

SUBSETS = 995


def data(n: int, classes: int, d: int = 384) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Unit vectors with a falling spectrum, and labels of classes from common to rare."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, classes + 1)
    y = rng.choice(classes, n, p=share / share.sum())
    x = 0.6 * rng.normal(size=(classes, d))[y] + 1.6 * rng.normal(size=(n, d))
    x /= np.sqrt(1 + np.arange(d) / 10)
    y = np.where(rng.random(n) < 0.25, rng.permutation(y), y)
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32), y.astype(np.int64)


def split(x: NDArray[np.float32], y: NDArray[np.int64], budget: int) -> Split:
    """A fifth of the rows held out."""
    n = len(x)
    rows = np.random.default_rng(1).permutation(n)
    test, train = np.sort(rows[: n // 5]), np.sort(rows[n // 5 :])
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 12:] = np.arange(n, dtype=">u4").view(np.uint8).reshape(n, 4)
    inputs = Inputs(keys=keys[train], features=Features(x[train], "cosine", "k", "l"), labels=y[train])
    held = y[test]
    parts = (x[train], x[test], y[train], held, held)
    return Split(inputs, train, test, budget, *parts, classes=np.unique(y), near=np.arange(len(test)))


def clock(work: Callable[[], Any], threads: int) -> tuple[float, float, Any]:
    """Processor seconds per thread, wall seconds, and the result."""
    wall, busy = perf_counter(), process_time()
    made = work()
    return (process_time() - busy) / threads, perf_counter() - wall, made


def one(made: Split, measured: int, compared: int) -> None:
    """Times and agreement at one budget."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    rng = np.random.default_rng(2)
    n, b, threads = len(made.train_rows), made.budget, processors()
    subsets = [np.sort(rng.choice(n, b, replace=False)) for _ in range(SUBSETS)]
    busy, wall, found = clock(
        lambda: list(in_parallel(lambda rows: by_logistic(made, rows), subsets[:measured])), threads
    )
    fit, wall = busy * SUBSETS / measured, wall * SUBSETS / measured
    guess = fit_seconds(
        [b] * SUBSETS, made.x_train.shape[1], len(made.classes), len(made.test_rows), at_once=processors()
    )
    print(f"{b:,} rows, {len(made.classes)} classes")
    print(f"    {SUBSETS} logistic probes: {fit:.0f} s, wall {wall:.0f} s (estimated {guess:.0f} s)")
    same = []
    for rows, seen in zip(subsets[:compared], found, strict=False):
        x, y = made.x_train[rows].astype(np.float64), made.y_train[rows]
        centre, wide = x.mean(axis=0), np.sqrt(x.var(axis=0).mean())
        exact = LogisticRegression(tol=TOLERANCE / 100, max_iter=5_000).fit((x - centre) / wide, y)
        same.append(float((exact.predict((made.x_test - centre) / wide) == seen.predicted).mean()))
    print(f"    same labels as a fit 100 times as exact: {np.mean(same):.4f} of held-out rows")

    codes = np.searchsorted(made.classes, made.y_train).astype(np.uint8)
    nearest_codes(made.x_train, codes, [np.arange(3_000)] * 9, made.x_test[:1_000])  # compiles
    votes, wall, near = clock(lambda: nearest_codes(made.x_train, codes, subsets, made.x_test), threads)
    agree = []

    def library(rows: NDArray[np.int64], mine: NDArray[np.uint8]) -> None:
        model = KNeighborsClassifier(voters(b), algorithm="brute").fit(made.x_train[rows], made.y_train[rows])
        agree.append(float((model.predict(made.x_test) == vote(mine, made.classes)[0]).mean()))

    pairs = list(zip(subsets[:compared], near, strict=False))
    plain, _, _ = clock(lambda: [library(*pair) for pair in pairs], threads)
    times = plain * SUBSETS / compared / votes
    print(
        f"    {SUBSETS} neighbour probes: {votes:.0f} s, wall {wall:.0f} s; {times:.0f} times [4] one by one"
    )
    print(f"    same labels as scikit-learn but for tied votes: {np.mean(agree):.4f}")
    print(f"    together {fit + votes:.0f} s [300]", flush=True)


def main() -> None:
    """All budgets."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, default=64_000)
    parser.add_argument("--shares", default="1,5")
    parser.add_argument("--classes", default="20,45")
    parser.add_argument("--measured", type=int, default=60)
    asked = parser.parse_args()
    warm = data(500, 3)
    logistic(warm[0], warm[1], warm[0], np.arange(3))
    for classes in map(int, asked.classes.split(",")):
        x, y = data(asked.n, classes)
        for share in map(float, asked.shares.split(",")):
            one(split(x, y, round(share / 100 * 0.8 * asked.n)), asked.measured, 2)


if __name__ == "__main__":
    main()
