"""Files as they were uploaded, kept so that they can be read in another way when the uploader forgot them.

They lie in the store, within its bounds, and follow the rules of data sets (`cache`): only the tab or browser
that gave a file opens it again. A file is found by the place of the data set read from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from core.foundation.artifact_store import Artifact, digest

from . import cache

_BODY, _VECTORS = "body", "vectors"


@dataclass(frozen=True)
class Upload:
    """What was uploaded.

    Args:
        name: Of the file.
        body: Its bytes.
        vectors: Name and bytes of vectors beside it.
    """

    name: str
    body: bytes
    vectors: tuple[str, bytes] | None = None

    @property
    def mark(self) -> str:
        """Digest of all of it."""
        beside = self.vectors and [self.vectors[0], _hash(self.vectors[1])]
        return digest([cache.UPLOAD, self.name, _hash(self.body), beside])


def _hash(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()


def keep(upload: Upload) -> None:
    """Keep a file; for worker threads. What the disk does not take can be uploaded again."""
    arrays = {_BODY: np.frombuffer(upload.body, np.uint8)}
    if upload.vectors is not None:
        arrays[_VECTORS] = np.frombuffer(upload.vectors[1], np.uint8)
    meta = {"name": upload.name, "vectors": upload.vectors and upload.vectors[0]}
    store = cache.store()
    try:
        if not store.has(cache.UPLOAD, upload.mark):
            store.put(cache.UPLOAD, upload.mark, Artifact(arrays, meta))
    except OSError as error:
        store.failures.append(f"the file was not kept on disk: {error.strerror or error}")


def find(mark: str) -> Upload | None:
    """The file of this mark (`cache.file_of`), or None where it is not here any more."""
    found = cache.store().get(cache.UPLOAD, mark) if mark else None
    if found is None:
        return None
    beside = found.meta.get("vectors")
    vectors = (str(beside), found.arrays[_VECTORS].tobytes()) if beside else None
    return Upload(str(found.meta["name"]), found.arrays[_BODY].tobytes(), vectors)
