"""Making a layout, from the store or new."""

from __future__ import annotations

import math
from typing import Literal

from ...foundation.arrays.principal_components import pca
from ...foundation.artifact_store import Artifact, Store, artifact_key
from ...foundation.errors import ParameterError
from ...foundation.progress import SILENT, Progress
from ...model.derived import Features, Layout
from .kept_neighbours import kept_share
from .umap import NEIGHBOURS, enough, umap

VERSION = 4
KIND = "layout"
METHODS = ("pca", "umap")
Method = Literal["pca", "umap"]
_PACKAGES = {
    "pca": ("numpy", "scikit-learn"),
    "umap": ("numpy", "scikit-learn", "umap-learn", "numba", "scipy"),
}


def make_layout(features: Features, method: Method, store: Store, progress: Progress = SILENT) -> Layout:
    """2-D coordinates of all rows, for looking only, from the store or made and stored.

    Args:
        features: What distances live in.
        method: "pca" (at once) or "umap" (seeded; minutes for many rows, in a child process).
        store: Where artifacts lie.
        progress: Told inside; a cancel ends the child process and stores nothing.

    Returns:
        Coordinates with the share of true neighbours that the map keeps, and what chance would keep.

    Raises:
        ParameterError: An unknown method.
    """
    if method not in METHODS:
        raise ParameterError(
            f"There is no layout {method!r}", f"there are {', '.join(METHODS)}", "choose one"
        )
    of = KIND, VERSION, {"method": method}, [features.key]
    key = store.settled(KIND, artifact_key(*of, _PACKAGES[method]), artifact_key(*of))

    def make() -> Artifact:
        x = features.matrix
        notes: tuple[str, ...]
        shown = method
        if method == "umap" and enough(x):
            xy, notes = umap(features, store, progress)
        else:
            xy = pca(x, progress.part(0.0, 0.8))
            notes = ("First two principal components.",)
            if method == "umap":
                shown = "pca"
                few = "rows" if len(x) < NEIGHBOURS + 2 else "rows that differ"
                notes = (f"Too few {few} for UMAP (it needs {NEIGHBOURS + 2}): principal components.",)
        kept = kept_share(x, xy, features.metric, progress.part(0.95, 1.0))
        shares = [None if math.isnan(share) else share for share in kept]
        return Artifact(
            {"xy": xy}, {"method": shown, "kept": shares[0], "chance": shares[1], "notes": list(notes)}
        )

    made = store.fetch(KIND, key, make)
    meta = made.meta
    kept, chance = (math.nan if meta[name] is None else float(meta[name]) for name in ("kept", "chance"))
    return Layout(made.arrays["xy"], meta["method"], kept, tuple(meta["notes"]), key, chance)
