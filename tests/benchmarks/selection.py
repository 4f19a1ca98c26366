"""Strategies against their peers, in turn on the same data: ``python tests/benchmarks/selection.py [PARTS]``.

Parts: k-center, k-dpp, facility, sparse, draws. Data are MiniLM's vectors of WordNet glosses, where they are
installed; with ``--synthetic``, made-up ones. Times are the best of three; processor seconds stand beside
wall seconds because the machine may be shared. What is to hold stands in brackets. apricot and dppy are
measured on a float64 product that they are given; ours makes its own. `scaling.py` has time and memory of
every strategy against its own estimate.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.foundation.arrays.array_types import Graph
from core.foundation.arrays.neighbour_graph import knn_graph
from core.foundation.permanent_random import uniforms
from core.model.inputs import Inputs
from core.strategies.running.select import select
from tests.benchmarks.data import Peak, best_of, glosses, population, unit_vectors

LARGE = 63_666


def vectors(n: int) -> NDArray[np.float32]:
    """The data asked for."""
    return unit_vectors(n) if "--synthetic" in sys.argv else glosses(LARGE)[:n].copy()


def plain_k_center(x: NDArray[np.float32], first: int, k: int) -> NDArray[np.int64]:
    """The loop most people write, without a copy of x in each step."""
    near = np.full(len(x), -np.inf, np.float32)
    picked = [first]
    for _ in range(k - 1):
        np.maximum(near, x @ x[picked[-1]], out=near)
        near[picked[-1]] = np.inf
        picked.append(int(near.argmin()))
    return np.array(picked)


def k_center() -> None:
    """63,666 × 384, k = 1,000 [5 times the loop]."""
    x = vectors(LARGE)
    inputs = population(x)
    select("k-center", inputs, 10)
    wall, cpu, ours = best_of(lambda: select("k-center", inputs, 1_000))
    loop, loop_cpu, theirs = best_of(lambda: plain_k_center(x, int(ours.rows[0]), 1_000), 2)
    same = float(np.mean(theirs == ours.rows))
    print(f"k-center {len(x):,}, k 1,000: ours {wall:.2f} s ({cpu:.2f}), loop {loop:.2f} ({loop_cpu:.2f})")
    print(
        f"  ratio {loop / wall:.1f}, processor {loop_cpu / cpu:.1f} [5]; picks equal to the loop's {same:.3f}"
    )


def k_dpp() -> None:
    """2,000 × 384, k = 100, linear kernel [15 times dppy on the matrix it is given]; then 63,666 rows."""
    from dppy.finite_dpps import FiniteDPP

    x = vectors(2_000)
    inputs, product = population(x), x.astype(np.float64) @ x.T.astype(np.float64)
    linear = {"kernel": "linear"}
    select("k-dpp", inputs, 10, params=linear)

    def theirs() -> Any:
        return FiniteDPP("likelihood", L=product).sample_exact_k_dpp(100, random_state=0)

    wall, cpu, _ = best_of(lambda: select("k-dpp", inputs, 100, params=linear))
    other, other_cpu, _ = best_of(theirs)
    print(f"k-DPP 2,000, k 100, linear: ours {wall:.3f} s ({cpu:.3f}), dppy {other:.2f} ({other_cpu:.2f})")
    print(f"  ratio {other / wall:.1f}, processor {other_cpu / cpu:.1f} [15]")
    large = population(vectors(LARGE))
    wall, cpu, _ = best_of(lambda: select("k-dpp", large, 100, params=linear))
    print(f"  {LARGE:,} rows: {wall:.2f} s ({cpu:.2f})")


def facility() -> None:
    """5,000 × 384, k = 500, all pairs [4 times apricot's lazy greedy, value not below its]."""
    from apricot import FacilityLocationSelection

    x = vectors(5_000)
    inputs = population(x)
    product = np.maximum(x.astype(np.float64) @ x.T.astype(np.float64), 0)
    select("facility-location", inputs, 10)

    def theirs() -> Any:
        return FacilityLocationSelection(500, metric="precomputed", optimizer="lazy").fit(product)

    theirs()  # compiles
    wall, cpu, ours = best_of(lambda: select("facility-location", inputs, 500))
    other, other_cpu, model = best_of(theirs)
    value, base = (float(product[:, rows].max(axis=1).sum()) for rows in (ours.rows, model.ranking))
    print(
        f"facility location 5,000, k 500: ours {wall:.2f} s ({cpu:.2f}), "
        f"apricot {other:.2f} ({other_cpu:.2f})"
    )
    print(
        f"  ratio {other / wall:.1f}, processor {other_cpu / cpu:.1f} [4]; "
        f"value ÷ apricot's {value / base:.7f}"
    )


def sparse() -> None:
    """On the neighbour graph, k = 1,000 [63,666 rows with the graph: 15 s, 1 GiB above the inputs]."""
    knn_graph(unit_vectors(3_000), 50, "cosine")
    for n in (20_000, LARGE):
        inputs = population(vectors(n))
        made: list[float] = []

        def graph(k: int, progress: Any, inputs: Inputs = inputs, made: list[float] = made) -> Graph:
            start = perf_counter()
            found = knn_graph(inputs.matrix(), k, "cosine", progress=progress)
            made.append(perf_counter() - start)
            return found

        with Peak() as peak:
            wall, cpu, picked = best_of(
                lambda inputs=inputs: select("facility-location", replace(inputs, graph=graph), 1_000), 1
            )
        print(f"facility location {n:,} on the graph: {wall:.1f} s, of it the graph {made[0]:.1f}", end="; ")
        print(
            f"processor {cpu:.1f}; {peak.mebibytes:.0f} MiB above inputs; estimated {picked.estimated:.1f} s"
        )


def draws() -> None:
    """1,000,000 rows, 10,000 chosen, features, graph and groups given [2 s each]."""
    n, rng = 1_000_000, np.random.default_rng(2)
    x = rng.standard_normal((n, 64), np.float32)
    graph = Graph(
        rng.integers(0, n, (n, 15), dtype=np.int32),
        np.sort(rng.random((n, 15), np.float32) + np.float32(0.1), axis=1),
        "cosine",
    )
    inputs = replace(population(x), graph=lambda k, progress: graph)
    wall, cpu, _ = best_of(lambda: uniforms(inputs.keys, 0, "benchmark"))
    print(f"1,000,000 permanent random numbers: {wall:.2f} s ({cpu:.2f})")
    for name, params in (
        ("random", {}),
        ("stratified", {}),
        ("stratified", {"within": "random", "by": "y"}),
        ("systematic", {"by": "scores"}),
        ("pps", {}),
        ("pps", {"draw": "systematic"}),
        ("entities", {}),
        ("density", {}),
        ("density", {"draw": "pps"}),
        ("kmq", {}),
        ("dsir", {"form": "features"}),
    ):
        wall, cpu, _ = best_of(lambda name=name, params=params: select(name, inputs, 10_000, params=params))
        print(f"  {name} {params or ''}: {wall:.2f} s ({cpu:.2f})")


PARTS = {"k-center": k_center, "k-dpp": k_dpp, "facility": facility, "sparse": sparse, "draws": draws}


def main() -> None:
    """Run the parts asked for, all without words."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for name in [word for word in sys.argv[1:] if not word.startswith("--")] or PARTS:
        PARTS[name]()
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
