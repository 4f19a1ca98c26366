"""Ids and keys of rows, as they are written."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..foundation.errors import RecipeError

if TYPE_CHECKING:
    from ..model.dataset import Dataset


def ids_of(dataset: Dataset) -> list[Any]:
    """The id of every row in canonical order, JSON-able; row keys in hexadecimal where there are no ids.

    Example:
        >>> from core.data.load import load
        >>> ids_of(load(b"id,text\\n7,one\\n", name="demo.csv"))
        [7]
    """
    from ..model.infer_text import spell

    column = dataset.fingerprint.id_column
    if column is None:
        return keys_of(dataset, np.arange(len(dataset)))
    return [
        value if isinstance(value, (int, str)) else spell(value) for value in dataset.frame[column].tolist()
    ]


def keys_of(dataset: Dataset, rows: Sequence[int] | np.ndarray[Any, Any]) -> list[str]:
    """Keys of some rows, each as 32 hexadecimal digits."""
    return [dataset.keys[row].tobytes().hex() for row in rows]


def row_of_key(dataset: Dataset, key: str) -> int:
    """The row with a key (32 hexadecimal digits); keys ascend, so O(log n).

    Raises:
        RecipeError: No row has it.

    Example:
        >>> from core.data.load import load
        >>> data = load(b"id,text\\n7,one\\n8,two\\n", name="demo.csv")
        >>> row_of_key(data, keys_of(data, [1])[0])
        1
    """
    wanted = bytes.fromhex(key)
    at = bisect_left(range(len(dataset.keys)), wanted, key=lambda row: dataset.keys[row].tobytes())
    if at == len(dataset.keys) or dataset.keys[at].tobytes() != wanted:
        raise RecipeError(
            f"The row {key[:8]}… is not in this data set", "no row has its key", "choose another row"
        )
    return at


def row_name(data: Dataset, row: int) -> str:
    """A row as its owner knows it: by its id, else by its place in the file."""
    ids = data.fingerprint.id_column
    return f"row {int(data.order[row]) + 1:,} of the file" if ids is None else str(data.frame[ids][row])[:60]
