"""Folders that something is written in before it takes its place, and what killed runs left of them.

A writer holds a lock on its folder, which the system frees when the writer dies, however it dies. So the next
run can tell what nobody writes any more and remove it, also right after a kill.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TEMPORARY = ".tmp"
"""What half-written artifacts of the store begin with."""
STALE_SECONDS = 24 * 3600.0
_NAMED = re.compile(r"(?P<prefix>.+)-(?P<pid>\d+)-[0-9a-f]{8}")


@contextmanager
def workplace(parent: Path, prefix: str) -> Iterator[Path]:
    """A new folder in `parent` that this process alone writes in; what is left in it goes at the end.

    Args:
        parent: An existing folder.
        prefix: Begins with a point, so that listings leave the folder out.

    Yields:
        The folder. Whoever wants to keep it renames it.

    Raises:
        OSError: It cannot be made.

    Example:
        >>> import tempfile
        >>> parent = Path(tempfile.mkdtemp())
        >>> with workplace(parent, ".tmp") as made:
        ...     _ = (made / "a").write_bytes(b"kept")
        ...     _ = made.rename(parent / "done")
        >>> [item.name for item in parent.iterdir()]
        ['done']
    """
    made = parent / f"{prefix}-{os.getpid()}-{secrets.token_hex(4)}"
    made.mkdir()
    handle = _open(made)
    try:
        if handle is not None:
            _take(handle)
        yield made
    finally:
        if handle is not None:
            os.close(handle)
        shutil.rmtree(made, ignore_errors=True)


def leftovers(parent: Path, prefix: str) -> list[Path]:
    """Folders of `workplace` whose writer is gone, the newest last."""
    found = []
    for path in _hidden(parent, prefix):
        with suppress(FileNotFoundError):
            if _gone(path):
                found.append(path)
    return sorted(found, key=_changed)


def sweep(parent: Path, prefix: str) -> None:
    """Remove what killed writers left."""
    for path in leftovers(parent, prefix):
        shutil.rmtree(path, ignore_errors=True)


def _hidden(parent: Path, prefix: str) -> list[Path]:
    try:
        with os.scandir(parent) as entries:
            names = [item.name for item in entries]
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
    matches = ((name, _NAMED.fullmatch(name)) for name in names)
    return [parent / name for name, match in matches if match and match.group("prefix") == prefix]


def _gone(path: Path) -> bool:
    """Nobody holds it, and its maker is no process here or made it long ago."""
    match = _NAMED.fullmatch(path.name)
    assert match is not None
    handle = _open(path)
    if handle is not None:
        try:
            if not _take(handle):
                return False
        finally:
            os.close(handle)
    # Between its making and its lock a folder is told by its maker alone.
    return not _alive(int(match.group("pid"))) or time.time() - _changed(path) > STALE_SECONDS


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _open(path: Path) -> int | None:
    """A handle that can be locked; None where the system opens no folders."""
    if os.name == "nt":  # pragma: no cover
        return None
    return os.open(path, os.O_RDONLY)


def _take(handle: int) -> bool:
    """Lock an open folder until it is closed; False where another holds it."""
    from filelock import lock_descriptor

    return lock_descriptor(handle, blocking=False)


def _alive(pid: int) -> bool:
    if os.name == "nt":  # pragma: no cover
        return True  # told by age alone
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
