"""Inclusion probabilities and strata of every row of a population, drawn or not, for the skewness check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...model.selection import DesignFacts, Picks

_LEAST = float(np.finfo(np.float32).tiny)


def compact(chances: NDArray[Any]) -> NDArray[np.float32]:
    """Chances in single precision, in which none that is above 0 becomes 0.

    Example:
        >>> bool(compact(np.array([1e-200]))[0] > 0)
        True
    """
    return np.where(chances > 0, np.maximum(chances, _LEAST), 0.0).astype(np.float32)


def joined(design: DesignFacts, n: int, parts: Sequence[tuple[Rows, Picks]]) -> DesignFacts:
    """What was drawn in several parts of a population, with the chances and parts of all its rows.

    Args:
        design: What is known about the chosen rows.
        n: Rows of the population; those in no part had no chance.
        parts: Rows of each part, and what was picked among them (positions in the part). Where a design does
            not say the chances of all its rows, they were equal but for certain ones.
    """
    chances, strata, used = np.zeros(n, np.float32), np.zeros(n, np.int32), 0
    for rows, picks in parts:
        if picks.inclusion is None:
            return design
        own = picks.drawn or DesignFacts()
        if own.all_chances is None:
            sure = picks.rows[picks.inclusion >= 1]
            even = (len(picks.rows) - len(sure)) / max(1, len(rows) - len(sure))
            chance = np.full(len(rows), even)
            chance[sure] = 1.0
            chances[rows] = compact(chance)
        else:
            chances[rows] = own.all_chances
        strata[rows] = used + (0 if own.all_strata is None else own.all_strata)
        used = int(strata[rows].max(initial=used)) + 1
    return replace(design, all_chances=chances, all_strata=strata)
