"""The shift of every column of one subset, as the column metrics compute it."""

from __future__ import annotations

from core.metrics.alike import _column_shifts
from core.metrics.terms import SubsetBatch


def column_shifts(pool, rows, weights=None):
    """By name: "TV" or "KS", and the value."""
    batch = SubsetBatch(pool, [rows], None if weights is None else [weights])
    names = [(item.name, "TV") for item in pool.categories] + [(item.name, "KS") for item in pool.numbers]
    return {
        name: (kind, float(value))
        for (name, kind), value in zip(names, _column_shifts(pool, batch)[0], strict=True)
    }
