"""The stages on the way to the map (features, groups, layouts): what each takes, and their jobs.

A job is keyed by what it makes, so two tabs that ask for the same thing share one. It writes to the artifact
store and to the study, never to a screen; pages ask whether a stage is ready.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.foundation.artifact_store import digest
from core.foundation.background_jobs import Job, JobRunner
from core.foundation.errors import Cancelled
from core.foundation.learned_pace import Estimate
from core.foundation.machine import machine
from core.foundation.progress import Progress
from core.foundation.wording import count
from core.model.derived import Layout
from core.study.expected_work import learn_from_stage, stage_declared, stage_time
from core.study.study import Study

from . import cache, state
from .jobs import await_jobs

STAGES = ("features", "groups", "layout-pca", "layout-umap")
_LEARN_SECONDS = 0.2  # shorter than this a stage came from the store and says nothing about pace


@dataclass(frozen=True)
class Stage:
    """One step on the way to the map, as a reader sees it."""

    name: str
    title: str
    job: Job | None
    ready: bool
    seconds: float


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


def expected(study: Study, stage: str) -> Estimate:
    """What a stage should take here."""
    return stage_time(study, stage)


def job_key(study: Study, stage: str) -> str:
    """The key of a stage's job: what it makes, not who asks."""
    recipe = study.recipe.to_json()
    names = ["roles", "features", "embedder", "weight", *(["groups"] if stage == "groups" else [])]
    return digest([study.data.fingerprint.digest, stage, [recipe[name] for name in names]])


def ready(study: Study, stage: str) -> bool:
    """Whether a page may ask for a stage without waiting for it."""
    return study.has(stage) or (stage == "groups" and study.group_spec is None)


def ready_layout(maps: Study) -> Layout | None:
    """The map to show without waiting: the one that Explore shows where it is ready, else the other."""
    wanted: list[Any] = [state.app().view.layout, "umap", "pca"]
    method = next((method for method in wanted if maps.has(f"layout-{method}")), None)
    return None if method is None else maps.layout(method)


def prepare(study: Study, stages: Sequence[str] = STAGES, *, again: bool = False) -> list[Stage]:
    """Start what is missing, in order, and say where each stage stands.

    Work that failed or was cancelled is not started again by itself: a page shows why, and offers it.

    Args:
        study: Whose stages.
        stages: Which, each after those it rests on.
        again: Start failed and cancelled work again.
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
    declared = stage_declared(study, stage)

    def work(progress: Progress) -> None:
        if before is not None and before.state in ("failed", "cancelled"):
            raise Cancelled  # what this rests on is not there
        _run(study, stage, progress)
        seconds = study.seconds.get(stage, 0.0)
        if seconds > _LEARN_SECONDS:
            learn_from_stage(study, stage, declared, seconds)

    later = stage == "layout-umap"  # only eyes wait for it; subsets and their comparison go first
    return runner.submit(key, title_of(study, stage), work, expected(study, stage).seconds, later=later)
