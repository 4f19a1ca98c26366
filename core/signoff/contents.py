"""Comparing exported files, cell by cell, with what the data and the manifest say they must hold."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pandas as pd
from numpy.typing import NDArray

from ..data.fingerprint import DatasetRecord, differences
from ..foundation.wording import count
from ..model.arrow_columns import TEXT
from ..model.dataset import Dataset
from ..model.selection import Selection
from .open_bundle import CSV, JSONL, SUBSET, WHOLE, Bundle

if TYPE_CHECKING:
    from ..model.derived import Groups

_SHOWN = 20
_GROUP = "aliquot_group"


def recorded_selection(bundle: Bundle, rows: NDArray[np.int64]) -> Selection:
    """The selection of a manifest on rows of the data at hand."""
    block = bundle.manifest["selection"]

    def numbers(name: str) -> Any:
        value = block.get(name)
        return None if value is None else np.asarray(value, dtype=np.float64)

    return Selection(
        rows=rows,
        strategy=str(block["strategy"]),
        version=int(block["version"]),
        params=dict(block["params"]),
        seed=int(block["seed"]),
        budget=int(block["budget"]),
        inputs=str(block.get("inputs")),
        population=int(block.get("population", 0)),
        weight=numbers("weight"),
        represents=numbers("represents"),
    )


def compare_exports(bundle: Bundle, dataset: Dataset, rows: NDArray[np.int64]) -> list[str]:
    """What the exported subset holds that the data and the manifest do not say; every difference by name."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from ..data.export import arrow_table, subset_frame

    try:
        selection = recorded_selection(bundle, rows)
        for name in ("weight", "represents"):
            values = getattr(selection, name)
            if values is not None and len(values) != len(rows):
                return [f"The manifest does not hold one {name} per chosen row."]
    except (KeyError, TypeError, ValueError):
        return ["The manifest's selection is malformed."]
    frame, moved = subset_frame(dataset, selection)
    if dict(bundle.manifest.get("renamed") or {}) != moved:
        return ["The manifest's record of renamed columns does not fit the data."]
    expected = arrow_table(frame)
    names = [str(at) for at in bundle.manifest["selection"]["ids"]]
    wrong = []
    try:
        held = pq.read_table(io.BytesIO(bundle.files[SUBSET]))
    except (pa.ArrowException, OSError, ValueError) as error:
        return [f"{SUBSET} cannot be read ({error})."]
    wrong += compare_tables(SUBSET, held, expected, names)
    if wrong:
        return wrong
    # What is left are copies of subset.parquet in other forms; its groups are checked by the replay.
    frame = frame[held.column_names]  # columns may have another order in the data at hand
    frame[_GROUP] = pd.array(held.column(_GROUP).to_pylist(), dtype=TEXT)
    if CSV in bundle.files:
        block = bundle.manifest["csv"]
        wrong += compare_csv(bundle.files[CSV], frame, names, block and block["neutralised_cells"])
    if JSONL in bundle.files:
        wrong += compare_jsonl(bundle.files[JSONL], frame, names)
    if WHOLE in bundle.files:
        wrong += compare_whole(bundle.files[WHOLE], dataset, selection)
    return wrong


def compare_tables(file: str, held: Any, expected: Any, names: list[str]) -> list[str]:
    """Cells of one Arrow table that are not those of another; `aliquot_group` is left to the replay."""
    wrong = []
    for name in sorted(set(expected.column_names) ^ set(held.column_names)):
        verb = "lacks" if name in expected.column_names else "has an unexpected"
        wrong.append(f"{file} {verb} column {name!r}.")
    if held.num_rows != expected.num_rows:
        wrong.append(f"{file} holds {count(held.num_rows, 'row')}, the manifest {expected.num_rows:,}.")
    if wrong:
        return wrong
    for name in expected.column_names:
        if name == _GROUP:
            continue
        one, other = held.column(name).to_pylist(), expected.column(name).to_pylist()
        for at, (a, b) in enumerate(zip(one, other, strict=True)):
            if not _same(a, b):
                wrong.append(f"{file}: the cell of column {name!r} in row {names[at]} is not the data's.")
                if len(wrong) >= _SHOWN:
                    return wrong
    return wrong


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b)
    if isinstance(a, list) and isinstance(b, list):  # a vector may hold NaN
        return a == b or (len(a) == len(b) and all(map(_same, a, b)))
    return type(a) is type(b) and bool(a == b)


