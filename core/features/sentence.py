"""One sentence more in the space of features that are there: for the rows nearest to what somebody types."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..foundation.artifact_store import Artifact, Store, artifact_key
from ..foundation.errors import FeatureError
from ..foundation.progress import SILENT, Progress
from ..model.dataset import Dataset
from ..model.derived import Features
from . import vectors
from .declaration import Encoder
from .encode import clean
from .make import ENCODER, encoder_of
from .spec import FeatureSpec, resolve

VERSION = 1
KIND = "sentence"
_TRIED = 8  # texts by which an encoder that was fitted again is compared with the features
_SAME = 1e-2  # how far their vectors may be apart: number formats differ between machines
_NOT_TEXT = {
    "table": "the features are of the table's columns, and a sentence has no values in these",
    "vector": "the features are vectors that came with the data, and what made them is not known here",
    "text+table": "the features join a text with the table's columns, and a sentence has no values in these",
}


def sentence_vector(
    dataset: Dataset,
    features: Features,
    spec: FeatureSpec,
    text: str,
    store: Store,
    texts: Callable[[], Sequence[str]],
    progress: Progress = SILENT,
) -> NDArray[np.float32]:
    """A sentence as a vector among features of text, by the model or the vocabulary that made them.

    Kept in the store once made, so that the same sentence means the same rows as long as the features do.
    What TF-IDF learned is read back as it was kept with its features; where it was not kept (features of a
    bundle) it is learned again from the same texts and compared with them.

    Args:
        dataset: The data set that `features` are of.
        features: Of text alone.
        spec: How they were made.
        text: The sentence.
        store: Where it is kept.
        texts: The texts of the features, one a row; asked for only where something is learned from them.
        progress: Told while a model is loaded; may cancel.

    Returns:
        float32 (d,), of length one under cosine.

    Raises:
        FeatureError: The features are not of text alone, nothing in the sentence is known to them, or what
            made them cannot be had again.
        ModelError: The model is not there.
    """
    what = "Rows near a sentence cannot be found"
    spec = resolve(spec, dataset)
    if spec.source != "text":
        do = "choose features of a text (--features text:COLUMN), or rows near a row"
        raise FeatureError(what, _NOT_TEXT[spec.source], do)

    def make() -> Artifact:
        encoder = _encoder(features, spec, store, texts, progress)
        return Artifact({"vector": _encoded(encoder, spec, [text], progress)[0]})

    key = artifact_key(KIND, VERSION, {"text": text}, [features.key])
    vector = np.asarray(store.fetch(KIND, key, make).arrays["vector"])
    if len(vector) != features.matrix.shape[1]:
        raise _other_space()
    if not vector.any():
        raise FeatureError(
            what,
            f"the features know no word of {text[:60]!r}, so every row is equally far from it",
            "write other words, or search for the words themselves",
        )
    return vector


def _encoded(
    encoder: Encoder, spec: FeatureSpec, given: Sequence[str], progress: Progress
) -> NDArray[np.float32]:
    made, _, _ = spec.chosen()[0].encoded(encoder, [clean(text) for text in given], progress)
    return vectors.prepared(made, encoder.metric)[0] if encoder.metric == "cosine" else made


def _encoder(
    features: Features,
    spec: FeatureSpec,
    store: Store,
    texts: Callable[[], Sequence[str]],
    progress: Progress,
) -> Encoder:
    again = spec.chosen()[0].again
    kept = None if again is None else store.get(ENCODER, features.key)
    if again is not None and kept is not None:
        return again(kept.arrays)
    own = list(texts())
    encoder = encoder_of(spec)(own, progress.part(0.0, 0.9))
    if again is not None:
        rows = [row for row, text in enumerate(own) if text.strip()][:_TRIED]
        made = _encoded(encoder, spec, [own[row] for row in rows], progress)
        known = features.matrix[rows]
        if made.shape != known.shape or np.abs(made - known).max(initial=0.0) > _SAME:
            raise _other_space()
        store.fetch(ENCODER, features.key, lambda: Artifact(encoder.fitted))
    return encoder


def _other_space() -> FeatureError:
    return FeatureError(
        "The sentence cannot be placed among these features",
        "what made them gives other vectors now, because a library or the model is of another version",
        "make the features again with this version",
    )
