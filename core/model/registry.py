"""Declarations: what a function's signature says, plus what it cannot.

A strategy, metric, embedder or clusterer is a plain function whose keyword-only parameters are typed
``Annotated[type, Par(...)]``. Widgets, command line, reference page, README table, recipe validation and
contract tests are all read off the declaration; nothing about a parameter is written twice.
"""

from __future__ import annotations

import inspect
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType
from typing import Annotated, Any, Generic, Literal, Protocol, TypeVar, get_args, get_origin, get_type_hints

from ..foundation.errors import ParameterError
from ..foundation.typed_numbers import float_of, whole_of

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Need(StrEnum):
    """What a strategy or metric cannot do without."""

    FEATURES = "features"
    GROUPS = "groups"
    LABELS = "labels"
    SCORES = "scores"
    TARGET = "target"
    TEXT = "text"
    ORDER = "order"
    ENTITIES = "entities"
    COLUMNS = "columns"


class Size(StrEnum):
    """What a strategy promises about how many rows it returns."""

    EXACT = "exact"
    AT_MOST = "at most"
    RANDOM = "random"


class Weight(StrEnum):
    """Whether design weights come with the subset."""

    DESIGN = "design"  # 1/π, π known before the draw
    HANSEN_HURWITZ = "hansen-hurwitz"  # draws with replacement
    PARAMETER = "depends on a parameter"
    NONE = "none"


@dataclass(frozen=True)
class Par:
    """What a type cannot say about a parameter.

    Args:
        help: One plain sentence, shown beside the widget and in ``--help``.
        low, high: Inclusive range of a number.
        step: Step of the widget.
        log: Whether the widget should move on a log scale.
        unit: Unit of a number.
        advanced: Folded away at first.
        column: Roles a column must have, for "pick a column" parameters (``("any",)`` for any role). A
            parameter typed ``tuple[str, ...]`` takes several columns.
        special: Words accepted beside column names, for example ``("groups",)``.
        strategy: The value names another strategy.
        enabled_if: ``(other parameter, value)`` under which this one has a meaning.
    """

    help: str
    low: float | None = None
    high: float | None = None
    step: float | None = None
    log: bool = False
    unit: str = ""
    advanced: bool = False
    column: tuple[str, ...] = ()
    special: tuple[str, ...] = ()
    strategy: bool = False
    enabled_if: tuple[str, Any] | None = None


StrategyChoice = str | Mapping[str, Any]
"""A strategy named as a parameter: its id, or ``{"id": …, "params": {…}}``."""


