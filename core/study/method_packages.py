"""Whether the methods of other packages that a recipe was written with are installed here."""

from __future__ import annotations

from typing import Any

from ..features.declaration import EMBEDDERS
from ..foundation.errors import ExtensionError
from ..groups.declaration import CLUSTERERS
from ..model.extensions import to_install
from ..model.open_registry import OpenRegistry
from ..model.recipe import Recipe
from ..strategies.declaration import STRATEGIES

_REGISTRIES: dict[str, OpenRegistry[Any]] = {
    "strategy": STRATEGIES,
    "embedder": EMBEDDERS,
    "groups": CLUSTERERS,
}


def installed(method: str) -> str | None:
    """Name and version of the package that a method is of here; "" for our own, None where there is none.

    Args:
        method: "strategy ID", "embedder ID" or "groups ID".

    Example:
        >>> installed("strategy random"), installed("strategy mine")
        ('', None)
    """
    kind, _, name = method.partition(" ")
    registry = _REGISTRIES.get(kind)
    return registry[name].package if registry is not None and name in registry else None


def missing_package(method: str, wrote: str) -> str:
    """Why a method is not the recorded one, as far as packages tell; "" where it is.

    Another version of a package counts as another package: it may draw other rows.

    Args:
        method: As in `installed`.
        wrote: Name and version of the package that it was of; "" for our own.

    Example:
        >>> missing_package("strategy random", ""), missing_package("strategy mine", "demo 1.0")
        ('', 'it is not installed here')
    """
    here, name = installed(method), method.partition(" ")[2]
    if here == wrote or (here is None and not wrote):
        return ""
    if here is None:
        return "it is not installed here"
    if not here:
        return f"{name} is one of Aliquot's own here"
    if here.partition(" ")[0] == wrote.partition(" ")[0]:
        return f"it was {wrote}, here is {here}, and another version may draw other rows"
    return f"{name} is of {here} here"


def check_packages(recipe: Recipe) -> None:
    """Refuse a recipe whose methods are of packages that are not installed, or in another version.

    Raises:
        ExtensionError: With the package that it was made with.

    Example:
        >>> check_packages(Recipe())
    """
    for method in recipe.methods:
        wrote = recipe.packages.get(method, "")
        why = missing_package(method, wrote) if wrote else ""
        if why:
            raise ExtensionError(
                f"The recipe was written with the {method} of {wrote}", why, to_install("recipe", wrote)
            )
