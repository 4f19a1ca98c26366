"""Reader of JSON: lines, records, columns, what pandas writes, GeoJSON, and records in a wrapper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pyarrow as pa

from ...foundation.errors import DataError
from ...foundation.exact_json import loads
from ...foundation.wording import count
from ...model.infer_text import objects_table, spell
from ...model.read_options import ReadOptions
from .encoding import decode
from .heading import DEEPEST, Rows, check_names, chosen_row, find_heading, heading_note, no_such_row, unnamed
from .raw_table import Raw, unused
from .records import columns_of_records
from .unpack import Content

_DEPTH = 5  # objects inside objects that are looked into
_INDEX = "An index that pandas had written beside the table was left out."


def read_json(content: Content, reading: ReadOptions | None = None) -> Raw:
    """A table from JSON.

    Read as they are: JSON lines, a list of records, a list of rows, an object of columns, one record. Found
    inside: the one list of records that a wrapper holds. By name: GeoJSON, and what pandas writes with
    ``orient`` table, split, tight, index and columns.

    Raises:
        DataError: Not JSON (with the line), no records, several lists of records (with where they are),
            columns of unequal length.
    """
    reading = reading or ReadOptions()
    decoded = decode(content, reading.encoding)
    notes = [decoded.note] if decoded.note else []
    stripped = decoded.text.strip().removeprefix("\ufeff")
    first, more, _ = stripped.partition("\n")
    used = {"encoding": decoded.encoding}
    if more and _is_object(first):
        table = _records(content.name, _lines(content.name, decoded.text), notes)
    else:
        found = _whole(content.name, stripped)
        if isinstance(found, list) and found and all(isinstance(row, list) for row in found):
            table, used["header"] = _of_rows(content.name, found, notes, reading.header)
        else:
            table = _table_of(content.name, found, notes)
    return Raw(table, [*notes, *unused(reading, used, "a JSON file")], used)


def _is_object(line: str) -> bool:
    try:
        return isinstance(loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _whole(name: str, text: str) -> Any:
    try:
        return loads(text)
    except orjson.JSONDecodeError as error:
        raise DataError(
            f"{name} is not valid JSON", f"line {error.lineno:,}: {error.msg}", "correct the file"
        ) from None


def _lines(name: str, text: str) -> list[Any]:
    out = []
    for at, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            out.append(loads(line))
        except orjson.JSONDecodeError as error:
            raise DataError(
                f"Line {at:,} of {name} is not valid JSON", error.msg, "correct or remove the line"
            ) from None
        if not isinstance(out[-1], dict):
            raise DataError(f"Line {at:,} of {name} is not a record", "it is not an object in braces")
    return out


def _table_of(file: str, found: Any, notes: list[str]) -> pa.Table:
    """The table that a JSON value stands for."""
    if isinstance(found, list):
        return _records(file, found, notes)
    if not isinstance(found, dict) or not found:
        return _records(file, [found] if found else [], notes)
    for read in (_geo, _pandas_table, _pandas_split, _columns, _wrapped, _labelled):
        table = read(file, found, notes)
        if table is not None:
            return table
    return _records(file, [found], notes)


def _geo(file: str, found: dict[str, Any], notes: list[str]) -> pa.Table | None:
    """GeoJSON: a feature is a row, its properties are columns, its geometry is JSON."""
    features = found.get("features")
    if found.get("type") != "FeatureCollection" or not isinstance(features, list):
        return None
    rows = []
    for at, feature in enumerate(features):
        if not isinstance(feature, dict) or not isinstance(feature.get("properties") or {}, dict):
            raise DataError(
                f"{file} is damaged GeoJSON", f"feature {at + 1:,} is no object", "correct the file"
            )
        row = dict(feature.get("properties") or {})
        for name in ("id", "geometry"):
            if feature.get(name) is not None:
                row.setdefault(name, feature[name])
        rows.append(row)
    notes.append("This is GeoJSON: each feature is a row, its properties are columns, its geometry is JSON.")
    return _records(file, rows, notes)


def _pandas_table(file: str, found: dict[str, Any], notes: list[str]) -> pa.Table | None:
    """What pandas writes with ``orient="table"``: a schema beside records."""
    schema, rows = found.get("schema"), found.get("data")
    if not isinstance(schema, dict) or not isinstance(schema.get("fields"), list):
        return None
    if not isinstance(rows, list) or not _are_records(rows):
        return None
    index = schema.get("primaryKey")
    if index == ["index"] and _counts([row.get("index") for row in rows]):
        notes.append(_INDEX)
        rows = [{name: value for name, value in row.items() if name != "index"} for row in rows]
    return _records(file, rows, notes)


def _pandas_split(file: str, found: dict[str, Any], notes: list[str]) -> pa.Table | None:
    """What pandas writes with ``orient="split"`` or ``"tight"``: names beside rows."""
    names, rows = found.get("columns"), found.get("data")
    if not isinstance(names, list) or not isinstance(rows, list) or not rows:
        return None
    if not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        return None
    names = [spell(name) if not isinstance(name, str) else name for name in names]
    columns = {at: [row[at] for row in rows] for at in range(len(names))}
    index = found.get("index")
    if isinstance(index, list) and len(index) == len(rows):
        if _counts(index):
            notes.append(_INDEX)
        else:
            names, columns = ["index", *names], {0: index, **{at + 1: c for at, c in columns.items()}}
    return _named(file, names, list(columns.values()), notes)


def _columns(file: str, found: dict[str, Any], notes: list[str]) -> pa.Table | None:
    """An object of columns: lists of one length that are not all lists of records."""
    if not all(isinstance(part, list) for part in found.values()):
        return None
    if any(_are_records(part) for part in found.values()) and all(
        _are_records(part) or not part for part in found.values()
    ):
        return None
    if len({len(part) for part in found.values()}) > 1:
        if any(_are_records(part) for part in found.values()):
            return None
        told = ", ".join(f"{name!r} {len(part):,}" for name, part in list(found.items())[:5])
        raise DataError(f"{file} has columns of unequal length", told, "make them equal")
    return _table(file, dict(found), notes)


def _wrapped(file: str, found: dict[str, Any], notes: list[str]) -> pa.Table | None:
    """The one list of records inside objects; several are refused with where they are."""
    places = dict(_places(found, (), 0))
    if not places:
        return None
    if len(places) > 1:
        listed = ", ".join(f"{place!r} ({count(len(rows), 'record')})" for place, rows in places.items())
        raise DataError(
            f"{file} holds {count(len(places), 'list')} of records",
            f"under {listed}",
            "save the one you want by itself",
        )
    place, rows = next(iter(places.items()))
    top = place.partition(".")[0]
    others = [name for name in found if name != top]
    beside = f"; what stands beside them was left out ({', '.join(map(repr, others[:5]))})" if others else ""
    notes.append(f"The records were found under {place!r}{beside}.")
    return _records(file, rows, notes)


def _places(found: Mapping[str, Any], path: tuple[str, ...], depth: int) -> Iterator[tuple[str, list[Any]]]:
    for name, part in found.items():
        if _are_records(part):
            yield ".".join((*path, name)), part
        elif isinstance(part, dict) and depth < _DEPTH:
            yield from _places(part, (*path, name), depth + 1)


def _labelled(file: str, found: dict[str, Any], notes: list[str]) -> pa.Table | None:
    """An object of objects: rows by label (``orient="index"``) or columns by label (``orient="columns"``)."""
    if not all(isinstance(part, dict) for part in found.values()):
        return None
    outer = list(found)
    inner = list(dict.fromkeys(label for part in found.values() for label in part))
    if not inner:
        return None
    if _are_rows(found, outer, inner):
        columns = {name: [part.get(name) for part in found.values()] for name in inner}
        labels = outer
    else:
        columns = {name: [part.get(label) for label in inner] for name, part in found.items()}
        labels = inner
    if _counts([int(label) if label.isdecimal() else label for label in labels]):
        return _table(file, columns, notes)
    name = "index" if "index" not in columns else "label"
    if name in columns:
        return _table(file, columns, notes)
    notes.append(f"The labels of the rows are in the column {name!r}.")
    return _table(file, {name: list(labels), **columns}, notes)


def _are_rows(found: Mapping[str, Any], outer: list[str], inner: list[str]) -> bool:
    """Whether the inner objects are rows, not columns: what is counted or alike inside tells."""
    counted = [all(label.lstrip("-").isdecimal() for label in labels) for labels in (outer, inner)]
    if counted[0] != counted[1]:
        return counted[0]

    def mixed(groups: Iterator[list[Any]]) -> float:
        kinds = [len({_kind(value) for value in values if value is not None}) > 1 for values in groups]
        return sum(kinds) / len(kinds)

    as_columns = mixed([part.get(label) for label in inner] for part in found.values())
    as_rows = mixed([part.get(name) for part in found.values()] for name in inner)
    return as_rows < as_columns or (as_rows == as_columns and len(outer) > len(inner))


def _kind(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


def _counts(labels: list[Any]) -> bool:
    """Whether labels are 0, 1, 2, … in some order: a count of rows that says nothing."""
    whole = [label for label in labels if isinstance(label, int) and not isinstance(label, bool)]
    return len(whole) == len(labels) and sorted(whole) == list(range(len(labels)))


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _of_rows(file: str, rows: list[list[Any]], notes: list[str], header: str | None) -> tuple[pa.Table, str]:
    """A list of rows, the first of which may name the columns; and the number of that row, 0 for none."""
    width = max(map(len, rows))
    if not width:
        raise DataError(f"{file} has no columns", "its rows are empty", "choose another file")
    uneven = next((at for at, row in enumerate(rows) if len(row) != width), None)
    if uneven is not None:
        raise DataError(
            f"Row {uneven + 1:,} of {file} has {count(len(rows[uneven]), 'cell')}",
            f"the longest row has {width:,}",
            "make the rows equal",
        )
    texts = [[_text(cell) for cell in row] for row in rows[: DEEPEST + 2]]
    chosen = chosen_row(header, file)
    if chosen is not None and chosen > len(rows):
        raise no_such_row(file, chosen, len(rows))
    if chosen:
        names, start = chosen - 1, chosen
    elif chosen == 0:
        names, start = None, 0
    else:
        column = lambda at: pa.array([_text(row[at]) for row in rows], type=pa.string())  # noqa: E731
        heading = find_heading(Rows(texts, column, lambda: float(width)))
        names, start = heading.names, heading.start
        note = heading_note(heading, f"{(start if names is None else names + 1):,}", width)
        if note:
            notes.append(note)
    called = unnamed(width) if names is None else [_text(cell).strip() for cell in rows[names]]
    body = rows[start:]
    table = _named(file, called, [[row[at] for row in body] for at in range(width)], notes)
    return table, "0" if names is None else str(names + 1)


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    try:
        return spell(value)
    except (TypeError, RecursionError) as error:
        raise DataError("A cell is nested too deeply", str(error), "give a list of records") from None


def _records(name: str, records: list[Any], notes: list[str]) -> pa.Table:
    if not records:
        raise DataError(f"{name} has no rows", "its list is empty", "choose another file")
    return _table(name, columns_of_records(records, name, "give a list of objects, one per row"), notes)


def _table(file: str, columns: dict[str, list[Any]], notes: list[str]) -> pa.Table:
    return _named(file, [str(name) for name in columns], list(columns.values()), notes)


def _named(file: str, names: list[str], columns: list[list[Any]], notes: list[str]) -> pa.Table:
    known = check_names(file, [name.strip() for name in names], notes)
    return objects_table(known, columns)
