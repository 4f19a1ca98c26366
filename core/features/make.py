"""Making features: the one way from a data set to the matrix that distances live in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Metric
from ..foundation.artifact_store import Artifact, Store, artifact_key, frozen, versions
from ..foundation.errors import FeatureError
from ..foundation.progress import SILENT, Progress
from ..foundation.wording import clause
from ..model.dataset import Dataset
from ..model.derived import Features, Target
from ..model.open_registry import edition, faults_of
from . import table, vectors
from .declaration import MACHINE, Encoder
from .encode import clean
from .spec import FeatureSpec, resolve

VERSION = 2
TABLE_VERSION = 2  # raised where the columns that a table becomes change: their names or their values
KIND = "features"
ENCODER = "encoder"
MakeEncoder = Callable[[list[str], Progress], Encoder]


def _texts(dataset: Dataset, column: str) -> tuple[list[str], int]:
    """One cleaned string per row, "" where missing, and how many were missing."""
    series = dataset.column(column)
    gone = series.isna().to_numpy()
    values = series.tolist()
    found = ["" if lost else clean(str(value)) for value, lost in zip(values, gone, strict=True)]
    return found, int(gone.sum())


def texts_of(dataset: Dataset, spec: FeatureSpec) -> list[str] | None:
    """One string per row ("" where missing) if the features are of text, else None."""
    spec = resolve(spec, dataset)
    return _texts(dataset, str(spec.column))[0] if spec.uses_text else None


def _digest(parts: Sequence[bytes]) -> str:
    state = blake2b(digest_size=16)
    for part in parts:
        state.update(len(part).to_bytes(8, "little"))
        state.update(part)
    return state.hexdigest()


def texts_digest(texts: Sequence[str]) -> str:
    """Identity of texts in their order."""
    return _digest([text.encode("utf-8", "surrogatepass") for text in texts])


@dataclass(frozen=True)
class _Made:
    matrix: NDArray[np.float32]
    metric: Metric
    label: str
    names: tuple[str, ...]
    notes: tuple[str, ...]
    made_by: Mapping[str, Any]
    warnings: tuple[str, ...] = ()


def _spread(matrix: NDArray[np.float32]) -> float:
    """Sum of the columns' variances: half the mean squared distance between two rows."""
    return float(matrix.astype(np.float64).var(axis=0).sum())


def features_key(dataset: Dataset, spec: FeatureSpec, store: Store) -> str:
    """Under which features are kept in the store: everything that they follow from.

    Features that come with the program are bound to the fingerprint of a data set, to the choices and to our
    own versions. They are the features of that data set on every machine, whatever a machine would make.
    """
    config: dict[str, Any] = {"source": spec.source}
    parents: list[str] = []
    packages: list[str] = ["numpy"]
    if spec.uses_text:
        embedder, params = spec.chosen()
        identity = embedder.told(params)
        config["embedder"] = {
            "id": embedder.id,
            "version": edition(embedder),
            "params": params,
            "identity": identity,
            "column": spec.column,
        }
        parents.append(texts_digest(_texts(dataset, str(spec.column))[0]))
        packages.extend(embedder.packages)
    if spec.source in ("table", "text+table"):
        config["table"] = TABLE_VERSION
        config["roles"] = sorted([name, role.kind.value] for name, role in dataset.roles.items())
        parents.append(dataset.fingerprint.digest)
    if spec.source == "text+table":
        config["weight"] = float(spec.weight)
    if spec.source == "vector":
        matrix = vectors.find(dataset, str(spec.column))
        config["metric"] = spec.metric or "cosine"
        config["column"] = spec.column
        parents.append(_digest([str(matrix.shape).encode(), matrix.tobytes()]))
    own = artifact_key(KIND, VERSION, config, parents, packages)
    if spec.uses_text:
        config["embedder"]["identity"] = {name: one for name, one in identity.items() if name != MACHINE}
    anywhere = artifact_key(KIND, VERSION, config, [dataset.fingerprint.digest, *parents])
    return store.settled(KIND, own, anywhere)


def encoder_of(spec: FeatureSpec) -> MakeEncoder:
    """What makes the encoder of features of text, as this machine runs it: of texts, and a progress."""

    def make(texts: list[str], progress: Progress) -> Encoder:
        embedder, params = spec.chosen()
        with faults_of(embedder):
            made = embedder.body(texts, progress, **params)
            if not isinstance(made, Encoder):
                raise TypeError(f"it gives {made!r:.40}, and no Encoder")
            return made

    return make


