"""Writing and opening bundles: a subset with everything needed to check it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from ..foundation.caps import UNPACKED_BYTES
from ..foundation.errors import BundleError
from ..foundation.machine import show_bytes
from ..model.decision import Decision
from .atomic_folder import MANIFEST, check_free, is_junk, write_folder
from .manifest import dump, make_body, parse, read_capped, sealed

if TYPE_CHECKING:
    from ..model.derived import Groups
    from ..model.selection import Selection
    from ..study.artifacts import Artifacts

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
Report = Callable[["Artifacts", "Selection", Mapping[str, Any], "Groups | None", Decision | None], str]
"""What draws the report of a bundle as one page of HTML."""


def bundle_files(
    study: Artifacts,
    selection: Selection,
    *,
    sign: Decision | None = None,
    csv: bool = True,
    jsonl: bool = True,
    whole: bool = False,
    report: Report | None = None,
) -> dict[str, bytes]:
    """The files of a bundle by name, the manifest last; see `write_bundle`."""
    from ..data.export import flag_frame, subset_frame, write_csv, write_jsonl, write_parquet
    from ..data.fingerprint import record_table

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
        draft = sealed(make_body(study, selection, features, groups, files=files, **body))
        files[REPORT] = report(study, selection, draft, groups, sign).encode()
    manifest = sealed(make_body(study, selection, features, groups, files=files, **body))
    if sign is not None:
        manifest["signoff"] = sign.block(manifest["digest"])
    files[MANIFEST] = dump(manifest)
    return files


def write_bundle(
    study: Artifacts,
    selection: Selection,
    out: Path | str,
    *,
    sign: Decision | None = None,
    csv: bool = True,
    jsonl: bool = True,
    whole: bool = False,
    report: Report | None = None,
    force: bool = False,
) -> Path:
    """Write a subset with everything needed to check it into a new folder.

    Args:
        study: Data set and recipe that the subset was drawn under.
        selection: The subset.
        out: A folder that is not there or empty; or, with `force`, one that holds an unsigned bundle.
        sign: A decision to record on it.
        csv, jsonl: Whether the subset is written in these forms too.
        whole: Whether the whole table is written with a flag column.
        report: What draws ``report.html``, given study, selection, unsigned manifest, groups and decision;
            None for no report.
        force: Whether an unsigned bundle in `out` is replaced. A signed one never is.

    Returns:
        The folder. It appears complete or not at all; until then what stood there stays.

    Raises:
        BundleError: The folder holds something else, a signed bundle, or any bundle without `force`.
        ResourceError: The files cannot be written.
    """
    target = Path(out)
    check_free(target, FILES, force)
    files = bundle_files(study, selection, sign=sign, csv=csv, jsonl=jsonl, whole=whole, report=report)
    return write_folder(files, target, FILES, force=force)


def zip_bundle(
    study: Artifacts,
    selection: Selection,
    *,
    sign: Decision | None = None,
    csv: bool = True,
    jsonl: bool = True,
    whole: bool = False,
    report: Report | None = None,
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


def _bytes(write: Any) -> bytes:
    sink = io.BytesIO()
    write(sink)
    return sink.getvalue()


def _rows(table: Any) -> bytes:
    import pyarrow.parquet as pq

    return _bytes(lambda sink: pq.write_table(table, sink, compression="zstd"))
