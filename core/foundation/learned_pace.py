"""How long work takes here: what was declared, corrected by what earlier runs took, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import orjson

from .atomic_write import write_atomically
from .durations import show_about, show_seconds

REACH = 5.0
"""Work up to so many times as long or as short as what was seen is like it; beyond, nothing is known."""
_KEPT = 24  # runs of a kind
_AGE = 0.85  # what a run counts beside the one after it
_UNKNOWN = 3.5  # what was never seen takes so many times more or less than was declared
_KNOWN = 1.4  # as a factor, at the least
_WIDE = 4.0  # beyond it a range is told instead of one number


@dataclass(frozen=True)
class ExpectedTime:
    """A duration before it has passed, in seconds.

    Args:
        seconds: What is expected.
        low, high: Where it should lie.

    Example:
        >>> (ExpectedTime(10.0, 8.0, 14.0) + ExpectedTime(2.0, 1.0, 4.0)).words
        'about 12 s'
        >>> ExpectedTime(10.0, 3.0, 35.0).words, ExpectedTime(0.5, 0.1, 2.0).words
        ('3 s to 35 s', 'up to 2 s')
    """

    seconds: float
    low: float
    high: float

    def __add__(self, other: ExpectedTime) -> ExpectedTime:
        """One after the other."""
        return ExpectedTime(self.seconds + other.seconds, self.low + other.low, self.high + other.high)

    @property
    def measured(self) -> bool:
        """Whether one number says enough."""
        return self.high <= _WIDE * self.low or self.high < 1

    @property
    def words(self) -> str:
        """For people: one number where earlier runs tell it, else a range."""
        return show_about(self.seconds) if self.measured else self.short

    @property
    def short(self) -> str:
        """The same for a button."""
        if self.measured:
            return show_seconds(self.seconds)
        if self.low < 1:
            return f"up to {show_seconds(self.high)}"
        return f"{show_seconds(self.low)} to {show_seconds(self.high)}"


NOTHING = ExpectedTime(0.0, 0.0, 0.0)


class Pace:
    """How long each kind of work takes here, learned from what ran before.

    Work is declared in seconds: a fixed part and a rate, by whoever knows it. What a run took beside its
    declaration corrects later ones, the more the nearer they are in size, and not at all where nothing alike
    was seen.

    Args:
        path: A JSON file, shared by app and command line; damaged or missing counts as empty.

    Example:
        >>> import tempfile
        >>> pace = Pace(Path(tempfile.mkdtemp()) / "pace.json")
        >>> pace.expect("encode", 10.0).words
        '3 s to 35 s'
        >>> pace.learn("encode", declared=10.0, seconds=20.0)
        >>> pace.expect("encode", 12.0).words, pace.expect("encode", 600.0).measured
        ('about 24 s', False)
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, root: Path) -> Pace:
        """What was learned beside a store."""
        return cls(root / "pace.json")

    def expect(self, kind: str, declared: float) -> ExpectedTime:
        """What work declared at so many seconds should take.

        Time: O(runs remembered), and reading a small file.
        """
        if declared <= 0:
            return NOTHING
        seen = self._read().get(kind, [])
        near = [
            (_AGE ** (len(seen) - 1 - at) * _alike(declared, size), math.log(took / size))
            for at, (size, took) in enumerate(seen)
        ]
        known = sum(weight for weight, _ in near)
        if not any(_within(declared, size) for size, _ in seen):
            shift = sum(weight * ratio for weight, ratio in near) / (known + 1.0)
            seconds = declared * math.exp(shift)
            return ExpectedTime(seconds, seconds / _UNKNOWN, seconds * _UNKNOWN)
        shift = sum(weight * ratio for weight, ratio in near) / known
        apart = math.sqrt(sum(weight * (ratio - shift) ** 2 for weight, ratio in near) / known)
        seconds, factor = declared * math.exp(shift), max(_KNOWN, math.exp(min(apart, 1.5)))
        return ExpectedTime(seconds, seconds / factor, seconds * factor)

    def learn(self, kind: str, declared: float, seconds: float) -> None:
        """Remember what a run took beside what it was declared at; nothing where either is not positive."""
        if not (declared > 0 and seconds > 0 and math.isfinite(declared + seconds)):
            return
        table = self._read()
        table[kind] = [*table.get(kind, []), (declared, seconds)][-_KEPT:]
        try:
            write_atomically(self.path, orjson.dumps(table), lasting=False)
        except OSError:
            return  # an estimate is not worth failing for

    def _read(self) -> dict[str, list[tuple[float, float]]]:
        try:
            table = orjson.loads(self.path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            return {}
        if not isinstance(table, dict):
            return {}
        lists = {kind: runs for kind, runs in table.items() if isinstance(runs, list)}
        return {kind: [_pair(run) for run in runs if _pair(run) != (0, 0)] for kind, runs in lists.items()}


def _pair(run: object) -> tuple[float, float]:
    """Declared and taken seconds; (0, 0) of anything else."""
    if isinstance(run, list) and len(run) == 2:
        declared, took = run
        if isinstance(declared, float | int) and isinstance(took, float | int) and min(declared, took) > 0:
            return float(declared), float(took)
    return 0.0, 0.0


def _alike(one: float, other: float) -> float:
    """How much a run of one length says of another, 1 to 0."""
    return math.exp(-((math.log(one / other) / math.log(REACH)) ** 2))


def _within(one: float, other: float) -> bool:
    return 1 / REACH <= one / other <= REACH
