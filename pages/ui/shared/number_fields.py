"""Numbers that people type: text fields, read as on the command line.

A number field of a browser drops commas and cuts off what it does not understand, so that another number
than the one typed goes on. Here what cannot be read stays as it was typed, with words, and nothing goes on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import streamlit as st

from core.foundation.errors import AliquotError, ParameterError
from core.foundation.typed_numbers import float_of, whole_of
from pages.ui.shared.markdown_escapes import plain

from . import state

T = TypeVar("T")
_UNREAD = "typed_unread"


def whole(name: str, low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers.

    Example:
        >>> whole("Seeds", 1, 50)(" 12 "), whole("Row", 1, 5_000)("1,250")
        (12, 1250)
    """

    def read(text: str) -> int:
        do = f"write a whole number from {low:,} to {high:,}"
        try:
            value = whole_of(text)
        except ValueError as error:
            raise _refused(name, text, str(error), do) from None
        if not low <= value <= high:
            why = f"it is at least {low:,}" if value < low else f"it is at most {high:,}"
            raise _refused(name, text, why, do)
        return value

    return read


def decimal(name: str) -> Callable[[str], float]:
    """A reader of numbers of any size."""

    def read(text: str) -> float:
        try:
            value = float_of(text)
        except ValueError as error:
            raise _refused(name, text, str(error), "write a number") from None
        if not math.isfinite(value):
            raise _refused(name, text, "it is too large", "write a smaller number")
        return value

    return read


def _refused(name: str, text: str, why: str, do: str) -> AliquotError:
    return ParameterError(cannot_be(name, text), why if text.strip() else "", do)


def cannot_be(name: str, text: str) -> str:
    """What happened where a field cannot be read.

    Example:
        >>> cannot_be("Seeds", " x "), cannot_be("Seeds", "")
        ("Seeds cannot be 'x'", 'Seeds cannot be empty')
    """
    return f"{name} cannot be {text.strip()[:40]!r}" if text.strip() else f"{name} cannot be empty"


def optional(read: Callable[[str], T]) -> Callable[[str], T | None]:
    """A reader that takes nothing for nothing."""
    return lambda text: read(text) if text.strip() else None


def spelled(value: object) -> str:
    """A number so that it is read back as it is."""
    return "" if value is None else str(value)


def begin() -> None:
    """At the start of a page: nothing that cannot be read was drawn yet."""
    state.set_transient(_UNREAD, [])


def unread() -> list[AliquotError]:
    """Why fields drawn so far cannot be read."""
    found: list[AliquotError] = state.transient(_UNREAD, list)
    return found


@contextmanager
def within(what: str) -> Iterator[None]:
    """Says of the fields drawn inside what they belong to."""
    before = len(unread())
    yield
    found = unread()
    found[before:] = [ParameterError(f"{what}: {one.what}", one.why, one.do) for one in found[before:]]


def value_in(key: str, read: Callable[[str], T]) -> T:
    """What a field says, for callbacks; `AliquotError` where it cannot be read."""
    return read(str(state.widget(key) or ""))


def field(
    draw: Callable[..., Any],
    label: str,
    value: T,
    read: Callable[[str], T],
    *,
    key: str,
    spell: Callable[[T], str] = spelled,
    bound: bool = False,
    beside: bool = True,
    **more: Any,
) -> T:
    """Draw a field of a number and return what it says.

    Args:
        draw: `st.text_input`, also of a container.
        label: Its label.
        value: What it begins with, and what is returned while it cannot be read.
        read: Reads what was typed, or raises an `AliquotError` that says what is wrong.
        key: Its key.
        spell: Writes a value so that `read` gives it back. What was read is written so, that all can see it.
        bound: Whether `value` is kept elsewhere, by a callback of the field: then it is what is shown.
        beside: Whether what is wrong is said under the field; it is among `unread` in any case.
        more: Goes to `draw`.
    """
    wrong: AliquotError | None = None
    shown = state.widget(key)
    if not isinstance(shown, str):
        state.set_widget(key, spell(value))
    else:
        try:
            said = read(shown)
        except AliquotError as error:
            wrong = error
        else:
            value = value if bound else said
            if shown != spell(value):
                state.set_widget(key, spell(value))
    icon = None if wrong is None else ":material/error:"
    draw(label, key=key, icon=icon, persist_state="session", **more)
    if wrong is not None:
        unread().append(wrong)
        if beside:
            st.caption(f":red[{plain(wrong, 400)}]")
    return value
