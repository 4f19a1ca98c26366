"""Rows as tables and as single lines, a search in them, and tables as CSV."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from core.foundation.arrays.array_types import Rows
from core.model.dataset import Dataset, Kind

from .pictures import pictures_of

_CELL = 300
_HEAD, _ROW = 38, 35  # pixels of the head and of a row of Streamlit's tables


def csv_button(table: pd.DataFrame, name: str, widget: str, about: str | None = None) -> None:
    """Offer a table as a file; written when somebody asks for it.

    Args:
        table: What to write.
        name: Name of the file, which is on the button too.
        widget: Key of the button.
        about: What else is in it, as help.
    """
    st.download_button(
        name,
        data=lambda: table.to_csv(index=False).encode(),
        file_name=name,
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key=widget,
        help=about,
    )


def cell(value: Any, most: int = _CELL) -> str:
    """A cell as one short line."""
    text = " ".join(str(value)[: most * 4].split())
    return text if len(text) <= most else text[: most - 1] + "…"


def rows_table(data: Dataset, rows: Rows, extra: dict[str, Any] | None = None) -> pd.DataFrame:
    """Rows for reading: text cut to a few lines, our own columns first; at most what the caller slices."""
    frame = data.frame.iloc[rows]
    out: dict[str, Any] = dict(extra or {})
    for name in _order(data):
        column = frame[name]
        out[name] = [cell(v) if v is not pd.NA else None for v in column] if _long(column) else column.array
    return pd.DataFrame(out)


def _long(column: pd.Series[Any]) -> bool:
    return str(column.dtype) == "string"


def _order(data: Dataset) -> list[str]:
    """Text and labels first: what tells a reader most about a row."""
    first = [name for name in data.columns(Kind.TEXT, Kind.LABEL) if name in data.frame.columns]
    rest = [name for name in data.frame.columns if name not in first]
    return [*first, *rest][:60]


def height(rows: int, most: int = 11) -> int:
    """Pixels of a table: of all its rows, or of some and a half, which shows that there are more.

    A table that ends between two rows looks whole, and what is below it is never found.

    Args:
        rows: How many there are.
        most: How many may be shown; up to two more are shown rather than hidden.

    Example:
        >>> height(11), height(13), height(14) == height(1_000)
        (423, 493, True)
    """
    return _HEAD + _ROW * rows if rows <= most + 2 else _HEAD + _ROW * most + _ROW // 2


def line_of(data: Dataset, rows: Rows) -> list[str]:
    """One line per row that tells what it is: its text where there is one, else its first few cells."""
    return row_lines(data)(data, rows)


def row_lines(data: Dataset) -> Callable[[Dataset, Rows], list[str]]:
    """What `line_of` calls: for any thread, since which columns tell something is decided now."""
    texts = data.columns(Kind.TEXT)
    if texts:
        longest = max(texts, key=lambda name: data.frame[name].head(200).astype("string").str.len().mean())
        return lambda now, rows: [cell(value, 160) for value in now.frame[longest].iloc[rows].fillna("")]
    bare = [name for name in data.columns(Kind.ID, Kind.LABEL) if name in data.frame.columns]
    known = pictures_of(data)
    pixels = set() if known is None else set(known.columns)  # seen as a picture, not read
    rest = [name for name in data.columns(Kind.CATEGORY, Kind.NUMBER) if name in data.frame.columns]
    rest = [name for name in rest if name not in pixels][:3]

    def lines(now: Dataset, rows: Rows) -> list[str]:
        parts = [[cell(v, 30) for v in now.frame[name].iloc[rows]] for name in bare]
        parts += [[f"{name} {cell(v, 20)}" for v in now.frame[name].iloc[rows]] for name in rest]
        return (
            [" · ".join(values) for values in zip(*parts, strict=True)]
            if parts
            else [f"row {r}" for r in rows]
        )

    return lines


def contains(data: Dataset, text: str) -> NDArray[np.bool_]:
    """Rows in which any column contains some text, upper and lower case alike. O(cells)."""
    mask = np.zeros(len(data), bool)
    wanted = text.casefold()
    for name in data.frame.columns:
        column = data.frame[name]
        words = column if _long(column) else column.astype("string")
        mask |= words.str.casefold().str.contains(wanted, regex=False).fillna(False).to_numpy(bool)
    return mask
