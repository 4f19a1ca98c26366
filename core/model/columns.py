"""Columns as what the engine computes with: how one is read, its distinct values, numbers, entity codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..foundation.errors import ColumnError
from ..foundation.times import seconds
from ..foundation.wording import count
from .dataset import Kind

if TYPE_CHECKING:
    import pandas as pd

A = TypeVar("A", bound=NDArray[Any])
ReadOptions = Literal["number", "time", "category"]

_CATEGORIES = frozenset({Kind.CATEGORY, Kind.LABEL, Kind.ENTITY, Kind.LICENCE, Kind.ID, Kind.TEXT})
_NUMBERS = frozenset({Kind.NUMBER, Kind.SCORE})


def fixed(array: A) -> A:
    """A copy that nobody can change, to be shared by all who ask for it.

    Example:
        >>> fixed(np.arange(3)).flags.writeable
        False
    """
    made: A = array.copy()
    made.flags.writeable = False
    return made


def reading(column: pd.Series[Any], role: Kind | None = None) -> ReadOptions:
    """How a column is understood: as its role says, or as its values are where the role leaves that open.

    Example:
        >>> import pandas as pd
        >>> shops = pd.Series([101, 102, 102])
        >>> reading(shops), reading(shops, Kind.CATEGORY)
        ('number', 'category')
    """
    import pandas as pd

    if role in _CATEGORIES:
        return "category"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "time"
    if pd.api.types.is_bool_dtype(column):
        return "number" if role in _NUMBERS else "category"
    return "number" if pd.api.types.is_numeric_dtype(column) else "category"


def distinct_values(column: pd.Series[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The different values of a column in ascending order, and where each row's stands among them.

    Nothing is rounded: whole numbers stay whole however large, times keep their unit. Values that are neither
    numbers nor times are compared as text.

    Returns:
        Shape (m,); positions, int64 (n,), −1 where missing. O(n log n) time.

    Example:
        >>> import pandas as pd
        >>> values, at = distinct_values(pd.Series([2**53 + 1, None, 2**53], dtype="Int64"))
        >>> values.tolist(), at.tolist()
        ([9007199254740992, 9007199254740993], [1, -1, 0])
    """
    import pandas as pd

    missing = np.array(column.isna(), dtype=bool)
    some = column[~missing]
    values: NDArray[Any]
    if pd.api.types.is_datetime64_any_dtype(some):
        values = (some if some.dt.tz is None else some.dt.tz_convert("UTC").dt.tz_localize(None)).to_numpy()
    elif pd.api.types.is_numeric_dtype(some) and not pd.api.types.is_bool_dtype(some):
        values = some.to_numpy(getattr(some.dtype, "numpy_dtype", None))
        if values.dtype.kind == "f":
            values = values + 0.0  # one zero
            missing[~missing] = np.isnan(values)
            values = values[~np.isnan(values)]
    else:
        texts, different = pd.factorize(some)  # before text is made of them: there are fewer
        values = np.array([str(value) for value in different], dtype=object)
    found, where = np.unique(values, return_inverse=True)
    if values.dtype == object:
        where = where[texts]
    at = np.full(len(column), -1, np.int64)
    at[~missing] = where
    return found, at


def why_no_number(column: pd.Series[Any]) -> str:
    """Why a column is not one of numbers, told by its cells: for errors.

    Example:
        >>> import pandas as pd
        >>> why_no_number(pd.Series(["1", "2", "n/a"])), why_no_number(pd.Series(["a", "b"]))
        ("1 of its 3 values is no number, for example 'n/a'", 'it holds text and no numbers')
        >>> why_no_number(pd.Series(["1000,45", "3,5"])).partition(";")[0]
        "it holds numbers written with a decimal comma ('1000,45'), which are read as text"
    """
    import pandas as pd

    from .number_spellings import written_column

    values = column.dropna()
    if not len(values):
        return "it holds no value"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "it holds dates or times"
    if pd.api.types.is_bool_dtype(column):
        return "it holds true and false"
    if pd.api.types.is_numeric_dtype(column):
        return "its numbers stand for categories, by the column's role"
    texts = values.astype("string")
    meant = written_column(texts)
    if meant is not None:
        form = "date:dmy, date:mdy or date:ymd" if meant.dates else "number:. or number:,"
        return f"it holds {meant.what}, which are read as text; they can be read as {form}"
    read = pd.to_numeric(texts, errors="coerce")
    lost = texts[read.isna()]
    if not len(lost):
        return f"its numbers are kept as text, for example {str(texts.iloc[0])[:40]!r}"
    if len(lost) == len(texts):
        return "it holds text and no numbers"
    have = "is no number" if len(lost) == 1 else "are no numbers"
    return f"{len(lost):,} of its {count(len(texts), 'value')} {have}, for example {str(lost.iloc[0])[:40]!r}"


def as_numbers(column: pd.Series[Any], name: str) -> NDArray[np.float64]:
    """A number, boolean or time column as float64 (times: seconds since 1970), NaN where missing.

    Raises:
        ColumnError: It holds neither numbers nor times.

    Example:
        >>> import pandas as pd
        >>> as_numbers(pd.Series([2, None, 3], dtype="Int64"), "a").tolist()
        [2.0, nan, 3.0]
    """
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        return seconds(column)
    if not pd.api.types.is_numeric_dtype(column):
        raise ColumnError(
            f"{name} cannot be used as a number", why_no_number(column), "choose a number column"
        )
    return column.to_numpy(np.float64, na_value=np.nan)


def entity_codes(column: pd.Series[Any]) -> NDArray[np.int64]:
    """Code of each row's entity, in order of first appearance; rows without one are entities of their own.

    Example:
        >>> import pandas as pd
        >>> entity_codes(pd.Series(["a", None, "a", None])).tolist()
        [0, 1, 0, 2]
    """
    codes = column.astype("string").factorize()[0].astype(np.int64)
    lost = np.flatnonzero(codes < 0)
    codes[lost] = codes.max(initial=-1) + 1 + np.arange(len(lost))
    return codes
