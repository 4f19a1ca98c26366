"""Parameters read off a signature: their ranges, their checks, and how their values are written."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from ..foundation.errors import ParameterError
from ..foundation.typed_numbers import float_of, whole_of


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
