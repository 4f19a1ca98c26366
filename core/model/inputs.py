"""What moves between the parts of the engine: frozen dataclasses over read-only arrays.

Everything here is in *canonical order* (ascending row key). Positions are int64; features are float32,
C-ordered and read-only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..foundation.artifact_store import digest
from ..foundation.errors import ColumnError, NeedError
from ..foundation.progress import SILENT, Progress
from ..foundation.wording import some

if TYPE_CHECKING:
    import pandas as pd

Metric = Literal["cosine", "euclidean"]
Rows = NDArray[np.int64]


class Kind(StrEnum):
    """The role of a column."""

    ID = "id"
    TEXT = "text"
    NUMBER = "number"
    CATEGORY = "category"
    LABEL = "label"
    VECTOR = "vector"
    IMAGE = "image path"
    TIME = "time"
    SCORE = "score"
    ENTITY = "entity"
    LICENCE = "licence"
    IGNORE = "ignore"


@dataclass(frozen=True)
class Role:
    """A column's role and the reason for it, in plain words."""

    kind: Kind
    reason: str


@dataclass(frozen=True)
class Fingerprint:
    """Cryptographic identity of a data set.

    Args:
        digest: 32 hexadecimal digits over the canonical rows.
        rows: One digest per row in canonical order, shape (n, 16), uint8.
        columns: One digest per column, hexadecimal.
        id_column: The column that keys are made from, or None for content keys.
    """

    digest: str
    rows: NDArray[np.uint8]
    columns: Mapping[str, str]
    id_column: str | None

    @property
    def short(self) -> str:
        """The first eight digits, as shown on screen."""
        return self.digest[:8]


@dataclass(frozen=True)
class Dataset:
    """A loaded table in canonical order.

    Args:
        name: What people call it.
        frame: Canonical values, RangeIndex, rows in canonical order.
        roles: One role per column.
        keys: Row keys, shape (n, 16), uint8, strictly ascending.
        order: Source row number (0-based) of each canonical row.
        fingerprint: Identity of the content.
        vectors: Vectors joined by position, float32 (n, d), by name.
        notes: What was done to the data on the way in, in plain words.
        reading: How the file was read, chosen or found (`core.model.reading.Reading`); empty for frames.
    """

    name: str
    frame: pd.DataFrame
    roles: Mapping[str, Role]
    keys: NDArray[np.uint8]
    order: Rows
    fingerprint: Fingerprint
    vectors: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    reading: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.keys)

    def columns(self, *kinds: Kind) -> list[str]:
        """Names of the columns in these roles, in file order."""
        return [name for name, role in self.roles.items() if role.kind in kinds]

    def column(self, name: str) -> pd.Series[Any]:
        """A column; `ColumnError` naming the columns there are."""
        return find_column(self.frame, name)

    def take(self, rows: Rows) -> Dataset:
        """Some rows (ascending positions) as a data set of their own, with a digest of its own."""
        name = digest([self.fingerprint.digest, rows.tobytes().hex()])
        return replace(
            self,
            frame=self.frame.iloc[rows].reset_index(drop=True),
            keys=self.keys[rows],
            order=self.order[rows],
            fingerprint=replace(self.fingerprint, digest=name, rows=self.fingerprint.rows[rows]),
            vectors={label: matrix[rows] for label, matrix in self.vectors.items()},
        )

    def _repr_html_(self) -> str:
        from ..report.documents.notebook_display import dataset_html

        return dataset_html(self)


def find_column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    """The column of a frame, or `ColumnError` naming those that exist."""
    if name not in frame.columns:
        known = some([str(column) for column in frame.columns])
        raise ColumnError(f"There is no column {name!r}", f"the columns are {known}", "choose one of them")
    return frame[name]


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


@dataclass(frozen=True)
class Graph:
    """k nearest neighbours of every row, the row itself left out, nearest first.

    Args:
        indices: Shape (n, k), int32.
        distances: Shape (n, k), float32; cosine distance (1 - cos) or Euclidean.
        exact: False only where an approximate search was declared.
    """

    indices: NDArray[np.int32]
    distances: NDArray[np.float32]
    metric: Metric
    exact: bool = True
    key: str = ""


