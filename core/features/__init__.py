"""Features: the float32 matrix that distances live in."""

from .declaration import EMBEDDERS, Embedder, Encoder
from .embedders import minilm, sentence_transformers, tfidf
from .make import make_features, make_target, texts_of
from .spec import FeatureSpec, resolve

__all__ = [
    "EMBEDDERS",
    "Embedder",
    "Encoder",
    "FeatureSpec",
    "make_features",
    "make_target",
    "minilm",
    "resolve",
    "sentence_transformers",
    "texts_of",
    "tfidf",
]
