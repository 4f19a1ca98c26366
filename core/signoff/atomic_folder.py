"""Writing a folder so that it appears whole or not at all, and never loses what stood there before."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from ..foundation.atomic_write import write_through
from ..foundation.errors import BundleError, ResourceError
from ..foundation.staging import leftovers, sweep, workplace

MANIFEST = "manifest.json"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
JUNK = ("__macosx", ".ds_store", "thumbs.db", "desktop.ini")
"""What file managers put beside the files of a folder or a zip, in lower case."""


def is_junk(name: str) -> bool:
    """Whether a name (or the folder it lies in) is one that file managers leave behind.

    Example:
        >>> is_junk(".DS_Store"), is_junk("__MACOSX/._a"), is_junk("._a.csv"), is_junk("notes.txt")
        (True, True, True, False)
    """
    return any(part.lower() in JUNK or part.startswith("._") for part in name.split("/"))


def check_free(target: Path, allowed: tuple[str, ...], force: bool = False) -> None:
    """Refuse to write a folder over anything but an unsigned one of ours, and over that unless forced.

    A folder that a killed run was about to replace is put back first.

    Args:
        target: The folder.
        allowed: Files that ours may hold.
        force: Whether an unsigned one of ours may be replaced.

    Raises:
        BundleError: It is a file, the folder of this process, holds other files, or a sign-off; or it holds
            files of ours and `force` is not given.
    """
    target = _place(target)
    _recover(target)
    if not target.exists():
        return
    if not target.is_dir():
        raise BundleError(f"{target} is a file", "a folder is needed", "name another one")
    here = Path.cwd()
    if target == here or target in here.parents:
        raise BundleError(f"{target} is the folder you are in", "it cannot be replaced", "name one inside it")
    names = [item.name for item in sorted(target.iterdir()) if not is_junk(item.name)]
    foreign = [name for name in names if name not in allowed]
    if foreign:
        raise BundleError(
            f"{target} is not empty", f"it holds {', '.join(foreign[:3])}", "name a new or an empty folder"
        )
    if MANIFEST in names:
        from .manifest import signed_by

        who = signed_by(target / MANIFEST)
        if who:
            raise BundleError(
                f"{target} holds a bundle signed by {who}",
                "a sign-off is never overwritten, also not with --force",
                "name another folder, or move this one away",
            )
    if names and not force:
        raise BundleError(
            f"{target} is not empty",
            f"it holds {', '.join(names[:3])} of an earlier run",
            "name another folder, or replace it with --force",
        )


def write_folder(
    files: Mapping[str, bytes], target: Path, allowed: tuple[str, ...], *, force: bool = False
) -> Path:
    """Write files into a folder: after any interruption it holds all of them or what stood there before.

    The files are written beside it and forced to the disk; then old and new change places in one step where
    the system can (Linux, macOS). Elsewhere the old folder is put aside for the moment, and the next run puts
    it back if this one was killed just then. What killed runs left beside the folder is removed.

    Args:
        files: Bytes by name.
        target: The folder.
        allowed, force: As in `check_free`, which is asked again.

    Returns:
        The folder.

    Raises:
        BundleError: See `check_free`.
        ResourceError: It cannot be written, for example because the disk is full.
    """
    place = _place(target)
    check_free(place, allowed, force)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        for prefix in (_new(place), _old(place)):
            sweep(place.parent, prefix)
        with workplace(place.parent, _new(place)) as made:
            for name, data in files.items():
                write_through(made / name, data)
            if place.exists():
                made.chmod(place.stat().st_mode & 0o777)
            _sync(made)
            _take_place(made, place)
            _sync(place.parent)
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise BundleError(
                f"{target} cannot be replaced", "a disk is mounted there", "name a folder inside it"
            ) from None
        raise ResourceError(
            f"{target} cannot be written",
            error.strerror or str(error),
            "check the folder, its rights and the room on the disk",
        ) from error
    return target


def _place(target: Path) -> Path:
    """Where the folder really lies: a link is followed, so that it is not replaced by a folder."""
    return Path(os.path.realpath(target))


def _new(place: Path) -> str:
    return f".{place.name}.new"


def _old(place: Path) -> str:
    return f".{place.name}.old"


def _recover(place: Path) -> None:
    """Put back what a killed run had moved aside."""
    if place.exists():
        return
    for kept in reversed(leftovers(place.parent, _old(place))):
        inner = kept / place.name
        if inner.is_dir():
            inner.rename(place)
            return


def _sync(folder: Path) -> None:
    """Force names of a folder to the disk, where the system has a way to."""
    if os.name == "nt":  # pragma: no cover
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:  # some network disks know nothing of it
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def _take_place(made: Path, place: Path) -> None:
    """Move a folder to where another may stand; what stood there is in `made` or gone afterwards."""
    if not place.exists():
        made.rename(place)
        return
    if _exchange(made, place):
        return
    with workplace(place.parent, _old(place)) as aside:
        place.rename(aside / place.name)
        try:
            made.rename(place)
        except OSError:
            (aside / place.name).rename(place)
            raise


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; False where the system or the disk cannot."""
    call = _exchanger()
    if call is None:
        return False
    code = call(os.fsencode(one), os.fsencode(other))
    if code == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM):
        return False
    raise OSError(number, os.strerror(number), str(other))


def _exchanger() -> Callable[[bytes, bytes], int] | None:
    """The system's call that exchanges two paths, if it has one."""
    try:
        library = ctypes.CDLL(None, use_errno=True)
    except (OSError, TypeError):  # pragma: no cover
        return None
    if sys.platform.startswith("linux") and hasattr(library, "renameat2"):
        rename = library.renameat2
        return lambda one, other: rename(
            ctypes.c_int(_AT_FDCWD), one, ctypes.c_int(_AT_FDCWD), other, ctypes.c_uint(_RENAME_EXCHANGE)
        )
    if sys.platform == "darwin" and hasattr(library, "renamex_np"):  # pragma: no cover
        swap = library.renamex_np
        return lambda one, other: swap(one, other, ctypes.c_uint(_RENAME_EXCHANGE))
    return None
