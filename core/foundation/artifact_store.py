"""Artifacts on disk, addressed by the hash of what made them.

An artifact is a folder of ``.npy`` arrays and one ``meta.json``; nothing is ever pickled. It is written into
a temporary folder and renamed, so that a reader sees all of it or nothing. The store is bounded in bytes and
drops what was used longest ago. App, command line and tests share it. Behind it lie the artifacts that come
with the program (`core.foundation.shipped_artifacts`), which are only read.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from .array_folder import META, read_arrays, write_arrays
from .errors import ParameterError
from .shipped_artifacts import ShippedArtifacts
from .staging import TEMPORARY, sweep, workplace
from .typed_numbers import whole_of

ENVIRONMENT = "ALIQUOT_STORE"
LIMIT_ENVIRONMENT = "ALIQUOT_STORE_BYTES"
DEFAULT_LIMIT = 20 * 2**30

Array = NDArray[Any]
_WITH_THE_PROGRAM = ShippedArtifacts()
_MAPPED = 2**26  # bytes of an artifact above which what was just made is read again from its file


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys, the one form in which configurations are hashed and compared.

    Example:
        >>> canonical_json({"b": 1, "a": (True, None)})
        b'{"a":[true,null],"b":1}'
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY)


def digest(value: Any) -> str:
    """BLAKE2b-128 of a value's canonical JSON, as 32 hexadecimal digits."""
    return blake2b(canonical_json(value), digest_size=16).hexdigest()


