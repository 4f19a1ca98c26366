"""Equality of results, field by field, for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

CLOCK = ("seconds", "estimated")


def differences(one: Any, other: Any, where: str = "", *, leave: tuple[str, ...] = ()) -> Iterator[str]:
    """Places in which two results differ, to the last bit; NaN equals NaN, fields in `leave` are left out."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        if one.dtype != other.dtype or one.shape != other.shape or one.tobytes() != other.tobytes():
            yield where
    elif isinstance(one, Mapping) and isinstance(other, Mapping):
        if list(one) != list(other):
            yield f"{where}: {list(one)} and {list(other)}"
        else:
            for name in one:
                yield from differences(one[name], other[name], f"{where}[{name}]", leave=leave)
    elif type(one) is not type(other):
        yield f"{where}: {type(one)} and {type(other)}"
    elif is_dataclass(one):
        for item in fields(one):
            if item.name not in leave:
                yield from differences(
                    getattr(one, item.name), getattr(other, item.name), f"{where}.{item.name}", leave=leave
                )
    elif isinstance(one, (tuple, list)):
        if len(one) != len(other):
            yield where
        for at, (left, right) in enumerate(zip(one, other, strict=False)):
            yield from differences(left, right, f"{where}[{at}]", leave=leave)
    elif one != other and not (one != one and other != other):
        yield f"{where}: {one!r} and {other!r}"
