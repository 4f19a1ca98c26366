"""From a file, bytes or a frame to a `Dataset` in canonical order."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ..foundation.artifact_store import frozen
from ..foundation.caps import UNPACKED_BYTES
from ..foundation.errors import ColumnError, DataError
from ..foundation.progress import SILENT, Progress
from ..foundation.wording import count, some
from ..model.dataset import Dataset, Kind, Role
from ..model.infer_text import clean_text, objects_table
from ..model.read_as import ReadAs, read_forms
from ..model.read_options import ReadOptions
from .cells.canonical_cells import canonical_frame
from .cells.row_keys import key_rows
from .memory_check import admit, admitted, most_unpacked
from .readers import binary
from .readers.delimited_text import read_csv
from .readers.excel import read_excel, worksheets
from .readers.frames import holds_table, table_of
from .readers.heading import check_names
from .readers.json_records import read_json
from .readers.raw_table import Raw, unused
from .readers.unpack import Content, open_bytes, open_path, unpack
from .roles import NO_ID, check_role, guess_id, guess_roles, possible_ids, without_id

Source = str | os.PathLike[str] | bytes | pd.DataFrame | Any
Vectors = Mapping[str, "str | os.PathLike[str] | bytes | NDArray[Any]"]
SAMPLE = "sample:"


@admitted
def load(
    source: Source,
    *,
    name: str | None = None,
    id_column: str | None = None,
    roles: Mapping[str, str] | None = None,
    vectors: Vectors | None = None,
    missing: Collection[str] = (),
    read_as: Mapping[str, str] | None = None,
    strict: bool = True,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: str | None = None,
    limit: int = UNPACKED_BYTES,
    progress: Progress = SILENT,
) -> Dataset:
    """Load a data set and bring it into canonical order.

    Args:
        source: A path, ``"sample:NAME"``, the bytes of a file, or a table in memory (`frames.table_of`): a
            frame, series, list of records, mapping of columns, anything Arrow. What it is follows from its
            content: CSV and relatives, JSON (lines, records, columns), Parquet, Arrow/Feather, Excel, NumPy
            vectors; gz or zip of these.
        name: What people call it; the file's name where None.
        id_column: The column that names rows. None: guessed. "": none; content identifies rows.
        roles: Roles of some columns, ``{"column": "role"}``; the rest are guessed.
        vectors: Vectors beside the table, by name: a path, bytes or an array with one row per table row,
            bound by position in the file.
        missing: Words that mean "no value" beside the empty string, for example ``("NA",)``.
        read_as: Forms of some columns' cells (`core.model.read_as.ReadAs`), ``{"price": "number:,"}``; the
            cells of the rest say themselves what they are.
        strict: Refuse a form of a column that is not there; otherwise a note tells of it.
        sheet, encoding, delimiter, header: How the file is read (`core.model.read_options.ReadOptions`);
            None where its content decides.
        limit: Most bytes that a packed file may unpack to, and that bytes given here may have.
        progress: Told how far the work is; may cancel it.

    Returns:
        The data set; `order` holds the source row number of each canonical row.

    Raises:
        DataError: The source cannot be used as it is; says why and what to do.
        ColumnError: A named column is not there, or ids are missing or repeated.
        ResourceError: Reading it would take more memory than is free; nothing was read.

    Complexity:
        O(cells) time; a small multiple of the table in memory, see `core.data.memory_check`. 1,000,000 rows ×
        10
        columns: see tests/benchmarks/keys.py.

    Example:
        >>> data = load(b"id,text\\n2,two\\n1,one\\n", name="demo.csv")
        >>> sorted(data.frame["text"]), data.roles["id"].kind.value, len(data)
        (['one', 'two'], 'id', 2)
    """
    progress(0, 4, "reading")
    if isinstance(source, str) and source.startswith(SAMPLE):
        asked: dict[str, Any] = {"missing": missing, "read_as": read_as, "strict": strict}
        return _load_sample(source.removeprefix(SAMPLE), name, id_column, roles, asked, progress)
    forms = read_forms({clean_text(column): form for column, form in (read_as or {}).items()})
    joined: dict[str, NDArray[np.float32]] = {}
    used: Mapping[str, str] = {}
    if holds_table(source):
        called = name or "table"
        notes: list[str] = []
        table = table_of(source, notes)
    else:
        content = (
            open_bytes(bytes(source), name or "data", limit)
            if isinstance(source, (bytes, bytearray, memoryview))
            else open_path(Path(cast("str | os.PathLike[str]", source)))
        )
        called = name or Path(content.name).name
        content, kind = unpack(content, limit=min(limit, most_unpacked()), progress=progress)
        admit(content, kind, progress)
        raw = read_raw(content, kind, ReadOptions(sheet, encoding, delimiter, header), progress)
        table, joined, notes, used = raw.table, dict(raw.vectors), raw.notes, raw.reading
    for label, given in (vectors or {}).items():
        for part, matrix in _vectors(given, clean_text(label), limit, progress).items():
            if part in joined or part in table.column_names:
                raise DataError(f"There is already a column {part!r}", "", "give the vectors another name")
            joined[part] = matrix
    n = table.num_rows if table.num_columns else len(next(iter(joined.values()), ()))
    _check_shape(called, table, n, joined)
    progress(1, 4, "reading cells")
    more = _without_column(forms, [*table.column_names, *joined], strict)
    frame, found, told = canonical_frame(table, missing, asked=forms)
    more += told
    if not len(frame.columns):
        frame = pd.DataFrame(index=pd.RangeIndex(n))
    matrices = {**found, **joined}
    made = _build(
        called, frame, matrices, [*table.column_names, *joined], id_column, roles, [*notes, *more], progress
    )
    progress(4, 4, "loaded")
    return replace(made, reading=used)


def _without_column(forms: Mapping[str, ReadAs], columns: list[str], strict: bool) -> list[str]:
    """Notes on forms whose columns are not there; `ColumnError` where that is refused."""
    lost = [(column, form) for column, form in forms.items() if column not in columns]
    if lost and strict:
        column, form = lost[0]
        raise ColumnError(
            f"There is no column {column!r} to be read as {str(form)!r}",
            f"the columns are {some(columns)}",
            "choose one of them",
        )
    return [f"There is no column {column!r} to be read as {str(form)!r}." for column, form in lost]


def _load_sample(
    sample: str,
    name: str | None,
    id_column: str | None,
    roles: Mapping[str, str] | None,
    asked: Mapping[str, Any],
    progress: Progress,
) -> Dataset:
    from .samples import SAMPLES, sample_frame

    if sample not in SAMPLES:
        raise DataError(
            f"There is no sample called {sample!r}", f"there are {', '.join(SAMPLES)}", "check the spelling"
        )
    known = SAMPLES[sample]
    frame = sample_frame(sample, progress=progress.part(0, 0.8))
    made = load(
        frame,
        name=name or sample,
        id_column=known.id_column if id_column is None else id_column,
        roles={**known.roles, **(roles or {})},
        **asked,
        progress=progress.part(0.8, 1),
    )
    return replace(made, notes=(*frame.attrs["notes"], *made.notes))


def sheets_of(source: str | os.PathLike[str] | bytes, name: str = "data") -> list[str]:
    """Names of the worksheets of a file, in its order; none where it is no workbook.

    Args:
        source: A path or the bytes of a file, as `load` takes them.
        name: What people call it, where bytes are given.

    Raises:
        DataError: It is damaged.

    Example:
        >>> sheets_of(b"a,b\\n1,2\\n", "table.csv")
        []
    """
    content = open_bytes(source, name) if isinstance(source, bytes) else open_path(Path(source))
    content, kind = unpack(content, limit=most_unpacked())
    return worksheets(content) if kind == "excel" else []


def read_table(content: Content, kind: str) -> pa.Table:
    """The raw table of a file whose kind is known (see `readers.unpack`); cells are not inferred yet."""
    return read_raw(content, kind).table


def read_raw(
    content: Content, kind: str, reading: ReadOptions | None = None, progress: Progress = SILENT
) -> Raw:
    """The table of a file as it stands there, cells not inferred yet, and what was found about the file."""
    reading = reading or ReadOptions()
    if kind == "text":
        return read_csv(content, reading)
    if kind == "json":
        return read_json(content, reading)
    if kind == "excel":
        return read_excel(content, reading, progress)
    if kind == "feather1":
        raise DataError(
            f"{content.name} is a Feather file of version 1", "", "save it again as Arrow or Parquet"
        )
    if kind in ("npy", "npz"):
        raw, what = _read_arrays(content, kind), "NumPy arrays"
    elif kind == "parquet":
        raw, what = Raw(*binary.read_parquet(content)), "a Parquet file"
    else:
        raw, what = Raw(*binary.read_arrow(content, kind == "stream")), "an Arrow file"
    return replace(raw, notes=[*raw.notes, *unused(reading, {}, what)])


def _read_arrays(content: Content, kind: str) -> Raw:
    """Vectors without a table: a matrix each; one-dimensional arrays of an .npz are columns."""
    if kind == "npy":
        matrix = binary.as_vectors(binary.read_npy(content), content.name)
        return Raw(pa.table({}), [], {}, {"vectors": matrix})
    arrays = {name: array for name, array in binary.read_npz(content).items() if array.ndim}
    check_names(content.name, list(arrays), [])
    flat = {name: array for name, array in arrays.items() if array.ndim == 1}
    matrices = {
        name: binary.as_vectors(array, f"{name} in {content.name}")
        for name, array in arrays.items()
        if array.ndim > 1
    }
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name!r} {count:,}" for name, count in lengths.items())
        raise DataError(f"{content.name} holds arrays of unequal length", told, "save arrays of one length")
    return Raw(objects_table(list(flat), [array.tolist() for array in flat.values()]), [], {}, matrices)


def _vectors(given: Any, label: str, limit: int, progress: Progress) -> dict[str, NDArray[np.float32]]:
    if isinstance(given, np.ndarray):
        return {label: binary.as_vectors(given, label)}
    content = open_bytes(given, label, limit) if isinstance(given, bytes) else open_path(Path(given))
    content, kind = unpack(content, limit=min(limit, most_unpacked()), progress=progress)
    if kind in ("npy", "npz"):
        admit(content, kind, progress)
    if kind == "npy":
        return {label: binary.as_vectors(binary.read_npy(content), content.name)}
    if kind == "npz":
        arrays = binary.read_npz(content)
        if len(arrays) == 1:
            return {label: binary.as_vectors(next(iter(arrays.values())), content.name)}
        return {f"{label}.{part}": binary.as_vectors(array, part) for part, array in arrays.items()}
    raise DataError(f"{content.name} does not hold vectors", f"it is {kind}", "give .npy or .npz")


def _check_shape(name: str, table: pa.Table, n: int, joined: Mapping[str, NDArray[np.float32]]) -> None:
    if not table.num_columns and not joined:
        raise DataError(f"{name} has no columns", "", "choose another file")
    for label, matrix in joined.items():
        if len(matrix) != n:
            raise DataError(
                f"The vectors {label!r} do not fit {name}",
                f"they have {count(len(matrix), 'row')}, the table has {n:,}",
                "give one vector per row, in the order of the file",
            )
    if n == 0:
        raise DataError(f"{name} has no rows", "it holds a header only", "choose another file")
    binary.check_rows(name, n)


def _build(
    name: str,
    frame: pd.DataFrame,
    vectors: Mapping[str, NDArray[np.float32]],
    file_order: list[str],
    id_column: str | None,
    roles: Mapping[str, str] | None,
    notes: list[str],
    progress: Progress,
) -> Dataset:
    wanted = {clean_text(column): _kind(kind) for column, kind in (roles or {}).items()}
    id_column = None if id_column is None else clean_text(id_column)
    for column in wanted:
        if column not in file_order:
            known = some(list(file_order))
            raise ColumnError(
                f"There is no column {column!r}", f"the columns are {known}", "choose one of them"
            )
    named = [column for column, kind in wanted.items() if kind is Kind.ID]
    if len(named) > 1:
        raise ColumnError("More than one column is the id", ", ".join(map(repr, named)), "name one")
    if named and id_column is not None and id_column != named[0]:
        raise ColumnError(
            f"Two columns are to be the id: {id_column!r} and {named[0]!r}",
            "" if id_column else "one is named by its role, and none is asked for",
            "name one",
        )
    if id_column is None and named:
        id_column = named[0]
    if id_column is None:
        guessed = guess_id(frame)
        id_column = "" if guessed is None or wanted.get(guessed, Kind.ID) is not Kind.ID else guessed
    elif id_column and id_column not in frame.columns:
        known = some([str(column) for column in frame.columns])
        raise ColumnError(
            f"There is no column {id_column!r} that could be the id", f"the columns are {known}", "choose one"
        )
    chosen = id_column or None
    progress(2, 4, "making row keys")
    keyed = key_rows(frame, chosen, vectors, progress.part(0.5, 0.75))
    order = keyed.order
    progress(3, 4, "putting rows in order")
    guessed_roles = guess_roles(frame, vectors, chosen, file_order)
    for column, kind in wanted.items():
        if kind is not Kind.ID:
            check_role(column, kind, frame, column in vectors)
            guessed_roles[column] = Role(kind, "you chose it")
    if chosen is not None and chosen in named:
        guessed_roles[chosen] = Role(Kind.ID, "you chose it")
    if chosen is None:
        notes.append(without_id(possible_ids(frame)))
    return Dataset(
        name=clean_text(name),
        frame=frame.take(order).reset_index(drop=True),
        roles=guessed_roles,
        keys=frozen(keyed.keys),
        order=frozen(order),
        fingerprint=replace(keyed.fingerprint, rows=frozen(keyed.fingerprint.rows)),
        vectors={label: frozen(matrix[order]) for label, matrix in vectors.items()},
        notes=tuple(dict.fromkeys(notes)),
    )


def _kind(text: str) -> Kind:
    aliases = {"image": "image path", "license": "licence"}
    try:
        return Kind(aliases.get(text, text))
    except ValueError:
        raise ColumnError(
            f"There is no role {text!r}", f"roles are {', '.join(Kind)}", "check the spelling"
        ) from None


def with_roles(dataset: Dataset, roles: Mapping[str, str], *, id_column: str | None = None) -> Dataset:
    """The data set with other roles; another id column gives other keys and another order.

    Args:
        dataset: The data set.
        roles: ``{"column": "role"}`` for the columns that change. Where the id column is given another role
            and none becomes the id, rows are identified by their content.
        id_column: The id column; "" for none. Like a role "id".

    Raises:
        ColumnError: A column or role is not there, or ids are missing or repeated.

    Example:
        >>> data = load(b"id,text\\n2,two\\n1,one\\n", name="demo.csv")
        >>> with_roles(data, {"id": "number"}).fingerprint.id_column is None
        True
    """
    wanted = {column: _kind(kind) for column, kind in roles.items()}
    current = dataset.fingerprint.id_column
    if id_column is None:
        chosen = [column for column, kind in wanted.items() if kind is Kind.ID]
        if chosen:
            id_column = chosen[0]
        elif current is not None and wanted.get(current, Kind.ID) is Kind.ID:
            id_column = current
        else:
            id_column = ""
    if (id_column or None) == current:
        out = dict(dataset.roles)
        for column, kind in wanted.items():
            if column not in out:
                known = some(list(out))
                raise ColumnError(f"There is no column {column!r}", f"the columns are {known}", "choose one")
            check_role(column, kind, dataset.frame, column in dataset.vectors)
            out[column] = Role(kind, "you chose it")
        return replace(dataset, roles=out)
    kept = {
        column: role.kind.value
        for column, role in dataset.roles.items()
        if role.reason == "you chose it" and role.kind is not Kind.ID
    }
    given = {column: kind.value for column, kind in wanted.items()}
    notes = [note for note in dataset.notes if not note.startswith(NO_ID)]
    made = _build(
        dataset.name,
        dataset.frame,
        dataset.vectors,
        list(dataset.roles),
        id_column,
        {**{c: k for c, k in kept.items() if c != id_column}, **given},
        notes,
        SILENT,
    )
    return replace(made, order=frozen(dataset.order[made.order]), reading=dataset.reading)
