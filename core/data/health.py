"""What a reader should know about a data set before drawing from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from ..foundation.machine import show_bytes
from ..foundation.wording import count, part, some, verb
from ..model.arrow_columns import to_arrow
from ..model.dataset import Dataset, Kind
from .roles import possible_ids, without_id
from .suggested_form import suggested_forms
from .suspect_cells import swallowed_rows

Level = Literal["fine", "note", "warning", "problem"]
_SHARE = 0.05  # missing cells above this share are a warning
_HIGH = 50  # a category with more values than this is listed


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Args:
        level: fine, note, warning or problem.
        sentence: What was found, for people.
        columns: The columns concerned.
        count: Rows, cells, columns or bytes concerned, as the sentence says.
    """

    level: Level
    sentence: str
    columns: tuple[str, ...] = ()
    count: int = 0


def health(dataset: Dataset) -> list[Finding]:
    """Findings on ids, missing cells, duplicates, cells not read as meant, crowded columns, vectors, memory.

    O(cells).

    Example:
        >>> from core.data.load import load
        >>> found = health(load(b"id,a\\n1,x\\n2,\\n", name="demo.csv"))
        >>> [finding.sentence for finding in found][:1]
        ["Every row has its own id in 'id'."]
    """
    found = [_ids(dataset), *_missing(dataset), *_duplicates(dataset), *_texts(dataset)]
    found += [Finding("warning", text, (name,), many) for name, text, many in swallowed_rows(dataset)]
    for one in suggested_forms(dataset.frame):
        found.append(Finding("warning", one.sentence, (one.column,), one.present - one.plain))
    return [*found, *_values(dataset), *_vectors(dataset), _memory(dataset)]


def _ids(dataset: Dataset) -> Finding:
    column = dataset.fingerprint.id_column
    if column is not None:
        return Finding("fine", f"Every row has its own id in {column!r}.", (column,), len(dataset))
    names = possible_ids(dataset.frame)
    return Finding("note", without_id(names), tuple(names))


def _missing(dataset: Dataset) -> list[Finding]:
    out, empty = [], []
    for name in dataset.frame.columns:
        gone = int(dataset.frame[name].isna().sum())
        if gone == len(dataset):
            empty.append(str(name))
        elif gone:
            share = gone / len(dataset)
            level: Level = "warning" if share > _SHARE else "note"
            out.append(
                Finding(
                    level, f"{name!r} is missing in {count(gone, 'row')} ({share:.1%}).", (str(name),), gone
                )
            )
    if empty:
        what = (
            "Every cell is missing in"
            if len(empty) < 4
            else f"Every cell is missing in {len(empty):,} columns:"
        )
        out.append(Finding("warning", f"{what} {_listed(empty)}.", tuple(empty), len(empty)))
    return out


def _listed(names: list[str]) -> str:
    return some(map(repr, names), 8, quoted=True)


def _duplicates(dataset: Dataset) -> list[Finding]:
    """Identical rows; with ids, rows that are identical apart from the id."""
    column = dataset.fingerprint.id_column
    digests = dataset.fingerprint.rows
    apart = ""
    if column is not None:
        from .cells.cell_hashes import hash_columns
        from .cells.row_keys import row_digests

        rest = dataset.frame.drop(columns=[column])
        if not len(rest.columns) and not dataset.vectors:
            return []
        digests = row_digests(hash_columns(rest, dataset.vectors), len(dataset))
        apart = " apart from the id"
    words = np.ascontiguousarray(digests).view(np.uint64)
    distinct = len(np.unique(words.view("u8,u8")))
    extra = len(dataset) - distinct
    if not extra:
        return [Finding("fine", "No row is there twice.")]
    told = part(extra, len(dataset), "row", "repeats", "repeat")
    return [Finding("warning", f"{told} another row{apart}.", (), extra)]


def _texts(dataset: Dataset) -> list[Finding]:
    """Repeated texts, and texts that differ in case, blanks and punctuation only."""
    out = []
    for name in dataset.columns(Kind.TEXT):
        cells = to_arrow(dataset.frame[name].astype("string")).drop_null()
        exact = len(cells) - pc.count_distinct(cells).as_py()
        plain = pc.utf8_lower(pc.replace_substring_regex(cells, r"[\s\pP]+", " "))
        near = len(cells) - pc.count_distinct(pc.utf8_trim_whitespace(plain)).as_py() - exact
        if exact:
            out.append(
                Finding(
                    "warning", f"{count(exact, 'text')} in {name!r} repeated another exactly.", (name,), exact
                )
            )
        if near:
            sentence = (
                f"{count(near, 'more text')} in {name!r} {verb(near, 'differs', 'differ')} from another in "
                "case, blanks or punctuation only."
            )
            out.append(Finding("note", sentence, (name,), near))
    return out


def _values(dataset: Dataset) -> list[Finding]:
    constant, out = [], []
    for name in dataset.frame.columns:
        column: pd.Series[Any] = dataset.frame[name]
        if column.isna().all():
            continue
        distinct = int(column.nunique())
        if distinct == 1 and len(dataset) > 1 and not column.isna().any():
            constant.append(str(name))
        role = dataset.roles[str(name)].kind
        if role in (Kind.CATEGORY, Kind.LABEL) and distinct > _HIGH:
            sentence = f"{name!r} has {distinct:,} different values; as groups they would be very small."
            out.append(Finding("note", sentence, (str(name),), distinct))
        if column.dtype == "Float64":
            endless = int(np.isinf(column.to_numpy(dtype=np.float64, na_value=np.nan)).sum())
            if endless:
                sentence = f"{name!r} holds infinity in {count(endless, 'row')}."
                out.append(Finding("problem", sentence, (str(name),), endless))
    if constant:
        sentence = f"The same value stands in every row of {_listed(constant)}."
        out.insert(0, Finding("note", sentence, tuple(constant), len(constant)))
    return out


def _vectors(dataset: Dataset) -> list[Finding]:
    out = []
    for name, matrix in dataset.vectors.items():
        holes = int((~np.isfinite(matrix).all(axis=1)).sum())
        if holes:
            sentence = f"The vectors {name!r} are missing or not finite in {count(holes, 'row')}."
            out.append(Finding("problem", sentence, (name,), holes))
        else:
            sentence = f"{name!r} holds vectors of {count(matrix.shape[1], 'number')}, all finite."
            out.append(Finding("fine", sentence, (name,), matrix.shape[1]))
    return out


def _memory(dataset: Dataset) -> Finding:
    size = int(dataset.frame.memory_usage(index=False, deep=False).sum())
    size += sum(matrix.nbytes for matrix in dataset.vectors.values())
    size += dataset.keys.nbytes + dataset.fingerprint.rows.nbytes
    columns = len(dataset.roles)
    what = f"{count(len(dataset), 'row')} and {count(columns, 'column')}"
    return Finding("fine", f"{what} take {show_bytes(size)} of memory.", (), size)
