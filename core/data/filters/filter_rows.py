"""Filters: the rows for which a condition holds, evaluated in a child process and kept once found."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Sequence
from functools import cache
from threading import Lock
from time import monotonic as _now
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ...foundation.arrays.array_types import Rows
from ...foundation.artifact_store import Artifact, Store, artifact_key
from ...foundation.child_process import run_child
from ...foundation.errors import DataError, LimitError, ResourceError
from ...foundation.wording import count, some
from ...model.arrow_columns import to_arrow
from ...model.dataset import Dataset, Kind
from .conditions import MOST_LETTERS, VERSION, mentioned, shown

SECONDS = 30.0  # a condition that takes longer is stopped
MEMORY = 2 * 2**30  # bytes that it may take beyond its data
KIND = "condition"
_ASK_AGAIN = 600.0  # seconds after which a condition that was stopped may be tried again
_NAMED = 12  # columns that an error lists
_KEPT = 64
_refusals: OrderedDict[tuple[str, str], tuple[float, DataError]] = OrderedDict()
_lock = Lock()


def matching(dataset: Dataset, where: str, *, store: Store | None = None, seconds: float = SECONDS) -> Rows:
    """Rows for which a SQL condition holds, as ascending canonical positions.

    The condition is one DuckDB expression over the columns, for example ``price > 3 AND lang IN ('de',
    'en')``; what it may hold stands in `core.data.filters.conditions`. It is evaluated in a child process
    without access to files or network, under a limit of time and memory. Times are UTC; JSON lists are text;
    vectors cannot be used. A condition that is neither true nor false (a missing cell) leaves its row out.

    Args:
        dataset: The data set.
        where: The condition.
        store: Where rows are kept once found, by fingerprint and condition; None keeps nothing.
        seconds: Wall time after which it is stopped, about 0.4 s of which are the child's start.

    Raises:
        DataError: The condition cannot be used, or is too much work. A refusal is remembered while the
            process lives (of a condition that was stopped, ten minutes), so that it is not worked out again.

    Example:
        >>> from core.data.load import load
        >>> data = load(b"id,price\\n1,5\\n2,1\\n3,9\\n", name="demo.csv")
        >>> sorted(data.frame["id"][matching(data, "price > 3")].tolist())
        [1, 3]
    """
    condition = where.strip().rstrip(";").strip()
    if not condition:
        raise DataError("The condition is empty", "", "write one, for example price > 3")
    if len(condition) > MOST_LETTERS:
        raise DataError(
            "The condition is too long",
            f"it has {count(len(condition), 'letter')}, and {MOST_LETTERS:,} can be read",
            "write a shorter one, or give the rows as a list",
        )
    name = (dataset.fingerprint.digest, condition)
    _recall(name)

    def make() -> Artifact:
        try:
            rows = _found(dataset, condition, seconds)
        except DataError as error:
            _remember(name, error)
            raise
        mask = np.zeros(len(dataset), bool)
        mask[rows] = True
        return Artifact({"mask": np.packbits(mask)})

    kept = make() if store is None else store.fetch(KIND, _address(name), make)
    return np.flatnonzero(np.unpackbits(kept.arrays["mask"], count=len(dataset))).astype(np.int64)


def no_row(dataset: Dataset, where: str) -> DataError:
    """The error for a condition that no row meets: what the columns that it names do hold.

    Example:
        >>> from core.data.load import load
        >>> print(no_row(load(b"lang,n\\nde,1\\nde,2\\nen,3\\n", name="demo.csv"), "lang = 'fr'"))
        No row meets "lang = 'fr'": lang holds 'de' (2), 'en' (1). What to do: write a wider condition.
    """
    words = re.sub(r"'(?:[^']|'')*'", " ", where)  # texts name no columns
    found = [
        quoted.replace('""', '"') or bare for quoted, bare in re.findall(r'"((?:[^"]|"")+)"|(\w+)', words)
    ]
    asked = {name.casefold() for name in found}
    named = [name for name in dataset.frame.columns if name.casefold() in asked]
    held = [f"{as_column(name)} holds {_held(dataset.frame[name])}" for name in named]
    return DataError(f"No row meets {shown(where)}", "; ".join(held[:3]), "write a wider condition")


def _held(column: pd.Series[Any]) -> str:
    """What a column holds: its most frequent texts, or from where to where it goes."""
    values = column.dropna()
    if not len(values):
        return "nothing"
    if pd.api.types.is_string_dtype(values) or pd.api.types.is_bool_dtype(values):
        often = Counter(values.tolist()).most_common()
        often = sorted(often, key=lambda one: (-one[1], str(one[0])))
        told = [
            f"{value[:40]!r} ({n:,})" if isinstance(value, str) else f"{value} ({n:,})" for value, n in often
        ]
        return some(told, 5, quoted=True)
    low, high = values.min(), values.max()
    if isinstance(low, pd.Timestamp):
        low, high = low.strftime("%Y-%m-%d"), high.strftime("%Y-%m-%d")
    return f"{low} in every row" if low == high else f"{low} to {high}"


def _address(name: tuple[str, str]) -> str:
    return artifact_key(KIND, VERSION, {"condition": name[1]}, [name[0]], ["duckdb"])


def _recall(name: tuple[str, str]) -> None:
    """Raise the refusal of a condition that was refused before."""
    with _lock:
        until, error = _refusals.get(name, (0.0, None))
    if error is not None and _now() < until:
        raise type(error)(error.what, error.why, error.do)


def _remember(name: tuple[str, str], error: DataError) -> None:
    stopped = isinstance(error.__cause__, ResourceError)
    with _lock:
        _refusals[name] = (_now() + _ASK_AGAIN if stopped else float("inf"), error)
        _refusals.move_to_end(name)
        while len(_refusals) > _KEPT:
            _refusals.popitem(last=False)


def _found(dataset: Dataset, condition: str, seconds: float) -> Rows:
    # SQL does not tell "a" from "A"; to take one for the other would be a silent mistake.
    times = Counter(name.lower() for name in dataset.frame.columns)
    usable = [name for name in dataset.frame.columns if times[name.lower()] == 1]
    twins = [name for name in dataset.frame.columns if times[name.lower()] > 1]
    table = pa.table({name: _plain(dataset.frame[name]) for name in mentioned(condition, usable)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    arrays = {"table": np.frombuffer(sink.getvalue(), np.uint8)}
    config = {"condition": condition, "n": len(dataset), "memory": MEMORY}
    try:
        found, told = run_child(
            "core.data.filters.conditions:evaluate", arrays, config, seconds=seconds, memory=MEMORY
        )
    except LimitError as error:
        raise DataError("The condition was stopped", error.why, "write a simpler one") from error
    except ResourceError as error:
        do = "write a simpler one, or close other programs"
        raise DataError("The condition was stopped", error.why, do) from error
    if not told:
        return found["rows"]
    if "no_column" in told:
        why, do = _no_column(dataset, told["no_column"], usable)
    else:
        why, do = str(told["why"]), _advice(dataset, usable)
    if twins:
        do += f". Not {some(twins, 6)}, which differ in case only"
    raise DataError(f"The condition {shown(condition)} cannot be used", why, do)


def as_column(name: str) -> str:
    """A column as a condition names it: in double quotes where its name is no plain word, or a word of SQL.

    Example:
        >>> as_column("price"), as_column("unit price"), as_column("Group")
        ('price', '"unit price"', '"Group"')
    """
    if name.isidentifier() and name.casefold() not in _sql_words():
        return name
    return '"' + name.replace('"', '""') + '"'


@cache
def _sql_words() -> frozenset[str]:
    """Words that DuckDB does not read as a column."""
    import duckdb

    kinds = "('reserved', 'type_function')"
    asked = f"select keyword_name from duckdb_keywords() where keyword_category in {kinds}"
    return frozenset(str(word) for (word,) in duckdb.execute(asked).fetchall())


def listed(names: Sequence[str], most: int = _NAMED) -> str:
    """Columns as a condition names them; beyond `most`, how many more there are.

    Example:
        >>> listed(["price", "unit price", "lang"], most=2)
        'price, "unit price" and 1 more'
    """
    return some(map(as_column, names), most, quoted=True)


def _advice(dataset: Dataset, usable: Sequence[str]) -> str:
    """How conditions are written, for people who do not write SQL."""
    first = as_column(usable[0]) if usable else "x"
    return (
        f"write text in single quotes ({_example(dataset, usable)}) and a column whose name holds blanks in "
        f'double quotes ("unit price" > 3); to leave out the rows where a cell is missing, write '
        f"{first} is not null; the columns are {listed(usable)}"
    )


def _no_column(dataset: Dataset, name: str, usable: Sequence[str]) -> tuple[str, str]:
    """What a name that is no column may be: a text without quotes, or a column that is spelled otherwise."""
    for column in usable:
        cells = dataset.frame[column]
        if pd.api.types.is_string_dtype(cells):
            match = cells[cells.str.casefold() == name.casefold()]
            if len(match):
                value = str(match.iloc[0]).replace("'", "''")
                return (
                    f"{name!r} is a text in the column {column!r}, not the name of a column",
                    f"write it in single quotes: {as_column(column)} = '{value}'",
                )
    near = _near(name, usable)
    use = f"perhaps {' or '.join(map(_named, near))} is meant" if near else f"use one of {listed(usable)}"
    return (
        f"there is no column {name!r}",
        f"{use}; text stands in single quotes ({_example(dataset, usable)})",
    )


def _named(name: str) -> str:
    """A column in a sentence, and how a condition names it where that is otherwise."""
    written = as_column(name)
    return f"{name!r}" if written == name else f"{name!r} (written {written})"


def _near(name: str, usable: Sequence[str]) -> list[str]:
    """Columns that are spelled nearly so."""
    import difflib

    by_fold = {column.casefold(): column for column in usable}
    return [by_fold[fold] for fold in difflib.get_close_matches(name.casefold(), sorted(by_fold), 3, 0.75)]


def _example(dataset: Dataset, usable: Sequence[str]) -> str:
    """A condition on a text of this data, where a short one is there."""
    for column in usable:
        cells = dataset.frame[column]
        if dataset.roles[column].kind in (Kind.CATEGORY, Kind.LABEL) and pd.api.types.is_string_dtype(cells):
            value = str(cells.dropna().iloc[0]) if cells.notna().any() else ""
            if 0 < len(value) <= 30 and "'" not in value:
                return f"{as_column(column)} = '{value}'"
    return "segment = 'retail'"


def _plain(column: pd.Series[Any]) -> pa.Array:
    cells = to_arrow(column)
    return cells.cast(pa.timestamp("us")) if pa.types.is_timestamp(cells.type) else cells
