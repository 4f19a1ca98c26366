"""Registries that other installed packages add to, and who made what in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from math import isfinite
from numbers import Real
from threading import RLock
from types import ModuleType
from typing import Any, Protocol, TypeVar

from ..foundation.errors import AliquotError, Cancelled, ExtensionError, ParameterError
from ..foundation.late_bindings import bound
from .extensions import (
    Entry,
    LeftOut,
    below,
    declaring,
    entries,
    import_fault,
    importing,
    ours,
    owner,
    reason,
    waiting,
)
from .registry import Declaration, Registry

_LOCK = RLock()  # one for all registries, since a module may declare for several


class Extensible(Declaration, Protocol):
    """What another package can declare."""

    @property
    def package(self) -> str:
        """Name and version of the package that it comes from; "" for our own."""
        ...

    @property
    def body(self) -> Any:
        """The plain function."""
        ...


E = TypeVar("E", bound=Extensible)


class OpenRegistry(Registry[E]):
    """Our own methods, then those of other packages, imported when somebody asks for more than ours.

    Args:
        noun: "strategy", "metric", "embedder" or "clusterer"; also the kind of entry point.
        check: Raises TypeError where a declaration is incomplete.
        probe: Calls what a declaration of another package holds beside its function; raises what it raises.
    """

    def __init__(
        self,
        noun: str,
        check: Callable[[Any, Registry[Any]], None],
        probe: Callable[[Any], None] = lambda item: None,
    ) -> None:
        super().__init__(noun)
        self._check, self._probe = check, probe
        self._places: dict[str, str] = {}  # by id: the module that declared it
        self._joined = self._joining = False
        self._left_out: list[LeftOut] = []

    def add(self, item: E) -> E:
        """Register; what another package declares while it is imported waits until all of it is."""
        place, package = declaring(), importing()
        if item.package:  # that is not for a declaration to say
            item = replace(item, package="")  # type: ignore[type-var]
        if ours(place) or not package:
            made = super().add(item)
            self._places[item.id] = place
            return made
        self.check_names(item)
        waiting(self.noun, owner(place) or package).append((item, place))
        return item

    def declared_in(self, module: str) -> list[E]:
        """What a module declares, or one below it; what others declare does not count, whoever wrote it."""
        self._join()
        return [item for item in self._items.values() if below(self._places.get(item.id, ""), module)]

    def left_out(self) -> tuple[LeftOut, ...]:
        """Methods of other packages that are not offered, and why."""
        self._join()
        return tuple(self._left_out)

    def __getitem__(self, name: str) -> E:
        self._look_beyond(name)
        return super().__getitem__(name)

    def unknown(self, name: str) -> ParameterError:
        """The error for a name that is not registered; it says why one of that name is left out."""
        usual = super().unknown(name)
        named = " ".join(one.sentence for one in self._left_out if one.name == name)
        if named:
            return ParameterError(usual.what, named.removesuffix("."), "mend or remove the package")
        if self._left_out:
            more = "aliquot strategies says what of other packages is left out"
            return ParameterError(usual.what, usual.why, f"{usual.do}; {more}")
        return usual

    def __contains__(self, name: str) -> bool:
        self._look_beyond(name)
        return super().__contains__(name)

    def _look_beyond(self, name: str) -> None:
        """Take in other packages where a name is not one of ours, so that each method has its package."""
        if name not in self._items or not ours(self._places.get(name, "")):
            self._join()

    def __iter__(self) -> Iterator[E]:
        self._join()
        return super().__iter__()

    def __len__(self) -> int:
        self._join()
        return super().__len__()

    def ids(self) -> list[str]:
        """All ids."""
        self._join()
        return super().ids()

    def _join(self) -> None:
        """Take in the methods of other packages, once."""
        if self._joined:
            return
        with _LOCK:
            if self._joined or self._joining:  # a module that looks at the registry while it is imported
                return
            self._joining, self._left_out = True, []
            try:
                for entry in entries(self.noun):
                    if isinstance(entry, LeftOut):
                        self._left_out.append(entry)
                        continue
                    try:
                        found = entry.load()
                    except (Exception, SystemExit) as error:
                        self._left_out.append(entry.left_out(import_fault(error, entry.module)))
                    else:
                        self._take(entry, found)
                self._joined = True
            finally:
                self._joining = False

    def _take(self, entry: Entry, found: Any) -> None:
        """Register what an entry point names, and note what of it is left out."""
        offered = waiting(self.noun, entry.package)
        known = [
            (item, self._places[item.id])
            for item in self._items.values()
            if item.package in ("", entry.package) and not ours(self._places[item.id])
        ]
        if isinstance(found, ModuleType):
            fresh = list(offered)
            known = [(item, place) for item, place in known if below(place, entry.module)]
        else:
            body = getattr(found, "body", found)
            fresh = [(item, place) for item, place in offered if item.body is body]
            known = [(item, place) for item, place in known if item.body is body]
        if not fresh and not known:
            if isinstance(found, ModuleType):
                self._left_out.append(entry.left_out(f"it declares no {self.noun}"))
                return
            fresh = [(found, entry.module)]
        for item, _ in known:  # declared when somebody imported the module before
            del self._items[item.id]
        for item, place in (*known, *fresh):
            if (item, place) in offered:
                offered.remove((item, place))
            try:
                self._check(item, self)
                self.check_names(item)
                self._probe(item)
            except (Exception, SystemExit) as error:
                self._left_out.append(entry.left_out(reason(error), _id_of(item)))
                continue
            if item.id in self._items:
                owner = self._items[item.id].package or "Aliquot"
                self._left_out.append(entry.left_out(f"{owner} has a {self.noun} of this id", item.id))
                continue
            self._items[item.id] = replace(item, package=entry.package)
            self._places[item.id] = place


def _id_of(item: Any) -> str:
    """The id of what may be anything; "" where it has none."""
    name = getattr(item, "id", "")
    return name if isinstance(name, str) else ""


def _registry(kind: str) -> OpenRegistry[Any]:
    """The registry of a kind, imported where nobody did so before."""
    found: OpenRegistry[Any] = bound(kind, "registry")
    return found


def package_of(kind: str, name: str) -> str:
    """Name and version of the package that a method comes from; "" for our own, and where there is none.

    Args:
        kind: "strategy", "metric", "embedder" or "clusterer".
        name: Its id.

    Example:
        >>> package_of("strategy", "random")
        ''
    """
    registry = _registry(kind)
    return str(registry[name].package) if name in registry else ""


def strategies_in(name: str, params: Mapping[str, Any]) -> Iterator[str]:
    """The id of a strategy and of those that its parameters name.

    Example:
        >>> list(strategies_in("stratified", {"within": {"id": "systematic", "params": {}}}))
        ['stratified', 'systematic']
    """
    yield name
    registry = _registry("strategy")
    if name not in registry:
        return
    for parameter in registry[name].params:
        value = params.get(parameter.name, parameter.default)
        if parameter.kind == "strategy" and isinstance(value, str):
            yield value
        elif parameter.kind == "strategy" and isinstance(value, Mapping):
            inside = value.get("params")
            yield from strategies_in(str(value.get("id")), inside if isinstance(inside, Mapping) else {})


def packages_in(name: str, params: Mapping[str, Any]) -> dict[str, str]:
    """Name and version of the package of a strategy and of those that its parameters name; none for our own.

    What is kept of a strategy holds only where these are the same: another release may draw other rows.

    Example:
        >>> packages_in("stratified", {"within": "systematic"})
        {}
    """
    found = {one: package_of("strategy", one) for one in strategies_in(name, params)}
    return {one: package for one, package in found.items() if package}


def edition(item: Extensible) -> int | str:
    """The version of a method, with its package where it is not ours: what keys of stored results hold."""
    return f"{item.version} of {item.package}" if item.package else item.version


def edition_in(name: str, params: Mapping[str, Any]) -> int | str:
    """The `edition` of a strategy under parameters that may name others; its version where all are ours.

    Example:
        >>> edition_in("random", {})
        1
    """
    version = _registry("strategy")[name].version
    packages = packages_in(name, params)
    return f"{version} of {packages}" if packages else version


@contextmanager
def faults_of(item: Extensible) -> Iterator[None]:
    """Faults of another package's code as an `ExtensionError` that names it; our own stay what they are."""
    try:
        yield
    except (AliquotError, Cancelled, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        if not item.package:
            raise
        raise ExtensionError(
            f"{item.label} of the package {item.package} failed",
            reason(error),
            "choose another method or remove the package, and tell its makers",
        ) from error


def amount(value: Any, what: str) -> float:
    """A declared time, size or step as a number; TypeError where it is none, or not finite, or below 0.

    Example:
        >>> amount(3, "its memory")
        3.0
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{what} is {value!r:.40} and no number")
    number = float(value)
    if not (isfinite(number) and number >= 0):
        raise TypeError(f"{what} is {number!r} and not a finite number of at least 0")
    return number
