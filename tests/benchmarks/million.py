"""A million rows from a file to four compared subsets, through the command line and through `Study`.

Run: python -m tests.benchmarks.million [table|vectors|graph] [ROWS] [DIMENSIONS]

table: a CSV of 9 numbers and a category (15 dimensions); `aliquot compare` of random, stratified, k-center
and facility location, k = 1,000, 199 random subsets, in a process of its own [3 min, 3 GB]; then the same
stages one by one by `Study`, with the recall of the graph. vectors: the same of 384 supplied dimensions from
an .npy [10 min, 4 GB]. graph: the neighbour graph alone, k = 50, of 15 and 64 dimensions, or of DIMENSIONS
[120 and 180 s], recall and processor seconds beside wall seconds, because the machine may be shared.

Memory is the largest sum over the process and its children, of pages of their own (what is mapped from a file
is told apart: the system takes it back when others need it). Fewer ROWS make a smoke test.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import psutil
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.data.load import load
from core.foundation.arrays.any_size_graph import neighbour_graph
from core.foundation.artifact_store import Store
from core.model.recipe import Recipe
from core.study.study import Study

ROOT = Path(__file__).resolve().parents[2]
STRATEGIES = ("random", "stratified", "k-center", "facility-location")
BUDGET, K = 1_000, 50


def table(rows: int) -> pd.DataFrame:
    """Nine numbers around twelve centres, one of them skewed and one rounded, and a category of six."""
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 12, rows)
    numbers = rng.normal(size=(12, 9))[kind] * 1.2 + rng.normal(size=(rows, 9))
    numbers[:, 0], numbers[:, 1] = np.exp(numbers[:, 0] / 2), numbers[:, 1].round(1)
    frame = pd.DataFrame({f"x{at}": numbers[:, at].round(6) for at in range(9)})
    return frame.assign(colour=np.array(list("abcdef"))[rng.integers(0, 6, rows)])


def vectors(rows: int, d: int) -> NDArray[np.float32]:
    """Unit vectors around 60 centres that vary in 40 directions, and a little in all, made in blocks."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, d)).astype(np.float32)[rng.integers(0, 60, rows)]
    ways = 0.25 * rng.normal(size=(40, d)).astype(np.float32)
    for at in range(0, rows, 50_000):
        part = x[at : at + 50_000]
        part += rng.standard_normal((len(part), 40), np.float32) @ ways
        part += np.float32(0.3) * rng.standard_normal(part.shape, np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return x


class TreePeak:
    """Largest memory of a process and its children, in GB: resident, and of it pages of their own."""

    resident = own = 0.0

    def __init__(self, process: int) -> None:
        self._top, self._stop = psutil.Process(process), Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            resident = own = 0
            try:
                for one in [self._top, *self._top.children(recursive=True)]:
                    held: Any = one.memory_info()
                    resident, own = resident + held.rss, own + held.rss - getattr(held, "shared", 0)
            except psutil.Error:
                continue
            self.resident, self.own = max(self.resident, resident / 1e9), max(self.own, own / 1e9)

    def __str__(self) -> str:
        self._stop.set()
        self._thread.join()
        return f"{self.resident:.1f} GB resident, {self.own:.1f} of its own"


def processor() -> float:
    """Processor seconds of this process and of children that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def timed(what: str, run: Callable[[], Any]) -> Any:
    """Run, and print wall and processor seconds."""
    start, begun = perf_counter(), processor()
    out = run()
    print(f"  {what}: {perf_counter() - start:.1f} s ({processor() - begun:.1f})", flush=True)
    return out


def command_line(path: Path, folder: Path, features: str) -> None:
    """`aliquot compare` from the file, with a cold store."""
    command = [sys.executable, "-c", "import sys; from core.cli.main import entry; sys.exit(entry())"]
    command += ["compare", str(path), "--strategies", ",".join(STRATEGIES), "--budget", str(BUDGET)]
    command += ["--groups", "kmeans", "--features", features, "--out", str(folder / "out"), "--quiet"]
    environment = {**os.environ, "ALIQUOT_STORE": str(folder / "cold"), "PYTHONPATH": str(ROOT)}
    start, begun = perf_counter(), processor()
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    peak = TreePeak(child.pid)
    code = child.wait()
    print(f"aliquot compare: {perf_counter() - start:.0f} s ({processor() - begun:.0f}), {peak}, exit {code}")


def stages(path: Path, folder: Path, features: str) -> None:
    """The same by `Study`, stage by stage."""
    peak = TreePeak(os.getpid())
    data = timed("reading", lambda: load(str(path)))
    study = Study(data, Recipe(features=features, groups="kmeans"), store=Store(folder / "stages"))
    timed("features", study.features)
    timed("groups", study.groups)
    graph = timed(f"neighbour graph, k = {K}", lambda: study.graph(K))
    print(f"  recall {graph.recall:.4f} [.98]")
    for name in STRATEGIES:
        timed(name, lambda name=name: study.select(name, BUDGET))
    print(f"stages: {peak}")


def whole(rows: int, d: int) -> None:
    """File to comparison: a table where `d` is 0, else vectors."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        path = folder / ("rows.npy" if d else "rows.csv")
        if d:
            np.save(path, vectors(rows, d))
        else:
            table(rows).to_csv(path, index=False)
        command_line(path, folder, "auto" if d else "table")
        stages(path, folder, "auto" if d else "table")


def graphs(rows: int, dimensions: tuple[int, ...]) -> None:
    """The graph alone."""
    found = []
    for d in dimensions:
        x = vectors(rows, d)
        start, begun = perf_counter(), processor()
        graph = neighbour_graph(x, K, "cosine")
        wall, used = perf_counter() - start, processor() - begun
        found.append({"rows": rows, "d": d, "wall": wall, "processor": used, "recall": graph.recall})
        print(json.dumps(found[-1]), flush=True)


def main() -> None:
    """Run the part asked for."""
    words = [word for word in sys.argv[1:] if not word.isdigit()]
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    rows = numbers[0] if numbers else 1_000_000
    print(f"{rows:,} rows; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for part in words or ["table"]:
        if part == "graph":
            graphs(rows, tuple(numbers[1:]) or (15, 64))
        else:
            whole(rows, 0 if part == "table" else (numbers[1:] or [384])[0])
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
