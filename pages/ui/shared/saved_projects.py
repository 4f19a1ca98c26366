"""What each browser has done, kept on the server's disk and found again after anything.

A project is an `AppState`: choices, keys and decisions, a few kilobytes, never data. It belongs to the
browser that made it (`visitor`), and only that one finds it again. Unlike artifacts it cannot be made anew,
so nothing that needs room pushes it out; its bounds are a number for each browser, one in all, and a size.
"""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

import orjson

from core.foundation.artifact_store import digest
from core.foundation.atomic_write import write_atomically
from core.foundation.errors import AliquotError

from .app_state import AppState

FOLDER = "projects"
MOST_EACH = 20  # projects of one browser
MOST = 2_000  # projects of all
MOST_BYTES = 8 * 2**20
_NAME = re.compile(r"[A-Za-z0-9_-]{11}")


@dataclass(frozen=True)
class SavedProject:
    """A project as it was saved last.

    Args:
        name: Its name in addresses.
        made: When it was saved, ISO-8601 in UTC.
        page: Address of the page that was open, such as "compare".
        state: All of it.
    """

    name: str
    made: str
    page: str
    state: AppState


class SavedProjects:
    """Projects by owner and name.

    Args:
        root: The folder that holds them; made when first written to.

    Example:
        >>> import tempfile
        >>> saved = SavedProjects(Path(tempfile.mkdtemp()))
        >>> name = new_name()
        >>> saved.put("browser:ada", SavedProject(name, "2026-01-01T00:00:00+00:00", "data", AppState()))
        True
        >>> saved.take("browser:ada", name).page, saved.take("browser:bob", name)
        ('data', None)
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, owner: str, project: SavedProject) -> bool:
        """Save a project over what was saved under its name; False where it is too large or the disk full.

        What its owner, and all together, saved longest ago goes where there are too many.
        """
        body = orjson.dumps(
            {"saved": project.made, "page": project.page, "project": project.state.to_json()},
            option=orjson.OPT_SORT_KEYS,
        )
        path = self._path(owner, project.name)
        if len(body) > MOST_BYTES:
            return False
        new = not path.exists()
        try:
            write_atomically(path, body, 0o600)
        except OSError:
            return False
        if new:
            _thin(_files(path.parent), MOST_EACH)
            _thin([file for folder in _folders(self.root) for file in _files(folder)], MOST)
        return True

    def take(self, owner: str, name: str) -> SavedProject | None:
        """A project of an owner; None where there is none of this name, or it cannot be read any more."""
        if not sound(name):
            return None
        try:
            found = orjson.loads(self._path(owner, name).read_bytes())
            state = AppState.from_json(found["project"])
            return SavedProject(name, str(found["saved"]), str(found["page"]), state)
        except (OSError, orjson.JSONDecodeError, AliquotError, KeyError, TypeError):
            return None

    def of(self, owner: str) -> list[SavedProject]:
        """All projects of an owner, the one saved last first. Time: all of them are read."""
        names = [file.stem for file in reversed(_files(self._folder(owner)))]
        found = [self.take(owner, name) for name in names]
        return [one for one in found if one is not None]

    def drop(self, owner: str, name: str) -> None:
        """Forget a project; nothing where it is not there."""
        if sound(name):
            self._path(owner, name).unlink(missing_ok=True)

    def _folder(self, owner: str) -> Path:
        return self.root / digest([FOLDER, owner])

    def _path(self, owner: str, name: str) -> Path:
        return self._folder(owner) / f"{name}.json"


def new_name() -> str:
    """A name that nobody has: 64 random bits."""
    return secrets.token_urlsafe(8)


def sound(name: object) -> bool:
    """Whether this is a name as `new_name` makes them; addresses hold anything, and names become paths."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def _folders(root: Path) -> list[Path]:
    try:
        with os.scandir(root) as found:
            return [Path(item.path) for item in found if item.is_dir()]
    except OSError:
        return []


def _files(folder: Path) -> list[Path]:
    """Saved projects in a folder, longest ago first; others may drop them meanwhile."""
    try:
        with os.scandir(folder) as found:
            dated = [
                (item.stat().st_mtime_ns, Path(item.path)) for item in found if item.name.endswith(".json")
            ]
    except OSError:
        return []
    return [path for _, path in sorted(dated)]


def _thin(files: list[Path], most: int) -> None:
    """Drop what was saved longest ago of too many."""
    if len(files) <= most:
        return
    dated = sorted((file.stat().st_mtime_ns, file) for file in files if file.exists())
    for _, file in dated[: max(0, len(dated) - most)]:
        file.unlink(missing_ok=True)
