"""Writing bundles: a subset with everything needed to check it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model.decision import Decision
from .atomic_folder import MANIFEST, check_free, write_folder
from .manifest import dump, sealed
from .manifest_body import make_body
from .open_bundle import CSV, FEATURES, FILES, JSONL, REPORT, ROWS, SUBSET, WHOLE

if TYPE_CHECKING:
    from ..model.derived import Groups
    from ..model.selection import Selection
    from ..study.artifacts import Artifacts

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


def _bytes(write: Any) -> bytes:
    sink = io.BytesIO()
    write(sink)
    return sink.getvalue()


def _rows(table: Any) -> bytes:
    import pyarrow.parquet as pq

    return _bytes(lambda sink: pq.write_table(table, sink, compression="zstd"))
