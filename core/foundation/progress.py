"""Progress and cancelling, without a screen.

Long functions take a `Progress`, call it inside their inner loop, and so give those who watch a share done
and those who cancel a way in. The default does nothing and costs one call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from typing import TypeVar

from .errors import Cancelled

Report = Callable[[float, str], None]
T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """A share of some work, with a way to be told and a way to stop.

    Args:
        report: Called with (share done in 0…1, message); at most every `every` seconds.
        cancel: When set, the next call raises `Cancelled`.
        lo, hi: The part of the whole that this piece of work stands for.

    Example:
        >>> seen = []
        >>> whole = Progress(lambda share, text: seen.append((round(share, 2), text)), every=0)
        >>> half = whole.part(0.5, 1.0)
        >>> half(1, 2, "second half")
        >>> seen
        [(0.75, 'second half')]
    """

    report: Report | None = None
    cancel: Event | None = None
    lo: float = 0.0
    hi: float = 1.0
    every: float = 0.1

    def __post_init__(self) -> None:
        object.__setattr__(self, "_clock", [-1.0])

    def __call__(self, done: float, total: float, message: str = "") -> None:
        """Say that `done` of `total` is finished; raises `Cancelled` if somebody asked for it."""
        self.check()
        if self.report is None:
            return
        clock: list[float] = self._clock  # type: ignore[attr-defined]
        now = monotonic()
        if now - clock[0] < self.every and done < total:
            return
        clock[0] = now
        share = min(1.0, max(0.0, done / total)) if total else 1.0
        self.report(self.lo + (self.hi - self.lo) * share, message)

    def check(self) -> None:
        """Raise `Cancelled` if a cancel was asked for; otherwise nothing."""
        if self.cancel is not None and self.cancel.is_set():
            raise Cancelled

    def part(self, lo: float, hi: float) -> Progress:
        """The progress of a piece that covers `lo`…`hi` of this one."""
        width = self.hi - self.lo
        return Progress(self.report, self.cancel, self.lo + width * lo, self.lo + width * hi, self.every)


SILENT = Progress()


def patiently(work: Callable[[], T], progress: Progress, message: str = "") -> T:
    """Run something that cannot be interrupted (importing a library) so that a cancel need not wait for it.

    The work goes on in a thread of its own; a cancel leaves it there, and its result is dropped.

    Args:
        work: Takes nothing; what it returns or raises is passed on.
        progress: Asked for a cancel ten times a second.
        message: What is being done.

    Example:
        >>> patiently(lambda: 6 * 7, SILENT)
        42
    """
    if progress.cancel is None:
        return work()
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # handed to the caller below
            failure.append(error)

    thread = Thread(target=run, name="aliquot-patiently", daemon=True)
    thread.start()
    while thread.is_alive():
        progress(0, 1, message)
        thread.join(0.1)
    if failure:
        raise failure[0]
    return outcome[0]