@dataclass(frozen=True)
class Parameter:
    """One parameter as read from a signature."""

    name: str
    kind: Literal["int", "float", "bool", "choice", "column", "columns", "strategy", "text"]
    default: Any
    par: Par
    choices: tuple[str, ...] = ()
    optional: bool = False

    def check(self, value: Any, owner: str) -> Any:
        """The value in its declared type, or `ParameterError` naming what would be accepted."""
        if value is None:
            if self.optional:
                return None
            raise self._error(owner, value, "a value is needed")
        if self.kind == "bool":
            if not isinstance(value, bool):
                raise self._error(owner, value, "it takes true or false")
            return value
        if self.kind in ("int", "float"):
            return self._number(value, owner)
        if self.kind == "strategy":
            return self._strategy(value, owner)
        if self.kind == "columns":
            return self._columns(value, owner)
        if not isinstance(value, str):
            raise self._error(owner, value, "it takes text")
        if self.kind == "choice" and value not in self.choices:
            raise self._error(owner, value, f"it takes one of {', '.join(self.choices)}")
        return value

    def parse(self, text: str, owner: str) -> Any:
        """A value written as text (command line, address bar), checked like any other."""
        text = text.strip()
        if self.optional and text.lower() in ("", "none", "null"):
            return None
        if self.kind == "bool":
            words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
            if text.lower() not in words:
                raise self._error(owner, text, "it takes true or false")
            return words[text.lower()]
        if self.kind in ("int", "float"):
            try:
                value: int | float = whole_of(text) if self.kind == "int" else float_of(text)
            except ValueError as error:
                raise self._error(owner, text, f"{error}; it takes {self._range()}") from None
            return self.check(value, owner)
        if self.kind == "columns":
            return self.check(_names(text), owner)
        return self.check(text, owner)

    def to_json(self) -> dict[str, Any]:
        """A JSON form for ``strategies --json`` and the Methods page."""
        par = self.par
        out: dict[str, Any] = {
            "name": self.name,
            "type": self.kind,
            "default": self.default,
            "help": par.help,
            "low": par.low,
            "high": par.high,
            "unit": par.unit,
            "choices": list(self.choices) or None,
            "column": list(par.column) or None,
            "special": list(par.special) or None,
            "optional": self.optional,
            "advanced": par.advanced,
            "enabled_if": list(par.enabled_if) if par.enabled_if else None,
        }
        return out

    def _number(self, value: Any, owner: str) -> int | float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._error(owner, value, f"it takes {self._range()}")
        if not math.isfinite(value) or (self.kind == "int" and value != math.floor(value)):
            raise self._error(owner, value, f"it takes {self._range()}")
        number: int | float = int(value) if self.kind == "int" else float(value)
        low = -math.inf if self.par.low is None else self.par.low
        high = math.inf if self.par.high is None else self.par.high
        if not low <= value <= high:
            raise self._error(owner, value, f"it takes {self._range()}")
        return number

    def _columns(self, value: Any, owner: str) -> list[str]:
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) and name for name in names):
            raise self._error(owner, value, "it takes names of columns")
        return list(dict.fromkeys(names))

    def _strategy(self, value: Any, owner: str) -> dict[str, Any]:
        if isinstance(value, str):
            return {"id": value, "params": {}}
        if isinstance(value, Mapping) and isinstance(value.get("id"), str) and set(value) <= {"id", "params"}:
            return {"id": value["id"], "params": dict(value.get("params") or {})}
        raise self._error(owner, value, 'it takes a strategy id, or {"id": …, "params": {…}}')

    def _range(self) -> str:
        noun = "a whole number" if self.kind == "int" else "a number"
        low, high = self.par.low, self.par.high
        if low is not None and high is not None:
            return f"{noun} from {low:g} to {high:g}"
        if low is not None:
            return f"{noun} of at least {low:g}"
        return f"{noun} of at most {high:g}" if high is not None else noun

    def _error(self, owner: str, value: Any, expected: str) -> ParameterError:
        return ParameterError(
            f"{owner}: parameter {self.name} cannot be {value!r}", expected, f"change {self.name}"
        )


def _names(text: str) -> list[str]:
    """Names written ``a,b``; as a JSON list where a name itself holds a comma."""
    try:
        listed = json.loads(text) if text.startswith("[") else None
    except ValueError:
        listed = None
    if isinstance(listed, list) and all(isinstance(name, str) for name in listed):
        return listed
    return [name.strip() for name in text.split(",") if name.strip()]


