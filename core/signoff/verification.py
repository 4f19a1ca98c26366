"""What verifying a bundle found: every check, and the outcome in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..foundation.display import Displayed
from ..foundation.wording import clause
from ..model.extensions import to_install
from .feature_recheck import Status

SHOWN = 10
"""How many names of a kind a finding lists."""
_FINDING = 300  # characters of a finding that the summary tells


@dataclass(frozen=True)
class Check:
    """One thing that was checked.

    Args:
        part: "A" integrity or "B" replay.
        name: What was checked, a few words.
        status: "holds"; "fails" (A); "differs" (B, and of A the features); "not checked", with the reason.
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


def not_here(install: str) -> str:
    """The end of a sentence on what made a bundle: it is not here; what to install where that helps."""
    if install:
        return f"which is not installed here. What to do: {to_install('bundle', install)}."
    return "which this program no longer has."


@dataclass(frozen=True)
class Verification(Displayed):
    """What verifying a bundle found.

    Args:
        checks: In the order in which they were made.
        code: 0 A and B hold; 1 A fails, or something differs that must not; 3 nothing fails, and all that
            differs is excused (another environment, features made again), or B cannot be checked because
            this version lacks what made the bundle.
        jaccard: Overlap of the recorded subset and its replay; None where it was not replayed.
        rows_in, rows_out: Ids that the replay holds and the record does not, and the other way round.
        same_environment: Whether the bundle was written in this environment.
        recomputed: Features were made again for the replay.
        signoff: The recorded decision; `signed` says whether it may be told as a fact.
        gone: By what no longer existing version the bundle was made, so that it was not replayed; "" else.
        gone_in_words: The same for readers who do not know what has versions.
        install: The packages without which it was not replayed; "" where that is not the reason.
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
    install: str = ""
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
            end = f"replay not checked: made by {self.gone}"
            end += f", {not_here(self.install)}" if self.install else "."
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
            + not_here(self.install)
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
            **({"install": self.install} if self.install else {}),
            "unread": self.unread,
            "signoff": None if self.signoff is None else dict(self.signoff),
            "signed": self.signed,
        }
