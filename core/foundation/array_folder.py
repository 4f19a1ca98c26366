"""Arrays and JSON in a folder: one ``.npy`` file an array, and ``meta.json``. Nothing is ever pickled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

META = "meta.json"


def write_arrays(folder: Path, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> None:
    """Write arrays and JSON into an existing folder; the JSON last, so that where it is, all is.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_arrays(folder, {"x": np.arange(3)}, {"unit": "rows"})
        >>> arrays, meta = read_arrays(folder)
        >>> arrays["x"].tolist(), meta
        ([0, 1, 2], {'unit': 'rows'})
    """
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
    body = {"arrays": sorted(arrays), "meta": dict(meta)}
    option = orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY
    (folder / META).write_bytes(orjson.dumps(body, option=option))


def read_arrays(folder: Path, mapped: bool = True) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """What `write_arrays` wrote.

    Args:
        folder: Where it lies.
        mapped: Leave the arrays on the disk until they are used, read-only. They are plain arrays all the
            same: a `numpy.memmap` would run Python at every index and slice.

    Raises:
        FileNotFoundError: A file is missing.
        OSError, ValueError, KeyError, TypeError, EOFError: A file is damaged.
    """
    body = orjson.loads((folder / META).read_bytes())
    mode: Any = "r" if mapped else None
    found = {
        name: np.load(folder / f"{name}.npy", mmap_mode=mode, allow_pickle=False) for name in body["arrays"]
    }
    return {name: np.asarray(array) for name, array in found.items()}, body["meta"]
