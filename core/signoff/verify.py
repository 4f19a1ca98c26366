"""Verifying a bundle against the data: A, integrity; B, replay (design.md, Definitions)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..foundation.artifact_store import Store
from ..foundation.environment import same_environment
from ..foundation.errors import AliquotError, ColumnError, NeedError
from ..foundation.progress import SILENT, Progress
from ..model.read_options import ReadOptions
from .open_bundle import Bundle, open_bundle
from .recorded_reading import cells_read, fields_of, lenient, reading_version, recorded_reading
from .verification import Verification

if TYPE_CHECKING:
    from ..model.dataset import Dataset
    from .checks import VerificationRun


def verify(
    bundle: Path | str | bytes | Bundle,
    data: Any,
    *,
    target: Any = None,
    vectors: Mapping[str, Any] | None = None,
    features: Literal["sample", "all", "none"] = "sample",
    store: Store | None = None,
    progress: Progress = SILENT,
) -> Verification:
    """Check a bundle against the data it says it was drawn from.

    Args:
        bundle: A folder, a zip (path or bytes), a manifest alone, or an opened bundle.
        data: The data: whatever `core.data.load` reads, or a `Dataset`.
        target: The rows to resemble, where the recipe used some; like `data`.
        vectors: Vectors beside the table, as for `load`, where the data set had some.
        features: How recorded features are compared with the data: on a "sample" of rows, on "all", or not.
        store: Where artifacts are kept.
        progress: Told how far the work is; may cancel it.

    Returns:
        Every check with its finding, and the exit code.

    Raises:
        BundleError: The bundle cannot be read at all, or was written under a newer reading version.
        DataError: The data cannot be read at all.
        NeedError: The bundle was drawn with vectors, or towards a target, that were not given.
    """
    from .checks import VerificationRun  # late, for it takes longer to import than to ask for `verify`

    opened = bundle if isinstance(bundle, Bundle) else open_bundle(bundle)
    manifest = opened.manifest
    reading_version(manifest)
    progress(0, 10, "reading the data")
    dataset, trouble = load_as_recorded(manifest, data, vectors, progress.part(0, 0.2))
    target_data = None if target is None else _target(manifest, target)
    same = same_environment(manifest["environment"])
    run = VerificationRun(opened, dataset, target_data, features, store or Store.default(), trouble, same)
    return _run_all(run, progress.part(0.2, 1))


def _run_all(run: VerificationRun, progress: Progress) -> Verification:
    """Every check in turn; B only where the data and the record are intact."""
    from .replay_checks import replay_all

    run.manifest_itself()
    run.files()
    run.data()
    run.chosen()
    progress(1, 10, "replaying")
    intact = not run.failed
    matrix, fit = run.features() if intact else (None, None)
    replay_all(run, intact, matrix, fit, progress.part(0.2, 1))
    return run.outcome()


def load_as_recorded(
    manifest: Mapping[str, Any], data: Any, vectors: Mapping[str, Any] | None, progress: Progress = SILENT
) -> tuple[Dataset, str]:
    """The data keyed and read as the manifest says, and why that was not possible ("" where it was)."""
    from ..data.load import with_roles
    from ..model.dataset import Dataset, Kind

    block = manifest["data"]
    id_column = block.get("id_column") or ""
    recorded = list(block.get("vectors") or ())
    if vectors and len(vectors) == len(recorded) == 1:
        vectors = dict(zip(recorded, vectors.values(), strict=True))  # the file may have got another name
    roles = {
        name: role["role"]
        for name, role in (block.get("roles") or {}).items()
        if isinstance(role, Mapping) and role.get("role") != Kind.ID
    }
    if isinstance(data, Dataset):
        dataset, trouble = data, ""
        if dataset.fingerprint.id_column != (id_column or None):
            try:
                dataset = with_roles(dataset, {}, id_column=id_column)
            except ColumnError as error:
                trouble = str(error)
    else:
        dataset, trouble = _read(manifest, data, id_column, vectors, progress)
    lost = sorted(name for name in recorded if name not in dataset.vectors and name not in dataset.frame)
    if lost:
        named = ", ".join(map(repr, lost))
        raise NeedError(
            f"The bundle was drawn with the vectors {named}",
            "the data does not hold them, and they were not given",
            "give them (--features FILE.npy)",
        )
    wanted = {
        name: kind
        for name, kind in roles.items()
        if name in dataset.roles and dataset.roles[name].kind != kind
    }
    if wanted and not trouble:
        try:
            dataset = with_roles(dataset, wanted, id_column=id_column)
        except AliquotError as error:
            trouble = str(error)
    return dataset, trouble


def _read(
    manifest: Mapping[str, Any],
    source: Any,
    id_column: str,
    vectors: Mapping[str, Any] | None,
    progress: Progress,
) -> tuple[Dataset, str]:
    """A file read as the manifest says; by its own content where that does not give the recorded data.

    The same table may come back in another encoding or format, which must not fail over how the first file
    was read.
    """
    from ..data.load import load

    def read(reading: ReadOptions, part: Progress) -> tuple[Dataset, str]:
        trouble: ColumnError | None = None
        how: dict[str, Any] = {**reading.to_json(), **cells_read(manifest), "vectors": vectors}
        how |= {"strict": False, "progress": part}
        first = ""
        asked: dict[str, str] = how.pop("read_as")
        # Ids may be gone; cells may be of another form, which are then told apart from the others as missing.
        for forms in (asked, lenient(asked), {}):
            for ids in (id_column, ""):
                try:
                    return load(source, **how, id_column=ids, read_as=forms), first
                except ColumnError as error:
                    first, trouble = first or str(error), error
        assert trouble is not None
        raise trouble

    recorded = recorded_reading(manifest)
    own = ReadOptions.from_json(manifest["recipe"].get("reading") or {})
    tries = [
        recorded,
        *([own] if own != recorded else []),
        *([ReadOptions()] if own != ReadOptions() else []),
    ]
    first: tuple[Dataset, str] | None = None
    trouble: AliquotError | None = None
    for at, given in enumerate(tries):
        try:
            found = read(given, progress.part(at / len(tries), (at + 1) / len(tries)))
        except AliquotError as error:
            trouble = trouble or error
            continue
        if found[0].fingerprint.digest == manifest["data"]["digest"]:
            return found
        first = first or found
    if first is None:
        assert trouble is not None
        raise trouble
    return first


def _target(manifest: Mapping[str, Any], source: Any) -> Dataset:
    """The target keyed and read as it was recorded; as it comes where that cannot be."""
    from ..data.load import load
    from ..model.dataset import Dataset

    if isinstance(source, Dataset):
        return source
    block = manifest["target"] or {}
    how: dict[str, Any] = fields_of(block.get("reading"))
    cells = {**cells_read(manifest), "strict": False}
    # The words for missing were not those of a target's cells before columns had forms.
    for asked in (cells, {}):
        try:
            made = load(source, id_column=block.get("id_column") or "", **asked, **how)
            if made.fingerprint.digest == block.get("digest"):
                return made
        except AliquotError:
            pass  # another format, or ids that are gone: read by its own content
    try:
        return load(source, id_column=block.get("id_column") or "", **cells)
    except ColumnError:
        return load(source, **cells)
