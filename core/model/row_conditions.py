"""Conditions on rows, one class for each form: what a person chooses from, and what a project keeps.

A condition says which rows it means and nothing about how they are found: columns are looked at by
`core.data.filters.column_conditions`, everything else by `core.study.matching_rows`. Several of them meet by
*and*; `exclude` turns one into its *not*. A missing cell meets no condition, so *not* takes it in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args

from annotated_types import Interval, Len, MaxLen

from ..foundation.arrays.lasso import MAX_VERTICES
from ..foundation.caps import MAX_ROWS
from ..foundation.errors import AliquotError, ParameterError, RecipeError
from ..foundation.typed_json import ReadBy, clause, read_typed
from ..foundation.wording import count
from .condition_checks import (
    MOST_LETTERS,
    MOST_OF_A_PATTERN,
    MOST_OF_SQL,
    not_empty,
    not_long,
    rows_asked,
)
from .condition_words import SHOWN, any_of, bound, quoted, said, short
from .saved_rows import Only

MOST_CONDITIONS = 100
MOST_VALUES = 10_000

T = TypeVar("T")
Letters = Annotated[str, MaxLen(MOST_LETTERS)]
Bound = int | float | Letters | None
Coordinates = Annotated[tuple[float, ...], Len(2, MAX_VERTICES)]
MapName = Literal["umap", "pca", "first"]


@dataclass(frozen=True)
class Near:
    """A sentence and how many rows nearest to it are meant.

    Args:
        text: The sentence.
        rows: How many.

    Example:
        >>> Near("the parcel is late", 500).words
        'the 500 rows nearest to “the parcel is late”'
    """

    text: Letters
    rows: Annotated[int, Interval(ge=1, le=MAX_ROWS)]

    def __post_init__(self) -> None:
        not_empty(self.text, "sentence", "type one")
        rows_asked(self.rows)

    @property
    def words(self) -> str:
        """It in words."""
        return f"{_rows(self.rows)} nearest to {quoted(self.text)}"

    @classmethod
    def from_json(cls, value: Any) -> Near:
        """Read what a recipe holds; `RecipeError` where it does not fit together."""
        return _read(cls, value, "The recipe's sentence cannot be used", "type it again")


@dataclass(frozen=True)
class InRange:
    """Numbers or times of a column from `low` to `high`, both included; None leaves a side open.

    Args:
        column: Of numbers or times.
        low, high: Numbers; of a time column ISO-8601 text, UTC where it names no zone. A day alone as `high`
            reaches to its end.
        exclude: The rows that are *not* so.

    Example:
        >>> InRange("price", 3, 5).words, InRange("sold", None, "2024-05-31", exclude=True).words
        ('price 3 to 5', 'not: sold at most 2024-05-31')
    """

    kind: ClassVar[str] = "range"

    column: Letters
    low: Bound = None
    high: Bound = None
    exclude: bool = False

    def __post_init__(self) -> None:
        for end in (self.low, self.high):
            if isinstance(end, bool) or (isinstance(end, (int, float)) and not _plain(end)):
                raise ParameterError(
                    f"The range of {self.column!r} cannot end at {end!r}",
                    "it is no finite number of 64 bits",
                    "choose another, or leave that side open",
                )
        if self.low is None and self.high is None:
            raise ParameterError(f"The range of {self.column!r} is open on both sides", "", "choose one end")

    @property
    def words(self) -> str:
        """It in words."""
        if self.low is None:
            ends = f"at most {bound(self.high)}"
        elif self.high is None:
            ends = f"at least {bound(self.low)}"
        else:
            ends = f"{bound(self.low)} to {bound(self.high)}"
        return said(f"{self.column} {ends}", self.exclude)


@dataclass(frozen=True)
class HasValue:
    """Rows with one of some values in a column.

    Args:
        column: Of text, numbers, true and false, or times.
        values: As they are shown: text as it stands, numbers as digits, "true", "false", times as ISO-8601.
        missing: Whether a missing cell counts as one of them.
        exclude: The rows that are *not* so.

    Example:
        >>> HasValue("country", ("DE", "FR"), exclude=True).words
        'not: country is DE or FR'
    """

    kind: ClassVar[str] = "values"

    column: Letters
    values: Annotated[tuple[Letters, ...], MaxLen(MOST_VALUES)] = ()
    missing: bool = False
    exclude: bool = False

    def __post_init__(self) -> None:
        if not self.values and not self.missing:
            raise ParameterError(f"No value of {self.column!r} is chosen", "", "choose one, or more")
        if len(self.values) > MOST_VALUES:
            many = f"{len(self.values):,} are chosen, and {MOST_VALUES:,} are the most"
            raise ParameterError(f"So many values of {self.column!r} cannot be kept", many, "choose fewer")
        for value in self.values:
            not_long(value, f"value of {self.column!r}")

    @property
    def words(self) -> str:
        """It in words."""
        return said(f"{self.column} is {any_of(self.values, ('missing',) * self.missing)}", self.exclude)


@dataclass(frozen=True)
class ContainsText:
    """Rows whose text holds some letters in a row, capitals or not.

    Args:
        text: The letters; they are looked for as they stand, also within words.
        column: Of text; None for any column of text that people read.
        exclude: The rows that are *not* so.

    Example:
        >>> ContainsText("refund", "body").words, ContainsText("refund", exclude=True).words
        ('body contains “refund”', 'not: any text contains “refund”')
    """

    kind: ClassVar[str] = "contains"

    text: Letters
    column: Letters | None = None
    exclude: bool = False

    def __post_init__(self) -> None:
        if not self.text:
            raise ParameterError("There is no text to look for", "nothing was typed", "type some letters")
        not_long(self.text, "text to look for")

    @property
    def words(self) -> str:
        """It in words."""
        return said(f"{self.column or 'any text'} contains {quoted(self.text)}", self.exclude)


@dataclass(frozen=True)
class MatchesPattern:
    """Rows in whose text a regular expression matches somewhere, in the dialect RE2 that DuckDB has.

    Args:
        pattern: The expression; ``(?i)`` before it ignores capitals.
        column: Of text; None for any column of text that people read.
        exclude: The rows that are *not* so.

    Example:
        >>> MatchesPattern("^Re:", "title").words
        'title matches “^Re:”'
    """

    kind: ClassVar[str] = "pattern"

    pattern: Annotated[str, MaxLen(MOST_OF_A_PATTERN)]
    column: Letters | None = None
    exclude: bool = False

    def __post_init__(self) -> None:
        if not self.pattern:
            raise ParameterError("The regular expression is empty", "it would match all rows", "type one")
        not_long(self.pattern, "regular expression", MOST_OF_A_PATTERN)

    @property
    def words(self) -> str:
        """It in words."""
        return said(f"{self.column or 'any text'} matches {quoted(self.pattern)}", self.exclude)


@dataclass(frozen=True)
class MeetsSql:
    """Rows that meet a SQL condition, as ``--where`` takes it.

    Args:
        where: The condition.
        exclude: The rows that do *not* meet it.

    Example:
        >>> MeetsSql("price > 3 OR lang = 'de'").words
        "price > 3 OR lang = 'de'"
    """

    kind: ClassVar[str] = "sql"

    where: Annotated[str, MaxLen(MOST_OF_SQL)]
    exclude: bool = False

    def __post_init__(self) -> None:
        not_empty(self.where, "condition", "write one, for example price > 3", MOST_OF_SQL)

    @property
    def words(self) -> str:
        """It in words."""
        return said(short(self.where), self.exclude)


@dataclass(frozen=True)
class InGroups:
    """Rows of some groups of the recipe.

    Args:
        names: Of the groups.
        exclude: The rows of the others.

    Example:
        >>> InGroups(("late parcels", "refunds")).words
        'in the group late parcels or refunds'
    """

    kind: ClassVar[str] = "groups"

    names: Annotated[tuple[Letters, ...], Len(1, MOST_VALUES)]
    exclude: bool = False

    def __post_init__(self) -> None:
        if not self.names:
            raise ParameterError("No group is chosen", "", "choose one, or more")

    @property
    def words(self) -> str:
        """It in words."""
        return said(f"in the group {any_of(self.names)}", self.exclude)


@dataclass(frozen=True)
class NearRow:
    """The rows nearest to one row, that row among them.

    Args:
        key: Of the row, 32 hexadecimal digits.
        rows: How many.
        name: What people call the row: its id, or its place in the file.
        exclude: All other rows.

    Example:
        >>> NearRow("0f" * 16, 50, "ticket 81").words
        'the 50 rows nearest to ticket 81'
    """

    kind: ClassVar[str] = "near row"

    key: Annotated[str, Len(32, 32)]
    rows: Annotated[int, Interval(ge=1, le=MAX_ROWS)]
    name: Letters = ""
    exclude: bool = False

    def __post_init__(self) -> None:
        if len(self.key) != 32 or set(self.key) - set("0123456789abcdef"):
            raise ParameterError(
                f"{self.key[:SHOWN]!r} is no row key", "a key has 32 hexadecimal digits", "choose a row"
            )
        rows_asked(self.rows)

    @property
    def words(self) -> str:
        """It in words."""
        name = short(self.name) or f"row {self.key[:8]}…"
        return said(f"{_rows(self.rows)} nearest to {name}", self.exclude)


@dataclass(frozen=True)
class NearText:
    """The rows whose text is nearest to a typed sentence.

    Args:
        near: The sentence, and how many rows.
        exclude: All other rows.

    Example:
        >>> NearText(Near("angry about a refund", 1), exclude=True).words
        'not: the row nearest to “angry about a refund”'
    """

    kind: ClassVar[str] = "near text"

    near: Annotated[Near, ReadBy(Near.from_json)]
    exclude: bool = False

    @property
    def words(self) -> str:
        """It in words."""
        return said(self.near.words, self.exclude)


@dataclass(frozen=True)
class HoldsWords:
    """Rows whose text holds every one of some words, whole and in any order, capitals or not.

    Args:
        text: The words.
        column: Of text; None for all columns of text that people read, together.
        exclude: The rows that do *not* hold them all.

    Example:
        >>> HoldsWords("late parcel").words
        'holds the words “late parcel”'
    """

    kind: ClassVar[str] = "words"

    text: Letters
    column: Letters | None = None
    exclude: bool = False

    def __post_init__(self) -> None:
        not_empty(self.text, "search", "type a word")

    @property
    def words(self) -> str:
        """It in words."""
        where = f"{self.column} holds" if self.column else "holds"
        return said(f"{where} the words {quoted(self.text)}", self.exclude)


@dataclass(frozen=True)
class OnMap:
    """Rows inside what was drawn on a map.

    Args:
        layout: Key of the layout that it was drawn on.
        map: Which map of the study that is.
        xs, ys: Corners in the coordinates of the layout: two of a box, or three and more of a lasso.
        exclude: The rows outside.
        colour: What coloured the map, a column or "groups": the hand may have followed it.

    Example:
        >>> OnMap("3f9a", "pca", (0.0, 1.0), (2.0, 4.0)).words
        'in a box on the map'
    """

    kind: ClassVar[str] = "map"

    layout: Letters
    map: MapName
    xs: Coordinates
    ys: Coordinates
    exclude: bool = False
    colour: Letters = ""

    def __post_init__(self) -> None:
        sound = 2 <= len(self.xs) <= MAX_VERTICES and len(self.xs) == len(self.ys)
        if not sound or not all(map(math.isfinite, (*self.xs, *self.ys))):
            raise ParameterError(
                "What was drawn on the map cannot be used",
                f"it has {len(self.xs):,} and {count(len(self.ys), 'coordinate')}, or they are not finite",
                "draw it again",
            )

    @property
    def words(self) -> str:
        """It in words."""
        return said(f"in a {'box' if len(self.xs) == 2 else 'lasso'} on the map", self.exclude)


@dataclass(frozen=True)
class InSelection:
    """Rows of a saved selection.

    Args:
        only: The selection.
        exclude: The rows that are *not* in it.

    Example:
        >>> InSelection(Only.of([1, 4], 9, "odd ones", "3f9a")).words
        'in the saved selection “odd ones”'
    """

    kind: ClassVar[str] = "selection"

    only: Annotated[Only, ReadBy(Only.from_json)]
    exclude: bool = False

    @property
    def words(self) -> str:
        """It in words."""
        return said(f"in the saved selection {quoted(self.only.name)}", self.exclude)


ColumnCondition = InRange | HasValue | ContainsText | MatchesPattern | MeetsSql
"""Those that are about cells alone, and can be written as SQL."""
RowCondition = ColumnCondition | InGroups | NearRow | NearText | HoldsWords | OnMap | InSelection

_KINDS: Mapping[str, type[RowCondition]] = {form.kind: form for form in get_args(RowCondition)}


def conditions_to_json(conditions: Iterable[RowCondition]) -> list[dict[str, Any]]:
    """Conditions as plain JSON; `conditions_from_json` reads them back.

    Example:
        >>> conditions_to_json([ContainsText("refund", "body")])
        [{'kind': 'contains', 'text': 'refund', 'column': 'body', 'exclude': False}]
    """
    return [{"kind": one.kind, **asdict(one)} for one in conditions]


def conditions_from_json(value: Any) -> tuple[RowCondition, ...]:
    """Read what `conditions_to_json` wrote.

    Raises:
        RecipeError: It is anything else; which condition, and what is wrong with it.

    Example:
        >>> conditions_from_json([{"kind": "range", "column": "price", "low": 3}])
        (InRange(column='price', low=3, high=None, exclude=False),)
    """
    what, do = "These filters cannot be read", "choose them again, or use the version that wrote them"
    if not isinstance(value, (list, tuple)):
        raise RecipeError(what, "they are not a list", do)
    if len(value) > MOST_CONDITIONS:
        raise RecipeError(what, f"they are {len(value):,}, and {MOST_CONDITIONS} are the most", do)
    return tuple(_condition(one, at) for at, one in enumerate(value, 1))


def _condition(value: Any, at: int) -> RowCondition:
    what, do = f"Filter {at} cannot be read", "choose it again, or use the version that wrote it"
    if not isinstance(value, Mapping):
        raise RecipeError(what, "it is not a table of names", do)
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise RecipeError(what, f"its kind is {str(kind)[:40]!r}, which this version does not have", do)
    body = {name: given for name, given in value.items() if name != "kind"}
    form: Callable[..., RowCondition] = _KINDS[kind]
    return _read(form, body, what, do)


def _read(kind: Callable[..., T], value: Any, what: str, do: str) -> T:
    def wrong(where: str, why: str) -> RecipeError:
        return RecipeError(what, clause(where, why), do)

    reader: Any = kind  # mypy has no type for "one of these classes"
    try:
        made: T = read_typed(reader, value, wrong)
    except RecipeError:
        raise
    except AliquotError as error:  # of a value that the type allows
        raise RecipeError(what, "; ".join(filter(None, (_lower(error.what), error.why))), do) from error
    return made


def _plain(number: int | float) -> bool:
    return -(2**63) <= number < 2**63 if isinstance(number, int) else math.isfinite(number)


def _rows(rows: int) -> str:
    return "the row" if rows == 1 else f"the {count(rows, 'row')}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
