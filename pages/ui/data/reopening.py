"""Reading the file of the open data set once more in another way, and looking into it before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from core.data import preview
from core.data.load import load, sheets_of, with_roles
from core.data.readers.unpack import inside
from core.data.roles import NO_ID
from core.foundation.artifact_store import digest, frozen
from core.foundation.errors import DataError
from core.foundation.progress import Progress
from core.model.arrow_columns import to_arrow
from core.model.dataset import Dataset, Kind
from core.model.read_options import ReadOptions
from core.model.recipe import Recipe
from pages.ui.shared import cache, opening, uploaded_files, visitor
from pages.ui.shared.app_state import AppState
from pages.ui.shared.uploaded_files import Upload


def file_there(now: AppState) -> bool:
    """Whether the file of the open data set can be read once more."""
    if now.data is None:
        return False
    if now.data.source.startswith("folder:"):
        return visitor.folder() is not None
    mark = cache.file_of(now.data.fingerprint)
    return bool(mark) and cache.store().has(cache.UPLOAD, mark)


def _file(now: AppState) -> tuple[list[object], Callable[[], tuple[Path | bytes, str]]] | None:
    """What tells the file of the open data set from others, and how to come by it; None where it is gone."""
    if now.data is None or not file_there(now):
        return None
    relative = now.data.source.partition("folder:")[2]
    root = visitor.folder()
    if relative and root is not None:
        path = inside(root, relative)
        return [relative, *opening.stamp_of(path)], lambda: (path, path.name)
    mark = cache.file_of(now.data.fingerprint)

    def upload() -> tuple[Path | bytes, str]:
        given = _upload_of(mark)
        return given.body, given.name

    return [mark], upload


def sheets(now: AppState) -> list[str]:
    """Names of the worksheets of the open data set's file."""
    found = _file(now)
    if found is None:
        return []
    mark, source = found
    return cache.remember(cache.name_of("sheets", mark), lambda: sheets_of(*source()))


def first_rows(now: AppState, reading: ReadOptions) -> pd.DataFrame | None:
    """The first rows of the open data set's file as they would be read; None where it is gone.

    Raises:
        DataError: It cannot be read so.
    """
    found = _file(now)
    if found is None:
        return None
    mark, source = found

    def make() -> pd.DataFrame:
        body, name = source()
        return preview.first_rows(body, name=name, reading=reading)

    return cache.remember(cache.name_of("first_rows", [mark, reading.to_json()]), make)


def texts_of(data: Dataset, now: AppState, column: str) -> pa.Array | None:
    """The cells of a column as they stand in the file, in its order; None where they cannot be had.

    Of a column that was read as text without being asked these are the cells of the open data set.

    Raises:
        DataError: The file can no longer be read.
    """
    if data.frame[column].dtype == "string" and column not in now.recipe.read_as:
        return to_arrow(data.frame[column].iloc[np.argsort(data.order)])
    found = _file(now)
    if found is None:
        return None
    mark, source = found
    reading = ReadOptions.from_json(dict(data.reading))

    def make() -> pa.Array:
        body, name = source()
        return preview.file_cells(body, column, name=name, reading=reading)

    return cache.share(cache.name_of("cells", [mark, column, reading.to_json()]), make)


def read_columns(data: Dataset, now: AppState, forms: Mapping[str, str]) -> None:
    """Read the open data set again with some columns in another form; "" for as their cells say.

    Roles set by hand are kept but for these columns: what they hold is another thing now.

    Args:
        data: The open data set with the roles set by hand.
        now: The state of the tab.
        forms: The forms that change (`core.model.read_as.ReadAs`), by column.
    """
    if now.data is None:
        return
    wanted = {**now.recipe.read_as, **forms}
    asked = {column: form for column, form in wanted.items() if form}
    roles = {name: role for name, role in now.recipe.roles.items() if name not in forms}
    recipe = now.recipe.with_(read_as=asked, roles=roles, pins=(), bans=(), where="")
    kinds = {name: kind for name, kind in _by_hand(data).items() if name not in forms}

    def settled(made: Dataset) -> Dataset:
        return with_roles(made, kinds, id_column=made.fingerprint.id_column or "") if kinds else made

    texts = all(data.frame[name].dtype == "string" and name not in now.recipe.read_as for name in forms)
    again = _from_table(data, recipe, kinds) if texts else None
    _from_file(data, now, recipe, settled, again, part=opening.FORMS)


