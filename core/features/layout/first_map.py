"""A first map, to look at while a model reads the texts: of words, or of the table where they hold none."""

from __future__ import annotations

import numpy as np

from ...foundation.arrays.principal_components import pca
from ...foundation.artifact_store import Artifact, Store, artifact_key
from ...foundation.errors import FeatureError
from ...foundation.progress import SILENT, Progress
from ...model.dataset import Dataset
from ...model.derived import Layout
from .. import lexical, table
from ..make import texts_digest, texts_of
from ..spec import FeatureSpec
from .make import KIND

VERSION = 1
_DIMENSIONS = 32  # before two of them are shown
_WORDS = 20_000
_PACKAGES = ("numpy", "scipy", "scikit-learn")


def first_map(
    dataset: Dataset, spec: FeatureSpec, store: Store, progress: Progress = SILENT
) -> Layout | None:
    """Coordinates of all rows from the words of their texts: for looking only, until there are others.

    Two principal components of TF-IDF in `_DIMENSIONS` dimensions. No features are made: nothing that draws
    or measures can come to rest on it.

    Args:
        dataset: In canonical order.
        spec: The features that are asked for, of text, resolved.
        store: Where artifacts lie.
        progress: Told between the steps; may cancel.

    Returns:
        A layout whose method is "words", or "table" where the texts hold no words; None where the table has
        no columns either. O(words) time, about 3,000 texts a second.
    """
    texts = texts_of(dataset, spec) or []
    of = {"method": "first", "column": spec.column}
    roles = sorted([name, role.kind.value] for name, role in dataset.roles.items())
    parents = [dataset.fingerprint.digest, texts_digest(texts)]
    key = artifact_key(KIND, VERSION, {**of, "roles": roles}, parents, _PACKAGES)

    def make() -> Artifact:
        try:
            fitted = lexical.fit(texts, _DIMENSIONS, _WORDS, progress.part(0.0, 0.8))
            x, method = fitted.transform(texts), "words"
        except FeatureError:
            try:
                x, method = table.fit(dataset.frame, dataset.roles).apply(dataset.frame), "table"
            except FeatureError:
                return Artifact({"xy": np.empty((0, 2), np.float32)}, {"method": "none"})
        return Artifact({"xy": pca(x, progress.part(0.8, 1.0))}, {"method": method})

    made = store.fetch(KIND, key, make)
    method = str(made.meta["method"])
    if method == "none":
        return None
    what = "of the words (TF-IDF)" if method == "words" else "of the columns: the texts hold no words"
    return Layout(made.arrays["xy"], method, float("nan"), (f"First two principal components {what}.",), key)
