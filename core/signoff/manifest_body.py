"""What a manifest records of a subset: data, features, groups, methods, selection."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.row_ids import ids_of, keys_of
from ..foundation.environment import environment
from ..foundation.version import __version__
from ..model.decision import now
from ..model.read_options import READING_VERSION
from ..model.recipe import Choice
from .manifest import FORMAT, file_hash

if TYPE_CHECKING:
    from ..model.dataset import Dataset
    from ..model.derived import Features, Groups
    from ..model.selection import Selection
    from ..study.artifacts import Artifacts


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
    near = study.recipe.near
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
        # Where the sentence lies among these features: a replay elsewhere need not have the model.
        **({} if near is None else {"near": {"vector": study.sentence(near.text).tolist()}}),
        "selection": selection_block(study.data, selection),
        "renamed": dict(renamed),
        "csv": None if neutralised is None else {"neutralised_cells": neutralised, "mark": "'"},
        "environment": environment(),
        "files": {
            name: {"bytes": len(data), "blake2b": file_hash(data)} for name, data in sorted(files.items())
        },
    }


def methods_block(study: Artifacts, choice: Choice, *, features: bool, groups: bool) -> dict[str, int]:
    """Version of every declared thing that a subset was made with, by "strategy ID", "embedder ID"….

    Args:
        study: Data and recipe.
        choice: The strategy with its parameters; those named inside them count too.
        features, groups: Whether these were made.
    """
    from ..groups.declaration import CLUSTERERS

    named = _strategies({"id": choice.id, "params": choice.params})
    made = {f"strategy {name}": version for name, version in named.items()}
    if features and study.spec.uses_text:
        embedder, _ = study.spec.chosen()
        made[f"embedder {embedder.id}"] = embedder.version
    spec = study.group_spec
    if groups and spec is not None and spec.method in CLUSTERERS:
        made[f"groups {spec.method}"] = CLUSTERERS[spec.method].version
    return made


def _strategies(choice: Mapping[str, Any]) -> dict[str, int]:
    """A strategy and those named inside its parameters, with their versions here."""
    from ..strategies.declaration import STRATEGIES

    strategy = STRATEGIES[choice["id"]]
    found = {strategy.id: strategy.version}
    params = strategy.check(choice.get("params") or {})
    for parameter in strategy.params:
        value = params[parameter.name]
        if parameter.kind == "strategy" and value is not None:
            found |= _strategies({"id": value, "params": {}} if isinstance(value, str) else value)
    return found
