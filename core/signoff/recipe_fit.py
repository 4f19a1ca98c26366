"""How the record of an earlier subset fits other data: what a recipe meant then, and what it means now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from ..data.row_ids import keys_of
from ..foundation.errors import BudgetError, BundleError
from ..foundation.wording import count, some
from ..model.budget import Budget
from ..model.read_options import READING_VERSION
from .atomic_folder import MANIFEST
from .manifest import parse
from .open_bundle import ROWS, SUBSET

if TYPE_CHECKING:
    from ..model.selection import Selection
    from ..study.artifacts import Artifacts

_SHOWN = 5


def manifest_at(path: Path) -> tuple[Mapping[str, Any], Path] | None:
    """The manifest that a recipe comes from, with its folder; None where it comes from something else."""
    place = path / MANIFEST if path.is_dir() else path
    if not place.is_file():
        return None
    body = place.read_bytes()
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict) or "selection" not in value:
        return None
    return parse(body), place.parent


def fit_sentences(
    manifest: Mapping[str, Any], folder: Path, study: Artifacts, selection: Selection
) -> list[str]:
    """What became of a recorded subset's recipe on the data at hand, in plain words.

    Nothing is carried over from the old data but the recipe: features, groups, centres and what rules find
    are made again from these rows.

    Args:
        manifest: The record of the earlier subset.
        folder: Where it lies; ``rows.parquet`` and ``subset.parquet`` are read where they are beside it.
        study: Data and recipe.
        selection: The subset that the recipe gives now.
    """
    if manifest["data"]["digest"] == study.data.fingerprint.digest:
        return []
    said = [*_reading(manifest), *_budget(manifest, selection), *_rows(manifest, folder, study, selection)]
    said += [*_columns(manifest, study), *_features(manifest, study), *_groups(manifest, study)]
    return [*said, *_found(manifest, selection), *_ranges(folder, study)]


def _named(names: Iterable[str]) -> str:
    return some(map(repr, names), _SHOWN, quoted=True)


def _reading(manifest: Mapping[str, Any]) -> list[str]:
    version = (manifest["data"].get("reading") or {}).get("version", 1)
    if version == READING_VERSION:
        return []
    return [f"The record was made under reading version {version}; files are read by {READING_VERSION} now."]


def _budget(manifest: Mapping[str, Any], selection: Selection) -> list[str]:
    block = manifest["selection"]
    try:
        asked = Budget.parse(block.get("asked", manifest["recipe"]["budget"]))
    except BudgetError:
        return []
    if not (asked.percent or asked.column):
        return []
    then = f"{len(block['keys']):,} of {count(block['population'], 'row')}"
    return [f"The budget, {asked.words}, came to {then} then, and comes to {selection.share} now."]


def _rows(manifest: Mapping[str, Any], folder: Path, study: Artifacts, selection: Selection) -> list[str]:
    data, old = study.data, manifest["selection"]["keys"]
    here = {key.tobytes().hex() for key in data.keys}
    still = sum(key in here for key in old)
    again = len(set(old) & set(keys_of(data, selection.rows)))
    chosen = f"Of the {count(len(old), 'row')} chosen then"
    said = [f"{chosen}, this data holds {still:,} and the new subset {again:,}."]
    before = _old_keys(folder)
    if before is not None:
        new = len(here - before)
        said.append(f"Rows that the old data did not hold: {new:,} of {len(data):,}.")
    return said


def _old_keys(folder: Path) -> set[str] | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return {key.hex() for key in pq.read_table(folder / ROWS, columns=["key"]).column("key").to_pylist()}
    except (OSError, KeyError, ValueError, pa.ArrowException):
        return None


def _columns(manifest: Mapping[str, Any], study: Artifacts) -> list[str]:
    was, now = manifest["data"]["columns"], study.data.fingerprint.columns
    gone, new = sorted(set(was) - set(now)), sorted(set(now) - set(was))
    said = [f"Columns that are gone: {_named(gone)}."] if gone else []
    said += [f"Columns that are new: {_named(new)}."] if new else []
    roles = {name: role["role"] for name, role in manifest["data"]["roles"].items()}
    other = [
        f"{name} ({roles[name]}, now {role.kind.value})"
        for name, role in study.data.roles.items()
        if name in roles and roles[name] != role.kind.value
    ]
    return [*said, f"Columns in another role: {', '.join(other[:_SHOWN])}."] if other else said


def _features(manifest: Mapping[str, Any], study: Artifacts) -> list[str]:
    block = manifest.get("features")
    if not block or not study.has("features"):
        return []
    now = study.features()
    said = []
    if block["label"] != now.label:
        said.append(f"Distances were measured on {block['label']}, now on {now.label}.")
    if block["shape"][1] != now.matrix.shape[1]:
        said.append(
            f"The features had {count(block['shape'][1], 'dimension')} and have {now.matrix.shape[1]:,}."
        )
    gone, new = set(block["names"]) - set(now.names), set(now.names) - set(block["names"])
    if block["names"] and now.names and (gone or new):
        sides = (("gone", gone), ("new", new))
        parts = [f"{verb}: {_named(sorted(names))}" for verb, names in sides if names]
        said.append(f"Dimensions by name, {'; '.join(parts)}.")
    return said


def _groups(manifest: Mapping[str, Any], study: Artifacts) -> list[str]:
    block = manifest.get("groups")
    if not block or not (study.has("groups") or study.has("groups-column")):
        return []
    groups = study.groups(typical=study.has("groups"))
    if groups is None:
        return []
    spec = study.group_spec
    if spec is not None and spec.method != "column":
        return [f"Groups are made again from these rows: {block['label']} then, {groups.label} now."]
    was, now = set(block["names"]), set(groups.names)
    said = [f"Groups that are gone: {_named(sorted(was - now))}."] if was - now else []
    return [*said, *([f"Groups that are new: {_named(sorted(now - was))}."] if now - was else [])]


def _found(manifest: Mapping[str, Any], selection: Selection) -> list[str]:
    was = manifest["selection"].get("found") or {}
    return [
        f"{name}, found by rule: {was[name]:.4g} then, {value:.4g} now."
        for name, value in selection.found.items()
        if was.get(name) is not None and was[name] != value
    ]


def _ranges(folder: Path, study: Artifacts) -> list[str]:
    """Rows beyond what the old subset holds, as its file tells; the old data itself is not in a bundle."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from ..model.dataset import Kind

    try:
        held = pq.read_table(folder / SUBSET).to_pandas()
    except (OSError, ValueError, pa.ArrowException, BundleError):
        return []
    frame, out, unseen = study.data.frame, np.zeros(len(study.data), bool), []
    numbers = [name for name in study.data.columns(Kind.NUMBER) if name in held]
    for name in numbers:
        old = held[name].astype(float).to_numpy()
        old = old[np.isfinite(old)]
        if len(old):
            values = frame[name].to_numpy(np.float64, na_value=np.nan)
            out |= (values < old.min()) | (values > old.max())
    for name in study.data.columns(Kind.CATEGORY):
        if name in held:
            new = set(frame[name].dropna().astype(str)) - set(held[name].dropna().astype(str))
            unseen += [f"{name} = {value}" for value in sorted(new)]
    said = []
    if numbers:
        said.append(f"{out.mean():.1%} of the rows lie outside the range of the old subset in some number.")
    if unseen:
        said.append(f"Values of categories that the old subset does not hold: {_named(unseen)}.")
    return said
