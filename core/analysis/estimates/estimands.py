"""The numbers that are wanted: totals and means of numbers, counts and shares of categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.errors import ColumnError
from ...foundation.wording import count
from ...metrics.column_distributions import ColumnKind, column_kinds
from ...model.columns import as_numbers
from ...model.inputs import Inputs

Numbers = NDArray[np.float64]
Measure = Literal["mean", "total"]
What = Literal["mean", "total", "share", "count"]


@dataclass(frozen=True)
class Estimand:
    """One number that is wanted: y over all eligible rows, 0 where there is no value."""

    column: str
    value: str
    what: What
    y: Numbers
    here: NDArray[np.bool_]

    @property
    def truth(self) -> float:
        """The value over all rows; a mean of no values is NaN."""
        total = float(self.y.sum())
        if self.what in ("total", "count"):
            return total
        count = int(self.here.sum())
        return total / count if count else float("nan")


def wanted(
    population: Inputs, name: str, measure: Measure, kinds: Mapping[str, ColumnKind] | None, top: int
) -> list[Estimand]:
    """What to estimate of one column: its mean or total, or the share or count of each of its top values."""
    import pandas as pd

    column = population.column(name)
    kind = (kinds or {}).get(name) or column_kinds(replace(population, frame=column.to_frame())).get(name)
    if kind is None:
        raise ColumnError(
            f"{name} cannot be estimated",
            "it is neither a number nor a category of few values",
            "choose another column, or give it one of these roles on the Data page",
        )
    if kind == "number":
        values = as_numbers(column, name)
        here = ~np.isnan(values)
        if np.isinf(values).any():
            raise ColumnError(
                f"{name} cannot be estimated", "it holds infinite values", "choose another column"
            )
        return [Estimand(name, "", measure, np.where(here, values, 0.0), here)]
    codes, distinct = pd.factorize(column, use_na_sentinel=True)
    here = codes >= 0
    counts = np.bincount(codes[here], minlength=len(distinct))
    words = [_word(value) for value in distinct]
    order = sorted(range(len(words)), key=lambda code: (-int(counts[code]), words[code]))
    named = order if len(order) <= top + 1 else order[:top]
    what: What = "share" if measure == "mean" else "count"
    found = [Estimand(name, words[code], what, (codes == code).astype(np.float64), here) for code in named]
    if len(named) < len(order):
        rest = here & ~np.isin(codes, named)
        label = count(len(order) - len(named), "other value")
        found.append(Estimand(name, label, what, rest.astype(np.float64), here))
    return found


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)
