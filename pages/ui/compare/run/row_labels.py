"""Rows of a run, and distances between them, in words."""

from __future__ import annotations

import math

import numpy as np

from core.foundation.arrays.array_types import Rows
from core.foundation.wording import count
from core.model.dataset import Dataset
from pages.ui.shared import tables
from pages.ui.shared.markdown_escapes import plain


def relative_to(population: int, n: int) -> str:
    """Which rows an order is relative to, in words."""
    return (
        f"all {count(n, 'row')}" if population == n else f"the {count(population, 'row')} that may be chosen"
    )


def row_name(data: Dataset, row: int) -> str:
    """What people call a row: its id, else its place in the file; safe for Markdown."""
    name = data.fingerprint.id_column
    if name is not None and name in data.frame.columns:
        return f"{plain(name, 30)} {plain(data.frame[name].iloc[row], 60)}"
    return f"row {int(data.order[row]) + 1:,} of the file"


def row_names(data: Dataset, rows: Rows) -> list[str]:
    """Ids of rows, else their places in the file, as plain text."""
    name = data.fingerprint.id_column
    if name is not None and name in data.frame.columns:
        return [tables.cell(value, 60) for value in data.frame[name].iloc[rows]]
    return [f"{int(place) + 1}" for place in data.order[np.asarray(rows, np.int64)]]


def row_heading(data: Dataset) -> str:
    """What `row_names` are."""
    name = data.fingerprint.id_column
    return str(name) if name is not None and name in data.frame.columns else "row of the file"


def distance_words(metric: str) -> str:
    """What distances are, on the scale that metrics use as well."""
    words = "Euclidean, between feature vectors"
    scaled = " scaled to length 1: 0 is the same direction, 1.41 unrelated, 2 opposite"
    return words + scaled if metric == "cosine" else words


def on_one_scale(distance: float, metric: str) -> float:
    """A distance of neighbours as metrics and strategies measure it: 1 − cosine becomes the length between.

    Example:
        >>> on_one_scale(0.5, "cosine"), on_one_scale(0.5, "euclidean")
        (1.0, 0.5)
    """
    return math.sqrt(max(2.0 * distance, 0.0)) if metric == "cosine" else distance
