"""Times as numbers: whole microseconds since 1970 in UTC, for any year that a calendar date can have.

Nothing here passes through nanoseconds, which end in the years 1677 and 2262: a date such as 9999-12-31 is
how many tables say "without end".
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

FIRST = -62_135_596_800_000_000
"""0001-01-01T00:00:00 in microseconds since 1970."""
LAST = 253_402_300_799_999_999
"""9999-12-31T23:59:59.999999 in microseconds since 1970."""
_START = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = timedelta(microseconds=1)


def microseconds_of(moment: datetime) -> int:
    """Microseconds since 1970 of one moment; a naive one is taken as UTC, finer parts are cut.

    Example:
        >>> microseconds_of(datetime(9999, 12, 31)), microseconds_of(datetime(1969, 12, 31, 23, 59, 59))
        (253402214400000000, -1000000)
    """
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    # The parts of Python's own type: pandas' stamps would take the way over nanoseconds.
    whole = datetime(
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.microsecond,
        moment.tzinfo,
        fold=moment.fold,
    )
    return (whole - _START) // _STEP


def microseconds(column: pd.Series[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """A column of times in any unit and zone as microseconds since 1970 (0 where missing), and where it is.

    Args:
        column: dtype datetime64 of any unit, with a zone or naive (then UTC). O(n).

    Returns:
        int64 (n,) and bool (n,).

    Example:
        >>> import pandas as pd
        >>> column = pd.Series(np.array(["9999-12-31", "NaT"], "datetime64[us]")).dt.tz_localize("UTC")
        >>> [part.tolist() for part in microseconds(column)]
        [[253402214400000000, 0], [False, True]]
    """
    stamps = column.dt.as_unit("us")
    if stamps.dt.tz is not None:
        stamps = stamps.dt.tz_convert("UTC").dt.tz_localize(None)
    gone = column.isna().to_numpy(bool)
    counts = stamps.to_numpy().astype("datetime64[us]").astype(np.int64)
    return np.where(gone, 0, counts), gone


def seconds(column: pd.Series[Any]) -> NDArray[np.float64]:
    """A column of times as seconds since 1970 (UTC), float64 (n,), NaN where missing.

    Example:
        >>> import pandas as pd
        >>> seconds(pd.Series(np.array(["0001-01-01", "NaT"], "datetime64[s]"))).tolist()
        [-62135596800.0, nan]
    """
    counts, gone = microseconds(column)
    return np.where(gone, np.nan, counts / 1e6)
