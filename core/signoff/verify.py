"""Verifying a bundle against the data: A, integrity; B, replay (design.md, Definitions)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..foundation.artifact_store import Store
from ..foundation.errors import AliquotError, ColumnError, NeedError
from ..foundation.progress import SILENT, Progress
from ..foundation.wording import clause
from ..model.reading import Reading
from .bundle import Bundle, open_bundle
from .feature_recheck import Status
from .manifest import same_environment
from .older_versions import fields_of, reading_version, recorded_reading

if TYPE_CHECKING:
    from ..model.inputs import Dataset

_FINDING = 300  # characters of a finding that the summary tells


@dataclass(frozen=True)
class Check:
    """One thing that was checked.

    Args:
        part: "A" integrity or "B" replay.
        name: What was checked, a few words.
        status: "holds"; "fails" (A); "differs" (B); "not checked", with the reason.
        sentence: The finding in plain words.
        details: Every difference that can be named.
        excused: It differs, and another environment may be why, so that it is no contradiction.
    """

    part: Literal["A", "B"]
    name: str
    status: Status
    sentence: str
    details: tuple[str, ...] = ()
    excused: bool = False


@dataclass(frozen=True)
class Verification:
    """What verifying a bundle found.

    Args:
        checks: In the order in which they were made.
        code: 0 A and B hold; 1 A fails, or B differs where it must not; 3 A holds, and B differs in another
            environment with features made again, or cannot be checked because what made the bundle is gone.
        jaccard: Overlap of the recorded subset and its replay; None where it was not replayed.
        rows_in, rows_out: Ids that the replay holds and the record does not, and the other way round.
        same_environment: Whether the bundle was written in this environment.
        recomputed: Features were made again for the replay.
        signoff: The recorded decision; `signed` says whether it may be told as a fact.
        gone: By what no longer existing version the bundle was made, so that it was not replayed; "" else.
        gone_in_words: The same for readers who do not know what has versions.
        unread: This version reads the data otherwise than the bundle records, and cannot tell why.
    """

    checks: tuple[Check, ...]
    code: int
    jaccard: float | None = None
    rows_in: tuple[str, ...] = ()
    rows_out: tuple[str, ...] = ()
    same_environment: bool = True
    recomputed: bool = False
    signoff: Mapping[str, Any] | None = field(default=None)
    gone: str = ""
    gone_in_words: str = ""
    unread: bool = False

    @property
    def signed(self) -> bool:
        """There is a sign-off, whole and of this manifest, and the manifest is as it was written."""
        status = {check.name: check.status for check in self.checks}
        return self.signoff is not None and status.get("manifest") == status.get("sign-off") == "holds"

    @property
    def failing(self) -> tuple[Check, ...]:
        """The checks for which the bundle does not verify, in the order in which they were made."""
        return tuple(
            check
            for check in self.checks
            if check.status == "fails" or (check.status == "differs" and not check.excused)
        )

    @property
    def ok(self) -> bool:
        """A and B hold."""
        return self.code == 0

    @property
    def summary(self) -> str:
        """The outcome in one sentence."""
        if self.code == 3 and self.gone:
            end = f"replay not checked: made by {self.gone}."
            if self.unread:
                return f"The record is intact, the data could not be confirmed as it is read today; {end}"
            return f"A holds as far as it can be read by this version; {end}"
        if self.code == 1:
            return self._why_not()
        if self.code == 3:
            return f"Data and record are intact, but features made again in this environment {self._moved()}."
        return "The bundle verifies: the data is the recorded one, and so is the subset."

    @property
    def in_words(self) -> str:
        """The outcome for readers who know nothing of parts and versions; `summary` where that says it."""
        if self.code != 3 or not self.gone:
            return self.summary
        status = {check.name: check.status for check in self.checks}
        end = (
            f"The rows were not drawn again, because they were drawn with {self.gone_in_words or self.gone}, "
            "which this program no longer has."
        )
        if self.unread:
            return f"The record is unchanged, but the data could not be confirmed as it is read today. {end}"
        what = "The data, the record and the subset" if status.get("subset") == "holds" else "Data and record"
        return f"{what} are unchanged, as far as this version can read them. {end}"

    def _why_not(self) -> str:
        """The first check that fails in words, and how many others do."""
        if not self.failing:
            return "The bundle does not verify: the recipe could not be run again."
        first, others = self.failing[0], len(self.failing) - 1
        finding = (first.details or (first.sentence,))[0].partition(" What to do: ")[0]
        finding = finding if len(finding) <= _FINDING else finding[: _FINDING - 1] + "…"
        which = "the first check that fails is" if others else "the check that fails is"
        told = f"The bundle does not verify; {which} of the {first.name}: {finding}"
        return f"{told} {clause(others, 'other check', 'fails', 'fail')} too." if others else told

    def _moved(self) -> str:
        """What other features changed, where that is excused."""
        if self.rows_in or self.rows_out:
            return "give other rows"
        parts = {check.part for check in self.checks if check.status == "differs"}
        if "B" in parts:
            return "give the same rows in another order, or with other numbers or groups"
        return "differ from the recorded ones; the rows are the same"

    def _repr_html_(self) -> str:
        from ..report.documents.notebook_display import verification_html

        return verification_html(self)

    def to_json(self) -> dict[str, Any]:
        """A JSON form for ``aliquot verify --json``."""
        return {
            "code": self.code,
            "summary": self.summary,
            "checks": [
                {
                    "part": check.part,
                    "name": check.name,
                    "status": check.status,
                    "sentence": check.sentence,
                    "details": list(check.details),
                    "excused": check.excused,
                }
                for check in self.checks
            ],
            "jaccard": self.jaccard,
            "rows_in": list(self.rows_in),
            "rows_out": list(self.rows_out),
            "same_environment": self.same_environment,
            "recomputed": self.recomputed,
            "gone": self.gone,
            "gone_in_words": self.gone_in_words,
            "unread": self.unread,
            "signoff": None if self.signoff is None else dict(self.signoff),
            "signed": self.signed,
        }


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
    from .checks import Checks

    opened = bundle if isinstance(bundle, Bundle) else open_bundle(bundle)
    manifest = opened.manifest
    reading_version(manifest)
    progress(0, 10, "reading the data")
    dataset, trouble = load_as_recorded(manifest, data, vectors, progress.part(0, 0.2))
    aim = None if target is None else _target(manifest, target)
    same = same_environment(manifest["environment"])
    run = Checks(opened, dataset, aim, features, store or Store.default(), trouble, same)
    return run.all(progress.part(0.2, 1))


def load_as_recorded(
    manifest: Mapping[str, Any], data: Any, vectors: Mapping[str, Any] | None, progress: Progress = SILENT
) -> tuple[Dataset, str]:
    """The data keyed and read as the manifest says, and why that was not possible ("" where it was)."""
    from ..data import with_roles
    from ..model.inputs import Dataset, Kind

    block, recipe = manifest["data"], manifest["recipe"]
    id_column = block.get("id_column") or ""
    missing = tuple(recipe.get("missing") or ())
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
        dataset, trouble = _read(manifest, data, id_column, missing, vectors, progress)
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
    missing: tuple[str, ...],
    vectors: Mapping[str, Any] | None,
    progress: Progress,
) -> tuple[Dataset, str]:
    """A file read as the manifest says; by its own content where that does not give the recorded data.

    The same table may come back in another encoding or format, which must not fail over how the first file
    was read.
    """
    from ..data import load

    def read(given: Reading, part: Progress) -> tuple[Dataset, str]:
        how: dict[str, Any] = {**given.to_json(), "missing": missing, "vectors": vectors, "progress": part}
        try:
            return load(source, id_column=id_column, **how), ""
        except ColumnError as error:
            return load(source, id_column="", **how), str(error)

    recorded = recorded_reading(manifest)
    own = Reading.from_json(manifest["recipe"].get("reading") or {})
    tries = [recorded, *([own] if own != recorded else []), *([Reading()] if own != Reading() else [])]
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
    from ..data import load
    from ..model.inputs import Dataset

    if isinstance(source, Dataset):
        return source
    block = manifest["target"] or {}
    how: dict[str, Any] = fields_of(block.get("reading"))
    try:
        made = load(source, id_column=block.get("id_column") or "", **how)
        if made.fingerprint.digest == block.get("digest"):
            return made
    except AliquotError:
        pass  # another format, or ids that are gone: read by its own content
    try:
        return load(source, id_column=block.get("id_column") or "")
    except ColumnError:
        return load(source)
