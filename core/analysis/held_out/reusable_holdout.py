"""The reusable holdout: rows that answer many questions, because they are looked at only when they must be.

Choosing among many subsets by one held-out score ends with the one that fits those rows by luck. Here
a question is first answered from practice rows. Only where the guarded rows disagree by more than a noisy
threshold is their answer given, with noise, and one of a limited number of disagreements is spent.

The idea that adaptive analysis can be kept valid by differential privacy is C. Dwork, V. Feldman, M. Hardt,
T. Pitassi, O. Reingold, A. Roth, *Preserving statistical validity in adaptive data analysis*, 2015. The
method, Thresholdout, and its constants are from the same authors' follow-up, *The reusable holdout:
preserving validity in adaptive data analysis*, Science 349, 2015.

The noise must not be known to those who ask, or it could be taken off again: it is drawn from a random secret
that is made once per data set and kept beside the record. So answers repeat on this machine and differ from
those of another; they are the one result here that does not depend on content alone. The record guards an
honest analyst against luck. It is a file of that analyst's own, and deleting it forgets what was asked.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from typing import Annotated, Any

import orjson
from annotated_types import Ge

from ...foundation.arrays.thresholdout import laplace, thresholdout
from ...foundation.artifact_store import Store, canonical_json, digest
from ...foundation.atomic_write import write_atomically
from ...foundation.errors import HoldoutError, ParameterError
from ...foundation.file_lock import locked
from ...foundation.typed_json import clause, read_typed

FORMAT = 1
KIND = "holdout"
ALLOWANCE = 20
"""Disagreements paid for per data set: a convention of this app, not a bound from the papers."""
THRESHOLD = 0.04
NOISE = 0.01


@dataclass(frozen=True)
class HoldoutAnswer:
    """What the guarded rows say.

    Args:
        value: The answer, 0 to 1.
        spent: It came from the guarded rows, with noise, and cost one of the allowance. Otherwise it is the
            practice rows' own value, which the guarded rows do not contradict.
        left: Disagreements left for this data set.
        allowance: Of how many.
        again: The question had been asked before; it is answered as it was then, at no cost.
        number: Which question of this data set it was, from 1.
    """

    value: float
    spent: bool
    left: int
    allowance: int
    again: bool
    number: int


@dataclass(frozen=True)
class HoldoutQuestion:
    """A question on record.

    Args:
        name: Digest of everything that the question depends on.
        value, spent, number: As in `HoldoutAnswer`.
        about: What it was, for people.
    """

    name: str
    value: float
    spent: bool
    number: int
    about: Mapping[str, str]


@dataclass(frozen=True)
class HoldoutRecord:
    """What was asked of one data set's guarded rows.

    Args:
        allowance: Disagreements paid for.
        threshold, noise: T and σ.
        asked: Questions in their order.
    """

    allowance: Annotated[int, Ge(0)]
    threshold: float
    noise: float
    asked: tuple[HoldoutQuestion, ...] = ()

    @property
    def left(self) -> int:
        """Disagreements left."""
        return self.allowance - sum(one.spent for one in self.asked)


@dataclass(frozen=True)
class _RecordFile(HoldoutRecord):
    """A record as its file holds it."""

    secret: str = field(kw_only=True, repr=False)
    format: int = field(kw_only=True)
    fingerprint: str = field(kw_only=True)


class ReusableHoldout:
    """The record of one data set's guarded rows, shared by all tabs and processes on this store.

    Args:
        store: Its folder holds the record, which no trimming of artifacts touches.
        fingerprint: Digest of the data set. Nothing else opens a record: neither another label, nor other
            features, nor a filter gives a second allowance for the same rows.
        allowance: Disagreements paid for.
        threshold: T, of accuracies 0 to 1.
        noise: σ; the scale of the answer's Laplace noise, twice that of the threshold and four times that of
            the comparison. 0 makes the rule deterministic and gives no protection: for tests.

    The last three are fixed when the first question is asked; a record keeps its own.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> guard = ReusableHoldout(Store(Path(tempfile.mkdtemp())), "00" * 16, allowance=1, noise=0.0)
        >>> guard.ask("a", practice=0.80, guarded=0.79).value, guard.record().left
        (0.8, 1)
        >>> guard.ask("b", practice=0.90, guarded=0.70).value, guard.record().left
        (0.7, 0)
        >>> guard.ask("b", practice=0.90, guarded=0.70).again
        True
    """

    def __init__(
        self,
        store: Store,
        fingerprint: str,
        *,
        allowance: int = ALLOWANCE,
        threshold: float = THRESHOLD,
        noise: float = NOISE,
    ) -> None:
        if isinstance(allowance, bool) or int(allowance) != allowance or allowance < 0:
            raise ParameterError(
                f"The allowance cannot be {allowance!r}", "it is a whole number", "use 0 or more"
            )
        for name, value in (("threshold", threshold), ("noise", noise)):
            if not (isfinite(value) and value >= 0):
                raise ParameterError(f"The {name} cannot be {value!r}", "it is at least 0", "change it")
        self.fingerprint = fingerprint
        self.path = store.root / KIND / f"{digest(['holdout', fingerprint])}.json"
        self._fresh = int(allowance), float(threshold), float(noise)

    def record(self) -> HoldoutRecord:
        """What was asked so far, without the secret that the noise is drawn from.

        Raises:
            HoldoutError: The record is damaged.
        """
        found = self._read()
        if found is None:
            return HoldoutRecord(*self._fresh)
        return HoldoutRecord(found.allowance, found.threshold, found.noise, found.asked)

    def known(self, name: str) -> HoldoutAnswer | None:
        """The answer that a question got before, None where it is new."""
        return _known(self.record(), name)

    def check(self) -> None:
        """Raise `HoldoutError` where a new question would be refused, before its values are computed."""
        _refuse_if_spent(self.record())

    def ask(
        self, name: str, *, practice: float, guarded: float, about: Mapping[str, str] | None = None
    ) -> HoldoutAnswer:
        """Ask a question whose value on the practice and on the guarded rows has been computed.

        Args:
            name: Digest of everything the question depends on; the same name gets the same answer.
            practice: E_S, the value on rows that anybody may look at, 0 to 1.
            guarded: E_H, the value on the guarded rows. It is not kept; show it to nobody.
            about: What the question was, for people; kept in the record.

        Returns:
            The answer; it is on disk before it is returned.

        Raises:
            HoldoutError: The allowance is spent, the record is damaged, cannot be written, or is in use.
            ParameterError: A value outside 0 to 1.
        """
        for value in (practice, guarded):
            if not 0 <= value <= 1:
                raise ParameterError(f"{value!r} is no accuracy", "it lies between 0 and 1", "correct it")
        with locked(self.path.with_suffix(".lock")):
            before = self._read() or _RecordFile(
                *self._fresh, secret=secrets.token_hex(32), format=FORMAT, fingerprint=self.fingerprint
            )
            known = _known(before, name)
            if known is not None:
                return known
            _refuse_if_spent(before)
            number = len(before.asked) + 1
            value, spent = thresholdout(
                practice,
                guarded,
                threshold=before.threshold,
                noise=before.noise,
                moved=laplace(before.secret, "threshold", before.allowance - before.left),
                doubt=laplace(before.secret, "comparison", number),
                blur=laplace(before.secret, "answer", number),
            )
            asked = HoldoutQuestion(name, value, spent, number, dict(about or {}))
            self._write(replace(before, asked=(*before.asked, asked)))
            return HoldoutAnswer(value, spent, before.left - spent, before.allowance, False, number)

    # ---- the file ------------------------------------------------------------------------------------

    def _read(self) -> _RecordFile | None:
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._damaged(error.strerror or str(error)) from error
        try:
            whole = orjson.loads(raw)
            body = whole["body"]
            if isinstance(body, Mapping):  # another version may have another shape and another checksum
                self._same_format(body.get("format"))
            sound = whole["check"] == digest(body)
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise self._damaged("it is not a record of questions") from error
        if not sound:
            raise self._damaged("its contents do not match its checksum")
        made = read_typed(_RecordFile, body, lambda where, why: self._damaged(clause(where, why)))
        if made.fingerprint != self.fingerprint:
            raise self._damaged("it is of another data set")
        return made

    def _same_format(self, found: Any) -> None:
        if not isinstance(found, int) or isinstance(found, bool) or found == FORMAT:
            return
        which = "a newer version" if found > FORMAT else "an older version"
        raise HoldoutError(
            "The record of questions to the guarded rows cannot be read",
            f"{self.path.name}: it is of {which} of this program (format {found}, here {FORMAT})",
            "use the version that wrote it; starting afresh would forget what was asked already",
        )

    def _write(self, record: _RecordFile) -> None:
        body = asdict(record)
        written = canonical_json({"body": body, "check": digest(body)})
        try:
            write_atomically(self.path, written, mode=0o600)  # its owner's alone
        except OSError as error:
            raise HoldoutError(
                "The question cannot be answered",
                f"its cost could not be recorded ({error.strerror or error})",
                "make room on the disk that holds the store, then ask again",
            ) from error

    def _damaged(self, why: str) -> HoldoutError:
        return HoldoutError(
            "The record of questions to the guarded rows cannot be read",
            f"{self.path.name}: {why}",
            "restore the file from a backup; starting afresh would forget what was asked already",
        )


def _refuse_if_spent(record: HoldoutRecord) -> None:
    if record.left < 1:
        raise HoldoutError(
            "The guarded rows answer no further question",
            f"all {record.allowance} disagreements allowed for this data set are spent",
            "decide by what was answered, or collect new rows: a new allowance for the same rows would "
            "protect nothing",
        )


def _known(record: HoldoutRecord, name: str) -> HoldoutAnswer | None:
    for one in record.asked:
        if one.name == name:
            return HoldoutAnswer(one.value, one.spent, record.left, record.allowance, True, one.number)
    return None
