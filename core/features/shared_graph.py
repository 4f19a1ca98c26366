"""The neighbour graph of features: made once in rungs of k, stored, and cut to what is asked for."""

from __future__ import annotations

from ..foundation.arrays import neighbour_graph
from ..foundation.arrays.array_types import Graph
from ..foundation.arrays.neighbour_graph import APPROXIMATE_ABOVE, KIND, LADDER, VERSION, knn_graph
from ..foundation.artifact_store import Artifact, Store, artifact_key
from ..foundation.errors import ParameterError
from ..foundation.progress import SILENT, Progress
from ..model.derived import Features


def graph_stored(features: Features, store: Store) -> bool:
    """Whether a neighbour graph of these features lies in the store."""
    exact = len(features.matrix) <= APPROXIMATE_ABOVE
    return any(store.has(KIND, _key(features, size, exact, store)) for size in LADDER)


def _key(features: Features, size: int, exact: bool, store: Store) -> str:
    packages = ["numpy"] if exact else ["numpy", "pynndescent", "numba"]
    of = KIND, VERSION, {"k": size, "exact": exact}, [features.key]
    return store.settled(KIND, artifact_key(*of, packages), artifact_key(*of))


def shared_graph(features: Features, k: int, store: Store, progress: Progress = SILENT) -> Graph:
    """The neighbour graph of these features: one stored artifact that serves every smaller k.

    Exact up to `APPROXIMATE_ABOVE` rows; above, neighbour descent in a child process, and `exact` says so.

    Args:
        features: Any features.
        k: Neighbours wanted; rounded up to a stored size and sliced.
        store: Where artifacts lie.
        progress: Told inside the loop; may cancel, and then nothing is stored.
    """
    if k < 1:
        raise ParameterError(
            "A neighbour graph needs at least one neighbour", f"{k} were asked for", "raise k"
        )
    exact = len(features.matrix) <= APPROXIMATE_ABOVE
    sizes = [step for step in LADDER if step >= k] or [k]
    keys = [_key(features, size, exact, store) for size in sizes]
    # A larger graph that is there already serves as well.
    at = next((at for at, key in enumerate(keys) if store.has(KIND, key)), 0)

    def make() -> Artifact:
        if exact:
            graph = knn_graph(features.matrix, sizes[at], features.metric, progress=progress)
            return Artifact({"indices": graph.indices, "distances": graph.distances})
        from ..foundation.child_process import run_child

        config = {"k": sizes[at], "metric": features.metric}
        made, _ = run_child(
            f"{neighbour_graph.__name__}:approximate_work", {"x": features.matrix}, config, progress
        )
        return Artifact(made)

    made = store.fetch(KIND, keys[at], make)
    return Graph(
        made.arrays["indices"][:, :k], made.arrays["distances"][:, :k], features.metric, exact, keys[at]
    )
