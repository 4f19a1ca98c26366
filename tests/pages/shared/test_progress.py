"""One source of progress: what a page shows the sidebar only names; whose work is waited for is said."""

from __future__ import annotations

from threading import Event
from types import SimpleNamespace

import pytest

from core.foundation.background_jobs import JobRunner
from pages.ui.shared import cache, jobs, kept_runs, opening, state
from pages.ui.shared.app_state import RunRef

from .._compared import CHOICES, opened, tab


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


def test_every_page_has_one_bar_and_one_way_to_cancel_while_work_goes_on() -> None:
    now, gate = opened(seed=4711, strategies=CHOICES[:2], budget="20", seeds=1, band=9), Event()
    study = cache.map_study(now)
    for made in (study.features, study.groups, lambda: study.layout("pca"), lambda: study.layout("umap")):
        made()
    key = kept_runs.run_key(now)
    cache.runner().submit(key, "Comparing two subsets", lambda progress: gate.wait(120), 60.0)
    try:
        test = tab(now.changed(runs=(RunRef(key, state.now(), now.recipe, 9),)), "compare.py")
        for page in ("compare", "explore", "data", "sign_off", "learn", "methods", "compare"):
            test.switch_page(f"{page}.py").run()
            assert not test.exception, test.exception
            bars = [bar.proto.text for bar in test.get("progress")]
            assert len(bars) == 1, (page, bars)
            assert bars[0].startswith("Comparing two subsets"), page
            assert [one.label for one in test.button if "_cancel_" in one.key] == ["Cancel"], page
    finally:
        gate.set()


def test_work_that_ends_while_its_page_is_drawn_is_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now, gate = opened(seed=4712, strategies=CHOICES[:2], budget="20", seeds=1, band=9), Event()
    study = cache.map_study(now)
    for made in (study.features, study.groups, lambda: study.layout("pca"), lambda: study.layout("umap")):
        made()
    key = kept_runs.run_key(now)
    job = cache.runner().submit(key, "Comparing two subsets", lambda progress: gate.wait(120), 60.0)
    test = tab(now.changed(runs=(RunRef(key, state.now(), now.recipe, 9),)), "compare.py")
    drawn, foot = [], jobs.watcher

    def ends_first() -> None:
        drawn.append(job.live)
        gate.set()
        assert job.finished.wait(60)
        foot()

    monkeypatch.setattr(jobs, "watcher", ends_first)
    test.switch_page("explore.py").run()
    assert not test.exception, test.exception
    assert drawn == [True, False], "once more, and not again and again"


def test_a_data_set_that_is_read_while_its_page_is_drawn_opens(
    drive: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, watch = Event(), opening.watch
    monkeypatch.setattr(opening, "_WAIT", 0.0)
    load_of = opening.load

    def slow(*given: object, **how: object) -> object:
        assert gate.wait(60)
        return load_of(*given, **how)

    def ends_first(name: str) -> None:
        job = opening.opening()
        if job is not None:
            gate.set()
            assert job.finished.wait(60)
        watch(name)

    monkeypatch.setattr(opening, "load", slow)
    test = drive.frame().run()
    monkeypatch.setattr(opening, "watch", ends_first)
    test.button(key="data_sample_wine").click().run()
    assert not test.exception, test.exception
    assert test.session_state["app"].data is not None
    assert any("fingerprint" in str(one.value) for one in test.markdown)
