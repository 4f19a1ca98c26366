"""Widgets made from declared parameters; nothing about a parameter is written twice.

The engine checks every value again: a browser's limits are no boundary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from core.foundation.errors import AliquotError, ParameterError
from core.model.dataset import Dataset
from core.model.parameters import Parameter
from core.strategies.declaration import STRATEGIES
from pages.ui.shared import number_fields, state
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.pickers import choose
from pages.ui.shared.widget_keys import key

_SLIDER = 100  # more whole steps than this are typed
_FEW = 4
# Words accepted beside columns, as people read them.
SPECIAL = {
    "groups": "the groups",
    "labels": "the label",
    "entities": "the entities",
    "scores": "the score",
    "order": "the order in time",
    "features": "the features",
}


def widgets(
    page: str,
    owner: str,
    declared: tuple[Parameter, ...],
    given: Mapping[str, Any],
    data: Dataset | None,
    *,
    on_change: Callable[[], None] | None = None,
    depth: int = 0,
) -> dict[str, Any]:
    """Draw the widgets of some parameters and return their values.

    Args:
        page: Prefix of the page ("cmp").
        owner: Whose parameters: a slot and a strategy id; part of the keys.
        declared: The parameters.
        given: Values to begin with; defaults stand in for the rest.
        data: Where "pick a column" finds columns.
        on_change: Called when any of them changes.
        depth: How deep strategies are nested already.

    Returns:
        Only what differs from the default, so that recipes stay short.
    """
    values: dict[str, Any] = {}
    plainly = [parameter for parameter in declared if not parameter.par.advanced]
    folded = [parameter for parameter in declared if parameter.par.advanced]
    for parameter in plainly:
        values[parameter.name] = _one(page, owner, parameter, given, values, data, on_change, depth)
    if folded:
        with st.expander("More settings", key=key(page, owner, "more")):
            for parameter in folded:
                values[parameter.name] = _one(page, owner, parameter, given, values, data, on_change, depth)
    defaults = {parameter.name: _plainly(parameter.default) for parameter in declared}
    return {name: value for name, value in values.items() if value != defaults[name]}


def _plainly(value: Any) -> Any:
    """A default as widgets give it back: several columns are a list."""
    return list(value) if isinstance(value, tuple) else value


def _one(
    page: str,
    owner: str,
    parameter: Parameter,
    given: Mapping[str, Any],
    so_far: Mapping[str, Any],
    data: Dataset | None,
    on_change: Callable[[], None] | None,
    depth: int,
) -> Any:
    """One widget; a parameter that has no meaning now is left out and keeps its default."""
    par = parameter.par
    first = given.get(parameter.name, parameter.default)
    if par.enabled_if is not None and so_far.get(par.enabled_if[0]) != par.enabled_if[1]:
        return _plainly(parameter.default)
    label = parameter.name.replace("_", " ") + (f" ({par.unit})" if par.unit else "")
    common: dict[str, Any] = {
        "label": label[:1].upper() + label[1:],
        "key": key(page, owner, parameter.name),
        "help": par.help,
        "persist_state": "session",
    }
    if on_change is not None:
        common["on_change"] = on_change
    if parameter.kind == "strategy":
        return _strategy(page, owner, parameter, first, data, common, on_change, depth)
    if parameter.kind == "column":
        return _column(parameter, first, data, common)
    if parameter.kind == "columns":
        return _columns(parameter, first, data, common)
    if parameter.kind == "bool":
        state.setdefault(common["key"], bool(first))
        return st.toggle(**common)
    if parameter.kind == "choice":
        return _choice(parameter, first, common)
    if parameter.kind in ("int", "float"):
        return _number(parameter, first, common)
    state.setdefault(common["key"], first or "")
    text = st.text_input(**common)
    return text if text or not parameter.optional else None


def _choice(parameter: Parameter, first: Any, common: dict[str, Any]) -> Any:
    if parameter.optional or len(parameter.choices) > _FEW:
        options: list[Any] = [None] if parameter.optional else []
        options += list(parameter.choices)
        words = {"format_func": lambda item: item or "automatic"}
        return choose(st.selectbox, options=options, first=first, **words, **common)
    return choose(st.segmented_control, options=list(parameter.choices), first=first, required=True, **common)


def _number(parameter: Parameter, first: Any, common: dict[str, Any]) -> Any:
    par = parameter.par
    kind: Any = int if parameter.kind == "int" else float
    low = None if par.low is None else kind(par.low)
    high = None if par.high is None else kind(par.high)
    steps = None
    if low is not None and high is not None:
        step = kind(par.step or (1 if kind is int else (high - low) / 100))
        steps = (high - low) / step if step else None
    if steps is not None and steps <= _SLIDER and not par.log and not parameter.optional:
        state.setdefault(common["key"], kind(first))
        return st.slider(min_value=low, max_value=high, step=step, **common)
    more = {name: value for name, value in common.items() if name != "persist_state"}
    return number_fields.field(
        st.text_input,
        value=None if first is None else kind(first),
        read=lambda text: _read(parameter, text, common["label"]),
        placeholder="automatic" if parameter.optional else None,
        **more,
    )


def _read(parameter: Parameter, text: str, label: str) -> Any:
    """A number as the command line reads it; what is wrong is said of it under its label."""
    try:
        return parameter.parse(text, label)
    except AliquotError as error:
        raise ParameterError(number_fields.cannot_be(label, text), error.why, error.do) from None


def columns_for(parameter: Parameter, data: Dataset | None) -> list[str]:
    """The columns, and words beside them, that a "pick a column" parameter accepts; each name once."""
    if data is None:
        return list(parameter.par.special)
    wanted = parameter.par.column
    names = [
        name
        for name, role in data.roles.items()
        if ("any" in wanted and role.kind.value not in ("vector", "ignore")) or role.kind.value in wanted
    ]
    return list(dict.fromkeys([*parameter.par.special, *names]))


def word_for(name: str | None, parameter: Parameter, data: Dataset | None) -> str:
    """A column as it is offered; what is no column says what it stands for."""
    if name is None:
        return "none"
    if name not in parameter.par.special:
        return name
    words = f"{SPECIAL.get(name, name)} ↖"
    return f"{words} or the column" if data is not None and name in data.roles else words


def _lost(parameter: Parameter, common: Mapping[str, Any]) -> Any:
    """Said in the place of a picker that has nothing to offer; the default."""
    wanted = " or ".join(parameter.par.column)
    st.caption(f"{common['label']}: no column has the role {wanted}. Roles are set on the Data page.")
    return _plainly(parameter.default)


def _columns(parameter: Parameter, first: Any, data: Dataset | None, common: dict[str, Any]) -> Any:
    """Several columns, in the order in which they were picked; none of them is "automatic" where optional."""
    options = columns_for(parameter, data)
    if not options:
        return _lost(parameter, common)
    name = common["key"]
    start = [first] if isinstance(first, str) else list(first or ())
    now = state.widget(name, start) or []
    kept = [one for one in now if one in options]
    if kept != list(now) or state.widget(name) is None:
        state.set_widget(name, kept)
    chosen = st.multiselect(
        options=options,
        format_func=lambda one: word_for(one, parameter, data),
        placeholder="automatic" if parameter.optional else "Choose columns",
        **common,
    )
    return None if parameter.optional and not chosen else list(chosen)


def _column(parameter: Parameter, first: Any, data: Dataset | None, common: dict[str, Any]) -> Any:
    options: list[Any] = columns_for(parameter, data)
    if parameter.optional:
        options = [None, *options]
    if not options:
        return _lost(parameter, common)
    words = {"format_func": lambda name: word_for(name, parameter, data)}
    return choose(st.selectbox, options=options, first=first, **words, **common)


def _strategy(
    page: str,
    owner: str,
    parameter: Parameter,
    first: Any,
    data: Dataset | None,
    common: dict[str, Any],
    on_change: Callable[[], None] | None,
    depth: int,
) -> Any:
    """A strategy within a strategy, with its own parameters one step in."""
    known = {"id": first, "params": {}} if isinstance(first, str) else dict(first or {})
    options = [item.id for item in STRATEGIES if not _nests(item.params)]
    words = {"format_func": lambda name: STRATEGIES[name].label}
    chosen = choose(st.selectbox, options=options, first=known.get("id"), **words, **common)
    inner = STRATEGIES[chosen]
    params: dict[str, Any] = {}
    if inner.params and depth == 0:
        st.caption(plain(f"Settings of “{inner.label}”"))
        start = known.get("params", {}) if known.get("id") == chosen else {}
        params = widgets(
            page,
            f"{owner}_{parameter.name}_{chosen}",
            inner.params,
            start,
            data,
            on_change=on_change,
            depth=1,
        )
    default = parameter.default
    simple = chosen if not params else {"id": chosen, "params": params}
    same = isinstance(default, Mapping) and default.get("id") == chosen and not params
    return default if same else simple


def _nests(params: tuple[Parameter, ...]) -> bool:
    return any(parameter.kind == "strategy" for parameter in params)
