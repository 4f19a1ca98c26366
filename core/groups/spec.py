"""How to group rows: a small declared choice that is written into recipes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..foundation.errors import ParameterError
from .declaration import CLUSTERERS

COLUMN = "column"


@dataclass(frozen=True)
class GroupSpec:
    """A choice of groups.

    Args:
        method: Id of a clusterer, or "column".
        column: The column, for that method.
        params: Parameters of the clusterer.

    Example:
        >>> GroupSpec.parse("kmeans:12").params
        {'k': 12}
        >>> GroupSpec.parse("topic").column
        'topic'
    """

    method: str = "kmeans"
    column: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.method == COLUMN:
            if not self.column or not isinstance(self.column, str):
                raise ParameterError("Groups by column need a column", "none was named", "name one")
            if self.params:
                raise ParameterError(
                    "Groups by column take no parameters", "some were given", "leave them out"
                )
        else:
            object.__setattr__(self, "params", CLUSTERERS[self.method].check(self.params))

    @classmethod
    def parse(cls, text: str) -> GroupSpec:
        """Read ``kmeans``, ``kmeans:12``, ``hdbscan``, ``hdbscan:25``, ``column:NAME`` or ``NAME``.

        A number after a clusterer's name is its first parameter. A column that bears the name of a clusterer
        is written ``column:NAME``.
        """
        word = text.strip()
        head, colon, rest = word.partition(":")
        if head in CLUSTERERS:
            clusterer = CLUSTERERS[head]
            if not colon:
                return cls(head)
            first = clusterer.params[0]
            return cls(head, params={first.name: first.parse(rest, head)})
        if head == COLUMN and rest:
            return cls(COLUMN, rest)
        if not word:
            raise ParameterError("Groups need a name", "none was given", "use kmeans, hdbscan or a column")
        return cls(COLUMN, word)

    @property
    def text(self) -> str:
        """The command-line form."""
        if self.method == COLUMN:
            name = str(self.column)
            plain = name.partition(":")[0] not in (*CLUSTERERS.ids(), COLUMN)
            return name if plain else f"{COLUMN}:{name}"
        first = CLUSTERERS[self.method].params[0].name
        value = self.params.get(first)
        return self.method if value is None else f"{self.method}:{value}"

    def to_json(self) -> dict[str, Any]:
        """A JSON form, of which keys are made."""
        return {"method": self.method, "column": self.column, "params": dict(self.params)}
