"""Work that a view offers: a button with its time, progress with cancel, then the result."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import streamlit as st

from core.foundation.progress import Progress

from . import cache, jobs
from .widget_keys import key


def offer(
    name: str,
    title: str,
    label: str,
    kind: str,
    seconds: float,
    make: Callable[[Progress], Any],
    *,
    where: str,
    blocked: str = "",
    at_once: float = 0.0,
) -> Any:
    """The result of some background work, or None while it is not there.

    Draws what the reader needs meanwhile: a button that tells how long it takes, then progress and cancel,
    then why it ended where it did.

    Args:
        name: Key of the work: a digest of everything that the result depends on.
        title: What it does, for people: "Measuring 8 budgets".
        label: Words of the button.
        kind: Kind of work, by which what it took corrects what the next one should take.
        seconds: What it should take as declared.
        make: Does it, in a worker thread; must not touch Streamlit.
        where: Prefix of widget keys, for example ``"cmp_curves"``.
        blocked: Why it cannot be started now; "" where it can.
        at_once: Work that should take less than this many seconds starts without a click.
    """
    found = cache.results().get(name)
    if found is not None:
        return found
    takes = cache.pace().expect(kind, seconds)
    job = cache.runner().get(name)
    if job is None and takes.seconds < at_once and not blocked:
        job = jobs.start(name, title, timed(kind, seconds, make), takes.seconds)
        job.finished.wait(0.3)
        found = cache.results().get(name)
        if found is not None:
            jobs.shown([name])
            return found
    if job is not None and job.live:
        jobs.await_jobs([name])
        _watch(name, where)
        return None
    if job is not None and job.state == "done":  # it ended while this was drawn, or its result is gone
        found = cache.results().get(name)
        if found is not None:
            return found
    elif job is not None:
        jobs.job_error(job)
    if st.button(
        f"{label} · {takes.words}",
        key=key(where, "start"),
        icon=":material/play_arrow:",
        disabled=bool(blocked),
        help=blocked or "Runs in the background; you may go on elsewhere.",
    ):
        jobs.start(name, title, timed(kind, seconds, make), takes.seconds)
        st.rerun()
    if blocked:
        st.caption(blocked)
    return None


def timed(kind: str, seconds: float, make: Callable[[Progress], Any]) -> Callable[[Progress], Any]:
    """Work that is remembered by what it took, where it came to its end.

    Args:
        kind, seconds, make: As in `offer`.
    """
    pace = cache.pace()

    def work(progress: Progress) -> Any:
        start = perf_counter()
        made = make(progress)
        pace.learn(kind, seconds, perf_counter() - start)
        return made

    return work


def _watch(name: str, where: str) -> None:
    """Progress; the page is drawn again when the work ends."""

    @st.fragment(run_every=jobs.poll_seconds())
    def look() -> None:
        job = cache.runner().get(name)
        if job is None or not job.live:
            st.rerun()
        jobs.show_line(job, where=where)

    look()
