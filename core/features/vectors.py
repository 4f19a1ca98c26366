"""Vectors that people supply: in a column, or joined from an ``.npy`` file when the data was loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Metric
from ..foundation.errors import FeatureError
from ..foundation.wording import clause, count, part
from ..model.dataset import Dataset, Kind

_ROWS_AT_ONCE = 1 << 14  # in double precision at once


def known_vectors(dataset: Dataset) -> list[str]:
    """Names under which vectors can be asked for: joined ones first, then columns."""
    return [*sorted(dataset.vectors), *sorted(dataset.columns(Kind.VECTOR))]


def is_whole(dataset: Dataset, name: str) -> bool:
    """Whether every row has a finite vector of this name; columns in the role vector are not looked into."""
    return name not in dataset.vectors or bool(np.isfinite(dataset.vectors[name]).all())


def _rows(dataset: Dataset, mask: NDArray[np.bool_]) -> str:
    """The first few source rows of a mask, counted from 1."""
    first = np.sort(dataset.order[np.flatnonzero(mask)])[:5] + 1
    more = "…" if int(mask.sum()) > 5 else ""
    return f"row{'s' if mask.sum() > 1 else ''} {', '.join(map(str, first.tolist()))}{more}"


def find(dataset: Dataset, name: str) -> NDArray[np.float32]:
    """The vectors of this name, shape (n, d), float32, all finite.

    Raises:
        FeatureError: There are none of that name, some are missing, of another length, or not finite.
    """
    for known in (name, Path(name).name, Path(name).stem):
        if known in dataset.vectors:
            return checked(dataset, np.asarray(dataset.vectors[known]), name)
    if name in dataset.frame.columns:
        return checked(dataset, _stacked(dataset, name), name)
    listed = ", ".join(map(repr, known_vectors(dataset))) or "none"
    raise FeatureError(
        f"There are no vectors called {name!r}",
        f"the data has {listed}",
        "name one of them, or give the .npy file when the data is loaded",
    )


def _stacked(dataset: Dataset, name: str) -> NDArray[np.float64]:
    values = dataset.frame[name].tolist()
    lengths = np.full(len(values), -1, np.int64)
    rows: list[NDArray[np.float64] | None] = []
    for at, value in enumerate(values):
        row = None
        if isinstance(value, str) and value.startswith("["):  # short lists are kept as JSON text
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                value = None
        if isinstance(value, (list, tuple, np.ndarray)):
            try:
                row = np.asarray(value, dtype=np.float64)
            except (ValueError, TypeError):
                row = None
        if row is not None and row.ndim == 1 and row.size:
            lengths[at] = row.size
        else:
            row = None
        rows.append(row)
    lost: NDArray[np.bool_] = np.asarray(lengths < 0)
    if lost.any():
        raise FeatureError(
            f"{part(int(lost.sum()), len(values), 'row', 'has', 'have')} no vector in {name!r}",
            _rows(dataset, lost),
            "fill or remove these rows, or choose other features",
        )
    sizes, counts = np.unique(lengths, return_counts=True)
    if len(sizes) > 1:
        usual = sizes[counts.argmax()]
        odd: NDArray[np.bool_] = np.asarray(lengths != usual)
        raise FeatureError(
            f"The vectors in {name!r} have different lengths",
            f"most have {usual} numbers, {int(odd.sum()):,} have not ({_rows(dataset, odd)})",
            "make them equally long",
        )
    return np.array(rows, dtype=np.float64).reshape(len(values), -1)


def checked(dataset: Dataset, matrix: NDArray[np.floating], name: str) -> NDArray[np.float32]:
    """The matrix as float32, or `FeatureError` naming how many rows are not usable and the first of them."""
    if matrix.ndim != 2 or matrix.shape[0] != len(dataset) or matrix.shape[1] == 0:
        raise FeatureError(
            f"The vectors {name!r} do not fit the data",
            f"their shape is {tuple(matrix.shape)}, the data has {count(len(dataset), 'row')}",
            "give one row of numbers per row of data",
        )
    if matrix.dtype.kind not in "fiub":
        raise FeatureError(
            f"The vectors {name!r} are not numbers", f"they are {matrix.dtype}", "convert them"
        )
    with np.errstate(over="ignore"):
        out = np.ascontiguousarray(matrix, dtype=np.float32)
    holes: NDArray[np.bool_] = np.asarray(~np.isfinite(out).all(axis=1))
    if holes.any():
        raise FeatureError(
            f"{int(holes.sum()):,} of {count(len(out), 'vector')} in {name!r} held NaN or infinity",
            _rows(dataset, holes),
            "repair or remove these rows; nothing is filled in for vectors",
        )
    return out


def prepared(matrix: NDArray[np.float32], metric: Metric) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """For cosine, rows of length one (zero rows stay zero); for Euclidean, as they are. With notes."""
    if metric == "euclidean":
        return matrix, ("Vectors are used at their own scale (Euclidean distance).",)
    made, zero = np.empty(matrix.shape, np.float32), 0
    for at in range(0, len(matrix), _ROWS_AT_ONCE):
        part = slice(at, at + _ROWS_AT_ONCE)
        # Scale by the largest entry first, so that squares neither overflow nor vanish.
        wide = matrix[part].astype(np.float64)
        peak = np.abs(wide).max(axis=1, keepdims=True)
        peak[peak == 0] = 1.0
        wide /= peak
        length = np.linalg.norm(wide, axis=1, keepdims=True)
        zero += int((length == 0).sum())
        length[length == 0] = 1.0
        made[part] = wide / length
    notes = ["Vectors are scaled to length 1 (cosine distance)."]
    if zero:
        notes.append(f"{clause(zero, 'vector', 'has', 'have')} length zero, equally far from everything.")
    return made, tuple(notes)


def widened(matrix: NDArray[Any]) -> NDArray[np.float32]:
    """Features as they are computed with: unit rows that are kept in half precision get length one again.

    The same bits on every machine: sums run in one order, and in double precision, so no vector instruction
    has a choice.

    Example:
        >>> kept = np.array([[0.6, 0.8], [0, 0]], np.float16)
        >>> round(float(np.linalg.norm(widened(kept)[0].astype(float))), 6)
        1.0
    """
    if matrix.dtype != np.float16:
        return matrix
    wide = matrix.astype(np.float64)
    length = np.sqrt(np.cumsum(wide * wide, axis=1)[:, -1:])
    length[length == 0] = 1.0
    made = np.ascontiguousarray(wide / length, dtype=np.float32)
    made.flags.writeable = False
    return made
