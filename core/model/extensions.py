"""Methods in other installed packages: found by entry points, imported when a registry asks for them.

Only what is installed and names itself by an entry point is ever imported. Names in recipes, bundles, links
and project files are looked up in registries, never imported.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, reduce
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import Distribution

GROUPS = {
    "strategy": "aliquot.strategies",
    "metric": "aliquot.metrics",
    "embedder": "aliquot.embedders",
    "clusterer": "aliquot.clusterers",
}
"""The group of entry points under which methods of a kind are found."""

PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99} [A-Za-z0-9][A-Za-z0-9.!+_-]{0,49}")
"""Name and version of a package; whatever else a file says in their place is refused."""

NO_PACKAGE = "it does not give name and version of a package"
"""What is said of such a text."""

_package: ContextVar[str] = ContextVar("the package that is being imported", default="")
_MODULE = "<module>"  # what Python calls the code of a module
# What packages declared while they were imported, by kind and package.
_waiting: dict[tuple[str, str], list[Any]] = {}


@dataclass(frozen=True)
class LeftOut:
    """A method of another package that is not offered.

    Args:
        kind: "strategy", "metric", "embedder" or "clusterer".
        name: Its id, or the name of its entry point where no id is known.
        package: Name and version of the package.
        why: The reason.

    Example:
        >>> LeftOut("strategy", "random", "demo 1.0", "Aliquot has one of this id").sentence
        'The strategy random of demo 1.0 is left out: Aliquot has one of this id.'
    """

    kind: str
    name: str
    package: str
    why: str

    @property
    def sentence(self) -> str:
        """What is left out and why, for people."""
        return f"The {self.kind} {self.name} of {self.package} is left out: {self.why.rstrip('.')}."

    def to_json(self) -> dict[str, str]:
        """Its entry in ``aliquot strategies --json``."""
        return {"left_out": self.name, "kind": self.kind, "package": self.package, "why": self.why}


@dataclass(frozen=True)
class Entry:
    """An entry point: a module, or one object in it, of an installed package.

    Args:
        kind: What it registers.
        name: Its name.
        value: Module, or ``module:object``.
        package: Name and version of the package.
    """

    kind: str
    name: str
    value: str
    package: str

    @property
    def module(self) -> str:
        """The module that is imported."""
        return self.value.partition("[")[0].partition(":")[0].strip()

    def load(self) -> Any:
        """Import the module; the module itself, or the object that the entry point names.

        Nothing that a module declared is offered where its import ends in an error.
        """
        before = {key: list(items) for key, items in _waiting.items()}
        token = _package.set(self.package)
        try:
            module = import_module(self.module)
            names = self.value.partition("[")[0].partition(":")[2].strip()
            return reduce(getattr, names.split("."), module) if names else module
        except BaseException:
            for key, items in _waiting.items():
                # What it imported of another package, and that went well, stays that package's.
                stays = key[1] != self.package
                had = before.get(key, [])
                items[:] = [one for one in items if one in had or (stays and one[1] in sys.modules)]
            raise
        finally:
            _package.reset(token)

    def left_out(self, why: str, name: str = "") -> LeftOut:
        """The record of what is not offered."""
        return LeftOut(self.kind, name or self.name, self.package, why)


def importing() -> str:
    """Name and version of the package that is being imported for an entry point; "" where none is."""
    return _package.get()


def owner(module: str) -> str:
    """The package whose entry point names a module or one around it; "" where none does."""
    named = [(place, package) for place, package in _named().items() if below(module, place)]
    return max(named, default=("", ""), key=lambda one: len(one[0]))[1]


@cache
def _named() -> dict[str, str]:
    """The package of each module that an entry point of any kind names; of several the first by name."""
    found: dict[str, str] = {}
    for kind in GROUPS:
        for one in entries(kind):
            if isinstance(one, Entry):
                found.setdefault(one.module, one.package)
    return found


def declaring() -> str:
    """The module whose import is running and declares something.

    Read off the running code: what a function says of itself may be copied (`functools.wraps`), and a package
    may declare a function that somebody else wrote.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == _MODULE:
            return str(frame.f_globals.get("__name__", ""))
        if frame.f_code is Entry.load.__code__:  # a module that is no Python source
            return str(frame.f_locals["self"].module)
        frame = frame.f_back
    return ""


def ours(module: str) -> bool:
    """Whether a module is one of Aliquot's own.

    Example:
        >>> ours("core.strategies.draws.random"), ours("core_methods")
        (True, False)
    """
    return below(module, __name__.partition(".")[0])


def below(module: str, other: str) -> bool:
    """Whether a module is another one, or lies in it."""
    return module == other or module.startswith(f"{other}.")


def waiting(kind: str, package: str) -> list[Any]:
    """What a package has declared and no registry has taken in yet."""
    return _waiting.setdefault((kind, package), [])


def entries(kind: str) -> Iterator[Entry | LeftOut]:
    """Every entry point of a kind, by names of packages and then of entry points."""
    group = GROUPS[kind]
    found: dict[str, tuple[str, Distribution]] = {}
    for one in _distributions():
        place = str(getattr(one, "_path", "a package without a name"))
        try:
            if group not in (one.read_text("entry_points.txt") or ""):
                continue
            name, version = one.metadata["Name"], one.metadata["Version"]
            if not name or not version:
                raise ValueError("the package has no name or no version")
            if not PACKAGE.fullmatch(f"{name} {version}"):
                raise ValueError("its name or its version is not one of a package")
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), (f"{name} {version}", one))
        except Exception as error:
            yield LeftOut(kind, group, place, reason(error))
    for _, (package, one) in sorted(found.items()):
        try:
            chosen = one.entry_points.select(group=group)
        except Exception as error:
            yield LeftOut(kind, group, package, f"its entry points cannot be read: {reason(error)}")
            continue
        for each in sorted(chosen, key=lambda each: (each.name, each.value)):
            yield Entry(kind, each.name, each.value, package)


def reason(error: BaseException) -> str:
    """An error of somebody else's code on one line.

    Example:
        >>> reason(ValueError("no"))
        'ValueError: no'
    """
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def to_install(what: str, package: str) -> str:
    """The advice on a package that a file names: what a file says is nobody's word but its writer's.

    Args:
        what: The file, "recipe" or "bundle".
        package: Name and version; several are joined by "and".

    Example:
        >>> to_install("recipe", "demo 1.0")
        'the recipe says that it was made with demo 1.0; install that only if you trust it'
    """
    return f"the {what} says that it was made with {package}; install that only if you trust it"


def import_fault(error: BaseException, module: str) -> str:
    """Why a module cannot be imported, on one line; the module that failed where it is another one.

    Args:
        error: What the import raised.
        module: The module that was asked for.
    """
    failed, trace = module, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_name == _MODULE:
            failed = str(trace.tb_frame.f_globals.get("__name__", ""))
        trace = trace.tb_next
    return reason(error) if failed == module else f"the module {failed} failed: {reason(error)}"


def _distributions() -> Iterator[Distribution]:
    """Installed packages in the order of the path.

    What lies in the working folder is not installed: a bundle may have been unpacked there.
    """
    from importlib.metadata import distributions

    yield from distributions(path=[at for at in sys.path if at and not _working_folder(at)])


def _working_folder(place: str) -> bool:
    """Whether an entry of the path is the working folder, or hangs on one that is gone."""
    try:
        here = Path.cwd()
    except OSError:
        return not Path(place).is_absolute()
    try:
        return Path(place).resolve() == here
    except (OSError, RuntimeError):  # a loop of links
        return True
