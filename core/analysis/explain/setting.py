"""The rows that facts are about: which may be chosen, their groups, labels, scores and features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...model.derived import Features, Groups


@dataclass(frozen=True)
class Setting:
    """The rows that facts are about: read off a study once, then used for every click.

    Args:
        n: Rows of the data set.
        eligible: Which of them may be chosen, bool (n,).
        pinned: Which are pinned, bool (n,).
        banned: Which are banned, bool (n,).
        features: For distances; None where there are none.
        groups: Over all rows; None without groups.
        sizes: Eligible rows of each group; empty without groups.
        labels: Code of each row's label, −1 where missing, and the names; None without a label column.
        scores: float64 (n,), NaN where missing; None without a score column.
        ranked: Scores of the eligible rows, ascending, missing ones left out.
    """

    n: int
    eligible: NDArray[np.bool_]
    pinned: NDArray[np.bool_]
    banned: NDArray[np.bool_]
    features: Features | None
    groups: Groups | None
    sizes: Rows
    labels: tuple[Rows, tuple[str, ...]] | None
    scores: NDArray[np.float64] | None
    ranked: NDArray[np.float64]

    @property
    def population(self) -> int:
        """Eligible rows."""
        return int(self.eligible.sum())

    def pins_per_group(self) -> Rows:
        """Pinned rows of each group; every random subset holds them too."""
        if self.groups is None:
            return np.zeros(0, np.int64)
        return np.bincount(self.groups.codes[self.pinned], minlength=len(self.groups.names)).astype(np.int64)
