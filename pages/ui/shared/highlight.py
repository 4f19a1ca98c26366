"""One value picked out on a map: the columns and values that can be, the rarest first, and the picker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from zlib import crc32

import numpy as np
import pandas as pd
import streamlit as st

from core.foundation.arrays.array_types import Rows
from core.model.columns import reading
from core.model.dataset import Dataset, Kind
from core.model.derived import Groups

from . import cache
from .pickers import choose
from .widget_keys import key

GROUPS = "groups"
CATEGORIES = (Kind.LABEL, Kind.CATEGORY, Kind.ENTITY, Kind.LICENCE)
MOST = 1_000
"""Values that a picker lists, the rarest of all; of more the reader finds one by searching on Explore."""
NOTHING = "Highlight…"
_NONE = -1
_MANY = 12  # values of a number, up to which it is read as one of several


@dataclass(frozen=True)
class Categories:
    """Values of a column, or groups.

    Args:
        codes: Value of each row, −1 where missing, (n,).
        names: Of the values.
        rarest: Codes that occur, from the rarest to the most frequent, ties by name.
        sizes: Rows of each value.
    """

    codes: Rows
    names: tuple[str, ...]
    rarest: tuple[int, ...]
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, codes: Rows, names: tuple[str, ...]) -> Categories:
        """Counted and ordered. O(n).

        Example:
            >>> Categories.of(np.array([0, 1, 0, -1]), ("a", "b", "c")).rarest
            (1, 0)
        """
        sizes = np.bincount(codes[codes >= 0], minlength=len(names)).tolist()
        there = [code for code, size in enumerate(sizes) if size]
        rarest = sorted(there, key=lambda code: (sizes[code], names[code]))
        return cls(codes, names, tuple(rarest), tuple(sizes))


def categories(data: Dataset, groups: Groups | None, by: str) -> Categories | None:
    """The values of a column, or the groups; None for a column of numbers or times, or without groups."""
    if by == GROUPS:
        if groups is None:
            return None
        name = cache.name_of("categories", [groups.key])
        return cache.share(name, lambda: Categories.of(groups.codes, groups.names))
    if by not in data.frame.columns:
        return None
    column = data.frame[by]
    role = data.roles[by].kind if by in data.roles else None
    if reading(column, role) != "category" and column.nunique() > _MANY:
        return None
    name = cache.name_of("categories", [data.fingerprint.digest, by, str(role)])
    return cache.share(name, lambda: _read(column))


def _read(column: pd.Series[Any]) -> Categories:
    codes, names = pd.factorize(column.astype("string"), sort=True)
    return Categories.of(np.asarray(codes, np.int64), tuple(str(name) for name in names))


def picker(
    found: Categories, where: str, label: str, width: int | Literal["stretch"] = "stretch"
) -> int | None:
    """Let the reader pick one value; its code, or None for no highlight.

    Args:
        found: The values.
        where: Begins its key; the values end it, so that other data or groups begin without a highlight.
        label: What it says to a screen reader.
        width: In pixels, or of all there is.
    """
    listed = [_NONE, *found.rarest[:MOST]]
    more = len(found.rarest) - MOST
    code = choose(
        st.selectbox,
        label,
        listed,
        format_func=lambda code: NOTHING if code == _NONE else f"{found.names[code]} · {found.sizes[code]:,}",
        key=key(where, crc32("\n".join(found.names).encode())),
        label_visibility="collapsed",
        persist_state="session",
        width=width,
        help=f"One value in colour, the rest in grey; the rarest first.{_left_out(more)}",
    )
    return None if code == _NONE else code


def _left_out(more: int) -> str:
    return f" The {more:,} most frequent are not listed." if more > 0 else ""
