"""The map of points on a page: one component with one or several views that move together.

Points are fetched once by the browser (`point_server`); a rerun sends a few hundred bytes of choices, and
only geometry and row numbers come back (`map_pick`).
"""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from core.data.row_ids import row_name
from core.foundation.arrays.array_types import Rows
from core.foundation.artifact_store import digest
from core.model.dataset import Dataset
from core.model.derived import Groups, Layout
from core.report.charts.colouring import Colouring, ramp, value_range
from core.report.charts.theme import Theme
from core.report.point_map.packing import (
    STEPS,
    PointColours,
    extent_of,
    pack_mask,
    pack_places,
    parts_of,
)
from core.report.point_map.scripts import markup, script, style

from . import cache, pictures, state, tables, visitor
from .bounded_memory import RowFacts
from .map_pick import Pick, read_pick
from .point_server import address

MOST_CIRCLES = 3_000
"""Highlighted rows that get a circle."""
_MOST_MARKS = 2_000
_component = st.components.v2.component("aliquot_map", html=markup(), css=style(), js=script())


@dataclass(frozen=True)
class Cell:
    """One view of the map.

    Args:
        title, note: What stands above it; "" for nothing.
        letter: Of the subset, for what is said of a row.
        hue: Colour of the chosen rows.
        rows: Chosen rows in the order of their choice; None for none yet.
        colours: Of each code, where this view has colours of its own.
        says: What is said of a row that is pointed at, by its code; a first line and others.
    """

    title: str = ""
    note: str = ""
    letter: str = ""
    hue: str = ""
    rows: Rows | None = None
    colours: Sequence[str] | None = None
    says: Sequence[str] | None = None


@dataclass(frozen=True)
class Marks:
    """Rows that are marked on every view.

    Args:
        ring: One row with a ring around it.
        lit: Rows with a circle each.
        pins, bans: Rows with a diamond, with a cross.
    """

    ring: int | None = None
    lit: Rows | None = None
    pins: Rows | None = None
    bans: Rows | None = None


@dataclass(frozen=True)
class Label:
    """A name on the map.

    Args:
        x, y: Where it stands, in units of the layout.
        name: What it says.
        code: Of its group.
        cell: The view that it stands on.
    """

    x: float
    y: float
    name: str
    code: int
    cell: int = 0


def point_map(
    data: Dataset,
    layout: Layout,
    colours: PointColours,
    theme: Theme,
    *,
    name: str,
    alt: str,
    height: int,
    cells: Sequence[Cell] = (Cell(),),
    columns: int = 1,
    chosen: bool = False,
    shown: Rows | None = None,
    picked: Rows | None = None,
    marks: Marks | None = None,
    labels: Sequence[Label] = (),
    legend: Mapping[str, Any] | None = None,
    hint: str = "",
    groups: Groups | None = None,
    place: str = "",
    on_pick: Callable[[Pick], None] | None = None,
    select: bool = False,
) -> None:
    """Show the map.

    Args:
        data: The data set.
        layout: Where its rows lie.
        colours: Colour of each row.
        theme: Light or dark.
        name: Which map of the app.
        alt: What it shows, in words.
        height: Of a view in pixels.
        cells: One or several views.
        columns: Views beside each other.
        chosen: Whether the views show chosen rows over all others.
        shown: Rows that filters leave; None for all.
        picked: Selected rows, drawn strong while the rest steps back.
        marks: Rows with a mark.
        labels: Names on the map; a click on one picks its group.
        legend: What colours say, from `legend_of`.
        hint: What a click does.
        groups: Told of the row that is pointed at.
        place: What the tab remembers part and zoom under, where several maps share it; else the name.
        on_pick: Told what was picked.
        select: Whether rows can be drawn around.
    """
    n, marks = len(data), marks or Marks()
    extent = extent_of(layout.xy)
    places = cache.share(
        cache.name_of("places", [layout.key, extent]), lambda: pack_places(layout.xy, extent)
    )
    given = {
        "place": place or name,
        "revision": layout.key,
        "points": [_file(places[part]) for part in parts_of(n, 4)],
        "codes": [_file(colours.codes[part].tobytes()) for part in parts_of(n, 1)],
        "extent": list(extent),
        "names": list(colours.names),
        "colours": list(colours.colours),
        "ranks": list(colours.ranks),
        "shown": None if shown is None else _file(pack_mask(shown, n)),
        "picked": None if picked is None or not len(picked) else _file(pack_mask(picked, n)),
        "lit": None if marks.lit is None else _file(pack_mask(marks.lit, n)),
        "cells": [_view(cell) for cell in cells],
        "columns": columns,
        "height": height,
        "chosen": chosen,
        "select": select,
        "listens": on_pick is not None,
        "circles": MOST_CIRCLES,
        "ring": -1 if marks.ring is None else marks.ring,
        "pins": _first(marks.pins),
        "bans": _first(marks.bans),
        "labels": [vars(label) for label in labels],
        "legend": legend,
        "about": _about(data, groups),
        "hint": hint,
        "alt": alt,
        "grey": theme.grey,
        "faint": theme.edge,
        "ink": theme.text,
        "paper": theme.paper,
        "asked": state.transient(f"map_asked_{name}", lambda: 0),
    }
    key = f"map_{name}"
    with st.container(key=f"{key}_place"):  # keeps the map where it is when something appears above it
        _component(
            key=key,
            data=given,
            on_pick_change=lambda: _picked(key, n, on_pick),
            on_missing_change=lambda: state.set_transient(
                f"map_asked_{name}", state.transient(f"map_asked_{name}", lambda: 0) + 1
            ),
        )


