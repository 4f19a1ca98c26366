"""Names of clusters by the label that nearly all of their rows carry, where the data set has labels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..foundation.arrays.array_types import Rows

DOMINANT = 0.8
"""Share of a group's labelled rows from which on their label may name it."""
_KNOWN = 0.5  # share of a group's rows that have a label at all
_OTHERS = 0.5  # other labels are at most this part as common as in the whole: else the label says little


def by_label(labels: Rows, values: Sequence[str], codes: Rows, count: int, column: str) -> list[str]:
    """ "mostly four, 97 %" for each group that one label dominates; "" for the others.

    A label names a group if at least `DOMINANT` of its labelled rows carry it, at least half of its rows have
    a label, and rows with other labels are at most half as common as in the whole data set: what nearly every
    row is says nothing of a group. Shares are rounded down, so that 100 is never said of less. O(n).

    Args:
        labels: Label of each row, −1 where missing, (n,).
        values: Of the labels.
        codes: Group of each row, (n,).
        count: Number of groups.
        column: What labels are called; written where a value is a number, which says nothing alone.

    Example:
        >>> labels, codes = np.array([0, 0, 0, 0, 1, 1, 1, 0]), np.array([0, 0, 0, 0, 1, 1, 1, 1])
        >>> by_label(labels, ["four", "7"], codes, 2, "digit")
        ['only four', '']
        >>> by_label(1 - labels, ["four", "7"], codes, 2, "digit")[0]
        'only digit 7'
    """
    table = np.zeros((count, len(values) + 1), np.int64)
    np.add.at(table, (codes, labels), 1)  # missing labels fall into the last column
    known, sizes = table[:, :-1], table.sum(axis=1)
    whole = known.sum(axis=0) / max(int(known.sum()), 1)
    named = []
    for held, size in zip(known, sizes, strict=True):
        rows = int(held.sum())
        first = int(held.argmax()) if rows else 0
        share = held[first] / rows if rows else 0.0
        clear = share >= DOMINANT and rows >= _KNOWN * size and 1 - share <= _OTHERS * (1 - whole[first])
        named.append(_name(values[first], column, float(share)) if clear and whole[first] < 1 else "")
    return named


def _name(value: str, column: str, share: float) -> str:
    said = f"{column} {value}" if value.replace(".", "", 1).lstrip("-").isdigit() else value
    return f"only {said}" if share == 1 else f"mostly {said}, {math.floor(100 * share)} %"
