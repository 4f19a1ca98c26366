"""The store of data sets: data sets that were opened, kept so that another page, tab or process finds them.

A data set lies in the artifact store, under its rules: written aside and renamed, bounded in bytes, dropped
when it was used longest ago. Its table is Parquet in canonical order; keys, digests and vectors lie beside
it, so nothing is computed again on the way back.

A fingerprint names content alone. The same content may come from another file, with another name, rows in
another order, or read from another sheet; each of these has a place of its own, so that nobody learns of
somebody else's file.
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

from ..foundation.artifact_store import Artifact, Store, digest, frozen
from ..model.dataset import Dataset, Fingerprint, Kind, Role

KIND = "data"
READER = "data-reader"
_VECTOR = "vectors_"


@dataclass(frozen=True)
class StoredDatasets:
    """Data sets by place.

    Args:
        store: Where they are kept.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from core.data.load import load
        >>> stored = StoredDatasets(Store(Path(tempfile.mkdtemp())))
        >>> data = load(b"id,text\\n1,one\\n2,two\\n", name="demo.csv")
        >>> stored.put(data)
        True
        >>> stored.take(place_of(data)).frame.equals(data.frame)
        True
        >>> stored.allow(data.fingerprint.digest, "Ada", place_of(data))
        True
        >>> stored.readers(data.fingerprint.digest, ["Ada", "Bob"])
        ['Ada']
        >>> stored.place(data.fingerprint.digest, ["Ada"]) == place_of(data)
        True
    """

    store: Store

    def has(self, place: str) -> bool:
        """Whether the data set of a place is here."""
        return _plausible(place) and self.store.has(KIND, place)

    def put(self, data: Dataset) -> bool:
        """Keep a data set; False where the disk did not take it (it stays usable in memory).

        What is here already is left as it is. Time and memory: one pass over the table.
        """
        place = place_of(data)
        if self.store.has(KIND, place):
            return True
        sink = io.BytesIO()
        data.frame.to_parquet(sink, index=False, compression="zstd")
        body = sink.getvalue()
        vectors = list(data.vectors)
        meta = {
            "name": data.name,
            "fingerprint": data.fingerprint.digest,
            "roles": [[name, role.kind.value, role.reason] for name, role in data.roles.items()],
            "types": {str(name): str(kind) for name, kind in data.frame.dtypes.items()},
            "columns": dict(data.fingerprint.columns),
            "id_column": data.fingerprint.id_column,
            "notes": list(data.notes),
            "reading": dict(data.reading),
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
            self.store.put(KIND, place, Artifact(arrays, meta))
        except OSError as error:
            self.store.failures.append(f"the data set was not kept on disk: {error.strerror or error}")
            return False
        return True

    def take(self, place: str) -> Dataset | None:
        """The data set of a place, or None; a damaged one counts as missing."""
        found = self.store.get(KIND, place) if _plausible(place) else None
        if found is None:
            return None
        try:
            return _rebuilt(found)
        except (KeyError, ValueError, OSError, TypeError):
            return None

    def allow(self, fingerprint: str, whose: str, place: str) -> bool:
        """Write down that somebody may open a data set; False where the disk did not take it.

        It opens everything: whoever serves several people asks `readers` first.

        Args:
            fingerprint: Of the data set, whether or not it is here.
            whose: A name that nobody else can take.
            place: Which of the files with this content they have; theirs is the one named last.
        """
        if not (_plausible(fingerprint) and _plausible(place)):
            return False
        key = _permit(fingerprint, whose)
        found = self.store.get(READER, key)
        if found is None or found.meta.get("place") != place:
            try:
                self.store.drop(READER, key)
                self.store.put(READER, key, Artifact({}, {"place": place}))
            except OSError as error:
                self.store.failures.append(f"whose data it is was not kept: {error.strerror or error}")
                return False
        return True

    def forbid(self, fingerprint: str, whose: str) -> None:
        """Take back what `allow` wrote down; nothing where it did not."""
        if _plausible(fingerprint):
            self.store.drop(READER, _permit(fingerprint, whose))

    def allowed(self, place: str) -> bool:
        """Whether anybody may open what lies in a place. Time: a small file for each permit of the store."""
        return any(
            folder.parent.parent.name == READER and self._leads(folder.name, place)
            for _, _, folder in self.store.entries()
        )

    def _leads(self, permit: str, place: str) -> bool:
        found = self.store.get(READER, permit)
        return found is not None and found.meta.get("place") == place

    def drop(self, place: str) -> None:
        """Remove the data set of a place, whoever may open it."""
        if _plausible(place):
            self.store.drop(KIND, place)

    def readers(self, fingerprint: str, names: Iterable[str]) -> list[str]:
        """Those of some names that may open a data set; being asked for keeps the permit."""
        if not _plausible(fingerprint):
            return []
        return [name for name in names if self.store.get(READER, _permit(fingerprint, name)) is not None]

    def place(self, fingerprint: str, names: Iterable[str]) -> str | None:
        """Where the data set lies that the first of some names may open; None where none of them may."""
        if not _plausible(fingerprint):
            return None
        permits = (self.store.get(READER, _permit(fingerprint, name)) for name in names)
        return next((str(one.meta.get("place", "")) for one in permits if one is not None), None)


def place_of(data: Dataset) -> str:
    """Where a data set lies in the store: its content, and all that is shown of the file it came from.

    Example:
        >>> from core.data.load import load
        >>> one, other = load(b"a,b\\n1,2\\n3,4\\n", name="t.csv"), load(b"a,b\\n3,4\\n1,2\\n", name="t.csv")
        >>> one.fingerprint.digest == other.fingerprint.digest, place_of(one) == place_of(other)
        (True, False)
    """
    order = blake2b(np.ascontiguousarray(data.order, "<i8").tobytes(), digest_size=16).hexdigest()
    roles = [[name, role.kind.value, role.reason] for name, role in data.roles.items()]
    told = [data.name, list(data.notes), dict(data.reading), roles]
    return digest([KIND, data.fingerprint.digest, order, told])


def _permit(fingerprint: str, whose: str) -> str:
    return digest([READER, fingerprint, whose])


def _plausible(name: str) -> bool:
    """Fingerprints come from project files and addresses; nothing else may become a path."""
    return len(name) == 32 and all(letter in "0123456789abcdef" for letter in name)


def _rebuilt(found: Artifact) -> Dataset:
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
        fingerprint=Fingerprint(meta["fingerprint"], rows, dict(meta["columns"]), meta["id_column"]),
        vectors={name: frozen(found.arrays[f"{_VECTOR}{at}"]) for at, name in enumerate(meta["vectors"])},
        notes=tuple(meta["notes"]),
        reading=dict(meta["reading"]),
    )
