"""Features of a table: scaled numbers, one-hot categories, missing values handled and reported."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..foundation.errors import ColumnError, FeatureError
from ..foundation.times import seconds
from ..foundation.wording import clause, count, listed, some
from ..model.dataset import Kind, Role

if TYPE_CHECKING:
    import pandas as pd

MAX_LEVELS = 20
MISSING = "(missing)"
OTHER = "(other)"
_OURS = re.compile(r"\(+(missing|other)\)+")
USED = (Kind.NUMBER, Kind.CATEGORY, Kind.TIME)
_REASONS = {
    Kind.LABEL: "labels must not leak into distances",
    Kind.SCORE: "scores are for choosing, not for measuring distance",
    Kind.ID: "an id says nothing about a row",
}


@dataclass(frozen=True)
class NumberEncoding:
    """A number, time or boolean: (x − mean) / standard deviation, missing as the median."""

    column: str
    centre: float
    scale: float
    median: float
    missing: bool
    time: bool = False


@dataclass(frozen=True)
class CategoryEncoding:
    """A category: one column per level, all divided so that it counts like one number."""

    column: str
    levels: tuple[str, ...]
    scale: float


@dataclass(frozen=True)
class Plan:
    """What was learnt from a table and turns any table with the same columns into the same space."""

    numbers: tuple[NumberEncoding, ...]
    categories: tuple[CategoryEncoding, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """One name per dimension."""
        found: list[str] = []
        for number in self.numbers:
            found.append(number.column)
            if number.missing:
                found.append(f"{number.column} is missing")
        for category in self.categories:
            found.extend(f"{category.column} = {level}" for level in category.levels)
        return tuple(found)

    def apply(self, frame: pd.DataFrame) -> NDArray[np.float32]:
        """Rows of a frame in this space, shape (n, d).

        Raises:
            ColumnError: Columns are missing; they are named.
        """
        wanted = [part.column for part in self.numbers] + [part.column for part in self.categories]
        lacking = [name for name in wanted if name not in frame.columns]
        if lacking:
            raise ColumnError(
                f"{clause(len(lacking), 'column', 'is', 'are')} missing that the features are made of",
                ", ".join(map(repr, lacking[:10])),
                "give a table that has them, or choose other features",
            )
        parts: list[NDArray[np.float64]] = []
        for number in self.numbers:
            values = numeric(frame[number.column], number.time)
            gone = np.isnan(values)
            values = np.where(gone, number.median, values)
            parts.append(((values - number.centre) / number.scale)[:, None])
            if number.missing:
                parts.append(gone.astype(np.float64)[:, None])
        for category in self.categories:
            text = levels_of(frame[category.column])
            known = {level: at for at, level in enumerate(category.levels)}
            other = known.get(OTHER, -1)
            codes = np.fromiter((known.get(value, other) for value in text), np.int64, len(text))
            block = np.zeros((len(text), len(category.levels)))
            seen = np.flatnonzero(codes >= 0)
            block[seen, codes[seen]] = category.scale
            parts.append(block)
        matrix = np.concatenate(parts, axis=1)
        return np.ascontiguousarray(matrix, dtype=np.float32)


def columns_in_words(kinds: Iterable[Kind]) -> str:
    """How many columns of each kind a table's features have.

    Example:
        >>> columns_in_words([Kind.CATEGORY, Kind.NUMBER, Kind.NUMBER])
        '2 number columns and 1 category column'
    """
    counts = Counter(kinds)
    told = [count(counts[kind], f"{kind.value} column") for kind in USED if counts[kind]]
    return listed(told or ["no column"])


def numeric(column: pd.Series[Any], time: bool = False) -> NDArray[np.float64]:
    """A column as float64, NaN where missing or infinite; times as seconds since 1970 (UTC).

    Args:
        column: Numbers, booleans or times; text only where it can be read as these.
        time: Whether text is to be read as times. Numbers that stand for times (years) stay as they are.

    Raises:
        ColumnError: A value is no number.
    """
    import pandas as pd

    try:
        if pd.api.types.is_datetime64_any_dtype(column):
            values = seconds(column)
        elif time and not pd.api.types.is_numeric_dtype(column):
            values = seconds(pd.Series(pd.to_datetime(column, utc=True)))
        else:
            values = pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError):
        raise ColumnError(
            f"Column {column.name!r} cannot be measured",
            "some of its values are not numbers" if not time else "some of its values are not times",
            "give it the role category, text or ignore",
        ) from None
    return np.where(np.isfinite(values), values, np.nan)


def levels_of(column: pd.Series[Any]) -> list[str]:
    """A column's values as text, missing ones as their own level.

    A value that reads like a level of ours stands in brackets, in every table alike, and so stays apart.
    """
    gone = column.isna().to_numpy()
    found = [MISSING if lost else str(value) for value, lost in zip(column.tolist(), gone, strict=True)]
    return [
        f"({level})" if not lost and _OURS.fullmatch(level) else level
        for level, lost in zip(found, gone, strict=True)
    ]


def fit(frame: pd.DataFrame, roles: Mapping[str, Role]) -> Plan:
    """Learn how to scale a table.

    Numbers, times and booleans become standard scores; a missing value becomes the median, and a 0/1 column
    says so. A category becomes one column per level (at most `MAX_LEVELS`, the rest joined as one), divided
    by √(1 − Σp²), so that two rows at random are as far apart in it as in one number. Constant columns go.

    Raises:
        FeatureError: No informative column is left.
    """
    numbers: list[NumberEncoding] = []
    categories: list[CategoryEncoding] = []
    notes: list[str] = []
    constant: list[str] = []
    filled: list[str] = []
    roles = dict(sorted(roles.items()))  # the order of columns in a file must not matter
    for name, role in roles.items():
        if role.kind not in USED:
            continue
        column = frame[name]
        if role.kind is Kind.CATEGORY and column.dtype != bool:
            category = _category(name, column, notes)
            if category is None:
                constant.append(name)
            else:
                categories.append(category)
            continue
        number = _number(name, column, role.kind is Kind.TIME, filled)
        if number is None:
            constant.append(name)
        else:
            numbers.append(number)
    notes[:0] = _told(roles, constant, filled)
    if not numbers and not categories:
        raise FeatureError(
            "The table has nothing to measure distances by",
            "no number, category or time column has two different values"
            + (f" (constant: {some(constant, 5)})" if constant else ""),
            "give some columns the role number or category, or choose a text column",
        )
    return Plan(tuple(numbers), tuple(categories), tuple(notes))


def _told(roles: Mapping[str, Role], constant: list[str], filled: list[str]) -> list[str]:
    notes = ["Numbers are standard scores (minus mean, divided by standard deviation)."]
    if constant:
        notes.append(f"Left out because they do not vary: {some(constant)}.")
    if filled:
        notes.append(f"Missing or infinite values stand at the median, with a 0/1 column: {some(filled)}.")
    for kind, reason in _REASONS.items():
        named = [name for name, role in roles.items() if role.kind is kind]
        if named:
            notes.append(f"Left out, {kind.value}: {some(named)} ({reason}).")
    rest = [name for name, role in roles.items() if role.kind not in USED and role.kind not in _REASONS]
    if rest:
        notes.append(f"Left out by their role: {some(rest)}.")
    return notes


def _number(name: str, column: pd.Series[Any], time: bool, filled: list[str]) -> NumberEncoding | None:
    values = numeric(column, time)
    gone = np.isnan(values)
    there = values[~gone]
    if not len(there) or there.min() == there.max():
        return None
    unit = float(np.abs(there).max())  # divide first: squares of large numbers overflow
    spread = float((there / unit).std()) * unit
    if spread == 0:
        return None
    if gone.any():
        filled.append(f"{name} ({int(gone.sum()):,})")
    median = float(np.median(there))
    centre = float((there / unit).mean()) * unit
    return NumberEncoding(name, centre, spread, median, bool(gone.any()), time)


def _category(name: str, column: pd.Series[Any], notes: list[str]) -> CategoryEncoding | None:
    text = levels_of(column)
    counts: dict[str, int] = {}
    for value in text:
        counts[value] = counts.get(value, 0) + 1
    if len(counts) < 2:
        return None
    ranked = sorted(counts, key=lambda level: (-counts[level], level))
    if len(ranked) > MAX_LEVELS:
        kept = ranked[: MAX_LEVELS - 1]
        rest = sum(counts[level] for level in ranked[MAX_LEVELS - 1 :])
        notes.append(
            f"{name}: the {MAX_LEVELS - 1} most frequent of {count(len(ranked), 'value')} have a column "
            "each; "
            f"the others ({count(rest, 'row')}) share one."
        )
        counts = {**{level: counts[level] for level in kept}, OTHER: rest}
    if MISSING in counts:
        notes.append(f"{name}: missing cells ({counts[MISSING]:,}) are a value of their own.")
    share = np.array(list(counts.values())) / len(text)
    return CategoryEncoding(name, tuple(sorted(counts)), float(1.0 / np.sqrt(1.0 - (share**2).sum())))
