"""The checks of `verify`, one method each."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..data.fingerprint import DatasetRecord, array_digest, differences, record_of
from ..data.row_ids import ids_of, keys_of
from ..foundation.artifact_store import Store
from ..foundation.errors import AliquotError, BudgetError, BundleError
from ..foundation.wording import count, some
from ..model.budget import Budget
from ..model.dataset import Dataset, Fingerprint
from ..model.decision import Decision
from ..model.read_options import READING_VERSION
from .feature_recheck import Fit, features_fit
from .manifest import body_digest, file_hash
from .older_versions import gone_by
from .open_bundle import FEATURES, ROWS, SUBSET, Bundle
from .recorded_reading import reading_version
from .replay import Replay, recorded_features, study_of
from .verification import SHOWN, Check, Verification


class VerificationRun:
    """One verification under way: the checks of part A, and what was found so far."""

    def __init__(
        self,
        bundle: Bundle,
        dataset: Dataset,
        target: Dataset | None,
        features: Literal["sample", "all", "none"],
        store: Store,
        trouble: str,
        same: bool,
    ) -> None:
        self.bundle, self.manifest = bundle, bundle.manifest
        self.dataset, self.target = dataset, target
        self.compare, self.store = features, store
        self.trouble, self.same = trouble, same
        self.checks: list[Check] = []
        self.rows: NDArray[np.int64] | None = None
        self.replayed: list[Replay] = []
        self.gone, self.gone_in_words, self.install = gone_by(self.manifest)
        self.past = reading_version(self.manifest) < READING_VERSION
        self.unread = False

    def say(
        self, name: str, wrong: list[str], right: str, part: Literal["A", "B"] = "A", *, excused: bool = False
    ) -> None:
        """Note a check that holds where nothing is wrong.

        Args:
            name: What was checked.
            wrong: What is wrong; nothing where it holds.
            right: The sentence where it holds.
            part: Integrity or replay.
            excused: A difference comes of another environment, so that it is no contradiction.
        """
        if not wrong:
            self.checks.append(Check(part, name, "holds", right))
            return
        bad: Literal["fails", "differs"] = "fails" if part == "A" else "differs"
        self.checks.append(Check(part, name, bad, " ".join(wrong[:3]), tuple(wrong), excused))

    def unsure(self, name: str, wrong: list[str], right: str, why: str) -> None:
        """Note a check whose failing proves nothing, because this version reads or computes otherwise."""
        if wrong:
            sentence = f"Unknown: made by {self.gone_in_words}, and {why}. {' '.join(wrong[:3])}"
            self.checks.append(Check("A", name, "not checked", sentence, tuple(wrong)))
        else:
            self.checks.append(Check("A", name, "holds", right))

    @property
    def failed(self) -> bool:
        """Part A fails so far."""
        return any(check.status == "fails" for check in self.checks)

    def outcome(self) -> Verification:
        """Exit code as defined, with what differs."""
        differs = [check for check in self.checks if check.status == "differs"]
        if self.failed or not all(check.excused for check in differs):
            code = 1
        elif differs or self.gone:
            code = 3
        else:
            code = 0 if self.replayed else 1
        told = next((one for one in self.replayed if not one.same), next(iter(self.replayed), None))
        block = self.manifest["selection"]
        names = dict(zip(block["keys"], map(str, block["ids"]), strict=False))
        if told is not None:
            ids = ids_of(told.study.data)
            fresh = keys_of(told.study.data, told.selection.rows)
            names |= {key: str(ids[row]) for key, row in zip(fresh, told.selection.rows, strict=True)}
        return Verification(
            checks=tuple(self.checks),
            code=code,
            jaccard=None if told is None else told.jaccard,
            rows_in=() if told is None else tuple(names[key] for key in told.rows_in),
            rows_out=() if told is None else tuple(names[key] for key in told.rows_out),
            same_environment=self.same,
            recomputed=any(one.recomputed for one in self.replayed),
            signoff=self.manifest.get("signoff"),
            gone=self.gone,
            gone_in_words=self.gone_in_words,
            install=self.install,
            unread=self.unread,
        )

    # ---- A -------------------------------------------------------------------------------------

    def manifest_itself(self) -> None:
        """The manifest's own digest, its agreement with itself, and the sign-off."""
        manifest = self.manifest
        wrong = []
        if body_digest(manifest) != manifest["digest"]:
            wrong.append(
                "The manifest was changed after it was written: its digest is not that of its content."
            )
        wrong += self._contradictions()
        self.say("manifest", wrong, "The manifest is as it was written.")
        block = manifest.get("signoff")
        if block is None:
            return
        try:
            decision = Decision.from_block(block)
        except (BundleError, AttributeError) as error:
            self.say("sign-off", [str(error)], "")
            return
        wrong = []
        if block.get("signs") != body_digest(manifest):
            wrong.append(f"What {decision.who} signed is not this manifest.")
        told = f"({decision.decision}, {decision.when}): {decision.reason}"
        if self.failed and not wrong:  # nobody's word for what does not hold
            named = f"It names {decision.who}, and the manifest that it is of does not hold {told}"
            self.checks.append(Check("A", "sign-off", "not checked", named))
            return
        self.say("sign-off", wrong, f"{decision.who} signed this manifest {told}")

    def _contradictions(self) -> list[str]:
        """Places where a manifest says two things."""
        manifest = self.manifest
        recipe, block, data = manifest["recipe"], manifest["selection"], manifest["data"]
        wrong = []
        choices = recipe.get("strategies") or [{}]
        cost = block.get("cost") or {}
        aims = (recipe.get("target") or {}, manifest["target"] or {})
        pairs = (
            ("strategy", choices[0].get("id"), block.get("strategy")),
            ("version", choices[0].get("version"), block.get("version")),
            ("parameters", choices[0].get("params"), block.get("params")),
            ("seed", recipe.get("seed"), block.get("seed")),
            (
                "budget",
                str(recipe.get("budget")),
                str(block.get("asked", cost.get("asked", block.get("budget")))),
            ),
            ("population", data.get("eligible"), block.get("population")),
            (
                "target",
                aims[0].get("fingerprint"),
                aims[1].get("digest"),
            ),
            ("data", (recipe.get("data") or {}).get("fingerprint"), data.get("digest")),
        )
        for name, one, other in pairs:
            if one != other:
                wrong.append(f"The {name} of the recipe and of the result are not the same.")
        methods = manifest.get("methods") or {}
        if methods and methods.get(f"strategy {block.get('strategy')}") != block.get("version"):
            wrong.append("The version of the strategy and of the methods are not the same.")
        if block.get("asked") is not None and not _came_to(block):
            wrong.append("The budget that was asked does not come to the recorded number of rows.")
        keys, ids = block.get("keys"), block.get("ids")
        if not isinstance(keys, list) or not isinstance(ids, list) or len(keys) != len(ids):
            wrong.append("The manifest does not list one id per chosen row.")
        elif len(set(map(str, keys))) != len(keys):
            wrong.append("The manifest lists a row twice.")
        return wrong

    def files(self) -> None:
        """Hashes of every file of the bundle."""
        if self.bundle.alone:
            self.checks.append(
                Check(
                    "A", "files", "not checked", "A manifest alone was given; other files were not checked."
                )
            )
            return
        wrong = []
        listed_files: Mapping[str, Any] = self.manifest["files"]
        for name, entry in sorted(listed_files.items()):
            if name not in self.bundle.files:
                wrong.append(f"{name} is missing.")
            elif (len(self.bundle.files[name]), file_hash(self.bundle.files[name])) != (
                entry["bytes"],
                entry["blake2b"],
            ):
                wrong.append(f"{name} was changed after it was written.")
        for name in sorted(set(self.bundle.files) - set(listed_files)):
            wrong.append(f"{name} is not part of the bundle.")
        for name in (SUBSET, ROWS):
            if name not in listed_files:
                wrong.append(f"The manifest does not list {name}.")
        aside = f" Left aside: {some(self.bundle.junk, SHOWN)}." if self.bundle.junk else ""
        self.say("files", wrong, f"All {len(listed_files)} files are as they were written.{aside}")

    def data(self) -> None:
        """The data against rows.parquet and the manifest, naming what differs."""
        block = self.manifest["data"]
        id_column, columns = block.get("id_column"), block.get("columns")
        if not isinstance(columns, Mapping):
            self.say("data", ["The manifest does not list the columns of the data."], "")
            return
        self._target()
        if self.bundle.alone or ROWS not in self.bundle.files:
            self._columns_only(block)
            return
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            table = pq.read_table(io.BytesIO(self.bundle.files[ROWS]))
            record = record_of(table, digest=block.get("digest"), columns=columns, id_column=id_column)
        except (pa.ArrowException, BundleError, OSError) as error:
            self.say("data", [f"rows.parquet cannot be read ({error})."], "")
            return
        assert isinstance(record, DatasetRecord)
        assert isinstance(record.fingerprint, Fingerprint)
        known = dict(
            zip(
                self.manifest["selection"]["keys"], map(_row, self.manifest["selection"]["ids"]), strict=False
            )
        )
        found = differences(record, self.dataset, known)
        wrong = [] if found.same else found.sentences()
        if self.trouble and not wrong:
            wrong = [self.trouble]
        if self.past and wrong and not found.contradiction:
            self._not_read(wrong)
            return
        if found.same and block.get("rows") != len(self.dataset):
            wrong.append(
                f"The manifest speaks of {block.get('rows')} rows, the data has {len(self.dataset):,}."
            )
        self.say(
            "data",
            wrong,
            f"The data is the recorded data: {count(len(self.dataset), 'row')}, {len(columns)} columns.",
        )

    def _target(self) -> None:
        """The target that was given against the recorded one."""
        block = self.manifest["target"]
        if block is None or self.target is None:
            return
        wrong = []
        if self.target.fingerprint.digest != block["digest"]:
            wrong.append(f"The target is not the recorded {block['name']!r}.")
        right = "The target is the recorded one."
        if self.past:
            self.unsure("target", wrong, right, "files are read otherwise now")
        else:
            self.say("target", wrong, right)

    def _not_read(self, wrong: list[str]) -> None:
        """The data is not as it was recorded, and how it is read has changed since."""
        self.unread = True
        self.unsure("data", wrong, "", "files are read otherwise now, or the data was changed")

    def _columns_only(self, block: Mapping[str, Any]) -> None:
        """A manifest alone can name columns."""
        now = self.dataset.fingerprint
        wrong = []
        if self.trouble:
            wrong.append(self.trouble)
        if now.digest != block.get("digest"):
            was = block["columns"]
            wrong += [f"Column {name!r} is gone." for name in sorted(set(was) - set(now.columns))]
            wrong += [f"Column {name!r} is new." for name in sorted(set(now.columns) - set(was))]
            changed = [name for name in sorted(was) if name in now.columns and was[name] != now.columns[name]]
            if block.get("rows") != len(self.dataset):
                wrong.append(f"{block.get('rows')} rows were recorded and {len(self.dataset):,} are there.")
            if changed:
                wrong.append(f"The difference lies in {some(map(repr, changed), SHOWN, quoted=True)}.")
            wrong = wrong or ["The data is not the recorded data."]
            if self.past:
                self._not_read(wrong)
                return
        elif dict(now.columns) != dict(block["columns"]):
            wrong.append("The manifest contradicts itself: its columns are not those of its data.")
        self.say("data", wrong, f"The data is the recorded data: {count(len(self.dataset), 'row')}.")

    def chosen(self) -> None:
        """Ids against keys, and subset.parquet against the data."""
        block = self.manifest["selection"]
        places = {key.tobytes().hex(): at for at, key in enumerate(self.dataset.keys)}
        ids = ids_of(self.dataset)
        wrong, rows = [], []
        for key, name in zip(block.get("keys") or [], block.get("ids") or [], strict=False):
            at = places.get(key)
            if at is None:
                wrong.append(f"Chosen {_row(name)} is not in the data.")
            elif ids[at] != name:
                wrong.append(f"The manifest calls a row {name!r} that the data calls {ids[at]!r}.")
            else:
                rows.append(at)
        right = f"Of {count(len(rows), 'chosen row')} none is missing in the data, each under its id."
        if self.unread:
            self.unsure("chosen rows", wrong, right, "the data is not the recorded one as it is read now")
        else:
            self.say("chosen rows", wrong, right)
        if not wrong:
            self.rows = np.array(rows, np.int64)
            if not self.bundle.alone and SUBSET in self.bundle.files and not self.failed:
                self.subset()

    def subset(self) -> None:
        """Every cell of the exported subset against the data and the manifest."""
        from .contents import compare_exports

        assert self.rows is not None
        wrong = compare_exports(self.bundle, self.dataset, self.rows)
        right = "The exported subset holds the data's own cells, and the recorded weights."
        if self.unread:
            self.unsure("subset", wrong, right, "the data is not the recorded one as it is read now")
        else:
            self.say("subset", wrong, right)

    def features(self) -> tuple[NDArray[np.float32] | None, Fit | None]:
        """The recorded features: their digest, their shape, and whether they are features of this data."""
        block = self.manifest.get("features")
        data = self.bundle.files.get(FEATURES)
        if not block or data is None:
            if block and block.get("recorded") and not self.bundle.alone:
                self.say("features", ["features.npy is missing."], "")
            return None, None
        wrong = []
        try:
            matrix = np.load(io.BytesIO(data), allow_pickle=False)
        except (ValueError, OSError, EOFError) as error:
            self.say("features", [f"features.npy cannot be read ({error})."], "")
            return None, None
        rows = block["shape"][0] if self.unread else len(self.dataset)
        if matrix.dtype != np.float32 or matrix.ndim != 2 or len(matrix) != rows:
            wrong.append(f"features.npy has the type {matrix.dtype} and the shape {matrix.shape}.")
        elif not np.isfinite(matrix).all():
            wrong.append("features.npy holds numbers that are not finite.")
        elif array_digest(matrix) != block.get("digest"):
            wrong.append("features.npy is not what the manifest describes.")
        if wrong:
            self.say("features", wrong, "")
            return None, None
        return np.ascontiguousarray(matrix), self._features_of_data(matrix)

    def _features_of_data(self, matrix: NDArray[np.float32]) -> Fit:
        if self.unread or self.rows is None:
            fit = Fit("not checked", "The recorded features are whole; they were not compared with the data.")
        else:
            try:
                study = study_of(self.manifest, self.dataset, self.store, self.target)
                given = recorded_features(self.manifest, matrix)
                fit = features_fit(study, given, self.rows, self.compare, same=self.same)
            except AliquotError as error:
                told = f"Features could not be made again, so they are taken as recorded. {error}"
                fit = Fit("not checked", told)
        if self.gone and fit.status in ("fails", "differs"):
            told = (
                f"Unknown: made by {self.gone_in_words}, which may have made other features. {fit.sentence}"
            )
            fit = Fit("not checked", told, fit.details)
        excused = fit.status == "differs"
        self.checks.append(Check("A", "features", fit.status, fit.sentence, fit.details, excused))
        return fit


def _came_to(block: Mapping[str, Any]) -> bool:
    """Whether the budget that was asked gives the recorded number of rows, or the recorded sum of costs."""
    cost = block.get("cost")
    if cost:
        return bool(block["asked"] == cost["asked"])
    try:
        return bool(Budget.parse(block["asked"]).count(block["population"]) == block["budget"])
    except BudgetError:
        return False


def _row(name: Any) -> str:
    return f"row {name}"
