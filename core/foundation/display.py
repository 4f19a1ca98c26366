"""Results that show themselves in a notebook: the layers below know of no drawing, it is given from above."""

from __future__ import annotations

from typing import Any

from .late_bindings import bound


class Displayed:
    """Shows itself as soon as `late_bindings.bind` said how, by module and name of its class.

    Example:
        >>> from core.foundation.late_bindings import bind
        >>> class Seven(Displayed):
        ...     pass
        >>> Seven()._repr_html_() is None
        True
        >>> bind(f"{Seven.__module__}.Seven", {"html": "builtins:repr"})
        >>> Seven()._repr_html_().startswith("<")
        True
    """

    __slots__ = ()

    def displayed(self, form: str, *args: Any) -> Any:
        """This object in a form, None where nobody said how to make it."""
        for kind in type(self).__mro__:
            if make := bound(f"{kind.__module__}.{kind.__qualname__}", form):
                return make(self, *args)
        return None

    def _repr_html_(self) -> str | None:
        html: str | None = self.displayed("html")
        return html
