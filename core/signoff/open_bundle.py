"""Opening bundles: a folder, a zip of one, or a manifest alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..foundation.caps import UNPACKED_BYTES
from ..foundation.errors import BundleError
from ..foundation.machine import show_bytes
from .atomic_folder import MANIFEST, is_junk
from .manifest import parse, read_capped

SUBSET = "subset.parquet"
ROWS = "rows.parquet"
FEATURES = "features.npy"
CSV = "subset.csv"
JSONL = "subset.jsonl"
WHOLE = "whole.parquet"
REPORT = "report.html"
FILES = (MANIFEST, SUBSET, ROWS, FEATURES, CSV, JSONL, WHOLE, REPORT)


@dataclass(frozen=True)
class Bundle:
    """An opened bundle: the manifest and the bytes of the other files that are there.

    Args:
        manifest: Read, its shape checked, its hashes not yet.
        files: Bytes by name; empty where a manifest alone was given. A folder inside has no bytes and a
            name that ends in "/".
        alone: A manifest alone was given.
        junk: What file managers put beside the files; named, and no part of the bundle.
    """

    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]
    alone: bool = False
    junk: tuple[str, ...] = ()


def open_bundle(source: Path | str | bytes) -> Bundle:
    """Open a bundle folder, a zip of one, or a manifest alone; nothing is unpacked onto the disk.

    Raises:
        BundleError: Nothing is there, it is no bundle, a member points outside, or it is too large.
    """
    if isinstance(source, bytes):
        return _open_bytes(source, "the bundle")
    path = Path(source)
    if path.is_dir():
        if not (path / MANIFEST).is_file():
            raise BundleError(f"{path} is not a bundle", f"it holds no {MANIFEST}", "choose a bundle")
        files, junk, room = {}, [], UNPACKED_BYTES
        for item in sorted(path.iterdir()):
            if is_junk(item.name):
                junk.append(item.name)
            elif item.is_file():
                files[item.name] = read_capped(item, room)
                room -= len(files[item.name])
            else:
                files[f"{item.name}/"] = b""
        return _bundle(files, junk)
    if not path.is_file():
        raise BundleError(f"There is no bundle at {path}", "", "check the path")
    return _open_bytes(read_capped(path, UNPACKED_BYTES), path.name)


def _open_bytes(data: bytes, name: str) -> Bundle:
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _bundle(*_unzip(data, name))
    if data.lstrip()[:1] == b"{":
        return Bundle(parse(data), {}, alone=True)
    raise BundleError(f"{name} is not a bundle", "it is neither a zip nor a manifest", "choose a bundle")


def _bundle(files: dict[str, bytes], junk: list[str]) -> Bundle:
    manifest = parse(files.pop(MANIFEST))
    return Bundle(manifest, files, junk=tuple(junk))


def _unzip(data: bytes, name: str) -> tuple[dict[str, bytes], list[str]]:
    """Files of a bundle zip by their base name, and what is junk; bytes are counted while they unpack."""
    files: dict[str, bytes] = {}
    junk: list[str] = []
    room = UNPACKED_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            junk = [member.filename for member in members if is_junk(_slashed(member))]
            members = [member for member in members if not is_junk(_slashed(member))]
            heads = {str(PurePosixPath(_slashed(member)).parent) for member in members}
            for member in members:
                parts = PurePosixPath(_slashed(member))
                if parts.is_absolute() or ".." in parts.parts or len(heads) > 1 or len(parts.parts) > 2:
                    raise BundleError(
                        f"{name} is not a bundle",
                        f"its member {member.filename!r} lies elsewhere",
                        "zip it again",
                    )
                if parts.name in files:
                    raise BundleError(
                        f"{name} is not a bundle", f"{parts.name} is in it twice", "zip it again"
                    )
                if member.flag_bits & 1:
                    raise BundleError(f"{name} is protected by a password", "", "zip it without one")
                with archive.open(member) as stream:
                    content = stream.read(room + 1)
                if len(content) > room:
                    raise BundleError(
                        f"{name} is too large when unpacked", f"over {show_bytes(UNPACKED_BYTES)}", "check it"
                    )
                room -= len(content)
                files[parts.name] = content
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise BundleError(f"{name} cannot be unpacked", str(error), "copy or zip it again") from None
    except Exception as error:
        if type(error).__module__ == "zlib":
            raise BundleError(f"{name} is damaged", str(error), "copy or zip it again") from None
        raise
    if MANIFEST not in files:
        raise BundleError(f"{name} is not a bundle", f"it holds no {MANIFEST}", "choose a bundle")
    return files, junk


def _slashed(member: zipfile.ZipInfo) -> str:
    return member.filename.replace("\\", "/")
