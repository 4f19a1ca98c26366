"""Columns whose cells are vectors: lists of equally many numbers, whatever way they are written."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

VECTOR_LENGTH = 8  # shorter lists of numbers stay lists: coordinates and boxes keep their double precision
_EXACT_FLOAT32 = 2.0**24
_OPENS = r"^\s*(?:(?:np\.|numpy\.)?array\(|tensor\()?\s*\["
# What numpy, Python and torch print: numbers between brackets, separated by blanks, commas or both.
_PRINTED = re.compile(
    r"\s*(?:(?:np\.|numpy\.)?array\(|tensor\()?\s*\[([0-9eE+\-.,\sainf]+)\]\s*(?:,\s*dtype=[\w.]+\s*)?\)?\s*"
)
_PARTS = re.compile(r"\s*,\s*|\s+")
_WORDS = {"inf": math.inf, "-inf": -math.inf}  # how canonical JSON spells them

Vectors = NDArray[np.float32]


def vectors_of_lists(cells: pa.Array) -> Vectors | None:
    """The float32 matrix of an Arrow list column, or None where it is no column of vectors.

    A missing number in a vector is NaN, a missing vector a row of NaN.

    Example:
        >>> vectors_of_lists(pa.array([[0.5] * 8, None])).shape, vectors_of_lists(pa.array([[0.5], [1.5]]))
        ((2, 8), None)
    """
    inner = cells.type.value_type
    if not (pa.types.is_floating(inner) or pa.types.is_integer(inner)):
        return None
    present = cells.drop_null()
    if not len(present):
        return None
    flat = present.flatten()
    d, rest = divmod(len(flat), len(present))
    if rest or d < VECTOR_LENGTH:
        return None
    if not pc.all(pc.equal(pc.list_value_length(present), d)).as_py():
        return None
    numbers = flat.to_numpy(zero_copy_only=False)
    return _spread(numbers.reshape(len(present), d), cells)


def vectors_of_text(cells: pa.Array) -> Vectors | None:
    """The same for text: JSON, or what numpy, Python and torch print of an array.

    Every cell must say so, with equally many numbers; a number that is missing (``null``, ``nan``) is NaN.
    What numpy shortens with an ellipsis is no vector.

    Example:
        >>> vectors_of_text(pa.array(["[1,2,3,4,5,6,7,null]", "[ 1.  2. .5 4.\\n 5. 6. 7. 8.]"]))[:, 2]
        array([3. , 0.5], dtype=float32)
    """
    present = cells.drop_null()
    if not len(present) or not pc.all(pc.match_substring_regex(present, _OPENS)).as_py():
        return None
    rows: list[list[float]] = []
    for text in present.to_pylist():
        row = _row(text)
        if row is None or len(row) < VECTOR_LENGTH or (rows and len(row) != len(rows[0])):
            return None
        rows.append(row)
    return _spread(np.array(rows, dtype=np.float64), cells)


def _row(text: str) -> list[float] | None:
    """The numbers of one cell, or None where it holds anything else."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return _printed(text)
    out: list[float] = []
    for value in found:
        if type(value) in (int, float):
            out.append(value)
        elif value is None:
            out.append(math.nan)
        elif type(value) is str and value in _WORDS:
            out.append(_WORDS[value])
        else:
            return None
    return out


def _printed(text: str) -> list[float] | None:
    inside = _PRINTED.fullmatch(text)
    if inside is None:
        return None
    try:
        return [float(part) for part in _PARTS.split(inside.group(1).strip())]
    except ValueError:
        return None


def _spread(numbers: NDArray[Any], cells: pa.Array) -> Vectors | None:
    """The matrix as float32 with rows of NaN where cells are missing; None where it is no matrix of vectors.

    Integers that float32 cannot hold are counts or codes, and all NaN is no vector.
    """
    if numbers.dtype.kind == "f" and np.isnan(numbers).all():
        return None
    if numbers.dtype != np.float32:
        with np.errstate(invalid="ignore"):
            whole = (numbers == np.floor(numbers)) & np.isfinite(numbers)
            if (whole & (np.abs(numbers) > _EXACT_FLOAT32)).any():
                return None
        with np.errstate(over="ignore"):
            numbers = numbers.astype(np.float32)
    found = numbers + np.float32(0)  # no -0
    valid = cells.is_valid().to_numpy(zero_copy_only=False)
    if valid.all():
        return np.ascontiguousarray(found)
    out = np.full((len(valid), found.shape[1]), np.nan, np.float32)
    out[valid] = found
    return out


def written(vector: Vectors) -> Vectors | list[float | str | None]:
    """A vector as JSON can hold it: NaN as None and infinity as a word, where there is any.

    `vectors_of_text` reads these back.

    Example:
        >>> written(np.array([0.1, np.nan, -np.inf], np.float32))
        [0.1, None, '-inf']
    """
    if np.isfinite(vector).all():
        return vector
    # the float of the shortest text, so that what is written is short
    return [
        None if np.isnan(value) else float(str(value)) if np.isfinite(value) else str(value)
        for value in vector
    ]
