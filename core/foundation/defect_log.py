"""What is kept of a defect of ours: one file beside the store, and one line for the person who met it."""

from __future__ import annotations

import os
import platform
import secrets
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from .errors import AliquotError
from .version import __version__

FOLDER = "defects"
KEPT = 20
"""Files that are kept; the oldest go first."""


def keep_details(error: BaseException, doing: Sequence[str] = ()) -> Path | None:
    """Write what a report of a defect needs into a file that only its owner reads.

    Args:
        error: What was raised.
        doing: Words of the command, or what was being done.

    Returns:
        The file, in the folder of the store, or where that cannot be written to in the folder for temporary
        files; None where neither takes it.
    """
    lines = [
        f"Aliquot {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"doing: {' '.join(doing)}",
        "",
        *_formatted(error),
    ]
    text = "\n".join(line.rstrip("\n") for line in lines) + "\n"
    for folder in _places():
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
            path = folder / f"{stamp}.txt"
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            for old in sorted(folder.glob("*.txt"))[:-KEPT]:
                old.unlink(missing_ok=True)
            return path
    return None


def told(error: BaseException, kept: Path | None) -> str:
    """The one line about a defect.

    Example:
        >>> told(ValueError("n is  0"), Path("a.txt")).partition(" What to do: ")[::2]
        ('A defect of Aliquot, not of your data: ValueError, n is 0.', 'report it with the details in a.txt.')
    """
    words = " ".join(str(error).split())
    what = type(error).__name__ + (f", {words[:200].rstrip('.')}" if words else "")
    do = f"report it with the details in {kept}" if kept else "report it; its details could not be kept"
    return f"A defect of Aliquot, not of your data: {what}. What to do: {do}."


def _formatted(error: BaseException) -> list[str]:
    """The traceback, or the places alone where Python fails to format it.

    It parses each line, which fails where another thread parses at the same time (CPython issue 106905).
    """
    try:
        return traceback.format_exception(error)
    except Exception:
        frames = traceback.walk_tb(error.__traceback__)
        places = [f"{frame.f_code.co_filename}:{line}" for frame, line in frames]
        return [*places, f"{type(error).__name__}: {error}"]


def _places() -> list[Path]:
    from .artifact_store import default_root

    found = [Path(tempfile.gettempdir()) / "aliquot-defects"]
    with suppress(AliquotError, OSError):
        found.insert(0, default_root() / FOLDER)
    return found