def read_again(data: Dataset, now: AppState, missing: tuple[str, ...], id_column: str | None) -> None:
    """Read the open data set again with other words for "missing", or another id column.

    From its file where that is at hand; the table that was read from it otherwise.
    """
    if now.data is None:
        return
    recipe = now.recipe.with_(missing=missing, id_column=id_column, pins=(), bans=(), where="")
    kinds = {name: kind for name, kind in _by_hand(data).items() if name != id_column}
    from_table = _from_table(
        data, recipe, {name: kind for name, kind in kinds.items() if name not in data.vectors}
    )

    def settled(made: Dataset) -> Dataset:
        return with_roles(made, kinds) if kinds else made

    other_id = id_column and id_column != data.fingerprint.id_column
    _from_file(data, now, recipe, settled, from_table, part=opening.ID if other_id else "")


def read_otherwise(data: Dataset, now: AppState, reading: Mapping[str, str]) -> None:
    """Read the file of the open data set in another way.

    Roles and the id column set by hand are kept where their columns are still there, that no column is the
    id where all are.

    Args:
        data: The open data set with the roles set by hand.
        now: The state of the tab.
        reading: What is chosen, as in `core.model.read_options.ReadOptions`.
    """
    wanted = now.recipe.id_column
    recipe = now.recipe.with_(reading=dict(reading), pins=(), bans=(), where="")
    columns = frozenset(data.roles)

    def settled(made: Dataset) -> Dataset:
        stays = columns == set(made.roles) if wanted == "" else wanted in made.frame.columns
        named = wanted if stays and wanted is not None else made.fingerprint.id_column or ""
        kinds = {name: kind for name, kind in _by_hand(data).items() if name in made.roles and name != named}
        if not kinds and named == (made.fingerprint.id_column or ""):
            return made
        return with_roles(made, kinds, id_column=named)

    start = recipe.with_(id_column=None)
    _from_file(data, now, start, settled, None, keep=recipe, columns=columns, part=opening.HOW)


def _from_table(data: Dataset, recipe: Recipe, kinds: Mapping[str, str]) -> Callable[[Progress], Dataset]:
    """Makes the data set of a recipe from the table that was read before, with roles set by hand."""

    def make(progress: Progress) -> Dataset:
        how = {**opening.how_of(recipe.with_(reading={})), "roles": kinds}
        made = load(data.frame, name=data.name, vectors=data.vectors, **how, progress=progress)
        notes = [note for note in data.notes if not note.startswith(NO_ID)]
        return replace(
            made,
            order=frozen(data.order[made.order]),
            reading=data.reading,
            notes=tuple(dict.fromkeys([*notes, *made.notes])),
        )

    return make


def _by_hand(data: Dataset) -> dict[str, str]:
    """Roles other than the id's that were set by hand."""
    chosen = {name: role.kind for name, role in data.roles.items() if role.reason == "you chose it"}
    return {name: kind.value for name, kind in chosen.items() if kind is not Kind.ID}


def _from_file(
    data: Dataset,
    now: AppState,
    recipe: Recipe,
    settled: Callable[[Dataset], Dataset],
    instead: Callable[[Progress], Dataset] | None,
    *,
    keep: Recipe | None = None,
    columns: frozenset[str] = frozenset(),
    part: str = "",
) -> None:
    """Read the file of the open data set once more.

    Args:
        data, now: The open data set with the roles set by hand, and the state of the tab.
        recipe: How it is read.
        settled: Sets roles and id of what was read.
        instead: Makes the data set where the file is not at hand; None where there is no other way.
        keep: What to go on with; `recipe` where None.
        columns, part: As in `opening.PendingDataset`.
    """
    assert now.data is not None
    source, keep = now.data.source, keep or recipe
    how = [now.data.fingerprint, opening.how_of(recipe), opening.how_of(keep), _by_hand(data), part]
    if source.startswith("folder:") and visitor.folder() is not None:
        found = opening.in_folder(source.partition("folder:")[2], part)
        if found is None:
            return
        path, stamp, readers = found
        opening.begin(
            digest(["again", source, stamp, *how]),
            lambda p: settled(load(path, **opening.how_of(recipe), progress=p)),
            source,
            keep,
            readers,
            columns=columns,
            part=part,
        )
        return
    if file_there(now):
        mark = cache.file_of(now.data.fingerprint)
        opening.begin(
            digest(["again", mark, *how]),
            lambda p: settled(opening.load_upload(_upload_of(mark), recipe, p)),
            source,
            keep,
            file=mark,
            columns=columns,
            part=part,
        )
    elif instead is not None:
        table = digest(["again", cache.place(now.data.fingerprint), *how])
        opening.begin(table, instead, source, keep, cache.readers_of(now.data.fingerprint), part=part)
    else:
        opening.fail(_gone(), part)


def _upload_of(mark: str) -> Upload:
    found = uploaded_files.find(mark)
    if found is None:
        raise _gone()
    return found


def _gone() -> DataError:
    return DataError("The file itself is no longer here", "", "choose it again, then read it otherwise")
