"""What facts about rows and groups are told against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...model.inputs import Features, Groups, Rows

if TYPE_CHECKING:
    from ...study.study import Study


@dataclass(frozen=True)
class Setting:
    """What facts are told against: read off a study once, then used for every click.

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

    @classmethod
    def of(cls, study: Study) -> Setting:
        """Read a study. O(n), after its features and groups are made."""
        n = len(study.data)

        def mask(rows: Rows) -> NDArray[np.bool_]:
            made = np.zeros(n, bool)
            made[rows] = True
            return made

        allowed = study.eligible()
        eligible = np.ones(n, bool) if allowed is None else mask(allowed)
        groups = study.groups()
        sizes = np.zeros(0, np.int64)
        if groups is not None:
            sizes = np.bincount(groups.codes[eligible], minlength=len(groups.names)).astype(np.int64)
        scores = study.scores()
        ranked = np.zeros(0) if scores is None else np.sort(scores[eligible & np.isfinite(scores)])
        return cls(
            n,
            eligible,
            mask(study.rows_of(study.recipe.pins, "pinned")),
            mask(study.rows_of(study.recipe.bans, "banned")),
            study.features(),
            groups,
            sizes,
            study.labels(),
            scores,
            ranked,
        )

    @property
    def population(self) -> int:
        """Eligible rows."""
        return int(self.eligible.sum())

    def pins_per_group(self) -> Rows:
        """Pinned rows of each group; every random subset holds them too."""
        if self.groups is None:
            return np.zeros(0, np.int64)
        return np.bincount(self.groups.codes[self.pinned], minlength=len(self.groups.names)).astype(np.int64)
