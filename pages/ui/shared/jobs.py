"""Background work as the pages see it: start it once, watch it, cancel it, say what went wrong.

Stages of a study are jobs keyed by what they make, so two tabs that ask for the same thing share one. A job
writes to the artifact store and to the study, never to a screen; pages ask whether a stage is ready.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.foundation.artifact_store import digest
from core.foundation.background_jobs import Job, JobRunner
from core.foundation.durations import show_seconds
from core.foundation.errors import AliquotError, Cancelled
from core.foundation.machine import machine
from core.foundation.progress import Progress
from core.foundation.wording import count
from core.study.study import Study

from . import cache, state

STAGES = ("features", "groups", "layout-pca", "layout-umap")
_LEARN_SECONDS = 0.5  # shorter than this a stage came from the store and says nothing about pace
_LEARN_ROWS = 1_000  # fewer rows than this tell of start-up, not of pace
_START = {"features": 10.0, "layout-umap": 8.0}  # seconds before the first row, where text is embedded
_QUICK, _SLOW = 0.7, 2.0  # seconds between two looks at running work


@dataclass(frozen=True)
class Stage:
    """One step on the way to the map, as a reader sees it."""

    name: str
    title: str
    job: Job | None
    ready: bool
    seconds: float

    @property
    def mark(self) -> str:
        """An icon for its state; the words beside it say the same."""
        if self.ready:
            return ":material/check_circle:"
        states = {"running": ":material/progress_activity:", "failed": ":material/error:"}
        return states.get(self.job.state if self.job else "", ":material/schedule:")


def title_of(study: Study, stage: str) -> str:
    """What a stage does, for people."""
    n = len(study.data)
    if stage == "features":
        spec = study.spec
        if spec.uses_text:
            return f"Embedding {count(n, 'text')}"
        return (
            f"Reading the vectors of {count(n, 'row')}"
            if spec.source == "vector"
            else f"Measuring {count(n, 'row')}"
        )
    if stage == "groups":
        return f"Finding groups among {count(n, 'row')}"
    return f"Laying out {count(n, 'row')} ({'UMAP' if stage == 'layout-umap' else 'PCA'})"


def _run(study: Study, stage: str, progress: Progress) -> Any:
    if stage == "features":
        return study.features(progress)
    if stage == "groups":
        return study.groups(progress)
    return study.layout(stage.removeprefix("layout-"), progress)


def _pace(study: Study, stage: str) -> tuple[str, float]:
    """Name under which the pace of a stage is learned, and seconds per row before anything was learned."""
    if stage == "features":
        spec = study.spec
        if not spec.uses_text:
            return f"features {spec.source}", 2e-5
        embedder, _ = spec.chosen()
        return f"features {spec.embedder}", 1 / embedder.rate
    if stage == "groups":
        return f"groups {study.recipe.groups.partition(':')[0]}", 4e-4
    return stage, 1.5e-3 if stage == "layout-umap" else 1e-5


def expected(study: Study, stage: str) -> float:
    """Seconds a stage should take here."""
    kind, default = _pace(study, stage)
    return study.pace.expect(kind, len(study.data), default) + _start(study, stage)


def _start(study: Study, stage: str) -> float:
    return 0.0 if stage == "features" and not study.spec.uses_text else _START.get(stage, 0.0)


def job_key(study: Study, stage: str) -> str:
    """The key of a stage's job: what it makes, not who asks."""
    recipe = study.recipe.to_json()
    names = ["roles", "features", "embedder", "weight", *(["groups"] if stage == "groups" else [])]
    return digest([study.data.fingerprint.digest, stage, [recipe[name] for name in names]])


def ready(study: Study, stage: str) -> bool:
    """Whether a page may ask for a stage without waiting for it."""
    return study.has(stage) or (stage == "groups" and study.group_spec is None)


