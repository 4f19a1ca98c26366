"""Every strategy against its own estimate: ``python -m tests.benchmarks.scaling time|memory [IDS]``.

time: seconds at 2,000 … 64,000 rows × 384, budget 2 %, against the estimate [within a factor 3 where either
is above 0.3 s], and how time grows in n beside how the declared work grows [by 0.3 in the exponent at most,
from 16,000 rows on]. The shared neighbour graph has a line of its own, and strategies find it made.

memory: the largest resident memory above the inputs at 200,000 rows × 384, budget 1,000 [2 GiB], or that the
run was refused before it started. Each strategy runs in a process of its own; the neighbour graph is made
once, in the first one, and measured like them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from math import log
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.foundation.arrays.any_size_graph import LADDER, graph_work
from core.foundation.arrays.array_types import Graph
from core.foundation.arrays.neighbour_graph import knn_graph
from core.foundation.errors import AliquotError
from core.foundation.machine import machine
from core.model.inputs import Inputs
from core.strategies.declaration import STRATEGIES
from core.strategies.running.select import select
from core.strategies.running.time_and_memory import time_and_memory
from tests.benchmarks.data import Peak, population, unit_vectors

SIZES = (2_000, 4_000, 8_000, 16_000, 32_000, 64_000)
D, SEEN = 384, 0.3
ROWS, BUDGET, MOST = 200_000, 1_000, 2_048


def given(inputs: Inputs, graph: Graph) -> Inputs:
    """Inputs that find their neighbour graph made."""

    def provide(k: int, progress: Any) -> Graph:
        return replace(graph, indices=graph.indices[:, :k], distances=graph.distances[:, :k])

    return replace(inputs, graph=provide, graph_ready=lambda: True)


def time(ids: list[str]) -> None:
    """Seconds and estimates by size, and the slope between the last sizes."""
    small = population(unit_vectors(2_500))
    print(f"{'':>22}" + "".join(f"{n:>18,}" for n in SIZES) + "   slope / declared")
    whole = {n: population(unit_vectors(n)) for n in SIZES}
    knn_graph(small.matrix(), max(LADDER), "cosine")
    made, line = {}, f"{'graph':>22}"
    for n, inputs in whole.items():
        start = perf_counter()
        made[n] = knn_graph(inputs.matrix(), max(LADDER), "cosine")
        seconds = perf_counter() - start
        line += f"{f'{seconds:.2f} / {machine().seconds(graph_work(n, D)):.2f}':>18}"
        whole[n] = given(inputs, made[n])
    print(line, flush=True)
    for name in ids:
        strategy, took, guessed, off = STRATEGIES[name], [], [], False
        line = f"{name:>22}"
        try:
            select(name, small, 50)  # imports and compiled code are not the strategy's
        except AliquotError as error:
            print(f"{line} {error}")
            continue
        for n in SIZES:
            sizes = whole[n].groups.sizes.tolist()  # type: ignore[union-attr]
            guess = time_and_memory(strategy, n, D, n // 50, {}, sizes, graph_ready=True).seconds
            start = perf_counter()
            try:
                select(name, whole[n], n // 50)
            except AliquotError:
                line += f"{'refused':>18}"
                continue
            seconds = perf_counter() - start
            took.append(seconds)
            guessed.append(guess)
            wrong = max(seconds, guess) > SEEN and not 1 / 3 <= seconds / guess <= 3
            off |= wrong
            line += f"{f'{seconds:.2f} / {guess:.2f}' + ('!' if wrong else ''):>18}"
        if len(took) >= 3:
            slope, declared = (log(part[-1] / part[-3]) / log(4) for part in (took, guessed))
            steep = took[-1] > SEEN and slope > declared + 0.3
            line += f"   {slope:.2f} / {declared:.2f}" + ("  steeper" if steep else "")
            off |= steep
        print(line + ("  <<<" if off else ""), flush=True)


def memory(ids: list[str]) -> None:
    """Peaks of all, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "x.npy", unit_vectors(ROWS))
        for name in ["graph", *ids]:
            done = subprocess.run(
                [sys.executable, "-m", "tests.benchmarks.scaling", "peak", name, folder],
                capture_output=True,
                text=True,
                check=False,
            )
            told = done.stdout.strip() or done.stderr.strip()[-300:]
            print(f"{name:>22}  {told}", flush=True)


def peak(name: str, folder: Path) -> None:
    """One strategy: its peak above the inputs, or why it was refused."""
    inputs = population(np.load(folder / "x.npy", allow_pickle=False))
    paths = folder / "indices.npy", folder / "distances.npy"
    if name == "graph":
        with Peak() as seen:
            start = perf_counter()
            made = knn_graph(inputs.matrix(), max(LADDER), "cosine")
        np.save(paths[0], made.indices)
        np.save(paths[1], made.distances)
        print(f"{seen.mebibytes:,.0f} MiB, {perf_counter() - start:.0f} s")
        return
    near, gap = (np.load(path, allow_pickle=False) for path in paths)
    inputs = given(inputs, Graph(near, gap, "cosine"))
    try:
        select(name, population(unit_vectors(2_500)), 50)
        with Peak() as seen:
            start = perf_counter()
            select(name, inputs, BUDGET)
    except AliquotError as error:
        print(f"refused: {error}")
        return
    seconds = perf_counter() - start
    told = time_and_memory(STRATEGIES[name], ROWS, D, BUDGET, {}, inputs.groups.sizes.tolist()).bytes / 2**20  # type: ignore[union-attr]
    mark = "  <<<" if seen.mebibytes > MOST or seen.mebibytes > told else ""
    print(f"{seen.mebibytes:,.0f} MiB, declared {told:,.0f}; {seconds:.0f} s beside the graph{mark}")


def main() -> None:
    """Run the part asked for."""
    part, ids = sys.argv[1], sys.argv[2:] or STRATEGIES.ids()
    if part == "peak":
        peak(sys.argv[2], Path(sys.argv[3]))
        return
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    {"time": time, "memory": memory}[part](ids)


if __name__ == "__main__":
    main()
