"""A lock on a file, for what two tabs must not do at once."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import HoldoutError

PATIENCE = 10.0

if sys.platform == "win32":  # pragma: no cover

    def try_lock(handle: int) -> bool:
        """Lock an open file; False where another holds it."""
        import msvcrt

        try:
            os.lseek(handle, 0, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def try_lock(handle: int) -> bool:
        """Lock an open file or folder until it is closed; False where another holds it."""
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def locked(path: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold a lock file while the block runs: one holder at a time over threads, tabs and processes.

    The system frees the lock of an owner that dies.

    Args:
        path: The lock file; made, with its folder, where it is not there.
        patience: Seconds to wait for another holder.

    Raises:
        HoldoutError: It cannot be made, or another holder did not finish in time.

    Example:
        >>> import tempfile
        >>> with locked(Path(tempfile.mkdtemp()) / "a.lock"):
        ...     "mine"
        'mine'
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("a+b")
    except OSError as error:
        raise HoldoutError(
            "The question cannot be answered",
            f"the store cannot be written to ({error.strerror or error})",
            "choose another store folder",
        ) from error
    with lock:
        end = time.monotonic() + patience
        while not try_lock(lock.fileno()):
            if time.monotonic() > end:
                raise HoldoutError(
                    "The question cannot be answered now",
                    "another tab is asking one",
                    "wait a little, then ask again",
                )
            time.sleep(0.02)
        yield  # closing the file gives the lock back
