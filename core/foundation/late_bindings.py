"""What upper layers give to lower ones by name: how results show themselves, where registries are filled.

A layer never imports one above it. ``core/__init__.py``, which knows them all, says here where things are;
they are imported when somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

_PLACES: dict[tuple[str, str], str] = {}


def bind(owner: str, places: Mapping[str, str]) -> None:
    """Say where things are.

    Args:
        owner: What they are for: module and name of a class, or the kind of a method.
        places: "module:name" by what it is.
    """
    _PLACES.update({(owner, what): place for what, place in places.items()})


def bound(owner: str, what: str) -> Any:
    """The thing, its module imported for it; None where nobody said where it is.

    Example:
        >>> bind("seven", {"name": "string:digits"})
        >>> bound("seven", "name"), bound("seven", "colour")
        ('0123456789', None)
    """
    module, _, name = _PLACES.get((owner, what), "").partition(":")
    return getattr(import_module(module), name) if module else None
