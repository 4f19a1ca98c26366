"""Selecting rows, and what can be done with them: pin, ban, keep under a name, forget.

Selections on the map are read off the geometry that was drawn, in the callback, over all rows; the points
that the browser lists are never used, since not every row is drawn.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np

from core.foundation.arrays.array_types import Rows
from core.foundation.arrays.lasso import inside_box, inside_lasso
from core.foundation.errors import AliquotError
from core.foundation.wording import count
from core.model.dataset import Dataset
from core.model.recipe import Mark
from pages.ui.shared import state
from pages.ui.shared.app_state import RowSet
from pages.ui.shared.widget_keys import key

MOST_MARKS = 100_000


def drawn_rows(event: Any, xy: Any) -> tuple[Rows, str] | None:
    """Rows inside every box and lasso of a selection event, and how they were drawn; None where none is.

    Raises:
        ParameterError: The geometry cannot be used.
    """
    selection = (event or {}).get("selection") or {}
    boxes, lassos = selection.get("box") or [], selection.get("lasso") or []
    if not boxes and not lassos:
        return None
    mask = np.zeros(len(xy), bool)
    for box in boxes:
        mask |= inside_box(xy, box["x"], box["y"])
    for lasso in lassos:
        mask |= inside_lasso(xy, lasso["x"], lasso["y"])
    return np.flatnonzero(mask), "lasso on the map" if lassos else "box on the map"


def take_drawing(name: str, xy: Any, shown: Rows | None) -> None:
    """The callback of the map."""
    try:
        found = drawn_rows(state.widget(name), xy)
    except AliquotError as error:
        state.set_transient("explore_error", error)
        return
    if found is None:
        return
    rows, how = found
    if shown is not None:
        rows, how = np.intersect1d(rows, shown, assume_unique=True), f"{how}, within the search"
    pick(rows, len(xy), how)


def words_key(what: str) -> str:
    """The key of a box for words on what is selected ("reason", "name"); no other decision may use them.

    Every decision takes new keys: what the browser still holds under the old one is then no word on the next.
    """
    turn = int(state.transient("exp_turn", lambda: 0))
    return key("exp", what, *([turn] if turn else []))


def _empty_words() -> None:
    """Empty the boxes for words: they were used, or were meant for other rows."""
    for what in ("reason", "name"):
        state.drop_widgets(words_key(what))
    state.set_transient("exp_turn", int(state.transient("exp_turn", lambda: 0)) + 1)


def _change(picked: RowSet | None) -> None:
    state.change(picked=picked)
    state.change_view(page=1)
    state.drop_widgets(key("exp", "page"))
    _empty_words()


def pick(rows: Rows, n: int, how: str) -> None:
    """Select rows."""
    _change(RowSet.of(rows, n, how) if len(rows) else None)


def forget() -> None:
    """Select nothing."""
    _change(None)


def keys_of(data: Dataset, rows: Rows) -> list[str]:
    """Row keys as 32 hexadecimal digits."""
    return [data.keys[row].tobytes().hex() for row in rows.tolist()]


def rows_of(data: Dataset, marks: tuple[Mark, ...]) -> Rows:
    """Canonical positions of marked rows that are in this data set."""
    if not marks:
        return np.empty(0, np.int64)
    places = {item.tobytes().hex(): at for at, item in enumerate(data.keys)}
    return np.array(sorted(places[mark.key] for mark in marks if mark.key in places), np.int64)


def mark(data: Dataset, what: str, reason: str) -> None:
    """Pin or ban the selected rows, with a reason; the other mark of a row gives way."""
    now = state.app()
    if now.picked is None:
        return
    found = keys_of(data, now.picked.rows)
    mine, other = ("pins", "bans") if what == "pin" else ("bans", "pins")
    kept = {item.key: item for item in getattr(now.recipe, mine)}
    after = now.looked and what == "pin"
    kept.update({name: Mark(name, reason.strip(), after) for name in found})
    if len(kept) > MOST_MARKS:
        state.set_transient(
            "explore_error",
            AliquotError(
                f"{count(len(kept), 'row')} cannot be marked by hand",
                f"at most {MOST_MARKS:,} are kept with a project",
                "use a filter on the Data page's columns instead, or select fewer",
            ),
        )
        return
    gone = set(found)
    left = tuple(item for item in getattr(now.recipe, other) if item.key not in gone)
    state.change_recipe(**{mine: tuple(kept[name] for name in sorted(kept)), other: left})
    done = "Pinned" if what == "pin" else "Banned"
    why = f" because {reason.strip()}" if reason.strip() else ""
    state.note(f"{done} {count(len(found), 'row')} ({now.picked.how}){why}")
    state.set_transient("message", f"{done} {count(len(found), 'row')}{why}.")
    _empty_words()


def unmark(data: Dataset, *, everything: bool = False) -> None:
    """Take pins and bans off the selected rows, or off all."""
    now = state.app()
    gone = set(keys_of(data, now.picked.rows)) if now.picked is not None and not everything else None
    kept = {
        name: tuple(item for item in getattr(now.recipe, name) if gone is not None and item.key not in gone)
        for name in ("pins", "bans")
    }
    state.change_recipe(**kept)
    state.note("Removed pins and bans of " + ("all rows" if gone is None else count(len(gone), "row")))


def keep_under(name: str) -> None:
    """Keep the selection under a name."""
    now = state.app()
    if now.picked is None or not name.strip():
        return
    kept = RowSet(now.picked.n, now.picked.count, now.picked.packed, f"“{name.strip()}”")
    state.change(named={**now.named, name.strip()[:60]: kept})
    state.note(f"Kept {count(now.picked.count, 'row')} as “{name.strip()[:60]}”")
    _empty_words()


def recall(name: str) -> None:
    """Select the rows kept under a name again."""
    found = state.app().named.get(name)
    if found is not None:
        _change(found)


def csv_of(data: Dataset, rows: Rows) -> Callable[[], bytes]:
    """Makes the selected rows as CSV when asked for; cells that a spreadsheet would run are neutralised."""

    def make() -> bytes:
        from core.data.export import write_csv

        sink = io.BytesIO()
        write_csv(data.frame.iloc[rows].reset_index(drop=True), sink)
        return sink.getvalue()

    return make