def _text(dataset: Dataset, spec: FeatureSpec, progress: Progress, encoding: MakeEncoder) -> _Made:
    texts, missing = _texts(dataset, str(spec.column))
    if not any(text.strip() for text in texts):
        raise FeatureError(
            f"Column {spec.column!r} holds no text", "every cell is empty", "choose another column"
        )
    encoder = encoding(texts, progress.part(0.0, 0.2))
    matrix, warnings, told = spec.chosen()[0].encoded(encoder, texts, progress.part(0.2, 1.0))
    metric: Metric = encoder.metric
    notes = [*warnings, *told]
    if missing:
        notes.append(f"{clause(missing, 'row', 'has', 'have')} no {spec.column}, which counts as empty text.")
    if metric == "cosine":
        matrix, _ = vectors.prepared(matrix, metric)
    label = f"{encoder.label} of {spec.column!r}"
    return _Made(matrix, metric, label, encoder.names, tuple(notes), encoder.made_by, warnings)


def _table(dataset: Dataset) -> tuple[_Made, table.Plan]:
    plan = table.fit(dataset.frame, dataset.roles)
    matrix = plan.apply(dataset.frame)
    count = len(plan.numbers) + len(plan.categories)
    label = f"{count} table column{'s' if count > 1 else ''}"
    made_by = {"model": "standard scores and one-hot categories", "libraries": versions("numpy", "pandas")}
    return _Made(matrix, "euclidean", label, plan.names, plan.notes, made_by), plan


def _shares(text: NDArray[np.float32], columns: NDArray[np.float32], weight: float) -> tuple[float, float]:
    """Factors that give the text `weight` and the table the rest of the mean squared distance."""
    spread = _spread(text), _spread(columns)
    if min(spread) <= 0:
        raise FeatureError(
            "Text and table cannot be joined",
            "all texts are the same" if spread[0] <= 0 else "the table does not vary",
            "use the other one alone",
        )
    return float(np.sqrt(weight / spread[0])), float(np.sqrt((1 - weight) / spread[1]))


def _joined(dataset: Dataset, spec: FeatureSpec, progress: Progress, encoding: MakeEncoder) -> _Made:
    text = _text(dataset, spec, progress, encoding)
    columns, _ = _table(dataset)
    a, b = _shares(text.matrix, columns.matrix, spec.weight)
    matrix = np.concatenate([text.matrix * np.float32(a), columns.matrix * np.float32(b)], axis=1)
    share = f"{spec.weight:.0%}"
    note = f"The text makes {share} of the mean squared distance, the table the rest."
    names = (*(text.names or tuple(f"text {at}" for at in range(text.matrix.shape[1]))), *columns.names)
    return _Made(
        np.ascontiguousarray(matrix, dtype=np.float32),
        "euclidean",
        f"{text.label} ({share}) and {columns.label}",
        names,
        (note, *text.notes, *columns.notes),
        {"text": text.made_by, "table": columns.made_by, "weight": spec.weight, "factors": [a, b]},
        text.warnings,
    )


def _supplied(dataset: Dataset, spec: FeatureSpec) -> _Made:
    metric: Metric = spec.metric or "cosine"
    matrix, notes = vectors.prepared(vectors.find(dataset, str(spec.column)), metric)
    return _Made(matrix, metric, f"vectors {spec.column!r}", (), notes, {"model": "supplied vectors"})


def _make(dataset: Dataset, spec: FeatureSpec, progress: Progress, encoding: MakeEncoder) -> _Made:
    if spec.source == "text":
        return _text(dataset, spec, progress, encoding)
    if spec.source == "text+table":
        return _joined(dataset, spec, progress, encoding)
    if spec.source == "vector":
        return _supplied(dataset, spec)
    return _table(dataset)[0]


def features_artifact(
    dataset: Dataset,
    spec: FeatureSpec,
    progress: Progress = SILENT,
    encoder: MakeEncoder | None = None,
) -> Artifact:
    """Features as they go into the store, made now.

    Args:
        dataset, spec, progress: As in `make_features`, `spec` resolved.
        encoder: What encodes the texts, where it is not the embedder of `spec` as this machine runs it.

    Raises:
        FeatureError, ModelError, ColumnError: As in `make_features`.
    """
    made = _make(dataset, spec, progress, encoder or encoder_of(spec))
    if not np.isfinite(made.matrix).all():
        raise FeatureError(
            "Some features are not finite",
            "values are too large for 32-bit numbers",
            "rescale the columns, or leave them out",
        )
    meta = {
        "metric": made.metric,
        "label": made.label,
        "names": list(made.names),
        "notes": list(made.notes),
        "made_by": dict(made.made_by),
        "warnings": list(made.warnings),
    }
    return Artifact({"matrix": frozen(made.matrix)}, meta)


