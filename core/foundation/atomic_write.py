"""Writing one file so that a reader sees all of it, or what stood there before."""

from __future__ import annotations

import os
from pathlib import Path

from .staging import TEMPORARY, sweep, workplace


def write_through(path: Path, data: bytes, mode: int = 0o666, *, forced: bool = True) -> None:
    """Write a new file and force it to the disk.

    Args:
        path: The file; it must not be there.
        data: What it is to hold.
        mode: Its rights, less what the user's mask takes away.
        forced: Wait until the disk has it.

    Raises:
        OSError: It is there, or cannot be written.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        if forced:
            os.fsync(file.fileno())


def write_atomically(path: Path, data: bytes, mode: int = 0o666, *, lasting: bool = True) -> None:
    """Write a file, or put another in its place, so that no interruption leaves half of it.

    It is written in a folder beside, forced to the disk and renamed. What killed writers left goes first.

    Args:
        path: The file; its folder is made where it is not there.
        data: What it is to hold.
        mode: As in `write_through`.
        lasting: Whether it must outlive a loss of power. What is not missed is neither forced to the disk nor
            cleared up after killed writers; a reader still sees all of it or what stood there before.

    Raises:
        OSError: It cannot be written; what stood there before is untouched.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "new" / "a.json"
        >>> write_atomically(path, b"1")
        >>> write_atomically(path, b"2")
        >>> path.read_bytes(), [item.name for item in path.parent.iterdir()]
        (b'2', ['a.json'])
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if lasting:
        sweep(path.parent, TEMPORARY)
    with workplace(path.parent, TEMPORARY) as made:
        write_through(made / path.name, data, mode, forced=lasting)
        (made / path.name).replace(path)
