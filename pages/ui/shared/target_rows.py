"""Rows to resemble, a target: where it comes from, whether it fits, and the record of it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

from core.data.cells.canonical_cells import forms_of
from core.data.load import load
from core.foundation.arrays.array_types import Rows
from core.foundation.errors import ColumnError
from core.foundation.wording import count, some
from core.model.dataset import Dataset, Kind
from core.model.recipe import Recipe

from . import cache, state
from .app_state import AppState

FILE = "target.parquet"
_MEASURED = (Kind.NUMBER, Kind.CATEGORY, Kind.TIME)


def adopt(target: Dataset, source: str, readers: Sequence[str] = ()) -> None:
    """Make rows the target of the open data set.

    Args:
        target: The rows.
        source, readers: As in `cache.keep`.

    Raises:
        ColumnError: They lack the text or the vectors that distances are measured on.
    """
    check(target)
    ref = cache.keep(target, source, readers)
    state.change(target=ref)
    state.change_recipe(target={"name": ref.name, "fingerprint": ref.fingerprint})
    state.set_transient("project_error", None)
    state.note(f"Target {ref.name}: {count(ref.rows, 'row')}, fingerprint {ref.fingerprint}")
    state.set_transient("message", f"Target: {ref.name}, {count(ref.rows, 'row')}.")


def check(target: Dataset) -> None:
    """Raise `ColumnError` unless the target holds what the open data set is measured on."""
    study = cache.map_study(state.app())
    spec = study.spec
    if spec.column is not None:
        names = [spec.column]
    else:
        names = [name for name in study.data.frame.columns if study.data.roles[name].kind in _MEASURED]
    held = {*map(str, target.frame.columns), *target.vectors}
    lost = [name for name in map(str, names) if name not in held]
    if lost and (spec.column is not None or len(lost) == len(names)):
        known = some(sorted(held))
        raise ColumnError(
            f"The target {target.name!r} has no column {', '.join(map(repr, lost[:5]))}",
            f"distances are measured on it, and the target's columns are {known}",
            "rename its column, or measure on another one (Explore, settings)",
        )


def clear() -> None:
    """Work without a target."""
    state.change(target=None)
    state.change_recipe(target=None)
    state.note("Removed the target")


def from_rows(data: Dataset, rows: Rows, how: str) -> None:
    """Make some rows of the open data set the target; as if they had come in a file of their own."""
    made = load(
        data.frame.iloc[rows].reset_index(drop=True),
        name=f"{count(len(rows), 'row')} of {data.name} ({how})"[:120],
        id_column=data.fingerprint.id_column or "",
        vectors={name: matrix[rows] for name, matrix in data.vectors.items()} or None,
        roles={name: role.kind for name, role in data.roles.items() if name in data.frame.columns},
        read_as={name: form for name, form in forms_of(data.frame).items() if form == "text"},
    )
    adopt(made, "selection", cache.readers_of(data.fingerprint.digest))


def word(now: AppState, recipe: Recipe) -> str | None:
    """The target of a recipe as the command line takes it: a file the reader has, or can download."""
    if recipe.target is None:
        return None
    ref = now.target
    if ref is None or ref.fingerprint != recipe.target.get("fingerprint"):
        return recipe.target.get("name") or FILE
    return FILE if ref.source == "selection" else ref.source.partition("folder:")[2] or ref.name


def file_of(target: Dataset) -> Callable[[], bytes]:
    """Makes the target as Parquet when asked for, so that `--target` finds the same rows."""

    def make() -> bytes:
        sink = io.BytesIO()
        target.frame.to_parquet(sink, index=False)
        return sink.getvalue()

    return make
