"""Comparisons that last: written to the artifact store and read back, equal to the last bit.

A finished comparison lies under its key. One that was stopped, or whose process ended, lies beside it as far
as it came, so that another run goes on from there. Nothing is pickled: dataclasses become tagged JSON, and
their arrays lie end to end in one file per number format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from fractions import Fraction
from functools import cache
from math import prod
from typing import Any, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from ...foundation.artifact_store import Artifact, Store, artifact_key, versions
from ...metrics.declaration import METRICS
from ...model.open_registry import edition
from .comparison import Comparison

KIND, PART = "comparison", "comparison-part"
FORMAT = 6  # raised where a comparison of an earlier version would say something else
_NUMBERS = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint64", "float32", "float64")


def address(name: str) -> str:
    """Where a comparison lies: its name, and what else can change its numbers (metrics, libraries).

    Args:
        name: Digest of every choice and of the data.
    """
    metrics = [[metric.id, edition(metric)] for metric in METRICS]
    return artifact_key(KIND, FORMAT, {"name": name, "metrics": metrics, "libraries": _libraries()})


@cache
def _libraries() -> dict[str, str]:
    return versions("numpy", "scipy", "scikit-learn", "pandas")


def keep(store: Store, name: str, comparison: Comparison) -> bool:
    """Write a comparison; a partial one replaces the part before it, a finished one replaces all parts.

    Returns:
        False where the disk did not take it (the store's `failures` say why); it stays usable in memory.
    """
    key = address(name)
    try:
        body = pack(comparison)
        if comparison.partial:
            store.drop(PART, key)
            store.put(PART, key, body)
        else:
            store.put(KIND, key, body)
            store.drop(PART, key)
    except (OSError, TypeError) as error:
        why = getattr(error, "strerror", None) or error
        store.failures.append(f"the comparison was not kept on disk: {why}")
        return False
    return True


def finished(store: Store, name: str) -> bool:
    """Whether a finished comparison lies there; looks without reading it."""
    return store.has(KIND, address(name))


def recall(store: Store, name: str) -> Comparison | None:
    """What there is of a comparison: finished, else as far as it came, else None.

    A damaged one, or one of another version of this program, counts as missing.
    """
    key = address(name)
    for kind in (KIND, PART):
        found = store.get(kind, key) if store.has(kind, key) else None
        if found is None:
            continue
        try:
            return unpack(found)
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
            continue
    return None


# ---- to JSON and arrays, and back --------------------------------------------------------------------


@cache
def _classes() -> dict[str, type]:
    """The dataclasses that a comparison is made of, by name: nothing else is ever built from a file."""
    found: dict[str, type] = {}

    def visit(hint: Any) -> None:
        if isinstance(hint, type) and is_dataclass(hint) and hint.__name__ not in found:
            found[hint.__name__] = hint
            for inner in get_type_hints(hint).values():
                visit(inner)
        for part in get_args(hint):
            visit(part)

    visit(Comparison)
    return found


@dataclass
class _ArrayStack:
    """Arrays laid end to end, one file per number format."""

    parts: dict[str, list[NDArray[Any]]] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)

    def add(self, array: NDArray[Any]) -> dict[str, Any]:
        name = array.dtype.name
        if name not in _NUMBERS:
            raise TypeError(f"arrays of {array.dtype} are not kept")
        start = self.ends.get(name, 0)
        self.parts.setdefault(name, []).append(np.ascontiguousarray(array).reshape(-1))
        self.ends[name] = start + array.size
        return {"is": "array", "of": name, "at": start, "shape": list(array.shape)}


def pack(comparison: Comparison) -> Artifact:
    """A comparison as arrays and JSON. Raises TypeError on what has no place in a comparison."""
    stack = _ArrayStack()
    body = _pack(comparison, stack)
    arrays = {name: np.concatenate(parts) for name, parts in stack.parts.items()}
    return Artifact(arrays, {"format": FORMAT, "comparison": body})


def unpack(kept: Artifact) -> Comparison:
    """The comparison that `pack` took apart: every field equal, arrays read-only.

    Raises:
        ValueError, KeyError, TypeError: It was written by something else, or damaged.
    """
    if kept.meta["format"] != FORMAT:
        raise ValueError("another format")
    made = _unpack(kept.meta["comparison"], kept.arrays)
    if not isinstance(made, Comparison):
        raise ValueError("not a comparison")
    return made


def _pack(value: Any, stack: _ArrayStack) -> Any:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, np.generic):
        return _pack(value.item(), stack)
    if isinstance(value, int):
        return value
    if isinstance(value, float):  # JSON knows no other numbers; finite ones survive as their shortest form
        return value if np.isfinite(value) else {"is": "float", "as": repr(value)}
    if isinstance(value, Fraction):
        return {"is": "fraction", "as": str(value)}
    if isinstance(value, np.ndarray):
        return stack.add(value)
    if is_dataclass(value) and type(value) is _classes().get(type(value).__name__):
        parts = {item.name: _pack(getattr(value, item.name), stack) for item in fields(value)}
        return {"is": type(value).__name__, "parts": parts}
    if isinstance(value, Mapping):
        return {"is": "map", "items": [[_pack(k, stack), _pack(v, stack)] for k, v in value.items()]}
    if isinstance(value, tuple):
        return {"is": "tuple", "items": [_pack(item, stack) for item in value]}
    if isinstance(value, list):
        return [_pack(item, stack) for item in value]
    raise TypeError(f"a {type(value).__name__} has no place in a comparison that is kept")


def _unpack(value: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    if isinstance(value, list):
        return [_unpack(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value["is"]
    if kind == "float":
        return float(value["as"])
    if kind == "fraction":
        return Fraction(value["as"])
    if kind == "array":
        return _array(value, arrays)
    if kind == "map":
        return {_unpack(k, arrays): _unpack(v, arrays) for k, v in value["items"]}
    if kind == "tuple":
        return tuple(_unpack(item, arrays) for item in value["items"])
    return _classes()[kind](**{name: _unpack(part, arrays) for name, part in value["parts"].items()})


def _array(place: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    size = prod(place["shape"])
    part = np.array(arrays[place["of"]][place["at"] : place["at"] + size]).reshape(place["shape"])
    part.flags.writeable = False
    return part
