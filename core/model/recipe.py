"""A recipe: every choice needed to make a subset again, as plain JSON.

The app, the command line and notebooks write the same recipe; `aliquot run` reads it. It holds choices and
row keys, never data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Literal

import orjson

from ..foundation.artifact_store import canonical_json, digest
from ..foundation.errors import RecipeError
from .reading import Reading
from .saved_rows import Only

FORMAT = 1
MOST_SEEDS, MOST_BAND = 10_000, 1_000_000


@dataclass(frozen=True)
class Mark:
    """A pinned or banned row: its key (32 hexadecimal digits), why, and whether results were seen before."""

    key: str
    reason: str = ""
    after_looking: bool = False


@dataclass(frozen=True)
class Choice:
    """A strategy with its parameters.

    Args:
        id: Of a registered strategy.
        params: Parameters; the rest take their defaults.
        version: Of the strategy, where another one will not do.
        label: What people call it; the strategy's own label where empty.
    """

    id: str
    params: Mapping[str, Any] = field(default_factory=dict)
    version: int | None = None
    label: str = ""

    def __post_init__(self) -> None:
        # Several columns may be given as a tuple; JSON knows lists only, and both mean the same.
        if isinstance(self.params, Mapping):
            object.__setattr__(self, "params", _listed(self.params))


@dataclass(frozen=True)
class Recipe:
    """Every choice needed to make a subset or a comparison again.

    Args:
        task: Whether one subset is wanted or a comparison.
        strategies: One for "select", one or more for "compare".
        budget: "500", "5%", or a sum of a cost column: "50000 tokens".
        seed: Seed of everything random.
        seeds: Repetitions of strategies that use the seed (comparisons).
        band: Uniform random subsets to stand beside (comparisons).
        features: What distances are measured on, as in ``--features``.
        embedder: As in ``--embedder``.
        weight: Share of the text where text and table are joined.
        groups: As in ``--groups``; "" for none.
        label, score: Columns.
        id_column: None to guess, "" for keys made from the content.
        roles: Roles that were set by hand.
        missing: Words that count as missing beside the empty string.
        reading: How the file is read where that was chosen by hand (`core.model.reading.Reading`).
        where: A SQL condition that rows must meet.
        only: A saved selection that rows must be in; None for no such bound.
        pins, bans: Rows that must or must not be chosen.
        target: Name and fingerprint of the rows to resemble.
        data: Name and fingerprint of the data set it was written for.

    Example:
        >>> recipe = Recipe(budget="5%", strategies=(Choice("random"),))
        >>> Recipe.from_json(recipe.to_json()) == recipe
        True
    """

    task: Literal["select", "compare"] = "select"
    strategies: tuple[Choice, ...] = ()
    budget: str = "10%"
    seed: int = 0
    seeds: int = 1
    band: int = 199
    features: str = "auto"
    embedder: str = "minilm"
    weight: float = 0.5
    groups: str = "kmeans"
    label: str | None = None
    score: str | None = None
    id_column: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    reading: Mapping[str, str] = field(default_factory=dict)
    where: str = ""
    only: Only | None = None
    pins: tuple[Mark, ...] = ()
    bans: tuple[Mark, ...] = ()
    target: Mapping[str, str] | None = None
    data: Mapping[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict; `from_json` reads it back."""
        body = orjson.loads(canonical_json(asdict(self)))
        for choice in body["strategies"]:
            if not choice["label"]:
                del choice["label"]
        if self.only is None:  # as it was written before saved selections, so that older programs read it
            del body["only"]
        if not self.reading:
            del body["reading"]
        return {"format": FORMAT, **body}

    @classmethod
    def from_json(cls, value: Any) -> Recipe:
        """Read what `to_json` wrote; raises `RecipeError` on anything else."""
        if not isinstance(value, Mapping):
            raise RecipeError(
                "This is not a recipe", "it is not a JSON object", "choose a recipe or a manifest"
            )
        if isinstance(value.get("recipe"), Mapping):
            return cls.from_json(value["recipe"])  # a manifest or a comparison
        if value.get("format") != FORMAT:
            raise RecipeError(
                "This recipe cannot be read",
                f"its format is {value.get('format')!r} and this version reads {FORMAT}",
                "write it again with this version",
            )
        known = {item.name for item in fields(cls)}
        unknown = sorted(set(value) - known - {"format"})
        if unknown:
            raise RecipeError(
                f"The recipe has unknown fields: {', '.join(unknown[:5])}",
                "they might change the result, so nothing is ignored",
                "remove them or use the version that wrote them",
            )
        try:
            body = {name: value[name] for name in known if name in value}
            for name in ("pins", "bans"):
                body[name] = tuple(Mark(**item) for item in body.get(name) or ())
            body["strategies"] = tuple(Choice(**item) for item in body.get("strategies") or ())
            body["missing"] = tuple(body.get("missing") or ())
            body["only"] = None if body.get("only") is None else Only.from_json(body["only"])
            made = cls(**body)
        except (TypeError, ValueError, AttributeError) as error:
            raise RecipeError("This recipe cannot be read", str(error), "check its fields") from error
        made._check()
        return made

    @classmethod
    def read(cls, path: Path) -> Recipe:
        """A recipe, or the one inside a manifest or comparison, from a JSON file."""
        try:
            return cls.from_json(orjson.loads(Path(path).read_bytes()))
        except FileNotFoundError:
            raise RecipeError(f"There is no file {path}", "", "check the path") from None
        except (OSError, orjson.JSONDecodeError) as error:
            raise RecipeError(f"{path} cannot be read", str(error), "choose a recipe (JSON)") from error

    @property
    def digest(self) -> str:
        """Hash of the recipe, 32 hexadecimal digits."""
        return digest(self.to_json())

    def with_(self, **changes: Any) -> Recipe:
        """A copy with some choices changed."""
        return replace(self, **changes)

    def _check(self) -> None:
        texts = ("task", "budget", "features", "embedder", "groups", "where")
        wrong = [name for name in texts if not isinstance(getattr(self, name), str)]
        wrong += [name for name in ("seed", "seeds", "band") if not _whole(getattr(self, name))]
        wrong += [name for name in ("label", "score", "id_column") if not _text_or_none(getattr(self, name))]
        for name in ("roles", "reading", "target", "data"):
            value = getattr(self, name)
            if not (value is None and name in ("target", "data")) and not _texts(value):
                wrong.append(name)
        wrong += [name for name in ("pins", "bans") if any(not _text_mark(m) for m in getattr(self, name))]
        if not all(isinstance(word, str) for word in self.missing):
            wrong.append("missing")
        if not all(isinstance(item.id, str) and isinstance(item.params, Mapping) for item in self.strategies):
            wrong.append("strategies")
        if self.task not in ("select", "compare"):
            wrong.append("task")
        # Beyond these no comparison was ever made; a file that says so would only cost memory.
        for name, low, high in (("seed", -(2**63), 2**63), ("seeds", 1, MOST_SEEDS), ("band", 1, MOST_BAND)):
            if name not in wrong and not low <= getattr(self, name) <= high:
                wrong.append(name)
        versions = [item.version for item in self.strategies]
        if not all(version is None or (_whole(version) and 0 < version < 2**31) for version in versions):
            wrong.append("strategies")
        number = isinstance(self.weight, (int, float)) and not isinstance(self.weight, bool)
        if not number or not 0 <= self.weight <= 1:
            wrong.append("weight")
        if wrong:
            raise RecipeError(
                f"The recipe's {', '.join(wrong)} cannot be used", "wrong type or value", "mend the recipe"
            )
        Reading.from_json(self.reading)


def _listed(value: Any) -> Any:
    """The value with every tuple inside it as a list."""
    if isinstance(value, Mapping):
        return {name: _listed(item) for name, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, (list, tuple)) else value


def _texts(value: Any) -> bool:
    """A mapping from text to text."""
    return isinstance(value, Mapping) and all(isinstance(v, str) for pair in value.items() for v in pair)


def _text_mark(mark: Mark) -> bool:
    return isinstance(mark.key, str) and isinstance(mark.reason, str) and isinstance(mark.after_looking, bool)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _text_or_none(value: Any) -> bool:
    return value is None or isinstance(value, str)
