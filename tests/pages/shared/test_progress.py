"""One source of progress: what a page shows the sidebar only names; whose work is waited for is said."""

from __future__ import annotations

from threading import Event
from types import SimpleNamespace

import pytest

from core.foundation.background_jobs import JobRunner
from pages.ui.shared import cache, jobs, state


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A queue of its own whose work ends when it is let go, and one tab."""
    made, gate, kept = JobRunner(), Event(), {}
    monkeypatch.setattr(cache, "runner", lambda: made)
    monkeypatch.setattr(state, "transient", lambda name, make: kept.setdefault(name, make()))
    monkeypatch.setattr(state, "set_transient", lambda name, value: kept.update({name: value}))

    def submit(key: str, mine: bool):
        job = made.submit(key, f"Doing {key}", lambda progress: gate.wait(60), 7.0)
        if mine:
            jobs.await_jobs([key], joined=True)
        return job

    yield SimpleNamespace(submit=submit, queue=made)
    gate.set()


def test_waiting_says_whose_work_is_ahead(runner: SimpleNamespace) -> None:
    theirs, also = runner.submit("theirs", False), runner.submit("also theirs", False)
    mine, last = runner.submit("mine", True), runner.submit("last", True)
    assert theirs in runner.queue.waiting()
    assert jobs.progress_line(mine) == "waits for 2 jobs of another tab"
    assert jobs.progress_line(last) == "waits for 1 job and 2 jobs of another tab"
    assert "theirs" not in jobs.progress_line(mine), "what others do is not told"
    runner.queue.cancel(also.key)
    assert jobs.progress_line(mine) == "waits for 1 job of another tab"


def test_work_of_this_tab_is_not_taken_for_anothers(runner: SimpleNamespace) -> None:
    runner.submit("first", True)
    assert jobs.progress_line(runner.submit("second", True)) == "waits for 1 job"
