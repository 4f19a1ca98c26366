"""What strategies see of a data set: one frozen dataclass over read-only arrays.

Everything here is in *canonical order* (ascending row key). Positions are int64; features are float32,
C-ordered and read-only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Graph, Rows
from ..foundation.errors import NeedError
from ..foundation.progress import SILENT, Progress
from .dataset import Kind, find_column
from .derived import Features, Groups, Target

if TYPE_CHECKING:
    import pandas as pd


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
        on_graph: Told of every neighbour graph that is asked for, so that how it was found can be said.
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
    on_graph: Callable[[Graph], None] | None = None

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
        found = self._neighbours(k, progress)
        if self.on_graph is not None:
            self.on_graph(found)
        return found

    def _neighbours(self, k: int, progress: Progress) -> Graph:
        if self.graph is not None:
            return self.graph(k, progress)
        from ..foundation.arrays.any_size_graph import neighbour_graph

        if self.features is None:
            raise NeedError("This needs features", "none were made", "choose what to embed or measure first")
        return neighbour_graph(self.features.matrix, k, self.features.metric, progress=progress)

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
