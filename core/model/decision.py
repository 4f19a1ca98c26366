"""The decision that a named person takes on a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

from ..foundation.artifact_store import digest
from ..foundation.errors import BundleError, ParameterError

Outcome = Literal["approve", "reject"]
MEANING = {
    "approve": "I have looked at this subset and find it fit for the purpose stated.",
    "reject": "I have looked at this subset and find it not fit for the purpose stated.",
}
_TEXT = 4_000


@dataclass(frozen=True)
class Decision:
    """Who decided what about a subset, and why.

    Args:
        who: Name of the person.
        reason: Why, in their words; never empty.
        decision: "approve" or "reject".
        role: In which role they decide.
        meaning: What the signature means; a plain sentence if not given.
        when: UTC time in ISO-8601; now if not given.

    Example:
        >>> Decision("Ada", "covers all topics", when="2026-01-01T00:00:00Z").meaning
        'I have looked at this subset and find it fit for the purpose stated.'
    """

    who: str
    reason: str
    decision: Outcome = "approve"
    role: str = ""
    meaning: str = ""
    when: str = ""

    def __post_init__(self) -> None:
        for name, words in (("who", "a name"), ("reason", "a reason")):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise ParameterError("A sign-off is incomplete", f"{words} is missing", f"give {words}")
        for name in ("who", "reason", "role", "meaning", "when"):
            value = getattr(self, name)
            if not isinstance(value, str) or len(value) > _TEXT:
                raise ParameterError(
                    f"The {name} of a sign-off cannot be used", "it is too long", "shorten it"
                )
            object.__setattr__(self, name, value.strip())
        if self.decision not in get_args(Outcome):
            raise ParameterError(
                f"A decision cannot be {self.decision!r}", "it is approve or reject", "choose one"
            )
        if not self.meaning:
            object.__setattr__(self, "meaning", MEANING[self.decision])
        if not self.when:
            object.__setattr__(self, "when", now())

    def block(self, signs: str) -> dict[str, Any]:
        """The sign-off block of a manifest whose body has the digest `signs`."""
        block = {**asdict(self), "signs": signs}
        return {**block, "seal": digest(block)}

    @classmethod
    def from_block(cls, block: Mapping[str, Any]) -> Decision:
        """Read `block` back; `BundleError` where it is malformed or was changed after it was written."""
        body = {name: value for name, value in block.items() if name not in ("signs", "seal")}
        if set(body) != set(cls.__dataclass_fields__) or not all(isinstance(v, str) for v in block.values()):
            raise BundleError(
                "The sign-off cannot be read", "its fields are not the known ones", "ask its author"
            )
        if digest({name: value for name, value in block.items() if name != "seal"}) != block.get("seal"):
            raise BundleError(
                "The sign-off was changed after it was written", "its seal is not its own", "ask its author"
            )
        try:
            return cls(**cast(Any, body))
        except ParameterError as error:
            raise BundleError("The sign-off cannot be read", error.why, "ask its author") from None


def now() -> str:
    """The time in UTC, ISO-8601, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
