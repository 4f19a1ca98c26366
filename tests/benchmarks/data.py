"""What benchmarks run on, and how they measure: vectors, populations, clocks, peaks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pandas as pd
import psutil
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.foundation.artifact_store import Artifact, Store, digest
from core.model.derived import Features, Groups, Target
from core.model.inputs import Inputs


def unit_vectors(n: int, d: int = 384) -> NDArray[np.float32]:
    """Synthetic unit vectors around 60 centres, spread inside a centre as sentence vectors are."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, d)).astype(np.float32)[rng.integers(0, 60, n)]
    x += 0.8 * rng.standard_normal((n, d), np.float32)
    return np.ascontiguousarray(x / np.linalg.norm(x, axis=1, keepdims=True), dtype=np.float32)


def glosses(n: int) -> NDArray[np.float32]:
    """MiniLM's vectors of WordNet glosses (Debian's wordnet-base), kept in the store after the first time."""
    from core.features import models
    from core.features.encode import encode, number_format
    from core.foundation.progress import SILENT
    from tests.benchmarks.encode import short_texts

    texts = short_texts(n)
    if len(texts) < n:
        raise SystemExit(f"{n:,} glosses are needed and {len(texts):,} texts are there: install wordnet-base")
    folder = models.minilm_folder()
    state = digest(dict(models.MINILM_HASHES))
    form = number_format(folder, state)

    def make() -> Artifact:
        print(f"embedding {n:,} glosses, once", flush=True)
        return Artifact({"x": encode(models.load_model(folder, state), texts, SILENT, form).matrix})

    found = Store.default().fetch("benchmark", digest(["glosses", n, form, texts[:100]]), make)
    return np.array(found.arrays["x"])


def population(x: NDArray[np.float32], groups: int = 20) -> Inputs:
    """Rows with all that strategies could need, around given vectors."""
    n, rng = len(x), np.random.default_rng(1)
    keys = rng.integers(0, 256, (n, 16), dtype=np.uint8)
    words = np.array([f"word{at}" for at in range(3_000)])
    texts = [" ".join(row) for row in words[rng.integers(0, 3_000, (n, 12))]]
    return Inputs(
        keys=keys[np.lexsort(keys.T[::-1])],
        features=Features(x, "cosine", "made", "made"),
        frame=pd.DataFrame({"y": rng.random(n), "c": rng.choice(list("abcdef"), n)}),
        texts=texts,
        groups=Groups(rng.integers(0, groups, n), tuple(f"g{at}" for at in range(groups))),
        scores=rng.random(n),
        entities=rng.integers(0, max(1, n // 8), n),
        order=rng.permutation(n).astype(np.float64),
        target=Target("target", "made", tuple(texts[:500]), x[:500]),
    )


def best_of(run: Callable[[], Any], times: int = 3) -> tuple[float, float, Any]:
    """Wall seconds, processor seconds (the best of each) and the last result."""
    wall, cpu, out = [], [], None
    for _ in range(times):
        start, begun = perf_counter(), process_time()
        out = run()
        wall.append(perf_counter() - start)
        cpu.append(process_time() - begun)
    return min(wall), min(cpu), out


class Peak:
    """Largest resident memory above that at the start, watched every 20 ms."""

    mebibytes = 0.0

    def __enter__(self) -> Peak:
        me = psutil.Process()
        base, self._stop = me.memory_info().rss, Event()

        def watch() -> None:
            while not self._stop.wait(0.02):
                self.mebibytes = max(self.mebibytes, (me.memory_info().rss - base) / 2**20)

        self._thread = Thread(target=watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