def versions(*packages: str) -> dict[str, str]:
    """Installed versions of the packages whose release can change numbers ("absent" where missing)."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def artifact_key(
    kind: str,
    made_by: int,
    config: Mapping[str, Any],
    parents: Sequence[str] = (),
    packages: Sequence[str] = (),
) -> str:
    """The address of an artifact: kind, version of our code, configuration, parents and libraries."""
    return digest(
        {
            "kind": kind,
            "version": made_by,
            "config": dict(config),
            "parents": list(parents),
            "libraries": versions(*packages),
        }
    )


@dataclass(frozen=True)
class Artifact:
    """Arrays (read-only, memory-mapped when they come from disk) and the JSON beside them."""

    arrays: Mapping[str, Array]
    meta: Mapping[str, Any] = field(default_factory=dict)


def frozen(array: Array) -> Array:
    """The array as C-ordered and read-only; copied only where it must be."""
    out = np.ascontiguousarray(array)
    if out.flags.writeable:
        out = out.view()
        out.flags.writeable = False
    return out


class Store:
    """A byte-bounded folder of artifacts.

    Args:
        root: The folder; made when first written to.
        limit: Bytes above which the artifacts used longest ago are dropped.
        shipped: What comes with the program and is found behind the folder; None for nothing.

    Example:
        >>> import tempfile
        >>> store = Store(Path(tempfile.mkdtemp()))
        >>> made = store.fetch("demo", "00ff", lambda: Artifact({"x": np.arange(3)}, {"unit": "rows"}))
        >>> again = store.get("demo", "00ff")
        >>> again.arrays["x"].tolist(), again.meta["unit"]
        ([0, 1, 2], 'rows')
    """

    def __init__(
        self,
        root: Path,
        limit: int = DEFAULT_LIMIT,
        shipped: ShippedArtifacts | None = _WITH_THE_PROGRAM,
    ) -> None:
        self.root = Path(root)
        self.limit = limit
        self.shipped = shipped
        self.failures: list[str] = []

    @classmethod
    def default(cls) -> Store:
        """The user's store: ``ALIQUOT_STORE`` if set, else the user cache folder.

        Raises:
            ParameterError: ``ALIQUOT_STORE`` names a file, or ``ALIQUOT_STORE_BYTES`` is no number of bytes.
        """
        return cls(default_root(), _limit())

    def path(self, kind: str, key: str) -> Path:
        """Where an artifact lies, whether or not it is there."""
        return self.root / kind / key[:2] / key

    def settled(self, kind: str, own: str, anywhere: str) -> str:
        """The key under which an artifact is to be asked for.

        Args:
            kind: Its kind.
            own: Its key on this machine, with the versions of libraries and whatever else changes numbers.
            anywhere: Its key without them: what comes with the program lies under that one, and then it is
                the artifact, whatever this machine would have made.
        """
        return anywhere if self.shipped is not None and self.shipped.has(kind, anywhere) else own

    def has(self, kind: str, key: str) -> bool:
        """Whether the artifact is there."""
        if self.shipped is not None and self.shipped.has(kind, key):
            return True
        return (self.path(kind, key) / META).exists()

    def get(self, kind: str, key: str) -> Artifact | None:
        """The artifact, or None. A damaged one is removed and counts as missing."""
        if self.shipped is not None and self.shipped.has(kind, key):
            try:
                return Artifact(*self.shipped.read(kind, key))
            except FileNotFoundError:
                self.failures.append("an artifact that came with the program is not there any more")
        folder = self.path(kind, key)
        try:
            arrays, meta = read_arrays(folder)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, EOFError):
            shutil.rmtree(folder, ignore_errors=True)
            return None
        try:
            os.utime(folder / META)
        except OSError:
            self.failures.append("the store cannot be written to; least-recently-used order is stale")
        return Artifact(arrays, meta)

    def put(self, kind: str, key: str, artifact: Artifact) -> None:
        """Write an artifact; a second writer of one key changes nothing. Raises OSError when full."""
        target = self.path(kind, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        with workplace(self.root, TEMPORARY) as temporary:
            write_arrays(temporary, artifact.arrays, artifact.meta)
            try:
                temporary.rename(target)
            except OSError:
                if not self.has(kind, key):
                    raise
        self.trim()

    def drop(self, kind: str, key: str) -> None:
        """Remove one artifact; nothing where it is not there."""
        shutil.rmtree(self.path(kind, key), ignore_errors=True)

    def fetch(self, kind: str, key: str, make: Callable[[], Artifact]) -> Artifact:
        """The stored artifact, or the one that `make` returns, stored.

        A store that cannot be written to (a full disk) never loses what was computed: the artifact is
        returned, and `failures` says why it was not kept. If `make` raises, nothing is stored.
        """
        found = self.get(kind, key)
        if found is not None:
            return found
        made = make()
        made = Artifact({name: frozen(array) for name, array in made.arrays.items()}, made.meta)
        try:
            self.put(kind, key, made)
        except OSError as error:
            self.failures.append(f"not kept on disk: {error.strerror or error}")
            return made
        if sum(array.nbytes for array in made.arrays.values()) < _MAPPED:
            return made
        # From now on its pages are the file's: the system may take them back where memory is short.
        return self.get(kind, key) or made

    def entries(self) -> list[tuple[float, int, Path]]:
        """(last use, bytes, folder) of every artifact, longest ago first."""
        found = []
        for kind in _folders(self.root):
            for shard in _folders(kind):
                for folder in _folders(shard):
                    try:
                        size = sum(part.stat().st_size for part in folder.iterdir())
                        found.append(((folder / META).stat().st_mtime, size, folder))
                    except (FileNotFoundError, NotADirectoryError):
                        continue
        return sorted(found)

    def trim(self) -> None:
        """Drop what was used longest ago until the limit holds, and leftovers of dead writers."""
        entries = self.entries()
        total = sum(size for _, size, _ in entries)
        for _, size, folder in entries[:-1]:
            if total <= self.limit:
                break
            shutil.rmtree(folder, ignore_errors=True)
            total -= size
        sweep(self.root, TEMPORARY)


def default_root() -> Path:
    """The folder of the user's store; `ParameterError` where ``ALIQUOT_STORE`` names something else."""
    from platformdirs import user_cache_path

    place = os.environ.get(ENVIRONMENT)
    root = Path(place).expanduser() if place else user_cache_path("aliquot") / "store"
    if root.exists() and not root.is_dir():
        raise ParameterError(
            f"{ENVIRONMENT} cannot be {str(root)!r}", "a folder is needed, and this is none", "name another"
        )
    return root


def _limit() -> int:
    text = os.environ.get(LIMIT_ENVIRONMENT, "").strip()
    if not text:
        return DEFAULT_LIMIT
    try:
        limit = whole_of(text)
    except ValueError as error:
        raise _no_limit(text, str(error)) from None
    if limit < 1:
        raise _no_limit(text, "it is less than 1")
    return limit


def _no_limit(text: str, why: str) -> ParameterError:
    do = "give a whole number of bytes, such as 20000000000, or unset it"
    return ParameterError(f"{LIMIT_ENVIRONMENT} cannot be {text[:40]!r}", why, do)


def _folders(root: Path) -> list[Path]:
    """Folders in a folder but hidden ones, which are half written. Others may remove it meanwhile."""
    try:
        with os.scandir(root) as entries:
            return [Path(item.path) for item in entries if item.is_dir() and not item.name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return []
