"""What a reader gives back: the raw table with what was found about the file on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ...model.read_options import ReadOptions


@dataclass(frozen=True)
class Raw:
    """A table as it stands in a file; cells are not inferred yet.

    Args:
        table: The columns, text cells as strings.
        notes: What was done, in plain words.
        reading: How the file was read: those of sheet, encoding, delimiter and header that apply to it.
        vectors: Arrays with one row per table row, float32 (n, d).
    """

    table: pa.Table
    notes: list[str]
    reading: Mapping[str, str] = field(default_factory=dict)
    vectors: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)


def unused(reading: ReadOptions, used: Mapping[str, Any], what: str) -> list[str]:
    """Notes on choices that do not apply to a kind of file; a recipe is run on other formats of the data.

    Example:
        >>> unused(ReadOptions(sheet="Data"), {"header": "1"}, "a text file")
        ["The sheet 'Data' was not used: this is a text file."]
    """
    return [
        f"The {name} {value!r} was not used: this is {what}."
        for name, value in reading.to_json().items()
        if name not in used
    ]
