"""Columns as what the engine computes with: numbers, and codes of entities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .errors import ColumnError
from .times import seconds

if TYPE_CHECKING:
    import pandas as pd

A = TypeVar("A", bound=NDArray[Any])


def fixed(array: A) -> A:
    """A copy that nobody can change, to be shared by all who ask for it.

    Example:
        >>> fixed(np.arange(3)).flags.writeable
        False
    """
    made: A = array.copy()
    made.flags.writeable = False
    return made


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
            f"{name} cannot be used as a number", "it holds no numbers", "choose a number column"
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