def make_features(dataset: Dataset, spec: FeatureSpec, store: Store, progress: Progress = SILENT) -> Features:
    """The features of a data set, from the store or made and stored.

    Args:
        dataset: In canonical order.
        spec: What to make; ``auto`` is resolved.
        store: Where artifacts lie.
        progress: Told inside the loop; may cancel, and then nothing is stored.

    Returns:
        Shape (n, d), float32, finite; rows of length one (or zero) under cosine.

    Raises:
        FeatureError: Nothing to measure, or vectors that are not usable.
        ModelError: The model is not there, fails its check or cannot be loaded. No other model is taken.
        ColumnError: A column does not exist.
    """
    spec = resolve(spec, dataset)
    key = features_key(dataset, spec, store)

    def make() -> Artifact:
        encoders = []

        def encoding(texts: list[str], progress: Progress) -> Encoder:
            encoders.append(encoder_of(spec)(texts, progress))
            return encoders[0]

        made = features_artifact(dataset, spec, progress, encoding)
        if spec.source == "text" and spec.chosen()[0].again is not None:  # for one sentence more
            store.fetch(ENCODER, key, lambda: Artifact(encoders[0].fitted))
        return made

    artifact = store.fetch(KIND, key, make)
    meta = artifact.meta
    return Features(
        matrix=vectors.widened(artifact.arrays["matrix"]),
        metric=meta["metric"],
        key=key,
        label=meta["label"],
        names=tuple(meta["names"]),
        notes=tuple(meta["notes"]),
        made_by=meta["made_by"],
        warnings=tuple(meta["warnings"]),
    )


def make_target(
    dataset: Dataset,
    features: Features,
    spec: FeatureSpec,
    target: Dataset,
    store: Store,
    progress: Progress = SILENT,
) -> Target:
    """Rows to resemble, in the same space as the data set's features.

    The same model, vocabulary and scaling are used: what was learnt, was learnt from `dataset` alone.

    Args:
        dataset: The data set that `features` were made of.
        features: Its features.
        spec: How they were made.
        target: The rows to resemble.
        store: Where the target's vectors are kept.
        progress: Told inside the loop.

    Raises:
        ColumnError: The target lacks columns; they are named.
        FeatureError: Its vectors have another length, or are not usable.
    """
    spec = resolve(spec, dataset)
    if not len(target):
        raise FeatureError("The target is empty", "it has no rows", "give at least one row")
    texts = _texts(target, str(spec.column))[0] if spec.uses_text else None

    def make() -> Artifact:
        return Artifact({"matrix": frozen(_target_matrix(dataset, features, spec, target, progress))})

    key = artifact_key(
        "target", VERSION, {"spec": spec.to_json() | {"reason": ""}}, _target_parents(features, target)
    )
    matrix = store.fetch("target", key, make).arrays["matrix"]
    if matrix.shape[1] != features.matrix.shape[1]:
        raise FeatureError(
            "The target's vectors do not fit the data set's",
            f"they have {matrix.shape[1]} numbers, the data set's {features.matrix.shape[1]}",
            "make both with the same model",
        )
    return Target(target.name, target.fingerprint.digest, None if texts is None else tuple(texts), matrix)


def _target_parents(features: Features, target: Dataset) -> list[str]:
    held = [_digest([name.encode(), np.asarray(x).tobytes()]) for name, x in sorted(target.vectors.items())]
    return [features.key, target.fingerprint.digest, *held]


def _target_matrix(
    dataset: Dataset, features: Features, spec: FeatureSpec, target: Dataset, progress: Progress
) -> NDArray[np.float32]:
    if spec.source == "vector":
        metric: Metric = spec.metric or "cosine"
        return vectors.prepared(vectors.find(target, str(spec.column)), metric)[0]
    if spec.source == "table":
        return table.fit(dataset.frame, dataset.roles).apply(target.frame)
    texts = _texts(target, str(spec.column))[0]
    own = _texts(dataset, str(spec.column))[0]
    encoder = encoder_of(spec)(own, progress.part(0.0, 0.3))
    made, _, _ = spec.chosen()[0].encoded(encoder, texts, progress.part(0.3, 0.9))
    matrix = vectors.prepared(made, encoder.metric)[0]
    if spec.source == "text":
        return matrix
    other = table.fit(dataset.frame, dataset.roles).apply(target.frame)
    a, b = features.made_by["factors"]
    return np.ascontiguousarray(
        np.concatenate([matrix * np.float32(a), other * np.float32(b)], axis=1), dtype=np.float32
    )