def written(value: Any) -> str:
    """The value of a parameter as people read it, and type it on the command line.

    Example:
        >>> written(["a", "b"]), written(None), written(True)
        ('a,b', 'none', 'true')
        >>> written({"id": "density", "params": {"draw": "pps"}})
        'density (draw = pps)'
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value)) or "none"
    if isinstance(value, Mapping):
        inner = written_all(value.get("params") or {})
        return f"{value.get('id')} ({inner})" if inner else str(value.get("id"))
    return "none" if value is None else str(value)


def written_all(params: Mapping[str, Any]) -> str:
    """Parameters with their values on one line; "" where there are none.

    Example:
        >>> written_all({"on": ["a", "b"], "power": 0.5})
        'on = a,b, power = 0.5'
    """
    return ", ".join(f"{name} = {written(value)}" for name, value in params.items())


def parameters_of(function: Callable[..., Any], positional: int) -> tuple[Parameter, ...]:
    """Read the declared parameters off a signature.

    Args:
        function: Its first `positional` parameters are the engine's; every other one must be keyword-only,
            have a default and be annotated ``Annotated[type, Par(...)]``.
        positional: How many leading parameters the engine fills.

    Raises:
        TypeError: The declaration is incomplete. This is a defect of ours and is found at import.
    """
    hints = get_type_hints(function, include_extras=True)
    found = []
    for at, (name, raw) in enumerate(inspect.signature(function).parameters.items()):
        if at < positional:
            continue
        if raw.kind is not inspect.Parameter.KEYWORD_ONLY:
            raise TypeError(f"{function.__name__}: parameter {name} must be keyword-only")
        if raw.default is inspect.Parameter.empty:
            raise TypeError(f"{function.__name__}: parameter {name} needs a default")
        found.append(_parameter(function.__name__, name, hints[name], raw.default))
    return tuple(found)


def _parameter(owner: str, name: str, hint: Any, default: Any) -> Parameter:
    marks = [mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, Par)]
    if get_origin(hint) is not Annotated or len(marks) != 1:
        raise TypeError(f"{owner}: parameter {name} must be Annotated[type, Par(...)]")
    par = marks[0]
    if not par.help.strip():
        raise TypeError(f"{owner}: parameter {name} has no help")
    base = get_args(hint)[0]
    optional = NoneType in get_args(base)
    if optional and not par.strategy:
        (base,) = [part for part in get_args(base) if part is not NoneType]
    choices: tuple[str, ...] = ()
    kind: Any
    if par.strategy:
        kind = "strategy"
    elif get_origin(base) is Literal:
        kind, choices = "choice", tuple(get_args(base))
    elif par.column:
        kind = "column" if base is str else "columns"
    elif base in (int, float, bool, str):
        kind = {int: "int", float: "float", bool: "bool", str: "text"}[base]
    else:
        raise TypeError(f"{owner}: parameter {name} has the unsupported type {base}")
    made = Parameter(name, kind, default, par, choices, optional)
    try:
        made.check(default, owner)
    except ParameterError as error:
        raise TypeError(f"{owner}: the default of {name} is not allowed: {error}") from error
    return made


def check_params(owner: str, declared: tuple[Parameter, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """Every declared parameter with its given or default value, checked.

    Raises:
        ParameterError: An unknown name, or a value outside its declaration.
    """
    known = {parameter.name: parameter for parameter in declared}
    for name in given:
        if name not in known:
            listed = ", ".join(known) or "none"
            raise ParameterError(f"{owner} has no parameter {name}", f"it has {listed}", "check the spelling")
    return {
        name: parameter.check(given.get(name, parameter.default), owner) for name, parameter in known.items()
    }


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


class Declared(Protocol):
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


D = TypeVar("D", bound=Declared)


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
            raise ParameterError(
                f"There is no {self.noun} called {name!r}",
                f"there are {', '.join(self._items)}",
                "check the spelling",
            ) from None

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

    def to_json(self) -> dict[str, Any]:
        """The declaration for the Methods page."""
        return {
            "id": self.id,
            "version": self.version,
            "label": self.label,
            "sentence": self.sentence,
            "needs": sorted(self.needs),
            "cost": self.cost,
            "params": [parameter.to_json() for parameter in self.params],
            "when": self.when,
            "when_not": self.when_not,
            "paper": self.reference.cite(),
            "deviation": self.reference.deviation,
            **({"package": self.package} if self.package else {}),
        }


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

    def wrap(body: Any) -> Any:
        made = kind(**fields, body=body, params=parameters_of(body, positional))
        check_method(kind, made, registry)
        registry.add(made)
        return body

    return wrap


def check_method(kind: type[Method], made: Any, registry: Registry[Any]) -> None:
    """Raise TypeError where a declaration is none of this kind, or incomplete."""
    if not isinstance(made, kind):
        raise TypeError(f"{made!r:.60} is no declared {registry.noun}")
    for name in ("when", "when_not", "cost"):
        if not getattr(made, name).strip():
            raise TypeError(f"{registry.noun} {made.id}: {name} is empty")
