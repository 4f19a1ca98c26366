"""Pickers of one thing: what they give is always one of their options.

A picker can give something else: nothing, where the browser sends none while the page draws itself again, or
the words of an option that is gone. Neither may end a page, so nothing else draws a picker of one thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from . import state

T = TypeVar("T")
_UNSET = object()


def one_of(options: Iterable[T], *wanted: object) -> T:
    """The first of what is wanted that is an option, else the first option.

    Example:
        >>> one_of(["See", "Measure"], None, "Measure"), one_of(["See", "Measure"], None)
        ('Measure', 'See')
    """
    known = list(options)
    for one in wanted:
        if one in known:
            return known[known.index(one)]  # type: ignore[arg-type]
    return known[0]


def choose(
    draw: Callable[..., Any],
    label: str,
    options: Sequence[T],
    *,
    key: str,
    first: object = _UNSET,
    **more: Any,
) -> T:
    """Draw a picker and return one of its options, whatever the browser sends.

    Args:
        draw: `st.selectbox`, `st.segmented_control` or `st.pills`, also of a container.
        label: Its label.
        options: What can be chosen, at least one.
        key: Its key. What stands there and is no option gives way to `first`.
        first: What to begin with, where it is an option; else the first one.
        more: Goes to `draw`.
    """
    start = one_of(options, first)
    if "bind" in more:  # what the address says stands before what is set here
        if draw.__name__ == "selectbox":
            more["index"] = list(options).index(start)
        else:
            more["default"] = start
    elif state.widget(key, _UNSET) not in options:
        state.set_widget(key, start)
    return one_of(options, draw(label, options, key=key, **more), start)


def choose_or_none(
    draw: Callable[..., Any], label: str, options: Sequence[T], *, key: str, **more: Any
) -> T | None:
    """Draw a picker that begins with nothing chosen, for what nobody must decide for the reader.

    Args:
        draw, label, options, key, more: As in `choose`.

    Returns:
        One of the options, or None as long as none is chosen.
    """
    if state.widget(key) not in (None, *options):
        state.set_widget(key, None)
    found = draw(label, options, key=key, **more)
    return one_of(options, found) if found in options else None


def choose_kept(
    draw: Callable[..., Any], label: str, names: Mapping[str, str], here: str, *, key: str, **more: Any
) -> str:
    """Draw a picker of what is kept elsewhere, by its callback: it begins with that on every run.

    Args:
        draw, label, key, more: As in `choose`.
        names: What can be chosen, and how it is called.
        here: What is kept.
    """
    if state.widget(key) != here:
        state.set_widget(key, here)
    return choose(draw, label, list(names), format_func=lambda one: names[one], key=key, first=here, **more)
