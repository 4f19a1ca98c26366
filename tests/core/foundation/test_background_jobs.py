"""Background jobs: one at a time, shared by key, cancelled, forgotten; and the learned pace."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from core.foundation.background_jobs import Job, JobRunner
from core.foundation.errors import DataError
from core.foundation.progress import Progress

WAIT = 20.0


@pytest.fixture
def runner() -> JobRunner:
    return JobRunner()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Opens the way for held work; opened at the end, so that no thread is left."""
    event = threading.Event()
    yield event
    event.set()


def held(gate: threading.Event, started: threading.Event | None = None):  # type: ignore[no-untyped-def]
    def work(progress: Progress) -> str:
        if started is not None:
            started.set()
        while not gate.wait(0.005):
            progress(1, 2, "half")
        return "made"

    return work


def test_two_that_ask_for_the_same_share_one_job(runner: JobRunner, gate: threading.Event) -> None:
    one = runner.submit("a", "A", held(gate))
    two = runner.submit("a", "A", held(gate))
    assert one is two
    assert one.wanted_by == 2
    gate.set()
    assert one.finished.wait(WAIT)
    assert (one.state, one.result, one.share) == ("done", "made", 1.0)


def test_one_runs_and_the_rest_wait_in_line(runner: JobRunner, gate: threading.Event) -> None:
    started = threading.Event()
    jobs = [runner.submit(name, name, held(gate, started)) for name in "abc"]
    assert started.wait(WAIT)
    assert [job.key for job in runner.waiting()] == ["a", "b", "c"]
    assert [runner.ahead(job) for job in jobs] == [0, 1, 2]
    assert [job.state for job in jobs] == ["running", "queued", "queued"]
    gate.set()
    assert all(job.finished.wait(WAIT) for job in jobs)


def test_what_nothing_rests_on_lets_others_go_first(runner: JobRunner, gate: threading.Event) -> None:
    started = threading.Event()
    done: list[str] = []

    def work(name: str):  # type: ignore[no-untyped-def]
        return lambda progress: done.append(name)

    running = runner.submit("running", "", held(gate, started), later=True)
    assert started.wait(WAIT)
    jobs = [
        runner.submit(name, name, work(name), later=later)
        for name, later in [("map", True), ("map 2", True), ("groups", False), ("compare", False)]
    ]
    assert [job.key for job in runner.waiting()] == ["running", "groups", "compare", "map", "map 2"]
    assert [runner.ahead(job) for job in jobs] == [3, 4, 1, 2]
    runner.submit("map 2", "", work("never"))  # somebody does wait for it now
    assert [job.key for job in runner.waiting()] == ["running", "groups", "compare", "map 2", "map"]
    gate.set()
    assert running.finished.wait(WAIT)
    assert all(job.finished.wait(WAIT) for job in jobs)
    assert done == ["groups", "compare", "map 2", "map"]


def test_cancelling_a_running_and_a_queued_job(runner: JobRunner, gate: threading.Event) -> None:
    started = threading.Event()
    running = runner.submit("a", "A", held(gate, started))
    queued = runner.submit("b", "B", held(gate))
    assert started.wait(WAIT)
    runner.cancel("b")
    assert queued.state == "cancelled"
    assert queued.finished.is_set()
    runner.cancel("a")
    assert running.finished.wait(WAIT)
    assert (running.state, running.result) == ("cancelled", None)


def test_the_last_to_leave_stops_the_job(runner: JobRunner, gate: threading.Event) -> None:
    job = runner.submit("a", "A", held(gate))
    runner.join("a")
    runner.leave("a")
    assert not job.stop.is_set()
    runner.leave("a")
    assert job.finished.wait(WAIT)
    assert job.state == "cancelled"
    runner.leave("a")
    runner.leave("nobody")


def test_cancelling_what_is_unknown_or_over_changes_nothing(runner: JobRunner, gate: threading.Event) -> None:
    gate.set()
    done = runner.submit("a", "A", lambda progress: 7)
    assert done.finished.wait(WAIT)
    runner.cancel("nobody")
    runner.cancel("a")
    assert (done.state, done.result) == ("done", 7)
    assert not done.stop.is_set()
    assert runner.get("nobody") is None


def test_after_a_cancel_the_same_key_starts_anew(runner: JobRunner, gate: threading.Event) -> None:
    first = runner.submit("a", "A", held(gate))
    runner.cancel("a")
    gate.set()
    second = runner.submit("a", "A", held(gate))
    assert second.finished.wait(WAIT)
    assert second is not first
    assert second.state == "done"


def test_what_a_person_caused_is_kept_as_they_can_read_it(runner: JobRunner) -> None:
    error = DataError("The file is empty", "it has 0 bytes", "choose another")

    def work(progress: Progress) -> None:
        raise error

    job = runner.submit("a", "A", work)
    assert job.finished.wait(WAIT)
    assert (job.state, job.failure, job.error) == ("failed", error, str(error))


@pytest.mark.parametrize(("raised", "told"), [(MemoryError(), "memory"), (KeyError("x"), "KeyError")])
def test_other_failures_do_not_end_the_worker(runner: JobRunner, raised: Exception, told: str) -> None:
    def work(progress: Progress) -> None:
        raise raised

    bad = runner.submit("a", "A", work)
    good = runner.submit("b", "B", lambda progress: 7)
    assert good.finished.wait(WAIT)
    assert bad.state == "failed"
    assert told in bad.error
    assert good.result == 7


def test_finished_jobs_are_forgotten_but_not_the_newest(runner: JobRunner) -> None:
    jobs = [runner.submit(str(at), "A", lambda progress: None) for at in range(90)]
    assert all(job.finished.wait(WAIT) for job in jobs)
    runner.submit("last", "A", lambda progress: None).finished.wait(WAIT)
    assert runner.get("0") is None
    assert runner.get("89") is jobs[-1]


def test_remaining_time_moves_from_estimate_to_measurement() -> None:
    job = Job("a", "A", expected=10.0, work=lambda progress: None, state="running", started=0.0)
    job.started, job.ended = 100.0, 104.0  # four seconds spent, as the clock of a finished job is fixed
    job.share = 0.0
    assert job.remaining == pytest.approx(6.0)
    job.share = 0.5
    assert job.remaining == pytest.approx(4.0)
    job.state = "done"
    assert job.remaining == 0.0
