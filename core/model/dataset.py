"""A data set: its table in canonical order, the roles of its columns, and its fingerprint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.artifact_store import digest
from ..foundation.display import Displayed
from ..foundation.errors import ColumnError
from ..foundation.wording import some

if TYPE_CHECKING:
    import pandas as pd


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
class Dataset(Displayed):
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
        reading: How the file was read, chosen or found (`core.model.read_options.ReadOptions`); empty for
            frames.
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


def find_column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    """The column of a frame, or `ColumnError` naming those that exist."""
    if name not in frame.columns:
        known = some([str(column) for column in frame.columns])
        raise ColumnError(f"There is no column {name!r}", f"the columns are {known}", "choose one of them")
    return frame[name]