@dataclass(frozen=True)
class Layout:
    """2-D coordinates for looking only; no strategy or metric reads them.

    Args:
        xy: Shape (n, 2), float32.
        method: "pca" or "umap".
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


@dataclass(frozen=True)
class Inputs:
    """Everything a strategy may look at: the eligible population in canonical order, and nothing else.

    Bans and filters are gone already; pins are positions in this population.

    Args:
        keys: Shape (n, 16), uint8, strictly ascending.
        features: The matrix and its metric, if there is one.
        frame: Columns of the population.
        roles: What its columns are, where that is known.
        texts: One string per row ("" where missing), if the features are of text.
        groups: Subpopulations.
        labels: Label codes, int64, −1 where missing.
        scores: float64, higher is better, NaN where missing.
        entities: Code of the entity (person, document, sequence…) that each row belongs to, int64; a row
            without one is an entity of its own.
        order: Where each row stands in the data's own order (its time column), float64, NaN where missing.
        target: Rows to resemble.
        costs: What each row costs, float64, NaN where missing; of the column that a cost budget names.
        cost_column: That column.
        pins: Rows that must be chosen, ascending.
        pins_after_looking: Pins were made after results were seen, so no weight is valid.
        graph: Provider of the shared neighbour graph of these features (see `neighbours`).
        graph_ready: Whether that graph is there already, so that asking for it costs next to nothing.
    """

    keys: NDArray[np.uint8]
    features: Features | None = None
    frame: pd.DataFrame | None = None
    roles: Mapping[str, Kind] = field(default_factory=dict)
    texts: Sequence[str] | None = None
    groups: Groups | None = None
    labels: Rows | None = None
    scores: NDArray[np.float64] | None = None
    entities: Rows | None = None
    order: NDArray[np.float64] | None = None
    target: Target | None = None
    costs: NDArray[np.float64] | None = None
    cost_column: str = ""
    pins: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    pins_after_looking: bool = False
    graph: Callable[[int, Progress], Graph] | None = None
    graph_ready: Callable[[], bool] | None = None

    @property
    def n(self) -> int:
        """Rows in the population."""
        return len(self.keys)

    @property
    def d(self) -> int:
        """Dimensions of the features, 0 without them."""
        return 0 if self.features is None else int(self.features.matrix.shape[1])

    @property
    def free(self) -> Rows:
        """Positions that are not pinned, ascending."""
        mask = np.ones(self.n, bool)
        mask[self.pins] = False
        return np.flatnonzero(mask)

    def matrix(self, metric: str = "auto") -> NDArray[np.float32]:
        """Features such that Euclidean distance ranks as `metric` does: unit rows for cosine.

        Rows of length zero stay zero under cosine: they are equally far from everything.
        """
        if self.features is None:
            raise NeedError("This needs features", "none were made", "choose what to embed or measure first")
        if metric in ("auto", self.features.metric) or metric == "euclidean":
            return self.features.matrix
        x = self.features.matrix
        length = np.sqrt(np.einsum("ij,ij->i", x, x, dtype=np.float64))
        length[length == 0] = 1.0
        unit: NDArray[np.float32] = (x / length[:, None]).astype(np.float32)
        return unit

    def column(self, name: str) -> pd.Series[Any]:
        """A column of the population."""
        if self.frame is None:
            raise NeedError("This needs the table's columns", "only vectors were given", "give a table")
        return find_column(self.frame, name)

    def neighbours(self, k: int, progress: Progress = SILENT) -> Graph:
        """The k-nearest-neighbour graph: the shared one where there is one, else made here."""
        if self.graph is not None:
            return self.graph(k, progress)
        from ..foundation.arrays.neighbour_graph import knn_graph

        if self.features is None:
            raise NeedError("This needs features", "none were made", "choose what to embed or measure first")
        return knn_graph(self.features.matrix, k, self.features.metric, progress=progress)

    def take(self, rows: Rows) -> Inputs:
        """The same inputs restricted to some rows (ascending positions); all rows returns self."""
        if len(rows) == self.n:
            return self
        where = np.full(self.n, -1, np.int64)
        where[rows] = np.arange(len(rows))
        pins = where[self.pins]
        groups = self.groups
        return replace(
            self,
            keys=self.keys[rows],
            features=self.features and replace(self.features, matrix=self.features.matrix[rows]),
            frame=None if self.frame is None else self.frame.iloc[rows].reset_index(drop=True),
            texts=None if self.texts is None else [self.texts[row] for row in rows],
            groups=groups and replace(groups, codes=groups.codes[rows], typical=()),
            labels=None if self.labels is None else self.labels[rows],
            scores=None if self.scores is None else self.scores[rows],
            entities=None if self.entities is None else self.entities[rows],
            order=None if self.order is None else self.order[rows],
            costs=None if self.costs is None else self.costs[rows],
            pins=pins[pins >= 0],
            graph=None,
            graph_ready=None,
        )
