"""Background work: one heavy job at a time, the rest queued in sight, nothing done twice.

A job runs in a thread and is told through its `Progress` when it should stop. It writes to the artifact
store, never to a screen. Jobs are keyed by what they make, so two tabs that ask for the same thing share one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal

from .errors import AliquotError, Cancelled, ResourceError
from .progress import Progress

State = Literal["queued", "running", "done", "failed", "cancelled"]
_KEEP_FINISHED = 64


@dataclass
class Job:
    """One piece of background work as others see it.

    Args:
        key: What it makes; the same key is never worked on twice at once.
        title: For people: "Embedding 5,000 texts".
        expected: Seconds it should take, estimated before it began.
    """

    key: str
    title: str
    expected: float
    work: Callable[[Progress], Any] = field(repr=False)
    state: State = "queued"
    share: float = 0.0
    message: str = ""
    result: Any = field(default=None, repr=False)
    error: str = ""
    failure: AliquotError | None = None
    queued: float = field(default_factory=monotonic)
    started: float | None = None
    ended: float | None = None
    stop: threading.Event = field(default_factory=threading.Event, repr=False)
    finished: threading.Event = field(default_factory=threading.Event, repr=False)
    wanted_by: int = 1
    later: bool = False

    @property
    def live(self) -> bool:
        """Whether it is queued or running."""
        return self.state in ("queued", "running")

    @property
    def seconds(self) -> float:
        """Wall time so far."""
        if self.started is None:
            return 0.0
        return (self.ended if self.ended is not None else monotonic()) - self.started

    @property
    def remaining(self) -> float:
        """Seconds left: the estimate at first, more and more what the progress says."""
        if not self.live:
            return 0.0
        spent = self.seconds
        if self.share < 0.02:
            return max(self.expected - spent, 1.0)
        measured = spent * (1 - self.share) / self.share
        trust = min(1.0, self.share * 2)
        return trust * measured + (1 - trust) * max(self.expected - spent, 0.0)


class JobRunner:
    """A queue with one worker thread: what others wait for first, then in order of arrival.

    Example:
        >>> runner = JobRunner()
        >>> job = runner.submit("demo", "Adding", lambda progress: 1 + 1)
        >>> job.finished.wait(5), job.state, job.result
        (True, 'done', 2)
    """

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._queue: deque[Job] = deque()
        self._lock = threading.Condition(threading.RLock())
        self._worker: threading.Thread | None = None

    def submit(
        self,
        key: str,
        title: str,
        work: Callable[[Progress], Any],
        expected: float = 0.0,
        *,
        later: bool = False,
    ) -> Job:
        """Queue some work, or join the job that is making the same thing.

        Args:
            key: What it makes.
            title: For people.
            work: Does it.
            expected: Seconds it should take.
            later: Nothing rests on it: it lets all other waiting work go first. What runs is not interrupted.
        """
        with self._lock:
            there = self._jobs.get(key)
            if there is not None and (there.live and not there.stop.is_set()):
                there.wanted_by += 1
                if there.later and not later:
                    there.later = False
                    if there.state == "queued":
                        self._queue.remove(there)
                        self._line_up(there)
                return there
            job = Job(key, title, expected, work, later=later)
            self._jobs[key] = job
            self._jobs.move_to_end(key)
            self._line_up(job)
            self._forget()
            if self._worker is None or not self._worker.is_alive():
                self._worker = threading.Thread(target=self._run, name="aliquot-jobs", daemon=True)
                self._worker.start()
            self._lock.notify()
            return job

    def _line_up(self, job: Job) -> None:
        """Put a job behind those that go before it: as urgent, or more."""
        at = sum(1 for other in self._queue if job.later or not other.later)
        self._queue.insert(at, job)

    def join(self, key: str) -> None:
        """Somebody else wants this live job too, so that `leave` of one does not stop it for all."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and job.live:
                job.wanted_by += 1

    def leave(self, key: str) -> None:
        """Somebody wants this job no longer; it is cancelled when nobody is left."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or not job.live:
                return
            job.wanted_by -= 1
            if job.wanted_by <= 0:
                self.cancel(key)

    def get(self, key: str) -> Job | None:
        """The newest job of this key."""
        with self._lock:
            return self._jobs.get(key)

    def waiting(self) -> list[Job]:
        """Live jobs in the order in which they will end: the running one, then the queue."""
        with self._lock:
            running = [job for job in self._jobs.values() if job.state == "running"]
            return running + [job for job in self._queue if job.state == "queued"]

    def ahead(self, job: Job) -> int:
        """How many jobs come before this one."""
        line = self.waiting()
        return line.index(job) if job in line else 0

    def cancel(self, key: str) -> None:
        """Ask a job to stop; a queued one ends at once, a running one at its next progress call."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or not job.live:
                return
            job.stop.set()
            if job.state == "queued":
                self._queue.remove(job)
                self._end(job, "cancelled")

    def _run(self) -> None:
        while True:
            with self._lock:
                while not self._queue:
                    if not self._lock.wait(timeout=60) and not self._queue:
                        self._worker = None
                        return
                job = self._queue.popleft()
                job.state, job.started = "running", monotonic()
            self._do(job)

    def _do(self, job: Job) -> None:
        def report(share: float, message: str) -> None:
            job.share, job.message = share, message or job.message

        try:
            result = job.work(Progress(report, job.stop))
        except Cancelled:
            outcome: State = "cancelled"
        except AliquotError as error:
            job.error, job.failure, outcome = str(error), error, "failed"
        except MemoryError:
            job.failure = ResourceError("The memory of this machine did not suffice", "", "use fewer rows")
            job.error, outcome = str(job.failure), "failed"
        except Exception as error:  # a defect of ours must not end the worker
            job.error = f"{job.title} failed: {type(error).__name__}: {error}"
            outcome = "failed"
        else:
            job.result, job.share, outcome = result, 1.0, "done"
        with self._lock:
            self._end(job, outcome)

    def _end(self, job: Job, state: State) -> None:
        job.state, job.ended = state, monotonic()
        job.work = _nothing  # frees what the closure holds
        job.finished.set()

    def _forget(self) -> None:
        ended = [key for key, job in self._jobs.items() if not job.live]
        for key in ended[: max(0, len(ended) - _KEEP_FINISHED)]:
            del self._jobs[key]


def _nothing(progress: Progress) -> None:
    return None
