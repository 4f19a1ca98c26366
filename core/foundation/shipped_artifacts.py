"""Artifacts that come with the program: a folder that is only read, and checked by digest.

What they were made of is in their keys, and no version of a library or trait of a machine is: whoever asks
for the same thing finds the same numbers everywhere. An index, ``index.json``, says for every kind and key
which file holds it and what the digest of that file is. A file that is missing or is not the one of the index
counts as not there. One ``.npz`` file an artifact, its JSON in it as bytes; nothing is ever pickled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parents[2] / "sample_data" / "artifacts"
INDEX = "index.json"
FORMAT = 1
_META = "meta"

Array = NDArray[Any]


@dataclass(frozen=True)
class Shipped:
    """One artifact on its way into the folder.

    Args:
        kind, key: What a store is asked for.
        file: Name of its file, for people; the key decides what is found.
        arrays: By name; none is called "meta".
        meta: The JSON beside them.
    """

    kind: str
    key: str
    file: str
    arrays: Mapping[str, Array]
    meta: Mapping[str, Any]


class ShippedArtifacts:
    """The artifacts in a folder that `write_shipped` filled.

    Args:
        folder: Where they lie; there may be none.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> made = Shipped("demo", "00ff", "demo.npz", {"x": np.arange(3)}, {"unit": "rows"})
        >>> write_shipped(folder, [made])
        >>> shipped = ShippedArtifacts(folder)
        >>> shipped.has("demo", "00ff"), shipped.has("demo", "0000")
        (True, False)
        >>> arrays, meta = shipped.read("demo", "00ff")
        >>> arrays["x"].tolist(), meta
        ([0, 1, 2], {'unit': 'rows'})
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self._sound: dict[str, bool] = {}

    @cached_property
    def _index(self) -> dict[str, dict[str, str]]:
        try:
            found = orjson.loads((self.folder / INDEX).read_bytes())
            known = found["artifacts"] if found["format"] == FORMAT else {}
            return {
                str(name): {part: str(entry[part]) for part in ("file", "digest")}
                for name, entry in known.items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}  # a wheel has none

    def has(self, kind: str, key: str) -> bool:
        """Whether the artifact is there, whole. Its file is read once for that, and not again."""
        name = f"{kind}/{key}"
        if name not in self._sound:
            self._sound[name] = name in self._index and self._body(name) is not None
        return self._sound[name]

    def _body(self, name: str) -> bytes | None:
        entry = self._index[name]
        try:
            body = (self.folder / Path(entry["file"]).name).read_bytes()
        except OSError:
            return None
        return body if _digest(body) == entry["digest"] else None

    def read(self, kind: str, key: str) -> tuple[dict[str, Array], dict[str, Any]]:
        """Arrays, read-only, and the JSON beside them; to be asked only for what `has` found.

        Raises:
            FileNotFoundError: It is not there, or no longer.
        """
        body = self._body(f"{kind}/{key}") if self.has(kind, key) else None
        if body is None:
            raise FileNotFoundError(f"{kind}/{key}")
        with np.load(BytesIO(body), allow_pickle=False) as packed:
            arrays = {name: packed[name] for name in packed.files}
        meta: dict[str, Any] = orjson.loads(arrays.pop(_META).tobytes())
        for array in arrays.values():
            array.flags.writeable = False
        return arrays, meta


def _digest(body: bytes) -> str:
    return blake2b(body, digest_size=32).hexdigest()


def write_shipped(folder: Path, artifacts: Iterable[Shipped]) -> None:
    """Write artifacts and their index; what lay in the folder before and is not among them is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    index: dict[str, dict[str, str]] = {}
    for one in artifacts:
        packed = BytesIO()
        note = np.frombuffer(orjson.dumps(dict(one.meta), option=orjson.OPT_SORT_KEYS), np.uint8)
        np.savez_compressed(packed, allow_pickle=False, **{**one.arrays, _META: note})
        (folder / one.file).write_bytes(packed.getvalue())
        index[f"{one.kind}/{one.key}"] = {"file": one.file, "digest": _digest(packed.getvalue())}
    written = {entry["file"] for entry in index.values()}
    for old in folder.glob("*.npz"):
        if old.name not in written:
            old.unlink()
    option = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    (folder / INDEX).write_bytes(orjson.dumps({"format": FORMAT, "artifacts": index}, option=option))