def prepare(study: Study, stages: Sequence[str] = STAGES, *, again: bool = False) -> list[Stage]:
    """Start what is missing, in order, and say where each stage stands.

    Work that failed or was cancelled is not started again by itself: a page shows why, and offers it.

    Args:
        study: Whose stages.
        stages: Which, each after those it rests on.
        again: Start failed and cancelled work anew.
    """
    machine()  # measured before the first work starts: beside it every later estimate would come out too long
    runner = cache.runner()
    found: list[Stage] = []
    before: Job | None = None
    for stage in stages:
        key = job_key(study, stage)
        job = runner.get(key)
        if ready(study, stage):
            seconds = study.seconds.get(stage, 0.0)
            found.append(Stage(stage, title_of(study, stage), None, True, seconds))
            continue
        ended_badly = job is not None and job.state in ("failed", "cancelled")
        if job is None or job.state == "done" or (ended_badly and again):
            job = _submit(runner, study, stage, key, before)
            await_jobs([key], joined=True)
            job.finished.wait(0.15 if stage != "layout-umap" else 0.02)  # what the store has comes at once
        if ready(study, stage):
            found.append(Stage(stage, title_of(study, stage), None, True, study.seconds.get(stage, 0.0)))
            continue
        found.append(Stage(stage, title_of(study, stage), job, False, job.seconds))
        before = job
    await_jobs([stage.job.key for stage in found if stage.job is not None and stage.job.live])
    return found


def _submit(runner: JobRunner, study: Study, stage: str, key: str, before: Job | None) -> Job:
    kind, _ = _pace(study, stage)

    def work(progress: Progress) -> None:
        if before is not None and before.state in ("failed", "cancelled"):
            raise Cancelled  # what this rests on is not there
        _run(study, stage, progress)
        seconds = study.seconds.get(stage, 0.0)
        if seconds > _LEARN_SECONDS and len(study.data) >= _LEARN_ROWS:
            study.pace.learn(kind, len(study.data), max(seconds - _start(study, stage), seconds / 4))

    later = stage == "layout-umap"  # only eyes wait for it; subsets and their comparison go first
    return runner.submit(key, title_of(study, stage), work, expected(study, stage), later=later)


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


def leave_all() -> None:
    """This tab has moved on: what nobody else waits for is stopped."""
    waiting: set[str] = state.transient("jobs", set)
    for name in waiting:
        cache.runner().leave(name)
    waiting.clear()


def mine() -> list[Job]:
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
        ahead = cache.runner().ahead(job)
        return f"waits for {ahead} other {'job' if ahead == 1 else 'jobs'}" if ahead else "starts now"
    if job.stop.is_set():
        return "stopping…"
    return f"{job.share:.0%} · {left(job)}"


def left(job: Job) -> str:
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


def show(job: Job, *, where: str) -> None:
    """One job: title, bar, words, cancel."""
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
    total = sum(max(one.remaining if one.state == "running" else one.expected, 0.0) for one in ahead)
    until = f" It begins in about {show_seconds(total)}." if total >= 1 else ""
    st.markdown(
        f"**First, what the maps and distances rest on.**{until} You can go on to any page meanwhile."
    )
    for one in ahead:
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


def _about(seconds: float) -> str:
    return f" · about {show_seconds(seconds)}" if seconds >= 1 else ""


def every() -> float:
    """Seconds between two looks at running work: the more it still needs, the longer.

    A look moves the bars, and a bar that moves is drawn anew sixty times a second: without a graphics card
    that takes most of a processor core from the work that is waited for.
    """
    first = next(iter(cache.runner().waiting()), None)
    return _QUICK if first is None else min(max(first.remaining / 10, _QUICK), _SLOW)


def watcher() -> None:
    """The sidebar's view of running work; redraws the page once when something ends.

    It polls only while this tab waits for something.
    """
    if mine():
        st.fragment(_watch, run_every=every())()


def _watch() -> None:
    before: set[str] = set(state.transient("jobs", set))
    live = mine()
    if before - {job.key for job in live}:
        st.rerun()
    if not live:
        return
    show(live[0], where="frame")
    for job in live[1:4]:
        st.caption(f":material/schedule: {job.title} · {progress_line(job)}")
    if len(live) > 4:
        st.caption(f"and {len(live) - 4} more")


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
