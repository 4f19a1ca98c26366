"""Writing and opening bundles: a subset with everything needed to check it."""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import BundleError, ResourceError
from ..limits import UNPACKED_BYTES, show_bytes
from .decision import Decision
from .manifest import dump, make_body, parse, sealed

if TYPE_CHECKING:
    from ..study import Study
    from ..types import Selection

MANIFEST = "manifest.json"
SUBSET = "subset.parquet"
ROWS = "rows.parquet"
FEATURES = "features.npy"
CSV = "subset.csv"
JSONL = "subset.jsonl"
WHOLE = "whole.parquet"
REPORT = "report.html"
FILES = (MANIFEST, SUBSET, ROWS, FEATURES, CSV, JSONL, WHOLE, REPORT)
FEATURES_LIMIT = 64 * 2**20
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MANIFEST_LIMIT = 512 * 2**20


def bundle_files(
    study: Study,
    selection: Selection,
    *,
    sign: Decision | None = None,
    csv: bool = True,
    jsonl: bool = True,
    whole: bool = False,
    report: bool = True,
) -> dict[str, bytes]:
    """The files of a bundle by name, the manifest last; see `write_bundle`."""
    from ..fingerprint import record_table
    from ..io.export import flag_frame, subset_frame, write_csv, write_jsonl, write_parquet

    features = study.features() if study.has("features") else None
    spec = study.group_spec
    groups = None
    if spec is not None and (study.has("groups") or spec.method == "column"):
        groups = study.groups(typical=study.has("groups"))
    frame, renamed = subset_frame(study.data, selection, groups)
    files = {SUBSET: _bytes(lambda sink: write_parquet(frame, sink)), ROWS: _rows(record_table(study.data))}
    recorded = features is not None and features.matrix.nbytes < FEATURES_LIMIT
    if features is not None and recorded:
        matrix = np.ascontiguousarray(features.matrix)
        files[FEATURES] = _bytes(lambda sink: np.save(sink, matrix, allow_pickle=False))
    neutralised = None
    if csv:
        sink = io.BytesIO()
        neutralised = write_csv(frame, sink)
        files[CSV] = sink.getvalue()
    if jsonl:
        files[JSONL] = _bytes(lambda sink: write_jsonl(frame, sink))
    if whole:
        flagged, _ = flag_frame(study.data, selection)
        files[WHOLE] = _bytes(lambda sink: write_parquet(flagged, sink))
    body: dict[str, Any] = {"recorded": recorded, "renamed": renamed, "neutralised": neutralised}
    if report:
        from ..report.html import subset_report

        draft = sealed(make_body(study, selection, features, groups, files=files, **body))
        files[REPORT] = subset_report(study, selection, draft, groups, sign).encode()
    manifest = sealed(make_body(study, selection, features, groups, files=files, **body))
    if sign is not None:
        manifest["signoff"] = sign.block(manifest["digest"])
    files[MANIFEST] = dump(manifest)
    return files


def write_bundle(
    study: Study,
    selection: Selection,
    out: Path | str,
    *,
    sign: Decision | None = None,
    csv: bool = True,
    jsonl: bool = True,
    whole: bool = False,
    report: bool = True,
) -> Path:
    """Write a subset with everything needed to check it into a new folder.

    Args:
        study: Data set and recipe that the subset was drawn under.
        selection: The subset.
        out: A folder that is not there, empty, or holds an unsigned bundle (which is replaced).
        sign: A decision to record on it.
        csv, jsonl: Whether the subset is written in these forms too.
        whole: Whether the whole table is written with a flag column.
        report: Whether ``report.html`` is written.

    Returns:
        The folder. It appears complete or not at all.

    Raises:
        BundleError: The folder holds something else, or a signed bundle.
        ResourceError: The files cannot be written.
    """
    target = Path(out)
    check_free(target)
    files = bundle_files(study, selection, sign=sign, csv=csv, jsonl=jsonl, whole=whole, report=report)
    return write_folder(files, target)


