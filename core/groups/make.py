"""Making groups: cluster or read a column, order by size, name, find typical rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.artifact_store import Artifact, Store, artifact_key, digest
from ..foundation.child_process import run_child
from ..foundation.errors import NeedError
from ..foundation.permanent_random import Draws
from ..foundation.progress import SILENT, Progress
from ..foundation.wording import count
from ..foundation.words import LIBRARIES as WORD_LIBRARIES
from ..foundation.words import VERSION as WORDS_VERSION
from ..foundation.words import beyond_latin
from ..model.dataset import Dataset
from ..model.derived import Features, Groups
from ..model.open_registry import edition, faults_of
from .columns import column_groups, unique_names
from .declaration import CLUSTERERS, Clusterer, Clustering
from .dominant_label import by_label
from .naming import by_differences, by_words
from .spec import COLUMN, GroupSpec

VERSION = 2
KIND = "groups"
TYPICAL = 10
_ROWS_AT_ONCE = 1 << 14  # in double precision at once
CHILD_ABOVE = 1.0  # estimated seconds
NOISE = "unclustered"
_PACKAGES = ("numpy", "scikit-learn", "scipy")


def ordered(codes: Rows) -> tuple[Rows, Rows]:
    """Codes renumbered by size (largest first), ties by first row; noise (−1) comes last.

    Returns:
        The new codes, and the old code behind each new one.

    Example:
        >>> ordered(np.array([7, -1, 3, 3, 7, 9]))[0].tolist()
        [0, 3, 1, 1, 0, 2]
    """
    old, first, inverse, size = np.unique(codes, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -size, old == -1))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[inverse].astype(np.int64), old[order].astype(np.int64)


def typical_rows(matrix: NDArray[np.float32], codes: Rows, count: int) -> list[Rows]:
    """Up to `TYPICAL` rows of each group closest to its mean, nearest first, ties to the lower row."""
    found = []
    for code in range(count):
        rows = np.flatnonzero(codes == code)
        part = matrix[rows]
        mean = part.mean(axis=0, dtype=np.float64)
        gap = np.empty(len(rows))
        for at in range(0, len(rows), _ROWS_AT_ONCE):
            gap[at : at + _ROWS_AT_ONCE] = ((part[at : at + _ROWS_AT_ONCE] - mean) ** 2).sum(axis=1)
        found.append(rows[np.argsort(gap, kind="stable")[:TYPICAL]].astype(np.int64))
    return found


def cluster_work(
    arrays: Mapping[str, NDArray[Any]], config: Mapping[str, Any], progress: Progress
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """One clustering, in the form that a child process runs."""
    draws = Draws(np.asarray(arrays["keys"]), 0, config["stream"])
    matrix = np.ascontiguousarray(arrays["matrix"], dtype=np.float32)
    clusterer = CLUSTERERS[config["id"]]
    with faults_of(clusterer):
        made = clusterer.body(matrix, draws, progress, **config["params"])
        codes = np.asarray(made.codes)
        if codes.shape != (len(matrix),) or codes.dtype.kind not in "iu":
            raise TypeError(f"it gives no whole number for each of {count(len(matrix), 'row')}")
        told = {"notes": [str(note) for note in made.notes], "label": str(made.label)}
    return {"codes": codes.astype(np.int64)}, told


def _cluster(
    clusterer: Clusterer,
    features: Features,
    keys: NDArray[np.uint8],
    params: Mapping[str, Any],
    progress: Progress,
) -> Clustering:
    """Cluster here if it is quick, else in a child process that a cancel ends; the result is the same."""
    arrays: dict[str, NDArray[Any]] = {"matrix": features.matrix, "keys": keys}
    config = {
        "id": clusterer.id,
        "params": dict(params),
        "stream": f"groups/{clusterer.id}/{clusterer.version}",
    }
    if clusterer.expected(*features.matrix.shape) > CHILD_ABOVE:
        made, meta = run_child(f"{__name__}:cluster_work", arrays, config, progress)
    else:
        made, meta = cluster_work(arrays, config, progress)
    return Clustering(np.asarray(made["codes"], np.int64), tuple(meta["notes"]), meta["label"])


def make_groups(
    dataset: Dataset,
    features: Features | None,
    spec: GroupSpec,
    store: Store,
    progress: Progress = SILENT,
    texts: Sequence[str] | None = None,
    label: str | None = None,
) -> Groups:
    """Groups of all rows, from the store or made and stored.

    Args:
        dataset: In canonical order.
        features: What distances are measured in; needed by clusterers, and for typical rows.
        spec: A clusterer or a column.
        store: Where artifacts lie.
        progress: Told inside; may cancel, and then nothing is stored.
        texts: One string per row, to name groups by their words.
        label: Column of labels, to name clusters of rows without texts by the label that dominates them.

    Returns:
        Groups from the largest to the smallest; noise last.

    Raises:
        ColumnError: No such column, or too many values.
        NeedError: A clusterer without features.
    """
    parents = [dataset.fingerprint.digest, features.key if features else "no features"]
    if texts is not None:
        parents.append(digest(list(texts)))
    config: dict[str, Any] = spec.to_json()
    if spec.method != COLUMN:
        config["version"] = edition(CLUSTERERS[spec.method])
    else:
        config["role"] = str(dataset.roles[str(spec.column)].kind) if spec.column in dataset.roles else None
    packages = [*_PACKAGES]
    # Named only where names can differ by it, so that keys written before it existed stay what they were.
    if texts is not None and spec.method != COLUMN and any(map(beyond_latin, texts)):
        config["words"] = WORDS_VERSION
        packages += [*WORD_LIBRARIES, "stopwordsiso"]
    of = KIND, VERSION, config, parents
    key = store.settled(KIND, artifact_key(*of, packages), artifact_key(*of))
    made = store.fetch(KIND, key, lambda: _make(dataset, features, spec, progress, texts))
    meta = made.meta
    codes, names = np.asarray(made.arrays["codes"]), list(meta["names"])
    if label is not None and texts is None and spec.method != COLUMN:
        names = _labelled(dataset, label, codes, names, meta["noise"])
        key = key if names == meta["names"] else digest([key, names])
    flat = np.asarray(made.arrays["typical"])
    ends = np.cumsum(np.asarray(made.arrays["typical_sizes"]))[:-1]
    return Groups(
        codes=codes,
        names=tuple(names),
        noise=meta["noise"],
        label=meta["label"],
        key=key,
        notes=tuple(meta["notes"]),
        typical=tuple(np.split(flat, ends)) if len(flat) else (),
    )


def _labelled(dataset: Dataset, label: str, codes: Rows, names: list[str], noise: int | None) -> list[str]:
    """The names, those of groups that one label dominates replaced; made when asked, never stored."""
    import pandas as pd

    labels, values = pd.factorize(dataset.column(label).astype("string"), sort=True)
    found = by_label(np.asarray(labels, np.int64), [str(one) for one in values], codes, len(names), label)
    if noise is not None:
        found[noise] = ""
    return unique_names([one or name for one, name in zip(found, names, strict=True)])


def _make(
    dataset: Dataset,
    features: Features | None,
    spec: GroupSpec,
    progress: Progress,
    texts: Sequence[str] | None,
) -> Artifact:
    noise: int | None = None
    if spec.method == COLUMN:
        raw, values, notes = column_groups(dataset, str(spec.column))
        codes, old = ordered(raw)
        names = [values[at] for at in old]
        label = f"{spec.column}, {len(names)} group{'' if len(names) == 1 else 's'}"
    else:
        if features is None:
            raise NeedError(
                "Clusters need features", "none were made", "choose what to embed or measure first"
            )
        clusterer = CLUSTERERS[spec.method]
        made = _cluster(clusterer, features, dataset.keys, spec.params, progress.part(0.0, 0.9))
        codes, old = ordered(made.codes)
        noise = len(old) - 1 if len(old) and old[-1] == -1 else None
        names = _names(features, codes, len(old), noise, texts)
        notes, label = made.notes, made.label
    progress(95, 100, "naming groups")
    typical = typical_rows(features.matrix, codes, len(names)) if features is not None else []
    progress(1, 1, "groups made")
    return Artifact(
        {
            "codes": codes,
            "typical": np.concatenate(typical) if typical else np.empty(0, np.int64),
            "typical_sizes": np.array([len(rows) for rows in typical], np.int64),
        },
        {"names": names, "noise": noise, "label": label, "notes": list(notes)},
    )


def _names(
    features: Features, codes: Rows, count: int, noise: int | None, texts: Sequence[str] | None
) -> list[str]:
    if texts is not None:
        names = by_words(texts, codes, count)
    elif features.names:
        names = by_differences(features, codes, count)
    else:
        names = [""] * count
    names = [name or f"group {at + 1}" for at, name in enumerate(names)]
    if noise is not None:
        names[noise] = NOISE
    return unique_names(names)
