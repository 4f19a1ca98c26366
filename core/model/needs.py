"""What a strategy or metric needs, in words for every place that names it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Need(StrEnum):
    """What a strategy or metric cannot do without."""

    FEATURES = "features"
    GROUPS = "groups"
    LABELS = "labels"
    SCORES = "scores"
    TARGET = "target"
    TEXT = "text"
    ORDER = "order"
    ENTITIES = "entities"
    COLUMNS = "columns"

    @property
    def words(self) -> NeedWords:
        """How it is named, and what to do where it is missing.

        Example:
            >>> Need.ORDER.words.noun, Need.ORDER.words.source
            ('an order', 'a time column')
        """
        return _WORDS[self]


@dataclass(frozen=True)
class NeedWords:
    """Words for a need.

    Args:
        noun: In a message: "it needs …".
        remedy: What to do about it, with the option of the command line.
        source: What of the data gives it, as the app says it.
        action: The same as an instruction.
        label: On a badge: "needs …".
    """

    noun: str
    remedy: str
    source: str
    action: str
    label: str


_WORDS = {
    Need.FEATURES: NeedWords(
        "features", "choose what to embed or measure (--features)", "features", "Choose features", "features"
    ),
    Need.GROUPS: NeedWords(
        "groups", "make groups or name a column (--groups)", "groups", "Make groups", "groups"
    ),
    Need.LABELS: NeedWords(
        "a label column",
        "give one the role label (--label)",
        "a label column",
        "Give a column the role label",
        "labels",
    ),
    Need.SCORES: NeedWords(
        "a score column",
        "give one the role score (--score)",
        "a score column",
        "Give a column the role score",
        "a score",
    ),
    Need.TARGET: NeedWords(
        "a target",
        "give rows that the subset should resemble (--target)",
        "target rows",
        "Give target rows",
        "a target",
    ),
    Need.TEXT: NeedWords(
        "text",
        "choose a text column (--features text:COLUMN)",
        "a text column",
        "Embed a text column",
        "text",
    ),
    Need.ORDER: NeedWords(
        "an order",
        "give a column the role time (--role NAME=time)",
        "a time column",
        "Give a column the role time",
        "an order",
    ),
    Need.ENTITIES: NeedWords(
        "an entity column",
        "give one the role entity (--role NAME=entity)",
        "an entity column",
        "Give a column the role entity",
        "entities",
    ),
    Need.COLUMNS: NeedWords(
        "the table's columns",
        "give a table, not vectors alone",
        "the table's columns",
        "See the columns",
        "columns",
    ),
}
