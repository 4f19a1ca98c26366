"""Pointing at rows, and what can be done with the selected ones: pin, ban, keep under a name, choose from.

What is drawn on the map becomes a filter of its geometry, over all rows however few are drawn.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from core.data.filters.column_conditions import joined_sql
from core.data.row_ids import keys_of, row_name
from core.foundation.arrays.array_types import Rows
from core.foundation.errors import AliquotError
from core.foundation.wording import count
from core.model.dataset import Dataset
from core.model.derived import Groups, Layout
from core.model.recipe import Mark
from core.model.row_conditions import ColumnCondition, InGroups, InSelection, MapName, Near, NearText, OnMap
from core.model.saved_rows import Only
from pages.ui.shared import state, target_rows
from pages.ui.shared.map_pick import Pick
from pages.ui.shared.widget_keys import key

from . import filters

MOST_MARKS = 100_000


def take_pick(pick: Pick, data: Dataset, layout: Layout, groups: Groups | None) -> None:
    """The callback of the map: rows inside a drawing, a group whose name was clicked, or one row."""
    if pick.row is not None:
        look_at(data, pick.row)
    elif pick.group is not None:
        if groups is not None and pick.group < len(groups.names):
            filters.point(InGroups((groups.names[pick.group],)))
    else:
        shape = pick.lasso or pick.box or ()
        xs, ys = (tuple(one) for one in zip(*shape, strict=True))
        if pick.box is not None:
            xs, ys = (min(xs), max(xs)), (min(ys), max(ys))
        name: MapName = "umap" if layout.method == "umap" else "pca" if layout.method == "pca" else "first"
        filters.point(OnMap(layout.key, name, xs, ys, colour=state.app().view.colour))


def look_at(data: Dataset, row: int | None) -> None:
    """Show what is known of one row; None to close it."""
    state.change_view(row="" if row is None else data.keys[row].tobytes().hex())


def looked_at(data: Dataset) -> int | None:
    """The row that is looked at; None where none is, or it is not in this data set."""
    key_of_row = state.app().view.row
    found = rows_of(data, (Mark(key_of_row),)) if key_of_row else []
    return int(found[0]) if len(found) else None


def add_row(data: Dataset, row: int) -> None:
    """One more row to what is selected."""
    now = state.app()
    rows = np.union1d(now.picked.rows, [row]) if now.picked is not None else np.array([row])
    filters.alone(InSelection(Only.of(rows, len(data), "rows picked by hand", data.fingerprint.digest)))


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


def rows_of(data: Dataset, marks: tuple[Mark, ...]) -> Rows:
    """Canonical positions of marked rows that are in this data set, ascending. O(marks · log n)."""
    asked = np.unique(np.array([bytes.fromhex(mark.key) for mark in marks], "V16"))
    known = np.ascontiguousarray(data.keys).view("V16").ravel()
    # Bytes of fixed width as numpy compares them; keys are ascending.
    places = np.searchsorted(known, asked)
    inside = places < len(known)
    return places[inside][known[places[inside]] == asked[inside]].astype(np.int64)


def mark(data: Dataset, what: str, reason: str) -> None:
    """Pin or ban the selected rows, with a reason; the other mark of a row gives way."""
    picked = state.app().picked
    if picked is not None and _mark(data, picked.rows, picked.how, what, reason):
        _empty_words()


def mark_row(data: Dataset, row: int, what: str | None) -> None:
    """Pin or ban one row, or take its marks off."""
    name = row_name(data, row)
    if what is not None:
        _mark(data, np.array([row]), name, what, "")
        return
    own = keys_of(data, [row])[0]
    for marks in ("pins", "bans"):
        left = tuple(item for item in getattr(state.app().recipe, marks) if item.key != own)
        state.change_recipe(**{marks: left})
    state.note(f"Removed the mark of {name}")


def _mark(data: Dataset, rows: Rows, how: str, what: str, reason: str) -> bool:
    """Whether it could be done."""
    now = state.app()
    found = keys_of(data, rows)
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
                "choose “Only these” instead, or select fewer",
            ),
        )
        return False
    gone = set(found)
    left = tuple(item for item in getattr(now.recipe, other) if item.key not in gone)
    state.change_recipe(**{mine: tuple(kept[name] for name in sorted(kept)), other: left})
    done = "Pinned" if what == "pin" else "Banned"
    why = f" because {reason.strip()}" if reason.strip() else ""
    state.note(f"{done} {count(len(found), 'row')} ({how}){why}")
    state.set_transient("message", f"{done} {count(len(found), 'row')}{why}.")
    return True


def take_as_target(data: Dataset, rows: Rows, how: str) -> None:
    """Make rows the ones to resemble."""
    try:
        target_rows.from_rows(data, rows, how)
    except AliquotError as error:
        state.set_transient("explore_error", error)


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
    kept = replace(now.picked, how=f"“{name.strip()}”")
    state.change(named={**now.named, name.strip()[:60]: kept})
    state.note(f"Kept {count(now.picked.count, 'row')} as “{name.strip()[:60]}”")
    _empty_words()


def recall(data: Dataset, name: str) -> None:
    """Select the rows kept under a name again."""
    found = state.app().named.get(name)
    if found is not None:
        filters.alone(InSelection(found.named(name, data.fingerprint.digest)))


def only_these(data: Dataset) -> None:
    """Choose from the selected rows only: as a condition where the filters can be one, else row by row."""
    now = state.app()
    if now.picked is None:
        return
    asked = [one for one in filters.conditions() if isinstance(one, ColumnCondition)]
    picked, near = now.picked, _sentence()
    by_rule = len(asked) + (near is not None) == len(filters.conditions())
    try:
        where = joined_sql(data, asked) if asked and by_rule else ""
    except AliquotError:  # names that SQL does not tell apart
        by_rule = False
    if by_rule:
        state.change_recipe(where=where, only=None, near=near)
    else:
        label = f"selected rows ({picked.how})"[:80]
        only = picked.named(label, data.fingerprint.digest)
        state.change_recipe(where="", only=only, near=None)
    state.note(f"Choose from {count(now.picked.count, 'row')} only: {now.picked.how}")
    state.set_transient("message", f"Subsets are chosen from these {count(now.picked.count, 'row')} only.")


def _sentence() -> Near | None:
    """The sentence of the one filter that is near one."""
    found = [one for one in filters.conditions() if isinstance(one, NearText) and not one.exclude]
    return found[0].near if len(found) == 1 else None


def csv_of(data: Dataset, rows: Rows) -> Callable[[], bytes]:
    """Makes the selected rows as CSV when asked for; cells that a spreadsheet would run are neutralised."""

    def make() -> bytes:
        from core.data.export import write_csv

        sink = io.BytesIO()
        write_csv(data.frame.iloc[rows].reset_index(drop=True), sink)
        return sink.getvalue()

    return make


def parquet_of(data: Dataset, rows: Rows) -> Callable[[], bytes]:
    """Makes the selected rows as Parquet when asked for: every cell as it is."""

    def make() -> bytes:
        sink = io.BytesIO()
        data.frame.iloc[rows].reset_index(drop=True).to_parquet(sink, index=False)
        return sink.getvalue()

    return make


def ids_of(data: Dataset, rows: Rows) -> Callable[[], bytes]:
    """Makes the ids of the selected rows when asked for, one a line, as ``--only`` reads them."""
    ids = data.fingerprint.id_column

    def make() -> bytes:
        names = keys_of(data, rows) if ids is None else [str(one) for one in data.frame[ids].iloc[rows]]
        return ("\n".join(names) + "\n").encode()

    return make
