"""The shelf: data sets that were opened, kept by fingerprint so that another page, tab or process finds them.

A data set lies in the artifact store, under its rules: written aside and renamed, bounded in bytes, dropped
when it was used longest ago. Its table is Parquet in canonical order; keys, digests and vectors lie beside
it, so nothing is computed again on the way back.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .store import Artifact, Store, digest, frozen
from .types import Dataset, Fingerprint, Kind, Role

KIND = "data"
READER = "data-reader"
_VECTOR = "vectors_"


@dataclass(frozen=True)
class Shelf:
    """Data sets by fingerprint.

    Args:
        store: Where they are kept.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from core.io import load
        >>> shelf = Shelf(Store(Path(tempfile.mkdtemp())))
        >>> data = load(b"id,text\\n1,one\\n2,two\\n", name="demo.csv")
        >>> shelf.put(data)
        True
        >>> shelf.take(data.fingerprint.digest).frame.equals(data.frame)
        True
        >>> shelf.allow(data.fingerprint.digest, "Ada")
        True
        >>> shelf.readers(data.fingerprint.digest, ["Ada", "Bob"])
        ['Ada']
    """

    store: Store

    def has(self, fingerprint: str) -> bool:
        """Whether the data set is here."""
        return _plausible(fingerprint) and self.store.has(KIND, fingerprint)

    def put(self, data: Dataset) -> bool:
        """Keep a data set; False where the disk did not take it (it stays usable in memory).

        What is here already is left as it is. Time and memory: one pass over the table.
        """
        digest = data.fingerprint.digest
        if self.store.has(KIND, digest):
            return True
        sink = io.BytesIO()
        data.frame.to_parquet(sink, index=False, compression="zstd")
        body = sink.getvalue()
        vectors = list(data.vectors)
        meta = {
            "name": data.name,
            "roles": [[name, role.kind.value, role.reason] for name, role in data.roles.items()],
            "types": {str(name): str(kind) for name, kind in data.frame.dtypes.items()},
            "columns": dict(data.fingerprint.columns),
            "id_column": data.fingerprint.id_column,
            "notes": list(data.notes),
            "vectors": vectors,
            "check": blake2b(body, digest_size=16).hexdigest(),
        }
        arrays: dict[str, NDArray[Any]] = {
            "table": np.frombuffer(body, np.uint8),
            "keys": data.keys,
            "order": data.order,
            "rows": data.fingerprint.rows,
            **{f"{_VECTOR}{at}": data.vectors[name] for at, name in enumerate(vectors)},
        }
        try:
            self.store.put(KIND, digest, Artifact(arrays, meta))
        except OSError as error:
            self.store.failures.append(f"the data set was not kept on disk: {error.strerror or error}")
            return False
        return True

    def take(self, fingerprint: str) -> Dataset | None:
        """The data set of a fingerprint, or None; a damaged one counts as missing."""
        found = self.store.get(KIND, fingerprint) if _plausible(fingerprint) else None
        if found is None:
            return None
        try:
            return _rebuilt(fingerprint, found)
        except (KeyError, ValueError, OSError, TypeError):
            return None

    def allow(self, fingerprint: str, whose: str) -> bool:
        """Write down that somebody may open a data set; False where the disk did not take it.

        The shelf itself opens everything: whoever serves several people asks `readers` first.

        Args:
            fingerprint: Of the data set, whether or not it is here.
            whose: A name that nobody else can take.
        """
        if not _plausible(fingerprint):
            return False
        key = _permit(fingerprint, whose)
        if not self.store.has(READER, key):
            try:
                self.store.put(READER, key, Artifact({}))
            except OSError as error:
                self.store.failures.append(f"whose data it is was not kept: {error.strerror or error}")
                return False
        return True

    def readers(self, fingerprint: str, names: Iterable[str]) -> list[str]:
        """Those of some names that may open a data set; being asked for keeps the permit."""
        if not _plausible(fingerprint):
            return []
        return [name for name in names if self.store.get(READER, _permit(fingerprint, name)) is not None]


def _permit(fingerprint: str, whose: str) -> str:
    return digest([READER, fingerprint, whose])


def _plausible(fingerprint: str) -> bool:
    """Fingerprints come from project files and addresses; nothing else may become a path."""
    return len(fingerprint) == 32 and all(letter in "0123456789abcdef" for letter in fingerprint)


def _rebuilt(fingerprint: str, found: Artifact) -> Dataset:
    meta: Any = found.meta
    body = found.arrays["table"].tobytes()
    if blake2b(body, digest_size=16).hexdigest() != meta["check"]:
        raise ValueError("the table was damaged")
    frame = pd.read_parquet(io.BytesIO(body)).astype(meta["types"])
    keys, order = frozen(found.arrays["keys"]), frozen(found.arrays["order"])
    rows = frozen(found.arrays["rows"])
    if not len(frame) == len(keys) == len(order) == len(rows) and len(frame.columns):
        raise ValueError("parts of unequal length")
    if not len(frame.columns):
        frame = pd.DataFrame(index=pd.RangeIndex(len(keys)))
    return Dataset(
        name=meta["name"],
        frame=frame,
        roles={name: Role(Kind(kind), reason) for name, kind, reason in meta["roles"]},
        keys=keys,
        order=order,
        fingerprint=Fingerprint(fingerprint, rows, dict(meta["columns"]), meta["id_column"]),
        vectors={name: frozen(found.arrays[f"{_VECTOR}{at}"]) for at, name in enumerate(meta["vectors"])},
        notes=tuple(meta["notes"]),
    )
