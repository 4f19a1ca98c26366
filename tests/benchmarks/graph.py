"""The exact neighbour graph against scikit-learn's brute force, side by side on the same unit vectors.

Run: python tests/benchmarks/graph.py [ROWS]      Hold: ratio of 2 or more, recall 1.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.foundation.arrays.neighbour_graph import knn_graph


def unit_vectors(rows: int, d: int = 384) -> NDArray[np.float32]:
    """Vectors around 60 centres with low-dimensional variation, as sentence vectors have."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, d))[rng.integers(0, 60, rows)]
    x += rng.normal(size=(rows, 40)) @ rng.normal(size=(40, d)) * 0.25 + 0.3 * rng.normal(size=(rows, d))
    return np.ascontiguousarray(x / np.linalg.norm(x, axis=1, keepdims=True), dtype=np.float32)


def main() -> None:
    """Print seconds of both, the ratio and the recall, for k = 15 and 50."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    x = unit_vectors(rows)
    knn_graph(x[:3_000], 15, "cosine")  # compiled once, kept on disk
    for k in (15, 50):
        start, start_cpu = perf_counter(), process_time()
        graph = knn_graph(x, k, "cosine")
        middle, middle_cpu = perf_counter(), process_time()
        model = NearestNeighbors(n_neighbors=k + 1, algorithm="brute", metric="cosine").fit(x)
        _, found = model.kneighbors(x)
        ours, theirs = middle - start, perf_counter() - middle
        cpu = middle_cpu - start_cpu, process_time() - middle_cpu
        sample = range(0, rows, max(1, rows // 1_000))
        hits = [len(np.intersect1d(found[row][found[row] != row][:k], graph.indices[row])) for row in sample]
        recall = sum(hits) / (k * len(hits))
        print(f"{rows:,} rows, k {k}: ours {ours:.1f} s, scikit-learn brute {theirs:.1f} s")
        print(f"ratio {theirs / ours:.2f} (hold 2); recall {recall:.5f}; processor seconds ", end="")
        print(f"{cpu[0]:.1f} and {cpu[1]:.1f}, ratio {cpu[1] / cpu[0]:.2f}")


if __name__ == "__main__":
    main()
