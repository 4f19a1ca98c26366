"""What column parameters name: groups, numbers, and matrices of several columns.

A parameter may hold a column's name, or one of the words ``groups``, ``labels``, ``entities``, ``scores``,
``order`` and ``features`` for what the inputs already have; a column of such a name is reached only where
there is nothing else that it could mean.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import BLOCK
from ...foundation.arrays.principal_components import signed
from ...foundation.errors import ColumnError, NeedError
from ...foundation.progress import SILENT
from ...foundation.threads import single_blas
from ...foundation.wording import clause
from ...model.binning import column_groups, refuse_lists
from ...model.columns import as_numbers, distinct_values, reading
from ...model.inputs import Inputs
from .spectrum import gram


def _has_column(inputs: Inputs, name: str) -> bool:
    return inputs.frame is not None and name in inputs.frame.columns


def grouping(inputs: Inputs, by: str, bins: int = 5) -> tuple[Rows, tuple[str, ...], tuple[str, ...]]:
    """Groups by what a parameter names: "groups", "entities", or any column.

    Args:
        inputs: The population.
        by: The name.
        bins: Parts that a number or time of many values is cut into.

    Returns:
        Code of each row, int64 (n,); names of the groups; notes.

    Raises:
        NeedError: There are no groups, and no column of that name.
        ColumnError: No such column, or one with too many values, or with lists.
    """
    if by == "groups" and inputs.groups is not None:
        return inputs.groups.codes, inputs.groups.names, ()
    if by == "entities" and inputs.entities is not None:
        _, codes = np.unique(inputs.entities, return_inverse=True)
        return codes.astype(np.int64), tuple(f"entity {at + 1}" for at in range(int(codes.max()) + 1)), ()
    if by in ("groups", "entities") and not _has_column(inputs, by):
        raise NeedError(f"There are no {by}", "", f"make {by} or name a column")
    return column_groups(inputs.column(by), by, inputs.roles.get(by), bins=bins)


def ordering(inputs: Inputs, by: str) -> NDArray[np.float64]:
    """Where each row stands along what a parameter names: "scores", "order", or any column.

    Only the order means something. Values of a column are compared exactly, whole numbers and times too, and
    text goes by the alphabet; infinite values stand at the ends.

    Returns:
        float64 (n,), NaN where missing.

    Raises:
        NeedError: There is no such thing, and no column of that name.
        ColumnError: No such column, or its cells are lists or records.
    """
    if by in ("scores", "order") and (getattr(inputs, by) is not None or not _has_column(inputs, by)):
        return numbers(inputs, by)
    column = inputs.column(by)
    refuse_lists(column, by)
    place = distinct_values(column)[1]
    return np.where(place < 0, np.nan, place.astype(np.float64))


def is_number(inputs: Inputs, name: str) -> bool:
    """Whether a column is read as a number or a time, by its role where it has one."""
    return reading(inputs.column(name), inputs.roles.get(name)) != "category"


def numbers(inputs: Inputs, name: str) -> NDArray[np.float64]:
    """Numbers that a parameter names: "scores", "order", or a number or time column.

    Returns:
        float64 (n,), NaN where missing.

    Raises:
        NeedError: There is no such thing, and no column of that name.
        ColumnError: No such column, or it holds no numbers.
    """
    given = {"scores": inputs.scores, "order": inputs.order}.get(name)
    if given is not None:
        return np.asarray(given, np.float64)
    if name in ("scores", "order") and not _has_column(inputs, name):
        what = "scores" if name == "scores" else "an order"
        raise NeedError(f"There is no column for {what}", "none has that role", "name a column")
    return as_numbers(inputs.column(name), name)


def tamed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers times a power of two that makes the largest about 1, so that squares and sums are never lost.

    Example:
        >>> tamed(np.array([2.0**900, -3 * 2.0**900, np.nan])).tolist()
        [0.25, -0.75, nan]
    """
    real = np.abs(values[np.isfinite(values)])
    return np.asarray(np.ldexp(values, -int(np.frexp(real.max(initial=0.0))[1])))


@single_blas()
def components(x: NDArray[np.float32], count: int) -> NDArray[np.float64]:
    """Leading principal components of features, scores in columns, float64 (n, ≤ count).

    The sign of each is fixed by its largest loading, as on maps. Maps sum over blocks of another size, so
    their components differ in last bits, which ids of strategies depend on: the two stay apart. Columns
    without variance are left out, so constant features give shape (n, 0).

    One BLAS thread, as lists sorted by components must not depend on how many there are. O(n·d² + d³) time,
    O(n·count + d²) memory.
    """
    n, d = x.shape
    mean = x.mean(axis=0, dtype=np.float64)
    values, vectors = np.linalg.eigh(gram(x, SILENT, mean))
    values, vectors = values[::-1][:count], vectors[:, ::-1][:, :count]
    vectors = vectors[:, values > max(float(values[0]) if len(values) else 0.0, 0.0) * 1e-10]
    vectors = signed(vectors.T).T
    out, step = np.empty((n, vectors.shape[1])), max(1, BLOCK // max(1, d))
    for at in range(0, n, step):
        out[at : at + step] = (x[at : at + step].astype(np.float64) - mean) @ vectors
    return out


def columns_matrix(
    inputs: Inputs, names: Sequence[str], count: int = 8
) -> tuple[NDArray[np.float64], tuple[str, ...], tuple[str, ...]]:
    """Several columns side by side as standardised numbers.

    Number columns (and "scores", "order") become one column, missing values the mean, with a note; other
    columns and "groups" one indicator per value; "features" the `count` leading principal components.

    Returns:
        float64 (n, p), each column of mean 0 and variance 1 (columns that do not vary are left out); a name
        for each; notes.
    """
    parts: list[NDArray[np.float64]] = []
    labels: list[str] = []
    notes: list[str] = []
    for name in names:
        if name == "features" and inputs.features is not None:
            found = components(inputs.features.matrix, count)
            parts.append(found)
            labels += [f"component {at + 1}" for at in range(found.shape[1])]
            continue
        named = name in ("scores", "order") and not _has_column(inputs, name)
        if named or (name != "groups" and _has_column(inputs, name) and is_number(inputs, name)):
            values = tamed(numbers(inputs, name))
            lost = ~np.isfinite(values)
            if lost.all():
                raise ColumnError(f"{name} cannot be used", "it holds no value", "choose another column")
            if lost.any():
                values = np.where(lost, values[~lost].mean(), values)
                verb = (f"without {name} counts", f"without {name} count")
                notes.append(f"{clause(int(lost.sum()), 'row', *verb)} as its mean.")
            parts.append(values[:, None])
            labels.append(name)
            continue
        codes, words, _ = grouping(inputs, name)
        parts.append((codes[:, None] == np.arange(len(words))).astype(np.float64))
        labels += [f"{name} = {word}" for word in words]
    matrix = np.concatenate(parts, axis=1) if parts else np.empty((inputs.n, 0))
    spread = matrix.std(axis=0)
    varies = spread > 1e-12 * np.maximum(np.abs(matrix).max(axis=0, initial=0.0), 1e-300)
    matrix = (matrix[:, varies] - matrix[:, varies].mean(axis=0)) / spread[varies]
    return matrix, tuple(label for label, keep in zip(labels, varies, strict=True) if keep), tuple(notes)
