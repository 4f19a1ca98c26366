"""A recipe: every choice needed to make a subset again, as plain JSON.

The app, the command line and notebooks write the same recipe; `aliquot run` reads it. It holds choices and
row keys, never data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from annotated_types import Interval

from ..foundation.artifact_store import canonical_json
from ..foundation.errors import RecipeError
from ..foundation.typed_json import ReadBy, read_typed
from .extensions import NO_PACKAGE, PACKAGE
from .open_registry import package_of, strategies_in
from .read_as import read_forms
from .read_options import ReadOptions
from .row_conditions import Near
from .saved_rows import Only

FORMAT = 1
MOST_SEEDS, MOST_BAND = 10_000, 1_000_000
"""Beyond these no comparison was ever made; a file that says so would only cost memory."""
_LISTS = ("strategies", "missing", "pins", "bans")  # null stands for an empty one


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
    version: Annotated[int, Interval(ge=1, lt=2**31)] | None = None
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
        read_as: Forms in which the cells of some columns are read (`core.model.read_as.ReadAs`), by column.
        reading: How the file is read where that was chosen by hand (`core.model.read_options.ReadOptions`).
        where: A SQL condition that rows must meet.
        only: A saved selection that rows must be in; None for no such bound.
        near: A sentence, and how many rows nearest to it take part; None for no such bound.
        pins, bans: Rows that must or must not be chosen.
        target: Name and fingerprint of the rows to resemble.
        data: Name and fingerprint of the data set it was written for.
        packages: Name and version of the package of every method that is not ours, by "strategy ID",
            "embedder ID" and "groups ID", as it was written; `to_json` adds those of this installation.

    Example:
        >>> recipe = Recipe(budget="5%", strategies=(Choice("random"),))
        >>> Recipe.from_json(recipe.to_json()) == recipe
        True
    """

    task: Literal["select", "compare"] = "select"
    strategies: tuple[Choice, ...] = ()
    budget: str = "10%"
    seed: Annotated[int, Interval(ge=-(2**63), le=2**63)] = 0
    seeds: Annotated[int, Interval(ge=1, le=MOST_SEEDS)] = 1
    band: Annotated[int, Interval(ge=1, le=MOST_BAND)] = 199
    features: str = "auto"
    embedder: str = "minilm"
    weight: Annotated[float | int, Interval(ge=0, le=1)] = 0.5  # 1 stays 1: it is in the digest
    groups: str = "kmeans"
    label: str | None = None
    score: str | None = None
    id_column: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    reading: Mapping[str, str] = field(default_factory=dict)
    read_as: Mapping[str, str] = field(default_factory=dict)
    where: str = ""
    only: Annotated[Only, ReadBy(Only.from_json)] | None = None
    near: Annotated[Near, ReadBy(Near.from_json)] | None = None
    pins: tuple[Mark, ...] = ()
    bans: tuple[Mark, ...] = ()
    target: Mapping[str, str] | None = None
    data: Mapping[str, str] | None = None
    packages: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def methods(self) -> dict[str, tuple[str, str]]:
        """Kind and id of every method that it names, by "strategy ID", "embedder ID" and "groups ID"."""
        found = {
            f"strategy {name}": ("strategy", name)
            for choice in self.strategies
            for name in strategies_in(choice.id, choice.params)
        }
        found[f"embedder {self.embedder}"] = ("embedder", self.embedder)
        head = (self.groups or "").partition(":")[0]
        return found | ({f"groups {head}": ("clusterer", head)} if head else {})

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict; `from_json` reads it back."""
        body = orjson.loads(canonical_json(asdict(self)))
        for choice in body["strategies"]:
            if not choice["label"]:
                del choice["label"]
        for name in ("only", "near"):  # as it was written before these, so that older programs read it
            if body[name] is None:
                del body[name]
        for name in ("reading", "read_as"):
            if not body[name]:
                del body[name]
        wrote = {name: self.packages.get(name) or package_of(*one) for name, one in self.methods.items()}
        body["packages"] = {name: package for name, package in wrote.items() if package}
        if not body["packages"]:
            del body["packages"]
        return {"format": FORMAT, **body}

    @classmethod
    def from_json(cls, value: Any) -> Recipe:
        """Read what `to_json` wrote; raises `RecipeError` on anything else."""
        if not isinstance(value, Mapping):
            raise RecipeError(
                "This is not a recipe", "it is not a JSON object", "choose a recipe or a manifest"
            )
        while isinstance(value.get("recipe"), Mapping):
            value = value["recipe"]  # a manifest or a comparison
        if value.get("format") != FORMAT:
            raise RecipeError(
                "This recipe cannot be read",
                f"its format is {value.get('format')!r} and this version reads {FORMAT}",
                "write it again with this version",
            )
        body = {
            name: given
            for name, given in value.items()
            if name != "format" and not (given is None and name in _LISTS)
        }
        made = read_typed(cls, body, _wrong)
        for package in made.packages.values():
            if not PACKAGE.fullmatch(package):
                raise _wrong("packages", NO_PACKAGE)
        ReadOptions.from_json(made.reading)
        read_forms(made.read_as)
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

    def with_(self, **changes: Any) -> Recipe:
        """A copy with some choices changed."""
        return replace(self, **changes)


def _wrong(where: str, why: str) -> RecipeError:
    do = "correct it, or use the version that wrote it; nothing is ignored that might change the result"
    return RecipeError(
        f"The recipe's {where} cannot be used" if where else "This recipe cannot be read", why, do
    )


def _listed(value: Any) -> Any:
    """The value with every tuple inside it as a list."""
    if isinstance(value, Mapping):
        return {name: _listed(item) for name, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, (list, tuple)) else value