def zip_bundle(
    study: Study,
    selection: Selection,
    *,
    sign: Decision | None = None,
    csv: bool = True,
    jsonl: bool = True,
    whole: bool = False,
    report: bool = True,
) -> bytes:
    """The same bundle as one zip file; the same files give the same bytes."""
    files = bundle_files(study, selection, sign=sign, csv=csv, jsonl=jsonl, whole=whole, report=report)
    return zip_files(files)


def zip_files(files: Mapping[str, bytes]) -> bytes:
    """Files as a zip without times or owners, so that the same files give the same bytes."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name, _EPOCH)
            packed = name.endswith((".parquet",))
            member.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, data)
    return sink.getvalue()


def check_free(target: Path, allowed: tuple[str, ...] = FILES) -> None:
    """Raise `BundleError` unless a folder may be written: not there, empty, or an unsigned bundle of ours."""
    if not target.exists():
        return
    if not target.is_dir():
        raise BundleError(f"{target} is a file", "a folder is needed", "name another one")
    names = sorted(item.name for item in target.iterdir())
    foreign = [name for name in names if name not in allowed]
    if foreign:
        raise BundleError(
            f"{target} is not empty", f"it holds {', '.join(foreign[:3])}", "name a new or an empty folder"
        )
    if MANIFEST in names and parse(_read(target / MANIFEST, _MANIFEST_LIMIT)).get("signoff"):
        raise BundleError(
            f"{target} holds a signed bundle", "a sign-off is never overwritten", "name another"
        )


def write_folder(files: Mapping[str, bytes], target: Path) -> Path:
    """Write files into a folder so that it appears complete or not at all."""
    made: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        for name, data in files.items():
            (made / name).write_bytes(data)
        made.chmod(0o755)
        if target.exists():
            for item in target.iterdir():
                item.unlink()
            target.rmdir()
        made.rename(target)
    except OSError as error:
        raise ResourceError(
            f"{target} cannot be written",
            error.strerror or str(error),
            "check the folder, its rights and the room on the disk",
        ) from error
    finally:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
    return target


@dataclass(frozen=True)
class Bundle:
    """An opened bundle: the manifest and the bytes of the other files that are there.

    Args:
        manifest: Read, its shape checked, its hashes not yet.
        files: Bytes by name; empty where a manifest alone was given.
        alone: A manifest alone was given.
    """

    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]
    alone: bool = False


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
        files, room = {}, UNPACKED_BYTES
        for item in sorted(path.iterdir()):
            if item.is_file():
                files[item.name] = _read(item, room)
                room -= len(files[item.name])
        return _bundle(files)
    if not path.is_file():
        raise BundleError(f"There is no bundle at {path}", "", "check the path")
    return _open_bytes(_read(path, UNPACKED_BYTES), path.name)


def _open_bytes(data: bytes, name: str) -> Bundle:
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _bundle(_unzip(data, name))
    if data.lstrip()[:1] == b"{":
        return Bundle(parse(data), {}, alone=True)
    raise BundleError(f"{name} is not a bundle", "it is neither a zip nor a manifest", "choose a bundle")


def _bundle(files: dict[str, bytes]) -> Bundle:
    manifest = parse(files.pop(MANIFEST))
    return Bundle(manifest, files)


def _read(path: Path, limit: int) -> bytes:
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


def _unzip(data: bytes, name: str) -> dict[str, bytes]:
    """Files of a bundle zip by their base name; bytes are counted while they unpack."""
    files: dict[str, bytes] = {}
    room = UNPACKED_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            heads = {str(PurePosixPath(member.filename).parent) for member in members}
            for member in members:
                parts = PurePosixPath(member.filename.replace("\\", "/"))
                if parts.is_absolute() or ".." in parts.parts or len(heads) > 1 or len(parts.parts) > 2:
                    raise BundleError(
                        f"{name} is not a bundle",
                        f"its member {member.filename!r} lies elsewhere",
                        "zip it anew",
                    )
                if parts.name in files:
                    raise BundleError(
                        f"{name} is not a bundle", f"{parts.name} is in it twice", "zip it anew"
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
    return files


def _bytes(write: Any) -> bytes:
    sink = io.BytesIO()
    write(sink)
    return sink.getvalue()


def _rows(table: Any) -> bytes:
    import pyarrow.parquet as pq

    return _bytes(lambda sink: pq.write_table(table, sink, compression="zstd"))
