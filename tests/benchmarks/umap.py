"""UMAP as the app makes it against plain umap-learn with the same seed, side by side.

Run: python tests/benchmarks/umap.py [ROWS]      Hold: ratio of 2.5 or more warm, share kept .45 or more.
Both sides are compiled on fewer rows first; then one run counts. Ours includes the neighbour graph. Vectors
are MiniLM's of WordNet glosses with `--model` (minutes to encode), else synthetic.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

# This file is called umap.py too: its own folder must not come first.
sys.path[0] = str(Path(__file__).resolve().parents[2])


def vectors(rows: int) -> NDArray[np.float32]:
    """Unit vectors: of real texts with `--model`, else synthetic."""
    if "--model" in sys.argv:
        from core.features import models
        from core.features.encode import encode
        from core.foundation.progress import SILENT
        from tests.benchmarks.encode import short_texts

        model = models.load_model(models.minilm_folder())
        return encode(model, short_texts(rows), SILENT).matrix
    from tests.benchmarks.graph import unit_vectors

    return unit_vectors(rows)


def main() -> None:
    """Print seconds of both, the ratio, and the share of neighbours each map keeps."""
    import core.features.layout.umap as ours
    from core.features.layout.kept_neighbours import kept_share
    from core.features.shared_graph import shared_graph
    from core.foundation.artifact_store import Store
    from core.foundation.progress import SILENT
    from core.model.derived import Features

    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    x = vectors(numbers[0] if numbers else 20_000)
    features = Features(x, "cosine", "benchmark", "benchmark")
    # In this process, so that compiling is paid for once on both sides.
    ours.run_child = lambda function, arrays, config, progress: ours.umap_work(arrays, config, progress)
    warnings.simplefilter("ignore")
    import umap

    part = Features(x[:500], "cosine", "part", "part")
    with tempfile.TemporaryDirectory() as folder:
        ours.umap(part, Store(Path(folder)), SILENT)
        store, start = Store(Path(folder)), perf_counter()
        shared_graph(features, ours.NEIGHBOURS, store)
        graph, start = perf_counter() - start, perf_counter()
        xy, notes = ours.umap(features, store, SILENT)
        mine = perf_counter() - start
    umap.UMAP(metric="cosine", random_state=0, n_jobs=1).fit_transform(x[:5_000])
    start = perf_counter()
    plain = umap.UMAP(metric="cosine", random_state=0, n_jobs=1).fit_transform(x)
    theirs = perf_counter() - start
    print(f"{len(x):,} rows: ours {mine:.1f} s, umap-learn {theirs:.1f} s; {notes[0]}")
    print(f"ratio {theirs / mine:.2f} with the graph made, which strategies and metrics share (hold 2.5);")
    print(f"{theirs / (mine + graph):.2f} with the {graph:.1f} s of the graph")
    kept = kept_share(x, xy, "cosine")[0], kept_share(x, plain, "cosine")[0]
    print(f"share of neighbours kept: ours {kept[0]:.3f}, umap-learn {kept[1]:.3f} (hold .45)")


if __name__ == "__main__":
    main()
