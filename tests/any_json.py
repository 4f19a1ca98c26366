"""Hypothesis strategies of plain JSON: any at all, and a sound value with one thing in it changed."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9)
    | st.sampled_from(["recipe", "1/0", "array", "map", "tuple", "float"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def altered(draw: st.DrawFn, sound: Any) -> Any:
    """A copy in which one part is another value, is missing, or has something beside it."""
    value = deepcopy(sound)
    place = value
    while True:
        inside = [key for key in keys_of(place) if keys_of(place[key])]
        if not inside or draw(st.integers(0, 2)) == 0:
            break
        place = place[draw(st.sampled_from(inside))]
    key = draw(st.sampled_from(keys_of(place)))
    how = draw(st.sampled_from(["replace", "remove", "add"]))
    if how == "replace":
        place[key] = draw(ANY)
    elif how == "remove":
        del place[key]
    elif isinstance(place, dict):
        place[draw(st.text(max_size=5))] = draw(ANY)
    else:
        place.append(draw(ANY))
    return value


def keys_of(value: Any) -> list[Any]:
    """Names or positions inside a table or list."""
    if isinstance(value, dict):
        return list(value)
    return list(range(len(value))) if isinstance(value, list) else []
