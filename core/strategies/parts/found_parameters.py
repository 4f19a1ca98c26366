"""Values that a rule found for parameters left open (a bandwidth, a radius), recorded with the subset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_NOTES: ContextVar[dict[str, set[float]] | None] = ContextVar("found", default=None)


@contextmanager
def noting() -> Iterator[dict[str, set[float]]]:
    """Collect what is noted inside the block, in this thread.

    Example:
        >>> with noting() as notes:
        ...     note("bandwidth", 2.0)
        >>> summed(notes)
        {'bandwidth': 2.0}
    """
    notes: dict[str, set[float]] = {}
    token = _NOTES.set(notes)
    try:
        yield notes
    finally:
        _NOTES.reset(token)


def note(name: str, value: float) -> None:
    """A number that a rule found; nothing where nobody collects."""
    notes = _NOTES.get()
    if notes is not None:
        notes.setdefault(name, set()).add(float(value))


def summed(notes: Mapping[str, set[float]]) -> dict[str, float]:
    """One number by name; the smallest and the largest where a strategy ran in several groups.

    Example:
        >>> summed({"radius": {2.0, 1.0}})
        {'radius, smallest': 1.0, 'radius, largest': 2.0}
    """
    out: dict[str, float] = {}
    for name, values in sorted(notes.items()):
        if len(values) == 1:
            out[name] = next(iter(values))
        else:
            out |= {f"{name}, smallest": min(values), f"{name}, largest": max(values)}
    return out
