"""The manifest: recipe, fingerprints and results of a subset, as canonical JSON with its own digest."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from ..foundation.artifact_store import canonical_json
from ..foundation.errors import BundleError
from ..foundation.machine import show_bytes
from ..model.recipe import Recipe
from .manifest_shape import check_shape

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
