"""What a strategy needs before it can run, and what of it is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from ...model.inputs import Inputs
from ...model.needs import Need
from ..declaration import STRATEGIES, Strategy


def missing_of(needs: Set[Need], inputs: Inputs) -> list[Need]:
    """What is needed and not there, in the order of their words."""
    here = {
        Need.FEATURES: inputs.features is not None,
        Need.GROUPS: inputs.groups is not None,
        Need.LABELS: inputs.labels is not None,
        Need.SCORES: inputs.scores is not None,
        Need.TARGET: inputs.target is not None,
        Need.TEXT: inputs.texts is not None,
        Need.ORDER: inputs.order is not None,
        Need.ENTITIES: inputs.entities is not None,
        Need.COLUMNS: inputs.frame is not None,
    }
    return [need for need in sorted(needs) if not here[need]]


def _in_words(lacking: Sequence[Need]) -> str:
    return "it needs " + " and ".join(need.words.noun for need in lacking) if lacking else ""


def unmet(strategy: Strategy, inputs: Inputs, params: Mapping[str, Any] | None = None) -> str:
    """Why a strategy cannot run on these inputs, in words; "" where it can."""
    return _in_words(missing_of(needs_of(strategy, params or {}, columns_of(inputs)), inputs))


def column_advice(strategy: Strategy, need: Need) -> str:
    """Where a column can be named in place of what is missing."""
    if need in strategy.needs:
        return ""
    found = (one.name for one in strategy.params if one.par.column and need in one.par.special)
    name = next(found, "")
    return f", or name a column (--param {name}=COLUMN)" if name else ""


def columns_of(inputs: Inputs) -> set[str]:
    """Names of the columns that strategies may read."""
    return set() if inputs.frame is None else set(map(str, inputs.frame.columns))


def needs_of(
    strategy: str | Strategy, params: Mapping[str, Any], columns: Set[str] = frozenset()
) -> set[Need]:
    """Everything a run needs: the strategy's own, that of strategies inside it, and what parameters name.

    Args:
        strategy: Its id or declaration.
        params: Its parameters; the rest take their defaults.
        columns: Columns of the table: a word such as "groups" can also mean a column of that name, so it is
            not needed there.

    Raises:
        ParameterError: An unknown strategy or parameter.
    """
    if isinstance(strategy, str):
        strategy = STRATEGIES[strategy]
    needs = set(strategy.needs)
    checked = strategy.check(params)
    for parameter in strategy.params:
        value = checked[parameter.name]
        if parameter.kind == "strategy" and value is not None:
            inner = value if isinstance(value, Mapping) else {"id": value, "params": {}}
            needs |= needs_of(inner["id"], inner["params"], columns)
        else:
            words = set(value if isinstance(value, list) else [value]) & set(parameter.par.special)
            needs |= {Need(word) for word in words - columns if word in set(Need)}
    return needs
