"""How results show themselves in a notebook: the layers below know of no drawing, it is given from above."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

_GIVEN: dict[tuple[str, str], str] = {}


def give_displays(kind: str, places: Mapping[str, str]) -> None:
    """Say where the functions are that show objects of a class; they are imported when one is shown.

    Args:
        kind: Name of a class that extends `Displayed`.
        places: "module:function" by what it makes, "html" being what a notebook asks for.
    """
    _GIVEN.update({(kind, form): place for form, place in places.items()})


class Displayed:
    """Shows itself as soon as somebody said how, with `give_displays`.

    Example:
        >>> class Seven(Displayed):
        ...     pass
        >>> Seven()._repr_html_() is None
        True
        >>> give_displays("Seven", {"html": "builtins:repr"})
        >>> Seven()._repr_html_().startswith("<")
        True
    """

    __slots__ = ()

    def displayed(self, form: str, *args: Any) -> Any:
        """This object in a form, None where nobody said how to make it."""
        for kind in type(self).__mro__:
            if place := _GIVEN.get((kind.__name__, form)):
                module, _, name = place.partition(":")
                return getattr(import_module(module), name)(self, *args)
        return None

    def _repr_html_(self) -> str | None:
        html: str | None = self.displayed("html")
        return html
