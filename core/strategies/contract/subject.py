"""What the contract is checked of, and how a breach is reported."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...foundation.errors import BudgetError
from ...foundation.progress import SILENT, Progress
from ...model.inputs import Inputs
from ...model.selection import Selection
from ..declaration import STRATEGIES, Strategy
from ..running.select import select
from .population import reordered


class ContractError(Exception):
    """A strategy does not do what every strategy must, in one sentence."""


@dataclass(frozen=True)
class Subject:
    """A declaration with the function that runs it on rows in any order, as a source may hold them.

    Args:
        strategy: The declaration.
        run: ``(inputs, budget, **options) -> Selection``, as `core.strategies.running.select.select`.
        progress: Told by checks that take many runs; may cancel them.
    """

    strategy: Strategy
    run: Callable[..., Selection]
    progress: Progress = SILENT


def registered(strategy_id: str) -> Subject:
    """A strategy as the engine runs it: rows are put into canonical order first and mapped back after.

    Example:
        >>> registered("random").strategy.label
        'Random'
    """

    def run(inputs: Inputs, budget: int, **options: Any) -> Selection:
        order = np.lexsort(inputs.keys.T[::-1])
        if (np.diff(order) > 0).all():
            return select(strategy_id, inputs, budget, **options)
        found = select(strategy_id, reordered(inputs, order), budget, **options)
        return replace(found, rows=order[found.rows])

    return Subject(STRATEGIES[strategy_id], run)


def hold(good: object, breach: str) -> None:
    """Raise `ContractError` unless something holds.

    Args:
        good: What must hold.
        breach: What is wrong if it does not, one sentence.
    """
    if not good:
        raise ContractError(breach)


def refused(by: type[BaseException], run: Callable[[], Any], breach: str) -> str:
    """The message of the error by which a run must be refused; `ContractError` where it is not."""
    try:
        run()
    except by as error:
        return str(error)
    raise ContractError(breach)


def feasible(subject: Subject, inputs: Inputs, budget: int, **options: Any) -> int:
    """The budget, or the largest that a strategy with a declared limit names when it refuses this one."""
    if not subject.strategy.promises.limit:
        return budget
    try:
        subject.run(inputs, budget, **options)
        return budget
    except BudgetError as error:
        told = str(error)
    named = re.search(r"at most ([\d,]+) rows?\.?$", told)
    most = int(named.group(1).replace(",", "")) if named else 0
    hold(named, f"A budget beyond its limit is refused without “at most N rows” at the end: {told}")
    hold(1 <= most < budget, f"It refuses {budget} rows and says that {most} are the most.")
    breach = f"It says that {most} rows are the most, and gives {most + 1}."
    refused(BudgetError, lambda: subject.run(inputs, most + 1, **options), breach)
    return most
