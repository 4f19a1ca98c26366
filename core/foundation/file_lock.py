"""A lock on a file, for what two tabs must not do at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import HoldoutError

PATIENCE = 10.0


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
    from filelock import FileLock, Timeout

    lock = FileLock(path, timeout=patience, poll_interval=0.02)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise HoldoutError(
            "The question cannot be answered now",
            "another tab is asking one",
            "wait a little, then ask again",
        ) from error
    except OSError as error:
        raise HoldoutError(
            "The question cannot be answered",
            f"the store cannot be written to ({error.strerror or error})",
            "choose another store folder",
        ) from error
    try:
        yield
    finally:
        lock.release()