def legend_of(colouring: Colouring, theme: Theme, as_text: Callable[[float], str]) -> dict[str, Any]:
    """What the colours of a map say.

    Args:
        colouring: The colours.
        theme: Light or dark.
        as_text: Writes a value of the scale.
    """
    if colouring.values is None:
        return {"items": list(zip(colouring.names, colouring.colours, strict=True))}
    low, high = value_range(colouring.values)
    ticks = [as_text(one) for one in (low, (low + high) / 2, high)]
    return {"title": colouring.title, "ramp": list(ramp(theme, STEPS)[::7]), "ticks": ticks}


def _view(cell: Cell) -> dict[str, Any]:
    return {
        "title": cell.title,
        "note": cell.note,
        "letter": cell.letter,
        "hue": cell.hue,
        "rows": None if cell.rows is None else _file(np.asarray(cell.rows, "<u4").tobytes()),
        "colours": None if cell.colours is None else list(cell.colours),
        "says": None if cell.says is None else list(cell.says),
    }


def _first(rows: Rows | None) -> list[int]:
    return [] if rows is None else rows[:_MOST_MARKS].tolist()


def _file(body: bytes) -> str:
    """The address of some bytes for this browser."""
    key = hashlib.sha256(body).hexdigest()[:32]
    cache.point_files().put(key, body)
    return address(key, visitor.own_token())


def _about(data: Dataset, groups: Groups | None) -> str:
    """The address of what is said of a row that is pointed at."""
    kinds = {name: role.kind for name, role in data.roles.items()}
    # Names of rows may be their places in the file, which the same rows in another file do not share.
    place = cache.place(data.fingerprint.digest) or ""
    key = digest(["about", data.fingerprint.digest, place, kinds, groups.key if groups is not None else ""])
    cache.point_files().put(key, _facts(data, groups))
    return f"{address(key, visitor.own_token())}/ROW"


def _facts(data: Dataset, groups: Groups | None) -> RowFacts:
    """Says what a row is; holds the data set no longer than others do."""
    sets = None if groups is None else weakref.ref(groups)
    held, say, drawn = weakref.ref(data), tables.row_lines(data), pictures.pictures_of(data)

    def facts(row: int) -> dict[str, str]:
        now = held()
        if now is None or not 0 <= row < len(now):
            raise IndexError(row)
        one = np.array([row])
        name, text = row_name(now, row), say(now, one)[0]
        found = {"id": "" if text.startswith(name) else name, "text": text}
        its = None if sets is None else sets()
        if its is not None:
            found["group"] = its.names[its.codes[row]]
        if drawn is not None:
            found["picture"] = drawn.images(now.frame, one)[0]
        return found

    return facts


def _picked(key: str, rows: int, then: Callable[[Pick], None] | None) -> None:
    pick = read_pick(getattr(state.widget(key), "pick", None), rows)
    if pick is not None and then is not None:
        then(pick)
