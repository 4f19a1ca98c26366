"""The manifest: recipe, fingerprints and results of a subset, as canonical JSON with its own digest."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from ..data.row_ids import ids_of, keys_of
from ..foundation.artifact_store import canonical_json
from ..foundation.environment import environment
from ..foundation.errors import BundleError
from ..foundation.machine import show_bytes
from ..foundation.version import __version__
from ..model.decision import now
from ..model.reading import READING_VERSION
from ..model.recipe import Choice, Recipe
from .manifest_shape import check_shape
from .older_versions import methods_block

if TYPE_CHECKING:
    from ..model.dataset import Dataset
    from ..model.derived import Features, Groups
    from ..model.selection import Selection
    from ..study.artifacts import Artifacts


FORMAT = 1


def file_hash(data: bytes) -> str:
    """BLAKE2b-256 of a file's bytes, hexadecimal."""
    return blake2b(data, digest_size=32).hexdigest()


def body_digest(manifest: Mapping[str, Any]) -> str:
    """BLAKE2b-256 over the canonical JSON of a manifest without its digest and its sign-off."""
    body = {name: value for name, value in manifest.items() if name not in ("digest", "signoff")}
    return blake2b(canonical_json(body), digest_size=32).hexdigest()


def sealed(body: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest body as it is written and read: plain JSON, with its digest and no sign-off."""
    plain: dict[str, Any] = orjson.loads(canonical_json(dict(body)))
    return {**plain, "digest": body_digest(plain), "signoff": None}


def data_block(dataset: Dataset, eligible: int) -> dict[str, Any]:
    """Fingerprints and roles of a data set."""
    mark = dataset.fingerprint
    return {
        "name": dataset.name,
        "digest": mark.digest,
        "id_column": mark.id_column,
        "rows": len(dataset),
        "eligible": eligible,
        "columns": dict(mark.columns),
        "roles": {
            name: {"role": role.kind.value, "reason": role.reason} for name, role in dataset.roles.items()
        },
        "vectors": {name: list(matrix.shape) for name, matrix in dataset.vectors.items()},
        "reading": {"version": READING_VERSION, **dataset.reading},
        "notes": list(dataset.notes),
    }


def features_block(features: Features | None, recorded: bool) -> dict[str, Any] | None:
    """Where distances lived: model, number format, shape, digest; and whether the bundle holds the matrix."""
    from ..data.fingerprint import array_digest

    if features is None:
        return None
    return {
        "label": features.label,
        "metric": features.metric,
        "shape": list(features.matrix.shape),
        "key": features.key,
        "digest": array_digest(features.matrix),
        "made_by": dict(features.made_by),
        "names": list(features.names),
        "notes": list(features.notes),
        "recorded": recorded,
    }


def groups_block(groups: Groups | None) -> dict[str, Any] | None:
    """The groups: names, sizes, and a digest of the row codes in canonical order."""
    from ..data.fingerprint import array_digest

    if groups is None:
        return None
    return {
        "label": groups.label,
        "names": list(groups.names),
        "sizes": groups.sizes.tolist(),
        "noise": groups.noise,
        "digest": array_digest(groups.codes.astype(np.int64)),
        "notes": list(groups.notes),
    }


def selection_block(dataset: Dataset, selection: Selection) -> dict[str, Any]:
    """The subset itself: ordered ids and keys with everything the strategy said about them."""
    ids = ids_of(dataset)

    def numbers(values: Any) -> list[Any] | None:
        return None if values is None else np.asarray(values).tolist()

    return {
        "strategy": selection.strategy,
        "version": selection.version,
        "params": dict(selection.params),
        "seed": selection.seed,
        "budget": selection.budget,
        "asked": asked_of(selection),
        "population": selection.population,
        "pinned": selection.pinned,
        "inputs": selection.inputs,
        "ids": [ids[row] for row in selection.rows],
        "keys": keys_of(dataset, selection.rows),
        "weight": numbers(selection.weight),
        "inclusion": numbers(selection.inclusion),
        "multiplicity": numbers(selection.multiplicity),
        "represents": numbers(selection.represents),
        "gains": numbers(selection.gains),
        "found": {name: value if isfinite(value) else None for name, value in selection.found.items()},
        "quota": None if selection.quota is None else dict(selection.quota),
        "notes": list(selection.notes),
        "seconds": selection.seconds,
        "estimated": selection.estimated,
        "cost": None if selection.cost is None else selection.cost.to_json(),
    }


def asked_of(selection: Selection) -> str:
    """The budget as it was asked for: a share, a sum of costs, or the count where nothing else is known."""
    if selection.cost is not None:
        return str(selection.cost.budget)
    return selection.asked or str(selection.budget)


def make_body(
    study: Artifacts,
    selection: Selection,
    features: Features | None,
    groups: Groups | None,
    *,
    recorded: bool,
    renamed: Mapping[str, str],
    neutralised: int | None,
    files: Mapping[str, bytes],
) -> dict[str, Any]:
    """The body of a manifest.

    Args:
        study: Data set and recipe.
        selection: The subset.
        features, groups: Where they were made.
        recorded: Whether the bundle holds the features.
        renamed: The user's columns that gave way to ours.
        neutralised: Cells of the CSV with a ``'`` put in front; None without a CSV.
        files: Every other file of the bundle.
    """
    choice = Choice(selection.strategy, dict(selection.params), selection.version)
    asked = asked_of(selection)  # the wish; what it came to stands in the selection
    recipe = study.recipe.with_(task="select", strategies=(choice,), budget=asked, seed=selection.seed)
    target = study.target() if study.has("target") else None
    return {
        "format": FORMAT,
        "kind": "aliquot manifest",
        "aliquot": __version__,
        "created": now(),
        "recipe": recipe.to_json(),
        "data": data_block(study.data, selection.population),
        "target": None
        if study.target_data is None
        else {
            "name": study.target_data.name,
            "digest": study.target_data.fingerprint.digest,
            "id_column": study.target_data.fingerprint.id_column,
            "rows": len(study.target_data),
            "used": target is not None,
            "reading": dict(study.target_data.reading),
        },
        "methods": methods_block(study, choice, features=features is not None, groups=groups is not None),
        "features": features_block(features, recorded),
        "groups": groups_block(groups),
        "selection": selection_block(study.data, selection),
        "renamed": dict(renamed),
        "csv": None if neutralised is None else {"neutralised_cells": neutralised, "mark": "'"},
        "environment": environment(),
        "files": {
            name: {"bytes": len(data), "blake2b": file_hash(data)} for name, data in sorted(files.items())
        },
    }


def dump(manifest: Mapping[str, Any]) -> bytes:
    """A manifest as it is written: sorted keys, indented, newline at the end."""
    return orjson.dumps(
        manifest, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    )


def parse(data: bytes) -> dict[str, Any]:
    """Read a manifest; `BundleError` where it is none or of another format."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BundleError("manifest.json cannot be read", str(error), "export the bundle again") from None
    if not isinstance(value, dict) or "selection" not in value:
        raise BundleError(
            "This is not a manifest", "it holds no selection", "choose the manifest.json of a bundle"
        )
    if value.get("format") != FORMAT:
        raise BundleError(
            "The manifest cannot be read",
            f"its format is {value.get('format')!r} and this version reads {FORMAT}",
            "use the version of Aliquot that wrote it",
        )
    check_shape(value)
    Recipe.from_json(value["recipe"])
    return value


_MANIFEST_LIMIT = 512 * 2**20


def signed_by(path: Path) -> str:
    """Who signed a manifest; "" where nobody did. `BundleError` where it cannot be read, so not be judged."""
    block = parse(read_capped(path, _MANIFEST_LIMIT)).get("signoff")
    return str(block.get("who") or "somebody") if block else ""


def read_capped(path: Path, limit: int) -> bytes:
    """The bytes of a file, refused with `BundleError` where they are more than `limit` or cannot be read."""
    try:
        size = path.stat().st_size
        if size > limit:
            raise BundleError(
                f"{path.name} is too large",
                f"{show_bytes(size)} is over {show_bytes(limit)}",
                "check the bundle",
            )
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path} cannot be read", error.strerror or str(error), "check the path") from error
