"""How the file of a bundle was read, and under which version of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..foundation.errors import BundleError
from ..model.read_as import read_forms
from ..model.read_options import READING_VERSION, ReadOptions


def reading_version(manifest: Mapping[str, Any]) -> int:
    """The reading version of a manifest; `BundleError` where it is newer than this program."""
    version = int((manifest["data"].get("reading") or {}).get("version", 1))
    if version > READING_VERSION:
        raise BundleError(
            f"The bundle was written under reading version {version}",
            f"this program reads files as versions up to {READING_VERSION} do, so that nothing could be said",
            "use the Aliquot that wrote it, or a newer one",
        )
    return version


def recorded_reading(manifest: Mapping[str, Any]) -> ReadOptions:
    """How the file was read: what was chosen, and what its content decided then."""
    chosen = manifest["recipe"].get("reading") or {}
    return ReadOptions.from_json({**fields_of(manifest["data"].get("reading")), **chosen})


def cells_read(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """How cells were read, as `core.data.load.load` takes it: words for missing, and forms of columns."""
    recipe = manifest["recipe"]
    return {"missing": tuple(recipe.get("missing") or ()), "read_as": dict(recipe.get("read_as") or {})}


def lenient(asked: Mapping[str, str]) -> dict[str, str]:
    """Forms of columns that read a cell of another form as missing.

    Example:
        >>> lenient({"a": "number:.", "b": "text"})
        {'a': 'number:.;else:missing', 'b': 'text'}
    """
    forms = read_forms(asked)
    return {
        column: str(replace(form, rest_missing=form.kind in ("number", "date")))
        for column, form in forms.items()
    }


def fields_of(block: Mapping[str, Any] | None) -> dict[str, str]:
    """What a recorded reading says beside its version."""
    return {name: value for name, value in (block or {}).items() if name in ReadOptions.__dataclass_fields__}
