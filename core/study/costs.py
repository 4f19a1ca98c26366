"""What rows cost: a column of numbers that can be added up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..data.row_ids import row_name
from ..foundation.arrays.array_types import Rows
from ..foundation.errors import BudgetError, ColumnError
from ..foundation.wording import some
from ..model.budget import Budget
from ..model.columns import why_no_number
from ..model.cost_budget import bad_costs
from ..model.dataset import Dataset
from ..model.inputs import Inputs


def may_cost(data: Dataset, name: str) -> bool:
    """Whether a column holds numbers that can be added up."""
    import pandas as pd

    if name not in data.frame.columns:
        return False
    column = data.frame[name]
    return bool(pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column))


def costs_of(data: Dataset, name: str) -> NDArray[np.float64]:
    """A column as what rows cost, float64 (n,), NaN where missing; `ColumnError` where it is not numeric."""
    column = data.column(name)
    if not may_cost(data, name):
        raise ColumnError(
            f"The column {name!r} cannot be a cost", why_no_number(column), "choose a number column"
        )
    return column.to_numpy(np.float64, na_value=np.nan)


def check_costs(data: Dataset, name: str, rows: Rows | None) -> NDArray[np.float64]:
    """The costs of all rows, refused where eligible ones have none or a negative one, with their names.

    Args:
        data: The data set.
        name: The column.
        rows: The eligible rows; None for all.

    Raises:
        ColumnError: No such column, or it is not numeric.
        BudgetError: Missing, infinite or negative costs, counted and named.
    """
    values = costs_of(data, name)
    here = np.arange(len(data)) if rows is None else rows
    cost = values[here]
    for bad, what in ((~np.isfinite(cost), "have no cost"), (cost < 0, "have a negative cost")):
        lost = here[bad]
        if len(lost):
            named = [row_name(data, int(row)) for row in lost[:3]]
            raise bad_costs(name, what, len(lost), some(named))
    return values


def priced(data: Dataset, inputs: Inputs, budget: int | Budget) -> Inputs:
    """Inputs of all rows with the costs that a budget is a sum of."""
    if isinstance(budget, int) or not budget.column:
        return inputs
    return replace(inputs, costs=costs_of(data, budget.column), cost_column=budget.column)


def with_costs(data: Dataset, inputs: Inputs, text: str) -> Inputs:
    """Inputs with the costs that a recipe's budget names; as they are where it names none that can be used.

    Looking at data must not fail over a budget; spending it says what is wrong with it.
    """
    try:
        budget = Budget.parse(text)
    except BudgetError:
        return inputs
    return priced(data, inputs, budget) if budget.column and may_cost(data, budget.column) else inputs
