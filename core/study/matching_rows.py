"""The rows that meet conditions: each by itself, and all together; and which columns conditions rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..data.filters.column_conditions import condition_mask, searched
from ..data.filters.conditions import mentioned
from ..data.row_ids import row_of_key
from ..data.word_index import word_index
from ..foundation.arrays.array_types import Rows
from ..foundation.arrays.lasso import inside_box, inside_lasso
from ..foundation.errors import NeedError, RecipeError
from ..foundation.progress import SILENT, Progress
from ..foundation.wording import some
from ..model.columns import fixed
from ..model.dataset import Dataset
from ..model.row_conditions import (
    ContainsText,
    HasValue,
    HoldsWords,
    InGroups,
    InRange,
    InSelection,
    MatchesPattern,
    MeetsSql,
    NearRow,
    NearText,
    OnMap,
    RowCondition,
)
from .artifacts import Artifacts

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class ConditionRows:
    """The rows of one condition by itself.

    Args:
        condition: The condition.
        mask: Which rows meet it, bool (n,), read-only; its `exclude` is taken in.
        count: How many do.
    """

    condition: RowCondition
    mask: Mask
    count: int


@dataclass(frozen=True)
class MatchingRows:
    """The rows that meet conditions.

    Args:
        parts: Each condition by itself, in the order given.
        rows: Those that meet all of them, ascending canonical positions, int64, read-only; all rows where
            there is no condition.
    """

    parts: tuple[ConditionRows, ...]
    rows: Rows


@dataclass(frozen=True)
class Grounds:
    """What conditions rest on: where rows chosen by them differ because of how they were chosen.

    Args:
        columns: Columns that they look at, or may look at, ascending.
        measured: One is near something or was drawn on a map: they rest on all that the features are made of.
        groups: One chooses groups, and rests on all that these are made of.
        saved: One is a saved selection, of which nobody knows here what made it.
    """

    columns: tuple[str, ...]
    measured: bool
    groups: bool
    saved: bool


def matching_rows(
    study: Artifacts, conditions: Sequence[RowCondition], progress: Progress = SILENT
) -> MatchingRows:
    """Which rows meet conditions: every one by itself, and all of them.

    Args:
        study: Data, features, groups and layouts that conditions name; made where they are not there.
        conditions: They meet by *and*; those with `exclude` by *not*.
        progress: Told how far the work is; may cancel it.

    Returns:
        Masks and counts of each, and the rows that meet all; the same for any order of rows and conditions.
        O(n) for each condition on a column, O(n·d) for each that is near something.

    Raises:
        AliquotError: A condition does not fit the data, its features, its groups or its maps.

    Example:
        >>> from core.data.load import load
        >>> from core.study.study import Study
        >>> study = Study(load("sample:wine")).embed("table")
        >>> others = HasValue("cultivar", ("cultivar 1",), exclude=True)
        >>> found = matching_rows(study, [InRange("alcohol", 13), others])
        >>> [part.count for part in found.parts], len(found.rows)
        ([92, 119], 35)
    """
    parts = []
    for at, condition in enumerate(conditions):
        share = progress.part(at / len(conditions), (at + 1) / len(conditions))
        share(0, 1, condition.words)
        mask = fixed(_mask(study, condition, share))
        parts.append(ConditionRows(condition, mask, int(mask.sum())))
    return meeting(parts, len(study.data))


def meeting(parts: Sequence[ConditionRows], n: int) -> MatchingRows:
    """The rows of a data set of n rows that meet all of some conditions, whose rows are known."""
    together = np.ones(n, bool)
    for part in parts:
        together &= part.mask
    return MatchingRows(tuple(parts), fixed(np.flatnonzero(together).astype(np.int64)))


def grounds(dataset: Dataset, conditions: Sequence[RowCondition]) -> Grounds:
    """What conditions rest on, for those who ask afterwards in what the chosen rows differ.

    Example:
        >>> from core.data.load import load
        >>> found = grounds(load("sample:wine"), [InRange("alcohol", 13), MeetsSql("hue > 1 OR ash < 2")])
        >>> found.columns, found.measured
        (('alcohol', 'ash', 'hue'), False)
    """
    columns = set[str]()
    for condition in conditions:
        if isinstance(condition, MeetsSql):
            columns.update(mentioned(condition.where, dataset.frame.columns))
        elif isinstance(condition, InRange | HasValue):
            columns.add(condition.column)
        elif isinstance(condition, ContainsText | MatchesPattern | HoldsWords):
            columns.update(searched(dataset, condition.column))
        elif isinstance(condition, OnMap) and condition.colour in dataset.frame.columns:
            columns.add(condition.colour)
    return Grounds(
        tuple(sorted(columns)),
        any(isinstance(one, NearRow | NearText | OnMap) for one in conditions),
        any(
            isinstance(one, InGroups) or (isinstance(one, OnMap) and one.colour == "groups")
            for one in conditions
        ),
        any(isinstance(one, InSelection) for one in conditions),
    )


def _mask(study: Artifacts, condition: RowCondition, progress: Progress) -> Mask:
    """Which rows meet one condition; its `exclude` is taken in."""
    if isinstance(condition, InRange | HasValue | ContainsText | MatchesPattern | MeetsSql):
        return condition_mask(study.data, condition, study.store)
    if isinstance(condition, InGroups):
        met = _of_groups(study, condition, progress)
    elif isinstance(condition, OnMap):
        met = _inside(study, condition, progress)
    else:
        met = np.zeros(len(study.data), bool)
        met[_rows(study, condition, progress)] = True
    return ~met if condition.exclude else met


def _rows(
    study: Artifacts, condition: NearRow | NearText | HoldsWords | InSelection, progress: Progress
) -> Rows:
    if isinstance(condition, NearRow):
        return study.near_row(row_of_key(study.data, condition.key), condition.rows, progress)
    if isinstance(condition, NearText):
        return study.near_text(condition.near, progress)
    if isinstance(condition, InSelection):
        return condition.only.within(study.data)
    columns = searched(study.data, condition.column)
    return word_index(study.data, columns, study.store, progress).holding(condition.text)


def _of_groups(study: Artifacts, condition: InGroups, progress: Progress) -> Mask:
    groups = study.groups(progress)
    if groups is None:
        raise NeedError(
            "There are no groups to choose from", "the recipe asks for none", "choose groups first"
        )
    known = {name: code for code, name in enumerate(groups.names)}
    lost = [name for name in condition.names if name not in known]
    if lost:
        raise RecipeError(
            f"There is no group {some(lost, 3)}", f"the groups are {some(groups.names, 6)}", "choose again"
        )
    chosen = np.zeros(len(known), bool)
    chosen[[known[name] for name in condition.names]] = True
    met: Mask = chosen[groups.codes]
    return met


def _inside(study: Artifacts, condition: OnMap, progress: Progress) -> Mask:
    name = condition.map
    layout = study.first_map(progress) if name == "first" else study.layout(name, progress)
    if layout is None or layout.key != condition.layout:
        raise RecipeError(
            "What was drawn cannot be found on the map",
            "it was drawn on the map of other features, or of another version",
            "draw it again",
        )
    draw = inside_box if len(condition.xs) == 2 else inside_lasso
    return draw(layout.xy, condition.xs, condition.ys)