def compare_groups(bundle: Bundle, groups: Groups | None, rows: NDArray[np.int64]) -> list[str]:
    """Rows of the exported subset whose group is not the one made again."""
    import pyarrow.parquet as pq

    held = pq.read_table(io.BytesIO(bundle.files[SUBSET]), columns=[_GROUP]).column(_GROUP).to_pylist()
    names = bundle.manifest["selection"]["ids"]
    wrong = [
        f"{SUBSET}: row {names[at]} is said to be in group {held[at]!r}."
        for at, row in enumerate(rows)
        if held[at] != (None if groups is None else groups.names[groups.codes[row]])
    ]
    return wrong[:_SHOWN]


def compare_csv(data: bytes, frame: pd.DataFrame, names: list[str], neutralised: int | None) -> list[str]:
    """Cells of ``subset.csv`` that are not those of the subset."""
    import csv

    from ..data.export import write_csv

    sink = io.BytesIO()
    if write_csv(frame, sink) != neutralised:
        return [f"The manifest's count of neutralised cells in {CSV} is not right."]
    if data == sink.getvalue():
        return []
    try:
        held = list(csv.reader(io.StringIO(data.decode(), newline="")))
        expected = list(csv.reader(io.StringIO(sink.getvalue().decode(), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        return [f"{CSV} cannot be read ({error})."]
    return _by_cell(CSV, held[0] if held else [], held[1:], expected[0], expected[1:], names)


def compare_jsonl(data: bytes, frame: pd.DataFrame, names: list[str]) -> list[str]:
    """Cells of ``subset.jsonl`` that are not those of the subset."""
    from ..data.export import write_jsonl

    sink = io.BytesIO()
    write_jsonl(frame, sink)
    if data == sink.getvalue():
        return []
    try:
        held = [dict(orjson.loads(line)) for line in data.splitlines()]
    except (orjson.JSONDecodeError, TypeError, ValueError) as error:
        return [f"{JSONL} cannot be read ({error})."]
    expected = [orjson.loads(line) for line in sink.getvalue().splitlines()]
    head = list(expected[0])
    odd = [f"{JSONL}: row {names[at]} has other fields." for at, row in enumerate(held) if list(row) != head]
    if odd:
        return odd[:_SHOWN]
    return _by_cell(
        JSONL,
        head,
        [list(row.values()) for row in held],
        head,
        [list(row.values()) for row in expected],
        names,
    )


def _by_cell(
    file: str,
    held_head: list[str],
    held: list[list[Any]],
    head: list[str],
    expected: list[list[Any]],
    names: list[str],
) -> list[str]:
    if held_head != head:
        return [f"{file} has other columns."]
    if len(held) != len(expected):
        return [f"{file} holds {count(len(held), 'row')}, the manifest {len(expected):,}."]
    wrong = []
    for at, (one, other) in enumerate(zip(held, expected, strict=True)):
        if len(one) != len(other):
            wrong.append(f"{file}: row {names[at]} has {len(one)} cells.")
            continue
        for name, a, b in zip(head, one, other, strict=True):
            if not _same(a, b):
                wrong.append(f"{file}: the cell of column {name!r} in row {names[at]} is not the data's.")
    # The same cells in other words (quotes, line ends) are no difference.
    return wrong[:_SHOWN]


def compare_whole(data: bytes, dataset: Dataset, selection: Selection) -> list[str]:
    """What ``whole.parquet`` holds that the data and the flag do not say; its rows may be in any order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from ..data.cells.canonical_cells import forms_of
    from ..data.export import FLAG, flag_frame
    from ..data.load import load

    try:
        table = pq.read_table(io.BytesIO(data))
        flags, ranks = table.column(FLAG).to_pylist(), table.column("aliquot_rank").to_pylist()
        rest = table.drop_columns([FLAG, "aliquot_rank"])
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        return [f"{WHOLE} cannot be read ({error})."]
    back = {kept: name for name, kept in flag_frame(dataset, selection)[1].items()}
    rest = rest.rename_columns([back.get(name, name) for name in rest.column_names])
    sink = io.BytesIO()
    pq.write_table(rest, sink)
    texts = {name: form for name, form in forms_of(dataset.frame).items() if form == "text"}
    held = load(
        sink.getvalue(),
        name=WHOLE,
        id_column=dataset.fingerprint.id_column or "",
        read_as=texts,
        strict=False,
    )
    if held.fingerprint.digest != dataset.fingerprint.digest:
        record = DatasetRecord(dataset.keys, dataset.fingerprint)
        return [f"{WHOLE}: {line}" for line in differences(record, held).sentences()]
    expected = np.zeros(len(dataset), np.int64)
    expected[selection.rows] = np.arange(1, len(selection.rows) + 1)
    rank = np.array([value or 0 for value in ranks], np.int64)[held.order]
    flag = np.array([bool(value) for value in flags])[held.order]
    if not np.array_equal(rank, expected) or not np.array_equal(flag, expected > 0):
        return [f"{WHOLE} flags other rows than the manifest."]
    return []
