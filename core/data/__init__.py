"""Data in and out: readers, column roles, health, filters, exporters, samples."""

from __future__ import annotations

from typing import Any

from .export import flag_frame, subset_frame, write_csv, write_jsonl, write_parquet
from .filters.filter_rows import as_column, listed, matching, no_row
from .health import Finding, health
from .listed_rows import rows_named
from .load import load, with_roles
from .readers.unpack import inside

__all__ = [
    "SAMPLES",
    "Finding",
    "as_column",
    "flag_frame",
    "health",
    "inside",
    "listed",
    "load",
    "matching",
    "no_row",
    "rows_named",
    "sample_frame",
    "subset_frame",
    "with_roles",
    "write_csv",
    "write_jsonl",
    "write_parquet",
]


def __getattr__(name: str) -> Any:
    # Samples are read only when asked for: they need scikit-learn.
    if name in ("SAMPLES", "sample_frame"):
        from . import samples

        return getattr(samples, name)
    raise AttributeError(name)
