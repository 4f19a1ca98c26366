"""Declarations: what a function's signature says, plus what it cannot.

A strategy, metric, embedder or clusterer is a plain function whose keyword-only parameters are typed
``Annotated[type, Par(...)]``. Widgets, command line, reference page, README table, recipe validation and
contract tests are all read off the declaration; nothing about a parameter is written twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from ..foundation.errors import ParameterError
from .needs import Need
from .parameters import Parameter, check_params, parameters_of

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Reference:
    """Where a method comes from, and how ours departs from it (empty where it does not)."""

    authors: str
    year: int | None
    title: str
    venue: str = ""
    link: str = ""
    deviation: str = ""

    @classmethod
    def none(cls, reason: str) -> Reference:
        """For methods that need no source, with the reason ("baseline", "textbook")."""
        return cls("", None, reason)

    def cite(self) -> str:
        """One line for tables and manifests."""
        if not self.authors:
            return self.title
        tail = ", ".join(part for part in (self.venue, self.link) if part)
        return f"{self.authors} ({self.year}), {self.title}" + (f", {tail}" if tail else "")


class Declaration(Protocol):
    """What every registered thing has."""

    @property
    def id(self) -> str:
        """A slug that never changes."""
        ...

    @property
    def version(self) -> int:
        """Raised when output changes."""
        ...

    @property
    def label(self) -> str:
        """The name people read."""
        ...

    @property
    def sentence(self) -> str:
        """What it does, in one plain sentence."""
        ...


D = TypeVar("D", bound=Declaration)


class Registry(Generic[D]):
    """Declarations by id, in the order in which they were declared; ids are slugs and never twice."""

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._items: dict[str, D] = {}

    def add(self, item: D) -> D:
        """Register; raises TypeError on an incomplete or repeated declaration."""
        self.check_names(item)
        if item.id in self._items:
            raise TypeError(f"{self.noun} id {item.id!r} is declared twice")
        self._items[item.id] = item
        return item

    def check_names(self, item: D) -> None:
        """Raise TypeError where the id is no slug, or version, label or sentence are missing."""
        if not _SLUG.fullmatch(item.id):
            raise TypeError(f"{self.noun} id {item.id!r} is not a slug")
        if item.version < 1 or not item.label.strip() or not item.sentence.strip():
            raise TypeError(f"{self.noun} {item.id}: version, label and sentence are needed")

    def declared(self) -> tuple[D, ...]:
        """What is declared so far."""
        return tuple(self._items.values())

    def __getitem__(self, name: str) -> D:
        try:
            return self._items[name]
        except KeyError:
            raise self.unknown(name) from None

    def unknown(self, name: str) -> ParameterError:
        """The error for a name that is not registered."""
        there = f"there are {', '.join(self._items)}"
        return ParameterError(f"There is no {self.noun} called {name!r}", there, "check the spelling")

    def __contains__(self, name: str) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[D]:
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def ids(self) -> list[str]:
        """All ids."""
        return list(self._items)


@dataclass(frozen=True, kw_only=True)
class Method:
    """What embedders and clusterers have in common.

    Args:
        id, version, label, sentence: As everywhere.
        needs: What must be there.
        cost: Time and memory in words.
        when, when_not: Advice.
        reference: Its source, with any deviation.
        body: The plain function.
        params: Its parameters, read off the signature.
        package: Name and version of the package that it comes from; "" for our own.
    """

    id: str
    version: int
    label: str
    sentence: str
    needs: frozenset[Need]
    cost: str
    when: str
    when_not: str
    reference: Reference
    body: Callable[..., Any]
    params: tuple[Parameter, ...]
    package: str = ""

    def check(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters, given or default, checked against the declaration."""
        return check_params(self.id, self.params, given)


M = TypeVar("M", bound=Method)


def register_method(
    registry: Registry[M], kind: type[M], positional: int, **fields: Any
) -> Callable[[Any], Any]:
    """A decorator that registers a plain function as a `Method`; TypeError where something is missing.

    Args:
        registry: Where it is added.
        kind: The class of the declaration.
        positional: How many leading parameters of the function the engine fills.
        fields: Every field of `kind` but `body` and `params`.
    """
    return registering(
        registry,
        lambda body: kind(**fields, body=body, params=parameters_of(body, positional)),
        partial(check_method, kind),
    )


def registering(
    registry: Registry[D], make: Callable[[Any], D], check: Callable[[Any, Registry[Any]], None]
) -> Callable[[Any], Any]:
    """A decorator that declares a plain function, and hands it back as it was.

    Args:
        registry: Where the declaration is added.
        make: The declaration of the function.
        check: Raises TypeError where it is incomplete.
    """

    def wrap(body: Any) -> Any:
        made = make(body)
        check(made, registry)
        registry.add(made)
        return body

    return wrap


def check_texts(noun: str, item: Declaration, **texts: str) -> None:
    """Raise TypeError where one of these texts of a declaration is empty."""
    for name, text in texts.items():
        if not text.strip():
            raise TypeError(f"{noun} {item.id}: {name} is empty")


def check_source(noun: str, item: Declaration, paper: Reference) -> None:
    """Raise TypeError where neither a source is named nor why there is none."""
    if not (paper.title and (paper.authors or paper.year is None)):
        raise TypeError(f"{noun} {item.id}: a paper, or Reference.none(reason), is needed")


def check_method(kind: type[Method], made: Any, registry: Registry[Any]) -> None:
    """Raise TypeError where a declaration is none of this kind, or incomplete."""
    if not isinstance(made, kind):
        raise TypeError(f"{made!r:.60} is no declared {registry.noun}")
    check_texts(registry.noun, made, when=made.when, when_not=made.when_not, cost=made.cost)
