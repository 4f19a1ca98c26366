"""Background work as the pages see it: start it once, watch it, cancel it, say what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.foundation.background_jobs import Job
from core.foundation.durations import show_seconds
from core.foundation.errors import AliquotError
from core.foundation.progress import Progress
from core.foundation.wording import count

from . import cache, state

_QUICK, _SLOW = 0.7, 2.0  # seconds between two looks at running work
_ON_PAGE = "jobs_on_page"  # keys of the jobs whose progress the page shows
_REDRAWN = "jobs_redrawn"  # whether this run was made for what ended in the one before


def start(key: str, title: str, work: Callable[[Progress], Any], expected: float = 0.0) -> Job:
    """Start other work (a comparison); its return value is kept under its key in `cache.results()`."""
    results = cache.results()

    def keep(progress: Progress) -> None:
        results.put(key, work(progress))

    job = cache.runner().submit(key, title, keep, expected)
    await_jobs([key], joined=True)
    return job


def await_jobs(keys: Sequence[str], *, joined: bool = False) -> None:
    """This tab wants these jobs, and to be redrawn when they end.

    Args:
        keys: Keys of jobs.
        joined: This tab has just submitted them, so they know of it.
    """
    waiting: set[str] = state.transient("jobs", set)
    for name in set(keys) - waiting:
        if not joined:
            cache.runner().join(name)
        waiting.add(name)


def shown(keys: Sequence[str]) -> None:
    """The page shows what these jobs made: their end is no reason to draw it again."""
    state.transient("jobs", set).difference_update(keys)


def leave_all() -> None:
    """This tab has moved on: what nobody else waits for is stopped."""
    waiting: set[str] = state.transient("jobs", set)
    for name in waiting:
        cache.runner().leave(name)
    waiting.clear()


def live_jobs() -> list[Job]:
    """Jobs this tab waits for, those that ended left out."""
    runner = cache.runner()
    waiting: set[str] = state.transient("jobs", set)
    found = {key: runner.get(key) for key in waiting}
    live = [job for job in found.values() if job is not None and job.live]
    waiting.intersection_update({job.key for job in live})
    return sorted(live, key=lambda job: job.queued)


def cancel(key: str) -> None:
    """Ask a job to stop; for buttons."""
    cache.runner().cancel(key)


def progress_line(job: Job) -> str:
    """Where a job stands, in words."""
    if job.state == "queued":
        runner = cache.runner()
        own, others = _parted(runner.waiting()[: runner.ahead(job)])
        waits = [count(len(own), "job")] if own else []
        waits += [f"{count(len(others), 'job')} of another tab"] if others else []
        return f"waits for {' and '.join(waits)}" if waits else "starts now"
    if job.stop.is_set():
        return "stopping…"
    return f"{job.share:.0%} · {time_left(job)}"


def time_left(job: Job) -> str:
    """The time a job still needs, for people."""
    if job.share < 0.02 and job.expected and job.seconds > job.expected:
        return f"{job.message}, slower than expected" if job.message else "slower than expected"
    return (
        f"about {show_seconds(job.remaining)} left"
        if job.remaining >= 1
        else "almost there"
        if job.share > 0.8
        else "under way"
    )


def begin() -> None:
    """Nothing is shown yet, and what ended before will be; called by the frame on every run."""
    state.set_transient(_ON_PAGE, set())
    live_jobs()


def show(job: Job, *, where: str) -> None:
    """One job: title, bar, words, cancel. What a page shows so, the sidebar only names."""
    state.transient(_ON_PAGE, set).add(job.key)
    _bar(job, where)


def _bar(job: Job, where: str) -> None:
    st.progress(min(max(job.share, 0.0), 1.0), text=f"{job.title} · {progress_line(job)}")
    if job.message and job.state == "running":
        st.caption(job.message)
    st.button(
        "Cancel",
        key=f"{where}_cancel_{job.key}",
        icon=":material/stop_circle:",
        on_click=cancel,
        args=(job.key,),
        disabled=job.stop.is_set(),
        help=f"Stop: {job.title}. Nothing else is lost.",
    )


def show_line(job: Job, *, where: str) -> None:
    """A job, and above it all that it waits for, step by step: nobody should wonder why nothing moves."""
    runner = cache.runner()
    ahead = runner.waiting()[: runner.ahead(job)]
    if not ahead:
        show(job, where=where)
        return
    state.transient(_ON_PAGE, set).update([job.key, *(one.key for one in ahead)])
    own, others = _parted(ahead)
    until = f" It begins in about {show_seconds(_wait(ahead))}." if _wait(ahead) >= 1 else ""
    first = "First, what the maps and distances rest on." if own else "Waiting for work of another tab."
    st.markdown(f"**{first}**{until} You can go on to any page meanwhile.")
    if others:
        # What others do is theirs: how long it takes is all that is told of it.
        wait = f" · about {show_seconds(_wait(others))}" if _wait(others) >= 1 else ""
        st.markdown(f":gray[:material/hourglass_top: {count(len(others), 'job')} of another tab{wait}]")
    for one in own:
        if one.state == "running":
            told = f" · {one.message}" if one.message else ""
            st.progress(min(max(one.share, 0.0), 1.0), text=f"{one.title} · {progress_line(one)}{told}")
        else:
            st.markdown(f":gray[:material/schedule: {one.title}{_about(one.expected)}]")
    st.markdown(f":gray[:material/schedule: {job.title}{_about(job.expected)}]")
    st.button(
        "Cancel",
        key=f"{where}_cancel_{job.key}",
        icon=":material/stop_circle:",
        on_click=cancel,
        args=(job.key,),
        help=f"Do not run: {job.title}. The map is still made.",
    )


def _parted(line: Sequence[Job]) -> tuple[list[Job], list[Job]]:
    """Jobs that this tab waits for, and those of other tabs, here or in other browsers."""
    waiting: set[str] = state.transient("jobs", set)
    return [job for job in line if job.key in waiting], [job for job in line if job.key not in waiting]


def _wait(jobs: Sequence[Job]) -> float:
    """Seconds until all of them have ended."""
    return sum(max(one.remaining if one.state == "running" else one.expected, 0.0) for one in jobs)


def _about(seconds: float) -> str:
    return f" · about {show_seconds(seconds)}" if seconds >= 1 else ""


def poll_seconds() -> float:
    """Seconds between two looks at running work: the more it still needs, the longer.

    A look moves the bars, and a bar that moves is drawn again sixty times a second: without a graphics card
    that takes most of a processor core from the work that is waited for.
    """
    first = next(iter(cache.runner().waiting()), None)
    return _QUICK if first is None else min(max(first.remaining / 10, _QUICK), _SLOW)


def watcher() -> None:
    """The sidebar's view of running work; redraws the page once when something ends.

    It polls only while this tab waits for something. What ended while the page was drawn is drawn at once:
    no poll would find it.
    """
    waiting: set[str] = set(state.transient("jobs", set))
    live = live_jobs()
    ended = bool(waiting - {job.key for job in live})
    # Once in a row: work that ends in every run makes no loop.
    again: bool = ended and not state.transient(_REDRAWN, lambda: False)
    state.set_transient(_REDRAWN, again)
    if again:
        st.rerun()
    if live:
        st.fragment(_watch, run_every=poll_seconds())()


def _watch() -> None:
    before: set[str] = set(state.transient("jobs", set))
    live = live_jobs()
    if before - {job.key for job in live}:
        st.rerun()
    if not live:
        return
    more = f", and {count(len(live) - 1, 'more job')}" if live[1:] else ""
    if live[0].key in state.transient(_ON_PAGE, set):  # one bar and one number at a time
        st.caption(f":material/hourglass_top: {live[0].title}{more}")
        return
    _bar(live[0], "frame")
    if more:
        st.caption(more.removeprefix(", "))


def end_words(key: str, title: str) -> str:
    """How a job ended that this tab waited for, as a sentence."""
    job = cache.runner().get(key)
    how = {"failed": "It failed", "cancelled": "Stopped"}.get(
        job.state if job is not None else "", "Finished"
    )
    return f"{how}: {title}."


def error_box(error: AliquotError) -> None:
    """An error in place: what happened, why, what to do."""
    body = ". ".join(part for part in (error.why, f"**What to do:** {error.do}" if error.do else "") if part)
    st.error(body or "Nothing was changed.", title=error.what, icon=":material/error:")


def job_error(job: Job) -> None:
    """Why a job ended without a result."""
    if job.state == "cancelled":
        st.info("You stopped this. What was finished before is kept.", icon=":material/stop_circle:")
    elif job.failure is not None:
        error_box(job.failure)
    else:
        st.error(job.error or "It ended without a result.", title=job.title, icon=":material/error:")
