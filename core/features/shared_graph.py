"""The neighbour graph of features: made once in rungs of k, stored, and cut to what is asked for."""

from __future__ import annotations

from ..foundation.arrays.any_size_graph import EXACT_UP_TO, LADDER, neighbour_graph
from ..foundation.arrays.array_types import Graph
from ..foundation.artifact_store import Artifact, Store, artifact_key
from ..foundation.errors import ParameterError
from ..foundation.progress import SILENT, Progress
from ..model.derived import Features

VERSION = 1
LARGE_VERSION = 2  # of the search above `EXACT_UP_TO` rows; 1 was neighbour descent
KIND = "graph"


def graph_stored(features: Features, store: Store) -> bool:
    """Whether a neighbour graph of these features lies in the store."""
    return any(store.has(KIND, _key(features, size, store)) for size in LADDER)


def _key(features: Features, size: int, store: Store) -> str:
    exact = len(features.matrix) <= EXACT_UP_TO
    config = {"k": size, "exact": exact} | ({} if exact else {"search": LARGE_VERSION})
    of = KIND, VERSION, config, [features.key]
    return store.settled(
        KIND, artifact_key(*of, ["numpy"] if exact else ["numpy", "scipy"]), artifact_key(*of)
    )


def shared_graph(features: Features, k: int, store: Store, progress: Progress = SILENT) -> Graph:
    """The neighbour graph of these features: one stored artifact that serves every smaller k.

    Made by `neighbour_graph`; where not all neighbours are the true ones, `exact` and `recall` say so.

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
    sizes = [step for step in LADDER if step >= k] or [k]
    keys = [_key(features, size, store) for size in sizes]
    # A larger graph that is there already serves as well.
    at = next((at for at, key in enumerate(keys) if store.has(KIND, key)), 0)

    def make() -> Artifact:
        graph = neighbour_graph(features.matrix, sizes[at], features.metric, progress=progress)
        arrays = {"indices": graph.indices, "distances": graph.distances}
        return Artifact(arrays, {} if graph.exact else {"recall": graph.recall})

    made = store.fetch(KIND, keys[at], make)
    indices, distances = (made.arrays[name][:, :k] for name in ("indices", "distances"))
    recall = made.meta.get("recall")
    return Graph(indices, distances, features.metric, recall is None, keys[at], recall or 1.0)
