"""What is made from a data set: features, layouts, groups, rows to resemble."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Metric, Rows
from ..foundation.arrays.distances import squared_lengths


@dataclass(frozen=True)
class Features:
    """The matrix that distances live in.

    Args:
        matrix: Shape (n, d), float32, C-ordered, read-only, finite.
        metric: "cosine" promises rows of length 1.
        key: Address of the artifact (hash of data, configuration and libraries).
        label: One line for people, for example "all-MiniLM-L6-v2 of 'body'".
        names: Names of the d dimensions where they mean something.
        notes: What was done (missing values filled, columns dropped…).
        made_by: What a manifest records: model, hashes, number format, versions.
        warnings: What makes some distances unsound; said wherever a subset was chosen by them.
    """

    matrix: NDArray[np.float32]
    metric: Metric
    key: str
    label: str
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    made_by: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Hand the matrix on as a plain array: a memory map runs Python at every index and slice."""
        if type(self.matrix) is not np.ndarray:
            object.__setattr__(self, "matrix", np.asarray(self.matrix))

    @cached_property
    def largest(self) -> float:
        """Largest absolute number of the matrix, found once; NaN or infinite where one of them is."""
        x = self.matrix
        return max(float(x.max()), -float(x.min())) if x.size else 0.0

    @cached_property
    def centre(self) -> NDArray[np.float32]:
        """Mean of the rows, (d,), found once."""
        mean: NDArray[np.float32] = self.matrix.mean(axis=0, dtype=np.float64).astype(np.float32)
        return mean

    @cached_property
    def squared(self) -> NDArray[np.float64]:
        """Squared distance of each row from `centre`, (n,), found once."""
        return squared_lengths(self.matrix, self.centre)


@dataclass(frozen=True)
class Layout:
    """2-D coordinates for looking only; no strategy or metric reads them.

    Args:
        xy: Shape (n, 2), float32.
        method: "pca" or "umap"; of a first map "words" or "table".
        kept: Share of true nearest neighbours among the nearest on the map, or NaN where not measured.
        chance: The share that a map without any order would keep.
        notes: Landmarks, epochs and the like, in plain words.
    """

    xy: NDArray[np.float32]
    method: str
    kept: float
    notes: tuple[str, ...] = ()
    key: str = ""
    chance: float = float("nan")


@dataclass(frozen=True)
class Groups:
    """Subpopulations: one code per row.

    Args:
        codes: Shape (n,), int64, in 0 … len(names)-1.
        names: Name of each group; unique.
        noise: Code of the noise group where the method has one.
        label: One line for people, for example "k-means, 12 groups".
        key: Address of the artifact.
        notes: How k was chosen, on which dimensions, in plain words.
        typical: Rows closest to each group's centre, nearest first.
    """

    codes: Rows
    names: tuple[str, ...]
    noise: int | None = None
    label: str = ""
    key: str = ""
    notes: tuple[str, ...] = ()
    typical: tuple[Rows, ...] = ()

    @property
    def sizes(self) -> Rows:
        """Rows in each group."""
        return np.bincount(self.codes, minlength=len(self.names)).astype(np.int64)


@dataclass(frozen=True)
class Target:
    """Rows that a subset should resemble.

    Args:
        name: What people call it.
        digest: Fingerprint of its rows.
        texts: Their text, where the features are of text.
        features: In the same space as the data set's, where they could be made.
    """

    name: str
    digest: str
    texts: tuple[str, ...] | None = None
    features: NDArray[np.float32] | None = None
