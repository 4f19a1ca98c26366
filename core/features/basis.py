"""What distances rest on, in one line for people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..model.dataset import Dataset
from ..model.derived import Features
from .models import MINILM
from .spec import FeatureSpec, resolve
from .table import USED, columns_in_words

SHORT = {"minilm": MINILM, "tfidf": "TF-IDF"}


def distances(spec: FeatureSpec, dataset: Dataset, features: Features | None = None) -> str:
    """What distances are measured on: a model and its column, vectors, or columns of the table by kind.

    Args:
        spec: The choice; ``auto`` is resolved.
        dataset: What it is of.
        features: What was made of it, where it is at hand: only this knows which columns vary.

    Raises:
        FeatureError, ColumnError: There is nothing to make features of, or no such column.

    Example:
        >>> from core.data.load import load
        >>> distances(FeatureSpec.parse("table"), load("sample:wine"))
        '13 number columns'
    """
    spec = resolve(spec, dataset)
    if spec.source == "vector":
        return f"the vectors {spec.column!r}"
    columns = columns_in_words(dataset.roles[name].kind for name in _used(dataset, features))
    if spec.source == "table":
        return columns
    if features is None:
        text = f"{method(spec)} of {spec.column!r}"
        return text if spec.source == "text" else f"{text} ({spec.weight:.0%}) and {columns}"
    if spec.source == "text":
        return features.label
    return f"{features.label.rpartition(' and ')[0]} and {columns}"


def record(spec: FeatureSpec, dataset: Dataset, features: Features) -> dict[str, Any]:
    """What distances rest on, as JSON writes it: the choice, the line, why it was chosen, and what to know.

    Example:
        >>> import tempfile
        >>> from core.data.load import load
        >>> from core.features.make import make_features
        >>> from core.foundation.artifact_store import Store
        >>> wine, spec = load("sample:wine"), FeatureSpec.parse("table")
        >>> record(spec, wine, make_features(wine, spec, Store(Path(tempfile.mkdtemp()))))["sentence"]
        '13 number columns'
    """
    return {
        "features": spec.text,
        "sentence": distances(spec, dataset, features),
        "reason": spec.reason,
        "notes": [note for note in features.notes if note not in features.warnings],
        "warnings": list(features.warnings),
    }


def feature_columns(spec: FeatureSpec, dataset: Dataset, features: Features | None = None) -> list[str]:
    """Names of the columns that features are made of, and with them a layout and clusters.

    What supplied vectors were made of is not known: of them this is the column that holds them, or nothing
    where they were joined from a file.

    Args:
        spec: The choice; ``auto`` is resolved.
        dataset: What it is of.
        features: What was made of it, where it is at hand: only this knows which columns vary.

    Raises:
        FeatureError, ColumnError: There is nothing to make features of, or no such column.

    Example:
        >>> from core.data.load import load
        >>> feature_columns(FeatureSpec.parse("table"), load("sample:wine"))[:2]
        ['alcohol', 'malic_acid']
    """
    spec = resolve(spec, dataset)
    named = [] if spec.source == "table" else [str(spec.column)]
    table = _used(dataset, features) if spec.source in ("table", "text+table") else []
    return [name for name in dict.fromkeys([*named, *table]) if name in dataset.roles]


def method(spec: FeatureSpec) -> str:
    """The name of what embeds texts, known before it is loaded.

    Example:
        >>> method(FeatureSpec.parse("text:body")), method(FeatureSpec.parse("text:body", "./models/mine"))
        ('all-MiniLM-L6-v2', 'mine')
    """
    embedder, params = spec.chosen()
    if embedder.id == "sentence-transformers":
        return Path(str(params["model"])).name
    return SHORT.get(embedder.id, embedder.label)


def _used(dataset: Dataset, features: Features | None) -> list[str]:
    """Columns of the table that distances are measured on."""
    known = dataset.columns(*USED)
    if features is None or not features.names:
        return known
    held = set(features.names)
    for name in features.names:  # of a category there is one for each value
        at = name.find(" = ")
        while at >= 0:
            held.add(name[:at])
            at = name.find(" = ", at + 1)
    return [name for name in known if name in held]
