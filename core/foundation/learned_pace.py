"""How long work takes here, learned from what it took."""

from __future__ import annotations

import statistics
from pathlib import Path

import orjson

from .atomic_write import write_atomically

_KEEP_PACES = 9


class Pace:
    """How long a unit of each kind of work takes here, learned from what ran before.

    Args:
        path: A JSON file, shared by app and command line; damaged or missing counts as empty.

    Example:
        >>> import tempfile
        >>> pace = Pace(Path(tempfile.mkdtemp()) / "pace.json")
        >>> pace.learn("encode", amount=1000, seconds=2.0)
        >>> pace.expect("encode", amount=500, default=0.01)
        1.0
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def expect(self, kind: str, amount: float, default: float) -> float:
        """Seconds for an amount of work; `default` seconds per unit where nothing was learned yet."""
        known = self._read().get(kind, [])
        return amount * (statistics.median(known) if known else default)

    def learn(self, kind: str, amount: float, seconds: float) -> None:
        """Remember a run; the median of the last few counts, so one stall does not mislead."""
        if amount <= 0 or seconds <= 0:
            return
        table = self._read()
        table[kind] = [*table.get(kind, []), seconds / amount][-_KEEP_PACES:]
        try:
            write_atomically(self.path, orjson.dumps(table), lasting=False)
        except OSError:
            return  # an estimate is not worth failing for

    def _read(self) -> dict[str, list[float]]:
        try:
            table = orjson.loads(self.path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            return {}
        if not isinstance(table, dict):
            return {}
        return {
            kind: [float(item) for item in items]
            for kind, items in table.items()
            if isinstance(items, list) and all(isinstance(item, (int, float)) for item in items)
        }
