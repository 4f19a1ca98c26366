"""The shape of a manifest, checked before anything in it is used. Fields beside these are left aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge, Len

from ..foundation.errors import BundleError
from ..foundation.typed_json import clause, read_typed
from ..model.extensions import NO_PACKAGE, PACKAGE

_Version = Annotated[int, Ge(1)]
_Table = Mapping[str, Any]
_Key = Annotated[str, Len(32, 32)]
_Number = float | None  # null in the place of one that is not finite
_Numbers = tuple[_Number, ...] | None


@dataclass(frozen=True)
class _Recipe:  # the rest of it is for `Recipe.from_json`
    strategies: Annotated[tuple[_Table, ...], Len(1, 1)]
    packages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Role:
    role: str


@dataclass(frozen=True)
class _Data:
    name: str
    digest: str
    id_column: str | None
    rows: int
    eligible: int
    columns: Mapping[str, str]
    roles: Mapping[str, _Role]
    vectors: Mapping[str, tuple[int, ...]]
    reading: Mapping[str, str | _Version] = field(default_factory=dict)


@dataclass(frozen=True)
class _Target:
    name: str
    digest: str
    id_column: str | None
    used: bool
    reading: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Features:
    label: str
    metric: Literal["cosine", "euclidean"]
    shape: tuple[int, ...]
    digest: str
    made_by: _Table
    names: tuple[str, ...]
    notes: tuple[str, ...]
    recorded: bool


@dataclass(frozen=True)
class _SentencePlace:
    vector: tuple[float, ...]


@dataclass(frozen=True)
class _Groups:
    label: str
    names: tuple[str, ...]
    digest: str


@dataclass(frozen=True)
class _Cost:
    asked: str
    column: str
    spent: _Number


@dataclass(frozen=True)
class _Selection:
    strategy: str
    version: _Version
    params: _Table
    seed: int
    budget: int
    population: int
    pinned: int
    ids: tuple[str | int, ...]
    keys: tuple[_Key, ...]
    weight: _Numbers
    inclusion: _Numbers
    multiplicity: _Numbers
    represents: _Numbers
    gains: _Numbers
    quota: Mapping[str, int] | None
    notes: tuple[str, ...]
    # What older manifests lack.
    cost: _Cost | None = None
    asked: str = ""
    found: Mapping[str, _Number] = field(default_factory=dict)


@dataclass(frozen=True)
class _Csv:
    neutralised_cells: int


@dataclass(frozen=True)
class _File:
    bytes: int
    blake2b: str


@dataclass(frozen=True)
class _Manifest:
    format: int
    aliquot: str
    created: str
    digest: str
    recipe: _Recipe
    data: _Data
    target: _Target | None
    features: _Features | None
    groups: _Groups | None
    selection: _Selection
    renamed: Mapping[str, str]
    csv: _Csv | None
    environment: _Table
    files: Mapping[str, _File]
    signoff: _Table | None
    methods: Mapping[str, _Version] = field(default_factory=dict)
    near: _SentencePlace | None = None


def check_shape(manifest: Mapping[str, Any]) -> None:
    """Raise `BundleError` naming the first part of a manifest that is missing or malformed."""
    made = read_typed(_Manifest, manifest, _wrong, others=True)
    if not all(map(PACKAGE.fullmatch, made.recipe.packages.values())):
        raise _wrong("recipe › packages", NO_PACKAGE)
    reading = made.data.reading
    if "reading" not in manifest["data"]:
        if "methods" in manifest:  # both came with the second version of reading
            raise _wrong("data › reading", "it is missing")
    elif any(
        isinstance(part, str) == (name == "version") for name, part in {"version": "", **reading}.items()
    ):
        raise _wrong("data › reading", "it is not a version, and a text for each choice")


def _wrong(where: str, why: str) -> BundleError:
    return BundleError("The manifest cannot be used", clause(where, why), "export the bundle again")
