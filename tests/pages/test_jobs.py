"""How often a page looks at running work."""

from __future__ import annotations

from threading import Event

import pytest

from core.jobs import JobRunner
from pages.ui import cache, jobs


def test_long_work_is_looked_at_less_often_than_short_work(monkeypatch: pytest.MonkeyPatch) -> None:
    runner, gate = JobRunner(), Event()
    monkeypatch.setattr(cache, "runner", lambda: runner)
    assert jobs.every() == 0.7, "nothing to wait for: what begins is seen at once"
    looks = []
    for seconds in (1.0, 12.0, 600.0):
        gate.clear()
        job = runner.submit(f"for {seconds}", "Waiting", lambda progress: gate.wait(60), seconds)
        looks.append(jobs.every())
        gate.set()
        assert job.finished.wait(60)
    assert looks[0] == 0.7
    assert looks[1] == pytest.approx(1.2, abs=0.3)
    assert looks[2] == 2.0, "a cancel still shows within the two seconds promised"
